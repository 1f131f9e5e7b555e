/* The loops of the thin network: all that is not a matrix product. Compiled with everything
 * the compiler can do for this machine (see the Makefile), over several threads where there
 * are enough numbers. */
#ifndef TESTS_BENCH_THIN_LOOPS_H
#define TESTS_BENCH_THIN_LOOPS_H

#include <stdint.h>

/* z = z + bias in each row, and 0 in place of negative numbers where relu is not 0. */
void thin_add_bias(float *z, const float *bias, int64_t rows, int64_t width, int relu);

/* delta = 0 where value is not above 0 (value may be NULL: nowhere); then
 * sum = beta sum + alpha (the sum of the rows of delta). */
void thin_mask_and_sum(float *delta, const float *value, int64_t rows, int64_t width,
                       float alpha, float beta, float *sum);

/* The mean of the cross-entropy of softmax(z) and labels; its gradient into delta. */
float thin_softmax_loss(const float *z, const int32_t *labels, int64_t rows,
                        int64_t classes, float *delta);

/* The mean of (z - target)^2 of one output; its gradient into delta. */
float thin_squared_loss(const float *z, const float *targets, int64_t rows, float *delta);

/* Updates of all parameters from all gradients in one pass. */
void thin_update_momentum(float *w, const float *v, int64_t count, float rate);
void thin_update_rmsprop(float *w, const float *g, float *s, int64_t count, float rate);
void thin_update_adam(float *w, const float *g, float *m, float *v, int64_t count,
                      float rate, int64_t step);

#endif
