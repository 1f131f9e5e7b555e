/* Gradient descent on the gradient g of a batch, the lecture's stochastic gradient
 * descent:
 *     w = w - rate g.
 * Robbins and Monro, "A stochastic approximation method", Annals of Mathematical
 * Statistics 22 (1951), 400-407. It keeps no state. */
#include "optimizers/optimizer_options.h"

static const struct nni_option sgd_options[] = {
    NNI_OPTIMIZER_OPTIONS(0.01, 0),
};

nn_optimizer *nn_sgd(nn_context *context, double rate)
{
    return nni_optimizer_new_rate(context, &nni_optimizer_sgd, rate);
}

static uint32_t sgd_slots(const nn_optimizer *optimizer)
{
    (void)optimizer;
    return 0;
}

static nni_update_function *sgd_prepare(const nn_optimizer *optimizer,
                                        const struct nni_kernels *kernels, uint64_t t,
                                        float coefficient[NNI_COEFFICIENTS_MAX])
{
    (void)optimizer;
    (void)t;
    (void)coefficient;
    return kernels->update_sgd;
}

const struct nni_optimizer_type nni_optimizer_sgd = {
    .id = 1,
    .name = "sgd",
    .size = sizeof(struct nn_optimizer),
    .options = sgd_options,
    .option_count = NNI_COUNT(sgd_options),
    .updates_in_products = 1,
    .slots = sgd_slots,
    .prepare = sgd_prepare,
};
