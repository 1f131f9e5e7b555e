/* Decimal text and binary numbers: the parsers against strtod and strtof, which glibc
 * rounds correctly, and the writer against %.17g and by reading back. In this program's
 * own use of them the locale is "C"; one test switches to a locale with a comma. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/random.h"
#include "base/text.h"

#include "support/locale.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 20000 };

static uint64_t random_bits(uint64_t draw)
{
    struct nni_random random = nni_random_make(123, NNI_STREAM_TENSOR, 0, 0);
    uint32_t words[4];
    nni_random_block(&random, draw, words);
    return words[0] | (uint64_t)words[1] << 32;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static int same_double(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static int same_float(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Both parsers agree with the C library's on text. */
static void agree_with_the_library(const char *text)
{
    double value = 0;
    float narrow = 0;
    if (!nni_parse_number(text, strlen(text), &value) ||
        !nni_parse_float(text, strlen(text), &narrow)) {
        fail_msg("'%s' was not read", text);
    }
    if (!same_double(value, strtod(text, NULL))) {
        fail_msg("'%s': got %a, expected %a", text, value, strtod(text, NULL));
    }
    if (!same_float(narrow, strtof(text, NULL))) {
        fail_msg("'%s': got %a, expected %a as float", text, (double)narrow,
                 (double)strtof(text, NULL));
    }
}

/* ---- reading ---- */

static void plain_numbers_are_read(void **state)
{
    (void)state;
    const char *const texts[] = {
        "0",
        "-0",
        "0.0",
        "1",
        "+1",
        "-1",
        "1.",
        ".5",
        "-.5",
        "0.1",
        "3.14159",
        "1e3",
        "1E+3",
        "1e-3",
        "1.5e-5",
        "00012.500",
        "123456789",
        "0e999999999999999999999",
        "0.0000000000000000000000000000000000001e37",
        "9007199254740993",
        "1e22",
        "1e23",
        "1e-22",
        "1e-23",
        "100000000000000000000000000000000000000e-38",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        agree_with_the_library(texts[i]);
    }
}

static void blanks_around_a_number_are_allowed(void **state)
{
    (void)state;
    double value;
    assert_true(nni_parse_number(" \t2.5\r\n", 7, &value));
    assert_true(same_double(value, 2.5));
}

static void only_the_given_length_is_read(void **state)
{
    (void)state;
    double value;
    assert_true(nni_parse_number("12,34", 2, &value));
    assert_true(same_double(value, 12));
}

static void what_is_no_number_is_refused(void **state)
{
    (void)state;
    const char *const texts[] = {
        "",    " ",   "-",    "+",    ".",     "-.",   "e5",   ".e5",    "1e",
        "1e+", "1e-", "1 2",  "1,5",  "1.2.3", "0x10", "--1",  "+-1",    "1e5.0",
        "abc", "in",  "infi", "nanx", "1f",    "- 1",  "1e 5", "nan(1)", "1_000",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        double value = 7;
        float narrow = 7;
        assert_false(nni_parse_number(texts[i], strlen(texts[i]), &value));
        assert_false(nni_parse_float(texts[i], strlen(texts[i]), &narrow));
        assert_true(same_double(value, 0) && same_float(narrow, 0));
    }
    double value;
    assert_false(nni_parse_number("1\0", 2, &value));
}

static void infinity_and_nan_are_read_in_any_case(void **state)
{
    (void)state;
    const char *const texts[] = {"inf", "Inf", "INFINITY", "+inf", "-inf", "-Infinity"};
    for (int i = 0; i < 6; i++) {
        double value;
        float narrow;
        assert_true(nni_parse_number(texts[i], strlen(texts[i]), &value));
        assert_true(nni_parse_float(texts[i], strlen(texts[i]), &narrow));
        double expected = texts[i][0] == '-' ? -(double)INFINITY : (double)INFINITY;
        assert_true(same_double(value, expected));
        assert_true(same_double((double)narrow, expected));
    }
    double value;
    float narrow;
    assert_true(nni_parse_number("NaN", 3, &value));
    assert_true(nni_parse_float("-nan", 4, &narrow));
    assert_true(isnan(value) && isnan(narrow));
}

static void numbers_out_of_range_become_infinite_or_zero(void **state)
{
    (void)state;
    const char *const texts[] = {
        "1e309",
        "-1e309",
        "1e400",
        "1e99999999999999999999999",
        "1.8e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "3.4028235e38",
        "3.4028236e38",
        "3.40282356779733661637539395458e38",
        "3.40282356779733661637539395459e38",
        "1e-324",
        "-1e-400",
        "2e-324",
        "3e-324",
        "2.4703282292062327208e-324",
        "2.4703282292062328e-324",
        "1e-99999999999999999999999",
        "7e-46",
        "7.1e-46",
        "1.4e-45",
        "1e-325",
        "9.99999999e-326",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        agree_with_the_library(texts[i]);
    }
}

static void random_doubles_of_17_digits_come_back(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        double value = double_of(random_bits(i));
        if (isfinite(value)) {
            char text[40];
            snprintf(text, sizeof text, "%.17g", value);
            agree_with_the_library(text);
        }
    }
}

static void random_subnormals_come_back(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SAMPLES / 10; i++) {
        uint64_t bits = random_bits(i) >> (12 + i % 52);
        char text[40];
        snprintf(text, sizeof text, "%.17g", double_of(bits));
        agree_with_the_library(text);
        snprintf(text, sizeof text, "%.9g", (double)float_of((uint32_t)bits & 0x7fffff));
        agree_with_the_library(text);
    }
}

static void random_short_decimals_agree(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SAMPLES; i++) {
        uint64_t bits = random_bits(i);
        uint64_t digits = bits >> (bits % 64);
        char text[64];
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)digits,
                 (int)(bits >> 8 & 63) - 40);
        agree_with_the_library(text);
    }
}

/* The exact decimal of the middle between two doubles, and its neighbours. */
static void halves_between_doubles_round_to_even(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 300; i++) {
        uint64_t bits = random_bits(i) & UINT64_C(0x7fffffffffffffff);
        if (i % 4 == 0) {
            bits &= UINT64_C(0x001fffffffffffff); /* subnormal or next to it */
        }
        double low = double_of(bits);
        if (!isfinite(double_of(bits + 1))) {
            continue;
        }
        /* In long double of 64 bits the middle is exact, subnormals included. */
        long double middle = ((long double)low + (long double)double_of(bits + 1)) / 2;
        char text[1500];
        int length = snprintf(text, sizeof text - 2, "%.1100Lf", middle);
        assert_in_range(length, 1100, (int)sizeof text - 3);
        agree_with_the_library(text);
        strcpy(text + length, "1");
        agree_with_the_library(text);
        text[length] = '\0';
        char *digit = text + length;
        while (digit > text && (digit[-1] == '0' || digit[-1] == '.')) {
            digit--;
        }
        if (digit > text) {
            digit[-1]--;
            agree_with_the_library(text);
        }
    }
}

static void halves_between_floats_round_to_even(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        uint32_t bits = (uint32_t)random_bits(i) & 0x7fffffff;
        if (i % 4 == 0) {
            bits &= 0x00ffffff;
        }
        if (bits >= 0x7f7fffff) {
            continue;
        }
        double middle = ((double)float_of(bits) + (double)float_of(bits + 1)) / 2;
        char text[300];
        snprintf(text, sizeof text, "%.200g", middle);
        agree_with_the_library(text);
        /* So close to the middle that the double of it is the middle. */
        snprintf(text, sizeof text, "%.200g", middle);
        char *exponent = strchr(text, 'e');
        char tail[16] = "";
        if (exponent != NULL) {
            strcpy(tail, exponent);
            *exponent = '\0';
        }
        strcat(text, strchr(text, '.') == NULL ? ".00000000000000000000000001"
                                               : "00000000000000000000000001");
        strcat(text, tail);
        agree_with_the_library(text);
    }
}

static void long_texts_are_read_to_the_last_digit(void **state)
{
    (void)state;
    static char text[20000];
    /* 1 + 2^-53 is halfway; only the last digit says that it is above. */
    strcpy(text, "1.00000000000000011102230246251565404236316680908203125");
    agree_with_the_library(text);
    size_t length = strlen(text);
    memset(text + length, '0', 15000);
    strcpy(text + length + 15000, "1");
    agree_with_the_library(text);
    strcpy(text + length + 15000, "0");
    agree_with_the_library(text);
    memset(text, '0', 15000);
    strcpy(text + 15000, "17.5");
    agree_with_the_library(text);
    text[1] = '.';
    strcpy(text + 15000, "25e15000");
    agree_with_the_library(text);
    memset(text, '9', 15000);
    strcpy(text + 15000, "e-14990");
    agree_with_the_library(text);
    memset(text, '1', 800);
    strcpy(text + 800, ".5e-500");
    agree_with_the_library(text);
}

/* ---- writing ---- */

static void numbers_are_written_short(void **state)
{
    (void)state;
    const struct {
        double value;
        int32_t digits;
        const char *text;
    } cases[] = {
        {0, 17, "0"},
        {-0.0, 17, "-0"},
        {1, 17, "1"},
        {-2.5, 17, "-2.5"},
        {0.1, 17, "0.1"},
        {1.0 / 3, 6, "0.333333"},
        {2.0 / 3, 6, "0.666667"},
        {1.0 / 3, 17, "0.3333333333333333"},
        {2147483647, 17, "2147483647"},
        {123456, 6, "123456"},
        {1234567, 6, "1.23457e+06"},
        {999999.5, 6, "1e+06"},
        {0.0001, 6, "0.0001"},
        {0.00001, 6, "1e-05"},
        {1e100, 17, "1e+100"},
        {5e-324, 17, "5e-324"},
        {DBL_MAX, 17, "1.7976931348623157e+308"},
        {2.5, 1, "2"},
        {3.5, 1, "4"},
        {9.5, 1, "1e+01"},
        {7, 0, "7"},
        {0.1, 99, "0.1"},
        {(double)INFINITY, 6, "inf"},
        {-(double)INFINITY, 6, "-inf"},
        {(double)NAN, 6, "nan"},
        {-(double)NAN, 6, "nan"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(nni_number_text(cases[i].value, cases[i].digits).text,
                            cases[i].text);
    }
}

static void seventeen_digits_read_back_and_are_never_longer_than_needed(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SAMPLES / 4; i++) {
        double value = double_of(random_bits(i) >> (i % 8 == 0 ? 12 + i % 50 : 0));
        if (!isfinite(value)) {
            continue;
        }
        struct nni_number_text text = nni_number_text(value, 17);
        assert_true(same_double(strtod(text.text, NULL), value));
        char shorter[350];
        int digits = 1;
        do {
            snprintf(shorter, sizeof shorter, "%.*g", digits++, value);
        } while (!same_double(strtod(shorter, NULL), value));
        assert_true(strtod(shorter, NULL) == strtod(text.text, NULL));
        /* %g changes to an exponent earlier the fewer digits it has. */
        if (strchr(shorter, 'e') == NULL || strchr(text.text, 'e') != NULL) {
            assert_string_equal(text.text, shorter);
        }
    }
}

static void fewer_digits_are_those_of_the_library(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SAMPLES / 4; i++) {
        double value = double_of(random_bits(i));
        if (i % 2 == 0) {
            value = (double)(random_bits(i) >> (i % 64)) / 1024;
        }
        if (isfinite(value) && fabs(value) >= DBL_MIN) {
            int digits = 1 + (int)(i % 15);
            char expected[350];
            snprintf(expected, sizeof expected, "%.*g", digits, value);
            assert_string_equal(nni_number_text(value, digits).text, expected);
        }
    }
}

/* ---- the locale, and text ---- */

static void a_locale_with_a_comma_changes_nothing(void **state)
{
    (void)state;
    use_comma_locale();
    double value = 0;
    int read = nni_parse_number("2.5", 3, &value);
    int comma = nni_parse_number("2,5", 3, &value);
    struct nni_number_text text = nni_number_text(2.5, 17);
    setlocale(LC_ALL, "C");
    assert_true(read && !comma);
    assert_string_equal(text.text, "2.5");
}

static void a_text_grows(void **state)
{
    (void)state;
    struct nni_text text;
    nni_text_init(&text, NULL);
    assert_null(text.data);
    nni_text_append(&text, "", 0);
    nni_text_format(&text, "%s", "");
    for (int i = 0; i < 100; i++) {
        nni_text_format(&text, "%d,", i % 10);
        nni_text_number(&text, 0.5, 17);
        nni_text_append(&text, ";", 1);
    }
    assert_int_equal(text.status, NN_OK);
    assert_int_equal(text.length, 600);
    assert_int_equal(strlen(text.data), 600);
    assert_memory_equal(text.data, "0,0.5;1,0.5;", 12);
    nni_text_release(&text);
    assert_null(text.data);
    assert_int_equal(text.length, 0);
}

static void a_text_remembers_its_first_failure(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_memory_limit(context, 1000), NN_OK);
    struct nni_text text;
    nni_text_init(&text, context);
    nni_text_append(&text, "abc", 3);
    assert_int_equal(text.status, NN_OK);
    for (int i = 0; i < 200; i++) {
        nni_text_format(&text, "%d ", 12345);
    }
    assert_int_equal(text.status, NN_ERROR_MEMORY_LIMIT);
    size_t length = text.length;
    nni_text_append(&text, "a", 1);
    nni_text_format(&text, "a");
    assert_int_equal(text.length, length);
    nni_text_release(&text);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
}

static void a_text_that_cannot_exist_is_refused(void **state)
{
    (void)state;
    struct nni_text text;
    nni_text_init(&text, NULL);
    nni_text_append(&text, "a", SIZE_MAX);
    assert_int_equal(text.status, NN_ERROR_SIZE);
    nni_text_release(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_numbers_are_read),
        cmocka_unit_test(blanks_around_a_number_are_allowed),
        cmocka_unit_test(only_the_given_length_is_read),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(infinity_and_nan_are_read_in_any_case),
        cmocka_unit_test(numbers_out_of_range_become_infinite_or_zero),
        cmocka_unit_test(random_doubles_of_17_digits_come_back),
        cmocka_unit_test(random_subnormals_come_back),
        cmocka_unit_test(random_short_decimals_agree),
        cmocka_unit_test(halves_between_doubles_round_to_even),
        cmocka_unit_test(halves_between_floats_round_to_even),
        cmocka_unit_test(long_texts_are_read_to_the_last_digit),
        cmocka_unit_test(numbers_are_written_short),
        cmocka_unit_test(seventeen_digits_read_back_and_are_never_longer_than_needed),
        cmocka_unit_test(fewer_digits_are_those_of_the_library),
        cmocka_unit_test(a_locale_with_a_comma_changes_nothing),
        cmocka_unit_test(a_text_grows),
        cmocka_unit_test(a_text_remembers_its_first_failure),
        cmocka_unit_test(a_text_that_cannot_exist_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
