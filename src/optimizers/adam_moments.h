/* What Adam and AdamW share: they differ in a default alone. */
#ifndef NNI_OPTIMIZERS_ADAM_MOMENTS_H
#define NNI_OPTIMIZERS_ADAM_MOMENTS_H

#include "optimizers/optimizer_options.h"

struct nni_adam {
    struct nn_optimizer base;
    double beta1, beta2, epsilon;
};

#define NNI_ADAM_OPTIONS(decay_standard)                   \
    NNI_OPTIMIZER_OPTIONS(0.001, decay_standard),          \
        NNI_OPTION_BELOW_1(beta1, struct nni_adam, 0.9),   \
        NNI_OPTION_BELOW_1(beta2, struct nni_adam, 0.999), \
        NNI_OPTION_AT_LEAST_0(epsilon, struct nni_adam, 1e-8)

/* As the members of nni_optimizer_type. */
uint32_t nni_adam_slots(const nn_optimizer *optimizer);
nni_update_function *nni_adam_prepare(const nn_optimizer *optimizer,
                                      const struct nni_kernels *kernels, uint64_t t,
                                      float coefficient[NNI_COEFFICIENTS_MAX]);

#endif
