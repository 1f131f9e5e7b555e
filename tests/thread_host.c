/* What hosts do to a library with threads: sixteen sessions of one model, many trainers at
 * once, contexts made and destroyed in loops, a fork while all that runs, and loading,
 * training, unloading again and again. torture_host.c has the same with more rounds. */
#include "base/compiler.h" /* asks the system for POSIX */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef HOST_ROUNDS
#define HOST_ROUNDS 3
#endif

enum { HOSTS = 16, HOST_ROWS = 48 };

/* One thread's part, which only computes; it says in wrong what was not as alone. */
struct host {
    nn_context *context;
    nn_model *model;
    const float *x, *expected;
    uint64_t hash;
    int32_t index, wrong;
};

static void run_hosts(void *(*run)(void *host), struct host *hosts, int32_t count)
{
    pthread_t threads[HOSTS];
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, &hosts[i]), 0);
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int32_t i = 0; i < count; i++)
        assert_int_equal(hosts[i].wrong, 0);
}

/* ---- sixteen sessions ---- */

/* Samples first ... first + rows - 1 through a session; 1 where the bits are right. */
static int run_part(nn_session *session, const struct host *host, int64_t first,
                    int64_t rows)
{
    float y[HOST_ROWS * NETWORK_CLASSES];
    const void *from[] = {host->x + first * NETWORK_INPUTS};
    void *to[] = {y};
    return nn_session_run(session, from, rows, to) == NN_OK &&
           memcmp(y, host->expected + first * NETWORK_CLASSES,
                  (size_t)rows * NETWORK_CLASSES * sizeof *y) == 0;
}

static void *hammer_session(void *item)
{
    struct host *host = item;
    for (int32_t round = 0; round < HOST_ROUNDS; round++) {
        nn_session *session = nn_session_create(host->model, 1 + host->index);
        for (int64_t first = 0, rows = 1; first < HOST_ROWS; first += rows) {
            rows = 1 + (first + host->index + round) % 7;
            rows = rows < HOST_ROWS - first ? rows : HOST_ROWS - first;
            host->wrong += session == NULL || !run_part(session, host, first, rows);
        }
        host->wrong += nn_session_refresh(session) != NN_OK;
        nn_session_destroy(session);
    }
    return NULL;
}

/* A model, samples, and what the model makes of them alone. */
struct stage {
    nn_context *context;
    nn_model *model;
    nn_tensor *inputs, *labels, *outputs;
    struct host hosts[HOSTS];
};

static void stage_open(struct stage *stage, int32_t threads)
{
    int64_t shape[] = {HOST_ROWS, NETWORK_CLASSES};
    stage->context = nn_context_create(NULL);
    assert_ok(nn_context_set_threads(stage->context, threads));
    stage->model = wide_network(stage->context);
    class_tensors(stage->context, HOST_ROWS, 2, &stage->inputs, &stage->labels);
    stage->outputs = nn_tensor_create(stage->context, NN_FLOAT32, shape, 2);
    assert_ok(nn_model_predict(stage->model, (const nn_tensor *const *)&stage->inputs, 1,
                               &stage->outputs, 1));
    for (int32_t i = 0; i < HOSTS; i++)
        stage->hosts[i] = (struct host){.context = stage->context,
                                        .model = stage->model,
                                        .x = nn_tensor_floats(stage->inputs),
                                        .expected = nn_tensor_floats(stage->outputs),
                                        .index = i};
}

static void stage_close(struct stage *stage)
{
    nn_tensor_destroy(stage->inputs);
    nn_tensor_destroy(stage->labels);
    nn_tensor_destroy(stage->outputs);
    nn_model_destroy(stage->model);
    nn_context_destroy(stage->context);
}

static void sixteen_threads_run_one_model(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, 3);
    run_hosts(hammer_session, stage.hosts, HOSTS);
    stage_close(&stage);
}

/* ---- many trainers ---- */

/* A whole run; the hash of its parameters, 0 where it fails. */
static uint64_t train_once(nn_context *context, uint64_t seed)
{
    nn_dataset *samples = class_samples(context, 40, 5);
    nn_model *model = wide_network(context);
    nn_status status = nn_model_set_seed(model, seed);
    nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(context),
                                            nn_adam(context, 0.01));
    if (status == NN_OK)
        status = nn_trainer_fit(trainer, samples, NULL, 1);
    uint64_t hash = status == NN_OK ? parameter_hash(model) : 0;
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    return hash;
}

/* Every second one in the shared context, the others in one of their own. */
static void *train_host(void *item)
{
    struct host *host = item;
    for (int32_t round = 0; round < HOST_ROUNDS; round++) {
        nn_context *own = host->index % 2 == 0 ? NULL : nn_context_create(NULL);
        if (own != NULL)
            host->wrong += nn_context_set_threads(own, 2) != NN_OK;
        host->wrong += train_once(own == NULL ? host->context : own,
                                  (uint64_t)host->index / 4) != host->hash;
        nn_context_destroy(own);
    }
    return NULL;
}

static void many_trainers_train_at_once(void **state)
{
    (void)state;
    struct stage stage;
    stage_open(&stage, 3);
    for (int32_t i = 0; i < HOSTS; i++) {
        stage.hosts[i].hash = train_once(NULL, (uint64_t)i / 4);
        assert_true(stage.hosts[i].hash != 0);
    }
    run_hosts(train_host, stage.hosts, HOSTS);
    stage_close(&stage);
}

/* ---- a fork while workers exist and compute ---- */

struct flood {
    struct host host;
    int32_t stop; /* (atomic) */
};

static void *flood_pool(void *item)
{
    struct flood *flood = item;
    while (!NNI_LOAD_ACQUIRE(&flood->stop))
        hammer_session(&flood->host);
    return NULL;
}

/* The exit status of a child that trains with what it inherited. What its parent's other
 * threads had is lost in it, so it ends as another program: valgrind looks for such blocks
 * when a process exits. */
static int child_trains(nn_context *context, uint64_t expected)
{
    const pid_t child = fork();
    if (child == 0) {
        if (train_once(context, 1) == expected)
            (void)execl("/bin/true", "true", (char *)NULL);
        _exit(1);
    }
    int status = -1;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void a_child_computes_right_while_others_compute(void **state)
{
    (void)state;
    struct stage stage;
    pthread_t thread;
    stage_open(&stage, 3);
    struct flood flood = {.host = stage.hosts[0]};
    const uint64_t expected = train_once(stage.context, 1);
    assert_int_equal(pthread_create(&thread, NULL, flood_pool, &flood), 0);
    int wrong = 0;
    for (int32_t round = 0; round < HOST_ROUNDS; round++)
        wrong += child_trains(stage.context, expected);
    NNI_STORE_RELEASE(&flood.stop, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(wrong, 0);
    assert_int_equal(flood.host.wrong, 0);
    assert_true(train_once(stage.context, 1) == expected);
    stage_close(&stage);
}

/* ---- loading and unloading ---- */

/* The shared library's functions, found by name. */
#define LOADED(name) (__extension__(__typeof__(&name)) loaded(library, #name))

static void *loaded(void *library, const char *name)
{
    void *function = dlsym(library, name);
    if (function == NULL)
        fail_msg("%s", dlerror());
    return function;
}

static int count_threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    int count = 0;
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2; /* "." and ".." */
}

/* The last thread to end may be listed for a moment longer. */
static int threads_end(int expected)
{
    const struct timespec moment = {0, 1000000};
    for (int i = 0; i < 2000 && count_threads() != expected; i++)
        nanosleep(&moment, NULL);
    return count_threads() == expected;
}

/* One step on three threads by the library's own functions. */
static double loaded_training(void *library)
{
    const int64_t shape[] = {64, 200};
    double loss = 0;
    nn_context *context = LOADED(nn_context_create)(NULL);
    assert_int_equal(LOADED(nn_context_set_threads)(context, 3), NN_OK);
    nn_model *model = LOADED(nn_model_create)(context);
    LOADED(nn_model_add)(model, LOADED(nn_input)(context, 200));
    LOADED(nn_model_add)(model, LOADED(nn_dense)(context, 200, NN_TANH));
    nn_trainer *trainer = LOADED(nn_trainer_create)(
        model, LOADED(nn_mean_squared_error)(context), LOADED(nn_sgd)(context, 0.1));
    nn_tensor *x = LOADED(nn_tensor_create)(context, NN_FLOAT32, shape, 2);
    assert_int_equal(LOADED(nn_tensor_random_normal)(x, 0, 1, 3), NN_OK);
    for (int32_t i = 0; i < 3; i++)
        assert_int_equal(LOADED(nn_trainer_step)(trainer, (const nn_tensor *const *)&x, 1,
                                                 (const nn_tensor *const *)&x, 1, NULL,
                                                 &loss),
                         NN_OK);
    LOADED(nn_context_destroy)(context);
    LOADED(nn_tensor_destroy)(x);
    LOADED(nn_trainer_destroy)(trainer);
    LOADED(nn_model_destroy)(model);
    return loss;
}

static void the_library_is_loaded_and_unloaded(void **state)
{
    (void)state;
    const char *path = getenv("NN_LIBRARY");
    if (path == NULL)
        path = "lib/libnn.so";
    const int threads = count_threads();
    double first = 0;
    for (int32_t round = 0; round < 2 * HOST_ROUNDS; round++) {
        void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL)
            fail_msg("%s", dlerror());
        const double loss = loaded_training(library);
        first = round == 0 ? loss : first;
        assert_true(loss > 0 && loss == first);
        assert_int_equal(dlclose(library), 0);
        assert_true(threads_end(threads));
        assert_null(dlopen(path, RTLD_NOW | RTLD_NOLOAD));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sixteen_threads_run_one_model),
        cmocka_unit_test(many_trainers_train_at_once),
        cmocka_unit_test(a_child_computes_right_while_others_compute),
        cmocka_unit_test(the_library_is_loaded_and_unloaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
