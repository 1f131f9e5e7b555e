/* The inside of a trainer. Batches, from tensors or from a dataset, become a
 * struct nni_batch (batch.c); a struct nni_pass is the memory in which they run through a
 * plan (pass.c), one for training and one for evaluation; the run over epochs is fit.c. */
#ifndef NNI_TRAIN_TRAINER_H
#define NNI_TRAIN_TRAINER_H

#include "losses/loss.h"
#include "model/plan.h"
#include "optimizers/optimizer.h"
#include "train/dataset.h"
#include "train/early_stopping.h"
#include "train/history.h"
#include "train/metrics.h"
#include "train/progress.h"
#include "train/schedule.h"

#include <nn/trainer.h>

enum {
    NNI_EVALUATION_ROWS = 1024, /* a block of the losses' long sum */
    NNI_EVALUATION_PART = 256   /* samples that run forward together */
};

/* One output of the model with its loss. */
struct nni_head {
    nn_loss *loss;
    double weight;
    nn_node node;
    int32_t target; /* its place among the targets; -1 where the loss takes none */
};

/* A batch in memory: pointers to `rows` samples. */
struct nni_batch {
    int64_t rows;
    const void *inputs[NNI_DATASET_PORTS];
    int32_t
        input_dtypes[NNI_DATASET_PORTS]; /* integers may still have to become floats */
    const void *targets[NNI_DATASET_PORTS];
    struct nni_shape target_shapes[NNI_DATASET_PORTS]; /* of one sample */
    const float *weights;                              /* NULL: all 1 */
    int64_t first_sample; /* the number of the first row's sample, for messages; */
    const int64_t *order; /* or the numbers of all, where not NULL */
};

/* The losses of one head over a batch. */
struct nni_head_pass {
    float *row_scale, *row_loss; /* (batch_rows) */
    int64_t alike;               /* so many rows count alike, as row_scale says; or 0 */
    double denominator;          /* sum of weights */
    double total;                /* sum of weighted losses, before division */
    float *gradient;             /* at the output; NULL where it is of no use */
    struct nni_loss_call call;   /* as far as it does not change from batch to batch */
};

/* Memory in which batches of up to batch_rows samples run, part_rows at a time. */
struct nni_pass {
    nn_trainer *trainer; /* its owner */
    struct nni_plan *plan;
    int64_t batch_rows, part_rows;
    struct nni_head_pass *heads;
    float *loss_scratch;
    /* where samples of a dataset are gathered; allocated when first needed */
    void *input_buffers[NNI_DATASET_PORTS], *target_buffers[NNI_DATASET_PORTS];
    int64_t input_bytes[NNI_DATASET_PORTS]; /* of one sample, as allocated */
    int64_t target_bytes[NNI_DATASET_PORTS];
    /* integer inputs as floats, where the model takes floats; likewise */
    float *floats[NNI_DATASET_PORTS];
    float *weight_buffer;
    int64_t *sample_buffer;
    int32_t has_buffers;
};

struct nni_hook {
    nn_trainer_hook call;
    void *user;
};

/* Which parameter a piece of the optimizer is. */
struct nni_piece_origin {
    nn_node node;     /* the first application of its layer that runs backward */
    int32_t is_first; /* of the layer's parameters */
};

enum nni_phase {
    NNI_PHASE_IDLE,     /* before the first forward */
    NNI_PHASE_FORWARD,  /* values are there */
    NNI_PHASE_BACKWARD, /* and gradients */
    NNI_PHASE_UPDATED   /* the gradients have been used */
};

/* The run that nn_trainer_fit is in, or that a checkpoint was taken from. */
struct nni_run_state {
    int32_t going;         /* there is one, and it has not ended */
    int32_t resumed;       /* the next fit goes on with it */
    int32_t stopped_early; /* its last epoch was the last */
    int64_t first_epoch;   /* the number of its first epoch */
    int64_t samples, done; /* of the epoch at hand: all, and those learned from */
    double totals[NNI_DATASET_PORTS], denominators[NNI_DATASET_PORTS]; /* their losses */
    struct nni_meter_state meters; /* of a resumed epoch, until its meters are there */
};

/* What keeps the run as it goes on (src/io/checkpoint.c). */
struct nni_keeper {
    nn_status (*keep)(void *user, nn_trainer *trainer);
    void (*release)(const nn_context *context, void *user);
    void *user;
    int64_t every; /* steps; 0: nothing is kept */
};

struct nn_trainer {
    struct nni_handle handle;
    nn_model *model;         /* retained */
    nn_optimizer *optimizer; /* owned; may be NULL */
    const struct nni_kernels *kernels;
    int32_t head_count, target_count;
    struct nni_head *heads;

    /* options */
    int64_t batch_size, micro_batch;
    uint64_t seed;
    int32_t shuffle;
    double validation_split;
    int32_t check_loss, check_gradients, keep_nodes, input_gradients;
    char monitor[NNI_SERIES_NAME_SIZE]; /* "": val_loss or loss */
    int32_t direction;
    struct nni_schedule schedule;
    struct nni_early_stopping stopping;
    struct nni_progress progress;
    struct nni_hook gradient_hook, step_hook, epoch_hook;

    /* gradients, laid out as the model's parameters */
    struct nni_storage *storage; /* of the gradients; views of them keep it alive */
    float *gradients;
    nn_tensor **gradient_tensors; /* NULL where frozen */
    int32_t gradients_asked; /* for a tensor of them: they are in memory from then on */

    /* by piece of the optimizer, see late.c */
    struct nni_piece_origin *pieces;
    nn_node *late_nodes; /* whose gradient backward left out; -1: of none */
    int32_t late;        /* it did, and they are not in memory yet */

    /* what the layers said when the trainer was created */
    unsigned char *frozen;   /* by node */
    float *rate_multipliers; /* by parameter */

    /* metrics and results: J, J_o with several outputs, metrics */
    int32_t metric_count;
    struct nni_metric *metrics;
    struct nni_meter *meters; /* metric_count; prepared while a run counts */
    int32_t meters_ready;

    /* memory and state of runs */
    struct nni_pass *training, *evaluation;
    int32_t bound; /* the optimizer knows the parameters */
    enum nni_phase phase;
    nn_tensor *held_inputs[NNI_DATASET_PORTS]; /* of the last step; retained */
    int32_t holds_inputs;
    struct nni_batch batch; /* the one at hand */
    int64_t epoch, step;
    double rate;            /* of the last step; negative before it */
    int32_t running;        /* in fit, or in a hook */
    int32_t stop_requested; /* (atomic) */
    int32_t stop_reason;
    struct nni_run_state run;
    struct nni_keeper keeper;
    struct nni_history history;
};

/* NN_ERROR_NULL, or NN_ERROR_STATE where a run is going on (the call comes from a hook). */
nn_status nni_trainer_check(const nn_trainer *trainer, const char *who);

/* Frees the training pass, which the next run makes anew; what was computed is gone. */
void nni_trainer_drop_training(nn_trainer *trainer);

/* ---- batch.c ---- */

/* Checks the tensors of one batch against model and losses and points the batch at them.
 * targets may be NULL (count 0) where only inputs matter. */
nn_status nni_batch_inputs(const nn_trainer *trainer, const char *who,
                           const nn_tensor *const *inputs, int32_t count,
                           struct nni_batch *batch);
nn_status nni_batch_targets(const nn_trainer *trainer, const char *who,
                            const nn_tensor *const *targets, int32_t count,
                            const nn_tensor *weights, struct nni_batch *batch);

/* Checks that a dataset's inputs (and targets, where asked) are those of the trainer. */
nn_status nni_batch_check_dataset(const nn_trainer *trainer, const char *who,
                                  const nn_dataset *dataset, int32_t with_targets);

/* Turns integer inputs into floats where the model takes floats; the batch then points to
 * the pass's memory, which is allocated when first needed. */
nn_status nni_batch_convert(struct nni_pass *pass, struct nni_batch *batch);

/* Gathers samples order[0 ... rows - 1] (NULL: first ...) into the pass's buffers. */
nn_status nni_batch_gather(struct nni_pass *pass, const nn_dataset *dataset,
                           const int64_t *order, int64_t first, int64_t rows,
                           int32_t with_targets, struct nni_batch *batch);

/* ---- pass.c ---- */

/* Makes a pass, or keeps *pass where it is large enough. training: with backward. */
nn_status nni_pass_reserve(nn_trainer *trainer, int32_t training, int64_t batch_rows,
                           int64_t part_rows, struct nni_pass **pass);
void nni_pass_destroy(struct nni_pass *pass);

/* The buffers that nni_batch_gather fills, for this dataset. */
nn_status nni_pass_reserve_buffers(struct nni_pass *pass, const nn_dataset *dataset);

/* The bytes that such a pass takes, buffers included. */
nn_status nni_pass_bytes_needed(nn_trainer *trainer, int64_t batch_rows,
                                int64_t part_rows, int64_t *bytes);

/* Checks the targets' values and computes what each row counts. */
nn_status nni_pass_begin(struct nni_pass *pass, const struct nni_batch *batch);

/* NN_ERROR_EMPTY where the weights of all samples are 0. */
nn_status nni_pass_check_weight(const struct nni_pass *pass,
                                const struct nni_batch *batch);

/* One part of the batch, rows first ... first + rows - 1: forward, the losses of its rows
 * (with gradients in training), backward. */
nn_status nni_pass_forward(struct nni_pass *pass, const struct nni_batch *batch,
                           int64_t first, int64_t rows);
void nni_pass_losses(struct nni_pass *pass, const struct nni_batch *batch, int64_t first,
                     int64_t rows, int32_t with_gradients);
nn_status nni_pass_backward(struct nni_pass *pass, const struct nni_batch *batch,
                            int64_t first, int64_t rows, int32_t late);

/* Sums the losses of all rows into each head's total; returns J. */
double nni_pass_total(struct nni_pass *pass, const struct nni_batch *batch);

/* ---- step.c ---- */

/* Makes sure of the training pass and of the optimizer's state. */
nn_status nni_step_prepare(nn_trainer *trainer, int64_t batch_rows);

/* Forward, losses, backward of trainer->batch in parts; counts meters where they are
 * ready. *loss is J. may_be_late: the gradients may be late ones. */
nn_status nni_step_gradients(nn_trainer *trainer, int32_t may_be_late, double *loss);

/* What follows the gradients: the gradient hook, the update unless it stops, the step hook.
 * A stop becomes the trainer's stop_reason. */
nn_status nni_step_finish(nn_trainer *trainer);

/* Calls a hook; 1 where it asks to stop. */
int nni_step_hook(nn_trainer *trainer, const struct nni_hook *hook);

/* ---- late.c ---- */

/* 1 where gradients of the next step may be late. */
int nni_late_suits(const nn_trainer *trainer);

/* Backward has left out the gradients of late nodes. */
void nni_late_begin(nn_trainer *trainer);

/* 1 where no gradient is NaN or infinite; 0: perhaps one is. */
int nni_late_is_finite(const nn_trainer *trainer);

/* Computes the late gradients of the last step, if there are any, from what lies in the
 * training pass: before that is lost, or when somebody asks. */
void nni_late_settle(nn_trainer *trainer);

/* The optimizer's step, the products of late gradients included. */
void nni_late_update(nn_trainer *trainer, double rate);

/* ---- results.c, evaluate.c ---- */

int32_t nni_result_count(const nn_trainer *trainer);

/* Prepares the meters for the shapes of a batch or dataset's targets; resets them. Their
 * memory is taken the first time and kept. */
nn_status nni_meters_start(nn_trainer *trainer, const struct nni_shape *target_shapes);
void nni_meters_stop(nn_trainer *trainer);
void nni_meters_release(nn_trainer *trainer);

/* What the meters have counted so far, into a state that is empty; and back into meters
 * that have been started, NN_ERROR_STATE where they are not of those sizes. */
nn_status nni_meters_save(const nn_trainer *trainer, struct nni_meter_state *state);
nn_status nni_meters_load(nn_trainer *trainer, const struct nni_meter_state *state);

void nni_meters_count(nn_trainer *trainer, const struct nni_pass *pass,
                      const struct nni_batch *batch, int64_t first, int64_t rows);

/* Writes all results from the summed losses (total and denominator for each head) and the
 * meters. */
void nni_results_write(const nn_trainer *trainer, const double *totals,
                       const double *denominators, double *results);

/* Takes now what evaluating `count` samples of a checked dataset needs. */
nn_status nni_evaluate_reserve(nn_trainer *trainer, const nn_dataset *dataset,
                               int64_t count);

/* Evaluates samples first ... end - 1 of a checked dataset; results has room for all. */
nn_status nni_evaluate(nn_trainer *trainer, const nn_dataset *dataset, int64_t first,
                       int64_t end, double *results);

#endif
