/* Tensors: making them, showing their memory again in another shape, and letting go of
 * it. A tensor is a shape and a window into a storage; the storage has its own reference
 * count and goes with the last tensor that shows it. */
#include "tensor/tensor_check.h"

#include "base/memory.h"

#include <string.h>

static void tensor_storage_destroy(void *handle)
{
    struct nni_storage *storage = handle;
    if (storage->owned) {
        nni_free(storage->handle.context, storage->data);
    } else if (storage->release != NULL) {
        storage->release(storage->user, storage->data);
    }
}

static void tensor_handle_destroy(void *handle)
{
    nn_tensor *tensor = handle;
    nni_handle_release(tensor->storage);
}

/* A tensor that shows `data` in a storage. Takes over one reference to the storage, also
 * when it fails. */
static nn_tensor *tensor_over(struct nni_storage *storage, const struct nni_shape *shape,
                              void *data)
{
    nn_tensor *tensor =
        nni_handle_create(storage->handle.context, sizeof *tensor, tensor_handle_destroy);
    if (tensor == NULL) {
        nni_handle_release(storage);
        return NULL;
    }
    tensor->shape = *shape;
    tensor->count = nni_shape_count(shape);
    tensor->storage = storage;
    tensor->data = data;
    return tensor;
}

/* Passes on what was made; where it is NULL, the failure's text then begins with who. */
static void *tensor_made(const char *who, void *made)
{
    if (made == NULL) {
        nni_fail(nn_last_status(), "%s: %s", who, nn_last_error());
    }
    return made;
}

/* ---- making ---- */

nn_tensor *nni_tensor_allocate(const nn_context *context, const struct nni_shape *shape)
{
    struct nni_storage *storage =
        nni_handle_create(context, sizeof *storage, tensor_storage_destroy);
    if (storage == NULL) {
        return NULL;
    }
    storage->owned = 1;
    storage->data = nni_alloc(storage->handle.context, (size_t)nni_shape_count(shape),
                              nni_dtype_size(shape->dtype));
    if (storage->data == NULL) {
        nni_handle_release(storage);
        return NULL;
    }
    return tensor_over(storage, shape, storage->data);
}

nn_tensor *nn_tensor_create(nn_context *context, int32_t dtype, const int64_t *shape,
                            int32_t rank)
{
    struct nni_shape checked;
    if (nni_shape_make("nn_tensor_create", dtype, shape, rank, NN_MAX_RANK, 0,
                       &checked) != NN_OK) {
        return NULL;
    }
    return tensor_made("nn_tensor_create", nni_tensor_allocate(context, &checked));
}

static nn_status tensor_wrap_check(int32_t dtype, const int64_t *dim, int32_t rank,
                                   const void *data, struct nni_shape *shape)
{
    NNI_TRY(nni_shape_make("nn_tensor_wrap", dtype, dim, rank, NN_MAX_RANK, 0, shape));
    if (data == NULL && nni_shape_count(shape) > 0) {
        struct nni_shape_text text = nni_shape_text(shape);
        return nni_fail(NN_ERROR_NULL,
                        "nn_tensor_wrap: data is NULL, but shape %s is not empty",
                        text.text);
    }
    if ((uintptr_t)data % nni_dtype_size(dtype) != 0) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_tensor_wrap: data is not aligned to the %d bytes of %s",
                        (int)nni_dtype_size(dtype), nni_dtype_name(dtype));
    }
    return NN_OK;
}

nn_tensor *nn_tensor_wrap(nn_context *context, int32_t dtype, const int64_t *shape,
                          int32_t rank, void *data,
                          void (*release)(void *user, void *data), void *user)
{
    struct nni_shape checked;
    struct nni_storage *storage = NULL;
    if (tensor_wrap_check(dtype, shape, rank, data, &checked) == NN_OK) {
        storage =
            tensor_made("nn_tensor_wrap", nni_handle_create(context, sizeof *storage,
                                                            tensor_storage_destroy));
    }
    if (storage == NULL) {
        if (release != NULL) {
            release(user, data);
        }
        return NULL;
    }
    storage->data = data;
    storage->release = release;
    storage->user = user;
    return tensor_made("nn_tensor_wrap", tensor_over(storage, &checked, data));
}

struct nni_storage *nni_storage_create(const nn_context *context, int64_t count)
{
    struct nni_storage *storage =
        nni_handle_create(context, sizeof *storage, tensor_storage_destroy);
    if (storage == NULL) {
        return NULL;
    }
    storage->owned = 1;
    storage->data = nni_alloc(storage->handle.context, (size_t)count, sizeof(float));
    if (storage->data == NULL) {
        nni_handle_release(storage);
        return NULL;
    }
    return storage;
}

nn_tensor *nni_tensor_show(struct nni_storage *storage, const struct nni_shape *shape,
                           void *data)
{
    return tensor_over(nni_handle_retain(storage), shape, data);
}

nn_tensor *nn_tensor_clone(const nn_tensor *tensor)
{
    if (tensor == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_tensor_clone: tensor is NULL");
        return NULL;
    }
    nn_tensor *clone = tensor_made(
        "nn_tensor_clone", nni_tensor_allocate(tensor->handle.context, &tensor->shape));
    if (clone != NULL && tensor->count > 0) {
        memcpy(clone->data, tensor->data, nni_tensor_bytes(tensor));
    }
    return clone;
}

void nn_tensor_destroy(nn_tensor *tensor)
{
    nni_handle_release(tensor);
}

/* ---- views ---- */

struct nni_shape nni_tensor_row_shape(const nn_tensor *tensor)
{
    NNI_ASSERT(tensor->shape.rank >= 1);
    struct nni_shape row = {tensor->shape.dtype, tensor->shape.rank - 1, {0}};
    for (int32_t axis = 0; axis < row.rank; axis++) {
        row.dim[axis] = tensor->shape.dim[axis + 1];
    }
    return row;
}

nn_tensor *nn_tensor_slice(nn_tensor *tensor, int64_t start, int64_t count)
{
    if (tensor == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_tensor_slice: tensor is NULL");
        return NULL;
    }
    if (tensor->shape.rank == 0) {
        nni_fail(NN_ERROR_RANK, "nn_tensor_slice: tensor is (), which has no rows");
        return NULL;
    }
    int64_t rows = tensor->shape.dim[0];
    if (start < 0 || count < 0 || start > rows || count > rows - start) {
        struct nni_shape_text text = nni_shape_text(&tensor->shape);
        nni_fail(NN_ERROR_ARGUMENT,
                 "nn_tensor_slice: start is %lld, count is %lld, but tensor is %s",
                 (long long)start, (long long)count, text.text);
        return NULL;
    }
    struct nni_shape shape = tensor->shape;
    shape.dim[0] = count;
    void *data = tensor->data;
    if (tensor->count > 0) {
        int64_t row = tensor->count / rows;
        data = (char *)data + start * row * (int64_t)nni_dtype_size(shape.dtype);
    }
    return tensor_made("nn_tensor_slice",
                       tensor_over(nni_handle_retain(tensor->storage), &shape, data));
}

nn_tensor *nn_tensor_reshape(nn_tensor *tensor, const int64_t *shape, int32_t rank)
{
    if (tensor == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_tensor_reshape: tensor is NULL");
        return NULL;
    }
    struct nni_shape checked;
    if (nni_shape_make("nn_tensor_reshape", tensor->shape.dtype, shape, rank, NN_MAX_RANK,
                       0, &checked) != NN_OK) {
        return NULL;
    }
    if (nni_shape_count(&checked) != tensor->count) {
        struct nni_shape_text old = nni_shape_text(&tensor->shape);
        struct nni_shape_text new = nni_shape_text(&checked);
        nni_fail(NN_ERROR_SHAPE,
                 "nn_tensor_reshape: tensor is %s, shape is %s, which has not as many "
                 "elements",
                 old.text, new.text);
        return NULL;
    }
    return tensor_made(
        "nn_tensor_reshape",
        tensor_over(nni_handle_retain(tensor->storage), &checked, tensor->data));
}
