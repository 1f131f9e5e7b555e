/* From the losses of samples to the loss of a batch,
 *     J = sum_r w_r l_r / sum_r w_r c_r,
 * with sample weights w_r (1 where none are given) and the factors c_r of class weights
 * (1 where there are none; l_r then contains them already). Its slope with respect to l_r
 * is w_r / sum_r w_r c_r, the row's scale. Sums over a batch are long sums: blocks of
 * 1024 floats, the blocks' results added in double. */
#include "base/compiler.h"
#include "base/contract.h"
#include "base/text.h"
#include "losses/loss.h"

#include <inttypes.h>
#include <math.h>

static nn_status loss_batch_check_finite(const nn_loss *loss, const float *values,
                                         int64_t count, int64_t rows, int64_t *row)
{
    const struct nni_kernels *kernels = loss->kernels;
    if (kernels->all_finite(values, rows * count)) {
        return NN_OK;
    }
    int64_t i = 0;
    while (isfinite(values[i])) {
        i++;
    }
    *row = i / count;
    return nni_fail(NN_ERROR_DATA, "%s: target element %" PRId64 " is %s",
                    loss->type->name, i % count,
                    nni_number_text((double)values[i], 9).text);
}

static nn_status loss_batch_check_targets(const nn_loss *loss,
                                          const struct nni_shape *output,
                                          const struct nni_shape *target,
                                          const void *values, int64_t rows, int64_t *row)
{
    if (!loss->type->takes_target) {
        return NN_OK;
    }
    if (loss->type->check_targets != NULL) {
        return loss->type->check_targets(loss, output, target, values, rows, row);
    }
    return loss_batch_check_finite(loss, values, nni_shape_count(target), rows, row);
}

nn_status nni_loss_check_batch(const nn_loss *loss, const struct nni_shape *output,
                               const struct nni_shape *target, const void *values,
                               const float *weights, int64_t rows, int64_t first_sample)
{
    int64_t row = 0;
    const nn_status status =
        loss_batch_check_targets(loss, output, target, values, rows, &row);
    if (status != NN_OK) {
        return nni_fail(status, "sample %" PRId64 ": %s", first_sample + row,
                        nn_last_error());
    }
    if (weights == NULL) {
        return NN_OK;
    }
    for (row = 0; row < rows; row++) {
        if (!(weights[row] >= 0.0f && isfinite(weights[row]))) {
            return nni_fail(
                NN_ERROR_DATA,
                "sample %" PRId64 ": its weight is %s; weights are finite and "
                "at least 0",
                first_sample + row, nni_number_text((double)weights[row], 9).text);
        }
    }
    return NN_OK;
}

int nni_loss_counts_alike(const nn_loss *loss, const struct nni_shape *target)
{
    return loss->type->has_class_factor == NULL ||
           !loss->type->has_class_factor(loss, target);
}

double nni_loss_scale_rows(const nn_loss *loss, const struct nni_kernels *kernels,
                           const struct nni_shape *output, const struct nni_shape *target,
                           const void *values, const float *weights, int64_t rows,
                           double factor, float *row_scale)
{
    /* First row_scale holds the summands w_r c_r. */
    if (!nni_loss_counts_alike(loss, target)) {
        loss->type->class_factor(loss, output, target, values, rows, row_scale);
    } else {
        for (int64_t r = 0; r < rows; r++) {
            row_scale[r] = 1.0f;
        }
    }
    if (weights != NULL) {
        kernels->multiply(row_scale, weights, row_scale, rows);
    }
    const double total = nni_sum_long(kernels, row_scale, rows);
    for (int64_t r = 0; total != 0 && r < rows; r++) {
        const double weight = weights == NULL ? 1 : (double)weights[r];
        row_scale[r] = (float)(weight / total * factor);
    }
    return total;
}

nn_status nni_loss_check_weight(const nn_loss *loss, double denominator, int64_t rows)
{
    if (denominator != 0) {
        return NN_OK;
    }
    return nni_fail(NN_ERROR_EMPTY, "%s: the weights of %" PRId64 " samples are all 0",
                    loss->type->name, rows);
}

double nni_loss_total(const struct nni_kernels *kernels, float *row_loss,
                      const float *weights, int64_t rows)
{
    if (weights != NULL) {
        kernels->multiply(row_loss, weights, row_loss, rows);
    }
    return nni_sum_long(kernels, row_loss, rows);
}
