/* Trainers as handles: creating, destroying, and what can be asked of them. */
#include "train/trainer.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>

/* ---- destroying ---- */

static void trainer_release_heads(nn_trainer *trainer)
{
    for (int32_t h = 0; trainer->heads != NULL && h < trainer->head_count; h++)
        if (trainer->heads[h].loss != NULL)
            nni_handle_release(trainer->heads[h].loss);
    nni_free(trainer->handle.context, trainer->heads);
}

static void trainer_destroy(void *handle)
{
    nn_trainer *trainer = handle;
    const nn_context *context = trainer->handle.context;
    nni_pass_destroy(trainer->training);
    nni_pass_destroy(trainer->evaluation);
    for (int32_t i = 0; i < NNI_DATASET_PORTS; i++)
        nn_tensor_destroy(trainer->held_inputs[i]);
    int32_t count = nn_model_parameter_count(trainer->model);
    for (int32_t i = 0; trainer->gradient_tensors != NULL && i < count; i++)
        nn_tensor_destroy(trainer->gradient_tensors[i]);
    nni_free(context, trainer->gradient_tensors);
    nni_free(context, trainer->pieces);
    nni_free(context, trainer->late_nodes);
    nni_handle_release(trainer->storage);
    nni_free(context, trainer->frozen);
    nni_free(context, trainer->rate_multipliers);
    nni_free(context, trainer->metrics);
    nni_meters_release(trainer);
    if (trainer->keeper.release != NULL)
        trainer->keeper.release(context, trainer->keeper.user);
    nni_meter_state_release(context, &trainer->run.meters);
    nni_history_release(&trainer->history);
    nni_early_stopping_release(&trainer->stopping);
    trainer_release_heads(trainer);
    nni_handle_release(trainer->optimizer);
    nni_handle_release(trainer->model);
}

void nn_trainer_destroy(nn_trainer *trainer)
{
    nni_handle_release(trainer);
}

/* ---- creating ---- */

/* Destroys what a creator was given where it fails early; a loss may be there twice. */
static void trainer_drop(nn_loss *const *losses, int32_t count, nn_optimizer *optimizer)
{
    for (int32_t i = 0; losses != NULL && i < count; i++) {
        int first = 1;
        for (int32_t k = 0; k < i; k++)
            first &= losses[k] != losses[i];
        if (first)
            nn_loss_destroy(losses[i]);
    }
    nn_optimizer_destroy(optimizer);
}

static nn_status trainer_take_loss(nn_trainer *trainer, int32_t h, nn_loss *loss,
                                   const char *who)
{
    if (loss->owner != NULL)
        return nni_fail(NN_ERROR_STATE, "%s: loss %d belongs to a trainer already", who,
                        (int)h);
    loss->owner = trainer;
    trainer->heads[h].loss = loss;
    return nni_handle_same_context(trainer, "model", loss, "loss");
}

static nn_status trainer_take_optimizer(nn_trainer *trainer, nn_optimizer *optimizer,
                                        const char *who)
{
    if (optimizer->owner != NULL)
        return nni_fail(NN_ERROR_STATE, "%s: the optimizer belongs to a trainer already",
                        who);
    optimizer->owner = trainer;
    trainer->optimizer = optimizer;
    if (optimizer->pieces != NULL)
        return nni_fail(NN_ERROR_STATE,
                        "%s: the optimizer has made steps of its own; "
                        "nn_optimizer_reset forgets them",
                        who);
    return nni_handle_same_context(trainer, "model", optimizer, "optimizer");
}

/* Takes losses and optimizer over, all of them, even where one cannot be used. */
static nn_status trainer_take(nn_trainer *trainer, nn_loss *const *losses, int32_t count,
                              nn_optimizer *optimizer, const char *who)
{
    nn_status first = NN_OK;
    trainer->head_count = count;
    for (int32_t h = 0; h < count; h++) {
        nn_status status = trainer_take_loss(trainer, h, losses[h], who);
        first = first == NN_OK ? status : first;
    }
    if (optimizer != NULL) {
        nn_status status = trainer_take_optimizer(trainer, optimizer, who);
        first = first == NN_OK ? status : first;
    }
    return first;
}

static nn_status trainer_set_heads(nn_trainer *trainer, const double *weights,
                                   const char *who)
{
    for (int32_t h = 0; h < trainer->head_count; h++) {
        struct nni_head *head = &trainer->heads[h];
        head->node = nn_model_output_node(trainer->model, h);
        head->weight = weights == NULL ? 1.0 : weights[h];
        if (!isgreaterequal(head->weight, 0) || isinf(head->weight))
            return nni_fail(NN_ERROR_ARGUMENT,
                            "%s: weights[%d] must be finite and at least 0, got %s", who,
                            (int)h, nni_number_text(head->weight, 9).text);
        head->target = -1;
        if (head->loss->type->takes_target)
            head->target = trainer->target_count++;
        else
            NNI_TRY(head->loss->type->check(
                head->loss, &trainer->model->nodes[head->node].infer.output, NULL));
    }
    return NN_OK;
}

static nn_status trainer_allocate_gradients(nn_trainer *trainer)
{
    const nn_context *context = trainer->handle.context;
    const nn_model *model = trainer->model;
    size_t count = (size_t)model->parameter_count;
    trainer->storage = nni_storage_create(context, model->span);
    trainer->gradient_tensors =
        nni_alloc(context, count, sizeof *trainer->gradient_tensors);
    trainer->pieces = nni_alloc(context, count, sizeof *trainer->pieces);
    trainer->late_nodes = nni_alloc(context, count, sizeof *trainer->late_nodes);
    if (trainer->storage == NULL || trainer->gradient_tensors == NULL ||
        trainer->pieces == NULL || trainer->late_nodes == NULL)
        return nn_last_status();
    trainer->gradients = trainer->storage->data;
    for (size_t i = 0; i < count; i++) {
        const struct nni_parameter *parameter = &model->parameters[i];
        if (parameter->layer->frozen)
            continue;
        trainer->gradient_tensors[i] =
            nni_tensor_show(trainer->storage, &parameter->spec.shape,
                            trainer->gradients + parameter->offset);
        if (trainer->gradient_tensors[i] == NULL)
            return nn_last_status();
    }
    return NN_OK;
}

/* Remembers which parameters learn, and how fast: layers may change their mind, for
 * trainers created later. */
static nn_status trainer_heed_layers(nn_trainer *trainer)
{
    const nn_context *context = trainer->handle.context;
    const nn_model *model = trainer->model;
    trainer->frozen = nni_alloc(context, (size_t)model->node_count, 1);
    trainer->rate_multipliers = nni_alloc(context, (size_t)model->parameter_count,
                                          sizeof *trainer->rate_multipliers);
    if (trainer->frozen == NULL || trainer->rate_multipliers == NULL)
        return nn_last_status();
    for (int32_t i = 0; i < model->node_count; i++)
        trainer->frozen[i] = model->nodes[i].layer->frozen != 0;
    for (int32_t i = 0; i < model->parameter_count; i++)
        trainer->rate_multipliers[i] = (float)model->parameters[i].layer->rate_multiplier;
    return NN_OK;
}

static void trainer_set_defaults(nn_trainer *trainer)
{
    const nn_context *context = trainer->handle.context;
    trainer->batch_size = 32;
    trainer->seed = nn_context_seed(context);
    trainer->shuffle = 1;
    trainer->check_loss = trainer->check_gradients = 1;
    trainer->direction = NN_MINIMIZE;
    trainer->rate = -1;
    trainer->progress.context = context;
    trainer->progress.level = NN_PROGRESS_EPOCH;
    nni_schedule_init(&trainer->schedule);
    nni_early_stopping_init(&trainer->stopping, context);
    nni_history_init(&trainer->history, context);
}

static nn_status trainer_fill(nn_trainer *trainer, const double *weights, const char *who)
{
    if (trainer->model->input_count > NNI_DATASET_PORTS ||
        trainer->head_count > NNI_DATASET_PORTS)
        return nni_fail(NN_ERROR_SIZE,
                        "%s: the model has %d inputs and %d outputs, a trainer takes at "
                        "most %d each",
                        who, (int)trainer->model->input_count, (int)trainer->head_count,
                        (int)NNI_DATASET_PORTS);
    NNI_TRY(trainer_set_heads(trainer, weights, who));
    NNI_TRY(trainer_heed_layers(trainer));
    return trainer_allocate_gradients(trainer);
}

/* The arguments are complete: no NULL among model and losses, one for each output. */
static nn_trainer *trainer_create(nn_model *model, nn_loss *const *losses,
                                  const double *weights, int32_t count,
                                  nn_optimizer *optimizer, const char *who)
{
    nn_context *context = (nn_context *)model->handle.context;
    nn_trainer *trainer = nni_handle_create(context, sizeof *trainer, trainer_destroy);
    struct nni_head *heads =
        trainer == NULL ? NULL : nni_alloc(context, (size_t)count, sizeof *heads);
    if (heads == NULL) {
        nni_handle_release(trainer);
        trainer_drop(losses, count, optimizer);
        return NULL;
    }
    trainer->heads = heads;
    trainer->model = nni_handle_retain(model);
    trainer->kernels = nni_kernels_for(context);
    trainer_set_defaults(trainer);
    nn_status status = trainer_take(trainer, losses, count, optimizer, who);
    if (status == NN_OK)
        status = trainer_fill(trainer, weights, who);
    if (status != NN_OK) {
        nni_handle_release(trainer);
        return NULL;
    }
    return trainer;
}

static nn_status trainer_check_arguments(nn_model *model, nn_loss *const *losses,
                                         int32_t count, const char *who)
{
    if (model == NULL)
        return nni_null_handle(who, "model");
    NNI_TRY(nni_model_check(model, who));
    NNI_NOT_NULL(who, losses);
    for (int32_t i = 0; i < count; i++)
        if (losses[i] == NULL)
            return nni_null_handle(who, "loss");
    NNI_TRY(nn_model_build(model));
    if (count != nn_model_output_count(model))
        return nni_fail(NN_ERROR_ARGUMENT, "%s: got %d losses, the model has %d outputs",
                        who, (int)count, (int)nn_model_output_count(model));
    return NN_OK;
}

nn_trainer *nn_trainer_create_many(nn_model *model, nn_loss *const *losses,
                                   const double *weights, int32_t count,
                                   nn_optimizer *optimizer)
{
    static const char who[] = "nn_trainer_create_many";
    if (trainer_check_arguments(model, losses, count, who) != NN_OK) {
        trainer_drop(losses, count, optimizer);
        return NULL;
    }
    return trainer_create(model, losses, weights, count, optimizer, who);
}

nn_trainer *nn_trainer_create(nn_model *model, nn_loss *loss, nn_optimizer *optimizer)
{
    static const char who[] = "nn_trainer_create";
    nn_status status = trainer_check_arguments(model, &loss, 1, who);
    if (status == NN_OK && optimizer == NULL)
        status = nni_null_handle(who, "optimizer");
    if (status != NN_OK) {
        trainer_drop(&loss, 1, optimizer);
        return NULL;
    }
    return trainer_create(model, &loss, NULL, 1, optimizer, who);
}

/* ---- asking ---- */

nn_status nni_trainer_check(const nn_trainer *trainer, const char *who)
{
    NNI_NOT_NULL_HANDLE(who, trainer);
    if (trainer->running)
        return nni_fail(NN_ERROR_STATE,
                        "%s: not allowed from a hook, while the trainer runs", who);
    return NN_OK;
}

void nn_trainer_request_stop(nn_trainer *trainer)
{
    NNI_STORE_RELEASE(&trainer->stop_requested, 1);
}

int32_t nn_trainer_stop_reason(const nn_trainer *trainer)
{
    return trainer == NULL ? NN_STOP_NONE : trainer->stop_reason;
}

int64_t nn_trainer_epoch(const nn_trainer *trainer)
{
    return trainer == NULL ? 0 : trainer->epoch;
}

int64_t nn_trainer_step_count(const nn_trainer *trainer)
{
    return trainer == NULL ? 0 : trainer->step;
}

double nn_trainer_rate(const nn_trainer *trainer)
{
    if (trainer == NULL || trainer->optimizer == NULL)
        return 0;
    if (trainer->rate >= 0)
        return trainer->rate;
    double rate;
    struct nni_float_env env = nni_float_env_enter();
    (void)nni_schedule_rate(&trainer->schedule, trainer->optimizer->rate, 0, 0, &rate);
    NNI_SETTLE(rate);
    nni_float_env_leave(env);
    return rate;
}
