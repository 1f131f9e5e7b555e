/* Copying elements, with conversion: integers to floats round to nearest, integers to
 * integers keep their value or are refused before anything is written. */
#include "tensor/tensor_check.h"

#include "base/float_env.h"

#include <string.h>

/* ---- integers ---- */

static int64_t tensor_copy_read(const nn_tensor *tensor, int64_t i)
{
    switch (tensor->shape.dtype) {
    case NN_UINT8:
        return ((const uint8_t *)tensor->data)[i];
    case NN_INT32:
        return ((const int32_t *)tensor->data)[i];
    default:
        return ((const int64_t *)tensor->data)[i];
    }
}

static void tensor_copy_write(nn_tensor *tensor, int64_t i, int64_t value)
{
    switch (tensor->shape.dtype) {
    case NN_UINT8:
        ((uint8_t *)tensor->data)[i] = (uint8_t)value;
        break;
    case NN_INT32:
        ((int32_t *)tensor->data)[i] = (int32_t)value;
        break;
    default:
        ((int64_t *)tensor->data)[i] = value;
        break;
    }
}

static int tensor_copy_fits(int32_t dtype, int64_t value)
{
    switch (dtype) {
    case NN_UINT8:
        return value >= 0 && value <= UINT8_MAX;
    case NN_INT32:
        return value >= INT32_MIN && value <= INT32_MAX;
    default:
        return 1;
    }
}

static nn_status tensor_copy_integers(const nn_tensor *source, nn_tensor *target)
{
    for (int64_t i = 0; i < source->count; i++) {
        int64_t value = tensor_copy_read(source, i);
        if (!tensor_copy_fits(target->shape.dtype, value)) {
            return nni_fail(
                NN_ERROR_ARGUMENT,
                "nn_tensor_copy: element %lld of source is %lld, which does not "
                "fit into %s",
                (long long)i, (long long)value, nni_dtype_name(target->shape.dtype));
        }
    }
    for (int64_t i = 0; i < source->count; i++) {
        tensor_copy_write(target, i, tensor_copy_read(source, i));
    }
    return NN_OK;
}

/* ---- integers to floats ---- */

static void tensor_copy_uint8(const uint8_t *source, float *target, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        target[i] = (float)source[i];
    }
}

static void tensor_copy_int32(const int32_t *source, float *target, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        target[i] = (float)source[i];
    }
}

static void tensor_copy_int64(const int64_t *source, float *target, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        target[i] = (float)source[i];
    }
}

static void tensor_copy_to_floats(const nn_tensor *source, nn_tensor *target)
{
    struct nni_float_env env = nni_float_env_enter();
    switch (source->shape.dtype) {
    case NN_UINT8:
        tensor_copy_uint8(source->data, target->data, source->count);
        break;
    case NN_INT32:
        tensor_copy_int32(source->data, target->data, source->count);
        break;
    default:
        tensor_copy_int64(source->data, target->data, source->count);
        break;
    }
    nni_float_env_leave(env);
}

/* ---- all of it ---- */

static nn_status tensor_copy_check(const nn_tensor *source, const nn_tensor *target)
{
    NNI_NOT_NULL("nn_tensor_copy", source);
    NNI_NOT_NULL("nn_tensor_copy", target);
    NNI_TRY(
        nni_tensor_check_context("nn_tensor_copy", "source", source, "target", target));
    if (source->shape.dtype == NN_FLOAT32 && target->shape.dtype != NN_FLOAT32) {
        return nni_fail(
            NN_ERROR_DTYPE,
            "nn_tensor_copy: source is float32, target is %s, expected float32",
            nni_dtype_name(target->shape.dtype));
    }
    if (source->count != target->count) {
        struct nni_shape_text from = nni_shape_text(&source->shape);
        struct nni_shape_text to = nni_shape_text(&target->shape);
        return nni_fail(
            NN_ERROR_SHAPE,
            "nn_tensor_copy: source is %s, target is %s, which has not as many "
            "elements",
            from.text, to.text);
    }
    return nni_tensor_check_apart("nn_tensor_copy", "source", source, "target", target);
}

nn_status nn_tensor_copy(const nn_tensor *source, nn_tensor *target)
{
    NNI_TRY(tensor_copy_check(source, target));
    if (source->count == 0) {
        return NN_OK;
    }
    if (source->shape.dtype == target->shape.dtype) {
        memcpy(target->data, source->data, nni_tensor_bytes(source));
        return NN_OK;
    }
    if (target->shape.dtype == NN_FLOAT32) {
        tensor_copy_to_floats(source, target);
        return NN_OK;
    }
    return tensor_copy_integers(source, target);
}
