/* The grammar of a decimal number, read in one pass: blanks, a sign, digits with at most
 * one point, an exponent; or a word. */
#include "base/number_scan.h"

#include <string.h>

enum { NUMBER_LEADING_DIGITS = 19 /* always fit into 64 bits */ };

static const int64_t number_huge_exponent = INT64_C(1) << 60;

static int number_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static int number_is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* 1 where text is word, in any case; word is in lower case. */
static int number_is_word(const char *text, const char *end, const char *word)
{
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
                                      struct nni_number_scan *scan)
{
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
static int number_scan_exponent(const char *text, const char *end, int64_t *exponent)
{
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

/* Reads digits and exponent from the whole of text ... end. */
static int number_scan_all(const char *text, const char *end,
                           struct nni_number_scan *scan)
{
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

int nni_number_scan(const char *text, size_t length, struct nni_number_scan *scan,
                    double *special)
{
    static const uint64_t infinity_bits = UINT64_C(0x7ff0000000000000);
    static const uint64_t nan_bits = UINT64_C(0x7ff8000000000000);
    const char *end = text + length;
    *scan = (struct nni_number_scan){.exact = 1};
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
