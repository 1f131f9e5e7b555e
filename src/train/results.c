/* Results: J, the loss of each output where there are several, and the metrics - their
 * names, their meters during a run, and the history of their values. */
#include "base/contract.h"
#include "base/memory.h"
#include "train/trainer.h"

#include <string.h>

/* ---- metrics ---- */

static nn_status results_add_metric(nn_trainer *trainer, const char *who,
                                    struct nni_metric metric)
{
    const nn_context *context = trainer->handle.context;
    size_t count = (size_t)trainer->metric_count;
    if (metric.output < 0 || metric.output >= trainer->head_count)
        return nni_fail(NN_ERROR_ARGUMENT, "%s: there is no output %d, the model has %d",
                        who, (int)metric.output, (int)trainer->head_count);
    if (trainer->step > 0 || trainer->history.series_count > 0)
        return nni_fail(NN_ERROR_STATE, "%s: training has begun", who);
    nni_metric_name(&metric, trainer->head_count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(trainer->metrics[i].name, metric.name) == 0)
            return nni_fail(NN_ERROR_NAME, "%s: there is a metric '%s' already", who,
                            metric.name);
    struct nni_metric *metrics =
        nni_grow(context, trainer->metrics, count, count + 1, sizeof *metrics);
    if (metrics == NULL)
        return nn_last_status();
    trainer->metrics = metrics;
    struct nni_meter *meters =
        nni_grow(context, trainer->meters, count, count + 1, sizeof *meters);
    if (meters == NULL)
        return nn_last_status();
    trainer->meters = meters;
    trainer->metrics[trainer->metric_count++] = metric;
    return NN_OK;
}

nn_status nn_trainer_add_metric(nn_trainer *trainer, int32_t metric, int32_t output)
{
    static const char who[] = "nn_trainer_add_metric";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (!nni_metric_known(metric))
        return nni_fail(NN_ERROR_ARGUMENT, "%s: there is no metric %d", who, (int)metric);
    return results_add_metric(trainer, who,
                              (struct nni_metric){.kind = metric, .output = output});
}

nn_status nn_trainer_add_top_k(nn_trainer *trainer, int32_t k, int32_t output)
{
    static const char who[] = "nn_trainer_add_top_k";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (k < 1)
        return nni_fail(NN_ERROR_ARGUMENT, "%s: k must be at least 1, got %d", who,
                        (int)k);
    return results_add_metric(
        trainer, who,
        (struct nni_metric){.kind = NNI_TOP_K_ACCURACY, .output = output, .k = k});
}

void nni_meters_stop(nn_trainer *trainer)
{
    trainer->meters_ready = 0;
}

void nni_meters_release(nn_trainer *trainer)
{
    for (int32_t m = 0; m < trainer->metric_count; m++)
        nni_meter_release(trainer->handle.context, &trainer->meters[m]);
    nni_free(trainer->handle.context, trainer->meters);
}

nn_status nni_meters_start(nn_trainer *trainer, const struct nni_shape *target_shapes)
{
    trainer->meters_ready = 0;
    for (int32_t m = 0; m < trainer->metric_count; m++) {
        const struct nni_head *head = &trainer->heads[trainer->metrics[m].output];
        struct nni_metric_view view = {
            .output = &trainer->model->nodes[head->node].infer.output,
            .target = head->target < 0 ? NULL : &target_shapes[head->target],
            .threshold = head->loss->type->from_logits ? 0.0f : 0.5f,
        };
        NNI_TRY(nni_meter_prepare(trainer->handle.context, &trainer->meters[m],
                                  &trainer->metrics[m], &view));
    }
    trainer->meters_ready = 1;
    return NN_OK;
}

void nni_meters_count(nn_trainer *trainer, const struct nni_pass *pass,
                      const struct nni_batch *batch, int64_t first, int64_t rows)
{
    for (int32_t m = 0; trainer->meters_ready && m < trainer->metric_count; m++) {
        const struct nni_head *head = &trainer->heads[trainer->metrics[m].output];
        const struct nni_shape *target = &batch->target_shapes[head->target];
        int64_t bytes = nni_shape_count(target) * (int64_t)nn_dtype_size(target->dtype);
        const unsigned char *targets = batch->targets[head->target];
        nni_meter_count(&trainer->meters[m], pass->plan->kernels,
                        nni_plan_value(pass->plan, head->node), targets + first * bytes,
                        rows);
    }
}

/* ---- results ---- */

/* J alone, or J and one loss for each output. */
static int32_t results_losses(const nn_trainer *trainer)
{
    return trainer->head_count > 1 ? 1 + trainer->head_count : 1;
}

int32_t nni_result_count(const nn_trainer *trainer)
{
    return results_losses(trainer) + trainer->metric_count;
}

int32_t nn_trainer_result_count(const nn_trainer *trainer)
{
    return trainer == NULL ? 0 : nni_result_count(trainer);
}

/* The names of J and of the outputs' losses; a trainer has at most NNI_DATASET_PORTS. */
static const char *const results_loss_names[1 + NNI_DATASET_PORTS] = {
    "loss",    "loss_0",  "loss_1",  "loss_2",  "loss_3", "loss_4",
    "loss_5",  "loss_6",  "loss_7",  "loss_8",  "loss_9", "loss_10",
    "loss_11", "loss_12", "loss_13", "loss_14", "loss_15"};

const char *nn_trainer_result_name(const nn_trainer *trainer, int32_t index)
{
    if (trainer == NULL || index < 0 || index >= nni_result_count(trainer))
        return NULL;
    int32_t losses = results_losses(trainer);
    return index < losses ? results_loss_names[index]
                          : trainer->metrics[index - losses].name;
}

void nni_results_write(const nn_trainer *trainer, const double *totals,
                       const double *denominators, double *results)
{
    int32_t losses = results_losses(trainer);
    results[0] = 0;
    for (int32_t h = 0; h < trainer->head_count; h++) {
        double loss = totals[h] / denominators[h];
        results[0] += trainer->heads[h].weight * loss;
        if (losses > 1)
            results[1 + h] = loss;
    }
    for (int32_t m = 0; m < trainer->metric_count; m++)
        results[losses + m] = nni_meter_value(&trainer->meters[m]);
}

/* ---- history ---- */

int32_t nn_trainer_history_count(const nn_trainer *trainer)
{
    return trainer == NULL ? 0 : trainer->history.series_count;
}

const char *nn_trainer_history_name(const nn_trainer *trainer, int32_t series)
{
    if (series < 0 || series >= nn_trainer_history_count(trainer))
        return NULL;
    return trainer->history.names[series];
}

nn_status nn_trainer_history(const nn_trainer *trainer, const char *name,
                             const double **values, int64_t *epochs)
{
    static const char who[] = "nn_trainer_history";
    NNI_NOT_NULL(who, values);
    NNI_NOT_NULL(who, epochs);
    *values = NULL;
    *epochs = 0;
    NNI_NOT_NULL_HANDLE(who, trainer);
    NNI_NOT_NULL(who, name);
    int32_t series = nni_history_find(&trainer->history, name);
    if (series < 0)
        return nni_history_no_such_name(&trainer->history, who, name);
    *values = trainer->history.values[series];
    *epochs = trainer->history.epochs;
    return NN_OK;
}
