/* The loops of the thin network, for a compiler that vectorises (-O3 -march=native
 * -ffast-math -fopenmp). */
#include "thin_loops.h"

#include <math.h>

enum {
    LOOP_PARALLEL = 1 << 15, /* numbers from which on threads pay */
    LOOP_COLUMNS = 64 /* columns that one thread sums at a time */
};

void thin_add_bias(float *z, const float *bias, int64_t rows, int64_t width, int relu)
{
#pragma omp parallel for if (rows * width >= LOOP_PARALLEL)
    for (int64_t r = 0; r < rows; r++) {
        float *row = z + r * width;
        if (relu) {
            for (int64_t j = 0; j < width; j++)
                row[j] = fmaxf(row[j] + bias[j], 0);
        } else {
            for (int64_t j = 0; j < width; j++)
                row[j] += bias[j];
        }
    }
}

/* The same for columns `from` ... `to` - 1, at most LOOP_COLUMNS of them. */
static void thin_sum_columns(float *delta, const float *value, int64_t rows,
                             int64_t width, int64_t from, int64_t to, float *total)
{
    for (int64_t j = from; j < to; j++)
        total[j - from] = 0;
    for (int64_t r = 0; r < rows; r++) {
        float *row = delta + r * width;
        const float *kept = value == NULL ? NULL : value + r * width;
        for (int64_t j = from; kept != NULL && j < to; j++)
            row[j] = kept[j] > 0 ? row[j] : 0;
        for (int64_t j = from; j < to; j++)
            total[j - from] += row[j];
    }
}

void thin_mask_and_sum(float *delta, const float *value, int64_t rows, int64_t width,
                       float alpha, float beta, float *sum)
{
#pragma omp parallel for if (rows * width >= LOOP_PARALLEL)
    for (int64_t from = 0; from < width; from += LOOP_COLUMNS) {
        float total[LOOP_COLUMNS];
        int64_t to = from + LOOP_COLUMNS < width ? from + LOOP_COLUMNS : width;
        thin_sum_columns(delta, value, rows, width, from, to, total);
        for (int64_t j = from; j < to; j++)
            sum[j] = beta * sum[j] + alpha * total[j - from];
    }
}

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

void thin_update_momentum(float *w, const float *v, int64_t count, float rate)
{
#pragma omp parallel for simd if (parallel : count >= LOOP_PARALLEL)
    for (int64_t i = 0; i < count; i++)
        w[i] -= rate * v[i];
}

void thin_update_rmsprop(float *w, const float *g, float *s, int64_t count, float rate)
{
    const float rho = 0.99f, epsilon = 1e-8f;
#pragma omp parallel for simd if (parallel : count >= LOOP_PARALLEL)
    for (int64_t i = 0; i < count; i++) {
        s[i] = rho * s[i] + (1 - rho) * g[i] * g[i];
        w[i] -= rate * g[i] / (sqrtf(s[i]) + epsilon);
    }
}

void thin_update_adam(float *w, const float *g, float *m, float *v, int64_t count,
                      float rate, int64_t step)
{
    const float beta1 = 0.9f, beta2 = 0.999f, epsilon = 1e-8f;
    const float correction1 = 1 / (1 - powf(beta1, (float)step));
    const float correction2 = 1 / sqrtf(1 - powf(beta2, (float)step));
    const float corrected = rate * correction1;
#pragma omp parallel for simd if (parallel : count >= LOOP_PARALLEL)
    for (int64_t i = 0; i < count; i++) {
        m[i] = beta1 * m[i] + (1 - beta1) * g[i];
        v[i] = beta2 * v[i] + (1 - beta2) * g[i] * g[i];
        w[i] -= corrected * m[i] / (sqrtf(v[i]) * correction2 + epsilon);
    }
}
