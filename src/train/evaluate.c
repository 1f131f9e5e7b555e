/* Looking at a model without changing it: results over a dataset, predictions, and the
 * confusion matrix. Samples are taken in blocks of 1024, which are also the blocks of the
 * losses' long sums, and run forward in parts. */
#include "base/contract.h"
#include "base/float_env.h"
#include "base/memory.h"
#include "train/trainer.h"

#include <string.h>

nn_status nni_evaluate_reserve(nn_trainer *trainer, const nn_dataset *dataset,
                               int64_t count)
{
    int64_t rows = nni_min(count, NNI_EVALUATION_ROWS);
    int64_t part = nni_min(rows, NNI_EVALUATION_PART);
    NNI_TRY(nni_pass_reserve(trainer, 0, rows, part, &trainer->evaluation));
    return nni_pass_reserve_buffers(trainer->evaluation, dataset);
}

/* What is done with each part that has run forward. */
typedef nn_status evaluate_visit(void *data, struct nni_pass *pass,
                                 const struct nni_batch *batch, int64_t first,
                                 int64_t rows);

/* Runs all parts of one gathered block. */
static nn_status evaluate_block(struct nni_pass *pass, const struct nni_batch *batch,
                                evaluate_visit *visit, void *data)
{
    for (int64_t first = 0; first < batch->rows; first += pass->part_rows) {
        int64_t rows = nni_min(pass->part_rows, batch->rows - first);
        NNI_TRY(nni_pass_forward(pass, batch, first, rows));
        NNI_TRY(visit(data, pass, batch, first, rows));
    }
    return NN_OK;
}

/* ---- losses and metrics ---- */

struct evaluate_sums {
    nn_trainer *trainer;
    double totals[NNI_DATASET_PORTS], denominators[NNI_DATASET_PORTS];
};

static nn_status evaluate_visit_losses(void *data, struct nni_pass *pass,
                                       const struct nni_batch *batch, int64_t first,
                                       int64_t rows)
{
    struct evaluate_sums *sums = data;
    nni_pass_losses(pass, batch, first, rows, 0);
    nni_meters_count(sums->trainer, pass, batch, first, rows);
    return NN_OK;
}

/* Sums over samples first ... end - 1. A block without weight is no error, all of them are. */
static nn_status evaluate_blocks(nn_trainer *trainer, const nn_dataset *dataset,
                                 int64_t first, int64_t end, struct evaluate_sums *sums)
{
    struct nni_pass *pass = trainer->evaluation;
    for (int64_t at = first; at < end; at += NNI_EVALUATION_ROWS) {
        struct nni_batch batch = {0};
        int64_t rows = nni_min(NNI_EVALUATION_ROWS, end - at);
        NNI_TRY(nni_batch_gather(pass, dataset, NULL, at, rows, 1, &batch));
        NNI_TRY(nni_pass_begin(pass, &batch));
        NNI_TRY(evaluate_block(pass, &batch, evaluate_visit_losses, sums));
        (void)nni_pass_total(pass, &batch);
        for (int32_t h = 0; h < trainer->head_count; h++) {
            sums->totals[h] += pass->heads[h].total;
            sums->denominators[h] += pass->heads[h].denominator;
        }
    }
    for (int32_t h = 0; h < trainer->head_count; h++)
        NNI_TRY(nni_loss_check_weight(trainer->heads[h].loss, sums->denominators[h],
                                      end - first));
    return NN_OK;
}

static void evaluate_target_shapes(const nn_dataset *dataset, struct nni_shape *shapes)
{
    for (int32_t t = 0; t < dataset->target_count; t++)
        shapes[t] = dataset->targets[t].shape;
}

nn_status nni_evaluate(nn_trainer *trainer, const nn_dataset *dataset, int64_t first,
                       int64_t end, double *results)
{
    struct nni_shape shapes[NNI_DATASET_PORTS];
    struct evaluate_sums sums = {.trainer = trainer};
    evaluate_target_shapes(dataset, shapes);
    NNI_TRY(nni_evaluate_reserve(trainer, dataset, end - first));
    NNI_TRY(nni_meters_start(trainer, shapes));
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = evaluate_blocks(trainer, dataset, first, end, &sums);
    if (status == NN_OK)
        nni_results_write(trainer, sums.totals, sums.denominators, results);
    nni_float_env_leave(env);
    nni_meters_stop(trainer);
    return status;
}

nn_status nn_trainer_evaluate(nn_trainer *trainer, const nn_dataset *dataset,
                              double *results, int32_t capacity)
{
    static const char who[] = "nn_trainer_evaluate";
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_NOT_NULL(who, results);
    if (capacity < 1)
        return nni_fail(NN_ERROR_SIZE, "%s: capacity must be at least 1, got %d", who,
                        (int)capacity);
    memset(results, 0, (size_t)capacity * sizeof *results);
    NNI_TRY(nni_batch_check_dataset(trainer, who, dataset, 1));
    int32_t count = nni_result_count(trainer);
    double *all = nni_alloc(trainer->handle.context, (size_t)count, sizeof *all);
    if (all == NULL)
        return nn_last_status();
    nn_status status = nni_evaluate(trainer, dataset, 0, nn_dataset_count(dataset), all);
    if (status == NN_OK)
        memcpy(results, all, (size_t)nni_min(count, capacity) * sizeof *results);
    nni_free(trainer->handle.context, all);
    return status;
}

/* ---- predictions ---- */

struct evaluate_copy {
    nn_node node;
    int64_t count; /* elements of one sample */
    float *out;    /* of the next sample */
};

static nn_status evaluate_visit_copy(void *data, struct nni_pass *pass,
                                     const struct nni_batch *batch, int64_t first,
                                     int64_t rows)
{
    struct evaluate_copy *copy = data;
    (void)batch;
    (void)first;
    size_t floats = (size_t)(rows * copy->count);
    memcpy(copy->out, nni_plan_value(pass->plan, copy->node), floats * sizeof *copy->out);
    copy->out += floats;
    return NN_OK;
}

/* Runs the whole dataset, without looking at targets. */
static nn_status evaluate_visit_all(nn_trainer *trainer, const nn_dataset *dataset,
                                    int32_t with_targets, evaluate_visit *visit,
                                    void *data)
{
    int64_t count = nn_dataset_count(dataset);
    nn_status status = nni_evaluate_reserve(trainer, dataset, count);
    struct nni_float_env env = nni_float_env_enter();
    for (int64_t first = 0; status == NN_OK && first < count;
         first += NNI_EVALUATION_ROWS) {
        struct nni_batch batch = {0};
        int64_t rows = nni_min(NNI_EVALUATION_ROWS, count - first);
        status = nni_batch_gather(trainer->evaluation, dataset, NULL, first, rows,
                                  with_targets, &batch);
        if (status == NN_OK && with_targets)
            status = nni_pass_begin(trainer->evaluation, &batch);
        if (status == NN_OK)
            status = evaluate_block(trainer->evaluation, &batch, visit, data);
    }
    nni_float_env_leave(env);
    return status;
}

static nn_status evaluate_check_output(const nn_trainer *trainer, const char *who,
                                       int32_t output)
{
    if (output < 0 || output >= trainer->head_count)
        return nni_fail(NN_ERROR_ARGUMENT, "%s: there is no output %d, the model has %d",
                        who, (int)output, (int)trainer->head_count);
    return NN_OK;
}

nn_tensor *nn_trainer_predict(nn_trainer *trainer, const nn_dataset *dataset,
                              int32_t output)
{
    static const char who[] = "nn_trainer_predict";
    if (nni_trainer_check(trainer, who) != NN_OK ||
        evaluate_check_output(trainer, who, output) != NN_OK ||
        nni_batch_check_dataset(trainer, who, dataset, 0) != NN_OK)
        return NULL;
    nn_node node = trainer->heads[output].node;
    const struct nni_shape *sample = &trainer->model->nodes[node].infer.output;
    int64_t shape[NN_MAX_RANK];
    shape[0] = nn_dataset_count(dataset);
    memcpy(shape + 1, sample->dim, (NN_MAX_RANK - 1) * sizeof *shape);
    nn_tensor *result = nn_tensor_create((nn_context *)trainer->handle.context,
                                         NN_FLOAT32, shape, sample->rank + 1);
    if (result == NULL)
        return NULL;
    struct evaluate_copy copy = {node, nni_shape_count(sample), nn_tensor_floats(result)};
    if (evaluate_visit_all(trainer, dataset, 0, evaluate_visit_copy, &copy) != NN_OK) {
        nn_tensor_destroy(result);
        return NULL;
    }
    return result;
}

/* ---- confusion ---- */

struct evaluate_confusion {
    const struct nni_head *head;
    const struct nni_shape *output;
    float threshold;
    int64_t classes;
    int64_t *counts;
};

static nn_status evaluate_visit_confusion(void *data, struct nni_pass *pass,
                                          const struct nni_batch *batch, int64_t first,
                                          int64_t rows)
{
    struct evaluate_confusion *confusion = data;
    const struct nni_shape *target = &batch->target_shapes[confusion->head->target];
    int64_t outputs = nni_shape_count(confusion->output);
    int64_t bytes = nni_shape_count(target) * (int64_t)nn_dtype_size(target->dtype);
    const float *values = nni_plan_value(pass->plan, confusion->head->node);
    const unsigned char *targets = batch->targets[confusion->head->target];
    for (int64_t r = 0; r < rows; r++) {
        int64_t is =
            nni_target_class(pass->plan->kernels, target, targets + (first + r) * bytes);
        int64_t said = nni_predicted_class(pass->plan->kernels, confusion->output,
                                           confusion->threshold, values + r * outputs);
        confusion->counts[is * confusion->classes + said]++;
    }
    return NN_OK;
}

static nn_status evaluate_check_confusion(const nn_trainer *trainer, const char *who,
                                          const struct evaluate_confusion *confusion,
                                          const nn_tensor *counts)
{
    NNI_NOT_NULL(who, counts);
    NNI_TRY(nni_handle_same_context(trainer, "trainer", counts, "counts"));
    if (confusion->head->target < 0)
        return nni_fail(NN_ERROR_STATE, "%s: the output's loss takes no targets", who);
    if (confusion->output->rank > 1)
        return nni_fail(NN_ERROR_RANK, "%s: the output is %s, expected one dimension",
                        who, nni_shape_text(confusion->output).text);
    if (counts->shape.dtype != NN_INT64)
        return nni_fail(NN_ERROR_DTYPE, "%s: counts is %s, expected int64", who,
                        nni_dtype_name(counts->shape.dtype));
    if (counts->shape.rank != 2 || counts->shape.dim[0] != confusion->classes ||
        counts->shape.dim[1] != confusion->classes)
        return nni_fail(NN_ERROR_SHAPE, "%s: counts is %s, expected (%lld, %lld)", who,
                        nni_shape_text(&counts->shape).text,
                        (long long)confusion->classes, (long long)confusion->classes);
    return NN_OK;
}

/* A label, a one-hot vector, or a single number: what a class can be read from. */
static nn_status evaluate_check_class_target(const char *who, const nn_dataset *dataset,
                                             const struct evaluate_confusion *confusion)
{
    const struct nni_shape *target = &dataset->targets[confusion->head->target].shape;
    int64_t count = nni_shape_count(target);
    if (count != 1 && count != confusion->classes)
        return nni_fail(NN_ERROR_SHAPE, "%s: targets are %s, which is no class of %lld",
                        who, nni_shape_text(target).text, (long long)confusion->classes);
    if (count == 1 && target->dtype == NN_FLOAT32 && confusion->classes > 2)
        return nni_fail(NN_ERROR_DTYPE, "%s: targets are float32, expected class labels",
                        who);
    return NN_OK;
}

nn_status nn_trainer_confusion(nn_trainer *trainer, const nn_dataset *dataset,
                               int32_t output, nn_tensor *counts)
{
    static const char who[] = "nn_trainer_confusion";
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_TRY(evaluate_check_output(trainer, who, output));
    const struct nni_head *head = &trainer->heads[output];
    struct evaluate_confusion confusion = {
        .head = head,
        .output = &trainer->model->nodes[head->node].infer.output,
        .threshold = head->loss->type->from_logits ? 0.0f : 0.5f,
    };
    confusion.classes = nni_max(2, nni_shape_count(confusion.output));
    NNI_TRY(evaluate_check_confusion(trainer, who, &confusion, counts));
    NNI_TRY(nni_batch_check_dataset(trainer, who, dataset, 1));
    NNI_TRY(evaluate_check_class_target(who, dataset, &confusion));
    confusion.counts = counts->data;
    memset(confusion.counts, 0, (size_t)counts->count * sizeof *confusion.counts);
    return evaluate_visit_all(trainer, dataset, 1, evaluate_visit_confusion, &confusion);
}
