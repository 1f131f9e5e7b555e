/* Running a plan: the pointers of every node's call are resolved once, when the arena is
 * taken; forward follows the nodes up, backward down. Neither allocates nor fails, but for
 * a custom layer's callback. */
#include "base/memory.h"
#include "model/plan.h"

#include <string.h>

static void *run_block(const struct nni_plan *plan, int32_t block)
{
    return block == NNI_NO_BLOCK ? NULL : plan->arena + plan->blocks[block].offset;
}

/* Where the gradient of a node's parameter is summed, NULL where it is frozen. */
static float *run_parameter_gradient(const struct nni_plan *plan, int32_t i, int32_t p)
{
    const struct nni_node *node = &plan->model->nodes[i];
    const struct nni_node_plan *at = &plan->nodes[i];
    if (!at->backward || nni_plan_is_frozen(plan, i))
        return NULL;
    if (!at->shared)
        return plan->gradients +
               plan->model->parameters[node->first_parameter + p].offset;
    float *own = plan->own_gradients + at->own_offset;
    for (int32_t q = 0; q < p; q++) {
        int64_t count = plan->model->parameters[node->first_parameter + q].count;
        own += nni_parameter_span(count);
    }
    return own;
}

static void run_resolve_node(struct nni_plan *plan, int32_t i)
{
    const struct nni_node *node = &plan->model->nodes[i];
    struct nni_node_plan *at = &plan->nodes[i];
    int32_t first = at->first_input;
    for (int32_t k = 0; k < node->input_count; k++) {
        int32_t input = node->inputs[k];
        plan->inputs[first + k] = run_block(plan, plan->nodes[input].value);
        plan->input_gradients[first + k] =
            run_block(plan, plan->gradient_blocks[first + k]);
        if (!nni_node_is_input(&plan->model->nodes[input]))
            continue;
        for (int32_t m = 0; m < plan->model->input_count; m++)
            if (plan->model->inputs[m] == input)
                plan->input_uses[plan->input_use_count++] =
                    (struct nni_input_use){first + k, m};
    }
    const float **parameters = plan->parameters + i * NNI_PARAMETERS_MAX;
    float **gradients = plan->parameter_gradients + i * NNI_PARAMETERS_MAX;
    for (int32_t p = 0; p < node->infer.parameter_count; p++) {
        parameters[p] =
            plan->weights + plan->model->parameters[node->first_parameter + p].offset;
        gradients[p] = run_parameter_gradient(plan, i, p);
    }
    at->call = (struct nni_call){
        .context = plan->context,
        .kernels = plan->kernels,
        .infer = &node->infer,
        .input_count = node->input_count,
        .input_shapes = node->input_shapes,
        .output_shape = &node->infer.output,
        .inputs = plan->inputs + first,
        .output = run_block(plan, at->value),
        .saved = run_block(plan, at->saved),
        .scratch = plan->scratch,
        .parameters = parameters,
        .node = (uint32_t)i,
        .output_gradient = run_block(plan, at->gradient),
        .input_gradients = plan->input_gradients + first,
        .parameter_gradients = gradients,
        .delta = run_block(plan, at->delta),
    };
}

static int run_adds(const struct nni_plan *plan, int32_t i)
{
    int adds = 0;
    for (int32_t k = 0; k < plan->model->nodes[i].input_count; k++)
        adds |= plan->adds[plan->nodes[i].first_input + k];
    return adds;
}

/* The lists that a run follows. */
static void run_list_steps(struct nni_plan *plan)
{
    plan->forward_count = plan->backward_count = 0;
    for (int32_t i = 0; i < plan->node_count; i++) {
        nn_layer *layer = plan->model->nodes[i].layer;
        struct nni_node_plan *at = &plan->nodes[i];
        if (at->runs && layer->type->forward != NULL)
            plan->forward[plan->forward_count++] =
                (struct nni_plan_step){layer->type->forward, layer, &at->call, i, 0};
    }
    for (int32_t i = plan->node_count - 1; i >= 0; i--) {
        nn_layer *layer = plan->model->nodes[i].layer;
        struct nni_node_plan *at = &plan->nodes[i];
        if (at->backward && layer->type->backward != NULL)
            plan->backward[plan->backward_count++] = (struct nni_plan_step){
                layer->type->backward, layer, &at->call, i, run_adds(plan, i)};
    }
}

nn_status nni_plan_allocate(struct nni_plan *plan, const float *weights, float *gradients)
{
    plan->arena = nni_alloc(plan->context, (size_t)plan->arena_bytes, 1);
    plan->scratch = nni_alloc(plan->context, (size_t)plan->scratch_bytes, 1);
    plan->own_gradients =
        nni_alloc(plan->context, (size_t)plan->own_floats, sizeof *plan->own_gradients);
    if (plan->arena == NULL || plan->scratch == NULL || plan->own_gradients == NULL)
        return nn_last_status();
    plan->weights = weights;
    plan->gradients = gradients;
    for (int32_t i = 0; i < plan->node_count; i++)
        run_resolve_node(plan, i);
    run_list_steps(plan);
    return NN_OK;
}

static nn_status run_callback_failed(const nn_layer *layer, const char *what)
{
    return nni_layer_fail(layer, NN_ERROR_CALLBACK, "its %s callback returned an error",
                          what);
}

/* Which nodes may leave their gradient for later depends on the number of rows. */
static void run_set_rows(struct nni_plan *plan, int64_t rows)
{
    plan->rows = rows;
    for (int32_t i = 0; i < plan->node_count; i++) {
        struct nni_node_plan *at = &plan->nodes[i];
        const nn_layer *layer = plan->model->nodes[i].layer;
        at->call.rows = rows;
        at->late_now = at->late && layer->type->late_fits(layer, &at->call);
    }
}

nn_status nni_plan_forward(struct nni_plan *plan, const struct nni_run *run,
                           const void *const *inputs)
{
    if (plan->rows != run->rows)
        run_set_rows(plan, run->rows);
    for (int32_t i = 0; i < plan->input_use_count; i++)
        plan->inputs[plan->input_uses[i].place] = inputs[plan->input_uses[i].input];
    for (int32_t i = 0; i < plan->model->input_count; i++)
        plan->nodes[plan->model->inputs[i]].call.output = (void *)(uintptr_t)inputs[i];
    for (int32_t i = 0; i < plan->forward_count; i++) {
        const struct nni_plan_step *step = &plan->forward[i];
        struct nni_call *call = step->call;
        call->first_row = run->first_row;
        call->batch_rows = run->batch_rows;
        call->training = run->training;
        call->seed = run->seed;
        call->step = run->step;
        step->run(step->layer, call);
        if (call->failed) {
            call->failed = 0;
            return run_callback_failed(step->layer, "forward");
        }
    }
    return NN_OK;
}

void nni_plan_forget_inputs(struct nni_plan *plan)
{
    for (int32_t i = 0; i < plan->model->input_count; i++)
        plan->nodes[plan->model->inputs[i]].call.output = NULL;
}

/* Adds the contributions that a node's backward wrote into temporaries. */
static void run_add_contributions(const struct nni_plan *plan, int32_t i)
{
    const struct nni_node *node = &plan->model->nodes[i];
    for (int32_t k = 0; k < node->input_count; k++) {
        int32_t place = plan->nodes[i].first_input + k;
        if (!plan->adds[place])
            continue;
        float *sum = nni_plan_gradient(plan, node->inputs[k]);
        int64_t count = nni_shape_count(&node->input_shapes[k]) * plan->rows;
        plan->kernels->add(sum, plan->input_gradients[place], sum, count);
    }
}

nn_status nni_plan_backward(struct nni_plan *plan, const struct nni_run *run)
{
    for (int32_t i = 0; i < plan->backward_count; i++) {
        const struct nni_plan_step *step = &plan->backward[i];
        struct nni_call *call = step->call;
        call->accumulate = run->accumulate;
        call->late = run->late && plan->nodes[step->node].late_now;
        step->run(step->layer, call);
        if (call->failed) {
            call->failed = 0;
            return run_callback_failed(step->layer, "backward");
        }
        if (step->adds)
            run_add_contributions(plan, step->node);
    }
    return NN_OK;
}

int nni_plan_is_late(const struct nni_plan *plan, nn_node node)
{
    return plan->nodes[node].late_now;
}

int nni_plan_late_is_finite(const struct nni_plan *plan, nn_node node)
{
    const nn_layer *layer = plan->model->nodes[node].layer;
    return layer->type->late_is_finite(layer, &plan->nodes[node].call);
}

void nni_plan_late(const struct nni_plan *plan, nn_node node,
                   const struct nni_update *update)
{
    const nn_layer *layer = plan->model->nodes[node].layer;
    layer->type->late(layer, &plan->nodes[node].call, update);
}

/* The first application of a shared layer starts its parameters' gradients, later ones are
 * added in the order of the nodes. */
void nni_plan_finish_gradients(struct nni_plan *plan)
{
    for (int32_t i = 0; plan->own_floats > 0 && i < plan->node_count; i++) {
        const struct nni_node *node = &plan->model->nodes[i];
        if (!plan->nodes[i].shared)
            continue;
        int first = 1;
        for (int32_t j = 0; j < i; j++)
            first &=
                !(plan->nodes[j].shared && plan->model->nodes[j].layer == node->layer);
        for (int32_t p = 0; p < node->infer.parameter_count; p++) {
            const struct nni_parameter *parameter =
                &plan->model->parameters[node->first_parameter + p];
            const float *own = plan->parameter_gradients[i * NNI_PARAMETERS_MAX + p];
            float *sum = plan->gradients + parameter->offset;
            if (first)
                memcpy(sum, own, (size_t)parameter->count * sizeof *sum);
            else
                plan->kernels->add(sum, own, sum, parameter->count);
        }
    }
}
