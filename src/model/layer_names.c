/* The names of a model's layers. A name is in use once its layer has been applied, and then
 * for good: so a call that fails leaves no trace. Layers are found by the hash of their
 * name (FNV-1a), in chains that run through the layers, so that naming takes no memory and
 * cannot fail for want of it. */
#include "model/model.h"

#include <stdio.h>
#include <string.h>

static uint32_t layer_names_bucket(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != 0; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash % NNI_NAME_BUCKETS;
}

nn_layer *nni_model_find_layer(const nn_model *model, const char *name)
{
    nn_layer *layer = model->named[layer_names_bucket(name)];
    while (layer != NULL && strcmp(layer->name, name) != 0)
        layer = layer->next_in_bucket;
    return layer;
}

/* The number that the model gave last to a layer of this kind; all below it are taken. */
static int32_t layer_names_last_number(const nn_model *model, const char *kind)
{
    const nn_layer *layer = model->last_applied;
    while (layer != NULL &&
           (layer->given_number == 0 || strcmp(nn_layer_kind(layer), kind) != 0))
        layer = layer->applied_before;
    return layer == NULL ? 0 : layer->given_number;
}

nn_status nni_model_name_layer(const nn_model *model, nn_layer *layer, int32_t *number)
{
    *number = 0;
    if (layer->name[0] != 0) {
        if (nni_model_find_layer(model, layer->name) != NULL)
            return nni_fail(NN_ERROR_NAME, "the model has a layer '%s' already",
                            layer->name);
        return NN_OK;
    }
    const char *kind = nn_layer_kind(layer);
    *number = layer_names_last_number(model, kind);
    do {
        ++*number;
        snprintf(layer->name, sizeof layer->name, "%.48s_%d", kind, (int)*number);
    } while (nni_model_find_layer(model, layer->name) != NULL);
    return NN_OK;
}

void nni_model_keep_name(nn_model *model, nn_layer *layer, int32_t number, nn_node node)
{
    nn_layer **bucket = &model->named[layer_names_bucket(layer->name)];
    layer->next_in_bucket = *bucket;
    *bucket = layer;
    layer->applied_before = model->last_applied;
    model->last_applied = layer;
    layer->given_number = number;
    layer->first_node = node;
    layer->applied = 1;
}
