/* The optimizers there are. A new one is its own file, its declaration in optimizer.h and
 * its line here. */
#include "optimizers/optimizer.h"

#include <string.h>

static const struct nni_optimizer_type *const optimizer_table[] = {
    &nni_optimizer_sgd,     &nni_optimizer_momentum, &nni_optimizer_nesterov,
    &nni_optimizer_adagrad, &nni_optimizer_adadelta, &nni_optimizer_rmsprop,
    &nni_optimizer_adam,    &nni_optimizer_adamw,
};

const struct nni_optimizer_type *nni_optimizer_type_at(int32_t index)
{
    return index >= 0 && index < NNI_COUNT(optimizer_table) ? optimizer_table[index]
                                                            : NULL;
}

const struct nni_optimizer_type *nni_optimizer_type_named(const char *name)
{
    for (int32_t i = 0; i < NNI_COUNT(optimizer_table); i++) {
        if (strcmp(optimizer_table[i]->name, name) == 0) {
            return optimizer_table[i];
        }
    }
    return NULL;
}
