/* What all layers have in common: creation, destruction and copies, the words with
 * which a layer speaks of itself, and the checks of inputs that many kinds share. */
#include "layers/layer.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void layer_free(void *handle)
{
    nn_layer *layer = handle;
    const struct nni_options options = nni_layer_options(layer);
    nni_options_release(&options);
    if (layer->type->release != NULL) {
        layer->type->release(layer);
    }
}

nn_layer *nni_layer_new(nn_context *context, const struct nni_layer_type *type)
{
    nn_layer *layer = nni_handle_create(context, type->size, layer_free);
    if (layer == NULL) {
        return NULL;
    }
    layer->type = type;
    layer->rate_multiplier = 1;
    const struct nni_options options = nni_layer_options(layer);
    nni_options_reset(&options);
    return layer;
}

nn_layer *nni_layer_finish(nn_layer *layer, nn_status status)
{
    if (layer != NULL && status != NN_OK) {
        nn_layer_destroy(layer);
        return NULL;
    }
    return layer;
}

nn_layer *nn_layer_create(nn_context *context, const char *kind)
{
    if (kind == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_layer_create: kind is NULL");
        return NULL;
    }
    const struct nni_layer_type *type = nni_layer_type_named(kind);
    return type != NULL ? nni_layer_new(context, type) : NULL;
}

void nn_layer_destroy(nn_layer *layer)
{
    if (layer != NULL && layer->owner == NULL) {
        nni_handle_release(layer);
    }
}

struct nni_options nni_layer_options(const nn_layer *layer)
{
    struct nni_options options;
    options.context = layer->handle.context;
    options.kind = nn_layer_kind(layer);
    options.object = (void *)(uintptr_t)layer;
    options.table = layer->type->options;
    options.count = layer->type->option_count;
    return options;
}

nn_layer *nni_layer_clone(const nn_layer *layer)
{
    if (layer->type == &nni_layer_custom) {
        nni_layer_fail(layer, NN_ERROR_STATE, "a custom layer cannot be copied");
        return NULL;
    }
    nn_layer *copy =
        nni_handle_create(layer->handle.context, layer->type->size, layer_free);
    if (copy == NULL) {
        return NULL;
    }
    copy->type = layer->type;
    memcpy(copy->name, layer->name, sizeof copy->name);
    copy->frozen = layer->frozen;
    copy->rate_multiplier = layer->rate_multiplier;
    memcpy(copy->initializers, layer->initializers, sizeof copy->initializers);
    const struct nni_options from = nni_layer_options(layer);
    const struct nni_options to = nni_layer_options(copy);
    return nni_layer_finish(copy, nni_options_copy(&from, &to));
}

struct nni_layer_text nni_layer_text(const nn_layer *layer)
{
    struct nni_layer_text out;
    const char *kind = nn_layer_kind(layer);
    if (layer->name[0] != '\0') {
        snprintf(out.text, sizeof out.text, "%s '%s'", kind, layer->name);
    } else {
        snprintf(out.text, sizeof out.text, "%s", kind);
    }
    return out;
}

nn_status nni_layer_fail(const nn_layer *layer, nn_status status, const char *format, ...)
{
    char text[NNI_ERROR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return nni_fail(status, "%s: %s", nni_layer_text(layer).text, text);
}

nn_status nni_layer_expect_float(const nn_layer *layer, const struct nni_infer *infer)
{
    for (int32_t i = 0; i < infer->input_count; i++) {
        if (infer->inputs[i].dtype != NN_FLOAT32) {
            return nni_layer_fail(layer, NN_ERROR_DTYPE,
                                  "input %d is %s, expected float32 (a rescale layer "
                                  "converts)",
                                  i, nni_dtype_name(infer->inputs[i].dtype));
        }
    }
    return NN_OK;
}

nn_status nni_layer_expect_same(const nn_layer *layer, const struct nni_infer *infer)
{
    for (int32_t i = 1; i < infer->input_count; i++) {
        if (!nni_shape_equal(&infer->inputs[0], &infer->inputs[i])) {
            return nni_layer_fail(layer, NN_ERROR_SHAPE,
                                  "inputs 0 and %d differ: %s and %s", i,
                                  nni_shape_text(&infer->inputs[0]).text,
                                  nni_shape_text(&infer->inputs[i]).text);
        }
    }
    return NN_OK;
}

nn_status nni_layer_shape(const nn_layer *layer, const int64_t *dim, int32_t rank,
                          struct nni_shape *out)
{
    return nni_shape_make(nni_layer_text(layer).text, NN_FLOAT32, dim, rank,
                          NNI_SAMPLE_RANK_MAX, 1, out);
}
