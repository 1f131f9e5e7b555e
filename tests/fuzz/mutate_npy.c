/* NPY files of any elements under a header that fits them. */
#include "mutate.h"

#include <stdio.h>
#include <string.h>

enum { HEADER = 256, DIMENSIONS = 4, LONGEST = 9, START = 12 };

/* The element types as a header names them, and their bytes. */
static const struct type {
    char letters[4];
    uint32_t bytes;
} types[] = {{"b1", 1}, {"u1", 1}, {"i1", 1}, {"u2", 2}, {"i2", 2}, {"u4", 4},
             {"i4", 4}, {"u8", 8}, {"i8", 8}, {"f2", 2}, {"f4", 4}, {"f8", 8}};

/* The dictionary of a header; *bytes is how many its elements take. */
static size_t put_dictionary(struct chooser *chooser, char *out, size_t *bytes)
{
    const struct type *type = &types[choose(chooser, sizeof types / sizeof *types)];
    const uint32_t rank = choose(chooser, DIMENSIONS + 1);
    const char order = type->bytes == 1 ? '|' : "<>"[choose(chooser, 2)];
    int at = snprintf(out, HEADER, "{'descr': '%c%s', 'fortran_order': %s, 'shape': (",
                      order, type->letters, choose(chooser, 2) ? "True" : "False");
    *bytes = type->bytes;
    for (uint32_t i = 0; i < rank; i++) {
        const uint32_t size = choose(chooser, LONGEST) % (1 + choose(chooser, LONGEST));
        at += snprintf(out + at, (size_t)(HEADER - at), "%u,", (unsigned)size);
        *bytes *= size;
    }
    at += snprintf(out + at, (size_t)(HEADER - at), "), }\n");
    return (size_t)at;
}

/* A header; returns its length. */
static size_t put_npy_header(struct chooser *chooser, uint8_t *out, size_t *bytes)
{
    char text[HEADER];
    const size_t length = put_dictionary(chooser, text, bytes);
    const uint8_t version = (uint8_t)(1 + choose(chooser, 3));
    const size_t start = version == 1 ? 10 : START;
    memcpy(out, "\x93NUMPY", 6);
    memset(out + 6, 0, START - 6);
    out[6] = version;
    out[8] = (uint8_t)length;
    memcpy(out + start, text, length);
    return start + length;
}

/* Where the elements begin in what may be an NPY file. */
static size_t find_elements(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    return end == NULL ? 0 : (size_t)(end - data) + 1;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    static uint8_t header[START + HEADER];
    struct chooser chooser = {seed};
    size_t bytes;
    size = LLVMFuzzerMutate(data, size, max_size);
    if (choose(&chooser, 3) == 0)
        return size;
    const size_t length = put_npy_header(&chooser, header, &bytes);
    const size_t begin = find_elements(data, size);
    const size_t kept = size - begin < bytes ? size - begin : bytes;
    if (length + bytes > max_size)
        return size;
    memmove(data + length, data + begin, kept);
    memset(data + length + kept, 0, bytes - kept);
    memcpy(data, header, length);
    return length + bytes;
}
