/* Checkpoints: a trainer either refuses one and is as it was, or goes on from it; what it
 * then saves another takes, and saves to the same bits. */
#include "stored.h"

enum { SAMPLES = 6, INPUTS = 2 };

struct run {
    nn_context *context;
    nn_model *model;
    nn_trainer *trainer;
};

static struct run make_run(nn_context *context)
{
    struct run run = {.context = context};
    run.model = nn_model_create(run.context);
    nn_model_add(run.model, nn_input(run.context, INPUTS));
    nn_model_add(run.model, nn_dense(run.context, 2, NN_TANH));
    nn_model_add(run.model, nn_dense(run.context, 1, NN_LINEAR));
    run.trainer = nn_trainer_create(run.model, nn_mean_squared_error(run.context),
                                    nn_adam(run.context, 0.01));
    must(nn_trainer_add_metric(run.trainer, NN_R2, 0) == NN_OK &&
             nn_trainer_set_batch_size(run.trainer, 2) == NN_OK,
         "a trainer is made");
    return run;
}

static void destroy_run(struct run *run)
{
    nn_trainer_destroy(run->trainer);
    nn_model_destroy(run->model);
}

/* An epoch more than the checkpoint has; whether it succeeds depends on its numbers. */
static void go_on(struct run *run)
{
    const int64_t inputs[] = {SAMPLES, INPUTS}, targets[] = {SAMPLES, 1};
    nn_dataset *samples = nn_dataset_create(run->context);
    nn_tensor *x = nn_tensor_create(run->context, NN_FLOAT32, inputs, 2);
    nn_tensor *y = nn_tensor_create(run->context, NN_FLOAT32, targets, 2);
    if (nn_tensor_random_normal(x, 0, 1, 1) == NN_OK &&
        nn_tensor_random_normal(y, 0, 1, 2) == NN_OK &&
        nn_dataset_add_input(samples, x) == NN_OK &&
        nn_dataset_add_target(samples, y) == NN_OK)
        (void)nn_trainer_fit(run->trainer, samples, NULL, 2);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_dataset_destroy(samples);
}

static void round_trip(struct run *run)
{
    struct stored first = {NULL, 0, 0}, second = {NULL, 0, 0};
    struct run other = make_run(run->context);
    must(nn_trainer_save_to(run->trainer, stored_write, &first) == NN_OK,
         "a trainer is saved");
    must(nn_trainer_resume_from(other.trainer, stored_read, &first) == NN_OK,
         "what was saved is taken");
    must(nn_trainer_save_to(other.trainer, stored_write, &second) == NN_OK &&
             stored_equal(&first, &second),
         "the same file");
    destroy_run(&other);
    free(first.bytes);
    free(second.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stored file = stored_file(data, size);
    struct run run = make_run(stored_context());
    const int taken = nn_trainer_resume_from(run.trainer, stored_read, &file) == NN_OK;
    stored_count(run.context, &file, taken);
    if (taken) {
        round_trip(&run);
        go_on(&run);
        round_trip(&run);
    } else {
        must(nn_trainer_step_count(run.trainer) == 0 &&
                 nn_trainer_epoch(run.trainer) == 0,
             "what is refused changes nothing");
    }
    destroy_run(&run);
    stored_context_end(run.context);
    free(file.bytes);
    return 0;
}
