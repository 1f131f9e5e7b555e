/* Meters: which outputs and targets suit a metric, and the memory that it counts in. A
 * metric of decisions sees an output (..., C) as decisions between C classes, one at each
 * place of the leading dimensions; where C is 1 each is a yes or a no. */
#include "base/contract.h"
#include "base/memory.h"
#include "train/metrics.h"

#include <inttypes.h>
#include <string.h>

static int meter_counts_classes(int32_t kind)
{
    return kind == NN_PRECISION || kind == NN_RECALL || kind == NN_F1;
}

static int meter_is_elementwise(int32_t kind)
{
    return kind == NN_BINARY_ACCURACY || kind == NN_MEAN_ABSOLUTE_ERROR || kind == NN_R2;
}

/* "accuracy: output 0 is (3), <wanted>; got int32 (4)" */
static nn_status meter_refuse(nn_status status, const struct nni_metric *metric,
                              const struct nni_metric_view *view, const char *wanted)
{
    return nni_fail(status, "%s: output %d is %s, %s; got %s %s", metric->name,
                    metric->output, nni_shape_text(view->output).text, wanted,
                    nni_dtype_name(view->target->dtype),
                    nni_shape_text(view->target).text);
}

/* Metrics of single elements: as many target elements as outputs. */
static nn_status meter_look_elementwise(struct nni_meter *meter,
                                        const struct nni_metric_view *view)
{
    meter->positions = nni_shape_count(view->output);
    meter->width = 1;
    meter->target_width = 1;
    if (nni_shape_count(view->target) != meter->positions) {
        return meter_refuse(NN_ERROR_SHAPE, meter->metric, view,
                            "the metric takes targets of as many elements");
    }
    return NN_OK;
}

/* 1 where a target has one element for each decision: the output's shape without the
 * classes, () standing for (1) and the other way round. */
static int meter_target_is_label(const struct nni_metric_view *view)
{
    struct nni_shape labels = *view->output;
    labels.rank = labels.rank > 0 ? labels.rank - 1 : 0;
    const int one_label = labels.rank == 0 && nni_shape_count(view->target) == 1;
    return one_label || nni_shape_equal(&labels, view->target);
}

/* Metrics of decisions: a label for each, or a target of the output's shape. */
static nn_status meter_look_decisions(struct nni_meter *meter,
                                      const struct nni_metric_view *view)
{
    const struct nni_shape *output = view->output;
    meter->width = output->rank == 0 ? 1 : output->dim[output->rank - 1];
    meter->positions = nni_shape_count(output) / meter->width;
    const int is_label = meter_target_is_label(view);
    if (!is_label && !nni_shape_equal(output, view->target)) {
        return meter_refuse(NN_ERROR_SHAPE, meter->metric, view,
                            meter->width == 1
                                ? "the metric takes one number for each"
                                : "the metric takes labels, or targets of that shape");
    }
    if (is_label && meter->width > 1 && view->target->dtype == NN_FLOAT32) {
        return meter_refuse(NN_ERROR_DTYPE, meter->metric, view,
                            "the metric takes integer labels");
    }
    meter->target_width = is_label ? 1 : meter->width;
    return NN_OK;
}

static nn_status meter_check_top_k(const struct nni_meter *meter,
                                   const struct nni_metric_view *view)
{
    const struct nni_metric *metric = meter->metric;
    if (metric->kind != NNI_TOP_K_ACCURACY) {
        return NN_OK;
    }
    if (meter->width == 1) {
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: output %d is %s, which has no classes to choose from",
                        metric->name, metric->output, nni_shape_text(view->output).text);
    }
    if (metric->k > meter->width) {
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: k is %d, but output %d is %s, which has %" PRId64 " classes",
                        metric->name, metric->k, metric->output,
                        nni_shape_text(view->output).text, meter->width);
    }
    return NN_OK;
}

static nn_status meter_look(struct nni_meter *meter, const struct nni_metric_view *view)
{
    if (view->target == NULL) {
        return nni_fail(NN_ERROR_SHAPE, "%s: output %d has no target to compare with",
                        meter->metric->name, meter->metric->output);
    }
    meter->target_dtype = view->target->dtype;
    meter->threshold = view->threshold;
    if (meter_is_elementwise(meter->metric->kind)) {
        return meter_look_elementwise(meter, view);
    }
    NNI_TRY(meter_look_decisions(meter, view));
    return meter_check_top_k(meter, view);
}

/* The counters depend on the output alone. */
static nn_status meter_allocate(const nn_context *context, struct nni_meter *meter)
{
    if (meter_counts_classes(meter->metric->kind)) {
        meter->class_count = nni_max(meter->width, 2);
        if (meter->classes == NULL) {
            meter->classes =
                nni_alloc(context, (size_t)meter->class_count, sizeof *meter->classes);
        }
        return meter->classes == NULL ? nn_last_status() : NN_OK;
    }
    if (meter->metric->kind == NN_R2) {
        if (meter->moments == NULL) {
            meter->moments =
                nni_alloc(context, (size_t)meter->positions, sizeof *meter->moments);
        }
        return meter->moments == NULL ? nn_last_status() : NN_OK;
    }
    return NN_OK;
}

nn_status nni_meter_prepare(const nn_context *context, struct nni_meter *meter,
                            const struct nni_metric *metric,
                            const struct nni_metric_view *view)
{
    struct nni_meter prepared = {
        .metric = metric, .classes = meter->classes, .moments = meter->moments};
    NNI_TRY(meter_look(&prepared, view));
    NNI_TRY(meter_allocate(context, &prepared));
    nni_meter_reset(&prepared);
    *meter = prepared;
    return NN_OK;
}

void nni_meter_release(const nn_context *context, struct nni_meter *meter)
{
    nni_free(context, meter->classes);
    nni_free(context, meter->moments);
    *meter = (struct nni_meter){0};
}

void nni_meter_reset(struct nni_meter *meter)
{
    meter->samples = 0;
    meter->right = 0;
    meter->error = 0;
    if (meter->classes != NULL) {
        memset(meter->classes, 0, (size_t)meter->class_count * sizeof *meter->classes);
    }
    if (meter->moments != NULL) {
        memset(meter->moments, 0, (size_t)meter->positions * sizeof *meter->moments);
    }
}
