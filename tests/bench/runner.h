/* A runner is a program that measures one library. bench.py starts one for each library and
 * asks for the same piece of work of all of them in turn:
 *
 *     about                           name, version and kernels in one line
 *     open sgemm nn|nt|tn M N K       prepares a product and computes it once
 *     open step WIDTHS BATCH NAME     prepares training (784-128-10 32 sgd), does CHECK_STEPS
 *     open infer WIDTHS ROWS          prepares inference and runs it once
 *     warm SECONDS                    how many calls take about so long
 *     time CALLS                      the seconds a call takes, of so many after a warm-up
 *     close                           gives back what open took
 *
 * Each answer is one line: "ok" and its numbers (open: those by which results are compared),
 * or "none" where the library cannot do the work. */
#ifndef TESTS_BENCH_RUNNER_H
#define TESTS_BENCH_RUNNER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    RUNNER_WIDTHS = 8,  /* of a network, the input's included */
    RUNNER_BATCHES = 8, /* different batches, used in turn */
    RUNNER_CHECKS = 8,  /* numbers of a check */
    CHECK_STEPS = 5     /* training steps whose losses are compared */
};

enum runner_kind { RUNNER_SGEMM, RUNNER_STEP, RUNNER_INFER };

enum runner_optimizer { RUNNER_SGD, RUNNER_MOMENTUM, RUNNER_RMSPROP, RUNNER_ADAM };

/* A network is dense layers with ReLU between them. One output: squared error against
 * numbers; several: softmax cross-entropy against labels. */
struct runner_task {
    enum runner_kind kind;
    int transpose_a, transpose_b; /* C = op(A) op(B), op(A) (m, k), op(B) (k, n) */
    int64_t m, n, k;
    int32_t widths;
    int64_t width[RUNNER_WIDTHS];
    int64_t batch; /* samples of a step, or of a call of inference */
    enum runner_optimizer optimizer;
};

/* The learning rates; the optimizers' other options are PyTorch's defaults, the momentum
 * is RUNNER_MOMENTUM_FACTOR. */
double runner_rate(enum runner_optimizer optimizer);
#define RUNNER_MOMENTUM_FACTOR 0.9

/* A library under measurement. */
struct runner_library {
    /* Gets the number of threads and the program's further arguments. */
    void (*start)(int32_t threads, char **arguments);
    /* Name, version and kernels. */
    const char *(*about)(void);
    /* Prepares a piece of work: numbers to compare into check, *checks of them (0: not to be
     * compared). NULL where the library cannot do it. */
    void *(*open)(const struct runner_task *task, double *check, int32_t *checks);
    /* Does the work `calls` times; the last loss, or 0. */
    double (*run)(void *work, int64_t calls);
    void (*close)(void *work);
};

/* Serves the requests on the standard input until it ends. argv: threads, and what start
 * takes. The program's exit status. */
int runner_serve(const struct runner_library *library, int argc, char **argv);

/* Seconds since some moment. */
double runner_now(void);

/* Ends the program with words. */
void runner_fail(const char *what, const char *why);

#ifdef __cplusplus
}
#endif

#endif
