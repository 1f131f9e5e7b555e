/* Mutating JSON by its values, members and elements: what begins with a quote, a bracket,
 * or a character of a number or word, and goes on to where that ends. A quote followed by a
 * colon begins a member, which ends with its value. */
#include "mutate.h"

#include <string.h>

enum { STARTS = 512, COPY = 1 << 13 };

static const char *const interesting[] = {
    "0",        "1",           "2",           "3",          "-1",
    "4",        "8",           "0.5",         "-0.0",       "1e-8",
    "1e308",    "-1000",       "16384",       "2147483647", "9223372036854775807",
    "true",     "null",        "[]",          "{}",         "\"\"",
    "\"relu\"", "\"softmax\"", "\"dense\"",   "\"input\"",  "\"dropout\"",
    "\"add\"",  "\"concat\"",  "\"flatten\"", "\"mean\"",   "\"uint8\"",
    "\"adam\"", "\"sgd\"",     "\"42\"",      "\"a\"",      "\"huber\"",
};

/* A text, and room for it to grow. */
struct text {
    char *at;
    size_t length, capacity;
};

struct span {
    size_t begin, end;
};

static int in_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '-' || c == '+' || c == '.';
}

/* ---- finding ---- */

static size_t end_of_string(const struct text *text, size_t at)
{
    for (at++; at < text->length && text->at[at] != '"'; at++)
        at += text->at[at] == '\\';
    return at < text->length ? at + 1 : text->length;
}

static size_t end_of_brackets(const struct text *text, size_t at)
{
    int depth = 0;
    while (at < text->length) {
        const char c = text->at[at];
        at = c == '"' ? end_of_string(text, at) : at + 1;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        if (depth <= 0)
            break;
    }
    return at;
}

static size_t end_of_value(const struct text *text, size_t at)
{
    if (at < text->length && (text->at[at] == '{' || text->at[at] == '['))
        return end_of_brackets(text, at);
    if (at < text->length && text->at[at] == '"')
        return end_of_string(text, at);
    while (at < text->length && in_word(text->at[at]))
        at++;
    return at;
}

static size_t end_of_element(const struct text *text, size_t at)
{
    const size_t end = end_of_value(text, at);
    return end < text->length && text->at[end] == ':' ? end_of_value(text, end + 1) : end;
}

/* Where values and members begin. */
static uint32_t find_starts(const struct text *text, size_t *starts)
{
    uint32_t count = 0;
    for (size_t at = 0; at < text->length && count < STARTS;) {
        const char c = text->at[at];
        if (c != '"' && c != '{' && c != '[' && !in_word(c)) {
            at++;
            continue;
        }
        starts[count++] = at;
        at = c == '{' || c == '[' ? at + 1 : end_of_value(text, at);
    }
    return count;
}

/* ---- changing ---- */

/* Puts `with` in the place of a span, where there is room for it. */
static void replace(struct text *text, struct span span, const char *with, size_t length)
{
    const size_t rest = text->length - span.end;
    if (span.begin + length + rest > text->capacity)
        return;
    memmove(text->at + span.begin + length, text->at + span.end, rest);
    memcpy(text->at + span.begin, with, length);
    text->length = span.begin + length + rest;
}

/* Removes a span and a comma beside it. */
static void remove_element(struct text *text, struct span span)
{
    if (span.end < text->length && text->at[span.end] == ',')
        span.end++;
    else if (span.begin > 0 && text->at[span.begin - 1] == ',')
        span.begin--;
    replace(text, span, "", 0);
}

/* A word of the list above, of the same kind (its first character tells) most times. */
static const char *another_word(struct chooser *chooser, char first)
{
    const uint32_t count = sizeof interesting / sizeof *interesting;
    const char *word = interesting[choose(chooser, count)];
    for (int tries = 0; tries < 8 && (*word == '"') != (first == '"'); tries++)
        word = interesting[choose(chooser, count)];
    return word;
}

/* The like for a value elsewhere in the text. */
static size_t another_value(struct chooser *chooser, const struct text *text,
                            const size_t *starts, uint32_t count, char first)
{
    size_t at = starts[choose(chooser, count)];
    for (int tries = 0; tries < 8 && text->at[at] != first; tries++)
        at = starts[choose(chooser, count)];
    return at;
}

size_t mutate_json(struct chooser *chooser, char *at, size_t length, size_t capacity)
{
    static size_t starts[STARTS];
    static char copy[COPY];
    struct text text = {at, length, capacity};
    const uint32_t count = find_starts(&text, starts);
    if (count == 0)
        return length;
    const size_t begin = starts[choose(chooser, count)];
    const size_t source = another_value(chooser, &text, starts, count, at[begin]);
    const struct span value = {begin, end_of_value(&text, begin)};
    const struct span element = {begin, end_of_element(&text, begin)};
    const char *word = another_word(chooser, at[begin]);
    size_t copied = end_of_element(&text, source) - source;
    copied = copied < sizeof copy - 1 ? copied : 0;
    memcpy(copy, at + source, copied);
    switch (choose(chooser, 8)) {
    case 0:
        remove_element(&text, element);
        break;
    case 1: /* one more */
        copy[copied] = ',';
        replace(&text, (struct span){begin, begin}, copy, copied + 1);
        break;
    case 2:
    case 3: /* like another */
        replace(&text, element, copy, copied);
        break;
    default:
        replace(&text, value, word, strlen(word));
        break;
    }
    return text.length;
}
