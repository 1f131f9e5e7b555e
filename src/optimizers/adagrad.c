/* AdaGrad: each parameter has its own rate, divided by the root of the sum s of all its
 * squared gradients so far, so rare features learn as fast as frequent ones,
 *     s = s + g^2,        w = w - rate g / (sqrt(s) + epsilon).
 * Duchi, Hazan, Singer, "Adaptive subgradient methods for online learning and stochastic
 * optimization", JMLR 12 (2011), 2121-2159. s starts at "initial". */
#include "base/contract.h"
#include "optimizers/optimizer_options.h"

struct adagrad_optimizer {
    struct nn_optimizer base;
    double epsilon, initial;
};

static const struct nni_option adagrad_options[] = {
    NNI_OPTIMIZER_OPTIONS(0.01, 0),
    NNI_OPTION_AT_LEAST_0(epsilon, struct adagrad_optimizer, 1e-10),
    NNI_OPTION_AT_LEAST_0(initial, struct adagrad_optimizer, 0),
};

static const char *const adagrad_fixed[] = {"initial", NULL};

nn_optimizer *nn_adagrad(nn_context *context, double rate)
{
    return nni_optimizer_new_rate(context, &nni_optimizer_adagrad, rate);
}

static uint32_t adagrad_slots(const nn_optimizer *optimizer)
{
    (void)optimizer;
    return 1;
}

static float adagrad_initial(const nn_optimizer *optimizer, int32_t slot)
{
    (void)slot;
    return (float)((const struct adagrad_optimizer *)optimizer)->initial;
}

static nni_update_function *adagrad_prepare(const nn_optimizer *optimizer,
                                            const struct nni_kernels *kernels, uint64_t t,
                                            float coefficient[NNI_COEFFICIENTS_MAX])
{
    (void)t;
    coefficient[0] = (float)((const struct adagrad_optimizer *)optimizer)->epsilon;
    return kernels->update_adagrad;
}

const struct nni_optimizer_type nni_optimizer_adagrad = {
    .id = 4,
    .name = "adagrad",
    .size = sizeof(struct adagrad_optimizer),
    .options = adagrad_options,
    .option_count = NNI_COUNT(adagrad_options),
    .fixed = adagrad_fixed,
    .slots = adagrad_slots,
    .initial = adagrad_initial,
    .prepare = adagrad_prepare,
};
