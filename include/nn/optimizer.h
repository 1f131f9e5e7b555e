/* nn/optimizer.h - optimizers: how a gradient changes a parameter.
 *
 * Below w is a parameter, g its gradient, t = 1, 2, ... the step and `rate` the learning
 * rate. Where papers differ the definitions and defaults are PyTorch's; docs/numerics.md
 * lists the differences. Before an update the gradient is clipped and penalised:
 *     g = clip(g) + l2 w + l1 sign(w),        w = (1 - rate decoupled_decay) w.
 *
 * An optimizer given to a trainer belongs to it (also when that fails); the pointer stays
 * good for changing the rate while the trainer lives. One never given away is destroyed
 * with nn_optimizer_destroy. Creators return NULL on NN_ERROR_ARGUMENT or
 * NN_ERROR_MEMORY. */
#ifndef NN_OPTIMIZER_H
#define NN_OPTIMIZER_H

#include <nn/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_optimizer nn_optimizer;

/* w = w - rate g (Robbins and Monro 1951). */
NN_API nn_optimizer *nn_sgd(nn_context *context, double rate);

/* v = momentum v + (1 - dampening) g (v = g in the first step), w = w - rate v (Polyak
 * 1964). Options: "momentum" in [0, 1), "dampening" in [0, 1] (0), "nesterov" (0): 1
 * steps as nn_nesterov and needs a dampening of 0. */
NN_API nn_optimizer *nn_momentum(nn_context *context, double rate, double momentum);

/* v as above without dampening, w = w - rate (g + momentum v) (Nesterov 1983, in
 * Sutskever's form, 2013). Option: "momentum" in [0, 1). */
NN_API nn_optimizer *nn_nesterov(nn_context *context, double rate, double momentum);

/* s = s + g^2, w = w - rate g / (sqrt(s) + epsilon) (Duchi, Hazan, Singer 2011). Options:
 * "epsilon" (1e-10), "initial" (0): the first s. */
NN_API nn_optimizer *nn_adagrad(nn_context *context, double rate);

/* s = rho s + (1 - rho) g^2, d = g sqrt(u + epsilon) / sqrt(s + epsilon),
 * u = rho u + (1 - rho) d^2, w = w - rate d (Zeiler 2012, whose rate is 1). Options:
 * "rho" (0.9), "epsilon" (1e-6). */
NN_API nn_optimizer *nn_adadelta(nn_context *context, double rate);

/* s = rho s + (1 - rho) g^2, w = w - rate g / (sqrt(s) + epsilon) (Tieleman and Hinton
 * 2012). Options: "rho" (0.99), "epsilon" (1e-8), "centered" (0): s - m^2 in place of s,
 * m = rho m + (1 - rho) g (Graves 2013); "momentum" (0): b = momentum b + g / (...),
 * w = w - rate b. */
NN_API nn_optimizer *nn_rmsprop(nn_context *context, double rate);

/* m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
 * w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon) (Kingma and Ba
 * 2015). Options: "beta1" (0.9), "beta2" (0.999), "epsilon" (1e-8). */
NN_API nn_optimizer *nn_adam(nn_context *context, double rate);

/* Adam with decoupled weight decay (Loshchilov and Hutter 2019); "decoupled_decay" is
 * 0.01 by default. */
NN_API nn_optimizer *nn_adamw(nn_context *context, double rate);

/* Creates an optimizer by name ("sgd", "momentum", "nesterov", "adagrad", "adadelta",
 * "rmsprop", "adam", "adamw") with its defaults (the rate is 0.01; adadelta 1, adam and
 * adamw 0.001). NN_ERROR_NAME lists the names. */
NN_API nn_optimizer *nn_optimizer_create(nn_context *context, const char *kind);

/* Destroys an optimizer that no trainer took. NULL is accepted, and so is one that
 * belongs to a trainer: it stays with it. */
NN_API void nn_optimizer_destroy(nn_optimizer *optimizer);

/* The kind's name; NULL for NULL. */
NN_API const char *nn_optimizer_kind(const nn_optimizer *optimizer);

/* Sets an option by name (NN_ERROR_NAME, NN_ERROR_ARGUMENT). All optimizers have
 *   rate             >= 0; may be changed between steps
 *   l2               >= 0 (0): coupled weight decay, adds l2 w to the gradient
 *   l1               >= 0 (0): adds l1 sign(w)
 *   decoupled_decay  >= 0 (0): multiplies w by 1 - rate decoupled_decay
 *   clip_norm        >= 0 (0: off): scales all gradients together so that their joint
 *                    Euclidean norm is at most this (Pascanu 2013)
 *   clip_value       >= 0 (0: off): clips each gradient element to [-x, x], after that
 *   max_norm         >= 0 (0: off): after the update scales each column of every matrix
 *                    (the incoming weights of one unit) to at most this norm (Srivastava
 *                    2014)
 * Options that decide which state there is ("centered", "momentum" of rmsprop) and
 * "initial" are set before the first step and before the optimizer is given to a trainer:
 * NN_ERROR_STATE after that. */
NN_API nn_status nn_optimizer_set(nn_optimizer *optimizer, const char *option,
                                  double value);

/* The value of an option. *value is 0 on failure. */
NN_API nn_status nn_optimizer_option(const nn_optimizer *optimizer, const char *option,
                                     double *value);

/* The learning rate, at any time; the same as option "rate". A trainer's schedule starts
 * from it. rate >= 0. */
NN_API nn_status nn_optimizer_set_rate(nn_optimizer *optimizer, double rate);

/* The rate as set (not as a schedule has it now: nn_trainer_rate). 0 for NULL. */
NN_API double nn_optimizer_rate(const nn_optimizer *optimizer);

/* Makes one step over `count` (parameter, gradient) pairs of float32 tensors, with no
 * model at all: the first call fixes their number and shapes (NN_ERROR_SHAPE later) and
 * allocates the state; parameters are told apart by position. NN_ERROR_STATE where the
 * optimizer belongs to a trainer. NN_ERROR_GRADIENT where a gradient is not finite,
 * NN_ERROR_ARGUMENT where a parameter and its gradient overlap in memory. Nothing has
 * been changed where it fails. */
NN_API nn_status nn_optimizer_step(nn_optimizer *optimizer, nn_tensor *const *parameters,
                                   const nn_tensor *const *gradients, int32_t count);

/* Forgets all state: the next step is the first. NN_ERROR_STATE as above. */
NN_API nn_status nn_optimizer_reset(nn_optimizer *optimizer);

#ifdef __cplusplus
}
#endif

#endif
