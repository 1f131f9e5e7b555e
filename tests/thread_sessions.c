/* Models, sessions and trainers in many threads at once, written to run under
 * ThreadSanitizer: each thread gets the bits that it gets alone. */
#include "base/compiler.h" /* asks the system for POSIX */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

enum { THREADS = 8, ROWS = 100, TIMES = 10, TRAINERS = 4 };

/* Starts a thread for each of `count` items and waits for all. Threads only compute; what
 * they found is looked at afterwards. */
static void in_threads(void *(*run)(void *item), void *items, size_t size, int32_t count)
{
    pthread_t threads[THREADS];
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, run, (char *)items + size * (size_t)i), 0);
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/* ---- sessions ---- */

struct running {
    nn_model *model;
    const float *x;
    float y[ROWS * NETWORK_CLASSES];
    nn_status status;
};

static void *run_session(void *item)
{
    struct running *running = item;
    nn_session *session = nn_session_create(running->model, 16);
    running->status = session == NULL ? nn_last_status() : NN_OK;
    for (int32_t i = 0; i < TIMES && running->status == NN_OK; i++) {
        const void *inputs[] = {running->x};
        void *outputs[] = {running->y};
        memset(running->y, 0, sizeof running->y);
        running->status = nn_session_run(session, inputs, ROWS, outputs);
        if (running->status == NN_OK)
            running->status = nn_session_refresh(session);
    }
    nn_session_destroy(session);
    return NULL;
}

static void run_sessions(nn_context *context)
{
    static struct running alone, together[THREADS];
    nn_tensor *inputs, *labels;
    nn_model *model = graph_network(context);
    class_tensors(context, ROWS, 4, &inputs, &labels);
    assert_ok(nn_model_build(model));
    alone = (struct running){.model = model, .x = nn_tensor_floats(inputs)};
    run_session(&alone);
    assert_ok(alone.status);
    for (int i = 0; i < THREADS; i++)
        together[i] = (struct running){.model = model, .x = alone.x};
    in_threads(run_session, together, sizeof *together, THREADS);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(together[i].status, NN_OK);
        assert_memory_equal(together[i].y, alone.y, sizeof alone.y);
    }
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    nn_model_destroy(model);
}

static void sessions_of_one_model_run_in_as_many_threads(void **state)
{
    (void)state;
    run_sessions(NULL);
}

static void sessions_share_a_pool_of_threads(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_threads(context, 2));
    run_sessions(context);
    nn_context_destroy(context);
}

static void *predict_once(void *item)
{
    struct running *running = item;
    int64_t x_shape[] = {ROWS, NETWORK_INPUTS}, y_shape[] = {ROWS, NETWORK_CLASSES};
    nn_tensor *x = nn_tensor_wrap(NULL, NN_FLOAT32, x_shape, 2,
                                  (void *)(uintptr_t)running->x, NULL, NULL);
    nn_tensor *y = nn_tensor_wrap(NULL, NN_FLOAT32, y_shape, 2, running->y, NULL, NULL);
    running->status =
        nn_model_predict(running->model, (const nn_tensor *const *)&x, 1, &y, 1);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    return NULL;
}

static void a_built_model_predicts_in_many_threads(void **state)
{
    (void)state;
    static struct running alone, together[THREADS];
    nn_tensor *inputs, *labels;
    nn_model *model = stack_network(NULL);
    class_tensors(NULL, ROWS, 4, &inputs, &labels);
    assert_ok(nn_model_build(model));
    alone = (struct running){.model = model, .x = nn_tensor_floats(inputs)};
    predict_once(&alone);
    for (int i = 0; i < THREADS; i++)
        together[i] = (struct running){.model = model, .x = alone.x};
    in_threads(predict_once, together, sizeof *together, THREADS);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(together[i].status, NN_OK);
        assert_memory_equal(together[i].y, alone.y, sizeof alone.y);
    }
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    nn_model_destroy(model);
}

/* ---- trainers ---- */

struct training {
    nn_context *context;
    nn_dataset *samples;
    nn_model *model;
    nn_trainer *trainer;
    nn_status status;
};

static void training_open(struct training *training, nn_context *context,
                          nn_dataset *samples)
{
    *training = (struct training){.context = context, .samples = samples};
    training->model = wide_network(context);
    training->trainer = nn_trainer_create(
        training->model, nn_softmax_cross_entropy(context), nn_adam(context, 0.01));
    assert_non_null(training->trainer);
    assert_ok(nn_trainer_set_validation_split(training->trainer, 0.25));
}

static void training_close(struct training *training)
{
    nn_trainer_destroy(training->trainer);
    nn_model_destroy(training->model);
}

static void *train(void *item)
{
    struct training *training = item;
    training->status = nn_trainer_fit(training->trainer, training->samples, NULL, 3);
    return NULL;
}

static void trainers_share_threads_and_data(void **state)
{
    (void)state;
    struct training alone, together[TRAINERS];
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_threads(context, 2));
    nn_dataset *samples = class_samples(context, 120, 3);
    training_open(&alone, context, samples);
    train(&alone);
    assert_ok(alone.status);
    for (int i = 0; i < TRAINERS; i++)
        training_open(&together[i], context, samples);
    in_threads(train, together, sizeof *together, TRAINERS);
    for (int i = 0; i < TRAINERS; i++) {
        assert_int_equal(together[i].status, NN_OK);
        assert_int_equal(parameter_hash(together[i].model), parameter_hash(alone.model));
        training_close(&together[i]);
    }
    training_close(&alone);
    nn_dataset_destroy(samples);
    nn_context_destroy(context);
}

/* Makes a whole run of its own, context and all, several times. */
static void *create_train_destroy(void *item)
{
    uint64_t *hash = item;
    for (int i = 0; i < 3; i++) {
        nn_context *context = nn_context_create(NULL);
        nn_status status = nn_context_set_threads(context, 2);
        nn_model *model = nn_model_create(context);
        nn_model_add(model, nn_input(context, 64));
        nn_model_add(model, nn_dense(context, 300, NN_RELU));
        nn_model_add(model, nn_dense(context, 2, NN_LINEAR));
        nn_trainer *trainer = nn_trainer_create(model, nn_mean_squared_error(context),
                                                nn_sgd(context, 0.01));
        int64_t x_shape[] = {32, 64}, y_shape[] = {32, 2};
        nn_tensor *x = nn_tensor_create(context, NN_FLOAT32, x_shape, 2);
        nn_tensor *y = nn_tensor_create(context, NN_FLOAT32, y_shape, 2);
        nn_context_destroy(context);
        for (int step = 0; step < 3 && status == NN_OK; step++) {
            status = nn_tensor_random_normal(x, 0, 1, (uint64_t)step);
            if (status == NN_OK)
                status = nn_trainer_step(trainer, (const nn_tensor *const *)&x, 1,
                                         (const nn_tensor *const *)&y, 1, NULL, NULL);
        }
        *hash = status == NN_OK ? parameter_hash(model) : 0;
        nn_tensor_destroy(x);
        nn_tensor_destroy(y);
        nn_model_destroy(model);
        nn_trainer_destroy(trainer);
    }
    return NULL;
}

static void contexts_and_trainers_come_and_go(void **state)
{
    (void)state;
    uint64_t alone, together[TRAINERS];
    create_train_destroy(&alone);
    assert_true(alone != 0);
    in_threads(create_train_destroy, together, sizeof *together, TRAINERS);
    for (int i = 0; i < TRAINERS; i++)
        assert_int_equal(together[i], alone);
}

/* ---- sessions beside a trainer ---- */

static void sessions_run_while_the_model_is_trained(void **state)
{
    (void)state;
    static struct running running[2];
    struct training training;
    pthread_t trainer;
    nn_tensor *inputs, *labels;
    nn_dataset *samples = class_samples(NULL, 120, 3);
    training_open(&training, NULL, samples);
    class_tensors(NULL, ROWS, 4, &inputs, &labels);
    nn_session *session = nn_session_create(training.model, 16);
    assert_non_null(session);
    const void *from[] = {nn_tensor_floats(inputs)};
    assert_ok(nn_session_run(session, from, ROWS, (void *[]){running[0].y}));
    assert_int_equal(pthread_create(&trainer, NULL, train, &training), 0);
    for (int32_t i = 0; i < 5 * TIMES; i++) {
        assert_ok(nn_session_run(session, from, ROWS, (void *[]){running[1].y}));
        assert_memory_equal(running[0].y, running[1].y, sizeof running[0].y);
    }
    assert_int_equal(pthread_join(trainer, NULL), 0);
    assert_int_equal(training.status, NN_OK);
    nn_session_destroy(session);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    training_close(&training);
    nn_dataset_destroy(samples);
}

/* ---- requests to stop ---- */

static void *request_soon(void *item)
{
    const struct timespec time = {0, 20000000};
    nanosleep(&time, NULL);
    nn_trainer_request_stop(((struct training *)item)->trainer);
    return NULL;
}

static void a_run_is_stopped_from_another_thread(void **state)
{
    (void)state;
    struct training training;
    pthread_t thread;
    nn_dataset *samples = class_samples(NULL, 120, 3);
    training_open(&training, NULL, samples);
    assert_int_equal(pthread_create(&thread, NULL, request_soon, &training), 0);
    assert_ok(nn_trainer_fit(training.trainer, samples, NULL, INT32_MAX));
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(nn_trainer_stop_reason(training.trainer), NN_STOP_REQUESTED);
    training_close(&training);
    nn_dataset_destroy(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_of_one_model_run_in_as_many_threads),
        cmocka_unit_test(sessions_share_a_pool_of_threads),
        cmocka_unit_test(a_built_model_predicts_in_many_threads),
        cmocka_unit_test(trainers_share_threads_and_data),
        cmocka_unit_test(contexts_and_trainers_come_and_go),
        cmocka_unit_test(sessions_run_while_the_model_is_trained),
        cmocka_unit_test(a_run_is_stopped_from_another_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
