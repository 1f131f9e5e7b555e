/* Rescale: y = scale x + offset, one fused multiply-add for each element, from any dtype:
 * the way from pixels to floats. dx = scale dy. */
#include "layers/layer.h"

#include <float.h>

struct rescale_layer {
    nn_layer base;
    double scale, offset;
};

static const struct nni_option rescale_options[] = {
    {"scale", NNI_OPTION_FLOAT, offsetof(struct rescale_layer, scale), -FLT_MAX, FLT_MAX,
     0, 0, 1, NULL},
    {"offset", NNI_OPTION_FLOAT, offsetof(struct rescale_layer, offset), -FLT_MAX,
     FLT_MAX, 0, 0, 0, NULL},
};

static nn_status rescale_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct nni_shape *input = &infer->inputs[0];
    infer->needs = input->dtype == NN_FLOAT32 ? NNI_IN_PLACE : NNI_NO_GRADIENT;
    return nni_layer_shape(layer, input->dim, input->rank, &infer->output);
}

struct rescale_pass {
    const struct nni_kernels *kernels;
    int32_t dtype;
    float scale, offset;
    int64_t count;
    const void *x;
    float *y;
};

static void rescale_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct rescale_pass *pass = data;
    const int64_t start = first * pass->count;
    const int64_t n = (end - first) * pass->count;
    float *y = pass->y + start;
    (void)index;
    if (pass->dtype == NN_UINT8) {
        pass->kernels->affine_u8((const uint8_t *)pass->x + start, pass->scale,
                                 pass->offset, y, n);
    } else if (pass->dtype == NN_FLOAT32) {
        pass->kernels->affine((const float *)pass->x + start, pass->scale, pass->offset,
                              y, n);
    } else {
        nni_layer_ints_to_floats(pass->dtype, pass->x, start, n, y);
        pass->kernels->affine(y, pass->scale, pass->offset, y, n);
    }
}

static void rescale_forward(const nn_layer *layer, struct nni_call *call)
{
    const struct rescale_layer *rescale = (const struct rescale_layer *)layer;
    struct rescale_pass pass = {call->kernels,
                                call->input_shapes[0].dtype,
                                (float)rescale->scale,
                                (float)rescale->offset,
                                nni_shape_count(call->output_shape),
                                call->inputs[0],
                                call->output};
    nni_layer_rows(call, pass.count, rescale_range, &pass);
}

static void rescale_gradient_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct rescale_pass *pass = data;
    const int64_t start = first * pass->count;
    (void)index;
    pass->kernels->scale((const float *)pass->x + start, pass->scale, pass->y + start,
                         (end - first) * pass->count);
}

static void rescale_backward(const nn_layer *layer, struct nni_call *call)
{
    const struct rescale_layer *rescale = (const struct rescale_layer *)layer;
    if (call->input_gradients[0] == NULL) {
        return;
    }
    struct rescale_pass pass = {call->kernels,
                                NN_FLOAT32,
                                (float)rescale->scale,
                                0,
                                nni_shape_count(call->output_shape),
                                call->output_gradient,
                                call->input_gradients[0]};
    nni_layer_rows(call, pass.count, rescale_gradient_range, &pass);
}

const struct nni_layer_type nni_layer_rescale = {
    .id = 5,
    .name = "rescale",
    .size = sizeof(struct rescale_layer),
    .options = rescale_options,
    .option_count = NNI_COUNT(rescale_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = rescale_infer,
    .forward = rescale_forward,
    .backward = rescale_backward,
};

nn_layer *nn_rescale(nn_context *context, double scale, double offset)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_rescale);
    nn_status status = nn_layer_set_float(layer, "scale", scale);
    if (status == NN_OK) {
        status = nn_layer_set_float(layer, "offset", offset);
    }
    return nni_layer_finish(layer, status);
}
