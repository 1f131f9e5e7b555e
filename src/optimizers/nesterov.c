/* Nesterov's accelerated gradient: momentum whose step looks ahead, to where the velocity
 * is about to lead,
 *     v = momentum v + g,        w = w - rate (g + momentum v).
 * Nesterov, "A method for solving the convex programming problem with convergence rate
 * O(1/k^2)", Soviet Mathematics Doklady 27 (1983), 372-376; in the form of Sutskever,
 * Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep
 * learning", ICML 2013, rewritten for w at the point looked ahead to. */
#include "base/contract.h"
#include "optimizers/optimizer_options.h"

struct nesterov_optimizer {
    struct nn_optimizer base;
    double momentum;
};

static const struct nni_option nesterov_options[] = {
    NNI_OPTIMIZER_OPTIONS(0.01, 0),
    NNI_OPTION_BELOW_1(momentum, struct nesterov_optimizer, 0.9),
};

nn_optimizer *nn_nesterov(nn_context *context, double rate, double momentum)
{
    nn_optimizer *optimizer =
        nni_optimizer_new_rate(context, &nni_optimizer_nesterov, rate);
    if (optimizer == NULL) {
        return NULL;
    }
    return nni_optimizer_finish(optimizer,
                                nn_optimizer_set(optimizer, "momentum", momentum));
}

static uint32_t nesterov_slots(const nn_optimizer *optimizer)
{
    (void)optimizer;
    return 1;
}

static nni_update_function *nesterov_prepare(const nn_optimizer *optimizer,
                                             const struct nni_kernels *kernels,
                                             uint64_t t,
                                             float coefficient[NNI_COEFFICIENTS_MAX])
{
    (void)t;
    coefficient[0] = (float)((const struct nesterov_optimizer *)optimizer)->momentum;
    coefficient[1] = 1.0f;
    coefficient[2] = 1.0f;
    return kernels->update_momentum;
}

const struct nni_optimizer_type nni_optimizer_nesterov = {
    .id = 3,
    .name = "nesterov",
    .size = sizeof(struct nesterov_optimizer),
    .options = nesterov_options,
    .option_count = NNI_COUNT(nesterov_options),
    .slots = nesterov_slots,
    .prepare = nesterov_prepare,
};
