/* A plan: how one model runs with at most `rows` samples at a time, decided once. It says
 * which nodes run, which values are kept how long, and where in one arena everything lies;
 * running it then only follows pointers. Trainers have one plan for training and one for
 * evaluation, a session has one.
 *
 * Time is counted in steps: node i runs forward at step i, losses are computed at step N
 * (the number of nodes), and node i runs backward at step 2 N - i. Each value, gradient and
 * scratch buffer is a block with a first and a last step; blocks whose spans meet get
 * different places, others may share. */
#ifndef NNI_MODEL_PLAN_H
#define NNI_MODEL_PLAN_H

#include "model/model.h"

/* What is asked of a plan. */
struct nni_plan_options {
    int64_t rows;            /* at most, >= 1 */
    int32_t training;        /* plans backward, too */
    int32_t keep_nodes;      /* all values and gradients stay readable */
    int32_t input_gradients; /* with respect to float inputs, too */
    int32_t late;            /* keeps what the late gradients need; not with keep_nodes */
    /* by node: 1 where its parameters stay as they are; outlives the plan. NULL: as the
     * layers say. */
    const unsigned char *frozen;
};

struct nni_block {
    int64_t bytes;
    int32_t first, last; /* steps; last < first: not used */
    int64_t offset;      /* in the arena */
};

enum {
    NNI_NO_BLOCK = -1,
    NNI_LATE_COUNT = 1024 /* elements of a parameter whose gradient may be late */
};

/* What the plan says of one node. Block numbers are NNI_NO_BLOCK where there is none. */
struct nni_node_plan {
    int32_t runs;     /* leads to an output */
    int32_t learns;   /* a gradient at its output is of use */
    int32_t backward; /* and arrives there: its backward runs */
    int32_t late;     /* what its late gradient needs is kept until the end */
    int32_t late_now; /* and as many rows as the last forward had suit it */
    int32_t value, gradient, saved, delta; /* blocks */
    int32_t first_input; /* of its inputs in the plan's arrays by input */
    int32_t shared;     /* a layer applied more than once, whose parameter gradients go to
                           own_gradients + own_offset first */
    int64_t own_offset; /* in floats */
    struct nni_call call; /* as far as it does not change from run to run */
};

/* One node's forward or backward, as a run follows them. */
struct nni_plan_step {
    void (*run)(const nn_layer *layer, struct nni_call *call);
    const nn_layer *layer;
    struct nni_call *call;
    int32_t node;
    int32_t adds; /* backward: some contributions lie in temporaries */
};

/* A place where a node reads an input of the model, to be set at each run. */
struct nni_input_use {
    int32_t place; /* in plan->inputs */
    int32_t input; /* of the model */
};

struct nni_plan {
    const nn_context *context;
    const struct nni_kernels *kernels;
    const nn_model *model; /* retained by the plan's owner */
    struct nni_plan_options options;
    int32_t node_count;
    struct nni_node_plan *nodes;
    struct nni_block *blocks;
    int32_t block_count, block_capacity;
    int32_t late_count; /* of nodes */
    int64_t arena_bytes, scratch_bytes;
    int64_t own_floats; /* extra gradient memory of shared layers */

    /* by input of each node: nodes[i].first_input + k */
    int32_t *gradient_blocks; /* where backward writes; NNI_NO_BLOCK: nobody asks */
    unsigned char *adds;      /* 1: that block is a temporary, added to the gradient */
    const void **inputs;
    float **input_gradients;
    /* by parameter of each node: NNI_PARAMETERS_MAX * i + p */
    const float **parameters;
    float **parameter_gradients;
    struct nni_input_use *input_uses;
    int32_t input_use_count;

    /* after nni_plan_allocate */
    struct nni_plan_step *forward, *backward; /* in the order in which they run */
    int32_t forward_count, backward_count;
    unsigned char *arena;
    void *scratch;
    float *own_gradients;
    const float *weights; /* laid out as model->weights */
    float *gradients;     /* as well; NULL without training */
    int64_t rows;         /* of the last forward */
};

/* Plans; allocates only the plan itself. On failure *out is NULL. */
nn_status nni_plan_create(const nn_model *model, const struct nni_plan_options *options,
                          struct nni_plan **out);
void nni_plan_destroy(struct nni_plan *plan);

/* The bytes nni_plan_allocate takes. */
int64_t nni_plan_bytes(const struct nni_plan *plan);

/* Takes the memory and resolves all pointers. weights and gradients (NULL without training)
 * are laid out as the model's block and outlive the plan. */
nn_status nni_plan_allocate(struct nni_plan *plan, const float *weights,
                            float *gradients);

/* What changes from run to run. */
struct nni_run {
    int64_t rows;       /* <= options.rows */
    int64_t first_row;  /* their place in the batch */
    int64_t batch_rows; /* of the whole batch */
    int32_t training;   /* dropout active (only in a training plan) */
    uint64_t seed, step;
    int32_t accumulate; /* backward: go on from the parameter gradients as they are */
    int32_t late; /* backward: the nodes that nni_plan_is_late names leave a gradient
                           to nni_plan_late */
};

/* Runs all nodes forward. inputs[i] holds the rows of input i and stays valid until
 * backward is done. NN_ERROR_CALLBACK where a custom layer failed. */
nn_status nni_plan_forward(struct nni_plan *plan, const struct nni_run *run,
                           const void *const *inputs);

/* The inputs of the last forward need not be there any more: their nodes have no value. */
void nni_plan_forget_inputs(struct nni_plan *plan);

/* Runs backward; the gradients at the output nodes have been written to
 * nni_plan_gradient. */
nn_status nni_plan_backward(struct nni_plan *plan, const struct nni_run *run);

/* Late gradients: backward leaves out the gradient of a node's first parameter, from when
 * on there is a choice: to compute it into the gradients after all (update NULL), or to let
 * its product update the parameter by it (see struct nni_layer_type), once it is sure that
 * no gradient is NaN or infinite. Nodes may be treated in any order; what they need lies
 * untouched until the next forward. nni_plan_is_late is 1 where a node does so for as many
 * rows as the last forward had. */
int nni_plan_is_late(const struct nni_plan *plan, nn_node node);
int nni_plan_late_is_finite(const struct nni_plan *plan, nn_node node);
void nni_plan_late(const struct nni_plan *plan, nn_node node,
                   const struct nni_update *update);

/* Sums the parameter gradients of shared layers, once after the last backward of a batch. */
void nni_plan_finish_gradients(struct nni_plan *plan);

/* The value or gradient of a node, or NULL where it is not kept. */
const void *nni_plan_value(const struct nni_plan *plan, nn_node node);
float *nni_plan_gradient(const struct nni_plan *plan, nn_node node);

/* 1 where the gradient of a node can still be read when backward is done. */
int nni_plan_keeps_gradient(const struct nni_plan *plan, nn_node node);

/* 1 where the parameters of a node stay as they are. */
int nni_plan_is_frozen(const struct nni_plan *plan, nn_node node);

/* The step after all others: what lasts until then can be read when a run is done. */
static inline int32_t nni_plan_end(const struct nni_plan *plan)
{
    return 2 * plan->node_count + 1;
}

int nni_plan_is_output(const struct nni_plan *plan, nn_node node);

/* Lists the blocks of a plan whose nodes' roles are known (plan_blocks.c). */
nn_status nni_plan_make_blocks(struct nni_plan *plan);

/* The placement of blocks in an arena (arena.c): fills the offsets and returns the size. */
nn_status nni_arena_place(const nn_context *context, struct nni_block *blocks,
                          int32_t count, int64_t *bytes);

#endif
