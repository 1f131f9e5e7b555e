/* Values and gradients of the losses: by hand, by finite differences, at extremes, and
 * the same for every number of threads and instruction set. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/tensors.h"

#include <nn/context.h>
#include <nn/loss.h>

#include <math.h>
#include <string.h>

#define LN2 0.69314718055994531

static void assert_near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance)) {
        fail_msg("%.9g is not %.9g", actual, expected);
    }
}

/* What a loss is evaluated on. Targets and weights may be NULL. */
struct batch {
    nn_tensor *outputs, *targets, *weights;
};

static void destroy_batch(struct batch *batch)
{
    nn_tensor_destroy(batch->outputs);
    nn_tensor_destroy(batch->targets);
    nn_tensor_destroy(batch->weights);
}

static double value_of(const nn_loss *loss, const struct batch *batch)
{
    double value = -1;
    assert_int_equal(nn_loss_evaluate(loss, batch->outputs, batch->targets,
                                      batch->weights, NULL, &value),
                     NN_OK);
    return value;
}

static nn_tensor *gradient_of(const nn_loss *loss, const struct batch *batch,
                              double *value)
{
    nn_tensor *gradient =
        nn_tensor_create(NULL, NN_FLOAT32, nn_tensor_shape(batch->outputs),
                         nn_tensor_rank(batch->outputs));
    assert_non_null(gradient);
    assert_int_equal(nn_loss_evaluate(loss, batch->outputs, batch->targets,
                                      batch->weights, gradient, value),
                     NN_OK);
    return gradient;
}

/* Value and gradient of a loss, which is destroyed, against expected ones. */
static void check_by_hand(nn_loss *loss, struct batch batch, double value,
                          const double *gradient)
{
    assert_non_null(loss);
    double got;
    nn_tensor *slopes = gradient_of(loss, &batch, &got);
    assert_near(got, value, 1e-6 * fmax(1, fabs(value)));
    assert_near(value_of(loss, &batch), got, 0);
    for (int64_t i = 0; i < nn_tensor_count(slopes); i++) {
        assert_near((double)nn_tensor_floats(slopes)[i], gradient[i],
                    1e-6 * fmax(1, fabs(gradient[i])));
    }
    nn_tensor_destroy(slopes);
    nn_loss_destroy(loss);
    destroy_batch(&batch);
}

static struct batch regression(nn_tensor *weights)
{
    const double outputs[] = {1, 2, 3, 5}, targets[] = {0, 2, 1, 1};
    return (struct batch){tensor_of_rows(2, 2, outputs), tensor_of_rows(2, 2, targets),
                          weights};
}

static void mean_squared_error_is_the_mean_of_squares(void **state)
{
    (void)state;
    /* l = (1 + 0) / 2 and (4 + 16) / 2 */
    check_by_hand(nn_mean_squared_error(NULL), regression(NULL), 5.25,
                  (const double[]){0.5, 0, 1, 2});
}

static void mean_absolute_error_has_slope_zero_where_equal(void **state)
{
    (void)state;
    check_by_hand(nn_mean_absolute_error(NULL), regression(NULL), 1.75,
                  (const double[]){0.25, 0, 0.25, 0.25});
}

static void huber_is_square_near_and_straight_far(void **state)
{
    (void)state;
    /* delta 2: h(1) = 1/2, h(0) = 0, h(2) = 2, h(4) = 2 (4 - 1) */
    check_by_hand(nn_huber(NULL, 2), regression(NULL), 8.5 / 4,
                  (const double[]){0.25, 0, 0.5, 0.5});
}

static void output_as_loss_is_the_mean_of_outputs(void **state)
{
    (void)state;
    const double outputs[] = {1, 2, 3, 6};
    const struct batch batch = {tensor_of_rows(2, 2, outputs), NULL, NULL};
    check_by_hand(nn_output_as_loss(NULL), batch, 3,
                  (const double[]){.25, .25, .25, .25});
}

static void sample_weights_make_a_weighted_mean(void **state)
{
    (void)state;
    const double weights[] = {3, 1};
    check_by_hand(nn_mean_squared_error(NULL), regression(tensor_of_row(2, weights)),
                  (3 * 0.5 + 10) / 4, (const double[]){0.75, 0, 0.5, 1});
}

static void binary_cross_entropy_takes_probabilities(void **state)
{
    (void)state;
    const double outputs[] = {0.5, 0.25}, targets[] = {1, 0};
    const struct batch batch = {tensor_of_rows(2, 1, outputs),
                                tensor_of_rows(2, 1, targets), NULL};
    check_by_hand(nn_binary_cross_entropy(NULL), batch, (LN2 - log(0.75)) / 2,
                  (const double[]){-1, 2.0 / 3});
}

static void binary_cross_entropy_bounds_its_logarithms(void **state)
{
    (void)state;
    const double outputs[] = {0, 1}, targets[] = {1, 0};
    const struct batch batch = {tensor_of_rows(2, 1, outputs),
                                tensor_of_rows(2, 1, targets), NULL};
    check_by_hand(nn_binary_cross_entropy(NULL), batch, 100,
                  (const double[]){-0.5e12, 0.5e12});
}

static void sigmoid_cross_entropy_takes_logits(void **state)
{
    (void)state;
    const double outputs[] = {0, 2}, targets[] = {1, 0};
    const struct batch batch = {tensor_of_rows(1, 2, outputs),
                                tensor_of_rows(1, 2, targets), NULL};
    check_by_hand(nn_sigmoid_cross_entropy(NULL), batch, (LN2 + 2 + log1p(exp(-2))) / 2,
                  (const double[]){-0.25, 0.5 / (1 + exp(-2))});
}

static void sigmoid_cross_entropy_keeps_digits_of_sure_outputs(void **state)
{
    (void)state;
    const double outputs[] = {20, -20}, targets[] = {1, 0};
    struct batch batch = {tensor_of_rows(1, 2, outputs), tensor_of_rows(1, 2, targets),
                          NULL};
    nn_loss *loss = nn_sigmoid_cross_entropy(NULL);
    double value;
    nn_tensor *gradient = gradient_of(loss, &batch, &value);
    const double p = exp(-20) / (1 + exp(-20));
    assert_near(value, log1p(exp(-20)), 1e-6 * exp(-20));
    assert_near((double)nn_tensor_floats(gradient)[0], -p / 2, 1e-6 * p);
    assert_near((double)nn_tensor_floats(gradient)[1], p / 2, 1e-6 * p);
    nn_tensor_destroy(gradient);
    nn_loss_destroy(loss);
    destroy_batch(&batch);
}

static void class_weights_of_binary_losses_weight_elements(void **state)
{
    (void)state;
    const double outputs[] = {0, 0}, targets[] = {1, 0};
    const float weights[] = {1, 3};
    const struct batch batch = {tensor_of_rows(2, 1, outputs),
                                tensor_of_rows(2, 1, targets), NULL};
    nn_loss *loss = nn_sigmoid_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_floats(loss, "class_weights", weights, 2), NN_OK);
    check_by_hand(loss, batch, LN2, (const double[]){-0.375, 0.125});
}

static struct batch classes(nn_tensor *weights)
{
    const double outputs[] = {0, 0, 0, 0, 0, LN2}, labels[] = {1, 2};
    const int64_t two[] = {2};
    return (struct batch){tensor_of_rows(2, 3, outputs),
                          tensor_of(NN_INT32, 1, two, labels), weights};
}

static void softmax_cross_entropy_takes_labels(void **state)
{
    (void)state;
    /* p = (1/3, 1/3, 1/3) and (1/4, 1/4, 1/2) */
    check_by_hand(nn_softmax_cross_entropy(NULL), classes(NULL), (log(3) + LN2) / 2,
                  (const double[]){1.0 / 6, -1.0 / 3, 1.0 / 6, 0.125, 0.125, -0.25});
}

static void softmax_cross_entropy_takes_probabilities(void **state)
{
    (void)state;
    const double outputs[] = {0, 0, LN2}, targets[] = {0.5, 0, 0.5};
    const struct batch batch = {tensor_of_rows(1, 3, outputs),
                                tensor_of_rows(1, 3, targets), NULL};
    check_by_hand(nn_softmax_cross_entropy(NULL), batch, 1.5 * LN2,
                  (const double[]){-0.25, 0.25, 0});
}

static void class_weights_divide_by_their_sum(void **state)
{
    (void)state;
    const float weights[] = {1, 1, 3};
    nn_loss *loss = nn_softmax_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_floats(loss, "class_weights", weights, 3), NN_OK);
    check_by_hand(
        loss, classes(NULL), (log(3) + 3 * LN2) / 4,
        (const double[]){1.0 / 12, -1.0 / 6, 1.0 / 12, 3.0 / 16, 3.0 / 16, -3.0 / 8});
}

static void class_and_sample_weights_multiply(void **state)
{
    (void)state;
    const double samples[] = {2, 1};
    const float weights[] = {1, 1, 3};
    nn_loss *loss = nn_softmax_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_floats(loss, "class_weights", weights, 3), NN_OK);
    check_by_hand(loss, classes(tensor_of_row(2, samples)), (2 * log(3) + 3 * LN2) / 5,
                  (const double[]){2.0 / 15, -4.0 / 15, 2.0 / 15, 0.15, 0.15, -0.3});
}

static void label_smoothing_mixes_in_the_uniform(void **state)
{
    (void)state;
    const double outputs[] = {0, LN2};
    const double label[] = {1};
    const int64_t one[] = {1};
    const struct batch batch = {tensor_of_rows(1, 2, outputs),
                                tensor_of(NN_UINT8, 1, one, label), NULL};
    nn_loss *loss = nn_softmax_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_float(loss, "label_smoothing", 0.5), NN_OK);
    check_by_hand(loss, batch, 0.25 * log(3) + 0.75 * log(1.5),
                  (const double[]){1.0 / 3 - 0.25, 2.0 / 3 - 0.75});
}

static void positions_of_a_sample_are_averaged(void **state)
{
    (void)state;
    const double outputs[] = {0, 0, 0, 0, 0, LN2}, labels[] = {1, 2};
    const int64_t shape[] = {1, 2, 3}, label_shape[] = {1, 2};
    const struct batch batch = {tensor_of(NN_FLOAT32, 3, shape, outputs),
                                tensor_of(NN_INT64, 2, label_shape, labels), NULL};
    check_by_hand(nn_softmax_cross_entropy(NULL), batch, (log(3) + LN2) / 2,
                  (const double[]){1.0 / 6, -1.0 / 3, 1.0 / 6, 0.125, 0.125, -0.25});
}

/* ---- finite differences ---- */

enum { SLOPE_ROWS = 3, SLOPE_COLUMNS = 5 };

/* J's slope along each output against central differences of J itself. */
static void check_slopes(const nn_loss *loss, const struct batch *batch)
{
    double value;
    nn_tensor *gradient = gradient_of(loss, batch, &value);
    float *outputs = nn_tensor_floats(batch->outputs);
    for (int64_t i = 0; i < nn_tensor_count(gradient); i++) {
        const float here = outputs[i], h = 1.0f / 256;
        outputs[i] = here + h;
        const double above = value_of(loss, batch);
        outputs[i] = here - h;
        const double below = value_of(loss, batch);
        outputs[i] = here;
        assert_near((double)nn_tensor_floats(gradient)[i],
                    (above - below) / (2 * (double)h), 3e-4);
    }
    nn_tensor_destroy(gradient);
}

static void slopes_agree_with_differences(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "mean_squared_error",   "mean_absolute_error",   "huber",
        "binary_cross_entropy", "sigmoid_cross_entropy", "softmax_cross_entropy",
        "output_as_loss"};
    double outputs[SLOPE_ROWS * SLOPE_COLUMNS], targets[SLOPE_ROWS * SLOPE_COLUMNS];
    for (int i = 0; i < SLOPE_ROWS * SLOPE_COLUMNS; i++) {
        outputs[i] = (i * 7 % 13 + 6) / 24.0; /* never within 1/96 of a kink */
        targets[i] = (i * 5 % 11) / 16.0 + 1.0 / 32;
    }
    const double weights[SLOPE_ROWS] = {1, 0.25, 3};
    const float classes5[] = {1, 0.5f, 0, 2, 1}, classes2[] = {0.5f, 2};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const int softmax = strstr(kinds[k], "softmax") != NULL;
        const int binary = !softmax && strstr(kinds[k], "entropy") != NULL;
        struct batch batch = {tensor_of_rows(SLOPE_ROWS, SLOPE_COLUMNS, outputs),
                              tensor_of_rows(SLOPE_ROWS, SLOPE_COLUMNS, targets),
                              tensor_of_row(SLOPE_ROWS, weights)};
        if (strcmp(kinds[k], "output_as_loss") == 0) {
            nn_tensor_destroy(batch.targets);
            batch.targets = NULL;
        }
        nn_loss *loss = nn_loss_create(NULL, kinds[k]);
        assert_non_null(loss);
        if (strcmp(kinds[k], "huber") == 0) {
            assert_int_equal(nn_loss_set_float(loss, "delta", 7.0 / 24), NN_OK);
        }
        check_slopes(loss, &batch);
        if (softmax || binary) {
            assert_int_equal(nn_loss_set_floats(loss, "class_weights",
                                                softmax ? classes5 : classes2,
                                                softmax ? 5 : 2),
                             NN_OK);
            check_slopes(loss, &batch);
        }
        if (softmax) {
            assert_int_equal(nn_loss_set_float(loss, "label_smoothing", 0.2), NN_OK);
            check_slopes(loss, &batch);
        }
        nn_loss_destroy(loss);
        destroy_batch(&batch);
    }
}

/* ---- extremes ---- */

static void assert_finite(nn_loss *loss, struct batch batch)
{
    double value;
    nn_tensor *gradient = gradient_of(loss, &batch, &value);
    assert_true(isfinite(value));
    for (int64_t i = 0; i < nn_tensor_count(gradient); i++) {
        assert_true(isfinite(nn_tensor_floats(gradient)[i]));
    }
    nn_tensor_destroy(gradient);
    nn_loss_destroy(loss);
    destroy_batch(&batch);
}

static void large_logits_stay_finite(void **state)
{
    (void)state;
    const double outputs[] = {1e4, -1e4, 1e4, -1e4}, targets[] = {1, 1, 0, 0};
    const double labels[] = {0, 0};
    const int64_t two[] = {2};
    const struct batch binary = {tensor_of_rows(2, 2, outputs),
                                 tensor_of_rows(2, 2, targets), NULL};
    assert_finite(nn_sigmoid_cross_entropy(NULL), binary);
    const struct batch softmax = {tensor_of_rows(2, 2, outputs),
                                  tensor_of(NN_INT64, 1, two, labels), NULL};
    nn_loss *smooth = nn_softmax_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_float(smooth, "label_smoothing", 0.1), NN_OK);
    assert_finite(smooth, softmax);
    const struct batch shares = {tensor_of_rows(2, 2, outputs),
                                 tensor_of_rows(2, 2, targets), NULL};
    assert_finite(nn_softmax_cross_entropy(NULL), shares);
}

static void classes_without_target_may_be_impossible(void **state)
{
    (void)state;
    const double outputs[] = {0, -INFINITY}, targets[] = {1, 0};
    const struct batch batch = {tensor_of_rows(1, 2, outputs),
                                tensor_of_rows(1, 2, targets), NULL};
    check_by_hand(nn_softmax_cross_entropy(NULL), batch, 0, (const double[]){0, 0});
}

static void outputs_that_are_nan_give_nan_without_error(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "mean_squared_error",   "mean_absolute_error",   "huber",
        "binary_cross_entropy", "sigmoid_cross_entropy", "softmax_cross_entropy"};
    const double outputs[] = {0.5, NAN}, targets[] = {1, 0};
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct batch batch = {tensor_of_rows(1, 2, outputs),
                              tensor_of_rows(1, 2, targets), NULL};
        nn_loss *loss = nn_loss_create(NULL, kinds[k]);
        double value;
        nn_tensor *gradient = gradient_of(loss, &batch, &value);
        assert_true(isnan(value));
        assert_true(isnan(nn_tensor_floats(gradient)[1]));
        nn_tensor_destroy(gradient);
        nn_loss_destroy(loss);
        destroy_batch(&batch);
    }
}

/* ---- the same bits ---- */

enum { BITS_ROWS = 1501, BITS_COLUMNS = 37 };

/* Value and gradient computed in a context of its own. */
static double value_in_context(nn_context *context, const char *kind,
                               const struct batch *batch, nn_tensor *gradient)
{
    nn_loss *loss = nn_loss_create(context, kind);
    assert_non_null(loss);
    double value = 0;
    assert_int_equal(nn_loss_evaluate(loss, batch->outputs, batch->targets,
                                      batch->weights, gradient, &value),
                     NN_OK);
    nn_loss_destroy(loss);
    return value;
}

static void check_same_bits(const char *kind, const struct batch *batch)
{
    nn_tensor *expected = nn_tensor_clone(batch->outputs);
    nn_tensor *gradient = nn_tensor_clone(batch->outputs);
    const size_t bytes = (size_t)nn_tensor_count(gradient) * sizeof(float);
    const double value = value_in_context(NULL, kind, batch, expected);

    nn_context *threads = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(threads, 3), NN_OK);
    assert_true(value_in_context(threads, kind, batch, gradient) == value);
    assert_memory_equal(nn_tensor_data(gradient), nn_tensor_data(expected), bytes);
    nn_context_destroy(threads);

    nn_context *portable = nn_context_create(NULL);
    assert_int_equal(nn_context_set_max_isa(portable, NN_ISA_PORTABLE), NN_OK);
    assert_true(value_in_context(portable, kind, batch, gradient) == value);
    assert_memory_equal(nn_tensor_data(gradient), nn_tensor_data(expected), bytes);
    nn_context_destroy(portable);
    nn_tensor_destroy(expected);
    nn_tensor_destroy(gradient);
}

static void threads_and_instruction_sets_change_no_bit(void **state)
{
    (void)state;
    static const char *const kinds[] = {
        "mean_squared_error",   "mean_absolute_error",   "huber",
        "binary_cross_entropy", "sigmoid_cross_entropy", "softmax_cross_entropy"};
    const int64_t shape[] = {BITS_ROWS, BITS_COLUMNS}, row[] = {BITS_ROWS};
    struct batch batch = {nn_tensor_create(NULL, NN_FLOAT32, shape, 2),
                          nn_tensor_create(NULL, NN_FLOAT32, shape, 2),
                          nn_tensor_create(NULL, NN_FLOAT32, row, 1)};
    assert_int_equal(nn_tensor_random_uniform(batch.outputs, 0.01f, 0.99f, 1), NN_OK);
    assert_int_equal(nn_tensor_random_uniform(batch.targets, 0, 1, 2), NN_OK);
    assert_int_equal(nn_tensor_random_uniform(batch.weights, 0, 2, 3), NN_OK);
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        check_same_bits(kinds[k], &batch);
    }
    destroy_batch(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mean_squared_error_is_the_mean_of_squares),
        cmocka_unit_test(mean_absolute_error_has_slope_zero_where_equal),
        cmocka_unit_test(huber_is_square_near_and_straight_far),
        cmocka_unit_test(output_as_loss_is_the_mean_of_outputs),
        cmocka_unit_test(sample_weights_make_a_weighted_mean),
        cmocka_unit_test(binary_cross_entropy_takes_probabilities),
        cmocka_unit_test(binary_cross_entropy_bounds_its_logarithms),
        cmocka_unit_test(sigmoid_cross_entropy_takes_logits),
        cmocka_unit_test(sigmoid_cross_entropy_keeps_digits_of_sure_outputs),
        cmocka_unit_test(class_weights_of_binary_losses_weight_elements),
        cmocka_unit_test(softmax_cross_entropy_takes_labels),
        cmocka_unit_test(softmax_cross_entropy_takes_probabilities),
        cmocka_unit_test(class_weights_divide_by_their_sum),
        cmocka_unit_test(class_and_sample_weights_multiply),
        cmocka_unit_test(label_smoothing_mixes_in_the_uniform),
        cmocka_unit_test(positions_of_a_sample_are_averaged),
        cmocka_unit_test(slopes_agree_with_differences),
        cmocka_unit_test(large_logits_stay_finite),
        cmocka_unit_test(classes_without_target_may_be_impossible),
        cmocka_unit_test(outputs_that_are_nan_give_nan_without_error),
        cmocka_unit_test(threads_and_instruction_sets_change_no_bit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
