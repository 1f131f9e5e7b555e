/* Safetensors files out of a fuzzer's bytes. The first byte chooses how: 0, the rest is the
 * file; else the rest is the header's text, a 0, and the data, and the length before the
 * header is always right, so that most inputs get as far as the JSON. */
#ifndef TESTS_FUZZ_STORED_H
#define TESTS_FUZZ_STORED_H

#include "bytes.h"

#include <nn/nn.h>

#include <string.h>

enum { STORED_MEMORY = 1 << 24, STORED_LENGTH = 8 };

struct stored {
    uint8_t *bytes; /* for free */
    size_t size, at;
};

static inline struct stored stored_file(const uint8_t *data, size_t size)
{
    struct stored file = {NULL, 0, 0};
    const int whole = size == 0 || data[0] == 0;
    data += size > 0;
    size -= size > 0;
    const uint8_t *end = whole || size == 0 ? NULL : memchr(data, 0, size);
    const size_t header = end == NULL ? size : (size_t)(end - data);
    const size_t skipped = end == NULL ? 0 : 1;
    file.bytes = malloc(STORED_LENGTH + size + 1);
    must(file.bytes != NULL, "there is memory for the file");
    if (whole) {
        memcpy(file.bytes, data, size);
        file.size = size;
        return file;
    }
    for (size_t i = 0; i < STORED_LENGTH; i++)
        file.bytes[i] = (uint8_t)(header >> 8 * i);
    memcpy(file.bytes + STORED_LENGTH, data, header);
    memcpy(file.bytes + STORED_LENGTH + header, data + header + skipped,
           size - header - skipped);
    file.size = STORED_LENGTH + size - skipped;
    return file;
}

static inline nn_context *stored_context(void)
{
    nn_context *context = nn_context_create(NULL);
    must(context != NULL && nn_context_set_memory_limit(context, STORED_MEMORY) == NN_OK,
         "a context is made");
    return context;
}

/* Callbacks of a reader and of a writer. */
static inline int64_t stored_read(void *user, void *bytes, size_t size)
{
    struct stored *file = user;
    const size_t left = file->size - file->at;
    size = size < left ? size : left;
    memcpy(bytes, file->bytes + file->at, size);
    file->at += size;
    return (int64_t)size;
}

static inline int64_t stored_write(void *user, const void *bytes, size_t size)
{
    struct stored *file = user;
    uint8_t *grown = realloc(file->bytes, file->size + size);
    must(grown != NULL, "there is memory for the file");
    memcpy(grown + file->size, bytes, size);
    file->bytes = grown;
    file->size += size;
    return (int64_t)size;
}

#endif
