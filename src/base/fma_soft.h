/* A fused multiply-add for machines without one: a b + c rounded once, in plain double
 * arithmetic. The product of two floats is exact in double, and its sum with c rounded to
 * double and then to float is right but where the first rounding ends half-way between
 * two floats. There the sum is rounded to odd instead (Boldo and Melquiond, "Emulation of
 * FMA and correctly rounded sums", IEEE Transactions on Computers 57, 2008). Included by
 * region_portable.h, inside the region. */
#ifndef NNI_BASE_FMA_SOFT_H
#define NNI_BASE_FMA_SOFT_H

#include "base/compiler.h"

#include <string.h>

/* product + addend, whose rounded sum is given: where it is inexact, the neighbour with
 * the odd last bit, which tells the next rounding on which side the exact value lies.
 * Rare, and a call, lest compilers compute it always. */
static NNI_NOINLINE double nni_sum_to_odd(double product, double addend, double sum)
{
    /* sum + error is exact (Knuth's two-sum). */
    double part = sum - product;
    double error = (product - (sum - part)) + (addend - part);
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if ((bits & 1) == 0 && error != 0.0) {
        bits += (error > 0.0) == (sum > 0.0) ? 1 : UINT64_MAX;
    }
    memcpy(&sum, &bits, sizeof sum);
    return sum;
}

static inline float nni_fma_soft(float a, float b, float c)
{
    const uint64_t below_float = 0x1fffffff, half = 0x10000000; /* of a double's digits */
    const uint64_t smallest_normal = UINT64_C(0x3810000000000000); /* 2^-126 */

    double product = (double)a * (double)b;
    double sum = product + (double)c;
    uint64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    /* Subnormal floats have fewer digits, so half-way lies elsewhere; 0 is not one. */
    uint64_t magnitude = bits & (UINT64_MAX >> 1);
    if (NNI_UNLIKELY((bits & below_float) == half ||
                     magnitude - 1 < smallest_normal - 1)) {
        sum = nni_sum_to_odd(product, (double)c, sum);
    }
    return (float)sum;
}

#endif
