/* Reading what a step computed: gradients of parameters, values and gradients of nodes. */
#include "train/trainer.h"

#include <string.h>

nn_tensor *nn_trainer_gradient(nn_trainer *trainer, int32_t index)
{
    if (trainer == NULL || index < 0 || index >= trainer->model->parameter_count)
        return NULL;
    if (trainer->gradient_tensors[index] != NULL) {
        nni_late_settle(trainer);
        trainer->gradients_asked = 1;
    }
    return trainer->gradient_tensors[index];
}

/* A new tensor (rows, shape of the node) of copied values. */
static nn_tensor *nodes_copy(const nn_trainer *trainer, const struct nni_shape *sample,
                             int32_t dtype, const void *values)
{
    int64_t shape[NN_MAX_RANK];
    shape[0] = trainer->training->plan->rows;
    memcpy(shape + 1, sample->dim, (NN_MAX_RANK - 1) * sizeof *shape);
    nn_tensor *copy = nn_tensor_create((nn_context *)trainer->handle.context, dtype,
                                       shape, sample->rank + 1);
    if (copy != NULL)
        memcpy(copy->data, values, (size_t)copy->count * nn_dtype_size(dtype));
    return copy;
}

static nn_status nodes_check(const nn_trainer *trainer, const char *who, nn_node node,
                             int needs_backward)
{
    NNI_NOT_NULL_HANDLE(who, trainer);
    if (node < 0 || node >= trainer->model->node_count)
        return nni_fail(NN_ERROR_ARGUMENT, "%s: there is no node %d, the model has %d",
                        who, (int)node, (int)trainer->model->node_count);
    int computed = needs_backward ? trainer->phase >= NNI_PHASE_BACKWARD
                                  : trainer->phase >= NNI_PHASE_FORWARD;
    if (!computed)
        return nni_fail(NN_ERROR_STATE, "%s: nothing is computed yet", who);
    if (trainer->batch.rows > trainer->training->plan->options.rows)
        return nni_fail(NN_ERROR_STATE,
                        "%s: the batch was computed in parts, of which only the last is "
                        "there; see nn_trainer_set_micro_batch",
                        who);
    return NN_OK;
}

nn_tensor *nn_trainer_node_value(nn_trainer *trainer, nn_node node)
{
    static const char who[] = "nn_trainer_node_value";
    if (nodes_check(trainer, who, node, 0) != NN_OK)
        return NULL;
    const void *value = nni_plan_value(trainer->training->plan, node);
    if (value == NULL) {
        nni_fail(NN_ERROR_STATE,
                 "%s: the value of node %d is not kept; "
                 "nn_trainer_set_keep_nodes keeps all",
                 who, (int)node);
        return NULL;
    }
    const struct nni_shape *sample = &trainer->model->nodes[node].infer.output;
    return nodes_copy(trainer, sample, sample->dtype, value);
}

nn_tensor *nn_trainer_node_gradient(nn_trainer *trainer, nn_node node)
{
    static const char who[] = "nn_trainer_node_gradient";
    if (nodes_check(trainer, who, node, 1) != NN_OK)
        return NULL;
    const struct nni_plan *plan = trainer->training->plan;
    if (!nni_plan_keeps_gradient(plan, node)) {
        nni_fail(
            NN_ERROR_STATE,
            "%s: the gradient of node %d is not kept, or leads to nothing that learns; "
            "see nn_trainer_set_keep_nodes and nn_trainer_set_input_gradients",
            who, (int)node);
        return NULL;
    }
    return nodes_copy(trainer, &trainer->model->nodes[node].infer.output, NN_FLOAT32,
                      nni_plan_gradient(plan, node));
}
