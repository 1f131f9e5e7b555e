/* Planning: which nodes run, which learn, and which of them leave a gradient for later. What
 * memory that takes, plan_blocks.c says; plan.h explains steps and blocks. */
#include "model/plan.h"

#include "base/memory.h"

#include <string.h>

int nni_plan_is_output(const struct nni_plan *plan, int32_t node)
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
        if (nni_plan_is_output(plan, i))
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
        at->backward = at->learns && (at->backward || nni_plan_is_output(plan, i));
        if (!at->backward || (node->infer.needs & NNI_NO_GRADIENT))
            continue;
        for (int32_t k = 0; k < node->input_count; k++)
            plan->nodes[node->inputs[k]].backward = 1; /* a gradient arrives */
    }
}

/* ---- parameter gradients of shared and of late layers, scratch ---- */

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

/* A gradient that nobody adds anything to may wait until after backward; a small one does
 * not repay the trouble. */
static void plan_mark_late(struct nni_plan *plan)
{
    for (int32_t i = 0; plan->options.late && i < plan->node_count; i++) {
        const struct nni_node *node = &plan->model->nodes[i];
        struct nni_node_plan *at = &plan->nodes[i];
        at->late = at->backward && !at->shared && !nni_plan_is_frozen(plan, i) &&
                   (node->infer.needs & NNI_LATE) &&
                   plan->model->parameters[node->first_parameter].count >= NNI_LATE_COUNT;
        plan->late_count += at->late;
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
    plan->forward = nni_alloc(context, nodes, sizeof *plan->forward);
    plan->backward = nni_alloc(context, nodes, sizeof *plan->backward);
    plan->parameter_gradients =
        nni_alloc(context, nodes * NNI_PARAMETERS_MAX, sizeof *plan->parameter_gradients);
    if (plan->gradient_blocks == NULL || plan->adds == NULL || plan->inputs == NULL ||
        plan->input_gradients == NULL || plan->input_uses == NULL ||
        plan->forward == NULL || plan->backward == NULL || plan->parameters == NULL ||
        plan->parameter_gradients == NULL)
        return nn_last_status();
    for (size_t i = 0; i < inputs; i++)
        plan->gradient_blocks[i] = NNI_NO_BLOCK;
    return NN_OK;
}

static nn_status plan_fill(struct nni_plan *plan)
{
    NNI_TRY(plan_arrays(plan));
    plan_mark_runs(plan);
    if (plan->options.training)
        plan_mark_backward(plan);
    plan_own_gradients(plan);
    plan_mark_late(plan);
    NNI_TRY(nni_plan_make_blocks(plan));
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
    nni_free(context, plan->forward);
    nni_free(context, plan->backward);
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

/* 1 where a node's value or gradient stays as it was: what late gradients need lasts as long,
 * but is nobody else's. */
static int plan_keeps(const struct nni_plan *plan, nn_node node)
{
    return plan->options.keep_nodes || nni_node_is_input(&plan->model->nodes[node]) ||
           nni_plan_is_output(plan, node);
}

const void *nni_plan_value(const struct nni_plan *plan, nn_node node)
{
    return plan_keeps(plan, node) ? plan->nodes[node].call.output : NULL;
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
    return plan->nodes[node].gradient != NNI_NO_BLOCK && plan_keeps(plan, node);
}

int nni_plan_is_frozen(const struct nni_plan *plan, nn_node node)
{
    const unsigned char *frozen = plan->options.frozen;
    return frozen != NULL ? frozen[node] : plan->model->nodes[node].layer->frozen;
}
