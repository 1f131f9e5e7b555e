/* NPY: files that NumPy made, files of our own, what is refused, hostile bytes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/memory.h"
#include "io/npy.h"

#include <nn/io.h>

#include "oracle/npy_files.h"
#include "support/datasets.h"

#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---- help ---- */

static double number_of(const nn_tensor *tensor, int64_t i)
{
    const void *data = nn_tensor_data_const(tensor);
    switch (nn_tensor_dtype(tensor)) {
    case NN_FLOAT32:
        return (double)((const float *)data)[i];
    case NN_UINT8:
        return (double)((const uint8_t *)data)[i];
    case NN_INT32:
        return (double)((const int32_t *)data)[i];
    default:
        return (double)((const int64_t *)data)[i];
    }
}

static void assert_holds(const nn_tensor *tensor, const struct npy_file *file)
{
    if (tensor == NULL) {
        fail_msg("%s: %s", file->name, nn_last_error());
    }
    assert_int_equal(nn_tensor_dtype(tensor), file->dtype);
    assert_int_equal(nn_tensor_rank(tensor), file->rank);
    assert_memory_equal(nn_tensor_shape(tensor), file->shape,
                        (size_t)file->rank * sizeof *file->shape);
    assert_int_equal(nn_tensor_count(tensor), file->count);
    for (int64_t i = 0; i < file->count; i++) {
        if (number_of(tensor, i) != file->values[i]) {
            fail_msg("%s: element %d", file->name, (int)i);
        }
    }
}

/* The start, a header and elements; *size is their length. To be freed. */
static uint8_t *file_of(int version, const char *header, const void *elements,
                        size_t count, size_t *size)
{
    const size_t length = strlen(header), start = version == 1 ? 10 : 12;
    uint8_t *bytes = malloc(start + length + count + 1);
    memcpy(bytes, "\x93NUMPY", 6);
    bytes[6] = (uint8_t)version;
    bytes[7] = 0;
    for (size_t i = 0; i < start - 8; i++)
        bytes[8 + i] = (uint8_t)(length >> 8 * i);
    memcpy(bytes + start, header, length);
    if (count > 0)
        memcpy(bytes + start + length, elements, count);
    *size = start + length + count;
    return bytes;
}

static nn_tensor *parse_header(const char *header, const void *elements, size_t count)
{
    size_t size;
    uint8_t *bytes = file_of(1, header, elements, count, &size);
    nn_tensor *tensor = nn_parse_npy(NULL, bytes, size);
    free(bytes);
    return tensor;
}

/* The header, of an array without elements, is refused at this byte with these words. */
static void assert_header(const char *header, int byte, const char *words)
{
    char expected[200];
    assert_null(parse_header(header, NULL, 0));
    assert_int_equal(nn_last_status(), NN_ERROR_FORMAT);
    snprintf(expected, sizeof expected, "nn_parse_npy: byte %d: %s", byte, words);
    assert_failure(NN_ERROR_FORMAT, expected);
}

/* ---- what NumPy writes ---- */

static void test_files_of_numpy_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(npy_files); i++) {
        nn_tensor *tensor = nn_parse_npy(NULL, npy_files[i].bytes, npy_files[i].size);
        assert_holds(tensor, &npy_files[i]);
        nn_tensor_destroy(tensor);
    }
}

static void test_files_are_read_from_a_path(void **state)
{
    (void)state;
    char path[256];
    const struct npy_file *file = &npy_files[COUNT(npy_files) - 1];
    write_file("array.npy", file->bytes, file->size, path);
    nn_tensor *tensor = nn_read_npy(NULL, path);
    assert_holds(tensor, file);
    nn_tensor_destroy(tensor);
    remove(path);
}

static void test_types_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(npy_refused); i++) {
        assert_null(nn_parse_npy(NULL, npy_refused[i].bytes, npy_refused[i].size));
        assert_int_equal(nn_last_status(), NN_ERROR_FORMAT);
    }
    assert_null(nn_parse_npy(NULL, npy_refused[0].bytes, npy_refused[0].size));
    assert_failure(NN_ERROR_FORMAT, "nn_parse_npy: byte 21: elements of type '<c8' are "
                                    "not read");
}

/* ---- numbers ---- */

static void test_halves_are_exact(void **state)
{
    (void)state;
    static const uint8_t halves[] = {0, 0x3C, 1,    0,    0xFF, 3,   0,
                                     4, 0xFF, 0x7B, 0,    0x80, 0,   0x7C,
                                     0, 0xFC, 0x01, 0x7E, 0x55, 0x35};
    static const float expected[] = {1.0f,     0x1p-24f, 0x1.ff8p-15f, 0x1p-14f,
                                     65504.0f, -0.0f,    INFINITY,     -INFINITY};
    nn_tensor *tensor = parse_header(
        "{'descr': '<f2', 'fortran_order': False, 'shape': (10,)}", halves, 20);
    assert_non_null(tensor);
    assert_memory_equal(nn_tensor_floats(tensor), expected, sizeof expected);
    assert_true(isnan(nn_tensor_floats(tensor)[8]));
    assert_true(nn_tensor_floats(tensor)[9] == 0x1.554p-2f);
    nn_tensor_destroy(tensor);
}

/* 1 + 2^-24 + 2^-52 is above the middle: up. 1e300 is infinite. Whatever the host rounds to. */
static void test_doubles_are_rounded_to_nearest(void **state)
{
    (void)state;
    double doubles[] = {1.0 + 0x1p-24 + 0x1p-52, 1.0 + 0x1p-24, -1e300, 0x1p-149};
    static const float expected[] = {1.0f + 0x1p-23f, 1.0f, -INFINITY, 0x1p-149f};
    fesetround(FE_UPWARD);
    nn_tensor *tensor = parse_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4,)}", doubles, 32);
    assert_int_equal(fegetround(), FE_UPWARD);
    fesetround(FE_TONEAREST);
    assert_non_null(tensor);
    assert_memory_equal(nn_tensor_floats(tensor), expected, sizeof expected);
    nn_tensor_destroy(tensor);
}

static void test_integers_keep_their_ends(void **state)
{
    (void)state;
    static const uint8_t lowest[] = {0,   0,   0,   0,   0,   0,   0,   0x80,
                                     255, 255, 255, 255, 255, 255, 255, 127};
    nn_tensor *tensor = parse_header(
        "{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}", lowest, 16);
    assert_non_null(tensor);
    assert_true(((int64_t *)nn_tensor_data(tensor))[0] == INT64_MIN);
    assert_true(((int64_t *)nn_tensor_data(tensor))[1] == INT64_MAX);
    nn_tensor_destroy(tensor);
    tensor = parse_header("{'descr': '>i4', 'fortran_order': False, 'shape': (1,)}",
                          "\x80\0\0\0", 4);
    assert_true(((int32_t *)nn_tensor_data(tensor))[0] == INT32_MIN);
    nn_tensor_destroy(tensor);
    tensor = parse_header("{'descr': '|i1', 'fortran_order': False, 'shape': (1,)}",
                          "\x80", 1);
    assert_true(((int32_t *)nn_tensor_data(tensor))[0] == -128);
    nn_tensor_destroy(tensor);
    tensor = parse_header("{'descr': '|b1', 'fortran_order': False, 'shape': (2,)}",
                          "\x02", 2);
    assert_memory_equal(nn_tensor_data(tensor), "\1\0", 2);
    nn_tensor_destroy(tensor);
}

static void test_number_that_int64_does_not_hold_is_named(void **state)
{
    (void)state;
    static const uint8_t large[] = {0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1};
    assert_null(parse_header("{'descr': '>u8', 'fortran_order': False, 'shape': (2,)}",
                             large, 16));
    assert_string_equal(nn_last_error(),
                        "nn_parse_npy: byte 73: element 1 is 9223372036854775809, which "
                        "int64 does not hold");
}

/* More than one block of the reader, either byte order, either memory order. */
static void test_large_arrays_are_read(void **state)
{
    (void)state;
    enum { ROWS = 2500, COLUMNS = 3 };
    uint8_t *elements = malloc(ROWS * COLUMNS * 2);
    for (int fortran = 0; fortran < 2; fortran++) {
        for (int i = 0; i < ROWS * COLUMNS; i++) {
            elements[2 * i] = (uint8_t)(i >> 8);
            elements[2 * i + 1] = (uint8_t)i;
        }
        nn_tensor *tensor = parse_header(
            fortran ? "{'descr': '>i2', 'fortran_order': True, 'shape': (2500, 3)}"
                    : "{'descr': '>i2', 'fortran_order': False, 'shape': (2500, 3)}",
            elements, ROWS * COLUMNS * 2);
        assert_non_null(tensor);
        const int32_t *numbers = nn_tensor_data(tensor);
        for (int r = 0; r < ROWS; r++)
            for (int c = 0; c < COLUMNS; c++)
                assert_int_equal(numbers[r * COLUMNS + c],
                                 fortran ? c * ROWS + r : r * COLUMNS + c);
        nn_tensor_destroy(tensor);
    }
    free(elements);
}

/* ---- headers ---- */

static void test_headers_may_be_laid_out_in_other_ways(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"shape\":(2,),\"descr\":\"<i4\",\"fortran_order\":True}",
        "{ 'shape' : ( 2 , ) ,\t'descr' : '<i4' ,\n'fortran_order' : False , } \n\n",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (2L,), }",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '<i4', 'fortran_order': False, 'shape': (1, 2, ), }          \n"};
    for (size_t i = 0; i < COUNT(headers); i++) {
        nn_tensor *tensor = parse_header(headers[i], "\1\0\0\0\2\0\0\0", 8);
        if (tensor == NULL) {
            fail_msg("%s", nn_last_error());
        }
        assert_int_equal(((int32_t *)nn_tensor_data(tensor))[1], 2);
        nn_tensor_destroy(tensor);
    }
}

static void test_headers_that_are_none_are_refused(void **state)
{
    (void)state;
    assert_header("", 10, "expected the header's '{'");
    assert_header("{", 11, "expected a key in quotes, or the end '}'");
    assert_header("{}", 12, "expected all of 'descr', 'fortran_order' and 'shape'");
    assert_header("{'descr", 11, "expected a key in quotes");
    assert_header("{'desc': 1}", 12, "expected the keys 'descr', 'fortran_order' and");
    assert_header("{'descr' '<f4'}", 19, "expected a colon");
    assert_header("{'descr': <f4}", 20, "expected the element type in quotes");
    assert_header("{'descr': [('a', '<f4')]}", 20, "expected one element type, since");
    assert_header("{'descr': '<f4' 'shape': (1,)}", 26, "expected a comma, or the end");
    assert_header("{'descr': '<f4', 'descr': '<f4'}", 28, "expected the keys");
    assert_header("{'fortran_order': 0}", 28, "expected True or False");
    assert_header("{'shape': 3}", 20, "expected the shape in parentheses");
    assert_header("{'shape': (3)}", 23, "expected a shape (a number alone is none)");
    assert_header("{'shape': (3 4)}", 23, "expected a comma, or the shape's end");
    assert_header("{'shape': (3, -4)}", 24, "expected a dimension, or the shape's end");
    assert_header("{'shape': (,)}", 21, "expected a dimension, or the shape's end");
    assert_header("{'shape': (3,", 23, "expected a dimension, or the shape's end");
    assert_header("{'shape': (9223372036854775808,)}", 39, "expected a dimension below");
    assert_header("{'shape': (1,1,1,1,1,1,1,1,1)}", 37, "expected the shape's end after");
    assert_header("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} x", 66,
                  "expected nothing after the header's '}'");
}

static void test_types_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const types[] = {"",    "f4",     "<f",  "<f1", "<f44",
                                        "=f4", "|f4",    "<x4", "|i2", "<b2",
                                        "<u3", "<f\x01", "O"};
    for (size_t i = 0; i < COUNT(types); i++) {
        char header[100];
        snprintf(header, sizeof header,
                 "{'descr': '%s', 'fortran_order': False, 'shape': (0,)}", types[i]);
        assert_header(header, 21, "elements of type '");
    }
    assert_header("{'descr': '\x01 34567890123456789'}", 21,
                  "elements of type '??34567890123456...' are not read");
}

static void test_one_byte_types_have_any_order(void **state)
{
    (void)state;
    static const char *const types[] = {"<u1", ">u1", "|u1"};
    for (size_t i = 0; i < COUNT(types); i++) {
        char header[100];
        snprintf(header, sizeof header,
                 "{'descr': '%s', 'fortran_order': False, 'shape': ()}", types[i]);
        nn_tensor *tensor = parse_header(header, "\7", 1);
        assert_non_null(tensor);
        assert_int_equal(nn_tensor_rank(tensor), 0);
        nn_tensor_destroy(tensor);
    }
}

static void test_starts_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *message;
    } cases[] = {
        {"", 0, "ends at byte 0, but the start of an NPY file goes to byte 8"},
        {"\x93NUMPY\1", 7, "ends at byte 7, but the start of an NPY file"},
        {"PK\3\4....", 8, "byte 0: this is an archive (npz)"},
        {"\x93NUMPX\1\0", 8, "byte 0: this is no NPY file"},
        {"\x93NUMPY\0\0", 8, "byte 6: version 0.0 is not read"},
        {"\x93NUMPY\4\0", 8, "byte 6: version 4.0 is not read"},
        {"\x93NUMPY\1\1", 8, "byte 6: version 1.1 is not read"},
        {"\x93NUMPY\1\0\1", 9,
         "ends at byte 9, but the length of the header goes to "
         "byte 10"},
        {"\x93NUMPY\2\0\1\0\0", 11, "ends at byte 11, but the length of the header"},
        {"\x93NUMPY\1\0\4\0{}", 12, "ends at byte 12, but the header goes to byte 14"},
        {"\x93NUMPY\2\0\0\0\1\0", 12, "byte 8: a header of 65536 bytes, at most 65535"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_null(nn_parse_npy(NULL, cases[i].bytes, cases[i].size));
        assert_failure(NN_ERROR_FORMAT, cases[i].message);
    }
}

static void test_bytes_that_are_missing_or_left_over_are_named(void **state)
{
    (void)state;
    const char *header = "{'descr': '<i2', 'fortran_order': False, 'shape': (3,)}";
    assert_null(parse_header(header, "12345", 5));
    assert_failure(NN_ERROR_FORMAT, "nn_parse_npy: ends at byte 70, but the data goes to "
                                    "byte 71 ((3) elements of 2 bytes)");
    assert_null(parse_header(header, "1234567", 7));
    assert_failure(NN_ERROR_FORMAT,
                   "nn_parse_npy: its content ends at byte 71, but 1 bytes follow");
}

static void test_sizes_that_no_file_holds_ask_for_no_memory(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{'descr':'|u1','fortran_order':False,'shape':(4000000000,1000000000)}",
        "{'descr':'|u1','fortran_order':False,'shape':(9223372036854775807,)}",
        "{'descr':'<f8','fortran_order':False,'shape':(2305843009213693951,)}",
        "{'descr':'<f4','fortran_order':True,'shape':(4294967296,4294967296)}",
        "{'descr':'<f4','fortran_order':True,'shape':(0,4294967296,4294967296)}"};
    for (size_t i = 0; i < COUNT(headers); i++) {
        struct scarce_memory memory;
        nn_context *context = scarce_context(&memory);
        size_t size;
        uint8_t *bytes = file_of(1, headers[i], NULL, 0, &size);
        memory.left = 1; /* for the header */
        assert_null(nn_parse_npy(context, bytes, size));
        assert_int_equal(nn_last_status(), NN_ERROR_FORMAT);
        free(bytes);
        nn_context_destroy(context);
    }
}

static void test_null_is_refused(void **state)
{
    (void)state;
    assert_null(nn_parse_npy(NULL, NULL, 0));
    assert_failure(NN_ERROR_NULL, "nn_parse_npy: bytes is NULL");
    assert_null(nn_read_npy(NULL, NULL));
    assert_failure(NN_ERROR_NULL, "nn_read_npy: path is NULL");
    assert_null(nn_dataset_read_npy(NULL, NULL, NULL));
    assert_failure(NN_ERROR_NULL, "nn_dataset_read_npy: path is NULL");
    nn_tensor *tensor = tensor_of_row(1, (const double[]){1});
    assert_int_equal(nn_write_npy(tensor, NULL), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_write_npy: path is NULL");
    assert_int_equal(nn_write_npy(NULL, "x"), NN_ERROR_NULL);
    nn_tensor_destroy(tensor);
    assert_null(nn_read_npy(NULL, "/no/such/file.npy"));
    assert_failure(NN_ERROR_IO, "/no/such/file.npy: cannot be opened");
}

/* ---- writing ---- */

/* What we write of what NumPy wrote is, for our dtypes, NumPy's file again. */
static void test_files_written_are_those_of_numpy(void **state)
{
    (void)state;
    char path[256];
    int same = 0;
    write_file("copy.npy", "", 0, path);
    for (size_t i = 0; i < COUNT(npy_files); i++) {
        const struct npy_file *file = &npy_files[i];
        nn_tensor *tensor = nn_parse_npy(NULL, file->bytes, file->size);
        assert_int_equal(nn_write_npy(tensor, path), NN_OK);
        nn_tensor_destroy(tensor);
        tensor = nn_read_npy(NULL, path);
        assert_holds(tensor, file);
        nn_tensor_destroy(tensor);
        static const char *const ours[] = {
            "|u1",       "<i4",        "<i8",          "<f4",
            "version 1", "shape (5,)", "shape (0, 3)", "shape (1, 2, 1, 2, 1, 1, 1, 3)"};
        for (size_t k = 0; k < COUNT(ours); k++) {
            if (strcmp(file->name, ours[k]) == 0) {
                uint8_t bytes[1000];
                FILE *written = fopen(path, "rb");
                assert_int_equal(fread(bytes, 1, sizeof bytes, written), file->size);
                fclose(written);
                assert_memory_equal(bytes, file->bytes, file->size);
                same++;
            }
        }
    }
    assert_int_equal(same, 8);
    remove(path);
}

static void test_longest_header_is_written(void **state)
{
    (void)state;
    char path[256];
    const int64_t shape[] = {0, 1 << 30, 1 << 30, 1, 1, 1, 1, 1};
    nn_tensor *tensor = nn_tensor_create(NULL, NN_UINT8, shape, 8);
    write_file("long.npy", "", 0, path);
    assert_int_equal(nn_write_npy(tensor, path), NN_OK);
    nn_tensor_destroy(tensor);
    tensor = nn_read_npy(NULL, path);
    assert_non_null(tensor);
    assert_memory_equal(nn_tensor_shape(tensor), shape, sizeof shape);
    nn_tensor_destroy(tensor);
    remove(path);
}

static void test_files_that_cannot_be_written_are_told(void **state)
{
    (void)state;
    nn_tensor *tensor = tensor_of_row(1, (const double[]){1});
    assert_int_equal(nn_write_npy(tensor, "/no/such/folder/x.npy"), NN_ERROR_IO);
    assert_failure(NN_ERROR_IO, "/no/such/folder/x.npy: cannot be written");
    assert_int_equal(nn_write_npy(tensor, "/dev/full"), NN_ERROR_IO);
    nn_tensor_destroy(tensor);
}

/* ---- datasets ---- */

static void test_files_become_a_dataset(void **state)
{
    (void)state;
    char inputs[256], targets[256];
    write_file("inputs.npy", "", 0, inputs);
    write_file("targets.npy", "", 0, targets);
    nn_tensor *x = tensor_of_rows(3, 2, (const double[]){1, 2, 3, 4, 5, 6});
    nn_tensor *y =
        tensor_of(NN_INT64, 1, (const int64_t[]){3}, (const double[]){2, 0, 1});
    assert_int_equal(nn_write_npy(x, inputs), NN_OK);
    assert_int_equal(nn_write_npy(y, targets), NN_OK);
    nn_dataset *dataset = nn_dataset_read_npy(NULL, inputs, targets);
    if (dataset == NULL) {
        fail_msg("%s", nn_last_error());
    }
    double numbers[6];
    read_numbers(dataset, 0, 0, 3, numbers);
    assert_true(numbers[0] == 1 && numbers[5] == 6);
    read_numbers(dataset, 1, 0, 3, numbers);
    assert_true(numbers[0] == 2 && numbers[1] == 0 && numbers[2] == 1);
    nn_dataset_destroy(dataset);
    dataset = nn_dataset_read_npy(NULL, inputs, NULL);
    assert_int_equal(nn_dataset_count(dataset), 3);
    assert_int_equal(nn_dataset_target_count(dataset), 0);
    nn_dataset_destroy(dataset);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    remove(inputs);
    remove(targets);
}

static void test_files_that_do_not_match_are_refused(void **state)
{
    (void)state;
    char two[256], three[256], none[256];
    write_file("two.npy", "", 0, two);
    write_file("three.npy", "", 0, three);
    write_file("none.npy", "", 0, none);
    nn_tensor *row = tensor_of_row(2, (const double[]){1, 2});
    nn_tensor *rows = tensor_of_rows(3, 1, (const double[]){1, 2, 3});
    nn_tensor *number = tensor_of(NN_FLOAT32, 0, NULL, (const double[]){1});
    assert_int_equal(nn_write_npy(row, two), NN_OK);
    assert_int_equal(nn_write_npy(rows, three), NN_OK);
    assert_int_equal(nn_write_npy(number, none), NN_OK);
    assert_null(nn_dataset_read_npy(NULL, three, two));
    assert_failure(NN_ERROR_FORMAT, "labels are (2), expected (3, ...), one for each");
    assert_null(nn_dataset_read_npy(NULL, three, none));
    assert_failure(NN_ERROR_FORMAT, "labels are (), expected (3, ...)");
    assert_null(nn_dataset_read_npy(NULL, none, two));
    assert_failure(NN_ERROR_FORMAT, "inputs are (), expected (n, ...)");
    assert_null(nn_dataset_read_npy(NULL, three, "/no/such/file.npy"));
    assert_failure(NN_ERROR_IO, "/no/such/file.npy");
    nn_tensor_destroy(row);
    nn_tensor_destroy(rows);
    nn_tensor_destroy(number);
    remove(two);
    remove(three);
    remove(none);
}

/* ---- hostile bytes, failing calls, scarce memory ---- */

static void test_files_cut_anywhere_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(npy_files); i++) {
        for (size_t size = 0; size < npy_files[i].size; size++) {
            uint8_t *cut = malloc(size + (size == 0)); /* to notice reading past it */
            memcpy(cut, npy_files[i].bytes, size);
            assert_null(nn_parse_npy(NULL, cut, size));
            assert_int_equal(nn_last_status(), NN_ERROR_FORMAT);
            free(cut);
        }
    }
}

static void test_every_byte_may_be_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(npy_files); i += 5) {
        const size_t size = npy_files[i].size;
        uint8_t *bytes = malloc(size);
        memcpy(bytes, npy_files[i].bytes, size);
        for (size_t at = 0; at < size; at++) {
            for (int byte = 0; byte < 256; byte++) {
                bytes[at] = (uint8_t)byte;
                nn_tensor *tensor = nn_parse_npy(NULL, bytes, size);
                assert_true(tensor != NULL || nn_last_status() == NN_ERROR_FORMAT);
                nn_tensor_destroy(tensor);
            }
            bytes[at] = npy_files[i].bytes[at];
        }
        free(bytes);
    }
}

/* A source that gives at most 7 bytes at once and fails at one of its calls. */
struct source {
    const struct npy_file *file;
    size_t given;
    int calls, fail_at;
};

static int64_t read_source(void *user, void *bytes, size_t size)
{
    struct source *source = user;
    if (++source->calls == source->fail_at) {
        return -1;
    }
    size_t left = source->file->size - source->given;
    size = size > 7 ? 7 : size;
    size = size > left ? left : size;
    memcpy(bytes, source->file->bytes + source->given, size);
    source->given += size;
    return (int64_t)size;
}

static void test_every_call_of_a_source_may_fail(void **state)
{
    (void)state;
    nn_tensor *tensor = NULL;
    int fail_at;
    for (fail_at = 1; tensor == NULL; fail_at++) {
        struct source source = {&npy_files[3], 0, 0, fail_at};
        struct nni_reader reader;
        nni_reader_from_callback(&reader, NULL, read_source, &source);
        tensor = nni_npy_read(&reader);
        assert_true(tensor != NULL || nn_last_status() == NN_ERROR_CALLBACK);
        nni_reader_close(&reader);
    }
    assert_holds(tensor, &npy_files[3]);
    assert_true(fail_at > 20);
    nn_tensor_destroy(tensor);
}

static int write_and_read(nn_context *context, void *data)
{
    const char *path = data;
    nn_dataset *dataset = NULL;
    const int64_t count = 3;
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, &count, 1);
    if (tensor != NULL && nn_write_npy(tensor, path) == NN_OK) {
        dataset = nn_dataset_read_npy(context, path, path);
    }
    int done = dataset != NULL;
    nn_dataset_destroy(dataset);
    nn_tensor_destroy(tensor);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char path[256];
    write_file("scarce.npy", "", 0, path);
    assert_true(fail_each_allocation(write_and_read, path) >= 9);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files_of_numpy_are_read),
        cmocka_unit_test(test_files_are_read_from_a_path),
        cmocka_unit_test(test_types_that_do_not_fit_are_refused),
        cmocka_unit_test(test_halves_are_exact),
        cmocka_unit_test(test_doubles_are_rounded_to_nearest),
        cmocka_unit_test(test_integers_keep_their_ends),
        cmocka_unit_test(test_number_that_int64_does_not_hold_is_named),
        cmocka_unit_test(test_large_arrays_are_read),
        cmocka_unit_test(test_headers_may_be_laid_out_in_other_ways),
        cmocka_unit_test(test_headers_that_are_none_are_refused),
        cmocka_unit_test(test_types_that_are_none_are_refused),
        cmocka_unit_test(test_one_byte_types_have_any_order),
        cmocka_unit_test(test_starts_that_are_none_are_refused),
        cmocka_unit_test(test_bytes_that_are_missing_or_left_over_are_named),
        cmocka_unit_test(test_sizes_that_no_file_holds_ask_for_no_memory),
        cmocka_unit_test(test_null_is_refused),
        cmocka_unit_test(test_files_written_are_those_of_numpy),
        cmocka_unit_test(test_longest_header_is_written),
        cmocka_unit_test(test_files_that_cannot_be_written_are_told),
        cmocka_unit_test(test_files_become_a_dataset),
        cmocka_unit_test(test_files_that_do_not_match_are_refused),
        cmocka_unit_test(test_files_cut_anywhere_are_refused),
        cmocka_unit_test(test_every_byte_may_be_wrong),
        cmocka_unit_test(test_every_call_of_a_source_may_fail),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
