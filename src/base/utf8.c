/* UTF-8: the first byte says how many follow, and the range of the second one leaves out
 * longer forms than needed, surrogates, and what is above U+10FFFF (RFC 3629, section 4). */
#include "base/utf8.h"

/* How the characters that begin with a byte of a range go on. */
struct utf8_form {
    uint8_t first, last;            /* the first byte */
    uint8_t second_min, second_max; /* the second byte; the others are 0x80 ... 0xbf */
    uint8_t length;
};

static const struct utf8_form utf8_forms[] = {
    {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
    {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
    {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
};

static int utf8_fits(const struct utf8_form *form, const uint8_t *bytes, size_t length)
{
    if (bytes[0] < form->first || bytes[0] > form->last || length < form->length ||
        bytes[1] < form->second_min || bytes[1] > form->second_max) {
        return 0;
    }
    for (size_t i = 2; i < form->length; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return 1;
}

size_t nni_utf8_next(const char *text, size_t length)
{
    const uint8_t *bytes = (const uint8_t *)text;
    if (length == 0) {
        return 0;
    }
    if (bytes[0] < 0x80) {
        return 1;
    }
    for (int32_t i = 0; i < NNI_COUNT(utf8_forms); i++) {
        if (utf8_fits(&utf8_forms[i], bytes, length)) {
            return utf8_forms[i].length;
        }
    }
    return 0;
}

int nni_utf8_valid(const char *text, size_t length)
{
    while (length > 0) {
        size_t taken = nni_utf8_next(text, length);
        if (taken == 0) {
            return 0;
        }
        text += taken;
        length -= taken;
    }
    return 1;
}

size_t nni_utf8_write(uint32_t code, char *out)
{
    static const uint8_t marks[] = {0, 0x00, 0xc0, 0xe0, 0xf0};
    size_t length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = length - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(marks[length] | code);
    return length;
}
