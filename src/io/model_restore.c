/* A model from a file. The JSON says which layers there are and where they are applied; the
 * model is put together as a program would, so every check of shapes is made again. Before
 * the parameters' memory is asked for, the file is known to hold as many bytes. */
#include "io/model_file.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What is being put together, and from what. */
struct restore {
    const struct nni_safetensors *file;
    struct nni_json json;
    nn_model *model;
    nn_layer **layers; /* NULL until they are first applied */
    int32_t *objects;  /* where each layer is described */
    int32_t layer_count;
    uint64_t parameter_bytes; /* that the layers ask for */
};

nn_status nni_restore_failed(const char *who, const char *place, int64_t number)
{
    nn_status status = nn_last_status();
    int kept = status == NN_ERROR_MEMORY || status == NN_ERROR_MEMORY_LIMIT ||
               status == NN_ERROR_IO || status == NN_ERROR_CALLBACK ||
               status == NN_ERROR_CONTEXT || status == NN_ERROR_ENVIRONMENT;
    const char *words = nn_last_error();
    size_t length = strlen(who);
    status = kept ? status : NN_ERROR_FORMAT;
    if (strncmp(words, who, length) == 0 && words[length] == ':') {
        return nni_fail(status, "%s", words); /* it says where already */
    }
    if (place != NULL) {
        return nni_fail(status, "%s: %s %" PRId64 ": %s", who, place, number, words);
    }
    return nni_fail(status, "%s: %s", who, words);
}

/* ---- nodes ---- */

/* The parameters of a layer that is applied for the first time. */
static nn_status restore_count_bytes(struct restore *restore, const struct nni_node *node)
{
    for (int32_t i = 0; i < node->infer.parameter_count; i++) {
        uint64_t bytes =
            (uint64_t)nni_shape_count(&node->infer.parameters[i].shape) * sizeof(float);
        if (bytes > restore->file->data_end - restore->parameter_bytes) {
            return nni_layer_fail(node->layer, NN_ERROR_FORMAT,
                                  "its '%s' is %s, for which the file is too short",
                                  node->infer.parameters[i].name,
                                  nni_shape_text(&node->infer.parameters[i].shape).text);
        }
        restore->parameter_bytes += bytes;
    }
    return NN_OK;
}

/* Applies a layer to nodes, whose numbers are checked by the model. */
static nn_status restore_apply(struct restore *restore, int32_t number,
                               const nn_node *inputs, int32_t count)
{
    nn_model *model = restore->model;
    nn_layer *layer = restore->layers[number];
    int is_new = layer == NULL;
    if (is_new) {
        layer = nni_layer_restore((nn_context *)model->handle.context, restore->file,
                                  &restore->json, restore->objects[number]);
        if (layer == NULL) {
            return nni_restore_failed(restore->json.who, "layer", number);
        }
        restore->layers[number] = layer;
    }
    nn_node node = nn_model_apply_many(model, layer, inputs, count);
    if (node < 0) {
        return nn_last_status();
    }
    return is_new ? restore_count_bytes(restore, &model->nodes[node]) : NN_OK;
}

static nn_status restore_node(struct restore *restore, int32_t object)
{
    static const char *const keys[] = {"layer", "inputs", NULL};
    const struct nni_json *json = &restore->json;
    nn_node inputs[NNI_INPUTS_MAX];
    int32_t list;
    int32_t member;
    int64_t number;
    if (json->nodes[object].kind != NNI_JSON_OBJECT ||
        nni_json_stranger(json, object, keys) != 0) {
        return nni_json_fail(json, object, "a node is an object of 'layer' and 'inputs'");
    }
    NNI_TRY(nni_json_require(json, object, "layer", NNI_JSON_NUMBER, &member));
    NNI_TRY(nni_json_int(json, member, &number));
    if (number < 0 || number >= restore->layer_count) {
        return nni_json_fail(json, member, "there is no layer %" PRId64, number);
    }
    NNI_TRY(nni_json_require(json, object, "inputs", NNI_JSON_ARRAY, &list));
    int32_t count = json->nodes[list].count;
    if (count > NNI_INPUTS_MAX) {
        return nni_json_fail(json, list, "%d inputs, a node has at most %d", (int)count,
                             NNI_INPUTS_MAX);
    }
    int32_t element = json->nodes[list].first;
    for (int32_t i = 0; i < count; i++, element = json->nodes[element].next) {
        int64_t input;
        NNI_TRY(nni_json_int(json, element, &input));
        if (input < 0 || input >= restore->model->node_count) {
            return nni_json_fail(json, element, "node %" PRId64 " does not come before",
                                 input);
        }
        inputs[i] = (nn_node)input;
    }
    return restore_apply(restore, (int32_t)number, inputs, count);
}

static nn_status restore_nodes(struct restore *restore)
{
    const struct nni_json *json = &restore->json;
    int32_t list;
    NNI_TRY(nni_json_require(json, 0, "nodes", NNI_JSON_ARRAY, &list));
    if (json->nodes[list].count > NNI_MODEL_NODES_MAX) {
        return nni_json_fail(json, list, "%d nodes, expected at most %d",
                             (int)json->nodes[list].count, NNI_MODEL_NODES_MAX);
    }
    int32_t number = 0;
    for (int32_t node = json->nodes[list].first; node != 0;
         node = json->nodes[node].next, number++) {
        if (restore_node(restore, node) != NN_OK) {
            return nni_restore_failed(json->who, "node", number);
        }
    }
    for (int32_t i = 0; i < restore->layer_count; i++) {
        if (restore->layers[i] == NULL) {
            return nni_json_fail(json, restore->objects[i], "layer %d is applied nowhere",
                                 (int)i);
        }
    }
    return NN_OK;
}

/* ---- outputs ---- */

static nn_status restore_class_names(struct restore *restore, int32_t output,
                                     int32_t list)
{
    const struct nni_json *json = &restore->json;
    const nn_context *context = restore->model->handle.context;
    int32_t count = json->nodes[list].count;
    const char **names = nni_alloc(context, (size_t)count, sizeof *names);
    if (names == NULL) {
        return nn_last_status();
    }
    nn_status status = NN_OK;
    int32_t i = 0;
    for (int32_t node = json->nodes[list].first; node != 0 && status == NN_OK;
         node = json->nodes[node].next) {
        if (json->nodes[node].kind == NNI_JSON_STRING) {
            names[i++] = nni_json_string(json, node);
        } else {
            status = nni_json_fail(json, node, "a class's name is %s, expected a string",
                                   nni_json_kind_name(json->nodes[node].kind));
        }
    }
    if (status == NN_OK) {
        status = nn_model_set_class_names(restore->model, output, names, count);
    }
    nni_free(context, (void *)names);
    return status;
}

static nn_status restore_output(struct restore *restore, int32_t output, int32_t object)
{
    static const char *const keys[] = {"node", "classes", NULL};
    const struct nni_json *json = &restore->json;
    int32_t member;
    int64_t number;
    if (json->nodes[object].kind != NNI_JSON_OBJECT ||
        nni_json_stranger(json, object, keys) != 0) {
        return nni_json_fail(json, object,
                             "an output is an object of 'node' and 'classes'");
    }
    NNI_TRY(nni_json_require(json, object, "node", NNI_JSON_NUMBER, &member));
    NNI_TRY(nni_json_int(json, member, &number));
    if (number < 0 || number >= restore->model->node_count) {
        return nni_json_fail(json, member, "there is no node %" PRId64, number);
    }
    NNI_TRY(nn_model_output(restore->model, (nn_node)number));
    if (nni_json_member(json, object, "classes") == 0) {
        return NN_OK;
    }
    NNI_TRY(nni_json_require(json, object, "classes", NNI_JSON_ARRAY, &member));
    return restore_class_names(restore, output, member);
}

static nn_status restore_outputs(struct restore *restore)
{
    const struct nni_json *json = &restore->json;
    int32_t list;
    int32_t number = 0;
    NNI_TRY(nni_json_require(json, 0, "outputs", NNI_JSON_ARRAY, &list));
    if (json->nodes[list].count == 0) {
        return nni_json_fail(json, list, "there is no output");
    }
    for (int32_t node = json->nodes[list].first; node != 0;
         node = json->nodes[node].next, number++) {
        if (restore_output(restore, number, node) != NN_OK) {
            return nni_restore_failed(json->who, "output", number);
        }
    }
    return NN_OK;
}

/* ---- all of it ---- */

/* The seed is a text: other readers of JSON keep 53 bits of a number. */
static nn_status restore_seed(struct restore *restore)
{
    const struct nni_json *json = &restore->json;
    int32_t node;
    uint64_t seed = 0;
    NNI_TRY(nni_json_require(json, 0, "seed", NNI_JSON_STRING, &node));
    const char *text = nni_json_string(json, node);
    int valid = text[0] != '\0';
    for (size_t i = 0; valid && text[i] != '\0'; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text[i] - '0';
        valid = digit <= 9 && seed <= (UINT64_MAX - digit) / 10;
        seed = seed * 10 + digit;
    }
    if (!valid) {
        return nni_json_fail(json, node, "'%.24s' is no seed", text);
    }
    return nn_model_set_seed(restore->model, seed);
}

static nn_status restore_list_layers(struct restore *restore)
{
    const struct nni_json *json = &restore->json;
    const nn_context *context = restore->model->handle.context;
    int32_t list;
    NNI_TRY(nni_json_require(json, 0, "layers", NNI_JSON_ARRAY, &list));
    int32_t count = json->nodes[list].count;
    restore->layers = nni_alloc(context, (size_t)count, sizeof *restore->layers);
    restore->objects = nni_alloc(context, (size_t)count, sizeof *restore->objects);
    if (restore->layers == NULL || restore->objects == NULL) {
        return nn_last_status();
    }
    for (int32_t node = json->nodes[list].first; node != 0;
         node = json->nodes[node].next) {
        restore->objects[restore->layer_count++] = node;
    }
    return NN_OK;
}

static nn_status restore_graph(struct restore *restore)
{
    static const char *const keys[] = {"layers", "nodes", "outputs", "seed", NULL};
    const struct nni_json *json = &restore->json;
    if (json->nodes[0].kind != NNI_JSON_OBJECT) {
        return nni_json_fail(json, 0, "%s, expected an object",
                             nni_json_kind_name(json->nodes[0].kind));
    }
    int32_t stranger = nni_json_stranger(json, 0, keys);
    if (stranger != 0) {
        return nni_json_fail(json, stranger, "this library knows no '%.64s' of a model",
                             nni_json_key(json, stranger));
    }
    NNI_TRY(restore_list_layers(restore));
    NNI_TRY(restore_seed(restore));
    NNI_TRY(restore_nodes(restore));
    NNI_TRY(restore_outputs(restore));
    return nn_model_build(restore->model);
}

/* The file's version is one that this library reads, and it has a model. */
static nn_status restore_check_version(const struct nni_safetensors *file)
{
    const char *name = file->reader->name.text;
    const char *version = nni_safetensors_text(file, NNI_KEY_VERSION, NULL);
    if (version == NULL) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: holds no model (its metadata has no '%s'); perhaps weights, "
                        "for nn_model_load_weights",
                        name, NNI_KEY_VERSION);
    }
    if (strcmp(version, "1") != 0) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: is of version '%.20s' of the format, this library reads "
                        "up to %d",
                        name, version, NNI_MODEL_VERSION);
    }
    return NN_OK;
}

static nn_status restore_model(struct restore *restore)
{
    const struct nni_safetensors *file = restore->file;
    const nn_context *context = restore->model->handle.context;
    char who[NNI_WHO_SIZE];
    size_t length;
    NNI_TRY(restore_check_version(file));
    char *text = nni_safetensors_text(file, NNI_KEY_MODEL, &length);
    if (text == NULL) {
        return nni_fail(NN_ERROR_FORMAT, "%s: its metadata has no '%s'",
                        file->reader->name.text, NNI_KEY_MODEL);
    }
    snprintf(who, sizeof who, "%s: %s", file->reader->name.text, NNI_KEY_MODEL);
    NNI_TRY(nni_json_read(&restore->json, context, who, 0, text, length));
    nn_status status = restore_graph(restore);
    if (status == NN_OK) {
        status = nni_weights_restore(restore->model, file);
    }
    if (status != NN_OK) {
        status = nni_restore_failed(file->reader->name.text, NULL, 0);
    }
    nni_json_release(&restore->json);
    nni_free(context, (void *)restore->layers);
    nni_free(context, restore->objects);
    return status;
}

nn_model *nni_model_restore(nn_context *context, const struct nni_safetensors *file)
{
    struct restore restore = {.file = file, .model = nn_model_create(context)};
    if (restore.model != NULL && restore_model(&restore) != NN_OK) {
        nn_model_destroy(restore.model);
        return NULL;
    }
    return restore.model;
}
