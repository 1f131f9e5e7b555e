#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "datasets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void assert_failure(nn_status status, const char *words)
{
    assert_int_equal(nn_last_status(), status);
    if (strstr(nn_last_error(), words) == NULL) {
        fail_msg("\"%s\" does not contain \"%s\"", nn_last_error(), words);
    }
}

int64_t fail_each_allocation(int (*attempt)(nn_context *context, void *data), void *data)
{
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    const int64_t blocks = memory.blocks;
    int64_t failures = 0;
    int succeeded = 0;
    while (!succeeded) {
        assert_true(failures < 1000);
        memory.left = failures;
        succeeded = attempt(context, data);
        if (!succeeded) {
            failures++;
            assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
            assert_int_equal(memory.left, 0);
        }
        assert_int_equal(memory.blocks, blocks);
    }
    memory.left = -1;
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
    return failures;
}

static double number_at(int32_t dtype, const void *data, int64_t i)
{
    switch (dtype) {
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

void read_numbers(const nn_dataset *dataset, int32_t is_target, int64_t first,
                  int64_t rows, double *numbers)
{
    int32_t dtype, rank;
    const int64_t *sample;
    int64_t shape[NN_MAX_RANK] = {rows};
    assert_int_equal((is_target ? nn_dataset_target_shape : nn_dataset_input_shape)(
                         dataset, 0, &dtype, &sample, &rank),
                     NN_OK);
    memcpy(shape + 1, sample, (size_t)rank * sizeof *sample);
    nn_tensor *out = nn_tensor_create(NULL, dtype, shape, rank + 1);
    assert_non_null(out);
    assert_int_equal((is_target ? nn_dataset_read_target
                                : nn_dataset_read_input)(dataset, 0, first, out),
                     NN_OK);
    for (int64_t i = 0; i < nn_tensor_count(out); i++) {
        numbers[i] = number_at(dtype, nn_tensor_data(out), i);
    }
    nn_tensor_destroy(out);
}

void write_file(const char *name, const void *bytes, size_t size, char *path)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, 256, "%s/%s", folder != NULL ? folder : "/tmp", name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}
