/* Shapes: their checks, products, texts and axes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/shape.h"

#include <string.h>

static struct nni_shape shape_of(const int64_t *dim, int32_t rank)
{
    struct nni_shape shape;
    assert_int_equal(
        nni_shape_make("test", NN_FLOAT32, dim, rank, NN_MAX_RANK, 0, &shape), NN_OK);
    return shape;
}

static void a_shape_keeps_dtype_and_dimensions(void **state)
{
    (void)state;
    const int64_t dim[] = {5, 3, 2};
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", NN_UINT8, dim, 3, NN_MAX_RANK, 1, &shape),
                     NN_OK);
    assert_int_equal(shape.dtype, NN_UINT8);
    assert_int_equal(shape.rank, 3);
    assert_memory_equal(shape.dim, dim, sizeof dim);
}

static void rank_0_is_one_element_and_needs_no_dimensions(void **state)
{
    (void)state;
    struct nni_shape shape = shape_of(NULL, 0);
    assert_int_equal(nni_shape_count(&shape), 1);
    assert_string_equal(nni_shape_text(&shape).text, "()");
}

static void products_are_those_of_the_dimensions(void **state)
{
    (void)state;
    const int64_t dim[] = {5, 3, 2};
    struct nni_shape shape = shape_of(dim, 3);
    assert_int_equal(nni_shape_count(&shape), 30);
    assert_int_equal(nni_shape_product(&shape, 1, 3), 6);
    assert_int_equal(nni_shape_product(&shape, 0, 1), 5);
    assert_int_equal(nni_shape_product(&shape, 2, 2), 1);
}

static void an_unknown_dtype_is_refused(void **state)
{
    (void)state;
    const int64_t dim[] = {1};
    struct nni_shape shape = {.rank = 7};
    assert_int_equal(nni_shape_make("test", 5, dim, 1, NN_MAX_RANK, 0, &shape),
                     NN_ERROR_DTYPE);
    assert_string_equal(nn_last_error(), "test: there is no dtype 5");
    assert_int_equal(shape.rank, 0);
    assert_int_equal(nni_shape_make("test", 0, dim, 1, NN_MAX_RANK, 0, &shape),
                     NN_ERROR_DTYPE);
}

static void a_rank_outside_its_range_is_refused(void **state)
{
    (void)state;
    const int64_t dim[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", NN_FLOAT32, dim, 8, 7, 0, &shape),
                     NN_ERROR_RANK);
    assert_string_equal(nn_last_error(), "test: rank must be in 0 ... 7, got 8");
    assert_int_equal(nni_shape_make("test", NN_FLOAT32, dim, -1, 7, 0, &shape),
                     NN_ERROR_RANK);
}

static void missing_dimensions_are_refused(void **state)
{
    (void)state;
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", NN_FLOAT32, NULL, 1, 8, 0, &shape),
                     NN_ERROR_NULL);
}

static void a_dimension_below_the_minimum_is_named(void **state)
{
    (void)state;
    const int64_t dim[] = {4, 0};
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", NN_FLOAT32, dim, 2, 8, 1, &shape),
                     NN_ERROR_SIZE);
    assert_string_equal(nn_last_error(), "test: dimension 1 must be at least 1, got 0");
    assert_int_equal(nni_shape_make("test", NN_FLOAT32, dim, 2, 8, 0, &shape), NN_OK);
    assert_int_equal(nni_shape_count(&shape), 0);
}

static void a_product_beyond_int64_is_refused(void **state)
{
    (void)state;
    const int64_t large[] = {INT64_C(1) << 31, INT64_C(1) << 30};
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", NN_FLOAT32, large, 2, 8, 0, &shape),
                     NN_ERROR_SIZE);
    assert_string_equal(
        nn_last_error(),
        "test: shape (2147483648, 1073741824) of float32 has too many bytes");
    assert_int_equal(nni_shape_make("test", NN_UINT8, large, 2, 8, 0, &shape), NN_OK);
}

static void a_zero_does_not_hide_an_overflow(void **state)
{
    (void)state;
    const int64_t dim[] = {INT64_MAX, INT64_MAX, 0};
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", NN_UINT8, dim, 3, 8, 0, &shape),
                     NN_ERROR_SIZE);
}

static void equality_looks_at_rank_and_dimensions_only(void **state)
{
    (void)state;
    const int64_t dim[] = {5, 3, 1};
    struct nni_shape a = shape_of(dim, 2);
    struct nni_shape b = shape_of(dim, 2);
    struct nni_shape c = shape_of(dim, 3);
    struct nni_shape d = shape_of(dim + 1, 2);
    b.dtype = NN_INT64;
    assert_true(nni_shape_equal(&a, &b));
    assert_false(nni_shape_equal(&a, &c));
    assert_false(nni_shape_equal(&a, &d));
}

static void the_longest_text_fits(void **state)
{
    (void)state;
    struct nni_shape shape = {.dtype = NN_UINT8, .rank = NN_MAX_RANK};
    for (int i = 0; i < NN_MAX_RANK; i++) {
        shape.dim[i] = INT64_MIN;
    }
    struct nni_shape_text text = nni_shape_text(&shape);
    assert_int_equal(strlen(text.text), 2 + NN_MAX_RANK * 20 + (NN_MAX_RANK - 1) * 2);
    assert_int_equal(text.text[strlen(text.text) - 1], ')');
}

static void texts_show_the_dimensions(void **state)
{
    (void)state;
    const int64_t dim[] = {5, 3};
    struct nni_shape one = shape_of(dim, 1);
    struct nni_shape two = shape_of(dim, 2);
    assert_string_equal(nni_shape_text(&one).text, "(5)");
    assert_string_equal(nni_shape_text(&two).text, "(5, 3)");
}

static void dtypes_have_names_and_sizes(void **state)
{
    (void)state;
    assert_string_equal(nni_dtype_name(NN_FLOAT32), "float32");
    assert_string_equal(nni_dtype_name(NN_UINT8), "uint8");
    assert_string_equal(nni_dtype_name(NN_INT32), "int32");
    assert_string_equal(nni_dtype_name(NN_INT64), "int64");
    assert_string_equal(nni_dtype_name(0), "unknown");
    assert_string_equal(nni_dtype_name(-3), "unknown");
    assert_string_equal(nni_dtype_name(5), "unknown");
    assert_int_equal(nni_dtype_size(NN_FLOAT32), 4);
    assert_int_equal(nni_dtype_size(NN_UINT8), 1);
    assert_int_equal(nni_dtype_size(NN_INT32), 4);
    assert_int_equal(nni_dtype_size(NN_INT64), 8);
    assert_int_equal(nni_dtype_size(5), 0);
}

static void axes_count_from_either_end(void **state)
{
    (void)state;
    int32_t axis;
    assert_int_equal(nni_shape_axis("test", 0, 3, &axis), NN_OK);
    assert_int_equal(axis, 0);
    assert_int_equal(nni_shape_axis("test", -1, 3, &axis), NN_OK);
    assert_int_equal(axis, 2);
    assert_int_equal(nni_shape_axis("test", -3, 3, &axis), NN_OK);
    assert_int_equal(axis, 0);
}

static void an_axis_outside_the_rank_is_refused(void **state)
{
    (void)state;
    int32_t axis = 7;
    assert_int_equal(nni_shape_axis("test", 2, 2, &axis), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(), "test: axis must be in -2 ... 1, got 2");
    assert_int_equal(axis, 0);
    assert_int_equal(nni_shape_axis("test", -3, 2, &axis), NN_ERROR_ARGUMENT);
    assert_int_equal(nni_shape_axis("test", 0, 0, &axis), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(), "test: shape () has no axis 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shape_keeps_dtype_and_dimensions),
        cmocka_unit_test(rank_0_is_one_element_and_needs_no_dimensions),
        cmocka_unit_test(products_are_those_of_the_dimensions),
        cmocka_unit_test(an_unknown_dtype_is_refused),
        cmocka_unit_test(a_rank_outside_its_range_is_refused),
        cmocka_unit_test(missing_dimensions_are_refused),
        cmocka_unit_test(a_dimension_below_the_minimum_is_named),
        cmocka_unit_test(a_product_beyond_int64_is_refused),
        cmocka_unit_test(a_zero_does_not_hide_an_overflow),
        cmocka_unit_test(equality_looks_at_rank_and_dimensions_only),
        cmocka_unit_test(the_longest_text_fits),
        cmocka_unit_test(texts_show_the_dimensions),
        cmocka_unit_test(dtypes_have_names_and_sizes),
        cmocka_unit_test(axes_count_from_either_end),
        cmocka_unit_test(an_axis_outside_the_rank_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
