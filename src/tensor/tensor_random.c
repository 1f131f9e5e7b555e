/* Filling a tensor with random floats. Element i is a function of the seed and of i
 * alone: Philox 4x32-10 over the counter layout of base/random.h. */
#include "tensor/tensor_check.h"

#include "base/float_env.h"
#include "base/text.h"

#include <float.h>
#include <math.h>

/* NN_ERROR_ARGUMENT where a parameter of a distribution is NaN or infinite. */
static nn_status tensor_random_check_finite(const char *who, const char *name,
                                            float value)
{
    if (!isfinite(value)) {
        struct nni_number_text text = nni_number_text((double)value, 9);
        return nni_fail(NN_ERROR_ARGUMENT, "%s: %s is %s, expected a finite number", who,
                        name, text.text);
    }
    return NN_OK;
}

nn_status nn_tensor_random_normal(nn_tensor *tensor, float mean, float deviation,
                                  uint64_t seed)
{
    static const char who[] = "nn_tensor_random_normal";
    NNI_TRY(nni_tensor_check_floats(who, "tensor", tensor));
    NNI_TRY(tensor_random_check_finite(who, "mean", mean));
    NNI_TRY(tensor_random_check_finite(who, "deviation", deviation));
    if (deviation < 0.0f) {
        struct nni_number_text text = nni_number_text((double)deviation, 9);
        return nni_fail(NN_ERROR_ARGUMENT, "%s: deviation is %s, expected at least 0",
                        who, text.text);
    }
    const struct nni_kernels *kernels = nni_tensor_kernels(tensor);
    struct nni_random random = nni_random_make(seed, NNI_STREAM_TENSOR, 0, 0);
    struct nni_float_env env = nni_float_env_enter();
    kernels->random_normal(&random, 0, mean, deviation, tensor->data, tensor->count);
    nni_float_env_leave(env);
    return NN_OK;
}

static double tensor_random_span(float low, float high)
{
    struct nni_float_env env = nni_float_env_enter();
    NNI_SETTLE(high);
    double span = (double)high - (double)low;
    NNI_SETTLE(span);
    nni_float_env_leave(env);
    return span;
}

nn_status nn_tensor_random_uniform(nn_tensor *tensor, float low, float high,
                                   uint64_t seed)
{
    static const char who[] = "nn_tensor_random_uniform";
    NNI_TRY(nni_tensor_check_floats(who, "tensor", tensor));
    NNI_TRY(tensor_random_check_finite(who, "low", low));
    NNI_TRY(tensor_random_check_finite(who, "high", high));
    if (low > high) {
        struct nni_number_text low_text = nni_number_text((double)low, 9);
        struct nni_number_text high_text = nni_number_text((double)high, 9);
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: low is %s, high is %s, expected low <= high", who,
                        low_text.text, high_text.text);
    }
    if (tensor_random_span(low, high) > (double)FLT_MAX) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: high - low is not a finite float", who);
    }
    const struct nni_kernels *kernels = nni_tensor_kernels(tensor);
    struct nni_random random = nni_random_make(seed, NNI_STREAM_TENSOR, 0, 0);
    struct nni_float_env env = nni_float_env_enter();
    kernels->random_uniform(&random, 0, low, high, tensor->data, tensor->count);
    nni_float_env_leave(env);
    return NN_OK;
}
