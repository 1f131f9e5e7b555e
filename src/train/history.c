/* The history in memory: a block of numbers for each series, all with the same room, which
 * doubles when it is used up. io/history_csv.c puts it into a file. */
#include "base/memory.h"
#include "train/history.h"
#include "train/line.h"

#include <math.h>
#include <string.h>

void nni_history_init(struct nni_history *history, const nn_context *context)
{
    *history = (struct nni_history){.context = context};
}

void nni_history_release(struct nni_history *history)
{
    for (int32_t i = 0; i < history->series_count; i++) {
        nni_free(history->context, history->values[i]);
    }
    nni_free(history->context, history->values);
    nni_free(history->context, history->names);
    nni_history_init(history, history->context);
}

/* Makes the two lists one longer than there are series. */
static nn_status history_widen(struct nni_history *history)
{
    const size_t count = (size_t)history->series_count;
    void *names = nni_grow(history->context, history->names, count, count + 1,
                           sizeof *history->names);
    if (names == NULL) {
        return nn_last_status();
    }
    history->names = names;
    void *values = nni_grow(history->context, history->values, count, count + 1,
                            sizeof *history->values);
    if (values == NULL) {
        return nn_last_status();
    }
    history->values = values;
    return NN_OK;
}

nn_status nni_history_add_series(struct nni_history *history, const char *name)
{
    if (strlen(name) >= NNI_SERIES_NAME_SIZE) {
        return nni_fail(NN_ERROR_NAME, "history: the name '%s' is longer than %d bytes",
                        name, NNI_SERIES_NAME_SIZE - 1);
    }
    NNI_TRY(history_widen(history));
    double *values =
        nni_alloc(history->context, (size_t)history->capacity, sizeof *values);
    if (values == NULL) {
        return nn_last_status();
    }
    for (int64_t i = 0; i < history->epochs; i++) {
        values[i] = (double)NAN;
    }
    memcpy(history->names[history->series_count], name, strlen(name) + 1);
    history->values[history->series_count] = values;
    history->series_count++;
    return NN_OK;
}

int32_t nni_history_find(const struct nni_history *history, const char *name)
{
    for (int32_t i = 0; i < history->series_count; i++) {
        if (strcmp(history->names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

nn_status nni_history_reserve(struct nni_history *history, int64_t epochs)
{
    int64_t needed;
    if (!nni_add_checked(history->epochs, epochs, &needed)) {
        return nni_fail(NN_ERROR_SIZE, "history: too many epochs");
    }
    if (needed <= history->capacity) {
        return NN_OK;
    }
    const int64_t doubled = history->capacity > INT64_MAX / 2 ? 0 : 2 * history->capacity;
    const int64_t capacity = nni_max(needed, doubled);
    for (int32_t i = 0; i < history->series_count; i++) {
        double *values =
            nni_grow(history->context, history->values[i], (size_t)history->epochs,
                     (size_t)capacity, sizeof *values);
        if (values == NULL) {
            return nn_last_status();
        }
        history->values[i] = values;
    }
    history->capacity = capacity;
    return NN_OK;
}

void nni_history_append(struct nni_history *history, const double *values)
{
    NNI_ASSERT(history->epochs < history->capacity);
    for (int32_t i = 0; i < history->series_count; i++) {
        history->values[i][history->epochs] = values[i];
    }
    history->epochs++;
}

nn_status nni_history_no_such_name(const struct nni_history *history, const char *who,
                                   const char *name)
{
    struct nni_line names = {0};
    for (int32_t i = 0; i < history->series_count; i++) {
        nni_line_add(&names, "%s%s", i == 0 ? "there are " : ", ", history->names[i]);
    }
    return nni_fail(NN_ERROR_NAME, "%s: there is no '%s' in the history; %s", who, name,
                    names.length == 0 ? "it is empty" : names.text);
}
