/* Opens the region of the portable instruction set: what follows, up to region_end.h, is
 * compiled for the baseline. Within a region
 *     NNI_K(name)       is the region's own version of a function's name
 *     NNI_FMA(a, b, c)  is a b + c rounded once, the hardware's or ours
 *     NNI_LOOP          before a loop: iterations are independent, vectorise it
 *     NNI_INLINE        of functions that loops for speed are made of; a mere hint here,
 *                       where the code is for any machine and to be small
 *     NNI_UNROLL        before a loop of few iterations: unroll it, but not here
 * Bodies (body_*.h) are written over these and included in one region after the other.
 * No flag of the build matters: optimisation is asked for here, where there is any. This
 * region asks for small code. */
#include "base/contract.h"

#include <string.h>

#ifdef NNI_K
#error "a region is open already"
#endif

#define NNI_K(name) name##_portable
#define NNI_INLINE  inline
#define NNI_UNROLL

#if defined(__clang__)
#define NNI_LOOP _Pragma("clang loop vectorize(assume_safety)")
/* A loop that stays scalar (-O0, or our own fma) is no defect. */
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpass-failed"
#else
#define NNI_LOOP _Pragma("GCC ivdep")
#pragma GCC push_options
#if defined(__OPTIMIZE__) && !defined(NNI_DEBUG)
#pragma GCC optimize("Os,no-trapping-math")
#endif
#endif

#if defined(__FP_FAST_FMAF) || defined(__aarch64__)
#define NNI_FMA(a, b, c) __builtin_fmaf((a), (b), (c))
#else
#include "base/fma_soft.h"
#define NNI_FMA(a, b, c) nni_fma_soft((a), (b), (c))
#endif
