/* nn/tensor.h - n-dimensional arrays: what goes in and out of networks, and the
 * arithmetic to handle it.
 *
 * A tensor is dense and row-major (the last index varies fastest). Networks compute in
 * float32; the integer types are for inputs (pixels, indices) and labels. The first
 * dimension of a batch is the sample. Several tensors may show the same memory (slice,
 * reshape, wrap); it lives until the last of them is destroyed. Functions that compute
 * put the result into a tensor of the right shape that the caller made, their last
 * argument; it may be one of the inputs only where that is said.
 *
 * Errors that all functions share: NN_ERROR_NULL, NN_ERROR_DTYPE (arithmetic is float32
 * throughout), NN_ERROR_RANK and NN_ERROR_SHAPE; the text names the shapes. The tensors
 * of one call share a context (NN_ERROR_CONTEXT), and memory only where that is said
 * (NN_ERROR_ARGUMENT). */
#ifndef NN_TENSOR_H
#define NN_TENSOR_H

#include <nn/context.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_tensor nn_tensor;

/* Element types. The numbers are permanent. */
enum { NN_FLOAT32 = 1, NN_UINT8 = 2, NN_INT32 = 3, NN_INT64 = 4 };

enum {
    NN_MAX_RANK = 8, /* dimensions of a tensor, the sample's included */
    NN_ALL = -1000   /* as an axis: over all elements */
};

/* ---- making and destroying ---- */

/* Creates a tensor of zeros. shape has `rank` entries, each at least 0 (an empty tensor
 * has no elements); rank 0 is a single number and shape may then be NULL. Memory is
 * aligned to 64 bytes. NULL on NN_ERROR_DTYPE, NN_ERROR_RANK, NN_ERROR_SIZE,
 * NN_ERROR_MEMORY. */
NN_API nn_tensor *nn_tensor_create(nn_context *context, int32_t dtype,
                                   const int64_t *shape, int32_t rank);

/* Shows memory of the host as a tensor, without a copy. data holds the elements row by
 * row, aligned as its element type (NN_ERROR_ARGUMENT), and stays valid until
 * release(user, data) is called, once, when the last tensor that shows it is destroyed;
 * release may be NULL. When this function fails release is called before it returns, so
 * the memory is never lost. */
NN_API nn_tensor *nn_tensor_wrap(nn_context *context, int32_t dtype, const int64_t *shape,
                                 int32_t rank, void *data,
                                 void (*release)(void *user, void *data), void *user);

/* A new tensor with its own copy of the elements. */
NN_API nn_tensor *nn_tensor_clone(const nn_tensor *tensor);

/* Rows start ... start + count - 1 of the leading dimension, showing the same memory.
 * NN_ERROR_ARGUMENT where there are not so many. */
NN_API nn_tensor *nn_tensor_slice(nn_tensor *tensor, int64_t start, int64_t count);

/* The same elements in another shape of equally many, showing the same memory. */
NN_API nn_tensor *nn_tensor_reshape(nn_tensor *tensor, const int64_t *shape,
                                    int32_t rank);

/* Destroys a tensor; NULL is accepted. Memory it shares stays as long as it is shown. */
NN_API void nn_tensor_destroy(nn_tensor *tensor);

/* ---- looking ---- */

/* The element type (NN_FLOAT32, ...); 0 for NULL. */
NN_API int32_t nn_tensor_dtype(const nn_tensor *tensor);

/* The number of dimensions; -1 for NULL. */
NN_API int32_t nn_tensor_rank(const nn_tensor *tensor);

/* The size of one dimension, 0 ... rank - 1; -1 where there is none. */
NN_API int64_t nn_tensor_dim(const nn_tensor *tensor, int32_t axis);

/* All dimensions: rank numbers, valid as long as the tensor; NULL for NULL. */
NN_API const int64_t *nn_tensor_shape(const nn_tensor *tensor);

/* The number of elements; 0 for NULL. */
NN_API int64_t nn_tensor_count(const nn_tensor *tensor);

/* The size of one element in bytes (4, 1, 4 or 8), or 0 for a dtype that is none. */
NN_API size_t nn_dtype_size(int32_t dtype);

/* The elements, in row-major order; valid as long as the tensor. NULL for NULL, and may
 * be NULL for an empty tensor. */
NN_API void *nn_tensor_data(nn_tensor *tensor);

/* The same, to read only. */
NN_API const void *nn_tensor_data_const(const nn_tensor *tensor);

/* The elements as floats, or NULL where the tensor is not float32. */
NN_API float *nn_tensor_floats(nn_tensor *tensor);

/* ---- filling ---- */

/* Sets every element to value. Integer tensors take the value cut to an integer;
 * NN_ERROR_ARGUMENT where it does not fit. */
NN_API nn_status nn_tensor_fill(nn_tensor *tensor, double value);

/* Copies all elements of source into target (equally many; shapes may differ). Types may
 * differ where target is float32, or where both are integers; NN_ERROR_ARGUMENT names the
 * first integer that does not fit. The two must not overlap in memory. */
NN_API nn_status nn_tensor_copy(const nn_tensor *source, nn_tensor *target);

/* Draws every element of a float32 tensor from N(mean, deviation^2) (Box-Muller on
 * Philox 4x32-10). The same seed gives the same bits everywhere. deviation >= 0. */
NN_API nn_status nn_tensor_random_normal(nn_tensor *tensor, float mean, float deviation,
                                         uint64_t seed);

/* Draws every element of a float32 tensor uniformly from [low, high), low <= high and
 * high - low finite. */
NN_API nn_status nn_tensor_random_uniform(nn_tensor *tensor, float low, float high,
                                          uint64_t seed);

/* ---- arithmetic (float32) ---- */

/* out = op(a) op(b), where op transposes its matrix when its flag is not 0. op(a) is
 * (M, K), op(b) is (K, N), out is (M, N); out overlaps neither. Each element is one chain
 * of fused multiply-adds over k in ascending order; but a b^T of M <= 8 and K >= 64 runs in
 * 16 lanes (docs/numerics.md). */
NN_API nn_status nn_tensor_matmul(const nn_tensor *a, int32_t transpose_a,
                                  const nn_tensor *b, int32_t transpose_b,
                                  nn_tensor *out);

/* out = a + b. b has the shape of a, or a trailing part of it ((3) with (5, 3)) and is
 * then repeated; out has the shape of a and may be a or b (b only where it is not
 * repeated). */
NN_API nn_status nn_tensor_add(const nn_tensor *a, const nn_tensor *b, nn_tensor *out);

/* out = a * b, element by element; shapes as for nn_tensor_add. */
NN_API nn_status nn_tensor_multiply(const nn_tensor *a, const nn_tensor *b,
                                    nn_tensor *out);

/* out = factor * a; out may be a. */
NN_API nn_status nn_tensor_scale(const nn_tensor *a, float factor, nn_tensor *out);

/* out = sum of a over one axis (negative ones count from the end), or over all elements
 * with NN_ALL. out has the shape of a without that axis (rank 0 for NN_ALL). */
NN_API nn_status nn_tensor_sum(const nn_tensor *a, int32_t axis, nn_tensor *out);

/* out = mean of a over one axis or NN_ALL; NN_ERROR_EMPTY where there is nothing to
 * average. */
NN_API nn_status nn_tensor_mean(const nn_tensor *a, int32_t axis, nn_tensor *out);

/* out = index of the largest element along one axis, or of all elements with NN_ALL (the
 * first of equal ones). out is NN_INT64 or NN_INT32, shaped as for nn_tensor_sum;
 * NN_ERROR_EMPTY where the axis is empty. */
NN_API nn_status nn_tensor_argmax(const nn_tensor *a, int32_t axis, nn_tensor *out);

#ifdef __cplusplus
}
#endif

#endif
