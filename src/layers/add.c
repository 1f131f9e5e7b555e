/* Add: y = x_0 + x_1 + ..., from left to right, element by element; shortcuts around a
 * block (He et al., "Deep residual learning", 2015) end in it. Every dx_i is dy. */
#include "layers/layer.h"

struct add_layer {
    nn_layer base;
};

static nn_status add_infer(const nn_layer *layer, struct nni_infer *infer)
{
    NNI_TRY(nni_layer_expect_float(layer, infer));
    NNI_TRY(nni_layer_expect_same(layer, infer));
    infer->output = infer->inputs[0];
    if (infer->input_count == 2) { /* input 0 could be input 2 as well */
        infer->needs = NNI_IN_PLACE;
    }
    return NN_OK;
}

static void add_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct nni_call *call = data;
    const int64_t count = nni_shape_count(call->output_shape);
    const int64_t start = first * count;
    const int64_t n = (end - first) * count;
    float *y = (float *)call->output + start;
    const float *sum = (const float *)call->inputs[0] + start;
    (void)index;
    for (int32_t i = 1; i < call->input_count; i++) {
        call->kernels->add(sum, (const float *)call->inputs[i] + start, y, n);
        sum = y;
    }
}

static void add_forward(const nn_layer *layer, struct nni_call *call)
{
    (void)layer;
    nni_layer_rows(call, nni_shape_count(call->output_shape) * call->input_count,
                   add_range, call);
}

static void add_backward(const nn_layer *layer, struct nni_call *call)
{
    (void)layer;
    for (int32_t i = 0; i < call->input_count; i++) {
        if (call->input_gradients[i] != NULL) {
            nni_layer_copy(call, call->output_gradient, call->input_gradients[i],
                           nni_shape_count(call->output_shape) * (int64_t)sizeof(float));
        }
    }
}

const struct nni_layer_type nni_layer_add = {
    .id = 9,
    .name = "add",
    .size = sizeof(struct add_layer),
    .min_inputs = 2,
    .max_inputs = NNI_INPUTS_MAX,
    .infer = add_infer,
    .forward = add_forward,
    .backward = add_backward,
};

nn_layer *nn_add(nn_context *context)
{
    return nni_layer_new(context, &nni_layer_add);
}
