/* Setting every element to one value. Floats take it rounded to nearest, integers cut
 * towards zero. */
#include "tensor/tensor.h"

#include "base/float_env.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

/* Which values an integer type can take once they are cut: those strictly between the two
 * bounds (both are exact doubles). Below int64's minimum the next double is 2048 away. The
 * comparisons are quiet: NaN raises no exception that the host may have trapped. */
static int tensor_fill_fits(int32_t dtype, double value)
{
    switch (dtype) {
    case NN_UINT8:
        return isgreater(value, -1.0) && isless(value, 256.0);
    case NN_INT32:
        return isgreater(value, -2147483649.0) && isless(value, 2147483648.0);
    case NN_INT64:
        return isgreaterequal(value, -9223372036854775808.0) &&
               isless(value, 9223372036854775808.0);
    default:
        return 1;
    }
}

/* Not inlined, so that the rounding of value stays inside the floating-point
 * environment. */
static NNI_NOINLINE void tensor_fill_floats(float *data, int64_t count, double value)
{
    float element = (float)value;
    for (int64_t i = 0; i < count; i++) {
        data[i] = element;
    }
}

static void tensor_fill_int32(int32_t *data, int64_t count, int32_t value)
{
    for (int64_t i = 0; i < count; i++) {
        data[i] = value;
    }
}

static void tensor_fill_int64(int64_t *data, int64_t count, int64_t value)
{
    for (int64_t i = 0; i < count; i++) {
        data[i] = value;
    }
}

static void tensor_fill_elements(nn_tensor *tensor, double value)
{
    switch (tensor->shape.dtype) {
    case NN_UINT8:
        memset(tensor->data, (uint8_t)value, (size_t)tensor->count);
        break;
    case NN_INT32:
        tensor_fill_int32(tensor->data, tensor->count, (int32_t)value);
        break;
    case NN_INT64:
        tensor_fill_int64(tensor->data, tensor->count, (int64_t)value);
        break;
    default:
        tensor_fill_floats(tensor->data, tensor->count, value);
        break;
    }
}

nn_status nn_tensor_fill(nn_tensor *tensor, double value)
{
    NNI_NOT_NULL("nn_tensor_fill", tensor);
    if (!tensor_fill_fits(tensor->shape.dtype, value)) {
        struct nni_number_text text = nni_number_text(value, 17);
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_tensor_fill: value %s does not fit into %s", text.text,
                        nni_dtype_name(tensor->shape.dtype));
    }
    if (tensor->count == 0) {
        return NN_OK;
    }
    struct nni_float_env env = nni_float_env_enter();
    tensor_fill_elements(tensor, value);
    nni_float_env_leave(env);
    return NN_OK;
}
