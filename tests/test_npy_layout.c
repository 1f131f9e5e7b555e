/* NPY files written in Fortran order, big-endian, or both: the bytes, and that they are
 * read again as they were. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/io.h>

#include "support/datasets.h"

#include <stdio.h>
#include <string.h>

enum { LAYOUTS = 1 + (NN_NPY_FORTRAN | NN_NPY_BIG_ENDIAN), HEADER_BYTES = 128 };

static const char *file_path(void)
{
    static char path[256];
    write_file("layout.npy", "", 0, path);
    return path;
}

/* 3 x 2 numbers: 0x0100, 0x0101, ... */
static nn_tensor *counted_tensor(void)
{
    const int64_t shape[] = {3, 2};
    nn_tensor *tensor = nn_tensor_create(NULL, NN_INT32, shape, 2);
    assert_non_null(tensor);
    for (int32_t i = 0; i < 6; i++)
        ((int32_t *)nn_tensor_data(tensor))[i] = 0x0100 + i;
    return tensor;
}

static void test_elements_lie_as_they_were_asked_for(void **state)
{
    (void)state;
    static const struct {
        const char *descr, *order;
        uint8_t elements[24];
    } files[LAYOUTS] = {
        {"'<i4'", "False", {0, 1, 0, 0, 1, 1, 0, 0, 2, 1, 0, 0,
                            3, 1, 0, 0, 4, 1, 0, 0, 5, 1, 0, 0}},
        {"'<i4'", "True", {0, 1, 0, 0, 2, 1, 0, 0, 4, 1, 0, 0,
                           1, 1, 0, 0, 3, 1, 0, 0, 5, 1, 0, 0}},
        {"'>i4'", "False", {0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 2,
                            0, 0, 1, 3, 0, 0, 1, 4, 0, 0, 1, 5}},
        {"'>i4'", "True", {0, 0, 1, 0, 0, 0, 1, 2, 0, 0, 1, 4,
                           0, 0, 1, 1, 0, 0, 1, 3, 0, 0, 1, 5}},
    };
    nn_tensor *tensor = counted_tensor();
    const char *path = file_path();
    for (int32_t layout = 0; layout < LAYOUTS; layout++) {
        char header[100];
        uint8_t bytes[200];
        assert_int_equal(nn_write_npy_layout(tensor, path, layout), NN_OK);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        assert_int_equal(fread(bytes, 1, sizeof bytes, file), HEADER_BYTES + 24);
        fclose(file);
        const int length =
            snprintf(header, sizeof header,
                     "{'descr': %s, 'fortran_order': %s, 'shape': (3, 2), }",
                     files[layout].descr, files[layout].order);
        assert_memory_equal(bytes + 10, header, (size_t)length);
        assert_memory_equal(bytes + HEADER_BYTES, files[layout].elements, 24);
    }
    nn_tensor_destroy(tensor);
    remove(path);
}

/* More than one block, of every type and of ranks 0 to 3. */
static void test_every_tensor_comes_back(void **state)
{
    (void)state;
    static const int32_t dtypes[] = {NN_FLOAT32, NN_UINT8, NN_INT32, NN_INT64};
    const int64_t shape[] = {3, 50, 70};
    const char *path = file_path();
    for (int32_t i = 0; i < 4 * LAYOUTS * 4; i++) {
        const int32_t layout = i % LAYOUTS, rank = i / LAYOUTS % 4;
        nn_tensor *tensor = nn_tensor_create(NULL, dtypes[i / LAYOUTS / 4], shape, rank);
        assert_non_null(tensor);
        const size_t bytes =
            (size_t)nn_tensor_count(tensor) * nn_dtype_size(nn_tensor_dtype(tensor));
        for (size_t b = 0; b < bytes; b++)
            ((uint8_t *)nn_tensor_data(tensor))[b] = (uint8_t)(b * 37 % 127);
        assert_int_equal(nn_write_npy_layout(tensor, path, layout), NN_OK);
        nn_tensor *again = nn_read_npy(NULL, path);
        assert_non_null(again);
        assert_int_equal(nn_tensor_dtype(again), nn_tensor_dtype(tensor));
        assert_int_equal(nn_tensor_rank(again), rank);
        assert_memory_equal(nn_tensor_shape(again), shape, (size_t)rank * sizeof *shape);
        assert_memory_equal(nn_tensor_data(again), nn_tensor_data(tensor), bytes);
        nn_tensor_destroy(tensor);
        nn_tensor_destroy(again);
    }
    remove(path);
}

static void test_what_is_no_layout_is_refused(void **state)
{
    (void)state;
    nn_tensor *tensor = counted_tensor();
    assert_int_equal(nn_write_npy_layout(tensor, "x", LAYOUTS), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "nn_write_npy_layout: there is no layout 4");
    assert_int_equal(nn_write_npy_layout(tensor, "x", -1), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_write_npy_layout(tensor, NULL, 0), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_write_npy_layout: path is NULL");
    assert_int_equal(nn_write_npy_layout(NULL, "x", 0), NN_ERROR_NULL);
    assert_int_equal(nn_write_npy_layout(tensor, "/no/such/folder/x.npy", 1),
                     NN_ERROR_IO);
    nn_tensor_destroy(tensor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_elements_lie_as_they_were_asked_for),
        cmocka_unit_test(test_every_tensor_comes_back),
        cmocka_unit_test(test_what_is_no_layout_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
