/* Passes: a plan with the memory around it (losses of each row, gathered samples), and the
 * three things done with a part of a batch: forward, losses, backward. */
#include "base/memory.h"
#include "train/trainer.h"

#include <string.h>

static const struct nni_shape *pass_output_shape(const nn_trainer *trainer,
                                                 const struct nni_head *head)
{
    return &trainer->model->nodes[head->node].infer.output;
}

static const struct nni_shape *pass_target_shape(const struct nni_head *head,
                                                 const struct nni_batch *batch)
{
    return head->target < 0 ? NULL : &batch->target_shapes[head->target];
}

static const void *pass_target(const struct nni_head *head, const struct nni_batch *batch)
{
    return head->target < 0 ? NULL : batch->targets[head->target];
}

/* The floats of loss scratch for one sample: the most any head asks for. */
static int64_t pass_loss_scratch(const nn_trainer *trainer)
{
    int64_t most = 0;
    for (int32_t h = 0; h < trainer->head_count; h++) {
        const struct nni_head *head = &trainer->heads[h];
        const struct nni_loss_type *type = head->loss->type;
        if (type->scratch_per_sample != NULL)
            most = nni_max(most, type->scratch_per_sample(
                                     head->loss, pass_output_shape(trainer, head)));
    }
    return most;
}

static nn_status pass_allocate(struct nni_pass *pass)
{
    const nn_trainer *trainer = pass->trainer;
    const nn_context *context = trainer->handle.context;
    size_t rows = (size_t)pass->batch_rows;
    NNI_TRY(nni_plan_allocate(pass->plan, trainer->model->weights, trainer->gradients));
    pass->heads = nni_alloc(context, (size_t)trainer->head_count, sizeof *pass->heads);
    if (pass->heads == NULL)
        return nn_last_status();
    for (int32_t h = 0; h < trainer->head_count; h++) {
        pass->heads[h].row_scale = nni_alloc(context, rows, sizeof(float));
        pass->heads[h].row_loss = nni_alloc(context, rows, sizeof(float));
        if (pass->heads[h].row_scale == NULL || pass->heads[h].row_loss == NULL)
            return nn_last_status();
    }
    pass->loss_scratch = nni_alloc(context, (size_t)pass->part_rows,
                                   (size_t)pass_loss_scratch(trainer) * sizeof(float));
    if (pass->loss_scratch == NULL)
        return nn_last_status();
    for (int32_t h = 0; h < trainer->head_count; h++) {
        const struct nni_head *head = &trainer->heads[h];
        pass->heads[h].gradient = nni_plan_gradient(pass->plan, head->node);
        pass->heads[h].call = (struct nni_loss_call){
            .context = context,
            .kernels = pass->plan->kernels,
            .output_shape = pass_output_shape(trainer, head),
            .scratch = pass->loss_scratch,
        };
    }
    return NN_OK;
}

/* Gradients may be late where an optimizer can make use of it, and no gradient goes on from
 * that of another part of the batch. */
static struct nni_plan_options pass_plan_options(const nn_trainer *trainer,
                                                 int32_t training, int64_t batch_rows,
                                                 int64_t rows)
{
    const nn_optimizer *optimizer = trainer->optimizer;
    return (struct nni_plan_options){
        .rows = rows,
        .training = training,
        .keep_nodes = training && trainer->keep_nodes,
        .input_gradients = training && trainer->input_gradients,
        .late = training && rows >= batch_rows && !trainer->keep_nodes &&
                optimizer != NULL && optimizer->type->updates_in_products,
        .frozen = trainer->frozen,
    };
}

nn_status nni_pass_reserve(nn_trainer *trainer, int32_t training, int64_t batch_rows,
                           int64_t part_rows, struct nni_pass **out)
{
    if (*out != NULL && (*out)->batch_rows >= batch_rows &&
        (*out)->part_rows >= part_rows)
        return NN_OK;
    struct nni_pass *pass = nni_alloc(trainer->handle.context, 1, sizeof *pass);
    if (pass == NULL)
        return nn_last_status();
    pass->trainer = trainer;
    pass->batch_rows = batch_rows;
    pass->part_rows = part_rows;
    struct nni_plan_options options =
        pass_plan_options(trainer, training, batch_rows, part_rows);
    nn_status status = nni_plan_create(trainer->model, &options, &pass->plan);
    if (status == NN_OK)
        status = pass_allocate(pass);
    if (status != NN_OK) {
        nni_pass_destroy(pass);
        return status;
    }
    if (training) {
        nni_late_settle(trainer);
        trainer->phase = NNI_PHASE_IDLE; /* what was computed is gone */
    }
    nni_pass_destroy(*out);
    *out = pass;
    return NN_OK;
}

static void pass_free_buffers(struct nni_pass *pass)
{
    const nn_context *context = pass->trainer->handle.context;
    for (int32_t i = 0; i < NNI_DATASET_PORTS; i++) {
        nni_free(context, pass->input_buffers[i]);
        nni_free(context, pass->target_buffers[i]);
        pass->input_buffers[i] = pass->target_buffers[i] = NULL;
        pass->input_bytes[i] = pass->target_bytes[i] = 0;
    }
    nni_free(context, pass->weight_buffer);
    nni_free(context, pass->sample_buffer);
    pass->weight_buffer = NULL;
    pass->sample_buffer = NULL;
    pass->has_buffers = 0;
}

void nni_pass_destroy(struct nni_pass *pass)
{
    if (pass == NULL)
        return;
    const nn_context *context = pass->trainer->handle.context;
    pass_free_buffers(pass);
    for (int32_t i = 0; i < NNI_DATASET_PORTS; i++)
        nni_free(context, pass->floats[i]);
    for (int32_t h = 0; pass->heads != NULL && h < pass->trainer->head_count; h++) {
        nni_free(context, pass->heads[h].row_scale);
        nni_free(context, pass->heads[h].row_loss);
    }
    nni_free(context, pass->heads);
    nni_free(context, pass->loss_scratch);
    nni_plan_destroy(pass->plan);
    nni_free(context, pass);
}

static int64_t pass_sample_bytes(const struct nni_shape *shape)
{
    return nni_shape_count(shape) * (int64_t)nn_dtype_size(shape->dtype);
}

static int pass_buffers_fit(const struct nni_pass *pass, const nn_dataset *dataset)
{
    if (!pass->has_buffers)
        return 0;
    for (int32_t i = 0; i < dataset->input_count; i++)
        if (pass_sample_bytes(&dataset->inputs[i].shape) > pass->input_bytes[i])
            return 0;
    for (int32_t i = 0; i < dataset->target_count; i++)
        if (pass_sample_bytes(&dataset->targets[i].shape) > pass->target_bytes[i])
            return 0;
    return 1;
}

static nn_status pass_allocate_buffers(struct nni_pass *pass, const nn_dataset *dataset)
{
    const nn_context *context = pass->trainer->handle.context;
    size_t rows = (size_t)pass->batch_rows;
    for (int32_t i = 0; i < dataset->input_count; i++) {
        size_t bytes = (size_t)pass_sample_bytes(&dataset->inputs[i].shape);
        pass->input_buffers[i] = nni_alloc(context, rows, bytes);
        pass->input_bytes[i] = (int64_t)bytes;
        if (pass->input_buffers[i] == NULL)
            return nn_last_status();
    }
    for (int32_t i = 0; i < dataset->target_count; i++) {
        size_t bytes = (size_t)pass_sample_bytes(&dataset->targets[i].shape);
        pass->target_buffers[i] = nni_alloc(context, rows, bytes);
        pass->target_bytes[i] = (int64_t)bytes;
        if (pass->target_buffers[i] == NULL)
            return nn_last_status();
    }
    pass->weight_buffer = nni_alloc(context, rows, sizeof *pass->weight_buffer);
    pass->sample_buffer = nni_alloc(context, rows, sizeof *pass->sample_buffer);
    if (pass->weight_buffer == NULL || pass->sample_buffer == NULL)
        return nn_last_status();
    pass->has_buffers = 1;
    return NN_OK;
}

nn_status nni_pass_reserve_buffers(struct nni_pass *pass, const nn_dataset *dataset)
{
    if (pass_buffers_fit(pass, dataset))
        return NN_OK;
    if (pass == pass->trainer->training)
        nni_late_settle(pass->trainer);
    pass_free_buffers(pass);
    nn_status status = pass_allocate_buffers(pass, dataset);
    if (status != NN_OK)
        pass_free_buffers(pass);
    return status;
}

nn_status nni_pass_bytes_needed(nn_trainer *trainer, int64_t batch_rows,
                                int64_t part_rows, int64_t *bytes)
{
    struct nni_plan_options options =
        pass_plan_options(trainer, 1, batch_rows, part_rows);
    struct nni_plan *plan;
    NNI_TRY(nni_plan_create(trainer->model, &options, &plan));
    int64_t part = nni_plan_bytes(plan) +
                   part_rows * pass_loss_scratch(trainer) * (int64_t)sizeof(float);
    nni_plan_destroy(plan);
    int64_t sample = (int64_t)sizeof(float) + (int64_t)sizeof(int64_t), batch;
    for (int32_t i = 0; i < trainer->model->input_count; i++)
        sample += pass_sample_bytes(
            &trainer->model->nodes[trainer->model->inputs[i]].infer.output);
    for (int32_t h = 0; h < trainer->head_count; h++)
        sample += 2 * (int64_t)sizeof(float) +
                  pass_sample_bytes(pass_output_shape(trainer, &trainer->heads[h]));
    if (!nni_multiply_checked(batch_rows, sample, &batch) ||
        !nni_add_checked(part, batch, bytes))
        return nni_fail(NN_ERROR_SIZE, "a batch of %lld samples is too large",
                        (long long)batch_rows);
    return NN_OK;
}

static const void *pass_rows(const void *base, const struct nni_shape *shape,
                             int64_t first)
{
    if (base == NULL || first == 0)
        return base;
    return (const unsigned char *)base + first * pass_sample_bytes(shape);
}

/* Checks a batch's target values. The rows of a shuffled batch are looked at one by one
 * once something is wrong, so that the message names the sample of the dataset. */
static nn_status pass_check_targets(const struct nni_head *head,
                                    const struct nni_shape *output,
                                    const struct nni_batch *batch)
{
    const struct nni_shape *target = pass_target_shape(head, batch);
    const void *values = pass_target(head, batch);
    nn_status status =
        nni_loss_check_batch(head->loss, output, target, values, batch->weights,
                             batch->rows, batch->first_sample);
    for (int64_t r = 0; status != NN_OK && batch->order != NULL && r < batch->rows; r++) {
        const void *row = target == NULL ? NULL : pass_rows(values, target, r);
        const float *weight = batch->weights == NULL ? NULL : batch->weights + r;
        NNI_TRY(nni_loss_check_batch(head->loss, output, target, row, weight, 1,
                                     batch->order[r]));
    }
    return status;
}

/* What each row counts. Where all count alike it is known already for as many rows as
 * before. */
static void pass_scale_rows(struct nni_pass *pass, const struct nni_batch *batch,
                            int32_t h)
{
    const struct nni_head *head = &pass->trainer->heads[h];
    const struct nni_shape *target = pass_target_shape(head, batch);
    struct nni_head_pass *at = &pass->heads[h];
    int alike = batch->weights == NULL && nni_loss_counts_alike(head->loss, target);
    if (alike && at->alike == batch->rows)
        return;
    at->alike = alike ? batch->rows : 0;
    at->denominator = nni_loss_scale_rows(head->loss, pass->plan->kernels,
                                          pass_output_shape(pass->trainer, head), target,
                                          pass_target(head, batch), batch->weights,
                                          batch->rows, head->weight, at->row_scale);
}

nn_status nni_pass_begin(struct nni_pass *pass, const struct nni_batch *batch)
{
    const nn_trainer *trainer = pass->trainer;
    for (int32_t h = 0; h < trainer->head_count; h++) {
        const struct nni_head *head = &trainer->heads[h];
        NNI_TRY(pass_check_targets(head, pass_output_shape(trainer, head), batch));
        pass_scale_rows(pass, batch, h);
    }
    return NN_OK;
}

nn_status nni_pass_check_weight(const struct nni_pass *pass,
                                const struct nni_batch *batch)
{
    for (int32_t h = 0; h < pass->trainer->head_count; h++)
        NNI_TRY(nni_loss_check_weight(pass->trainer->heads[h].loss,
                                      pass->heads[h].denominator, batch->rows));
    return NN_OK;
}

static struct nni_run pass_run(const struct nni_pass *pass, const struct nni_batch *batch,
                               int64_t first, int64_t rows)
{
    const nn_trainer *trainer = pass->trainer;
    return (struct nni_run){
        .rows = rows,
        .first_row = first,
        .batch_rows = batch->rows,
        .training = pass->plan->options.training,
        .seed = trainer->seed,
        .step = (uint64_t)trainer->step,
        .accumulate = first > 0,
        .late = 0,
    };
}

nn_status nni_pass_forward(struct nni_pass *pass, const struct nni_batch *batch,
                           int64_t first, int64_t rows)
{
    const nn_model *model = pass->trainer->model;
    const void *inputs[NNI_DATASET_PORTS];
    for (int32_t i = 0; i < model->input_count; i++)
        inputs[i] = pass_rows(batch->inputs[i],
                              &model->nodes[model->inputs[i]].infer.output, first);
    struct nni_run run = pass_run(pass, batch, first, rows);
    return nni_plan_forward(pass->plan, &run, inputs);
}

void nni_pass_losses(struct nni_pass *pass, const struct nni_batch *batch, int64_t first,
                     int64_t rows, int32_t with_gradients)
{
    const nn_trainer *trainer = pass->trainer;
    for (int32_t h = 0; h < trainer->head_count; h++) {
        const struct nni_head *head = &trainer->heads[h];
        const struct nni_shape *target = pass_target_shape(head, batch);
        const void *values = pass_target(head, batch);
        struct nni_head_pass *at = &pass->heads[h];
        struct nni_loss_call *call = &at->call;
        call->rows = rows;
        call->target_shape = target;
        call->output = pass->plan->nodes[head->node].call.output;
        call->target = target == NULL ? NULL : pass_rows(values, target, first);
        call->row_scale = at->row_scale + first;
        call->row_loss = at->row_loss + first;
        call->output_gradient = with_gradients ? at->gradient : NULL;
        head->loss->type->run(head->loss, call);
    }
}

nn_status nni_pass_backward(struct nni_pass *pass, const struct nni_batch *batch,
                            int64_t first, int64_t rows, int32_t late)
{
    struct nni_run run = pass_run(pass, batch, first, rows);
    run.late = late;
    return nni_plan_backward(pass->plan, &run);
}

double nni_pass_total(struct nni_pass *pass, const struct nni_batch *batch)
{
    const nn_trainer *trainer = pass->trainer;
    double loss = 0;
    for (int32_t h = 0; h < trainer->head_count; h++) {
        struct nni_head_pass *head = &pass->heads[h];
        head->total = nni_loss_total(pass->plan->kernels, head->row_loss, batch->weights,
                                     batch->rows);
        loss += trainer->heads[h].weight * (head->total / head->denominator);
    }
    return loss;
}
