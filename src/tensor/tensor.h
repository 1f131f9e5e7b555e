/* The inside of a tensor: a shape, and a window into storage that several tensors may
 * share. */
#ifndef NNI_TENSOR_TENSOR_H
#define NNI_TENSOR_TENSOR_H

#include "base/handle.h"
#include "base/shape.h"

/* Memory that tensors show: allocated here, wrapped, or part of a handle that is kept
 * alive (a model's parameters). */
struct nni_storage {
    struct nni_handle handle;
    void *data;
    void (*release)(void *user, void *data); /* of wrapped memory; may be NULL */
    void *user;
    int32_t owned; /* data comes from nni_alloc */
};

struct nn_tensor {
    struct nni_handle handle;
    struct nni_shape shape;
    int64_t count;
    struct nni_storage *storage;
    void *data;
};

/* A tensor of zeros with memory of its own. The shape has been checked. NULL with the
 * failure recorded. */
nn_tensor *nni_tensor_allocate(const nn_context *context, const struct nni_shape *shape);

/* A tensor over memory that the caller keeps alive longer than the tensor (no release).
 * The shape has been checked. NULL with the failure recorded. */
nn_tensor *nni_tensor_borrow(const nn_context *context, const struct nni_shape *shape,
                             void *data);

/* The shape of one row: without the leading dimension. Rank at least 1. */
struct nni_shape nni_tensor_row_shape(const nn_tensor *tensor);

#endif
