/* The matrix product of two tensors, out = op(a) op(b). A transpose only exchanges the
 * strides with which the product reads; the product itself is kernels/gemm.h. */
#include "tensor/tensor_check.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "kernels/gemm.h"

static const char tensor_matmul_name[] = "nn_tensor_matmul";

static nn_status tensor_matmul_check_rank(const char *name, const nn_tensor *tensor)
{
    if (tensor->shape.rank != 2) {
        struct nni_shape_text text = nni_shape_text(&tensor->shape);
        return nni_fail(NN_ERROR_RANK, "%s: %s is %s, expected a matrix",
                        tensor_matmul_name, name, text.text);
    }
    return NN_OK;
}

/* op(a) is (m, k), op(b) is (k, n), out is (m, n). */
static nn_status tensor_matmul_check_shapes(const nn_tensor *a, int32_t transpose_a,
                                            const nn_tensor *b, int32_t transpose_b,
                                            const nn_tensor *out)
{
    int64_t m = a->shape.dim[transpose_a ? 1 : 0];
    int64_t n = b->shape.dim[transpose_b ? 0 : 1];
    if (a->shape.dim[transpose_a ? 0 : 1] != b->shape.dim[transpose_b ? 1 : 0]) {
        struct nni_shape_text text_a = nni_shape_text(&a->shape);
        struct nni_shape_text text_b = nni_shape_text(&b->shape);
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: a is %s%s, b is %s%s: inner dimensions differ",
                        tensor_matmul_name, text_a.text, transpose_a ? " transposed" : "",
                        text_b.text, transpose_b ? " transposed" : "");
    }
    struct nni_shape expected = {NN_FLOAT32, 2, {m, n}};
    return nni_tensor_check_shape(tensor_matmul_name, "out", out, &expected);
}

static nn_status tensor_matmul_check(const nn_tensor *a, int32_t transpose_a,
                                     const nn_tensor *b, int32_t transpose_b,
                                     const nn_tensor *out)
{
    NNI_TRY(nni_tensor_check_floats(tensor_matmul_name, "a", a));
    NNI_TRY(nni_tensor_check_floats(tensor_matmul_name, "b", b));
    NNI_TRY(nni_tensor_check_floats(tensor_matmul_name, "out", out));
    NNI_TRY(nni_tensor_check_context(tensor_matmul_name, "a", a, "b", b));
    NNI_TRY(nni_tensor_check_context(tensor_matmul_name, "a", a, "out", out));
    NNI_TRY(tensor_matmul_check_rank("a", a));
    NNI_TRY(tensor_matmul_check_rank("b", b));
    NNI_TRY(tensor_matmul_check_rank("out", out));
    NNI_TRY(tensor_matmul_check_shapes(a, transpose_a, b, transpose_b, out));
    NNI_TRY(nni_tensor_check_apart(tensor_matmul_name, "a", a, "out", out));
    return nni_tensor_check_apart(tensor_matmul_name, "b", b, "out", out);
}

static inline int tensor_matmul_is_matrix(const nn_tensor *tensor)
{
    return tensor != NULL && tensor->shape.dtype == NN_FLOAT32 && tensor->shape.rank == 2;
}

static inline int tensor_matmul_are_apart(const nn_tensor *a, const nn_tensor *out)
{
    const uintptr_t first_a = (uintptr_t)a->data, first_out = (uintptr_t)out->data;
    return first_a + (uintptr_t)a->count * sizeof(float) <= first_out ||
           first_out + (uintptr_t)out->count * sizeof(float) <= first_a;
}

/* Whether the call can be seen at a glance to be right, which is what small products can
 * afford; whatever else there is to say about it says tensor_matmul_check. */
static int tensor_matmul_is_right(const nn_tensor *a, int32_t transpose_a,
                                  const nn_tensor *b, int32_t transpose_b,
                                  const nn_tensor *out)
{
    if (!tensor_matmul_is_matrix(a) || !tensor_matmul_is_matrix(b) ||
        !tensor_matmul_is_matrix(out)) {
        return 0;
    }
    const int rows = transpose_a != 0, columns = transpose_b == 0;
    return a->handle.context == b->handle.context &&
           a->handle.context == out->handle.context &&
           a->shape.dim[!rows] == b->shape.dim[!columns] &&
           a->shape.dim[rows] == out->shape.dim[0] &&
           b->shape.dim[columns] == out->shape.dim[1] &&
           tensor_matmul_are_apart(a, out) && tensor_matmul_are_apart(b, out);
}

/* The product as the kernels see it. */
static struct nni_gemm tensor_matmul_product(const nn_tensor *a, int32_t transpose_a,
                                             const nn_tensor *b, int32_t transpose_b,
                                             const nn_tensor *out)
{
    struct nni_gemm product = {
        .m = out->shape.dim[0],
        .n = out->shape.dim[1],
        .k = a->shape.dim[transpose_a ? 0 : 1],
        .a = a->data,
        .a_row = transpose_a ? 1 : a->shape.dim[1],
        .a_column = transpose_a ? a->shape.dim[1] : 1,
        .b = b->data,
        .b_row = transpose_b ? 1 : b->shape.dim[1],
        .b_column = transpose_b ? b->shape.dim[1] : 1,
        .c = out->data,
        .c_row = out->shape.dim[1],
        .activation = NN_LINEAR,
    };
    product.lanes =
        transpose_b && !transpose_a && nni_gemm_few_use_lanes(product.m, product.k);
    return product;
}

nn_status nn_tensor_matmul(const nn_tensor *a, int32_t transpose_a, const nn_tensor *b,
                           int32_t transpose_b, nn_tensor *out)
{
    if (!tensor_matmul_is_right(a, transpose_a, b, transpose_b, out)) {
        NNI_TRY(tensor_matmul_check(a, transpose_a, b, transpose_b, out));
    }
    const nn_context *context = a->handle.context;
    const struct nni_kernels *kernels = nni_tensor_kernels(a);
    if (out->count == 0) {
        return NN_OK;
    }
    struct nni_gemm product = tensor_matmul_product(a, transpose_a, b, transpose_b, out);
    size_t bytes = nni_gemm_scratch(context, kernels, &product);
    void *scratch = bytes == 0 ? NULL : nni_alloc_scratch(context, bytes);
    if (bytes != 0 && scratch == NULL) {
        return nni_fail(nn_last_status(), "%s: %s", tensor_matmul_name, nn_last_error());
    }
    struct nni_float_env env = nni_float_env_enter();
    nni_gemm(context, kernels, &product, scratch);
    nni_float_env_leave(env);
    nni_free(context, scratch);
    return NN_OK;
}
