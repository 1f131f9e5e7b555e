/* Datasets of tensors and of callbacks: making them, weights, looking, gathering. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"
#include "train/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Three samples: input (2), target (). */
static const double six[] = {1, 2, 3, 4, 5, 6};
static const double three[] = {7, 8, 9};

static nn_dataset *dataset_of_three(void)
{
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *input = tensor_of_rows(3, 2, six);
    nn_tensor *target = tensor_of_row(3, three);
    assert_int_equal(nn_dataset_add_input(dataset, input), NN_OK);
    assert_int_equal(nn_dataset_add_target(dataset, target), NN_OK);
    nn_tensor_destroy(input);
    nn_tensor_destroy(target);
    return dataset;
}

/* ---- making and looking ---- */

static void test_dataset_keeps_tensors_that_the_caller_destroyed(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    double numbers[6];
    read_numbers(dataset, 0, 0, 3, numbers);
    assert_memory_equal(numbers, six, sizeof numbers);
    read_numbers(dataset, 1, 0, 3, numbers);
    assert_memory_equal(numbers, three, sizeof three);
    nn_dataset_destroy(dataset);
}

static void test_dataset_without_tensors_has_no_samples(void **state)
{
    (void)state;
    nn_dataset *dataset = nn_dataset_create(NULL);
    assert_int_equal(nn_dataset_count(dataset), 0);
    assert_int_equal(nn_dataset_input_count(dataset), 0);
    assert_int_equal(nn_dataset_target_count(dataset), 0);
    assert_int_equal(nn_dataset_class_count(dataset), 0);
    assert_null(nn_dataset_class_name(dataset, 0));
    assert_null(nn_dataset_column_name(dataset, 0));
    nn_dataset_destroy(dataset);
}

static void test_null_dataset_is_empty(void **state)
{
    (void)state;
    assert_int_equal(nn_dataset_count(NULL), 0);
    assert_int_equal(nn_dataset_input_count(NULL), 0);
    assert_int_equal(nn_dataset_target_count(NULL), 0);
    assert_int_equal(nn_dataset_class_count(NULL), 0);
    assert_null(nn_dataset_class_name(NULL, 0));
    assert_null(nn_dataset_column_name(NULL, 0));
    nn_dataset_destroy(NULL);
}

static void test_null_dataset_passes_on_the_failure_that_made_it(void **state)
{
    (void)state;
    nn_tensor *tensor = tensor_of_row(3, three);
    nn_dataset *dataset = nn_dataset_from_source(NULL, NULL);
    assert_int_equal(nn_dataset_add_input(dataset, tensor), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_add_target(dataset, tensor), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_set_weights(dataset, tensor), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_declare_input(dataset, NN_UINT8, NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_declare_target(dataset, NN_UINT8, NULL, 0),
                     NN_ERROR_NULL);
    assert_int_equal(nn_dataset_read_input(dataset, 0, 0, tensor), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_read_target(dataset, 0, 0, tensor), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(), "nn_dataset_from_source: source is NULL");
    nn_tensor_destroy(tensor);
}

static void test_null_tensor_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    assert_int_equal(nn_dataset_add_target(dataset, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_read_input(dataset, 0, 0, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_input_count(dataset), 1);
    nn_dataset_destroy(dataset);
}

static void test_tensors_need_equally_many_samples(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    nn_tensor *two = tensor_of_rows(2, 3, six);
    assert_int_equal(nn_dataset_add_input(dataset, two), NN_ERROR_SHAPE);
    assert_failure(
        NN_ERROR_SHAPE,
        "nn_dataset_add_input: tensor is (2, 3), but the dataset has 3 samples");
    assert_int_equal(nn_dataset_input_count(dataset), 1);
    nn_tensor_destroy(two);
    nn_dataset_destroy(dataset);
}

static void test_scalar_holds_no_samples(void **state)
{
    (void)state;
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *scalar = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    assert_int_equal(nn_dataset_add_input(dataset, scalar), NN_ERROR_RANK);
    assert_failure(NN_ERROR_RANK, "tensor is (), expected (samples, ...)");
    assert_int_equal(nn_dataset_count(dataset), 0);
    nn_tensor_destroy(scalar);
    nn_dataset_destroy(dataset);
}

static void test_seventeenth_input_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *tensor = tensor_of_row(3, three);
    for (int i = 0; i < 16; i++) {
        assert_int_equal(nn_dataset_add_input(dataset, tensor), NN_OK);
        assert_int_equal(nn_dataset_add_target(dataset, tensor), NN_OK);
    }
    assert_int_equal(nn_dataset_add_input(dataset, tensor), NN_ERROR_SIZE);
    assert_int_equal(nn_dataset_add_target(dataset, tensor), NN_ERROR_SIZE);
    assert_failure(NN_ERROR_SIZE, "a dataset has at most 16 targets");
    nn_tensor_destroy(tensor);
    nn_dataset_destroy(dataset);
}

static void test_tensor_of_another_context_is_refused(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_dataset *dataset = nn_dataset_create(context);
    nn_tensor *tensor = tensor_of_row(3, three);
    assert_int_equal(nn_dataset_add_input(dataset, tensor), NN_ERROR_CONTEXT);
    assert_failure(NN_ERROR_CONTEXT, "nn_dataset_add_input: dataset and tensor");
    assert_int_equal(nn_dataset_set_weights(dataset, tensor), NN_ERROR_CONTEXT);
    nn_tensor_destroy(tensor);
    nn_dataset_destroy(dataset);
    nn_context_destroy(context);
}

static void test_shapes_are_those_of_one_sample(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    int32_t dtype = -1, rank = -1;
    const int64_t *shape = NULL;
    assert_int_equal(nn_dataset_input_shape(dataset, 0, &dtype, &shape, &rank), NN_OK);
    assert_int_equal(dtype, NN_FLOAT32);
    assert_int_equal(rank, 1);
    assert_int_equal(shape[0], 2);
    assert_int_equal(nn_dataset_target_shape(dataset, 0, NULL, NULL, &rank), NN_OK);
    assert_int_equal(rank, 0);
    nn_dataset_destroy(dataset);
}

static void test_shape_of_an_input_that_is_not_there_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    int32_t dtype = -1, rank = -1;
    const int64_t filled = 1, *shape = &filled;
    assert_int_equal(nn_dataset_input_shape(dataset, 1, &dtype, &shape, &rank),
                     NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_dataset_input_shape: there is no input 1, the dataset has 1");
    assert_int_equal(dtype, 0);
    assert_int_equal(rank, 0);
    assert_null(shape);
    assert_int_equal(nn_dataset_target_shape(dataset, -1, &dtype, &shape, &rank),
                     NN_ERROR_ARGUMENT);
    assert_int_equal(nn_dataset_target_shape(NULL, 0, &dtype, &shape, &rank),
                     NN_ERROR_NULL);
    nn_dataset_destroy(dataset);
}

/* ---- reading ---- */

static void test_reading_copies_the_samples_asked_for(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    double numbers[4];
    read_numbers(dataset, 0, 1, 2, numbers);
    assert_memory_equal(numbers, six + 2, sizeof numbers);
    read_numbers(dataset, 0, 3, 0, numbers);
    nn_dataset_destroy(dataset);
}

static void test_reading_past_the_end_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    nn_tensor *out = tensor_of_rows(2, 2, six);
    static const int64_t starts[] = {-1, 2, 3, 4, INT64_MAX};
    for (int i = 0; i < 5; i++) {
        assert_int_equal(nn_dataset_read_input(dataset, 0, starts[i], out),
                         NN_ERROR_ARGUMENT);
    }
    assert_int_equal(nn_dataset_read_input(dataset, 0, 2, out), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT,
                   "start is 2 and out has 2 rows, but the dataset has 3 samples");
    nn_tensor_destroy(out);
    nn_dataset_destroy(dataset);
}

static void test_reading_into_another_shape_or_type_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    const int64_t shape[] = {2, 2};
    nn_tensor *integers = nn_tensor_create(NULL, NN_INT32, shape, 2);
    nn_tensor *scalar = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    nn_tensor *wide = tensor_of_rows(2, 3, six);
    assert_int_equal(nn_dataset_read_input(dataset, 0, 0, integers), NN_ERROR_DTYPE);
    assert_int_equal(nn_dataset_read_target(dataset, 0, 0, scalar), NN_ERROR_SHAPE);
    assert_int_equal(nn_dataset_read_input(dataset, 0, 0, wide), NN_ERROR_SHAPE);
    assert_failure(NN_ERROR_SHAPE, "out is (2, 3), expected rows of shape (2)");
    nn_tensor_destroy(integers);
    nn_tensor_destroy(scalar);
    nn_tensor_destroy(wide);
    nn_dataset_destroy(dataset);
}

static void test_reading_into_the_datasets_own_memory_is_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *input = tensor_of_rows(3, 2, six);
    assert_int_equal(nn_dataset_add_input(dataset, input), NN_OK);
    assert_int_equal(nn_dataset_read_input(dataset, 0, 0, input), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "overlap in memory");
    nn_tensor_destroy(input);
    nn_dataset_destroy(dataset);
}

static void test_value_that_is_not_finite_is_named(void **state)
{
    (void)state;
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *input = tensor_of_rows(3, 2, six);
    nn_tensor *target = tensor_of_row(3, three);
    nn_dataset_add_input(dataset, input);
    nn_dataset_add_target(dataset, target);
    nn_tensor *out = tensor_of_rows(3, 2, six);
    nn_tensor *labels = tensor_of_row(1, three);
    nn_tensor_floats(input)[5] = NAN;
    nn_tensor_floats(target)[1] = -INFINITY;
    assert_int_equal(nn_dataset_read_input(dataset, 0, 0, out), NN_ERROR_DATA);
    assert_string_equal(nn_last_error(),
                        "nn_dataset_read_input: input 0, sample 2, element 1 is nan");
    assert_int_equal(nn_dataset_read_target(dataset, 0, 0, labels), NN_OK);
    assert_int_equal(nn_dataset_read_target(dataset, 0, 1, labels), NN_ERROR_DATA);
    assert_string_equal(nn_last_error(),
                        "nn_dataset_read_target: target 0, sample 1, element 0 is -inf");
    nn_tensor_destroy(out);
    nn_tensor_destroy(labels);
    nn_tensor_destroy(input);
    nn_tensor_destroy(target);
    nn_dataset_destroy(dataset);
}

/* ---- gathering ---- */

static const struct nni_kernels *kernels_of(const nn_dataset *dataset)
{
    return nni_kernels_for(dataset->handle.context);
}

static void test_gather_follows_the_order_it_is_given(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    static const int64_t order[] = {2, 0, 0, 1};
    static const float inputs[] = {5, 6, 1, 2, 1, 2, 3, 4};
    static const float targets[] = {9, 7, 7, 8};
    float input[8], target[4], weights[4];
    void *to_inputs[] = {input}, *to_targets[] = {target};
    int64_t scratch[4];
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), order, 0, 4,
                                        to_inputs, to_targets, weights, scratch),
                     NN_OK);
    assert_memory_equal(input, inputs, sizeof inputs);
    assert_memory_equal(target, targets, sizeof targets);
    for (int i = 0; i < 4; i++) {
        assert_true(weights[i] == 1.0f);
    }
    nn_dataset_destroy(dataset);
}

static void test_gather_from_subsets_follows_the_order_too(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    static const int64_t chosen[] = {2, 0}, order[] = {1, 0, 1};
    nn_dataset *subsets[] = {nn_dataset_select(dataset, chosen, 2),
                             nn_dataset_subset(dataset, 1, 2)};
    static const float targets[][3] = {{7, 9, 7}, {9, 8, 9}};
    for (int i = 0; i < 2; i++) {
        float target[3];
        void *to_targets[] = {target};
        int64_t scratch[3];
        assert_int_equal(nni_dataset_gather(subsets[i], kernels_of(dataset), order, 0, 3,
                                            NULL, to_targets, NULL, scratch),
                         NN_OK);
        assert_memory_equal(target, targets[i], sizeof target);
        nn_dataset_destroy(subsets[i]);
    }
    nn_dataset_destroy(dataset);
}

static void test_gather_leaves_out_what_is_not_wanted(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    float target[2] = {0, 0};
    void *none[] = {NULL}, *to_targets[] = {target};
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), NULL, 1, 2, none,
                                        to_targets, NULL, NULL),
                     NN_OK);
    assert_true(target[0] == 8 && target[1] == 9);
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), NULL, 0, 0, NULL,
                                        NULL, NULL, NULL),
                     NN_OK);
    nn_dataset_destroy(dataset);
}

enum { MANY = 3000, WIDE = 100 };

/* 3000 samples of (100) floats: more bytes than one task takes. */
static nn_dataset *dataset_of_many(nn_context *context, nn_tensor **input)
{
    const int64_t shape[] = {MANY, WIDE};
    nn_dataset *dataset = nn_dataset_create(context);
    *input = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    for (int64_t i = 0; i < MANY * WIDE; i++) {
        nn_tensor_floats(*input)[i] = (float)i;
    }
    assert_int_equal(nn_dataset_add_input(dataset, *input), NN_OK);
    return dataset;
}

static void test_gather_on_threads_copies_every_row(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_context_set_threads(context, 4);
    nn_tensor *input;
    nn_dataset *dataset = dataset_of_many(context, &input);
    int64_t *order = malloc(MANY * sizeof *order);
    float *out = malloc(MANY * WIDE * sizeof *out);
    void *to_inputs[] = {out};
    for (int64_t i = 0; i < MANY; i++) {
        order[i] = i * 7 % MANY;
    }
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), order, 0, MANY,
                                        to_inputs, NULL, NULL, NULL),
                     NN_OK);
    for (int64_t i = 0; i < MANY * WIDE; i++) {
        assert_true(out[i] == (float)(order[i / WIDE] * WIDE + i % WIDE));
    }
    free(order);
    free(out);
    nn_tensor_destroy(input);
    nn_dataset_destroy(dataset);
    nn_context_destroy(context);
}

static void test_gather_on_threads_names_the_first_bad_value(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_context_set_threads(context, 4);
    nn_tensor *input;
    nn_dataset *dataset = dataset_of_many(context, &input);
    float *out = malloc(MANY * WIDE * sizeof *out);
    void *to_inputs[] = {out};
    static const int64_t bad[] = {2900, 40, 1500};
    for (int i = 0; i < 3; i++) {
        nn_tensor_floats(input)[bad[i] * WIDE + i] = NAN;
    }
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), NULL, 0, MANY,
                                        to_inputs, NULL, NULL, NULL),
                     NN_ERROR_DATA);
    assert_string_equal(nn_last_error(), "input 0, sample 40, element 1 is nan");
    free(out);
    nn_tensor_destroy(input);
    nn_dataset_destroy(dataset);
    nn_context_destroy(context);
}

static void test_samples_without_elements_are_gathered(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 0};
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *empty = nn_tensor_create(NULL, NN_FLOAT32, shape, 2);
    assert_int_equal(nn_dataset_add_input(dataset, empty), NN_OK);
    double none[1];
    read_numbers(dataset, 0, 0, 3, none);
    nn_tensor_destroy(empty);
    nn_dataset_destroy(dataset);
}

/* ---- weights ---- */

static void gather_weights(const nn_dataset *dataset, int64_t rows, float *weights)
{
    int64_t scratch[8];
    assert_true(rows <= 8);
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), NULL, 0, rows, NULL,
                                        NULL, weights, scratch),
                     NN_OK);
}

static void test_weights_are_gathered_until_taken_away(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    static const double values[] = {0.5, 0, 2};
    nn_tensor *weights = tensor_of_row(3, values);
    float got[3];
    assert_int_equal(nni_dataset_weighted(dataset), 0);
    assert_int_equal(nn_dataset_set_weights(dataset, weights), NN_OK);
    assert_int_equal(nn_dataset_set_weights(dataset, weights), NN_OK);
    nn_tensor_destroy(weights);
    assert_int_equal(nni_dataset_weighted(dataset), 1);
    gather_weights(dataset, 3, got);
    assert_true(got[0] == 0.5f && got[1] == 0.0f && got[2] == 2.0f);
    assert_int_equal(nn_dataset_set_weights(dataset, NULL), NN_OK);
    assert_int_equal(nni_dataset_weighted(dataset), 0);
    gather_weights(dataset, 3, got);
    assert_true(got[0] == 1.0f && got[1] == 1.0f && got[2] == 1.0f);
    nn_dataset_destroy(dataset);
}

static void test_subset_has_the_weights_of_its_dataset(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    nn_dataset *subset = nn_dataset_subset(dataset, 1, 2);
    nn_tensor *weights = tensor_of_row(3, three);
    assert_int_equal(nn_dataset_set_weights(dataset, weights), NN_OK);
    float got[2];
    gather_weights(subset, 2, got);
    assert_int_equal(nni_dataset_weighted(subset), 1);
    assert_true(got[0] == 8.0f && got[1] == 9.0f);
    assert_int_equal(nn_dataset_set_weights(subset, weights), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE,
                   "nn_dataset_set_weights: the dataset is a subset of another");
    nn_tensor_destroy(weights);
    nn_dataset_destroy(dataset);
    nn_dataset_destroy(subset);
}

static void test_weights_alone_settle_the_number_of_samples(void **state)
{
    (void)state;
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *weights = tensor_of_row(3, three);
    nn_tensor *five = tensor_of_row(5, six);
    assert_int_equal(nn_dataset_set_weights(dataset, weights), NN_OK);
    assert_int_equal(nn_dataset_count(dataset), 3);
    assert_int_equal(nn_dataset_add_input(dataset, five), NN_ERROR_SHAPE);
    assert_int_equal(nn_dataset_set_weights(dataset, NULL), NN_OK);
    assert_int_equal(nn_dataset_add_input(dataset, five), NN_OK);
    assert_int_equal(nn_dataset_set_weights(dataset, weights), NN_ERROR_SHAPE);
    nn_tensor_destroy(weights);
    nn_tensor_destroy(five);
    nn_dataset_destroy(dataset);
}

static void test_weights_that_are_none_are_refused(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    nn_tensor *weights = tensor_of_row(3, three);
    nn_tensor *matrix = tensor_of_rows(3, 2, six);
    nn_tensor *integers = tensor_of(NN_INT32, 1, (const int64_t[]){3}, three);
    assert_int_equal(nn_dataset_set_weights(dataset, matrix), NN_ERROR_SHAPE);
    assert_int_equal(nn_dataset_set_weights(dataset, integers), NN_ERROR_DTYPE);
    static const float bad[] = {-1.0f, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        nn_tensor_floats(weights)[2] = bad[i];
        assert_int_equal(nn_dataset_set_weights(dataset, weights), NN_ERROR_DATA);
    }
    assert_failure(NN_ERROR_DATA, "weights, sample 2: expected a number of at least 0, "
                                  "got inf");
    assert_int_equal(nni_dataset_weighted(dataset), 0);
    nn_tensor_destroy(weights);
    nn_tensor_destroy(matrix);
    nn_tensor_destroy(integers);
    nn_dataset_destroy(dataset);
}

static void test_weight_that_went_bad_is_found_when_it_is_used(void **state)
{
    (void)state;
    nn_dataset *dataset = dataset_of_three();
    nn_tensor *weights = tensor_of_row(3, three);
    assert_int_equal(nn_dataset_set_weights(dataset, weights), NN_OK);
    nn_tensor_floats(weights)[1] = -2.0f;
    float got[3];
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), NULL, 0, 3, NULL,
                                        NULL, got, NULL),
                     NN_ERROR_DATA);
    assert_string_equal(nn_last_error(),
                        "weights, sample 1: expected a number of at least 0, got -2");
    nn_tensor_destroy(weights);
    nn_dataset_destroy(dataset);
}

/* ---- callbacks ---- */

/* Data of numbers 0, 1, ...: input (2) is (s, -s), target () is 10 s, the weight is left
 * as it is preset but of sample 3, where it is 4. */
struct counting {
    int reads, releases;
    int32_t answer;
    float third; /* what sample 3 has as its first element */
};

static int32_t counting_read(void *user, const int64_t *samples, int64_t rows,
                             void *const *inputs, void *const *targets, float *weights)
{
    struct counting *counting = user;
    counting->reads++;
    float *input = inputs[0];
    int32_t *target = targets[0];
    for (int64_t r = 0; r < rows; r++) {
        input[2 * r] = samples[r] == 3 ? counting->third : (float)samples[r];
        input[2 * r + 1] = (float)-samples[r];
        target[r] = (int32_t)(10 * samples[r]);
        assert_true(weights[r] == 1.0f);
        if (samples[r] == 3) {
            weights[r] = 4.0f;
        }
    }
    return counting->answer;
}

static void counting_release(void *user)
{
    ((struct counting *)user)->releases++;
}

static nn_dataset *dataset_of_counting(nn_context *context, struct counting *counting)
{
    const struct counting fresh = {0, 0, 0, 3.0f};
    *counting = fresh;
    const nn_dataset_source source = {sizeof source, 6, counting_read, counting_release,
                                      counting};
    nn_dataset *dataset = nn_dataset_from_source(context, &source);
    if (dataset != NULL) {
        const int64_t two = 2;
        assert_int_equal(nn_dataset_declare_input(dataset, NN_FLOAT32, &two, 1), NN_OK);
        assert_int_equal(nn_dataset_declare_target(dataset, NN_INT32, NULL, 0), NN_OK);
    }
    return dataset;
}

static void test_callback_gives_samples_and_weights(void **state)
{
    (void)state;
    struct counting counting;
    nn_dataset *dataset = dataset_of_counting(NULL, &counting);
    double numbers[4];
    assert_int_equal(nn_dataset_count(dataset), 6);
    read_numbers(dataset, 0, 4, 2, numbers);
    assert_true(numbers[0] == 4 && numbers[1] == -4 && numbers[2] == 5);
    read_numbers(dataset, 1, 4, 2, numbers);
    assert_true(numbers[0] == 40 && numbers[1] == 50);
    float input[4], weights[2];
    int32_t target[2];
    int64_t scratch[2];
    void *to_inputs[] = {input}, *to_targets[] = {target};
    assert_int_equal(nni_dataset_weighted(dataset), 1);
    assert_int_equal(nni_dataset_gather(dataset, kernels_of(dataset), NULL, 2, 2,
                                        to_inputs, to_targets, weights, scratch),
                     NN_OK);
    assert_true(weights[0] == 1.0f && weights[1] == 4.0f);
    nn_dataset_destroy(dataset);
    assert_int_equal(counting.releases, 1);
}

static void test_subset_of_a_callback_asks_for_its_samples(void **state)
{
    (void)state;
    struct counting counting;
    nn_dataset *dataset = dataset_of_counting(NULL, &counting);
    static const int64_t chosen[] = {5, 1, 5};
    nn_dataset *subset = nn_dataset_select(dataset, chosen, 3);
    nn_dataset *part = nn_dataset_subset(dataset, 2, 3);
    nn_dataset_destroy(dataset);
    double numbers[3];
    read_numbers(subset, 1, 0, 3, numbers);
    assert_true(numbers[0] == 50 && numbers[1] == 10 && numbers[2] == 50);
    read_numbers(part, 1, 0, 3, numbers);
    assert_true(numbers[0] == 20 && numbers[1] == 30 && numbers[2] == 40);
    nn_dataset_destroy(part);
    assert_int_equal(counting.releases, 0);
    nn_dataset_destroy(subset);
    assert_int_equal(counting.releases, 1);
}

static void test_callback_that_fails_ends_the_call(void **state)
{
    (void)state;
    struct counting counting;
    nn_dataset *dataset = dataset_of_counting(NULL, &counting);
    nn_tensor *out = tensor_of_rows(1, 2, six);
    counting.answer = 7;
    assert_int_equal(nn_dataset_read_input(dataset, 0, 0, out), NN_ERROR_CALLBACK);
    assert_failure(NN_ERROR_CALLBACK, "the callback that reads samples returned 7");
    nn_tensor_destroy(out);
    nn_dataset_destroy(dataset);
}

static void test_callbacks_bad_value_is_named_by_its_number_in_the_subset(void **state)
{
    (void)state;
    struct counting counting;
    nn_dataset *dataset = dataset_of_counting(NULL, &counting);
    nn_dataset *subset = nn_dataset_subset(dataset, 2, 3);
    nn_tensor *out = tensor_of_rows(3, 2, six);
    counting.third = INFINITY;
    assert_int_equal(nn_dataset_read_input(subset, 0, 0, out), NN_ERROR_DATA);
    assert_failure(NN_ERROR_DATA, "input 0, sample 1, element 0 is inf");
    nn_tensor_destroy(out);
    nn_dataset_destroy(subset);
    nn_dataset_destroy(dataset);
}

static int32_t bad_weight_read(void *user, const int64_t *samples, int64_t rows,
                               void *const *inputs, void *const *targets, float *weights)
{
    (void)user, (void)samples, (void)inputs, (void)targets;
    weights[rows - 1] = NAN;
    return 0;
}

static void test_callbacks_bad_weight_is_named(void **state)
{
    (void)state;
    const nn_dataset_source source = {sizeof source, 6, bad_weight_read, NULL, NULL};
    nn_dataset *dataset = nn_dataset_from_source(NULL, &source);
    assert_int_equal(nn_dataset_declare_input(dataset, NN_UINT8, NULL, 0), NN_OK);
    nn_tensor *out = nn_tensor_create(NULL, NN_UINT8, (const int64_t[]){2}, 1);
    assert_int_equal(nn_dataset_read_input(dataset, 0, 3, out), NN_ERROR_DATA);
    assert_failure(NN_ERROR_DATA, "weights, sample 4: expected a number of at least 0");
    nn_tensor_destroy(out);
    nn_dataset_destroy(dataset);
}

static void test_bad_source_is_refused_and_released(void **state)
{
    (void)state;
    struct counting counting = {0, 0, 0, 0};
    nn_dataset_source source = {sizeof source, -1, counting_read, counting_release,
                                &counting};
    assert_null(nn_dataset_from_source(NULL, NULL));
    assert_failure(NN_ERROR_NULL, "nn_dataset_from_source: source is NULL");
    assert_null(nn_dataset_from_source(NULL, &source));
    assert_failure(NN_ERROR_SIZE, "source->samples must be at least 0, got -1");
    assert_int_equal(counting.releases, 1);
    source.read = NULL;
    assert_null(nn_dataset_from_source(NULL, &source));
    assert_failure(NN_ERROR_NULL, "source->read is NULL");
    assert_int_equal(counting.releases, 2);
    source.struct_size = 3;
    assert_null(nn_dataset_from_source(NULL, &source));
    assert_failure(NN_ERROR_ARGUMENT, "source->struct_size must be");
    assert_int_equal(counting.releases, 2);
}

static void test_bad_declaration_is_refused(void **state)
{
    (void)state;
    struct counting counting;
    nn_dataset *dataset = dataset_of_counting(NULL, &counting);
    static const int64_t shape[] = {2, -1, 2, 2, 2, 2, 2, 2};
    assert_int_equal(nn_dataset_declare_input(dataset, 99, shape, 1), NN_ERROR_DTYPE);
    assert_int_equal(nn_dataset_declare_input(dataset, NN_UINT8, shape, 2),
                     NN_ERROR_SIZE);
    assert_int_equal(nn_dataset_declare_input(dataset, NN_UINT8, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_declare_target(dataset, NN_UINT8, shape, 8),
                     NN_ERROR_RANK);
    assert_failure(NN_ERROR_RANK, "nn_dataset_declare_target");
    assert_int_equal(nn_dataset_input_count(dataset), 1);
    nn_dataset_destroy(dataset);
}

static void test_tensors_and_callbacks_do_not_mix(void **state)
{
    (void)state;
    struct counting counting;
    nn_dataset *counted = dataset_of_counting(NULL, &counting);
    nn_dataset *dataset = dataset_of_three();
    nn_tensor *tensor = tensor_of_row(6, six);
    assert_int_equal(nn_dataset_add_input(counted, tensor), NN_ERROR_STATE);
    assert_int_equal(nn_dataset_set_weights(counted, tensor), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "the samples come from a callback");
    assert_int_equal(nn_dataset_declare_input(dataset, NN_UINT8, NULL, 0),
                     NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "the samples do not come from a callback");
    nn_tensor_destroy(tensor);
    nn_dataset_destroy(dataset);
    nn_dataset_destroy(counted);
}

/* ---- memory ---- */

static int make_and_read(nn_context *context, void *data)
{
    (void)data;
    const int64_t shape[] = {3, 2};
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    nn_tensor *out = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    nn_dataset *dataset = nn_dataset_create(context);
    int done = tensor != NULL && out != NULL && dataset != NULL &&
               nn_dataset_add_input(dataset, tensor) == NN_OK &&
               nn_dataset_read_input(dataset, 0, 0, out) == NN_OK;
    nn_tensor_destroy(tensor);
    nn_tensor_destroy(out);
    nn_dataset_destroy(dataset);
    return done;
}

static int count_and_read(nn_context *context, void *data)
{
    struct counting *counting = data;
    const int64_t shape[] = {3, 2};
    nn_tensor *out = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    nn_dataset *dataset = dataset_of_counting(context, counting);
    int done = out != NULL && dataset != NULL &&
               nn_dataset_read_input(dataset, 0, 0, out) == NN_OK;
    nn_tensor_destroy(out);
    nn_dataset_destroy(dataset);
    assert_int_equal(counting->releases, 1);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    struct counting counting;
    assert_true(fail_each_allocation(make_and_read, NULL) >= 7);
    assert_true(fail_each_allocation(count_and_read, &counting) >= 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dataset_keeps_tensors_that_the_caller_destroyed),
        cmocka_unit_test(test_dataset_without_tensors_has_no_samples),
        cmocka_unit_test(test_null_dataset_is_empty),
        cmocka_unit_test(test_null_dataset_passes_on_the_failure_that_made_it),
        cmocka_unit_test(test_null_tensor_is_refused),
        cmocka_unit_test(test_tensors_need_equally_many_samples),
        cmocka_unit_test(test_scalar_holds_no_samples),
        cmocka_unit_test(test_seventeenth_input_is_refused),
        cmocka_unit_test(test_tensor_of_another_context_is_refused),
        cmocka_unit_test(test_shapes_are_those_of_one_sample),
        cmocka_unit_test(test_shape_of_an_input_that_is_not_there_is_refused),
        cmocka_unit_test(test_reading_copies_the_samples_asked_for),
        cmocka_unit_test(test_reading_past_the_end_is_refused),
        cmocka_unit_test(test_reading_into_another_shape_or_type_is_refused),
        cmocka_unit_test(test_reading_into_the_datasets_own_memory_is_refused),
        cmocka_unit_test(test_value_that_is_not_finite_is_named),
        cmocka_unit_test(test_gather_follows_the_order_it_is_given),
        cmocka_unit_test(test_gather_from_subsets_follows_the_order_too),
        cmocka_unit_test(test_gather_leaves_out_what_is_not_wanted),
        cmocka_unit_test(test_gather_on_threads_copies_every_row),
        cmocka_unit_test(test_gather_on_threads_names_the_first_bad_value),
        cmocka_unit_test(test_samples_without_elements_are_gathered),
        cmocka_unit_test(test_weights_are_gathered_until_taken_away),
        cmocka_unit_test(test_subset_has_the_weights_of_its_dataset),
        cmocka_unit_test(test_weights_alone_settle_the_number_of_samples),
        cmocka_unit_test(test_weights_that_are_none_are_refused),
        cmocka_unit_test(test_weight_that_went_bad_is_found_when_it_is_used),
        cmocka_unit_test(test_callback_gives_samples_and_weights),
        cmocka_unit_test(test_subset_of_a_callback_asks_for_its_samples),
        cmocka_unit_test(test_callback_that_fails_ends_the_call),
        cmocka_unit_test(test_callbacks_bad_value_is_named_by_its_number_in_the_subset),
        cmocka_unit_test(test_callbacks_bad_weight_is_named),
        cmocka_unit_test(test_bad_source_is_refused_and_released),
        cmocka_unit_test(test_bad_declaration_is_refused),
        cmocka_unit_test(test_tensors_and_callbacks_do_not_mix),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
