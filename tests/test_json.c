/* JSON read and written: what is accepted and how it is found again, what is refused and
 * at which byte, limits, hostile texts. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/json.h"

#include "base/memory.h"
#include "base/utf8.h"
#include "support/datasets.h"

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads a copy of a text, which *json then has; free(json->text) gives it back. */
static nn_status read_text(struct nni_json *json, nn_context *context, const char *text,
                           size_t length)
{
    char *copy = malloc(length + 1);
    assert_non_null(copy);
    memcpy(copy, text, length);
    copy[length] = 'x';
    nn_status status = nni_json_read(json, context, "t", 100, copy, length);
    if (status != NN_OK) {
        free(copy);
    }
    return status;
}

static struct nni_json read_good(const char *text)
{
    struct nni_json json;
    if (read_text(&json, NULL, text, strlen(text)) != NN_OK) {
        fail_msg("%s: %s", text, nn_last_error());
    }
    return json;
}

static void drop(struct nni_json *json)
{
    nni_json_release(json);
    free(json->text);
}

static void assert_refused(const char *text, const char *message)
{
    struct nni_json json;
    assert_int_equal(read_text(&json, NULL, text, strlen(text)), NN_ERROR_FORMAT);
    assert_string_equal(nn_last_error(), message);
}

static void test_members_are_found_by_key(void **state)
{
    (void)state;
    struct nni_json json =
        read_good(" { \"a\" : 1 , \"b\" : [ 2 , \"x\" ] , \"\" : { } , \"n\":null } ");
    assert_int_equal(json.nodes[0].kind, NNI_JSON_OBJECT);
    assert_int_equal(json.nodes[0].count, 4);
    int32_t b = nni_json_member(&json, 0, "b");
    assert_int_equal(json.nodes[b].kind, NNI_JSON_ARRAY);
    assert_int_equal(json.nodes[b].count, 2);
    int32_t x = json.nodes[json.nodes[b].first].next;
    assert_string_equal(nni_json_string(&json, x), "x");
    assert_int_equal(json.nodes[x].next, 0);
    assert_int_equal(json.nodes[nni_json_member(&json, 0, "")].kind, NNI_JSON_OBJECT);
    assert_int_equal(json.nodes[nni_json_member(&json, 0, "n")].kind, NNI_JSON_NULL);
    assert_int_equal(nni_json_member(&json, 0, "c"), 0);
    drop(&json);
}

static void test_what_is_missing_or_of_another_kind_is_said(void **state)
{
    (void)state;
    struct nni_json json = read_good("{\"a\":true,\"b\":false}");
    int32_t node;
    assert_int_equal(nni_json_require(&json, 0, "c", NNI_JSON_STRING, &node),
                     NN_ERROR_FORMAT);
    assert_string_equal(nn_last_error(), "t: byte 100: 'c' is missing");
    assert_int_equal(nni_json_require(&json, 0, "b", NNI_JSON_STRING, &node),
                     NN_ERROR_FORMAT);
    assert_string_equal(nn_last_error(), "t: byte 114: 'b' is false, expected a string");
    assert_int_equal(nni_json_require(&json, 0, "a", NNI_JSON_TRUE, &node), NN_OK);
    static const char *const known[] = {"a", NULL};
    assert_string_equal(nni_json_key(&json, nni_json_stranger(&json, 0, known)), "b");
    static const char *const all[] = {"b", "a", NULL};
    assert_int_equal(nni_json_stranger(&json, 0, all), 0);
    drop(&json);
}

static void test_escapes_become_characters(void **state)
{
    (void)state;
    struct nni_json json = read_good("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"\\u0041\\u00e9"
                                     "\\u20AC\\ud83d\\uDE00z\",\"\xc3\xa9\\u0001\"]");
    int32_t first = json.nodes[0].first;
    int32_t second = json.nodes[first].next;
    assert_string_equal(nni_json_string(&json, first), "\"\\/\b\f\n\r\t");
    assert_string_equal(nni_json_string(&json, second),
                        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
    assert_string_equal(nni_json_string(&json, json.nodes[second].next), "\xc3\xa9\x01");
    assert_int_equal(json.nodes[second].length, 11);
    drop(&json);
}

static void test_whole_numbers_are_exact(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t value;
    } cases[] = {{"0", 0},
                 {"-0", 0},
                 {"9223372036854775807", INT64_MAX},
                 {"-9223372036854775808", INT64_MIN},
                 {"9007199254740993", INT64_C(9007199254740993)}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nni_json json = read_good(cases[i].text);
        int64_t value;
        assert_int_equal(nni_json_int(&json, 0, &value), NN_OK);
        assert_true(value == cases[i].value);
        drop(&json);
    }
    static const char *const none[] = {"9223372036854775808",
                                       "-9223372036854775809",
                                       "1.0",
                                       "1e3",
                                       "99999999999999999999",
                                       "\"1\""};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        struct nni_json json = read_good(none[i]);
        int64_t value = 1;
        assert_int_equal(nni_json_int(&json, 0, &value), NN_ERROR_FORMAT);
        assert_int_equal(value, 0);
        drop(&json);
    }
}

static void test_numbers_come_back_to_the_bit(void **state)
{
    (void)state;
    static const double values[] = {0.1,     -0.0,      1.0 / 255, 5e-324, DBL_MAX,
                                    DBL_MIN, 1.0 / 3.0, 1e21,      -1,     123456789};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct nni_text text;
        double back;
        nni_text_init(&text, NULL);
        nni_json_put_number(&text, values[i]);
        struct nni_json json = read_good(text.data);
        assert_int_equal(nni_json_number(&json, 0, &back), NN_OK);
        assert_memory_equal(&back, &values[i], sizeof back);
        drop(&json);
        nni_text_release(&text);
    }
    struct nni_json json = read_good("[]");
    double value = 1;
    assert_int_equal(nni_json_number(&json, 0, &value), NN_ERROR_FORMAT);
    assert_string_equal(nn_last_error(), "t: byte 100: an array, expected a number");
    assert_true(value == 0);
    drop(&json);
}

static void test_strings_come_back(void **state)
{
    (void)state;
    char all[160];
    size_t length = 0;
    for (int c = 1; c < 128; c++) {
        all[length++] = (char)c;
    }
    memcpy(all + length, "\xc3\xa9\xf0\x9f\x98\x80", 7);
    length += 6;
    struct nni_text text;
    nni_text_init(&text, NULL);
    nni_json_put_string(&text, all, length);
    struct nni_json json = read_good(text.data);
    assert_int_equal(json.nodes[0].length, length);
    assert_string_equal(nni_json_string(&json, 0), all);
    drop(&json);
    nni_text_release(&text);
}

static void test_each_mistake_is_named_with_its_byte(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "t: byte 100: the text ends; expected a value"},
        {"  ", "t: byte 102: the text ends; expected a value"},
        {"nul", "t: byte 100: expected a value"},
        {"truE", "t: byte 100: expected a value"},
        {"1 2", "t: byte 102: something follows the value"},
        {"[1", "t: byte 102: the text ends; expected ',' or ']'"},
        {"[1 2]", "t: byte 103: expected ',' or ']'"},
        {"[1,]", "t: byte 103: expected a value after ','"},
        {"[,1]", "t: byte 101: expected a value"},
        {"{\"a\":1", "t: byte 106: the text ends; expected ',' or '}'"},
        {"{\"a\" 1}", "t: byte 105: expected ':'"},
        {"{\"a\":1,}", "t: byte 107: expected a key after ','"},
        {"{a:1}", "t: byte 101: expected a key in quotes"},
        {"{\"a\":1,\"b\":2,\"a\":3}", "t: byte 117: the key 'a' comes twice"},
        {"{\"a\":1,\"\\u0061\":3}", "t: byte 116: the key 'a' comes twice"},
        {"01", "t: byte 102: the text ends; a number is not written so"},
        {"-", "t: byte 101: the text ends; a number is not written so"},
        {"1.", "t: byte 102: the text ends; a number is not written so"},
        {".5", "t: byte 100: expected a value"},
        {"1e+", "t: byte 103: the text ends; a number is not written so"},
        {"+1", "t: byte 100: expected a value"},
        {"NaN", "t: byte 100: expected a value"},
        {"-inf", "t: byte 101: a number is not written so"},
        {"\"a", "t: byte 102: the text ends; a string has no end"},
        {"\"a\n\"", "t: byte 102: a control character in a string"},
        {"\"\\x\"", "t: byte 102: there is no such escape in a string"},
        {"\"\\", "t: byte 102: the text ends; there is no such escape in a string"},
        {"\"\\u12g4\"", "t: byte 103: expected four hexadecimal digits"},
        {"\"\\u12", "t: byte 103: expected four hexadecimal digits"},
        {"\"\\ud800\"", "t: byte 103: half of a surrogate pair"},
        {"\"\\ud800\\u0041\"", "t: byte 103: half of a surrogate pair"},
        {"\"\\udc00\"", "t: byte 103: half of a surrogate pair"},
        {"\"\\u0000\"", "t: byte 103: the character 0 in a string"},
        {"\"\x80\"", "t: byte 101: this is not UTF-8"},
        {"\"\xc0\x80\"", "t: byte 101: this is not UTF-8"},
        {"\"a\xed\xa0\x80\"", "t: byte 102: this is not UTF-8"},
        {"\"\xf4\x90\x80\x80\"", "t: byte 101: this is not UTF-8"},
        {"\"\xe2\x82", "t: byte 101: this is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_refused(cases[i].text, cases[i].message);
    }
}

static void test_character_zero_is_no_blank(void **state)
{
    (void)state;
    struct nni_json json;
    assert_int_equal(read_text(&json, NULL, "1\0", 2), NN_ERROR_FORMAT);
    assert_int_equal(read_text(&json, NULL, "\0", 1), NN_ERROR_FORMAT);
    assert_int_equal(read_text(&json, NULL, "\"\0\"", 3), NN_ERROR_FORMAT);
}

static void test_depth_is_bounded(void **state)
{
    (void)state;
    char text[2 * NNI_JSON_DEPTH_MAX + 3] = "";
    memset(text, '[', NNI_JSON_DEPTH_MAX);
    memset(text + NNI_JSON_DEPTH_MAX, ']', NNI_JSON_DEPTH_MAX);
    struct nni_json json = read_good(text);
    drop(&json);
    memset(text, '[', NNI_JSON_DEPTH_MAX + 1);
    assert_refused(text, "t: byte 116: too many arrays and objects within one another");
}

static void test_number_of_values_is_bounded(void **state)
{
    (void)state;
    const size_t length = 2 * (size_t)NNI_JSON_NODES_MAX + 1;
    char *text = malloc(length);
    struct nni_json json;
    assert_non_null(text);
    for (size_t i = 0; i < length; i++) {
        text[i] = i % 2 == 0 ? ',' : '1';
    }
    text[0] = '[';
    text[length - 1] = ']';
    assert_int_equal(nni_json_read(&json, NULL, "t", 0, text, length), NN_ERROR_FORMAT);
    assert_failure(NN_ERROR_FORMAT, "there are too many values");
    free(text);
}

/* An object of `count` members; the last key is that of member `same`. */
static void write_object(struct nni_text *text, int count, int same)
{
    nni_text_init(text, NULL);
    for (int i = 0; i < count; i++) {
        nni_text_format(text, "%c\"key %d\":%d", i == 0 ? '{' : ',',
                        i == count - 1 ? same : (i * 7919) % 10007, i);
    }
    nni_text_append(text, "}", 1);
    assert_int_equal(text->status, NN_OK);
}

static void test_same_key_is_found_among_many(void **state)
{
    (void)state;
    struct nni_text text;
    write_object(&text, 3000, 20000);
    struct nni_json json = read_good(text.data);
    int64_t value;
    assert_int_equal(nni_json_int(&json, nni_json_member(&json, 0, "key 20000"), &value),
                     NN_OK);
    assert_int_equal(value, 2999);
    drop(&json);
    nni_text_release(&text);

    write_object(&text, 3000, (1234 * 7919) % 10007);
    assert_int_equal(read_text(&json, NULL, text.data, text.length), NN_ERROR_FORMAT);
    assert_failure(NN_ERROR_FORMAT, "comes twice");
    nni_text_release(&text);
}

static const char sample[] = "{\"a\":[1,-2.5e3,true,null],\"b\":{\"c\":\"d\\u00e9\\n\"},"
                             "\"e\":[[],{}],\"f\":\"\xc3\xa9\",\"g\":1,\"h\":2,\"i\":3,"
                             "\"j\":4,\"k\":5,\"l\":6}";

static void test_text_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct nni_json json;
    for (size_t length = 0; length < sizeof sample - 1; length++) {
        assert_int_equal(read_text(&json, NULL, sample, length), NN_ERROR_FORMAT);
    }
    json = read_good(sample);
    drop(&json);
}

/* Whatever a byte is replaced by, the text is read or refused, and what is read can be
 * walked through. */
static void test_changed_texts_are_read_or_refused(void **state)
{
    (void)state;
    int good = 0;
    int bad = 0;
    for (size_t at = 0; at < sizeof sample - 1; at++) {
        for (int byte = 0; byte < 256; byte++) {
            char text[sizeof sample];
            struct nni_json json;
            memcpy(text, sample, sizeof sample);
            text[at] = (char)byte;
            if (read_text(&json, NULL, text, sizeof text - 1) != NN_OK) {
                bad++;
                continue;
            }
            good++;
            int32_t seen = 0;
            for (int32_t node = json.nodes[0].first; node != 0;
                 node = json.nodes[node].next) {
                seen++;
            }
            assert_int_equal(seen, json.nodes[0].count);
            drop(&json);
        }
    }
    assert_true(good > 1000);
    assert_true(bad > 10000);
}

static int attempt_read(nn_context *context, void *data)
{
    struct nni_json json;
    (void)data;
    if (read_text(&json, context, sample, sizeof sample - 1) != NN_OK) {
        return 0;
    }
    drop(&json);
    return 1;
}

static void test_memory_may_run_out(void **state)
{
    (void)state;
    assert_int_equal(fail_each_allocation(attempt_read, NULL), 2);
}

/* ---- UTF-8 ---- */

/* The code point that a sequence of the right form stands for. */
static uint32_t decode(const unsigned char *bytes, size_t length)
{
    if (length == 1) {
        return bytes[0];
    }
    uint32_t code = bytes[0] & (0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        code = code << 6 | (bytes[i] & 0x3f);
    }
    return code;
}

static void test_every_character_and_nothing_else_is_utf8(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        char bytes[NNI_UTF8_MAX];
        size_t length = nni_utf8_write(code, bytes);
        int surrogate = code >= 0xd800 && code < 0xe000;
        assert_int_equal(nni_utf8_next(bytes, length), surrogate ? 0 : length);
        assert_int_equal(decode((unsigned char *)bytes, length), code);
        assert_int_equal(nni_utf8_next(bytes, length - 1), 0);
    }
    /* No sequence of three bytes is a character that is written in another way. */
    for (uint32_t three = 0; three < 0x1000000; three += 3) {
        const unsigned char bytes[] = {(unsigned char)(three >> 16),
                                       (unsigned char)(three >> 8), (unsigned char)three};
        size_t length = nni_utf8_next((const char *)bytes, 3);
        char again[NNI_UTF8_MAX];
        if (length > 0) {
            assert_int_equal(nni_utf8_write(decode(bytes, length), again), length);
            assert_memory_equal(again, bytes, length);
        }
    }
    assert_true(nni_utf8_valid("a\xc3\xa9", 3));
    assert_false(nni_utf8_valid("a\xc3\xa9\xc3", 4));
    assert_true(nni_utf8_valid(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members_are_found_by_key),
        cmocka_unit_test(test_what_is_missing_or_of_another_kind_is_said),
        cmocka_unit_test(test_escapes_become_characters),
        cmocka_unit_test(test_whole_numbers_are_exact),
        cmocka_unit_test(test_numbers_come_back_to_the_bit),
        cmocka_unit_test(test_strings_come_back),
        cmocka_unit_test(test_each_mistake_is_named_with_its_byte),
        cmocka_unit_test(test_character_zero_is_no_blank),
        cmocka_unit_test(test_depth_is_bounded),
        cmocka_unit_test(test_number_of_values_is_bounded),
        cmocka_unit_test(test_same_key_is_found_among_many),
        cmocka_unit_test(test_text_cut_anywhere_is_refused),
        cmocka_unit_test(test_changed_texts_are_read_or_refused),
        cmocka_unit_test(test_memory_may_run_out),
        cmocka_unit_test(test_every_character_and_nothing_else_is_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
