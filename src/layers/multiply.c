/* Multiply: y = x_0 x_1 ..., from left to right, element by element. dx_i is dy times all
 * other inputs, from left to right, without a division that a zero would spoil. */
#include "layers/layer.h"

struct multiply_layer {
    nn_layer base;
};

static nn_status multiply_infer(const nn_layer *layer, struct nni_infer *infer)
{
    NNI_TRY(nni_layer_expect_float(layer, infer));
    NNI_TRY(nni_layer_expect_same(layer, infer));
    infer->output = infer->inputs[0];
    infer->needs = NNI_NEEDS_INPUT;
    if (infer->input_count == 2) { /* input 0 could be input 2 as well */
        infer->needs |= NNI_IN_PLACE;
    }
    return NN_OK;
}

static void multiply_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct nni_call *call = data;
    const int64_t count = nni_shape_count(call->output_shape);
    const int64_t start = first * count;
    const int64_t n = (end - first) * count;
    float *y = (float *)call->output + start;
    const float *product = (const float *)call->inputs[0] + start;
    (void)index;
    for (int32_t i = 1; i < call->input_count; i++) {
        call->kernels->multiply(product, (const float *)call->inputs[i] + start, y, n);
        product = y;
    }
}

static void multiply_forward(const nn_layer *layer, struct nni_call *call)
{
    (void)layer;
    nni_layer_rows(call, nni_shape_count(call->output_shape) * call->input_count,
                   multiply_range, call);
}

static void multiply_gradient_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct nni_call *call = data;
    const int64_t count = nni_shape_count(call->output_shape);
    const int64_t start = first * count;
    const int64_t n = (end - first) * count;
    (void)index;
    for (int32_t i = 0; i < call->input_count; i++) {
        if (call->input_gradients[i] == NULL) {
            continue;
        }
        float *dx = call->input_gradients[i] + start;
        const float *product = call->output_gradient + start;
        for (int32_t j = 0; j < call->input_count; j++) {
            if (j != i) {
                call->kernels->multiply(product, (const float *)call->inputs[j] + start,
                                        dx, n);
                product = dx;
            }
        }
    }
}

static void multiply_backward(const nn_layer *layer, struct nni_call *call)
{
    const int64_t inputs = call->input_count;
    (void)layer;
    nni_layer_rows(call, nni_shape_count(call->output_shape) * inputs * inputs,
                   multiply_gradient_range, call);
}

const struct nni_layer_type nni_layer_multiply = {
    .id = 10,
    .name = "multiply",
    .size = sizeof(struct multiply_layer),
    .min_inputs = 2,
    .max_inputs = NNI_INPUTS_MAX,
    .infer = multiply_infer,
    .forward = multiply_forward,
    .backward = multiply_backward,
};

nn_layer *nn_multiply(nn_context *context)
{
    return nni_layer_new(context, &nni_layer_multiply);
}
