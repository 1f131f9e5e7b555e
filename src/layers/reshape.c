/* Reshape: the same elements in another shape of equally many. Elements keep their order,
 * so values and gradients are copied, or stay where they are. Any dtype. */
#include "layers/layer.h"

struct reshape_layer {
    nn_layer base;
    struct nni_int_list shape;
};

static const struct nni_option reshape_options[] = {
    {"shape", NNI_OPTION_INTS, offsetof(struct reshape_layer, shape), 1, NNI_WHOLE_MAX, 0,
     0, 0, NULL},
};

static nn_status reshape_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct reshape_layer *reshape = (const struct reshape_layer *)layer;
    const struct nni_shape *input = &infer->inputs[0];
    NNI_TRY(nni_layer_shape(layer, reshape->shape.values, reshape->shape.count,
                            &infer->output));
    const int64_t have = nni_shape_count(input);
    const int64_t want = nni_shape_count(&infer->output);
    if (have != want) {
        return nni_layer_fail(layer, NN_ERROR_SHAPE,
                              "input %s has %lld elements, shape %s takes %lld",
                              nni_shape_text(input).text, (long long)have,
                              nni_shape_text(&infer->output).text, (long long)want);
    }
    infer->output.dtype = input->dtype;
    infer->needs = NNI_IN_PLACE;
    if (input->dtype != NN_FLOAT32) {
        infer->needs |= NNI_NO_GRADIENT;
    }
    return NN_OK;
}

static void reshape_forward(const nn_layer *layer, struct nni_call *call)
{
    const struct nni_shape *shape = call->output_shape;
    (void)layer;
    nni_layer_copy(call, call->inputs[0], call->output,
                   nni_shape_count(shape) * (int64_t)nni_dtype_size(shape->dtype));
}

static void reshape_backward(const nn_layer *layer, struct nni_call *call)
{
    (void)layer;
    if (call->input_gradients[0] != NULL) {
        nni_layer_copy(call, call->output_gradient, call->input_gradients[0],
                       nni_shape_count(call->output_shape) * (int64_t)sizeof(float));
    }
}

const struct nni_layer_type nni_layer_reshape = {
    .id = 8,
    .name = "reshape",
    .size = sizeof(struct reshape_layer),
    .options = reshape_options,
    .option_count = NNI_COUNT(reshape_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = reshape_infer,
    .forward = reshape_forward,
    .backward = reshape_backward,
};

nn_layer *nn_reshape(nn_context *context, const int64_t *shape, int32_t rank)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_reshape);
    return nni_layer_finish(layer, nn_layer_set_ints(layer, "shape", shape, rank));
}
