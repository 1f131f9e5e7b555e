/* The history of a run: for each name a series of numbers, one for each epoch. */
#ifndef NNI_TRAIN_HISTORY_H
#define NNI_TRAIN_HISTORY_H

#include "base/context.h"
#include "base/status.h"

enum { NNI_SERIES_NAME_SIZE = 64 };

struct nni_history {
    const nn_context *context;
    int32_t series_count;
    char (*names)[NNI_SERIES_NAME_SIZE];
    double **values; /* for each series `capacity` numbers */
    int64_t epochs, capacity;
};

void nni_history_init(struct nni_history *history, const nn_context *context);
void nni_history_release(struct nni_history *history);

/* Adds a series, whose earlier epochs (if any) become NaN. */
nn_status nni_history_add_series(struct nni_history *history, const char *name);

/* The index of a series, or -1. */
int32_t nni_history_find(const struct nni_history *history, const char *name);

/* Makes room for `epochs` more epochs, so that appending does not fail. */
nn_status nni_history_reserve(struct nni_history *history, int64_t epochs);

/* Appends an epoch: one number for each series. There is room for it. */
void nni_history_append(struct nni_history *history, const double *values);

/* NN_ERROR_NAME with "<who>: there is no '<name>' in the history; there are ..." */
nn_status nni_history_no_such_name(const struct nni_history *history, const char *who,
                                   const char *name);

#endif
