/* What a trainer resumes from it saves again, to the byte, whatever its state; and counts
 * on where it was. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/job.h"
#include "support/training.h"

static void assert_saves_the_same(const struct job *job)
{
    struct job again;
    struct stream first = {.portion = SIZE_MAX};
    struct stream second = {.portion = SIZE_MAX};
    assert_ok(nn_trainer_save_to(job->trainer, stream_write, &first));
    job_begin(&again, "adam");
    assert_ok(nn_trainer_resume_from(again.trainer, stream_read, &first));
    assert_ok(nn_trainer_save_to(again.trainer, stream_write, &second));
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.bytes, second.bytes, first.size);
    stream_release(&first);
    stream_release(&second);
    job_end(&again);
}

static void begin_and_stop_after(struct job *job, int64_t step)
{
    job_begin(job, "adam");
    job->stop_after = step;
}

static const int64_t steps[] = {1, 3, 7, JOB_STEPS};

static void before_in_and_after_a_run(void **state)
{
    (void)state;
    struct job job;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        begin_and_stop_after(&job, steps[i]);
        assert_saves_the_same(&job);
        job_fit(&job);
        assert_saves_the_same(&job);
        job_end(&job);
    }
}

static void with_best_parameters_that_are_no_longer_asked_for(void **state)
{
    (void)state;
    struct job job;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        begin_and_stop_after(&job, steps[i]);
        job_fit(&job);
        assert_ok(nn_trainer_set_early_stopping(job.trainer, 3, 0, 0));
        assert_saves_the_same(&job);
        job_end(&job);
    }
}

static void without_best_parameters_that_are_asked_for_late(void **state)
{
    (void)state;
    struct job job;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        begin_and_stop_after(&job, steps[i]);
        assert_ok(nn_trainer_set_early_stopping(job.trainer, 3, 0, 0));
        job_fit(&job);
        assert_ok(nn_trainer_set_early_stopping(job.trainer, 3, 0, 1));
        assert_saves_the_same(&job);
        job_end(&job);
    }
}

/* ---- the counters of a metric in the middle of an epoch ---- */

enum { REGRESSION_EPOCHS = 2, REGRESSION_STEPS = 10 };

/* After which step a run is saved and stopped. */
struct stop {
    int64_t step;
    struct stream file;
};

static int32_t saves_and_stops(void *user, nn_trainer *trainer)
{
    struct stop *stop = user;
    if (nn_trainer_step_count(trainer) != stop->step)
        return 0;
    assert_ok(nn_trainer_save_to(trainer, stream_write, &stop->file));
    return 1;
}

/* R2 of 20 numbered samples, in steps of 4. */
static nn_trainer *regression(nn_model *model, struct stop *stop)
{
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 1e-3));
    assert_ok(nn_trainer_add_metric(trainer, NN_R2, 0));
    assert_ok(nn_trainer_set_batch_size(trainer, 4));
    assert_ok(nn_trainer_set_step_hook(trainer, saves_and_stops, stop));
    return trainer;
}

static void r2_goes_on_in_the_middle_of_an_epoch(void **state)
{
    (void)state;
    struct stop never = {.step = -1};
    nn_dataset *samples = numbered_samples(NULL, 20);
    nn_model *model = one_layer(NULL, 1, 1);
    nn_trainer *whole = regression(model, &never);
    assert_ok(nn_trainer_fit(whole, samples, NULL, REGRESSION_EPOCHS));
    assert_int_equal(nn_trainer_step_count(whole), REGRESSION_STEPS);
    for (int64_t step = 1; step < REGRESSION_STEPS; step++) {
        struct stop stop = {step, {.portion = SIZE_MAX}};
        nn_model *first_model = one_layer(NULL, 1, 1),
                 *model_again = one_layer(NULL, 1, 1);
        nn_trainer *first = regression(first_model, &stop);
        nn_trainer *again = regression(model_again, &never);
        assert_ok(nn_trainer_fit(first, samples, NULL, REGRESSION_EPOCHS));
        assert_ok(nn_trainer_resume_from(again, stream_read, &stop.file));
        assert_ok(nn_trainer_fit(again, samples, NULL, REGRESSION_EPOCHS));
        for (int64_t epoch = 0; epoch < REGRESSION_EPOCHS; epoch++) {
            const double expected = history_at(whole, "r2", epoch);
            const double got = history_at(again, "r2", epoch);
            assert_memory_equal(&expected, &got, sizeof got);
        }
        assert_int_equal(parameter_hash(model), parameter_hash(model_again));
        nn_trainer_destroy(first);
        nn_trainer_destroy(again);
        nn_model_destroy(first_model);
        nn_model_destroy(model_again);
        stream_release(&stop.file);
    }
    nn_trainer_destroy(whole);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_in_and_after_a_run),
        cmocka_unit_test(with_best_parameters_that_are_no_longer_asked_for),
        cmocka_unit_test(without_best_parameters_that_are_asked_for_late),
        cmocka_unit_test(r2_goes_on_in_the_middle_of_an_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
