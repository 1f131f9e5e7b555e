/* The matrix product of tensors: its values to the bit, its transposes, its errors. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/tensor.h>

#include <fenv.h>
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

static nn_tensor *matrix_in(nn_context *context, int64_t rows, int64_t columns,
                            uint64_t seed)
{
    const int64_t shape[] = {rows, columns};
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    assert_non_null(tensor);
    assert_int_equal(nn_tensor_random_normal(tensor, 0.0f, 1.0f, seed), NN_OK);
    return tensor;
}

static nn_tensor *matrix(int64_t rows, int64_t columns)
{
    return matrix_in(NULL, rows, columns, 1);
}

/* Element (row, column) of op(tensor). */
static float element(const nn_tensor *tensor, int32_t transpose, int64_t row,
                     int64_t column)
{
    const float *x = nn_tensor_data_const(tensor);
    const int64_t width = nn_tensor_dim(tensor, 1);
    return transpose ? x[column * width + row] : x[row * width + column];
}

/* The specification: fused multiply-adds over k in one chain, or in 16 that a tree adds. */
static float product_element(const nn_tensor *a, int32_t ta, const nn_tensor *b,
                             int32_t tb, int64_t i, int64_t j, int64_t k, int lanes)
{
    float sum[16] = {0.0f};
    for (int64_t p = 0; p < k; p++) {
        float *to = &sum[lanes ? p % 16 : 0];
        *to = fmaf(element(a, ta, i, p), element(b, tb, p, j), *to);
    }
    for (int width = 8; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            sum[l] += sum[l + width];
        }
    }
    return sum[0];
}

static void assert_is_product(const nn_tensor *a, int32_t ta, const nn_tensor *b,
                              int32_t tb, const nn_tensor *out)
{
    const int64_t k = nn_tensor_dim(a, ta ? 0 : 1);
    const int lanes = tb && !ta && nn_tensor_dim(out, 0) <= 8 && k >= 64;
    for (int64_t i = 0; i < nn_tensor_dim(out, 0); i++) {
        for (int64_t j = 0; j < nn_tensor_dim(out, 1); j++) {
            const float expected = product_element(a, ta, b, tb, i, j, k, lanes);
            if (element(out, 0, i, j) != expected) {
                fail_msg(
                    "element (%d, %d) with k = %d, transposes %d, %d: %.9g, not %.9g",
                    (int)i, (int)j, (int)k, ta, tb, (double)element(out, 0, i, j),
                    (double)expected);
            }
        }
    }
}

static void check_product(nn_context *context, int64_t m, int64_t k, int64_t n)
{
    for (int32_t ta = 0; ta < 2; ta++) {
        for (int32_t tb = 0; tb < 2; tb++) {
            nn_tensor *a = ta ? matrix_in(context, k, m, 1) : matrix_in(context, m, k, 1);
            nn_tensor *b = tb ? matrix_in(context, n, k, 2) : matrix_in(context, k, n, 2);
            nn_tensor *out = matrix_in(context, m, n, 3);
            assert_int_equal(nn_tensor_matmul(a, ta, b, tb, out), NN_OK);
            assert_is_product(a, ta, b, tb, out);
            nn_tensor_destroy(out);
            nn_tensor_destroy(b);
            nn_tensor_destroy(a);
        }
    }
}

static void a_known_product(void **state)
{
    (void)state;
    float x[] = {1, 2, 3, 4, 5, 6};
    float w[] = {1, 0, 0, 1, 1, -1};
    nn_tensor *a =
        nn_tensor_wrap(NULL, NN_FLOAT32, (const int64_t[]){2, 3}, 2, x, NULL, NULL);
    nn_tensor *b =
        nn_tensor_wrap(NULL, NN_FLOAT32, (const int64_t[]){3, 2}, 2, w, NULL, NULL);
    nn_tensor *out = matrix(2, 2);
    assert_int_equal(nn_tensor_matmul(a, 0, b, 0, out), NN_OK);
    assert_memory_equal(nn_tensor_data(out), ((const float[]){4, -1, 10, -1}), 16);
    nn_tensor *wide = matrix(3, 3);
    assert_int_equal(nn_tensor_matmul(a, 1, b, 1, wide), NN_OK);
    assert_memory_equal(nn_tensor_data(wide),
                        ((const float[]){1, 4, -3, 2, 5, -3, 3, 6, -3}), 36);
    nn_tensor_destroy(wide);
    nn_tensor_destroy(out);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void small_products_are_as_specified(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 3, 4, 7, 8, 9, 17};
    const size_t count = sizeof sizes / sizeof sizes[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            for (size_t k = 0; k < count; k++) {
                check_product(NULL, sizes[i], sizes[j], sizes[k]);
            }
        }
    }
}

static void large_and_narrow_products_are_as_specified(void **state)
{
    (void)state;
    check_product(NULL, 65, 131, 67);
    check_product(NULL, 1, 1500, 1);
    check_product(NULL, 3, 1000, 2);
    check_product(NULL, 1, 300, 70);
    check_product(NULL, 8, 63, 70);
    check_product(NULL, 8, 64, 70);
    check_product(NULL, 9, 64, 70);
    check_product(NULL, 130, 5, 1);
    check_product(NULL, 20, 600, 33);
}

static void threads_and_instruction_sets_change_no_bit(void **state)
{
    (void)state;
    nn_context *threads = nn_context_create(NULL);
    nn_context *portable = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(threads, 3), NN_OK);
    assert_int_equal(nn_context_set_max_isa(portable, NN_ISA_PORTABLE), NN_OK);
    check_product(threads, 150, 80, 90);
    check_product(portable, 30, 40, 35);
    nn_context_destroy(portable);
    nn_context_destroy(threads);
}

static void products_round_to_nearest_in_any_environment(void **state)
{
    (void)state;
    nn_tensor *a = matrix(5, 20);
    nn_tensor *b = matrix(20, 7);
    nn_tensor *out = matrix(5, 7);
    const int mode = fegetround();
    assert_int_equal(fesetround(FE_DOWNWARD), 0);
    const nn_status status = nn_tensor_matmul(a, 0, b, 0, out);
    const int after = fegetround();
    fesetround(mode);
    assert_int_equal(status, NN_OK);
    assert_int_equal(after, FE_DOWNWARD);
    assert_is_product(a, 0, b, 0, out);
    nn_tensor_destroy(out);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void a_product_over_nothing_is_zero(void **state)
{
    (void)state;
    nn_tensor *a = matrix(3, 0);
    nn_tensor *b = matrix(0, 4);
    nn_tensor *out = matrix(3, 4);
    nn_tensor *none = matrix(0, 0);
    assert_int_equal(nn_tensor_matmul(a, 0, b, 0, out), NN_OK);
    for (int i = 0; i < 12; i++) {
        assert_true(nn_tensor_floats(out)[i] == 0.0f);
    }
    assert_int_equal(nn_tensor_matmul(b, 0, out, 1, b), NN_ERROR_SHAPE);
    assert_int_equal(nn_tensor_matmul(a, 1, out, 0, b), NN_OK);
    assert_int_equal(nn_tensor_matmul(none, 0, none, 0, none), NN_OK);
    nn_tensor_destroy(none);
    nn_tensor_destroy(out);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void slices_can_be_multiplied(void **state)
{
    (void)state;
    nn_tensor *big = matrix(10, 5);
    nn_tensor *a = nn_tensor_slice(big, 1, 3);
    nn_tensor *b = nn_tensor_slice(big, 4, 5);
    nn_tensor *out = matrix(3, 5);
    assert_int_equal(nn_tensor_matmul(a, 0, b, 0, out), NN_OK);
    assert_is_product(a, 0, b, 0, out);
    assert_int_equal(nn_tensor_matmul(a, 0, a, 1, out), NN_ERROR_SHAPE);
    nn_tensor_destroy(out);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
    nn_tensor_destroy(big);
}

static void messages_name_the_shapes(void **state)
{
    (void)state;
    nn_tensor *a = matrix(2, 3);
    nn_tensor *b = matrix(4, 5);
    nn_tensor *out = matrix(2, 5);
    nn_tensor *fitting = matrix(3, 4);
    assert_failed(nn_tensor_matmul(a, 0, b, 0, out), NN_ERROR_SHAPE,
                  "nn_tensor_matmul: a is (2, 3), b is (4, 5)");
    assert_failed(nn_tensor_matmul(a, 1, b, 1, out), NN_ERROR_SHAPE,
                  "a is (2, 3) transposed, b is (4, 5) transposed");
    assert_failed(nn_tensor_matmul(a, 0, fitting, 0, out), NN_ERROR_SHAPE,
                  "nn_tensor_matmul: out is (2, 5), expected (2, 4)");
    nn_tensor_destroy(fitting);
    nn_tensor_destroy(out);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
}

static void only_matrices_of_floats_are_multiplied(void **state)
{
    (void)state;
    nn_tensor *a = matrix(3, 3);
    nn_tensor *out = matrix(3, 3);
    nn_tensor *flat = nn_tensor_reshape(a, (const int64_t[]){9}, 1);
    nn_tensor *cube = nn_tensor_reshape(a, (const int64_t[]){3, 3, 1}, 3);
    nn_tensor *words = nn_tensor_create(NULL, NN_INT32, (const int64_t[]){3, 3}, 2);
    assert_failed(nn_tensor_matmul(flat, 0, a, 0, out), NN_ERROR_RANK, "a is (9)");
    assert_failed(nn_tensor_matmul(a, 0, cube, 0, out), NN_ERROR_RANK, "b is (3, 3, 1)");
    assert_failed(nn_tensor_matmul(a, 0, a, 0, flat), NN_ERROR_RANK, "out is (9)");
    assert_failed(nn_tensor_matmul(words, 0, a, 0, out), NN_ERROR_DTYPE, "a is int32");
    assert_failed(nn_tensor_matmul(a, 0, words, 0, out), NN_ERROR_DTYPE, "b is int32");
    assert_failed(nn_tensor_matmul(a, 0, a, 0, words), NN_ERROR_DTYPE, "out is int32");
    assert_failed(nn_tensor_matmul(NULL, 0, a, 0, out), NN_ERROR_NULL,
                  "nn_tensor_matmul: a is NULL");
    assert_failed(nn_tensor_matmul(a, 0, NULL, 0, out), NN_ERROR_NULL, "b is NULL");
    assert_failed(nn_tensor_matmul(a, 0, a, 0, NULL), NN_ERROR_NULL, "out is NULL");
    nn_tensor_destroy(words);
    nn_tensor_destroy(cube);
    nn_tensor_destroy(flat);
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
}

static void out_overlaps_neither_input(void **state)
{
    (void)state;
    nn_tensor *big = matrix(7, 3);
    nn_tensor *a = nn_tensor_slice(big, 0, 3);
    nn_tensor *b = nn_tensor_slice(big, 4, 3);
    nn_tensor *middle = nn_tensor_slice(big, 2, 3);
    nn_tensor *next = nn_tensor_slice(big, 3, 3);
    nn_tensor *other = matrix(3, 3);
    assert_failed(nn_tensor_matmul(a, 0, other, 0, middle), NN_ERROR_ARGUMENT,
                  "nn_tensor_matmul: a and out overlap");
    assert_failed(nn_tensor_matmul(other, 0, b, 0, middle), NN_ERROR_ARGUMENT,
                  "nn_tensor_matmul: b and out overlap");
    assert_failed(nn_tensor_matmul(a, 0, other, 0, a), NN_ERROR_ARGUMENT, "overlap");
    assert_int_equal(nn_tensor_matmul(a, 0, a, 0, next), NN_OK);
    nn_tensor_destroy(other);
    nn_tensor_destroy(next);
    nn_tensor_destroy(middle);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
    nn_tensor_destroy(big);
}

static void matrices_of_one_product_share_a_context(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_tensor *a = matrix(2, 2);
    nn_tensor *out = matrix(2, 2);
    nn_tensor *foreign = matrix_in(context, 2, 2, 1);
    assert_failed(nn_tensor_matmul(a, 0, foreign, 0, out), NN_ERROR_CONTEXT, "a and b");
    assert_failed(nn_tensor_matmul(a, 0, a, 0, foreign), NN_ERROR_CONTEXT, "a and out");
    nn_tensor_destroy(foreign);
    nn_tensor_destroy(out);
    nn_tensor_destroy(a);
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_product),
        cmocka_unit_test(small_products_are_as_specified),
        cmocka_unit_test(large_and_narrow_products_are_as_specified),
        cmocka_unit_test(threads_and_instruction_sets_change_no_bit),
        cmocka_unit_test(products_round_to_nearest_in_any_environment),
        cmocka_unit_test(a_product_over_nothing_is_zero),
        cmocka_unit_test(slices_can_be_multiplied),
        cmocka_unit_test(messages_name_the_shapes),
        cmocka_unit_test(only_matrices_of_floats_are_multiplied),
        cmocka_unit_test(out_overlaps_neither_input),
        cmocka_unit_test(matrices_of_one_product_share_a_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
