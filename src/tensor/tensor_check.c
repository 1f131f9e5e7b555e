/* The checks that functions over tensors share: element type, shape, and which memory two
 * tensors have in common. */
#include "tensor/tensor_check.h"

nn_status nni_tensor_check_floats(const char *who, const char *name,
                                  const nn_tensor *tensor)
{
    if (tensor == NULL) {
        return nni_fail(NN_ERROR_NULL, "%s: %s is NULL", who, name);
    }
    if (tensor->shape.dtype != NN_FLOAT32) {
        return nni_fail(NN_ERROR_DTYPE, "%s: %s is %s, expected float32", who, name,
                        nni_dtype_name(tensor->shape.dtype));
    }
    return NN_OK;
}

nn_status nni_tensor_check_context(const char *who, const char *name_a,
                                   const nn_tensor *a, const char *name_b,
                                   const nn_tensor *b)
{
    nn_status status = nni_handle_same_context(a, name_a, b, name_b);
    if (status != NN_OK) {
        return nni_fail(status, "%s: %s", who, nn_last_error());
    }
    return NN_OK;
}

nn_status nni_tensor_check_shape(const char *who, const char *name,
                                 const nn_tensor *tensor,
                                 const struct nni_shape *expected)
{
    if (!nni_shape_equal(&tensor->shape, expected)) {
        struct nni_shape_text got = nni_shape_text(&tensor->shape);
        struct nni_shape_text want = nni_shape_text(expected);
        return nni_fail(NN_ERROR_SHAPE, "%s: %s is %s, expected %s", who, name, got.text,
                        want.text);
    }
    return NN_OK;
}

const struct nni_kernels *nni_tensor_kernels(const nn_tensor *tensor)
{
    const struct nni_kernels *kernels = nni_kernels_for(tensor->handle.context);
    NNI_ASSERT(kernels != NULL);
    return kernels;
}

size_t nni_tensor_bytes(const nn_tensor *tensor)
{
    return (size_t)tensor->count * nni_dtype_size(tensor->shape.dtype);
}

nn_status nni_tensor_check_apart(const char *who, const char *name_a, const nn_tensor *a,
                                 const char *name_b, const nn_tensor *b)
{
    uintptr_t first_a = (uintptr_t)a->data;
    uintptr_t first_b = (uintptr_t)b->data;
    if (a->count > 0 && b->count > 0 && first_a < first_b + nni_tensor_bytes(b) &&
        first_b < first_a + nni_tensor_bytes(a)) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: %s and %s overlap in memory", who, name_a,
                        name_b);
    }
    return NN_OK;
}

nn_status nni_tensor_check_same_or_apart(const char *who, const char *name_a,
                                         const nn_tensor *a, const char *name_b,
                                         const nn_tensor *b)
{
    if (a->data == b->data && a->count == b->count) {
        return NN_OK;
    }
    return nni_tensor_check_apart(who, name_a, a, name_b, b);
}

nn_status nni_tensor_check_reduction(const char *who, const nn_tensor *a, int32_t axis,
                                     const nn_tensor *out, struct nni_tensor_cut *cut)
{
    struct nni_shape expected = {a->shape.dtype, 0, {0}};
    int32_t cut_axis = 0;
    if (axis != NN_ALL) {
        NNI_TRY(nni_shape_axis(who, axis, a->shape.rank, &cut_axis));
        for (int32_t i = 0; i < a->shape.rank; i++) {
            if (i != cut_axis) {
                expected.dim[expected.rank++] = a->shape.dim[i];
            }
        }
    }
    if (!nni_shape_equal(&out->shape, &expected)) {
        struct nni_shape_text text_a = nni_shape_text(&a->shape);
        struct nni_shape_text text_out = nni_shape_text(&out->shape);
        struct nni_shape_text want = nni_shape_text(&expected);
        return nni_fail(NN_ERROR_SHAPE, "%s: a is %s, out is %s, expected %s", who,
                        text_a.text, text_out.text, want.text);
    }
    NNI_TRY(nni_tensor_check_apart(who, "a", a, "out", out));
    *cut = (struct nni_tensor_cut){1, a->count, 1};
    if (axis != NN_ALL) {
        cut->length = a->shape.dim[cut_axis];
        /* Nothing is left to do for an empty out, however many outer steps there are. */
        cut->outer = out->count == 0 ? 0 : nni_shape_product(&a->shape, 0, cut_axis);
        cut->inner = out->count == 0 ? 1 : out->count / cut->outer;
    }
    return NN_OK;
}
