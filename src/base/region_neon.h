/* Opens the region of aarch64 with Advanced SIMD, which every such machine has, as
 * region_portable.h does for the baseline. <arm_neon.h> comes before it. */
#include "base/contract.h"

#include <string.h>

#ifdef NNI_K
#error "a region is open already"
#endif

#define NNI_K(name)      name##_neon
#define NNI_FMA(a, b, c) __builtin_fmaf((a), (b), (c))
#define NNI_INLINE       NNI_ALWAYS_INLINE
#define NNI_UNROLL       NNI_UNROLL_ALL

#if defined(__clang__)
#define NNI_LOOP _Pragma("clang loop vectorize(assume_safety)")
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"
#else
#define NNI_LOOP _Pragma("GCC ivdep")
#pragma GCC push_options
#if defined(__OPTIMIZE__) && !defined(NNI_DEBUG)
#pragma GCC optimize("O2,tree-vectorize,vect-cost-model=dynamic,no-trapping-math")
#endif
#endif
