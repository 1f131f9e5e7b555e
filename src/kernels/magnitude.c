/* The largest magnitude of many numbers, in parts on the context's threads; it is the same in
 * whatever order they are looked at. */
#include "base/parallel.h"
#include "kernels/kernels.h"

enum { MAGNITUDE_TASK = 65536, MAGNITUDE_PARTS = 64 };

struct magnitude_job {
    const struct nni_kernels *kernels;
    const float *x;
    float part[MAGNITUDE_PARTS];
};

static void magnitude_range(void *data, int32_t index, int64_t first, int64_t end)
{
    struct magnitude_job *job = data;
    job->part[index] = job->kernels->magnitude(job->x + first, end - first);
}

float nni_magnitude_long(const nn_context *context, const struct nni_kernels *kernels,
                         const float *x, int64_t n)
{
    if (n < 2 * MAGNITUDE_TASK) {
        return kernels->magnitude(x, n);
    }
    struct magnitude_job job = {.kernels = kernels, .x = x};
    const int64_t grain = nni_max(MAGNITUDE_TASK, n / MAGNITUDE_PARTS);
    nni_parallel_ranges(context, n, grain, magnitude_range, &job);
    return kernels->magnitude(job.part, MAGNITUDE_PARTS);
}
