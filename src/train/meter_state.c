/* The counters of meters as lists of numbers, for checkpoints in the middle of an epoch. */
#include "base/memory.h"
#include "train/trainer.h"

#include <string.h>

enum { METER_CLASS_COUNTS = 3, METER_ELEMENT_SUMS = 3 };

void nni_meter_state_release(const nn_context *context, struct nni_meter_state *state)
{
    nni_free(context, state->counts);
    nni_free(context, state->sums);
    *state = (struct nni_meter_state){0};
}

static int64_t meter_elements(const struct nni_meter *meter)
{
    return meter->moments == NULL ? 0 : meter->positions;
}

void nni_meter_save(const struct nni_meter *meter, struct nni_meter_state *state)
{
    if (state->counts != NULL) {
        int64_t *counts = state->counts + state->count_size;
        double *sums = state->sums + state->sum_size;
        *counts++ = meter->samples;
        *counts++ = meter->right;
        for (int64_t c = 0; c < meter->class_count; c++) {
            *counts++ = meter->classes[c].right;
            *counts++ = meter->classes[c].predicted;
            *counts++ = meter->classes[c].actual;
        }
        *sums++ = meter->error;
        for (int64_t i = 0; i < meter_elements(meter); i++) {
            *sums++ = meter->moments[i].mean;
            *sums++ = meter->moments[i].deviations;
            *sums++ = meter->moments[i].errors;
        }
    }
    state->count_size += 2 + METER_CLASS_COUNTS * meter->class_count;
    state->sum_size += 1 + METER_ELEMENT_SUMS * meter_elements(meter);
}

void nni_meter_load(struct nni_meter *meter, const int64_t **counts, const double **sums)
{
    meter->samples = *(*counts)++;
    meter->right = *(*counts)++;
    for (int64_t c = 0; c < meter->class_count; c++) {
        meter->classes[c].right = *(*counts)++;
        meter->classes[c].predicted = *(*counts)++;
        meter->classes[c].actual = *(*counts)++;
    }
    meter->error = *(*sums)++;
    for (int64_t i = 0; i < meter_elements(meter); i++) {
        meter->moments[i].mean = *(*sums)++;
        meter->moments[i].deviations = *(*sums)++;
        meter->moments[i].errors = *(*sums)++;
    }
}

static void meters_append(const nn_trainer *trainer, struct nni_meter_state *state)
{
    state->count_size = 0;
    state->sum_size = 0;
    for (int32_t m = 0; trainer->meters_ready && m < trainer->metric_count; m++) {
        nni_meter_save(&trainer->meters[m], state);
    }
}

nn_status nni_meters_save(const nn_trainer *trainer, struct nni_meter_state *state)
{
    const nn_context *context = trainer->handle.context;
    *state = (struct nni_meter_state){0};
    meters_append(trainer, state);
    if (state->count_size == 0) {
        return NN_OK;
    }
    state->counts = nni_alloc(context, (size_t)state->count_size, sizeof *state->counts);
    state->sums = nni_alloc(context, (size_t)state->sum_size, sizeof *state->sums);
    if (state->counts == NULL || state->sums == NULL) {
        nni_meter_state_release(context, state);
        return nn_last_status();
    }
    meters_append(trainer, state);
    return NN_OK;
}

nn_status nni_meters_load(nn_trainer *trainer, const struct nni_meter_state *state)
{
    struct nni_meter_state sizes = {0};
    meters_append(trainer, &sizes);
    if (sizes.count_size != state->count_size || sizes.sum_size != state->sum_size) {
        return nni_fail(NN_ERROR_STATE,
                        "the checkpoint's metrics were counted on other outputs or "
                        "targets");
    }
    const int64_t *counts = state->counts;
    const double *sums = state->sums;
    for (int32_t m = 0; m < trainer->metric_count; m++) {
        nni_meter_load(&trainer->meters[m], &counts, &sums);
    }
    return NN_OK;
}
