/* Binary floating point to decimal text, in no locale. A finite value is a ratio of two
 * large integers; its digits are quotients by ten after ten (Steele and White, "How to
 * print floating-point numbers accurately", PLDI 1990, with a fixed number of digits), the
 * last one rounded to nearest, ties to even. */
#include "base/text.h"

#include "base/big_integer.h"

#include <string.h>

enum {
    NUMBER_DIGITS_MAX = 17,      /* as many tell any two doubles apart */
    NUMBER_DIGITS_SAFE = 15,     /* as many come back from a normal double */
    NUMBER_MIN_FIXED = -4,       /* %g's smallest exponent that is written without e */
    NUMBER_STORED_BITS = 52,     /* of the significand */
    NUMBER_EXPONENT_BIAS = 1075, /* such that value = significand * 2^(field - bias) */
    NUMBER_EXPONENT_FIELD = 0x7ff
};

/* A double taken apart, and its decimal digits: d.ddd * 10^exponent. */
struct number_digits {
    int negative;
    int32_t field; /* the exponent's bits */
    uint64_t significand;
    char digit[NUMBER_DIGITS_MAX];
    int32_t count;
    int32_t exponent;
};

static struct number_digits number_take_apart(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    struct number_digits number = {
        .negative = (int)(bits >> 63),
        .field = (int32_t)(bits >> NUMBER_STORED_BITS) & NUMBER_EXPONENT_FIELD,
        .significand = bits & ((UINT64_C(1) << NUMBER_STORED_BITS) - 1),
    };
    return number;
}

/* a / b = the magnitude / 10^exponent, with 1 <= a / b < 10; returns the exponent. */
static int32_t number_ratio(const struct number_digits *number, struct nni_big *a,
                            struct nni_big *b)
{
    uint64_t hidden = number->field == 0 ? 0 : UINT64_C(1) << NUMBER_STORED_BITS;
    int32_t power = (number->field == 0 ? 1 : number->field) - NUMBER_EXPONENT_BIAS;
    nni_big_set(a, number->significand | hidden);
    nni_big_set(b, 1);
    /* The position of the highest bit, times log10(2): right or off by one. */
    int32_t exponent = (nni_big_bits(a) - 1 + power) * 1233 / 4096;
    nni_big_shift_left(power > 0 ? a : b, power > 0 ? power : -power);
    nni_big_multiply_ten(exponent > 0 ? b : a, exponent > 0 ? exponent : -exponent);
    while (nni_big_compare(a, b) < 0) {
        nni_big_multiply_add(a, 10, 0);
        exponent--;
    }
    struct nni_big ten_b = *b;
    nni_big_multiply_add(&ten_b, 10, 0);
    while (nni_big_compare(a, &ten_b) >= 0) {
        *b = ten_b;
        nni_big_multiply_add(&ten_b, 10, 0);
        exponent++;
    }
    return exponent;
}

/* Adds one to the last digit. */
static void number_round_up(struct number_digits *number)
{
    int32_t i = number->count - 1;
    while (i >= 0 && number->digit[i] == '9') {
        number->digit[i--] = '0';
    }
    if (i >= 0) {
        number->digit[i]++;
    } else {
        number->digit[0] = '1';
        number->exponent++;
    }
}

/* Writes the first `count` digits of a finite value that is not 0, without the zeros at
 * their end. */
static void number_make_digits(struct number_digits *number, int32_t count)
{
    struct nni_big a;
    struct nni_big b;
    number->exponent = number_ratio(number, &a, &b);
    number->count = count;
    for (int32_t i = 0; i < count; i++) {
        number->digit[i] = '0';
        while (nni_big_compare(&a, &b) >= 0) {
            nni_big_subtract(&a, &b);
            number->digit[i]++;
        }
        nni_big_multiply_add(&a, 10, 0);
    }
    /* What is left of a is ten times the fraction of the last digit. */
    nni_big_multiply_add(&b, 5, 0);
    int half = nni_big_compare(&a, &b);
    if (half > 0 || (half == 0 && (number->digit[count - 1] - '0') % 2 != 0)) {
        number_round_up(number);
    }
    while (number->count > 1 && number->digit[number->count - 1] == '0') {
        number->count--;
    }
}

static char *number_put(char *at, const char *bytes, int32_t count)
{
    memcpy(at, bytes, (size_t)count);
    return at + count;
}

static char *number_put_zeros(char *at, int32_t count)
{
    memset(at, '0', (size_t)count);
    return at + count;
}

/* Without an exponent: 120, 1.25, 0.0125. */
static void number_put_fixed(char *at, const struct number_digits *number)
{
    int32_t before = number->exponent + 1;
    if (before <= 0) {
        at = number_put(at, "0.", 2);
        at = number_put_zeros(at, -before);
        number_put(at, number->digit, number->count);
        return;
    }
    if (before >= number->count) {
        at = number_put(at, number->digit, number->count);
        number_put_zeros(at, before - number->count);
        return;
    }
    at = number_put(at, number->digit, before);
    at = number_put(at, ".", 1);
    number_put(at, number->digit + before, number->count - before);
}

/* With an exponent of at least two digits: 1e+30, 1.25e-07. */
static void number_put_scientific(char *at, const struct number_digits *number)
{
    at = number_put(at, number->digit, 1);
    if (number->count > 1) {
        at = number_put(at, ".", 1);
        at = number_put(at, number->digit + 1, number->count - 1);
    }
    int32_t size = number->exponent < 0 ? -number->exponent : number->exponent;
    at = number_put(at, number->exponent < 0 ? "e-" : "e+", 2);
    if (size >= 100) {
        *at++ = (char)('0' + size / 100);
    }
    *at++ = (char)('0' + size / 10 % 10);
    *at = (char)('0' + size % 10);
}

/* Lays the digits out as %g of a precision would. */
static struct nni_number_text number_lay_out(const struct number_digits *number,
                                             int32_t precision)
{
    struct nni_number_text result = {""};
    char *at = result.text;
    if (number->negative) {
        at = number_put(at, "-", 1);
    }
    int fixed = number->exponent >= NUMBER_MIN_FIXED && number->exponent < precision;
    if (fixed) {
        number_put_fixed(at, number);
    } else {
        number_put_scientific(at, number);
    }
    return result;
}

struct nni_number_text nni_number_text(double value, int32_t digits)
{
    struct number_digits number = number_take_apart(value);
    digits = (int32_t)nni_min(nni_max(digits, 1), NUMBER_DIGITS_MAX);
    if (number.field == NUMBER_EXPONENT_FIELD) {
        struct nni_number_text words[] = {{"nan"}, {"inf"}, {"-inf"}};
        return words[number.significand != 0 ? 0 : 1 + number.negative];
    }
    if (number.field == 0 && number.significand == 0) {
        number.digit[0] = '0';
        number.count = 1;
        return number_lay_out(&number, digits);
    }
    for (int32_t count = number.field == 0 ? 1 : NUMBER_DIGITS_SAFE; count < digits;
         count++) {
        number_make_digits(&number, count);
        struct nni_number_text text = number_lay_out(&number, digits);
        double back;
        nni_parse_number(text.text, strlen(text.text), &back);
        if (back == value) {
            return text;
        }
    }
    number_make_digits(&number, digits);
    return number_lay_out(&number, digits);
}
