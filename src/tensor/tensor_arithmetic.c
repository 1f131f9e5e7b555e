/* Sums and products element by element, and multiples of a tensor:
 *     out = a + b      out = a * b      out = factor a
 * b may be a trailing part of a's shape and is then repeated over the leading ones. */
#include "base/contract.h"

#include "tensor/tensor_check.h"

#include "base/float_env.h"

/* 1 where `tail` is the last dimensions of `shape`, or all of them. */
static int tensor_is_tail(const struct nni_shape *tail, const struct nni_shape *shape)
{
    int32_t leading = shape->rank - tail->rank;
    if (leading < 0) {
        return 0;
    }
    for (int32_t axis = 0; axis < tail->rank; axis++) {
        if (tail->dim[axis] != shape->dim[leading + axis]) {
            return 0;
        }
    }
    return 1;
}

static nn_status tensor_binary_check(const char *who, const nn_tensor *a,
                                     const nn_tensor *b, const nn_tensor *out)
{
    NNI_TRY(nni_tensor_check_floats(who, "a", a));
    NNI_TRY(nni_tensor_check_floats(who, "b", b));
    NNI_TRY(nni_tensor_check_floats(who, "out", out));
    NNI_TRY(nni_tensor_check_context(who, "a", a, "b", b));
    NNI_TRY(nni_tensor_check_context(who, "a", a, "out", out));
    if (!tensor_is_tail(&b->shape, &a->shape)) {
        struct nni_shape_text text_a = nni_shape_text(&a->shape);
        struct nni_shape_text text_b = nni_shape_text(&b->shape);
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: a is %s, b is %s, which is not a trailing part of a's shape",
                        who, text_a.text, text_b.text);
    }
    NNI_TRY(nni_tensor_check_shape(who, "out", out, &a->shape));
    NNI_TRY(nni_tensor_check_same_or_apart(who, "a", a, "out", out));
    return nni_tensor_check_same_or_apart(who, "b", b, "out", out);
}

/* Calls the kernel once for each repetition of b. */
static void tensor_binary_rows(void (*kernel)(const float *a, const float *b, float *out,
                                              int64_t n),
                               const nn_tensor *a, const nn_tensor *b, nn_tensor *out)
{
    const float *x = a->data;
    float *y = out->data;
    struct nni_float_env env = nni_float_env_enter();
    for (int64_t i = 0; i < a->count; i += b->count) {
        kernel(x + i, b->data, y + i, b->count);
    }
    nni_float_env_leave(env);
}

/* One number for a whole tensor: a call of the kernel for each element would cost more
 * than the addition. */
static NNI_NOINLINE void tensor_add_number(const float *a, float number, float *out,
                                           int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        out[i] = a[i] + number;
    }
}

nn_status nn_tensor_add(const nn_tensor *a, const nn_tensor *b, nn_tensor *out)
{
    NNI_TRY(tensor_binary_check("nn_tensor_add", a, b, out));
    const struct nni_kernels *kernels = nni_tensor_kernels(a);
    if (b->count == 1) {
        const float *number = b->data;
        struct nni_float_env env = nni_float_env_enter();
        tensor_add_number(a->data, *number, out->data, a->count);
        nni_float_env_leave(env);
    } else {
        tensor_binary_rows(kernels->add, a, b, out);
    }
    return NN_OK;
}

nn_status nn_tensor_multiply(const nn_tensor *a, const nn_tensor *b, nn_tensor *out)
{
    NNI_TRY(tensor_binary_check("nn_tensor_multiply", a, b, out));
    if (b->count == 1) {
        const float *factor = b->data;
        return nn_tensor_scale(a, *factor, out);
    }
    const struct nni_kernels *kernels = nni_tensor_kernels(a);
    tensor_binary_rows(kernels->multiply, a, b, out);
    return NN_OK;
}

nn_status nn_tensor_scale(const nn_tensor *a, float factor, nn_tensor *out)
{
    static const char who[] = "nn_tensor_scale";
    NNI_TRY(nni_tensor_check_floats(who, "a", a));
    NNI_TRY(nni_tensor_check_floats(who, "out", out));
    NNI_TRY(nni_tensor_check_context(who, "a", a, "out", out));
    NNI_TRY(nni_tensor_check_shape(who, "out", out, &a->shape));
    NNI_TRY(nni_tensor_check_same_or_apart(who, "a", a, "out", out));
    const struct nni_kernels *kernels = nni_tensor_kernels(a);
    struct nni_float_env env = nni_float_env_enter();
    kernels->scale(a->data, factor, out->data, a->count);
    nni_float_env_leave(env);
    return NN_OK;
}
