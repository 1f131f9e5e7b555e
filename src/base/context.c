/* Contexts: what the host supplies, checked and copied. The default context is a constant;
 * every other one counts its holders (the creator and each handle) and goes with the last. */
#include "base/context.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>

enum { CONTEXT_THREADS_MAX = 1024, CONTEXT_LOG_SIZE = 512 };

struct context_block {
    nn_context context;
    struct nni_context_counters counters;
};

static const nn_context context_default = {
    .threads = 1,
    .max_isa = NN_ISA_BEST,
    .seed = NN_DEFAULT_SEED,
};

/* ---- creating and holding ---- */

/* NN_ERROR_ARGUMENT where a hook's struct is smaller than this library's. */
static nn_status context_check_size(const char *function, const char *argument,
                                    uint32_t size, size_t expected)
{
    if (size < expected) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: %s->struct_size must be at least %d, got %lld", function,
                        argument, (int)expected, (long long)size);
    }
    return NN_OK;
}

static nn_status context_check_allocator(const nn_allocator *allocator)
{
    static const char function[] = "nn_context_create";
    NNI_TRY(context_check_size(function, "allocator", allocator->struct_size,
                               sizeof *allocator));
    NNI_NOT_NULL(function, allocator->allocate);
    NNI_NOT_NULL(function, allocator->deallocate);
    return NN_OK;
}

nn_context *nn_context_create(const nn_allocator *allocator)
{
    if (nni_environment_isa() < 0) {
        return NULL;
    }
    if (allocator == NULL) {
        allocator = &context_default.allocator;
    } else if (context_check_allocator(allocator) != NN_OK) {
        return NULL;
    }
    struct context_block *block = nni_block_create(allocator, sizeof *block);
    if (block == NULL) {
        return NULL;
    }
    block->context = context_default;
    block->context.allocator = *allocator;
    block->context.counters = &block->counters;
    block->counters.references = 1;
    return &block->context;
}

void nn_context_destroy(nn_context *context)
{
    if (context != NULL) {
        nni_context_release(context);
    }
}

const nn_context *nni_context_or_default(const nn_context *context)
{
    return context == NULL ? &context_default : context;
}

const nn_context *nni_context_retain(const nn_context *context)
{
    if (context->counters != NULL) {
        NNI_FETCH_ADD(&context->counters->references, 1);
    }
    return context;
}

void nni_context_release(const nn_context *context)
{
    if (context->counters == NULL ||
        NNI_FETCH_SUB(&context->counters->references, 1) > 1) {
        return;
    }
    nni_thread_pool_destroy(context, context->pool);
    nn_allocator allocator = context->allocator;
    nni_block_destroy(&allocator, (nn_context *)context);
}

/* ---- setting up ---- */

/* A setter's first check: there is a context, and no handle made with it is alive. */
static nn_status context_check_setter(const char *function, const nn_context *context)
{
    if (context == NULL) {
        return nni_fail(NN_ERROR_NULL,
                        "%s: context is NULL, and the default context cannot be changed",
                        function);
    }
    int64_t handles = NNI_LOAD_ACQUIRE(&context->counters->references) - 1;
    if (handles > 0) {
        return nni_fail(NN_ERROR_STATE,
                        "%s: a context is set up before its first handle is made; %lld "
                        "made with this one are alive",
                        function, (long long)handles);
    }
    return NN_OK;
}

nn_status nn_context_set_logger(nn_context *context, const nn_logger *logger)
{
    static const char function[] = "nn_context_set_logger";
    NNI_TRY(context_check_setter(function, context));
    if (logger == NULL) {
        context->logger = context_default.logger;
        return NN_OK;
    }
    NNI_TRY(context_check_size(function, "logger", logger->struct_size, sizeof *logger));
    NNI_NOT_NULL(function, logger->log);
    context->logger = *logger;
    return NN_OK;
}

/* Puts a pool (NULL for none) in the place of what computed before. */
static void context_replace_workers(nn_context *context, int32_t threads,
                                    struct nni_thread_pool *pool,
                                    const nn_executor *executor)
{
    nni_thread_pool_destroy(context, context->pool);
    context->threads = threads;
    context->pool = pool;
    context->executor = *executor;
}

nn_status nn_context_set_threads(nn_context *context, int32_t threads)
{
    static const char function[] = "nn_context_set_threads";
    NNI_TRY(context_check_setter(function, context));
    if (threads < 1 || threads > CONTEXT_THREADS_MAX) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: threads must be in 1 ... %d, got %d",
                        function, CONTEXT_THREADS_MAX, threads);
    }
    struct nni_thread_pool *pool = NULL;
    if (threads > 1) {
        pool = nni_thread_pool_create(context, threads);
        if (pool == NULL) {
            return nn_last_status();
        }
    }
    context_replace_workers(context, threads, pool, &context_default.executor);
    return NN_OK;
}

nn_status nn_context_set_executor(nn_context *context, const nn_executor *executor)
{
    static const char function[] = "nn_context_set_executor";
    NNI_TRY(context_check_setter(function, context));
    if (executor == NULL) {
        context_replace_workers(context, 1, NULL, &context_default.executor);
        return NN_OK;
    }
    NNI_TRY(context_check_size(function, "executor", executor->struct_size,
                               sizeof *executor));
    NNI_NOT_NULL(function, executor->parallel_for);
    if (executor->concurrency < 1 || executor->concurrency > CONTEXT_THREADS_MAX) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: executor->concurrency must be in 1 ... %d, got %d", function,
                        CONTEXT_THREADS_MAX, executor->concurrency);
    }
    context_replace_workers(context, executor->concurrency, NULL, executor);
    return NN_OK;
}

nn_status nn_context_set_max_isa(nn_context *context, int32_t isa)
{
    static const char function[] = "nn_context_set_max_isa";
    NNI_TRY(context_check_setter(function, context));
    if (nn_isa_name(isa) == NULL) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: isa must be one of the NN_ISA_ constants, got %d", function,
                        isa);
    }
    context->max_isa = isa;
    return NN_OK;
}

nn_status nn_context_set_memory_limit(nn_context *context, uint64_t bytes)
{
    NNI_TRY(context_check_setter("nn_context_set_memory_limit", context));
    context->memory_limit = bytes;
    return NN_OK;
}

nn_status nn_context_set_seed(nn_context *context, uint64_t seed)
{
    NNI_TRY(context_check_setter("nn_context_set_seed", context));
    context->seed = seed;
    return NN_OK;
}

/* ---- asking ---- */

int32_t nn_context_threads(const nn_context *context)
{
    return nni_context_or_default(context)->threads;
}

uint64_t nn_context_seed(const nn_context *context)
{
    return nni_context_or_default(context)->seed;
}

uint64_t nn_context_memory_used(const nn_context *context)
{
    return context == NULL ? 0 : NNI_LOAD_ACQUIRE(&context->counters->bytes_used);
}

void nni_log(const nn_context *context, int32_t level, const char *format, ...)
{
    if (context->logger.log == NULL) {
        return;
    }
    char line[CONTEXT_LOG_SIZE] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    context->logger.log(context->logger.user, level, line);
}
