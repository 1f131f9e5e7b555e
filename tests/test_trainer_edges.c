/* Odd uses that must not end badly: views that outlive their model, batches without weight,
 * hooks that write NaN, requests that come early, shared layers that change their mind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/networks.h"

#include <math.h>
#include <string.h>

static void views_of_parameters_and_gradients_outlive_model_and_trainer(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    nn_tensor *rows = nn_tensor_slice(nn_model_parameter(model, 0), 1, 2);
    nn_tensor *gradient = nn_tensor_slice(nn_trainer_gradient(trainer, 0), 0, 3);
    float first = nn_tensor_floats(rows)[0];
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    assert_true(nn_tensor_floats(rows)[0] == first);
    assert_true(nn_tensor_floats(gradient)[0] == 0);
    nn_tensor_destroy(rows);
    nn_tensor_destroy(gradient);
}

/* Samples of which only the first `weighing` weigh anything. */
static nn_dataset *weighted_samples(int64_t count, int64_t weighing)
{
    nn_dataset *samples = class_samples(NULL, count, 4);
    nn_tensor *weights = nn_tensor_create(NULL, NN_FLOAT32, &count, 1);
    for (int64_t i = 0; i < weighing; i++)
        nn_tensor_floats(weights)[i] = 1;
    assert_ok(nn_dataset_set_weights(samples, weights));
    nn_tensor_destroy(weights);
    return samples;
}

static void mini_batches_without_weight_are_passed_over(void **state)
{
    (void)state;
    nn_dataset *samples = weighted_samples(64, 2);
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_set_batch_size(trainer, 8));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 3));
    assert_true(nn_trainer_step_count(trainer) >= 3);
    assert_true(nn_trainer_step_count(trainer) <= 6);
    const double *losses;
    int64_t epochs;
    assert_ok(nn_trainer_history(trainer, "loss", &losses, &epochs));
    assert_int_equal(epochs, 3);
    assert_true(isfinite(losses[0]));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
}

static void samples_without_any_weight_are_an_error(void **state)
{
    (void)state;
    nn_dataset *samples = weighted_samples(64, 0);
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_adam(NULL, 0.01));
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 3), NN_ERROR_EMPTY);
    assert_non_null(strstr(nn_last_error(), "weights of all samples are 0"));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
}

static void outputs_that_no_target_fits_are_predicted(void **state)
{
    (void)state;
    const int64_t input_shape[] = {5, 3}, target_shape[] = {5};
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 3));
    nn_model_add(model, nn_sum(NULL, NN_ALL));
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    nn_dataset *samples = nn_dataset_create(NULL);
    nn_tensor *x = nn_tensor_create(NULL, NN_FLOAT32, input_shape, 2);
    nn_tensor *y = nn_tensor_create(NULL, NN_FLOAT32, target_shape, 1);
    assert_ok(nn_tensor_fill(x, 2));
    assert_ok(nn_dataset_add_input(samples, x));
    assert_ok(nn_dataset_add_target(samples, y));
    nn_tensor *predicted = nn_trainer_predict(trainer, samples, 0);
    assert_non_null(predicted);
    assert_int_equal(nn_tensor_rank(predicted), 1);
    assert_true(nn_tensor_floats(predicted)[4] == 6);
    assert_int_not_equal(nn_trainer_fit(trainer, samples, NULL, 1), NN_OK);
    nn_tensor_destroy(predicted);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_dataset_destroy(samples);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static int32_t write_nan(void *user, nn_trainer *trainer)
{
    (void)user;
    nn_tensor_floats(nn_trainer_gradient(trainer, 0))[5] = NAN;
    return 0;
}

static void gradients_that_a_hook_spoils_do_not_reach_the_parameters(void **state)
{
    (void)state;
    nn_dataset *samples = class_samples(NULL, 64, 4);
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    uint64_t before = parameter_hash(model);
    assert_ok(nn_trainer_set_gradient_hook(trainer, write_nan, NULL));
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 1), NN_ERROR_GRADIENT);
    assert_non_null(strstr(nn_last_error(), "dense_1.weight is nan at element 5"));
    assert_int_equal(parameter_hash(model), before);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
}

static void gradients_spoiled_by_hand_do_not_reach_the_parameters(void **state)
{
    (void)state;
    nn_tensor *inputs, *labels;
    class_tensors(NULL, 16, 4, &inputs, &labels);
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    uint64_t before = parameter_hash(model);
    assert_ok(nn_trainer_forward(trainer, (const nn_tensor *const *)&inputs, 1));
    assert_ok(
        nn_trainer_backward(trainer, (const nn_tensor *const *)&labels, 1, NULL, NULL));
    write_nan(NULL, trainer);
    assert_int_equal(nn_trainer_update(trainer), NN_ERROR_GRADIENT);
    assert_int_equal(parameter_hash(model), before);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
}

static void a_stop_requested_before_a_run_ends_it_before_its_first_step(void **state)
{
    (void)state;
    nn_dataset *samples = class_samples(NULL, 64, 4);
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    nn_trainer_request_stop(trainer);
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 5));
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_REQUESTED);
    assert_int_equal(nn_trainer_step_count(trainer), 0);
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EPOCHS);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
}

/* A layer that asks for one parameter more at each application. */
static int32_t infer_more(void *user, nn_call *call)
{
    int *applied = user;
    nn_call_set_output(call, nn_call_input_shape(call, 0, NULL), 1);
    for (int i = 0; i <= *applied; i++)
        nn_call_add_parameter(call, i == 0 ? "a" : "b", NULL, 0, 1, 1, NN_INIT_CONSTANT,
                              1);
    ++*applied;
    return 0;
}

static int32_t do_nothing(void *user, nn_call *call)
{
    (void)user;
    (void)call;
    return 0;
}

static void a_shared_layer_keeps_its_number_of_parameters(void **state)
{
    (void)state;
    int applied = 0;
    nn_custom_layer custom = {sizeof custom, "more", infer_more, do_nothing,
                              NULL,          NULL,   &applied};
    nn_model *model = nn_model_create(NULL);
    nn_layer *layer = nn_custom(NULL, &custom);
    nn_model_add(model, nn_input(NULL, 3));
    assert_ok(nn_model_add(model, layer));
    assert_int_equal(nn_model_add(model, layer), NN_ERROR_SHAPE);
    assert_non_null(strstr(nn_last_error(), "1 parameters at node 1 and 2 here"));
    nn_model_destroy(model);
}

static void rates_beyond_all_numbers_are_refused(void **state)
{
    (void)state;
    nn_dataset *samples = class_samples(NULL, 64, 4);
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 1e-9));
    double rates[3], losses[3];
    int32_t done;
    assert_int_equal(
        nn_trainer_rate_sweep(trainer, samples, 1e-300, 1e300, 3, rates, losses, &done),
        NN_ERROR_ARGUMENT);
    assert_ok(nn_trainer_set_rate_exponential(trainer, 1e300));
    assert_ok(nn_trainer_set_checks(trainer, 0, 0));
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 3), NN_ERROR_ARGUMENT);
    assert_non_null(strstr(nn_last_error(), "rate schedule"));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_of_parameters_and_gradients_outlive_model_and_trainer),
        cmocka_unit_test(mini_batches_without_weight_are_passed_over),
        cmocka_unit_test(outputs_that_no_target_fits_are_predicted),
        cmocka_unit_test(samples_without_any_weight_are_an_error),
        cmocka_unit_test(gradients_that_a_hook_spoils_do_not_reach_the_parameters),
        cmocka_unit_test(gradients_spoiled_by_hand_do_not_reach_the_parameters),
        cmocka_unit_test(a_stop_requested_before_a_run_ends_it_before_its_first_step),
        cmocka_unit_test(a_shared_layer_keeps_its_number_of_parameters),
        cmocka_unit_test(rates_beyond_all_numbers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
