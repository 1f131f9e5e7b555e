/* Standardize: y_i = (x_i - mean_i) / deviation_i, which gives data of that mean and
 * deviation the mean 0 and the deviation 1 (LeCun et al., "Efficient BackProp", 1998).
 * One pair of numbers serves all elements, or each element of a sample has its own.
 * dx_i = dy_i / deviation_i. */
#include "base/contract.h"
#include "layers/layer.h"

#include <float.h>

struct standardize_layer {
    nn_layer base;
    struct nni_float_list mean, deviation;
};

static const struct nni_option standardize_options[] = {
    {"mean", NNI_OPTION_FLOATS, offsetof(struct standardize_layer, mean), -FLT_MAX,
     FLT_MAX, 0, 0, 0, NULL},
    {"deviation", NNI_OPTION_FLOATS, offsetof(struct standardize_layer, deviation), 0,
     FLT_MAX, 1, 0, 1, NULL},
};

static nn_status standardize_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct standardize_layer *own = (const struct standardize_layer *)layer;
    const struct nni_shape *input = &infer->inputs[0];
    const int64_t count = nni_shape_count(input);
    if (own->mean.count != own->deviation.count ||
        (own->mean.count != 1 && own->mean.count != count)) {
        return nni_layer_fail(
            layer, NN_ERROR_SHAPE,
            "%lld means and %lld deviations, expected 1 or %lld of each for input %s",
            (long long)own->mean.count, (long long)own->deviation.count, (long long)count,
            nni_shape_text(input).text);
    }
    infer->needs = input->dtype == NN_FLOAT32 ? NNI_IN_PLACE : NNI_NO_GRADIENT;
    return nni_layer_shape(layer, input->dim, input->rank, &infer->output);
}

struct standardize_pass {
    const struct nni_kernels *kernels;
    const struct standardize_layer *layer;
    int32_t dtype;
    int64_t count;
    const void *x;
    float *y;
};

static void standardize_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct standardize_pass *pass = data;
    const struct standardize_layer *own = pass->layer;
    (void)index;
    for (int64_t row = first; row < end; row++) {
        float *y = pass->y + row * pass->count;
        const float *x = y;
        if (pass->dtype == NN_FLOAT32) {
            x = (const float *)pass->x + row * pass->count;
        } else {
            nni_layer_ints_to_floats(pass->dtype, pass->x, row * pass->count, pass->count,
                                     y);
        }
        if (own->mean.count == pass->count) {
            pass->kernels->standardize(x, own->mean.values, own->deviation.values, y,
                                       pass->count);
            continue;
        }
        for (int64_t i = 0; i < pass->count; i++) {
            y[i] = (x[i] - own->mean.values[0]) / own->deviation.values[0];
        }
    }
}

static void standardize_forward(const nn_layer *layer, struct nni_call *call)
{
    struct standardize_pass pass = {call->kernels,
                                    (const struct standardize_layer *)layer,
                                    call->input_shapes[0].dtype,
                                    nni_shape_count(call->output_shape),
                                    call->inputs[0],
                                    call->output};
    nni_layer_rows(call, 2 * pass.count, standardize_range, &pass);
}

static void standardize_gradient_range(void *data, int32_t index, int64_t first,
                                       int64_t end)
{
    const struct standardize_pass *pass = data;
    const float *deviation = pass->layer->deviation.values;
    const int64_t step = pass->layer->deviation.count == pass->count ? 1 : 0;
    (void)index;
    for (int64_t row = first; row < end; row++) {
        const float *dy = (const float *)pass->x + row * pass->count;
        float *dx = pass->y + row * pass->count;
        for (int64_t i = 0; i < pass->count; i++) {
            dx[i] = dy[i] / deviation[i * step];
        }
    }
}

static void standardize_backward(const nn_layer *layer, struct nni_call *call)
{
    if (call->input_gradients[0] == NULL) {
        return;
    }
    struct standardize_pass pass = {call->kernels,
                                    (const struct standardize_layer *)layer,
                                    NN_FLOAT32,
                                    nni_shape_count(call->output_shape),
                                    call->output_gradient,
                                    call->input_gradients[0]};
    nni_layer_rows(call, 2 * pass.count, standardize_gradient_range, &pass);
}

const struct nni_layer_type nni_layer_standardize = {
    .id = 6,
    .name = "standardize",
    .size = sizeof(struct standardize_layer),
    .options = standardize_options,
    .option_count = NNI_COUNT(standardize_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = standardize_infer,
    .forward = standardize_forward,
    .backward = standardize_backward,
};

nn_layer *nn_standardize(nn_context *context, const float *mean, const float *deviation,
                         int64_t count)
{
    if (mean == NULL || deviation == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_standardize: %s is NULL",
                 mean == NULL ? "mean" : "deviation");
        return NULL;
    }
    if (count < 1) {
        nni_fail(NN_ERROR_SIZE, "nn_standardize: count is %lld, expected at least 1",
                 (long long)count);
        return NULL;
    }
    nn_layer *layer = nni_layer_new(context, &nni_layer_standardize);
    nn_status status = nn_layer_set_floats(layer, "mean", mean, count);
    if (status == NN_OK) {
        status = nn_layer_set_floats(layer, "deviation", deviation, count);
    }
    return nni_layer_finish(layer, status);
}
