/* Cutting work into tasks: on the context's pool, on the host's executor, or in the
 * calling thread. Tasks never wait for one another, run in any order, each in the
 * library's floating-point environment. What a task computes must not depend on how many
 * tasks there are. */
#ifndef NNI_BASE_PARALLEL_H
#define NNI_BASE_PARALLEL_H

#include "base/context.h"

/* The number of tasks worth making at most: the context's concurrency. */
int32_t nni_concurrency(const nn_context *context);

/* Calls task(data, i) for i in 0 ... count - 1 and returns when all are done. One task, or
 * a pool busy with another caller's work, runs in the calling thread. */
void nni_parallel_for(const nn_context *context, int32_t count,
                      void (*task)(void *data, int32_t index), void *data);

/* Cuts `items` into ranges of at least `grain` items (>= 1), at most one for each of the
 * context's tasks, and calls body(data, index, first, end) for each; index is below
 * nni_concurrency(context). The caller is a computing entry, or called by one: work of one
 * task runs in its environment. */
void nni_parallel_ranges(const nn_context *context, int64_t items, int64_t grain,
                         void (*body)(void *data, int32_t index, int64_t first,
                                      int64_t end),
                         void *data);

/* The pool itself (thread_pool.c): threads - 1 workers, started when first needed; one
 * that cannot be started is done without. Both are called by the context only. NULL with
 * the failure recorded. */
struct nni_thread_pool *nni_thread_pool_create(const nn_context *context,
                                               int32_t threads);
void nni_thread_pool_destroy(const nn_context *context, struct nni_thread_pool *pool);

/* Runs the tasks on the pool; 0 where the pool was busy and nothing was done. In a child
 * after fork the calling thread is the pool's only one. */
int nni_thread_pool_run(struct nni_thread_pool *pool, int32_t count,
                        void (*task)(void *data, int32_t index), void *data);

#endif
