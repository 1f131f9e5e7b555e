/* A run over epochs: mini-batches in shuffled order, validation, schedules, early stopping,
 * hooks, history. */
#include "base/contract.h"
#include "base/float_env.h"
#include "base/memory.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { FIT_EPOCHS = 1024 /* of which the history has room from the start */ };

/* What one call of nn_trainer_fit works with. */
struct fit {
    nn_trainer *trainer;
    const nn_dataset *training, *validation;
    int64_t samples; /* the first ones of training */
    int64_t validation_first, validation_end;
    int64_t batch;
    int64_t *order; /* of the samples in the epoch at hand; NULL: as they are */
    int64_t end;    /* the number of the last epoch, plus one */
    int32_t results, made_series;
    double *values;  /* one epoch: results, validation results, rate */
    int32_t monitor; /* its series; -1 where nothing is monitored */
};

/* ---- before the first epoch ---- */

/* Says which samples are for training and which for validation. */
static nn_status fit_split(struct fit *fit)
{
    int64_t count = nn_dataset_count(fit->training);
    double share = fit->trainer->validation_split * (double)count;
    int64_t kept = (int64_t)floor(share + 0.5);
    fit->samples = count;
    fit->validation_end = nn_dataset_count(fit->validation);
    if (fit->validation != NULL || kept == 0)
        return NN_OK;
    if (kept == count)
        return nni_fail(NN_ERROR_EMPTY,
                        "nn_trainer_fit: the validation split leaves none of "
                        "%lld samples for training",
                        (long long)count);
    fit->samples = fit->validation_first = count - kept;
    fit->validation_end = count;
    fit->validation = fit->training;
    return NN_OK;
}

static nn_status fit_add_series(struct fit *fit)
{
    nn_trainer *trainer = fit->trainer;
    if (trainer->history.series_count > 0)
        return NN_OK;
    fit->made_series = 1;
    nn_status status = NN_OK;
    for (int32_t i = 0; status == NN_OK && i < 2 * fit->results; i++) {
        char name[NNI_SERIES_NAME_SIZE];
        snprintf(name, sizeof name, "%s%s", i < fit->results ? "" : "val_",
                 nn_trainer_result_name(trainer, i % fit->results));
        status = nni_history_add_series(&trainer->history, name);
    }
    if (status == NN_OK)
        status = nni_history_add_series(&trainer->history, "rate");
    return status;
}

/* Finds the monitored series. One of the validation needs validation samples. */
static nn_status fit_find_monitor(struct fit *fit)
{
    const nn_trainer *trainer = fit->trainer;
    const char *name = trainer->monitor;
    if (name[0] == 0)
        name = fit->validation != NULL ? "val_loss" : "loss";
    fit->monitor = nni_history_find(&trainer->history, name);
    int used =
        trainer->stopping.patience > 0 || trainer->schedule.kind == NNI_RATE_PLATEAU;
    if (fit->monitor < 0)
        return nni_history_no_such_name(&trainer->history, "nn_trainer_fit", name);
    if (used && fit->validation == NULL && strncmp(name, "val_", 4) == 0)
        return nni_fail(NN_ERROR_EMPTY,
                        "nn_trainer_fit: '%s' is monitored, but there are no "
                        "validation samples",
                        name);
    return NN_OK;
}

static nn_status fit_reserve(struct fit *fit, int32_t epochs)
{
    nn_trainer *trainer = fit->trainer;
    const nn_context *context = trainer->handle.context;
    fit->batch = trainer->batch_size == NN_FULL_BATCH
                     ? fit->samples
                     : nni_min(trainer->batch_size, fit->samples);
    fit->results = nni_result_count(trainer);
    NNI_TRY(nni_step_prepare(trainer, fit->batch));
    NNI_TRY(nni_pass_reserve_buffers(trainer->training, fit->training));
    if (fit->validation != NULL)
        NNI_TRY(nni_evaluate_reserve(trainer, fit->validation,
                                     fit->validation_end - fit->validation_first));
    if (trainer->shuffle) {
        fit->order = nni_alloc(context, (size_t)fit->samples, sizeof *fit->order);
        if (fit->order == NULL)
            return nn_last_status();
    }
    fit->values = nni_alloc(context, 2 * (size_t)fit->results + 1, sizeof *fit->values);
    if (fit->values == NULL)
        return nn_last_status();
    NNI_TRY(fit_add_series(fit));
    NNI_TRY(nni_history_reserve(&trainer->history, nni_min(epochs, FIT_EPOCHS)));
    return fit_find_monitor(fit);
}

/* A new run, or the one that a checkpoint was taken from. */
static nn_status fit_set_run(struct fit *fit, int32_t epochs)
{
    nn_trainer *trainer = fit->trainer;
    struct nni_run_state *run = &trainer->run;
    if (!run->resumed) {
        NNI_TRY(nni_early_stopping_start(&trainer->stopping, trainer->model->span));
        nni_meter_state_release(trainer->handle.context, &run->meters);
        *run = (struct nni_run_state){.first_epoch = trainer->epoch};
    } else if (run->done > 0 && run->samples != fit->samples) {
        return nni_fail(
            NN_ERROR_STATE,
            "nn_trainer_fit: the checkpoint is from an epoch of %lld samples, "
            "the data has %lld",
            (long long)run->samples, (long long)fit->samples);
    } else {
        NNI_TRY(nni_early_stopping_continue(&trainer->stopping, trainer->model->span));
    }
    fit->end = run->first_epoch + epochs;
    run->samples = fit->samples;
    run->resumed = 0;
    run->going = 1;
    return NN_OK;
}

static nn_status fit_start(struct fit *fit, int32_t epochs)
{
    static const char who[] = "nn_trainer_fit";
    nn_trainer *trainer = fit->trainer;
    if (trainer->optimizer == NULL)
        return nni_fail(NN_ERROR_STATE, "%s: the trainer has no optimizer", who);
    if (epochs < 0)
        return nni_fail(NN_ERROR_ARGUMENT, "%s: epochs must be at least 0, got %d", who,
                        (int)epochs);
    NNI_TRY(nni_batch_check_dataset(trainer, who, fit->training, 1));
    if (fit->validation != NULL)
        NNI_TRY(nni_batch_check_dataset(trainer, who, fit->validation, 1));
    NNI_TRY(fit_split(fit));
    NNI_TRY(fit_reserve(fit, epochs));
    return fit_set_run(fit, epochs);
}

/* ---- an epoch ---- */

static nn_status fit_start_meters(struct fit *fit)
{
    struct nni_shape shapes[NNI_DATASET_PORTS];
    for (int32_t t = 0; t < fit->training->target_count; t++)
        shapes[t] = fit->training->targets[t].shape;
    return nni_meters_start(fit->trainer, shapes);
}

/* Adds the batch's losses, J's parts, to the epoch's sums. */
static void fit_sum_losses(struct fit *fit)
{
    const struct nni_pass *pass = fit->trainer->training;
    struct nni_run_state *run = &fit->trainer->run;
    for (int32_t h = 0; h < fit->trainer->head_count; h++) {
        run->totals[h] += pass->heads[h].total;
        run->denominators[h] += pass->heads[h].denominator;
    }
}

static double fit_loss_so_far(const nn_trainer *trainer)
{
    const struct nni_run_state *run = &trainer->run;
    double loss = 0;
    for (int32_t h = 0; h < trainer->head_count; h++)
        loss += trainer->heads[h].weight * (run->totals[h] / run->denominators[h]);
    return loss;
}

/* Keeps the run where it is asked for. After a gradient hook has stopped it, the batch at
 * hand is neither learned from nor still to come: what was kept before stands. */
static nn_status fit_keep(nn_trainer *trainer)
{
    const struct nni_keeper *keeper = &trainer->keeper;
    return keeper->every > 0 && trainer->phase != NNI_PHASE_BACKWARD
               ? keeper->keep(keeper->user, trainer)
               : NN_OK;
}

static void fit_heed_request(nn_trainer *trainer)
{
    if (trainer->stop_reason == NN_STOP_NONE &&
        NNI_LOAD_ACQUIRE(&trainer->stop_requested))
        trainer->stop_reason = NN_STOP_REQUESTED;
}

/* 0 where every sample of the batch weighs nothing: there is nothing to learn from. */
static int fit_has_weight(const struct nni_batch *batch)
{
    int any = batch->weights == NULL;
    for (int64_t r = 0; !any && r < batch->rows; r++)
        any = batch->weights[r] != 0;
    return any;
}

/* One mini-batch. Says in stop_reason where a hook or a request ends the run. */
static nn_status fit_batch(struct fit *fit, int64_t first)
{
    nn_trainer *trainer = fit->trainer;
    int64_t rows = nni_min(fit->batch, fit->samples - first);
    const int64_t *order = fit->order == NULL ? NULL : fit->order + first;
    double loss;
    NNI_TRY(nni_batch_gather(trainer->training, fit->training, order, first, rows, 1,
                             &trainer->batch));
    trainer->run.done = first + rows;
    if (!fit_has_weight(&trainer->batch))
        return NN_OK;
    NNI_TRY(nni_step_gradients(trainer, 1, &loss));
    fit_sum_losses(fit);
    NNI_TRY(nni_step_finish(trainer));
    nni_progress_step(&trainer->progress, first + rows, fit_loss_so_far(trainer));
    if (trainer->keeper.every > 0 && trainer->step % trainer->keeper.every == 0)
        NNI_TRY(fit_keep(trainer));
    fit_heed_request(trainer);
    return NN_OK;
}

/* The counters of an epoch begin at zero, or where a checkpoint in its middle left them. */
static nn_status fit_start_epoch(struct fit *fit)
{
    nn_trainer *trainer = fit->trainer;
    struct nni_run_state *run = &trainer->run;
    NNI_TRY(fit_start_meters(fit));
    if (run->done == 0) {
        memset(run->totals, 0, sizeof run->totals);
        memset(run->denominators, 0, sizeof run->denominators);
        return NN_OK;
    }
    nn_status status = nni_meters_load(trainer, &run->meters);
    nni_meter_state_release(trainer->handle.context, &run->meters);
    return status;
}

static nn_status fit_batches(struct fit *fit)
{
    nn_trainer *trainer = fit->trainer;
    struct nni_run_state *run = &trainer->run;
    NNI_TRY(fit_start_epoch(fit));
    nni_progress_epoch(&trainer->progress, trainer->epoch, fit->end, fit->samples);
    if (fit->order != NULL) {
        struct nni_random random = nni_random_make(trainer->seed, NNI_STREAM_SHUFFLE,
                                                   (uint64_t)trainer->epoch, 0);
        nni_random_permutation(&random, fit->order, fit->samples);
    }
    for (int64_t first = run->done; first < fit->samples; first += fit->batch) {
        NNI_TRY(fit_batch(fit, first));
        if (trainer->stop_reason != NN_STOP_NONE)
            return NN_OK;
    }
    for (int32_t h = 0; h < trainer->head_count; h++)
        if (!(run->denominators[h] > 0))
            return nni_fail(NN_ERROR_EMPTY,
                            "nn_trainer_fit: the weights of all samples are 0");
    nni_results_write(trainer, run->totals, run->denominators, fit->values);
    return NN_OK;
}

/* 1 where lines of NN_LOG_INFO are wanted. */
static int fit_tells(const nn_trainer *trainer)
{
    return trainer->progress.level >= NN_PROGRESS_EPOCH;
}

/* Validation, history, schedules, early stopping, hook. */
static nn_status fit_finish_epoch(struct fit *fit)
{
    nn_trainer *trainer = fit->trainer;
    double *validation = fit->values + fit->results;
    for (int32_t i = 0; i < fit->results; i++)
        validation[i] = (double)NAN;
    if (fit->validation != NULL)
        NNI_TRY(nni_evaluate(trainer, fit->validation, fit->validation_first,
                             fit->validation_end, validation));
    NNI_TRY(nni_history_reserve(&trainer->history, 1));
    fit->values[2 * fit->results] = trainer->rate;
    nni_history_append(&trainer->history, fit->values);
    trainer->epoch++;
    trainer->run.done = 0;
    nni_progress_epoch_done(&trainer->progress, &trainer->history);

    double monitored = fit->values[fit->monitor];
    nni_schedule_epoch(&trainer->schedule, trainer->optimizer->rate, monitored,
                       trainer->direction);
    if (nni_early_stopping_epoch(&trainer->stopping, monitored, trainer->direction,
                                 trainer->model->weights)) {
        trainer->stop_reason = NN_STOP_EARLY;
        trainer->run.stopped_early = 1;
        if (fit_tells(trainer))
            nni_log(trainer->handle.context, NN_LOG_INFO,
                    "stopped early: %s has not improved for %d epochs",
                    trainer->history.names[fit->monitor],
                    (int)trainer->stopping.patience);
    }
    if (nni_step_hook(trainer, &trainer->epoch_hook))
        trainer->stop_reason = NN_STOP_HOOK;
    fit_heed_request(trainer);
    return NN_OK;
}

static nn_status fit_epochs(struct fit *fit)
{
    nn_trainer *trainer = fit->trainer;
    if (trainer->run.stopped_early)
        trainer->stop_reason = NN_STOP_EARLY;
    fit_heed_request(trainer);
    while (trainer->stop_reason == NN_STOP_NONE && trainer->epoch < fit->end) {
        NNI_TRY(fit_batches(fit));
        if (trainer->stop_reason == NN_STOP_NONE)
            NNI_TRY(fit_finish_epoch(fit));
    }
    return fit_keep(trainer);
}

/* ---- the run ---- */

static void fit_end(struct fit *fit, nn_status status)
{
    nn_trainer *trainer = fit->trainer;
    trainer->run.going = 0;
    trainer->run.done = 0;
    if (nni_early_stopping_restore(&trainer->stopping, trainer->model->weights) &&
        fit_tells(trainer))
        nni_log(trainer->handle.context, NN_LOG_INFO,
                "parameters of the best epoch restored");
    if (status != NN_OK)
        trainer->stop_reason = NN_STOP_ERROR;
    else if (trainer->stop_reason == NN_STOP_NONE)
        trainer->stop_reason = NN_STOP_EPOCHS;
    NNI_STORE_RELEASE(&trainer->stop_requested, 0); /* it has been heeded */
    nni_meters_stop(trainer);
    /* The gathered samples are not kept as somebody's batch. */
    trainer->phase = NNI_PHASE_IDLE;
}

nn_status nn_trainer_fit(nn_trainer *trainer, const nn_dataset *training,
                         const nn_dataset *validation, int32_t epochs)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_fit"));
    struct fit fit = {.trainer = trainer, .training = training, .validation = validation};
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = fit_start(&fit, epochs);
    if (status == NN_OK) {
        trainer->stop_reason = NN_STOP_NONE;
        trainer->running = 1;
        status = fit_epochs(&fit);
        trainer->running = 0;
        fit_end(&fit, status);
    } else if (fit.made_series) {
        nni_history_release(&trainer->history); /* training has not begun */
    }
    nni_float_env_leave(env);
    nni_free(trainer->handle.context, fit.order);
    nni_free(trainer->handle.context, fit.values);
    return status;
}
