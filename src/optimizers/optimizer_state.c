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
    nni_free(context, optimizer->runs);
    memset(optimizer->slots, 0, sizeof optimizer->slots);
    optimizer->shapes = NULL;
    optimizer->pieces = NULL;
    optimizer->piece_count = 0;
    optimizer->runs = NULL;
    optimizer->run_count = 0;
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

/* 1 where b begins at the end of a, or of the gap behind it where there may be gaps, and
 * their gradients lie likewise. */
static int optimizer_side_by_side(const nn_optimizer *optimizer,
                                  const struct nni_piece *a, const struct nni_piece *b)
{
    const uintptr_t bytes = (uintptr_t)a->count * sizeof *a->parameter;
    const uintptr_t way = (uintptr_t)b->parameter - (uintptr_t)a->parameter;
    const uintptr_t most = bytes + (uintptr_t)optimizer->gap * sizeof *a->parameter;
    return way >= bytes && way <= most &&
           (uintptr_t)b->gradient - (uintptr_t)a->gradient == way &&
           a->rate_multiplier == b->rate_multiplier;
}

void nni_optimizer_list_runs(nn_optimizer *optimizer)
{
    const struct nni_piece *pieces = optimizer->pieces;
    const int32_t count = optimizer->piece_count;
    optimizer->run_count = 0;
    int64_t start = 0;
    for (int32_t i = 0, next; i < count; i = next) {
        next = i + 1;
        while (next < count &&
               optimizer_side_by_side(optimizer, &pieces[next - 1], &pieces[next])) {
            next++;
        }
        const struct nni_piece *first = &pieces[i], *last = &pieces[next - 1];
        const uintptr_t way = (uintptr_t)last->parameter - (uintptr_t)first->parameter;
        const int64_t elements = (int64_t)(way / sizeof(float)) + last->count;
        optimizer->runs[optimizer->run_count++] =
            (struct nni_piece_run){i, start, elements};
        start += elements;
    }
}

/* The memory of a state; what is there of it on failure is for the caller to free. */
struct optimizer_memory {
    struct nni_piece *pieces;
    struct nni_piece_run *runs;
    float *slots[NNI_SLOTS_MAX];
};

static nn_status optimizer_allocate(const nn_optimizer *optimizer, int32_t count,
                                    int64_t total, struct optimizer_memory *memory)
{
    const nn_context *context = optimizer->handle.context;
    memory->pieces = nni_alloc(context, (size_t)count, sizeof *memory->pieces);
    memory->runs = nni_alloc(context, (size_t)count, sizeof *memory->runs);
    if (memory->pieces == NULL || memory->runs == NULL) {
        return nn_last_status();
    }
    return optimizer_new_slots(optimizer, total, memory->slots);
}

nn_status nni_optimizer_bind(nn_optimizer *optimizer, const struct nni_piece *pieces,
                             int32_t count)
{
    const nn_context *context = optimizer->handle.context;
    int64_t total = 0;
    NNI_TRY(optimizer_total(optimizer, pieces, count, &total));
    struct optimizer_memory memory = {0};
    const nn_status status = optimizer_allocate(optimizer, count, total, &memory);
    if (status != NN_OK) {
        optimizer_free_slots(optimizer, memory.slots);
        nni_free(context, memory.runs);
        nni_free(context, memory.pieces);
        return status;
    }
    memcpy(memory.pieces, pieces, (size_t)count * sizeof *pieces);
    nni_optimizer_unbind(optimizer);
    optimizer->pieces = memory.pieces;
    optimizer->runs = memory.runs;
    optimizer->piece_count = count;
    optimizer->total = total;
    memcpy(optimizer->slots, memory.slots, sizeof memory.slots);
    nni_optimizer_list_runs(optimizer);
    return NN_OK;
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
    optimizer->run_count = from->run_count;
    optimizer->runs = from->runs;
    optimizer->total = from->total;
    optimizer->shapes = from->shapes;
    memcpy(optimizer->slots, from->slots, sizeof from->slots);
    memset(from->slots, 0, sizeof from->slots);
    from->pieces = NULL;
    from->runs = NULL;
    from->shapes = NULL;
    nni_optimizer_unbind(from);
}

size_t nni_optimizer_state_bytes(const nn_optimizer *optimizer, int64_t total,
                                 int32_t count)
{
    size_t bytes = nni_align_up((size_t)count * sizeof(struct nni_piece)) +
                   nni_align_up((size_t)count * sizeof(struct nni_piece_run));
    const uint32_t used = optimizer->type->slots(optimizer);
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        bytes += (used >> s & 1) == 0 ? 0 : nni_align_up((size_t)total * sizeof(float));
    }
    return bytes;
}
