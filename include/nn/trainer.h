/* nn/trainer.h - trainers: learning.
 *
 * A trainer is a model, a loss for each of its outputs, an optimizer, their schedules and
 * the state of a run. The model stays the caller's; losses and optimizer become the
 * trainer's, also when nn_trainer_create fails. A trainer belongs to one thread at a
 * time.
 *
 * Three levels:
 *   simple     nn_trainer_fit: epochs over a dataset, with validation and early stopping
 *   by step    nn_trainer_step on tensors of one batch
 *   by hand    nn_trainer_forward, nn_trainer_backward, read or change parameters and
 *              gradients, nn_trainer_update - the loop of the lecture
 *
 * A run is a function of seed and data: threads, instruction set and the grouping into
 * micro-batches change no bit. */
#ifndef NN_TRAINER_H
#define NN_TRAINER_H

#include <nn/dataset.h>
#include <nn/loss.h>
#include <nn/model.h>
#include <nn/optimizer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_trainer nn_trainer;

/* Creates a trainer for a model with one output (built if it is not). NULL on the
 * model's error, a NULL loss or optimizer (whose error is passed on),
 * NN_ERROR_ARGUMENT (the number of losses, a weight), NN_ERROR_SHAPE,
 * NN_ERROR_CONTEXT, NN_ERROR_STATE (a loss or optimizer of another trainer, an
 * optimizer that has made steps of its own), NN_ERROR_MEMORY. */
NN_API nn_trainer *nn_trainer_create(nn_model *model, nn_loss *loss,
                                     nn_optimizer *optimizer);

/* The same with one loss for each output; J = sum_o weights[o] J_o. weights (finite,
 * >= 0) may be NULL for all 1. optimizer may be NULL: then the trainer computes losses
 * and gradients but nn_trainer_update, step and fit are NN_ERROR_STATE. */
NN_API nn_trainer *nn_trainer_create_many(nn_model *model, nn_loss *const *losses,
                                          const double *weights, int32_t count,
                                          nn_optimizer *optimizer);

/* Destroys a trainer; NULL is accepted. */
NN_API void nn_trainer_destroy(nn_trainer *trainer);

/* ---- options; all before or between runs. trainer may be NULL: NN_ERROR_NULL ---- */

enum { NN_FULL_BATCH = -1 };

/* Samples in a mini-batch (>= 1; default 32): 1 is stochastic, NN_FULL_BATCH full-batch
 * gradient descent. The last batch of an epoch may be smaller; it is used. */
NN_API nn_status nn_trainer_set_batch_size(nn_trainer *trainer, int64_t samples);

/* Computes a batch in parts of this many samples, so that memory is bounded by the part;
 * 0 (default): in one part. The bits do not change (models that apply a layer twice
 * included). */
NN_API nn_status nn_trainer_set_micro_batch(nn_trainer *trainer, int64_t samples);

/* The seed of shuffling and dropout (default: the context's). */
NN_API nn_status nn_trainer_set_seed(nn_trainer *trainer, uint64_t seed);

/* Whether an epoch takes the samples in random order (default 1). The order is a function
 * of seed and epoch. */
NN_API nn_status nn_trainer_set_shuffle(nn_trainer *trainer, int32_t shuffle);

/* Without a validation set, fit keeps the last round(fraction n) samples of the training
 * data for validation (0 <= fraction < 1; default 0). */
NN_API nn_status nn_trainer_set_validation_split(nn_trainer *trainer, double fraction);

/* Stops when the monitored quantity has not improved by more than min_delta (>= 0) for
 * `patience` epochs in a row (>= 1; 0 switches it off, the default). restore_best:
 * puts the parameters of the best epoch back when the run ends. Each nn_trainer_fit looks
 * for a best of its own. */
NN_API nn_status nn_trainer_set_early_stopping(nn_trainer *trainer, int32_t patience,
                                               double min_delta, int32_t restore_best);

enum { NN_MINIMIZE = 1, NN_MAXIMIZE = 2 };

/* What early stopping and the plateau schedule look at: a name of the history such as
 * "val_loss" (the default; "loss" where there is no validation) or "val_accuracy", and
 * whether small or large is good. Looked up when fit starts: NN_ERROR_NAME then. */
NN_API nn_status nn_trainer_set_monitor(nn_trainer *trainer, const char *name,
                                        int32_t direction);

/* Whether losses and gradients that are NaN or infinite stop the run with
 * NN_ERROR_LOSS and NN_ERROR_GRADIENT, naming layer and step, before the update
 * (default 1 for both). gradients = 0 saves one pass over the gradients. A step that ends
 * so changes neither parameters nor the optimizer's state nor the number of steps; a run
 * can also put the best weights back (nn_trainer_set_early_stopping). */
NN_API nn_status nn_trainer_set_checks(nn_trainer *trainer, int32_t loss,
                                       int32_t gradients);

/* Keeps the value and gradient of every node after a step, for nn_trainer_node_value and
 * nn_trainer_node_gradient (default 0: their memory is reused). */
NN_API nn_status nn_trainer_set_keep_nodes(nn_trainer *trainer, int32_t keep);

/* Computes gradients with respect to the float inputs as well (default 0). */
NN_API nn_status nn_trainer_set_input_gradients(nn_trainer *trainer, int32_t enable);

enum {
    NN_PROGRESS_NONE = 0,
    NN_PROGRESS_EPOCH = 1, /* a line (NN_LOG_INFO) for each epoch; the default */
    NN_PROGRESS_BAR = 2    /* and a bar with samples per second and remaining time, many
                              times a second (NN_LOG_PROGRESS), for a terminal */
};

/* What goes to the context's logger during fit. */
NN_API nn_status nn_trainer_set_progress(nn_trainer *trainer, int32_t progress);

/* ---- learning-rate schedules; the base rate is the optimizer's; one at a time ---- */

/* Constant (the default). */
NN_API nn_status nn_trainer_set_rate_constant(nn_trainer *trainer);

/* rate = base factor^floor(epoch / every), epoch = 0, 1, ... every >= 1, factor > 0. */
NN_API nn_status nn_trainer_set_rate_step(nn_trainer *trainer, int32_t every,
                                          double factor);

/* rate = base factor^epoch. factor > 0. */
NN_API nn_status nn_trainer_set_rate_exponential(nn_trainer *trainer, double factor);

/* rate = minimum + (base - minimum) (1 + cos(pi epoch / epochs)) / 2 for epoch < epochs,
 * then minimum (Loshchilov and Hutter 2017, without restarts). epochs >= 1. */
NN_API nn_status nn_trainer_set_rate_cosine(nn_trainer *trainer, int32_t epochs,
                                            double minimum);

/* Multiplies the rate by factor (0 < factor < 1) when the monitored quantity has not
 * improved for `patience` epochs (>= 1), down to minimum. */
NN_API nn_status nn_trainer_set_rate_plateau(nn_trainer *trainer, double factor,
                                             int32_t patience, double minimum);

/* The rate of each step from a callback: epoch and step count from 0, step over the whole
 * run. The result must be finite and >= 0: NN_ERROR_ARGUMENT ends the run otherwise. */
NN_API nn_status nn_trainer_set_rate_callback(nn_trainer *trainer,
                                              double (*rate)(void *user, int64_t epoch,
                                                             int64_t step, double base),
                                              void *user);

/* In the first `steps` steps the schedule's rate is multiplied by (step + 1) / steps
 * (default 0: none). Works with every schedule. */
NN_API nn_status nn_trainer_set_warmup(nn_trainer *trainer, int64_t steps);

/* The rate of the last step; before the first one, of the next. 0 for NULL. */
NN_API double nn_trainer_rate(const nn_trainer *trainer);

/* ---- metrics ----
 *
 * accuracy         share of samples whose class is right: the largest of several outputs,
 *                  or one output against its threshold (0 for logits, 1/2 otherwise)
 * binary accuracy  share of output elements on the right side of the threshold
 * precision        true positives / predicted positives
 * recall           true positives / positives
 * F1               2 precision recall / (precision + recall)
 *                  (with more than two classes all three are means over the classes, the
 *                  macro average; they are 0 where a denominator is 0)
 * R2               1 - sum (y - f)^2 / sum (y - mean y)^2, the mean over output elements
 */

enum {
    NN_ACCURACY = 1,
    NN_BINARY_ACCURACY = 2,
    NN_PRECISION = 3,
    NN_RECALL = 4,
    NN_F1 = 5,
    NN_MEAN_ABSOLUTE_ERROR = 6,
    NN_R2 = 7
};

/* Adds a metric of an output: its value is computed over training (as it goes on),
 * over validation and in nn_trainer_evaluate, and named "accuracy", "precision", ...;
 * with several outputs "accuracy_0", ... Samples weigh alike. NN_ERROR_ARGUMENT;
 * NN_ERROR_SHAPE where output and target do not suit it is reported when data is seen;
 * NN_ERROR_STATE once training has begun. */
NN_API nn_status nn_trainer_add_metric(nn_trainer *trainer, int32_t metric,
                                       int32_t output);

/* Adds "top_<k>_accuracy": the share of samples whose label is among the k largest
 * outputs (k >= 1). */
NN_API nn_status nn_trainer_add_top_k(nn_trainer *trainer, int32_t k, int32_t output);

/* ---- hooks: called from fit and step in the training thread; a value other than 0
 * stops the run (fit then returns NN_OK and nn_trainer_stop_reason says NN_STOP_HOOK);
 * after the gradient hook it also leaves out the update. They may call the functions
 * of this header that look, nn_trainer_gradient, nn_optimizer_set and
 * nn_optimizer_set_rate, tensor functions, nn_model_parameter and
 * nn_trainer_request_stop; nothing that trains or evaluates. Gradients that a hook has
 * changed are checked again. NULL takes a hook away.
 * ---- */

typedef int32_t (*nn_trainer_hook)(void *user, nn_trainer *trainer);

/* After backward: gradients are ready, and may be read and changed. */
NN_API nn_status nn_trainer_set_gradient_hook(nn_trainer *trainer, nn_trainer_hook hook,
                                              void *user);

/* After each update. */
NN_API nn_status nn_trainer_set_step_hook(nn_trainer *trainer, nn_trainer_hook hook,
                                          void *user);

/* After each epoch, its validation included: the history has the epoch's values. */
NN_API nn_status nn_trainer_set_epoch_hook(nn_trainer *trainer, nn_trainer_hook hook,
                                           void *user);

/* Asks the run to end after the step at hand, or the next one before its first step.
 * May be called from any thread and from a signal handler; trainer is not NULL. */
NN_API void nn_trainer_request_stop(nn_trainer *trainer);

/* ---- learning ---- */

/* Trains for at most `epochs` epochs (>= 0) on `training`, evaluating on `validation`
 * (may be NULL) after each. Inputs and targets go to the model's inputs and the losses
 * in order. May be called again: epochs, steps, history and optimizer state go on.
 * Integer data for a float32 input becomes floats as it is used. A mini-batch whose
 * samples all have weight 0 is passed over. Errors: NN_ERROR_EMPTY, NN_ERROR_SHAPE,
 * NN_ERROR_DTYPE, NN_ERROR_LABEL (sample named), NN_ERROR_DATA, NN_ERROR_LOSS,
 * NN_ERROR_GRADIENT, NN_ERROR_CALLBACK, NN_ERROR_MEMORY. After an error the parameters
 * are those of the last whole step; with restore_best, of the best epoch, if there was
 * one. */
NN_API nn_status nn_trainer_fit(nn_trainer *trainer, const nn_dataset *training,
                                const nn_dataset *validation, int32_t epochs);

enum {
    NN_STOP_NONE = 0,      /* no run yet */
    NN_STOP_EPOCHS = 1,    /* all epochs done */
    NN_STOP_EARLY = 2,     /* early stopping */
    NN_STOP_REQUESTED = 3, /* nn_trainer_request_stop */
    NN_STOP_HOOK = 4,      /* a hook */
    NN_STOP_ERROR = 5
};

/* Why the last fit ended (NN_STOP_...). */
NN_API int32_t nn_trainer_stop_reason(const nn_trainer *trainer);

/* One step on a batch: forward, loss, backward, update. One tensor for each input and
 * each loss that takes a target, all with the same leading dimension; weights (B) may
 * be NULL. *loss (may be NULL) is J before the update. Errors as for fit. */
NN_API nn_status nn_trainer_step(nn_trainer *trainer, const nn_tensor *const *inputs,
                                 int32_t input_count, const nn_tensor *const *targets,
                                 int32_t target_count, const nn_tensor *weights,
                                 double *loss);

/* By hand. forward computes all outputs in training mode (dropout active); backward
 * computes J and the gradients of that batch against targets; update lets the optimizer
 * change the parameters. Gradients are those of the last backward. NN_ERROR_STATE out of
 * order. A batch larger than any before it makes the trainer allocate. */
NN_API nn_status nn_trainer_forward(nn_trainer *trainer, const nn_tensor *const *inputs,
                                    int32_t count);
NN_API nn_status nn_trainer_backward(nn_trainer *trainer, const nn_tensor *const *targets,
                                     int32_t count, const nn_tensor *weights,
                                     double *loss);
NN_API nn_status nn_trainer_update(nn_trainer *trainer);

/* The gradient of parameter `index` of the model: a tensor that shows the trainer's
 * memory, filled by backward and by each step. It belongs to the trainer and is valid as
 * long as it; NULL for a frozen parameter or where there is none.
 *
 * Steps of plain SGD (without clip_norm, max_norm, gradient hook, micro-batches and kept
 * nodes) do not write the gradients of large weights as long as nobody has asked for a
 * gradient of this trainer: that saves memory traffic, and changes no bit. The first call
 * of this function computes them from the last step's batch, whose tensors must be as they
 * were; from then on each step writes them. So who reads gradients after each step asks
 * for the tensors before the first one. After a step or run that failed, gradients are
 * undefined. */
NN_API nn_tensor *nn_trainer_gradient(nn_trainer *trainer, int32_t index);

/* A copy of the value at a node after forward, or of dJ/dvalue after backward, (B,
 * shape): a new tensor for the caller. NULL with NN_ERROR_STATE where it is not kept
 * (see nn_trainer_set_keep_nodes; outputs always are, inputs after a forward by hand, and
 * input gradients where enabled; of a batch computed in parts nothing is) or not computed,
 * NN_ERROR_ARGUMENT where there is no such node. */
NN_API nn_tensor *nn_trainer_node_value(nn_trainer *trainer, nn_node node);
NN_API nn_tensor *nn_trainer_node_gradient(nn_trainer *trainer, nn_node node);

/* Epochs completed, and steps, since the trainer was created. 0 for NULL. */
NN_API int64_t nn_trainer_epoch(const nn_trainer *trainer);
NN_API int64_t nn_trainer_step_count(const nn_trainer *trainer);

/* Allocates now all that steps with the present options need (fit and step do it by
 * themselves at first; fit adds what holds the samples of a batch). */
NN_API nn_status nn_trainer_prepare(nn_trainer *trainer);

/* About the bytes that training with the present options holds, the samples of a batch
 * included, parameters not. *bytes is 0 on failure. */
NN_API nn_status nn_trainer_memory_needed(nn_trainer *trainer, uint64_t *bytes);

/* ---- checkpoints ----
 *
 * A checkpoint is a file with the whole state of a trainer: parameters, optimizer, schedule,
 * early stopping with the best parameters, history, seed, and where in an epoch the run is.
 * A run that was interrupted, whatever the moment, and goes on from its last checkpoint ends
 * with the bits of one that was not:
 *
 *     nn_trainer *trainer = ...;                        as always
 *     nn_trainer_set_checkpoint(trainer, "run.safetensors", 500);
 *     if (there is a file "run.safetensors")
 *         nn_trainer_resume(trainer, "run.safetensors");
 *     nn_trainer_fit(trainer, training, validation, 20); what is left of 20 epochs
 *
 * Saving is atomic: at every moment the path leads to the old file or to the new one. The
 * file is also a model file for nn_model_load (but for models with custom layers). */

/* Saves the trainer's state; also from a step hook or an epoch hook, not from a gradient
 * hook (NN_ERROR_STATE). NN_ERROR_NULL, NN_ERROR_IO, NN_ERROR_MEMORY: an old file is then
 * as it was, and so is the trainer. */
NN_API nn_status nn_trainer_save(nn_trainer *trainer, const char *path);

/* The same through a callback, which takes up to `size` bytes (at least 1) and returns how
 * many it took; 0 or a negative number is NN_ERROR_CALLBACK. */
NN_API nn_status nn_trainer_save_to(nn_trainer *trainer,
                                    int64_t (*write)(void *user, const void *bytes,
                                                     size_t size),
                                    void *user);

/* Makes nn_trainer_fit save the trainer after every `every` steps (counted as
 * nn_trainer_step_count does) and when a run ends, unless by an error or by a gradient hook.
 * path is copied. every = 0 ends it (path may then be NULL). A file that cannot be written
 * ends the run with its error after the step, which counts. NN_ERROR_NULL,
 * NN_ERROR_ARGUMENT, NN_ERROR_MEMORY. */
NN_API nn_status nn_trainer_set_checkpoint(nn_trainer *trainer, const char *path,
                                           int64_t every);

/* Puts a trainer into the state of a checkpoint. It has been made as the one that was saved:
 * the same model, kinds of losses and optimizer, and metrics. The options of this header
 * and of the optimizer come from the file (but for hooks, callbacks, progress, micro-batch
 * and what concerns memory); set them anew afterwards to change them. Where the checkpoint
 * is from the middle of a run, the next nn_trainer_fit, on the same data, goes on with it:
 * its `epochs` counts from the beginning of that run, so the call can stay as it was.
 * NN_ERROR_NULL, NN_ERROR_IO, NN_ERROR_FORMAT, NN_ERROR_STATE (what was saved is another
 * trainer), NN_ERROR_MEMORY: the trainer is then as it was. */
NN_API nn_status nn_trainer_resume(nn_trainer *trainer, const char *path);

/* The same through a callback, which gives up to `size` bytes (at least 1) and returns how
 * many, 0 at the end, a negative number for a failure (NN_ERROR_CALLBACK). */
NN_API nn_status nn_trainer_resume_from(nn_trainer *trainer,
                                        int64_t (*read)(void *user, void *bytes,
                                                        size_t size),
                                        void *user);

/* ---- looking at results ---- */

/* Losses and metrics over a dataset, without dropout. results gets up to `capacity`
 * numbers: J, then (with several outputs) each J_o, then the metrics in order of
 * addition; their number is nn_trainer_result_count, their names
 * nn_trainer_result_name. */
NN_API nn_status nn_trainer_evaluate(nn_trainer *trainer, const nn_dataset *dataset,
                                     double *results, int32_t capacity);
NN_API int32_t nn_trainer_result_count(const nn_trainer *trainer);
NN_API const char *nn_trainer_result_name(const nn_trainer *trainer, int32_t index);

/* Output `output` for all samples of a dataset, (n, shape): a new tensor for the caller.
 * Targets are not looked at. NULL on failure. */
NN_API nn_tensor *nn_trainer_predict(nn_trainer *trainer, const nn_dataset *dataset,
                                     int32_t output);

/* Counts of (true class, predicted class) over a dataset into counts (classes, classes),
 * an NN_INT64 tensor; two classes for an output of one element. */
NN_API nn_status nn_trainer_confusion(nn_trainer *trainer, const nn_dataset *dataset,
                                      int32_t output, nn_tensor *counts);

/* The history: a series for each name, one number for each epoch. Names: "loss", the
 * other results, "val_" and each (NaN in epochs without validation), "rate". */
NN_API int32_t nn_trainer_history_count(const nn_trainer *trainer);
NN_API const char *nn_trainer_history_name(const nn_trainer *trainer, int32_t series);

/* The series of that name: *values has *epochs numbers and is valid until the trainer
 * trains again. NN_ERROR_NAME lists the names there are. */
NN_API nn_status nn_trainer_history(const nn_trainer *trainer, const char *name,
                                    const double **values, int64_t *epochs);

/* Writes the history as CSV: a header line "epoch,loss,...", a line for each epoch
 * (1, 2, ...); numbers have 9 significant digits, a point, and may be nan or inf. The file
 * appears whole or not at all. NN_ERROR_IO. */
NN_API nn_status nn_trainer_write_history(const nn_trainer *trainer, const char *path);

/* The range test (Smith 2017): trains `steps` steps (>= 2) on mini-batches of the
 * dataset with rates growing geometrically from low to high (0 < low < high), writing
 * the rate and the loss of each into rates and losses (steps numbers each), then puts
 * parameters, optimizer state and counters back. Ends early, with NN_OK, when the loss
 * is not finite (it is not written) or exceeds four times the smallest so far (the
 * last one written); *done is the number of steps written. */
NN_API nn_status nn_trainer_rate_sweep(nn_trainer *trainer, const nn_dataset *dataset,
                                       double low, double high, int32_t steps,
                                       double *rates, double *losses, int32_t *done);

/* Compares the gradients of J on a batch with central differences (J(w + h) - J(w -
 * h)) / 2h at up to `samples` elements of each parameter, chosen at random (0: all).
 * *worst (may be NULL) is the largest |analytic - numeric| / max(1, |analytic|,
 * |numeric|). NN_ERROR_GRADIENT, naming the worst parameter, element and both numbers,
 * where it exceeds tolerance. Dropout draws the same mask each time. In float32, h =
 * 1e-2 and tolerance = 1e-2 suit smooth networks. */
NN_API nn_status nn_gradient_check(nn_trainer *trainer, const nn_tensor *const *inputs,
                                   int32_t input_count, const nn_tensor *const *targets,
                                   int32_t target_count, const nn_tensor *weights,
                                   double h, double tolerance, int64_t samples,
                                   double *worst);

#ifdef __cplusplus
}
#endif

#endif
