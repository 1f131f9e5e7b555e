/* Placing blocks with known lifetimes in one arena: the largest first, each at the lowest
 * offset where no block alive at the same time is in its way (greedy by size, as in Pisarchyk
 * and Lee, "Efficient memory management for deep neural net inference", 2020). */
#include "base/memory.h"
#include "model/plan.h"

#include <stdlib.h>

/* Far beyond any memory, and so small that sums with other sizes do not overflow. */
#define ARENA_BYTES_MAX (INT64_MAX / 4)

struct arena_entry {
    int64_t bytes;
    int32_t block;
};

/* Larger blocks first, then in the order of their numbers. */
static int arena_compare(const void *a, const void *b)
{
    const struct arena_entry *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? 1 : -1;
    return x->block < y->block ? -1 : 1;
}

static int arena_meet(const struct nni_block *a, const struct nni_block *b)
{
    return a->first <= b->last && b->first <= a->last;
}

/* Finds the offset of a block among `count` placed ones (sorted by offset) and inserts it. */
static void arena_insert(struct nni_block *blocks, int32_t *placed, int32_t count,
                         int32_t block)
{
    int64_t offset = 0;
    for (int32_t i = 0; i < count; i++) {
        const struct nni_block *other = &blocks[placed[i]];
        if (!arena_meet(&blocks[block], other))
            continue;
        if (offset + blocks[block].bytes <= other->offset)
            break;
        offset = nni_max(offset, other->offset + other->bytes);
    }
    blocks[block].offset = offset;
    int32_t at = count;
    for (; at > 0 && blocks[placed[at - 1]].offset > offset; at--)
        placed[at] = placed[at - 1];
    placed[at] = block;
}

/* All blocks one behind the other would still have offsets. */
static nn_status arena_check(const struct nni_block *blocks, int32_t count)
{
    int64_t bytes = 0;
    for (int32_t i = 0; i < count; i++)
        if (!nni_add_checked(bytes, blocks[i].bytes, &bytes) || bytes > ARENA_BYTES_MAX)
            return nni_fail(NN_ERROR_SIZE,
                            "the values of so many samples are too much memory");
    return NN_OK;
}

nn_status nni_arena_place(const nn_context *context, struct nni_block *blocks,
                          int32_t count, int64_t *bytes)
{
    *bytes = 0;
    NNI_TRY(arena_check(blocks, count));
    struct arena_entry *entries = nni_alloc(context, (size_t)count, sizeof *entries);
    int32_t *placed = nni_alloc(context, (size_t)count, sizeof *placed);
    nn_status status = entries == NULL || placed == NULL ? nn_last_status() : NN_OK;
    if (status == NN_OK) {
        for (int32_t i = 0; i < count; i++)
            entries[i] = (struct arena_entry){blocks[i].bytes, i};
        qsort(entries, (size_t)count, sizeof *entries, arena_compare);
        for (int32_t i = 0; i < count; i++) {
            arena_insert(blocks, placed, i, entries[i].block);
            const struct nni_block *block = &blocks[entries[i].block];
            *bytes = nni_max(*bytes, block->offset + block->bytes);
        }
    }
    nni_free(context, placed);
    nni_free(context, entries);
    return status;
}
