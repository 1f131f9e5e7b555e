/* CSV files, after the bytes that choose the settings: lines are repeated and fields
 * replaced by others, so that rows stay as long as one another. */
#include "mutate.h"

#include <string.h>

enum { SETTINGS = 9, LINE_MAX = 512 };

static const char separators[] = ",;\t |\r\n";
static const char *const fields[] = {
    "0",       "1",          "2.5",  "-3e2",  "255",      "256", "",      " ",
    "NA",      "nan",        "inf",  "a",     "b",        "c",   "7",     "1e40",
    "\"a,b\"", "\"x\"\"y\"", "\"\"", "\"2\"", "\xC3\xA9", "0x1", "1e-50", "\"line\nend\"",
};

struct csv_text {
    uint8_t *at;
    size_t length, capacity;
};

/* Puts `with` in the place of at[begin ... end - 1], where there is room for it. */
static void put(struct csv_text *text, size_t begin, size_t end, const uint8_t *with,
                size_t length)
{
    const size_t rest = text->length - end;
    if (begin + length + rest > text->capacity)
        return;
    memmove(text->at + begin + length, text->at + end, rest);
    memcpy(text->at + begin, with, length);
    text->length = begin + length + rest;
}

/* The beginning of the line that a place lies in, and what comes after its end. */
static size_t line_begin(const struct csv_text *text, size_t at)
{
    while (at > SETTINGS && text->at[at - 1] != '\n')
        at--;
    return at;
}

static size_t line_end(const struct csv_text *text, size_t at)
{
    while (at < text->length && text->at[at] != '\n')
        at++;
    return at < text->length ? at + 1 : at;
}

static void repeat_line(struct csv_text *text, size_t from, size_t to)
{
    static uint8_t line[LINE_MAX];
    const size_t begin = line_begin(text, from), place = line_begin(text, to);
    const size_t length = line_end(text, from) - begin;
    if (length > sizeof line)
        return;
    memcpy(line, text->at + begin, length);
    put(text, place, place, line, length);
}

static void replace_field(struct chooser *chooser, struct csv_text *text, size_t begin)
{
    const char *with = fields[choose(chooser, sizeof fields / sizeof *fields)];
    size_t end = begin;
    while (begin > SETTINGS && strchr(separators, text->at[begin - 1]) == NULL)
        begin--;
    while (end < text->length && strchr(separators, text->at[end]) == NULL)
        end++;
    put(text, begin, end, (const uint8_t *)with, strlen(with));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    struct chooser chooser = {seed};
    struct csv_text text = {data, size, max_size};
    if (size <= SETTINGS || choose(&chooser, 4) == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    const uint32_t rows = (uint32_t)(size - SETTINGS);
    const size_t here = SETTINGS + choose(&chooser, rows);
    const size_t there = SETTINGS + choose(&chooser, rows);
    switch (choose(&chooser, 6)) {
    case 0:
        data[choose(&chooser, SETTINGS)] = (uint8_t)choose(&chooser, 8);
        break;
    case 1:
        repeat_line(&text, here, there);
        break;
    default:
        replace_field(&chooser, &text, here);
        break;
    }
    return text.length;
}
