/* The losses there are. A new one is its own file, its declaration in loss.h and its line
 * here. */
#include "losses/loss.h"

#include <string.h>

static const struct nni_loss_type *const loss_table[] = {
    &nni_loss_mean_squared_error,
    &nni_loss_mean_absolute_error,
    &nni_loss_huber,
    &nni_loss_binary_cross_entropy,
    &nni_loss_sigmoid_cross_entropy,
    &nni_loss_softmax_cross_entropy,
    &nni_loss_output_as_loss,
};

const struct nni_loss_type *nni_loss_type_at(int32_t index)
{
    return index >= 0 && index < NNI_COUNT(loss_table) ? loss_table[index] : NULL;
}

const struct nni_loss_type *nni_loss_type_named(const char *name)
{
    for (int32_t i = 0; i < NNI_COUNT(loss_table); i++) {
        if (strcmp(loss_table[i]->name, name) == 0) {
            return loss_table[i];
        }
    }
    return NULL;
}
