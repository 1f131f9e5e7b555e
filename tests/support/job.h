/* A run for tests of checkpoints: with everything that has a state, and stopped after any
 * step. Everything here stops the test where the library fails. */
#ifndef TESTS_SUPPORT_JOB_H
#define TESTS_SUPPORT_JOB_H

#include <nn/nn.h>

enum {
    JOB_SAMPLES = 44,
    JOB_BATCH = 8, /* the last one of an epoch is smaller */
    JOB_EPOCHS = 4,
    JOB_STEPS = JOB_EPOCHS * 6,
    JOB_GOLDEN_STEP = 9 /* in the second epoch: tests/golden/run.safetensors */
};

/* What is trained: dropout, metrics of several counters, a schedule with warm-up, early
 * stopping with the best parameters. */
struct job {
    nn_model *model;
    nn_trainer *trainer;
    nn_optimizer *optimizer;
    nn_dataset *samples, *validation;
    int64_t stop_after; /* steps; 0: never */
};

void job_begin(struct job *job, const char *optimizer);
void job_fit(struct job *job);
void job_end(struct job *job);

/* A hook that ends the run after job->stop_after steps; user is the job. */
int32_t job_stops(void *user, nn_trainer *trainer);

#endif
