/* The runner of FANN, where it can do the like: it has neither ReLU nor cross-entropy, so
 * hidden layers are its cheapest, piecewise linear activation, outputs sigmoids (one output:
 * linear) and the loss the squared error. Its results are its own: only times are compared.
 * One sample is its incremental training, a batch one epoch of batch training; both are
 * plain gradient descent on one thread.
 *
 *     run_fann THREADS */
#include "data.h"
#include "runner.h"

#include <floatfann.h>

#include <stdlib.h>
#include <string.h>

struct fann_work {
    struct runner_task task;
    struct fann *network;
    struct fann_train_data *batches[RUNNER_BATCHES];
    int64_t batch; /* the next one */
};

static int32_t fann_runner_threads;

static void fann_runner_start(int32_t threads, char **arguments)
{
    (void)arguments;
    fann_runner_threads = threads;
}

static const char *fann_runner_about(void)
{
    return "FANN, float; hidden layers piecewise linear, squared error";
}

static struct fann *fann_runner_network(const struct runner_task *task)
{
    unsigned int widths[RUNNER_WIDTHS];
    for (int32_t l = 0; l < task->widths; l++)
        widths[l] = (unsigned int)task->width[l];
    struct fann *network = fann_create_standard_array((unsigned int)task->widths, widths);
    if (network == NULL)
        runner_fail("fann_create_standard_array", "failed");
    fann_set_activation_function_hidden(network, FANN_LINEAR_PIECE);
    fann_set_activation_function_output(
        network, widths[task->widths - 1] == 1 ? FANN_LINEAR : FANN_SIGMOID);
    fann_set_training_algorithm(network, task->batch == 1 ? FANN_TRAIN_INCREMENTAL
                                                          : FANN_TRAIN_BATCH);
    fann_set_learning_rate(network, (float)runner_rate(task->optimizer));
    return network;
}

/* Targets of one output are numbers, of several ones at the label. */
static void fann_runner_targets(const struct runner_task *task, float *targets)
{
    int64_t samples = RUNNER_BATCHES * task->batch,
            outputs = task->width[task->widths - 1];
    if (outputs == 1) {
        data_uniform(targets, samples, DATA_TARGETS, DATA_SCALE);
        return;
    }
    int32_t *labels = data_zeros(samples, sizeof(int32_t));
    data_labels(labels, samples, (int32_t)outputs);
    for (int64_t r = 0; r < samples; r++)
        targets[r * outputs + labels[r]] = 1;
    free(labels);
}

/* Copies samples into FANN's rows. */
static void fann_runner_copy(float **rows, const float *values, int64_t samples,
                             int64_t width)
{
    for (int64_t r = 0; r < samples; r++)
        memcpy(rows[r], values + r * width, (size_t)width * sizeof *values);
}

static void fann_runner_batches(struct fann_work *work)
{
    const struct runner_task *task = &work->task;
    int64_t batch = task->batch, samples = RUNNER_BATCHES * batch;
    int64_t inputs = task->width[0], outputs = task->width[task->widths - 1];
    float *x = data_zeros(samples * inputs, sizeof(float));
    float *y = data_zeros(samples * outputs, sizeof(float));
    data_uniform(x, samples * inputs, DATA_INPUTS, DATA_SCALE);
    fann_runner_targets(task, y);
    for (int32_t i = 0; i < RUNNER_BATCHES; i++) {
        struct fann_train_data *data = fann_create_train(
            (unsigned int)batch, (unsigned int)inputs, (unsigned int)outputs);
        if (data == NULL)
            runner_fail("fann_create_train", "failed");
        fann_runner_copy(data->input, x + i * batch * inputs, batch, inputs);
        fann_runner_copy(data->output, y + i * batch * outputs, batch, outputs);
        work->batches[i] = data;
    }
    free(x);
    free(y);
}

static void *fann_runner_open(const struct runner_task *task, double *check,
                              int32_t *checks)
{
    (void)check;
    *checks = 0;
    if (task->kind == RUNNER_SGEMM || fann_runner_threads != 1 ||
        (task->kind == RUNNER_STEP && task->optimizer != RUNNER_SGD))
        return NULL;
    struct fann_work *work = data_zeros(1, sizeof *work);
    work->task = *task;
    work->network = fann_runner_network(task);
    fann_runner_batches(work);
    return work;
}

static double fann_runner_step(struct fann_work *work)
{
    struct fann_train_data *data = work->batches[work->batch];
    work->batch = (work->batch + 1) % RUNNER_BATCHES;
    if (work->task.batch > 1)
        return (double)fann_train_epoch(work->network, data);
    fann_reset_MSE(work->network);
    fann_train(work->network, data->input[0], data->output[0]);
    return (double)fann_get_MSE(work->network);
}

static void fann_runner_infer(const struct fann_work *work)
{
    for (int64_t r = 0; r < work->task.batch; r++)
        fann_run(work->network, work->batches[0]->input[r]);
}

static double fann_runner_run(void *opened, int64_t calls)
{
    struct fann_work *work = opened;
    double loss = 0;
    for (int64_t i = 0; i < calls; i++) {
        if (work->task.kind == RUNNER_STEP)
            loss = fann_runner_step(work);
        else
            fann_runner_infer(work);
    }
    return loss;
}

static void fann_runner_close(void *opened)
{
    struct fann_work *work = opened;
    for (int32_t i = 0; i < RUNNER_BATCHES; i++)
        fann_destroy_train(work->batches[i]);
    fann_destroy(work->network);
    free(work);
}

int main(int argc, char **argv)
{
    static const struct runner_library library = {fann_runner_start, fann_runner_about,
                                                  fann_runner_open, fann_runner_run,
                                                  fann_runner_close};
    return runner_serve(&library, argc, argv);
}
