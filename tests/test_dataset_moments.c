/* Mean, deviation and standardising of a dataset's input. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

static nn_dataset *dataset_over(nn_tensor *input)
{
    nn_dataset *dataset = nn_dataset_create(NULL);
    assert_int_equal(nn_dataset_add_input(dataset, input), NN_OK);
    nn_tensor_destroy(input);
    return dataset;
}

static nn_tensor *floats(int64_t count)
{
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, &count, 1);
    assert_non_null(tensor);
    return tensor;
}

static void assert_moments(const nn_dataset *dataset, int64_t columns, const float *means,
                           const float *deviations)
{
    nn_tensor *mean = floats(columns);
    nn_tensor *deviation = floats(columns);
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_OK);
    for (int64_t j = 0; j < columns; j++) {
        assert_true(nn_tensor_floats(mean)[j] == means[j]);
        assert_true(nn_tensor_floats(deviation)[j] == deviations[j]);
    }
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
}

/* ---- moments ---- */

static const double four_by_two[] = {1, 10, 3, 10, 5, 10, 7, 10};
static const float four_means[] = {4, 10};
static const float four_deviations[] = {2.236067977f, 1}; /* sqrt(5); never changes */

static void test_moments_are_those_of_each_element(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_over(tensor_of_rows(4, 2, four_by_two));
    assert_moments(dataset, 2, four_means, four_deviations);
    nn_dataset_destroy(dataset);
}

static void test_every_type_has_moments(void **state)
{
    (void)state;
    static const int32_t types[] = {NN_UINT8, NN_INT32, NN_INT64};
    const int64_t shape[] = {4, 2};
    for (int i = 0; i < 3; i++) {
        nn_dataset *dataset = dataset_over(tensor_of(types[i], 2, shape, four_by_two));
        assert_moments(dataset, 2, four_means, four_deviations);
        nn_dataset_destroy(dataset);
    }
}

static void test_subset_has_moments_of_its_own(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_over(tensor_of_rows(4, 2, four_by_two));
    nn_dataset *subset = nn_dataset_subset(dataset, 1, 2);
    static const float means[] = {4, 10}, deviations[] = {1, 1};
    assert_moments(subset, 2, means, deviations);
    nn_dataset_destroy(subset);
    nn_dataset_destroy(dataset);
}

static void test_element_that_never_changes_has_deviation_1(void **state)
{
    (void)state;
    enum { ROWS = 777 };
    static double numbers[ROWS];
    for (int i = 0; i < ROWS; i++) {
        numbers[i] = 0.1;
    }
    nn_dataset *dataset = dataset_over(tensor_of_rows(ROWS, 1, numbers));
    static const float tenth[] = {0.1f}, one[] = {1};
    assert_moments(dataset, 1, tenth, one);
    nn_dataset_destroy(dataset);
}

static void test_small_deviation_around_a_large_mean_is_kept(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    nn_tensor *input = floats(ROWS);
    for (int i = 0; i < ROWS; i++) {
        nn_tensor_floats(input)[i] = 1e8f + (float)(8 * (i % 3 - 1)); /* -8, 0, 8 */
    }
    nn_dataset *dataset = dataset_over(input);
    nn_tensor *mean = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    nn_tensor *deviation = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_OK);
    assert_true(*nn_tensor_floats(mean) == 1e8f);
    assert_true(fabs((double)*nn_tensor_floats(deviation) - 6.53197264) < 1e-4);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
}

static void test_moments_do_not_depend_on_the_rounding_mode(void **state)
{
    (void)state;
    static const double numbers[] = {0.1, 0.7, 0.3, 1e-3, 12.345, 3.21, 7.7};
    nn_dataset *dataset = dataset_over(tensor_of_row(7, numbers));
    float results[2][2];
    static const int modes[] = {FE_TONEAREST, FE_UPWARD};
    for (int i = 0; i < 2; i++) {
        nn_tensor *mean = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
        nn_tensor *deviation = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
        fesetround(modes[i]);
        nn_status status = nn_dataset_moments(dataset, 0, mean, deviation);
        int kept = fegetround() == modes[i];
        fesetround(FE_TONEAREST);
        assert_int_equal(status, NN_OK);
        assert_true(kept);
        results[i][0] = *nn_tensor_floats(mean);
        results[i][1] = *nn_tensor_floats(deviation);
        nn_tensor_destroy(mean);
        nn_tensor_destroy(deviation);
    }
    assert_memory_equal(results[0], results[1], sizeof results[0]);
    nn_dataset_destroy(dataset);
}

static int32_t ramp_read(void *user, const int64_t *samples, int64_t rows,
                         void *const *inputs, void *const *targets, float *weights)
{
    (void)weights;
    for (int64_t r = 0; r < rows; r++) {
        ((float *)inputs[0])[r] = (float)samples[r];
        ((float *)targets[0])[r] = 0;
    }
    return *(int32_t *)user;
}

static void test_callback_has_moments(void **state)
{
    (void)state;
    int32_t answer = 0;
    const nn_dataset_source source = {sizeof source, 5, ramp_read, NULL, &answer};
    nn_dataset *dataset = nn_dataset_from_source(NULL, &source);
    nn_dataset_declare_input(dataset, NN_FLOAT32, NULL, 0);
    nn_dataset_declare_target(dataset, NN_FLOAT32, NULL, 0);
    nn_tensor *mean = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    nn_tensor *deviation = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_OK);
    assert_true(*nn_tensor_floats(mean) == 2.0f);
    assert_true(*nn_tensor_floats(deviation) == (float)sqrt(2.0));
    answer = 1;
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_ERROR_CALLBACK);
    assert_failure(NN_ERROR_CALLBACK, "nn_dataset_moments: dataset: the callback");
    assert_int_equal(nn_dataset_standardize(dataset, 0, mean, deviation), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "the dataset is read by a callback");
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
}

static void test_moments_of_nothing_are_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_over(tensor_of_rows(0, 2, four_by_two));
    nn_tensor *mean = floats(2), *deviation = floats(2);
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_ERROR_EMPTY);
    assert_failure(NN_ERROR_EMPTY, "nn_dataset_moments: the dataset has no samples");
    assert_int_equal(nn_dataset_moments(NULL, 0, mean, deviation), NN_ERROR_NULL);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
}

static void test_moments_of_nan_are_refused(void **state)
{
    (void)state;
    nn_tensor *input = tensor_of_rows(4, 2, four_by_two);
    nn_tensor_floats(input)[7] = NAN;
    nn_dataset *dataset = dataset_over(input);
    nn_tensor *mean = floats(2), *deviation = floats(2);
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_ERROR_DATA);
    assert_string_equal(nn_last_error(),
                        "nn_dataset_moments: input 0, sample 3, element 1 is nan");
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
}

static void test_moments_into_other_shapes_are_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_over(tensor_of_rows(4, 2, four_by_two));
    nn_tensor *two = floats(2), *three = floats(3);
    nn_tensor *integers = nn_tensor_create(NULL, NN_INT32, (const int64_t[]){2}, 1);
    assert_int_equal(nn_dataset_moments(dataset, 0, three, two), NN_ERROR_SHAPE);
    assert_failure(NN_ERROR_SHAPE, "nn_dataset_moments: mean is (3), expected (2)");
    assert_int_equal(nn_dataset_moments(dataset, 0, two, three), NN_ERROR_SHAPE);
    assert_int_equal(nn_dataset_moments(dataset, 0, two, integers), NN_ERROR_DTYPE);
    assert_int_equal(nn_dataset_moments(dataset, 0, two, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_moments(dataset, 0, two, two), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_dataset_moments(dataset, 1, two, two), NN_ERROR_ARGUMENT);
    nn_tensor_destroy(two);
    nn_tensor_destroy(three);
    nn_tensor_destroy(integers);
    nn_dataset_destroy(dataset);
}

/* ---- standardising ---- */

/* Mean (4, 10), deviation (2, 5). */
static void halves_and_fifths(nn_tensor **mean, nn_tensor **deviation)
{
    static const double means[] = {4, 10}, deviations[] = {2, 5};
    *mean = tensor_of_row(2, means);
    *deviation = tensor_of_row(2, deviations);
}

static const double four_standardized[] = {-1.5, 0, -0.5, 0, 0.5, 0, 1.5, 0};

static void test_standardising_replaces_the_input(void **state)
{
    (void)state;
    nn_tensor *input = tensor_of_rows(4, 2, four_by_two);
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_dataset_add_input(dataset, input);
    nn_dataset *subset = nn_dataset_subset(dataset, 1, 2);
    nn_tensor *mean, *deviation;
    halves_and_fifths(&mean, &deviation);
    assert_int_equal(nn_dataset_standardize(dataset, 0, mean, deviation), NN_OK);
    double numbers[8];
    read_numbers(dataset, 0, 0, 4, numbers);
    assert_memory_equal(numbers, four_standardized, sizeof numbers);
    read_numbers(subset, 0, 0, 2, numbers);
    assert_memory_equal(numbers, four_standardized + 2, 4 * sizeof numbers[0]);
    assert_true(nn_tensor_floats(input)[0] ==
                1.0f); /* the caller's tensor is as it was */
    nn_tensor_destroy(input);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(subset);
    nn_dataset_destroy(dataset);
}

static void test_standardising_integers_gives_floats(void **state)
{
    (void)state;
    const int64_t shape[] = {4, 2};
    nn_dataset *dataset = dataset_over(tensor_of(NN_UINT8, 2, shape, four_by_two));
    nn_tensor *mean, *deviation;
    halves_and_fifths(&mean, &deviation);
    assert_int_equal(nn_dataset_standardize(dataset, 0, mean, deviation), NN_OK);
    int32_t dtype;
    nn_dataset_input_shape(dataset, 0, &dtype, NULL, NULL);
    assert_int_equal(dtype, NN_FLOAT32);
    double numbers[8];
    read_numbers(dataset, 0, 0, 4, numbers);
    assert_memory_equal(numbers, four_standardized, sizeof numbers);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
}

static void test_standardising_what_a_subset_shows_as_integers_is_refused(void **state)
{
    (void)state;
    const int64_t shape[] = {4, 2};
    nn_dataset *dataset = dataset_over(tensor_of(NN_UINT8, 2, shape, four_by_two));
    nn_dataset *subset = nn_dataset_subset(dataset, 0, 1);
    nn_tensor *mean, *deviation;
    halves_and_fifths(&mean, &deviation);
    assert_int_equal(nn_dataset_standardize(dataset, 0, mean, deviation), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE,
                   "nn_dataset_standardize: input 0 is uint8 and subsets");
    assert_int_equal(nn_dataset_standardize(subset, 0, mean, deviation), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "the dataset is a subset");
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(subset);
    nn_dataset_destroy(dataset);
}

static void test_standardising_by_bad_numbers_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_over(tensor_of_rows(4, 2, four_by_two));
    nn_tensor *mean, *deviation;
    halves_and_fifths(&mean, &deviation);
    static const float bad[] = {0, -1, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        nn_tensor_floats(deviation)[1] = bad[i];
        assert_int_equal(nn_dataset_standardize(dataset, 0, mean, deviation),
                         NN_ERROR_ARGUMENT);
    }
    assert_failure(NN_ERROR_ARGUMENT,
                   "element 1 of deviation must be a number above 0, got inf");
    nn_tensor_floats(mean)[0] = NAN;
    assert_int_equal(nn_dataset_standardize(dataset, 0, mean, deviation),
                     NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "element 0 of mean is nan");
    assert_int_equal(nn_dataset_standardize(dataset, 0, NULL, deviation), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_standardize(NULL, 0, mean, deviation), NN_ERROR_NULL);
    double numbers[8];
    read_numbers(dataset, 0, 0, 4, numbers);
    assert_memory_equal(numbers, four_by_two, sizeof numbers);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
}

static void test_standardised_input_has_mean_0_and_deviation_1(void **state)
{
    (void)state;
    enum { ROWS = 5000, COLUMNS = 30 };
    const int64_t shape[] = {ROWS, COLUMNS};
    nn_context *context = nn_context_create(NULL);
    nn_context_set_threads(context, 3);
    nn_tensor *input = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        nn_tensor_floats(input)[i] = (float)(i * 37 % 1009) / 7.0f + (float)(i % COLUMNS);
    }
    nn_tensor *mean = nn_tensor_create(context, NN_FLOAT32, shape + 1, 1);
    nn_tensor *deviation = nn_tensor_create(context, NN_FLOAT32, shape + 1, 1);
    nn_dataset *dataset = nn_dataset_create(context);
    assert_int_equal(nn_dataset_add_input(dataset, input), NN_OK);
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_OK);
    assert_int_equal(nn_dataset_standardize(dataset, 0, mean, deviation), NN_OK);
    assert_int_equal(nn_dataset_moments(dataset, 0, mean, deviation), NN_OK);
    for (int j = 0; j < COLUMNS; j++) {
        assert_true(fabs((double)nn_tensor_floats(mean)[j]) < 1e-5);
        assert_true(fabs((double)nn_tensor_floats(deviation)[j] - 1) < 1e-5);
    }
    nn_tensor_destroy(input);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
    nn_context_destroy(context);
}

/* ---- memory ---- */

static int standardize_uint8(nn_context *context, void *data)
{
    (void)data;
    const int64_t shape[] = {4, 2};
    nn_tensor *input = nn_tensor_create(context, NN_UINT8, shape, 2);
    nn_tensor *mean = nn_tensor_create(context, NN_FLOAT32, shape + 1, 1);
    nn_tensor *deviation = nn_tensor_create(context, NN_FLOAT32, shape + 1, 1);
    nn_dataset *dataset = nn_dataset_create(context);
    int done = input != NULL && mean != NULL && deviation != NULL && dataset != NULL &&
               nn_dataset_add_input(dataset, input) == NN_OK &&
               nn_dataset_moments(dataset, 0, mean, deviation) == NN_OK &&
               nn_dataset_standardize(dataset, 0, mean, deviation) == NN_OK;
    nn_tensor_destroy(input);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    nn_dataset_destroy(dataset);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(standardize_uint8, NULL) >= 15);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moments_are_those_of_each_element),
        cmocka_unit_test(test_every_type_has_moments),
        cmocka_unit_test(test_subset_has_moments_of_its_own),
        cmocka_unit_test(test_element_that_never_changes_has_deviation_1),
        cmocka_unit_test(test_small_deviation_around_a_large_mean_is_kept),
        cmocka_unit_test(test_moments_do_not_depend_on_the_rounding_mode),
        cmocka_unit_test(test_callback_has_moments),
        cmocka_unit_test(test_moments_of_nothing_are_refused),
        cmocka_unit_test(test_moments_of_nan_are_refused),
        cmocka_unit_test(test_moments_into_other_shapes_are_refused),
        cmocka_unit_test(test_standardising_replaces_the_input),
        cmocka_unit_test(test_standardising_integers_gives_floats),
        cmocka_unit_test(test_standardising_what_a_subset_shows_as_integers_is_refused),
        cmocka_unit_test(test_standardising_by_bad_numbers_is_refused),
        cmocka_unit_test(test_standardised_input_has_mean_0_and_deviation_1),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
