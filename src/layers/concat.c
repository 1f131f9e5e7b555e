/* Concat: the inputs one after the other along an axis. Seen from the axis, an input
 * is `outer` blocks of (its size along the axis) x (the dimensions after it) floats;
 * the output has the inputs' blocks in turn. Backward copies the same blocks the other
 * way. */
#include "layers/layer.h"

#include <string.h>

struct concat_layer {
    nn_layer base;
    int64_t axis;
};

static const struct nni_option concat_options[] = {
    {"axis", NNI_OPTION_INT, offsetof(struct concat_layer, axis), -NNI_SAMPLE_RANK_MAX,
     NNI_SAMPLE_RANK_MAX - 1, 0, 0, -1, NULL},
};

/* 1 where the shapes agree but for their size along the axis. */
static int concat_fits(const struct nni_shape *a, const struct nni_shape *b, int32_t axis)
{
    if (a->rank != b->rank) {
        return 0;
    }
    for (int32_t d = 0; d < a->rank; d++) {
        if (d != axis && a->dim[d] != b->dim[d]) {
            return 0;
        }
    }
    return 1;
}

static nn_status concat_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct concat_layer *concat = (const struct concat_layer *)layer;
    struct nni_shape output = infer->inputs[0];
    int32_t axis;
    NNI_TRY(nni_layer_expect_float(layer, infer));
    NNI_TRY(nni_shape_axis(nni_layer_text(layer).text, (int32_t)concat->axis, output.rank,
                           &axis));
    for (int32_t i = 1; i < infer->input_count; i++) {
        const struct nni_shape *input = &infer->inputs[i];
        if (!concat_fits(&infer->inputs[0], input, axis)) {
            return nni_layer_fail(layer, NN_ERROR_SHAPE,
                                  "inputs 0 and %d differ outside axis %d: %s and %s", i,
                                  axis, nni_shape_text(&infer->inputs[0]).text,
                                  nni_shape_text(input).text);
        }
        output.dim[axis] += input->dim[axis];
    }
    return nni_layer_shape(layer, output.dim, output.rank, &infer->output);
}

struct concat_pass {
    const struct nni_call *call;
    int32_t axis;
    int32_t backward;
};

/* Moves the blocks of samples first ... end - 1 between one input and the output, in
 * which the input's blocks begin `offset` floats after those of input 0. */
static void concat_move(const struct concat_pass *pass, int32_t input, int64_t offset,
                        int64_t first, int64_t end)
{
    const struct nni_call *call = pass->call;
    const struct nni_shape *in = &call->input_shapes[input];
    const struct nni_shape *out = call->output_shape;
    const int64_t outer = nni_shape_product(in, 0, pass->axis);
    const int64_t block = nni_shape_product(in, pass->axis, in->rank);
    const int64_t stride = nni_shape_product(out, pass->axis, out->rank);
    const size_t bytes = (size_t)block * sizeof(float);
    for (int64_t i = first * outer; i < end * outer; i++) {
        if (pass->backward) {
            memcpy(call->input_gradients[input] + i * block,
                   call->output_gradient + i * stride + offset, bytes);
        } else {
            memcpy((float *)call->output + i * stride + offset,
                   (const float *)call->inputs[input] + i * block, bytes);
        }
    }
}

static void concat_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct concat_pass *pass = data;
    const struct nni_call *call = pass->call;
    int64_t offset = 0;
    (void)index;
    for (int32_t i = 0; i < call->input_count; i++) {
        if (!pass->backward || call->input_gradients[i] != NULL) {
            concat_move(pass, i, offset, first, end);
        }
        const struct nni_shape *in = &call->input_shapes[i];
        offset += nni_shape_product(in, pass->axis, in->rank);
    }
}

static void concat_run(const nn_layer *layer, const struct nni_call *call,
                       int32_t backward)
{
    const struct concat_layer *concat = (const struct concat_layer *)layer;
    struct concat_pass pass = {call, (int32_t)concat->axis, backward};
    if (pass.axis < 0) {
        pass.axis += call->output_shape->rank;
    }
    nni_layer_rows(call, nni_shape_count(call->output_shape), concat_range, &pass);
}

static void concat_forward(const nn_layer *layer, struct nni_call *call)
{
    concat_run(layer, call, 0);
}

static void concat_backward(const nn_layer *layer, struct nni_call *call)
{
    concat_run(layer, call, 1);
}

const struct nni_layer_type nni_layer_concat = {
    .id = 11,
    .name = "concat",
    .size = sizeof(struct concat_layer),
    .options = concat_options,
    .option_count = NNI_COUNT(concat_options),
    .min_inputs = 2,
    .max_inputs = NNI_INPUTS_MAX,
    .infer = concat_infer,
    .forward = concat_forward,
    .backward = concat_backward,
};

nn_layer *nn_concat(nn_context *context, int32_t axis)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_concat);
    return nni_layer_finish(layer, nn_layer_set_int(layer, "axis", axis));
}
