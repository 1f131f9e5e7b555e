/* Shapes: a dtype and up to NN_MAX_RANK dimensions, their checked products and their text
 * for messages. A sample's shape has no batch dimension. */
#ifndef NNI_BASE_SHAPE_H
#define NNI_BASE_SHAPE_H

#include "base/status.h"

/* NN_FLOAT32 ... and NN_MAX_RANK are tensor.h's; the base floor only needs the numbers. */
#include <nn/tensor.h>

struct nni_shape {
    int32_t dtype;
    int32_t rank;
    int64_t dim[NN_MAX_RANK];
};

enum { NNI_SHAPE_TEXT_SIZE = 192 };
struct nni_shape_text {
    char text[NNI_SHAPE_TEXT_SIZE];
};

/* Fills *out after checking dtype, rank (0 ... max_rank), dimensions (>= minimum) and that
 * the product, in bytes, fits into int64_t. who begins the message. dim may be NULL where
 * rank is 0. */
nn_status nni_shape_make(const char *who, int32_t dtype, const int64_t *dim, int32_t rank,
                         int32_t max_rank, int64_t minimum, struct nni_shape *out);

/* The number of elements (1 for rank 0). The shape has been checked. */
int64_t nni_shape_count(const struct nni_shape *shape);

/* The product of dimensions first ... end - 1. */
int64_t nni_shape_product(const struct nni_shape *shape, int32_t first, int32_t end);

/* 1 where rank and dimensions agree (dtype is not looked at). */
int nni_shape_equal(const struct nni_shape *a, const struct nni_shape *b);

/* "(5, 3)", "()" for rank 0. */
struct nni_shape_text nni_shape_text(const struct nni_shape *shape);

/* "float32", ...; "unknown" for a number that is none. */
const char *nni_dtype_name(int32_t dtype);

/* The size of one element in bytes, 0 for a number that is none (nn_dtype_size). */
size_t nni_dtype_size(int32_t dtype);

/* Turns an axis (negative: from the end) into 0 ... rank - 1, or fails with
 * NN_ERROR_ARGUMENT. */
nn_status nni_shape_axis(const char *who, int32_t axis, int32_t rank, int32_t *out);

#endif
