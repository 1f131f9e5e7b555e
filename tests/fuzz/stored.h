/* Safetensors files out of a fuzzer's bytes, in memory, and how far they get. */
#ifndef TESTS_FUZZ_STORED_H
#define TESTS_FUZZ_STORED_H

#include "io/safetensors.h"

#include "bytes.h"
#include "count.h"
#include "supply.h"

#include <nn/nn.h>

#include <string.h>

enum { STORED_MEMORY = 1 << 24 };

struct stored {
    uint8_t *bytes; /* for free */
    size_t size, at;
};

static inline struct stored stored_file(const uint8_t *data, size_t size)
{
    struct stored file = {malloc(size > 0 ? size : 1), size, 0};
    must(file.bytes != NULL, "there is memory for the file");
    memcpy(file.bytes, data, size);
    return file;
}

static struct supply stored_supply = {-1, 0};

static inline nn_context *stored_context(void)
{
    const nn_allocator allocator = {sizeof allocator, supply_allocate, supply_deallocate,
                                    &stored_supply};
    nn_context *context = nn_context_create(&allocator);
    must(context != NULL && nn_context_set_memory_limit(context, STORED_MEMORY) == NN_OK,
         "a context is made");
    return context;
}

/* The last of what an input made. */
static inline void stored_context_end(nn_context *context)
{
    nn_context_destroy(context);
    must(stored_supply.blocks == 0, "all memory is given back");
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

static inline int stored_equal(const struct stored *a, const struct stored *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* Counts a file that was taken or not. The header is that of safetensors: its length, its
 * JSON, types, shapes, and ranges that cover the data. */
static inline void stored_count(nn_context *context, const struct stored *file, int taken)
{
    struct stored start = {file->bytes, file->size, 0};
    struct nni_reader reader;
    struct nni_safetensors safetensors;
    nni_reader_from_callback(&reader, context, stored_read, &start);
    const int opens = nni_safetensors_open(&safetensors, &reader) == NN_OK;
    must(opens || !taken, "what is taken is a safetensors file");
    count_input(opens, taken);
    if (opens)
        nni_safetensors_close(&safetensors);
    nni_reader_close(&reader);
}

/* A model saved, and two whose parameters are compared to the bit. */
static inline struct stored stored_model(nn_model *model)
{
    struct stored file = {NULL, 0, 0};
    must(nn_model_save_to(model, stored_write, &file) == NN_OK, "a model is saved");
    return file;
}

static inline void stored_compare(nn_model *a, nn_model *b)
{
    must(nn_model_parameter_count(a) == nn_model_parameter_count(b),
         "as many parameters");
    for (int32_t i = 0; i < nn_model_parameter_count(a); i++) {
        nn_tensor *x = nn_model_parameter(a, i), *y = nn_model_parameter(b, i);
        must(nn_tensor_count(x) == nn_tensor_count(y), "of the same size");
        must(memcmp(nn_tensor_floats(x), nn_tensor_floats(y),
                    (size_t)nn_tensor_count(x) * sizeof(float)) == 0,
             "the same bits");
    }
}

#endif
