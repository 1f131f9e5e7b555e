/* Building: the graph is checked as a whole, and all parameters get one block of memory in
 * which each begins a cache line, so that an optimizer's step is one pass over it. */
#include "base/memory.h"
#include "model/model.h"

#include <stdio.h>

void nni_parameter_name(const nn_layer *layer, const char *parameter,
                        char name[NNI_PARAMETER_NAME_SIZE])
{
    snprintf(name, NNI_PARAMETER_NAME_SIZE, "%s.%s", layer->name, parameter);
}

/* Every input has to reach an output: walks from the outputs down, marking. */
static nn_status build_check_reach(const nn_model *model, unsigned char *reached)
{
    for (int32_t i = 0; i < nn_model_output_count(model); i++)
        reached[nn_model_output_node(model, i)] = 1;
    for (int32_t i = model->node_count - 1; i >= 0; i--) {
        const struct nni_node *node = &model->nodes[i];
        for (int32_t k = 0; reached[i] && k < node->input_count; k++)
            reached[node->inputs[k]] = 1;
    }
    for (int32_t i = 0; i < model->input_count; i++)
        if (!reached[model->inputs[i]])
            return nni_fail(NN_ERROR_GRAPH, "input %d ('%s') leads to no output", (int)i,
                            model->nodes[model->inputs[i]].layer->name);
    return NN_OK;
}

static nn_status build_check_graph(const nn_model *model)
{
    if (model->input_count == 0)
        return nni_fail(NN_ERROR_GRAPH, "the model has no input; its first layer is one");
    nn_node last = nn_model_output_node(model, 0);
    const struct nni_shape *output = &model->nodes[last].infer.output;
    if (output->dtype != NN_FLOAT32)
        return nni_fail(NN_ERROR_DTYPE, "the output, node %d, is %s, not float32",
                        (int)last, nni_dtype_name(output->dtype));
    unsigned char *reached =
        nni_alloc(model->handle.context, (size_t)model->node_count, 1);
    if (reached == NULL)
        return nn_last_status();
    nn_status status = build_check_reach(model, reached);
    nni_free(model->handle.context, reached);
    return status;
}

/* The first node that applies a layer carries its parameters. */
static int32_t build_first_use(const nn_model *model, int32_t node)
{
    return model->nodes[node].layer->first_node;
}

/* Numbers the parameters and returns how many there are. */
static int32_t build_number_parameters(nn_model *model)
{
    int32_t count = 0;
    for (int32_t i = 0; i < model->node_count; i++) {
        int32_t first = build_first_use(model, i);
        if (first < i) {
            model->nodes[i].first_parameter = model->nodes[first].first_parameter;
            continue;
        }
        model->nodes[i].first_parameter = count;
        count += model->nodes[i].infer.parameter_count;
    }
    return count;
}

/* Fills the table of parameters: names, shapes and places in the block. */
static nn_status build_lay_out(const nn_model *model, struct nni_parameter *parameters,
                               int64_t *weight_count, int64_t *span)
{
    *weight_count = *span = 0;
    for (int32_t i = 0; i < model->node_count; i++) {
        const struct nni_node *node = &model->nodes[i];
        for (int32_t p = 0;
             build_first_use(model, i) == i && p < node->infer.parameter_count; p++) {
            struct nni_parameter *parameter = &parameters[node->first_parameter + p];
            parameter->layer = node->layer;
            parameter->spec = node->infer.parameters[p];
            nni_parameter_name(node->layer, parameter->spec.name, parameter->name);
            parameter->count = nni_shape_count(&parameter->spec.shape);
            parameter->offset = *span;
            if (!nni_add_checked(*span, nni_parameter_span(parameter->count), span))
                return nni_fail(NN_ERROR_SIZE, "the model's parameters are too many");
            *weight_count += parameter->count;
        }
    }
    return NN_OK;
}

static void build_discard(nn_model *model)
{
    const nn_context *context = model->handle.context;
    for (int32_t i = 0; model->parameters != NULL && i < model->parameter_count; i++)
        nn_tensor_destroy(model->parameters[i].tensor);
    nni_free(context, model->parameters);
    nni_handle_release(model->storage);
    model->parameters = NULL;
    model->storage = NULL;
    model->weights = NULL;
    model->parameter_count = 0;
    model->weight_count = model->span = 0;
}

static nn_status build_allocate(nn_model *model)
{
    const nn_context *context = model->handle.context;
    model->parameter_count = build_number_parameters(model);
    model->parameters =
        nni_alloc(context, (size_t)model->parameter_count, sizeof *model->parameters);
    if (model->parameters == NULL)
        return nn_last_status();
    NNI_TRY(build_lay_out(model, model->parameters, &model->weight_count, &model->span));
    model->storage = nni_storage_create(context, model->span);
    if (model->storage == NULL)
        return nn_last_status();
    model->weights = model->storage->data;
    for (int32_t i = 0; i < model->parameter_count; i++) {
        struct nni_parameter *parameter = &model->parameters[i];
        parameter->tensor = nni_tensor_show(model->storage, &parameter->spec.shape,
                                            model->weights + parameter->offset);
        if (parameter->tensor == NULL)
            return nn_last_status();
    }
    return NN_OK;
}

nn_status nn_model_build(nn_model *model)
{
    NNI_TRY(nni_model_check(model, "nn_model_build"));
    if (model->built)
        return NN_OK;
    NNI_TRY(build_check_graph(model));
    nn_status status = build_allocate(model);
    if (status != NN_OK) {
        build_discard(model);
        return status;
    }
    model->built = 1;
    nni_model_draw(model, model->seed);
    return NN_OK;
}
