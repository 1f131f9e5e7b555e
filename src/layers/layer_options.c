/* The public side of a layer's settings: options by name, the layer's own name, how
 * its parameters start and learn. Options and names are fixed once a layer has been
 * applied. */
#include "layers/layer.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

/* Checks what all setters of options check. */
static nn_status layer_may_set(const char *function, const nn_layer *layer,
                               const char *option)
{
    NNI_NOT_NULL_HANDLE(function, layer);
    NNI_NOT_NULL(function, option);
    if (layer->applied) {
        return nni_layer_fail(layer, NN_ERROR_STATE,
                              "%s: '%s' cannot change after the layer was applied",
                              function, option);
    }
    return NN_OK;
}

nn_status nn_layer_set_int(nn_layer *layer, const char *option, int64_t value)
{
    NNI_TRY(layer_may_set("nn_layer_set_int", layer, option));
    const struct nni_options options = nni_layer_options(layer);
    return nni_options_set_int(&options, option, value);
}

nn_status nn_layer_set_float(nn_layer *layer, const char *option, double value)
{
    NNI_TRY(layer_may_set("nn_layer_set_float", layer, option));
    const struct nni_options options = nni_layer_options(layer);
    return nni_options_set_number(&options, option, value);
}

nn_status nn_layer_set_text(nn_layer *layer, const char *option, const char *value)
{
    NNI_TRY(layer_may_set("nn_layer_set_text", layer, option));
    NNI_NOT_NULL("nn_layer_set_text", value);
    const struct nni_options options = nni_layer_options(layer);
    return nni_options_set_text(&options, option, value);
}

nn_status nn_layer_set_ints(nn_layer *layer, const char *option, const int64_t *values,
                            int64_t count)
{
    NNI_TRY(layer_may_set("nn_layer_set_ints", layer, option));
    if (count < 0 || count > NNI_SAMPLE_RANK_MAX) {
        return nni_layer_fail(layer, NN_ERROR_RANK, "%s takes 0 ... %d numbers, got %lld",
                              option, NNI_SAMPLE_RANK_MAX, (long long)count);
    }
    if (count > 0) {
        NNI_NOT_NULL("nn_layer_set_ints", values);
    }
    const struct nni_options options = nni_layer_options(layer);
    return nni_options_set_ints(&options, option, values, count);
}

nn_status nn_layer_set_floats(nn_layer *layer, const char *option, const float *values,
                              int64_t count)
{
    NNI_TRY(layer_may_set("nn_layer_set_floats", layer, option));
    if (count < 0) {
        return nni_layer_fail(layer, NN_ERROR_SIZE, "%s: count is %lld", option,
                              (long long)count);
    }
    if (count > 0) {
        NNI_NOT_NULL("nn_layer_set_floats", values);
    }
    const struct nni_options options = nni_layer_options(layer);
    return nni_options_set_floats(&options, option, values, count);
}

nn_status nn_layer_option(const nn_layer *layer, const char *option, double *value)
{
    NNI_NOT_NULL("nn_layer_option", value);
    *value = 0;
    NNI_NOT_NULL_HANDLE("nn_layer_option", layer);
    NNI_NOT_NULL("nn_layer_option", option);
    const struct nni_options options = nni_layer_options(layer);
    return nni_options_get_number(&options, option, value);
}

/* Plain ASCII, whatever the locale. */
static int layer_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '_' || c == '-';
}

nn_status nni_layer_check_name(const char *who, const char *name)
{
    int32_t length = 0;
    while (length < NNI_NAME_SIZE && name[length] != '\0') {
        if (!layer_name_character(name[length])) {
            return nni_fail(
                NN_ERROR_ARGUMENT,
                "%s: character %d of the name is not a letter, digit, '_' or '-'", who,
                length + 1);
        }
        length++;
    }
    if (length == 0 || length == NNI_NAME_SIZE) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: a name has 1 ... %d characters, this one %s", who,
                        NNI_NAME_SIZE - 1, length == 0 ? "none" : "more");
    }
    return NN_OK;
}

nn_status nn_layer_set_name(nn_layer *layer, const char *name)
{
    NNI_TRY(layer_may_set("nn_layer_set_name", layer, "name"));
    NNI_NOT_NULL("nn_layer_set_name", name);
    NNI_TRY(nni_layer_check_name("nn_layer_set_name", name));
    memset(layer->name, 0, sizeof layer->name);
    memcpy(layer->name, name, strlen(name));
    return NN_OK;
}

const char *nn_layer_name(const nn_layer *layer)
{
    return layer != NULL ? layer->name : NULL;
}

const char *nn_layer_kind(const nn_layer *layer)
{
    if (layer == NULL) {
        return NULL;
    }
    return layer->type == &nni_layer_custom ? nni_custom_kind(layer) : layer->type->name;
}

nn_status nn_layer_set_initializer(nn_layer *layer, const char *parameter,
                                   int32_t initializer, double value)
{
    NNI_TRY(layer_may_set("nn_layer_set_initializer", layer, parameter));
    NNI_TRY(nni_initializer_check("nn_layer_set_initializer", initializer, value));
    const char *const *names = layer->type->parameters;
    for (int32_t i = 0; names != NULL && names[i] != NULL; i++) {
        if (strcmp(names[i], parameter) == 0) {
            layer->initializers[i].kind = initializer;
            layer->initializers[i].value = value;
            return NN_OK;
        }
    }
    return nni_layer_fail(layer, NN_ERROR_NAME, "has no parameter '%.64s'%s", parameter,
                          names != NULL ? ", only 'weight' and 'bias'" : "");
}

nn_status nn_layer_set_trainable(nn_layer *layer, int32_t trainable)
{
    NNI_NOT_NULL_HANDLE("nn_layer_set_trainable", layer);
    layer->frozen = trainable == 0;
    return NN_OK;
}

nn_status nn_layer_set_rate_multiplier(nn_layer *layer, double multiplier)
{
    NNI_NOT_NULL_HANDLE("nn_layer_set_rate_multiplier", layer);
    if (!(isgreaterequal(multiplier, 0) && isfinite(multiplier))) {
        return nni_layer_fail(layer, NN_ERROR_ARGUMENT,
                              "the rate multiplier is %s, expected a finite number of at "
                              "least 0",
                              nni_number_text(multiplier, 6).text);
    }
    layer->rate_multiplier = multiplier;
    return NN_OK;
}
