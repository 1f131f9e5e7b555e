/* A layer from a file: its kind by name, its options by their table. What this library
 * does not know is refused: a file that says more than is understood is not understood. */
#include "io/model_file.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

static const struct nni_option *restore_find_option(const nn_layer *layer,
                                                    const char *name)
{
    for (int32_t i = 0; i < layer->type->option_count; i++) {
        if (strcmp(layer->type->options[i].name, name) == 0) {
            return &layer->type->options[i];
        }
    }
    return NULL;
}

static nn_status restore_ints(nn_layer *layer, const char *name,
                              const struct nni_json *json, int32_t node)
{
    int64_t values[NNI_OPTION_INTS_MAX];
    int32_t count = json->nodes[node].count;
    if (json->nodes[node].kind != NNI_JSON_ARRAY || count > NNI_OPTION_INTS_MAX) {
        return nni_json_fail(json, node, "option '%s' is no array of at most %d numbers",
                             name, NNI_OPTION_INTS_MAX);
    }
    int32_t element = json->nodes[node].first;
    for (int32_t i = 0; i < count; i++, element = json->nodes[element].next) {
        NNI_TRY(nni_json_int(json, element, &values[i]));
    }
    return nn_layer_set_ints(layer, name, values, count);
}

static nn_status restore_option(nn_layer *layer, const struct nni_json *json,
                                int32_t node)
{
    const char *name = nni_json_key(json, node);
    const struct nni_option *option = restore_find_option(layer, name);
    int64_t whole;
    double number;
    if (option == NULL || option->type == NNI_OPTION_FLOATS) {
        return nni_json_fail(json, node, "%s layers have no option '%.64s' here",
                             layer->type->name, name);
    }
    switch (option->type) {
    case NNI_OPTION_INT:
        NNI_TRY(nni_json_int(json, node, &whole));
        return nn_layer_set_int(layer, name, whole);
    case NNI_OPTION_FLOAT:
        NNI_TRY(nni_json_number(json, node, &number));
        return nn_layer_set_float(layer, name, number);
    case NNI_OPTION_CHOICE:
        if (json->nodes[node].kind != NNI_JSON_STRING) {
            return nni_json_fail(json, node, "option '%s' is no string", name);
        }
        return nn_layer_set_text(layer, name, nni_json_string(json, node));
    default: /* NNI_OPTION_INTS */
        return restore_ints(layer, name, json, node);
    }
}

/* A list of floats is the tensor "<layer>.<option>"; none where the list is empty. */
static nn_status restore_floats(nn_layer *layer, const struct nni_safetensors *file,
                                const char *option)
{
    const nn_context *context = layer->handle.context;
    char name[NNI_PARAMETER_NAME_SIZE];
    nni_parameter_name(layer, option, name);
    const struct nni_stored_tensor *tensor = nni_safetensors_find(file, name);
    if (tensor == NULL) {
        return NN_OK;
    }
    if (tensor->type != NNI_STORED_F32 || tensor->rank != 1) {
        return nni_fail(NN_ERROR_FORMAT, "tensor '%s' is %s, expected a list of F32",
                        name, nni_stored_text(tensor).text);
    }
    float *values = nni_alloc(context, (size_t)tensor->count, sizeof *values);
    if (values == NULL) {
        return nn_last_status();
    }
    nn_status status = nni_safetensors_copy(file, tensor, values);
    if (status == NN_OK) {
        status = nn_layer_set_floats(layer, option, values, tensor->count);
    }
    nni_free(context, values);
    return status;
}

static nn_status restore_options(nn_layer *layer, const struct nni_safetensors *file,
                                 const struct nni_json *json, int32_t object)
{
    for (int32_t node = json->nodes[object].first; node != 0;
         node = json->nodes[node].next) {
        NNI_TRY(restore_option(layer, json, node));
    }
    for (int32_t i = 0; i < layer->type->option_count; i++) {
        if (layer->type->options[i].type == NNI_OPTION_FLOATS) {
            NNI_TRY(restore_floats(layer, file, layer->type->options[i].name));
        }
    }
    return NN_OK;
}

static nn_status restore_initializer(nn_layer *layer, const struct nni_json *json,
                                     int32_t object)
{
    static const char *const keys[] = {"kind", "value", NULL};
    int32_t node;
    double value = 0;
    if (json->nodes[object].kind != NNI_JSON_OBJECT) {
        return nni_json_fail(json, object, "an initializer is %s, expected an object",
                             nni_json_kind_name(json->nodes[object].kind));
    }
    int32_t stranger = nni_json_stranger(json, object, keys);
    if (stranger != 0) {
        return nni_json_fail(json, stranger, "an initializer has no '%.64s'",
                             nni_json_key(json, stranger));
    }
    NNI_TRY(nni_json_require(json, object, "kind", NNI_JSON_STRING, &node));
    int32_t kind = 0;
    while (nn_initializer_name(kind) != NULL &&
           strcmp(nn_initializer_name(kind), nni_json_string(json, node)) != 0) {
        kind++;
    }
    if (nn_initializer_name(kind) == NULL) {
        return nni_json_fail(json, node, "there is no initializer '%.64s'",
                             nni_json_string(json, node));
    }
    if (nni_initializer_has_value(kind)) {
        NNI_TRY(nni_json_require(json, object, "value", NNI_JSON_NUMBER, &node));
        NNI_TRY(nni_json_number(json, node, &value));
    }
    return nn_layer_set_initializer(layer, nni_json_key(json, object), kind, value);
}

/* What training does with the layer; all of it may be missing. */
static nn_status restore_training(nn_layer *layer, const struct nni_json *json,
                                  int32_t object)
{
    int32_t node = nni_json_member(json, object, "initializers");
    if (node != 0) {
        NNI_TRY(nni_json_require(json, object, "initializers", NNI_JSON_OBJECT, &node));
        for (node = json->nodes[node].first; node != 0; node = json->nodes[node].next) {
            NNI_TRY(restore_initializer(layer, json, node));
        }
    }
    node = nni_json_member(json, object, "frozen");
    if (node != 0) {
        enum nni_json_kind kind = json->nodes[node].kind;
        if (kind != NNI_JSON_TRUE && kind != NNI_JSON_FALSE) {
            return nni_json_fail(json, node, "'frozen' is %s, expected true or false",
                                 nni_json_kind_name(kind));
        }
        NNI_TRY(nn_layer_set_trainable(layer, kind == NNI_JSON_FALSE));
    }
    node = nni_json_member(json, object, "rate_multiplier");
    if (node != 0) {
        double multiplier;
        NNI_TRY(nni_json_number(json, node, &multiplier));
        NNI_TRY(nn_layer_set_rate_multiplier(layer, multiplier));
    }
    return NN_OK;
}

static nn_status restore_fill(nn_layer *layer, const struct nni_safetensors *file,
                              const struct nni_json *json, int32_t object)
{
    int32_t node;
    NNI_TRY(nni_json_require(json, object, "name", NNI_JSON_STRING, &node));
    NNI_TRY(nn_layer_set_name(layer, nni_json_string(json, node)));
    NNI_TRY(nni_json_require(json, object, "options", NNI_JSON_OBJECT, &node));
    NNI_TRY(restore_options(layer, file, json, node));
    return restore_training(layer, json, object);
}

nn_layer *nni_layer_restore(nn_context *context, const struct nni_safetensors *file,
                            const struct nni_json *json, int32_t object)
{
    static const char *const keys[] = {
        "name", "kind", "options", "initializers", "frozen", "rate_multiplier", NULL};
    int32_t kind;
    if (json->nodes[object].kind != NNI_JSON_OBJECT) {
        nni_json_fail(json, object, "a layer is %s, expected an object",
                      nni_json_kind_name(json->nodes[object].kind));
        return NULL;
    }
    int32_t stranger = nni_json_stranger(json, object, keys);
    if (stranger != 0) {
        nni_json_fail(json, stranger, "this library knows no '%.64s' of a layer",
                      nni_json_key(json, stranger));
        return NULL;
    }
    if (nni_json_require(json, object, "kind", NNI_JSON_STRING, &kind) != NN_OK) {
        return NULL;
    }
    nn_layer *layer = nn_layer_create(context, nni_json_string(json, kind));
    if (layer == NULL) {
        return NULL;
    }
    return nni_layer_finish(layer, restore_fill(layer, file, json, object));
}
