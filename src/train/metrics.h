/* Metrics: what is counted over the samples of an epoch or an evaluation, beside the loss.
 * A set has a definition for each metric (fixed by the user) and, once the shapes are known,
 * counters for each. */
#ifndef NNI_TRAIN_METRICS_H
#define NNI_TRAIN_METRICS_H

#include "base/shape.h"
#include "kernels/kernels.h"

#include <nn/trainer.h>

enum { NNI_METRIC_NAME_SIZE = 48, NNI_TOP_K_ACCURACY = 100 /* beside NN_ACCURACY ... */ };

struct nni_metric {
    int32_t kind;   /* NN_ACCURACY, ..., NNI_TOP_K_ACCURACY */
    int32_t output; /* of the model */
    int32_t k;      /* of top-k */
    char name[NNI_METRIC_NAME_SIZE];
};

/* Writes the metric's name: "accuracy", "top_5_accuracy"; with several outputs
 * "accuracy_0". */
void nni_metric_name(struct nni_metric *metric, int32_t output_count);

/* 1 where kind is one of NN_ACCURACY ... NN_R2. */
int nni_metric_known(int32_t kind);

/* What a metric sees of its output: the shapes of one sample, and where the decision
 * between two classes is (0 for logits, 1/2 otherwise). target is NULL where the loss takes
 * none. */
struct nni_metric_view {
    const struct nni_shape *output, *target;
    float threshold;
};

/* How often each class came: what precision, recall and F1 are made of. */
struct nni_class_count {
    int64_t right;     /* of this class and predicted so */
    int64_t predicted; /* predicted to be of this class */
    int64_t actual;    /* of this class */
};

/* The running error of one output element: Welford's mean and sum of squared deviations of
 * the targets y, and the sum of squared errors of the outputs f. */
struct nni_error_moments {
    double mean, deviations, errors;
};

/* The running counts of one metric. A sample has `positions` decisions, each from `width`
 * outputs: 1 (against the threshold) or one for each class. */
struct nni_meter {
    const struct nni_metric *metric;
    int64_t positions, width;
    int32_t target_dtype;
    int64_t target_width; /* target elements for a decision: 1, or width where one-hot */
    float threshold;

    int64_t samples;                   /* counted so far */
    int64_t right;                     /* decisions, of the accuracies */
    int64_t class_count;               /* 0 where classes are not counted */
    struct nni_class_count *classes;   /* class_count */
    double error;                      /* mean absolute error: sum of |y - f| */
    struct nni_error_moments *moments; /* R2: for each output element */
};

/* Prepares a meter, which begins as zeros: NN_ERROR_SHAPE or NN_ERROR_DTYPE, naming metric
 * and shapes, where output and target do not suit the metric; allocates its counters. Once
 * that is done it may be prepared for another target of the same output, which then takes no
 * memory. */
nn_status nni_meter_prepare(const nn_context *context, struct nni_meter *meter,
                            const struct nni_metric *metric,
                            const struct nni_metric_view *view);
void nni_meter_release(const nn_context *context, struct nni_meter *meter);

void nni_meter_reset(struct nni_meter *meter);

/* Counts `rows` samples: outputs (rows, output shape), targets (rows, target shape). Does
 * not allocate. Labels have been checked. A decision from outputs that are NaN is wrong. */
void nni_meter_count(struct nni_meter *meter, const struct nni_kernels *kernels,
                     const float *outputs, const void *targets, int64_t rows);

/* The counters of all meters of a trainer as two lists of numbers, one meter after the
 * other: how a checkpoint keeps them. */
struct nni_meter_state {
    int64_t count_size, sum_size;
    int64_t *counts; /* samples, right, and three for each class */
    double *sums;    /* error, and three for each output element */
};

void nni_meter_state_release(const nn_context *context, struct nni_meter_state *state);

/* Appends a meter's counters to the lists, which have room, or only says how many they
 * are (to the sizes) where the lists are NULL. */
void nni_meter_save(const struct nni_meter *meter, struct nni_meter_state *state);

/* Reads the counters at the given places of the lists, which move on; they are there. */
void nni_meter_load(struct nni_meter *meter, const int64_t **counts, const double **sums);

/* The metric's value; 0 where nothing was counted. R2 of an output element whose target
 * never changes counts as 1 where it is met exactly, as 0 otherwise. */
double nni_meter_value(const struct nni_meter *meter);

/* The class of one output sample: the largest element's index, or for one element 1 where
 * it is above the threshold, else 0. */
int64_t nni_predicted_class(const struct nni_kernels *kernels,
                            const struct nni_shape *output, float threshold,
                            const float *values);

/* The class of one target sample: an integer label, 1 for a float of at least 1/2 (else
 * 0), or the index of the largest element of a one-hot target (the first of equal ones). */
int64_t nni_target_class(const struct nni_kernels *kernels,
                         const struct nni_shape *target, const void *values);

/* The same for `width` elements of the dtype from element `first` on. */
int64_t nni_class_at(const struct nni_kernels *kernels, int32_t dtype, const void *values,
                     int64_t first, int64_t width);

/* Element `index` of numbers of the dtype. */
double nni_number_at(int32_t dtype, const void *values, int64_t index);

#endif
