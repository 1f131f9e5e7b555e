/* The interface between optimizers and the rest. An optimizer is one file with one
 * struct nni_optimizer_type and one line in optimizer_table.c. State is one contiguous
 * array for each slot over all parameters, so a step is one pass over memory. */
#ifndef NNI_OPTIMIZERS_OPTIMIZER_H
#define NNI_OPTIMIZERS_OPTIMIZER_H

#include "base/handle.h"
#include "base/options.h"
#include "base/shape.h"
#include "kernels/kernels.h"

#include <nn/optimizer.h>

/* One parameter as a step sees it. Slots are laid out in the order of the pieces. */
struct nni_piece {
    float *parameter;
    const float *gradient;
    int64_t count;
    int64_t columns;       /* of a matrix (max-norm runs down its columns); 0 otherwise */
    float rate_multiplier; /* of its layer */
};

/* Pieces that lie side by side with equal multipliers, updated in one pass. */
struct nni_piece_run {
    int32_t first; /* piece */
    int64_t start; /* in the slots */
    int64_t count; /* elements, with those of gaps */
};

/* Pieces whose update somebody else makes (nni_optimizer_run). */
struct nni_elsewhere {
    const int32_t *at; /* by piece: whatever number says where; negative: not elsewhere */
    void (*update)(void *data, int32_t at, const struct nni_update *update);
    void *data;
};

struct nni_optimizer_type {
    uint32_t id;
    const char *name;
    size_t size;
    const struct nni_option *options; /* the common ones included */
    int32_t option_count;
    /* Names of the options that fix the state and stay as they are once it is bound,
     * ended by NULL; NULL where there are none. */
    const char *const *fixed;
    /* 1 where a step is kernels->update_sgd and keeps no state, so that the product that
     * makes a gradient can update the parameter instead of writing it. */
    int32_t updates_in_products;
    /* Whether the options go together; NULL where each may take any value in range. */
    nn_status (*check)(const nn_optimizer *optimizer);
    /* Bit s set: slot s is in use, with the options as they are. */
    uint32_t (*slots)(const nn_optimizer *optimizer);
    /* The value slot elements start with; NULL for 0. */
    float (*initial)(const nn_optimizer *optimizer, int32_t slot);
    /* Fills coefficients (and nothing else) for step t = 1, 2, ..., and says which kernel
     * runs. */
    nni_update_function *(*prepare)(const nn_optimizer *optimizer,
                                    const struct nni_kernels *kernels, uint64_t t,
                                    float coefficient[NNI_COEFFICIENTS_MAX]);
};

struct nn_optimizer {
    struct nni_handle handle;
    const struct nni_optimizer_type *type;
    const struct nni_kernels *kernels;
    const void *owner; /* the trainer it belongs to; NULL before */
    double rate, l1, l2, decoupled_decay, clip_norm, clip_value, max_norm; /* options */

    /* bound state */
    uint64_t steps; /* taken */
    int32_t piece_count;
    struct nni_piece *pieces; /* copied */
    int64_t total;            /* elements of all pieces */
    int64_t
        gap; /* set before bind: up to so many zeros between pieces are updated, too */
    int32_t run_count;
    struct nni_piece_run *runs;  /* at most piece_count */
    float *slots[NNI_SLOTS_MAX]; /* NULL where not in use */
    struct nni_shape *shapes;    /* of the tensors of nn_optimizer_step; NULL otherwise */
};

nn_optimizer *nni_optimizer_new(nn_context *context,
                                const struct nni_optimizer_type *type);
nn_optimizer *nni_optimizer_finish(nn_optimizer *optimizer, nn_status status);
struct nni_options nni_optimizer_options(const nn_optimizer *optimizer);

/* A new optimizer with this rate: what the typed creators begin with. */
nn_optimizer *nni_optimizer_new_rate(nn_context *context,
                                     const struct nni_optimizer_type *type, double rate);

/* Fixes the parameters and allocates the state (with its initial values); steps = 0. A
 * second bind replaces the first; one that fails leaves it as it was. */
nn_status nni_optimizer_bind(nn_optimizer *optimizer, const struct nni_piece *pieces,
                             int32_t count);

/* Frees the state: as before the first bind. */
void nni_optimizer_unbind(nn_optimizer *optimizer);

/* Lists the runs anew after the bound pieces were made to point to other memory. */
void nni_optimizer_list_runs(nn_optimizer *optimizer);

/* Options and bound state of another optimizer of the same type become those of this one,
 * whose own are freed; the other one is unbound afterwards. */
void nni_optimizer_take_state(nn_optimizer *optimizer, nn_optimizer *from);

/* One step over the bound pieces at this rate (a schedule's; multiplied by each piece's
 * multiplier): clip, update, max-norm. Cannot fail, does not allocate. Neighbouring
 * pieces that are contiguous in memory with equal multipliers are updated in one pass.
 * Pieces that are elsewhere (which may be NULL) have no gradient in memory; in their place
 * elsewhere->update gets what it takes to update them. That needs
 * nni_optimizer_updates_in_products. */
void nni_optimizer_run(nn_optimizer *optimizer, double rate,
                       const struct nni_elsewhere *elsewhere);

/* 1 where, with the options as they are, each element's step depends on its gradient only
 * and is that of kernels->update_sgd. */
int nni_optimizer_updates_in_products(const nn_optimizer *optimizer);

/* The bytes that bind would allocate for `total` parameters in `count` pieces. */
size_t nni_optimizer_state_bytes(const nn_optimizer *optimizer, int64_t total,
                                 int32_t count);

const struct nni_optimizer_type *nni_optimizer_type_at(int32_t index);
const struct nni_optimizer_type *nni_optimizer_type_named(const char *name);

extern const struct nni_optimizer_type nni_optimizer_sgd, nni_optimizer_momentum,
    nni_optimizer_nesterov, nni_optimizer_adagrad, nni_optimizer_adadelta,
    nni_optimizer_rmsprop, nni_optimizer_adam, nni_optimizer_adamw;

#endif
