/* The moments of Adam: m and v start at 0 and are too small at first, m by the factor
 * 1 - beta1^t and v by 1 - beta2^t (Kingma and Ba 2015, section 3). The corrections are
 * computed from the betas as the kernels see them, rounded to float, so that the first
 * step is exactly rate sign(g) but for epsilon. */
#include "base/compiler.h"
#include "base/contract.h"
#include "base/elementary_double.h"
#include "optimizers/adam_moments.h"

#include <math.h>

uint32_t nni_adam_slots(const nn_optimizer *optimizer)
{
    (void)optimizer;
    return 1 | 1 << 1;
}

/* The nearest float below 1. */
static float adam_beta(double beta)
{
    const float rounded = (float)beta;
    return rounded < 1.0f ? rounded : 1.0f - FLT_EPSILON / 2;
}

nni_update_function *nni_adam_prepare(const nn_optimizer *optimizer,
                                      const struct nni_kernels *kernels, uint64_t t,
                                      float coefficient[NNI_COEFFICIENTS_MAX])
{
    const struct nni_adam *adam = (const struct nni_adam *)optimizer;
    const float beta1 = adam_beta(adam->beta1);
    const float beta2 = adam_beta(adam->beta2);
    coefficient[0] = beta1;
    coefficient[1] = beta2;
    coefficient[2] = (float)adam->epsilon;
    coefficient[3] = (float)(1 / (1 - nni_pow_integer((double)beta1, t)));
    coefficient[4] = (float)(1 / sqrt(1 - nni_pow_integer((double)beta2, t)));
    return kernels->update_adam;
}
