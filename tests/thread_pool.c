/* The thread pool, written to run under ThreadSanitizer: many short jobs, pools coming and
 * going, several callers at once, calls from inside a task, and a fork in the middle. */
#include "base/compiler.h" /* asks the system for POSIX */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/handle.h"
#include "base/memory.h"
#include "base/parallel.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TASKS = 37, JOBS = 2000, CALLERS = 4 };

static nn_context *context_of_threads(int32_t threads)
{
    nn_context *context = nn_context_create(NULL);
    assert_non_null(context);
    assert_int_equal(nn_context_set_threads(context, threads), NN_OK);
    return context;
}

/* Not atomic on purpose: the join must order every task before what follows. */
static void count_task(void *data, int32_t index)
{
    ((int64_t *)data)[index]++;
}

/* Runs jobs and returns 1 where every task ran once in each. */
static int run_jobs(const nn_context *context, int32_t jobs)
{
    int64_t counts[TASKS] = {0};
    for (int32_t job = 0; job < jobs; job++) {
        int32_t count = 1 + job % TASKS;
        nni_parallel_for(context, count, count_task, counts);
        for (int32_t i = 0; i < TASKS; i++) {
            if (counts[i] != (i < count)) {
                return 0;
            }
            counts[i] = 0;
        }
    }
    return 1;
}

static void every_task_runs_once_in_every_job(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(4);
    assert_true(run_jobs(context, JOBS));
    nn_context_destroy(context);
}

static void sleep_for(long nanoseconds)
{
    const struct timespec time = {0, nanoseconds};
    nanosleep(&time, NULL);
}

static void workers_that_sleep_are_woken(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(4);
    for (int i = 0; i < 20; i++) {
        sleep_for(2000000);
        assert_true(run_jobs(context, 5));
    }
    nn_context_destroy(context);
}

static void slow_task(void *data, int32_t index)
{
    sleep_for(1000000L * (index % 5));
    count_task(data, index);
}

static void the_caller_waits_for_the_slowest(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(4);
    int64_t counts[TASKS] = {0};
    for (int job = 0; job < 3; job++) {
        nni_parallel_for(context, TASKS, slow_task, counts);
        for (int i = 0; i < TASKS; i++) {
            assert_int_equal(counts[i], job + 1);
        }
    }
    nn_context_destroy(context);
}

struct meeting {
    int32_t present, wanted;
};

/* Returns once all tasks are running at the same time, so each has a thread of its own. */
static void meet(void *data, int32_t index)
{
    struct meeting *meeting = data;
    (void)index;
    NNI_FETCH_ADD(&meeting->present, 1);
    while (NNI_LOAD_ACQUIRE(&meeting->present) < meeting->wanted) {
        sleep_for(100000);
    }
}

static void as_many_threads_as_asked_for_work_at_the_same_time(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(4);
    struct meeting meeting = {0, 4};
    nni_parallel_for(context, 4, meet, &meeting);
    assert_int_equal(meeting.present, 4);
    nn_context_destroy(context);
}

struct caller {
    pthread_t thread;
    const nn_context *context;
    int ok;
};

static void *call_many(void *data)
{
    struct caller *caller = data;
    caller->ok = run_jobs(caller->context, JOBS / 4);
    return NULL;
}

static void several_callers_share_a_pool(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(3);
    struct caller callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i].context = context;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_many, &callers[i]),
                         0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_true(callers[i].ok);
    }
    nn_context_destroy(context);
}

struct nested {
    const nn_context *context;
    int64_t counts[TASKS][3];
};

static void nested_task(void *data, int32_t index)
{
    struct nested *nested = data;
    nni_parallel_for(nested->context, 3, count_task, nested->counts[index]);
}

static void a_task_may_call_again(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(3);
    struct nested nested = {.context = context};
    for (int job = 0; job < 50; job++) {
        nni_parallel_for(context, TASKS, nested_task, &nested);
    }
    for (int i = 0; i < TASKS * 3; i++) {
        assert_int_equal(nested.counts[i / 3][i % 3], 50);
    }
    nn_context_destroy(context);
}

static void pools_come_and_go(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        nn_context *context = context_of_threads(2 + i % 4);
        if (i % 3 != 0) {
            assert_true(run_jobs(context, i % 3));
        }
        nn_context_destroy(context);
    }
}

static void threads_can_be_set_again(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(2);
    assert_true(run_jobs(context, 10));
    assert_int_equal(nn_context_set_threads(context, 5), NN_OK);
    assert_true(run_jobs(context, 10));
    assert_int_equal(nn_context_set_threads(context, 1), NN_OK);
    assert_true(run_jobs(context, 10));
    nn_context_destroy(context);
}

static void the_last_handle_ends_the_threads(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(3);
    void *handle = nni_handle_create(context, sizeof(struct nni_handle), NULL);
    nn_context_destroy(context);
    assert_true(run_jobs(context, 10));
    nni_handle_release(handle);
}

/* The child's part of the fork test; 1 where all is well. */
static int use_in_child(nn_context *context)
{
    int ok = run_jobs(context, 50);
    nn_context_destroy(context);
    return ok;
}

/* Forks while other threads are inside the pool; the child uses and destroys it. */
static void a_child_after_fork_computes_alone(void **state)
{
    (void)state;
    nn_context *context = context_of_threads(3);
    assert_true(run_jobs(context, 5));
    struct caller callers[2];
    for (int i = 0; i < 2; i++) {
        callers[i].context = context;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_many, &callers[i]),
                         0);
    }
    for (int i = 0; i < 5; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(60);
            _exit(use_in_child(context) ? 0 : 1);
        }
        int result;
        assert_int_equal(waitpid(child, &result, 0), child);
        assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
        assert_true(run_jobs(context, 5));
    }
    for (int i = 0; i < 2; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_true(callers[i].ok);
    }
    nn_context_destroy(context);
}

/* Sanitizers and valgrind do not survive a limit on address space. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INSTRUMENTED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || \
    __has_feature(memory_sanitizer)
#define INSTRUMENTED 1
#endif
#endif
#ifndef INSTRUMENTED
#define INSTRUMENTED 0
#endif

/* Bytes of address space in use, or 0 where the system does not say. */
static unsigned long long address_space(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%llu", &pages) != 1) {
            pages = 0;
        }
        fclose(file);
    }
    return pages * (unsigned long long)sysconf(_SC_PAGESIZE);
}

/* Leaves room for the stacks of some threads, not of a thousand. */
static int limit_address_space(void)
{
    const unsigned long long room = 128ULL << 20;
    const rlim_t bytes = (rlim_t)(address_space() + room);
    const struct rlimit limit = {bytes, bytes};
    return address_space() != 0 && setrlimit(RLIMIT_AS, &limit) == 0;
}

static void threads_that_cannot_be_started_are_done_without(void **state)
{
    (void)state;
    const char *preloaded = getenv("LD_PRELOAD");
    if (INSTRUMENTED || (preloaded != NULL && strstr(preloaded, "vgpreload") != NULL)) {
        print_message("the address space cannot be limited here: skipped\n");
        skip();
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60);
        nn_context *context = nn_context_create(NULL);
        nn_status status = nn_context_set_threads(context, 1024);
        int ok = status == NN_OK && limit_address_space() && run_jobs(context, 50);
        nn_context_destroy(context);
        _exit(ok ? 0 : 1);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result) && WEXITSTATUS(result) == 0);
}

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

struct notes {
    struct meeting meeting;
    int nearest[4];
    int blocked[4];
};

static void note_thread(void *data, int32_t index)
{
    struct notes *notes = data;
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    notes->nearest[index] = rounds_to_nearest();
    notes->blocked[index] = sigismember(&set, SIGINT) == 1;
    meet(&notes->meeting, index);
}

static void workers_round_to_nearest_and_take_no_signals(void **state)
{
    (void)state;
    const int changeable = rounding_can_be_changed();
    if (!changeable) {
        print_message("the rounding mode cannot be changed here: not looked at\n");
    }
    nn_context *context = context_of_threads(4);
    struct notes notes = {.meeting = {0, 4}};
    fesetround(FE_DOWNWARD); /* the workers inherit it when they start */
    nni_parallel_for(context, 4, note_thread, &notes);
    int after = rounds_to_nearest();
    fesetround(FE_TONEAREST);
    assert_true(!after || !changeable);
    int blocked = 0;
    for (int i = 0; i < 4; i++) {
        assert_true(notes.nearest[i]);
        blocked += notes.blocked[i];
    }
    assert_int_equal(blocked, 3);
    sigset_t set;
    pthread_sigmask(SIG_SETMASK, NULL, &set);
    assert_false(sigismember(&set, SIGINT));
    nn_context_destroy(context);
}

struct allocating {
    pthread_t thread;
    const nn_context *context;
};

static void *allocate_many(void *data)
{
    const struct allocating *allocating = data;
    for (int i = 0; i < JOBS; i++) {
        nni_free(allocating->context, nni_alloc(allocating->context, 10, 10));
        void *handle =
            nni_handle_create(allocating->context, sizeof(struct nni_handle), NULL);
        nni_handle_release(handle);
    }
    return NULL;
}

static void memory_is_counted_right_from_several_threads(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_context_set_memory_limit(context, 700); /* so tight that some allocations fail */
    struct allocating callers[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
        callers[i].context = context;
        assert_int_equal(
            pthread_create(&callers[i].thread, NULL, allocate_many, &callers[i]), 0);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
    }
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once_in_every_job),
        cmocka_unit_test(workers_that_sleep_are_woken),
        cmocka_unit_test(the_caller_waits_for_the_slowest),
        cmocka_unit_test(as_many_threads_as_asked_for_work_at_the_same_time),
        cmocka_unit_test(several_callers_share_a_pool),
        cmocka_unit_test(a_task_may_call_again),
        cmocka_unit_test(pools_come_and_go),
        cmocka_unit_test(threads_can_be_set_again),
        cmocka_unit_test(the_last_handle_ends_the_threads),
        cmocka_unit_test(a_child_after_fork_computes_alone),
        cmocka_unit_test(threads_that_cannot_be_started_are_done_without),
        cmocka_unit_test(workers_round_to_nearest_and_take_no_signals),
        cmocka_unit_test(memory_is_counted_right_from_several_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
