/* Flatten: (a, b, c) to (a b c). Elements keep their order, so values and gradients are
 * copied, or stay where they are. Any dtype. */
#include "layers/layer.h"

struct flatten_layer {
    nn_layer base;
};

static nn_status flatten_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct nni_shape *input = &infer->inputs[0];
    const int64_t count = nni_shape_count(input);
    NNI_TRY(nni_layer_shape(layer, &count, 1, &infer->output));
    infer->output.dtype = input->dtype;
    infer->needs = NNI_IN_PLACE;
    if (input->dtype != NN_FLOAT32) {
        infer->needs |= NNI_NO_GRADIENT;
    }
    return NN_OK;
}

static void flatten_forward(const nn_layer *layer, struct nni_call *call)
{
    const struct nni_shape *shape = call->output_shape;
    (void)layer;
    nni_layer_copy(call, call->inputs[0], call->output,
                   nni_shape_count(shape) * (int64_t)nni_dtype_size(shape->dtype));
}

static void flatten_backward(const nn_layer *layer, struct nni_call *call)
{
    (void)layer;
    if (call->input_gradients[0] != NULL) {
        nni_layer_copy(call, call->output_gradient, call->input_gradients[0],
                       nni_shape_count(call->output_shape) * (int64_t)sizeof(float));
    }
}

const struct nni_layer_type nni_layer_flatten = {
    .id = 7,
    .name = "flatten",
    .size = sizeof(struct flatten_layer),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = flatten_infer,
    .forward = flatten_forward,
    .backward = flatten_backward,
};

nn_layer *nn_flatten(nn_context *context)
{
    return nni_layer_new(context, &nni_layer_flatten);
}
