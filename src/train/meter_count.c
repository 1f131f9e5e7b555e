/* Counting: what a meter remembers of a batch. Decisions are counted in whole numbers;
 * errors are summed in double, sample after sample, so how samples are grouped into batches
 * changes no bit. */
#include "base/contract.h"
#include "train/metrics.h"

/* 1 where one of the outputs of a decision is NaN. */
static int meter_undecided(const struct nni_kernels *kernels, const float *x,
                           int64_t width)
{
    if (kernels->all_finite(x, width)) {
        return 0;
    }
    for (int64_t i = 0; i < width; i++) {
        if (x[i] != x[i]) {
            return 1;
        }
    }
    return 0;
}

/* The class that the outputs decide for, or -1 where they are NaN. */
static int64_t meter_decision(const struct nni_meter *meter,
                              const struct nni_kernels *kernels, const float *x)
{
    if (meter_undecided(kernels, x, meter->width)) {
        return -1;
    }
    return meter->width == 1 ? x[0] > meter->threshold : kernels->argmax(x, meter->width);
}

static int64_t meter_truth(const struct nni_meter *meter,
                           const struct nni_kernels *kernels, const void *targets,
                           int64_t decision)
{
    const int64_t truth =
        nni_class_at(kernels, meter->target_dtype, targets,
                     decision * meter->target_width, meter->target_width);
    NNI_ASSERT(truth >= 0 && truth < nni_max(meter->width, 2));
    return truth;
}

static void meter_count_accuracy(struct nni_meter *meter,
                                 const struct nni_kernels *kernels, const float *outputs,
                                 const void *targets, int64_t decisions)
{
    for (int64_t i = 0; i < decisions; i++) {
        meter->right += meter_decision(meter, kernels, outputs + i * meter->width) ==
                        meter_truth(meter, kernels, targets, i);
    }
}

/* On which side of 1/2 a target lies, whatever its type. */
static void meter_count_binary(struct nni_meter *meter, const float *outputs,
                               const void *targets, int64_t elements)
{
    for (int64_t i = 0; i < elements; i++) {
        const int yes = outputs[i] > meter->threshold;
        const int truth = nni_number_at(meter->target_dtype, targets, i) >= 0.5;
        meter->right += yes == truth && outputs[i] == outputs[i];
    }
}

/* 1 where fewer than k classes stand above the label's: those with a larger output, and
 * those before it with an equal one. */
static int meter_in_top(const struct nni_meter *meter, const float *x, int64_t label)
{
    int64_t above = 0;
    for (int64_t c = 0; c < meter->width; c++) {
        above += x[c] > x[label] || (c < label && x[c] == x[label]);
    }
    return above < meter->metric->k;
}

static void meter_count_top_k(struct nni_meter *meter, const struct nni_kernels *kernels,
                              const float *outputs, const void *targets,
                              int64_t decisions)
{
    for (int64_t i = 0; i < decisions; i++) {
        const float *x = outputs + i * meter->width;
        meter->right += !meter_undecided(kernels, x, meter->width) &&
                        meter_in_top(meter, x, meter_truth(meter, kernels, targets, i));
    }
}

static void meter_count_classes(struct nni_meter *meter,
                                const struct nni_kernels *kernels, const float *outputs,
                                const void *targets, int64_t decisions)
{
    for (int64_t i = 0; i < decisions; i++) {
        const int64_t truth = meter_truth(meter, kernels, targets, i);
        const int64_t decision =
            meter_decision(meter, kernels, outputs + i * meter->width);
        meter->classes[truth].actual++;
        meter->classes[truth].right += decision == truth;
        if (decision >= 0) {
            meter->classes[decision].predicted++;
        }
    }
}

static void meter_count_absolute(struct nni_meter *meter, const float *outputs,
                                 const void *targets, int64_t elements)
{
    for (int64_t i = 0; i < elements; i++) {
        const double e =
            nni_number_at(meter->target_dtype, targets, i) - (double)outputs[i];
        meter->error += e < 0 ? -e : e;
    }
}

/* Mean and deviations of the targets y as they come (Welford, "Note on a method for
 * calculating corrected sums of squares and products", 1962). */
static void meter_count_squares(struct nni_meter *meter, const float *outputs,
                                const void *targets, int64_t rows)
{
    for (int64_t r = 0; r < rows; r++) {
        const double n = (double)(meter->samples + r + 1);
        for (int64_t j = 0; j < meter->positions; j++) {
            struct nni_error_moments *moments = &meter->moments[j];
            const int64_t i = r * meter->positions + j;
            const double y = nni_number_at(meter->target_dtype, targets, i);
            const double e = y - (double)outputs[i];
            const double before = y - moments->mean;
            moments->mean += before / n;
            moments->deviations += before * (y - moments->mean);
            moments->errors += e * e;
        }
    }
}

void nni_meter_count(struct nni_meter *meter, const struct nni_kernels *kernels,
                     const float *outputs, const void *targets, int64_t rows)
{
    const int64_t decisions = rows * meter->positions;
    switch (meter->metric->kind) {
    case NN_ACCURACY:
        meter_count_accuracy(meter, kernels, outputs, targets, decisions);
        break;
    case NN_BINARY_ACCURACY:
        meter_count_binary(meter, outputs, targets, decisions);
        break;
    case NNI_TOP_K_ACCURACY:
        meter_count_top_k(meter, kernels, outputs, targets, decisions);
        break;
    case NN_MEAN_ABSOLUTE_ERROR:
        meter_count_absolute(meter, outputs, targets, decisions);
        break;
    case NN_R2:
        meter_count_squares(meter, outputs, targets, rows);
        break;
    default:
        meter_count_classes(meter, kernels, outputs, targets, decisions);
        break;
    }
    meter->samples += rows;
}
