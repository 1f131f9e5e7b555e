/* Allocation. A block from the allocator begins with slack, so that what the library uses
 * is aligned to 64 bytes; the header just before it remembers where the allocator's block
 * began and how much was counted:
 *
 *     start                      header  | block, zeroed
 *     | slack (0 ... 63 bytes) | 16 bytes | size bytes                                   */
#include "base/memory.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct memory_header {
    void *start;
    uint64_t counted; /* bytes, 0 where the context does not count */
};

enum { MEMORY_OVERHEAD = (int)sizeof(struct memory_header) + NNI_ALIGNMENT - 1 };

static struct memory_header *memory_header_of(void *block)
{
    return (struct memory_header *)block - 1;
}

/* The largest size a block may have: with its overhead it still fits into a ptrdiff_t. */
static size_t memory_size_max(void)
{
    return (size_t)PTRDIFF_MAX - MEMORY_OVERHEAD;
}

static void *memory_block(const nn_allocator *allocator, size_t size, int zeroed)
{
    if (size > memory_size_max()) {
        nni_fail(NN_ERROR_SIZE, "memory: a block of %" PRIu64 " bytes is too large",
                 (uint64_t)size);
        return NULL;
    }
    size_t total = size + MEMORY_OVERHEAD;
    int hosted = allocator->allocate != NULL;
    /* calloc takes fresh zeroed pages as they are; the host's memory has to be cleared. */
    char *start = hosted   ? allocator->allocate(allocator->user, total)
                  : zeroed ? calloc(1, total)
                           : malloc(total);
    if (start == NULL) {
        nni_fail(NN_ERROR_MEMORY, "memory: the allocator gave no %" PRIu64 " bytes",
                 (uint64_t)total);
        return NULL;
    }
    uintptr_t first = (uintptr_t)start + sizeof(struct memory_header);
    size_t slack = (size_t)(-first & (NNI_ALIGNMENT - 1));
    char *block = start + sizeof(struct memory_header) + slack;
    if (hosted && zeroed) {
        memset(block, 0, size);
    }
    struct memory_header *header = memory_header_of(block);
    header->start = start;
    header->counted = 0;
    return block;
}

void *nni_block_create(const nn_allocator *allocator, size_t size)
{
    return memory_block(allocator, size, 1);
}

void nni_block_destroy(const nn_allocator *allocator, void *block)
{
    if (block == NULL) {
        return;
    }
    void *start = memory_header_of(block)->start;
    if (allocator->allocate != NULL) {
        allocator->deallocate(allocator->user, start);
    } else {
        free(start);
    }
}

/* Counts bytes as used; NN_ERROR_MEMORY_LIMIT where that would exceed the limit. */
static nn_status memory_count(const nn_context *context, uint64_t bytes)
{
    uint64_t limit = context->memory_limit;
    uint64_t *counter = &context->counters->bytes_used;
    uint64_t used = NNI_LOAD_RELAXED(counter);
    do {
        if (limit != 0 && (used > limit || bytes > limit - used)) {
            return nni_fail(NN_ERROR_MEMORY_LIMIT,
                            "memory: %" PRIu64 " bytes more than the %" PRIu64
                            " in use would exceed the context's limit of %" PRIu64,
                            bytes, used, limit);
        }
    } while (!NNI_COMPARE_EXCHANGE(counter, &used, used + bytes));
    return NN_OK;
}

static void *memory_take(const nn_context *context, size_t count, size_t size, int zeroed)
{
    context = nni_context_or_default(context);
    if (size != 0 && count > memory_size_max() / size) {
        nni_fail(NN_ERROR_SIZE,
                 "memory: %" PRIu64 " elements of %" PRIu64 " bytes are too many",
                 (uint64_t)count, (uint64_t)size);
        return NULL;
    }
    uint64_t counted = 0;
    if (context->counters != NULL) {
        counted = (uint64_t)(count * size) + MEMORY_OVERHEAD;
        if (memory_count(context, counted) != NN_OK) {
            return NULL;
        }
    }
    void *block = memory_block(&context->allocator, count * size, zeroed);
    if (block != NULL) {
        memory_header_of(block)->counted = counted;
    } else if (counted != 0) {
        NNI_FETCH_SUB(&context->counters->bytes_used, counted);
    }
    return block;
}

void *nni_alloc(const nn_context *context, size_t count, size_t size)
{
    return memory_take(context, count, size, 1);
}

void *nni_alloc_scratch(const nn_context *context, size_t bytes)
{
    return memory_take(context, bytes, 1, 0);
}

void nni_free(const nn_context *context, void *memory)
{
    if (memory == NULL) {
        return;
    }
    context = nni_context_or_default(context);
    uint64_t counted = memory_header_of(memory)->counted;
    nni_block_destroy(&context->allocator, memory);
    if (counted != 0) {
        NNI_FETCH_SUB(&context->counters->bytes_used, counted);
    }
}

void *nni_grow(const nn_context *context, void *memory, size_t old_count,
               size_t new_count, size_t size)
{
    void *grown = nni_alloc(context, new_count, size);
    if (grown != NULL && memory != NULL) {
        memcpy(grown, memory, (old_count < new_count ? old_count : new_count) * size);
        nni_free(context, memory);
    }
    return grown;
}

char *nni_copy_text(const nn_context *context, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = nni_alloc(context, bytes, 1);
    if (copy != NULL) {
        memcpy(copy, text, bytes);
    }
    return copy;
}

int nni_multiply_checked(int64_t a, int64_t b, int64_t *product)
{
    int fits = a >= 0 && b >= 0 && (a == 0 || b <= INT64_MAX / a);
    *product = fits ? a * b : 0;
    return fits;
}

int nni_add_checked(int64_t a, int64_t b, int64_t *sum)
{
    int fits = a >= 0 && b >= 0 && b <= INT64_MAX - a;
    *sum = fits ? a + b : 0;
    return fits;
}

size_t nni_align_up(size_t bytes)
{
    return (bytes + NNI_ALIGNMENT - 1) & ~(size_t)(NNI_ALIGNMENT - 1);
}
