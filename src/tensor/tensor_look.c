/* Looking into a tensor: element type, shape and elements. None of these can fail; NULL
 * has answers of its own. */
#include "tensor/tensor.h"

size_t nn_dtype_size(int32_t dtype)
{
    return nni_dtype_size(dtype);
}

int32_t nn_tensor_dtype(const nn_tensor *tensor)
{
    return tensor == NULL ? 0 : tensor->shape.dtype;
}

int32_t nn_tensor_rank(const nn_tensor *tensor)
{
    return tensor == NULL ? -1 : tensor->shape.rank;
}

int64_t nn_tensor_dim(const nn_tensor *tensor, int32_t axis)
{
    if (tensor == NULL || axis < 0 || axis >= tensor->shape.rank) {
        return -1;
    }
    return tensor->shape.dim[axis];
}

const int64_t *nn_tensor_shape(const nn_tensor *tensor)
{
    return tensor == NULL ? NULL : tensor->shape.dim;
}

int64_t nn_tensor_count(const nn_tensor *tensor)
{
    return tensor == NULL ? 0 : tensor->count;
}

void *nn_tensor_data(nn_tensor *tensor)
{
    return tensor == NULL ? NULL : tensor->data;
}

const void *nn_tensor_data_const(const nn_tensor *tensor)
{
    return tensor == NULL ? NULL : tensor->data;
}

float *nn_tensor_floats(nn_tensor *tensor)
{
    if (tensor == NULL || tensor->shape.dtype != NN_FLOAT32) {
        return NULL;
    }
    return tensor->data;
}
