/* Checks of targets that several losses share. */
#include "losses/loss_targets.h"
#include "base/text.h"

#include <inttypes.h>

nn_status nni_loss_check_given(const nn_loss *loss, const struct nni_shape *target)
{
    if (target == NULL) {
        return nni_fail(NN_ERROR_NULL, "%s: takes targets, and none are given",
                        loss->type->name);
    }
    return NN_OK;
}

int nni_loss_same_shape(const struct nni_shape *output, const struct nni_shape *target)
{
    const int one_number = output->rank == 1 && output->dim[0] == 1 && target->rank == 0;
    return one_number || nni_shape_equal(output, target);
}

nn_status nni_loss_check_float_target(const nn_loss *loss, const struct nni_shape *output,
                                      const struct nni_shape *target)
{
    NNI_TRY(nni_loss_check_given(loss, target));
    const int fits = nni_loss_same_shape(output, target);
    if (fits && target->dtype == NN_FLOAT32) {
        return NN_OK;
    }
    return nni_fail(fits ? NN_ERROR_DTYPE : NN_ERROR_SHAPE,
                    "%s: output %s takes float32 targets of the same shape; got %s %s",
                    loss->type->name, nni_shape_text(output).text,
                    nni_dtype_name(target->dtype), nni_shape_text(target).text);
}

int64_t nni_loss_one_term_each(const nn_loss *loss, const struct nni_shape *output)
{
    (void)loss;
    return nni_shape_count(output);
}

int64_t nni_loss_label(const void *values, int32_t dtype, int64_t index)
{
    switch (dtype) {
    case NN_UINT8:
        return ((const uint8_t *)values)[index];
    case NN_INT32:
        return ((const int32_t *)values)[index];
    default:
        NNI_ASSERT(dtype == NN_INT64);
        return ((const int64_t *)values)[index];
    }
}

nn_status nni_loss_check_probabilities(const nn_loss *loss, const float *values,
                                       int64_t count, int64_t rows, int64_t *row)
{
    for (int64_t i = 0; i < rows * count; i++) {
        if (!(values[i] >= 0.0f && values[i] <= 1.0f)) {
            *row = i / count;
            return nni_fail(
                NN_ERROR_DATA, "%s: target %s (element %" PRId64 ") is not in 0 ... 1",
                loss->type->name, nni_number_text((double)values[i], 9).text, i % count);
        }
    }
    return NN_OK;
}
