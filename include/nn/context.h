/* nn/context.h - what a host may supply: memory, logging, threads, limits and the seed.
 *
 * Every creator takes a context as its first argument. NULL stands for the default, which
 * cannot be changed: malloc, silent, one thread, the best instruction set, no memory
 * limit and the seed NN_DEFAULT_SEED. Handles that are joined (a layer with its model, a
 * model with its trainer) must share a context; otherwise NN_ERROR_CONTEXT.
 *
 * A context is set up first and used afterwards: its setters return NN_ERROR_STATE
 * while any handle made with it is alive. After that it is read only, and any number
 * of threads may create handles with it. */
#ifndef NN_CONTEXT_H
#define NN_CONTEXT_H

#include <nn/status.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_context nn_context;

/* The seed of the default context and of every new context. */
#define NN_DEFAULT_SEED 42

/* The host's memory. Both functions may be called from any thread that uses the library,
 * never from the pool's workers. allocate returns memory aligned as malloc's, or NULL;
 * deallocate gets what allocate returned, never NULL. Neither may call the library. */
typedef struct nn_allocator {
    uint32_t struct_size; /* sizeof(nn_allocator) */
    void *(*allocate)(void *user, size_t size);
    void (*deallocate)(void *user, void *memory);
    void *user;
} nn_allocator;

enum {
    NN_LOG_WARNING = 1,
    NN_LOG_INFO = 2, /* one line: an epoch has ended, training stopped early */
    NN_LOG_PROGRESS =
        3 /* a line that replaces the last one (a progress bar); see trainer.h */
};

/* The host's log. text is one line without a line feed, valid during the call. log is
 * called from the thread that trains and may call functions that only read. */
typedef struct nn_logger {
    uint32_t struct_size; /* sizeof(nn_logger) */
    void (*log)(void *user, int32_t level, const char *text);
    void *user;
} nn_logger;

/* The host's threads. parallel_for calls task(data, i) once for each i in 0 ... count
 * - 1, in any order, on any threads, and returns when all are done. Tasks never wait
 * for one another, so an executor may run them one after the other. concurrency is the
 * number of tasks that can run at the same time (1 ... 1024): work is cut into about
 * so many. */
typedef struct nn_executor {
    uint32_t struct_size; /* sizeof(nn_executor) */
    int32_t concurrency;
    void (*parallel_for)(void *user, void (*task)(void *data, int32_t index), void *data,
                         int32_t count);
    void *user;
} nn_executor;

/* Creates a context whose memory comes from *allocator (copied), or from malloc where
 * allocator is NULL. Returns NULL on NN_ERROR_MEMORY, NN_ERROR_NULL (a function of the
 * allocator), NN_ERROR_ARGUMENT (struct_size) or NN_ERROR_ENVIRONMENT. */
NN_API nn_context *nn_context_create(const nn_allocator *allocator);

/* Gives up the caller's hold on the context; NULL is accepted. It goes, and its threads
 * end, when the last handle made with it has been destroyed. */
NN_API void nn_context_destroy(nn_context *context);

/* Sets the logger (copied); NULL for silence, which is the default. */
NN_API nn_status nn_context_set_logger(nn_context *context, const nn_logger *logger);

/* Computes on `threads` threads, the calling one included (1 ... 1024; default 1). The
 * others are started when first needed; one that cannot be started is done without.
 * Results do not depend on it. Replaces an executor set before. */
NN_API nn_status nn_context_set_threads(nn_context *context, int32_t threads);

/* Computes on the host's executor (copied); NULL goes back to one thread. Replaces a
 * thread count set before. */
NN_API nn_status nn_context_set_executor(nn_context *context,
                                         const nn_executor *executor);

/* Uses no newer instruction set than isa (NN_ISA_...; default NN_ISA_BEST). Results do
 * not depend on it. */
NN_API nn_status nn_context_set_max_isa(nn_context *context, int32_t isa);

/* Refuses allocations that would take the memory of all handles of this context above
 * `bytes` (NN_ERROR_MEMORY_LIMIT); 0, the default, means no limit. */
NN_API nn_status nn_context_set_memory_limit(nn_context *context, uint64_t bytes);

/* The seed from which models and trainers made with this context draw all randomness,
 * unless they are given one of their own (default NN_DEFAULT_SEED). */
NN_API nn_status nn_context_set_seed(nn_context *context, uint64_t seed);

/* The instruction set in use (NN_ISA_...); context may be NULL for the default. Negative
 * where NN_MAX_ISA holds a value that is not known. */
NN_API int32_t nn_context_isa(const nn_context *context);

/* The number of tasks that run at the same time; context may be NULL (then 1). */
NN_API int32_t nn_context_threads(const nn_context *context);

/* The seed; context may be NULL. */
NN_API uint64_t nn_context_seed(const nn_context *context);

/* Bytes that the handles of this context hold now; 0 for NULL (the default does not
 * count). */
NN_API uint64_t nn_context_memory_used(const nn_context *context);

#ifdef __cplusplus
}
#endif

#endif
