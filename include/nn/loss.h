/* nn/loss.h - losses: how wrong an output is, as one number to make small.
 *
 * A loss compares outputs (B, ...) with targets (B, ...). Each sample r has a loss l_r;
 * the batch's loss is the empirical loss of the lecture,
 *     J = sum_r w_r l_r / sum_r w_r,
 * with sample weights w_r (1 where none are given), so J = 1/B sum_r l_r. Weights are at
 * least 0 and not all 0. Class weights multiply w_r by the weight of the sample's class,
 * in the numerator and in the denominator (as PyTorch does for integer labels).
 *
 * A loss given to a trainer belongs to it (also when that fails); one never given away is
 * destroyed with nn_loss_destroy. Creators return NULL on NN_ERROR_ARGUMENT or
 * NN_ERROR_MEMORY. */
#ifndef NN_LOSS_H
#define NN_LOSS_H

#include <nn/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_loss nn_loss;

/* l = mean_j (f_j - y_j)^2. Targets: float32 of the output's shape (here and below an
 * output of shape (1) also takes targets of shape ()). */
NN_API nn_loss *nn_mean_squared_error(nn_context *context);

/* l = mean_j |f_j - y_j|; derivative 0 where they are equal. Targets as above. */
NN_API nn_loss *nn_mean_absolute_error(nn_context *context);

/* l = mean_j h(f_j - y_j), h(e) = e^2 / 2 where |e| <= delta, else
 * delta (|e| - delta / 2) (Huber 1964). delta > 0. Targets as above. */
NN_API nn_loss *nn_huber(nn_context *context, double delta);

/* l = -mean_j [y_j log f_j + (1 - y_j) log(1 - f_j)] from probabilities f (the output of
 * a sigmoid); logarithms are bounded below by -100, as in PyTorch. Targets: float32 in
 * 0 ... 1, or integers 0 and 1, of the output's shape. Option "class_weights": two. */
NN_API nn_loss *nn_binary_cross_entropy(nn_context *context);

/* The same from logits z, f = sigmoid(z), without loss of digits; the output layer is
 * linear: l = mean_j [max(z_j, 0) - z_j y_j + log(1 + exp(-|z_j|))]. */
NN_API nn_loss *nn_sigmoid_cross_entropy(nn_context *context);

/* l = -sum_c t_c log softmax(z)_c from logits z (..., C); the output layer is linear.
 * Targets: integer labels 0 ... C - 1 of shape (...) (or (1) for outputs of shape (C)),
 * or float32 probabilities of the output's shape (one-hot). Where there are leading
 * dimensions, l is their mean. Options: "label_smoothing" e in [0, 1): t becomes
 * (1 - e) t + e / C; "class_weights": C numbers >= 0. */
NN_API nn_loss *nn_softmax_cross_entropy(nn_context *context);

/* l = mean_j f_j: the network's output is itself the loss, composed by the user from
 * layers (its targets are then inputs of the network). Takes no targets. */
NN_API nn_loss *nn_output_as_loss(nn_context *context);

/* Creates a loss by name: "mean_squared_error", "mean_absolute_error", "huber",
 * "binary_cross_entropy", "sigmoid_cross_entropy", "softmax_cross_entropy",
 * "output_as_loss". NN_ERROR_NAME lists the names. */
NN_API nn_loss *nn_loss_create(nn_context *context, const char *kind);

/* Destroys a loss that no trainer took. NULL is accepted, and so is a loss that belongs
 * to a trainer: it stays with it. */
NN_API void nn_loss_destroy(nn_loss *loss);

/* The kind's name; NULL for NULL. */
NN_API const char *nn_loss_kind(const nn_loss *loss);

/* Sets an option by name: NN_ERROR_NAME, NN_ERROR_ARGUMENT; NN_ERROR_STATE once the loss
 * belongs to a trainer. */
NN_API nn_status nn_loss_set_float(nn_loss *loss, const char *option, double value);

/* Sets an option that is a list of numbers (copied); errors as above. */
NN_API nn_status nn_loss_set_floats(nn_loss *loss, const char *option,
                                    const float *values, int64_t count);

/* The value of a numeric option. *value is 0 on failure. */
NN_API nn_status nn_loss_option(const nn_loss *loss, const char *option, double *value);

/* Computes J of outputs (B, ...) against targets (B, ...) (NULL for nn_output_as_loss)
 * and weights (B) (NULL for none), into *value; and dJ/doutputs into gradient, shaped as
 * outputs and apart from the others in memory, where that is not NULL. NN_ERROR_SHAPE,
 * NN_ERROR_DTYPE, NN_ERROR_LABEL (sample and label), NN_ERROR_EMPTY, NN_ERROR_DATA (a
 * weight or target is negative or not finite), NN_ERROR_ARGUMENT (an overlap). *value is
 * 0 on failure. A loss that is not finite is not an error here. */
NN_API nn_status nn_loss_evaluate(const nn_loss *loss, const nn_tensor *outputs,
                                  const nn_tensor *targets, const nn_tensor *weights,
                                  nn_tensor *gradient, double *value);

#ifdef __cplusplus
}
#endif

#endif
