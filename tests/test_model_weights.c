/* Weights alone: what is refused leaves every parameter as it was, also where reading fails
 * half-way. (What is accepted and how it is compared is tested in test_safetensors.py.) */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/nn.h>

#include "support/datasets.h"
#include "support/files.h"
#include "support/networks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The model that small_file describes, not built. */
static nn_model *small_model(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 2));
    nn_layer *layer = nn_dense(context, 2, NN_RELU);
    if (layer != NULL) {
        assert_ok(nn_layer_set_name(layer, "d"));
    }
    nn_model_add(model, layer);
    return model;
}

static void test_weights_come_from_a_models_file(void **state)
{
    (void)state;
    static const float expected[] = {3, 4, 5, 6};
    static const float turned[] = {3, 5, 4, 6};
    struct file_bytes file = small_file("", "");
    nn_model *model = small_model(NULL);
    assert_ok(nn_model_load_weights_memory(model, file.bytes, file.size, 0));
    assert_memory_equal(nn_tensor_data(nn_model_parameter_named(model, "d.weight")),
                        expected, sizeof expected);
    assert_ok(
        nn_model_load_weights_memory(model, file.bytes, file.size, NN_WEIGHTS_PYTORCH));
    assert_memory_equal(nn_tensor_data(nn_model_parameter_named(model, "d.weight")),
                        turned, sizeof turned);
    nn_model_destroy(model);
    free(file.bytes);
}

static void test_arguments_are_checked(void **state)
{
    (void)state;
    struct file_bytes file = small_file("", "");
    nn_model *model = small_model(NULL);
    nn_model *empty = nn_model_create(NULL);
    assert_int_equal(nn_model_load_weights(NULL, "x", 0), NN_ERROR_NULL);
    assert_int_equal(nn_model_load_weights(model, NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_model_load_weights(model, "/nowhere/x", 0), NN_ERROR_IO);
    assert_int_equal(nn_model_load_weights(empty, "x", 0), NN_ERROR_GRAPH);
    assert_int_equal(nn_model_load_weights_memory(model, NULL, 0, 0), NN_ERROR_NULL);
    assert_int_equal(nn_model_load_weights_memory(NULL, "", 0, 0), NN_ERROR_NULL);
    assert_int_equal(nn_model_load_weights_memory(model, file.bytes, file.size, 4),
                     NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(), "nn_model_load_weights_memory: options is 4, "
                                         "expected a sum of NN_WEIGHTS_...");
    assert_int_equal(nn_model_load_weights_memory(model, file.bytes, file.size, -1),
                     NN_ERROR_ARGUMENT);
    assert_int_equal(nn_model_load_weights_memory(model, file.bytes, file.size - 1, 0),
                     NN_ERROR_FORMAT);
    assert_int_equal(nn_model_save_weights(NULL, "x"), NN_ERROR_NULL);
    assert_int_equal(nn_model_save_weights(model, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_model_save_weights(empty, "x"), NN_ERROR_GRAPH);
    nn_model_destroy(empty);
    nn_model_destroy(model);
    free(file.bytes);
}

/* ---- a file that fails while it is read ---- */

static int reads_left = -1; /* before pread fails; -1: it does not */

ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset)
{
    if (reads_left == 0) {
        return 0;
    }
    reads_left -= reads_left > 0;
    if (lseek(descriptor, offset, SEEK_SET) < 0) {
        return -1;
    }
    return read(descriptor, bytes, size);
}

static void test_file_that_fails_half_way_changes_nothing(void **state)
{
    (void)state;
    char path[256];
    nn_model *saved = stack_network(NULL);
    nn_model *model = stack_network(NULL);
    write_file("weights.safetensors", "", 0, path);
    assert_ok(nn_model_save_weights(saved, path));
    assert_ok(nn_model_build(model));
    assert_ok(nn_model_initialize(model, 99));
    const uint64_t before = parameter_hash(model);
    int failures = 0;
    for (int reads = 0;; reads++) {
        reads_left = reads;
        nn_status status = nn_model_load_weights(model, path, NN_WEIGHTS_PARTIAL);
        reads_left = -1;
        if (status == NN_OK) {
            break;
        }
        failures++;
        assert_int_equal(status, NN_ERROR_IO);
        assert_failure(NN_ERROR_IO, "became shorter while it was read");
        assert_true(parameter_hash(model) == before);
    }
    assert_int_equal(failures, 2 + nn_model_parameter_count(model));
    assert_true(parameter_hash(model) == parameter_hash(saved));
    nn_model_destroy(model);
    nn_model_destroy(saved);
    remove(path);
}

static int attempt_load(nn_context *context, void *data)
{
    const struct file_bytes *file = data;
    nn_model *model = small_model(context);
    nn_status status =
        nn_model_load_weights_memory(model, file->bytes, file->size, NN_WEIGHTS_PYTORCH);
    nn_model_destroy(model);
    return status == NN_OK;
}

static void test_memory_may_run_out(void **state)
{
    (void)state;
    struct file_bytes file = small_file("", "");
    assert_true(fail_each_allocation(attempt_load, &file) > 15);
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_come_from_a_models_file),
        cmocka_unit_test(test_arguments_are_checked),
        cmocka_unit_test(test_file_that_fails_half_way_changes_nothing),
        cmocka_unit_test(test_memory_may_run_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
