/* Early stopping of a run: how long it waits, what it looks at, and which parameters are
 * there in the end. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

/* What an epoch hook notes of every epoch. */
struct noted {
    int64_t epochs;
    uint64_t hash[64];
    const nn_model *model;
};

static int32_t note_epoch(void *user, nn_trainer *trainer)
{
    struct noted *noted = user;
    (void)trainer;
    noted->hash[noted->epochs++] = parameter_hash(noted->model);
    return 0;
}

/* Labels that mean nothing: learning them by heart makes the others worse. */
static nn_dataset *noise(uint64_t seed)
{
    nn_tensor *inputs, *labels;
    class_tensors(NULL, 24, seed, &inputs, &labels);
    assert_ok(nn_tensor_random_normal(inputs, 0, 1, seed));
    return dataset_with(NULL, inputs, labels);
}

static int64_t best_epoch(const nn_trainer *trainer)
{
    int64_t best = 0;
    for (int64_t i = 1; i < history_epochs(trainer); i++)
        if (history_at(trainer, "val_loss", i) < history_at(trainer, "val_loss", best))
            best = i;
    return best;
}

static void early_stopping_waits_and_puts_the_best_back(void **state)
{
    (void)state;
    for (int32_t restore = 0; restore < 2; restore++) {
        struct noted noted = {0};
        nn_model *model = stack_network(NULL);
        nn_dataset *training = noise(1), *validation = noise(2);
        nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.003));
        noted.model = model;
        assert_ok(nn_trainer_set_early_stopping(trainer, 4, 0, restore));
        assert_ok(nn_trainer_set_epoch_hook(trainer, note_epoch, &noted));
        assert_ok(nn_trainer_fit(trainer, training, validation, 60));
        int64_t best = best_epoch(trainer);
        assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EARLY);
        assert_int_equal(nn_trainer_epoch(trainer), best + 1 + 4);
        assert_int_equal(parameter_hash(model),
                         noted.hash[restore ? best : noted.epochs - 1]);
        assert_true(noted.hash[best] != noted.hash[noted.epochs - 1]);
        nn_trainer_destroy(trainer);
        nn_dataset_destroy(training);
        nn_dataset_destroy(validation);
        nn_model_destroy(model);
    }
}

static void the_best_is_put_back_when_the_epochs_are_over(void **state)
{
    (void)state;
    struct noted noted = {0};
    nn_model *model = stack_network(NULL);
    nn_dataset *training = noise(1), *validation = noise(2);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.003));
    noted.model = model;
    assert_ok(nn_trainer_set_early_stopping(trainer, 1000, 0, 1));
    assert_ok(nn_trainer_set_epoch_hook(trainer, note_epoch, &noted));
    assert_ok(nn_trainer_fit(trainer, training, validation, 40));
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EPOCHS);
    assert_true(best_epoch(trainer) < 39);
    assert_int_equal(parameter_hash(model), noted.hash[best_epoch(trainer)]);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(training);
    nn_dataset_destroy(validation);
    nn_model_destroy(model);
}

static void improvements_below_the_delta_do_not_count(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 100, 3);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_set_early_stopping(trainer, 3, 1e9, 0));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 20));
    assert_int_equal(nn_trainer_epoch(trainer), 4); /* the first, and three in vain */
    /* Another run waits anew. */
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 20));
    assert_int_equal(nn_trainer_epoch(trainer), 8);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void the_monitor_has_a_name_and_a_direction(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 100, 3);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_set_early_stopping(trainer, 2, 0, 0));
    /* A rate that never changes is no improvement, whichever direction is good. */
    assert_ok(nn_trainer_set_monitor(trainer, "rate", NN_MAXIMIZE));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 20));
    assert_int_equal(nn_trainer_epoch(trainer), 3);
    /* A falling loss is an improvement only where small is good. */
    assert_ok(nn_trainer_set_monitor(trainer, "loss", NN_MAXIMIZE));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 6));
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EARLY);
    assert_ok(nn_trainer_set_monitor(trainer, "val_accuracy", NN_MAXIMIZE));
    assert_ok(nn_trainer_fit(trainer, samples, samples, 50));
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EARLY);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void a_monitor_that_is_not_there_is_an_error_when_fit_starts(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 20, 3);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_set_monitor(trainer, "val_f1", NN_MAXIMIZE));
    assert_int_equal(nn_trainer_fit(trainer, samples, samples, 1), NN_ERROR_NAME);
    assert_failure(NN_ERROR_NAME, "nn_trainer_fit: there is no 'val_f1' in the history; "
                                  "there are loss, val_loss, rate");
    /* Training has not begun: what is missing can still be added. */
    assert_ok(nn_trainer_add_metric(trainer, NN_F1, 0));
    assert_ok(nn_trainer_fit(trainer, samples, samples, 1));
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void monitoring_a_validation_that_is_not_there_is_refused(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 20, 3);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_set_monitor(trainer, "val_loss", NN_MINIMIZE));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1)); /* nobody looks */
    assert_ok(nn_trainer_set_early_stopping(trainer, 2, 0, 0));
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 1), NN_ERROR_EMPTY);
    assert_failure(NN_ERROR_EMPTY,
                   "'val_loss' is monitored, but there are no validation");
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(early_stopping_waits_and_puts_the_best_back),
        cmocka_unit_test(the_best_is_put_back_when_the_epochs_are_over),
        cmocka_unit_test(improvements_below_the_delta_do_not_count),
        cmocka_unit_test(the_monitor_has_a_name_and_a_direction),
        cmocka_unit_test(a_monitor_that_is_not_there_is_an_error_when_fit_starts),
        cmocka_unit_test(monitoring_a_validation_that_is_not_there_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
