/* Every allocation of creating, building, training, evaluating and running is made to fail
 * in turn: each time there is an error, nothing leaks, and the last attempt succeeds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"

enum { SAMPLES = 24 };

/* Samples of four classes; NULL where memory ran out. */
static nn_dataset *try_samples(nn_context *context)
{
    int64_t input_shape[] = {SAMPLES, 6}, label_shape[] = {SAMPLES};
    nn_tensor *inputs = nn_tensor_create(context, NN_FLOAT32, input_shape, 2);
    nn_tensor *labels = nn_tensor_create(context, NN_INT32, label_shape, 1);
    nn_dataset *samples = nn_dataset_create(context);
    if (inputs != NULL && labels != NULL && samples != NULL) {
        assert_ok(nn_tensor_random_normal(inputs, 0, 1, 1));
        for (int32_t i = 0; i < SAMPLES; i++)
            ((int32_t *)nn_tensor_data(labels))[i] = i % 4;
    }
    int made = inputs != NULL && labels != NULL && samples != NULL &&
               nn_dataset_add_input(samples, inputs) == NN_OK &&
               nn_dataset_add_target(samples, labels) == NN_OK;
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    if (!made)
        nn_dataset_destroy(samples);
    return made ? samples : NULL;
}

/* A graph with everything that allocates: shared layers, a skip, several kinds. */
static nn_model *try_model(nn_context *context)
{
    int64_t shape[] = {6};
    nn_model *model = nn_model_create(context);
    nn_layer *shared = nn_dense(context, 6, NN_GELU);
    nn_node x = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_node once = nn_model_apply(model, shared, x);
    /* Without memory for it the layer belongs to nobody, and cannot be applied again. */
    nn_node twice = nn_model_apply(model, model == NULL ? NULL : shared, once);
    nn_node sum = nn_model_apply_many(model, nn_add(context), (nn_node[]){x, twice}, 2);
    nn_node thin = nn_model_apply(model, nn_dropout(context, 0.5), sum);
    nn_model_output(model, nn_model_apply(model, nn_dense(context, 4, NN_LINEAR), thin));
    return model;
}

static nn_trainer *try_trainer(nn_context *context, nn_model *model)
{
    nn_loss *loss = nn_softmax_cross_entropy(context);
    return nn_trainer_create(model, loss, nn_adam(context, 0.01));
}

/* Creating up to training, with all options that take memory. */
static int attempt_fit(nn_context *context, void *data)
{
    double results[2];
    nn_dataset *samples = try_samples(context);
    nn_model *model = try_model(context);
    nn_trainer *trainer = try_trainer(context, model);
    (void)data;
    int done = samples != NULL && trainer != NULL &&
               nn_trainer_set_batch_size(trainer, 10) == NN_OK &&
               nn_trainer_set_micro_batch(trainer, 4) == NN_OK &&
               nn_trainer_add_metric(trainer, NN_F1, 0) == NN_OK &&
               nn_trainer_add_top_k(trainer, 2, 0) == NN_OK &&
               nn_trainer_set_validation_split(trainer, 0.25) == NN_OK &&
               nn_trainer_set_early_stopping(trainer, 2, 0, 1) == NN_OK &&
               nn_trainer_fit(trainer, samples, NULL, 2) == NN_OK &&
               nn_trainer_evaluate(trainer, samples, results, 2) == NN_OK;
    if (!done)
        assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    return done;
}

static void fit_survives_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(attempt_fit, NULL) > 100);
}

/* By hand, with node values, gradients, sweep, check and confusion. */
static int attempt_by_hand(nn_context *context, void *data)
{
    int64_t shape[] = {SAMPLES, 6}, classes[] = {4, 4};
    int32_t done_steps;
    double rates[4], losses[4];
    (void)data;
    nn_dataset *samples = try_samples(context);
    nn_model *model = try_model(context);
    nn_trainer *trainer = try_trainer(context, model);
    nn_tensor *inputs = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    nn_tensor *labels = nn_tensor_create(context, NN_INT32, shape, 1);
    nn_tensor *counts = nn_tensor_create(context, NN_INT64, classes, 2);
    nn_tensor *value = NULL, *gradient = NULL, *predicted = NULL;
    int done =
        samples != NULL && trainer != NULL && inputs != NULL && labels != NULL &&
        counts != NULL && nn_trainer_set_keep_nodes(trainer, 1) == NN_OK &&
        nn_trainer_forward(trainer, (const nn_tensor *const *)&inputs, 1) == NN_OK &&
        nn_trainer_backward(trainer, (const nn_tensor *const *)&labels, 1, NULL, NULL) ==
            NN_OK &&
        nn_trainer_update(trainer) == NN_OK &&
        (value = nn_trainer_node_value(trainer, 1)) != NULL &&
        (gradient = nn_trainer_node_gradient(trainer, 1)) != NULL &&
        nn_trainer_rate_sweep(trainer, samples, 1e-4, 1e-2, 4, rates, losses,
                              &done_steps) == NN_OK &&
        (predicted = nn_trainer_predict(trainer, samples, 0)) != NULL &&
        nn_trainer_confusion(trainer, samples, 0, counts) == NN_OK;
    if (!done)
        assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    nn_tensor_destroy(value);
    nn_tensor_destroy(gradient);
    nn_tensor_destroy(predicted);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    nn_tensor_destroy(counts);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    return done;
}

static void steps_by_hand_survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(attempt_by_hand, NULL) > 50);
}

/* Clones, sessions, texts. */
static int attempt_run(nn_context *context, void *data)
{
    float x[6] = {0}, y[4];
    const void *inputs[] = {x};
    void *outputs[] = {y};
    size_t length;
    (void)data;
    nn_model *model = try_model(context);
    nn_model *copy = nn_model_clone(model);
    nn_session *session = copy == NULL ? NULL : nn_session_create(copy, 0);
    int done = session != NULL && nn_session_run(session, inputs, 1, outputs) == NN_OK &&
               nn_model_summary(model, NULL, 0, &length) == NN_OK &&
               nn_model_dot(model, NULL, 0, &length) == NN_OK;
    if (!done)
        assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    nn_session_destroy(session);
    nn_model_destroy(copy);
    nn_model_destroy(model);
    return done;
}

static void cloning_and_running_survive_every_failed_allocation(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(attempt_run, NULL) > 50);
}

/* A step that fails for want of memory can be repeated once there is some. */
static void a_failed_build_can_be_repeated(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_memory_limit(context, 40000));
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 100));
    assert_ok(nn_model_add(model, nn_dense(context, 200, NN_RELU)));
    assert_int_equal(nn_model_build(model), NN_ERROR_MEMORY_LIMIT);
    assert_ok(nn_model_status(model));
    assert_int_equal(nn_model_parameter_count(model), 0);
    assert_int_equal(nn_model_build(model), NN_ERROR_MEMORY_LIMIT);
    nn_model_destroy(model);
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_survives_every_failed_allocation),
        cmocka_unit_test(steps_by_hand_survive_every_failed_allocation),
        cmocka_unit_test(cloning_and_running_survive_every_failed_allocation),
        cmocka_unit_test(a_failed_build_can_be_repeated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
