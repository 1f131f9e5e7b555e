/* The internal side of nn/context.h. A context is what the host supplies; after its first
 * handle it is read only but for the counters. The default context is a constant. */
#ifndef NNI_BASE_CONTEXT_H
#define NNI_BASE_CONTEXT_H

#include "base/compiler.h"

#include <nn/context.h>

struct nni_thread_pool;

/* The part of a context that changes while handles are alive; the default has none. */
struct nni_context_counters {
    int64_t references;  /* the creator's and one of each handle (atomic) */
    uint64_t bytes_used; /* (atomic) */
};

struct nn_context {
    nn_allocator allocator; /* allocator.allocate is NULL for malloc */
    nn_logger logger;       /* logger.log is NULL for silence */
    nn_executor executor; /* executor.parallel_for is NULL unless the host supplied one */
    int32_t threads;
    int32_t max_isa; /* NN_ISA_... as asked for */
    uint64_t memory_limit;
    uint64_t seed;
    struct nni_thread_pool *pool;          /* NULL where threads is 1 */
    struct nni_context_counters *counters; /* NULL for the default context */
};

/* The context to use for a creator's argument: the default one for NULL. Never NULL. */
const nn_context *nni_context_or_default(const nn_context *context);

/* Retain and release: a handle retains its context when created, releases when destroyed.
 * The last release destroys the context. No-ops for the default context. */
const nn_context *nni_context_retain(const nn_context *context);
void nni_context_release(const nn_context *context);

/* Logs a line (printf's format, cut to 512 bytes) where the context has a logger. */
void nni_log(const nn_context *context, int32_t level, const char *format, ...)
    NNI_PRINTF(3, 4);

/* The instruction set that NN_MAX_ISA allows (NN_ISA_BEST where it is not set or empty);
 * a value that is known is read once per process. Negative, with NN_ERROR_ENVIRONMENT
 * recorded, where it is not known. */
int32_t nni_environment_isa(void);

#endif
