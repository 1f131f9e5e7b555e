/* What losses refuse, and in which words; how they are made, set and destroyed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/tensors.h"
#include "losses/loss.h"

#include <nn/loss.h>

#include <math.h>
#include <string.h>

static const int64_t shape_2[] = {2};
static const int64_t shape_3[] = {3};
static const int64_t shape_2_1[] = {2, 1};
static const int64_t shape_2_3[] = {2, 3};
static const int64_t shape_2_10[] = {2, 10};
static const int64_t shape_2_2_3[] = {2, 2, 3};
static const int64_t shape_0_3[] = {0, 3};
static const int64_t shape_2_0[] = {2, 0};

/* A tensor of zeros. */
static nn_tensor *zeros(int32_t dtype, int32_t rank, const int64_t *shape)
{
    nn_tensor *tensor = nn_tensor_create(NULL, dtype, shape, rank);
    assert_non_null(tensor);
    return tensor;
}

/* Evaluates and destroys everything; the value must be 0 where it fails, and the message
 * must contain the words. */
static void check_evaluate(nn_loss *loss, nn_tensor *outputs, nn_tensor *targets,
                           nn_tensor *weights, nn_status status, const char *words)
{
    assert_non_null(loss);
    double value = 7;
    assert_int_equal(nn_loss_evaluate(loss, outputs, targets, weights, NULL, &value),
                     status);
    if (status != NN_OK) {
        assert_true(value == 0);
        if (strstr(nn_last_error(), words) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", nn_last_error(), words);
        }
    }
    nn_tensor_destroy(outputs);
    nn_tensor_destroy(targets);
    nn_tensor_destroy(weights);
    nn_loss_destroy(loss);
}

static void softmax_says_which_targets_it_takes(void **state)
{
    (void)state;
    check_evaluate(
        nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_10),
        zeros(NN_INT32, 2, shape_2_3), NULL, NN_ERROR_SHAPE,
        "nn_loss_evaluate: softmax_cross_entropy: output (10) takes labels of shape "
        "() or (1), or float32 targets of shape (10); got int32 (3)");
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 3, shape_2_2_3),
                   zeros(NN_INT32, 1, shape_2), NULL, NN_ERROR_SHAPE,
                   "output (2, 3) takes labels of shape (2), or float32 targets of shape "
                   "(2, 3); got int32 ()");
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   zeros(NN_FLOAT32, 1, shape_2), NULL, NN_ERROR_DTYPE, "got float32 ()");
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   zeros(NN_UINT8, 2, shape_2_3), NULL, NN_ERROR_DTYPE, "got uint8 (3)");
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 1, shape_2),
                   zeros(NN_UINT8, 1, shape_2), NULL, NN_ERROR_RANK, "classes");
}

static void labels_have_three_types_and_two_shapes(void **state)
{
    (void)state;
    static const int32_t types[] = {NN_UINT8, NN_INT32, NN_INT64};
    for (int i = 0; i < 3; i++) {
        check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                       zeros(types[i], 1, shape_2), NULL, NN_OK, "");
        check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                       zeros(types[i], 2, shape_2_1), NULL, NN_OK, "");
        check_evaluate(nn_sigmoid_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_1),
                       zeros(types[i], 1, shape_2), NULL, NN_OK, "");
    }
}

static void float_targets_have_the_shape_of_outputs(void **state)
{
    (void)state;
    static const char *const kinds[] = {"mean_squared_error", "mean_absolute_error",
                                        "huber"};
    for (int i = 0; i < 3; i++) {
        check_evaluate(
            nn_loss_create(NULL, kinds[i]), zeros(NN_FLOAT32, 2, shape_2_3),
            zeros(NN_FLOAT32, 2, shape_2_1), NULL, NN_ERROR_SHAPE,
            "output (3) takes float32 targets of the same shape; got float32 (1)");
        check_evaluate(nn_loss_create(NULL, kinds[i]), zeros(NN_FLOAT32, 2, shape_2_3),
                       zeros(NN_INT32, 2, shape_2_3), NULL, NN_ERROR_DTYPE,
                       "got int32 (3)");
        check_evaluate(nn_loss_create(NULL, kinds[i]), zeros(NN_FLOAT32, 2, shape_2_1),
                       zeros(NN_FLOAT32, 1, shape_2), NULL, NN_OK, "");
    }
    check_evaluate(nn_binary_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   zeros(NN_FLOAT32, 1, shape_2), NULL, NN_ERROR_SHAPE,
                   "output (3) takes targets of the same shape; got float32 ()");
}

static void targets_are_given_where_they_are_taken(void **state)
{
    (void)state;
    const struct nni_loss_type *type;
    for (int32_t i = 0; (type = nni_loss_type_at(i)) != NULL; i++) {
        nn_tensor *extra = type->takes_target ? NULL : zeros(NN_FLOAT32, 1, shape_2);
        check_evaluate(nn_loss_create(NULL, type->name), zeros(NN_FLOAT32, 2, shape_2_3),
                       extra, NULL,
                       type->takes_target ? NN_ERROR_NULL : NN_ERROR_ARGUMENT,
                       type->takes_target ? "none are given" : "takes no targets");
    }
}

static void labels_out_of_range_are_named(void **state)
{
    (void)state;
    const double large[] = {0, 3}, negative[] = {-4, 0}, two[] = {0, 0, 1, 2, 0, 1};
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   tensor_of(NN_INT64, 1, shape_2, large), NULL, NN_ERROR_LABEL,
                   "sample 1: softmax_cross_entropy: label 3 is not in 0 ... 2");
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   tensor_of(NN_INT32, 1, shape_2, negative), NULL, NN_ERROR_LABEL,
                   "sample 0: softmax_cross_entropy: label -4");
    check_evaluate(nn_sigmoid_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   tensor_of(NN_UINT8, 2, shape_2_3, two), NULL, NN_ERROR_LABEL,
                   "sample 1: sigmoid_cross_entropy: label 2 is not 0 or 1");
}

static void bad_target_values_are_named(void **state)
{
    (void)state;
    const double nan[] = {0, 0, 0, 0, NAN, 0}, large[] = {0, 0, 0, 0, 0, 1.5};
    const double negative[] = {0, -0.25, 0, 0, 0, 0};
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   tensor_of_rows(2, 3, nan), NULL, NN_ERROR_DATA,
                   "sample 1: mean_squared_error: target element 1 is nan");
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   tensor_of_rows(2, 3, large), NULL, NN_ERROR_DATA,
                   "sample 1: softmax_cross_entropy: target 1.5 (element 2)");
    check_evaluate(nn_binary_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   tensor_of_rows(2, 3, negative), NULL, NN_ERROR_DATA, "target -0.25");
    check_evaluate(nn_softmax_cross_entropy(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   tensor_of_rows(2, 3, nan), NULL, NN_ERROR_DATA, "target nan");
}

static void bad_weights_are_named(void **state)
{
    (void)state;
    const double negative[] = {1, -2}, nan[] = {NAN, 1}, infinite[] = {1, INFINITY};
    const double none[] = {0, 0};
    static const char *const words[] = {"sample 1: its weight is -2", "sample 0",
                                        "sample 1"};
    const double *const bad[] = {negative, nan, infinite};
    for (int i = 0; i < 3; i++) {
        check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                       zeros(NN_FLOAT32, 2, shape_2_3), tensor_of_row(2, bad[i]),
                       NN_ERROR_DATA, words[i]);
    }
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   zeros(NN_FLOAT32, 2, shape_2_3), tensor_of_row(2, none),
                   NN_ERROR_EMPTY, "all 0");
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   zeros(NN_FLOAT32, 2, shape_2_3), zeros(NN_FLOAT32, 1, shape_3),
                   NN_ERROR_SHAPE, "weights has shape (3)");
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   zeros(NN_FLOAT32, 2, shape_2_3), zeros(NN_INT32, 1, shape_2),
                   NN_ERROR_DTYPE, "weights is int32");
}

static void batches_without_data_are_refused(void **state)
{
    (void)state;
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_0_3),
                   zeros(NN_FLOAT32, 2, shape_0_3), NULL, NN_ERROR_EMPTY, "(0, 3)");
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_2_0),
                   zeros(NN_FLOAT32, 2, shape_2_0), NULL, NN_ERROR_EMPTY, "(2, 0)");
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 0, NULL), NULL, NULL,
                   NN_ERROR_RANK, "()");
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_INT32, 2, shape_2_3), NULL, NULL,
                   NN_ERROR_DTYPE, "outputs is int32");
    check_evaluate(nn_mean_squared_error(NULL), zeros(NN_FLOAT32, 2, shape_2_3),
                   zeros(NN_FLOAT32, 1, shape_3), NULL, NN_ERROR_SHAPE,
                   "must begin with 2 samples");
}

static void null_arguments_are_named(void **state)
{
    (void)state;
    double value = 7;
    nn_tensor *outputs = zeros(NN_FLOAT32, 2, shape_2_3);
    nn_loss *loss = nn_output_as_loss(NULL);
    assert_int_equal(nn_loss_evaluate(NULL, outputs, NULL, NULL, NULL, &value),
                     NN_ERROR_NULL);
    assert_int_equal(nn_loss_evaluate(loss, NULL, NULL, NULL, NULL, &value),
                     NN_ERROR_NULL);
    assert_int_equal(nn_loss_evaluate(loss, outputs, NULL, NULL, NULL, NULL),
                     NN_ERROR_NULL);
    assert_true(value == 0);
    assert_int_equal(nn_loss_set_float(NULL, "delta", 1), NN_ERROR_NULL);
    assert_int_equal(nn_loss_set_float(loss, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_loss_set_floats(NULL, "class_weights", NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_loss_set_floats(loss, NULL, NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_loss_set_floats(loss, "class_weights", NULL, 2), NN_ERROR_NULL);
    assert_int_equal(nn_loss_option(NULL, "delta", &value), NN_ERROR_NULL);
    assert_int_equal(nn_loss_option(loss, NULL, &value), NN_ERROR_NULL);
    assert_int_equal(nn_loss_option(loss, "delta", NULL), NN_ERROR_NULL);
    assert_null(nn_loss_create(NULL, NULL));
    assert_null(nn_loss_kind(NULL));
    nn_loss_destroy(NULL);
    nn_loss_destroy(loss);
    nn_tensor_destroy(outputs);
}

static void a_null_loss_keeps_the_reason_why_it_is_null(void **state)
{
    (void)state;
    double value;
    nn_loss *loss = nn_huber(NULL, -1);
    assert_int_equal(nn_loss_set_float(loss, "delta", 1), NN_ERROR_NULL);
    assert_int_equal(nn_loss_option(loss, "delta", &value), NN_ERROR_NULL);
    if (strstr(nn_last_error(), "huber") == NULL) {
        fail_msg("\"%s\" is not about huber", nn_last_error());
    }
}

static void gradients_are_of_the_outputs_shape_and_apart(void **state)
{
    (void)state;
    double value;
    nn_loss *loss = nn_mean_squared_error(NULL);
    nn_tensor *outputs = zeros(NN_FLOAT32, 2, shape_2_3);
    nn_tensor *targets = zeros(NN_FLOAT32, 2, shape_2_3);
    nn_tensor *other = zeros(NN_FLOAT32, 1, shape_2);
    nn_tensor *whole = zeros(NN_INT32, 2, shape_2_3);
    assert_int_equal(nn_loss_evaluate(loss, outputs, targets, NULL, other, &value),
                     NN_ERROR_SHAPE);
    assert_int_equal(nn_loss_evaluate(loss, outputs, targets, NULL, whole, &value),
                     NN_ERROR_DTYPE);
    assert_int_equal(nn_loss_evaluate(loss, outputs, targets, NULL, outputs, &value),
                     NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(),
                        "nn_loss_evaluate: gradient and outputs overlap in memory");
    assert_int_equal(nn_loss_evaluate(loss, outputs, targets, NULL, targets, &value),
                     NN_ERROR_ARGUMENT);
    nn_tensor_destroy(outputs);
    nn_tensor_destroy(targets);
    nn_tensor_destroy(other);
    nn_tensor_destroy(whole);
    nn_loss_destroy(loss);
}

static void class_weights_fit_the_classes(void **state)
{
    (void)state;
    const float weights[] = {1, 2, 3, 4};
    const float bad[] = {1, -1};
    nn_loss *softmax = nn_softmax_cross_entropy(NULL),
            *binary = nn_sigmoid_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_floats(binary, "class_weights", bad, 2),
                     NN_ERROR_ARGUMENT);
    assert_int_equal(nn_loss_set_floats(softmax, "class_weights", weights, 4), NN_OK);
    assert_int_equal(nn_loss_set_floats(binary, "class_weights", weights, 3), NN_OK);
    check_evaluate(softmax, zeros(NN_FLOAT32, 2, shape_2_3), zeros(NN_UINT8, 1, shape_2),
                   NULL, NN_ERROR_SHAPE,
                   "class_weights has 4 numbers; output (3) needs 3");
    check_evaluate(binary, zeros(NN_FLOAT32, 2, shape_2_3), zeros(NN_UINT8, 2, shape_2_3),
                   NULL, NN_ERROR_SHAPE, "class_weights has 3 numbers; it needs 2");
}

static void batches_of_weightless_classes_are_refused(void **state)
{
    (void)state;
    const float weights[] = {0, 1, 1};
    nn_loss *loss = nn_softmax_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_floats(loss, "class_weights", weights, 3), NN_OK);
    check_evaluate(loss, zeros(NN_FLOAT32, 2, shape_2_3), zeros(NN_UINT8, 1, shape_2),
                   NULL, NN_ERROR_EMPTY, "all 0");
}

static void names_make_what_typed_creators_make(void **state)
{
    (void)state;
    nn_loss *typed[] = {nn_mean_squared_error(NULL),
                        nn_mean_absolute_error(NULL),
                        nn_huber(NULL, 1),
                        nn_binary_cross_entropy(NULL),
                        nn_sigmoid_cross_entropy(NULL),
                        nn_softmax_cross_entropy(NULL),
                        nn_output_as_loss(NULL)};
    for (int32_t i = 0; i < 7; i++) {
        assert_non_null(typed[i]);
        nn_loss *named = nn_loss_create(NULL, nn_loss_kind(typed[i]));
        assert_ptr_equal(named->type, typed[i]->type);
        assert_ptr_equal(named->type, nni_loss_type_at(i));
        assert_int_equal(named->type->id, i + 1);
        nn_loss_destroy(named);
        nn_loss_destroy(typed[i]);
    }
    assert_null(nni_loss_type_at(7));
    assert_null(nni_loss_type_at(-1));
}

static void unknown_kinds_list_the_known(void **state)
{
    (void)state;
    assert_null(nn_loss_create(NULL, "hubert"));
    assert_int_equal(nn_last_status(), NN_ERROR_NAME);
    assert_string_equal(nn_last_error(),
                        "nn_loss_create: no loss is named \"hubert\"; there are "
                        "mean_squared_error, mean_absolute_error, huber, "
                        "binary_cross_entropy, sigmoid_cross_entropy, "
                        "softmax_cross_entropy, output_as_loss");
}

static void options_have_names_and_ranges(void **state)
{
    (void)state;
    double value;
    nn_loss *huber = nn_huber(NULL, 2.5);
    assert_int_equal(nn_loss_option(huber, "delta", &value), NN_OK);
    assert_true(value == 2.5);
    assert_int_equal(nn_loss_set_float(huber, "delta", 0), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_loss_set_float(huber, "delta", NAN), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_loss_set_float(huber, "gamma", 1), NN_ERROR_NAME);
    assert_int_equal(nn_loss_option(huber, "gamma", &value), NN_ERROR_NAME);
    assert_true(value == 0);
    nn_loss_destroy(huber);
    assert_null(nn_huber(NULL, -1));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);

    nn_loss *softmax = nn_softmax_cross_entropy(NULL);
    assert_int_equal(nn_loss_set_float(softmax, "label_smoothing", 1), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_loss_set_float(softmax, "label_smoothing", -0.1),
                     NN_ERROR_ARGUMENT);
    nn_loss_destroy(softmax);
}

static void a_trainers_loss_stays_as_it_is(void **state)
{
    (void)state;
    const float weights[] = {1, 2};
    int trainer;
    nn_loss *loss = nn_sigmoid_cross_entropy(NULL);
    loss->owner = &trainer;
    assert_int_equal(nn_loss_set_floats(loss, "class_weights", weights, 2),
                     NN_ERROR_STATE);
    assert_int_equal(nn_loss_set_float(loss, "class_weights", 1), NN_ERROR_STATE);
    nn_loss_destroy(loss);
    assert_string_equal(nn_loss_kind(loss), "sigmoid_cross_entropy");
    loss->owner = NULL;
    nn_loss_destroy(loss);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    const float class_weights[] = {1, 2, 3};
    nn_tensor *outputs = zeros(NN_FLOAT32, 2, shape_2_3);
    nn_tensor *targets = zeros(NN_UINT8, 1, shape_2);
    struct scarce_memory memory;
    int done = 0;
    for (int64_t allowed = 0; !done; allowed++) {
        assert_true(allowed < 20);
        nn_context *context = scarce_context(&memory);
        const int64_t blocks = memory.blocks;
        memory.left = allowed;
        nn_loss *loss = nn_softmax_cross_entropy(context);
        if (loss != NULL &&
            nn_loss_set_floats(loss, "class_weights", class_weights, 3) == NN_OK) {
            double value = 7;
            const nn_status status =
                nn_loss_evaluate(loss, outputs, targets, NULL, NULL, &value);
            done = status == NN_OK;
            assert_true(done || (status == NN_ERROR_MEMORY && value == 0));
        }
        assert_true(done || nn_last_status() == NN_ERROR_MEMORY);
        nn_loss_destroy(loss);
        assert_int_equal(memory.blocks, blocks);
        nn_context_destroy(context);
        assert_int_equal(memory.blocks, 0);
    }
    nn_tensor_destroy(outputs);
    nn_tensor_destroy(targets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(softmax_says_which_targets_it_takes),
        cmocka_unit_test(labels_have_three_types_and_two_shapes),
        cmocka_unit_test(float_targets_have_the_shape_of_outputs),
        cmocka_unit_test(targets_are_given_where_they_are_taken),
        cmocka_unit_test(labels_out_of_range_are_named),
        cmocka_unit_test(bad_target_values_are_named),
        cmocka_unit_test(bad_weights_are_named),
        cmocka_unit_test(batches_without_data_are_refused),
        cmocka_unit_test(null_arguments_are_named),
        cmocka_unit_test(a_null_loss_keeps_the_reason_why_it_is_null),
        cmocka_unit_test(gradients_are_of_the_outputs_shape_and_apart),
        cmocka_unit_test(class_weights_fit_the_classes),
        cmocka_unit_test(batches_of_weightless_classes_are_refused),
        cmocka_unit_test(names_make_what_typed_creators_make),
        cmocka_unit_test(unknown_kinds_list_the_known),
        cmocka_unit_test(options_have_names_and_ranges),
        cmocka_unit_test(a_trainers_loss_stays_as_it_is),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
