/* The numbers contract, as far as the compiler is concerned: from here to the end of the
 * source file a * b + c is a product and a sum, never one fused operation, whatever the
 * compiler, its language mode and its flags. Every file that computes includes this
 * first. (gcc ignores the standard's own pragma, clang takes its own at file scope.) */
#ifndef NNI_BASE_CONTRACT_H
#define NNI_BASE_CONTRACT_H

#include "base/compiler.h"

#ifdef __FAST_MATH__
#error "the results are specified to the bit: compile without -ffast-math"
#endif

/* 387 arithmetic keeps more digits than the types have. */
#if defined(__FLT_EVAL_METHOD__) && \
    (__FLT_EVAL_METHOD__ == 1 || __FLT_EVAL_METHOD__ == 2 || __FLT_EVAL_METHOD__ == -1)
#error "the results are specified to the bit: on 32-bit x86 use -msse2 -mfpmath=sse"
#endif

#if defined(__clang__)
#pragma clang fp contract(off)
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#else
#pragma STDC FP_CONTRACT OFF
#endif

#endif
