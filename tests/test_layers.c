/* The layers at work, but for dense and custom: values by hand, gradients by central
 * differences, in place and without gradients that nobody asks for. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <nn/layer.h>

#include "base/memory.h"
#include "support/layer_bench.h"

#include <string.h>

/* ---- activation ---- */

static void activation_agrees_with_differences(void **state)
{
    (void)state;
    const struct nni_shape matrix = matrix_of(2, 3);
    for (int32_t activation = NN_LINEAR; activation <= NN_LOG_SOFTMAX; activation++) {
        assert_layer_gradients(nn_activation(NULL, activation), 1, &matrix);
    }
}

static void activation_runs_in_place(void **state)
{
    (void)state;
    const struct nni_shape matrix = matrix_of(2, 3);
    for (int32_t activation = NN_LINEAR; activation <= NN_LOG_SOFTMAX; activation++) {
        assert_in_place(nn_activation(NULL, activation), 1, &matrix);
    }
}

static void softmax_sums_to_one_over_the_last_dimension(void **state)
{
    (void)state;
    const struct nni_shape matrix = matrix_of(2, 3);
    struct bench bench;
    bench_open(&bench, nn_activation(NULL, NN_SOFTMAX), 2, 1, &matrix);
    bench_forward(&bench);
    for (int32_t row = 0; row < 4; row++) {
        const float *y = bench.output + 3 * row;
        const float one = 1;
        const float sum = y[0] + y[1] + y[2];
        assert_floats(&sum, &one, 1);
    }
    bench_close(&bench);
}

static void alpha_is_the_slope_of_leaky_relu(void **state)
{
    (void)state;
    const struct nni_shape two = vector_of(2);
    const float x[2] = {-2, 3};
    struct bench bench;
    bench_open(&bench, nn_activation(NULL, NN_LEAKY_RELU), 1, 1, &two);
    bench_set(bench.input[0], 2, x);
    bench_forward(&bench);
    const float usual[2] = {-0.02f, 3};
    assert_floats(bench.output, usual, 2);
    assert_int_equal(nn_layer_set_float(bench.layer, "alpha", 0.5), NN_OK);
    bench_forward(&bench);
    const float half[2] = {-1, 3};
    assert_floats(bench.output, half, 2);
    bench_close(&bench);
}

/* ---- dropout ---- */

static void dropout_copies_in_inference_and_at_rate_zero(void **state)
{
    (void)state;
    const struct nni_shape shape = vector_of(10);
    struct bench bench;
    bench_open(&bench, nn_dropout(NULL, 0.5), 3, 1, &shape);
    bench.call.training = 0;
    bench_forward(&bench);
    assert_equal_bits(bench.output, bench.input[0], 30);
    bench_backward(&bench);
    assert_equal_bits(bench.input_gradients[0], bench.output_gradient, 30);
    bench_close(&bench);
    bench_open(&bench, nn_dropout(NULL, 0), 3, 1, &shape);
    bench_forward(&bench);
    assert_equal_bits(bench.output, bench.input[0], 30);
    bench_close(&bench);
}

static void dropout_zeroes_about_the_rate_and_scales_the_rest(void **state)
{
    (void)state;
    const struct nni_shape shape = vector_of(1000);
    struct bench bench;
    bench_open(&bench, nn_dropout(NULL, 0.25), 4, 1, &shape);
    bench_forward(&bench);
    int32_t zeros = 0;
    for (int32_t i = 0; i < 4000; i++) {
        const float kept = bench.input[0][i] * (float)(1 / 0.75);
        zeros += bench.output[i] == 0;
        assert_true(bench.output[i] == 0 || bench.output[i] == kept);
    }
    assert_in_range(zeros, 850, 1150);
    bench_close(&bench);
}

static void dropout_masks_the_gradient_as_the_values(void **state)
{
    (void)state;
    const struct nni_shape shape = vector_of(11);
    struct bench bench;
    bench_open(&bench, nn_dropout(NULL, 0.5), 5, 1, &shape);
    bench_forward(&bench);
    bench_backward(&bench);
    for (int32_t i = 0; i < 55; i++) {
        const float expected = bench.output[i] == 0 ? 0 : 2 * bench.output_gradient[i];
        assert_floats(&bench.input_gradients[0][i], &expected, 1);
    }
    bench_close(&bench);
    assert_layer_gradients(nn_dropout(NULL, 0.3), 1, &shape);
    assert_in_place(nn_dropout(NULL, 0.3), 1, &shape);
}

static void dropout_masks_do_not_depend_on_how_rows_are_grouped(void **state)
{
    (void)state;
    const struct nni_shape shape = vector_of(7);
    struct bench bench;
    bench_open(&bench, nn_dropout(NULL, 0.5), 6, 1, &shape);
    bench_forward(&bench);
    float *whole = bench_floats();
    bench_set(whole, 42, bench.output);
    bench.call.rows = 5;
    bench.call.first_row = 1;
    bench.inputs[0] = bench.input[0] + 7;
    bench.call.output = bench.output + 7;
    bench_forward(&bench);
    assert_equal_bits(bench.output, whole, 42);
    nni_free(NULL, whole);
    bench_close(&bench);
}

static void dropout_masks_follow_seed_step_and_node(void **state)
{
    (void)state;
    const struct nni_shape shape = vector_of(64);
    struct bench bench;
    bench_open(&bench, nn_dropout(NULL, 0.5), 1, 1, &shape);
    bench_forward(&bench);
    float *first = bench_floats();
    bench_set(first, 64, bench.output);
    bench.call.seed++;
    bench_forward(&bench);
    assert_memory_not_equal(bench.output, first, 256);
    bench.call.seed--;
    bench.call.step++;
    bench_forward(&bench);
    assert_memory_not_equal(bench.output, first, 256);
    bench.call.step--;
    bench.call.node++;
    bench_forward(&bench);
    assert_memory_not_equal(bench.output, first, 256);
    bench.call.node--;
    bench_forward(&bench);
    assert_equal_bits(bench.output, first, 64);
    nni_free(NULL, first);
    bench_close(&bench);
}

/* ---- rescale and standardize ---- */

static void rescale_takes_every_dtype(void **state)
{
    (void)state;
    static const uint8_t bytes[3] = {0, 10, 255};
    static const int32_t ints[3] = {-2, 10, 255};
    static const int64_t longs[3] = {-2, 10, 255};
    static const float floats[3] = {-2, 10, 255};
    const void *inputs[4] = {floats, bytes, ints, longs};
    for (int32_t dtype = NN_FLOAT32; dtype <= NN_INT64; dtype++) {
        const struct nni_shape three = shape_of(dtype, 1, 3, 0, 0);
        const float expected[3] = {dtype == NN_UINT8 ? 1 : 0, 6, 128.5f};
        struct bench bench;
        bench_open(&bench, nn_rescale(NULL, 0.5, 1), 1, 1, &three);
        bench.inputs[0] = inputs[dtype - NN_FLOAT32];
        bench_forward(&bench);
        assert_floats(bench.output, expected, 3);
        bench_close(&bench);
    }
}

static void rescale_agrees_with_differences_and_runs_in_place(void **state)
{
    (void)state;
    const struct nni_shape shape = matrix_of(2, 3);
    assert_layer_gradients(nn_rescale(NULL, -1.5, 0.25), 1, &shape);
    assert_in_place(nn_rescale(NULL, -1.5, 0.25), 1, &shape);
}

static void standardize_subtracts_and_divides(void **state)
{
    (void)state;
    const float mean[2] = {1, -1};
    const float deviation[2] = {2, 4};
    const float x[4] = {1, 3, 5, -9};
    const struct nni_shape two = vector_of(2);
    struct bench bench;
    bench_open(&bench, nn_standardize(NULL, mean, deviation, 2), 2, 1, &two);
    bench_set(bench.input[0], 4, x);
    bench_forward(&bench);
    const float each[4] = {0, 1, 2, -2};
    assert_floats(bench.output, each, 4);
    bench_close(&bench);
    bench_open(&bench, nn_standardize(NULL, mean, deviation, 1), 2, 1, &two);
    bench_set(bench.input[0], 4, x);
    bench_forward(&bench);
    const float one[4] = {0, 1, 2, -5};
    assert_floats(bench.output, one, 4);
    bench_close(&bench);
}

static void standardize_takes_integers(void **state)
{
    (void)state;
    static const uint8_t bytes[4] = {1, 3, 5, 255};
    static const int64_t longs[4] = {1, 3, 5, -9};
    const float mean[2] = {1, -1};
    const float deviation[2] = {2, 4};
    struct bench bench;
    const struct nni_shape two = shape_of(NN_UINT8, 1, 2, 0, 0);
    bench_open(&bench, nn_standardize(NULL, mean, deviation, 2), 2, 1, &two);
    bench.inputs[0] = bytes;
    bench_forward(&bench);
    const float each[4] = {0, 1, 2, 64};
    assert_floats(bench.output, each, 4);
    bench_close(&bench);
    const struct nni_shape wide = shape_of(NN_INT64, 1, 2, 0, 0);
    bench_open(&bench, nn_standardize(NULL, mean, deviation, 1), 2, 1, &wide);
    bench.inputs[0] = longs;
    bench_forward(&bench);
    const float one[4] = {0, 1, 2, -5};
    assert_floats(bench.output, one, 4);
    bench_close(&bench);
}

static void standardize_agrees_with_differences_and_runs_in_place(void **state)
{
    (void)state;
    const float mean[3] = {0.5f, -1, 0};
    const float deviation[3] = {2, 0.5f, 3};
    const struct nni_shape three = vector_of(3);
    assert_layer_gradients(nn_standardize(NULL, mean, deviation, 3), 1, &three);
    assert_layer_gradients(nn_standardize(NULL, mean, deviation, 1), 1, &three);
    assert_in_place(nn_standardize(NULL, mean, deviation, 3), 1, &three);
    assert_in_place(nn_standardize(NULL, mean, deviation, 1), 1, &three);
}

/* ---- shapes ---- */

static void flatten_and_reshape_keep_the_order_of_elements(void **state)
{
    (void)state;
    const struct nni_shape matrix = matrix_of(2, 6);
    const int64_t shape[3] = {3, 2, 2};
    for (int32_t kind = 0; kind < 2; kind++) {
        struct bench bench;
        bench_open(&bench, kind == 0 ? nn_flatten(NULL) : nn_reshape(NULL, shape, 3), 3,
                   1, &matrix);
        bench_forward(&bench);
        bench_backward(&bench);
        assert_equal_bits(bench.output, bench.input[0], 36);
        assert_equal_bits(bench.input_gradients[0], bench.output_gradient, 36);
        bench_close(&bench);
    }
    assert_in_place(nn_flatten(NULL), 1, &matrix);
    assert_in_place(nn_reshape(NULL, shape, 3), 1, &matrix);
}

static void flatten_and_reshape_pass_integers(void **state)
{
    (void)state;
    static const int64_t longs[8] = {1, -2, INT64_MAX, 4, 5, 6, 7, INT64_MIN};
    const struct nni_shape matrix = shape_of(NN_INT64, 2, 2, 2, 0);
    const int64_t four = 4;
    for (int32_t kind = 0; kind < 2; kind++) {
        struct bench bench;
        bench_open(&bench, kind == 0 ? nn_flatten(NULL) : nn_reshape(NULL, &four, 1), 2,
                   1, &matrix);
        bench.inputs[0] = longs;
        bench_forward(&bench);
        assert_memory_equal(bench.output, longs, sizeof longs);
        bench_close(&bench);
    }
}

static void concat_puts_inputs_one_after_the_other(void **state)
{
    (void)state;
    const struct nni_shape shapes[2] = {matrix_of(2, 1), matrix_of(2, 2)};
    const float a[4] = {1, 2, 3, 4};
    const float b[8] = {10, 20, 30, 40, 50, 60, 70, 80};
    struct bench bench;
    bench_open(&bench, nn_concat(NULL, -1), 2, 2, shapes);
    bench_set(bench.input[0], 4, a);
    bench_set(bench.input[1], 8, b);
    bench_forward(&bench);
    const float expected[12] = {1, 10, 20, 2, 30, 40, 3, 50, 60, 4, 70, 80};
    assert_floats(bench.output, expected, 12);
    bench_set(bench.output_gradient, 12, expected);
    bench_backward(&bench);
    assert_floats(bench.input_gradients[0], a, 4);
    assert_floats(bench.input_gradients[1], b, 8);
    bench_close(&bench);
}

static void concat_works_along_every_axis(void **state)
{
    (void)state;
    const struct nni_shape first[3] = {matrix_of(1, 3), matrix_of(2, 3), matrix_of(4, 3)};
    const struct nni_shape last[2] = {matrix_of(2, 3), matrix_of(2, 1)};
    assert_layer_gradients(nn_concat(NULL, 0), 3, first);
    assert_layer_gradients(nn_concat(NULL, 1), 2, last);
}

static void slice_takes_a_run_and_zeroes_the_rest_of_the_gradient(void **state)
{
    (void)state;
    const struct nni_shape matrix = matrix_of(3, 2);
    const float x[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    struct bench bench;
    bench_open(&bench, nn_slice(NULL, 0, 1, 1), 2, 1, &matrix);
    bench_set(bench.input[0], 12, x);
    bench_forward(&bench);
    const float expected[4] = {3, 4, 9, 10};
    assert_floats(bench.output, expected, 4);
    bench_fill(bench.input_gradients[0], 12, 1);
    bench_set(bench.output_gradient, 4, expected);
    bench_backward(&bench);
    const float gradient[12] = {0, 0, 3, 4, 0, 0, 0, 0, 9, 10, 0, 0};
    assert_floats(bench.input_gradients[0], gradient, 12);
    bench_close(&bench);
    assert_layer_gradients(nn_slice(NULL, -1, 1, 1), 1, &matrix);
}

/* ---- several inputs ---- */

static void add_sums_its_inputs(void **state)
{
    (void)state;
    const struct nni_shape shapes[3] = {vector_of(4), vector_of(4), vector_of(4)};
    struct bench bench;
    bench_open(&bench, nn_add(NULL), 2, 3, shapes);
    bench_forward(&bench);
    for (int32_t i = 0; i < 8; i++) {
        const float sum = bench.input[0][i] + bench.input[1][i] + bench.input[2][i];
        assert_floats(&bench.output[i], &sum, 1);
    }
    bench_close(&bench);
    assert_layer_gradients(nn_add(NULL), 3, shapes);
    assert_in_place(nn_add(NULL), 2, shapes);
}

static void multiply_multiplies_its_inputs(void **state)
{
    (void)state;
    const struct nni_shape shapes[3] = {vector_of(4), vector_of(4), vector_of(4)};
    struct bench bench;
    bench_open(&bench, nn_multiply(NULL), 2, 3, shapes);
    bench_forward(&bench);
    for (int32_t i = 0; i < 8; i++) {
        const float product = bench.input[0][i] * bench.input[1][i] * bench.input[2][i];
        assert_floats(&bench.output[i], &product, 1);
    }
    bench_close(&bench);
    assert_layer_gradients(nn_multiply(NULL), 2, shapes);
    assert_layer_gradients(nn_multiply(NULL), 3, shapes);
    assert_in_place(nn_multiply(NULL), 2, shapes);
}

static void an_input_used_twice_gets_a_gradient_for_each_use(void **state)
{
    (void)state;
    const struct nni_shape shapes[2] = {vector_of(4), vector_of(4)};
    struct bench bench;
    bench_open(&bench, nn_multiply(NULL), 1, 2, shapes);
    bench.inputs[1] = bench.inputs[0];
    bench_forward(&bench);
    bench_backward(&bench);
    for (int32_t i = 0; i < 4; i++) {
        const float half = bench.output_gradient[i] * bench.input[0][i];
        assert_floats(&bench.input_gradients[0][i], &half, 1);
        assert_floats(&bench.input_gradients[1][i], &half, 1);
    }
    bench_close(&bench);
}

static void matmul_multiplies_each_sample(void **state)
{
    (void)state;
    const struct nni_shape shapes[2] = {matrix_of(2, 3), matrix_of(3, 2)};
    const float a[6] = {1, 2, 3, 4, 5, 6};
    const float b[6] = {1, 0, -1, 2, 0, 1};
    struct bench bench;
    bench_open(&bench, nn_matmul(NULL, 0, 0), 2, 2, shapes);
    for (int32_t i = 0; i < 6; i++) {
        bench.input[0][i] = a[i];
        bench.input[1][i] = b[i];
        bench.input[0][6 + i] = 2 * a[i];
        bench.input[1][6 + i] = b[i];
    }
    bench_forward(&bench);
    const float expected[8] = {-1, 7, -1, 16, -2, 14, -2, 32};
    assert_floats(bench.output, expected, 8);
    bench_close(&bench);
}

static void matmul_agrees_with_differences_transposed_or_not(void **state)
{
    (void)state;
    for (int32_t flags = 0; flags < 4; flags++) {
        const int32_t ta = flags & 1;
        const int32_t tb = flags >> 1;
        const struct nni_shape shapes[2] = {ta ? matrix_of(3, 2) : matrix_of(2, 3),
                                            tb ? matrix_of(4, 3) : matrix_of(3, 4)};
        assert_layer_gradients(nn_matmul(NULL, ta, tb), 2, shapes);
    }
}

/* ---- sum and mean ---- */

static void sum_and_mean_reduce_any_axis(void **state)
{
    (void)state;
    const struct nni_shape matrix = matrix_of(2, 3);
    const float x[6] = {1, 2, 3, 10, 20, 30};
    const float sums[3][3] = {{11, 22, 33}, {6, 60, 0}, {66, 0, 0}};
    const float means[3][3] = {{5.5f, 11, 16.5f}, {2, 20, 0}, {11, 0, 0}};
    const int32_t axes[3] = {0, -1, NN_ALL};
    const int32_t counts[3] = {3, 2, 1};
    for (int32_t i = 0; i < 3; i++) {
        struct bench bench;
        bench_open(&bench, nn_sum(NULL, axes[i]), 1, 1, &matrix);
        bench_set(bench.input[0], 6, x);
        bench_forward(&bench);
        assert_floats(bench.output, sums[i], counts[i]);
        bench_close(&bench);
        bench_open(&bench, nn_mean(NULL, axes[i]), 1, 1, &matrix);
        bench_set(bench.input[0], 6, x);
        bench_forward(&bench);
        assert_floats(bench.output, means[i], counts[i]);
        bench_close(&bench);
    }
}

static void sum_and_mean_agree_with_differences(void **state)
{
    (void)state;
    const struct nni_shape cube = shape_of(NN_FLOAT32, 3, 2, 3, 4);
    const int32_t axes[4] = {0, 1, 2, NN_ALL};
    for (int32_t i = 0; i < 4; i++) {
        assert_layer_gradients(nn_sum(NULL, axes[i]), 1, &cube);
        assert_layer_gradients(nn_mean(NULL, axes[i]), 1, &cube);
    }
}

/* ---- all kinds ---- */

static void null_input_gradients_are_not_written(void **state)
{
    (void)state;
    const struct nni_shape pair[2] = {matrix_of(2, 2), matrix_of(2, 2)};
    const int64_t four = 4;
    const float one = 1;
    nn_layer *layers[] = {nn_dense(NULL, 2, NN_RELU),
                          nn_activation(NULL, NN_RELU),
                          nn_dropout(NULL, 0.5),
                          nn_rescale(NULL, 2, 0),
                          nn_standardize(NULL, &one, &one, 1),
                          nn_flatten(NULL),
                          nn_reshape(NULL, &four, 1),
                          nn_slice(NULL, 0, 0, 1),
                          nn_sum(NULL, 0),
                          nn_mean(NULL, NN_ALL),
                          nn_add(NULL),
                          nn_multiply(NULL),
                          nn_concat(NULL, 0),
                          nn_matmul(NULL, 1, 0)};
    for (int32_t i = 0; i < NNI_COUNT(layers); i++) {
        struct bench bench;
        const int32_t count = layers[i]->type->min_inputs;
        bench_open(&bench, layers[i], 2, count, pair);
        bench_forward(&bench);
        float *gradients[2] = {bench.input_gradients[0], bench.input_gradients[1]};
        bench.input_gradients[0] = NULL;
        bench.input_gradients[1] = NULL;
        bench_backward(&bench);
        bench.input_gradients[0] = gradients[0];
        bench.input_gradients[1] = gradients[1];
        bench_close(&bench);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activation_agrees_with_differences),
        cmocka_unit_test(activation_runs_in_place),
        cmocka_unit_test(softmax_sums_to_one_over_the_last_dimension),
        cmocka_unit_test(alpha_is_the_slope_of_leaky_relu),
        cmocka_unit_test(dropout_copies_in_inference_and_at_rate_zero),
        cmocka_unit_test(dropout_zeroes_about_the_rate_and_scales_the_rest),
        cmocka_unit_test(dropout_masks_the_gradient_as_the_values),
        cmocka_unit_test(dropout_masks_do_not_depend_on_how_rows_are_grouped),
        cmocka_unit_test(dropout_masks_follow_seed_step_and_node),
        cmocka_unit_test(rescale_takes_every_dtype),
        cmocka_unit_test(rescale_agrees_with_differences_and_runs_in_place),
        cmocka_unit_test(standardize_subtracts_and_divides),
        cmocka_unit_test(standardize_takes_integers),
        cmocka_unit_test(standardize_agrees_with_differences_and_runs_in_place),
        cmocka_unit_test(flatten_and_reshape_keep_the_order_of_elements),
        cmocka_unit_test(flatten_and_reshape_pass_integers),
        cmocka_unit_test(concat_puts_inputs_one_after_the_other),
        cmocka_unit_test(concat_works_along_every_axis),
        cmocka_unit_test(slice_takes_a_run_and_zeroes_the_rest_of_the_gradient),
        cmocka_unit_test(add_sums_its_inputs),
        cmocka_unit_test(multiply_multiplies_its_inputs),
        cmocka_unit_test(an_input_used_twice_gets_a_gradient_for_each_use),
        cmocka_unit_test(matmul_multiplies_each_sample),
        cmocka_unit_test(matmul_agrees_with_differences_transposed_or_not),
        cmocka_unit_test(sum_and_mean_reduce_any_axis),
        cmocka_unit_test(sum_and_mean_agree_with_differences),
        cmocka_unit_test(null_input_gradients_are_not_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
