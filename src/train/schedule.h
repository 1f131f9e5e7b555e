/* Learning-rate schedules: the rate as a function of epoch and step. The formulas stand
 * with the public setters in nn/trainer.h. Computed in double with our own elementary
 * functions, so the same everywhere. */
#ifndef NNI_TRAIN_SCHEDULE_H
#define NNI_TRAIN_SCHEDULE_H

#include "base/status.h"

enum nni_schedule_kind {
    NNI_RATE_CONSTANT,
    NNI_RATE_STEP,
    NNI_RATE_EXPONENTIAL,
    NNI_RATE_COSINE,
    NNI_RATE_PLATEAU,
    NNI_RATE_CALLBACK
};

struct nni_schedule {
    enum nni_schedule_kind kind;
    int32_t every;  /* step: epochs; cosine: epochs; plateau: patience */
    double factor;  /* step, exponential, plateau */
    double minimum; /* cosine, plateau */
    int64_t warmup; /* steps */
    double (*callback)(void *user, int64_t epoch, int64_t step, double base);
    void *user;

    /* plateau's state */
    double scale; /* what the base rate is multiplied by; 1 at first */
    double best;
    int32_t waited, seen; /* epochs without improvement; 1 once best is set */
};

/* Constant, without warm-up. */
void nni_schedule_init(struct nni_schedule *schedule);

/* The rate of one step (epoch and step count from 0). NN_ERROR_ARGUMENT where a callback
 * returned a rate that is negative or not finite. */
nn_status nni_schedule_rate(const struct nni_schedule *schedule, double base,
                            int64_t epoch, int64_t step, double *rate);

/* Tells a plateau schedule the monitored value of a finished epoch; others ignore it.
 * direction is NN_MINIMIZE or NN_MAXIMIZE. A value that is not finite is never an
 * improvement. */
void nni_schedule_epoch(struct nni_schedule *schedule, double base, double value,
                        int32_t direction);

#endif
