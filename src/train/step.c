/* One step: forward, losses, backward, update - as a whole (nn_trainer_step) and by hand,
 * in the three parts of the lecture's loop. */
#include "base/contract.h"
#include "base/float_env.h"
#include "base/memory.h"
#include "base/text.h"
#include "train/trainer.h"

#include <math.h>

/* The first application of the parameter's layer that runs backward; -1 where there is none
 * or it is frozen, so that the parameter does not learn. */
static nn_node step_learning_node(const nn_trainer *trainer, int32_t parameter)
{
    const struct nni_plan *plan = trainer->training->plan;
    const nn_layer *layer = plan->model->parameters[parameter].layer;
    for (int32_t i = 0; i < plan->node_count; i++)
        if (plan->nodes[i].backward && plan->model->nodes[i].layer == layer)
            return trainer->frozen[i] ? -1 : i;
    return -1;
}

/* Lists the parameters that learn, with their gradients. */
static int32_t step_list_pieces(nn_trainer *trainer, struct nni_piece *pieces)
{
    const nn_model *model = trainer->model;
    int32_t count = 0;
    for (int32_t i = 0; i < model->parameter_count; i++) {
        const struct nni_parameter *parameter = &model->parameters[i];
        nn_node node = step_learning_node(trainer, i);
        if (node < 0)
            continue;
        trainer->pieces[count] =
            (struct nni_piece_origin){node, model->nodes[node].first_parameter == i};
        pieces[count] = (struct nni_piece){
            .parameter = model->weights + parameter->offset,
            .gradient = trainer->gradients + parameter->offset,
            .count = parameter->count,
            .columns = parameter->spec.shape.rank == 2 ? parameter->spec.shape.dim[1] : 0,
            .rate_multiplier = trainer->rate_multipliers[i],
        };
        count++;
    }
    return count;
}

/* Hands the parameters that learn to the optimizer. */
static nn_status step_bind_optimizer(nn_trainer *trainer)
{
    const nn_context *context = trainer->handle.context;
    size_t count = (size_t)trainer->model->parameter_count;
    if (trainer->bound || trainer->optimizer == NULL)
        return NN_OK;
    struct nni_piece *pieces = nni_alloc(context, count, sizeof *pieces);
    if (pieces == NULL)
        return nn_last_status();
    /* An optimizer without state may run over the zeros between parameters. */
    int has_state = !trainer->optimizer->type->updates_in_products;
    trainer->optimizer->gap = has_state ? 0 : NNI_PARAMETER_ALIGNMENT - 1;
    nn_status status =
        nni_optimizer_bind(trainer->optimizer, pieces, step_list_pieces(trainer, pieces));
    nni_free(context, pieces);
    trainer->bound = status == NN_OK;
    return status;
}

nn_status nni_step_prepare(nn_trainer *trainer, int64_t batch_rows)
{
    int64_t part =
        trainer->micro_batch > 0 ? nni_min(trainer->micro_batch, batch_rows) : batch_rows;
    NNI_TRY(nni_pass_reserve(trainer, 1, batch_rows, part, &trainer->training));
    return step_bind_optimizer(trainer);
}

/* ---- checks on what was computed ---- */

static nn_status step_check_loss(const nn_trainer *trainer, double loss)
{
    if (!trainer->check_loss || isfinite(loss))
        return NN_OK;
    const struct nni_pass *pass = trainer->training;
    int32_t head = 0;
    while (head < trainer->head_count - 1 && isfinite(pass->heads[head].total))
        head++;
    nn_node node = trainer->heads[head].node;
    return nni_fail(
        NN_ERROR_LOSS, "the loss of output %d ('%s') is %s in step %lld of epoch %lld",
        (int)head, trainer->model->nodes[node].layer->name, nni_number_text(loss, 6).text,
        (long long)trainer->step + 1, (long long)trainer->epoch + 1);
}

static nn_status step_check_gradients(const nn_trainer *trainer)
{
    const nn_model *model = trainer->model;
    const struct nni_kernels *kernels = trainer->training->plan->kernels;
    if (!trainer->check_gradients || kernels->all_finite(trainer->gradients, model->span))
        return NN_OK;
    for (int32_t i = 0; i < model->parameter_count; i++) {
        const struct nni_parameter *parameter = &model->parameters[i];
        const float *gradient = trainer->gradients + parameter->offset;
        for (int64_t k = 0; k < parameter->count; k++)
            if (!isfinite(gradient[k]))
                return nni_fail(
                    NN_ERROR_GRADIENT,
                    "the gradient of %s is %s at element %lld in step %lld of "
                    "epoch %lld",
                    parameter->name, nni_number_text(gradient[k], 6).text, (long long)k,
                    (long long)trainer->step + 1, (long long)trainer->epoch + 1);
    }
    return NN_OK;
}

/* ---- the parts of a step ---- */

/* A bound that fails decides nothing: then the late gradients are looked at, too. */
static nn_status step_check_late_gradients(nn_trainer *trainer)
{
    if (!trainer->check_gradients || nni_late_is_finite(trainer))
        return NN_OK;
    nni_late_settle(trainer);
    return step_check_gradients(trainer);
}

nn_status nni_step_gradients(nn_trainer *trainer, int32_t may_be_late, double *loss)
{
    struct nni_pass *pass = trainer->training;
    const struct nni_batch *batch = &trainer->batch;
    int32_t late = may_be_late && nni_late_suits(trainer);
    trainer->phase = NNI_PHASE_IDLE;
    trainer->late = 0; /* forward writes over what they are made of */
    NNI_TRY(nni_pass_begin(pass, batch));
    NNI_TRY(nni_pass_check_weight(pass, batch));
    for (int64_t first = 0; first < batch->rows; first += pass->part_rows) {
        int64_t rows = nni_min(pass->part_rows, batch->rows - first);
        NNI_TRY(nni_pass_forward(pass, batch, first, rows));
        nni_meters_count(trainer, pass, batch, first, rows);
        nni_pass_losses(pass, batch, first, rows, 1);
        NNI_TRY(nni_pass_backward(pass, batch, first, rows, late));
    }
    nni_plan_finish_gradients(pass->plan);
    if (late)
        nni_late_begin(trainer);
    *loss = nni_pass_total(pass, batch);
    NNI_TRY(step_check_loss(trainer, *loss));
    NNI_TRY(late ? step_check_late_gradients(trainer) : step_check_gradients(trainer));
    trainer->phase = NNI_PHASE_BACKWARD;
    return NN_OK;
}

/* The update at the schedule's rate, and the step counter. */
static nn_status step_update(nn_trainer *trainer)
{
    double rate;
    NNI_TRY(nni_schedule_rate(&trainer->schedule, trainer->optimizer->rate,
                              trainer->epoch, trainer->step, &rate));
    nni_late_update(trainer, rate);
    trainer->rate = rate;
    trainer->step++;
    trainer->phase = NNI_PHASE_UPDATED;
    return NN_OK;
}

int nni_step_hook(nn_trainer *trainer, const struct nni_hook *hook)
{
    if (hook->call == NULL)
        return 0;
    int32_t was_running = trainer->running;
    trainer->running = 1;
    int stop = hook->call(hook->user, trainer) != 0;
    trainer->running = was_running;
    return stop;
}

/* The hook may have written anything into the gradients. */
static nn_status step_ask_gradient_hook(nn_trainer *trainer, int *stop)
{
    *stop = nni_step_hook(trainer, &trainer->gradient_hook);
    return trainer->gradient_hook.call == NULL ? NN_OK : step_check_gradients(trainer);
}

nn_status nni_step_finish(nn_trainer *trainer)
{
    int stop;
    NNI_TRY(step_ask_gradient_hook(trainer, &stop));
    if (!stop) {
        NNI_TRY(step_update(trainer));
        stop = nni_step_hook(trainer, &trainer->step_hook);
    }
    if (stop)
        trainer->stop_reason = NN_STOP_HOOK;
    return NN_OK;
}

/* ---- a whole step on tensors ---- */

static nn_status step_need_optimizer(const nn_trainer *trainer, const char *who)
{
    if (trainer->optimizer == NULL)
        return nni_fail(NN_ERROR_STATE, "%s: the trainer has no optimizer", who);
    return NN_OK;
}

static void step_drop_inputs(nn_trainer *trainer)
{
    trainer->late = 0; /* late gradients cannot be made without the inputs before */
    for (int32_t i = 0; trainer->holds_inputs && i < trainer->model->input_count; i++) {
        nn_tensor_destroy(trainer->held_inputs[i]);
        trainer->held_inputs[i] = NULL;
    }
    trainer->holds_inputs = 0;
}

/* Keeps the inputs alive while their values may still be read. */
static void step_hold_inputs(nn_trainer *trainer, const nn_tensor *const *inputs)
{
    step_drop_inputs(trainer);
    for (int32_t i = 0; i < trainer->model->input_count; i++)
        trainer->held_inputs[i] = nni_handle_retain(inputs[i]);
    trainer->holds_inputs = 1;
}

static nn_status step_gradients_and_update(nn_trainer *trainer, double *loss)
{
    NNI_TRY(nni_step_gradients(trainer, 1, loss));
    return nni_step_finish(trainer);
}

/* After a whole step the inputs are read by late gradients, and by who asked to keep all;
 * otherwise the step need not hold them, and the plan forgets where they were. */
static nn_status step_whole(nn_trainer *trainer, const nn_tensor *const *inputs,
                            double *loss)
{
    struct nni_plan *plan = trainer->training->plan;
    if (trainer->keep_nodes || plan->late_count > 0) {
        step_hold_inputs(trainer, inputs);
        return step_gradients_and_update(trainer, loss);
    }
    step_drop_inputs(trainer);
    nn_status status = step_gradients_and_update(trainer, loss);
    nni_plan_forget_inputs(plan);
    return status;
}

nn_status nn_trainer_step(nn_trainer *trainer, const nn_tensor *const *inputs,
                          int32_t input_count, const nn_tensor *const *targets,
                          int32_t target_count, const nn_tensor *weights, double *loss)
{
    static const char who[] = "nn_trainer_step";
    double value = 0;
    if (loss != NULL)
        *loss = 0;
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_TRY(step_need_optimizer(trainer, who));
    trainer->phase = NNI_PHASE_IDLE;
    struct nni_batch *batch = &trainer->batch;
    NNI_TRY(nni_batch_inputs(trainer, who, inputs, input_count, batch));
    NNI_TRY(nni_batch_targets(trainer, who, targets, target_count, weights, batch));
    NNI_TRY(nni_step_prepare(trainer, batch->rows));
    NNI_TRY(nni_batch_convert(trainer->training, batch));
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = step_whole(trainer, inputs, &value);
    nni_float_env_leave(env);
    if (status == NN_OK && loss != NULL)
        *loss = value;
    return status;
}

/* ---- by hand ---- */

nn_status nn_trainer_forward(nn_trainer *trainer, const nn_tensor *const *inputs,
                             int32_t count)
{
    static const char who[] = "nn_trainer_forward";
    NNI_TRY(nni_trainer_check(trainer, who));
    trainer->phase = NNI_PHASE_IDLE;
    NNI_TRY(nni_batch_inputs(trainer, who, inputs, count, &trainer->batch));
    nni_late_settle(trainer); /* the gradients stay those of the last backward */
    int64_t rows = trainer->batch.rows;
    NNI_TRY(nni_pass_reserve(trainer, 1, rows, rows, &trainer->training));
    NNI_TRY(step_bind_optimizer(trainer));
    NNI_TRY(nni_batch_convert(trainer->training, &trainer->batch));
    step_hold_inputs(trainer, inputs);
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = nni_pass_forward(trainer->training, &trainer->batch, 0, rows);
    nni_float_env_leave(env);
    if (status == NN_OK)
        trainer->phase = NNI_PHASE_FORWARD;
    return status;
}

static nn_status step_backward(nn_trainer *trainer, double *loss)
{
    struct nni_pass *pass = trainer->training;
    const struct nni_batch *batch = &trainer->batch;
    NNI_TRY(nni_pass_begin(pass, batch));
    NNI_TRY(nni_pass_check_weight(pass, batch));
    nni_pass_losses(pass, batch, 0, batch->rows, 1);
    NNI_TRY(nni_pass_backward(pass, batch, 0, batch->rows, 0));
    nni_plan_finish_gradients(pass->plan);
    *loss = nni_pass_total(pass, batch);
    NNI_TRY(step_check_loss(trainer, *loss));
    return step_check_gradients(trainer);
}

nn_status nn_trainer_backward(nn_trainer *trainer, const nn_tensor *const *targets,
                              int32_t count, const nn_tensor *weights, double *loss)
{
    static const char who[] = "nn_trainer_backward";
    double value = 0;
    if (loss != NULL)
        *loss = 0;
    NNI_TRY(nni_trainer_check(trainer, who));
    if (trainer->phase != NNI_PHASE_FORWARD)
        return nni_fail(NN_ERROR_STATE, "%s: needs an nn_trainer_forward before it", who);
    NNI_TRY(nni_batch_targets(trainer, who, targets, count, weights, &trainer->batch));
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = step_backward(trainer, &value);
    nni_float_env_leave(env);
    trainer->phase = status == NN_OK ? NNI_PHASE_BACKWARD : NNI_PHASE_IDLE;
    if (status == NN_OK && loss != NULL)
        *loss = value;
    return status;
}

nn_status nn_trainer_update(nn_trainer *trainer)
{
    static const char who[] = "nn_trainer_update";
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_TRY(step_need_optimizer(trainer, who));
    if (trainer->phase != NNI_PHASE_BACKWARD)
        return nni_fail(NN_ERROR_STATE, "%s: needs an nn_trainer_backward before it",
                        who);
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = step_check_gradients(trainer); /* they may have been changed */
    if (status == NN_OK)
        status = step_update(trainer);
    nni_float_env_leave(env);
    return status;
}

nn_status nn_trainer_prepare(nn_trainer *trainer)
{
    static const char who[] = "nn_trainer_prepare";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (trainer->batch_size == NN_FULL_BATCH)
        return nni_fail(NN_ERROR_STATE,
                        "%s: the batch is the whole data set, whose size is "
                        "not known before nn_trainer_fit",
                        who);
    return nni_step_prepare(trainer, trainer->batch_size);
}

nn_status nn_trainer_memory_needed(nn_trainer *trainer, uint64_t *bytes)
{
    static const char who[] = "nn_trainer_memory_needed";
    NNI_NOT_NULL(who, bytes);
    *bytes = 0;
    NNI_TRY(nni_trainer_check(trainer, who));
    if (trainer->batch_size == NN_FULL_BATCH)
        return nni_fail(NN_ERROR_STATE,
                        "%s: the batch is the whole data set, whose size is "
                        "not known before nn_trainer_fit",
                        who);
    int64_t batch = trainer->batch_size, pass;
    int64_t part =
        trainer->micro_batch > 0 ? nni_min(trainer->micro_batch, batch) : batch;
    NNI_TRY(nni_pass_bytes_needed(trainer, batch, part, &pass));
    size_t state =
        trainer->optimizer == NULL
            ? 0
            : nni_optimizer_state_bytes(trainer->optimizer, trainer->model->span,
                                        trainer->model->parameter_count);
    *bytes = (uint64_t)pass + state +
             (uint64_t)trainer->model->span * sizeof *trainer->gradients;
    return NN_OK;
}
