/* UTF-8: which bytes are characters. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/utf8.h"

#include <string.h>

static void assert_valid(const char *text)
{
    assert_int_equal(nni_utf8_valid(text, strlen(text)), 1);
}

static void assert_refused(const char *text)
{
    assert_int_equal(nni_utf8_valid(text, strlen(text)), 0);
}

static void test_characters_of_one_to_four_bytes_are_valid(void **state)
{
    (void)state;
    assert_valid("");
    assert_valid("plain");
    assert_valid("\xC2\x80 \xDF\xBF");
    assert_valid("\xE0\xA0\x80 \xED\x9F\xBF \xEE\x80\x80 \xEF\xBF\xBF");
    assert_valid("\xF0\x90\x80\x80 \xF4\x8F\xBF\xBF");
    assert_int_equal(nni_utf8_valid("a\0b", 3), 1);
}

static void test_what_is_no_character_is_refused(void **state)
{
    (void)state;
    assert_refused("ab\x80");             /* not a first byte */
    assert_refused("ab\xC1\xBF");         /* overlong */
    assert_refused("ab\xE0\x9F\xBF");     /* overlong */
    assert_refused("ab\xF0\x8F\xBF\xBF"); /* overlong */
    assert_refused("ab\xED\xA0\x80");     /* a surrogate */
    assert_refused("ab\xF4\x90\x80\x80"); /* above U+10FFFF */
    assert_refused("ab\xF5\x80\x80\x80"); /* far above */
    assert_refused("\xC3\xA9\xC3");       /* cut */
    assert_refused("\xE2\x82");           /* cut */
    assert_refused("\xE2\x82(");          /* the third byte */
    assert_refused("\xF0\x9F\x98(");      /* the fourth byte */
}

/* All numbers of 21 bits, in their shortest form and in one of four bytes. */
static void test_every_character_has_one_form(void **state)
{
    (void)state;
    int64_t found = 0;
    for (uint32_t code = 0x80; code <= 0x1FFFFF; code++) {
        const char text[4] = {(char)(0xF0 | code >> 18), (char)(0x80 | (code >> 12 & 63)),
                              (char)(0x80 | (code >> 6 & 63)),
                              (char)(0x80 | (code & 63))};
        int32_t skipped = code < 0x800 ? 2 : code < 0x10000 ? 1 : 0;
        char cut[4];
        memcpy(cut, text + skipped, 4 - (size_t)skipped);
        cut[0] = skipped == 0   ? text[0]
                 : skipped == 1 ? (char)(0xE0 | code >> 12)
                                : (char)(0xC0 | code >> 6);
        size_t length = 4 - (size_t)skipped;
        int valid = nni_utf8_valid(cut, length);
        assert_int_equal(valid, code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF));
        found += valid;
        if (skipped > 0) {
            assert_int_equal(nni_utf8_valid(text, 4), 0); /* overlong */
        }
    }
    assert_int_equal(found, 0x110000 - 0x80 - 0x800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_characters_of_one_to_four_bytes_are_valid),
        cmocka_unit_test(test_what_is_no_character_is_refused),
        cmocka_unit_test(test_every_character_has_one_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
