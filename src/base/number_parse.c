/* Decimal text to binary floating point, correctly rounded, in no locale. Short numbers
 * take the fast path of Clinger, "How to read floating point numbers accurately" (PLDI
 * 1990): a whole number below 2^53 and a power of ten up to 10^22 are exact, so one
 * multiplication or division rounds once. All others are a ratio of integers, of 64 bits
 * where they fit and large ones where not, whose quotient is formed bit by bit and rounded
 * to nearest, ties to even. */
#include "base/contract.h"

#include "base/text.h"

#include "base/big_integer.h"
#include "base/float_env.h"
#include "base/number_scan.h"

#include <float.h>
#include <string.h>

enum {
    /* No number halfway between two doubles has more digits than this; beyond them it only
     * matters whether all the rest are zero. */
    NUMBER_EXACT_DIGITS = 770,
    NUMBER_FAST_POWER = 22,
    NUMBER_FIVES = 27, /* 5^27 is the last power of five below 2^63 */
    NUMBER_QUOTIENT_BITS = 64,
    NUMBER_MAX_EXPONENT = 308, /* 10^309 and above is infinite */
    NUMBER_MIN_EXPONENT = -325 /* below 10^-325 is less than half the smallest double */
};

/* A binary format (IEEE 754-2008, table 3.5): precision counts the hidden bit. */
struct number_format {
    int32_t precision, min_exponent, max_exponent;
};

static const struct number_format number_double = {53, -1022, 1023};
static const struct number_format number_float = {24, -126, 127};

/* ---- the slow path ---- */

/* All digits that can matter as one integer, times 10^*exponent. */
static void number_big_digits(const struct nni_number_scan *scan, struct nni_big *big,
                              int32_t *exponent)
{
    *exponent = (int32_t)scan->exponent;
    nni_big_set(big, scan->leading);
    if (scan->exact) {
        return;
    }
    nni_big_set(big, 0);
    int32_t kept = 0;
    const char *text = scan->digits;
    for (; text < scan->digits_end && kept < NUMBER_EXACT_DIGITS; text++) {
        if (*text != '.' && (kept > 0 || *text != '0')) {
            nni_big_multiply_add(big, 10, (uint32_t)(*text - '0'));
            kept++;
        }
    }
    *exponent -= kept - scan->kept;
    int rest = 0;
    for (; text < scan->digits_end && !rest; text++) {
        rest = *text != '.' && *text != '0';
    }
    if (rest) {
        nni_big_multiply_add(big, 10, 1);
        *exponent -= 1;
    }
}

/* A quotient: (bits + a fraction) * 2^(exponent - 63), the highest of the bits set. The
 * fraction is 0 unless `inexact` says otherwise. */
struct number_quotient {
    uint64_t bits;
    int32_t exponent;
    int inexact;
};

/* leading / 10^power, for a power of five that fits into 64 bits. */
static struct number_quotient number_divide(uint64_t leading, int32_t power)
{
    uint64_t fives = 1;
    for (int32_t i = 0; i < power; i++) {
        fives *= 5;
    }
    int32_t zeros = NNI_LEADING_ZEROS(leading);
    int32_t fives_zeros = NNI_LEADING_ZEROS(fives);
    struct number_quotient quotient = {.exponent = fives_zeros - zeros - power};
    uint64_t b = fives << fives_zeros;
    uint64_t a = leading << zeros;
    uint64_t carry = 0; /* bit 64 of a */
    if (a < b) {
        carry = a >> 63;
        a <<= 1;
        quotient.exponent--;
    }
    for (int i = 0; i < NUMBER_QUOTIENT_BITS; i++) {
        uint64_t one = carry | (uint64_t)(a >= b);
        a -= b & (0 - one);
        quotient.bits = quotient.bits << 1 | one;
        carry = a >> 63;
        a <<= 1;
    }
    quotient.inexact = (carry | a) != 0;
    return quotient;
}

/* The quotient of large integers; a and b are used up. */
static struct number_quotient number_divide_big(struct nni_big *a, struct nni_big *b)
{
    struct number_quotient quotient = {.exponent = nni_big_bits(a) - nni_big_bits(b)};
    if (quotient.exponent > 0) {
        nni_big_shift_left(b, quotient.exponent);
    } else {
        nni_big_shift_left(a, -quotient.exponent);
    }
    if (nni_big_compare(a, b) < 0) {
        nni_big_shift_left(a, 1);
        quotient.exponent--;
    }
    for (int i = 0; i < NUMBER_QUOTIENT_BITS; i++) {
        int one = nni_big_compare(a, b) >= 0;
        if (one) {
            nni_big_subtract(a, b);
        }
        quotient.bits = quotient.bits << 1 | (uint64_t)one;
        nni_big_shift_left(a, 1);
    }
    quotient.inexact = a->count > 0;
    return quotient;
}

/* The quotient that a scanned number is, whose magnitude is neither too large nor too
 * small for the large integers. */
static struct number_quotient number_quotient_of(const struct nni_number_scan *scan)
{
    if (scan->exact && scan->exponent <= 0 && scan->exponent >= -NUMBER_FIVES) {
        return number_divide(scan->leading, (int32_t)-scan->exponent);
    }
    struct nni_big numerator;
    struct nni_big denominator;
    int32_t exponent;
    number_big_digits(scan, &numerator, &exponent);
    nni_big_set(&denominator, 1);
    if (exponent >= 0) {
        nni_big_multiply_ten(&numerator, exponent);
    } else {
        nni_big_multiply_ten(&denominator, -exponent);
    }
    return number_divide_big(&numerator, &denominator);
}

/* The format's bits of infinity. */
static uint64_t number_infinite_bits(const struct number_format *format)
{
    uint64_t field = (uint64_t)((int64_t)format->max_exponent - format->min_exponent + 2);
    return field << (format->precision - 1);
}

/* A quotient rounded to the format's bits. A carry out of the significand increments the
 * exponent by itself. */
static uint64_t number_round(const struct number_quotient *quotient,
                             const struct number_format *format)
{
    const uint64_t half = UINT64_C(1) << (NUMBER_QUOTIENT_BITS - 1);
    if (quotient->exponent > format->max_exponent) {
        return number_infinite_bits(format);
    }
    int32_t biased = quotient->exponent - format->min_exponent;
    int32_t precision = format->precision + (biased < 0 ? biased : 0);
    if (precision < 0) {
        return 0;
    }
    uint64_t kept =
        precision == 0 ? 0 : quotient->bits >> (NUMBER_QUOTIENT_BITS - precision);
    uint64_t rest = quotient->bits << precision; /* the fraction of the last bit kept */
    kept += rest > half || (rest == half && (quotient->inexact || (kept & 1) != 0));
    return biased < 0 ? kept : kept + ((uint64_t)biased << (format->precision - 1));
}

/* The bits of a scanned number's magnitude in a format. */
static uint64_t number_exact_bits(const struct nni_number_scan *scan,
                                  const struct number_format *format)
{
    int64_t magnitude = scan->exponent + scan->kept - 1;
    if (scan->leading == 0 || magnitude < NUMBER_MIN_EXPONENT) {
        return 0;
    }
    if (magnitude > NUMBER_MAX_EXPONENT) {
        return number_infinite_bits(format);
    }
    struct number_quotient quotient = number_quotient_of(scan);
    return number_round(&quotient, format);
}

static double number_exact_double(const struct nni_number_scan *scan)
{
    uint64_t bits = number_exact_bits(scan, &number_double);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float number_exact_float(const struct nni_number_scan *scan)
{
    uint32_t bits = (uint32_t)number_exact_bits(scan, &number_float);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- the fast path ---- */

/* The magnitude by one exact operation; 0 where that is not possible. */
static int number_fast_double(const struct nni_number_scan *scan, double *value)
{
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                  1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                  1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (!scan->exact || scan->leading > UINT64_C(1) << 53 ||
        scan->exponent > NUMBER_FAST_POWER || scan->exponent < -NUMBER_FAST_POWER) {
        return 0;
    }
    double whole = (double)scan->leading;
    *value =
        scan->exponent < 0 ? whole / tens[-scan->exponent] : whole * tens[scan->exponent];
    return 1;
}

/* The magnitude as a float, from the double: right unless the double lies halfway between
 * two floats, where it may have been rounded to there. */
static int number_fast_float(const struct nni_number_scan *scan, float *value)
{
    const uint64_t dropped = (UINT64_C(1) << 29) - 1;
    const uint64_t halfway = UINT64_C(1) << 28;
    double wide;
    if (!number_fast_double(scan, &wide) || !(wide >= FLT_MIN && wide <= FLT_MAX)) {
        return 0;
    }
    uint64_t bits;
    memcpy(&bits, &wide, sizeof bits);
    if ((bits & dropped) == halfway) {
        return 0;
    }
    *value = (float)wide;
    return 1;
}

/* ---- the functions ---- */

int nni_parse_number(const char *text, size_t length, double *value)
{
    struct nni_number_scan scan;
    *value = 0;
    double magnitude;
    if (!nni_number_scan(text, length, &scan, &magnitude)) {
        return 0;
    }
    struct nni_float_env env = nni_float_env_enter();
    if (magnitude == 0 && !number_fast_double(&scan, &magnitude)) {
        magnitude = number_exact_double(&scan);
    }
    NNI_SETTLE(magnitude);
    nni_float_env_leave(env);
    *value = scan.negative ? -magnitude : magnitude;
    return 1;
}

int nni_parse_float(const char *text, size_t length, float *value)
{
    struct nni_number_scan scan;
    *value = 0;
    double special;
    if (!nni_number_scan(text, length, &scan, &special)) {
        return 0;
    }
    struct nni_float_env env = nni_float_env_enter();
    float magnitude = (float)special;
    if (special == 0 && !number_fast_float(&scan, &magnitude)) {
        magnitude = number_exact_float(&scan);
    }
    NNI_SETTLE(magnitude);
    nni_float_env_leave(env);
    *value = scan.negative ? -magnitude : magnitude;
    return 1;
}
