/* Early stopping: when has a quantity stopped improving? (Prechelt, "Early stopping - but
 * when?", 1998.) Keeps the parameters of the best epoch where asked. */
#ifndef NNI_TRAIN_EARLY_STOPPING_H
#define NNI_TRAIN_EARLY_STOPPING_H

#include "base/context.h"
#include "base/status.h"

struct nni_early_stopping {
    const nn_context *context;
    int32_t patience; /* 0: off */
    double min_delta;
    int32_t restore_best;

    int32_t seen;        /* 1 once there is a best */
    double best;         /* of the epoch whose parameters are kept */
    double reference;    /* what has to be improved on by more than min_delta */
    int32_t waited;      /* epochs since it last was */
    float *best_weights; /* span floats; NULL unless restore_best */
    int64_t span;
};

void nni_early_stopping_init(struct nni_early_stopping *stopping,
                             const nn_context *context);
void nni_early_stopping_release(struct nni_early_stopping *stopping);

/* Forgets what was seen and makes room for the best parameters where asked. */
nn_status nni_early_stopping_start(struct nni_early_stopping *stopping, int64_t span);

/* After a change of options: what was seen is forgotten where the parameters that go with
 * it should have been kept and were not. */
void nni_early_stopping_changed(struct nni_early_stopping *stopping);

/* Goes on with what was seen; makes room for the best parameters where there is none yet
 * and it is asked for. */
nn_status nni_early_stopping_continue(struct nni_early_stopping *stopping, int64_t span);

/* Looks at a finished epoch's value; keeps a copy of weights where it is the best so far,
 * by however little (the first finite value is). Returns 1 when it is time to stop.
 * direction is NN_MINIMIZE or NN_MAXIMIZE; a value that is not finite is never an
 * improvement. */
int nni_early_stopping_epoch(struct nni_early_stopping *stopping, double value,
                             int32_t direction, const float *weights);

/* Puts the best parameters back where they were kept; returns 1 if so. */
int nni_early_stopping_restore(const struct nni_early_stopping *stopping, float *weights);

#endif
