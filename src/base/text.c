/* A text that grows by doubling and remembers its first failure. */
#include "base/text.h"

#include "base/memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_FIRST_CAPACITY = 128 };

void nni_text_init(struct nni_text *text, const nn_context *context)
{
    *text = (struct nni_text){.context = context};
}

/* Makes room for `length` more bytes and the 0; 0 where that fails or failed before. */
static int text_reserve(struct nni_text *text, size_t length)
{
    if (text->status != NN_OK) {
        return 0;
    }
    if (length > SIZE_MAX / 2 - text->length - 1) {
        text->status = nni_fail(NN_ERROR_SIZE, "text: too long");
        return 0;
    }
    size_t needed = text->length + length + 1;
    if (needed <= text->capacity) {
        return 1;
    }
    size_t capacity = text->capacity == 0 ? TEXT_FIRST_CAPACITY : text->capacity * 2;
    if (capacity < needed) {
        capacity = needed;
    }
    char *data = nni_grow(text->context, text->data, text->capacity, capacity, 1);
    if (data == NULL) {
        text->status = nn_last_status();
        return 0;
    }
    text->data = data;
    text->capacity = capacity;
    return 1;
}

void nni_text_append(struct nni_text *text, const char *bytes, size_t length)
{
    if (length > 0 && text_reserve(text, length)) {
        memcpy(text->data + text->length, bytes, length);
        text->length += length;
        text->data[text->length] = '\0';
    }
}

void nni_text_format(struct nni_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length <= 0 || !text_reserve(text, (size_t)length)) {
        return;
    }
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

void nni_text_number(struct nni_text *text, double value, int32_t digits)
{
    struct nni_number_text number = nni_number_text(value, digits);
    nni_text_append(text, number.text, strlen(number.text));
}

void nni_text_release(struct nni_text *text)
{
    nni_free(text->context, text->data);
    nni_text_init(text, text->context);
}
