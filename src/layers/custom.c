/* Custom: a layer by callbacks of the program. The layer copies the program's struct and
 * hands its callbacks a call (custom_call.c), in the thread that runs the network. */
#include "layers/custom_call.h"

#include <string.h>

struct custom_layer {
    nn_layer base;
    nn_custom_layer custom;
    char kind[NNI_NAME_SIZE];
};

/* A callback's non-zero return in infer, with the reason where the library knows one. */
static nn_status custom_infer_failed(const nn_layer *layer, int32_t returned,
                                     nn_status status)
{
    if (status == NN_OK) {
        return nni_layer_fail(layer, NN_ERROR_CALLBACK, "its infer returned %d",
                              returned);
    }
    return nni_layer_fail(layer, NN_ERROR_CALLBACK, "its infer returned %d: %s", returned,
                          nn_last_error());
}

static nn_status custom_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct custom_layer *own = (const struct custom_layer *)layer;
    NNI_TRY(nni_layer_expect_float(layer, infer));
    struct nn_call call = {0};
    call.layer = layer;
    call.phase = NNI_CUSTOM_INFER;
    call.asked = infer;
    call.infer = infer;
    infer->needs = NNI_NEEDS_INPUT | NNI_NEEDS_OUTPUT;
    const int32_t returned = own->custom.infer(own->custom.user, &call);
    if (returned != 0) {
        return custom_infer_failed(layer, returned, call.status);
    }
    NNI_TRY(call.status);
    if (!call.output_set) {
        return nni_layer_fail(layer, NN_ERROR_CALLBACK, "its infer said no output shape");
    }
    if (own->custom.backward == NULL) {
        infer->needs = NNI_NO_GRADIENT;
    }
    return NN_OK;
}

static void custom_forward(const nn_layer *layer, struct nni_call *call)
{
    const struct custom_layer *own = (const struct custom_layer *)layer;
    struct nn_call handed = {0};
    handed.layer = layer;
    handed.phase = NNI_CUSTOM_FORWARD;
    handed.infer = call->infer;
    handed.call = call;
    if (own->custom.forward(own->custom.user, &handed) != 0) {
        call->failed = 1;
    }
}

static void custom_zero(float *values, int64_t count)
{
    if (values != NULL) {
        memset(values, 0, (size_t)count * sizeof *values);
    }
}

static void custom_backward(const nn_layer *layer, struct nni_call *call)
{
    const struct custom_layer *own = (const struct custom_layer *)layer;
    for (int32_t i = 0; !call->accumulate && i < call->infer->parameter_count; i++) {
        custom_zero(call->parameter_gradients[i],
                    nni_shape_count(&call->infer->parameters[i].shape));
    }
    if (own->custom.backward == NULL) {
        for (int32_t i = 0; i < call->input_count; i++) {
            custom_zero(call->input_gradients[i],
                        call->rows * nni_shape_count(&call->input_shapes[i]));
        }
        return;
    }
    struct nn_call handed = {0};
    handed.layer = layer;
    handed.phase = NNI_CUSTOM_BACKWARD;
    handed.infer = call->infer;
    handed.call = call;
    if (own->custom.backward(own->custom.user, &handed) != 0) {
        call->failed = 1;
    }
}

static void custom_release(nn_layer *layer)
{
    struct custom_layer *own = (struct custom_layer *)layer;
    if (own->custom.destroy != NULL) {
        own->custom.destroy(own->custom.user);
    }
}

const struct nni_layer_type nni_layer_custom = {
    .id = 16,
    .name = "custom",
    .size = sizeof(struct custom_layer),
    .min_inputs = 1,
    .max_inputs = NNI_INPUTS_MAX,
    .infer = custom_infer,
    .forward = custom_forward,
    .backward = custom_backward,
    .release = custom_release,
};

const char *nni_custom_kind(const nn_layer *layer)
{
    return ((const struct custom_layer *)layer)->kind;
}

static nn_status custom_check(const nn_custom_layer *custom)
{
    if (custom->name == NULL || custom->infer == NULL || custom->forward == NULL) {
        return nni_fail(NN_ERROR_NULL, "nn_custom: %s is NULL",
                        custom->name == NULL    ? "name"
                        : custom->infer == NULL ? "infer"
                                                : "forward");
    }
    return nni_layer_check_name("nn_custom", custom->name);
}

nn_layer *nn_custom(nn_context *context, const nn_custom_layer *custom)
{
    if (custom == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_custom: custom is NULL");
        return NULL;
    }
    if (custom->struct_size < sizeof *custom) { /* its destroy cannot be trusted */
        nni_fail(NN_ERROR_ARGUMENT, "nn_custom: struct_size is %u, expected at least %u",
                 (unsigned)custom->struct_size, (unsigned)sizeof *custom);
        return NULL;
    }
    nn_layer *layer = NULL;
    if (custom_check(custom) == NN_OK) {
        layer = nni_layer_new(context, &nni_layer_custom);
    }
    if (layer == NULL) {
        if (custom->destroy != NULL) {
            custom->destroy(custom->user);
        }
        return NULL;
    }
    struct custom_layer *own = (struct custom_layer *)layer;
    own->custom = *custom;
    memcpy(own->kind, custom->name, strlen(custom->name) + 1);
    own->custom.name = own->kind;
    return layer;
}
