/* AdaDelta: AdaGrad with a running mean in place of the sum, and steps in the parameter's
 * own unit, since they are multiplied by the root mean square u of earlier steps,
 *     s = rho s + (1 - rho) g^2,
 *     d = g sqrt(u + epsilon) / sqrt(s + epsilon),
 *     u = rho u + (1 - rho) d^2,        w = w - rate d.
 * Zeiler, "ADADELTA: an adaptive learning rate method", arXiv:1212.5701 (2012), algorithm
 * 1, where the rate is 1. */
#include "base/contract.h"
#include "optimizers/optimizer_options.h"

struct adadelta_optimizer {
    struct nn_optimizer base;
    double rho, epsilon;
};

static const struct nni_option adadelta_options[] = {
    NNI_OPTIMIZER_OPTIONS(1, 0),
    NNI_OPTION_BELOW_1(rho, struct adadelta_optimizer, 0.9),
    NNI_OPTION_AT_LEAST_0(epsilon, struct adadelta_optimizer, 1e-6),
};

nn_optimizer *nn_adadelta(nn_context *context, double rate)
{
    return nni_optimizer_new_rate(context, &nni_optimizer_adadelta, rate);
}

static uint32_t adadelta_slots(const nn_optimizer *optimizer)
{
    (void)optimizer;
    return 1 | 1 << 1;
}

static nni_update_function *adadelta_prepare(const nn_optimizer *optimizer,
                                             const struct nni_kernels *kernels,
                                             uint64_t t,
                                             float coefficient[NNI_COEFFICIENTS_MAX])
{
    (void)t;
    const struct adadelta_optimizer *a = (const struct adadelta_optimizer *)optimizer;
    coefficient[0] = (float)a->rho;
    coefficient[1] = (float)a->epsilon;
    return kernels->update_adadelta;
}

const struct nni_optimizer_type nni_optimizer_adadelta = {
    .id = 5,
    .name = "adadelta",
    .size = sizeof(struct adadelta_optimizer),
    .options = adadelta_options,
    .option_count = NNI_COUNT(adadelta_options),
    .slots = adadelta_slots,
    .prepare = adadelta_prepare,
};
