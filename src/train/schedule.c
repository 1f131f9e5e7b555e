/* The rate of a step: the schedule's formula of the epoch, times the warm-up. The plateau
 * schedule also carries a factor from epoch to epoch (as PyTorch's ReduceLROnPlateau does
 * with a threshold of 0). */
#include "base/contract.h"
#include "base/elementary_double.h"
#include "base/text.h"
#include "train/schedule.h"

#include <nn/trainer.h>

#include <inttypes.h>
#include <math.h>

static const double schedule_pi = 3.14159265358979323846;

void nni_schedule_init(struct nni_schedule *schedule)
{
    *schedule = (struct nni_schedule){.kind = NNI_RATE_CONSTANT, .scale = 1};
}

static double schedule_cosine(const struct nni_schedule *schedule, double base,
                              int64_t epoch)
{
    if (epoch >= schedule->every) {
        return schedule->minimum;
    }
    const double turn = schedule_pi * (double)epoch / (double)schedule->every;
    return schedule->minimum +
           (base - schedule->minimum) * (1 + nni_cos_double(turn)) / 2;
}

/* A minimum above the base rate does not raise it. */
static double schedule_plateau(const struct nni_schedule *schedule, double base)
{
    const double floor = schedule->minimum < base ? schedule->minimum : base;
    const double rate = base * schedule->scale;
    return rate > floor ? rate : floor;
}

/* A callback may return anything, and a factor may grow beyond all numbers. */
static nn_status schedule_check(const struct nni_schedule *schedule, int64_t epoch,
                                int64_t step, double *rate)
{
    if (isfinite(*rate) && *rate >= 0) {
        return NN_OK;
    }
    const struct nni_number_text got = nni_number_text(*rate, 9);
    *rate = 0;
    return nni_fail(NN_ERROR_ARGUMENT,
                    "%s: the rate of epoch %" PRId64 ", step %" PRId64
                    " must be finite and at least 0, got %s",
                    schedule->kind == NNI_RATE_CALLBACK ? "rate callback"
                                                        : "rate schedule",
                    epoch, step, got.text);
}

static double schedule_formula(const struct nni_schedule *schedule, double base,
                               int64_t epoch, int64_t step)
{
    switch (schedule->kind) {
    case NNI_RATE_STEP:
        return base *
               nni_pow_integer(schedule->factor, (uint64_t)(epoch / schedule->every));
    case NNI_RATE_EXPONENTIAL:
        return base * nni_pow_integer(schedule->factor, (uint64_t)epoch);
    case NNI_RATE_COSINE:
        return schedule_cosine(schedule, base, epoch);
    case NNI_RATE_PLATEAU:
        return schedule_plateau(schedule, base);
    case NNI_RATE_CALLBACK:
        return schedule->callback(schedule->user, epoch, step, base);
    default:
        return base;
    }
}

nn_status nni_schedule_rate(const struct nni_schedule *schedule, double base,
                            int64_t epoch, int64_t step, double *rate)
{
    *rate = schedule_formula(schedule, base, epoch, step);
    NNI_TRY(schedule_check(schedule, epoch, step, rate));
    if (step < schedule->warmup) {
        *rate *= (double)(step + 1) / (double)schedule->warmup;
    }
    return NN_OK;
}

static int schedule_improved(const struct nni_schedule *schedule, double value,
                             int32_t direction)
{
    if (!isfinite(value) || !schedule->seen) {
        return isfinite(value);
    }
    return direction == NN_MAXIMIZE ? value > schedule->best : value < schedule->best;
}

void nni_schedule_epoch(struct nni_schedule *schedule, double base, double value,
                        int32_t direction)
{
    if (schedule->kind != NNI_RATE_PLATEAU) {
        return;
    }
    if (schedule_improved(schedule, value, direction)) {
        schedule->best = value;
        schedule->seen = 1;
        schedule->waited = 0;
        return;
    }
    schedule->waited += schedule->waited < INT32_MAX;
    if (schedule->waited >= schedule->every) {
        schedule->waited = 0;
        if (base * schedule->scale > schedule->minimum) {
            schedule->scale *= schedule->factor;
        }
    }
}
