/* The inside of a tensor: a shape, and a window into storage that several tensors may
 * share. */
#ifndef NNI_TENSOR_TENSOR_H
#define NNI_TENSOR_TENSOR_H

#include "base/handle.h"
#include "base/shape.h"

/* Memory that tensors show: allocated here, wrapped, or the block of a model's
 * parameters or of their gradients. */
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

/* Memory for `count` floats, zeros, that tensors can show; nni_handle_release gives the
 * caller's hold on it up. NULL with the failure recorded. */
struct nni_storage *nni_storage_create(const nn_context *context, int64_t count);

/* A tensor that shows a part of storage, from data on, and keeps it alive. The shape has
 * been checked. NULL with the failure recorded. */
nn_tensor *nni_tensor_show(struct nni_storage *storage, const struct nni_shape *shape,
                           void *data);

/* The shape of one row: without the leading dimension. Rank at least 1. */
struct nni_shape nni_tensor_row_shape(const nn_tensor *tensor);

#endif
