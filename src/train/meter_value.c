/* From counts to the metric's value.
 *     precision = right / predicted,  recall = right / actual,
 *     F1 = 2 right / (predicted + actual), their harmonic mean (van Rijsbergen 1979),
 * for class 1 of two classes, otherwise the mean over all classes (macro average).
 *     R2 = 1 - sum (y - f)^2 / sum (y - mean y)^2, the mean over output elements. */
#include "base/contract.h"
#include "train/metrics.h"

static double meter_ratio(int64_t numerator, int64_t denominator)
{
    return denominator == 0 ? 0 : (double)numerator / (double)denominator;
}

static double meter_class_value(int32_t kind, const struct nni_class_count *class)
{
    switch (kind) {
    case NN_PRECISION:
        return meter_ratio(class->right, class->predicted);
    case NN_RECALL:
        return meter_ratio(class->right, class->actual);
    default:
        return meter_ratio(2 * class->right, class->predicted + class->actual);
    }
}

static double meter_classes_value(const struct nni_meter *meter)
{
    const int32_t kind = meter->metric->kind;
    if (meter->class_count == 2) {
        return meter_class_value(kind, &meter->classes[1]);
    }
    double sum = 0;
    for (int64_t c = 0; c < meter->class_count; c++) {
        sum += meter_class_value(kind, &meter->classes[c]);
    }
    return sum / (double)meter->class_count;
}

/* Where the targets never change the errors alone decide: 1 without any, else 0. */
static double meter_r2_of(const struct nni_error_moments *moments)
{
    if (moments->deviations > 0) {
        return 1 - moments->errors / moments->deviations;
    }
    return moments->errors > 0 ? 0 : 1 - moments->errors;
}

static double meter_r2_value(const struct nni_meter *meter)
{
    double sum = 0;
    for (int64_t j = 0; j < meter->positions; j++) {
        sum += meter_r2_of(&meter->moments[j]);
    }
    return sum / (double)meter->positions;
}

double nni_meter_value(const struct nni_meter *meter)
{
    const int64_t decisions = meter->samples * meter->positions;
    if (decisions == 0) {
        return 0;
    }
    switch (meter->metric->kind) {
    case NN_ACCURACY:
    case NN_BINARY_ACCURACY:
    case NNI_TOP_K_ACCURACY:
        return meter_ratio(meter->right, decisions);
    case NN_MEAN_ABSOLUTE_ERROR:
        return meter->error / (double)decisions;
    case NN_R2:
        return meter_r2_value(meter);
    default:
        return meter_classes_value(meter);
    }
}
