/* Sum: y = the sum of x over one axis of the sample, or over all of it. Every term
 * receives dy. */
#include "layers/reduce.h"

struct sum_layer {
    nn_layer base;
    int64_t axis;
};

static const struct nni_option sum_options[] = {
    {"axis", NNI_OPTION_INT, offsetof(struct sum_layer, axis), NNI_REDUCE_AXIS_MIN,
     NNI_REDUCE_AXIS_MAX, 0, 0, NN_ALL, NULL},
};

static nn_status sum_infer(const nn_layer *layer, struct nni_infer *infer)
{
    return nni_reduce_infer(layer, ((const struct sum_layer *)layer)->axis, infer);
}

static void sum_forward(const nn_layer *layer, struct nni_call *call)
{
    nni_reduce_forward(call, ((const struct sum_layer *)layer)->axis, 0);
}

static void sum_backward(const nn_layer *layer, struct nni_call *call)
{
    nni_reduce_backward(call, ((const struct sum_layer *)layer)->axis, 0);
}

const struct nni_layer_type nni_layer_sum = {
    .id = 14,
    .name = "sum",
    .size = sizeof(struct sum_layer),
    .options = sum_options,
    .option_count = NNI_COUNT(sum_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = sum_infer,
    .forward = sum_forward,
    .backward = sum_backward,
};

nn_layer *nn_sum(nn_context *context, int32_t axis)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_sum);
    return nni_layer_finish(layer, nn_layer_set_int(layer, "axis", axis));
}
