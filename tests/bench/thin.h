/* A network of dense layers written by hand on top of a BLAS, with nothing that the
 * arithmetic does not need: the peer that is hardest to beat. */
#ifndef TESTS_BENCH_THIN_H
#define TESTS_BENCH_THIN_H

#include "runner.h"

struct thin {
    int32_t layers;
    int64_t width[RUNNER_WIDTHS]; /* width[0] inputs, width[l + 1] outputs of layer l */
    enum runner_optimizer optimizer;
    float rate;
    int ways; /* how one row is multiplied (blas.h) */
    int64_t parameter_count;
    float *parameters;     /* weight and bias of layer 0, then of layer 1, ... */
    float *gradients;      /* in the same places; the velocity of momentum; not for SGD */
    float *first, *second; /* moments, likewise */
    int64_t step;
    float *weight[RUNNER_WIDTHS], *bias[RUNNER_WIDTHS];
    float *weight_gradient[RUNNER_WIDTHS], *bias_gradient[RUNNER_WIDTHS];
    float *value[RUNNER_WIDTHS]; /* (rows, width[l + 1]) of layer l */
    float *delta[RUNNER_WIDTHS]; /* dJ/dz, likewise */
};

/* A network for at most so many rows; weights as data.h says. training is 0 for inference. */
struct thin *thin_create(const struct runner_task *task, int64_t rows, int training);
void thin_destroy(struct thin *thin);

/* Computes the outputs (rows, outputs), which belong to the network. */
const float *thin_forward(struct thin *thin, const float *inputs, int64_t rows);

/* One step; the loss before it. labels for several outputs, targets for one. */
float thin_step(struct thin *thin, const float *inputs, const int32_t *labels,
                const float *targets, int64_t rows);

#endif
