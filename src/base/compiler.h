/* What C99 lacks and compilers offer, in one place: feature macros, thread-local storage,
 * atomics, hints. First include of every source file, directly or through another header. */
#ifndef NNI_BASE_COMPILER_H
#define NNI_BASE_COMPILER_H

#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L
#endif
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* flock */
#endif

#include <stddef.h>
#include <stdint.h>

#define NNI_THREAD_LOCAL        __thread
#define NNI_NOINLINE            __attribute__((noinline))
#define NNI_PRINTF(text, first) __attribute__((format(printf, text, first)))
/* Here the variable has its value, and nobody knows it: arithmetic that leads to it, or
 * starts from it, cannot be moved across. */
#define NNI_SETTLE(variable) __asm__ volatile("" : "+m"(variable) : : "memory")
#define NNI_LIKELY(x)        __builtin_expect(!!(x), 1)
#define NNI_UNLIKELY(x)      __builtin_expect(!!(x), 0)

#define NNI_LOAD_ACQUIRE(pointer) __atomic_load_n((pointer), __ATOMIC_ACQUIRE)
#define NNI_LOAD_RELAXED(pointer) __atomic_load_n((pointer), __ATOMIC_RELAXED)
#define NNI_STORE_RELEASE(pointer, value) \
    __atomic_store_n((pointer), (value), __ATOMIC_RELEASE)
#define NNI_FETCH_ADD(pointer, value) \
    __atomic_fetch_add((pointer), (value), __ATOMIC_ACQ_REL)
#define NNI_FETCH_SUB(pointer, value) \
    __atomic_fetch_sub((pointer), (value), __ATOMIC_ACQ_REL)
/* Replaces *pointer by value and gives what was there. */
#define NNI_EXCHANGE(pointer, value) \
    __atomic_exchange_n((pointer), (value), __ATOMIC_SEQ_CST)
/* 1 where *pointer was *expected and is now value; otherwise *expected is what it is. */
#define NNI_COMPARE_EXCHANGE(pointer, expected, value)                               \
    __atomic_compare_exchange_n((pointer), (expected), (value), 0, __ATOMIC_SEQ_CST, \
                                __ATOMIC_RELAXED)

/* Of one total order, for the places where a thread writes one word and reads another. */
#define NNI_LOAD_ORDERED(pointer) __atomic_load_n((pointer), __ATOMIC_SEQ_CST)
#define NNI_FETCH_ADD_ORDERED(pointer, value) \
    __atomic_fetch_add((pointer), (value), __ATOMIC_SEQ_CST)
#define NNI_FETCH_AND_ORDERED(pointer, value) \
    __atomic_fetch_and((pointer), (value), __ATOMIC_SEQ_CST)
#define NNI_FETCH_OR_ORDERED(pointer, value) \
    __atomic_fetch_or((pointer), (value), __ATOMIC_SEQ_CST)

/* Tells the processor that the thread is waiting in a loop. */
#if defined(__x86_64__) || defined(__i386__)
#define NNI_PAUSE() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define NNI_PAUSE() __asm__ volatile("yield")
#else
#define NNI_PAUSE() ((void)0)
#endif

/* Before a loop of few iterations, whose number is a constant: unroll it all. */
#if defined(__clang__)
#define NNI_UNROLL_ALL _Pragma("clang loop unroll(full)")
#else
#define NNI_UNROLL_ALL _Pragma("GCC unroll 16")
#endif

/* A function whose constant arguments make another function of it at each call. */
#define NNI_ALWAYS_INLINE inline __attribute__((always_inline))

/* The number of zero bits above the highest one of a uint64_t that is not 0. */
#define NNI_LEADING_ZEROS(x) __builtin_clzll(x)

#define NNI_COUNT(array) ((int32_t)(sizeof(array) / sizeof((array)[0])))

/* Checks in debug builds (-DNNI_DEBUG): a failed one traps. Nothing in a release. */
#ifdef NNI_DEBUG
#define NNI_ASSERT(condition) ((condition) ? (void)0 : __builtin_trap())
#else
#define NNI_ASSERT(condition) ((void)sizeof(condition))
#endif

static inline int64_t nni_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static inline int64_t nni_max(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

#endif
