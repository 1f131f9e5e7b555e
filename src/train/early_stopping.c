/* Early stopping. Two values are remembered: the best one, whose parameters are kept, and
 * the one that patience measures against, which moves only when it is beaten by more than
 * min_delta, so that many small improvements count together. */
#include "base/contract.h"
#include "base/memory.h"
#include "train/early_stopping.h"

#include <nn/trainer.h>

#include <math.h>
#include <string.h>

void nni_early_stopping_init(struct nni_early_stopping *stopping,
                             const nn_context *context)
{
    *stopping = (struct nni_early_stopping){.context = context};
}

void nni_early_stopping_release(struct nni_early_stopping *stopping)
{
    nni_free(stopping->context, stopping->best_weights);
    stopping->best_weights = NULL;
    stopping->span = 0;
}

static int early_stopping_keeps(const struct nni_early_stopping *stopping)
{
    return stopping->patience > 0 && stopping->restore_best;
}

static void early_stopping_forget(struct nni_early_stopping *stopping)
{
    stopping->seen = 0;
    stopping->best = 0;
    stopping->reference = 0;
    stopping->waited = 0;
}

void nni_early_stopping_changed(struct nni_early_stopping *stopping)
{
    if (early_stopping_keeps(stopping) && stopping->best_weights == NULL) {
        early_stopping_forget(stopping);
    }
}

nn_status nni_early_stopping_start(struct nni_early_stopping *stopping, int64_t span)
{
    const int keeps = early_stopping_keeps(stopping);
    early_stopping_forget(stopping);
    if (keeps && stopping->best_weights != NULL && stopping->span == span) {
        return NN_OK;
    }
    nni_early_stopping_release(stopping);
    if (keeps) {
        stopping->best_weights =
            nni_alloc(stopping->context, (size_t)span, sizeof(float));
        if (stopping->best_weights == NULL) {
            return nn_last_status();
        }
        stopping->span = span;
    }
    return NN_OK;
}

nn_status nni_early_stopping_continue(struct nni_early_stopping *stopping, int64_t span)
{
    return early_stopping_keeps(stopping) && stopping->best_weights == NULL
               ? nni_early_stopping_start(stopping, span)
               : NN_OK;
}

/* How much better value is than another; negative where it is worse. */
static double early_stopping_gain(double value, double other, int32_t direction)
{
    return direction == NN_MAXIMIZE ? value - other : other - value;
}

static void early_stopping_keep(struct nni_early_stopping *stopping, double value,
                                const float *weights)
{
    stopping->best = value;
    if (stopping->best_weights != NULL && stopping->span > 0) {
        memcpy(stopping->best_weights, weights, (size_t)stopping->span * sizeof *weights);
    }
}

int nni_early_stopping_epoch(struct nni_early_stopping *stopping, double value,
                             int32_t direction, const float *weights)
{
    if (stopping->patience == 0) {
        return 0;
    }
    const int first = !stopping->seen;
    stopping->waited += stopping->waited < INT32_MAX;
    if (isfinite(value)) {
        stopping->seen = 1;
        if (first || early_stopping_gain(value, stopping->best, direction) > 0) {
            early_stopping_keep(stopping, value, weights);
        }
        const double gain = early_stopping_gain(value, stopping->reference, direction);
        if (first || gain > stopping->min_delta) {
            stopping->reference = value;
            stopping->waited = 0;
        }
    }
    return stopping->waited >= stopping->patience;
}

int nni_early_stopping_restore(const struct nni_early_stopping *stopping, float *weights)
{
    if (stopping->best_weights == NULL || !stopping->seen) {
        return 0;
    }
    if (stopping->span > 0) {
        memcpy(weights, stopping->best_weights, (size_t)stopping->span * sizeof *weights);
    }
    return 1;
}
