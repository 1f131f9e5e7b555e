/* The runner of a BLAS: its products, and the thin network on top of it.
 *
 *     run_blas THREADS LIBRARY         (libopenblas.so.0, libblis.so.4, libdnnl.so.2)
 *
 * The environment says how many threads the library has; THREADS is for the record. */
#include "blas.h"
#include "data.h"
#include "runner.h"
#include "thin.h"

#include <math.h>
#include <stdlib.h>

struct blas_work {
    struct runner_task task;
    float *a, *b, *c; /* of a product; a is also the inputs */
    struct thin *thin;
    int32_t *labels;
    float *targets;
    int64_t batch; /* the next one */
};

static void blas_runner_start(int32_t threads, char **arguments)
{
    (void)threads;
    if (arguments[0] == NULL)
        runner_fail("run_blas", "the library is missing");
    blas_load(arguments[0]);
}

static void blas_runner_multiply(struct blas_work *work)
{
    const struct runner_task *task = &work->task;
    blas_sgemm(task->transpose_a, task->transpose_b, task->m, task->n, task->k, 1,
               work->a, work->b, 0, work->c);
}

static void blas_runner_open_product(struct blas_work *work, double *check)
{
    const struct runner_task *task = &work->task;
    work->a = data_zeros(task->m * task->k, sizeof(float));
    work->b = data_zeros(task->k * task->n, sizeof(float));
    work->c = data_zeros(task->m * task->n, sizeof(float));
    data_uniform(work->a, task->m * task->k, DATA_A, DATA_SCALE);
    data_uniform(work->b, task->k * task->n, DATA_B, DATA_SCALE);
    blas_runner_multiply(work);
    data_check(work->c, task->m * task->n, check);
}

static float blas_runner_step(struct blas_work *work)
{
    int64_t batch = work->task.batch, first = work->batch * batch;
    work->batch = (work->batch + 1) % RUNNER_BATCHES;
    return thin_step(work->thin, work->a + first * work->task.width[0],
                     work->labels + first, work->targets + first, batch);
}

static void blas_runner_open_step(struct blas_work *work, double *check)
{
    const struct runner_task *task = &work->task;
    int64_t samples = RUNNER_BATCHES * task->batch;
    work->a = data_zeros(samples * task->width[0], sizeof(float));
    work->labels = data_zeros(samples, sizeof(int32_t));
    work->targets = data_zeros(samples, sizeof(float));
    data_uniform(work->a, samples * task->width[0], DATA_INPUTS, DATA_SCALE);
    data_uniform(work->targets, samples, DATA_TARGETS, DATA_SCALE);
    data_labels(work->labels, samples, (int32_t)task->width[task->widths - 1]);
    work->thin = thin_create(task, task->batch, 1);
    for (int32_t i = 0; i < CHECK_STEPS; i++)
        check[i] = (double)blas_runner_step(work);
}

static void blas_runner_open_infer(struct blas_work *work, double *check)
{
    const struct runner_task *task = &work->task;
    work->a = data_zeros(task->batch * task->width[0], sizeof(float));
    data_uniform(work->a, task->batch * task->width[0], DATA_INPUTS, DATA_SCALE);
    work->thin = thin_create(task, task->batch, 0);
    data_check(thin_forward(work->thin, work->a, task->batch),
               task->batch * task->width[task->widths - 1], check);
}

static double blas_runner_run(void *opened, int64_t calls)
{
    struct blas_work *work = opened;
    float loss = 0;
    for (int64_t i = 0; i < calls; i++) {
        if (work->task.kind == RUNNER_SGEMM)
            blas_runner_multiply(work);
        else if (work->task.kind == RUNNER_STEP)
            loss = blas_runner_step(work);
        else
            thin_forward(work->thin, work->a, work->task.batch);
    }
    return (double)loss;
}

/* Which way to multiply one row is the fastest depends on library and shape: the thin
 * network takes the best of all. */
static void blas_runner_choose_way(struct blas_work *work)
{
    const double trial = 0.002; /* seconds */
    double best_took = HUGE_VAL;
    int best = 0;
    for (int way = 0; way < BLAS_WAYS; way++) {
        work->thin->ways = way;
        blas_runner_run(work, 1);
        int64_t calls = 0;
        double start = runner_now(), took = 0;
        for (; took < trial; took = runner_now() - start, calls += 8)
            blas_runner_run(work, 8);
        if (took / (double)calls < best_took) {
            best_took = took / (double)calls;
            best = way;
        }
    }
    work->thin->ways = best;
}

static void *blas_runner_open(const struct runner_task *task, double *check,
                              int32_t *checks)
{
    struct blas_work *work = data_zeros(1, sizeof *work);
    work->task = *task;
    *checks = task->kind == RUNNER_STEP ? CHECK_STEPS : 2;
    if (task->kind == RUNNER_SGEMM)
        blas_runner_open_product(work, check);
    else if (task->kind == RUNNER_STEP)
        blas_runner_open_step(work, check);
    else
        blas_runner_open_infer(work, check);
    if (task->kind != RUNNER_SGEMM && task->batch == 1)
        blas_runner_choose_way(work);
    return work;
}

static void blas_runner_close(void *opened)
{
    struct blas_work *work = opened;
    if (work->thin != NULL)
        thin_destroy(work->thin);
    free(work->a);
    free(work->b);
    free(work->c);
    free(work->labels);
    free(work->targets);
    free(work);
}

int main(int argc, char **argv)
{
    static const struct runner_library library = {blas_runner_start, blas_about,
                                                  blas_runner_open, blas_runner_run,
                                                  blas_runner_close};
    return runner_serve(&library, argc, argv);
}
