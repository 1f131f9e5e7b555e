/* The interface between losses and the rest. A loss is one file with one
 * struct nni_loss_type and one line in loss_table.c. */
#ifndef NNI_LOSSES_LOSS_H
#define NNI_LOSSES_LOSS_H

#include "base/handle.h"
#include "base/options.h"
#include "base/shape.h"
#include "kernels/kernels.h"

#include <nn/loss.h>

/* One evaluation over `rows` samples. */
struct nni_loss_call {
    const nn_context *context;
    const struct nni_kernels *kernels;
    int64_t rows;
    const struct nni_shape *output_shape,
        *target_shape; /* one sample; target may be NULL */
    const float *output;
    const void *target; /* NULL where the kind takes none */
    /* what each row's gradient is multiplied by: w_r / sum of weights */
    const float *row_scale;
    float *row_loss;        /* (rows): l_r, to write */
    float *output_gradient; /* row_scale[r] * dl_r/doutput, to write; may be NULL */
    float *scratch;         /* rows * scratch_per_sample floats */
};

struct nni_loss_type {
    uint32_t id;
    const char *name;
    size_t size;
    const struct nni_option *options;
    int32_t option_count;
    int32_t takes_target;
    int32_t from_logits; /* a decision is at 0 (binary), not at 1/2 */

    /* Checks the shapes and dtypes of a sample (target is NULL where none is given) and
     * the options against them (the number of class weights). */
    nn_status (*check)(const nn_loss *loss, const struct nni_shape *output,
                       const struct nni_shape *target);
    /* Checks the values of `rows` targets: labels in range, probabilities in 0 ... 1,
     * finite. On failure *row is the first bad row and the message says value and range
     * (it begins with the kind's name; the caller adds the sample). NULL: targets are
     * only checked for finiteness by the caller. */
    nn_status (*check_targets)(const nn_loss *loss, const struct nni_shape *output,
                               const struct nni_shape *target, const void *values,
                               int64_t rows, int64_t *row);
    /* 1 where class factors may differ from 1 with such targets. NULL: they never do. */
    int (*has_class_factor)(const nn_loss *loss, const struct nni_shape *target);
    /* The factor c_r by which class weights multiply each row's weight; NULL: all 1. */
    void (*class_factor)(const nn_loss *loss, const struct nni_shape *output,
                         const struct nni_shape *target, const void *values, int64_t rows,
                         float *factor);
    int64_t (*scratch_per_sample)(const nn_loss *loss, const struct nni_shape *output);
    /* Fills row_loss and, where asked, output_gradient. With class weights row_loss is
     * the weighted l_r (the numerator's), row_scale the unweighted
     * w_r / sum_r w_r c_r. */
    void (*run)(const nn_loss *loss, const struct nni_loss_call *call);
};

struct nn_loss {
    struct nni_handle handle;
    const struct nni_loss_type *type;
    const struct nni_kernels *kernels;
    const void *owner; /* the trainer it belongs to; NULL before */
};

nn_loss *nni_loss_new(nn_context *context, const struct nni_loss_type *type);
nn_loss *nni_loss_finish(nn_loss *loss, nn_status status);
struct nni_options nni_loss_options(const nn_loss *loss);

/* The checks that a batch passes before it is computed: type->check's are done. Tests
 * target values (sample numbers in messages are first_sample + row), and weights (may be
 * NULL) finite and >= 0. */
nn_status nni_loss_check_batch(const nn_loss *loss, const struct nni_shape *output,
                               const struct nni_shape *target, const void *values,
                               const float *weights, int64_t rows, int64_t first_sample);

/* 1 where rows without sample weights count alike: their denominator is the number of rows,
 * and their scale depends on it alone. */
int nni_loss_counts_alike(const nn_loss *loss, const struct nni_shape *target);

/* The denominator sum_r w_r c_r over all rows of a batch (long sum, in double), and
 * row_scale[r] = w_r / denominator * factor, factor being the output's weight in a model
 * with several. Returns the denominator; where it is 0 so is every row_scale. */
double nni_loss_scale_rows(const nn_loss *loss, const struct nni_kernels *kernels,
                           const struct nni_shape *output, const struct nni_shape *target,
                           const void *values, const float *weights, int64_t rows,
                           double factor, float *row_scale);

/* NN_ERROR_EMPTY where the denominator over `rows` samples is 0. */
nn_status nni_loss_check_weight(const nn_loss *loss, double denominator, int64_t rows);

/* sum_r w_r row_loss[r] as a long sum; row_loss is overwritten by the products. weights
 * may be NULL. */
double nni_loss_total(const struct nni_kernels *kernels, float *row_loss,
                      const float *weights, int64_t rows);

const struct nni_loss_type *nni_loss_type_at(int32_t index);
const struct nni_loss_type *nni_loss_type_named(const char *name);

extern const struct nni_loss_type nni_loss_mean_squared_error,
    nni_loss_mean_absolute_error, nni_loss_huber, nni_loss_binary_cross_entropy,
    nni_loss_sigmoid_cross_entropy, nni_loss_softmax_cross_entropy,
    nni_loss_output_as_loss;

#endif
