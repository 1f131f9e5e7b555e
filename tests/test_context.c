/* Contexts: creation with the host's allocator, the setters' ranges and states, logging,
 * the executor, NN_MAX_ISA, and the floating-point environment of tasks. */
#include "base/compiler.h" /* asks the system for POSIX */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/float_env.h"
#include "base/handle.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <fenv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- NN_MAX_ISA: in children, since a value is read once per process. These tests run
 * first, so that this process has not read it yet. ---- */

/* What a child sees: the variable's instruction set, or the failure's text. */
struct seen {
    int32_t isa, later_isa;
    nn_status context_status, handle_status;
    char text[NNI_ERROR_TEXT_SIZE];
};

static void look_at_environment(struct seen *seen)
{
    seen->isa = nni_environment_isa();
    nn_context *context = nn_context_create(NULL);
    seen->context_status = context == NULL ? nn_last_status() : NN_OK;
    void *handle = nni_handle_create(NULL, sizeof(struct nni_handle), NULL);
    seen->handle_status = handle == NULL ? nn_last_status() : NN_OK;
    memcpy(seen->text, nn_last_error(), strlen(nn_last_error()) + 1);
    nni_handle_release(handle);
    nn_context_destroy(context);
    setenv("NN_MAX_ISA", "portable", 1);
    seen->later_isa = nni_environment_isa();
}

/* value is NULL for a variable that is not set. */
static struct seen seen_in_child(const char *value)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    struct seen seen;
    memset(&seen, 0, sizeof seen);
    if (child == 0) {
        if (value == NULL) {
            unsetenv("NN_MAX_ISA");
        } else {
            setenv("NN_MAX_ISA", value, 1);
        }
        look_at_environment(&seen);
        _exit(write(ends[1], &seen, sizeof seen) == (ssize_t)sizeof seen ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &seen, sizeof seen), sizeof seen);
    close(ends[0]);
    close(ends[1]);
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
    return seen;
}

static void max_isa_is_read_from_the_environment(void **state)
{
    (void)state;
    assert_int_equal(seen_in_child(NULL).isa, NN_ISA_BEST);
    assert_int_equal(seen_in_child("").isa, NN_ISA_BEST);
    assert_int_equal(seen_in_child("best").isa, NN_ISA_BEST);
    assert_int_equal(seen_in_child("avx2").isa, NN_ISA_AVX2);
    assert_int_equal(seen_in_child("portable").isa, NN_ISA_PORTABLE);
}

static void max_isa_is_read_once(void **state)
{
    (void)state;
    struct seen seen = seen_in_child("avx2");
    assert_int_equal(seen.later_isa, NN_ISA_AVX2);
    assert_int_equal(seen.context_status, NN_OK);
    assert_int_equal(seen.handle_status, NN_OK);
}

static void an_unknown_max_isa_makes_every_creator_fail(void **state)
{
    (void)state;
    struct seen seen = seen_in_child("AVX");
    assert_true(seen.isa < 0);
    assert_int_equal(seen.context_status, NN_ERROR_ENVIRONMENT);
    assert_int_equal(seen.handle_status, NN_ERROR_ENVIRONMENT);
    assert_non_null(strstr(seen.text, "NN_MAX_ISA"));
    assert_non_null(strstr(seen.text, "'AVX'"));
    assert_non_null(strstr(seen.text, "portable"));
}

/* ---- the host's allocator ---- */

struct host {
    int64_t alive;
    int fails;
};

static void *host_allocate(void *user, size_t size)
{
    struct host *host = user;
    if (host->fails) {
        return NULL;
    }
    host->alive++;
    return malloc(size);
}

static void host_deallocate(void *user, void *memory)
{
    struct host *host = user;
    host->alive--;
    free(memory);
}

static nn_allocator host_allocator(struct host *host)
{
    *host = (struct host){0};
    nn_allocator allocator = {sizeof allocator, host_allocate, host_deallocate, host};
    return allocator;
}

static void a_context_takes_all_memory_from_the_host(void **state)
{
    (void)state;
    struct host host;
    nn_allocator allocator = host_allocator(&host);
    nn_context *context = nn_context_create(&allocator);
    assert_non_null(context);
    assert_int_equal(host.alive, 1);
    assert_int_equal(nn_context_set_threads(context, 4), NN_OK);
    assert_int_equal(host.alive, 2);
    assert_int_equal(nn_context_set_threads(context, 1), NN_OK);
    assert_int_equal(host.alive, 1);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void an_allocator_that_fails_is_reported(void **state)
{
    (void)state;
    struct host host;
    nn_allocator allocator = host_allocator(&host);
    host.fails = 1;
    assert_null(nn_context_create(&allocator));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    host.fails = 0;
    nn_context *context = nn_context_create(&allocator);
    host.fails = 1;
    assert_int_equal(nn_context_set_threads(context, 2), NN_ERROR_MEMORY);
    assert_int_equal(nn_context_threads(context), 1);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void a_bad_allocator_is_refused(void **state)
{
    (void)state;
    struct host host;
    nn_allocator allocator = host_allocator(&host);
    allocator.struct_size--;
    assert_null(nn_context_create(&allocator));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    assert_non_null(strstr(nn_last_error(), "struct_size"));
    allocator = host_allocator(&host);
    allocator.allocate = NULL;
    assert_null(nn_context_create(&allocator));
    assert_int_equal(nn_last_status(), NN_ERROR_NULL);
    allocator = host_allocator(&host);
    allocator.deallocate = NULL;
    assert_null(nn_context_create(&allocator));
    assert_int_equal(nn_last_status(), NN_ERROR_NULL);
}

static void a_larger_allocator_struct_is_accepted(void **state)
{
    (void)state;
    struct host host;
    struct {
        nn_allocator known;
        void *later;
    } newer = {host_allocator(&host), NULL};
    newer.known.struct_size = sizeof newer;
    nn_context *context = nn_context_create(&newer.known);
    assert_non_null(context);
    nn_context_destroy(context);
}

/* ---- setters ---- */

static void a_new_context_has_the_defaults(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    const nn_context *const both[] = {context, NULL};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(nn_context_threads(both[i]), 1);
        assert_int_equal(nn_context_seed(both[i]), NN_DEFAULT_SEED);
        assert_int_equal(nn_context_memory_used(both[i]), 0);
    }
    assert_int_equal(context->max_isa, NN_ISA_BEST);
    assert_int_equal(context->memory_limit, 0);
    nn_context_destroy(context);
    nn_context_destroy(NULL);
}

static void setters_set(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_seed(context, UINT64_MAX), NN_OK);
    assert_true(nn_context_seed(context) == UINT64_MAX);
    assert_int_equal(nn_context_set_max_isa(context, NN_ISA_PORTABLE), NN_OK);
    assert_int_equal(context->max_isa, NN_ISA_PORTABLE);
    assert_int_equal(nn_context_set_threads(context, 3), NN_OK);
    assert_int_equal(nn_context_threads(context), 3);
    nn_context_destroy(context);
}

static void values_out_of_range_are_refused(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(context, 0), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(),
                        "nn_context_set_threads: threads must be in 1 ... 1024, got 0");
    assert_int_equal(nn_context_set_threads(context, 1025), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_context_set_max_isa(context, 5), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_context_threads(context), 1);
    nn_context_destroy(context);
}

static void the_default_context_cannot_be_changed(void **state)
{
    (void)state;
    assert_int_equal(nn_context_set_seed(NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_context_set_threads(NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_context_set_executor(NULL, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_context_set_logger(NULL, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_context_set_max_isa(NULL, NN_ISA_BEST), NN_ERROR_NULL);
    assert_int_equal(nn_context_set_memory_limit(NULL, 0), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(),
                        "nn_context_set_memory_limit: context is NULL, and "
                        "the default context cannot be changed");
}

static void setters_are_refused_while_a_handle_is_alive(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    void *handle = nni_handle_create(context, sizeof(struct nni_handle), NULL);
    assert_int_equal(nn_context_set_seed(context, 1), NN_ERROR_STATE);
    assert_int_equal(nn_context_set_threads(context, 2), NN_ERROR_STATE);
    assert_int_equal(nn_context_set_executor(context, NULL), NN_ERROR_STATE);
    assert_int_equal(nn_context_set_logger(context, NULL), NN_ERROR_STATE);
    assert_int_equal(nn_context_set_max_isa(context, NN_ISA_BEST), NN_ERROR_STATE);
    assert_int_equal(nn_context_set_memory_limit(context, 0), NN_ERROR_STATE);
    nni_handle_release(handle);
    assert_int_equal(nn_context_set_seed(context, 1), NN_OK);
    nn_context_destroy(context);
}

/* ---- the logger ---- */

struct logged {
    int32_t calls, level;
    char text[600];
};

static void keep_line(void *user, int32_t level, const char *text)
{
    struct logged *logged = user;
    logged->calls++;
    logged->level = level;
    strncpy(logged->text, text, sizeof logged->text - 1);
}

static void lines_reach_the_logger(void **state)
{
    (void)state;
    struct logged logged = {0};
    nn_logger logger = {sizeof logger, keep_line, &logged};
    nn_context *context = nn_context_create(NULL);
    nni_log(context, NN_LOG_INFO, "nobody listens");
    assert_int_equal(nn_context_set_logger(context, &logger), NN_OK);
    nni_log(context, NN_LOG_WARNING, "epoch %d: %s", 3, "done");
    assert_int_equal(logged.calls, 1);
    assert_int_equal(logged.level, NN_LOG_WARNING);
    assert_string_equal(logged.text, "epoch 3: done");
    char text[1000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    nni_log(context, NN_LOG_INFO, "%s", text);
    assert_int_equal(strlen(logged.text), 511);
    assert_int_equal(nn_context_set_logger(context, NULL), NN_OK);
    nni_log(context, NN_LOG_INFO, "nobody listens");
    assert_int_equal(logged.calls, 2);
    nni_log(nni_context_or_default(NULL), NN_LOG_INFO, "nobody listens");
    nn_context_destroy(context);
}

static void a_bad_logger_is_refused(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_logger logger = {sizeof logger - 1, keep_line, NULL};
    assert_int_equal(nn_context_set_logger(context, &logger), NN_ERROR_ARGUMENT);
    logger = (nn_logger){sizeof logger, NULL, NULL};
    assert_int_equal(nn_context_set_logger(context, &logger), NN_ERROR_NULL);
    nn_context_destroy(context);
}

/* ---- the executor, and cutting work ---- */

struct hosted {
    int32_t calls, tasks;
};

/* Runs the tasks backwards: any order is allowed. */
static void run_backwards(void *user, void (*task)(void *data, int32_t index), void *data,
                          int32_t count)
{
    struct hosted *hosted = user;
    hosted->calls++;
    hosted->tasks += count;
    for (int32_t i = count - 1; i >= 0; i--) {
        task(data, i);
    }
}

static void count_task(void *data, int32_t index)
{
    ((int *)data)[index]++;
}

static void tasks_run_on_the_hosts_executor(void **state)
{
    (void)state;
    struct hosted hosted = {0};
    nn_executor executor = {sizeof executor, 5, run_backwards, &hosted};
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(context, 2), NN_OK);
    assert_int_equal(nn_context_set_executor(context, &executor), NN_OK);
    assert_int_equal(nn_context_threads(context), 5);
    assert_int_equal(nni_concurrency(context), 5);
    int counts[7] = {0};
    nni_parallel_for(context, 7, count_task, counts);
    nni_parallel_for(context, 1, count_task, counts);
    assert_int_equal(hosted.calls, 1);
    assert_int_equal(hosted.tasks, 7);
    for (int i = 0; i < 7; i++) {
        assert_int_equal(counts[i], i == 0 ? 2 : 1);
    }
    assert_int_equal(nn_context_set_executor(context, NULL), NN_OK);
    assert_int_equal(nn_context_threads(context), 1);
    nni_parallel_for(context, 7, count_task, counts);
    assert_int_equal(hosted.calls, 1);
    nn_context_destroy(context);
}

static void a_bad_executor_is_refused(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_executor executor = {sizeof executor - 1, 1, run_backwards, NULL};
    assert_int_equal(nn_context_set_executor(context, &executor), NN_ERROR_ARGUMENT);
    executor = (nn_executor){sizeof executor, 0, run_backwards, NULL};
    assert_int_equal(nn_context_set_executor(context, &executor), NN_ERROR_ARGUMENT);
    executor = (nn_executor){sizeof executor, 1025, run_backwards, NULL};
    assert_int_equal(nn_context_set_executor(context, &executor), NN_ERROR_ARGUMENT);
    assert_non_null(strstr(nn_last_error(), "1 ... 1024, got 1025"));
    executor = (nn_executor){sizeof executor, 1, NULL, NULL};
    assert_int_equal(nn_context_set_executor(context, &executor), NN_ERROR_NULL);
    nn_context_destroy(context);
}

static void one_thread_runs_tasks_in_order(void **state)
{
    (void)state;
    int counts[3] = {0};
    nni_parallel_for(NULL, 3, count_task, counts);
    nni_parallel_for(NULL, 0, count_task, counts);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(counts[i], 1);
    }
}

struct covered {
    int64_t grain;
    int32_t ranges, concurrency;
    unsigned char item[100];
};

static void cover(void *data, int32_t index, int64_t first, int64_t end)
{
    struct covered *covered = data;
    assert_in_range(index, 0, covered->concurrency - 1);
    covered->ranges++;
    for (int64_t i = first; i < end; i++) {
        covered->item[i]++;
    }
    if (covered->ranges > 1) {
        assert_true(end - first >= covered->grain);
    }
}

static void ranges_cover_every_item_once(void **state)
{
    (void)state;
    struct hosted hosted = {0};
    nn_executor executor = {sizeof executor, 6, run_backwards, &hosted};
    nn_context *context = nn_context_create(NULL);
    nn_context_set_executor(context, &executor);
    for (int64_t items = 0; items <= 100; items += 5) {
        for (int64_t grain = 1; grain <= 101; grain += 20) {
            struct covered covered = {.grain = grain, .concurrency = 6};
            nni_parallel_ranges(context, items, grain, cover, &covered);
            int64_t expected = items == 0 ? 0 : nni_max(1, nni_min(6, items / grain));
            assert_int_equal(covered.ranges, expected);
            for (int64_t i = 0; i < 100; i++) {
                assert_int_equal(covered.item[i], i < items);
            }
        }
    }
    nn_context_destroy(context);
}

/* ---- the floating-point environment ---- */

/* 1 where this thread's arithmetic rounds to nearest. (fegetround would not do: on x86 it
 * looks at the old floating-point unit, which the library does not use.) */
static int rounds_to_nearest(void)
{
    const volatile float one = 1;
    const volatile float tiny = 0x1p-30f;
    return one + tiny == 1 && one - tiny == 1;
}

/* 1 where the rounding mode can be changed at all (not so under valgrind). */
static int rounding_can_be_changed(void)
{
    fesetround(FE_UPWARD);
    int changed = !rounds_to_nearest();
    fesetround(FE_TONEAREST);
    return changed;
}

static void note_rounding(void *data, int32_t index)
{
    ((int *)data)[index] = rounds_to_nearest();
}

static void tasks_round_to_nearest_whatever_the_caller_does(void **state)
{
    (void)state;
    if (!rounding_can_be_changed()) {
        print_message("the rounding mode cannot be changed here: skipped\n");
        skip();
    }
    struct hosted hosted = {0};
    nn_executor executor = {sizeof executor, 2, run_backwards, &hosted};
    nn_context *context = nn_context_create(NULL);
    nn_context_set_executor(context, &executor);
    int seen[4] = {0};
    fesetround(FE_UPWARD);
    nni_parallel_for(context, 2, note_rounding, seen);
    nni_parallel_for(NULL, 2, note_rounding, seen + 2);
    int after = rounds_to_nearest();
    fesetround(FE_TONEAREST);
    for (int i = 0; i < 4; i++) {
        assert_true(seen[i]);
    }
    assert_false(after);
    nn_context_destroy(context);
}

static void an_environment_as_wanted_is_left_alone(void **state)
{
    (void)state;
    struct nni_float_env env = nni_float_env_enter();
    assert_false(env.changed);
    nni_float_env_leave(env);
}

#if defined(__SSE__)
static int keeps_subnormals(void)
{
    volatile float tiny = 1e-38f;
    volatile float tinier = tiny / 4;
    return tinier > 0;
}

static void subnormals_are_kept_and_the_flush_is_restored(void **state)
{
    (void)state;
    const unsigned flush = 0x8040;
    unsigned before = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before | flush);
    int flushed = !keeps_subnormals();
    struct nni_float_env env = nni_float_env_enter();
    int kept = keeps_subnormals();
    nni_float_env_leave(env);
    unsigned after = __builtin_ia32_stmxcsr();
    __builtin_ia32_ldmxcsr(before);
    if (!flushed) {
        print_message("subnormals cannot be flushed here: skipped\n");
        skip();
    }
    assert_true(env.changed);
    assert_true(kept);
    assert_int_equal(after & flush, flush);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_isa_is_read_from_the_environment),
        cmocka_unit_test(max_isa_is_read_once),
        cmocka_unit_test(an_unknown_max_isa_makes_every_creator_fail),
        cmocka_unit_test(a_context_takes_all_memory_from_the_host),
        cmocka_unit_test(an_allocator_that_fails_is_reported),
        cmocka_unit_test(a_bad_allocator_is_refused),
        cmocka_unit_test(a_larger_allocator_struct_is_accepted),
        cmocka_unit_test(a_new_context_has_the_defaults),
        cmocka_unit_test(setters_set),
        cmocka_unit_test(values_out_of_range_are_refused),
        cmocka_unit_test(the_default_context_cannot_be_changed),
        cmocka_unit_test(setters_are_refused_while_a_handle_is_alive),
        cmocka_unit_test(lines_reach_the_logger),
        cmocka_unit_test(a_bad_logger_is_refused),
        cmocka_unit_test(tasks_run_on_the_hosts_executor),
        cmocka_unit_test(a_bad_executor_is_refused),
        cmocka_unit_test(one_thread_runs_tasks_in_order),
        cmocka_unit_test(ranges_cover_every_item_once),
        cmocka_unit_test(tasks_round_to_nearest_whatever_the_caller_does),
        cmocka_unit_test(an_environment_as_wanted_is_left_alone),
#if defined(__SSE__)
        cmocka_unit_test(subnormals_are_kept_and_the_flush_is_restored),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
