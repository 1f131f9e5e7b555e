/* A batch in parts. Each part is a batch of its own, described by a copy of the call
 * whose pointers begin at the part's first row, so a loss writes one plain loop over
 * rows. */
#include "base/compiler.h"
#include "base/contract.h"
#include "base/parallel.h"
#include "losses/loss_parts.h"

enum { LOSS_PART_ELEMENTS = 16384 }; /* fewer are not worth a task */

struct loss_parts {
    const nn_loss *loss;
    const struct nni_loss_call *call;
    nni_loss_part_function *function;
    int64_t output_stride, scratch_stride; /* floats of a row */
    size_t target_stride;                  /* bytes of a row */
};

static void loss_part(void *data, int32_t index, int64_t first, int64_t end)
{
    (void)index;
    const struct loss_parts *parts = data;
    struct nni_loss_call part = *parts->call;
    part.rows = end - first;
    part.output += first * parts->output_stride;
    if (part.target != NULL) {
        part.target = (const char *)part.target + (size_t)first * parts->target_stride;
    }
    part.row_scale += first;
    part.row_loss += first;
    if (part.output_gradient != NULL) {
        part.output_gradient += first * parts->output_stride;
    }
    if (part.scratch != NULL) {
        part.scratch += first * parts->scratch_stride;
    }
    parts->function(parts->loss, &part);
}

void nni_loss_in_parts(const nn_loss *loss, const struct nni_loss_call *call,
                       nni_loss_part_function *function)
{
    if (nni_concurrency(call->context) == 1) {
        function(loss, call);
        return;
    }
    struct loss_parts parts = {
        .loss = loss,
        .call = call,
        .function = function,
        .output_stride = nni_shape_count(call->output_shape),
        .scratch_stride = loss->type->scratch_per_sample(loss, call->output_shape),
    };
    if (call->target != NULL) {
        parts.target_stride = (size_t)nni_shape_count(call->target_shape) *
                              nn_dtype_size(call->target_shape->dtype);
    }
    const int64_t grain =
        nni_max(1, LOSS_PART_ELEMENTS / nni_max(1, parts.output_stride));
    nni_parallel_ranges(call->context, call->rows, grain, loss_part, &parts);
}

void nni_loss_row_means(const struct nni_loss_call *part, const float *terms,
                        int64_t count)
{
    for (int64_t r = 0; r < part->rows; r++) {
        part->row_loss[r] = part->kernels->sum(terms + r * count, count) / (float)count;
    }
}
