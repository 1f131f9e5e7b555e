/* What schedules and bias corrections need in double, our own for the same reason as in
 * body_elementary.h: libm's last bit differs between versions. Plain sums and products.
 */
#ifndef NNI_BASE_ELEMENTARY_DOUBLE_H
#define NNI_BASE_ELEMENTARY_DOUBLE_H

#include "base/contract.h"

/* base^exponent by squaring; 1 for exponent 0. */
static inline double nni_pow_integer(double base, uint64_t exponent)
{
    double power = 1.0;
    for (; exponent > 0; exponent >>= 1) {
        if (exponent & 1) {
            power *= base;
        }
        base *= base;
    }
    return power;
}

/* The Taylor series of sine and cosine for |r| <= pi / 4, whose remainders are below half
 * a unit in the last place. */
static inline double nni_sine_series(double r)
{
    static const double inverse[] = {/* -1 / (2 * 3), -1 / (4 * 5), ... */
                                     -1.0 / 6.0,   -1.0 / 20.0,  -1.0 / 42.0,
                                     -1.0 / 72.0,  -1.0 / 110.0, -1.0 / 156.0,
                                     -1.0 / 210.0, -1.0 / 272.0};
    double t = r * r;
    double p = 0.0;
    for (int i = NNI_COUNT(inverse) - 1; i >= 0; i--) {
        p = inverse[i] * t * (1.0 + p);
    }
    return r + r * p;
}

static inline double nni_cosine_series(double r)
{
    static const double inverse[] = {/* -1 / (1 * 2), -1 / (3 * 4), ... */
                                     -1.0 / 2.0,   -1.0 / 12.0,  -1.0 / 30.0,
                                     -1.0 / 56.0,  -1.0 / 90.0,  -1.0 / 132.0,
                                     -1.0 / 182.0, -1.0 / 240.0, -1.0 / 306.0};
    double t = r * r;
    double p = 0.0;
    for (int i = NNI_COUNT(inverse) - 1; i >= 0; i--) {
        p = inverse[i] * t * (1.0 + p);
    }
    return 1.0 + p;
}

/* cos(x), within 1e-15 of it, for |x| <= 1000; NaN beyond. x = k pi / 2 + r, pi / 2 in
 * three parts the first two of which have so few digits that their products with k are
 * exact. */
static inline double nni_cos_double(double x)
{
    if (!(x >= -1000.0 && x <= 1000.0)) {
        return __builtin_nan("");
    }
    double quarters = x * 0x1.45f306dc9c883p-1;
    int32_t k = (int32_t)(quarters < 0.0 ? quarters - 0.5 : quarters + 0.5);
    double r = x - k * 0x1.921fb544p0;
    r -= k * 0x1.0b4611a6p-34;
    r -= k * 0x1.3198a2e037073p-69;
    switch (k & 3) {
    case 0:
        return nni_cosine_series(r);
    case 1:
        return -nni_sine_series(r);
    case 2:
        return -nni_cosine_series(r);
    default:
        return nni_sine_series(r);
    }
}

#endif
