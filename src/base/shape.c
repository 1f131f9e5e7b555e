/* Shapes and element types. A shape that nni_shape_make has passed can be multiplied out
 * anywhere without a further check: it counts a dimension of 0 as 1 where it looks for
 * overflow, so partial products fit as well. */
#include "base/shape.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct shape_dtype {
    const char *name;
    size_t size;
};

/* The index is the dtype. */
static const struct shape_dtype shape_dtypes[] = {
    {"unknown", 0}, {"float32", 4}, {"uint8", 1}, {"int32", 4}, {"int64", 8},
};

static const struct shape_dtype *shape_dtype_of(int32_t dtype)
{
    return &shape_dtypes[dtype > 0 && dtype < NNI_COUNT(shape_dtypes) ? dtype : 0];
}

const char *nni_dtype_name(int32_t dtype)
{
    return shape_dtype_of(dtype)->name;
}

size_t nni_dtype_size(int32_t dtype)
{
    return shape_dtype_of(dtype)->size;
}

/* The checks of nni_shape_make that come before its dimensions are read. */
static nn_status shape_check_kind(const char *who, int32_t dtype, const int64_t *dim,
                                  int32_t rank, int32_t max_rank)
{
    if (nni_dtype_size(dtype) == 0) {
        return nni_fail(NN_ERROR_DTYPE, "%s: there is no dtype %d", who, dtype);
    }
    if (rank < 0 || rank > max_rank) {
        return nni_fail(NN_ERROR_RANK, "%s: rank must be in 0 ... %d, got %d", who,
                        max_rank, rank);
    }
    if (rank > 0 && dim == NULL) {
        return nni_fail(NN_ERROR_NULL, "%s: shape is NULL", who);
    }
    return NN_OK;
}

nn_status nni_shape_make(const char *who, int32_t dtype, const int64_t *dim, int32_t rank,
                         int32_t max_rank, int64_t minimum, struct nni_shape *out)
{
    NNI_ASSERT(max_rank <= NN_MAX_RANK && minimum >= 0);
    memset(out, 0, sizeof *out);
    NNI_TRY(shape_check_kind(who, dtype, dim, rank, max_rank));
    struct nni_shape shape = {.dtype = dtype, .rank = rank};
    int64_t bytes = (int64_t)nni_dtype_size(dtype);
    int fits = 1;
    for (int32_t i = 0; i < rank; i++) {
        if (dim[i] < minimum) {
            return nni_fail(NN_ERROR_SIZE,
                            "%s: dimension %d must be at least %" PRId64 ", got %" PRId64,
                            who, i, minimum, dim[i]);
        }
        shape.dim[i] = dim[i];
        fits = fits && nni_multiply_checked(bytes, nni_max(dim[i], 1), &bytes);
    }
    if (!fits) {
        return nni_fail(NN_ERROR_SIZE, "%s: shape %s of %s has too many bytes", who,
                        nni_shape_text(&shape).text, nni_dtype_name(dtype));
    }
    *out = shape;
    return NN_OK;
}

int64_t nni_shape_count(const struct nni_shape *shape)
{
    return nni_shape_product(shape, 0, shape->rank);
}

int64_t nni_shape_product(const struct nni_shape *shape, int32_t first, int32_t end)
{
    int64_t product = 1;
    for (int32_t i = first; i < end; i++) {
        product *= shape->dim[i];
    }
    return product;
}

int nni_shape_equal(const struct nni_shape *a, const struct nni_shape *b)
{
    return a->rank == b->rank &&
           memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0;
}

struct nni_shape_text nni_shape_text(const struct nni_shape *shape)
{
    struct nni_shape_text text;
    size_t length = 0;
    text.text[length++] = '(';
    for (int32_t i = 0; i < shape->rank; i++) {
        int written = snprintf(text.text + length, sizeof text.text - length,
                               "%s%" PRId64, i == 0 ? "" : ", ", shape->dim[i]);
        length += (size_t)written;
    }
    text.text[length++] = ')';
    text.text[length] = '\0';
    return text;
}

nn_status nni_shape_axis(const char *who, int32_t axis, int32_t rank, int32_t *out)
{
    *out = 0;
    if (rank == 0) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: shape () has no axis %d", who, axis);
    }
    if (axis < -rank || axis >= rank) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: axis must be in %d ... %d, got %d", who,
                        -rank, rank - 1, axis);
    }
    *out = axis < 0 ? axis + rank : axis;
    return NN_OK;
}
