/* Samples on threads: cutting a call's samples into ranges, copying them and turning them
 * into floats. What is computed for a sample never depends on the range it falls into. */
#include "base/contract.h"
#include "layers/layer.h"

#include "base/parallel.h"

#include <string.h>

enum {
    ROWS_TASK_COST = 32768
}; /* simple operations that are worth a task of their own */

void nni_layer_rows(const struct nni_call *call, int64_t cost,
                    void (*body)(void *data, int32_t index, int64_t first, int64_t end),
                    void *data)
{
    /* Too little for two tasks, the case that has to be quick. */
    if (call->rows <= ROWS_TASK_COST && cost <= ROWS_TASK_COST / 2 &&
        call->rows * cost < 2 * (int64_t)ROWS_TASK_COST) {
        if (call->rows > 0) {
            body(data, 0, 0, call->rows);
        }
        return;
    }
    const int64_t grain = nni_max(1, ROWS_TASK_COST / nni_max(1, cost));
    nni_parallel_ranges(call->context, call->rows, grain, body, data);
}

struct rows_copy {
    const char *from;
    char *to;
    int64_t bytes;
};

static void rows_copy_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct rows_copy *copy = data;
    (void)index;
    memcpy(copy->to + first * copy->bytes, copy->from + first * copy->bytes,
           (size_t)((end - first) * copy->bytes));
}

void nni_layer_copy(const struct nni_call *call, const void *from, void *to,
                    int64_t bytes_per_sample)
{
    if (from == to) {
        return;
    }
    struct rows_copy copy = {from, to, bytes_per_sample};
    nni_layer_rows(call, bytes_per_sample / 16, rows_copy_range, &copy);
}

void nni_layer_ints_to_floats(int32_t dtype, const void *input, int64_t first,
                              int64_t count, float *out)
{
    if (dtype == NN_UINT8) {
        const uint8_t *x = (const uint8_t *)input + first;
        for (int64_t i = 0; i < count; i++) {
            out[i] = (float)x[i];
        }
    } else if (dtype == NN_INT32) {
        const int32_t *x = (const int32_t *)input + first;
        for (int64_t i = 0; i < count; i++) {
            out[i] = (float)x[i];
        }
    } else {
        const int64_t *x = (const int64_t *)input + first;
        for (int64_t i = 0; i < count; i++) {
            out[i] = (float)x[i];
        }
    }
}
