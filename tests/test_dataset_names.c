/* The names of a dataset's classes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/dataset.h>

#include "support/datasets.h"

static const char *const animals[] = {"cat", "d\xC3\xB6g"};

static nn_dataset *two_samples(nn_context *context)
{
    nn_dataset *dataset = nn_dataset_create(context);
    nn_tensor *inputs = nn_tensor_create(context, NN_FLOAT32, (const int64_t[]){2, 1}, 2);
    assert_int_equal(nn_dataset_add_input(dataset, inputs), NN_OK);
    nn_tensor_destroy(inputs);
    return dataset;
}

static void test_classes_are_named_renamed_and_unnamed(void **state)
{
    (void)state;
    nn_dataset *dataset = two_samples(NULL);
    assert_int_equal(nn_dataset_class_count(dataset), 0);
    assert_int_equal(nn_dataset_set_class_names(dataset, animals, 2), NN_OK);
    assert_int_equal(nn_dataset_class_count(dataset), 2);
    assert_string_equal(nn_dataset_class_name(dataset, 1), animals[1]);
    assert_int_equal(nn_dataset_set_class_names(dataset, animals + 1, 1), NN_OK);
    assert_int_equal(nn_dataset_class_count(dataset), 1);
    assert_string_equal(nn_dataset_class_name(dataset, 0), animals[1]);
    assert_int_equal(nn_dataset_set_class_names(dataset, NULL, 0), NN_OK);
    assert_int_equal(nn_dataset_class_count(dataset), 0);
    nn_dataset_destroy(dataset);
}

static void test_subsets_have_the_names_of_their_dataset(void **state)
{
    (void)state;
    nn_dataset *dataset = two_samples(NULL);
    nn_dataset *subset = nn_dataset_subset(dataset, 0, 1);
    assert_int_equal(nn_dataset_set_class_names(dataset, animals, 2), NN_OK);
    assert_string_equal(nn_dataset_class_name(subset, 0), "cat");
    assert_int_equal(nn_dataset_set_class_names(subset, animals, 2), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "nn_dataset_set_class_names: a subset has the names");
    nn_dataset_destroy(subset);
    nn_dataset_destroy(dataset);
}

static void test_bad_names_are_refused_and_the_old_ones_stay(void **state)
{
    (void)state;
    static const char *const hole[] = {"a", NULL}, *const latin[] = {"a", "\xE9"};
    nn_dataset *dataset = two_samples(NULL);
    assert_int_equal(nn_dataset_set_class_names(dataset, animals, 2), NN_OK);
    assert_int_equal(nn_dataset_set_class_names(dataset, hole, 2), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_dataset_set_class_names: name 1 is NULL");
    assert_int_equal(nn_dataset_set_class_names(dataset, latin, 2), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "nn_dataset_set_class_names: name 1 is not UTF-8");
    assert_int_equal(nn_dataset_set_class_names(dataset, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_set_class_names(dataset, animals, -1), NN_ERROR_SIZE);
    assert_int_equal(nn_dataset_set_class_names(NULL, animals, 2), NN_ERROR_NULL);
    assert_int_equal(nn_dataset_class_count(dataset), 2);
    assert_string_equal(nn_dataset_class_name(dataset, 0), "cat");
    nn_dataset_destroy(dataset);
}

static int name_classes(nn_context *context, void *data)
{
    (void)data;
    nn_dataset *dataset = nn_dataset_create(context);
    int done =
        dataset != NULL && nn_dataset_set_class_names(dataset, animals, 2) == NN_OK;
    nn_dataset_destroy(dataset);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(name_classes, NULL) == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_classes_are_named_renamed_and_unnamed),
        cmocka_unit_test(test_subsets_have_the_names_of_their_dataset),
        cmocka_unit_test(test_bad_names_are_refused_and_the_old_ones_stay),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
