/* The elementary functions against double precision, their special values, and that both
 * instruction sets and the software fma give the same bits. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/elementary.h"
#include "base/elementary_double.h"
#include "kernels/kernels.h"
#include "support/bits.h"

#include <math.h>

typedef void map_function(const float *x, float *y, int64_t n);

#define DEFINE_MAP(name, call)                                   \
    static void NNI_K(name)(const float *x, float *y, int64_t n) \
    {                                                            \
        NNI_LOOP                                                 \
        for (int64_t i = 0; i < n; i++) {                        \
            y[i] = call;                                         \
        }                                                        \
    }

static inline float sine_portable(float a)
{
    float sine, cosine;
    nni_circle_portable(a, &sine, &cosine);
    return sine;
}

static inline float cosine_portable(float a)
{
    float sine, cosine;
    nni_circle_portable(a, &sine, &cosine);
    return cosine;
}

#include "base/region_portable.h"
DEFINE_MAP(exp_map, NNI_K(nni_exp)(x[i]))
DEFINE_MAP(expm1_map, NNI_K(nni_expm1)(x[i]))
DEFINE_MAP(log_map, NNI_K(nni_log)(x[i]))
DEFINE_MAP(log1p_map, NNI_K(nni_log1p)(x[i]))
DEFINE_MAP(tanh_map, NNI_K(nni_tanh)(x[i]))
DEFINE_MAP(sigmoid_map, NNI_K(nni_sigmoid)(x[i]))
DEFINE_MAP(softplus_map, NNI_K(nni_softplus)(x[i]))
DEFINE_MAP(erf_map, NNI_K(nni_erf)(x[i]))
DEFINE_MAP(sine_map, sine_portable(x[i]))
DEFINE_MAP(cosine_map, cosine_portable(x[i]))

static void fma_of_triples(const float *x, float *y, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        y[i] = NNI_FMA(x[3 * i], x[3 * i + 1], x[3 * i + 2]);
    }
}
#include "base/region_end.h"

#if defined(__x86_64__)
#include "support/region_fma.h"
#include "base/body_elementary.h"

static inline float sine_fma(float a)
{
    float sine, cosine;
    nni_circle_fma(a, &sine, &cosine);
    return sine;
}

static inline float cosine_fma(float a)
{
    float sine, cosine;
    nni_circle_fma(a, &sine, &cosine);
    return cosine;
}

DEFINE_MAP(exp_map, NNI_K(nni_exp)(x[i]))
DEFINE_MAP(expm1_map, NNI_K(nni_expm1)(x[i]))
DEFINE_MAP(log_map, NNI_K(nni_log)(x[i]))
DEFINE_MAP(log1p_map, NNI_K(nni_log1p)(x[i]))
DEFINE_MAP(tanh_map, NNI_K(nni_tanh)(x[i]))
DEFINE_MAP(sigmoid_map, NNI_K(nni_sigmoid)(x[i]))
DEFINE_MAP(softplus_map, NNI_K(nni_softplus)(x[i]))
DEFINE_MAP(erf_map, NNI_K(nni_erf)(x[i]))
DEFINE_MAP(sine_map, sine_fma(x[i]))
DEFINE_MAP(cosine_map, cosine_fma(x[i]))
#include "base/region_end.h"
#define FMA_MAP(name) name##_fma
#else
#define FMA_MAP(name) NULL
#endif

static double exact_sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double exact_softplus(double x)
{
    return fmax(x, 0.0) + log1p(exp(-fabs(x)));
}

/* sin(2 pi a + quarters pi / 2), reduced exactly. */
static double exact_circle(double a, int quarters)
{
    if (isnan(a)) {
        return a;
    }
    double nearest = floor(4.0 * a + 0.5);
    double r = (a - nearest / 4.0) * 6.283185307179586476925;
    switch (((int)nearest + quarters) & 3) {
    case 0:
        return sin(r);
    case 1:
        return cos(r);
    case 2:
        return -sin(r);
    default:
        return -cos(r);
    }
}

static double exact_sine(double a)
{
    return exact_circle(a, 0);
}

static double exact_cosine(double a)
{
    return exact_circle(a, 1);
}

struct tested {
    const char *name;
    map_function *portable, *fma;
    double (*exact)(double x);
    double bound; /* units in the last place */
    float from, to;
};

static const struct tested functions[] = {
    {"exp", exp_map_portable, FMA_MAP(exp_map), exp, 0.98, -INFINITY, INFINITY},
    {"expm1", expm1_map_portable, FMA_MAP(expm1_map), expm1, 1.41, -INFINITY, INFINITY},
    {"log", log_map_portable, FMA_MAP(log_map), log, 0.81, -INFINITY, INFINITY},
    {"log1p", log1p_map_portable, FMA_MAP(log1p_map), log1p, 0.80, -INFINITY, INFINITY},
    {"tanh", tanh_map_portable, FMA_MAP(tanh_map), tanh, 1.31, -INFINITY, INFINITY},
    {"sigmoid", sigmoid_map_portable, FMA_MAP(sigmoid_map), exact_sigmoid, 1.75,
     -INFINITY, INFINITY},
    {"softplus", softplus_map_portable, FMA_MAP(softplus_map), exact_softplus, 1.58,
     -INFINITY, INFINITY},
    {"erf", erf_map_portable, FMA_MAP(erf_map), erf, 1.02, -INFINITY, INFINITY},
    {"sine", sine_map_portable, FMA_MAP(sine_map), exact_sine, 0.97, 0.0f, 1.0f},
    {"cosine", cosine_map_portable, FMA_MAP(cosine_map), exact_cosine, 0.97, 0.0f, 1.0f},
};

enum { BATCH = 1024, STRIDE = 9973 };

/* The next floats of a walk over all bit patterns, those inside the range. */
static int64_t next_batch(uint64_t *pattern, const struct tested *f, float *x)
{
    int64_t count = 0;
    for (; count < BATCH && *pattern < UINT64_C(1) << 32; *pattern += STRIDE) {
        x[count] = nni_bits_float_portable((uint32_t)*pattern);
        count += (x[count] >= f->from && x[count] <= f->to) || x[count] != x[count];
    }
    return count;
}

static double units_off(float actual, double exact)
{
    int exponent;
    (void)frexp(exact, &exponent);
    exponent = exponent < -125 ? -125 : exponent; /* subnormal floats */
    return fabs((double)actual - exact) / ldexp(1.0, exponent - 24);
}

static void errors_stay_within_their_bounds(void **state)
{
    (void)state;
    float x[BATCH], y[BATCH];
    for (int32_t f = 0; f < NNI_COUNT(functions); f++) {
        double largest = 0.0;
        uint64_t pattern = 0;
        for (int64_t n = next_batch(&pattern, &functions[f], x); n > 0;
             n = next_batch(&pattern, &functions[f], x)) {
            functions[f].portable(x, y, n);
            for (int64_t i = 0; i < n; i++) {
                double exact = functions[f].exact((double)x[i]);
                float rounded = (float)exact;
                if (rounded != rounded || isinf(rounded)) {
                    assert_same_bits(&y[i], &rounded, 1);
                } else {
                    largest = fmax(largest, units_off(y[i], exact));
                }
            }
        }
        if (!(largest <= functions[f].bound)) {
            fail_msg("%s: %.3f units in the last place", functions[f].name, largest);
        }
    }
}

static void instruction_sets_give_the_same_bits(void **state)
{
    (void)state;
    (void)kernels_or_skip(NN_ISA_AVX2);
    float x[BATCH], y[BATCH], z[BATCH];
    for (int32_t f = 0; f < NNI_COUNT(functions); f++) {
        uint64_t pattern = 17;
        for (int64_t n = next_batch(&pattern, &functions[f], x); n > 0;
             n = next_batch(&pattern, &functions[f], x)) {
            functions[f].portable(x, y, n);
            functions[f].fma(x, z, n);
            assert_same_bits(y, z, n);
        }
    }
}

static void assert_value(float actual, float expected)
{
    assert_same_bits(&actual, &expected, 1);
}

static void exponentials_have_their_special_values(void **state)
{
    (void)state;
    assert_value(nni_exp_portable(0.0f), 1.0f);
    assert_value(nni_exp_portable(-0.0f), 1.0f);
    assert_value(nni_exp_portable(INFINITY), INFINITY);
    assert_value(nni_exp_portable(-INFINITY), 0.0f);
    assert_value(nni_exp_portable(NAN), NAN);
    assert_value(nni_exp_portable(88.73f), INFINITY);
    assert_value(nni_exp_portable(-104.0f), 0.0f);
    assert_value(nni_exp_portable(-103.9f), 0x1p-149f);
    assert_value(nni_expm1_portable(-0.0f), -0.0f);
    assert_value(nni_expm1_portable(1e-45f), 1e-45f);
    assert_value(nni_expm1_portable(-INFINITY), -1.0f);
    assert_value(nni_expm1_portable(INFINITY), INFINITY);
    assert_value(nni_expm1_portable(NAN), NAN);
}

static void logarithms_have_their_special_values(void **state)
{
    (void)state;
    assert_value(nni_log_portable(1.0f), 0.0f);
    assert_value(nni_log_portable(0.0f), -INFINITY);
    assert_value(nni_log_portable(-0.0f), -INFINITY);
    assert_value(nni_log_portable(-1.0f), NAN);
    assert_value(nni_log_portable(INFINITY), INFINITY);
    assert_value(nni_log_portable(NAN), NAN);
    assert_value(nni_log1p_portable(0.0f), 0.0f);
    assert_value(nni_log1p_portable(-0.0f), -0.0f);
    assert_value(nni_log1p_portable(-1.0f), -INFINITY);
    assert_value(nni_log1p_portable(-1.5f), NAN);
    assert_value(nni_log1p_portable(INFINITY), INFINITY);
    assert_value(nni_log1p_portable(NAN), NAN);
}

static void sigmoids_have_their_special_values(void **state)
{
    (void)state;
    assert_value(nni_tanh_portable(INFINITY), 1.0f);
    assert_value(nni_tanh_portable(-INFINITY), -1.0f);
    assert_value(nni_tanh_portable(-0.0f), -0.0f);
    assert_value(nni_tanh_portable(NAN), NAN);
    assert_value(nni_sigmoid_portable(0.0f), 0.5f);
    assert_value(nni_sigmoid_portable(INFINITY), 1.0f);
    assert_value(nni_sigmoid_portable(-INFINITY), 0.0f);
    assert_value(nni_sigmoid_portable(NAN), NAN);
    assert_true(nni_sigmoid_portable(-88.0f) > 0.0f);
    assert_true(nni_sigmoid_portable(-103.0f) > 0.0f);
    assert_value(nni_softplus_portable(-INFINITY), 0.0f);
    assert_value(nni_softplus_portable(INFINITY), INFINITY);
    assert_value(nni_softplus_portable(NAN), NAN);
    assert_value(nni_erf_portable(INFINITY), 1.0f);
    assert_value(nni_erf_portable(-INFINITY), -1.0f);
    assert_value(nni_erf_portable(-0.0f), -0.0f);
    assert_value(nni_erf_portable(NAN), NAN);
}

static void quarter_turns_are_exact(void **state)
{
    (void)state;
    const float expected[][2] = {
        {0.0f, 1.0f}, {1.0f, 0.0f}, {0.0f, -1.0f}, {-1.0f, 0.0f}};
    for (int quarter = 0; quarter <= 4; quarter++) {
        float sine, cosine;
        nni_circle_portable(0.25f * (float)quarter, &sine, &cosine);
        assert_true(sine == expected[quarter % 4][0]);
        assert_true(cosine == expected[quarter % 4][1]);
    }
}

/* a b + c for triples (a, b, c), against the C library's correctly rounded one. */
static void assert_fma(const float *triples, int64_t count)
{
    float ours[BATCH], theirs[BATCH];
    fma_of_triples(triples, ours, count);
    for (int64_t i = 0; i < count; i++) {
        theirs[i] = fmaf(triples[3 * i], triples[3 * i + 1], triples[3 * i + 2]);
    }
    assert_same_bits(ours, theirs, count);
}

static void our_fma_is_right_for_any_bits(void **state)
{
    (void)state;
    float triples[3 * BATCH];
    uint32_t seed = 1;
    for (int batch = 0; batch < 200; batch++) {
        for (int i = 0; i < 3 * BATCH; i++) {
            triples[i] = nni_bits_float_portable(next_word(&seed));
        }
        assert_fma(triples, BATCH);
    }
}

/* Products of 25 or 26 digits, many of which lie half-way between floats, and a c far
 * below them that decides; a few c are as large as the product and cancel it. */
static void our_fma_is_right_where_rounding_twice_is_wrong(void **state)
{
    (void)state;
    float triples[3 * BATCH];
    uint32_t seed = 2;
    for (int batch = 0; batch < 200; batch++) {
        for (int i = 0; i < BATCH; i++) {
            uint32_t word = next_word(&seed);
            int scale = (int)(word % 160) - 80;
            float a = ldexpf((float)(next_word(&seed) % 4096 * 2 + 4097), scale);
            float b = (float)(next_word(&seed) % 4096 * 2 + 4097);
            float c = ldexpf(1.0f, scale - (int)(next_word(&seed) % 64));
            c = word & 0x80000000 ? -c : c;
            triples[3 * i] = a;
            triples[3 * i + 1] = b;
            triples[3 * i + 2] = word & 0x70000000 ? c : -(a * b);
        }
        assert_fma(triples, BATCH);
    }
}

static void our_fma_is_right_for_chosen_cases(void **state)
{
    (void)state;
    const float cases[][3] = {
        /* half-way, and just beside it */
        {0x1.001p0f, 0x1.001p0f, 0.0f},
        {0x1.001p0f, 0x1.001p0f, 0x1p-60f},
        {0x1.001p0f, 0x1.001p0f, -0x1p-60f},
        {-0x1.001p0f, 0x1.001p0f, 0x1p-149f},
        {-0x1.001p0f, 0x1.001p0f, -0x1p-149f},
        /* the same among subnormal floats: half a unit and 2^-36 of it */
        {0x1.001p-75f, 0x1.ffe002p-76f, 0x1p-127f},
        {-0x1.001p-75f, 0x1.ffe002p-76f, 0x1p-127f},
        {0x1.001p-75f, 0x1.ffe002p-76f, -0x1.000008p-127f},
        {0x1p-75f, 0x1p-75f, 0.0f},
        {0x1.000002p-75f, 0x1p-75f, 0.0f},
        {0x1p-75f, 0x1p-75f, 0x1p-149f},
        /* the smallest normal float from below */
        {0x1.fffffep-64f, 0x1p-63f, 0x1p-149f},
        {0x1.fffffep-64f, 0x1.000002p-63f, 0.0f},
        /* cancellation, signs of zero, overflow, infinities */
        {3.0f, 5.0f, -15.0f},
        {-0.0f, 1.0f, -0.0f},
        {-0.0f, 1.0f, 0.0f},
        {0x1p127f, 2.0f, -0x1p127f},
        {0x1p127f, 2.0f, 0.0f},
        {INFINITY, 2.0f, -INFINITY},
        {INFINITY, 0.0f, 1.0f},
        {2.0f, 3.0f, -INFINITY},
        {NAN, 1.0f, 1.0f},
    };
    assert_fma(cases[0], NNI_COUNT(cases));
}

static void products_and_sums_are_not_fused(void **state)
{
    (void)state;
    volatile float a = 0x1.000002p0f, c = -0x1.000004p0f;
    float x = a, y = c;
    assert_true(x * x + y == 0.0f);
    assert_true(fmaf(x, x, y) != 0.0f);
    volatile double b = 0x1.0000000000001p0, d = -0x1.0000000000002p0;
    double z = b, w = d;
    assert_true(z * z + w == 0.0);
}

static void cosine_in_double_is_close(void **state)
{
    (void)state;
    for (int i = -1000; i <= 4000; i++) {
        double x = i * 0.00314159;
        assert_close(nni_cos_double(x), cos(x), 1e-15, 0.0);
    }
    assert_true(nni_cos_double(0.0) == 1.0);
    assert_true(nni_cos_double(3.14159265358979323846) == -1.0);
    assert_true(isnan(nni_cos_double(NAN)));
    assert_true(isnan(nni_cos_double(INFINITY)));
}

static void powers_are_exact_or_close(void **state)
{
    (void)state;
    assert_true(nni_pow_integer(0.0, 0) == 1.0);
    assert_true(nni_pow_integer(2.0, 60) == 0x1p60);
    assert_true(nni_pow_integer(-3.0, 3) == -27.0);
    assert_close(nni_pow_integer(0.999, 100000), pow(0.999, 100000), 0.0, 1e-11);
    assert_true(nni_pow_integer(0.9, UINT64_MAX) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_stay_within_their_bounds),
        cmocka_unit_test(instruction_sets_give_the_same_bits),
        cmocka_unit_test(exponentials_have_their_special_values),
        cmocka_unit_test(logarithms_have_their_special_values),
        cmocka_unit_test(sigmoids_have_their_special_values),
        cmocka_unit_test(quarter_turns_are_exact),
        cmocka_unit_test(our_fma_is_right_for_any_bits),
        cmocka_unit_test(our_fma_is_right_where_rounding_twice_is_wrong),
        cmocka_unit_test(our_fma_is_right_for_chosen_cases),
        cmocka_unit_test(products_and_sums_are_not_fused),
        cmocka_unit_test(cosine_in_double_is_close),
        cmocka_unit_test(powers_are_exact_or_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
