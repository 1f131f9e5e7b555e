/* Memory: every byte of the library comes from here, through the context's allocator,
 * counted against its limit, aligned to 64 bytes, and zeroed but for scratch. Sizes are products checked
 * for overflow. A block does not hold its context: the handle that owns the block does. */
#ifndef NNI_BASE_MEMORY_H
#define NNI_BASE_MEMORY_H

#include "base/context.h"
#include "base/status.h"

enum { NNI_ALIGNMENT = 64 };

/* count * size zeroed bytes, aligned to 64, or NULL with the failure recorded
 * (NN_ERROR_SIZE, NN_ERROR_MEMORY, NN_ERROR_MEMORY_LIMIT). count may be 0: then the block
 * is one that can be freed. */
void *nni_alloc(const nn_context *context, size_t count, size_t size);

/* The same, not zeroed: for what is written before it is read, in a call whose work may be
 * less than the zeroing. */
void *nni_alloc_scratch(const nn_context *context, size_t bytes);

/* A block of new_count * size bytes that begins with the old block's old_count * size; the
 * rest is zeroed. On failure NULL, and the old block is as it was. memory may be NULL. */
void *nni_grow(const nn_context *context, void *memory, size_t old_count,
               size_t new_count, size_t size);

/* Gives back what nni_alloc returned; NULL is accepted. context is the one it came from. */
void nni_free(const nn_context *context, void *memory);

/* A copy of text that nni_free gives back, or NULL with the failure recorded. */
char *nni_copy_text(const nn_context *context, const char *text);

/* The same without a context's count and limit: for the context itself and its pool.
 * allocator->allocate is NULL for malloc. */
void *nni_block_create(const nn_allocator *allocator, size_t size);
void nni_block_destroy(const nn_allocator *allocator, void *block);

/* *product = a * b, *sum = a + b: 0 where it does not fit into int64_t or one
 * of the two is negative (the result is then 0), 1 otherwise. */
int nni_multiply_checked(int64_t a, int64_t b, int64_t *product);
int nni_add_checked(int64_t a, int64_t b, int64_t *sum);

/* bytes rounded up to a multiple of 64. */
size_t nni_align_up(size_t bytes);

#endif
