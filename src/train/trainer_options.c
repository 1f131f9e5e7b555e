/* The options of a trainer: each setter checks its range and stores. What changes the
 * memory a run needs drops the training pass, which the next run makes anew. */
#include "base/memory.h"
#include "base/text.h"
#include "train/trainer.h"

#include <math.h>
#include <string.h>

static nn_status options_range(const char *who, const char *what, double got,
                               const char *range)
{
    return nni_fail(NN_ERROR_ARGUMENT, "%s: %s must be %s, got %s", who, what, range,
                    nni_number_text(got, 9).text);
}

void nni_trainer_drop_training(nn_trainer *trainer)
{
    nni_late_settle(trainer);
    nni_pass_destroy(trainer->training);
    trainer->training = NULL;
    trainer->phase = NNI_PHASE_IDLE;
}

nn_status nn_trainer_set_batch_size(nn_trainer *trainer, int64_t samples)
{
    static const char who[] = "nn_trainer_set_batch_size";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (samples < 1 && samples != NN_FULL_BATCH)
        return options_range(who, "samples", (double)samples,
                             "at least 1, or NN_FULL_BATCH");
    trainer->batch_size = samples;
    nni_trainer_drop_training(trainer);
    return NN_OK;
}

nn_status nn_trainer_set_micro_batch(nn_trainer *trainer, int64_t samples)
{
    static const char who[] = "nn_trainer_set_micro_batch";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (samples < 0)
        return options_range(who, "samples", (double)samples, "at least 0");
    trainer->micro_batch = samples;
    nni_trainer_drop_training(trainer);
    return NN_OK;
}

nn_status nn_trainer_set_seed(nn_trainer *trainer, uint64_t seed)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_seed"));
    trainer->seed = seed;
    trainer->phase = NNI_PHASE_IDLE; /* backward draws forward's masks again */
    return NN_OK;
}

nn_status nn_trainer_set_shuffle(nn_trainer *trainer, int32_t shuffle)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_shuffle"));
    trainer->shuffle = shuffle != 0;
    return NN_OK;
}

nn_status nn_trainer_set_validation_split(nn_trainer *trainer, double fraction)
{
    static const char who[] = "nn_trainer_set_validation_split";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (!(isgreaterequal(fraction, 0) && isless(fraction, 1)))
        return options_range(who, "fraction", fraction, "in [0, 1)");
    trainer->validation_split = fraction;
    return NN_OK;
}

nn_status nn_trainer_set_early_stopping(nn_trainer *trainer, int32_t patience,
                                        double min_delta, int32_t restore_best)
{
    static const char who[] = "nn_trainer_set_early_stopping";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (patience < 0)
        return options_range(who, "patience", patience, "at least 0");
    if (!isgreaterequal(min_delta, 0) || isinf(min_delta))
        return options_range(who, "min_delta", min_delta, "finite and at least 0");
    trainer->stopping.patience = patience;
    trainer->stopping.min_delta = min_delta;
    trainer->stopping.restore_best = restore_best != 0;
    nni_early_stopping_changed(&trainer->stopping);
    return NN_OK;
}

nn_status nn_trainer_set_monitor(nn_trainer *trainer, const char *name, int32_t direction)
{
    static const char who[] = "nn_trainer_set_monitor";
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_NOT_NULL(who, name);
    if (direction != NN_MINIMIZE && direction != NN_MAXIMIZE)
        return options_range(who, "direction", direction, "NN_MINIMIZE or NN_MAXIMIZE");
    size_t size = strlen(name) + 1;
    if (size > sizeof trainer->monitor)
        return nni_fail(NN_ERROR_NAME, "%s: the name is longer than any in the history",
                        who);
    memcpy(trainer->monitor, name, size);
    trainer->direction = direction;
    return NN_OK;
}

nn_status nn_trainer_set_checks(nn_trainer *trainer, int32_t loss, int32_t gradients)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_checks"));
    trainer->check_loss = loss != 0;
    trainer->check_gradients = gradients != 0;
    return NN_OK;
}

nn_status nn_trainer_set_keep_nodes(nn_trainer *trainer, int32_t keep)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_keep_nodes"));
    trainer->keep_nodes = keep != 0;
    nni_trainer_drop_training(trainer);
    return NN_OK;
}

nn_status nn_trainer_set_input_gradients(nn_trainer *trainer, int32_t enable)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_input_gradients"));
    trainer->input_gradients = enable != 0;
    nni_trainer_drop_training(trainer);
    return NN_OK;
}

nn_status nn_trainer_set_progress(nn_trainer *trainer, int32_t progress)
{
    static const char who[] = "nn_trainer_set_progress";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (progress < NN_PROGRESS_NONE || progress > NN_PROGRESS_BAR)
        return options_range(who, "progress", progress, "one of NN_PROGRESS_...");
    trainer->progress.level = progress;
    return NN_OK;
}

/* ---- schedules ---- */

/* Puts another schedule in place; warm-up stays. */
static void options_set_schedule(nn_trainer *trainer, struct nni_schedule schedule)
{
    schedule.warmup = trainer->schedule.warmup;
    trainer->schedule = schedule;
}

static struct nni_schedule options_schedule(enum nni_schedule_kind kind)
{
    struct nni_schedule schedule;
    nni_schedule_init(&schedule);
    schedule.kind = kind;
    return schedule;
}

static nn_status options_check_factor(const char *who, double factor)
{
    if (!isgreater(factor, 0) || isinf(factor))
        return options_range(who, "factor", factor, "finite and above 0");
    return NN_OK;
}

static nn_status options_check_minimum(const char *who, double minimum)
{
    if (!isgreaterequal(minimum, 0) || isinf(minimum))
        return options_range(who, "minimum", minimum, "finite and at least 0");
    return NN_OK;
}

nn_status nn_trainer_set_rate_constant(nn_trainer *trainer)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_rate_constant"));
    options_set_schedule(trainer, options_schedule(NNI_RATE_CONSTANT));
    return NN_OK;
}

nn_status nn_trainer_set_rate_step(nn_trainer *trainer, int32_t every, double factor)
{
    static const char who[] = "nn_trainer_set_rate_step";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (every < 1)
        return options_range(who, "every", every, "at least 1");
    NNI_TRY(options_check_factor(who, factor));
    struct nni_schedule schedule = options_schedule(NNI_RATE_STEP);
    schedule.every = every;
    schedule.factor = factor;
    options_set_schedule(trainer, schedule);
    return NN_OK;
}

nn_status nn_trainer_set_rate_exponential(nn_trainer *trainer, double factor)
{
    static const char who[] = "nn_trainer_set_rate_exponential";
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_TRY(options_check_factor(who, factor));
    struct nni_schedule schedule = options_schedule(NNI_RATE_EXPONENTIAL);
    schedule.factor = factor;
    options_set_schedule(trainer, schedule);
    return NN_OK;
}

nn_status nn_trainer_set_rate_cosine(nn_trainer *trainer, int32_t epochs, double minimum)
{
    static const char who[] = "nn_trainer_set_rate_cosine";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (epochs < 1)
        return options_range(who, "epochs", epochs, "at least 1");
    NNI_TRY(options_check_minimum(who, minimum));
    struct nni_schedule schedule = options_schedule(NNI_RATE_COSINE);
    schedule.every = epochs;
    schedule.minimum = minimum;
    options_set_schedule(trainer, schedule);
    return NN_OK;
}

nn_status nn_trainer_set_rate_plateau(nn_trainer *trainer, double factor,
                                      int32_t patience, double minimum)
{
    static const char who[] = "nn_trainer_set_rate_plateau";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (!(isgreater(factor, 0) && isless(factor, 1)))
        return options_range(who, "factor", factor, "in (0, 1)");
    if (patience < 1)
        return options_range(who, "patience", patience, "at least 1");
    NNI_TRY(options_check_minimum(who, minimum));
    struct nni_schedule schedule = options_schedule(NNI_RATE_PLATEAU);
    schedule.every = patience;
    schedule.factor = factor;
    schedule.minimum = minimum;
    options_set_schedule(trainer, schedule);
    return NN_OK;
}

nn_status nn_trainer_set_rate_callback(nn_trainer *trainer,
                                       double (*rate)(void *user, int64_t epoch,
                                                      int64_t step, double base),
                                       void *user)
{
    static const char who[] = "nn_trainer_set_rate_callback";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (rate == NULL)
        return nni_fail(NN_ERROR_NULL, "%s: rate is NULL", who);
    struct nni_schedule schedule = options_schedule(NNI_RATE_CALLBACK);
    schedule.callback = rate;
    schedule.user = user;
    options_set_schedule(trainer, schedule);
    return NN_OK;
}

nn_status nn_trainer_set_warmup(nn_trainer *trainer, int64_t steps)
{
    static const char who[] = "nn_trainer_set_warmup";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (steps < 0)
        return options_range(who, "steps", (double)steps, "at least 0");
    trainer->schedule.warmup = steps;
    return NN_OK;
}

/* ---- hooks ---- */

nn_status nn_trainer_set_gradient_hook(nn_trainer *trainer, nn_trainer_hook hook,
                                       void *user)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_gradient_hook"));
    trainer->gradient_hook = (struct nni_hook){hook, user};
    return NN_OK;
}

nn_status nn_trainer_set_step_hook(nn_trainer *trainer, nn_trainer_hook hook, void *user)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_step_hook"));
    trainer->step_hook = (struct nni_hook){hook, user};
    return NN_OK;
}

nn_status nn_trainer_set_epoch_hook(nn_trainer *trainer, nn_trainer_hook hook, void *user)
{
    NNI_TRY(nni_trainer_check(trainer, "nn_trainer_set_epoch_hook"));
    trainer->epoch_hook = (struct nni_hook){hook, user};
    return NN_OK;
}
