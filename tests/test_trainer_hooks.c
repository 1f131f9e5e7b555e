/* Hooks of a run: when each is called, what it may read, change and call, and how it ends
 * the run; and nn_trainer_request_stop from hooks, other threads and signal handlers. */
#include "base/compiler.h" /* asks the system for POSIX */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

enum { SAMPLES = 100, BATCH = 25, STEPS = 4 }; /* steps of an epoch */

/* A small model, data, and a trainer with SGD at a rate of 0.1. */
struct bench {
    nn_model *model;
    nn_dataset *samples;
    nn_optimizer *optimizer;
    nn_trainer *trainer;
};

static struct bench bench_open(void)
{
    struct bench bench;
    bench.model = one_layer(NULL, NETWORK_INPUTS, NETWORK_CLASSES);
    bench.samples = class_samples(NULL, SAMPLES, 3);
    bench.optimizer = nn_sgd(NULL, 0.1);
    bench.trainer = class_trainer(bench.model, bench.optimizer);
    assert_ok(nn_trainer_set_batch_size(bench.trainer, BATCH));
    return bench;
}

static void bench_close(struct bench *bench)
{
    nn_trainer_destroy(bench->trainer);
    nn_dataset_destroy(bench->samples);
    nn_model_destroy(bench->model);
}

static nn_status fit(struct bench *bench, int32_t epochs)
{
    return nn_trainer_fit(bench->trainer, bench->samples, NULL, epochs);
}

/* ---- when hooks are called ---- */

struct calls {
    int64_t count, stop_at; /* stops at this call */
    int64_t steps[64], epochs[64];
    uint64_t hash[64];
    const nn_model *model;
};

static int32_t note_call(void *user, nn_trainer *trainer)
{
    struct calls *calls = user;
    calls->steps[calls->count] = nn_trainer_step_count(trainer);
    calls->epochs[calls->count] = nn_trainer_epoch(trainer);
    if (calls->model != NULL)
        calls->hash[calls->count] = parameter_hash(calls->model);
    calls->count++;
    return calls->count == calls->stop_at;
}

static void each_hook_is_called_at_its_place(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls gradient = {0}, step = {0}, epoch = {0};
    gradient.model = step.model = epoch.model = bench.model;
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, note_call, &gradient));
    assert_ok(nn_trainer_set_step_hook(bench.trainer, note_call, &step));
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, note_call, &epoch));
    assert_ok(fit(&bench, 3));
    assert_int_equal(gradient.count, 3 * STEPS);
    assert_int_equal(step.count, 3 * STEPS);
    assert_int_equal(epoch.count, 3);
    for (int64_t i = 0; i < 3 * STEPS; i++) {
        assert_int_equal(gradient.steps[i], i);
        assert_int_equal(step.steps[i], i + 1);
        assert_int_equal(gradient.epochs[i], i / STEPS);
        assert_true(gradient.hash[i] != step.hash[i]);
        if (i > 0)
            assert_int_equal(gradient.hash[i], step.hash[i - 1]);
    }
    for (int64_t i = 0; i < 3; i++) {
        assert_int_equal(epoch.epochs[i], i + 1);
        assert_int_equal(epoch.hash[i], step.hash[STEPS * i + STEPS - 1]);
    }
    bench_close(&bench);
}

static void hooks_that_look_change_no_bit(void **state)
{
    (void)state;
    uint64_t hash[2];
    for (int hooked = 0; hooked < 2; hooked++) {
        struct bench bench = bench_open();
        struct calls calls = {0};
        if (hooked)
            assert_ok(nn_trainer_set_gradient_hook(bench.trainer, note_call, &calls));
        assert_ok(fit(&bench, 3));
        hash[hooked] = parameter_hash(bench.model);
        bench_close(&bench);
    }
    assert_int_equal(hash[0], hash[1]);
}

static void a_hook_taken_away_is_not_called(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls calls = {0};
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, note_call, &calls));
    assert_ok(nn_trainer_set_step_hook(bench.trainer, note_call, &calls));
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, note_call, &calls));
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, NULL, NULL));
    assert_ok(nn_trainer_set_step_hook(bench.trainer, NULL, NULL));
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, NULL, NULL));
    assert_ok(fit(&bench, 1));
    assert_int_equal(calls.count, 0);
    bench_close(&bench);
}

static int32_t look_at_history(void *user, nn_trainer *trainer)
{
    double *last = user;
    int64_t epoch = nn_trainer_epoch(trainer) - 1;
    assert_int_equal(history_epochs(trainer), epoch + 1);
    last[0] = history_at(trainer, "loss", epoch);
    last[1] = history_at(trainer, "val_loss", epoch);
    return 0;
}

static void the_epoch_hook_sees_the_epochs_numbers(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    double last[2];
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, look_at_history, last));
    assert_ok(nn_trainer_fit(bench.trainer, bench.samples, bench.samples, 2));
    assert_float_equal(last[0], history_at(bench.trainer, "loss", 1), 0);
    assert_float_equal(last[1], history_at(bench.trainer, "val_loss", 1), 0);
    bench_close(&bench);
}

/* ---- changing gradients and options ---- */

static int32_t zero_gradients(void *user, nn_trainer *trainer)
{
    (void)user;
    for (int32_t i = 0; i < 2; i++)
        assert_ok(nn_tensor_fill(nn_trainer_gradient(trainer, i), 0));
    return 0;
}

static void gradients_set_to_zero_leave_parameters_as_they_are(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    uint64_t before = parameter_hash(bench.model);
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, zero_gradients, NULL));
    assert_ok(fit(&bench, 2));
    assert_int_equal(nn_trainer_step_count(bench.trainer), 2 * STEPS);
    assert_int_equal(parameter_hash(bench.model), before);
    bench_close(&bench);
}

static int32_t spoil_gradients(void *user, nn_trainer *trainer)
{
    (void)user;
    nn_tensor_floats(nn_trainer_gradient(trainer, 1))[2] = NAN;
    return 0;
}

static void gradients_spoiled_by_a_hook_stop_the_run(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    uint64_t before = parameter_hash(bench.model);
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, spoil_gradients, NULL));
    assert_int_equal(fit(&bench, 2), NN_ERROR_GRADIENT);
    assert_failure(NN_ERROR_GRADIENT, "the gradient of dense_1.bias is nan at element 2");
    assert_int_equal(parameter_hash(bench.model), before);
    bench_close(&bench);
}

static int32_t double_gradients(void *user, nn_trainer *trainer)
{
    (void)user;
    for (int32_t i = 0; i < 2; i++) {
        nn_tensor *gradient = nn_trainer_gradient(trainer, i);
        assert_ok(nn_tensor_scale(gradient, 2, gradient));
    }
    return 0;
}

static void doubled_gradients_are_a_doubled_rate(void **state)
{
    (void)state;
    struct bench hooked = bench_open(), faster = bench_open();
    assert_ok(nn_trainer_set_gradient_hook(hooked.trainer, double_gradients, NULL));
    assert_ok(nn_optimizer_set_rate(faster.optimizer, 0.2));
    assert_ok(fit(&hooked, 2));
    assert_ok(fit(&faster, 2));
    assert_int_equal(parameter_hash(hooked.model), parameter_hash(faster.model));
    bench_close(&hooked);
    bench_close(&faster);
}

static int32_t halve_rate(void *user, nn_trainer *trainer)
{
    nn_optimizer *optimizer = user;
    (void)trainer;
    assert_ok(nn_optimizer_set_rate(optimizer, nn_optimizer_rate(optimizer) / 2));
    return 0;
}

static void a_hook_may_change_the_rate(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, halve_rate, bench.optimizer));
    assert_ok(fit(&bench, 3));
    assert_float_equal(history_at(bench.trainer, "rate", 0), 0.1, 0);
    assert_float_equal(history_at(bench.trainer, "rate", 2), 0.025, 0);
    bench_close(&bench);
}

/* ---- ending the run ---- */

static void a_gradient_hook_stops_before_the_update(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls gradient = {.stop_at = STEPS + 2}, step = {.model = bench.model};
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, note_call, &gradient));
    assert_ok(nn_trainer_set_step_hook(bench.trainer, note_call, &step));
    assert_ok(fit(&bench, 5));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_HOOK);
    assert_int_equal(nn_trainer_step_count(bench.trainer), STEPS + 1);
    assert_int_equal(nn_trainer_epoch(bench.trainer), 1);
    assert_int_equal(history_epochs(bench.trainer), 1);
    assert_int_equal(parameter_hash(bench.model), step.hash[STEPS]);
    bench_close(&bench);
}

static void a_step_hook_stops_after_the_update(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls calls = {.stop_at = STEPS + 2, .model = bench.model};
    assert_ok(nn_trainer_set_step_hook(bench.trainer, note_call, &calls));
    assert_ok(fit(&bench, 5));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_HOOK);
    assert_int_equal(nn_trainer_step_count(bench.trainer), STEPS + 2);
    assert_int_equal(nn_trainer_epoch(bench.trainer), 1);
    assert_int_equal(parameter_hash(bench.model), calls.hash[STEPS + 1]);
    bench_close(&bench);
}

static void an_epoch_hook_stops_after_the_epoch(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls calls = {.stop_at = 2};
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, note_call, &calls));
    assert_ok(fit(&bench, 5));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_HOOK);
    assert_int_equal(nn_trainer_epoch(bench.trainer), 2);
    assert_int_equal(history_epochs(bench.trainer), 2);
    bench_close(&bench);
}

static void a_run_that_was_stopped_can_go_on(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls calls = {.stop_at = 2};
    assert_ok(nn_trainer_set_step_hook(bench.trainer, note_call, &calls));
    assert_ok(fit(&bench, 1));
    assert_int_equal(nn_trainer_epoch(bench.trainer), 0);
    assert_ok(fit(&bench, 1));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_EPOCHS);
    assert_int_equal(nn_trainer_epoch(bench.trainer), 1);
    assert_int_equal(nn_trainer_step_count(bench.trainer), 2 + STEPS);
    bench_close(&bench);
}

/* ---- single steps ---- */

static void a_step_calls_both_hooks(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls gradient = {0}, step = {0}, epoch = {0};
    nn_tensor *inputs, *labels;
    class_tensors(NULL, 10, 3, &inputs, &labels);
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, note_call, &gradient));
    assert_ok(nn_trainer_set_step_hook(bench.trainer, note_call, &step));
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, note_call, &epoch));
    step_on(bench.trainer, inputs, labels);
    assert_int_equal(gradient.count, 1);
    assert_int_equal(gradient.steps[0], 0);
    assert_int_equal(step.count, 1);
    assert_int_equal(step.steps[0], 1);
    assert_int_equal(epoch.count, 0);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    bench_close(&bench);
}

static void a_gradient_hook_may_leave_out_the_update_of_a_step(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct calls gradient = {.stop_at = 1};
    nn_tensor *inputs, *labels;
    class_tensors(NULL, 10, 3, &inputs, &labels);
    uint64_t before = parameter_hash(bench.model);
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, note_call, &gradient));
    assert_true(step_on(bench.trainer, inputs, labels) > 0);
    assert_int_equal(nn_trainer_step_count(bench.trainer), 0);
    assert_int_equal(parameter_hash(bench.model), before);
    step_on(bench.trainer, inputs, labels);
    assert_int_equal(nn_trainer_step_count(bench.trainer), 1);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    bench_close(&bench);
}

/* ---- what a hook may call ---- */

static int32_t look_around(void *user, nn_trainer *trainer)
{
    nn_model *model = user;
    nn_tensor *value = nn_trainer_node_value(trainer, 1);
    assert_non_null(value);
    assert_int_equal(nn_tensor_dim(value, 0), BATCH);
    nn_tensor_destroy(value);
    assert_non_null(nn_trainer_gradient(trainer, 0));
    assert_non_null(nn_model_parameter(model, 0));
    assert_string_equal(nn_trainer_result_name(trainer, 0), "loss");
    assert_int_equal(nn_trainer_result_count(trainer), 1);
    assert_true(nn_trainer_rate(trainer) > 0);
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_NONE);
    return 0;
}

static void hooks_may_look(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, look_around, bench.model));
    assert_ok(nn_trainer_set_step_hook(bench.trainer, look_around, bench.model));
    assert_ok(fit(&bench, 1));
    bench_close(&bench);
}

/* Calls everything that trains, evaluates or sets; counts what is refused as it should. */
static int32_t try_forbidden(void *user, nn_trainer *trainer)
{
    int32_t *refused = user, done;
    double numbers[2];
    uint64_t bytes;
    nn_status statuses[] = {
        nn_trainer_fit(trainer, NULL, NULL, 1),
        nn_trainer_step(trainer, NULL, 0, NULL, 0, NULL, NULL),
        nn_trainer_forward(trainer, NULL, 0),
        nn_trainer_backward(trainer, NULL, 0, NULL, NULL),
        nn_trainer_update(trainer),
        nn_trainer_prepare(trainer),
        nn_trainer_memory_needed(trainer, &bytes),
        nn_trainer_evaluate(trainer, NULL, numbers, 2),
        nn_trainer_confusion(trainer, NULL, 0, NULL),
        nn_trainer_rate_sweep(trainer, NULL, 0.1, 1, 2, numbers, numbers, &done),
        nn_gradient_check(trainer, NULL, 0, NULL, 0, NULL, 0.1, 0.1, 1, NULL),
        nn_trainer_set_batch_size(trainer, 1),
        nn_trainer_set_micro_batch(trainer, 1),
        nn_trainer_set_seed(trainer, 1),
        nn_trainer_set_shuffle(trainer, 1),
        nn_trainer_set_keep_nodes(trainer, 1),
        nn_trainer_set_input_gradients(trainer, 1),
        nn_trainer_set_early_stopping(trainer, 1, 0, 1),
        nn_trainer_set_rate_constant(trainer),
        nn_trainer_set_warmup(trainer, 1),
        nn_trainer_set_step_hook(trainer, NULL, NULL),
        nn_trainer_add_metric(trainer, NN_ACCURACY, 0),
        nn_trainer_add_top_k(trainer, 1, 0),
    };
    int32_t count = (int32_t)(sizeof statuses / sizeof statuses[0]);
    for (int32_t i = 0; i < count; i++)
        *refused += statuses[i] == NN_ERROR_STATE;
    assert_failure(NN_ERROR_STATE, "not allowed from a hook");
    assert_null(nn_trainer_predict(trainer, NULL, 0));
    assert_failure(NN_ERROR_STATE, "nn_trainer_predict: not allowed from a hook");
    return *refused == count ? 0 : 1;
}

static void hooks_may_not_train_evaluate_or_set(void **state)
{
    (void)state;
    for (int which = 0; which < 3; which++) {
        struct bench bench = bench_open();
        int32_t refused = 0;
        nn_status (*const set[])(nn_trainer *, nn_trainer_hook, void *) = {
            nn_trainer_set_gradient_hook, nn_trainer_set_step_hook,
            nn_trainer_set_epoch_hook};
        assert_ok(nn_trainer_set_batch_size(bench.trainer, NN_FULL_BATCH));
        assert_ok(set[which](bench.trainer, try_forbidden, &refused));
        assert_ok(fit(&bench, 1));
        assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_EPOCHS);
        assert_true(refused > 20);
        /* After the run all is allowed again. */
        assert_ok(nn_trainer_set_shuffle(bench.trainer, 1));
        bench_close(&bench);
    }
}

/* ---- requests to stop ---- */

static int32_t request(void *user, nn_trainer *trainer)
{
    (void)user;
    if (nn_trainer_step_count(trainer) == 2)
        nn_trainer_request_stop(trainer);
    return 0;
}

static void a_request_ends_the_run_after_the_step(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    assert_ok(nn_trainer_set_gradient_hook(bench.trainer, request, NULL));
    assert_ok(fit(&bench, 5));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_REQUESTED);
    assert_int_equal(nn_trainer_step_count(bench.trainer), 3);
    bench_close(&bench);
}

static int32_t request_at_once(void *user, nn_trainer *trainer)
{
    (void)user;
    nn_trainer_request_stop(trainer);
    return 0;
}

static void a_request_at_the_end_of_an_epoch_keeps_the_epoch(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    assert_ok(nn_trainer_set_epoch_hook(bench.trainer, request_at_once, NULL));
    assert_ok(fit(&bench, 5));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_REQUESTED);
    assert_int_equal(nn_trainer_epoch(bench.trainer), 1);
    assert_int_equal(history_epochs(bench.trainer), 1);
    bench_close(&bench);
}

static void a_request_just_before_a_run_ends_it_at_once(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    uint64_t before = parameter_hash(bench.model);
    nn_trainer_request_stop(bench.trainer);
    assert_ok(fit(&bench, 2));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_REQUESTED);
    assert_int_equal(parameter_hash(bench.model), before);
    /* It has been heeded, and the next run knows nothing of it. */
    assert_ok(fit(&bench, 2));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_EPOCHS);
    assert_int_equal(nn_trainer_epoch(bench.trainer), 2);
    bench_close(&bench);
}

static nn_trainer *signalled; /* what the signal handler stops */

static void handle_signal(int number)
{
    (void)number;
    nn_trainer_request_stop(signalled);
}

static int32_t raise_signal(void *user, nn_trainer *trainer)
{
    (void)user;
    (void)trainer;
    return raise(SIGUSR1) != 0;
}

static void a_signal_handler_may_request(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    struct sigaction action, before;
    memset(&action, 0, sizeof action);
    action.sa_handler = handle_signal;
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    signalled = bench.trainer;
    assert_ok(nn_trainer_set_step_hook(bench.trainer, raise_signal, NULL));
    assert_ok(fit(&bench, 5));
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_REQUESTED);
    assert_int_equal(nn_trainer_step_count(bench.trainer), 1);
    bench_close(&bench);
}

static void *request_soon(void *trainer)
{
    const struct timespec time = {0, 20000000};
    nanosleep(&time, NULL);
    nn_trainer_request_stop(trainer);
    return NULL;
}

static void another_thread_may_request(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, request_soon, bench.trainer), 0);
    assert_ok(fit(&bench, INT32_MAX));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_REQUESTED);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_hook_is_called_at_its_place),
        cmocka_unit_test(hooks_that_look_change_no_bit),
        cmocka_unit_test(a_hook_taken_away_is_not_called),
        cmocka_unit_test(the_epoch_hook_sees_the_epochs_numbers),
        cmocka_unit_test(gradients_set_to_zero_leave_parameters_as_they_are),
        cmocka_unit_test(gradients_spoiled_by_a_hook_stop_the_run),
        cmocka_unit_test(doubled_gradients_are_a_doubled_rate),
        cmocka_unit_test(a_hook_may_change_the_rate),
        cmocka_unit_test(a_gradient_hook_stops_before_the_update),
        cmocka_unit_test(a_step_hook_stops_after_the_update),
        cmocka_unit_test(an_epoch_hook_stops_after_the_epoch),
        cmocka_unit_test(a_run_that_was_stopped_can_go_on),
        cmocka_unit_test(a_step_calls_both_hooks),
        cmocka_unit_test(a_gradient_hook_may_leave_out_the_update_of_a_step),
        cmocka_unit_test(hooks_may_look),
        cmocka_unit_test(hooks_may_not_train_evaluate_or_set),
        cmocka_unit_test(a_request_ends_the_run_after_the_step),
        cmocka_unit_test(a_request_at_the_end_of_an_epoch_keeps_the_epoch),
        cmocka_unit_test(a_request_just_before_a_run_ends_it_at_once),
        cmocka_unit_test(a_signal_handler_may_request),
        cmocka_unit_test(another_thread_may_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
