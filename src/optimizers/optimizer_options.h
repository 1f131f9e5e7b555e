/* The options that every optimizer has: the first rows of its table. */
#ifndef NNI_OPTIMIZERS_OPTIMIZER_OPTIONS_H
#define NNI_OPTIMIZERS_OPTIMIZER_OPTIONS_H

#include "optimizers/optimizer.h"

#include <float.h>

/* A number in 0 ... the largest float, in which the kernels compute. */
#define NNI_OPTION_AT_LEAST_0(option, object, value)                                   \
    {                                                                                  \
        .name = #option, .type = NNI_OPTION_FLOAT, .offset = offsetof(object, option), \
        .maximum = (double)FLT_MAX, .standard = (value)                                \
    }

/* A number in [0, 1). */
#define NNI_OPTION_BELOW_1(option, object, value)                                      \
    {                                                                                  \
        .name = #option, .type = NNI_OPTION_FLOAT, .offset = offsetof(object, option), \
        .maximum = 1, .open_maximum = 1, .standard = (value)                           \
    }

/* 0 or 1. */
#define NNI_OPTION_FLAG(option, object)                                              \
    {                                                                                \
        .name = #option, .type = NNI_OPTION_INT, .offset = offsetof(object, option), \
        .maximum = 1                                                                 \
    }

#define NNI_OPTIMIZER_OPTIONS(rate_standard, decay_standard)                         \
    NNI_OPTION_AT_LEAST_0(rate, struct nn_optimizer, rate_standard),                 \
        NNI_OPTION_AT_LEAST_0(l1, struct nn_optimizer, 0),                           \
        NNI_OPTION_AT_LEAST_0(l2, struct nn_optimizer, 0),                           \
        NNI_OPTION_AT_LEAST_0(decoupled_decay, struct nn_optimizer, decay_standard), \
        NNI_OPTION_AT_LEAST_0(clip_norm, struct nn_optimizer, 0),                    \
        NNI_OPTION_AT_LEAST_0(clip_value, struct nn_optimizer, 0),                   \
        NNI_OPTION_AT_LEAST_0(max_norm, struct nn_optimizer, 0)

#endif
