/* The bench for layers; see layer_bench.h. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "layer_bench.h"

#include "base/memory.h"

#include <math.h>
#include <string.h>

float *bench_floats(void)
{
    float *memory = nni_alloc(NULL, BENCH_FLOATS, sizeof(float));
    assert_non_null(memory);
    return memory;
}

/* Numbers between -1 and 1 that are neither equal nor near 0. */
void bench_fill(float *values, int64_t count, int32_t salt)
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t mixed = (i * 37 + salt * 101 + 13) % 97;
        values[i] = ((float)mixed + 3.0f) / 100.0f * ((mixed & 1) ? 1.0f : -1.0f);
    }
}

static int64_t bench_input_count(const struct bench *bench, int32_t input)
{
    return bench->call.rows * nni_shape_count(&bench->shapes[input]);
}

int64_t bench_output_count(const struct bench *bench)
{
    return bench->call.rows * nni_shape_count(&bench->infer.output);
}

static int64_t bench_parameter_count(const struct bench *bench, int32_t parameter)
{
    return nni_shape_count(&bench->infer.parameters[parameter].shape);
}

/* Scratch as the layer asks for it, exactly, so that a sanitizer sees what goes past it. */
static void bench_prepare(struct bench *bench)
{
    const struct nni_layer_type *type = bench->layer->type;
    const size_t bytes =
        type->scratch == NULL
            ? 0
            : type->scratch(bench->layer, &bench->infer, bench->call.context,
                            bench->call.kernels, bench->call.rows, 1);
    nni_free(NULL, bench->call.scratch);
    bench->call.scratch = nni_alloc(NULL, bytes, 1);
    assert_non_null(bench->call.scratch);
}

/* Takes the layer over. Inputs, parameters and the output's gradient hold numbers. */
void bench_open(struct bench *bench, nn_layer *layer, int64_t rows, int32_t count,
                const struct nni_shape *shapes)
{
    memset(bench, 0, sizeof *bench);
    assert_non_null(layer);
    bench->layer = layer;
    bench->infer.input_count = count;
    bench->infer.inputs = bench->shapes;
    memcpy(bench->shapes, shapes, (size_t)count * sizeof *shapes);
    if (layer->type->infer(layer, &bench->infer) != NN_OK) {
        fail_msg("%s", nn_last_error());
    }
    bench->call = (struct nni_call){.context = nni_context_or_default(NULL),
                                    .kernels = nni_kernels_for(NULL),
                                    .training = 1,
                                    .rows = rows,
                                    .batch_rows = rows,
                                    .input_count = count,
                                    .input_shapes = bench->shapes,
                                    .output_shape = &bench->infer.output,
                                    .inputs = bench->inputs,
                                    .parameters = bench->parameters,
                                    .seed = 5,
                                    .step = 3,
                                    .node = 2,
                                    .infer = &bench->infer,
                                    .input_gradients = bench->input_gradients,
                                    .parameter_gradients = bench->parameter_gradients};
    for (int32_t i = 0; i < count; i++) {
        bench->inputs[i] = bench->input[i] = bench_floats();
        bench->input_gradients[i] = bench_floats();
        bench_fill(bench->input[i], bench_input_count(bench, i), i);
    }
    for (int32_t i = 0; i < bench->infer.parameter_count; i++) {
        bench->parameters[i] = bench->parameter[i] = bench_floats();
        bench->parameter_gradients[i] = bench_floats();
        bench_fill(bench->parameter[i], bench_parameter_count(bench, i), i + 4);
    }
    bench->call.output = bench->output = bench_floats();
    bench->call.output_gradient = bench->output_gradient = bench_floats();
    bench_fill(bench->output_gradient, bench_output_count(bench), 9);
    bench->call.saved = bench_floats();
    bench_prepare(bench);
}

void bench_close(struct bench *bench)
{
    for (int32_t i = 0; i < bench->infer.input_count; i++) {
        nni_free(NULL, bench->input[i]);
        nni_free(NULL, bench->input_gradients[i]);
    }
    for (int32_t i = 0; i < bench->infer.parameter_count; i++) {
        nni_free(NULL, bench->parameter[i]);
        nni_free(NULL, bench->parameter_gradients[i]);
    }
    nni_free(NULL, bench->output);
    nni_free(NULL, bench->output_gradient);
    nni_free(NULL, bench->call.saved);
    nni_free(NULL, bench->call.scratch);
    nn_layer_destroy(bench->layer);
}

void bench_forward(struct bench *bench)
{
    bench->layer->type->forward(bench->layer, &bench->call);
}

void bench_backward(struct bench *bench)
{
    bench->layer->type->backward(bench->layer, &bench->call);
}

void bench_set(float *target, int32_t count, const float *values)
{
    memcpy(target, values, (size_t)count * sizeof *values);
}

/* ---- checks ---- */

struct nni_shape shape_of(int32_t dtype, int32_t rank, int64_t a, int64_t b, int64_t c)
{
    const int64_t dim[3] = {a, b, c};
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", dtype, dim, rank, 7, 1, &shape), NN_OK);
    return shape;
}

struct nni_shape vector_of(int64_t count)
{
    return shape_of(NN_FLOAT32, 1, count, 0, 0);
}

struct nni_shape matrix_of(int64_t rows, int64_t columns)
{
    return shape_of(NN_FLOAT32, 2, rows, columns, 0);
}

void assert_floats(const float *got, const float *expected, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        if (!(fabsf(got[i] - expected[i]) <= 1e-6f * (1 + fabsf(expected[i])))) {
            fail_msg("element %d: %.9g is not %.9g", (int)i, (double)got[i],
                     (double)expected[i]);
        }
    }
}

void assert_equal_bits(const void *a, const void *b, int64_t count)
{
    assert_memory_equal(a, b, (size_t)count * sizeof(float));
}

static double bench_loss(struct bench *bench)
{
    double loss = 0;
    bench_forward(bench);
    for (int64_t i = 0; i < bench_output_count(bench); i++) {
        loss += (double)bench->output_gradient[i] * (double)bench->output[i];
    }
    return loss;
}

static void assert_slopes(struct bench *bench, float *at, const float *gradient,
                          int64_t count, const char *what)
{
    const float step = 1.0f / 128;
    for (int64_t i = 0; i < count; i++) {
        const float middle = at[i];
        at[i] = middle + step;
        const double above = bench_loss(bench);
        at[i] = middle - step;
        const double below = bench_loss(bench);
        at[i] = middle;
        const double slope = (above - below) / (2 * (double)step);
        if (!(fabs(slope - (double)gradient[i]) <= 1e-3 * (1 + fabs(slope)))) {
            fail_msg("%s of %s, element %d: gradient %.6g, slope %.6g", what,
                     nn_layer_kind(bench->layer), (int)i, (double)gradient[i], slope);
        }
    }
}

/* Runs both directions and compares every gradient with central differences. */
void assert_gradients(struct bench *bench)
{
    bench_forward(bench);
    bench_backward(bench);
    for (int32_t i = 0; i < bench->infer.input_count; i++) {
        assert_slopes(bench, bench->input[i], bench->input_gradients[i],
                      bench_input_count(bench, i), "input");
    }
    for (int32_t i = 0; i < bench->infer.parameter_count; i++) {
        assert_slopes(bench, bench->parameter[i], bench->parameter_gradients[i],
                      bench_parameter_count(bench, i), "parameter");
    }
}

/* The same for a layer that is opened and closed here. */
void assert_layer_gradients(nn_layer *layer, int32_t count,
                            const struct nni_shape *shapes)
{
    struct bench bench;
    bench_open(&bench, layer, 3, count, shapes);
    assert_gradients(&bench);
    bench_close(&bench);
}

/* Forward with the output in input 0's memory gives the bits of forward beside it. */
void assert_in_place(nn_layer *layer, int32_t count, const struct nni_shape *shapes)
{
    struct bench bench;
    bench_open(&bench, layer, 3, count, shapes);
    assert_true(bench.infer.needs & NNI_IN_PLACE);
    bench_forward(&bench);
    bench.call.output = bench.input[0];
    bench_forward(&bench);
    assert_equal_bits(bench.input[0], bench.output, bench_output_count(&bench));
    bench_close(&bench);
}

/* Forward and backward on several threads and on one, bit by bit. */
void assert_thread_invariant(nn_layer *layer, int32_t count,
                             const struct nni_shape *shapes)
{
    struct bench bench;
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(context, 3), NN_OK);
    bench_open(&bench, layer, BENCH_ROWS, count, shapes);
    bench_forward(&bench);
    bench_backward(&bench);
    float *alone[2] = {bench_floats(), bench_floats()};
    float *parameter = bench_floats();
    memcpy(alone[0], bench.output, BENCH_FLOATS * sizeof(float));
    memcpy(alone[1], bench.input_gradients[0], BENCH_FLOATS * sizeof(float));
    if (bench.infer.parameter_count > 0) {
        memcpy(parameter, bench.parameter_gradients[0], BENCH_FLOATS * sizeof(float));
        memset(bench.parameter_gradients[0], 0, BENCH_FLOATS * sizeof(float));
    }
    memset(bench.output, 0, BENCH_FLOATS * sizeof(float));
    memset(bench.input_gradients[0], 0, BENCH_FLOATS * sizeof(float));
    bench.call.context = context;
    bench_prepare(&bench);
    bench_forward(&bench);
    bench_backward(&bench);
    assert_equal_bits(bench.output, alone[0], BENCH_FLOATS);
    assert_equal_bits(bench.input_gradients[0], alone[1], BENCH_FLOATS);
    if (bench.infer.parameter_count > 0) {
        assert_equal_bits(bench.parameter_gradients[0], parameter, BENCH_FLOATS);
    }
    nni_free(NULL, alone[0]);
    nni_free(NULL, alone[1]);
    nni_free(NULL, parameter);
    bench_close(&bench);
    nn_context_destroy(context);
}
