/* Hosts with a floating-point environment of their own: another rounding mode, subnormals
 * flushed, every exception trapped. Every public function (by the tables of support/api.h),
 * every kind of layer, and training on threads and on a host's executor give the bits they
 * give elsewhere, and leave the environment as it was; callbacks run in the library's. */
#define _GNU_SOURCE /* feenableexcept */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/api.h"
#include "support/networks.h"
#include "support/recipes.h"
#include "support/settings.h"

#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

/* ---- environments ---- */

/* What the host has set: the rounding mode and traps by <fenv.h>, and on x86 the control
 * bits of the register that the library uses. */
struct state {
    int rounding, traps;
    unsigned control;
};

static struct state state_now(void)
{
    struct state state = {fegetround(), fegetexcept(), 0};
#if defined(__SSE__)
    state.control = __builtin_ia32_stmxcsr() & 0xffc0;
#endif
    return state;
}

static int same_state(struct state a, struct state b)
{
    return a.rounding == b.rounding && a.traps == b.traps && a.control == b.control;
}

static void round_up(void)
{
    fesetround(FE_UPWARD);
}

static void round_down(void)
{
    fesetround(FE_DOWNWARD);
}

static void round_to_zero(void)
{
    fesetround(FE_TOWARDZERO);
}

static void flush_subnormals(void)
{
#if defined(__SSE__)
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#endif
}

/* Not even an inexact result gets by. */
static void trap_everything(void)
{
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(FE_ALL_EXCEPT);
}

static const struct environment {
    const char *name;
    void (*enter)(void);
} environments[] = {
    {"rounding up", round_up},
    {"rounding down", round_down},
    {"rounding to zero", round_to_zero},
    {"subnormals flushed", flush_subnormals},
    {"exceptions trapped", trap_everything},
};

enum { ENVIRONMENTS = sizeof environments / sizeof *environments };

/* 1 where arithmetic is as the library wants it: to nearest, subnormals kept, no trap. */
static int is_the_librarys(void)
{
    const volatile float one = 1, tiny = 0x1p-30f, smallest = 0x1p-126f;
    if (fegetexcept() != 0 || fegetround() != FE_TONEAREST)
        return state_now().control == 0x1f80;
    return one + tiny == 1 && one - tiny == 1 && smallest / 4 > 0;
}

/* 1 where the machine obeys (valgrind does not, nor do Arm's without traps). */
static int can_be_set(const struct environment *environment)
{
    fenv_t before;
    fegetenv(&before);
    environment->enter();
    const struct state state = state_now();
    volatile float tiny = 0x1p-126f;
    int flushed = state.traps == 0 && tiny / 4 == 0;
    fesetenv(&before);
    const struct state plain = state_now();
    if (environment->enter == flush_subnormals)
        return flushed;
    return !same_state(state, plain);
}

/* Calls body for every environment that can be set. */
static void for_every_environment(void (*body)(const struct environment *environment))
{
    for (int i = 0; i < ENVIRONMENTS; i++) {
        if (can_be_set(&environments[i]))
            body(&environments[i]);
        else
            print_message("%s: cannot be set here, skipped\n", environments[i].name);
    }
}

/* ---- running something in one ---- */

static sigjmp_buf trapped;

static void note_trap(int signal)
{
    (void)signal;
    siglongjmp(trapped, 1);
}

/* Calls run(data) in the environment; fails where it traps or leaves another one. */
static void in_environment(const struct environment *environment, const char *what,
                           void (*run)(void *data), void *data)
{
    struct sigaction action = {.sa_handler = note_trap}, before_action;
    fenv_t before;
    sigaction(SIGFPE, &action, &before_action);
    fegetenv(&before);
    volatile int failed = 1, changed = 0;
    if (sigsetjmp(trapped, 1) == 0) {
        environment->enter();
        const struct state entered = state_now();
        run(data);
        changed = !same_state(entered, state_now());
        failed = 0;
    }
    fesetenv(&before);
    sigaction(SIGFPE, &before_action, NULL);
    if (failed)
        fail_msg("%.60s: a trap with %s", what, environment->name);
    if (changed)
        fail_msg("%.60s: %s is not as it was", what, environment->name);
}

/* ---- every function ---- */

struct api_run {
    const struct api_row *row;
    nn_context *context;
    struct world world;
    int done;
};

static void api_run_open(struct api_run *run, const struct api_row *row)
{
    run->row = row;
    run->context = nn_context_create(NULL);
    world_open(&run->world, run->context, NULL, NULL);
}

static uint64_t api_run_close(struct api_run *run)
{
    if (!run->done)
        fail_msg("%.60s: %s", run->row->functions, nn_last_error());
    world_note_all(&run->world);
    uint64_t hash = run->world.hash;
    world_close(&run->world);
    nn_context_destroy(run->context);
    return hash;
}

static void api_run_call(void *data)
{
    struct api_run *run = data;
    run->done = run->row->call(&run->world);
}

static void try_every_function(const struct environment *environment)
{
    const struct api_row *row;
    for (int32_t i = 0; (row = api_row_at(i)) != NULL; i++) {
        struct api_run plain, foreign;
        api_run_open(&plain, row);
        api_run_call(&plain);
        api_run_open(&foreign, row);
        in_environment(environment, row->functions, api_run_call, &foreign);
        if (api_run_close(&foreign) != api_run_close(&plain))
            fail_msg("%.60s: other bits with %s", row->functions, environment->name);
    }
}

static void every_function_gives_the_same_bits(void **state)
{
    (void)state;
    for_every_environment(try_every_function);
}

/* ---- every kind of layer, on threads ---- */

struct prediction {
    nn_model *model;
    nn_tensor *inputs[RECIPE_INPUTS_MAX], *output;
    int32_t input_count;
    nn_status status;
};

static void predict(void *data)
{
    struct prediction *p = data;
    p->status = nn_model_predict(p->model, (const nn_tensor *const *)p->inputs,
                                 p->input_count, &p->output, 1);
}

static const struct environment *environment_of_recipe;

static void try_recipe(const struct recipe *recipe)
{
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_threads(context, 3));
    struct prediction p = {.model = recipe_alone(context, recipe)};
    assert_non_null(p.model);
    p.input_count = nn_model_input_count(p.model);
    for (int32_t i = 0; i < p.input_count; i++)
        p.inputs[i] =
            random_samples(context, p.model, nn_model_input_node(p.model, i), 20, 7);
    p.output = random_samples(context, p.model, nn_model_output_node(p.model, 0), 20, 1);
    predict(&p);
    assert_ok(p.status);
    uint64_t hash = hash_tensor(HASH_START, p.output);
    assert_ok(nn_tensor_fill(p.output, 0));
    in_environment(environment_of_recipe, recipe->kind, predict, &p);
    assert_ok(p.status);
    if (hash_tensor(HASH_START, p.output) != hash)
        fail_msg("%s: other bits with %s", recipe->kind, environment_of_recipe->name);
    for (int32_t i = 0; i < p.input_count; i++)
        nn_tensor_destroy(p.inputs[i]);
    nn_tensor_destroy(p.output);
    nn_model_destroy(p.model);
    nn_context_destroy(context);
}

static void try_every_recipe(const struct environment *environment)
{
    environment_of_recipe = environment;
    for_every_recipe(try_recipe);
}

static void every_kind_of_layer_gives_the_same_bits(void **state)
{
    (void)state;
    for_every_environment(try_every_recipe);
}

/* ---- training on threads ---- */

struct training {
    nn_context *context;
    nn_dataset *samples;
    nn_model *model;
    nn_trainer *trainer;
    nn_status status;
};

static void training_open(struct training *training, nn_context *context)
{
    training->context = context;
    training->samples = class_samples(context, 90, 3);
    training->model = wide_network(context);
    nn_optimizer *optimizer = nn_rmsprop(context, 0.003);
    assert_ok(nn_optimizer_set(optimizer, "clip_norm", 0.7));
    assert_ok(nn_optimizer_set(optimizer, "max_norm", 1.3));
    training->trainer =
        nn_trainer_create(training->model, nn_softmax_cross_entropy(context), optimizer);
    assert_non_null(training->trainer);
    assert_ok(nn_trainer_set_validation_split(training->trainer, 0.25));
    assert_ok(nn_trainer_set_rate_exponential(training->trainer, 0.9));
}

static uint64_t training_close(struct training *training)
{
    assert_ok(training->status);
    uint64_t hash = parameter_hash(training->model);
    nn_trainer_destroy(training->trainer);
    nn_model_destroy(training->model);
    nn_dataset_destroy(training->samples);
    nn_context_destroy(training->context);
    return hash;
}

static void train(void *data)
{
    struct training *training = data;
    training->status = nn_trainer_fit(training->trainer, training->samples, NULL, 2);
}

static uint64_t plain_hash(void)
{
    struct training training;
    training_open(&training, nn_context_create(NULL));
    train(&training);
    return training_close(&training);
}

/* The pool's threads are started, and inherit what is set, in the environment. */
static void try_threads(const struct environment *environment)
{
    struct training training;
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_threads(context, 3));
    training_open(&training, context);
    in_environment(environment, "fit on threads", train, &training);
    if (training_close(&training) != plain_hash())
        fail_msg("other bits on threads with %s", environment->name);
}

static void training_on_threads_gives_the_same_bits(void **state)
{
    (void)state;
    for_every_environment(try_threads);
}

/* ---- whole numbers that become floats ---- */

struct step {
    nn_trainer *trainer;
    nn_tensor *inputs, *targets;
    double loss, results[1];
    nn_dataset *samples;
    nn_status status;
};

static void step_open(struct step *step)
{
    const int64_t shape[] = {6, NETWORK_INPUTS}, labels[] = {6};
    memset(step, 0, sizeof *step);
    step->inputs = nn_tensor_create(NULL, NN_INT32, shape, 2);
    step->targets = nn_tensor_create(NULL, NN_INT32, labels, 1);
    int32_t *x = nn_tensor_data(step->inputs);
    for (int32_t i = 0; i < 6 * NETWORK_INPUTS; i++)
        x[i] = (i % 2 == 0 ? 1 : -1) * ((1 << 25) + 1 + 2 * i); /* no float has them */
    step->samples = nn_dataset_create(NULL);
    assert_ok(nn_dataset_add_input(step->samples, step->inputs));
    assert_ok(nn_dataset_add_target(step->samples, step->targets));
    nn_model *model = stack_network(NULL);
    step->trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 1e-20));
    assert_non_null(step->trainer);
    nn_model_destroy(model);
}

static void step_run(void *data)
{
    struct step *step = data;
    const nn_tensor *inputs[] = {step->inputs}, *targets[] = {step->targets};
    step->status =
        nn_trainer_step(step->trainer, inputs, 1, targets, 1, NULL, &step->loss);
    if (step->status == NN_OK)
        step->status =
            nn_trainer_evaluate(step->trainer, step->samples, step->results, 1);
}

static void step_close(struct step *step)
{
    assert_ok(step->status);
    nn_trainer_destroy(step->trainer);
    nn_dataset_destroy(step->samples);
    nn_tensor_destroy(step->inputs);
    nn_tensor_destroy(step->targets);
}

static void try_whole_numbers(const struct environment *environment)
{
    struct step plain, foreign;
    step_open(&plain);
    step_run(&plain);
    step_open(&foreign);
    in_environment(environment, "a step on whole numbers", step_run, &foreign);
    step_close(&plain);
    step_close(&foreign);
    assert_memory_equal(&plain.loss, &foreign.loss, sizeof plain.loss);
    assert_memory_equal(plain.results, foreign.results, sizeof plain.results);
}

static void whole_numbers_become_the_same_floats(void **state)
{
    (void)state;
    for_every_environment(try_whole_numbers);
}

/* ---- what is not a number ---- */

/* Refused, and without a trap. */
static void pass_nan(void *data)
{
    struct world *w = data;
    volatile double nan = (double)NAN; /* the compiler must not know it */
    const double n = nan;
    const float f = NAN;
    double value;
    nn_trainer *trainer = w->trainer;
    int refused = nn_layer_set_float(w->layer, "alpha", n) != NN_OK;
    refused += nn_layer_set_float(w->layer, "units", n) != NN_OK;
    refused += nn_layer_set_rate_multiplier(w->layer, n) != NN_OK;
    refused += nn_layer_set_initializer(w->layer, "weight", NN_INIT_NORMAL, n) != NN_OK;
    refused += nn_layer_set_floats(w->standardize, "mean", &f, 1) != NN_OK;
    refused += nn_loss_set_float(w->loss, "label_smoothing", n) != NN_OK;
    refused += nn_loss_set_floats(w->loss, "class_weights", &f, 1) != NN_OK;
    refused += nn_optimizer_set(w->optimizer, "beta1", n) != NN_OK;
    refused += nn_optimizer_set_rate(w->optimizer, n) != NN_OK;
    refused += nn_trainer_set_validation_split(trainer, n) != NN_OK;
    refused += nn_trainer_set_early_stopping(trainer, 1, n, 0) != NN_OK;
    refused += nn_trainer_set_rate_step(trainer, 1, n) != NN_OK;
    refused += nn_trainer_set_rate_exponential(trainer, n) != NN_OK;
    refused += nn_trainer_set_rate_cosine(trainer, 1, n) != NN_OK;
    refused += nn_trainer_set_rate_plateau(trainer, n, 1, 0) != NN_OK;
    refused += nn_trainer_set_rate_plateau(trainer, 0.5, 1, n) != NN_OK;
    refused += nn_tensor_fill(w->labels, n) != NN_OK;
    refused += nn_tensor_random_normal(w->square, f, 1, 1) != NN_OK;
    refused += nn_tensor_random_uniform(w->square, 0, f, 1) != NN_OK;
    refused += nn_dataset_split(w->samples, n, 1, &(nn_dataset *){NULL},
                                &(nn_dataset *){NULL}) != NN_OK;
    refused += nn_dropout(w->context, n) == NULL;
    nn_tensor_floats(w->matrix)[3] = f;
    const nn_tensor *inputs[] = {w->matrix}, *targets[] = {w->labels};
    refused += nn_trainer_step(trainer, inputs, 1, targets, 1, NULL, &value) != NN_OK;
    refused += nn_trainer_fit(trainer, w->samples, NULL, 1) != NN_OK;
    refused += nn_dataset_set_weights(w->samples, w->weights) != NN_OK;
    note_number(w, refused);
}

static void try_nan(const struct environment *environment)
{
    struct world world;
    nn_context *context = nn_context_create(NULL);
    world_open(&world, context, NULL, NULL);
    nn_tensor_floats(world.weights)[2] = NAN;
    uint64_t before = world.hash;
    in_environment(environment, "NaN", pass_nan, &world);
    uint64_t got = world.hash;
    world.hash = before;
    note_number(&world, 24);
    assert_true(got == world.hash);
    world_close(&world);
    nn_context_destroy(context);
}

static void what_is_not_a_number_is_refused(void **state)
{
    (void)state;
    for_every_environment(try_nan);
}

/* ---- training on a host's threads that each have the environment ---- */

struct host_task {
    const struct environment *environment;
    void (*task)(void *data, int32_t index);
    void *data;
    int32_t index;
    int changed;
};

static void *run_host_task(void *item)
{
    struct host_task *host = item;
    host->environment->enter();
    const struct state entered = state_now();
    host->task(host->data, host->index);
    host->changed = !same_state(entered, state_now());
    return NULL;
}

enum { HOST_TASKS = 8 };
struct host {
    const struct environment *environment;
    int changed, groups;
};

static void run_on_host(void *user, void (*task)(void *data, int32_t index), void *data,
                        int32_t count)
{
    struct host *host = user;
    pthread_t threads[HOST_TASKS];
    struct host_task tasks[HOST_TASKS];
    assert_true(count <= HOST_TASKS);
    for (int32_t i = 0; i < count; i++) {
        tasks[i] = (struct host_task){host->environment, task, data, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, run_host_task, &tasks[i]), 0);
    }
    for (int32_t i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        host->changed |= tasks[i].changed;
    }
    host->groups++;
}

static void try_executor(const struct environment *environment)
{
    struct training training;
    struct host host = {environment, 0, 0};
    const nn_executor executor = {sizeof executor, 3, run_on_host, &host};
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_executor(context, &executor));
    training_open(&training, context);
    train(&training);
    assert_true(host.groups > 0);
    assert_false(host.changed);
    if (training_close(&training) != plain_hash())
        fail_msg("other bits on the host's threads with %s", environment->name);
}

static void training_on_a_hosts_threads_gives_the_same_bits(void **state)
{
    (void)state;
    for_every_environment(try_executor);
}

/* ---- callbacks ---- */

struct callbacks {
    nn_trainer *trainer;
    nn_dataset *samples;
    nn_tensor *values;
    int called, wrong;
    nn_status status;
};

static int32_t look(struct callbacks *callbacks)
{
    callbacks->called++;
    callbacks->wrong += !is_the_librarys();
    return 0;
}

static int32_t look_in_hook(void *user, nn_trainer *trainer)
{
    (void)trainer;
    return look(user);
}

static double look_for_rate(void *user, int64_t epoch, int64_t step, double base)
{
    (void)epoch, (void)step;
    look(user);
    return base;
}

static void look_in_log(void *user, int32_t level, const char *text)
{
    (void)level, (void)text;
    look(user);
}

static int32_t look_for_samples(void *user, const int64_t *samples, int64_t rows,
                                void *const *inputs, void *const *targets, float *weights)
{
    (void)samples, (void)weights;
    memset(inputs[0], 0, (size_t)rows * NETWORK_INPUTS * sizeof(float));
    memset(targets[0], 0, (size_t)rows * sizeof(int32_t));
    return look(user);
}

static int32_t look_in_infer(void *user, nn_call *call)
{
    int32_t rank;
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    nn_call_set_output(call, shape, rank);
    return look(user);
}

static int32_t look_in_forward(void *user, nn_call *call)
{
    memcpy(nn_call_output(call), nn_call_input(call, 0),
           (size_t)nn_call_rows(call) * NETWORK_INPUTS * sizeof(float));
    return look(user);
}

static int32_t look_in_backward(void *user, nn_call *call)
{
    float *dx = nn_call_input_gradient(call, 0);
    if (dx != NULL)
        memcpy(dx, nn_call_output_gradient(call),
               (size_t)nn_call_rows(call) * NETWORK_INPUTS * sizeof(float));
    return look(user);
}

static nn_model *model_of_callbacks(nn_context *context, struct callbacks *callbacks)
{
    const nn_custom_layer custom = {sizeof custom,   "look",           look_in_infer,
                                    look_in_forward, look_in_backward, NULL,
                                    callbacks};
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, NETWORK_INPUTS));
    nn_model_add(model, nn_dense(context, NETWORK_INPUTS, NN_TANH));
    nn_model_add(model, nn_custom(context, &custom));
    nn_model_add(model, nn_dense(context, NETWORK_CLASSES, NN_LINEAR));
    assert_ok(nn_model_status(model));
    return model;
}

static void use_callbacks(void *data)
{
    struct callbacks *callbacks = data;
    double results[1];
    callbacks->status = nn_trainer_fit(callbacks->trainer, callbacks->samples, NULL, 2);
    if (callbacks->status == NN_OK)
        callbacks->status =
            nn_trainer_evaluate(callbacks->trainer, callbacks->samples, results, 1);
    if (callbacks->status == NN_OK)
        callbacks->status =
            nn_dataset_read_input(callbacks->samples, 0, 0, callbacks->values);
    nn_trainer_rate(callbacks->trainer);
}

static void try_callbacks(const struct environment *environment)
{
    struct callbacks callbacks = {0};
    const nn_logger logger = {sizeof logger, look_in_log, &callbacks};
    const nn_dataset_source source = {sizeof source, 40, look_for_samples, NULL,
                                      &callbacks};
    const int64_t sample[] = {NETWORK_INPUTS}, values[] = {40, NETWORK_INPUTS};
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_logger(context, &logger));
    callbacks.samples = nn_dataset_from_source(context, &source);
    assert_ok(nn_dataset_declare_input(callbacks.samples, NN_FLOAT32, sample, 1));
    assert_ok(nn_dataset_declare_target(callbacks.samples, NN_INT32, NULL, 0));
    callbacks.values = nn_tensor_create(context, NN_FLOAT32, values, 2);
    nn_model *model = model_of_callbacks(context, &callbacks);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(context), nn_sgd(context, 0.1));
    callbacks.trainer = trainer;
    assert_ok(nn_trainer_set_gradient_hook(trainer, look_in_hook, &callbacks));
    assert_ok(nn_trainer_set_step_hook(trainer, look_in_hook, &callbacks));
    assert_ok(nn_trainer_set_epoch_hook(trainer, look_in_hook, &callbacks));
    assert_ok(nn_trainer_set_rate_callback(trainer, look_for_rate, &callbacks));
    assert_ok(nn_trainer_set_progress(trainer, NN_PROGRESS_BAR));
    in_environment(environment, "callbacks", use_callbacks, &callbacks);
    assert_ok(callbacks.status);
    assert_true(callbacks.called > 20);
    assert_int_equal(callbacks.wrong, 0);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_tensor_destroy(callbacks.values);
    nn_dataset_destroy(callbacks.samples);
    nn_context_destroy(context);
}

static void callbacks_run_in_the_librarys_environment(void **state)
{
    (void)state;
    for_every_environment(try_callbacks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_gives_the_same_bits),
        cmocka_unit_test(every_kind_of_layer_gives_the_same_bits),
        cmocka_unit_test(training_on_threads_gives_the_same_bits),
        cmocka_unit_test(training_on_a_hosts_threads_gives_the_same_bits),
        cmocka_unit_test(whole_numbers_become_the_same_floats),
        cmocka_unit_test(what_is_not_a_number_is_refused),
        cmocka_unit_test(callbacks_run_in_the_librarys_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
