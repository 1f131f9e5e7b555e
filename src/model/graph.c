/* Putting a model together: taking layers over, checking shapes by each layer's infer, and
 * adding nodes. Failure flows: whatever goes wrong first is remembered
 * by the model, and every later call returns it. */
#include "base/memory.h"
#include "model/model.h"

#include <string.h>

/* Puts a layer into the model's list, so that it lives and dies with it. Links only: taking
 * cannot fail, and so a layer is never lost. */
static void graph_link_layer(nn_model *model, nn_layer *layer)
{
    layer->owner = model;
    layer->next = NULL;
    if (model->last_layer != NULL)
        model->last_layer->next = layer;
    else
        model->first_layer = layer;
    model->last_layer = layer;
}

/* Takes a layer over (which may be the model's already), or says why not. A layer of a
 * failed call is kept all the same: it may have been meant to be applied again. */
static nn_status graph_take(nn_model *model, nn_layer *layer)
{
    if (layer->owner == model)
        return NN_OK;
    if (layer->owner != NULL)
        return nni_fail(NN_ERROR_STATE, "layer '%s' belongs to another model",
                        layer->name);
    graph_link_layer(model, layer);
    return nni_handle_same_context(model, "model", layer, "layer");
}

static nn_status graph_grow_nodes(nn_model *model)
{
    if (model->node_count < model->node_capacity)
        return NN_OK;
    int32_t capacity = model->node_capacity == 0 ? 16 : 2 * model->node_capacity;
    struct nni_node *grown =
        nni_grow(model->handle.context, model->nodes, (size_t)model->node_capacity,
                 (size_t)capacity, sizeof *grown);
    if (grown == NULL)
        return nn_last_status();
    model->nodes = grown;
    model->node_capacity = capacity;
    return NN_OK;
}

static nn_status graph_push(const nn_model *model, nn_node **list, int32_t *count,
                            int32_t *capacity, nn_node node)
{
    if (*count == *capacity) {
        int32_t larger = *capacity == 0 ? 4 : 2 * *capacity;
        nn_node *grown = nni_grow(model->handle.context, *list, (size_t)*capacity,
                                  (size_t)larger, sizeof *grown);
        if (grown == NULL)
            return nn_last_status();
        *list = grown;
        *capacity = larger;
    }
    (*list)[(*count)++] = node;
    return NN_OK;
}

/* Layers that are applied twice share parameters, so both applications must ask for the
 * same ones. */
static nn_status graph_check_shared(const nn_model *model, const struct nni_node *added)
{
    const nn_layer *layer = added->layer;
    if (!layer->applied)
        return NN_OK;
    const struct nni_node *first = &model->nodes[layer->first_node];
    if (first->infer.parameter_count != added->infer.parameter_count)
        return nni_layer_fail(layer, NN_ERROR_SHAPE,
                              "is shared, but has %d parameters at node %d and %d here",
                              (int)first->infer.parameter_count, (int)layer->first_node,
                              (int)added->infer.parameter_count);
    for (int32_t p = 0; p < added->infer.parameter_count; p++) {
        const struct nni_shape *was = &first->infer.parameters[p].shape;
        const struct nni_shape *now = &added->infer.parameters[p].shape;
        if (!nni_shape_equal(was, now))
            return nni_layer_fail(layer, NN_ERROR_SHAPE,
                                  "is shared, but its %s is %s at node %d and %s here",
                                  added->infer.parameters[p].name,
                                  nni_shape_text(was).text, (int)layer->first_node,
                                  nni_shape_text(now).text);
    }
    return NN_OK;
}

/* The number of inputs is one that the layer takes. */
static nn_status graph_check_count(const nn_layer *layer, int32_t count)
{
    int32_t least = layer->type->min_inputs, most = layer->type->max_inputs;
    if (count >= least && count <= most)
        return NN_OK;
    if (least == most)
        return nni_layer_fail(layer, NN_ERROR_ARGUMENT, "takes %d input%s, got %d",
                              (int)least, least == 1 ? "" : "s", (int)count);
    return nni_layer_fail(layer, NN_ERROR_ARGUMENT, "takes %d ... %d inputs, got %d",
                          (int)least, (int)most, (int)count);
}

/* Fills a node's inputs and lets the layer infer its output. */
static nn_status graph_infer(const nn_model *model, struct nni_node *node,
                             const nn_node *inputs)
{
    if (node->input_count > 0 && model->node_count == 0)
        return nni_layer_fail(node->layer, NN_ERROR_ARGUMENT,
                              "cannot come first: a model begins with an input");
    for (int32_t i = 0; i < node->input_count; i++) {
        if (inputs[i] < 0 || inputs[i] >= model->node_count)
            return nni_layer_fail(node->layer, NN_ERROR_ARGUMENT,
                                  "input %d is node %d, but the model has %d nodes",
                                  (int)i, (int)inputs[i], (int)model->node_count);
        node->inputs[i] = inputs[i];
        node->input_shapes[i] = model->nodes[inputs[i]].infer.output;
    }
    node->infer.input_count = node->input_count;
    node->infer.inputs = node->input_shapes;
    NNI_TRY(node->layer->type->infer(node->layer, &node->infer));
    return graph_check_shared(model, node);
}

static nn_status graph_add_node(nn_model *model, nn_layer *layer, const nn_node *inputs,
                                int32_t count)
{
    const nn_context *context = model->handle.context;
    NNI_TRY(graph_check_count(layer, count));
    NNI_TRY(graph_grow_nodes(model));
    struct nni_node *node = &model->nodes[model->node_count];
    memset(node, 0, sizeof *node);
    node->layer = layer;
    node->input_count = count;
    node->inputs = nni_alloc(context, (size_t)count, sizeof *node->inputs);
    node->input_shapes = nni_alloc(context, (size_t)count, sizeof *node->input_shapes);
    nn_status status = node->inputs == NULL || node->input_shapes == NULL
                           ? nn_last_status()
                           : graph_infer(model, node, inputs);
    if (status == NN_OK && nni_node_is_input(node))
        status = graph_push(model, &model->inputs, &model->input_count,
                            &model->input_capacity, model->node_count);
    if (status != NN_OK) {
        nni_free(context, node->inputs);
        nni_free(context, node->input_shapes);
        return status;
    }
    model->node_count++;
    return NN_OK;
}

/* The first application of a layer settles its name. A call that fails leaves no trace: a
 * name that the model gave is taken back. */
static nn_status graph_add_layer(nn_model *model, nn_layer *layer, const nn_node *inputs,
                                 int32_t count)
{
    if (layer->applied)
        return graph_add_node(model, layer, inputs, count);
    int32_t number;
    NNI_TRY(nni_model_name_layer(model, layer, &number));
    nn_status status = graph_add_node(model, layer, inputs, count);
    if (status == NN_OK)
        nni_model_keep_name(model, layer, number, model->node_count - 1);
    else if (number > 0)
        memset(layer->name, 0, sizeof layer->name);
    return status;
}

int nni_node_is_input(const struct nni_node *node)
{
    return node->layer->type == &nni_layer_input;
}

static nn_status graph_apply(nn_model *model, nn_layer *layer, const nn_node *inputs,
                             int32_t count, const char *who)
{
    if (layer == NULL) {
        (void)nni_null_handle(who, "layer");
        return nn_last_status();
    }
    NNI_TRY(graph_take(model, layer));
    if (model->built)
        return nni_fail(NN_ERROR_STATE, "%s: the model is built, its structure is fixed",
                        who);
    if (count < 0)
        return nni_fail(NN_ERROR_SIZE, "%s: count must be at least 0, got %d", who,
                        (int)count);
    if (count > 0 && inputs == NULL)
        return nni_fail(NN_ERROR_NULL, "%s: inputs is NULL", who);
    return graph_add_layer(model, layer, inputs, count);
}

/* Applies a layer and returns the new node, -1 on failure. Whatever happens, the layer is
 * the model's, or, without a model, gone. */
static nn_node graph_apply_node(nn_model *model, nn_layer *layer, const nn_node *inputs,
                                int32_t count, const char *who)
{
    if (model == NULL) {
        (void)nni_null_handle(who, "model");
        nn_layer_destroy(layer);
        return -1;
    }
    if (model->status != NN_OK) {
        if (layer != NULL && layer->owner == NULL)
            graph_link_layer(model, layer);
        (void)nni_model_check(model, who);
        return -1;
    }
    nn_status status = graph_apply(model, layer, inputs, count, who);
    /* Adding to a built model is refused, but does not spoil it. */
    if (status != NN_OK && !model->built)
        (void)nni_model_remember(model, status);
    return status == NN_OK ? model->node_count - 1 : -1;
}

nn_status nn_model_add(nn_model *model, nn_layer *layer)
{
    nn_node last = model == NULL ? -1 : model->node_count - 1;
    int is_input = layer != NULL && layer->type == &nni_layer_input;
    nn_node node =
        graph_apply_node(model, layer, &last, is_input ? 0 : 1, "nn_model_add");
    if (model == NULL)
        return NN_ERROR_NULL;
    return node < 0 ? nn_last_status() : NN_OK;
}

nn_node nn_model_input(nn_model *model, int32_t dtype, const int64_t *shape, int32_t rank)
{
    nn_context *context = model == NULL ? NULL : (nn_context *)model->handle.context;
    nn_layer *layer = nn_input_shaped(context, dtype, shape, rank);
    return graph_apply_node(model, layer, NULL, 0, "nn_model_input");
}

nn_node nn_model_apply(nn_model *model, nn_layer *layer, nn_node input)
{
    return graph_apply_node(model, layer, &input, 1, "nn_model_apply");
}

nn_node nn_model_apply_many(nn_model *model, nn_layer *layer, const nn_node *inputs,
                            int32_t count)
{
    return graph_apply_node(model, layer, inputs, count, "nn_model_apply_many");
}

static nn_status graph_output(nn_model *model, nn_node node)
{
    if (model->built)
        return nni_fail(NN_ERROR_STATE,
                        "nn_model_output: the model is built, its structure is fixed");
    if (node < 0 || node >= model->node_count)
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_model_output: there is no node %d, the model has %d",
                        (int)node, (int)model->node_count);
    if (model->nodes[node].infer.output.dtype != NN_FLOAT32)
        return nni_fail(NN_ERROR_DTYPE, "nn_model_output: node %d is %s, not float32",
                        (int)node, nni_dtype_name(model->nodes[node].infer.output.dtype));
    for (int32_t i = 0; i < model->output_count; i++)
        if (model->outputs[i] == node)
            return nni_fail(NN_ERROR_ARGUMENT,
                            "nn_model_output: node %d is output %d already", (int)node,
                            (int)i);
    return graph_push(model, &model->outputs, &model->output_count,
                      &model->output_capacity, node);
}

nn_status nn_model_output(nn_model *model, nn_node node)
{
    NNI_TRY(nni_model_check(model, "nn_model_output"));
    nn_status status = graph_output(model, node);
    return model->built ? status : nni_model_remember(model, status);
}
