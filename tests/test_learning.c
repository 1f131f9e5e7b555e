/* Learning as a whole, on problems whose answer is known. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>

static void four_hidden_units_learn_exclusive_or(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    nn_model_add(model, nn_dense(NULL, 4, NN_TANH));
    nn_model_add(model, nn_dense(NULL, 1, NN_LINEAR));
    nn_trainer *trainer =
        nn_trainer_create(model, nn_sigmoid_cross_entropy(NULL), nn_adam(NULL, 0.1));
    nn_tensor *x = tensor_of_rows(4, 2, (double[]){0, 0, 0, 1, 1, 0, 1, 1});
    nn_tensor *y = tensor_of_rows(4, 1, (double[]){0, 1, 1, 0});
    double loss = 0;
    for (int step = 0; step < 200; step++)
        loss = step_on(trainer, x, y);
    assert_true(loss < 0.01);
    nn_tensor *z = nn_tensor_clone(y);
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &z, 1));
    for (int i = 0; i < 4; i++)
        assert_int_equal(nn_tensor_floats(z)[i] > 0, nn_tensor_floats(y)[i] > 0);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_tensor_destroy(z);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void linear_regression_finds_the_coefficients(void **state)
{
    (void)state;
    enum { N = 200, D = 3 };
    const float truth[D] = {1.5f, -2.0f, 0.25f}, intercept = 4.0f;
    int64_t shape[] = {N, D}, column[] = {N, 1};
    nn_tensor *x = nn_tensor_create(NULL, NN_FLOAT32, shape, 2);
    nn_tensor *y = nn_tensor_create(NULL, NN_FLOAT32, column, 2);
    assert_ok(nn_tensor_random_normal(x, 0, 1, 1));
    for (int i = 0; i < N; i++) {
        nn_tensor_floats(y)[i] = intercept;
        for (int d = 0; d < D; d++)
            nn_tensor_floats(y)[i] += truth[d] * nn_tensor_floats(x)[i * D + d];
    }
    nn_model *model = one_layer(NULL, D, 1);
    nn_dataset *samples = dataset_with(NULL, x, y);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    assert_ok(nn_trainer_add_metric(trainer, NN_R2, 0));
    assert_ok(nn_trainer_fit(trainer, samples, samples, 60));
    for (int d = 0; d < D; d++)
        assert_float_equal(nn_tensor_floats(nn_model_parameter(model, 0))[d], truth[d],
                           1e-4);
    assert_float_equal(nn_tensor_floats(nn_model_parameter(model, 1))[0], intercept,
                       1e-4);
    assert_true(history_at(trainer, "val_r2", 59) > 0.9999);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

/* Points of the plane, inside a ring or on it: 0 or 1. */
static nn_dataset *rings(int64_t count, uint64_t seed)
{
    int64_t shape[] = {count, 2}, labels_shape[] = {count};
    nn_tensor *x = nn_tensor_create(NULL, NN_FLOAT32, shape, 2);
    nn_tensor *labels = nn_tensor_create(NULL, NN_INT32, labels_shape, 1);
    assert_ok(nn_tensor_random_normal(x, 0, 1, seed));
    for (int64_t i = 0; i < count; i++) {
        float *point = nn_tensor_floats(x) + 2 * i;
        int32_t outside = (int32_t)(i % 2);
        double norm = sqrt((double)(point[0] * point[0] + point[1] * point[1])) + 1e-3;
        double radius = outside ? 2 : 0.5;
        point[0] *= (float)(radius / norm);
        point[1] *= (float)(radius / norm);
        ((int32_t *)nn_tensor_data(labels))[i] = outside;
    }
    return dataset_with(NULL, x, labels);
}

static void a_small_network_tells_rings_apart(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    nn_model_add(model, nn_dense(NULL, 16, NN_RELU));
    nn_model_add(model, nn_dense(NULL, 2, NN_LINEAR));
    nn_dataset *training = rings(200, 1), *test = rings(100, 2);
    nn_trainer *trainer = class_trainer(model, nn_rmsprop(NULL, 0.01));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_fit(trainer, training, test, 40));
    assert_float_equal(history_at(trainer, "val_accuracy", 39), 1, 0);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(training);
    nn_dataset_destroy(test);
    nn_model_destroy(model);
}

static void a_line_cannot_tell_rings_apart(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 2, 2);
    nn_dataset *training = rings(200, 1);
    nn_trainer *trainer = class_trainer(model, nn_rmsprop(NULL, 0.01));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_fit(trainer, training, NULL, 40));
    assert_true(history_at(trainer, "accuracy", 39) < 0.75);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(training);
    nn_model_destroy(model);
}

static void every_optimizer_makes_the_loss_small(void **state)
{
    (void)state;
    const char *kinds[] = {"sgd",      "momentum", "nesterov", "adagrad",
                           "adadelta", "rmsprop",  "adam",     "adamw"};
    double rates[] = {0.1, 0.02, 0.02, 0.1, 5, 0.01, 0.02, 0.02};
    nn_dataset *samples = class_samples(NULL, 200, 1),
               *others = class_samples(NULL, 100, 2);
    for (int i = 0; i < 8; i++) {
        nn_model *model = stack_network(NULL);
        nn_optimizer *optimizer = nn_optimizer_create(NULL, kinds[i]);
        assert_ok(nn_optimizer_set_rate(optimizer, rates[i]));
        nn_trainer *trainer = class_trainer(model, optimizer);
        assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
        assert_ok(nn_trainer_fit(trainer, samples, others, 30));
        if (!(history_at(trainer, "val_loss", 29) <
              0.5 * history_at(trainer, "val_loss", 0)))
            fail_msg("%s: from %g to %g", kinds[i], history_at(trainer, "val_loss", 0),
                     history_at(trainer, "val_loss", 29));
        assert_true(history_at(trainer, "val_accuracy", 29) > 0.9);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    nn_dataset_destroy(samples);
    nn_dataset_destroy(others);
}

static void a_graph_learns_as_a_stack_does(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL);
    nn_dataset *samples = class_samples(NULL, 200, 1),
               *others = class_samples(NULL, 100, 2);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_fit(trainer, samples, others, 30));
    assert_true(history_at(trainer, "val_accuracy", 29) > 0.85);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_dataset_destroy(others);
    nn_model_destroy(model);
}

static void all_helpers_together_run_and_keep_the_best(void **state)
{
    (void)state;
    double results[2];
    nn_model *model = stack_network(NULL); /* with dropout */
    nn_dataset *samples = class_samples(NULL, 300, 1);
    nn_optimizer *optimizer = nn_adamw(NULL, 0.02);
    nn_trainer *trainer = class_trainer(model, optimizer);
    assert_ok(nn_optimizer_set(optimizer, "clip_norm", 1));
    assert_ok(nn_trainer_add_metric(trainer, NN_F1, 0));
    assert_ok(nn_trainer_set_batch_size(trainer, 16));
    assert_ok(nn_trainer_set_validation_split(trainer, 0.2));
    assert_ok(nn_trainer_set_warmup(trainer, 20));
    assert_ok(nn_trainer_set_rate_plateau(trainer, 0.5, 2, 1e-4));
    assert_ok(nn_trainer_set_monitor(trainer, "val_f1", NN_MAXIMIZE));
    assert_ok(nn_trainer_set_early_stopping(trainer, 5, 0, 1));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 100));
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EARLY);
    double best = 0;
    for (int64_t i = 0; i < history_epochs(trainer); i++)
        best = fmax(best, history_at(trainer, "val_f1", i));
    nn_dataset *kept = nn_dataset_subset(samples, 240, 60);
    assert_ok(nn_trainer_evaluate(trainer, kept, results, 2));
    assert_true(results[1] == best);
    assert_true(best > 0.9);
    nn_dataset_destroy(kept);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_hidden_units_learn_exclusive_or),
        cmocka_unit_test(linear_regression_finds_the_coefficients),
        cmocka_unit_test(a_small_network_tells_rings_apart),
        cmocka_unit_test(a_line_cannot_tell_rings_apart),
        cmocka_unit_test(every_optimizer_makes_the_loss_small),
        cmocka_unit_test(a_graph_learns_as_a_stack_does),
        cmocka_unit_test(all_helpers_together_run_and_keep_the_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
