/* A model as metadata and tensors of a file. The text depends on the model alone, so that
 * equal models make equal files. */
#include "io/model_file.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

/* ---- layers ---- */

static void store_key(struct nni_text *out, const char *key, int first)
{
    if (!first) {
        nni_text_append(out, ",", 1);
    }
    nni_json_put_string(out, key, strlen(key));
    nni_text_append(out, ":", 1);
}

static void store_ints(struct nni_text *out, const struct nni_int_list *list)
{
    nni_text_append(out, "[", 1);
    for (int32_t i = 0; i < list->count; i++) {
        nni_text_format(out, "%s%" PRId64, i > 0 ? "," : "", list->values[i]);
    }
    nni_text_append(out, "]", 1);
}

static void store_option(struct nni_text *out, const struct nni_option *option,
                         const void *member)
{
    switch (option->type) {
    case NNI_OPTION_INT:
        nni_text_format(out, "%" PRId64, *(const int64_t *)member);
        break;
    case NNI_OPTION_FLOAT:
        nni_json_put_number(out, *(const double *)member);
        break;
    case NNI_OPTION_CHOICE: {
        const char *name = option->choices[*(const int32_t *)member];
        nni_json_put_string(out, name, strlen(name));
        break;
    }
    default: /* NNI_OPTION_INTS; lists of floats are tensors */
        store_ints(out, member);
    }
}

static void store_floats(struct nni_storer *storer, const nn_layer *layer,
                         const struct nni_option *option,
                         const struct nni_float_list *list)
{
    if (list->count > 0) {
        char name[NNI_PARAMETER_NAME_SIZE];
        nni_parameter_name(layer, option->name, name);
        nni_storer_tensor(storer, name, NNI_STORED_F32, &list->count, 1, list->values);
    }
}

static void store_options(struct nni_text *out, struct nni_storer *storer,
                          const nn_layer *layer)
{
    const struct nni_options options = nni_layer_options(layer);
    int32_t written = 0;
    nni_text_append(out, ",\"options\":{", 12);
    for (int32_t i = 0; i < options.count; i++) {
        const struct nni_option *option = &options.table[i];
        const void *member = nni_options_member(&options, option);
        if (option->type == NNI_OPTION_FLOATS) {
            store_floats(storer, layer, option, member);
        } else {
            store_key(out, option->name, written++ == 0);
            store_option(out, option, member);
        }
    }
    nni_text_append(out, "}", 1);
}

int nni_initializer_has_value(int32_t kind)
{
    return kind == NN_INIT_CONSTANT || kind == NN_INIT_NORMAL || kind == NN_INIT_UNIFORM;
}

/* Those that were set. */
static void store_initializers(struct nni_text *out, const nn_layer *layer)
{
    const char *const *names = layer->type->parameters;
    int32_t written = 0;
    for (int32_t i = 0; names != NULL && names[i] != NULL; i++) {
        const struct nni_initializer *set = &layer->initializers[i];
        if (set->kind == NN_INIT_DEFAULT) {
            continue;
        }
        if (written == 0) {
            nni_text_append(out, ",\"initializers\":{", 17);
        }
        store_key(out, names[i], written++ == 0);
        nni_text_format(out, "{\"kind\":\"%s\"", nn_initializer_name(set->kind));
        if (nni_initializer_has_value(set->kind)) {
            store_key(out, "value", 0);
            nni_json_put_number(out, set->value);
        }
        nni_text_append(out, "}", 1);
    }
    if (written > 0) {
        nni_text_append(out, "}", 1);
    }
}

static void store_layer(struct nni_text *out, struct nni_storer *storer,
                        const nn_layer *layer)
{
    nni_text_format(out, "{\"name\":\"%s\",\"kind\":\"%s\"", layer->name,
                    layer->type->name);
    store_options(out, storer, layer);
    store_initializers(out, layer);
    if (layer->frozen) {
        nni_text_append(out, ",\"frozen\":true", 14);
    }
    if (layer->rate_multiplier != 1) {
        store_key(out, "rate_multiplier", 0);
        nni_json_put_number(out, layer->rate_multiplier);
    }
    nni_text_append(out, "}", 1);
}

/* ---- the graph ---- */

/* The number of a node's layer among those that the nodes before it have used; *is_new is
 * 1 where it is used for the first time. */
static int32_t store_layer_number(const nn_model *model, int32_t *numbers, int32_t node,
                                  int32_t *count)
{
    for (int32_t i = 0; i < node; i++) {
        if (model->nodes[i].layer == model->nodes[node].layer) {
            return numbers[i];
        }
    }
    return (*count)++;
}

static void store_layers(struct nni_text *out, struct nni_storer *storer,
                         const nn_model *model, int32_t *numbers)
{
    int32_t count = 0;
    nni_text_append(out, "\"layers\":[", 10);
    for (int32_t i = 0; i < model->node_count; i++) {
        int32_t before = count;
        numbers[i] = store_layer_number(model, numbers, i, &count);
        if (count > before) {
            nni_text_append(out, ",\n", before > 0 ? 2 : 0);
            store_layer(out, storer, model->nodes[i].layer);
        }
    }
    nni_text_append(out, "]", 1);
}

static void store_nodes(struct nni_text *out, const nn_model *model,
                        const int32_t *numbers)
{
    nni_text_append(out, ",\n\"nodes\":[", 11);
    for (int32_t i = 0; i < model->node_count; i++) {
        const struct nni_node *node = &model->nodes[i];
        nni_text_format(out, "%s{\"layer\":%d,\"inputs\":[", i > 0 ? "," : "",
                        (int)numbers[i]);
        for (int32_t k = 0; k < node->input_count; k++) {
            nni_text_format(out, "%s%d", k > 0 ? "," : "", (int)node->inputs[k]);
        }
        nni_text_append(out, "]}", 2);
    }
    nni_text_append(out, "]", 1);
}

static void store_class_names(struct nni_text *out, const nn_model *model, int32_t output)
{
    nni_text_append(out, "[", 1);
    for (int32_t i = 0; i < nn_model_class_count(model, output); i++) {
        const char *name = nn_model_class_name(model, output, i);
        nni_text_append(out, ",", i > 0 ? 1 : 0);
        nni_json_put_string(out, name, strlen(name));
    }
    nni_text_append(out, "]", 1);
}

static void store_outputs(struct nni_text *out, const nn_model *model)
{
    nni_text_append(out, ",\n\"outputs\":[", 13);
    for (int32_t i = 0; i < nn_model_output_count(model); i++) {
        nni_text_format(out, "%s{\"node\":%d", i > 0 ? "," : "",
                        (int)nn_model_output_node(model, i));
        if (nn_model_class_count(model, i) > 0) {
            store_key(out, "classes", 0);
            store_class_names(out, model, i);
        }
        nni_text_append(out, "}", 1);
    }
    nni_text_format(out, "],\n\"seed\":\"%" PRIu64 "\"}", model->seed);
}

/* ---- all of it ---- */

static nn_status store_check(const nn_model *model)
{
    if (model->node_count > NNI_MODEL_NODES_MAX) {
        return nni_fail(NN_ERROR_SIZE, "the model has %d nodes, a file holds %d",
                        (int)model->node_count, NNI_MODEL_NODES_MAX);
    }
    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].layer->type == &nni_layer_custom) {
            return nni_layer_fail(model->nodes[i].layer, NN_ERROR_STATE,
                                  "a custom layer is code, which no file holds "
                                  "(nn_model_save_weights saves the parameters)");
        }
    }
    return NN_OK;
}

void nni_parameters_store(const nn_model *model, struct nni_storer *storer)
{
    for (int32_t i = 0; i < model->parameter_count; i++) {
        const struct nni_parameter *parameter = &model->parameters[i];
        nni_storer_tensor(storer, parameter->name, NNI_STORED_F32,
                          parameter->spec.shape.dim, parameter->spec.shape.rank,
                          model->weights + parameter->offset);
    }
}

nn_status nni_model_store(const nn_model *model, struct nni_storer *storer)
{
    NNI_TRY(store_check(model));
    int32_t *numbers =
        nni_alloc(storer->context, (size_t)model->node_count, sizeof *numbers);
    if (numbers == NULL) {
        return nn_last_status();
    }
    struct nni_text text;
    nni_text_init(&text, storer->context);
    nni_text_append(&text, "{", 1);
    store_layers(&text, storer, model, numbers);
    store_nodes(&text, model, numbers);
    store_outputs(&text, model);
    nn_status status = text.status;
    if (status == NN_OK) {
        nni_storer_text(storer, NNI_KEY_VERSION, "1", 1);
        nni_storer_text(storer, NNI_KEY_MODEL, text.data, text.length);
        nni_parameters_store(model, storer);
    }
    nni_text_release(&text);
    nni_free(storer->context, numbers);
    return status;
}
