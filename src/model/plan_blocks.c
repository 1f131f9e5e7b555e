/* The memory of a plan: how long each value and gradient is needed, and which may share it.
 * plan.h explains steps and blocks. */
#include "base/memory.h"
#include "model/plan.h"

static int32_t plan_backward_step(const struct nni_plan *plan, int32_t node)
{
    return 2 * plan->node_count - node;
}

/* The bytes of all rows of something, and of a gap behind them. */
static nn_status plan_block_bytes(const struct nni_plan *plan,
                                  const struct nni_node *node, int64_t per_sample,
                                  size_t size, int64_t *bytes)
{
    if (nni_multiply_checked(per_sample, plan->options.rows, bytes) &&
        nni_multiply_checked(*bytes, (int64_t)size, bytes) &&
        nni_add_checked(*bytes, NNI_ALIGNMENT, bytes))
        return NN_OK;
    return nni_layer_fail(node->layer, NN_ERROR_SIZE, "%lld samples are too many",
                          (long long)plan->options.rows);
}

static nn_status plan_add_block(struct nni_plan *plan, const struct nni_node *node,
                                int64_t per_sample, size_t size, int32_t first,
                                int32_t last, int32_t *block)
{
    int64_t bytes;
    NNI_TRY(plan_block_bytes(plan, node, per_sample, size, &bytes));
    if (plan->block_count == plan->block_capacity) {
        int32_t capacity = plan->block_capacity == 0 ? 32 : 2 * plan->block_capacity;
        struct nni_block *grown =
            nni_grow(plan->context, plan->blocks, (size_t)plan->block_capacity,
                     (size_t)capacity, sizeof *grown);
        if (grown == NULL)
            return nn_last_status();
        plan->blocks = grown;
        plan->block_capacity = capacity;
    }
    *block = plan->block_count++;
    plan->blocks[*block] =
        (struct nni_block){bytes / NNI_ALIGNMENT * NNI_ALIGNMENT, first, last, 0};
    return NN_OK;
}

/* The last step at which anything reads a node's value. */
static int32_t plan_last_use(const struct nni_plan *plan, int32_t i)
{
    if (plan->options.keep_nodes || nni_plan_is_output(plan, i))
        return nni_plan_end(plan);
    int32_t last = i;
    if (plan->nodes[i].backward && (plan->model->nodes[i].infer.needs & NNI_NEEDS_OUTPUT))
        last = plan_backward_step(plan, i);
    for (int32_t c = i + 1; c < plan->node_count; c++) {
        const struct nni_node *user = &plan->model->nodes[c];
        for (int32_t k = 0; plan->nodes[c].runs && k < user->input_count; k++) {
            if (user->inputs[k] != i)
                continue;
            if (plan->nodes[c].late)
                return nni_plan_end(plan);
            int reads = plan->nodes[c].backward && (user->infer.needs & NNI_NEEDS_INPUT);
            int32_t use = reads ? plan_backward_step(plan, c) : c;
            last = use > last ? use : last;
        }
    }
    return last;
}

/* 1 where node i may write over its first input, which nobody reads afterwards. */
static int plan_in_place(const struct nni_plan *plan, int32_t i)
{
    const struct nni_node *node = &plan->model->nodes[i];
    if (!(node->infer.needs & NNI_IN_PLACE) || node->input_count == 0)
        return 0;
    int32_t input = node->inputs[0];
    int32_t block = plan->nodes[input].value;
    const struct nni_shape *from = &plan->model->nodes[input].infer.output;
    const struct nni_shape *to = &node->infer.output;
    return block != NNI_NO_BLOCK && plan->blocks[block].last == i &&
           from->dtype == to->dtype && nni_shape_count(from) == nni_shape_count(to);
}

/* The caller's memory for all rows of every input has a size, too. */
static nn_status plan_check_inputs(const struct nni_plan *plan)
{
    for (int32_t i = 0; i < plan->model->input_count; i++) {
        const struct nni_node *node = &plan->model->nodes[plan->model->inputs[i]];
        const struct nni_shape *shape = &node->infer.output;
        int64_t bytes;
        NNI_TRY(plan_block_bytes(plan, node, nni_shape_count(shape),
                                 nn_dtype_size(shape->dtype), &bytes));
    }
    return NN_OK;
}

static nn_status plan_value_blocks(struct nni_plan *plan)
{
    for (int32_t i = 0; i < plan->node_count; i++) {
        const struct nni_node *node = &plan->model->nodes[i];
        struct nni_node_plan *at = &plan->nodes[i];
        at->value = at->gradient = at->saved = NNI_NO_BLOCK;
        if (!at->runs || nni_node_is_input(node))
            continue;
        int32_t last = plan_last_use(plan, i);
        if (plan_in_place(plan, i)) {
            at->value = plan->nodes[node->inputs[0]].value;
            plan->blocks[at->value].last = last;
        } else {
            const struct nni_shape *shape = &node->infer.output;
            NNI_TRY(plan_add_block(plan, node, nni_shape_count(shape),
                                   nn_dtype_size(shape->dtype), i, last, &at->value));
        }
        if (at->backward && node->infer.saved_per_sample > 0)
            NNI_TRY(plan_add_block(plan, node, node->infer.saved_per_sample,
                                   sizeof(float), i, plan_backward_step(plan, i),
                                   &at->saved));
    }
    return NN_OK;
}

/* The gradient of node i lives from its first contribution, the loss's or that of its last
 * user, until its own backward; those of inputs and outputs stay readable, and a late node
 * keeps its own, or dz in its place. */
static nn_status plan_gradient_block(struct nni_plan *plan, int32_t i, int32_t first)
{
    const struct nni_node *node = &plan->model->nodes[i];
    int keep = plan->options.keep_nodes || nni_node_is_input(node) ||
               nni_plan_is_output(plan, i) || plan->nodes[i].late;
    int32_t last = keep ? nni_plan_end(plan) : plan_backward_step(plan, i);
    return plan_add_block(plan, node, nni_shape_count(&node->infer.output), sizeof(float),
                          first, last, &plan->nodes[i].gradient);
}

/* Where one backward writes the gradient of its k-th input: straight into that node's
 * gradient if it is the first to contribute, otherwise into a temporary that is added. */
static nn_status plan_contribution(struct nni_plan *plan, int32_t i, int32_t k)
{
    const struct nni_node *node = &plan->model->nodes[i];
    int32_t input = node->inputs[k], place = plan->nodes[i].first_input + k;
    int32_t step = plan_backward_step(plan, i);
    if (!plan->nodes[input].backward)
        return NN_OK;
    if (plan->nodes[input].gradient == NNI_NO_BLOCK) {
        NNI_TRY(plan_gradient_block(plan, input, step));
        plan->gradient_blocks[place] = plan->nodes[input].gradient;
        return NN_OK;
    }
    plan->adds[place] = 1;
    return plan_add_block(plan, node, nni_shape_count(&node->input_shapes[k]),
                          sizeof(float), step, step, &plan->gradient_blocks[place]);
}

/* Where a late node keeps dz: over its gradient, unless that is an output's. */
static nn_status plan_delta_block(struct nni_plan *plan, int32_t i)
{
    const struct nni_node *node = &plan->model->nodes[i];
    struct nni_node_plan *at = &plan->nodes[i];
    at->delta = NNI_NO_BLOCK;
    if (!at->late || !(node->infer.needs & NNI_OWN_DELTA))
        return NN_OK;
    at->delta = at->gradient;
    if (!nni_plan_is_output(plan, i))
        return NN_OK;
    return plan_add_block(plan, node, nni_shape_count(&node->infer.output), sizeof(float),
                          plan_backward_step(plan, i), nni_plan_end(plan), &at->delta);
}

static nn_status plan_gradient_blocks(struct nni_plan *plan)
{
    for (int32_t i = plan->node_count - 1; i >= 0; i--)
        if (plan->nodes[i].backward && nni_plan_is_output(plan, i))
            NNI_TRY(plan_gradient_block(plan, i, plan->node_count));
    for (int32_t i = plan->node_count - 1; i >= 0; i--) {
        const struct nni_node *node = &plan->model->nodes[i];
        int passes = plan->nodes[i].backward && !(node->infer.needs & NNI_NO_GRADIENT);
        for (int32_t k = 0; passes && k < node->input_count; k++)
            NNI_TRY(plan_contribution(plan, i, k));
    }
    for (int32_t i = 0; i < plan->node_count; i++)
        NNI_TRY(plan_delta_block(plan, i));
    return NN_OK;
}

nn_status nni_plan_make_blocks(struct nni_plan *plan)
{
    NNI_TRY(plan_check_inputs(plan));
    NNI_TRY(plan_value_blocks(plan));
    return plan_gradient_blocks(plan);
}
