/* Cutting work into tasks, and choosing who runs them. Nothing here allocates or fails. */
#include "base/parallel.h"

#include "base/float_env.h"

int32_t nni_concurrency(const nn_context *context)
{
    return nni_context_or_default(context)->threads;
}

struct parallel_job {
    void (*task)(void *data, int32_t index);
    void *data;
};

/* A task as the host's executor calls it, on a thread of whatever environment. */
static void parallel_hosted_task(void *data, int32_t index)
{
    const struct parallel_job *job = data;
    struct nni_float_env env = nni_float_env_enter();
    job->task(job->data, index);
    nni_float_env_leave(env);
}

void nni_parallel_for(const nn_context *context, int32_t count,
                      void (*task)(void *data, int32_t index), void *data)
{
    context = nni_context_or_default(context);
    if (count > 1 && context->executor.parallel_for != NULL) {
        struct parallel_job job = {task, data};
        context->executor.parallel_for(context->executor.user, parallel_hosted_task, &job,
                                       count);
        return;
    }
    if (count > 1 && context->pool != NULL &&
        nni_thread_pool_run(context->pool, count, task, data)) {
        return;
    }
    struct nni_float_env env = nni_float_env_enter();
    for (int32_t i = 0; i < count; i++) {
        task(data, i);
    }
    nni_float_env_leave(env);
}

struct parallel_ranges {
    int64_t length; /* of each range; the first `longer` ranges have one item more */
    int64_t longer;
    void (*body)(void *data, int32_t index, int64_t first, int64_t end);
    void *data;
};

static void parallel_range_task(void *data, int32_t index)
{
    const struct parallel_ranges *ranges = data;
    int64_t first = ranges->length * index + nni_min(index, ranges->longer);
    int64_t end = first + ranges->length + (index < ranges->longer);
    ranges->body(ranges->data, index, first, end);
}

void nni_parallel_ranges(const nn_context *context, int64_t items, int64_t grain,
                         void (*body)(void *data, int32_t index, int64_t first,
                                      int64_t end),
                         void *data)
{
    NNI_ASSERT(grain >= 1);
    if (items <= 0) {
        return;
    }
    /* Work of one task needs no cutting; the caller has entered the environment. */
    if (items / 2 < grain || nni_concurrency(context) == 1) {
        body(data, 0, 0, items);
        return;
    }
    int64_t tasks = nni_max(1, nni_min(nni_concurrency(context), items / grain));
    struct parallel_ranges ranges = {items / tasks, items % tasks, body, data};
    nni_parallel_for(context, (int32_t)tasks, parallel_range_task, &ranges);
}
