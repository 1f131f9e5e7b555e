/* The side of a runner that is the same for each library: reading requests, timing. The
 * clock is read before the first and after the last call of a round only, and calls that
 * are not timed bring caches, clock frequency and threads into their stride before it. */
#define _POSIX_C_SOURCE 200809L

#include "runner.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const double ROUND_WARM_UP = 0.002; /* seconds before each round */

double runner_now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void runner_fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

double runner_rate(enum runner_optimizer optimizer)
{
    switch (optimizer) {
    case RUNNER_RMSPROP:
    case RUNNER_ADAM:
        return 1e-4;
    case RUNNER_SGD:
    case RUNNER_MOMENTUM:
        break;
    }
    return 1e-2;
}

/* ---- requests ---- */

static int runner_read_widths(const char *text, struct runner_task *task)
{
    char *end = (char *)text;
    for (task->widths = 0; task->widths < RUNNER_WIDTHS;) {
        task->width[task->widths] = strtoll(text, &end, 10);
        if (end == text || task->width[task->widths] < 1)
            return 0;
        task->widths++;
        if (*end == '\0')
            return task->widths >= 2;
        text = end + 1;
    }
    return 0;
}

static int runner_read_optimizer(const char *name, struct runner_task *task)
{
    static const char *const names[] = {"sgd", "momentum", "rmsprop", "adam"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(name, names[i]) == 0) {
            task->optimizer = (enum runner_optimizer)i;
            return 1;
        }
    }
    return 0;
}

/* What follows "open". 0 where it is not understood. */
static int runner_read_task(const char *line, struct runner_task *task)
{
    char word[32], name[32];
    long long batch, m, n, k;
    memset(task, 0, sizeof *task);
    if (sscanf(line, "sgemm %31s %lld %lld %lld", word, &m, &n, &k) == 4) {
        task->kind = RUNNER_SGEMM;
        task->transpose_a = word[0] == 't';
        task->transpose_b = word[1] == 't';
        task->m = m;
        task->n = n;
        task->k = k;
        return m > 0 && n > 0 && k > 0;
    }
    if (sscanf(line, "step %31s %lld %31s", word, &batch, name) == 3) {
        task->kind = RUNNER_STEP;
        task->batch = batch;
        return batch > 0 && runner_read_optimizer(name, task) &&
               runner_read_widths(word, task);
    }
    if (sscanf(line, "infer %31s %lld", word, &batch) == 2) {
        task->kind = RUNNER_INFER;
        task->batch = batch;
        return batch > 0 && runner_read_widths(word, task);
    }
    return 0;
}

/* ---- timing ---- */

/* How many calls take about so many seconds, at least 1. Runs as long itself. */
static int64_t runner_calls(const struct runner_library *library, void *work,
                            double seconds)
{
    library->run(work, 1);
    for (int64_t calls = 1;; calls *= 2) {
        double start = runner_now();
        library->run(work, calls);
        double took = runner_now() - start;
        if (took >= seconds / 4)
            return (int64_t)fmax(1, ceil((double)calls * seconds / took));
    }
}

/* The seconds one of `calls` calls takes. */
static double runner_time(const struct runner_library *library, void *work, int64_t calls)
{
    double begin = runner_now();
    int64_t few = calls / 16 > 0 ? calls / 16 : 1;
    do {
        library->run(work, few);
    } while (runner_now() - begin < ROUND_WARM_UP);

    double start = runner_now();
    double loss = library->run(work, calls);
    double took = runner_now() - start;
    if (!isfinite(loss))
        runner_fail("time", "the loss is not finite");
    return took / (double)calls;
}

/* ---- answers ---- */

static void *runner_open(const struct runner_library *library, const char *request)
{
    struct runner_task task;
    double check[RUNNER_CHECKS];
    int32_t checks = 0;
    if (!runner_read_task(request, &task))
        runner_fail("not understood", request);
    void *work = library->open(&task, check, &checks);
    printf(work != NULL ? "ok" : "none");
    for (int32_t i = 0; work != NULL && i < checks; i++)
        printf(" %.9g", check[i]);
    printf("\n");
    return work;
}

int runner_serve(const struct runner_library *library, int argc, char **argv)
{
    if (argc < 2)
        runner_fail(argv[0], "the number of threads is missing");
    library->start(atoi(argv[1]), argv + 2);

    void *work = NULL;
    char line[256];
    while (fgets(line, sizeof line, stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        double seconds;
        long long calls;
        if (strcmp(line, "about") == 0) {
            printf("ok %s\n", library->about());
        } else if (strncmp(line, "open ", 5) == 0 && work == NULL) {
            work = runner_open(library, line + 5);
        } else if (sscanf(line, "warm %lf", &seconds) == 1 && work != NULL) {
            printf("ok %lld\n", (long long)runner_calls(library, work, seconds));
        } else if (sscanf(line, "time %lld", &calls) == 1 && work != NULL) {
            printf("ok %.9g\n", runner_time(library, work, calls));
        } else if (strcmp(line, "close") == 0) {
            if (work != NULL)
                library->close(work);
            work = NULL;
            printf("ok\n");
        } else {
            runner_fail("not understood", line);
        }
        fflush(stdout);
    }
    return 0;
}
