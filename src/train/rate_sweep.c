/* The range test of Smith ("Cyclical learning rates for training neural networks", 2017):
 * a short run with rates that grow geometrically shows where the loss falls fastest and
 * where it explodes. Everything it changes is put back. */
#include "base/contract.h"
#include "base/elementary_double.h"
#include "base/float_env.h"
#include "base/memory.h"
#include "train/trainer.h"

#include <math.h>
#include <string.h>

enum {
    RATE_SWEEP_EXPLODED = 4, /* times the smallest loss */
    RATE_SWEEP_BISECTIONS = 200
};

/* What a sweep changes: parameters, optimizer state, counters. */
struct rate_sweep_saved {
    float *weights;
    float *slots[NNI_SLOTS_MAX];
    uint64_t optimizer_steps;
    int64_t step;
    double rate;
    int32_t check_loss, check_gradients;
};

struct rate_sweep {
    nn_trainer *trainer;
    const nn_dataset *dataset;
    struct rate_sweep_saved saved;
    int64_t *order;
    int64_t samples, batch, at; /* at: the next sample of the order */
    uint64_t epoch;
};

static nn_status rate_sweep_save(struct rate_sweep *sweep)
{
    const nn_trainer *trainer = sweep->trainer;
    const nn_context *context = trainer->handle.context;
    struct rate_sweep_saved *saved = &sweep->saved;
    size_t span = (size_t)trainer->model->span, total = (size_t)trainer->optimizer->total;
    saved->optimizer_steps = trainer->optimizer->steps;
    saved->step = trainer->step;
    saved->rate = trainer->rate;
    saved->check_loss = trainer->check_loss;
    saved->check_gradients = trainer->check_gradients;
    saved->weights = nni_alloc(context, span, sizeof(float));
    if (saved->weights == NULL)
        return nn_last_status();
    memcpy(saved->weights, trainer->model->weights, span * sizeof(float));
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        if (trainer->optimizer->slots[s] == NULL)
            continue;
        saved->slots[s] = nni_alloc(context, total, sizeof(float));
        if (saved->slots[s] == NULL)
            return nn_last_status();
        memcpy(saved->slots[s], trainer->optimizer->slots[s], total * sizeof(float));
    }
    return NN_OK;
}

static void rate_sweep_restore(struct rate_sweep *sweep)
{
    nn_trainer *trainer = sweep->trainer;
    struct rate_sweep_saved *saved = &sweep->saved;
    size_t total = (size_t)trainer->optimizer->total;
    memcpy(trainer->model->weights, saved->weights,
           (size_t)trainer->model->span * sizeof(float));
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++)
        if (saved->slots[s] != NULL)
            memcpy(trainer->optimizer->slots[s], saved->slots[s], total * sizeof(float));
    trainer->optimizer->steps = saved->optimizer_steps;
    trainer->step = saved->step;
    trainer->rate = saved->rate;
    trainer->check_loss = saved->check_loss;
    trainer->check_gradients = saved->check_gradients;
    trainer->phase = NNI_PHASE_IDLE;
}

static void rate_sweep_release(struct rate_sweep *sweep)
{
    const nn_context *context = sweep->trainer->handle.context;
    nni_free(context, sweep->saved.weights);
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++)
        nni_free(context, sweep->saved.slots[s]);
    nni_free(context, sweep->order);
}

static nn_status rate_sweep_prepare(struct rate_sweep *sweep)
{
    nn_trainer *trainer = sweep->trainer;
    sweep->samples = nn_dataset_count(sweep->dataset);
    sweep->batch = trainer->batch_size == NN_FULL_BATCH
                       ? sweep->samples
                       : nni_min(trainer->batch_size, sweep->samples);
    sweep->at = sweep->samples;
    NNI_TRY(nni_step_prepare(trainer, sweep->batch));
    NNI_TRY(nni_pass_reserve_buffers(trainer->training, sweep->dataset));
    sweep->order =
        nni_alloc(trainer->handle.context, (size_t)sweep->samples, sizeof *sweep->order);
    return sweep->order == NULL ? nn_last_status() : rate_sweep_save(sweep);
}

/* The next mini-batch; a new order when all samples have been seen. */
static nn_status rate_sweep_gather(struct rate_sweep *sweep)
{
    nn_trainer *trainer = sweep->trainer;
    if (sweep->at == sweep->samples) {
        struct nni_random random =
            nni_random_make(trainer->seed, NNI_STREAM_SHUFFLE, sweep->epoch++, 0);
        nni_random_permutation(&random, sweep->order, sweep->samples);
        sweep->at = 0;
    }
    int64_t rows = nni_min(sweep->batch, sweep->samples - sweep->at);
    const int64_t *order = sweep->order + sweep->at;
    sweep->at += rows;
    return nni_batch_gather(trainer->training, sweep->dataset, order, 0, rows, 1,
                            &trainer->batch);
}

/* The ratio of neighbouring rates, the (steps - 1)-th root of high / low, by bisection: the
 * same bits everywhere, which libm's pow does not promise. */
static double rate_sweep_ratio(double low, double high, int32_t steps)
{
    double from = 1.0, to = high / low;
    for (int32_t i = 0; i < RATE_SWEEP_BISECTIONS; i++) {
        double middle = from + (to - from) / 2;
        if (low * nni_pow_integer(middle, (uint64_t)(steps - 1)) < high)
            from = middle;
        else
            to = middle;
    }
    return to;
}

static nn_status rate_sweep_run(struct rate_sweep *sweep, double low, double high,
                                int32_t steps, double *rates, double *losses,
                                int32_t *done)
{
    nn_trainer *trainer = sweep->trainer;
    double smallest = (double)INFINITY, ratio = rate_sweep_ratio(low, high, steps);
    /* A loss that explodes ends the sweep, and is no error. */
    trainer->check_loss = trainer->check_gradients = 0;
    for (int32_t i = 0; i < steps; i++) {
        double loss, rate = low * nni_pow_integer(ratio, (uint64_t)i);
        NNI_TRY(rate_sweep_gather(sweep));
        NNI_TRY(nni_step_gradients(trainer, 1, &loss));
        if (!isfinite(loss))
            return NN_OK;
        rates[i] = rate;
        losses[i] = loss;
        *done = i + 1;
        smallest = loss < smallest ? loss : smallest;
        if (loss > RATE_SWEEP_EXPLODED * smallest)
            return NN_OK;
        nni_late_update(trainer, rate);
        trainer->step++;
    }
    return NN_OK;
}

static nn_status rate_sweep_check(const nn_trainer *trainer, const char *who, double low,
                                  double high, int32_t steps)
{
    if (trainer->optimizer == NULL)
        return nni_fail(NN_ERROR_STATE, "%s: the trainer has no optimizer", who);
    if (!(isgreater(low, 0) && isgreater(high, low)) || isinf(high) || isinf(high / low))
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: needs 0 < low < high, and a finite high / low", who);
    if (steps < 2)
        return nni_fail(NN_ERROR_ARGUMENT, "%s: steps must be at least 2, got %d", who,
                        (int)steps);
    return NN_OK;
}

nn_status nn_trainer_rate_sweep(nn_trainer *trainer, const nn_dataset *dataset,
                                double low, double high, int32_t steps, double *rates,
                                double *losses, int32_t *done)
{
    static const char who[] = "nn_trainer_rate_sweep";
    NNI_NOT_NULL(who, done);
    *done = 0;
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_NOT_NULL(who, rates);
    NNI_NOT_NULL(who, losses);
    NNI_TRY(rate_sweep_check(trainer, who, low, high, steps));
    NNI_TRY(nni_batch_check_dataset(trainer, who, dataset, 1));
    struct rate_sweep sweep = {.trainer = trainer, .dataset = dataset};
    nn_status status = rate_sweep_prepare(&sweep);
    if (status == NN_OK) {
        struct nni_float_env env = nni_float_env_enter();
        status = rate_sweep_run(&sweep, low, high, steps, rates, losses, done);
        nni_float_env_leave(env);
        rate_sweep_restore(&sweep);
    }
    rate_sweep_release(&sweep);
    return status;
}
