/* Sums and means along an axis or over everything. The order of the additions is fixed
 * (docs/numerics.md): along the last axis 16 lanes and a tree, along another one a chain
 * from zero in the axis' order, over all elements blocks of 1024 added up in double. */
#include "base/contract.h"

#include "tensor/tensor_check.h"

#include "base/float_env.h"

static nn_status tensor_reduce_check(const char *who, const nn_tensor *a, int32_t axis,
                                     const nn_tensor *out, struct nni_tensor_cut *cut)
{
    NNI_TRY(nni_tensor_check_floats(who, "a", a));
    NNI_TRY(nni_tensor_check_floats(who, "out", out));
    NNI_TRY(nni_tensor_check_context(who, "a", a, "out", out));
    return nni_tensor_check_reduction(who, a, axis, out, cut);
}

static void tensor_sum_axis(const struct nni_kernels *kernels, const float *x,
                            const struct nni_tensor_cut *cut, float *sums)
{
    for (int64_t o = 0; o < cut->outer; o++) {
        if (cut->inner == 1) {
            sums[o] = kernels->sum(x + o * cut->length, cut->length);
        } else {
            int64_t slab = cut->length * cut->inner;
            kernels->column_sums(x + o * slab, cut->length, cut->inner, 0, cut->inner, 0,
                                 sums + o * cut->inner);
        }
    }
}

nn_status nn_tensor_sum(const nn_tensor *a, int32_t axis, nn_tensor *out)
{
    struct nni_tensor_cut cut;
    NNI_TRY(tensor_reduce_check("nn_tensor_sum", a, axis, out, &cut));
    const struct nni_kernels *kernels = nni_tensor_kernels(a);
    float *sums = out->data;
    struct nni_float_env env = nni_float_env_enter();
    if (axis == NN_ALL) {
        sums[0] = (float)nni_sum_long(kernels, a->data, a->count);
    } else {
        tensor_sum_axis(kernels, a->data, &cut, sums);
    }
    nni_float_env_leave(env);
    return NN_OK;
}

nn_status nn_tensor_mean(const nn_tensor *a, int32_t axis, nn_tensor *out)
{
    struct nni_tensor_cut cut;
    NNI_TRY(tensor_reduce_check("nn_tensor_mean", a, axis, out, &cut));
    if (cut.length == 0) {
        struct nni_shape_text text = nni_shape_text(&a->shape);
        return nni_fail(NN_ERROR_EMPTY, "nn_tensor_mean: a is %s, nothing to average",
                        text.text);
    }
    const struct nni_kernels *kernels = nni_tensor_kernels(a);
    float *means = out->data;
    struct nni_float_env env = nni_float_env_enter();
    if (axis == NN_ALL) {
        means[0] = (float)(nni_sum_long(kernels, a->data, a->count) / (double)a->count);
    } else {
        tensor_sum_axis(kernels, a->data, &cut, means);
        for (int64_t i = 0; i < out->count; i++) {
            means[i] = means[i] / (float)cut.length;
        }
    }
    nni_float_env_leave(env);
    return NN_OK;
}
