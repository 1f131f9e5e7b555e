/* The words of JSON (RFC 8259, sections 6 and 7). Strings shrink as their escapes are
 * replaced, so that they stay where they are. */
#include "io/json_scan.h"

#include "base/utf8.h"

#include <inttypes.h>
#include <string.h>

nn_status nni_json_refuse(const struct nni_json_scan *scan, const char *words)
{
    return nni_fail(NN_ERROR_FORMAT, "%s: byte %" PRIu64 ": %s%s", scan->json->who,
                    scan->json->base + scan->at,
                    scan->at >= scan->length ? "the text ends; " : "", words);
}

char nni_json_peek(const struct nni_json_scan *scan)
{
    return scan->at < scan->length ? scan->text[scan->at] : '\0';
}

void nni_json_skip_blanks(struct nni_json_scan *scan)
{
    while (scan->at < scan->length && strchr(" \t\n\r", scan->text[scan->at]) != NULL &&
           scan->text[scan->at] != '\0') {
        scan->at++;
    }
}

/* ---- strings ---- */

/* Four hexadecimal digits; 0 where they are not there. */
static int json_hex(const struct nni_json_scan *scan, size_t at, uint32_t *value)
{
    *value = 0;
    if (scan->length < 4 || at > scan->length - 4) {
        return 0;
    }
    for (size_t i = 0; i < 4; i++) {
        static const char digits[] = "0123456789abcdefABCDEF";
        char c = scan->text[at + i];
        const char *digit = c == '\0' ? NULL : strchr(digits, c);
        if (digit == NULL) {
            return 0;
        }
        uint32_t number = (uint32_t)(digit - digits);
        *value = *value * 16 + (number < 16 ? number : number - 6);
    }
    return 1;
}

/* An escape \u.... (two of them for what is above U+FFFF) after its 'u'. */
static nn_status json_take_unicode(struct nni_json_scan *scan, char *out, size_t *length)
{
    uint32_t code;
    uint32_t low;
    if (!json_hex(scan, scan->at, &code)) {
        return nni_json_refuse(scan, "expected four hexadecimal digits");
    }
    int high_half = code >= 0xd800 && code < 0xdc00;
    if (high_half) {
        int pair = scan->length - scan->at >= 10 && scan->text[scan->at + 4] == '\\' &&
                   scan->text[scan->at + 5] == 'u' && json_hex(scan, scan->at + 6, &low);
        if (!pair || low < 0xdc00 || low > 0xdfff) {
            return nni_json_refuse(scan, "half of a surrogate pair");
        }
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else if (code >= 0xdc00 && code < 0xe000) {
        return nni_json_refuse(scan, "half of a surrogate pair");
    }
    if (code == 0) {
        return nni_json_refuse(scan, "the character 0 in a string");
    }
    scan->at += high_half ? 10 : 4;
    *length += nni_utf8_write(code, out + *length);
    return NN_OK;
}

static nn_status json_take_escape(struct nni_json_scan *scan, char *out, size_t *length)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    scan->at++;
    char c = nni_json_peek(scan);
    const char *name = c == '\0' ? NULL : strchr(names, c);
    if (name != NULL) {
        scan->at++;
        out[(*length)++] = meant[name - names];
        return NN_OK;
    }
    if (c != 'u') {
        return nni_json_refuse(scan, "there is no such escape in a string");
    }
    scan->at++;
    return json_take_unicode(scan, out, length);
}

nn_status nni_json_scan_string(struct nni_json_scan *scan, uint32_t *start,
                               uint32_t *length)
{
    char *out = scan->text + scan->at;
    size_t written = 0;
    *start = (uint32_t)scan->at;
    while (nni_json_peek(scan) != '"') {
        unsigned char c = (unsigned char)nni_json_peek(scan);
        if (c < 0x20) {
            return nni_json_refuse(scan, scan->at < scan->length
                                             ? "a control character in a string"
                                             : "a string has no end");
        }
        if (c == '\\') {
            NNI_TRY(json_take_escape(scan, out, &written));
            continue;
        }
        size_t bytes = nni_utf8_next(scan->text + scan->at, scan->length - scan->at);
        if (bytes == 0) {
            return nni_json_refuse(scan, "this is not UTF-8");
        }
        memmove(out + written, scan->text + scan->at, bytes);
        written += bytes;
        scan->at += bytes;
    }
    out[written] = '\0'; /* at the latest where the quote is */
    scan->at++;
    *length = (uint32_t)written;
    return NN_OK;
}

/* ---- numbers and words ---- */

static int json_take_digits(struct nni_json_scan *scan)
{
    size_t first = scan->at;
    while (nni_json_peek(scan) >= '0' && nni_json_peek(scan) <= '9') {
        scan->at++;
    }
    return scan->at > first;
}

nn_status nni_json_scan_number(struct nni_json_scan *scan, struct nni_json_node *node)
{
    size_t first = scan->at;
    scan->at += nni_json_peek(scan) == '-';
    int zero = nni_json_peek(scan) == '0';
    size_t digits = scan->at;
    int valid = json_take_digits(scan) && !(zero && scan->at - digits > 1);
    if (valid && nni_json_peek(scan) == '.') {
        scan->at++;
        valid = json_take_digits(scan);
    }
    if (valid && (nni_json_peek(scan) == 'e' || nni_json_peek(scan) == 'E')) {
        scan->at++;
        scan->at += nni_json_peek(scan) == '+' || nni_json_peek(scan) == '-';
        valid = json_take_digits(scan);
    }
    if (!valid) {
        return nni_json_refuse(scan, "a number is not written so");
    }
    node->kind = NNI_JSON_NUMBER;
    node->start = (uint32_t)first;
    node->length = (uint32_t)(scan->at - first);
    return NN_OK;
}

nn_status nni_json_scan_word(struct nni_json_scan *scan, struct nni_json_node *node)
{
    static const char *const words[] = {"null", "false", "true"}; /* by nni_json_kind */
    for (int32_t i = 0; i < NNI_COUNT(words); i++) {
        size_t length = strlen(words[i]);
        if (scan->length - scan->at >= length &&
            memcmp(scan->text + scan->at, words[i], length) == 0) {
            scan->at += length;
            node->kind = (enum nni_json_kind)i;
            return NN_OK;
        }
    }
    return nni_json_refuse(scan, "expected a value");
}
