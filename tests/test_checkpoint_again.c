/* What a trainer resumes from it saves again, to the byte, whatever its state. */
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_in_and_after_a_run),
        cmocka_unit_test(with_best_parameters_that_are_no_longer_asked_for),
        cmocka_unit_test(without_best_parameters_that_are_asked_for_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
