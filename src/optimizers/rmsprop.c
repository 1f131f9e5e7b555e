/* RMSProp: each parameter's gradient is divided by the root of a running mean s of its
 * square, so the steps have about the size of the rate,
 *     s = rho s + (1 - rho) g^2,        w = w - rate g / (sqrt(s) + epsilon).
 * Tieleman and Hinton, "Neural networks for machine learning", Coursera (2012), lecture
 * 6.5. Centered, an estimate of the variance takes the place of s (Graves, "Generating
 * sequences with recurrent neural networks", arXiv:1308.0850 (2013), equations 38-45):
 *     m = rho m + (1 - rho) g,        s - m^2 in place of s.
 * With momentum the quotient q feeds a velocity:
 *     b = momentum b + q,        w = w - rate b. */
#include "base/contract.h"
#include "optimizers/optimizer_options.h"

struct rmsprop_optimizer {
    struct nn_optimizer base;
    double rho, epsilon, momentum;
    int64_t centered;
};

static const struct nni_option rmsprop_options[] = {
    NNI_OPTIMIZER_OPTIONS(0.01, 0),
    NNI_OPTION_BELOW_1(rho, struct rmsprop_optimizer, 0.99),
    NNI_OPTION_AT_LEAST_0(epsilon, struct rmsprop_optimizer, 1e-8),
    NNI_OPTION_BELOW_1(momentum, struct rmsprop_optimizer, 0),
    NNI_OPTION_FLAG(centered, struct rmsprop_optimizer),
};

static const char *const rmsprop_fixed[] = {"momentum", "centered", NULL};

nn_optimizer *nn_rmsprop(nn_context *context, double rate)
{
    return nni_optimizer_new_rate(context, &nni_optimizer_rmsprop, rate);
}

static uint32_t rmsprop_slots(const nn_optimizer *optimizer)
{
    const struct rmsprop_optimizer *r = (const struct rmsprop_optimizer *)optimizer;
    return 1u | (r->centered ? 1u << 1 : 0u) | (r->momentum > 0 ? 1u << 2 : 0u);
}

static nni_update_function *rmsprop_prepare(const nn_optimizer *optimizer,
                                            const struct nni_kernels *kernels, uint64_t t,
                                            float coefficient[NNI_COEFFICIENTS_MAX])
{
    (void)t;
    const struct rmsprop_optimizer *r = (const struct rmsprop_optimizer *)optimizer;
    coefficient[0] = (float)r->rho;
    coefficient[1] = (float)r->epsilon;
    coefficient[2] = (float)r->momentum;
    return kernels->update_rmsprop;
}

const struct nni_optimizer_type nni_optimizer_rmsprop = {
    .id = 6,
    .name = "rmsprop",
    .size = sizeof(struct rmsprop_optimizer),
    .options = rmsprop_options,
    .option_count = NNI_COUNT(rmsprop_options),
    .fixed = rmsprop_fixed,
    .slots = rmsprop_slots,
    .prepare = rmsprop_prepare,
};
