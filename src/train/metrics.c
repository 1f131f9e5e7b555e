/* What metrics there are: their names, and how outputs and targets become classes. */
#include "base/contract.h"
#include "train/metrics.h"

#include <stdio.h>

/* The index is the kind; none has the number 0. */
static const char *const metric_names[] = {
    [NN_ACCURACY] = "accuracy",
    [NN_BINARY_ACCURACY] = "binary_accuracy",
    [NN_PRECISION] = "precision",
    [NN_RECALL] = "recall",
    [NN_F1] = "f1",
    [NN_MEAN_ABSOLUTE_ERROR] = "mean_absolute_error",
    [NN_R2] = "r2",
};

int nni_metric_known(int32_t kind)
{
    return kind >= NN_ACCURACY && kind <= NN_R2;
}

void nni_metric_name(struct nni_metric *metric, int32_t output_count)
{
    char plain[NNI_METRIC_NAME_SIZE / 2];
    if (metric->kind == NNI_TOP_K_ACCURACY) {
        snprintf(plain, sizeof plain, "top_%d_accuracy", metric->k);
    } else {
        snprintf(plain, sizeof plain, "%s", metric_names[metric->kind]);
    }
    if (output_count > 1) {
        snprintf(metric->name, sizeof metric->name, "%s_%d", plain, metric->output);
    } else {
        snprintf(metric->name, sizeof metric->name, "%s", plain);
    }
}

double nni_number_at(int32_t dtype, const void *values, int64_t index)
{
    switch (dtype) {
    case NN_FLOAT32:
        return (double)((const float *)values)[index];
    case NN_UINT8:
        return (double)((const uint8_t *)values)[index];
    case NN_INT32:
        return (double)((const int32_t *)values)[index];
    default:
        return (double)((const int64_t *)values)[index];
    }
}

static int64_t metric_label_at(int32_t dtype, const void *values, int64_t index)
{
    switch (dtype) {
    case NN_FLOAT32:
        return ((const float *)values)[index] >= 0.5f;
    case NN_UINT8:
        return ((const uint8_t *)values)[index];
    case NN_INT32:
        return ((const int32_t *)values)[index];
    default:
        return ((const int64_t *)values)[index];
    }
}

int64_t nni_class_at(const struct nni_kernels *kernels, int32_t dtype, const void *values,
                     int64_t first, int64_t width)
{
    if (width == 1) {
        return metric_label_at(dtype, values, first);
    }
    if (dtype == NN_FLOAT32) {
        return kernels->argmax((const float *)values + first, width);
    }
    int64_t best = 0;
    for (int64_t i = 1; i < width; i++) {
        if (metric_label_at(dtype, values, first + i) >
            metric_label_at(dtype, values, first + best)) {
            best = i;
        }
    }
    return best;
}

int64_t nni_predicted_class(const struct nni_kernels *kernels,
                            const struct nni_shape *output, float threshold,
                            const float *values)
{
    const int64_t width = nni_shape_count(output);
    return width == 1 ? values[0] > threshold : kernels->argmax(values, width);
}

int64_t nni_target_class(const struct nni_kernels *kernels,
                         const struct nni_shape *target, const void *values)
{
    return nni_class_at(kernels, target->dtype, values, 0, nni_shape_count(target));
}
