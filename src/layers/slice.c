/* Slice: elements start ... start + count - 1 along an axis. Seen from the axis, a sample
 * is `outer` blocks, of each of which one run is taken. The gradient of what is left out
 * is 0. */
#include "layers/layer.h"

#include <string.h>

struct slice_layer {
    nn_layer base;
    int64_t axis, start, count;
};

static const struct nni_option slice_options[] = {
    {"axis", NNI_OPTION_INT, offsetof(struct slice_layer, axis), -NNI_SAMPLE_RANK_MAX,
     NNI_SAMPLE_RANK_MAX - 1, 0, 0, 0, NULL},
    {"start", NNI_OPTION_INT, offsetof(struct slice_layer, start), 0, NNI_WHOLE_MAX, 0, 0,
     0, NULL},
    {"count", NNI_OPTION_INT, offsetof(struct slice_layer, count), 1, NNI_WHOLE_MAX, 0, 0,
     1, NULL},
};

static nn_status slice_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct slice_layer *slice = (const struct slice_layer *)layer;
    struct nni_shape output = infer->inputs[0];
    int32_t axis;
    NNI_TRY(nni_layer_expect_float(layer, infer));
    NNI_TRY(nni_shape_axis(nni_layer_text(layer).text, (int32_t)slice->axis, output.rank,
                           &axis));
    if (slice->start > output.dim[axis] ||
        slice->count > output.dim[axis] - slice->start) {
        return nni_layer_fail(
            layer, NN_ERROR_SHAPE,
            "elements %lld ... %lld along axis %d of input %s, which has "
            "%lld",
            (long long)slice->start, (long long)(slice->start + slice->count - 1), axis,
            nni_shape_text(&output).text, (long long)output.dim[axis]);
    }
    output.dim[axis] = slice->count;
    return nni_layer_shape(layer, output.dim, output.rank, &infer->output);
}

/* A block of `block` floats holds the run of `run` floats that begins at `offset`. */
struct slice_pass {
    int64_t outer, block, run, offset;
    const float *from;
    float *to;
};

static struct slice_pass slice_pass_of(const nn_layer *layer, const struct nni_call *call)
{
    const struct slice_layer *slice = (const struct slice_layer *)layer;
    const struct nni_shape *in = &call->input_shapes[0];
    const int32_t axis = (int32_t)slice->axis + (slice->axis < 0 ? in->rank : 0);
    const int64_t inner = nni_shape_product(in, axis + 1, in->rank);
    struct slice_pass pass = {0};
    pass.outer = nni_shape_product(in, 0, axis);
    pass.block = in->dim[axis] * inner;
    pass.run = slice->count * inner;
    pass.offset = slice->start * inner;
    return pass;
}

static void slice_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct slice_pass *pass = data;
    (void)index;
    for (int64_t i = first * pass->outer; i < end * pass->outer; i++) {
        memcpy(pass->to + i * pass->run, pass->from + i * pass->block + pass->offset,
               (size_t)pass->run * sizeof(float));
    }
}

static void slice_gradient_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct slice_pass *pass = data;
    (void)index;
    for (int64_t i = first * pass->outer; i < end * pass->outer; i++) {
        float *dx = pass->to + i * pass->block;
        memset(dx, 0, (size_t)pass->block * sizeof(float));
        memcpy(dx + pass->offset, pass->from + i * pass->run,
               (size_t)pass->run * sizeof(float));
    }
}

static void slice_forward(const nn_layer *layer, struct nni_call *call)
{
    struct slice_pass pass = slice_pass_of(layer, call);
    pass.from = call->inputs[0];
    pass.to = call->output;
    nni_layer_rows(call, pass.outer * pass.run, slice_range, &pass);
}

static void slice_backward(const nn_layer *layer, struct nni_call *call)
{
    struct slice_pass pass = slice_pass_of(layer, call);
    pass.from = call->output_gradient;
    pass.to = call->input_gradients[0];
    if (pass.to != NULL) {
        nni_layer_rows(call, pass.outer * pass.block, slice_gradient_range, &pass);
    }
}

const struct nni_layer_type nni_layer_slice = {
    .id = 12,
    .name = "slice",
    .size = sizeof(struct slice_layer),
    .options = slice_options,
    .option_count = NNI_COUNT(slice_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = slice_infer,
    .forward = slice_forward,
    .backward = slice_backward,
};

nn_layer *nn_slice(nn_context *context, int32_t axis, int64_t start, int64_t count)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_slice);
    nn_status status = nn_layer_set_int(layer, "axis", axis);
    if (status == NN_OK) {
        status = nn_layer_set_int(layer, "start", start);
    }
    if (status == NN_OK) {
        status = nn_layer_set_int(layer, "count", count);
    }
    return nni_layer_finish(layer, status);
}
