/* What losses ask of their targets: there or not, of which shape, and integers of any
 * type as one. */
#ifndef NNI_LOSSES_LOSS_TARGETS_H
#define NNI_LOSSES_LOSS_TARGETS_H

#include "losses/loss.h"

/* NN_ERROR_NULL where the kind takes targets and none are given. */
nn_status nni_loss_check_given(const nn_loss *loss, const struct nni_shape *target);

/* 1 where a target has the output's shape, () standing for (1). */
int nni_loss_same_shape(const struct nni_shape *output, const struct nni_shape *target);

/* The check of every loss whose targets are floats of the output's shape. */
nn_status nni_loss_check_float_target(const nn_loss *loss, const struct nni_shape *output,
                                      const struct nni_shape *target);

/* Scratch of the losses that keep one term for each element. */
int64_t nni_loss_one_term_each(const nn_loss *loss, const struct nni_shape *output);

/* Element `index` of integers of the dtype. */
int64_t nni_loss_label(const void *values, int32_t dtype, int64_t index);

/* NN_ERROR_DATA where one of `rows` targets of `count` floats is outside 0 ... 1 (or is
 * NaN); *row is the first such row. */
nn_status nni_loss_check_probabilities(const nn_loss *loss, const float *values,
                                       int64_t count, int64_t rows, int64_t *row);

#endif
