/* Models as handles: creating, destroying, remembering the first error, and looking. */
#include "model/model.h"

#include "base/memory.h"

#include <string.h>

static void model_destroy_nodes(nn_model *model)
{
    const nn_context *context = model->handle.context;
    for (int32_t i = 0; i < model->node_count; i++) {
        nni_free(context, model->nodes[i].inputs);
        nni_free(context, model->nodes[i].input_shapes);
    }
    nni_free(context, model->nodes);
    nni_free(context, model->inputs);
    nni_free(context, model->outputs);
}

static void model_destroy_layers(nn_model *model)
{
    for (nn_layer *layer = model->first_layer; layer != NULL;) {
        nn_layer *next = layer->next;
        nni_handle_release(layer);
        layer = next;
    }
}

static void model_destroy(void *handle)
{
    nn_model *model = handle;
    for (int32_t i = 0; i < model->parameter_count; i++)
        nn_tensor_destroy(model->parameters[i].tensor);
    nni_free(model->handle.context, model->parameters);
    nni_handle_release(model->storage);
    nni_model_release_class_names(model);
    model_destroy_nodes(model);
    model_destroy_layers(model);
}

nn_model *nn_model_create(nn_context *context)
{
    nn_model *model = nni_handle_create(context, sizeof *model, model_destroy);
    if (model != NULL)
        model->seed = nn_context_seed(context);
    return model;
}

void nn_model_destroy(nn_model *model)
{
    nni_handle_release(model);
}

nn_status nni_model_remember(nn_model *model, nn_status status)
{
    if (status != NN_OK && model->status == NN_OK) {
        model->status = status;
        strncpy(model->error, nn_last_error(), sizeof model->error - 1);
    }
    return status;
}

nn_status nni_model_check(const nn_model *model, const char *who)
{
    NNI_NOT_NULL_HANDLE(who, model);
    if (model->status != NN_OK)
        return nni_fail(model->status, "%s", model->error);
    return NN_OK;
}

nn_status nn_model_status(const nn_model *model)
{
    return model == NULL ? NN_ERROR_NULL : model->status;
}

const char *nn_model_error(const nn_model *model)
{
    return model == NULL ? NULL : model->error;
}

nn_status nn_model_clear_error(nn_model *model)
{
    NNI_NOT_NULL_HANDLE("nn_model_clear_error", model);
    model->status = NN_OK;
    memset(model->error, 0, sizeof model->error);
    return NN_OK;
}

int32_t nn_model_node_count(const nn_model *model)
{
    return model == NULL ? 0 : model->node_count;
}

int32_t nn_model_input_count(const nn_model *model)
{
    return model == NULL ? 0 : model->input_count;
}

/* Until nn_model_output names one, the last node is the output. */
int32_t nn_model_output_count(const nn_model *model)
{
    if (model == NULL || model->node_count == 0)
        return 0;
    return model->output_count > 0 ? model->output_count : 1;
}

nn_node nn_model_input_node(const nn_model *model, int32_t input)
{
    if (model == NULL || input < 0 || input >= model->input_count)
        return -1;
    return model->inputs[input];
}

nn_node nn_model_output_node(const nn_model *model, int32_t output)
{
    if (output < 0 || output >= nn_model_output_count(model))
        return -1;
    return model->output_count > 0 ? model->outputs[output] : model->node_count - 1;
}

static int model_has_node(const nn_model *model, nn_node node)
{
    return model != NULL && node >= 0 && node < model->node_count;
}

nn_layer *nn_model_node_layer(const nn_model *model, nn_node node)
{
    return model_has_node(model, node) ? model->nodes[node].layer : NULL;
}

nn_layer *nn_model_layer(const nn_model *model, const char *name)
{
    if (model == NULL || name == NULL) {
        (void)nni_null_handle("nn_model_layer", model == NULL ? "model" : "name");
        return NULL;
    }
    nn_layer *layer = nni_model_find_layer(model, name);
    if (layer == NULL)
        nni_fail(NN_ERROR_NAME, "nn_model_layer: the model has no layer '%s'", name);
    return layer;
}

const int64_t *nn_model_node_shape(const nn_model *model, nn_node node, int32_t *rank,
                                   int32_t *dtype)
{
    if (!model_has_node(model, node))
        return NULL;
    const struct nni_shape *shape = &model->nodes[node].infer.output;
    if (rank != NULL)
        *rank = shape->rank;
    if (dtype != NULL)
        *dtype = shape->dtype;
    return shape->dim;
}

int32_t nn_model_parameter_count(const nn_model *model)
{
    return model == NULL ? 0 : model->parameter_count;
}

int64_t nn_model_weight_count(const nn_model *model)
{
    return model == NULL ? 0 : model->weight_count;
}

static int model_has_parameter(const nn_model *model, int32_t index)
{
    return model != NULL && index >= 0 && index < model->parameter_count;
}

nn_tensor *nn_model_parameter(const nn_model *model, int32_t index)
{
    return model_has_parameter(model, index) ? model->parameters[index].tensor : NULL;
}

const char *nn_model_parameter_name(const nn_model *model, int32_t index)
{
    return model_has_parameter(model, index) ? model->parameters[index].name : NULL;
}

nn_tensor *nn_model_parameter_named(const nn_model *model, const char *name)
{
    if (model == NULL || name == NULL) {
        (void)nni_null_handle("nn_model_parameter_named",
                              model == NULL ? "model" : "name");
        return NULL;
    }
    for (int32_t i = 0; i < model->parameter_count; i++)
        if (strcmp(model->parameters[i].name, name) == 0)
            return model->parameters[i].tensor;
    nni_fail(NN_ERROR_NAME, "nn_model_parameter_named: the model has no parameter '%s'%s",
             name, model->built ? "" : " (it is not built yet)");
    return NULL;
}
