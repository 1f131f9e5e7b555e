/* Reading and writing IDX files: element types, each error with its byte, hostile bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/idx.h"

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
                   "nn_parse_idx: ends at byte 0, but the start of an IDX file goes to "
                   "byte 4");
    assert_message(six_bytes, 3,
                   "nn_parse_idx: ends at byte 3, but the start of an IDX file goes to "
                   "byte 4");
    assert_message(six_bytes, 11,
                   "nn_parse_idx: ends at byte 11, but the shape goes to byte 12");
}

static void test_missing_bytes_are_named(void **state)
{
    (void)state;
    assert_message(six_bytes, 17,
                   "nn_parse_idx: ends at byte 17, but the data goes to byte 18 ((2, 3) "
                   "elements of 1 bytes)");
}

static void test_bytes_left_over_are_named(void **state)
{
    (void)state;
    uint8_t more[sizeof six_bytes + 2] = {0};
    memcpy(more, six_bytes, sizeof six_bytes);
    assert_message(more, sizeof more,
                   "nn_parse_idx: its content ends at byte 18, but 2 bytes follow");
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
    assert_failure(NN_ERROR_FORMAT,
                   "ends at byte 36, but the data goes to byte 34359738368");
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
             "%s: ends at byte 5, but the shape goes to byte 8", path);
    assert_string_equal(nn_last_error(), expected);
    assert_null(nn_dataset_read_idx(NULL, path, path));
    assert_string_equal(nn_last_error(), expected);
    remove(path);
    assert_null(nn_read_idx(NULL, path));
    assert_failure(NN_ERROR_IO, "cannot be opened: there is no such file");
}

/* ---- writing ---- */

static void test_what_is_written_is_read_again(void **state)
{
    (void)state;
    static const int32_t dtypes[] = {NN_UINT8, NN_INT32, NN_FLOAT32};
    static const double values[] = {1, 2, 3, 127, 0, 255};
    static const int64_t shape[] = {2, 1, 3};
    char path[256];
    write_file("written-idx", "", 0, path);
    for (int i = 0; i < 3; i++) {
        nn_tensor *tensor = tensor_of(dtypes[i], 3, shape, values);
        assert_int_equal(nn_write_idx(tensor, path), NN_OK);
        nn_tensor *again = nn_read_idx(NULL, path);
        assert_shape(again, dtypes[i], 3, shape);
        assert_memory_equal(nn_tensor_data(again), nn_tensor_data(tensor),
                            6 * nn_dtype_size(dtypes[i]));
        nn_tensor_destroy(again);
        nn_tensor_destroy(tensor);
    }
    remove(path);
}

static void test_files_written_have_the_bytes_of_the_format(void **state)
{
    (void)state;
    char path[256];
    static const uint8_t expected[] = {0, 0, 12, 2, 0, 0, 0,    2,    0,    0,
                                       0, 1, 1,  2, 3, 4, 0xFF, 0xFF, 0xFF, 0xFE};
    static const double values[] = {16909060, -2};
    uint8_t bytes[sizeof expected + 1];
    write_file("bytes-idx", "", 0, path);
    nn_tensor *tensor = tensor_of(NN_INT32, 2, (const int64_t[]){2, 1}, values);
    assert_int_equal(nn_write_idx(tensor, path), NN_OK);
    nn_tensor_destroy(tensor);
    FILE *file = fopen(path, "rb");
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), sizeof expected);
    fclose(file);
    assert_memory_equal(bytes, expected, sizeof expected);
    remove(path);
}

/* More than one block of the writer. */
static void test_large_tensors_are_written(void **state)
{
    (void)state;
    enum { COUNT = 5000 };
    char path[256];
    const int64_t count = COUNT;
    write_file("large-idx", "", 0, path);
    nn_tensor *tensor = nn_tensor_create(NULL, NN_INT32, &count, 1);
    for (int32_t i = 0; i < COUNT; i++) {
        ((int32_t *)nn_tensor_data(tensor))[i] = i * 100003;
    }
    assert_int_equal(nn_write_idx(tensor, path), NN_OK);
    nn_tensor *again = nn_read_idx(NULL, path);
    assert_shape(again, NN_INT32, 1, &count);
    assert_memory_equal(nn_tensor_data(again), nn_tensor_data(tensor), 4 * COUNT);
    nn_tensor_destroy(again);
    nn_tensor_destroy(tensor);
    remove(path);
}

static void test_what_idx_does_not_have_is_refused(void **state)
{
    (void)state;
    const int64_t wide[] = {0, INT64_C(1) << 32};
    nn_tensor *longs = tensor_of(NN_INT64, 1, (const int64_t[]){1}, (const double[]){1});
    nn_tensor *number = tensor_of(NN_FLOAT32, 0, NULL, (const double[]){1});
    nn_tensor *wider = nn_tensor_create(NULL, NN_UINT8, wide, 2);
    assert_int_equal(nn_write_idx(longs, "x"), NN_ERROR_DTYPE);
    assert_failure(NN_ERROR_DTYPE, "nn_write_idx: IDX has no int64");
    assert_int_equal(nn_write_idx(number, "x"), NN_ERROR_RANK);
    assert_failure(NN_ERROR_RANK, "nn_write_idx: IDX has no tensors of rank 0");
    assert_int_equal(nn_write_idx(wider, "x"), NN_ERROR_SIZE);
    assert_failure(NN_ERROR_SIZE, "nn_write_idx: dimension 1 is 4294967296, IDX has at "
                                  "most 2^32 - 1");
    assert_int_equal(nn_write_idx(NULL, "x"), NN_ERROR_NULL);
    nn_tensor_destroy(longs);
    nn_tensor_destroy(number);
    nn_tensor *row = tensor_of_row(1, (const double[]){1});
    assert_int_equal(nn_write_idx(row, NULL), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_write_idx: path is NULL");
    assert_int_equal(nn_write_idx(row, "/no/such/folder/x"), NN_ERROR_IO);
    nn_tensor_destroy(row);
    nn_tensor_destroy(wider);
}

/* ---- hostile bytes, failing calls, scarce memory ---- */

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

static void test_every_byte_may_be_wrong(void **state)
{
    (void)state;
    uint8_t *bytes = malloc(sizeof three_images);
    memcpy(bytes, three_images, sizeof three_images);
    for (size_t at = 0; at < sizeof three_images; at++) {
        for (int byte = 0; byte < 256; byte++) {
            bytes[at] = (uint8_t)byte;
            nn_tensor *tensor = nn_parse_idx(NULL, bytes, sizeof three_images);
            assert_true(tensor != NULL || nn_last_status() == NN_ERROR_FORMAT);
            nn_tensor_destroy(tensor);
        }
        bytes[at] = three_images[at];
    }
    free(bytes);
}

/* A source that gives at most 3 bytes at once and fails at one of its calls. */
struct source {
    size_t given;
    int calls, fail_at;
};

static int64_t read_source(void *user, void *bytes, size_t size)
{
    struct source *source = user;
    if (++source->calls == source->fail_at) {
        return -1;
    }
    size_t left = sizeof three_images - source->given;
    size = size > 3 ? 3 : size;
    size = size > left ? left : size;
    memcpy(bytes, three_images + source->given, size);
    source->given += size;
    return (int64_t)size;
}

static void test_every_call_of_a_source_may_fail(void **state)
{
    (void)state;
    nn_tensor *tensor = NULL;
    int fail_at;
    for (fail_at = 1; tensor == NULL; fail_at++) {
        struct source source = {0, 0, fail_at};
        struct nni_reader reader;
        nni_reader_from_callback(&reader, NULL, read_source, &source);
        tensor = nni_idx_read(&reader);
        assert_true(tensor != NULL || nn_last_status() == NN_ERROR_CALLBACK);
        nni_reader_close(&reader);
    }
    assert_shape(tensor, NN_UINT8, 3, (const int64_t[]){3, 2, 2});
    assert_memory_equal(nn_tensor_data(tensor), three_images + 16, 12);
    assert_true(fail_at > 9);
    nn_tensor_destroy(tensor);
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
    assert_true(fail_each_allocation(read_images, paths) >= 6);
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
        cmocka_unit_test(test_what_is_written_is_read_again),
        cmocka_unit_test(test_files_written_have_the_bytes_of_the_format),
        cmocka_unit_test(test_large_tensors_are_written),
        cmocka_unit_test(test_what_idx_does_not_have_is_refused),
        cmocka_unit_test(test_file_cut_anywhere_is_refused),
        cmocka_unit_test(test_every_byte_may_be_wrong),
        cmocka_unit_test(test_every_call_of_a_source_may_fail),
        cmocka_unit_test(test_random_bytes_are_read_or_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
