/* Setting the elements of tensors: fill, copy with conversion, random numbers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/tensor.h>

#include <fenv.h>
#include <float.h>
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

static nn_tensor *vector(int32_t dtype, int64_t count)
{
    nn_tensor *tensor = nn_tensor_create(NULL, dtype, &count, 1);
    assert_non_null(tensor);
    return tensor;
}

/* ---- fill ---- */

static void fill_sets_every_float(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_FLOAT32, 37);
    assert_int_equal(nn_tensor_fill(tensor, 0.1), NN_OK);
    for (int i = 0; i < 37; i++) {
        assert_true(nn_tensor_floats(tensor)[i] == 0.1f);
    }
    assert_int_equal(nn_tensor_fill(tensor, (double)NAN), NN_OK);
    assert_true(isnan(nn_tensor_floats(tensor)[36]));
    assert_int_equal(nn_tensor_fill(tensor, 1e300), NN_OK);
    assert_true(isinf(nn_tensor_floats(tensor)[0]));
    nn_tensor_destroy(tensor);
}

static void fill_rounds_to_nearest_in_any_environment(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_FLOAT32, 3);
    const int mode = fegetround();
    assert_int_equal(fesetround(FE_UPWARD), 0);
    const nn_status status = nn_tensor_fill(tensor, 0.3);
    const int after = fegetround();
    fesetround(mode);
    assert_int_equal(status, NN_OK);
    assert_int_equal(after, FE_UPWARD);
    assert_true(nn_tensor_floats(tensor)[2] == 0.3f);
    nn_tensor_destroy(tensor);
}

static void fill_cuts_towards_zero_for_integers(void **state)
{
    (void)state;
    nn_tensor *bytes = vector(NN_UINT8, 5);
    nn_tensor *words = vector(NN_INT32, 5);
    nn_tensor *longs = vector(NN_INT64, 5);
    assert_int_equal(nn_tensor_fill(bytes, 255.9), NN_OK);
    assert_int_equal(((uint8_t *)nn_tensor_data(bytes))[4], 255);
    assert_int_equal(nn_tensor_fill(bytes, -0.9), NN_OK);
    assert_int_equal(((uint8_t *)nn_tensor_data(bytes))[0], 0);
    assert_int_equal(nn_tensor_fill(words, -7.9), NN_OK);
    assert_int_equal(((int32_t *)nn_tensor_data(words))[4], -7);
    assert_int_equal(nn_tensor_fill(words, -2147483648.9), NN_OK);
    assert_int_equal(((int32_t *)nn_tensor_data(words))[0], INT32_MIN);
    assert_int_equal(nn_tensor_fill(words, 2147483647.9), NN_OK);
    assert_int_equal(((int32_t *)nn_tensor_data(words))[0], INT32_MAX);
    assert_int_equal(nn_tensor_fill(longs, -9223372036854775808.0), NN_OK);
    assert_true(((int64_t *)nn_tensor_data(longs))[4] == INT64_MIN);
    nn_tensor_destroy(longs);
    nn_tensor_destroy(words);
    nn_tensor_destroy(bytes);
}

static void fill_refuses_what_an_integer_cannot_hold(void **state)
{
    (void)state;
    const struct {
        int32_t dtype;
        double value;
        const char *text;
    } cases[] = {
        {NN_UINT8, 256.0, "256"},
        {NN_UINT8, -1.0, "-1"},
        {NN_UINT8, (double)NAN, "nan"},
        {NN_INT32, 2147483648.0, "2147483648"},
        {NN_INT32, -2147483649.0, "int32"},
        {NN_INT32, (double)INFINITY, "inf"},
        {NN_INT64, 9223372036854775808.0, "int64"},
        {NN_INT64, -9223372036854777856.0, "int64"},
        {NN_INT64, (double)NAN, "nan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        nn_tensor *tensor = vector(cases[i].dtype, 2);
        assert_int_equal(nn_tensor_fill(tensor, 1.0), NN_OK);
        nn_tensor *before = nn_tensor_clone(tensor);
        assert_failed(nn_tensor_fill(tensor, cases[i].value), NN_ERROR_ARGUMENT,
                      cases[i].text);
        assert_memory_equal(nn_tensor_data(tensor), nn_tensor_data(before),
                            2 * nn_dtype_size(cases[i].dtype));
        nn_tensor_destroy(before);
        nn_tensor_destroy(tensor);
    }
    assert_failed(nn_tensor_fill(NULL, 0.0), NN_ERROR_NULL, "nn_tensor_fill: tensor");
}

static void fill_leaves_the_rows_around_a_slice(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_UINT8, 5);
    nn_tensor *middle = nn_tensor_slice(tensor, 1, 3);
    nn_tensor *none = nn_tensor_slice(tensor, 5, 0);
    assert_int_equal(nn_tensor_fill(middle, 9.0), NN_OK);
    assert_int_equal(nn_tensor_fill(none, 8.0), NN_OK);
    assert_memory_equal(nn_tensor_data(tensor), ((const uint8_t[]){0, 9, 9, 9, 0}), 5);
    nn_tensor_destroy(none);
    nn_tensor_destroy(middle);
    nn_tensor_destroy(tensor);
}

/* ---- copy ---- */

static void copy_keeps_elements_and_may_change_the_shape(void **state)
{
    (void)state;
    float data[6] = {1, 2, 3, 4, 5, 6};
    nn_tensor *source =
        nn_tensor_wrap(NULL, NN_FLOAT32, (const int64_t[]){2, 3}, 2, data, NULL, NULL);
    nn_tensor *target = vector(NN_FLOAT32, 6);
    assert_int_equal(nn_tensor_copy(source, target), NN_OK);
    assert_memory_equal(nn_tensor_data(target), data, sizeof data);
    nn_tensor_destroy(target);
    nn_tensor_destroy(source);
}

static void copy_turns_integers_into_the_nearest_floats(void **state)
{
    (void)state;
    uint8_t bytes[3] = {0, 128, 255};
    int32_t words[3] = {INT32_MIN, 16777217, INT32_MAX};
    int64_t longs[3] = {INT64_MIN, INT64_C(9007199791611905), -5};
    const int64_t three[] = {3};
    nn_tensor *target = vector(NN_FLOAT32, 3);
    const float *floats = nn_tensor_floats(target);
    nn_tensor *source = nn_tensor_wrap(NULL, NN_UINT8, three, 1, bytes, NULL, NULL);
    assert_int_equal(nn_tensor_copy(source, target), NN_OK);
    assert_true(floats[0] == 0.0f && floats[1] == 128.0f && floats[2] == 255.0f);
    nn_tensor_destroy(source);
    source = nn_tensor_wrap(NULL, NN_INT32, three, 1, words, NULL, NULL);
    assert_int_equal(nn_tensor_copy(source, target), NN_OK);
    assert_true(floats[0] == -2147483648.0f && floats[1] == 16777216.0f &&
                floats[2] == 2147483648.0f);
    nn_tensor_destroy(source);
    /* The middle one lies just above a tie: rounding to double first would lose that. */
    source = nn_tensor_wrap(NULL, NN_INT64, three, 1, longs, NULL, NULL);
    assert_int_equal(nn_tensor_copy(source, target), NN_OK);
    assert_true(floats[0] == -0x1p63f && floats[1] == 0x1.000002p53f &&
                floats[2] == -5.0f);
    nn_tensor_destroy(source);
    nn_tensor_destroy(target);
}

static void copy_rounds_to_nearest_in_any_environment(void **state)
{
    (void)state;
    int32_t words[1] = {16777217};
    nn_tensor *source =
        nn_tensor_wrap(NULL, NN_INT32, (const int64_t[]){1}, 1, words, NULL, NULL);
    nn_tensor *target = vector(NN_FLOAT32, 1);
    const int mode = fegetround();
    assert_int_equal(fesetround(FE_UPWARD), 0);
    const nn_status status = nn_tensor_copy(source, target);
    fesetround(mode);
    assert_int_equal(status, NN_OK);
    assert_true(nn_tensor_floats(target)[0] == 16777216.0f);
    nn_tensor_destroy(target);
    nn_tensor_destroy(source);
}

static void copy_converts_between_integers(void **state)
{
    (void)state;
    const int32_t types[] = {NN_UINT8, NN_INT32, NN_INT64};
    int64_t longs[4] = {0, 1, 200, 255};
    nn_tensor *start =
        nn_tensor_wrap(NULL, NN_INT64, (const int64_t[]){4}, 1, longs, NULL, NULL);
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            nn_tensor *from = vector(types[i], 4);
            nn_tensor *to = vector(types[j], 4);
            nn_tensor *back = vector(NN_INT64, 4);
            assert_int_equal(nn_tensor_copy(start, from), NN_OK);
            assert_int_equal(nn_tensor_copy(from, to), NN_OK);
            assert_int_equal(nn_tensor_copy(to, back), NN_OK);
            assert_memory_equal(nn_tensor_data(back), longs, sizeof longs);
            nn_tensor_destroy(back);
            nn_tensor_destroy(to);
            nn_tensor_destroy(from);
        }
    }
    nn_tensor_destroy(start);
}

static void copy_names_the_first_integer_that_does_not_fit(void **state)
{
    (void)state;
    int64_t longs[4] = {1, 2, -3000000000, 4000000000};
    const int64_t four[] = {4};
    nn_tensor *source = nn_tensor_wrap(NULL, NN_INT64, four, 1, longs, NULL, NULL);
    nn_tensor *words = vector(NN_INT32, 4);
    assert_int_equal(nn_tensor_fill(words, 7.0), NN_OK);
    assert_failed(nn_tensor_copy(source, words), NN_ERROR_ARGUMENT,
                  "nn_tensor_copy: element 2 of source is -3000000000");
    assert_int_equal(((int32_t *)nn_tensor_data(words))[0], 7);
    longs[2] = 3;
    assert_failed(nn_tensor_copy(source, words), NN_ERROR_ARGUMENT,
                  "element 3 of source is 4000000000");
    longs[2] = INT32_MIN;
    longs[3] = INT32_MAX;
    assert_int_equal(nn_tensor_copy(source, words), NN_OK);
    assert_int_equal(((int32_t *)nn_tensor_data(words))[2], INT32_MIN);
    nn_tensor *bytes = vector(NN_UINT8, 4);
    assert_failed(nn_tensor_copy(words, bytes), NN_ERROR_ARGUMENT, "uint8");
    assert_int_equal(nn_tensor_fill(words, 256.0), NN_OK);
    assert_failed(nn_tensor_copy(words, bytes), NN_ERROR_ARGUMENT,
                  "element 0 of source is 256");
    nn_tensor_destroy(bytes);
    nn_tensor_destroy(words);
    nn_tensor_destroy(source);
}

static void copy_refuses_other_types_counts_and_null(void **state)
{
    (void)state;
    nn_tensor *floats = vector(NN_FLOAT32, 4);
    nn_tensor *words = vector(NN_INT32, 4);
    nn_tensor *more = vector(NN_FLOAT32, 5);
    assert_failed(nn_tensor_copy(floats, words), NN_ERROR_DTYPE,
                  "source is float32, target is int32");
    assert_failed(nn_tensor_copy(floats, more), NN_ERROR_SHAPE,
                  "nn_tensor_copy: source is (4), target is (5)");
    assert_failed(nn_tensor_copy(NULL, more), NN_ERROR_NULL, "nn_tensor_copy: source");
    assert_failed(nn_tensor_copy(floats, NULL), NN_ERROR_NULL, "nn_tensor_copy: target");
    nn_tensor_destroy(more);
    nn_tensor_destroy(words);
    nn_tensor_destroy(floats);
}

static void copy_refuses_overlap_and_other_contexts(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_tensor *tensor = vector(NN_FLOAT32, 4);
    nn_tensor *first = nn_tensor_slice(tensor, 0, 2);
    nn_tensor *second = nn_tensor_slice(tensor, 1, 2);
    nn_tensor *third = nn_tensor_slice(tensor, 2, 2);
    nn_tensor *foreign = nn_tensor_create(context, NN_FLOAT32, (const int64_t[]){4}, 1);
    assert_failed(nn_tensor_copy(tensor, tensor), NN_ERROR_ARGUMENT, "overlap");
    assert_failed(nn_tensor_copy(first, second), NN_ERROR_ARGUMENT, "overlap");
    assert_failed(nn_tensor_copy(second, first), NN_ERROR_ARGUMENT, "overlap");
    assert_int_equal(nn_tensor_copy(first, third), NN_OK);
    assert_failed(nn_tensor_copy(tensor, foreign), NN_ERROR_CONTEXT, "nn_tensor_copy");
    nn_tensor_destroy(foreign);
    nn_tensor_destroy(third);
    nn_tensor_destroy(second);
    nn_tensor_destroy(first);
    nn_tensor_destroy(tensor);
    nn_context_destroy(context);
}

static void empty_tensors_can_be_copied(void **state)
{
    (void)state;
    nn_tensor *empty =
        nn_tensor_wrap(NULL, NN_INT64, (const int64_t[]){0, 2}, 2, NULL, NULL, NULL);
    nn_tensor *other = vector(NN_FLOAT32, 0);
    assert_int_equal(nn_tensor_copy(empty, other), NN_OK);
    nn_tensor_destroy(other);
    nn_tensor_destroy(empty);
}

/* ---- random ---- */

enum { SAMPLES = 100000 };

static void moments_of(const nn_tensor *tensor, double *mean, double *variance)
{
    const float *x = nn_tensor_data_const(tensor);
    const double n = (double)nn_tensor_count(tensor);
    double sum = 0.0, squares = 0.0;
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        sum += (double)x[i];
    }
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        squares += ((double)x[i] - sum / n) * ((double)x[i] - sum / n);
    }
    *mean = sum / n;
    *variance = squares / n;
}

/* Five standard errors on either side. */
static void assert_near(double got, double expected, double standard_error)
{
    if (fabs(got - expected) > 5.0 * standard_error) {
        fail_msg("%g is too far from %g (standard error %g)", got, expected,
                 standard_error);
    }
}

static void normal_numbers_have_their_moments(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_FLOAT32, SAMPLES);
    double mean, variance;
    assert_int_equal(nn_tensor_random_normal(tensor, 3.0f, 2.0f, 1), NN_OK);
    moments_of(tensor, &mean, &variance);
    assert_near(mean, 3.0, 2.0 / sqrt(SAMPLES));
    assert_near(variance, 4.0, 4.0 * sqrt(2.0 / SAMPLES));
    int64_t inside = 0;
    for (int64_t i = 0; i < SAMPLES; i++) {
        inside += fabsf(nn_tensor_floats(tensor)[i] - 3.0f) < 2.0f;
    }
    const double p = 0.6826894921370859; /* of one standard deviation */
    assert_near((double)inside / SAMPLES, p, sqrt(p * (1.0 - p) / SAMPLES));
    nn_tensor_destroy(tensor);
}

static void uniform_numbers_have_their_moments_and_range(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_FLOAT32, SAMPLES);
    double mean, variance;
    assert_int_equal(nn_tensor_random_uniform(tensor, -1.0f, 3.0f, 1), NN_OK);
    moments_of(tensor, &mean, &variance);
    assert_near(mean, 1.0, sqrt(16.0 / 12.0 / SAMPLES));
    assert_near(variance, 16.0 / 12.0, 16.0 / sqrt(180.0 * SAMPLES));
    for (int64_t i = 0; i < SAMPLES; i++) {
        const float x = nn_tensor_floats(tensor)[i];
        assert_true(x >= -1.0f && x < 3.0f);
    }
    nn_tensor_destroy(tensor);
}

static void uniform_numbers_stay_below_high_where_floats_are_coarse(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_FLOAT32, SAMPLES);
    const float low = 16777216.0f, high = 16777218.0f;
    assert_int_equal(nn_tensor_random_uniform(tensor, low, high, 1), NN_OK);
    for (int64_t i = 0; i < SAMPLES; i++) {
        const float x = nn_tensor_floats(tensor)[i];
        assert_true(x >= low && x < high);
    }
    nn_tensor_destroy(tensor);
}

static void the_same_seed_gives_the_same_bits(void **state)
{
    (void)state;
    nn_tensor *a = vector(NN_FLOAT32, 1000);
    nn_tensor *b = vector(NN_FLOAT32, 1000);
    assert_int_equal(nn_tensor_random_normal(a, 0.0f, 1.0f, 99), NN_OK);
    assert_int_equal(nn_tensor_random_normal(b, 0.0f, 1.0f, 99), NN_OK);
    assert_memory_equal(nn_tensor_data(a), nn_tensor_data(b), 4000);
    assert_int_equal(nn_tensor_random_normal(b, 0.0f, 1.0f, 100), NN_OK);
    assert_memory_not_equal(nn_tensor_data(a), nn_tensor_data(b), 4000);
    assert_int_equal(nn_tensor_random_uniform(a, 0.0f, 1.0f, 99), NN_OK);
    assert_int_equal(nn_tensor_random_uniform(b, 0.0f, 1.0f, 99), NN_OK);
    assert_memory_equal(nn_tensor_data(a), nn_tensor_data(b), 4000);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void a_shorter_tensor_begins_with_the_same_numbers(void **state)
{
    (void)state;
    nn_tensor *a = vector(NN_FLOAT32, 1000);
    for (int64_t count = 0; count < 40; count++) {
        nn_tensor *b = vector(NN_FLOAT32, count);
        assert_int_equal(nn_tensor_random_normal(a, 0.5f, 1.5f, 7), NN_OK);
        assert_int_equal(nn_tensor_random_normal(b, 0.5f, 1.5f, 7), NN_OK);
        assert_int_equal(
            memcmp(nn_tensor_data(a), nn_tensor_data(b), (size_t)count * sizeof(float)),
            0);
        assert_int_equal(nn_tensor_random_uniform(a, 0.5f, 1.5f, 7), NN_OK);
        assert_int_equal(nn_tensor_random_uniform(b, 0.5f, 1.5f, 7), NN_OK);
        assert_int_equal(
            memcmp(nn_tensor_data(a), nn_tensor_data(b), (size_t)count * sizeof(float)),
            0);
        nn_tensor_destroy(b);
    }
    nn_tensor_destroy(a);
}

static void no_spread_gives_one_value(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_FLOAT32, 50);
    assert_int_equal(nn_tensor_random_normal(tensor, 3.0f, 0.0f, 5), NN_OK);
    assert_true(nn_tensor_floats(tensor)[49] == 3.0f);
    assert_int_equal(nn_tensor_random_uniform(tensor, -2.0f, -2.0f, 5), NN_OK);
    assert_true(nn_tensor_floats(tensor)[49] == -2.0f);
    nn_tensor_destroy(tensor);
}

static void random_numbers_refuse_bad_arguments(void **state)
{
    (void)state;
    nn_tensor *tensor = vector(NN_FLOAT32, 5);
    nn_tensor *words = vector(NN_INT32, 5);
    assert_failed(nn_tensor_random_normal(NULL, 0, 1, 0), NN_ERROR_NULL,
                  "nn_tensor_random_normal: tensor is NULL");
    assert_failed(nn_tensor_random_uniform(NULL, 0, 1, 0), NN_ERROR_NULL,
                  "nn_tensor_random_uniform: tensor is NULL");
    assert_failed(nn_tensor_random_normal(words, 0, 1, 0), NN_ERROR_DTYPE, "int32");
    assert_failed(nn_tensor_random_uniform(words, 0, 1, 0), NN_ERROR_DTYPE, "int32");
    assert_failed(nn_tensor_random_normal(tensor, 0, -0.5f, 0), NN_ERROR_ARGUMENT,
                  "deviation is -0.5");
    assert_failed(nn_tensor_random_normal(tensor, NAN, 1, 0), NN_ERROR_ARGUMENT,
                  "mean is nan");
    assert_failed(nn_tensor_random_normal(tensor, 0, INFINITY, 0), NN_ERROR_ARGUMENT,
                  "deviation is inf");
    assert_failed(nn_tensor_random_uniform(tensor, 2, 1, 0), NN_ERROR_ARGUMENT,
                  "low is 2, high is 1");
    assert_failed(nn_tensor_random_uniform(tensor, NAN, 1, 0), NN_ERROR_ARGUMENT,
                  "low is nan");
    assert_failed(nn_tensor_random_uniform(tensor, 0, INFINITY, 0), NN_ERROR_ARGUMENT,
                  "high is inf");
    assert_failed(nn_tensor_random_uniform(tensor, -FLT_MAX, FLT_MAX, 0),
                  NN_ERROR_ARGUMENT, "high");
    nn_tensor_destroy(words);
    nn_tensor_destroy(tensor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fill_sets_every_float),
        cmocka_unit_test(fill_rounds_to_nearest_in_any_environment),
        cmocka_unit_test(fill_cuts_towards_zero_for_integers),
        cmocka_unit_test(fill_refuses_what_an_integer_cannot_hold),
        cmocka_unit_test(fill_leaves_the_rows_around_a_slice),
        cmocka_unit_test(copy_keeps_elements_and_may_change_the_shape),
        cmocka_unit_test(copy_turns_integers_into_the_nearest_floats),
        cmocka_unit_test(copy_rounds_to_nearest_in_any_environment),
        cmocka_unit_test(copy_converts_between_integers),
        cmocka_unit_test(copy_names_the_first_integer_that_does_not_fit),
        cmocka_unit_test(copy_refuses_other_types_counts_and_null),
        cmocka_unit_test(copy_refuses_overlap_and_other_contexts),
        cmocka_unit_test(empty_tensors_can_be_copied),
        cmocka_unit_test(normal_numbers_have_their_moments),
        cmocka_unit_test(uniform_numbers_have_their_moments_and_range),
        cmocka_unit_test(uniform_numbers_stay_below_high_where_floats_are_coarse),
        cmocka_unit_test(the_same_seed_gives_the_same_bits),
        cmocka_unit_test(a_shorter_tensor_begins_with_the_same_numbers),
        cmocka_unit_test(no_spread_gives_one_value),
        cmocka_unit_test(random_numbers_refuse_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
