/* What the two losses of yes-or-no outputs share: targets t in 0 ... 1, as floats or as
 * integers 0 and 1, and the weights of the two classes. */
#ifndef NNI_LOSSES_LOSS_BINARY_H
#define NNI_LOSSES_LOSS_BINARY_H

#include "losses/loss.h"

struct nni_binary_loss {
    struct nn_loss base;
    struct nni_float_list class_weights; /* none, or (w_0, w_1) */
};

enum { NNI_BINARY_OPTION_COUNT = 1 };
extern const struct nni_option nni_binary_options[NNI_BINARY_OPTION_COUNT];

/* As the members of nni_loss_type. */
nn_status nni_binary_check(const nn_loss *loss, const struct nni_shape *output,
                           const struct nni_shape *target);
nn_status nni_binary_check_targets(const nn_loss *loss, const struct nni_shape *output,
                                   const struct nni_shape *target, const void *values,
                                   int64_t rows, int64_t *row);
int nni_binary_has_class_factor(const nn_loss *loss, const struct nni_shape *target);
void nni_binary_class_factor(const nn_loss *loss, const struct nni_shape *output,
                             const struct nni_shape *target, const void *values,
                             int64_t rows, float *factor);

/* The weight of one element, t w_1 + (1 - t) w_0; 1 where there are no class weights. */
float nni_binary_weight(const nn_loss *loss, float t);

/* All targets of the batch as floats: as they are, or converted into the buffer. */
const float *nni_binary_targets(const struct nni_loss_call *call, float *buffer);

#endif
