/* The state of an optimizer: the parameters it is bound to, and for each slot in use one
 * array over all of them, in their order. */
#include "base/memory.h"
#include "optimizers/optimizer.h"

#include <string.h>

static void optimizer_free_slots(const nn_optimizer *optimizer,
                                 float *const slots[NNI_SLOTS_MAX])
{
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        nni_free(optimizer->handle.context, slots[s]);
    }
}

void nni_optimizer_unbind(nn_optimizer *optimizer)
{
    const nn_context *context = optimizer->handle.context;
    optimizer_free_slots(optimizer, optimizer->slots);
    nni_free(context, optimizer->shapes);
    nni_free(context, optimizer->pieces);
    memset(optimizer->slots, 0, sizeof optimizer->slots);
    optimizer->shapes = NULL;
    optimizer->pieces = NULL;
    optimizer->piece_count = 0;
    optimizer->total = 0;
    optimizer->steps = 0;
}

static float *optimizer_new_slot(const nn_optimizer *optimizer, int32_t slot,
                                 int64_t total)
{
    float *values = nni_alloc(optimizer->handle.context, (size_t)total, sizeof(float));
    if (values == NULL || optimizer->type->initial == NULL) {
        return values;
    }
    const float initial = optimizer->type->initial(optimizer, slot);
    for (int64_t i = 0; i < total; i++) {
        values[i] = initial;
    }
    return values;
}

static nn_status optimizer_new_slots(const nn_optimizer *optimizer, int64_t total,
                                     float *slots[NNI_SLOTS_MAX])
{
    const uint32_t used = optimizer->type->slots(optimizer);
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        if ((used >> s & 1) == 0) {
            continue;
        }
        slots[s] = optimizer_new_slot(optimizer, s, total);
        if (slots[s] == NULL) {
            return nn_last_status();
        }
    }
    return NN_OK;
}

static nn_status optimizer_total(const nn_optimizer *optimizer,
                                 const struct nni_piece *pieces, int32_t count,
                                 int64_t *total)
{
    *total = 0;
    for (int32_t i = 0; i < count; i++) {
        if (!nni_add_checked(*total, pieces[i].count, total)) {
            return nni_fail(NN_ERROR_SIZE, "%s: the parameters are too many",
                            optimizer->type->name);
        }
    }
    return NN_OK;
}

nn_status nni_optimizer_bind(nn_optimizer *optimizer, const struct nni_piece *pieces,
                             int32_t count)
{
    const nn_context *context = optimizer->handle.context;
    int64_t total = 0;
    NNI_TRY(optimizer_total(optimizer, pieces, count, &total));
    struct nni_piece *copy = nni_alloc(context, (size_t)count, sizeof *copy);
    if (copy == NULL) {
        return nn_last_status();
    }
    float *slots[NNI_SLOTS_MAX] = {NULL};
    const nn_status status = optimizer_new_slots(optimizer, total, slots);
    if (status != NN_OK) {
        optimizer_free_slots(optimizer, slots);
        nni_free(context, copy);
        return status;
    }
    memcpy(copy, pieces, (size_t)count * sizeof *copy);
    nni_optimizer_unbind(optimizer);
    optimizer->pieces = copy;
    optimizer->piece_count = count;
    optimizer->total = total;
    memcpy(optimizer->slots, slots, sizeof slots);
    return NN_OK;
}

void nni_optimizer_rebind(nn_optimizer *optimizer, const struct nni_piece *pieces)
{
    for (int32_t i = 0; i < optimizer->piece_count; i++) {
        NNI_ASSERT(pieces[i].count == optimizer->pieces[i].count);
        optimizer->pieces[i] = pieces[i];
    }
}

void nni_optimizer_take_state(nn_optimizer *optimizer, nn_optimizer *from)
{
    const struct nni_options own = nni_optimizer_options(optimizer);
    const struct nni_options options = nni_optimizer_options(from);
    nni_optimizer_unbind(optimizer);
    (void)nni_options_copy(&options, &own); /* numbers alone: cannot fail */
    optimizer->steps = from->steps;
    optimizer->piece_count = from->piece_count;
    optimizer->pieces = from->pieces;
    optimizer->total = from->total;
    optimizer->shapes = from->shapes;
    memcpy(optimizer->slots, from->slots, sizeof from->slots);
    memset(from->slots, 0, sizeof from->slots);
    from->pieces = NULL;
    from->shapes = NULL;
    nni_optimizer_unbind(from);
}

size_t nni_optimizer_state_bytes(const nn_optimizer *optimizer, int64_t total,
                                 int32_t count)
{
    size_t bytes = nni_align_up((size_t)count * sizeof(struct nni_piece));
    const uint32_t used = optimizer->type->slots(optimizer);
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        bytes += (used >> s & 1) == 0 ? 0 : nni_align_up((size_t)total * sizeof(float));
    }
    return bytes;
}
