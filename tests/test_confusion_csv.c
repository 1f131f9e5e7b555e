/* Confusion matrices as CSV files. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/io.h>

#include "support/datasets.h"

#include <stdio.h>
#include <string.h>

static nn_tensor *two_by_two(void)
{
    return tensor_of(NN_INT64, 2, (const int64_t[]){2, 2}, (const double[]){10, 2, 0, 5});
}

static void assert_file(const char *path, const char *expected)
{
    char text[500] = "";
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void test_classes_are_named(void **state)
{
    (void)state;
    static const char *const names[] = {"black \"cat\", white", "dog"};
    char path[256];
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *counts = two_by_two();
    write_file("confusion.csv", "old", 3, path);
    assert_int_equal(nn_dataset_set_class_names(dataset, names, 2), NN_OK);
    assert_int_equal(nn_write_confusion(counts, dataset, path), NN_OK);
    assert_file(path, "true\\predicted,\"black \"\"cat\"\", white\",dog\n"
                      "\"black \"\"cat\"\", white\",10,2\n"
                      "dog,0,5\n");
    nn_tensor_destroy(counts);
    nn_dataset_destroy(dataset);
    remove(path);
}

static void test_classes_without_names_have_numbers(void **state)
{
    (void)state;
    static const char *const names[] = {"cat"};
    char path[256];
    nn_dataset *dataset = nn_dataset_create(NULL);
    nn_tensor *counts = two_by_two();
    write_file("numbers.csv", "", 0, path);
    assert_int_equal(nn_write_confusion(counts, NULL, path), NN_OK);
    assert_file(path, "true\\predicted,0,1\n0,10,2\n1,0,5\n");
    assert_int_equal(nn_write_confusion(counts, dataset, path), NN_OK);
    assert_file(path, "true\\predicted,0,1\n0,10,2\n1,0,5\n");
    assert_int_equal(nn_dataset_set_class_names(dataset, names, 1), NN_OK);
    assert_int_equal(nn_write_confusion(counts, dataset, path), NN_OK);
    assert_file(path, "true\\predicted,cat,1\ncat,10,2\n1,0,5\n");
    nn_tensor_destroy(counts);
    nn_dataset_destroy(dataset);
    remove(path);
}

static void test_what_is_no_confusion_matrix_is_refused(void **state)
{
    (void)state;
    nn_tensor *floats = tensor_of_rows(2, 2, (const double[]){1, 2, 3, 4});
    nn_tensor *oblong = nn_tensor_create(NULL, NN_INT64, (const int64_t[]){2, 3}, 2);
    nn_tensor *row = nn_tensor_create(NULL, NN_INT64, (const int64_t[]){2}, 1);
    nn_tensor *counts = two_by_two();
    assert_int_equal(nn_write_confusion(floats, NULL, "x"), NN_ERROR_DTYPE);
    assert_failure(NN_ERROR_DTYPE,
                   "nn_write_confusion: counts are float32, expected int64");
    assert_int_equal(nn_write_confusion(oblong, NULL, "x"), NN_ERROR_SHAPE);
    assert_failure(NN_ERROR_SHAPE, "nn_write_confusion: counts are (2, 3), expected "
                                   "(classes, classes)");
    assert_int_equal(nn_write_confusion(row, NULL, "x"), NN_ERROR_SHAPE);
    assert_int_equal(nn_write_confusion(NULL, NULL, "x"), NN_ERROR_NULL);
    assert_int_equal(nn_write_confusion(counts, NULL, NULL), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_write_confusion: path is NULL");
    assert_int_equal(nn_write_confusion(counts, NULL, "/no/such/folder/x"), NN_ERROR_IO);
    nn_tensor_destroy(floats);
    nn_tensor_destroy(oblong);
    nn_tensor_destroy(row);
    nn_tensor_destroy(counts);
}

static int write_counts(nn_context *context, void *data)
{
    const int64_t shape[] = {40, 40};
    nn_tensor *counts = nn_tensor_create(context, NN_INT64, shape, 2);
    int done = counts != NULL && nn_write_confusion(counts, NULL, data) == NN_OK;
    nn_tensor_destroy(counts);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    char path[256];
    write_file("scarce.csv", "old", 3, path);
    assert_true(fail_each_allocation(write_counts, path) >= 5);
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_are_named),
        cmocka_unit_test(test_classes_without_names_have_numbers),
        cmocka_unit_test(test_what_is_no_confusion_matrix_is_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
