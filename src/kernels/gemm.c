/* The matrix product on the context's threads: C is cut into a grid of areas, one for
 * each task, and the kernel table computes each. No cut changes a bit (docs/numerics.md).
 */
#include "kernels/gemm.h"

#include "base/memory.h"
#include "base/parallel.h"

enum {
    GEMM_TASK_WORK = 1 << 19, /* multiply-adds that are worth waking a thread for */
    GEMM_TASK_ROWS = 192,     /* rows of an area that are worth packing B for it alone */
    GEMM_TASK_COLUMNS = 64    /* the least width: A is packed for each area, too */
};

enum { GEMM_SMALL = 1 << 21 /* the product of three such numbers does not overflow */ };

/* m n k, or the largest number. */
static int64_t gemm_work(int64_t m, int64_t n, int64_t k)
{
    if ((m | n | k) < GEMM_SMALL) {
        return m * n * k;
    }
    int64_t area, work;
    return nni_multiply_checked(m, n, &area) && nni_multiply_checked(area, k, &work)
               ? work
               : INT64_MAX;
}

/* How many tasks are worth making. In whole numbers: a plan reserves scratch for as many
 * in whatever floating-point environment the host has. */
static int64_t gemm_tasks(const nn_context *context, const struct nni_gemm *gemm)
{
    if (gemm->alone) {
        return 1;
    }
    int64_t worth = gemm_work(gemm->m, gemm->n, gemm->k) / GEMM_TASK_WORK;
    return nni_max(1, nni_min(worth, nni_concurrency(context)));
}

size_t nni_gemm_scratch(const nn_context *context, const struct nni_kernels *kernels,
                        const struct nni_gemm *gemm)
{
    size_t one = nni_align_up(kernels->gemm_scratch(gemm));
    return one * (size_t)gemm_tasks(context, gemm);
}

struct gemm_job {
    const struct nni_gemm *gemm;
    const struct nni_kernels *kernels;
    int64_t row_tasks, column_tasks;
    char *scratch;
    size_t task_scratch;
};

/* The first row or column of a part: whole register tiles, shared out evenly. */
static int64_t gemm_part_start(int64_t count, int64_t tile, int64_t part, int64_t parts)
{
    int64_t tiles = (count + tile - 1) / tile;
    return nni_min(count, tiles * part / parts * tile);
}

static void gemm_task(void *data, int32_t index)
{
    const struct gemm_job *job = data;
    const struct nni_gemm *g = job->gemm;
    int64_t r = index / job->column_tasks, c = index % job->column_tasks;
    job->kernels->gemm_tile(
        g, gemm_part_start(g->m, job->kernels->gemm_rows, r, job->row_tasks),
        gemm_part_start(g->m, job->kernels->gemm_rows, r + 1, job->row_tasks),
        gemm_part_start(g->n, job->kernels->gemm_columns, c, job->column_tasks),
        gemm_part_start(g->n, job->kernels->gemm_columns, c + 1, job->column_tasks),
        job->scratch + (size_t)index * job->task_scratch);
}

/* The grid of at most `tasks` areas that uses most of them. Among those, areas of long rows
 * of C are best, so that no core fetches ahead what another one writes, as long as they have
 * rows enough to share what it costs to pack B; otherwise wide areas of many rows are. */
static void gemm_cut(struct gemm_job *job, int64_t tasks)
{
    const struct nni_gemm *g = job->gemm;
    int64_t row_tiles = (g->m + job->kernels->gemm_rows - 1) / job->kernels->gemm_rows;
    int64_t wide = (g->n + GEMM_TASK_COLUMNS - 1) / GEMM_TASK_COLUMNS;
    int64_t most = 0;
    for (int64_t rows = 1; rows <= nni_min(tasks, row_tiles); rows++) {
        int64_t columns = nni_min(tasks / rows, wide);
        int64_t used = rows * columns;
        if (used > most || (used == most && rows * GEMM_TASK_ROWS <= g->m)) {
            most = used;
            job->row_tasks = rows;
            job->column_tasks = columns;
        }
    }
}

/* Products that are nobody's doubt: they need not even be weighed. */
static inline int gemm_is_tiny(const struct nni_gemm *gemm)
{
    enum { SIDE = 64 };
    return (gemm->m | gemm->n | gemm->k) < SIDE;
}

void nni_gemm(const nn_context *context, const struct nni_kernels *kernels,
              const struct nni_gemm *gemm, void *scratch)
{
    if (gemm_is_tiny(gemm)) {
        kernels->gemm_tile(gemm, 0, gemm->m, 0, gemm->n, scratch);
        return;
    }
    int64_t tasks = gemm_tasks(context, gemm);
    if (tasks == 1) {
        kernels->gemm_tile(gemm, 0, gemm->m, 0, gemm->n, scratch);
        return;
    }
    struct gemm_job job = {.gemm = gemm, .kernels = kernels, .scratch = scratch};
    job.task_scratch = nni_align_up(kernels->gemm_scratch(gemm));
    gemm_cut(&job, tasks);
    nni_parallel_for(context, (int32_t)(job.row_tasks * job.column_tasks), gemm_task,
                     &job);
}
