/* AdamW: Adam whose weight decay does not pass through the moments but shrinks the weight
 * itself before the step,
 *     w = (1 - rate decay) w,        then Adam's step (adam.c).
 * Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2.
 * All optimizers have the option "decoupled_decay"; here it is 0.01 from the start. */
#include "optimizers/adam_moments.h"

static const struct nni_option adamw_options[] = {
    NNI_ADAM_OPTIONS(0.01),
};

nn_optimizer *nn_adamw(nn_context *context, double rate)
{
    return nni_optimizer_new_rate(context, &nni_optimizer_adamw, rate);
}

const struct nni_optimizer_type nni_optimizer_adamw = {
    .id = 8,
    .name = "adamw",
    .size = sizeof(struct nni_adam),
    .options = adamw_options,
    .option_count = NNI_COUNT(adamw_options),
    .slots = nni_adam_slots,
    .prepare = nni_adam_prepare,
};
