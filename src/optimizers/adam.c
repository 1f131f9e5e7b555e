/* Adam, adaptive moments: momentum and RMSProp together, from running means m of the
 * gradient and v of its square, freed of their bias towards the zeros they start from,
 *     m = beta1 m + (1 - beta1) g,        v = beta2 v + (1 - beta2) g^2,
 *     w = w - rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon).
 * Kingma and Ba, "Adam: a method for stochastic optimization", ICLR 2015, algorithm 1. */
#include "optimizers/adam_moments.h"

static const struct nni_option adam_options[] = {
    NNI_ADAM_OPTIONS(0),
};

nn_optimizer *nn_adam(nn_context *context, double rate)
{
    return nni_optimizer_new_rate(context, &nni_optimizer_adam, rate);
}

const struct nni_optimizer_type nni_optimizer_adam = {
    .id = 7,
    .name = "adam",
    .size = sizeof(struct nni_adam),
    .options = adam_options,
    .option_count = NNI_COUNT(adam_options),
    .slots = nni_adam_slots,
    .prepare = nni_adam_prepare,
};
