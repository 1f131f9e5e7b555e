/* A fork-join pool of POSIX threads. One word, the gate, says all that the threads must
 * agree on:
 *
 *     bits 63 ... 32   the number of the job
 *     bit 17           the caller sleeps until the last worker has left
 *     bit 16           open: workers may enter the job
 *     bits 15 ... 0    the number of workers inside
 *
 * The caller writes the job, opens the gate, takes tasks by a shared counter like everyone,
 * closes the gate and waits for those inside. A worker that wakes too late finds the gate
 * closed and is not waited for, so the join costs what the work does.
 *
 * Waiting threads spin for some 200 microseconds and then sleep. As they spin they offer the
 * processor to others now and then: the thread they wait for may be on the same one. Waking
 * a worker takes tens of microseconds of the caller's time; where that brought no help, as
 * the job was over too soon, the next jobs do without, twice as many each time.
 *
 * A second caller, or a task that calls again, finds the pool busy. A child process has none
 * of the workers and does all tasks in the calling thread. It is asked which process it is
 * only where workers would be started or woken, as that is a call of the system. */
#include "base/parallel.h"

#include "base/float_env.h"
#include "base/memory.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

enum {
    THREAD_POOL_SPINS = 8192,
    THREAD_POOL_YIELD = 128, /* after so many spins the processor is offered */
    THREAD_POOL_SKIPS = 63,  /* jobs that wake nobody, at most */
    THREAD_POOL_LINE = 64,   /* bytes of a cache line; keeps what is written apart */
};

static const uint64_t thread_pool_inside = 0xffff;
static const uint64_t thread_pool_open = UINT64_C(1) << 16;
static const uint64_t thread_pool_waiting = UINT64_C(1) << 17;

struct nni_thread_pool {
    uint64_t gate; /* (atomic) */
    char gate_line[THREAD_POOL_LINE - sizeof(uint64_t)];
    int64_t next; /* the next task of the job (atomic) */
    char next_line[THREAD_POOL_LINE - sizeof(int64_t)];

    /* The job: written while the gate is closed, read by those inside. */
    void (*task)(void *data, int32_t index);
    void *data;
    int32_t count;

    int32_t busy;     /* a caller has the pool (atomic) */
    int32_t sleepers; /* workers asleep or about to be; changed under lock (atomic) */
    int32_t helped;   /* a worker has done a task of this job (atomic) */
    int32_t skips;    /* jobs that are to wake nobody, after the last waking of no help */
    int32_t skipping; /* those of them still to come */
    int32_t stop;     /* under lock */
    pthread_mutex_t lock;
    pthread_cond_t work; /* workers sleep here */
    pthread_cond_t left; /* the caller sleeps here */

    pid_t process;   /* the one that has the workers */
    int32_t wanted;  /* workers to start */
    int32_t started; /* workers there are */
    pthread_t workers[];
};

/* ---- both sides ---- */

/* Between two looks at the gate. */
static void thread_pool_pause(int spin)
{
    if (spin % THREAD_POOL_YIELD == THREAD_POOL_YIELD - 1) {
        sched_yield();
    } else {
        NNI_PAUSE();
    }
}

/* Takes tasks until none is left; 1 where there was one. */
static int thread_pool_work(struct nni_thread_pool *pool)
{
    struct nni_float_env env = nni_float_env_enter();
    int64_t index = NNI_FETCH_ADD(&pool->next, 1);
    const int any = index < pool->count;
    while (index < pool->count) {
        pool->task(pool->data, (int32_t)index);
        index = NNI_FETCH_ADD(&pool->next, 1);
    }
    nni_float_env_leave(env);
    return any;
}

/* ---- the worker ---- */

/* Enters the job behind the gate where it is open and not the one entered last. */
static int thread_pool_enter(struct nni_thread_pool *pool, uint32_t *entered)
{
    uint64_t gate = NNI_LOAD_ORDERED(&pool->gate);
    while ((gate & thread_pool_open) != 0 && (uint32_t)(gate >> 32) != *entered) {
        if (NNI_COMPARE_EXCHANGE(&pool->gate, &gate, gate + 1)) {
            *entered = (uint32_t)(gate >> 32);
            return 1;
        }
    }
    return 0;
}

static void thread_pool_leave(struct nni_thread_pool *pool)
{
    uint64_t gate = NNI_FETCH_SUB(&pool->gate, 1);
    if ((gate & thread_pool_waiting) != 0 && (gate & thread_pool_inside) == 1) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_signal(&pool->left);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* Waits for a job and enters it; 0 where the pool goes instead. */
static int thread_pool_await(struct nni_thread_pool *pool, uint32_t *entered)
{
    for (int spin = 0; spin < THREAD_POOL_SPINS; spin++) {
        if (thread_pool_enter(pool, entered)) {
            return 1;
        }
        thread_pool_pause(spin);
    }
    pthread_mutex_lock(&pool->lock);
    /* Counted before the gate is looked at again, as the caller opens the gate before it
     * looks at the count: one of the two sees the other. */
    NNI_FETCH_ADD_ORDERED(&pool->sleepers, 1);
    int inside = thread_pool_enter(pool, entered);
    while (!inside && !pool->stop) {
        pthread_cond_wait(&pool->work, &pool->lock);
        inside = thread_pool_enter(pool, entered);
    }
    NNI_FETCH_ADD_ORDERED(&pool->sleepers, -1);
    pthread_mutex_unlock(&pool->lock);
    return inside;
}

static void *thread_pool_worker(void *argument)
{
    struct nni_thread_pool *pool = argument;
    uint32_t entered = 0;
    while (thread_pool_await(pool, &entered)) {
        if (thread_pool_work(pool)) {
            NNI_STORE_RELEASE(&pool->helped, 1);
        }
        thread_pool_leave(pool);
    }
    return NULL;
}

/* ---- the caller ---- */

/* Starts the workers at the pool's first job. All signals stay with the host's threads. */
static void thread_pool_start(struct nni_thread_pool *pool)
{
    if (pool->wanted == 0) {
        return;
    }
    if (pool->process != getpid()) {
        pool->wanted = 0;
        return;
    }
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->started < pool->wanted &&
           pthread_create(&pool->workers[pool->started], NULL, thread_pool_worker,
                          pool) == 0) {
        pool->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pool->wanted = 0;
}

/* Opens the gate to a new job. */
static void thread_pool_open_gate(struct nni_thread_pool *pool)
{
    uint64_t job = (NNI_LOAD_RELAXED(&pool->gate) >> 32) + 1;
    NNI_EXCHANGE(&pool->gate, job << 32 | thread_pool_open);
}

/* Wakes as many sleepers as the job has further tasks; 1 where that was done. */
static int thread_pool_wake(struct nni_thread_pool *pool)
{
    int64_t wake = nni_min(NNI_LOAD_ORDERED(&pool->sleepers), pool->count - 1);
    if (wake <= 0) {
        return 0;
    }
    if (pool->skipping > 0) {
        pool->skipping--;
        return 0;
    }
    if (pool->process != getpid()) {
        return 0;
    }
    /* Who counted itself holds the lock until it sleeps. */
    pthread_mutex_lock(&pool->lock);
    pthread_mutex_unlock(&pool->lock);
    for (int64_t i = 0; i < wake; i++) {
        pthread_cond_signal(&pool->work);
    }
    return 1;
}

/* After a job for which workers were woken. */
static void thread_pool_judge_waking(struct nni_thread_pool *pool)
{
    const int32_t more = (int32_t)nni_min(2 * pool->skips + 1, THREAD_POOL_SKIPS);
    pool->skips = NNI_LOAD_ACQUIRE(&pool->helped) ? 0 : more;
    pool->skipping = pool->skips;
}

static int thread_pool_is_empty(struct nni_thread_pool *pool)
{
    return (NNI_LOAD_ORDERED(&pool->gate) & thread_pool_inside) == 0;
}

/* Closes the gate and waits until the last worker has left. */
static void thread_pool_close_gate(struct nni_thread_pool *pool)
{
    NNI_FETCH_AND_ORDERED(&pool->gate, ~thread_pool_open);
    for (int spin = 0; spin < THREAD_POOL_SPINS; spin++) {
        if (thread_pool_is_empty(pool)) {
            return;
        }
        thread_pool_pause(spin);
    }
    pthread_mutex_lock(&pool->lock);
    NNI_FETCH_OR_ORDERED(&pool->gate, thread_pool_waiting);
    while (!thread_pool_is_empty(pool)) {
        pthread_cond_wait(&pool->left, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
}

int nni_thread_pool_run(struct nni_thread_pool *pool, int32_t count,
                        void (*task)(void *data, int32_t index), void *data)
{
    if (NNI_EXCHANGE(&pool->busy, 1) != 0) {
        return 0;
    }
    thread_pool_start(pool);
    pool->task = task;
    pool->data = data;
    pool->count = count;
    NNI_STORE_RELEASE(&pool->next, 0);
    NNI_STORE_RELEASE(&pool->helped, 0);
    thread_pool_open_gate(pool);
    const int woken = thread_pool_wake(pool);
    thread_pool_work(pool);
    thread_pool_close_gate(pool);
    if (woken) {
        thread_pool_judge_waking(pool);
    }
    NNI_STORE_RELEASE(&pool->busy, 0);
    return 1;
}

/* ---- creating and destroying ---- */

struct nni_thread_pool *nni_thread_pool_create(const nn_context *context, int32_t threads)
{
    size_t workers = (size_t)threads - 1;
    struct nni_thread_pool *pool = nni_block_create(
        &context->allocator, sizeof *pool + workers * sizeof pool->workers[0]);
    if (pool == NULL) {
        return NULL;
    }
    int lock = pthread_mutex_init(&pool->lock, NULL);
    int work = pthread_cond_init(&pool->work, NULL);
    int left = pthread_cond_init(&pool->left, NULL);
    if (lock != 0 || work != 0 || left != 0) {
        nni_fail(NN_ERROR_MEMORY, "thread pool: the system has no lock left");
        nni_block_destroy(&context->allocator, pool);
        return NULL;
    }
    pool->process = getpid();
    pool->wanted = threads - 1;
    return pool;
}

void nni_thread_pool_destroy(const nn_context *context, struct nni_thread_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    /* In a child the workers do not exist and the locks are as the fork left them. */
    if (pool->process == getpid()) {
        pthread_mutex_lock(&pool->lock);
        pool->stop = 1;
        pthread_cond_broadcast(&pool->work);
        pthread_mutex_unlock(&pool->lock);
        for (int32_t i = 0; i < pool->started; i++) {
            pthread_join(pool->workers[i], NULL);
        }
        pthread_cond_destroy(&pool->left);
        pthread_cond_destroy(&pool->work);
        pthread_mutex_destroy(&pool->lock);
    }
    nni_block_destroy(&context->allocator, pool);
}
