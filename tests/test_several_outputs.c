/* Models of several inputs and outputs: a loss for each, their weights, the names and the
 * order of results, and data sets of several inputs and targets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

enum { COUNT = 90, A = 5, B = 3, CLASSES = 3 };

/* Inputs a (5) and b (3); outputs: logits of three classes, and one number. */
static nn_model *two_by_two(void)
{
    int64_t a_shape[] = {A}, b_shape[] = {B};
    nn_model *model = nn_model_create(NULL);
    nn_node a = nn_model_input(model, NN_FLOAT32, a_shape, 1);
    nn_node b = nn_model_input(model, NN_FLOAT32, b_shape, 1);
    nn_node both = nn_model_apply_many(model, nn_concat(NULL, 0), (nn_node[]){a, b}, 2);
    nn_node h = nn_model_apply(model, nn_dense(NULL, 12, NN_TANH), both);
    nn_model_output(model, nn_model_apply(model, nn_dense(NULL, CLASSES, NN_LINEAR), h));
    nn_model_output(model, nn_model_apply(model, nn_dense(NULL, 1, NN_LINEAR), h));
    assert_ok(nn_model_build(model));
    return model;
}

/* The tensors a, b, labels and numbers of COUNT samples. */
static void make_tensors(nn_tensor **tensors)
{
    int64_t shapes[4][2] = {{COUNT, A}, {COUNT, B}, {COUNT, 0}, {COUNT, 1}};
    for (int i = 0; i < 4; i++) {
        tensors[i] = nn_tensor_create(NULL, i == 2 ? NN_INT32 : NN_FLOAT32, shapes[i],
                                      i == 2 ? 1 : 2);
        assert_non_null(tensors[i]);
        if (i != 2)
            assert_ok(nn_tensor_random_normal(tensors[i], 0, 1, (uint64_t)i + 1));
    }
    for (int i = 0; i < COUNT; i++) {
        ((int32_t *)nn_tensor_data(tensors[2]))[i] = i % CLASSES;
        nn_tensor_floats(tensors[0])[i * A + i % CLASSES] += 3;
        nn_tensor_floats(tensors[3])[i] = nn_tensor_floats(tensors[1])[i * B];
    }
}

static void destroy_tensors(nn_tensor **tensors)
{
    for (int i = 0; i < 4; i++)
        nn_tensor_destroy(tensors[i]);
}

static nn_dataset *make_samples(void)
{
    nn_tensor *tensors[4];
    nn_dataset *samples = nn_dataset_create(NULL);
    make_tensors(tensors);
    assert_ok(nn_dataset_add_input(samples, tensors[0]));
    assert_ok(nn_dataset_add_input(samples, tensors[1]));
    assert_ok(nn_dataset_add_target(samples, tensors[2]));
    assert_ok(nn_dataset_add_target(samples, tensors[3]));
    destroy_tensors(tensors);
    return samples;
}

static nn_trainer *two_losses(nn_model *model, const double *weights, double rate)
{
    nn_loss *losses[] = {nn_softmax_cross_entropy(NULL), nn_mean_squared_error(NULL)};
    nn_trainer *trainer =
        nn_trainer_create_many(model, losses, weights, 2, nn_adam(NULL, rate));
    assert_non_null(trainer);
    return trainer;
}

static void results_come_in_order_and_are_named_by_output(void **state)
{
    (void)state;
    double results[8];
    nn_model *model = two_by_two();
    nn_dataset *samples = make_samples();
    nn_trainer *trainer = two_losses(model, (double[]){1, 0.25}, 0.01);
    assert_ok(nn_trainer_add_metric(trainer, NN_R2, 1));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_add_top_k(trainer, 2, 0));
    assert_ok(nn_trainer_add_metric(trainer, NN_MEAN_ABSOLUTE_ERROR, 1));
    const char *names[] = {"loss",
                           "loss_0",
                           "loss_1",
                           "r2_1",
                           "accuracy_0",
                           "top_2_accuracy_0",
                           "mean_absolute_error_1"};
    assert_int_equal(nn_trainer_result_count(trainer), 7);
    for (int32_t i = 0; i < 7; i++)
        assert_string_equal(nn_trainer_result_name(trainer, i), names[i]);
    assert_null(nn_trainer_result_name(trainer, 7));
    assert_null(nn_trainer_result_name(trainer, -1));
    assert_ok(nn_trainer_evaluate(trainer, samples, results, 8));
    assert_true(fabs(results[0] - (results[1] + 0.25 * results[2])) < 1e-12);
    assert_true(results[4] >= 0 && results[4] <= results[5] && results[5] <= 1);
    assert_float_equal(results[7], 0, 0);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void both_outputs_are_learned(void **state)
{
    (void)state;
    nn_model *model = two_by_two();
    nn_dataset *samples = make_samples();
    nn_trainer *trainer = two_losses(model, NULL, 0.02);
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_add_metric(trainer, NN_R2, 1));
    assert_ok(nn_trainer_fit(trainer, samples, samples, 40));
    assert_true(history_at(trainer, "val_accuracy_0", 39) > 0.95);
    assert_true(history_at(trainer, "val_r2_1", 39) > 0.9);
    double j = history_at(trainer, "val_loss", 39);
    double parts =
        history_at(trainer, "val_loss_0", 39) + history_at(trainer, "val_loss_1", 39);
    assert_true(fabs(j - parts) < 1e-12);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

/* The number of parameters that two trainings end with alike: weights given in advance. */
static uint64_t trained_hash(const double *weights, const char *parameter)
{
    nn_model *model = two_by_two();
    nn_dataset *samples = make_samples();
    nn_trainer *trainer = two_losses(model, weights, 0.02);
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 3));
    uint64_t hash = tensor_hash(nn_model_parameter_named(model, parameter));
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
    return hash;
}

static void weights_of_one_are_the_default(void **state)
{
    (void)state;
    assert_int_equal(trained_hash(NULL, "dense_1.weight"),
                     trained_hash((double[]){1, 1}, "dense_1.weight"));
    assert_true(trained_hash(NULL, "dense_1.weight") !=
                trained_hash((double[]){1, 2}, "dense_1.weight"));
}

static void an_output_of_weight_zero_is_not_learned(void **state)
{
    (void)state;
    nn_model *model = two_by_two();
    uint64_t untrained = tensor_hash(nn_model_parameter_named(model, "dense_3.weight"));
    nn_model_destroy(model);
    assert_int_equal(trained_hash((double[]){1, 0}, "dense_3.weight"), untrained);
    assert_true(trained_hash((double[]){0, 1}, "dense_3.weight") != untrained);
}

static void gradients_are_the_weighted_sums(void **state)
{
    (void)state;
    nn_tensor *tensors[4], *gradient[3];
    double weights[3][2] = {{1, 0}, {0, 1}, {0.5, 2}}, loss[3];
    nn_model *model = two_by_two();
    make_tensors(tensors);
    for (int i = 0; i < 3; i++) {
        nn_trainer *trainer = two_losses(model, weights[i], 0);
        assert_ok(nn_trainer_forward(trainer, (const nn_tensor *const *)tensors, 2));
        assert_ok(nn_trainer_backward(trainer, (const nn_tensor *const *)tensors + 2, 2,
                                      NULL, &loss[i]));
        gradient[i] = nn_tensor_clone(nn_trainer_gradient(trainer, 0));
        nn_trainer_destroy(trainer);
    }
    assert_true(fabs(loss[2] - (0.5 * loss[0] + 2 * loss[1])) < 1e-9);
    for (int64_t k = 0; k < nn_tensor_count(gradient[0]); k++) {
        double expected = 0.5 * (double)nn_tensor_floats(gradient[0])[k] +
                          2 * (double)nn_tensor_floats(gradient[1])[k];
        assert_true(fabs((double)nn_tensor_floats(gradient[2])[k] - expected) < 1e-6);
    }
    for (int i = 0; i < 3; i++)
        nn_tensor_destroy(gradient[i]);
    destroy_tensors(tensors);
    nn_model_destroy(model);
}

static void predictions_are_asked_for_by_output(void **state)
{
    (void)state;
    nn_tensor *tensors[4];
    nn_model *model = two_by_two();
    nn_dataset *samples = make_samples();
    nn_trainer *trainer = two_losses(model, NULL, 0.02);
    nn_tensor *classes = nn_trainer_predict(trainer, samples, 0);
    nn_tensor *numbers = nn_trainer_predict(trainer, samples, 1);
    assert_int_equal(nn_tensor_dim(classes, 1), CLASSES);
    assert_int_equal(nn_tensor_dim(numbers, 1), 1);
    make_tensors(tensors);
    nn_tensor *outputs[] = {nn_tensor_clone(classes), nn_tensor_clone(numbers)};
    nn_tensor_fill(outputs[0], 0);
    nn_tensor_fill(outputs[1], 0);
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)tensors, 2, outputs, 2));
    assert_int_equal(tensor_hash(outputs[0]), tensor_hash(classes));
    assert_int_equal(tensor_hash(outputs[1]), tensor_hash(numbers));
    nn_tensor_destroy(outputs[0]);
    nn_tensor_destroy(outputs[1]);
    nn_tensor_destroy(classes);
    nn_tensor_destroy(numbers);
    destroy_tensors(tensors);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void a_loss_without_targets_takes_none_of_the_others(void **state)
{
    (void)state;
    /* Output 0 is its own loss: the targets go to output 1. */
    int64_t shape[] = {1};
    nn_model *model = nn_model_create(NULL);
    nn_node x = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_model_output(model, nn_model_apply(model, nn_activation(NULL, NN_SOFTPLUS), x));
    nn_model_output(model, nn_model_apply(model, nn_dense(NULL, 1, NN_LINEAR), x));
    nn_loss *losses[] = {nn_output_as_loss(NULL), nn_mean_squared_error(NULL)};
    nn_trainer *trainer =
        nn_trainer_create_many(model, losses, NULL, 2, nn_adam(NULL, 0.1));
    assert_non_null(trainer);
    nn_dataset *samples = numbered_samples(NULL, 4);
    assert_ok(nn_trainer_set_batch_size(trainer, 2));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 300));
    assert_true(history_at(trainer, "loss_1", 299) < 1e-3);
    assert_true(fabs(history_at(trainer, "loss_0", 299) -
                     history_at(trainer, "loss_0", 0)) < 1e-6);
    assert_int_equal(nn_trainer_add_metric(trainer, NN_ACCURACY, 0), NN_ERROR_STATE);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void a_metric_of_an_output_without_targets_says_so(void **state)
{
    (void)state;
    double results[2];
    nn_model *model = one_layer(NULL, 1, 1);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_output_as_loss(NULL), nn_adam(NULL, 0.1));
    nn_tensor *x = tensor_of_rows(2, 1, (double[]){1, 2});
    nn_dataset *samples = nn_dataset_create(NULL);
    assert_ok(nn_dataset_add_input(samples, x));
    assert_ok(nn_trainer_add_metric(trainer, NN_R2, 0));
    assert_int_equal(nn_trainer_evaluate(trainer, samples, results, 2), NN_ERROR_SHAPE);
    assert_failure(NN_ERROR_SHAPE, "r2: output 0 has no target to compare with");
    nn_tensor_destroy(x);
    nn_dataset_destroy(samples);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void the_loss_that_explodes_is_named_by_its_output(void **state)
{
    (void)state;
    nn_tensor *tensors[4];
    nn_model *model = two_by_two();
    nn_trainer *trainer = two_losses(model, NULL, 0.02);
    make_tensors(tensors);
    nn_tensor_floats(tensors[3])[7] = 1e30f;
    assert_int_equal(nn_trainer_step(trainer, (const nn_tensor *const *)tensors, 2,
                                     (const nn_tensor *const *)tensors + 2, 2, NULL,
                                     NULL),
                     NN_ERROR_LOSS);
    assert_failure(NN_ERROR_LOSS, "the loss of output 1 ('dense_3') is inf");
    destroy_tensors(tensors);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void more_ports_than_a_data_set_has_are_refused(void **state)
{
    (void)state;
    nn_loss *losses[17];
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 1));
    for (int i = 0; i < 17; i++) {
        nn_model_output(model, nn_model_apply(model, nn_dense(NULL, 1, NN_LINEAR), 0));
        losses[i] = nn_mean_squared_error(NULL);
    }
    assert_null(nn_trainer_create_many(model, losses, NULL, 17, NULL));
    assert_failure(NN_ERROR_SIZE,
                   "1 inputs and 17 outputs, a trainer takes at most 16 each");
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_come_in_order_and_are_named_by_output),
        cmocka_unit_test(both_outputs_are_learned),
        cmocka_unit_test(weights_of_one_are_the_default),
        cmocka_unit_test(an_output_of_weight_zero_is_not_learned),
        cmocka_unit_test(gradients_are_the_weighted_sums),
        cmocka_unit_test(predictions_are_asked_for_by_output),
        cmocka_unit_test(a_loss_without_targets_takes_none_of_the_others),
        cmocka_unit_test(a_metric_of_an_output_without_targets_says_so),
        cmocka_unit_test(the_loss_that_explodes_is_named_by_its_output),
        cmocka_unit_test(more_ports_than_a_data_set_has_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
