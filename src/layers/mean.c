/* Mean: y = the sum of x over one axis of the sample, or over all of it, divided by the
 * number of terms n. Every term receives dy / n. */
#include "layers/reduce.h"

struct mean_layer {
    nn_layer base;
    int64_t axis;
};

static const struct nni_option mean_options[] = {
    {"axis", NNI_OPTION_INT, offsetof(struct mean_layer, axis), NNI_REDUCE_AXIS_MIN,
     NNI_REDUCE_AXIS_MAX, 0, 0, NN_ALL, NULL},
};

static nn_status mean_infer(const nn_layer *layer, struct nni_infer *infer)
{
    return nni_reduce_infer(layer, ((const struct mean_layer *)layer)->axis, infer);
}

static void mean_forward(const nn_layer *layer, struct nni_call *call)
{
    nni_reduce_forward(call, ((const struct mean_layer *)layer)->axis, 1);
}

static void mean_backward(const nn_layer *layer, struct nni_call *call)
{
    nni_reduce_backward(call, ((const struct mean_layer *)layer)->axis, 1);
}

const struct nni_layer_type nni_layer_mean = {
    .id = 15,
    .name = "mean",
    .size = sizeof(struct mean_layer),
    .options = mean_options,
    .option_count = NNI_COUNT(mean_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = mean_infer,
    .forward = mean_forward,
    .backward = mean_backward,
};

nn_layer *nn_mean(nn_context *context, int32_t axis)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_mean);
    return nni_layer_finish(layer, nn_layer_set_int(layer, "axis", axis));
}
