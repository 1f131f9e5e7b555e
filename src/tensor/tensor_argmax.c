/* The index of the largest element along an axis, the first of equal ones. */
#include "tensor/tensor_check.h"

#include "base/float_env.h"

static nn_status tensor_argmax_check(const nn_tensor *a, int32_t axis,
                                     const nn_tensor *out, struct nni_tensor_cut *cut)
{
    static const char who[] = "nn_tensor_argmax";
    NNI_TRY(nni_tensor_check_floats(who, "a", a));
    NNI_NOT_NULL(who, out);
    if (out->shape.dtype != NN_INT32 && out->shape.dtype != NN_INT64) {
        return nni_fail(NN_ERROR_DTYPE, "%s: out is %s, expected int64 or int32", who,
                        nni_dtype_name(out->shape.dtype));
    }
    NNI_TRY(nni_tensor_check_context(who, "a", a, "out", out));
    NNI_TRY(nni_tensor_check_reduction(who, a, axis, out, cut));
    if (cut->length == 0) {
        struct nni_shape_text text = nni_shape_text(&a->shape);
        return nni_fail(NN_ERROR_EMPTY, "%s: a is %s, nothing to choose from", who,
                        text.text);
    }
    if (out->shape.dtype == NN_INT32 && cut->length - 1 > INT32_MAX) {
        return nni_fail(
            NN_ERROR_DTYPE,
            "%s: out is int32, but the axis has %lld elements: expected int64", who,
            (long long)cut->length);
    }
    return NN_OK;
}

/* The same for x[0], x[stride], ...; the comparison is the kernel's. */
static int64_t tensor_argmax_strided(const float *x, int64_t length, int64_t stride)
{
    int64_t best = 0;
    for (int64_t k = 1; k < length; k++) {
        if (x[k * stride] > x[best * stride]) {
            best = k;
        }
    }
    return best;
}

static void tensor_argmax_store(nn_tensor *out, int64_t i, int64_t index)
{
    if (out->shape.dtype == NN_INT32) {
        ((int32_t *)out->data)[i] = (int32_t)index;
    } else {
        ((int64_t *)out->data)[i] = index;
    }
}

nn_status nn_tensor_argmax(const nn_tensor *a, int32_t axis, nn_tensor *out)
{
    struct nni_tensor_cut cut;
    NNI_TRY(tensor_argmax_check(a, axis, out, &cut));
    const struct nni_kernels *kernels = nni_tensor_kernels(a);
    const float *x = a->data;
    struct nni_float_env env = nni_float_env_enter();
    for (int64_t o = 0; o < cut.outer; o++) {
        const float *slab = x + o * cut.length * cut.inner;
        for (int64_t i = 0; i < cut.inner; i++) {
            int64_t index = cut.inner == 1
                                ? kernels->argmax(slab, cut.length)
                                : tensor_argmax_strided(slab + i, cut.length, cut.inner);
            tensor_argmax_store(out, o * cut.inner + i, index);
        }
    }
    nni_float_env_leave(env);
    return NN_OK;
}
