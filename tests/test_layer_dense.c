/* The dense layer at work: values and gradients by hand, by central differences, in
 * micro-batches and without what training keeps. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <nn/layer.h>

#include "base/memory.h"
#include "support/layer_bench.h"

#include <string.h>

static const float dense_x[4] = {1, 2, -3, 4};
static const float dense_w[6] = {1, 0, -1, 2, 1, 3};
static const float dense_b[3] = {0.5f, -10, 0};

static void bench_open_dense(struct bench *bench, nn_layer *layer)
{
    const struct nni_shape two = vector_of(2);
    bench_open(bench, layer, 2, 1, &two);
    bench_set(bench->input[0], 4, dense_x);
    bench_set(bench->parameter[0], 6, dense_w);
    if (bench->infer.parameter_count > 1) {
        bench_set(bench->parameter[1], 3, dense_b);
    }
}

static void dense_multiplies_adds_the_bias_and_applies_the_activation(void **state)
{
    (void)state;
    struct bench bench;
    bench_open_dense(&bench, nn_dense(NULL, 3, NN_LINEAR));
    bench_forward(&bench);
    const float linear[6] = {5.5f, -8, 5, 5.5f, -6, 15};
    assert_floats(bench.output, linear, 6);
    bench_close(&bench);
    bench_open_dense(&bench, nn_dense(NULL, 3, NN_RELU));
    bench_forward(&bench);
    const float relu[6] = {5.5f, 0, 5, 5.5f, 0, 15};
    assert_floats(bench.output, relu, 6);
    bench_close(&bench);
}

static void dense_without_a_bias_starts_from_zero(void **state)
{
    (void)state;
    struct bench bench;
    nn_layer *layer = nn_dense(NULL, 3, NN_LINEAR);
    assert_int_equal(nn_layer_set_int(layer, "bias", 0), NN_OK);
    bench_open_dense(&bench, layer);
    assert_int_equal(bench.infer.parameter_count, 1);
    bench_forward(&bench);
    const float expected[6] = {5, 2, 5, 5, 4, 15};
    assert_floats(bench.output, expected, 6);
    bench_backward(&bench);
    bench_close(&bench);
}

static void dense_gives_the_three_gradients(void **state)
{
    (void)state;
    struct bench bench;
    bench_open_dense(&bench, nn_dense(NULL, 3, NN_RELU));
    const float dy[6] = {1, 7, 2, -1, 5, 3}; /* the second unit is off: its dz is 0 */
    const float weight[6] = {4, 0, -7, -2, 0, 16};
    const float bias[3] = {0, 0, 5};
    const float input[4] = {-1, 8, -4, 7};
    bench_set(bench.output_gradient, 6, dy);
    bench_forward(&bench);
    bench_backward(&bench);
    assert_floats(bench.parameter_gradients[0], weight, 6);
    assert_floats(bench.parameter_gradients[1], bias, 3);
    assert_floats(bench.input_gradients[0], input, 4);
    assert_equal_bits(bench.output_gradient, dy, 6);
    bench_close(&bench);
}

static void dense_adds_to_parameter_gradients_when_it_accumulates(void **state)
{
    (void)state;
    struct bench bench;
    bench_open_dense(&bench, nn_dense(NULL, 3, NN_LINEAR));
    bench_forward(&bench);
    for (int32_t i = 0; i < 6; i++) {
        bench.parameter_gradients[0][i] = 100;
        bench.output_gradient[i] = 1;
    }
    bench.parameter_gradients[1][0] = 50;
    bench.call.accumulate = 1;
    bench_backward(&bench);
    const float weight[6] = {98, 98, 98, 106, 106, 106};
    const float bias[3] = {52, 2, 2};
    assert_floats(bench.parameter_gradients[0], weight, 6);
    assert_floats(bench.parameter_gradients[1], bias, 3);
    bench.call.accumulate = 0;
    bench_backward(&bench);
    const float fresh[3] = {2, 2, 2};
    assert_floats(bench.parameter_gradients[1], fresh, 3);
    bench_close(&bench);
}

static void dense_skips_gradients_that_nobody_asks_for(void **state)
{
    (void)state;
    struct bench bench;
    bench_open_dense(&bench, nn_dense(NULL, 3, NN_TANH));
    float *kept[3] = {bench.input_gradients[0], bench.parameter_gradients[0],
                      bench.parameter_gradients[1]};
    bench_forward(&bench);
    bench.input_gradients[0] = NULL;
    bench.parameter_gradients[0] = NULL;
    bench.parameter_gradients[1] = NULL;
    bench_backward(&bench);
    bench.input_gradients[0] = kept[0];
    bench.parameter_gradients[0] = kept[1];
    bench.parameter_gradients[1] = kept[2];
    bench_close(&bench);
}

static void dense_treats_leading_dimensions_as_samples(void **state)
{
    (void)state;
    struct bench flat, deep;
    const struct nni_shape two = vector_of(2);
    const struct nni_shape rows = matrix_of(3, 2);
    bench_open(&flat, nn_dense(NULL, 4, NN_SOFTMAX), 6, 1, &two);
    bench_open(&deep, nn_dense(NULL, 4, NN_SOFTMAX), 2, 1, &rows);
    bench_forward(&flat);
    bench_backward(&flat);
    bench_forward(&deep);
    bench_backward(&deep);
    assert_equal_bits(deep.output, flat.output, 24);
    assert_equal_bits(deep.parameter_gradients[0], flat.parameter_gradients[0], 8);
    assert_equal_bits(deep.parameter_gradients[1], flat.parameter_gradients[1], 4);
    assert_equal_bits(deep.input_gradients[0], flat.input_gradients[0], 12);
    bench_close(&flat);
    bench_close(&deep);
}

static void dense_agrees_with_differences_for_every_activation(void **state)
{
    (void)state;
    const struct nni_shape four = vector_of(4);
    for (int32_t activation = NN_LINEAR; activation <= NN_LOG_SOFTMAX; activation++) {
        assert_layer_gradients(nn_dense(NULL, 5, activation), 1, &four);
    }
}

static void dense_runs_without_saved_memory_in_inference(void **state)
{
    (void)state;
    const struct nni_shape four = vector_of(4);
    struct bench bench;
    bench_open(&bench, nn_dense(NULL, 5, NN_GELU), 3, 1, &four);
    bench_forward(&bench);
    float *trained = bench_floats();
    memcpy(trained, bench.output, BENCH_FLOATS * sizeof(float));
    float *saved = bench.call.saved;
    bench.call.saved = NULL;
    bench.call.training = 0;
    bench_forward(&bench);
    assert_equal_bits(bench.output, trained, 15);
    bench.call.saved = saved;
    nni_free(NULL, trained);
    bench_close(&bench);
}

/* Gradients of `rows` samples at once and of the first `cut` and the others in turn. */
static void assert_micro_batches_agree(int64_t units, int64_t rows, int64_t cut)
{
    const struct nni_shape four = vector_of(4);
    struct bench bench;
    bench_open(&bench, nn_dense(NULL, units, NN_LINEAR), rows, 1, &four);
    bench_forward(&bench);
    bench_backward(&bench);
    float *whole[3] = {bench_floats(), bench_floats(), bench_floats()};
    bench_set(whole[0], (int32_t)(4 * units), bench.parameter_gradients[0]);
    bench_set(whole[1], (int32_t)units, bench.parameter_gradients[1]);
    bench_set(whole[2], (int32_t)(4 * rows), bench.input_gradients[0]);
    bench.call.rows = cut;
    bench_backward(&bench);
    assert_equal_bits(bench.input_gradients[0], whole[2], 4 * cut);
    bench.call.rows = rows - cut;
    bench.call.accumulate = 1;
    bench.inputs[0] = bench.input[0] + cut * 4;
    bench.call.output_gradient = bench.output_gradient + cut * units;
    bench_backward(&bench);
    assert_equal_bits(bench.parameter_gradients[0], whole[0], 4 * units);
    assert_equal_bits(bench.parameter_gradients[1], whole[1], units);
    assert_equal_bits(bench.input_gradients[0], whole[2] + 4 * cut, 4 * (rows - cut));
    for (int32_t i = 0; i < NNI_COUNT(whole); i++) {
        nni_free(NULL, whole[i]);
    }
    bench_close(&bench);
}

static void dense_in_micro_batches_gives_the_bits_of_one_batch(void **state)
{
    (void)state;
    assert_micro_batches_agree(5, 7, 3);
    assert_micro_batches_agree(20, 40, 13);
    assert_micro_batches_agree(3, 160, 80); /* long and narrow: lanes elsewhere */
    assert_micro_batches_agree(70, 8, 3);   /* few rows: the input's gradient in lanes */
    assert_micro_batches_agree(70, 9, 5);   /* not quite as few */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_multiplies_adds_the_bias_and_applies_the_activation),
        cmocka_unit_test(dense_without_a_bias_starts_from_zero),
        cmocka_unit_test(dense_gives_the_three_gradients),
        cmocka_unit_test(dense_adds_to_parameter_gradients_when_it_accumulates),
        cmocka_unit_test(dense_skips_gradients_that_nobody_asks_for),
        cmocka_unit_test(dense_treats_leading_dimensions_as_samples),
        cmocka_unit_test(dense_agrees_with_differences_for_every_activation),
        cmocka_unit_test(dense_runs_without_saved_memory_in_inference),
        cmocka_unit_test(dense_in_micro_batches_gives_the_bits_of_one_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
