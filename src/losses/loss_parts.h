/* What the losses' loops share: a batch cut into parts, each a smaller batch, and the
 * means along its rows. */
#ifndef NNI_LOSSES_LOSS_PARTS_H
#define NNI_LOSSES_LOSS_PARTS_H

#include "losses/loss.h"

/* Computes the rows of a batch one after the other, as nni_loss_type's run. */
typedef void nni_loss_part_function(const nn_loss *loss,
                                    const struct nni_loss_call *part);

/* Runs `function` over the batch, in parts on the context's threads where it is large.
 * Rows are independent, so the parts do not show in the result. */
void nni_loss_in_parts(const nn_loss *loss, const struct nni_loss_call *call,
                       nni_loss_part_function *function);

/* row_loss[r] = mean of terms[r][0 ... count - 1], summed in 16 lanes. */
void nni_loss_row_means(const struct nni_loss_call *part, const float *terms,
                        int64_t count);

#endif
