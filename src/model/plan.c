/* Planning: which nodes run and learn, how long each value and gradient is needed, and
 * which may share memory. plan.h explains steps and blocks. */
#include "model/plan.h"

#include "base/memory.h"

#include <string.h>

static int32_t plan_backward_step(const struct nni_plan *plan, int32_t node)
{
    return 2 * plan->node_count - node;
}

static int32_t plan_end(const struct nni_plan *plan)
{
    return 2 * plan->node_count + 1;
}

static int plan_is_output(const struct nni_plan *plan, int32_t node)
{
    for (int32_t i = 0; i < nn_model_output_count(plan->model); i++)
        if (nn_model_output_node(plan->model, i) == node)
            return 1;
    return 0;
}

/* ---- which nodes take part ---- */

static void plan_mark_runs(struct nni_plan *plan)
{
    for (int32_t i = plan->node_count - 1; i >= 0; i--) {
        const struct nni_node *node = &plan->model->nodes[i];
        if (plan_is_output(plan, i))
            plan->nodes[i].runs = 1;
        for (int32_t k = 0; plan->nodes[i].runs && k < node->input_count; k++)
            plan->nodes[node->inputs[k]].runs = 1;
    }
}

static int plan_learns(const struct nni_plan *plan, int32_t i)
{
    const struct nni_node *node = &plan->model->nodes[i];
    if (!plan->nodes[i].runs)
        return 0;
    if (nni_node_is_input(node))
        return plan->options.input_gradients && node->infer.output.dtype == NN_FLOAT32;
    if (node->infer.parameter_count > 0 && !nni_plan_is_frozen(plan, i))
        return 1;
    for (int32_t k = 0; k < node->input_count; k++)
        if (plan->nodes[node->inputs[k]].learns && !(node->infer.needs & NNI_NO_GRADIENT))
            return 1;
    return 0;
}

static void plan_mark_backward(struct nni_plan *plan)
{
    for (int32_t i = 0; i < plan->node_count; i++)
        plan->nodes[i].learns = plan_learns(plan, i);
    for (int32_t i = plan->node_count - 1; i >= 0; i--) {
        const struct nni_node *node = &plan->model->nodes[i];
        struct nni_node_plan *at = &plan->nodes[i];
        at->backward = at->learns && (at->backward || plan_is_output(plan, i));
        if (!at->backward || (node->infer.needs & NNI_NO_GRADIENT))
            continue;
        for (int32_t k = 0; k < node->input_count; k++)
            plan->nodes[node->inputs[k]].backward = 1; /* a gradient arrives */
    }
}

/* ---- blocks ---- */

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
    if (plan->options.keep_nodes || plan_is_output(plan, i))
        return plan_end(plan);
    int32_t last = i;
    if (plan->nodes[i].backward && (plan->model->nodes[i].infer.needs & NNI_NEEDS_OUTPUT))
        last = plan_backward_step(plan, i);
    for (int32_t c = i + 1; c < plan->node_count; c++) {
        const struct nni_node *user = &plan->model->nodes[c];
        for (int32_t k = 0; plan->nodes[c].runs && k < user->input_count; k++) {
            if (user->inputs[k] != i)
                continue;
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
 * user, until its own backward; those of inputs and outputs stay readable. */
static nn_status plan_gradient_block(struct nni_plan *plan, int32_t i, int32_t first)
{
    const struct nni_node *node = &plan->model->nodes[i];
    int keep =
        plan->options.keep_nodes || nni_node_is_input(node) || plan_is_output(plan, i);
    int32_t last = keep ? plan_end(plan) : plan_backward_step(plan, i);
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

static nn_status plan_gradient_blocks(struct nni_plan *plan)
{
    for (int32_t i = plan->node_count - 1; i >= 0; i--)
        if (plan->nodes[i].backward && plan_is_output(plan, i))
            NNI_TRY(plan_gradient_block(plan, i, plan->node_count));
    for (int32_t i = plan->node_count - 1; i >= 0; i--) {
        const struct nni_node *node = &plan->model->nodes[i];
        int passes = plan->nodes[i].backward && !(node->infer.needs & NNI_NO_GRADIENT);
        for (int32_t k = 0; passes && k < node->input_count; k++)
            NNI_TRY(plan_contribution(plan, i, k));
    }
    return NN_OK;
}

/* ---- parameter gradients of shared layers, scratch ---- */

static int plan_applications(const struct nni_plan *plan, const nn_layer *layer)
{
    int count = 0;
    for (int32_t i = 0; i < plan->node_count; i++)
        count += plan->nodes[i].backward && plan->model->nodes[i].layer == layer;
    return count;
}

/* A layer applied twice has a gradient for each application, summed at the end of the
 * batch: only so does each stay one chain in sample order over micro-batches. */
static void plan_own_gradients(struct nni_plan *plan)
{
    for (int32_t i = 0; i < plan->node_count; i++) {
        const struct nni_node *node = &plan->model->nodes[i];
        struct nni_node_plan *at = &plan->nodes[i];
        if (!at->backward || node->infer.parameter_count == 0 ||
            nni_plan_is_frozen(plan, i))
            continue;
        at->shared = plan_applications(plan, node->layer) > 1;
        at->own_offset = plan->own_floats;
        for (int32_t p = 0; at->shared && p < node->infer.parameter_count; p++) {
            int64_t count = plan->model->parameters[node->first_parameter + p].count;
            plan->own_floats += nni_parameter_span(count);
        }
    }
}

static void plan_scratch(struct nni_plan *plan)
{
    for (int32_t i = 0; i < plan->node_count; i++) {
        const struct nni_node *node = &plan->model->nodes[i];
        const struct nni_layer_type *type = node->layer->type;
        if (!plan->nodes[i].runs || type->scratch == NULL)
            continue;
        size_t bytes =
            type->scratch(node->layer, &node->infer, plan->context, plan->kernels,
                          plan->options.rows, plan->nodes[i].backward);
        plan->scratch_bytes = nni_max(plan->scratch_bytes, (int64_t)nni_align_up(bytes));
    }
}

/* ---- the plan as a whole ---- */

static nn_status plan_arrays(struct nni_plan *plan)
{
    const nn_model *model = plan->model;
    const nn_context *context = plan->context;
    size_t nodes = (size_t)model->node_count, inputs = 0;
    plan->nodes = nni_alloc(context, nodes, sizeof *plan->nodes);
    if (plan->nodes == NULL)
        return nn_last_status();
    for (size_t i = 0; i < nodes; i++) {
        plan->nodes[i].first_input = (int32_t)inputs;
        inputs += (size_t)model->nodes[i].input_count;
    }
    plan->gradient_blocks = nni_alloc(context, inputs, sizeof *plan->gradient_blocks);
    plan->adds = nni_alloc(context, inputs, sizeof *plan->adds);
    plan->inputs = nni_alloc(context, inputs, sizeof *plan->inputs);
    plan->input_gradients = nni_alloc(context, inputs, sizeof *plan->input_gradients);
    plan->input_uses = nni_alloc(context, inputs, sizeof *plan->input_uses);
    plan->parameters =
        nni_alloc(context, nodes * NNI_PARAMETERS_MAX, sizeof *plan->parameters);
    plan->parameter_gradients =
        nni_alloc(context, nodes * NNI_PARAMETERS_MAX, sizeof *plan->parameter_gradients);
    if (plan->gradient_blocks == NULL || plan->adds == NULL || plan->inputs == NULL ||
        plan->input_gradients == NULL || plan->input_uses == NULL ||
        plan->parameters == NULL || plan->parameter_gradients == NULL)
        return nn_last_status();
    for (size_t i = 0; i < inputs; i++)
        plan->gradient_blocks[i] = NNI_NO_BLOCK;
    return NN_OK;
}

static nn_status plan_fill(struct nni_plan *plan)
{
    NNI_TRY(plan_arrays(plan));
    NNI_TRY(plan_check_inputs(plan));
    plan_mark_runs(plan);
    if (plan->options.training)
        plan_mark_backward(plan);
    NNI_TRY(plan_value_blocks(plan));
    NNI_TRY(plan_gradient_blocks(plan));
    plan_own_gradients(plan);
    plan_scratch(plan);
    return nni_arena_place(plan->context, plan->blocks, plan->block_count,
                           &plan->arena_bytes);
}

nn_status nni_plan_create(const nn_model *model, const struct nni_plan_options *options,
                          struct nni_plan **out)
{
    const nn_context *context = model->handle.context;
    *out = NULL;
    struct nni_plan *plan = nni_alloc(context, 1, sizeof *plan);
    if (plan == NULL)
        return nn_last_status();
    plan->context = context;
    plan->kernels = nni_kernels_for(context);
    plan->model = model;
    plan->options = *options;
    plan->node_count = model->node_count;
    nn_status status = plan_fill(plan);
    if (status != NN_OK) {
        nni_plan_destroy(plan);
        return status;
    }
    *out = plan;
    return NN_OK;
}

void nni_plan_destroy(struct nni_plan *plan)
{
    if (plan == NULL)
        return;
    const nn_context *context = plan->context;
    nni_free(context, plan->arena);
    nni_free(context, plan->scratch);
    nni_free(context, plan->own_gradients);
    nni_free(context, plan->nodes);
    nni_free(context, plan->blocks);
    nni_free(context, plan->gradient_blocks);
    nni_free(context, plan->adds);
    nni_free(context, (void *)plan->inputs);
    nni_free(context, (void *)plan->input_gradients);
    nni_free(context, plan->input_uses);
    nni_free(context, (void *)plan->parameters);
    nni_free(context, (void *)plan->parameter_gradients);
    nni_free(context, plan);
}

int64_t nni_plan_bytes(const struct nni_plan *plan)
{
    return plan->arena_bytes + plan->scratch_bytes +
           plan->own_floats * (int64_t)sizeof(float);
}

const void *nni_plan_value(const struct nni_plan *plan, nn_node node)
{
    const struct nni_node_plan *at = &plan->nodes[node];
    if (nni_node_is_input(&plan->model->nodes[node]))
        return at->call.output;
    if (at->value == NNI_NO_BLOCK || plan->blocks[at->value].last < plan_end(plan))
        return NULL;
    return at->call.output;
}

float *nni_plan_gradient(const struct nni_plan *plan, nn_node node)
{
    const struct nni_node_plan *at = &plan->nodes[node];
    if (at->gradient == NNI_NO_BLOCK)
        return NULL;
    return (float *)(void *)(plan->arena + plan->blocks[at->gradient].offset);
}

int nni_plan_keeps_gradient(const struct nni_plan *plan, nn_node node)
{
    int32_t block = plan->nodes[node].gradient;
    return block != NNI_NO_BLOCK && plan->blocks[block].last == plan_end(plan);
}

int nni_plan_is_frozen(const struct nni_plan *plan, nn_node node)
{
    const unsigned char *frozen = plan->options.frozen;
    return frozen != NULL ? frozen[node] : plan->model->nodes[node].layer->frozen;
}
