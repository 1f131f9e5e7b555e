/* Opens a region of the portable C with AVX2 and FMA switched on (x86-64), as
 * base/region_portable.h does for the baseline: its bits are to be the same. */
#include "base/contract.h"

#include <string.h>

#ifdef NNI_K
#error "a region is open already"
#endif

#define NNI_K(name)      name##_fma
#define NNI_FMA(a, b, c) __builtin_fmaf((a), (b), (c))
#define NNI_INLINE       inline
#define NNI_UNROLL       NNI_UNROLL_ALL

#if defined(__clang__)
#define NNI_LOOP _Pragma("clang loop vectorize(assume_safety)")
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NNI_REGION_HAS_TARGET
#else
#define NNI_LOOP _Pragma("GCC ivdep")
#pragma GCC push_options
#if defined(__OPTIMIZE__) && !defined(NNI_DEBUG)
#pragma GCC optimize("O2,tree-vectorize,vect-cost-model=dynamic,no-trapping-math")
#endif
#pragma GCC target("avx2,fma")
#endif
