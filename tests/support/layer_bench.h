/* A bench for layers: one node with all its memory, so that a test can drive infer, forward
 * and backward directly with small arrays, and compare gradients with central differences
 * of the loss sum_i c_i y_i, whose gradient with respect to y is c. */
#ifndef TESTS_SUPPORT_LAYER_BENCH_H
#define TESTS_SUPPORT_LAYER_BENCH_H

#include "layers/layer.h"

enum { BENCH_FLOATS = 8192, BENCH_INPUTS = 4, BENCH_ROWS = 64 };

struct bench {
    nn_layer *layer;
    struct nni_infer infer;
    struct nni_shape shapes[BENCH_INPUTS];
    struct nni_call call;
    const void *inputs[BENCH_INPUTS];
    const float *parameters[NNI_PARAMETERS_MAX];
    float *input_gradients[BENCH_INPUTS];
    float *parameter_gradients[NNI_PARAMETERS_MAX];
    /* the same memory, to write */
    float *input[BENCH_INPUTS];
    float *parameter[NNI_PARAMETERS_MAX];
    float *output, *output_gradient;
};

/* BENCH_FLOATS zeros, for nni_free(NULL, ...). */
float *bench_floats(void);

/* Numbers between -1 and 1 that are neither equal nor near 0. */
void bench_fill(float *values, int64_t count, int32_t salt);

/* The number of floats in the output of all rows. */
int64_t bench_output_count(const struct bench *bench);

/* Takes the layer over, asks it to infer, fails the test where it refuses. Inputs,
 * parameters and the gradient of the output hold numbers. */
void bench_open(struct bench *bench, nn_layer *layer, int64_t rows, int32_t count,
                const struct nni_shape *shapes);

/* Frees everything, the layer too. */
void bench_close(struct bench *bench);

/* The layer's forward and backward. */
void bench_forward(struct bench *bench);

void bench_backward(struct bench *bench);

/* Copies numbers. */
void bench_set(float *target, int32_t count, const float *values);

/* Shapes; unused dimensions are ignored. */
struct nni_shape shape_of(int32_t dtype, int32_t rank, int64_t a, int64_t b, int64_t c);
struct nni_shape vector_of(int64_t count);
struct nni_shape matrix_of(int64_t rows, int64_t columns);

/* Equal but for rounding. */
void assert_floats(const float *got, const float *expected, int64_t count);

/* Equal floats, bit by bit. */
void assert_equal_bits(const void *a, const void *b, int64_t count);

/* Runs both directions and compares every gradient with central differences. */
void assert_gradients(struct bench *bench);

/* The same for a layer that is opened and closed here. */
void assert_layer_gradients(nn_layer *layer, int32_t count,
                            const struct nni_shape *shapes);

/* Forward with the output in input 0's memory gives the bits of forward beside it. */
void assert_in_place(nn_layer *layer, int32_t count, const struct nni_shape *shapes);

/* Forward and backward on several threads give the bits of one. */
void assert_thread_invariant(nn_layer *layer, int32_t count,
                             const struct nni_shape *shapes);

#endif
