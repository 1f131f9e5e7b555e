/* Batches: tensors or gathered samples of a dataset, checked against the model's inputs and
 * the losses' targets, as plain pointers. */
#include "base/contract.h"
#include "base/float_env.h"
#include "base/memory.h"
#include "base/parallel.h"
#include "base/text.h"
#include "train/trainer.h"

#include <math.h>

enum { BATCH_FLOATS_TASK = 65536 }; /* elements whose conversion is worth a task */

/* Shapes of one sample agree; a single number may be written () or (1). */
static int batch_shapes_agree(const struct nni_shape *a, const struct nni_shape *b)
{
    return nni_shape_equal(a, b) || (a->rank <= 1 && b->rank <= 1 &&
                                     nni_shape_count(a) == 1 && nni_shape_count(b) == 1);
}

static nn_status batch_check_input(const nn_trainer *trainer, const char *who, int32_t i,
                                   const struct nni_shape *got)
{
    const nn_model *model = trainer->model;
    const struct nni_node *node = &model->nodes[model->inputs[i]];
    const struct nni_shape *expected = &node->infer.output;
    if (got->dtype != expected->dtype && expected->dtype != NN_FLOAT32)
        return nni_fail(NN_ERROR_DTYPE, "%s: input %d ('%s') is %s, expected %s", who,
                        (int)i, node->layer->name, nni_dtype_name(got->dtype),
                        nni_dtype_name(expected->dtype));
    if (!batch_shapes_agree(got, expected))
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: a sample of input %d ('%s') is %s, expected %s", who, (int)i,
                        node->layer->name, nni_shape_text(got).text,
                        nni_shape_text(expected).text);
    return NN_OK;
}

static nn_status batch_check_count(const char *who, const char *what, int32_t got,
                                   int32_t expected)
{
    if (got != expected)
        return nni_fail(NN_ERROR_ARGUMENT, "%s: got %d %s, expected %d", who, (int)got,
                        what, (int)expected);
    return NN_OK;
}

/* Checks the shape of target `t` with the loss that takes it. */
static nn_status batch_check_target(const nn_trainer *trainer, int32_t t,
                                    const struct nni_shape *got)
{
    for (int32_t h = 0; h < trainer->head_count; h++) {
        const struct nni_head *head = &trainer->heads[h];
        if (head->target == t)
            return head->loss->type->check(
                head->loss, &trainer->model->nodes[head->node].infer.output, got);
    }
    return NN_OK;
}

/* A tensor of a batch: same context, same number of rows as those before it (-1: first). */
static nn_status batch_check_tensor(const nn_trainer *trainer, const char *who,
                                    const char *what, int32_t i, const nn_tensor *tensor,
                                    int64_t *rows)
{
    if (tensor == NULL)
        return nni_fail(NN_ERROR_NULL, "%s: %s %d is NULL", who, what, (int)i);
    NNI_TRY(nni_handle_same_context(trainer, "trainer", tensor, what));
    if (tensor->shape.rank < 1)
        return nni_fail(NN_ERROR_RANK,
                        "%s: %s %d has rank 0; its first dimension is the "
                        "sample",
                        who, what, (int)i);
    if (*rows >= 0 && tensor->shape.dim[0] != *rows)
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: %s %d has %lld samples, those before it %lld", who, what,
                        (int)i, (long long)tensor->shape.dim[0], (long long)*rows);
    *rows = tensor->shape.dim[0];
    if (*rows == 0)
        return nni_fail(NN_ERROR_EMPTY, "%s: %s %d has no samples", who, what, (int)i);
    return NN_OK;
}

/* 1 where a tensor is as it should be: samples of this shape, as many as those before it. What
 * is wrong otherwise, the checks above say. */
static int batch_tensor_suits(const nn_trainer *trainer, const nn_tensor *tensor,
                              const struct nni_shape *sample, int64_t rows)
{
    if (tensor == NULL || tensor->handle.context != trainer->handle.context ||
        tensor->shape.dtype != sample->dtype || tensor->shape.rank != sample->rank + 1 ||
        tensor->shape.dim[0] == 0 || (rows >= 0 && tensor->shape.dim[0] != rows))
        return 0;
    for (int32_t d = 0; d < sample->rank; d++)
        if (tensor->shape.dim[d + 1] != sample->dim[d])
            return 0;
    return 1;
}

/* NN_ERROR_DATA where a float input holds NaN or infinity. */
static nn_status batch_check_finite(const nn_trainer *trainer, const char *who, int32_t i,
                                    const nn_tensor *tensor)
{
    if (tensor->shape.dtype != NN_FLOAT32)
        return NN_OK;
    const struct nni_kernels *kernels = trainer->kernels;
    const float *values = tensor->data;
    if (kernels->all_finite(values, tensor->count))
        return NN_OK;
    int64_t at = 0, sample = tensor->count / tensor->shape.dim[0];
    while (isfinite(values[at]))
        at++;
    return nni_fail(NN_ERROR_DATA, "%s: input %d, sample %lld, element %lld is %s", who,
                    (int)i, (long long)(at / sample), (long long)(at % sample),
                    nni_number_text((double)values[at], 6).text);
}

nn_status nni_batch_inputs(const nn_trainer *trainer, const char *who,
                           const nn_tensor *const *inputs, int32_t count,
                           struct nni_batch *batch)
{
    NNI_NOT_NULL(who, inputs);
    NNI_TRY(batch_check_count(who, "inputs", count, trainer->model->input_count));
    int64_t rows = -1;
    for (int32_t i = 0; i < count; i++) {
        const nn_model *model = trainer->model;
        const struct nni_shape *expected = &model->nodes[model->inputs[i]].infer.output;
        if (!batch_tensor_suits(trainer, inputs[i], expected, rows)) {
            NNI_TRY(batch_check_tensor(trainer, who, "input", i, inputs[i], &rows));
            struct nni_shape sample = nni_tensor_row_shape(inputs[i]);
            NNI_TRY(batch_check_input(trainer, who, i, &sample));
        }
        rows = inputs[i]->shape.dim[0];
        NNI_TRY(batch_check_finite(trainer, who, i, inputs[i]));
        batch->inputs[i] = inputs[i]->data;
        batch->input_dtypes[i] = inputs[i]->shape.dtype;
    }
    batch->rows = rows;
    batch->first_sample = 0;
    batch->order = NULL;
    batch->weights = NULL;
    return NN_OK;
}

nn_status nni_batch_targets(const nn_trainer *trainer, const char *who,
                            const nn_tensor *const *targets, int32_t count,
                            const nn_tensor *weights, struct nni_batch *batch)
{
    NNI_TRY(batch_check_count(who, "targets", count, trainer->target_count));
    if (count > 0)
        NNI_NOT_NULL(who, targets);
    int64_t rows = batch->rows;
    for (int32_t t = 0; t < count; t++) {
        /* Targets like those of the batch before have passed already. */
        int known = batch->targets[t] != NULL;
        if (!known ||
            !batch_tensor_suits(trainer, targets[t], &batch->target_shapes[t], rows)) {
            NNI_TRY(batch_check_tensor(trainer, who, "target", t, targets[t], &rows));
            struct nni_shape sample = nni_tensor_row_shape(targets[t]);
            NNI_TRY(batch_check_target(trainer, t, &sample));
            batch->target_shapes[t] = sample;
        }
        batch->targets[t] = targets[t]->data;
    }
    batch->weights = NULL;
    if (weights == NULL)
        return NN_OK;
    NNI_TRY(batch_check_tensor(trainer, who, "weights", 0, weights, &rows));
    if (weights->shape.dtype != NN_FLOAT32)
        return nni_fail(NN_ERROR_DTYPE, "%s: weights are %s, expected float32", who,
                        nni_dtype_name(weights->shape.dtype));
    if (weights->shape.rank != 1)
        return nni_fail(NN_ERROR_RANK, "%s: weights are %s, expected (%lld)", who,
                        nni_shape_text(&weights->shape).text, (long long)rows);
    batch->weights = weights->data;
    return NN_OK;
}

nn_status nni_batch_check_dataset(const nn_trainer *trainer, const char *who,
                                  const nn_dataset *dataset, int32_t with_targets)
{
    NNI_NOT_NULL_HANDLE(who, dataset);
    NNI_TRY(nni_handle_same_context(trainer, "trainer", dataset, "dataset"));
    NNI_TRY(batch_check_count(who, "inputs in the dataset", dataset->input_count,
                              trainer->model->input_count));
    if (nn_dataset_count(dataset) == 0)
        return nni_fail(NN_ERROR_EMPTY, "%s: the dataset has no samples", who);
    for (int32_t i = 0; i < dataset->input_count; i++)
        NNI_TRY(batch_check_input(trainer, who, i, &dataset->inputs[i].shape));
    if (!with_targets)
        return NN_OK;
    NNI_TRY(batch_check_count(who, "targets in the dataset", dataset->target_count,
                              trainer->target_count));
    for (int32_t t = 0; t < dataset->target_count; t++)
        NNI_TRY(batch_check_target(trainer, t, &dataset->targets[t].shape));
    return NN_OK;
}

struct batch_floats {
    int32_t dtype;
    const void *from;
    float *to;
    int64_t count; /* of one sample */
};

static void batch_floats_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct batch_floats *job = data;
    (void)index;
    nni_layer_ints_to_floats(job->dtype, job->from, first * job->count,
                             (end - first) * job->count, job->to + first * job->count);
}

/* Late gradients cannot be made any more of samples that are written over. */
static void batch_overwrites(struct nni_pass *pass)
{
    if (pass == pass->trainer->training)
        pass->trainer->late = 0;
}

nn_status nni_batch_convert(struct nni_pass *pass, struct nni_batch *batch)
{
    const nn_model *model = pass->trainer->model;
    const nn_context *context = pass->trainer->handle.context;
    for (int32_t i = 0; i < model->input_count; i++) {
        const struct nni_shape *shape = &model->nodes[model->inputs[i]].infer.output;
        if (batch->input_dtypes[i] == shape->dtype)
            continue;
        struct batch_floats job = {batch->input_dtypes[i], batch->inputs[i], NULL,
                                   nni_shape_count(shape)};
        batch_overwrites(pass);
        if (pass->floats[i] == NULL)
            pass->floats[i] = nni_alloc(context, (size_t)pass->batch_rows,
                                        (size_t)job.count * sizeof(float));
        if (pass->floats[i] == NULL)
            return nn_last_status();
        job.to = pass->floats[i];
        const int64_t grain = nni_max(1, BATCH_FLOATS_TASK / nni_max(1, job.count));
        struct nni_float_env env = nni_float_env_enter();
        nni_parallel_ranges(context, batch->rows, grain, batch_floats_range, &job);
        nni_float_env_leave(env);
        batch->inputs[i] = job.to;
        batch->input_dtypes[i] = NN_FLOAT32;
    }
    return NN_OK;
}

nn_status nni_batch_gather(struct nni_pass *pass, const nn_dataset *dataset,
                           const int64_t *order, int64_t first, int64_t rows,
                           int32_t with_targets, struct nni_batch *batch)
{
    int32_t weighted = nni_dataset_weighted(dataset);
    batch_overwrites(pass);
    NNI_TRY((with_targets ? nni_dataset_gather : nni_dataset_gather_inputs)(
        dataset, pass->plan->kernels, order, first, rows, pass->input_buffers,
        pass->target_buffers, pass->weight_buffer, pass->sample_buffer));
    batch->rows = rows;
    batch->first_sample = first;
    batch->order = order;
    batch->weights = weighted ? pass->weight_buffer : NULL;
    for (int32_t i = 0; i < dataset->input_count; i++) {
        batch->inputs[i] = pass->input_buffers[i];
        batch->input_dtypes[i] = dataset->inputs[i].shape.dtype;
    }
    for (int32_t t = 0; with_targets && t < dataset->target_count; t++) {
        batch->targets[t] = pass->target_buffers[t];
        batch->target_shapes[t] = dataset->targets[t].shape;
    }
    return nni_batch_convert(pass, batch);
}
