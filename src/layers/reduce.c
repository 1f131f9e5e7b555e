/* Sums along one axis. Seen from the axis a sample is (outer, length, inner): where
 * inner is 1 the terms lie side by side and are summed in 16 lanes, otherwise each sum
 * is one chain in ascending order, `inner` of them side by side. */
#include "base/contract.h"
#include "layers/reduce.h"

#include <string.h>

struct reduce_pass {
    const struct nni_kernels *kernels;
    int64_t outer, length, inner;
    float divisor;
    const float *from;
    float *to;
};

nn_status nni_reduce_infer(const nn_layer *layer, int64_t axis, struct nni_infer *infer)
{
    struct nni_shape output = infer->inputs[0];
    NNI_TRY(nni_layer_expect_float(layer, infer));
    if (axis == NN_ALL) {
        return nni_layer_shape(layer, NULL, 0, &infer->output);
    }
    int32_t removed;
    NNI_TRY(
        nni_shape_axis(nni_layer_text(layer).text, (int32_t)axis, output.rank, &removed));
    for (int32_t d = removed; d + 1 < output.rank; d++) {
        output.dim[d] = output.dim[d + 1];
    }
    return nni_layer_shape(layer, output.dim, output.rank - 1, &infer->output);
}

static struct reduce_pass reduce_pass_of(const struct nni_call *call, int64_t axis,
                                         int32_t mean)
{
    const struct nni_shape *in = &call->input_shapes[0];
    struct reduce_pass pass = {call->kernels, 1,   nni_shape_count(in), 1, 1.0f,
                               NULL,          NULL};
    if (axis != NN_ALL) {
        const int32_t at = (int32_t)axis + (axis < 0 ? in->rank : 0);
        pass.outer = nni_shape_product(in, 0, at);
        pass.length = in->dim[at];
        pass.inner = nni_shape_product(in, at + 1, in->rank);
    }
    if (mean) {
        pass.divisor = (float)pass.length;
    }
    return pass;
}

static void reduce_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct reduce_pass *pass = data;
    const struct nni_kernels *kernels = pass->kernels;
    (void)index;
    for (int64_t i = first * pass->outer; i < end * pass->outer; i++) {
        const float *x = pass->from + i * pass->length * pass->inner;
        float *y = pass->to + i * pass->inner;
        if (pass->inner == 1) {
            y[0] = kernels->sum(x, pass->length);
        } else {
            kernels->column_sums(x, pass->length, pass->inner, 0, pass->inner, 0, y);
        }
        for (int64_t j = 0; j < pass->inner; j++) {
            y[j] = y[j] / pass->divisor;
        }
    }
}

static void reduce_gradient_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct reduce_pass *pass = data;
    const int64_t block = pass->length * pass->inner;
    (void)index;
    for (int64_t i = first * pass->outer; i < end * pass->outer; i++) {
        const float *dy = pass->from + i * pass->inner;
        float *dx = pass->to + i * block;
        for (int64_t j = 0; j < pass->inner; j++) {
            dx[j] = dy[j] / pass->divisor;
        }
        /* What is filled is copied behind itself until the block is full. */
        for (int64_t filled = pass->inner; filled < block;) {
            const int64_t next = nni_min(filled, block - filled);
            memcpy(dx + filled, dx, (size_t)next * sizeof(float));
            filled += next;
        }
    }
}

void nni_reduce_forward(const struct nni_call *call, int64_t axis, int32_t mean)
{
    struct reduce_pass pass = reduce_pass_of(call, axis, mean);
    pass.from = call->inputs[0];
    pass.to = call->output;
    nni_layer_rows(call, nni_shape_count(&call->input_shapes[0]), reduce_range, &pass);
}

void nni_reduce_backward(const struct nni_call *call, int64_t axis, int32_t mean)
{
    struct reduce_pass pass = reduce_pass_of(call, axis, mean);
    pass.from = call->output_gradient;
    pass.to = call->input_gradients[0];
    if (pass.to != NULL) {
        nni_layer_rows(call, nni_shape_count(&call->input_shapes[0]),
                       reduce_gradient_range, &pass);
    }
}
