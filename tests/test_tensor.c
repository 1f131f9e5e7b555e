/* Tensors: making, wrapping, showing again, destroying, and looking into them. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/tensor.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const int64_t two_three[] = {2, 3};

/* What a failed creator leaves behind: NULL, a status, and words that contain `part`. */
static void assert_refused(const nn_tensor *tensor, nn_status status, const char *part)
{
    assert_null(tensor);
    assert_int_equal(nn_last_status(), status);
    if (strstr(nn_last_error(), part) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", nn_last_error(), part);
    }
}

static void count_release(void *user, void *data)
{
    (void)data;
    ++*(int *)user;
}

/* ---- making ---- */

static void a_new_tensor_has_its_shape_and_is_zero(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    assert_non_null(tensor);
    assert_int_equal(nn_tensor_dtype(tensor), NN_FLOAT32);
    assert_int_equal(nn_tensor_rank(tensor), 2);
    assert_int_equal(nn_tensor_dim(tensor, 0), 2);
    assert_int_equal(nn_tensor_dim(tensor, 1), 3);
    assert_int_equal(nn_tensor_count(tensor), 6);
    assert_memory_equal(nn_tensor_shape(tensor), two_three, sizeof two_three);
    const float *data = nn_tensor_floats(tensor);
    for (int i = 0; i < 6; i++) {
        assert_true(data[i] == 0.0f);
    }
    nn_tensor_destroy(tensor);
}

static void memory_is_aligned_to_64_bytes(void **state)
{
    (void)state;
    for (int32_t dtype = NN_FLOAT32; dtype <= NN_INT64; dtype++) {
        nn_tensor *tensor = nn_tensor_create(NULL, dtype, two_three, 2);
        assert_int_equal((uintptr_t)nn_tensor_data(tensor) % 64, 0);
        nn_tensor_destroy(tensor);
    }
}

static void rank_0_is_one_number(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_tensor_create(NULL, NN_INT64, NULL, 0);
    assert_int_equal(nn_tensor_rank(tensor), 0);
    assert_int_equal(nn_tensor_count(tensor), 1);
    assert_int_equal(nn_tensor_dim(tensor, 0), -1);
    assert_non_null(nn_tensor_shape(tensor));
    assert_int_equal(*(int64_t *)nn_tensor_data(tensor), 0);
    nn_tensor_destroy(tensor);
}

static void a_dimension_of_0_makes_an_empty_tensor(void **state)
{
    (void)state;
    const int64_t shape[] = {4, 0, 2};
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, shape, 3);
    assert_non_null(tensor);
    assert_int_equal(nn_tensor_count(tensor), 0);
    assert_int_equal(nn_tensor_dim(tensor, 2), 2);
    nn_tensor_destroy(tensor);
}

static void rank_8_is_the_highest(void **state)
{
    (void)state;
    const int64_t shape[] = {1, 2, 1, 2, 1, 2, 1, 3, 1};
    nn_tensor *tensor = nn_tensor_create(NULL, NN_UINT8, shape, 8);
    assert_int_equal(nn_tensor_count(tensor), 24);
    assert_int_equal(nn_tensor_dim(tensor, 7), 3);
    nn_tensor_destroy(tensor);
    assert_refused(nn_tensor_create(NULL, NN_UINT8, shape, 9), NN_ERROR_RANK,
                   "nn_tensor_create");
    assert_refused(nn_tensor_create(NULL, NN_UINT8, shape, -1), NN_ERROR_RANK, "-1");
}

static void bad_dtypes_and_shapes_are_refused(void **state)
{
    (void)state;
    const int64_t negative[] = {2, -1};
    assert_refused(nn_tensor_create(NULL, 0, two_three, 2), NN_ERROR_DTYPE,
                   "nn_tensor_create");
    assert_refused(nn_tensor_create(NULL, 5, two_three, 2), NN_ERROR_DTYPE, "5");
    assert_refused(nn_tensor_create(NULL, INT_MIN, two_three, 2), NN_ERROR_DTYPE, "");
    assert_refused(nn_tensor_create(NULL, NN_FLOAT32, negative, 2), NN_ERROR_SIZE, "-1");
    assert_refused(nn_tensor_create(NULL, NN_FLOAT32, NULL, 2), NN_ERROR_NULL, "shape");
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    const int64_t one[] = {INT64_MAX};
    const int64_t product[] = {INT64_C(1) << 32, INT64_C(1) << 31};
    const int64_t bytes[] = {INT64_C(1) << 61};
    assert_refused(nn_tensor_create(NULL, NN_FLOAT32, one, 1), NN_ERROR_SIZE,
                   "nn_tensor_create");
    assert_refused(nn_tensor_create(NULL, NN_UINT8, product, 2), NN_ERROR_SIZE,
                   "4294967296");
    assert_refused(nn_tensor_create(NULL, NN_FLOAT32, bytes, 1), NN_ERROR_SIZE, "");
}

static void dtypes_have_sizes(void **state)
{
    (void)state;
    assert_int_equal(nn_dtype_size(NN_FLOAT32), 4);
    assert_int_equal(nn_dtype_size(NN_UINT8), 1);
    assert_int_equal(nn_dtype_size(NN_INT32), 4);
    assert_int_equal(nn_dtype_size(NN_INT64), 8);
    assert_int_equal(nn_dtype_size(0), 0);
    assert_int_equal(nn_dtype_size(-1), 0);
    assert_int_equal(nn_dtype_size(5), 0);
}

/* ---- looking ---- */

static void looking_at_null_has_answers(void **state)
{
    (void)state;
    assert_int_equal(nn_tensor_dtype(NULL), 0);
    assert_int_equal(nn_tensor_rank(NULL), -1);
    assert_int_equal(nn_tensor_dim(NULL, 0), -1);
    assert_null(nn_tensor_shape(NULL));
    assert_int_equal(nn_tensor_count(NULL), 0);
    assert_null(nn_tensor_data(NULL));
    assert_null(nn_tensor_data_const(NULL));
    assert_null(nn_tensor_floats(NULL));
    nn_tensor_destroy(NULL);
}

static void a_dimension_that_is_none_is_minus_1(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    assert_int_equal(nn_tensor_dim(tensor, -1), -1);
    assert_int_equal(nn_tensor_dim(tensor, 2), -1);
    assert_int_equal(nn_tensor_dim(tensor, INT_MAX), -1);
    nn_tensor_destroy(tensor);
}

static void only_float_tensors_show_floats(void **state)
{
    (void)state;
    nn_tensor *integers = nn_tensor_create(NULL, NN_INT32, two_three, 2);
    nn_tensor *floats = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    assert_null(nn_tensor_floats(integers));
    assert_non_null(nn_tensor_data(integers));
    assert_ptr_equal(nn_tensor_floats(floats), nn_tensor_data(floats));
    assert_ptr_equal(nn_tensor_data_const(floats), nn_tensor_data(floats));
    nn_tensor_destroy(floats);
    nn_tensor_destroy(integers);
}

/* ---- wrapping ---- */

static void wrapped_memory_is_shown_and_released_once(void **state)
{
    (void)state;
    float data[6] = {1, 2, 3, 4, 5, 6};
    int released = 0;
    nn_tensor *tensor =
        nn_tensor_wrap(NULL, NN_FLOAT32, two_three, 2, data, count_release, &released);
    assert_non_null(tensor);
    assert_ptr_equal(nn_tensor_data(tensor), data);
    assert_int_equal(released, 0);
    nn_tensor_destroy(tensor);
    assert_int_equal(released, 1);
}

static void the_last_view_releases_wrapped_memory(void **state)
{
    (void)state;
    float data[6] = {0};
    int released = 0;
    nn_tensor *tensor =
        nn_tensor_wrap(NULL, NN_FLOAT32, two_three, 2, data, count_release, &released);
    nn_tensor *row = nn_tensor_slice(tensor, 1, 1);
    nn_tensor *again = nn_tensor_reshape(row, (const int64_t[]){3}, 1);
    nn_tensor_destroy(tensor);
    nn_tensor_destroy(row);
    assert_int_equal(released, 0);
    nn_tensor_destroy(again);
    assert_int_equal(released, 1);
}

static void wrapping_without_release_is_allowed(void **state)
{
    (void)state;
    uint8_t data[6] = {9};
    nn_tensor *tensor = nn_tensor_wrap(NULL, NN_UINT8, two_three, 2, data, NULL, NULL);
    assert_non_null(tensor);
    nn_tensor_destroy(tensor);
    assert_int_equal(data[0], 9);
}

static void wrapping_null_is_allowed_only_when_empty(void **state)
{
    (void)state;
    int released = 0;
    const int64_t empty[] = {0, 3};
    nn_tensor *tensor =
        nn_tensor_wrap(NULL, NN_FLOAT32, empty, 2, NULL, count_release, &released);
    assert_non_null(tensor);
    assert_null(nn_tensor_data(tensor));
    nn_tensor_destroy(tensor);
    assert_int_equal(released, 1);
    tensor =
        nn_tensor_wrap(NULL, NN_FLOAT32, two_three, 2, NULL, count_release, &released);
    assert_refused(tensor, NN_ERROR_NULL, "nn_tensor_wrap: data is NULL");
    assert_int_equal(released, 2);
}

static void a_failed_wrap_releases_once(void **state)
{
    (void)state;
    float data[6] = {0};
    int released = 0;
    assert_refused(nn_tensor_wrap(NULL, 0, two_three, 2, data, count_release, &released),
                   NN_ERROR_DTYPE, "nn_tensor_wrap");
    assert_int_equal(released, 1);
    assert_refused(
        nn_tensor_wrap(NULL, NN_FLOAT32, two_three, 9, data, count_release, &released),
        NN_ERROR_RANK, "nn_tensor_wrap");
    assert_int_equal(released, 2);
    assert_refused(
        nn_tensor_wrap(NULL, NN_FLOAT32, NULL, 2, data, count_release, &released),
        NN_ERROR_NULL, "nn_tensor_wrap");
    assert_int_equal(released, 3);
    assert_refused(nn_tensor_wrap(NULL, NN_FLOAT32, NULL, 2, data, NULL, NULL),
                   NN_ERROR_NULL, "nn_tensor_wrap");
}

static void wrapped_memory_is_aligned_as_its_elements(void **state)
{
    (void)state;
    int64_t memory[8] = {0};
    char *bytes = (char *)memory;
    int released = 0;
    assert_refused(nn_tensor_wrap(NULL, NN_FLOAT32, two_three, 2, bytes + 2,
                                  count_release, &released),
                   NN_ERROR_ARGUMENT, "aligned");
    assert_refused(
        nn_tensor_wrap(NULL, NN_INT64, two_three, 2, bytes + 4, count_release, &released),
        NN_ERROR_ARGUMENT, "int64");
    assert_int_equal(released, 2);
    nn_tensor *tensor =
        nn_tensor_wrap(NULL, NN_UINT8, two_three, 2, bytes + 3, count_release, &released);
    assert_non_null(tensor);
    nn_tensor_destroy(tensor);
    tensor = nn_tensor_wrap(NULL, NN_INT32, two_three, 2, bytes + 4, NULL, NULL);
    assert_non_null(tensor);
    nn_tensor_destroy(tensor);
}

/* ---- views ---- */

static void a_slice_shows_the_same_rows(void **state)
{
    (void)state;
    int32_t data[6] = {1, 2, 3, 4, 5, 6};
    const int64_t shape[] = {3, 2};
    nn_tensor *tensor = nn_tensor_wrap(NULL, NN_INT32, shape, 2, data, NULL, NULL);
    nn_tensor *rows = nn_tensor_slice(tensor, 1, 2);
    assert_int_equal(nn_tensor_rank(rows), 2);
    assert_int_equal(nn_tensor_dim(rows, 0), 2);
    assert_int_equal(nn_tensor_dim(rows, 1), 2);
    assert_int_equal(nn_tensor_count(rows), 4);
    assert_ptr_equal(nn_tensor_data(rows), data + 2);
    nn_tensor *last = nn_tensor_slice(rows, 1, 1);
    assert_ptr_equal(nn_tensor_data(last), data + 4);
    nn_tensor_destroy(last);
    nn_tensor_destroy(rows);
    nn_tensor_destroy(tensor);
}

static void views_keep_memory_alive_after_the_original(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    nn_tensor_floats(tensor)[5] = 7.0f;
    nn_tensor *row = nn_tensor_slice(tensor, 1, 1);
    nn_tensor *flat = nn_tensor_reshape(tensor, (const int64_t[]){6}, 1);
    nn_tensor_destroy(tensor);
    assert_true(nn_tensor_floats(row)[2] == 7.0f);
    nn_tensor_floats(flat)[5] = 8.0f;
    assert_true(nn_tensor_floats(row)[2] == 8.0f);
    nn_tensor_destroy(row);
    assert_true(nn_tensor_floats(flat)[5] == 8.0f);
    nn_tensor_destroy(flat);
}

static void slices_may_be_empty(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    nn_tensor *none = nn_tensor_slice(tensor, 2, 0);
    assert_int_equal(nn_tensor_count(none), 0);
    assert_int_equal(nn_tensor_dim(none, 1), 3);
    nn_tensor *nothing = nn_tensor_slice(none, 0, 0);
    assert_non_null(nothing);
    nn_tensor_destroy(nothing);
    nn_tensor_destroy(none);
    nn_tensor_destroy(tensor);
}

static void slices_beyond_the_rows_are_refused(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    nn_tensor *number = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    assert_refused(nn_tensor_slice(NULL, 0, 1), NN_ERROR_NULL, "nn_tensor_slice");
    assert_refused(nn_tensor_slice(number, 0, 1), NN_ERROR_RANK, "()");
    assert_refused(nn_tensor_slice(tensor, -1, 1), NN_ERROR_ARGUMENT, "start is -1");
    assert_refused(nn_tensor_slice(tensor, 0, -1), NN_ERROR_ARGUMENT, "count is -1");
    assert_refused(nn_tensor_slice(tensor, 3, 0), NN_ERROR_ARGUMENT, "(2, 3)");
    assert_refused(nn_tensor_slice(tensor, 1, 2), NN_ERROR_ARGUMENT, "(2, 3)");
    assert_refused(nn_tensor_slice(tensor, 1, INT64_MAX), NN_ERROR_ARGUMENT, "(2, 3)");
    nn_tensor_destroy(number);
    nn_tensor_destroy(tensor);
}

static void a_reshape_shows_the_same_elements(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 1, 2};
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    nn_tensor *other = nn_tensor_reshape(tensor, shape, 3);
    assert_ptr_equal(nn_tensor_data(other), nn_tensor_data(tensor));
    assert_int_equal(nn_tensor_rank(other), 3);
    assert_memory_equal(nn_tensor_shape(other), shape, sizeof shape);
    nn_tensor_destroy(other);
    nn_tensor_destroy(tensor);
}

static void a_number_can_be_reshaped_and_back(void **state)
{
    (void)state;
    nn_tensor *number = nn_tensor_create(NULL, NN_FLOAT32, NULL, 0);
    nn_tensor *vector = nn_tensor_reshape(number, (const int64_t[]){1}, 1);
    nn_tensor *back = nn_tensor_reshape(vector, NULL, 0);
    assert_int_equal(nn_tensor_rank(vector), 1);
    assert_int_equal(nn_tensor_rank(back), 0);
    nn_tensor_destroy(back);
    nn_tensor_destroy(vector);
    nn_tensor_destroy(number);
}

static void a_reshape_keeps_the_number_of_elements(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, two_three, 2);
    assert_refused(nn_tensor_reshape(NULL, two_three, 2), NN_ERROR_NULL,
                   "nn_tensor_reshape");
    assert_refused(nn_tensor_reshape(tensor, (const int64_t[]){7}, 1), NN_ERROR_SHAPE,
                   "nn_tensor_reshape: tensor is (2, 3), shape is (7)");
    assert_refused(nn_tensor_reshape(tensor, (const int64_t[]){-1}, 1), NN_ERROR_SIZE,
                   "-1");
    assert_refused(nn_tensor_reshape(tensor, NULL, 1), NN_ERROR_NULL, "shape");
    assert_refused(nn_tensor_reshape(tensor, two_three, 9), NN_ERROR_RANK, "9");
    nn_tensor_destroy(tensor);
}

static void a_clone_has_memory_of_its_own(void **state)
{
    (void)state;
    float data[6] = {1, 2, 3, 4, 5, 6};
    nn_tensor *tensor = nn_tensor_wrap(NULL, NN_FLOAT32, two_three, 2, data, NULL, NULL);
    nn_tensor *row = nn_tensor_slice(tensor, 1, 1);
    nn_tensor *clone = nn_tensor_clone(row);
    data[3] = 0.0f;
    assert_int_equal(nn_tensor_dim(clone, 0), 1);
    assert_int_equal(nn_tensor_dim(clone, 1), 3);
    assert_true(nn_tensor_floats(clone)[0] == 4.0f);
    assert_true(nn_tensor_floats(clone)[2] == 6.0f);
    nn_tensor_destroy(clone);
    nn_tensor_destroy(row);
    nn_tensor_destroy(tensor);
    assert_refused(nn_tensor_clone(NULL), NN_ERROR_NULL, "nn_tensor_clone");
}

static void an_empty_tensor_without_memory_can_be_cloned(void **state)
{
    (void)state;
    const int64_t empty[] = {0};
    nn_tensor *tensor = nn_tensor_wrap(NULL, NN_INT64, empty, 1, NULL, NULL, NULL);
    nn_tensor *clone = nn_tensor_clone(tensor);
    nn_tensor *slice = nn_tensor_slice(tensor, 0, 0);
    assert_int_equal(nn_tensor_dtype(clone), NN_INT64);
    assert_int_equal(nn_tensor_count(clone), 0);
    assert_int_equal(nn_tensor_count(slice), 0);
    nn_tensor_destroy(slice);
    nn_tensor_destroy(clone);
    nn_tensor_destroy(tensor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_tensor_has_its_shape_and_is_zero),
        cmocka_unit_test(memory_is_aligned_to_64_bytes),
        cmocka_unit_test(rank_0_is_one_number),
        cmocka_unit_test(a_dimension_of_0_makes_an_empty_tensor),
        cmocka_unit_test(rank_8_is_the_highest),
        cmocka_unit_test(bad_dtypes_and_shapes_are_refused),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(dtypes_have_sizes),
        cmocka_unit_test(looking_at_null_has_answers),
        cmocka_unit_test(a_dimension_that_is_none_is_minus_1),
        cmocka_unit_test(only_float_tensors_show_floats),
        cmocka_unit_test(wrapped_memory_is_shown_and_released_once),
        cmocka_unit_test(the_last_view_releases_wrapped_memory),
        cmocka_unit_test(wrapping_without_release_is_allowed),
        cmocka_unit_test(wrapping_null_is_allowed_only_when_empty),
        cmocka_unit_test(a_failed_wrap_releases_once),
        cmocka_unit_test(wrapped_memory_is_aligned_as_its_elements),
        cmocka_unit_test(a_slice_shows_the_same_rows),
        cmocka_unit_test(views_keep_memory_alive_after_the_original),
        cmocka_unit_test(slices_may_be_empty),
        cmocka_unit_test(slices_beyond_the_rows_are_refused),
        cmocka_unit_test(a_reshape_shows_the_same_elements),
        cmocka_unit_test(a_number_can_be_reshaped_and_back),
        cmocka_unit_test(a_reshape_keeps_the_number_of_elements),
        cmocka_unit_test(a_clone_has_memory_of_its_own),
        cmocka_unit_test(an_empty_tensor_without_memory_can_be_cloned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
