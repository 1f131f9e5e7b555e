/* The table of the kinds of layers: a new kind is one line here. Custom layers are made
 * from callbacks, not by name, and so are not in it. */
#include "layers/layer.h"

#include <stdio.h>
#include <string.h>

static const struct nni_layer_type *const layer_table[] = {
    &nni_layer_input,   &nni_layer_dense,       &nni_layer_activation, &nni_layer_dropout,
    &nni_layer_rescale, &nni_layer_standardize, &nni_layer_flatten,    &nni_layer_reshape,
    &nni_layer_add,     &nni_layer_multiply,    &nni_layer_concat,     &nni_layer_slice,
    &nni_layer_matmul,  &nni_layer_sum,         &nni_layer_mean,
};

const struct nni_layer_type *nni_layer_type_at(int32_t index)
{
    return index >= 0 && index < NNI_COUNT(layer_table) ? layer_table[index] : NULL;
}

/* Records "there is no layer 'x'; there are: input, dense, ...". */
static void layer_table_fail(const char *name)
{
    char names[NNI_ERROR_TEXT_SIZE] = "";
    size_t length = 0;
    for (int32_t i = 0; i < NNI_COUNT(layer_table); i++) {
        const char *next = layer_table[i]->name;
        if (length + strlen(next) + 3 > sizeof names) {
            break;
        }
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                   i > 0 ? ", " : "", next);
    }
    nni_fail(NN_ERROR_NAME, "there is no layer '%.64s'; there are: %s", name, names);
}

const struct nni_layer_type *nni_layer_type_named(const char *name)
{
    for (int32_t i = 0; i < NNI_COUNT(layer_table); i++) {
        if (strcmp(layer_table[i]->name, name) == 0) {
            return layer_table[i];
        }
    }
    layer_table_fail(name);
    return NULL;
}
