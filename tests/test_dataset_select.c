/* Subsets, selections and random splits of datasets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"

#include <math.h>
#include <string.h>

enum { MOST = 1000 };

/* Samples 0 ... count - 1: the input of each is its number. */
static nn_dataset *dataset_of_numbers(nn_context *context, int64_t count)
{
    nn_dataset *dataset = nn_dataset_create(context);
    nn_tensor *tensor = nn_tensor_create(context, NN_INT64, &count, 1);
    for (int64_t i = 0; tensor != NULL && i < count; i++) {
        ((int64_t *)nn_tensor_data(tensor))[i] = i;
    }
    if (dataset == NULL || tensor == NULL ||
        nn_dataset_add_input(dataset, tensor) != NN_OK) {
        nn_dataset_destroy(dataset);
        dataset = NULL;
    }
    nn_tensor_destroy(tensor);
    return dataset;
}

static void assert_samples(const nn_dataset *dataset, int64_t count,
                           const int64_t *expected)
{
    double numbers[MOST];
    assert_non_null(dataset);
    assert_int_equal(nn_dataset_count(dataset), count);
    read_numbers(dataset, 0, 0, count, numbers);
    for (int64_t i = 0; i < count; i++) {
        assert_int_equal((int64_t)numbers[i], expected[i]);
    }
}

/* ---- subset and select ---- */

static void test_subset_shows_consecutive_samples(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    nn_dataset *subset = nn_dataset_subset(dataset, 3, 4);
    static const int64_t expected[] = {3, 4, 5, 6};
    assert_samples(subset, 4, expected);
    assert_int_equal(nn_dataset_input_count(subset), 1);
    assert_int_equal(nn_dataset_target_count(subset), 0);
    nn_dataset_destroy(subset);
    nn_dataset_destroy(dataset);
}

static void test_subset_keeps_its_dataset_alive(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    nn_dataset *subset = nn_dataset_subset(dataset, 8, 2);
    nn_dataset_destroy(dataset);
    static const int64_t expected[] = {8, 9};
    assert_samples(subset, 2, expected);
    nn_dataset_destroy(subset);
}

static void test_empty_subsets_are_subsets(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    nn_dataset *end = nn_dataset_subset(dataset, 10, 0);
    nn_dataset *none = nn_dataset_select(dataset, NULL, 0);
    nn_dataset *bare = nn_dataset_create(NULL);
    nn_dataset *of_bare = nn_dataset_subset(bare, 0, 0);
    assert_samples(end, 0, NULL);
    assert_samples(none, 0, NULL);
    assert_int_equal(nn_dataset_count(of_bare), 0);
    nn_dataset_destroy(of_bare);
    nn_dataset_destroy(bare);
    nn_dataset_destroy(none);
    nn_dataset_destroy(end);
    nn_dataset_destroy(dataset);
}

static void test_subset_past_the_end_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    static const int64_t ranges[][2] = {{-1, 2}, {0, 11},        {11, 0},       {9, 2},
                                        {0, -1}, {5, INT64_MAX}, {INT64_MAX, 1}};
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        assert_null(nn_dataset_subset(dataset, ranges[i][0], ranges[i][1]));
        assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    }
    assert_null(nn_dataset_subset(dataset, 9, 2));
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_dataset_subset: start is 9 and count 2, but the "
                   "dataset has 10 samples");
    nn_dataset_destroy(dataset);
}

static void test_selection_is_in_the_order_given_and_may_repeat(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    int64_t samples[] = {9, 0, 9, 4};
    static const int64_t expected[] = {9, 0, 9, 4};
    nn_dataset *chosen = nn_dataset_select(dataset, samples, 4);
    memset(samples, 0, sizeof samples);
    assert_samples(chosen, 4, expected);
    nn_dataset_destroy(chosen);
    nn_dataset_destroy(dataset);
}

static void test_selecting_a_number_that_is_no_sample_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    static const int64_t above[] = {1, 10, -1};
    static const int64_t below[] = {-3};
    assert_null(nn_dataset_select(dataset, above, 3));
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_dataset_select: samples[1] is 10, but the dataset "
                   "has 10 samples");
    assert_null(nn_dataset_select(dataset, below, 1));
    assert_failure(NN_ERROR_ARGUMENT, "samples[0] is -3");
    assert_null(nn_dataset_select(dataset, above, -1));
    assert_failure(NN_ERROR_ARGUMENT, "count must be at least 0, got -1");
    nn_dataset_destroy(dataset);
}

static void test_subsets_nest(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    static const int64_t samples[] = {7, 5, 3, 1};
    static const int64_t again[] = {2, 0};
    nn_dataset *part = nn_dataset_subset(dataset, 2, 8);
    nn_dataset *part_of_part = nn_dataset_subset(part, 1, 5);
    nn_dataset *chosen = nn_dataset_select(part, samples, 4);
    nn_dataset *part_of_chosen = nn_dataset_subset(chosen, 1, 3);
    nn_dataset *chosen_of_chosen = nn_dataset_select(part_of_chosen, again, 2);
    nn_dataset_destroy(dataset);
    nn_dataset_destroy(part);
    assert_samples(part_of_part, 5, (const int64_t[]){3, 4, 5, 6, 7});
    assert_samples(chosen, 4, (const int64_t[]){9, 7, 5, 3});
    assert_samples(part_of_chosen, 3, (const int64_t[]){7, 5, 3});
    assert_samples(chosen_of_chosen, 2, (const int64_t[]){3, 7});
    nn_dataset_destroy(part_of_part);
    nn_dataset_destroy(chosen);
    nn_dataset_destroy(part_of_chosen);
    nn_dataset_destroy(chosen_of_chosen);
}

static void test_dataset_with_a_subset_takes_no_more_inputs(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 3);
    static const double numbers[] = {1, 2, 3};
    nn_tensor *tensor = tensor_of_row(3, numbers);
    nn_dataset *subset = nn_dataset_subset(dataset, 0, 2);
    assert_int_equal(nn_dataset_add_target(dataset, tensor), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE,
                   "nn_dataset_add_target: subsets of the dataset have been made");
    assert_int_equal(nn_dataset_add_input(subset, tensor), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "the dataset is a subset of another");
    nn_dataset_destroy(subset);
    nn_tensor_destroy(tensor);
    nn_dataset_destroy(dataset);
}

static void test_null_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 3);
    nn_dataset *first = dataset, *second = dataset;
    assert_null(nn_dataset_select(dataset, NULL, 1));
    assert_failure(NN_ERROR_NULL, "nn_dataset_select: samples is NULL");
    assert_null(nn_dataset_subset(NULL, 0, 0));
    assert_null(nn_dataset_select(NULL, NULL, 0));
    assert_int_equal(nn_dataset_split(NULL, 0.5, 1, &first, &second), NN_ERROR_NULL);
    assert_null(first);
    assert_null(second);
    assert_failure(NN_ERROR_NULL, "nn_dataset_select: samples is NULL"); /* kept */
    second = dataset;
    assert_int_equal(nn_dataset_split(dataset, 0.5, 1, NULL, &second), NN_ERROR_NULL);
    assert_null(second);
    assert_int_equal(nn_dataset_split(dataset, 0.5, 1, &first, NULL), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_dataset_split: second is NULL");
    nn_dataset_destroy(dataset);
}

/* ---- split ---- */

static void test_split_gives_each_sample_to_one_half_in_order(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, MOST);
    nn_dataset *halves[2];
    double numbers[MOST];
    char seen[MOST] = {0};
    assert_int_equal(nn_dataset_split(dataset, 0.25, 5, &halves[0], &halves[1]), NN_OK);
    assert_int_equal(nn_dataset_count(halves[0]), 750);
    assert_int_equal(nn_dataset_count(halves[1]), 250);
    for (int h = 0; h < 2; h++) {
        int64_t count = nn_dataset_count(halves[h]);
        read_numbers(halves[h], 0, 0, count, numbers);
        for (int64_t i = 0; i < count; i++) {
            assert_true(i == 0 || numbers[i] > numbers[i - 1]);
            seen[(int64_t)numbers[i]]++;
        }
        nn_dataset_destroy(halves[h]);
    }
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(seen[i], 1);
    }
    nn_dataset_destroy(dataset);
}

static void test_split_rounds_to_the_nearest_count(void **state)
{
    (void)state;
    static const struct {
        double fraction;
        int64_t second;
    } cases[] = {{0.0, 0},  {1.0, 10}, {0.24, 2},  {0.25, 3},   {0.26, 3},
                 {0.04, 0}, {0.05, 1}, {0.96, 10}, {1e-300, 0}, {0.5, 5}};
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nn_dataset *first, *second;
        assert_int_equal(nn_dataset_split(dataset, cases[i].fraction, 1, &first, &second),
                         NN_OK);
        assert_int_equal(nn_dataset_count(second), cases[i].second);
        assert_int_equal(nn_dataset_count(first), 10 - cases[i].second);
        nn_dataset_destroy(first);
        nn_dataset_destroy(second);
    }
    nn_dataset_destroy(dataset);
}

static void test_split_is_a_function_of_seed_and_count(void **state)
{
    (void)state;
    /* from the definition of Philox and of the shuffle, by a Python program of its own */
    static const int64_t seed_1[] = {1, 4, 8, 10};
    static const int64_t seed_max[] = {2, 11, 14, 18};
    nn_dataset *dataset = dataset_of_numbers(NULL, 20);
    nn_dataset *first, *second;
    assert_int_equal(nn_dataset_split(dataset, 0.2, 1, &first, &second), NN_OK);
    assert_samples(second, 4, seed_1);
    nn_dataset_destroy(first);
    nn_dataset_destroy(second);
    assert_int_equal(nn_dataset_split(dataset, 0.2, UINT64_MAX, &first, &second), NN_OK);
    assert_samples(second, 4, seed_max);
    nn_dataset_destroy(first);
    nn_dataset_destroy(second);
    nn_dataset_destroy(dataset);
}

static void test_subsets_are_split_too(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 100);
    nn_dataset *subset = nn_dataset_subset(dataset, 90, 10);
    nn_dataset *first, *second;
    assert_int_equal(nn_dataset_split(subset, 0.5, 3, &first, &second), NN_OK);
    double numbers[10], sum = 0;
    read_numbers(first, 0, 0, 5, numbers);
    read_numbers(second, 0, 0, 5, numbers + 5);
    for (int i = 0; i < 10; i++) {
        assert_true(numbers[i] >= 90);
        sum += numbers[i];
    }
    assert_true(sum == 945);
    nn_dataset_destroy(first);
    nn_dataset_destroy(second);
    nn_dataset_destroy(subset);
    nn_dataset_destroy(dataset);
}

static void test_nothing_is_split_into_nothings(void **state)
{
    (void)state;
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_dataset *first, *second;
    assert_int_equal(nn_dataset_split(dataset, 0.5, 3, &first, &second), NN_OK);
    assert_int_equal(nn_dataset_count(first), 0);
    assert_int_equal(nn_dataset_count(second), 0);
    nn_dataset_destroy(first);
    nn_dataset_destroy(second);
    nn_dataset_destroy(dataset);
}

static void test_fraction_outside_0_and_1_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_numbers(NULL, 10);
    static const double fractions[] = {-0.1, 1.5, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
        nn_dataset *first = dataset, *second = dataset;
        assert_int_equal(nn_dataset_split(dataset, fractions[i], 3, &first, &second),
                         NN_ERROR_ARGUMENT);
        assert_null(first);
        assert_null(second);
    }
    nn_dataset *first, *second;
    assert_int_equal(nn_dataset_split(dataset, 1.5, 3, &first, &second),
                     NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_dataset_split: fraction must be in 0 ... 1, got 1.5");
    nn_dataset_destroy(dataset);
}

/* ---- memory ---- */

static int choose(nn_context *context, void *data)
{
    (void)data;
    static const int64_t samples[] = {2, 1};
    nn_dataset *first = NULL, *second = NULL, *chosen = NULL, *part = NULL;
    nn_dataset *dataset = dataset_of_numbers(context, 10);
    int done = dataset != NULL;
    if (done) {
        done = nn_dataset_split(dataset, 0.3, 1, &first, &second) == NN_OK;
        assert_true((first != NULL) == done && (second != NULL) == done);
    }
    if (done) {
        chosen = nn_dataset_select(second, samples, 2);
        done = chosen != NULL;
    }
    if (done) {
        part = nn_dataset_subset(chosen, 0, 1);
        done = part != NULL;
    }
    nn_dataset_destroy(part);
    nn_dataset_destroy(chosen);
    nn_dataset_destroy(first);
    nn_dataset_destroy(second);
    nn_dataset_destroy(dataset);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(choose, NULL) >= 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subset_shows_consecutive_samples),
        cmocka_unit_test(test_subset_keeps_its_dataset_alive),
        cmocka_unit_test(test_empty_subsets_are_subsets),
        cmocka_unit_test(test_subset_past_the_end_is_refused),
        cmocka_unit_test(test_selection_is_in_the_order_given_and_may_repeat),
        cmocka_unit_test(test_selecting_a_number_that_is_no_sample_is_refused),
        cmocka_unit_test(test_subsets_nest),
        cmocka_unit_test(test_dataset_with_a_subset_takes_no_more_inputs),
        cmocka_unit_test(test_null_is_refused),
        cmocka_unit_test(test_split_gives_each_sample_to_one_half_in_order),
        cmocka_unit_test(test_split_rounds_to_the_nearest_count),
        cmocka_unit_test(test_split_is_a_function_of_seed_and_count),
        cmocka_unit_test(test_subsets_are_split_too),
        cmocka_unit_test(test_nothing_is_split_into_nothings),
        cmocka_unit_test(test_fraction_outside_0_and_1_is_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
