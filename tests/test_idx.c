/* Reading IDX files: element types, each error with its byte, hostile bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/io.h>

#include "support/datasets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2 x 3 bytes. */
static const uint8_t six_bytes[] = {0, 0, 8, 2, 0, 0, 0,   2,   0,
                                    0, 0, 3, 0, 1, 2, 127, 128, 255};

/* These bytes, which are no file, are refused with exactly this message. */
static void assert_message(const void *bytes, size_t size, const char *message)
{
    assert_null(nn_parse_idx(NULL, bytes, size));
    assert_int_equal(nn_last_status(), NN_ERROR_FORMAT);
    assert_string_equal(nn_last_error(), message);
}

static void assert_shape(const nn_tensor *tensor, int32_t dtype, int32_t rank,
                         const int64_t *shape)
{
    if (tensor == NULL) {
        fail_msg("%s", nn_last_error());
    }
    assert_int_equal(nn_tensor_dtype(tensor), dtype);
    assert_int_equal(nn_tensor_rank(tensor), rank);
    assert_memory_equal(nn_tensor_shape(tensor), shape, (size_t)rank * sizeof *shape);
}

/* ---- element types ---- */

static void test_bytes_stay_bytes(void **state)
{
    (void)state;
    nn_tensor *tensor = nn_parse_idx(NULL, six_bytes, sizeof six_bytes);
    assert_shape(tensor, NN_UINT8, 2, (const int64_t[]){2, 3});
    assert_memory_equal(nn_tensor_data(tensor), six_bytes + 12, 6);
    nn_tensor_destroy(tensor);
}

static void assert_integers(const uint8_t *bytes, size_t size, const int32_t *expected)
{
    nn_tensor *tensor = nn_parse_idx(NULL, bytes, size);
    assert_shape(tensor, NN_INT32, 1, (const int64_t[]){3});
    assert_memory_equal(nn_tensor_data(tensor), expected, 3 * sizeof *expected);
    nn_tensor_destroy(tensor);
}

static void test_signed_integers_become_int32(void **state)
{
    (void)state;
    static const uint8_t of_8[] = {0, 0, 9, 1, 0, 0, 0, 3, 1, 0x80, 0xFF};
    static const uint8_t of_16[] = {0, 0, 11, 1, 0, 0, 0, 3, 1, 2, 0x80, 0, 0xFF, 0xFF};
    static const uint8_t of_32[] = {0, 0, 12,   1, 0, 0, 0,    3,    1,    2,
                                    3, 4, 0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF};
    assert_integers(of_8, sizeof of_8, (const int32_t[]){1, -128, -1});
    assert_integers(of_16, sizeof of_16, (const int32_t[]){258, -32768, -1});
    assert_integers(of_32, sizeof of_32, (const int32_t[]){16909060, INT32_MIN, -1});
}

static void test_floats_and_doubles_become_float32(void **state)
{
    (void)state;
    static const uint8_t of_32[] = {0,    0,    13, 1, 0,    0, 0, 2,
                                    0x3F, 0xC0, 0,  0, 0xC0, 0, 0, 0};
    static const uint8_t of_64[] = {
        0,    0, 14, 1, 0, 0, 0, 3, 0x3F, 0xF8, 0, 0, 0, 0, 0, 0,
        0xC0, 0, 0,  0, 0, 0, 0, 0, 0x7F, 0xEF, 0, 0, 0, 0, 0, 0}; /* 1e308 or so */
    nn_tensor *floats = nn_parse_idx(NULL, of_32, sizeof of_32);
    nn_tensor *doubles = nn_parse_idx(NULL, of_64, sizeof of_64);
    assert_shape(floats, NN_FLOAT32, 1, (const int64_t[]){2});
    assert_shape(doubles, NN_FLOAT32, 1, (const int64_t[]){3});
    assert_true(nn_tensor_floats(floats)[0] == 1.5f &&
                nn_tensor_floats(floats)[1] == -2.0f);
    assert_memory_equal(nn_tensor_floats(doubles), nn_tensor_floats(floats), 8);
    assert_true(isinf(nn_tensor_floats(doubles)[2]));
    nn_tensor_destroy(floats);
    nn_tensor_destroy(doubles);
}

static void test_ranks_1_to_8_are_read(void **state)
{
    (void)state;
    for (uint8_t rank = 1; rank <= 8; rank++) {
        uint8_t bytes[4 + 32 + 2] = {0, 0, 8, rank};
        int64_t shape[8];
        for (int i = 0; i < rank; i++) {
            bytes[4 + 4 * i + 3] = i == rank - 1 ? 2 : 1;
            shape[i] = i == rank - 1 ? 2 : 1;
        }
        bytes[4 + 4 * rank] = 77;
        nn_tensor *tensor = nn_parse_idx(NULL, bytes, 4 + 4 * (size_t)rank + 2);
        assert_shape(tensor, NN_UINT8, rank, shape);
        assert_int_equal(*(uint8_t *)nn_tensor_data(tensor), 77);
        nn_tensor_destroy(tensor);
    }
}

static void test_no_elements_are_an_empty_tensor(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0, 0, 14, 2, 0, 0, 0, 0, 0, 0, 0, 3};
    nn_tensor *tensor = nn_parse_idx(NULL, bytes, sizeof bytes);
    assert_shape(tensor, NN_FLOAT32, 2, (const int64_t[]){0, 3});
    nn_tensor_destroy(tensor);
}

/* ---- errors ---- */

static void test_bad_magic_number_is_named(void **state)
{
    (void)state;
    static const uint8_t first[] = {1, 0, 8, 1}, second[] = {0, 5, 8, 1};
    static const uint8_t type[] = {0, 0, 10, 1}, none[] = {0, 0, 8, 0},
                         nine[] = {0, 0, 8, 9};
    static const uint8_t gzip[] = {0x1F, 0x8B, 8, 0};
    assert_message(first, 4,
                   "nn_parse_idx: byte 0 is 1, but an IDX file begins with two "
                   "zeros");
    assert_message(second, 4,
                   "nn_parse_idx: byte 1 is 5, but an IDX file begins with two "
                   "zeros");
    assert_message(type, 4, "nn_parse_idx: byte 2: 10 is no element type of IDX");
    assert_message(none, 4,
                   "nn_parse_idx: byte 3: the number of dimensions must be in "
                   "1 ... 8, got 0");
    assert_message(nine, 4,
                   "nn_parse_idx: byte 3: the number of dimensions must be in "
                   "1 ... 8, got 9");
    assert_message(gzip, 4,
                   "nn_parse_idx: byte 0: the file is compressed by gzip, unpack "
                   "it first");
}

static void test_end_inside_the_header_is_named(void **state)
{
    (void)state;
    assert_message(six_bytes, 0,
                   "nn_parse_idx: byte 0: the file ends inside the magic "
                   "number");
    assert_message(six_bytes, 3,
                   "nn_parse_idx: byte 3: the file ends inside the magic "
                   "number");
    assert_message(six_bytes, 11,
                   "nn_parse_idx: byte 11: the file ends inside the sizes of "
                   "2 dimensions");
}

static void test_missing_bytes_are_named(void **state)
{
    (void)state;
    assert_message(six_bytes, 17,
                   "nn_parse_idx: byte 17: the file ends, but (2, 3) elements "
                   "of 1 bytes from byte 12 on need more");
}

static void test_bytes_left_over_are_named(void **state)
{
    (void)state;
    uint8_t more[sizeof six_bytes + 2] = {0};
    memcpy(more, six_bytes, sizeof six_bytes);
    assert_message(more, sizeof more,
                   "nn_parse_idx: byte 18: 2 bytes follow the last of the "
                   "(2, 3) elements");
}

static void test_sizes_that_no_file_holds_ask_for_no_memory(void **state)
{
    (void)state;
    uint8_t bytes[36] = {0, 0, 14, 8};
    memset(bytes + 4, 0xFF, 32);
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    memory.left = 0;
    assert_null(nn_parse_idx(context, bytes, sizeof bytes));
    assert_failure(NN_ERROR_FORMAT, "byte 4: the sizes multiply to too many bytes");
    bytes[3] = 1;
    assert_null(nn_parse_idx(context, bytes, sizeof bytes));
    assert_failure(NN_ERROR_FORMAT, "byte 36: the file ends, but (4294967295) elements");
    nn_context_destroy(context);
}

static void test_null_is_refused(void **state)
{
    (void)state;
    assert_null(nn_parse_idx(NULL, NULL, 0));
    assert_failure(NN_ERROR_NULL, "nn_parse_idx: bytes is NULL");
    assert_null(nn_read_idx(NULL, NULL));
    assert_failure(NN_ERROR_NULL, "nn_read_idx: path is NULL");
    assert_null(nn_dataset_read_idx(NULL, NULL, NULL));
    assert_failure(NN_ERROR_NULL, "nn_dataset_read_idx: path is NULL");
}

/* ---- files ---- */

static const uint8_t three_images[] = {0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2,  0,  0,
                                       0, 2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
static const uint8_t three_labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 2, 0, 1};

static void test_files_become_a_dataset(void **state)
{
    (void)state;
    char images[256], labels[256];
    write_file("images-idx3", three_images, sizeof three_images, images);
    write_file("labels-idx1", three_labels, sizeof three_labels, labels);
    nn_dataset *dataset = nn_dataset_read_idx(NULL, images, labels);
    if (dataset == NULL) {
        fail_msg("%s", nn_last_error());
    }
    int32_t dtype, rank;
    const int64_t *shape;
    nn_dataset_input_shape(dataset, 0, &dtype, &shape, &rank);
    assert_int_equal(dtype, NN_UINT8);
    assert_int_equal(rank, 1);
    assert_int_equal(shape[0], 4);
    nn_dataset_target_shape(dataset, 0, &dtype, NULL, &rank);
    assert_int_equal(dtype, NN_UINT8);
    assert_int_equal(rank, 0);
    double numbers[4];
    static const double last_image[] = {9, 10, 11, 12}, all_labels[] = {2, 0, 1};
    read_numbers(dataset, 0, 2, 1, numbers);
    assert_memory_equal(numbers, last_image, sizeof last_image);
    read_numbers(dataset, 1, 0, 3, numbers);
    assert_memory_equal(numbers, all_labels, sizeof all_labels);
    nn_dataset_destroy(dataset);
    remove(images);
    remove(labels);
}

static void test_inputs_of_rank_1_become_one_element_each(void **state)
{
    (void)state;
    char labels[256];
    write_file("labels-idx1", three_labels, sizeof three_labels, labels);
    nn_dataset *dataset = nn_dataset_read_idx(NULL, labels, labels);
    const int64_t *shape;
    int32_t rank;
    nn_dataset_input_shape(dataset, 0, NULL, &shape, &rank);
    assert_int_equal(rank, 1);
    assert_int_equal(shape[0], 1);
    nn_dataset_destroy(dataset);
    remove(labels);
}

static void test_labels_that_do_not_match_are_refused(void **state)
{
    (void)state;
    char images[256], labels[256], expected[700];
    static const uint8_t two_labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 2, 0};
    write_file("images-idx3", three_images, sizeof three_images, images);
    write_file("labels-idx1", two_labels, sizeof two_labels, labels);
    assert_null(nn_dataset_read_idx(NULL, images, labels));
    snprintf(expected, sizeof expected,
             "%s: labels are (2), expected (3), one for each input of %s", labels,
             images);
    assert_failure(NN_ERROR_FORMAT, expected);
    assert_null(nn_dataset_read_idx(NULL, images, images));
    assert_failure(NN_ERROR_FORMAT, "labels are (3, 2, 2), expected (3)");
    remove(images);
    remove(labels);
}

static void test_file_is_named_in_messages(void **state)
{
    (void)state;
    char path[256], expected[400];
    write_file("short-idx", three_labels, 5, path);
    assert_null(nn_read_idx(NULL, path));
    snprintf(expected, sizeof expected,
             "%s: byte 5: the file ends inside the sizes of 1 dimensions", path);
    assert_string_equal(nn_last_error(), expected);
    assert_null(nn_dataset_read_idx(NULL, path, path));
    assert_string_equal(nn_last_error(), expected);
    remove(path);
    assert_null(nn_read_idx(NULL, path));
    assert_failure(NN_ERROR_IO, "cannot be opened: there is no such file");
}

/* ---- hostile bytes and scarce memory ---- */

static void test_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof three_images; size++) {
        uint8_t *cut =
            malloc(size + (size == 0)); /* so that reading past it is noticed */
        memcpy(cut, three_images, size);
        assert_null(nn_parse_idx(NULL, cut, size));
        assert_int_equal(nn_last_status(), NN_ERROR_FORMAT);
        free(cut);
    }
}

static void test_random_bytes_are_read_or_refused(void **state)
{
    (void)state;
    uint32_t random = 7;
    for (int round = 0; round < 50000; round++) {
        uint8_t bytes[48];
        size_t size = 4 + (size_t)(round % 45);
        for (size_t i = 0; i < size; i++) {
            random = random * 1664525u + 1013904223u;
            bytes[i] = (random >> 16 & 3) != 0 ? (uint8_t)(random >> 24 & 3)
                                               : (uint8_t)(random >> 24);
        }
        if (round % 8 != 0) {
            bytes[0] = bytes[1] = 0;
            bytes[2] = (uint8_t)(8 + (random >> 10) % 7);
        }
        uint8_t *copy = malloc(size);
        memcpy(copy, bytes, size);
        nn_tensor *tensor = nn_parse_idx(NULL, copy, size);
        assert_true(tensor != NULL || nn_last_status() == NN_ERROR_FORMAT);
        nn_tensor_destroy(tensor);
        free(copy);
    }
}

static int read_images(nn_context *context, void *data)
{
    char(*paths)[256] = data;
    nn_dataset *dataset = nn_dataset_read_idx(context, paths[0], paths[1]);
    int done = dataset != NULL;
    nn_dataset_destroy(dataset);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char paths[2][256];
    write_file("images-idx3", three_images, sizeof three_images, paths[0]);
    write_file("labels-idx1", three_labels, sizeof three_labels, paths[1]);
    assert_true(fail_each_allocation(read_images, paths) >= 9);
    remove(paths[0]);
    remove(paths[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_stay_bytes),
        cmocka_unit_test(test_signed_integers_become_int32),
        cmocka_unit_test(test_floats_and_doubles_become_float32),
        cmocka_unit_test(test_ranks_1_to_8_are_read),
        cmocka_unit_test(test_no_elements_are_an_empty_tensor),
        cmocka_unit_test(test_bad_magic_number_is_named),
        cmocka_unit_test(test_end_inside_the_header_is_named),
        cmocka_unit_test(test_missing_bytes_are_named),
        cmocka_unit_test(test_bytes_left_over_are_named),
        cmocka_unit_test(test_sizes_that_no_file_holds_ask_for_no_memory),
        cmocka_unit_test(test_null_is_refused),
        cmocka_unit_test(test_files_become_a_dataset),
        cmocka_unit_test(test_inputs_of_rank_1_become_one_element_each),
        cmocka_unit_test(test_labels_that_do_not_match_are_refused),
        cmocka_unit_test(test_file_is_named_in_messages),
        cmocka_unit_test(test_file_cut_anywhere_is_refused),
        cmocka_unit_test(test_random_bytes_are_read_or_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
