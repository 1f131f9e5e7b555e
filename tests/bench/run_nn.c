/* The runner of libnn: public calls on the shared library, with its default settings. A
 * product is nn_tensor_matmul, a step nn_trainer_step with the loss returned, inference
 * nn_session_run.
 *
 *     run_nn THREADS */
#include "data.h"
#include "runner.h"

#include <nn/nn.h>

#include <stdio.h>
#include <stdlib.h>

/* One thread is the default context. */
static nn_context *nn_runner_context;

struct nn_work {
    enum runner_kind kind;
    int transpose_a, transpose_b;
    nn_tensor *a, *b, *c;
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *inputs[RUNNER_BATCHES], *targets[RUNNER_BATCHES];
    int32_t batch; /* the next one */
    nn_session *session;
    int64_t rows;
};

static void nn_runner_check(nn_status status)
{
    if (status != NN_OK)
        runner_fail(nn_status_name(status), nn_last_error());
}

static void *nn_runner_made(void *handle)
{
    if (handle == NULL)
        nn_runner_check(nn_last_status());
    return handle;
}

static void nn_runner_start(int32_t threads, char **arguments)
{
    (void)arguments;
    if (threads == 1)
        return;
    nn_runner_context = nn_runner_made(nn_context_create(NULL));
    nn_runner_check(nn_context_set_threads(nn_runner_context, threads));
}

static const char *nn_runner_about(void)
{
    static char text[256];
    const char *isa = nn_isa_name(nn_context_isa(nn_runner_context));
    if (isa == NULL)
        runner_fail("nn_context_isa", "no instruction set");
    snprintf(text, sizeof text, "%s; uses %s", nn_build_text(), isa);
    return text;
}

static nn_tensor *nn_runner_tensor(int64_t rows, int64_t columns, uint32_t salt)
{
    int64_t shape[] = {rows, columns};
    nn_tensor *tensor =
        nn_runner_made(nn_tensor_create(nn_runner_context, NN_FLOAT32, shape, 2));
    if (salt != 0)
        data_uniform(nn_tensor_floats(tensor), rows * columns, salt, DATA_SCALE);
    return tensor;
}

/* ---- products ---- */

static void nn_runner_multiply(struct nn_work *work)
{
    nn_runner_check(nn_tensor_matmul(work->a, work->transpose_a, work->b,
                                     work->transpose_b, work->c));
}

static void nn_runner_open_product(struct nn_work *work, const struct runner_task *task,
                                   double *check, int32_t *checks)
{
    work->transpose_a = task->transpose_a;
    work->transpose_b = task->transpose_b;
    work->a = task->transpose_a ? nn_runner_tensor(task->k, task->m, DATA_A)
                                : nn_runner_tensor(task->m, task->k, DATA_A);
    work->b = task->transpose_b ? nn_runner_tensor(task->n, task->k, DATA_B)
                                : nn_runner_tensor(task->k, task->n, DATA_B);
    work->c = nn_runner_tensor(task->m, task->n, 0);
    nn_runner_multiply(work);
    data_check(nn_tensor_floats(work->c), task->m * task->n, check);
    *checks = 2;
}

/* ---- networks ---- */

static nn_model *nn_runner_model(const struct runner_task *task)
{
    nn_model *model = nn_model_create(nn_runner_context);
    nn_model_add(model, nn_input(nn_runner_context, task->width[0]));
    for (int32_t l = 1; l < task->widths; l++)
        nn_model_add(model, nn_dense(nn_runner_context, task->width[l],
                                     l < task->widths - 1 ? NN_RELU : NN_LINEAR));
    nn_runner_check(nn_model_build(model));
    for (int32_t l = 0; l < task->widths - 1; l++) {
        nn_tensor *weight = nn_model_parameter(model, 2 * l);
        nn_tensor *bias = nn_model_parameter(model, 2 * l + 1);
        uint32_t salt = DATA_WEIGHTS + 2 * (uint32_t)l;
        data_uniform(nn_tensor_floats(weight), nn_tensor_count(weight), salt,
                     data_weight_scale(task->width[l]));
        data_uniform(nn_tensor_floats(bias), nn_tensor_count(bias), salt + 1,
                     DATA_BIAS_SCALE);
    }
    return model;
}

static nn_optimizer *nn_runner_optimizer(enum runner_optimizer kind)
{
    double rate = runner_rate(kind);
    switch (kind) {
    case RUNNER_MOMENTUM:
        return nn_momentum(nn_runner_context, rate, RUNNER_MOMENTUM_FACTOR);
    case RUNNER_RMSPROP:
        return nn_rmsprop(nn_runner_context, rate);
    case RUNNER_ADAM:
        return nn_adam(nn_runner_context, rate);
    case RUNNER_SGD:
        break;
    }
    return nn_sgd(nn_runner_context, rate);
}

static double nn_runner_step(struct nn_work *work)
{
    double loss;
    const nn_tensor *input = work->inputs[work->batch];
    const nn_tensor *target = work->targets[work->batch];
    work->batch = (work->batch + 1) % RUNNER_BATCHES;
    nn_runner_check(nn_trainer_step(work->trainer, &input, 1, &target, 1, NULL, &loss));
    return loss;
}

static void nn_runner_batches(struct nn_work *work, const struct runner_task *task)
{
    int64_t samples = RUNNER_BATCHES * task->batch;
    int64_t classes = task->width[task->widths - 1];
    nn_tensor *inputs = nn_runner_tensor(samples, task->width[0], DATA_INPUTS);
    nn_tensor *targets;
    if (classes == 1) {
        targets = nn_runner_tensor(samples, 1, DATA_TARGETS);
    } else {
        targets =
            nn_runner_made(nn_tensor_create(nn_runner_context, NN_INT32, &samples, 1));
        data_labels(nn_tensor_data(targets), samples, (int32_t)classes);
    }
    for (int32_t i = 0; i < RUNNER_BATCHES; i++) {
        work->inputs[i] =
            nn_runner_made(nn_tensor_slice(inputs, i * task->batch, task->batch));
        work->targets[i] =
            nn_runner_made(nn_tensor_slice(targets, i * task->batch, task->batch));
    }
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(targets);
}

static void nn_runner_open_step(struct nn_work *work, const struct runner_task *task,
                                double *check, int32_t *checks)
{
    nn_loss *loss = task->width[task->widths - 1] == 1
                        ? nn_mean_squared_error(nn_runner_context)
                        : nn_softmax_cross_entropy(nn_runner_context);
    work->model = nn_runner_model(task);
    work->trainer = nn_runner_made(
        nn_trainer_create(work->model, loss, nn_runner_optimizer(task->optimizer)));
    nn_runner_batches(work, task);
    for (*checks = 0; *checks < CHECK_STEPS; (*checks)++)
        check[*checks] = nn_runner_step(work);
}

static void nn_runner_infer(struct nn_work *work)
{
    const void *input = nn_tensor_data_const(work->a);
    void *output = nn_tensor_data(work->c);
    nn_runner_check(nn_session_run(work->session, &input, work->rows, &output));
}

static void nn_runner_open_infer(struct nn_work *work, const struct runner_task *task,
                                 double *check, int32_t *checks)
{
    int64_t outputs = task->width[task->widths - 1];
    work->rows = task->batch;
    work->a = nn_runner_tensor(task->batch, task->width[0], DATA_INPUTS);
    work->c = nn_runner_tensor(task->batch, outputs, 0);
    work->model = nn_runner_model(task);
    work->session = nn_runner_made(nn_session_create(work->model, 0));
    nn_runner_infer(work);
    data_check(nn_tensor_floats(work->c), task->batch * outputs, check);
    *checks = 2;
}

/* ---- the runner's functions ---- */

static void *nn_runner_open(const struct runner_task *task, double *check,
                            int32_t *checks)
{
    struct nn_work *work = data_zeros(1, sizeof *work);
    work->kind = task->kind;
    if (task->kind == RUNNER_SGEMM)
        nn_runner_open_product(work, task, check, checks);
    else if (task->kind == RUNNER_STEP)
        nn_runner_open_step(work, task, check, checks);
    else
        nn_runner_open_infer(work, task, check, checks);
    return work;
}

static double nn_runner_run(void *opened, int64_t calls)
{
    struct nn_work *work = opened;
    double loss = 0;
    for (int64_t i = 0; i < calls; i++) {
        if (work->kind == RUNNER_SGEMM)
            nn_runner_multiply(work);
        else if (work->kind == RUNNER_STEP)
            loss = nn_runner_step(work);
        else
            nn_runner_infer(work);
    }
    return loss;
}

static void nn_runner_close(void *opened)
{
    struct nn_work *work = opened;
    for (int32_t i = 0; i < RUNNER_BATCHES; i++) {
        nn_tensor_destroy(work->inputs[i]);
        nn_tensor_destroy(work->targets[i]);
    }
    nn_session_destroy(work->session);
    nn_trainer_destroy(work->trainer);
    nn_model_destroy(work->model);
    nn_tensor_destroy(work->a);
    nn_tensor_destroy(work->b);
    nn_tensor_destroy(work->c);
    free(work);
}

int main(int argc, char **argv)
{
    static const struct runner_library library = {
        nn_runner_start, nn_runner_about, nn_runner_open, nn_runner_run, nn_runner_close};
    return runner_serve(&library, argc, argv);
}
