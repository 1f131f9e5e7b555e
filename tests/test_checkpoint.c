/* Checkpoints: a run that was interrupted goes on to the bits of one that was not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/job.h"
#include "support/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = {"sgd",      "momentum", "nesterov", "adagrad",
                                    "adadelta", "rmsprop",  "adam",     "adamw"};

/* A file in the folder for temporary files. */
static const char *checkpoint_path(void)
{
    static char path[256];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/nn_test_checkpoint.safetensors",
             folder == NULL ? "/tmp" : folder);
    return path;
}

static int same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* All that can be seen of two trainers is the same to the bit. */
static void assert_same(const struct job *a, const struct job *b)
{
    assert_int_equal(parameter_hash(a->model), parameter_hash(b->model));
    assert_int_equal(nn_trainer_step_count(a->trainer),
                     nn_trainer_step_count(b->trainer));
    assert_int_equal(nn_trainer_epoch(a->trainer), nn_trainer_epoch(b->trainer));
    assert_true(same_bits(nn_trainer_rate(a->trainer), nn_trainer_rate(b->trainer)));
    assert_int_equal(nn_trainer_stop_reason(a->trainer),
                     nn_trainer_stop_reason(b->trainer));
    int32_t series = nn_trainer_history_count(a->trainer);
    assert_int_equal(series, nn_trainer_history_count(b->trainer));
    for (int32_t i = 0; i < series; i++) {
        const char *name = nn_trainer_history_name(a->trainer, i);
        assert_int_equal(history_epochs(a->trainer), history_epochs(b->trainer));
        for (int64_t e = 0; e < history_epochs(a->trainer); e++)
            assert_true(same_bits(history_at(a->trainer, name, e),
                                  history_at(b->trainer, name, e)));
    }
}

static void interrupted_after_any_step_the_bits_are_the_same(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        struct job whole, first, second;
        job_begin(&whole, kinds[k]);
        job_fit(&whole);
        for (int64_t step = 1; step <= JOB_STEPS; step++) {
            job_begin(&first, kinds[k]);
            first.stop_after = step;
            assert_ok(
                nn_trainer_set_checkpoint(first.trainer, checkpoint_path(), INT64_MAX));
            job_fit(&first);
            job_end(&first);

            job_begin(&second, kinds[k]);
            assert_ok(nn_trainer_resume(second.trainer, checkpoint_path()));
            assert_int_equal(nn_trainer_step_count(second.trainer),
                             step < nn_trainer_step_count(whole.trainer)
                                 ? step
                                 : nn_trainer_step_count(whole.trainer));
            job_fit(&second);
            assert_same(&whole, &second);
            job_end(&second);
        }
        job_end(&whole);
    }
    remove(checkpoint_path());
}

static void a_run_goes_on_from_its_last_checkpoint(void **state)
{
    (void)state;
    struct job whole, first, second;
    job_begin(&whole, "adam");
    job_fit(&whole);
    for (int64_t every = 1; every <= 7; every += 3) {
        job_begin(&first, "adam");
        first.stop_after = 11;
        assert_ok(nn_trainer_set_checkpoint(first.trainer, checkpoint_path(), every));
        assert_ok(nn_trainer_set_step_hook(first.trainer, NULL, NULL));
        /* where a gradient hook ends the run nothing is kept, as in a killed process */
        assert_ok(nn_trainer_set_gradient_hook(first.trainer, job_stops, &first));
        job_fit(&first);
        assert_int_equal(nn_trainer_step_count(first.trainer), 11);
        job_end(&first);

        job_begin(&second, "adam");
        assert_ok(nn_trainer_resume(second.trainer, checkpoint_path()));
        assert_int_equal(nn_trainer_step_count(second.trainer), 11 / every * every);
        job_fit(&second);
        assert_same(&whole, &second);
        job_end(&second);
    }
    job_end(&whole);
    remove(checkpoint_path());
}

static void the_end_of_a_run_is_kept_and_nothing_is_left_to_do(void **state)
{
    (void)state;
    struct job whole, again;
    job_begin(&whole, "rmsprop");
    assert_ok(nn_trainer_set_checkpoint(whole.trainer, checkpoint_path(), 1000));
    job_fit(&whole);
    job_begin(&again, "rmsprop");
    assert_ok(nn_trainer_resume(again.trainer, checkpoint_path()));
    job_fit(&again);
    assert_same(&whole, &again);
    job_end(&again);
    job_end(&whole);
    remove(checkpoint_path());
}

static void what_was_saved_between_runs_begins_a_new_one(void **state)
{
    (void)state;
    struct job whole, again;
    job_begin(&whole, "momentum");
    job_fit(&whole);
    assert_ok(nn_trainer_save(whole.trainer, checkpoint_path()));
    job_begin(&again, "momentum");
    assert_ok(nn_trainer_resume(again.trainer, checkpoint_path()));
    int64_t epochs = nn_trainer_epoch(whole.trainer);
    job_fit(&whole);
    job_fit(&again);
    assert_true(nn_trainer_epoch(whole.trainer) > epochs);
    assert_same(&whole, &again);
    job_end(&again);
    job_end(&whole);
    remove(checkpoint_path());
}

static int32_t save_hook(void *user, nn_trainer *trainer)
{
    nn_status *status = user;
    *status = nn_trainer_save(trainer, checkpoint_path());
    return 0;
}

static void hooks_save_but_not_in_the_middle_of_a_step(void **state)
{
    (void)state;
    nn_status status = NN_OK;
    struct job whole, again;
    job_begin(&whole, "sgd");
    assert_ok(nn_trainer_set_gradient_hook(whole.trainer, save_hook, &status));
    job_fit(&whole);
    assert_int_equal(status, NN_ERROR_STATE);
    job_end(&whole);

    job_begin(&whole, "sgd");
    assert_ok(nn_trainer_set_epoch_hook(whole.trainer, save_hook, &status));
    job_fit(&whole);
    assert_int_equal(status, NN_OK);
    job_begin(&again, "sgd");
    assert_ok(nn_trainer_resume(again.trainer, checkpoint_path()));
    job_fit(&again);
    assert_same(&whole, &again);
    job_end(&again);
    job_end(&whole);
    remove(checkpoint_path());
}

static void another_trainer_is_refused_and_stays_as_it_was(void **state)
{
    (void)state;
    struct job saved, other;
    job_begin(&saved, "adam");
    job_fit(&saved);
    assert_ok(nn_trainer_save(saved.trainer, checkpoint_path()));
    job_end(&saved);

    job_begin(&other, "sgd");
    uint64_t hash = parameter_hash(other.model);
    assert_int_equal(nn_trainer_resume(other.trainer, checkpoint_path()), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "the checkpoint's optimizer is 'adam', the trainer's "
                                   "'sgd'");
    assert_int_equal(parameter_hash(other.model), hash);
    assert_int_equal(nn_trainer_step_count(other.trainer), 0);
    job_end(&other);

    job_begin(&other, "adam");
    assert_ok(nn_trainer_add_metric(other.trainer, NN_RECALL, 0));
    assert_int_equal(nn_trainer_resume(other.trainer, checkpoint_path()), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "2 metrics, the trainer 3");
    job_end(&other);

    nn_model *model = one_layer(NULL, NETWORK_INPUTS, NETWORK_CLASSES);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_add_metric(trainer, NN_F1, 0));
    assert_int_equal(nn_trainer_resume(trainer, checkpoint_path()), NN_ERROR_FORMAT);
    assert_int_equal(nn_trainer_step_count(trainer), 0);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    remove(checkpoint_path());
}

static void the_middle_of_an_epoch_needs_as_many_samples(void **state)
{
    (void)state;
    struct job first, second;
    job_begin(&first, "adam");
    first.stop_after = 3;
    assert_ok(nn_trainer_set_checkpoint(first.trainer, checkpoint_path(), 100));
    job_fit(&first);
    job_end(&first);
    job_begin(&second, "adam");
    assert_ok(nn_trainer_resume(second.trainer, checkpoint_path()));
    assert_int_equal(nn_trainer_fit(second.trainer, second.validation, NULL, JOB_EPOCHS),
                     NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "44 samples, the data has 20");
    job_fit(&second); /* the right data still goes on */
    job_end(&second);
    remove(checkpoint_path());
}

static void a_checkpoint_is_a_model_file(void **state)
{
    (void)state;
    struct job job;
    job_begin(&job, "adadelta");
    job_fit(&job);
    assert_ok(nn_trainer_save(job.trainer, checkpoint_path()));
    nn_model *model = nn_model_load(NULL, checkpoint_path());
    assert_non_null(model);
    assert_int_equal(parameter_hash(model), parameter_hash(job.model));
    assert_ok(nn_model_save(model, checkpoint_path()));
    assert_int_equal(nn_trainer_resume(job.trainer, checkpoint_path()), NN_ERROR_FORMAT);
    assert_failure(NN_ERROR_FORMAT, "it holds no state of a trainer");
    nn_model_destroy(model);
    job_end(&job);
    remove(checkpoint_path());
}

static void a_folder_that_is_not_there_ends_the_run_after_the_step(void **state)
{
    (void)state;
    struct job job;
    job_begin(&job, "adam");
    assert_ok(nn_trainer_set_checkpoint(job.trainer, "/nowhere/at/all", 5));
    assert_int_equal(nn_trainer_fit(job.trainer, job.samples, job.validation, JOB_EPOCHS),
                     NN_ERROR_IO);
    assert_int_equal(nn_trainer_stop_reason(job.trainer), NN_STOP_ERROR);
    assert_int_equal(nn_trainer_step_count(job.trainer), 5);
    assert_ok(nn_trainer_set_checkpoint(job.trainer, NULL, 0));
    job_fit(&job); /* the trainer is as good as before */
    job_end(&job);
    assert_int_equal(nn_trainer_set_checkpoint(NULL, "x", 1), NN_ERROR_NULL);
    job_begin(&job, "adam");
    assert_int_equal(nn_trainer_set_checkpoint(job.trainer, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_set_checkpoint(job.trainer, "x", -1), NN_ERROR_ARGUMENT);
    job_end(&job);
}

static void a_golden_checkpoint_goes_on(void **state)
{
    (void)state;
    struct job job;
    job_begin(&job, "adam");
    assert_ok(nn_trainer_resume(job.trainer, "tests/golden/run.safetensors"));
    assert_int_equal(nn_trainer_step_count(job.trainer), JOB_GOLDEN_STEP);
    assert_int_equal(history_epochs(job.trainer), 1);
    job_fit(&job);
    assert_true(nn_trainer_step_count(job.trainer) > JOB_GOLDEN_STEP);
    job_end(&job);
}

/* ---- what is read is not trusted ---- */

static struct stream saved_stream(void)
{
    struct stream stream = {.portion = 1000};
    struct job job;
    job_begin(&job, "adam");
    job.stop_after = 3;
    job_fit(&job);
    assert_ok(nn_trainer_save_to(job.trainer, stream_write, &stream));
    job_end(&job);
    return stream;
}

static void every_cut_is_refused(void **state)
{
    (void)state;
    struct stream whole = saved_stream();
    struct job job;
    job_begin(&job, "adam");
    uint64_t hash = parameter_hash(job.model);
    for (size_t size = 0; size < whole.size; size += size < 4000 ? 1 : 37) {
        struct stream part = {.bytes = whole.bytes, .size = size, .portion = 4096};
        assert_int_not_equal(nn_trainer_resume_from(job.trainer, stream_read, &part),
                             NN_OK);
    }
    assert_int_equal(parameter_hash(job.model), hash);
    whole.at = 0;
    whole.calls = 0;
    assert_ok(nn_trainer_resume_from(job.trainer, stream_read, &whole));
    job_end(&job);
    stream_release(&whole);
}

/* Whatever a byte of the header becomes: refused, or a state that a run goes on from. */
static void changed_bytes_are_refused_or_harmless(void **state)
{
    (void)state;
    struct stream whole = saved_stream();
    struct job job;
    job_begin(&job, "adam");
    const char *text = NULL;
    for (size_t i = 0; text == NULL; i++) {
        assert_true(i + 12 < whole.size);
        if (memcmp(whole.bytes + i, "\"nn.trainer\"", 12) == 0)
            text = whole.bytes + i;
    }
    for (size_t i = (size_t)(text - whole.bytes), n = 0; n < 2000; i++, n++) {
        char *byte = &whole.bytes[i], before = *byte;
        *byte = before == '0' ? '9' : before == ',' ? ' ' : '0';
        whole.at = 0;
        whole.calls = 0;
        (void)nn_trainer_resume_from(job.trainer, stream_read, &whole);
        *byte = before;
    }
    job_end(&job);
    stream_release(&whole);
}

static void calls_that_fail_are_reported(void **state)
{
    (void)state;
    struct stream whole = saved_stream();
    struct job job;
    job_begin(&job, "adam");
    for (int at = 1; at <= 4; at++) {
        struct stream part = {
            .bytes = whole.bytes, .size = whole.size, .portion = 500, .fail_at = at};
        assert_int_equal(nn_trainer_resume_from(job.trainer, stream_read, &part),
                         NN_ERROR_CALLBACK);
        struct stream out = {.portion = 500, .fail_at = at};
        assert_int_equal(nn_trainer_save_to(job.trainer, stream_write, &out),
                         NN_ERROR_CALLBACK);
        stream_release(&out);
    }
    assert_int_equal(nn_trainer_save_to(job.trainer, NULL, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_resume_from(job.trainer, NULL, NULL), NN_ERROR_NULL);
    job_end(&job);
    stream_release(&whole);
}

/* ---- memory that runs out ---- */

/* Saves and resumes a trainer of its own; 1 where there was memory for all of it. */
static int save_and_resume(nn_context *context, void *data)
{
    struct stream stream = {.portion = 4096};
    int done = 0;
    (void)data;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 3));
    nn_model_add(model, nn_dense(context, 2, NN_TANH));
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(context), nn_adam(context, 0.1));
    if (nn_trainer_set_checkpoint(trainer, "somewhere", 10) == NN_OK &&
        nn_trainer_save_to(trainer, stream_write, &stream) == NN_OK)
        done = nn_trainer_resume_from(trainer, stream_read, &stream) == NN_OK;
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    stream_release(&stream);
    return done;
}

static void want_of_memory_is_reported(void **state)
{
    (void)state;
    assert_true(fail_each_allocation(save_and_resume, NULL) > 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interrupted_after_any_step_the_bits_are_the_same),
        cmocka_unit_test(a_run_goes_on_from_its_last_checkpoint),
        cmocka_unit_test(the_end_of_a_run_is_kept_and_nothing_is_left_to_do),
        cmocka_unit_test(what_was_saved_between_runs_begins_a_new_one),
        cmocka_unit_test(hooks_save_but_not_in_the_middle_of_a_step),
        cmocka_unit_test(another_trainer_is_refused_and_stays_as_it_was),
        cmocka_unit_test(the_middle_of_an_epoch_needs_as_many_samples),
        cmocka_unit_test(a_checkpoint_is_a_model_file),
        cmocka_unit_test(a_folder_that_is_not_there_ends_the_run_after_the_step),
        cmocka_unit_test(a_golden_checkpoint_goes_on),
        cmocka_unit_test(every_cut_is_refused),
        cmocka_unit_test(changed_bytes_are_refused_or_harmless),
        cmocka_unit_test(calls_that_fail_are_reported),
        cmocka_unit_test(want_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
