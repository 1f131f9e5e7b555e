/* Decimal text to binary floating point, correctly rounded, in no locale. Short numbers
 * take the fast path of Clinger, "How to read floating point numbers accurately" (PLDI
 * 1990): a whole number below 2^53 and a power of ten up to 10^22 are exact, so one
 * multiplication or division rounds once. All others are a ratio of large integers, whose
 * quotient is formed bit by bit and rounded to nearest, ties to even. */
#include "base/contract.h"

#include "base/text.h"

#include "base/big_integer.h"
#include "base/float_env.h"

#include <float.h>
#include <string.h>

enum {
    NUMBER_LEADING_DIGITS = 19, /* always fit into 64 bits */
    /* No number halfway between two doubles has more digits than this; beyond them it only
     * matters whether all the rest are zero. */
    NUMBER_EXACT_DIGITS = 770,
    NUMBER_FAST_POWER = 22,
    NUMBER_MAX_EXPONENT = 308, /* 10^309 and above is infinite */
    NUMBER_MIN_EXPONENT = -325 /* below 10^-325 is less than half the smallest double */
};

static const int64_t number_huge_exponent = INT64_C(1) << 60;

/* A number as text: leading * 10^exponent, and more digits where it is not exact. */
struct number_scan {
    const char *digits, *digits_end; /* the digits and at most one point */
    uint64_t leading; /* the first NUMBER_LEADING_DIGITS digits but zeros */
    int32_t kept;     /* how many leading has */
    int64_t exponent;
    int exact; /* the digits after those in leading are all zero */
    int negative;
};

/* A binary format (IEEE 754-2008, table 3.5): precision counts the hidden bit. */
struct number_format {
    int32_t precision, min_exponent, max_exponent;
};

static const struct number_format number_double = {53, -1022, 1023};
static const struct number_format number_float = {24, -126, 127};

/* ---- reading the text ---- */

static int number_is_digit(char c) {
    return c >= '0' && c <= '9';
}

static int number_is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* 1 where text is word, in any case; word is in lower case. */
static int number_is_word(const char *text, const char *end, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(end - text) != length) {
        return 0;
    }
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c >= 'A' && c <= 'Z') {
            c = (char)(c - 'A' + 'a');
        }
        if (c != word[i]) {
            return 0;
        }
    }
    return 1;
}

/* Reads digits with at most one point; returns where they end, or NULL where there is no
 * digit. */
static const char *number_scan_digits(const char *text, const char *end,
                                      struct number_scan *scan) {
    int point = 0;
    int any = 0;
    scan->digits = text;
    for (; text < end && (number_is_digit(*text) || (*text == '.' && !point)); text++) {
        if (*text == '.') {
            point = 1;
            continue;
        }
        any = 1;
        if (scan->kept < NUMBER_LEADING_DIGITS) {
            scan->leading = scan->leading * 10 + (uint64_t)(*text - '0');
            scan->kept += scan->leading != 0;
            scan->exponent -= point;
        } else {
            scan->exact = scan->exact && *text == '0';
            scan->exponent += !point;
        }
    }
    scan->digits_end = text;
    return any ? text : NULL;
}

/* Reads "e", a sign and digits from the whole of text ... end; 0 where it is not that. */
static int number_scan_exponent(const char *text, const char *end, int64_t *exponent) {
    text++;
    int negative = text < end && *text == '-';
    text += text < end && (*text == '-' || *text == '+');
    if (text == end) {
        return 0;
    }
    *exponent = 0;
    for (; text < end; text++) {
        if (!number_is_digit(*text)) {
            return 0;
        }
        if (*exponent < number_huge_exponent / 16) {
            *exponent = *exponent * 10 + (*text - '0');
        }
    }
    *exponent = negative ? -*exponent : *exponent;
    return 1;
}

/* Reads sign, digits and exponent from the whole of text ... end. */
static int number_scan_all(const char *text, const char *end, struct number_scan *scan) {
    int64_t exponent = 0;
    text = number_scan_digits(text, end, scan);
    if (text == NULL) {
        return 0;
    }
    if (text < end &&
        ((*text != 'e' && *text != 'E') || !number_scan_exponent(text, end, &exponent))) {
        return 0;
    }
    scan->exponent += exponent;
    return 1;
}

/* ---- the slow path ---- */

/* All digits that can matter as one integer, times 10^*exponent. */
static void number_big_digits(const struct number_scan *scan, struct nni_big *big,
                              int32_t *exponent) {
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

/* Scales a and b by powers of two so that 1 <= a / b < 2 and returns the exponent of two
 * that was taken away. */
static int32_t number_normalise(struct nni_big *a, struct nni_big *b) {
    int32_t exponent = nni_big_bits(a) - nni_big_bits(b);
    if (exponent > 0) {
        nni_big_shift_left(b, exponent);
    } else {
        nni_big_shift_left(a, -exponent);
    }
    if (nni_big_compare(a, b) < 0) {
        nni_big_shift_left(a, 1);
        exponent--;
    }
    return exponent;
}

/* The bits of a / b * 2^exponent, 1 <= a / b < 2, rounded to the format. */
static uint64_t number_round(struct nni_big *a, const struct nni_big *b, int32_t exponent,
                             const struct number_format *format) {
    const int32_t stored = format->precision - 1;
    const uint64_t range = (uint64_t)(format->max_exponent - format->min_exponent + 2);
    if (exponent > format->max_exponent) {
        return range << stored;
    }
    int32_t missing = (int32_t)nni_max(0, format->min_exponent - exponent);
    int32_t precision = format->precision - missing;
    if (precision < 0) {
        return 0;
    }
    uint64_t quotient = 0;
    for (int32_t i = 0; i < precision; i++) {
        int one = nni_big_compare(a, b) >= 0;
        if (one) {
            nni_big_subtract(a, b);
        }
        quotient = quotient << 1 | (uint64_t)one;
        nni_big_shift_left(a, 1);
    }
    /* What is left of a is twice the fraction of the last bit. A carry out of the
     * significand increments the exponent by itself. */
    int half = nni_big_compare(a, b);
    quotient += half > 0 || (half == 0 && (quotient & 1) != 0);
    if (missing > 0) {
        return quotient;
    }
    uint64_t biased = (uint64_t)(exponent - format->min_exponent);
    return (biased << stored) + quotient;
}

/* The bits of a scanned number's magnitude in a format. */
static uint64_t number_exact_bits(const struct number_scan *scan,
                                  const struct number_format *format) {
    int64_t magnitude = scan->exponent + scan->kept - 1;
    if (scan->leading == 0 || magnitude < NUMBER_MIN_EXPONENT) {
        return 0;
    }
    struct nni_big numerator;
    struct nni_big denominator;
    nni_big_set(&numerator, 1);
    nni_big_set(&denominator, 1);
    int32_t binary = format->max_exponent + 1;
    if (magnitude <= NUMBER_MAX_EXPONENT) {
        int32_t exponent;
        number_big_digits(scan, &numerator, &exponent);
        if (exponent >= 0) {
            nni_big_multiply_ten(&numerator, exponent);
        } else {
            nni_big_multiply_ten(&denominator, -exponent);
        }
        binary = number_normalise(&numerator, &denominator);
    }
    return number_round(&numerator, &denominator, binary, format);
}

static double number_exact_double(const struct number_scan *scan) {
    uint64_t bits = number_exact_bits(scan, &number_double);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float number_exact_float(const struct number_scan *scan) {
    uint32_t bits = (uint32_t)number_exact_bits(scan, &number_float);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* ---- the fast path ---- */

/* The magnitude by one exact operation; 0 where that is not possible. */
static int number_fast_double(const struct number_scan *scan, double *value) {
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
static int number_fast_float(const struct number_scan *scan, float *value) {
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

/* Strips blanks and the sign; then either reads a word, whose magnitude (infinity or NaN)
 * is in *special, or scans a number, leaving *special 0. Returns 0 where it is neither. */
static int number_read(const char *text, size_t length, struct number_scan *scan,
                       double *special) {
    static const uint64_t infinity_bits = UINT64_C(0x7ff0000000000000);
    static const uint64_t nan_bits = UINT64_C(0x7ff8000000000000);
    const char *end = text + length;
    *scan = (struct number_scan){.exact = 1};
    *special = 0;
    while (text < end && number_is_blank(*text)) {
        text++;
    }
    while (text < end && number_is_blank(end[-1])) {
        end--;
    }
    scan->negative = text < end && *text == '-';
    text += text < end && (*text == '-' || *text == '+');
    if (number_is_word(text, end, "inf") || number_is_word(text, end, "infinity")) {
        memcpy(special, &infinity_bits, sizeof *special);
        return 1;
    }
    if (number_is_word(text, end, "nan")) {
        memcpy(special, &nan_bits, sizeof *special);
        return 1;
    }
    return number_scan_all(text, end, scan);
}

int nni_parse_number(const char *text, size_t length, double *value) {
    struct number_scan scan;
    *value = 0;
    double magnitude;
    if (!number_read(text, length, &scan, &magnitude)) {
        return 0;
    }
    struct nni_float_env env = nni_float_env_enter();
    if (magnitude == 0 && !number_fast_double(&scan, &magnitude)) {
        magnitude = number_exact_double(&scan);
    }
    nni_float_env_leave(env);
    *value = scan.negative ? -magnitude : magnitude;
    return 1;
}

int nni_parse_float(const char *text, size_t length, float *value) {
    struct number_scan scan;
    *value = 0;
    double special;
    if (!number_read(text, length, &scan, &special)) {
        return 0;
    }
    struct nni_float_env env = nni_float_env_enter();
    float magnitude = (float)special;
    if (special == 0 && !number_fast_float(&scan, &magnitude)) {
        magnitude = number_exact_float(&scan);
    }
    nni_float_env_leave(env);
    *value = scan.negative ? -magnitude : magnitude;
    return 1;
}
