/* What was read from JSON, looked at: members by key, strings, numbers; and the pieces of
 * JSON that need care when written. */
#include "io/json.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { JSON_NUMBER_DIGITS = 17 }; /* tell any two doubles apart */

void nni_json_release(struct nni_json *json)
{
    nni_free(json->context, json->nodes);
    json->nodes = NULL;
    json->count = json->capacity = 0;
}

nn_status nni_json_fail(const struct nni_json *json, int32_t node, const char *format,
                        ...)
{
    char text[NNI_ERROR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return nni_fail(NN_ERROR_FORMAT, "%s: byte %" PRIu64 ": %s", json->who,
                    json->base + json->nodes[node].place, text);
}

const char *nni_json_kind_name(enum nni_json_kind kind)
{
    static const char *const names[] = {"null",     "false",    "true",     "a number",
                                        "a string", "an array", "an object"};
    return names[kind];
}

const char *nni_json_key(const struct nni_json *json, int32_t node)
{
    return json->text + json->nodes[node].key;
}

const char *nni_json_string(const struct nni_json *json, int32_t node)
{
    NNI_ASSERT(json->nodes[node].kind == NNI_JSON_STRING);
    return json->text + json->nodes[node].start;
}

int32_t nni_json_member(const struct nni_json *json, int32_t object, const char *key)
{
    const struct nni_json_node *whole = &json->nodes[object];
    int32_t node = whole->kind == NNI_JSON_OBJECT ? whole->first : 0;
    while (node != 0 && strcmp(nni_json_key(json, node), key) != 0) {
        node = json->nodes[node].next;
    }
    return node;
}

nn_status nni_json_require(const struct nni_json *json, int32_t object, const char *key,
                           enum nni_json_kind kind, int32_t *node)
{
    *node = nni_json_member(json, object, key);
    if (json->nodes[object].kind != NNI_JSON_OBJECT) {
        return nni_json_fail(json, object, "%s, expected an object with '%s'",
                             nni_json_kind_name(json->nodes[object].kind), key);
    }
    if (*node == 0) {
        return nni_json_fail(json, object, "'%s' is missing", key);
    }
    if (json->nodes[*node].kind != kind) {
        return nni_json_fail(json, *node, "'%s' is %s, expected %s", key,
                             nni_json_kind_name(json->nodes[*node].kind),
                             nni_json_kind_name(kind));
    }
    return NN_OK;
}

int32_t nni_json_stranger(const struct nni_json *json, int32_t object,
                          const char *const *keys)
{
    int32_t node = json->nodes[object].first;
    for (; node != 0; node = json->nodes[node].next) {
        int32_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], nni_json_key(json, node)) != 0) {
            i++;
        }
        if (keys[i] == NULL) {
            break;
        }
    }
    return node;
}

/* The digits after an optional '-' as a whole number; 0 where there are other characters
 * or too many. */
static int json_parse_int(const char *text, uint32_t length, int64_t *value)
{
    int negative = length > 0 && text[0] == '-';
    int64_t limit = negative ? INT64_MIN : -INT64_MAX;
    int64_t sum = 0; /* negative, which holds one number more */
    for (uint32_t i = (uint32_t)negative; i < length; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || sum < (limit + digit) / 10) {
            return 0;
        }
        sum = sum * 10 - digit;
    }
    *value = negative ? sum : -sum;
    return 1;
}

nn_status nni_json_int(const struct nni_json *json, int32_t node, int64_t *value)
{
    const struct nni_json_node *of = &json->nodes[node];
    *value = 0;
    if (of->kind != NNI_JSON_NUMBER) {
        return nni_json_fail(json, node, "%s, expected a whole number",
                             nni_json_kind_name(of->kind));
    }
    if (!json_parse_int(json->text + of->start, of->length, value)) {
        return nni_json_fail(json, node, "%.*s is no whole number of 64 bits",
                             (int)nni_min(of->length, 40), json->text + of->start);
    }
    return NN_OK;
}

nn_status nni_json_number(const struct nni_json *json, int32_t node, double *value)
{
    const struct nni_json_node *of = &json->nodes[node];
    *value = 0;
    if (of->kind != NNI_JSON_NUMBER) {
        return nni_json_fail(json, node, "%s, expected a number",
                             nni_json_kind_name(of->kind));
    }
    (void)nni_parse_number(json->text + of->start, of->length, value);
    return NN_OK;
}

/* ---- writing ---- */

void nni_json_put_string(struct nni_text *out, const char *text, size_t length)
{
    nni_text_append(out, "\"", 1);
    size_t kept = 0; /* text[kept ... i - 1] goes out as it is */
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\') {
            continue;
        }
        nni_text_append(out, text + kept, i - kept);
        kept = i + 1;
        if (c == '\n') {
            nni_text_append(out, "\\n", 2);
        } else if (c >= 0x20) {
            nni_text_format(out, "\\%c", c);
        } else {
            nni_text_format(out, "\\u%04x", (unsigned)c);
        }
    }
    nni_text_append(out, text + kept, length - kept);
    nni_text_append(out, "\"", 1);
}

void nni_json_put_number(struct nni_text *out, double value)
{
    nni_text_number(out, value, JSON_NUMBER_DIGITS);
}
