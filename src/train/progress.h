/* Progress: what a run tells the context's logger. Nothing here reaches the numbers. */
#ifndef NNI_TRAIN_PROGRESS_H
#define NNI_TRAIN_PROGRESS_H

#include "base/context.h"
#include "train/history.h"

struct nni_progress {
    const nn_context *context;
    int32_t level;                    /* NN_PROGRESS_... */
    int64_t epoch, epochs;            /* the epoch at hand (from 0), the last one's end */
    int64_t samples;                  /* of an epoch */
    double epoch_started, last_shown; /* seconds of a monotonic clock */
};

/* Begins an epoch. */
void nni_progress_epoch(struct nni_progress *progress, int64_t epoch, int64_t epochs,
                        int64_t samples);

/* After a step: `done` samples of the epoch, the mean loss so far. Shows the bar at most
 * ten times a second, and only where asked:
 *     epoch 3/20 [=========>          ]  45%  12.3k samples/s  0:07 left  loss 0.3412 */
void nni_progress_step(struct nni_progress *progress, int64_t done, double loss);

/* After an epoch: one line (NN_LOG_INFO) with the history's last numbers,
 *     epoch 3/20: loss 0.3412, accuracy 0.8911, val_loss 0.3501, rate 0.001, 4.2 s */
void nni_progress_epoch_done(struct nni_progress *progress,
                             const struct nni_history *history);

#endif
