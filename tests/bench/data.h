/* The numbers that every program of the benchmark computes with. They are a function of
 * position and salt alone (in run_pytorch.py too), so that results can be compared. */
#ifndef TESTS_BENCH_DATA_H
#define TESTS_BENCH_DATA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the numbers are for. Weights and biases of layer l have the salts WEIGHTS + 2 l and
 * WEIGHTS + 2 l + 1. */
enum {
    DATA_A = 1,
    DATA_B = 2,
    DATA_INPUTS = 3,
    DATA_LABELS = 4,
    DATA_TARGETS = 5,
    DATA_CHECK = 6,
    DATA_WEIGHTS = 16
};

/* The scale of biases, and of inputs, targets and the factors of products. */
#define DATA_BIAS_SCALE 0.1f
#define DATA_SCALE      1.0f

/* Numbers in [-scale, scale). */
void data_uniform(float *values, int64_t count, uint32_t salt, float scale);

/* Labels 0 ... classes - 1. */
void data_labels(int32_t *labels, int64_t count, int32_t classes);

/* The scale of the weights of a layer with that many inputs: 1 / sqrt(inputs). */
float data_weight_scale(int64_t inputs);

/* Two numbers that tell whether two results are the same but for rounding: the sum of all
 * values, each weighted with a number of its position, and their Euclidean norm. */
void data_check(const float *values, int64_t count, double check[2]);

/* Zeros at a cache line, for free; ends the program when there is no memory. */
void *data_zeros(int64_t count, int64_t size);

#ifdef __cplusplus
}
#endif

#endif
