/* Arithmetic over tensors: sums, products, multiples, reductions. The matrix product is
 * test_tensor_matmul.c's. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/tensor.h>

#include <math.h>
#include <string.h>

static void assert_failed(nn_status got, nn_status expected, const char *part)
{
    assert_int_equal(got, expected);
    assert_int_equal(nn_last_status(), expected);
    if (strstr(nn_last_error(), part) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", nn_last_error(), part);
    }
}

/* A tensor of the given shape, ended by -1; elements 1, 2, 3, ... */
static nn_tensor *counting(const int64_t *shape)
{
    int32_t rank = 0;
    while (shape[rank] >= 0) {
        rank++;
    }
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, shape, rank);
    assert_non_null(tensor);
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        nn_tensor_floats(tensor)[i] = (float)(i + 1);
    }
    return tensor;
}

#define COUNTING(...) counting((const int64_t[]){__VA_ARGS__, -1})

static nn_tensor *number(float value)
{
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    nn_tensor_floats(tensor)[0] = value;
    return tensor;
}

static void assert_floats(const nn_tensor *tensor, const float *expected, int64_t count)
{
    const float *got = nn_tensor_data_const(tensor);
    assert_int_equal(nn_tensor_count(tensor), count);
    for (int64_t i = 0; i < count; i++) {
        if (got[i] != expected[i]) {
            fail_msg("element %d is %g, expected %g", (int)i, (double)got[i],
                     (double)expected[i]);
        }
    }
}

#define ASSERT_FLOATS(tensor, ...)                      \
    assert_floats(tensor, (const float[]){__VA_ARGS__}, \
                  (int64_t)(sizeof((const float[]){__VA_ARGS__}) / sizeof(float)))

/* ---- add and multiply ---- */

static void add_and_multiply_work_element_by_element(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 3);
    nn_tensor *b = COUNTING(2, 3);
    nn_tensor *out = COUNTING(2, 3);
    assert_int_equal(nn_tensor_add(a, b, out), NN_OK);
    ASSERT_FLOATS(out, 2, 4, 6, 8, 10, 12);
    assert_int_equal(nn_tensor_multiply(a, b, out), NN_OK);
    ASSERT_FLOATS(out, 1, 4, 9, 16, 25, 36);
    nn_tensor_destroy(out);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void a_trailing_part_is_repeated(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 2, 2);
    nn_tensor *matrix = COUNTING(2, 2);
    nn_tensor *vector = COUNTING(2);
    nn_tensor *out = COUNTING(2, 2, 2);
    assert_int_equal(nn_tensor_add(a, vector, out), NN_OK);
    ASSERT_FLOATS(out, 2, 4, 4, 6, 6, 8, 8, 10);
    assert_int_equal(nn_tensor_add(a, matrix, out), NN_OK);
    ASSERT_FLOATS(out, 2, 4, 6, 8, 6, 8, 10, 12);
    assert_int_equal(nn_tensor_multiply(a, vector, out), NN_OK);
    ASSERT_FLOATS(out, 1, 4, 3, 8, 5, 12, 7, 16);
    assert_int_equal(nn_tensor_multiply(a, matrix, out), NN_OK);
    ASSERT_FLOATS(out, 1, 4, 9, 16, 5, 12, 21, 32);
    nn_tensor_destroy(out);
    nn_tensor_destroy(vector);
    nn_tensor_destroy(matrix);
    nn_tensor_destroy(a);
}

static void a_single_number_is_repeated(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 2);
    nn_tensor *b = number(-3.0f);
    nn_tensor *column = COUNTING(3, 1);
    nn_tensor *one = COUNTING(1);
    nn_tensor *out = COUNTING(2, 2);
    assert_int_equal(nn_tensor_add(a, b, out), NN_OK);
    ASSERT_FLOATS(out, -2, -1, 0, 1);
    assert_int_equal(nn_tensor_multiply(a, b, out), NN_OK);
    ASSERT_FLOATS(out, -3, -6, -9, -12);
    assert_int_equal(nn_tensor_add(column, one, column), NN_OK);
    ASSERT_FLOATS(column, 2, 3, 4);
    assert_int_equal(nn_tensor_add(b, b, b), NN_OK);
    ASSERT_FLOATS(b, -6);
    assert_int_equal(nn_tensor_multiply(b, b, b), NN_OK);
    ASSERT_FLOATS(b, 36);
    nn_tensor_destroy(out);
    nn_tensor_destroy(one);
    nn_tensor_destroy(column);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void out_may_be_an_input(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 2);
    nn_tensor *b = COUNTING(2, 2);
    nn_tensor *vector = COUNTING(2);
    assert_int_equal(nn_tensor_add(a, b, a), NN_OK);
    ASSERT_FLOATS(a, 2, 4, 6, 8);
    assert_int_equal(nn_tensor_multiply(a, b, b), NN_OK);
    ASSERT_FLOATS(b, 2, 8, 18, 32);
    assert_int_equal(nn_tensor_add(a, vector, a), NN_OK);
    ASSERT_FLOATS(a, 3, 6, 7, 10);
    assert_int_equal(nn_tensor_scale(a, 2.0f, a), NN_OK);
    ASSERT_FLOATS(a, 6, 12, 14, 20);
    nn_tensor_destroy(vector);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void other_overlap_is_refused(void **state)
{
    (void)state;
    nn_tensor *all = COUNTING(6);
    nn_tensor *pair = COUNTING(2);
    nn_tensor *low = nn_tensor_slice(all, 0, 4);
    nn_tensor *high = nn_tensor_slice(all, 1, 4);
    nn_tensor *rows = nn_tensor_reshape(low, (const int64_t[]){2, 2}, 2);
    nn_tensor *part = nn_tensor_slice(all, 2, 2);
    assert_failed(nn_tensor_add(low, low, high), NN_ERROR_ARGUMENT,
                  "nn_tensor_add: a and out overlap");
    assert_failed(nn_tensor_scale(low, 2.0f, high), NN_ERROR_ARGUMENT,
                  "nn_tensor_scale: a and out overlap");
    assert_failed(nn_tensor_multiply(rows, part, rows), NN_ERROR_ARGUMENT,
                  "nn_tensor_multiply: b and out overlap");
    ASSERT_FLOATS(all, 1, 2, 3, 4, 5, 6);
    nn_tensor_destroy(part);
    nn_tensor_destroy(rows);
    nn_tensor_destroy(high);
    nn_tensor_destroy(low);
    nn_tensor_destroy(pair);
    nn_tensor_destroy(all);
}

static void messages_name_both_shapes(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 3);
    nn_tensor *b = COUNTING(4);
    nn_tensor *big = COUNTING(1, 2, 3);
    nn_tensor *out = COUNTING(3, 2);
    assert_failed(nn_tensor_add(a, b, a), NN_ERROR_SHAPE,
                  "nn_tensor_add: a is (2, 3), b is (4)");
    assert_failed(nn_tensor_multiply(a, b, a), NN_ERROR_SHAPE,
                  "nn_tensor_multiply: a is (2, 3), b is (4)");
    assert_failed(nn_tensor_add(a, big, a), NN_ERROR_SHAPE, "b is (1, 2, 3)");
    assert_failed(nn_tensor_add(a, a, out), NN_ERROR_SHAPE,
                  "nn_tensor_add: out is (3, 2), expected (2, 3)");
    assert_failed(nn_tensor_scale(a, 1.0f, out), NN_ERROR_SHAPE,
                  "nn_tensor_scale: out is (3, 2), expected (2, 3)");
    assert_failed(nn_tensor_sum(a, 0, out), NN_ERROR_SHAPE,
                  "nn_tensor_sum: a is (2, 3), out is (3, 2), expected (3)");
    assert_failed(nn_tensor_mean(a, NN_ALL, out), NN_ERROR_SHAPE,
                  "nn_tensor_mean: a is (2, 3), out is (3, 2), expected ()");
    nn_tensor_destroy(out);
    nn_tensor_destroy(big);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void null_is_refused_everywhere(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2);
    assert_failed(nn_tensor_add(NULL, a, a), NN_ERROR_NULL, "nn_tensor_add: a is NULL");
    assert_failed(nn_tensor_add(a, NULL, a), NN_ERROR_NULL, "nn_tensor_add: b is NULL");
    assert_failed(nn_tensor_add(a, a, NULL), NN_ERROR_NULL, "nn_tensor_add: out is NULL");
    assert_failed(nn_tensor_multiply(NULL, a, a), NN_ERROR_NULL, "nn_tensor_multiply: a");
    assert_failed(nn_tensor_scale(NULL, 1, a), NN_ERROR_NULL, "nn_tensor_scale: a");
    assert_failed(nn_tensor_scale(a, 1, NULL), NN_ERROR_NULL, "nn_tensor_scale: out");
    assert_failed(nn_tensor_sum(NULL, 0, a), NN_ERROR_NULL, "nn_tensor_sum: a");
    assert_failed(nn_tensor_sum(a, 0, NULL), NN_ERROR_NULL, "nn_tensor_sum: out");
    assert_failed(nn_tensor_mean(NULL, 0, a), NN_ERROR_NULL, "nn_tensor_mean: a");
    assert_failed(nn_tensor_mean(a, 0, NULL), NN_ERROR_NULL, "nn_tensor_mean: out");
    assert_failed(nn_tensor_argmax(NULL, 0, a), NN_ERROR_NULL, "nn_tensor_argmax: a");
    assert_failed(nn_tensor_argmax(a, 0, NULL), NN_ERROR_NULL, "nn_tensor_argmax: out");
    nn_tensor_destroy(a);
}

static void arithmetic_is_for_floats(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2);
    nn_tensor *words = nn_tensor_create(NULL, NN_INT32, (const int64_t[]){2}, 1);
    nn_tensor *byte = nn_tensor_create(NULL, NN_UINT8, NULL, 0);
    assert_failed(nn_tensor_add(words, a, a), NN_ERROR_DTYPE, "a is int32");
    assert_failed(nn_tensor_add(a, words, a), NN_ERROR_DTYPE, "b is int32");
    assert_failed(nn_tensor_multiply(a, a, words), NN_ERROR_DTYPE, "out is int32");
    assert_failed(nn_tensor_scale(words, 1, a), NN_ERROR_DTYPE, "expected float32");
    assert_failed(nn_tensor_sum(words, 0, a), NN_ERROR_DTYPE, "a is int32");
    assert_failed(nn_tensor_mean(a, NN_ALL, byte), NN_ERROR_DTYPE, "out is uint8");
    assert_failed(nn_tensor_argmax(words, 0, a), NN_ERROR_DTYPE, "a is int32");
    assert_failed(nn_tensor_argmax(a, NN_ALL, byte), NN_ERROR_DTYPE,
                  "nn_tensor_argmax: out is uint8");
    nn_tensor_destroy(byte);
    nn_tensor_destroy(words);
    nn_tensor_destroy(a);
}

static void tensors_of_one_call_share_a_context(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_tensor *a = COUNTING(2);
    nn_tensor *b = nn_tensor_create(context, NN_FLOAT32, (const int64_t[]){2}, 1);
    nn_tensor *sum = nn_tensor_create(context, NN_FLOAT32, NULL, 0);
    nn_tensor *index = nn_tensor_create(context, NN_INT64, NULL, 0);
    assert_failed(nn_tensor_add(a, b, a), NN_ERROR_CONTEXT, "nn_tensor_add: a and b");
    assert_failed(nn_tensor_add(a, a, b), NN_ERROR_CONTEXT, "nn_tensor_add: a and out");
    assert_failed(nn_tensor_scale(a, 1, b), NN_ERROR_CONTEXT,
                  "nn_tensor_scale: a and out");
    assert_failed(nn_tensor_sum(a, NN_ALL, sum), NN_ERROR_CONTEXT, "nn_tensor_sum");
    assert_failed(nn_tensor_argmax(a, NN_ALL, index), NN_ERROR_CONTEXT,
                  "nn_tensor_argmax");
    nn_tensor_destroy(index);
    nn_tensor_destroy(sum);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
    nn_context_destroy(context);
}

static void empty_tensors_are_nothing_to_do(void **state)
{
    (void)state;
    nn_tensor *empty = COUNTING(0, 3);
    nn_tensor *row = COUNTING(3);
    nn_tensor *none = COUNTING(0);
    nn_tensor *bare =
        nn_tensor_wrap(NULL, NN_FLOAT32, (const int64_t[]){0, 3}, 2, NULL, NULL, NULL);
    assert_int_equal(nn_tensor_add(empty, row, empty), NN_OK);
    assert_int_equal(nn_tensor_multiply(bare, row, bare), NN_OK);
    assert_int_equal(nn_tensor_scale(bare, 2.0f, empty), NN_OK);
    assert_int_equal(nn_tensor_add(row, row, row), NN_OK);
    assert_int_equal(nn_tensor_sum(bare, 1, none), NN_OK);
    nn_tensor_destroy(bare);
    nn_tensor_destroy(none);
    nn_tensor_destroy(row);
    nn_tensor_destroy(empty);
}

/* ---- scale ---- */

static void scale_multiplies_by_the_factor(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(5);
    nn_tensor *out = COUNTING(5);
    assert_int_equal(nn_tensor_scale(a, -0.5f, out), NN_OK);
    ASSERT_FLOATS(out, -0.5f, -1, -1.5f, -2, -2.5f);
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
}

/* ---- sum and mean ---- */

static void sum_runs_along_each_axis(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 3, 2);
    nn_tensor *first = COUNTING(3, 2);
    nn_tensor *middle = COUNTING(2, 2);
    nn_tensor *last = COUNTING(2, 3);
    assert_int_equal(nn_tensor_sum(a, 0, first), NN_OK);
    ASSERT_FLOATS(first, 8, 10, 12, 14, 16, 18);
    assert_int_equal(nn_tensor_sum(a, 1, middle), NN_OK);
    ASSERT_FLOATS(middle, 9, 12, 27, 30);
    assert_int_equal(nn_tensor_sum(a, 2, last), NN_OK);
    ASSERT_FLOATS(last, 3, 7, 11, 15, 19, 23);
    assert_int_equal(nn_tensor_sum(a, -2, middle), NN_OK);
    ASSERT_FLOATS(middle, 9, 12, 27, 30);
    assert_int_equal(nn_tensor_mean(a, 0, first), NN_OK);
    ASSERT_FLOATS(first, 4, 5, 6, 7, 8, 9);
    assert_int_equal(nn_tensor_mean(a, -1, last), NN_OK);
    ASSERT_FLOATS(last, 1.5f, 3.5f, 5.5f, 7.5f, 9.5f, 11.5f);
    nn_tensor_destroy(last);
    nn_tensor_destroy(middle);
    nn_tensor_destroy(first);
    nn_tensor_destroy(a);
}

static void sum_and_mean_run_over_everything(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 3);
    nn_tensor *out = number(0.0f);
    nn_tensor *single = number(4.5f);
    assert_int_equal(nn_tensor_sum(a, NN_ALL, out), NN_OK);
    ASSERT_FLOATS(out, 21);
    assert_int_equal(nn_tensor_mean(a, NN_ALL, out), NN_OK);
    ASSERT_FLOATS(out, 3.5f);
    assert_int_equal(nn_tensor_sum(single, NN_ALL, out), NN_OK);
    ASSERT_FLOATS(out, 4.5f);
    nn_tensor_destroy(single);
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
}

static void a_long_sum_stays_accurate(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(1000000);
    nn_tensor *out = number(0.0f);
    assert_int_equal(nn_tensor_random_uniform(a, 0.0f, 1.0f, 3), NN_OK);
    double exact = 0.0;
    for (int i = 0; i < 1000000; i++) {
        exact += (double)nn_tensor_floats(a)[i];
    }
    assert_int_equal(nn_tensor_sum(a, NN_ALL, out), NN_OK);
    assert_true(fabs((double)nn_tensor_floats(out)[0] - exact) < exact * 1e-6);
    assert_int_equal(nn_tensor_mean(a, NN_ALL, out), NN_OK);
    assert_true(fabs((double)nn_tensor_floats(out)[0] - exact / 1e6) <
                exact / 1e6 * 1e-6);
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
}

static void a_sum_along_an_earlier_axis_is_a_chain_in_order(void **state)
{
    (void)state;
    enum { ROWS = 37, COLUMNS = 19 };
    nn_tensor *a = COUNTING(ROWS, COLUMNS);
    nn_tensor *out = COUNTING(COLUMNS);
    assert_int_equal(nn_tensor_random_normal(a, 0.0f, 1.0f, 4), NN_OK);
    assert_int_equal(nn_tensor_sum(a, 0, out), NN_OK);
    for (int j = 0; j < COLUMNS; j++) {
        float chain = 0.0f;
        for (int i = 0; i < ROWS; i++) {
            chain += nn_tensor_floats(a)[i * COLUMNS + j];
        }
        assert_true(nn_tensor_floats(out)[j] == chain);
    }
    assert_int_equal(nn_tensor_mean(a, 0, out), NN_OK);
    for (int j = 0; j < COLUMNS; j++) {
        float chain = 0.0f;
        for (int i = 0; i < ROWS; i++) {
            chain += nn_tensor_floats(a)[i * COLUMNS + j];
        }
        assert_true(nn_tensor_floats(out)[j] == chain / (float)ROWS);
    }
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
}

static void an_empty_sum_is_0_and_an_empty_mean_is_refused(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(0, 3);
    nn_tensor *wide = COUNTING(3, 0);
    nn_tensor *row = COUNTING(3);
    nn_tensor *none = COUNTING(0);
    nn_tensor *out = number(7.0f);
    assert_int_equal(nn_tensor_sum(a, 0, row), NN_OK);
    ASSERT_FLOATS(row, 0, 0, 0);
    assert_int_equal(nn_tensor_fill(row, 7.0), NN_OK);
    assert_int_equal(nn_tensor_sum(wide, 1, row), NN_OK);
    ASSERT_FLOATS(row, 0, 0, 0);
    assert_int_equal(nn_tensor_sum(a, NN_ALL, out), NN_OK);
    ASSERT_FLOATS(out, 0);
    assert_int_equal(nn_tensor_mean(a, 1, none), NN_OK);
    assert_failed(nn_tensor_mean(a, 0, row), NN_ERROR_EMPTY,
                  "nn_tensor_mean: a is (0, 3)");
    assert_failed(nn_tensor_mean(a, NN_ALL, out), NN_ERROR_EMPTY, "(0, 3)");
    nn_tensor_destroy(out);
    nn_tensor_destroy(none);
    nn_tensor_destroy(row);
    nn_tensor_destroy(wide);
    nn_tensor_destroy(a);
}

static void an_axis_that_is_none_is_refused(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 3);
    nn_tensor *scalar = number(1.0f);
    nn_tensor *out = number(0.0f);
    nn_tensor *index = nn_tensor_create(NULL, NN_INT64, NULL, 0);
    assert_failed(nn_tensor_sum(a, 2, out), NN_ERROR_ARGUMENT, "nn_tensor_sum");
    assert_failed(nn_tensor_sum(a, -3, out), NN_ERROR_ARGUMENT, "-3");
    assert_failed(nn_tensor_mean(a, INT32_MAX, out), NN_ERROR_ARGUMENT, "nn_tensor_mean");
    assert_failed(nn_tensor_argmax(a, INT32_MIN, index), NN_ERROR_ARGUMENT, "argmax");
    assert_failed(nn_tensor_sum(scalar, 0, out), NN_ERROR_ARGUMENT, "nn_tensor_sum");
    nn_tensor_destroy(index);
    nn_tensor_destroy(out);
    nn_tensor_destroy(scalar);
    nn_tensor_destroy(a);
}

static void a_reduction_into_its_own_memory_is_refused(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(4);
    nn_tensor *first = nn_tensor_slice(a, 0, 1);
    nn_tensor *out = nn_tensor_reshape(first, NULL, 0);
    assert_failed(nn_tensor_sum(a, NN_ALL, out), NN_ERROR_ARGUMENT,
                  "nn_tensor_sum: a and out overlap");
    nn_tensor_destroy(out);
    nn_tensor_destroy(first);
    nn_tensor_destroy(a);
}

/* ---- argmax ---- */

static void argmax_finds_the_first_largest(void **state)
{
    (void)state;
    float data[] = {1, 5, 5, 2, 9, -1, 9, 9, 3, 3, 3, 3};
    const int64_t shape[] = {3, 4};
    nn_tensor *a = nn_tensor_wrap(NULL, NN_FLOAT32, shape, 2, data, NULL, NULL);
    nn_tensor *rows = nn_tensor_create(NULL, NN_INT64, (const int64_t[]){3}, 1);
    nn_tensor *columns = nn_tensor_create(NULL, NN_INT32, (const int64_t[]){4}, 1);
    nn_tensor *all = nn_tensor_create(NULL, NN_INT32, NULL, 0);
    assert_int_equal(nn_tensor_argmax(a, 1, rows), NN_OK);
    assert_memory_equal(nn_tensor_data(rows), ((const int64_t[]){1, 0, 0}), 24);
    assert_int_equal(nn_tensor_argmax(a, -2, columns), NN_OK);
    assert_memory_equal(nn_tensor_data(columns), ((const int32_t[]){1, 0, 1, 1}), 16);
    assert_int_equal(nn_tensor_argmax(a, NN_ALL, all), NN_OK);
    assert_int_equal(*(int32_t *)nn_tensor_data(all), 4);
    nn_tensor_destroy(all);
    nn_tensor_destroy(columns);
    nn_tensor_destroy(rows);
    nn_tensor_destroy(a);
}

static void argmax_runs_along_a_middle_axis(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(2, 3, 2);
    nn_tensor *out = nn_tensor_create(NULL, NN_INT64, (const int64_t[]){2, 2}, 2);
    nn_tensor_floats(a)[6] = 100.0f;
    assert_int_equal(nn_tensor_argmax(a, 1, out), NN_OK);
    assert_memory_equal(nn_tensor_data(out), ((const int64_t[]){2, 2, 0, 2}), 32);
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
}

static void argmax_finds_one_element_in_long_rows(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(1000);
    nn_tensor *out = nn_tensor_create(NULL, NN_INT64, NULL, 0);
    assert_int_equal(nn_tensor_fill(a, -1.0), NN_OK);
    for (int64_t i = 0; i < 1000; i += 37) {
        nn_tensor_floats(a)[i] = -0.5f;
        assert_int_equal(nn_tensor_argmax(a, 0, out), NN_OK);
        assert_int_equal(*(int64_t *)nn_tensor_data(out), i);
        nn_tensor_floats(a)[i] = -1.0f;
    }
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
}

static void argmax_of_nothing_is_refused(void **state)
{
    (void)state;
    nn_tensor *a = COUNTING(3, 0);
    nn_tensor *rows = nn_tensor_create(NULL, NN_INT64, (const int64_t[]){3}, 1);
    nn_tensor *none = nn_tensor_create(NULL, NN_INT64, (const int64_t[]){0}, 1);
    nn_tensor *all = nn_tensor_create(NULL, NN_INT64, NULL, 0);
    assert_failed(nn_tensor_argmax(a, 1, rows), NN_ERROR_EMPTY,
                  "nn_tensor_argmax: a is (3, 0)");
    assert_failed(nn_tensor_argmax(a, NN_ALL, all), NN_ERROR_EMPTY, "(3, 0)");
    assert_int_equal(nn_tensor_argmax(a, 0, none), NN_OK);
    nn_tensor_destroy(all);
    nn_tensor_destroy(none);
    nn_tensor_destroy(rows);
    nn_tensor_destroy(a);
}

static void argmax_refuses_indices_beyond_int32(void **state)
{
    (void)state;
    const int64_t wide[] = {0, INT64_C(1) << 31};
    const int64_t wider[] = {0, (INT64_C(1) << 31) + 1};
    const int64_t none[] = {0};
    nn_tensor *a = nn_tensor_create(NULL, NN_FLOAT32, wide, 2);
    nn_tensor *b = nn_tensor_create(NULL, NN_FLOAT32, wider, 2);
    nn_tensor *words = nn_tensor_create(NULL, NN_INT32, none, 1);
    nn_tensor *longs = nn_tensor_create(NULL, NN_INT64, none, 1);
    assert_int_equal(nn_tensor_argmax(a, 1, words), NN_OK);
    assert_int_equal(nn_tensor_argmax(b, 1, longs), NN_OK);
    assert_failed(nn_tensor_argmax(b, 1, words), NN_ERROR_DTYPE, "expected int64");
    nn_tensor_destroy(longs);
    nn_tensor_destroy(words);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(add_and_multiply_work_element_by_element),
        cmocka_unit_test(a_trailing_part_is_repeated),
        cmocka_unit_test(a_single_number_is_repeated),
        cmocka_unit_test(out_may_be_an_input),
        cmocka_unit_test(other_overlap_is_refused),
        cmocka_unit_test(messages_name_both_shapes),
        cmocka_unit_test(null_is_refused_everywhere),
        cmocka_unit_test(arithmetic_is_for_floats),
        cmocka_unit_test(tensors_of_one_call_share_a_context),
        cmocka_unit_test(empty_tensors_are_nothing_to_do),
        cmocka_unit_test(scale_multiplies_by_the_factor),
        cmocka_unit_test(sum_runs_along_each_axis),
        cmocka_unit_test(sum_and_mean_run_over_everything),
        cmocka_unit_test(a_long_sum_stays_accurate),
        cmocka_unit_test(a_sum_along_an_earlier_axis_is_a_chain_in_order),
        cmocka_unit_test(an_empty_sum_is_0_and_an_empty_mean_is_refused),
        cmocka_unit_test(an_axis_that_is_none_is_refused),
        cmocka_unit_test(a_reduction_into_its_own_memory_is_refused),
        cmocka_unit_test(argmax_finds_the_first_largest),
        cmocka_unit_test(argmax_runs_along_a_middle_axis),
        cmocka_unit_test(argmax_finds_one_element_in_long_rows),
        cmocka_unit_test(argmax_of_nothing_is_refused),
        cmocka_unit_test(argmax_refuses_indices_beyond_int32),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
