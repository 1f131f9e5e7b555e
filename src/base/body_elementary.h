/* The elementary functions, our own on every machine so that their bits are too: range
 * reduction (Cody and Waite, "Software manual for the elementary functions", 1980) and
 * polynomials whose coefficients are minimax fits (Remez) rounded to float one after the
 * other. No function branches: special values are chosen at the end, so that compilers
 * vectorise a loop over any of them. A body, included in a region (region_portable.h).
 *
 * The largest errors over every 97th float, in units in the last place (measured against
 * double; tests/test_elementary.c holds them):
 *     exp 0.98   expm1 1.41   log 0.81   log1p 0.80   tanh 1.31   sigmoid 1.75
 *     softplus 1.58   erf 1.02   sine and cosine 0.97 */

static NNI_INLINE uint32_t NNI_K(nni_float_bits)(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static NNI_INLINE float NNI_K(nni_bits_float)(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* |x|, and |x| with the sign of another number. */
static NNI_INLINE float NNI_K(nni_abs)(float x)
{
    return NNI_K(nni_bits_float)(NNI_K(nni_float_bits)(x) & 0x7fffffffu);
}

static NNI_INLINE float NNI_K(nni_with_sign)(float x, float sign)
{
    return NNI_K(nni_bits_float)((NNI_K(nni_float_bits)(x) & 0x7fffffffu) |
                                 (NNI_K(nni_float_bits)(sign) & 0x80000000u));
}

/* 2^n for n in -126 ... 127. */
static NNI_INLINE float NNI_K(nni_power_of_two)(int32_t n)
{
    return NNI_K(nni_bits_float)((uint32_t)(n + 127) << 23);
}

/* x = n ln 2 + r with a whole n and |r| <= ln(2) / 2; power is exp(r) - 1. */
struct NNI_K(nni_reduced) {
    int32_t n;
    float power;
};

static NNI_INLINE struct NNI_K(nni_reduced) NNI_K(nni_reduce_exp)(float x)
{
    /* Added to a number below 2^22, this leaves its nearest integer in the last bits. */
    const float rounder = 0x1.8p23f;
    float shifted = NNI_FMA(x, 0x1.715476p0f, rounder);
    float n = shifted - rounder;
    float r = NNI_FMA(n, -0x1.62e430p-1f, x); /* ln 2 in two parts */
    r = NNI_FMA(n, 0x1.05c610p-29f, r);

    float p = 0x1.9e7cf4p-13f;
    p = NNI_FMA(p, r, 0x1.6d3a84p-10f);
    p = NNI_FMA(p, r, 0x1.1112d4p-7f);
    p = NNI_FMA(p, r, 0x1.5554f8p-5f);
    p = NNI_FMA(p, r, 0x1.555554p-3f);
    p = NNI_FMA(p, r, 0.5f);
    struct NNI_K(nni_reduced) reduced;
    reduced.n =
        (int32_t)(NNI_K(nni_float_bits)(shifted) - NNI_K(nni_float_bits)(rounder));
    reduced.power = NNI_FMA(r * r, p, r);
    return reduced;
}

/* y 2^n in two steps, since 2^n itself may be no float. */
static NNI_INLINE float NNI_K(nni_scale)(float y, int32_t n)
{
    int32_t half = n >> 1;
    return y * NNI_K(nni_power_of_two)(half) * NNI_K(nni_power_of_two)(n - half);
}

/* exp(x); 0 below -103.97, infinity above 88.72, subnormal results rounded once. */
static NNI_INLINE float NNI_K(nni_exp)(float x)
{
    x = x > 89.0f ? 89.0f : x;
    x = x < -105.0f ? -105.0f : x;
    struct NNI_K(nni_reduced) reduced = NNI_K(nni_reduce_exp)(x);
    return NNI_K(nni_scale)(1.0f + reduced.power, reduced.n);
}

/* exp(x) - 1 = 2^n (exp(r) - 1) + (2^n - 1). */
static NNI_INLINE float NNI_K(nni_expm1)(float x)
{
    float clamped = x > 89.0f ? 89.0f : x;
    clamped = clamped < -20.0f ? -20.0f : clamped;
    struct NNI_K(nni_reduced) reduced = NNI_K(nni_reduce_exp)(clamped);
    /* 2^128 is not a float: the last doubling comes at the end. */
    int32_t late = reduced.n > 127 ? 1 : 0;
    float scale = NNI_K(nni_power_of_two)(reduced.n - late);
    float one = NNI_K(nni_power_of_two)(-late);
    float y = NNI_FMA(scale, reduced.power, scale - one);
    return NNI_K(nni_with_sign)(y * NNI_K(nni_power_of_two)(late), x);
}

/* log(u) + correction for a positive u, the correction being small against u. */
static NNI_INLINE float NNI_K(nni_log_positive)(float u, float correction)
{
    int32_t subnormal = u < 0x1p-126f ? 1 : 0;
    float normal = subnormal ? u * 0x1p23f : u;

    /* u = 2^n (1 + f) with 1 + f between sqrt(1/2) and sqrt(2). */
    uint32_t bits = NNI_K(nni_float_bits)(normal) - 0x3f3504f3u;
    float n = (float)(((int32_t)bits >> 23) - 23 * subnormal);
    float f = NNI_K(nni_bits_float)((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;

    /* log(1 + f) = f - f^2 / 2 + f^3 p(f) */
    float p = 0x1.13c9c6p-4f;
    p = NNI_FMA(p, f, -0x1.ddad10p-4f);
    p = NNI_FMA(p, f, 0x1.e6e2e6p-4f);
    p = NNI_FMA(p, f, -0x1.fc3be4p-4f);
    p = NNI_FMA(p, f, 0x1.233a80p-3f);
    p = NNI_FMA(p, f, -0x1.555b94p-3f);
    p = NNI_FMA(p, f, 0x1.99a47cp-3f);
    p = NNI_FMA(p, f, -0x1.000008p-2f);
    p = NNI_FMA(p, f, 0x1.555548p-2f);
    p = NNI_FMA(p, f, -0.5f);

    float small = NNI_FMA(n, -0x1.05c610p-29f, correction); /* ln 2 in two parts */
    float tail = NNI_FMA(p, f * f, small);
    return NNI_FMA(n, 0x1.62e430p-1f, f + tail);
}

/* The logarithm where x is positive and finite, what it should be elsewhere: -infinity at
 * zero, NaN below, infinity and NaN as they are. */
static NNI_INLINE float NNI_K(nni_log_special)(float x, float logarithm)
{
    float positive = x < __builtin_inff() ? logarithm : x;
    float other = x == 0.0f ? -__builtin_inff() : __builtin_nanf("");
    return x > 0.0f ? positive : other;
}

static NNI_INLINE float NNI_K(nni_log)(float x)
{
    return NNI_K(nni_log_special)(x, NNI_K(nni_log_positive)(x, 0.0f));
}

/* log(1 + x): what 1 + x lost in rounding comes back as a correction. */
static NNI_INLINE float NNI_K(nni_log1p)(float x)
{
    float u = 1.0f + x;
    float lost = x - (u - 1.0f);
    float y = NNI_K(nni_log_special)(u, NNI_K(nni_log_positive)(u, lost / u));
    return x == 0.0f ? x : y;
}

/* tanh(a): a + a^3 p(a^2) below 0.625, 1 - 2 / (e^2a + 1) above. Given e^2a. */
static NNI_INLINE float NNI_K(nni_tanh_of)(float x, float e)
{
    float a = NNI_K(nni_abs)(x);
    float t = a * a;
    float p = -0x1.750ce4p-8f;
    p = NNI_FMA(p, t, 0x1.51f8cep-6f);
    p = NNI_FMA(p, t, -0x1.b835a4p-5f);
    p = NNI_FMA(p, t, 0x1.1106f6p-3f);
    p = NNI_FMA(p, t, -0x1.555532p-2f);
    float near = NNI_FMA(p * t, a, a);
    float far = 1.0f - 2.0f / (e + 1.0f);
    return NNI_K(nni_with_sign)(a < 0.625f ? near : far, x);
}

static NNI_INLINE float NNI_K(nni_tanh_exponent)(float x)
{
    return 2.0f * NNI_K(nni_abs)(x);
}

static NNI_INLINE float NNI_K(nni_tanh)(float x)
{
    return NNI_K(nni_tanh_of)(x, NNI_K(nni_exp)(NNI_K(nni_tanh_exponent)(x)));
}

/* 1 / (1 + e^-x), by e = e^-|x| so that the small values on the left keep their digits:
 * 1 / (1 + e) on the right of zero, e / (1 + e) on the left. What e and 1 + e lost in
 * rounding is put back to first order. */
static NNI_INLINE float NNI_K(nni_sigmoid)(float x)
{
    float z = -NNI_K(nni_abs)(x);
    z = z < -105.0f ? -105.0f : z;
    struct NNI_K(nni_reduced) reduced = NNI_K(nni_reduce_exp)(z);
    float y = 1.0f + reduced.power;
    float e = NNI_K(nni_scale)(y, reduced.n);
    float e_lost = NNI_K(nni_scale)(reduced.power - (y - 1.0f), reduced.n);

    float denominator = 1.0f + e;
    float lost = e - (denominator - 1.0f) + e_lost;
    float right = 1.0f / denominator;
    right = NNI_FMA(-(right * right), lost, right);
    float left = NNI_FMA(e, right, e_lost * right);
    return x < 0.0f ? left : right;
}

/* log(1 + e^x) = max(0, x) + log(1 + e^-|x|), given e^-|x|. */
static NNI_INLINE float NNI_K(nni_softplus_of)(float x, float e)
{
    float positive = 0.0f > x ? 0.0f : x;
    return positive + NNI_K(nni_log1p)(e);
}

static NNI_INLINE float NNI_K(nni_softplus_exponent)(float x)
{
    return -NNI_K(nni_abs)(x);
}

static NNI_INLINE float NNI_K(nni_softplus)(float x)
{
    return NNI_K(nni_softplus_of)(x, NNI_K(nni_exp)(NNI_K(nni_softplus_exponent)(x)));
}

/* The error function: x + x p(x^2) below 1; 1 - exp(q(|x|)) above, q being a fit to the
 * logarithm of the complement. Given exp(q). */
static NNI_INLINE float NNI_K(nni_erf_of)(float x, float e)
{
    float a = NNI_K(nni_abs)(x);
    float t = a * a;
    float p = 0x1.4771fep-14f;
    p = NNI_FMA(p, t, -0x1.a3515ep-11f);
    p = NNI_FMA(p, t, 0x1.53f224p-8f);
    p = NNI_FMA(p, t, -0x1.b7f71ap-6f);
    p = NNI_FMA(p, t, 0x1.ce2ce6p-4f);
    p = NNI_FMA(p, t, -0x1.81273ep-2f);
    p = NNI_FMA(p, t, 0x1.06eba8p-3f);
    float near = NNI_FMA(a, p, a);
    float far = 1.0f - e;
    return NNI_K(nni_with_sign)(a < 1.0f ? near : far, x);
}

static NNI_INLINE float NNI_K(nni_erf_exponent)(float x)
{
    float a = NNI_K(nni_abs)(x);
    float b = a > 4.0f ? 4.0f : a;
    float q = 0x1.896d62p-13f;
    q = NNI_FMA(q, b, -0x1.83fbaep-9f);
    q = NNI_FMA(q, b, 0x1.66a33ep-6f);
    q = NNI_FMA(q, b, -0x1.a6c7dep-4f);
    q = NNI_FMA(q, b, -0x1.46a992p-1f);
    q = NNI_FMA(q, b, -0x1.208e50p0f);
    return NNI_FMA(q, b, -0x1.502d56p-12f);
}

static NNI_INLINE float NNI_K(nni_erf)(float x)
{
    return NNI_K(nni_erf_of)(x, NNI_K(nni_exp)(NNI_K(nni_erf_exponent)(x)));
}

/* The sine and cosine of a turns (2 pi a), 0 <= a <= 1: a quarter is taken off exactly.
 */
static NNI_INLINE void NNI_K(nni_circle)(float a, float *sine, float *cosine)
{
    const float rounder = 0x1.8p23f;
    float shifted = NNI_FMA(a, 4.0f, rounder);
    uint32_t quarter = NNI_K(nni_float_bits)(shifted);
    float r = NNI_FMA(shifted - rounder, -0.25f, a);
    float t = r * r;

    float s = -0x1.2db5cep6f;
    s = NNI_FMA(s, t, 0x1.465facp6f);
    s = NNI_FMA(s, t, -0x1.4abbbep5f);
    s = NNI_FMA(s, t, -0x1.777a5cp-23f); /* 2 pi in two parts */
    s = NNI_FMA(r, 0x1.921fb6p2f, r * s);
    float c = 0x1.d4f7eep5f;
    c = NNI_FMA(c, t, -0x1.55b2b6p6f);
    c = NNI_FMA(c, t, 0x1.03c1b0p6f);
    c = NNI_FMA(c, t, -0x1.3bd3ccp4f);
    c = NNI_FMA(c, t, 1.0f);

    /* Each quarter turn exchanges the two and turns a sign. */
    uint32_t s_bits = NNI_K(nni_float_bits)(quarter & 1 ? c : s);
    uint32_t c_bits = NNI_K(nni_float_bits)(quarter & 1 ? s : c);
    *sine = NNI_K(nni_bits_float)(s_bits ^ (quarter & 2) << 30);
    *cosine = NNI_K(nni_bits_float)(c_bits ^ ((quarter + 1) & 2) << 30);
}
