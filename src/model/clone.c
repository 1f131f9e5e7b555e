/* Copying a model: the layers by their options, the graph node by node, the parameters by
 * their bits. */
#include "model/model.h"

#include <string.h>

/* Nodes whose layer the copy does not have yet get a copied layer. */
static nn_status clone_node(const nn_model *model, nn_model *copy, int32_t i)
{
    const struct nni_node *node = &model->nodes[i];
    int32_t first = node->layer->first_node;
    nn_layer *layer = first < i ? copy->nodes[first].layer : nni_layer_clone(node->layer);
    if (layer == NULL)
        return nn_last_status();
    nn_node made = nn_model_apply_many(copy, layer, node->inputs, node->input_count);
    return made < 0 ? nn_last_status() : NN_OK;
}

static nn_status clone_fill(const nn_model *model, nn_model *copy)
{
    for (int32_t i = 0; i < model->node_count; i++)
        NNI_TRY(clone_node(model, copy, i));
    for (int32_t i = 0; i < model->output_count; i++)
        NNI_TRY(nn_model_output(copy, model->outputs[i]));
    copy->seed = model->seed;
    NNI_TRY(nni_model_copy_class_names(model, copy));
    NNI_TRY(nn_model_build(copy));
    memcpy(copy->weights, model->weights, (size_t)model->span * sizeof *copy->weights);
    return NN_OK;
}

nn_model *nn_model_clone(nn_model *model)
{
    if (nni_model_check(model, "nn_model_clone") != NN_OK ||
        nn_model_build(model) != NN_OK)
        return NULL;
    nn_model *copy = nn_model_create((nn_context *)model->handle.context);
    if (copy != NULL && clone_fill(model, copy) != NN_OK) {
        nn_model_destroy(copy);
        return NULL;
    }
    return copy;
}
