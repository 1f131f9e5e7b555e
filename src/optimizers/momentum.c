/* Gradient descent with momentum: the velocity v is a running sum of gradients, so steps
 * that agree grow and steps that alternate cancel,
 *     v = momentum v + (1 - dampening) g,        w = w - rate v.
 * Polyak, "Some methods of speeding up the convergence of iteration methods", USSR
 * Computational Mathematics and Mathematical Physics 4 (1964), 1-17. The first step has
 * v = g whatever the dampening, as in PyTorch. With option "nesterov" the step is that of
 * nesterov.c, w = w - rate (g + momentum v). */
#include "base/contract.h"
#include "optimizers/optimizer_options.h"

struct momentum_optimizer {
    struct nn_optimizer base;
    double momentum, dampening;
    int64_t nesterov;
};

static const struct nni_option momentum_options[] = {
    NNI_OPTIMIZER_OPTIONS(0.01, 0),
    NNI_OPTION_BELOW_1(momentum, struct momentum_optimizer, 0.9),
    {.name = "dampening",
     .type = NNI_OPTION_FLOAT,
     .offset = offsetof(struct momentum_optimizer, dampening),
     .maximum = 1},
    NNI_OPTION_FLAG(nesterov, struct momentum_optimizer),
};

nn_optimizer *nn_momentum(nn_context *context, double rate, double momentum)
{
    nn_optimizer *optimizer =
        nni_optimizer_new_rate(context, &nni_optimizer_momentum, rate);
    if (optimizer == NULL) {
        return NULL;
    }
    return nni_optimizer_finish(optimizer,
                                nn_optimizer_set(optimizer, "momentum", momentum));
}

static nn_status momentum_check(const nn_optimizer *optimizer)
{
    const struct momentum_optimizer *m = (const struct momentum_optimizer *)optimizer;
    if (m->nesterov && m->dampening > 0) {
        return nni_fail(NN_ERROR_ARGUMENT, "momentum: nesterov needs a dampening of 0");
    }
    return NN_OK;
}

static uint32_t momentum_slots(const nn_optimizer *optimizer)
{
    (void)optimizer;
    return 1;
}

static nni_update_function *momentum_prepare(const nn_optimizer *optimizer,
                                             const struct nni_kernels *kernels,
                                             uint64_t t,
                                             float coefficient[NNI_COEFFICIENTS_MAX])
{
    const struct momentum_optimizer *m = (const struct momentum_optimizer *)optimizer;
    coefficient[0] = (float)m->momentum;
    coefficient[1] = t == 1 ? 1.0f : (float)(1 - m->dampening);
    coefficient[2] = (float)m->nesterov;
    return kernels->update_momentum;
}

const struct nni_optimizer_type nni_optimizer_momentum = {
    .id = 2,
    .name = "momentum",
    .size = sizeof(struct momentum_optimizer),
    .options = momentum_options,
    .option_count = NNI_COUNT(momentum_options),
    .check = momentum_check,
    .slots = momentum_slots,
    .prepare = momentum_prepare,
};
