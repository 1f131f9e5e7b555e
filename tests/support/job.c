#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "job.h"
#include "training.h"

int32_t job_stops(void *user, nn_trainer *trainer)
{
    const struct job *job = user;
    return nn_trainer_step_count(trainer) == job->stop_after;
}

void job_begin(struct job *job, const char *optimizer)
{
    job->model = stack_network(NULL);
    job->samples = class_samples(NULL, JOB_SAMPLES, 3);
    job->validation = class_samples(NULL, 20, 4);
    job->optimizer = nn_optimizer_create(NULL, optimizer);
    job->trainer = class_trainer(job->model, job->optimizer);
    job->stop_after = 0;
    assert_ok(nn_trainer_set_batch_size(job->trainer, JOB_BATCH));
    assert_ok(nn_trainer_add_metric(job->trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_add_metric(job->trainer, NN_F1, 0));
    assert_ok(nn_trainer_set_early_stopping(job->trainer, 3, 0, 1));
    assert_ok(nn_trainer_set_rate_plateau(job->trainer, 0.5, 1, 0));
    assert_ok(nn_trainer_set_warmup(job->trainer, 9));
    assert_ok(nn_trainer_set_step_hook(job->trainer, job_stops, job));
}

void job_fit(struct job *job)
{
    assert_ok(nn_trainer_fit(job->trainer, job->samples, job->validation, JOB_EPOCHS));
}

void job_end(struct job *job)
{
    nn_trainer_destroy(job->trainer);
    nn_model_destroy(job->model);
    nn_dataset_destroy(job->samples);
    nn_dataset_destroy(job->validation);
}
