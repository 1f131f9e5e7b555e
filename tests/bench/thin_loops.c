/* The loops of the thin network, for a compiler that vectorises (-O3 -march=native
 * -ffast-math -fopenmp). A parallel region costs about a microsecond even where it has one
 * thread, so that small loops are kept out of it altogether. */
#include "thin_loops.h"

#include <math.h>
#include <stddef.h>

enum {
    LOOP_PARALLEL = 1 << 15, /* numbers from which on threads pay */
    LOOP_BLOCK = 1 << 12,    /* numbers that one thread updates at a time */
    LOOP_COLUMNS = 64        /* columns that one thread sums at a time */
};

static int64_t thin_smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- bias and activation ---- */

static void thin_bias_row(float *restrict row, const float *restrict bias, int64_t width,
                          int relu)
{
    if (relu) {
        for (int64_t j = 0; j < width; j++)
            row[j] = fmaxf(row[j] + bias[j], 0);
    } else {
        for (int64_t j = 0; j < width; j++)
            row[j] += bias[j];
    }
}

void thin_add_bias(float *z, const float *bias, int64_t rows, int64_t width, int relu)
{
    if (rows * width < LOOP_PARALLEL) {
        for (int64_t r = 0; r < rows; r++)
            thin_bias_row(z + r * width, bias, width, relu);
        return;
    }
#pragma omp parallel for
    for (int64_t r = 0; r < rows; r++)
        thin_bias_row(z + r * width, bias, width, relu);
}

/* Columns `from` and the next ones, at most LOOP_COLUMNS of them. */
static void thin_sum_columns(float *restrict delta, const float *restrict value,
                             int64_t rows, int64_t width, int64_t from, float alpha,
                             float beta, float *restrict sum)
{
    float total[LOOP_COLUMNS] = {0};
    int64_t columns = thin_smaller(LOOP_COLUMNS, width - from);
    for (int64_t r = 0; r < rows; r++) {
        float *restrict row = delta + r * width + from;
        const float *restrict kept = value == NULL ? NULL : value + r * width + from;
        for (int64_t j = 0; kept != NULL && j < columns; j++)
            row[j] = kept[j] > 0 ? row[j] : 0;
        for (int64_t j = 0; j < columns; j++)
            total[j] += row[j];
    }
    for (int64_t j = 0; j < columns; j++)
        sum[from + j] = beta * sum[from + j] + alpha * total[j];
}

void thin_mask_and_sum(float *delta, const float *value, int64_t rows, int64_t width,
                       float alpha, float beta, float *sum)
{
    if (rows * width < LOOP_PARALLEL) {
        for (int64_t from = 0; from < width; from += LOOP_COLUMNS)
            thin_sum_columns(delta, value, rows, width, from, alpha, beta, sum);
        return;
    }
#pragma omp parallel for
    for (int64_t from = 0; from < width; from += LOOP_COLUMNS)
        thin_sum_columns(delta, value, rows, width, from, alpha, beta, sum);
}

/* ---- losses ---- */

/* One row; its loss. */
static float thin_softmax_row(const float *z, int32_t label, int64_t classes, float scale,
                              float *delta)
{
    float largest = z[0], total = 0;
    for (int64_t j = 1; j < classes; j++)
        largest = fmaxf(largest, z[j]);
    for (int64_t j = 0; j < classes; j++) {
        delta[j] = expf(z[j] - largest);
        total += delta[j];
    }
    for (int64_t j = 0; j < classes; j++)
        delta[j] *= scale / total;
    delta[label] -= scale;
    return logf(total) + largest - z[label];
}

float thin_softmax_loss(const float *z, const int32_t *labels, int64_t rows,
                        int64_t classes, float *delta)
{
    float loss = 0, scale = 1 / (float)rows;
    for (int64_t r = 0; r < rows; r++)
        loss += thin_softmax_row(z + r * classes, labels[r], classes, scale,
                                 delta + r * classes);
    return loss * scale;
}

float thin_squared_loss(const float *z, const float *targets, int64_t rows, float *delta)
{
    float loss = 0, scale = 1 / (float)rows;
    for (int64_t r = 0; r < rows; r++) {
        float error = z[r] - targets[r];
        loss += error * error;
        delta[r] = 2 * scale * error;
    }
    return loss * scale;
}

/* ---- updates ---- */

static void thin_momentum_range(float *restrict w, const float *restrict v, int64_t count,
                                float rate)
{
    for (int64_t i = 0; i < count; i++)
        w[i] -= rate * v[i];
}

void thin_update_momentum(float *w, const float *v, int64_t count, float rate)
{
    if (count < LOOP_PARALLEL) {
        thin_momentum_range(w, v, count, rate);
        return;
    }
#pragma omp parallel for
    for (int64_t i = 0; i < count; i += LOOP_BLOCK)
        thin_momentum_range(w + i, v + i, thin_smaller(LOOP_BLOCK, count - i), rate);
}

static void thin_rmsprop_range(float *restrict w, const float *restrict g,
                               float *restrict s, int64_t count, float rate)
{
    const float rho = 0.99f, epsilon = 1e-8f;
    for (int64_t i = 0; i < count; i++) {
        s[i] = rho * s[i] + (1 - rho) * g[i] * g[i];
        w[i] -= rate * g[i] / (sqrtf(s[i]) + epsilon);
    }
}

void thin_update_rmsprop(float *w, const float *g, float *s, int64_t count, float rate)
{
    if (count < LOOP_PARALLEL) {
        thin_rmsprop_range(w, g, s, count, rate);
        return;
    }
#pragma omp parallel for
    for (int64_t i = 0; i < count; i += LOOP_BLOCK)
        thin_rmsprop_range(w + i, g + i, s + i, thin_smaller(LOOP_BLOCK, count - i),
                           rate);
}

/* rate is already divided by 1 - beta1^t; root is 1 / sqrt(1 - beta2^t). */
static void thin_adam_range(float *restrict w, const float *restrict g, float *restrict m,
                            float *restrict v, int64_t count, float rate, float root)
{
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    for (int64_t i = 0; i < count; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        w[i] -= rate * m[i] / (sqrtf(v[i]) * root + epsilon);
    }
}

void thin_update_adam(float *w, const float *g, float *m, float *v, int64_t count,
                      float rate, int64_t step)
{
    rate /= 1 - powf(0.9f, (float)step);
    float root = 1 / sqrtf(1 - powf(0.999f, (float)step));
    if (count < LOOP_PARALLEL) {
        thin_adam_range(w, g, m, v, count, rate, root);
        return;
    }
#pragma omp parallel for
    for (int64_t i = 0; i < count; i += LOOP_BLOCK)
        thin_adam_range(w + i, g + i, m + i, v + i, thin_smaller(LOOP_BLOCK, count - i),
                        rate, root);
}
