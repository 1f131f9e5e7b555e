/* Writing safetensors: names and dimensions are collected, then laid out. */
#include "io/safetensors.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the format is little-endian, and elements are read and written as they are"
#endif

enum { STORER_FIRST_TENSORS = 16, STORER_LENGTH_BYTES = 8 };

void nni_storer_init(struct nni_storer *storer, const nn_context *context)
{
    *storer = (struct nni_storer){.context = context};
    nni_text_init(&storer->metadata, context);
    nni_text_init(&storer->words, context);
    nni_text_init(&storer->header, context);
}

void nni_storer_release(struct nni_storer *storer)
{
    nni_text_release(&storer->metadata);
    nni_text_release(&storer->words);
    nni_text_release(&storer->header);
    nni_free(storer->context, storer->tensors);
    storer->tensors = NULL;
}

void nni_storer_text(struct nni_storer *storer, const char *key, const char *text,
                     size_t length)
{
    struct nni_text *out = &storer->metadata;
    if (out->length > 0) {
        nni_text_append(out, ",", 1);
    }
    nni_json_put_string(out, key, strlen(key));
    nni_text_append(out, ":", 1);
    nni_json_put_string(out, text, length);
}

static struct nni_storing *storer_next(struct nni_storer *storer)
{
    if (storer->count == storer->capacity) {
        int32_t capacity =
            storer->capacity == 0 ? STORER_FIRST_TENSORS : 2 * storer->capacity;
        struct nni_storing *grown =
            nni_grow(storer->context, storer->tensors, (size_t)storer->count,
                     (size_t)capacity, sizeof *grown);
        if (grown == NULL) {
            storer->status = nn_last_status();
            return NULL;
        }
        storer->tensors = grown;
        storer->capacity = capacity;
    }
    return &storer->tensors[storer->count++];
}

void nni_storer_tensor(struct nni_storer *storer, const char *name, enum nni_stored type,
                       const int64_t *dim, int32_t rank, const void *data)
{
    struct nni_storing *tensor = storer->status == NN_OK ? storer_next(storer) : NULL;
    if (tensor == NULL) {
        return;
    }
    struct nni_text *words = &storer->words;
    tensor->type = type;
    tensor->data = data;
    tensor->size = nni_stored_size(type);
    tensor->name = words->length;
    nni_json_put_string(words, name, strlen(name));
    tensor->name_length = words->length - tensor->name;
    tensor->dims = words->length;
    for (int32_t i = 0; i < rank; i++) {
        tensor->size *= (uint64_t)dim[i];
        nni_text_format(words, "%s%" PRId64, i > 0 ? "," : "", dim[i]);
    }
    tensor->dims_length = words->length - tensor->dims;
}

/* Calls each in the order of the file: elements of 8 bytes, 4, 2, 1. */
static nn_status storer_each(const struct nni_storer *storer,
                             nn_status (*visit)(const struct nni_storing *, void *),
                             void *data)
{
    for (size_t size = 8; size > 0; size /= 2) {
        for (int32_t i = 0; i < storer->count; i++) {
            if (nni_stored_size(storer->tensors[i].type) == size) {
                NNI_TRY(visit(&storer->tensors[i], data));
            }
        }
    }
    return NN_OK;
}

struct storer_layout {
    struct nni_storer *storer;
    uint64_t offset;
};

static nn_status storer_describe(const struct nni_storing *tensor, void *data)
{
    struct storer_layout *layout = data;
    struct nni_text *out = &layout->storer->header;
    const char *words = layout->storer->words.data;
    if (tensor->size > INT64_MAX - layout->offset) {
        return nni_fail(NN_ERROR_SIZE, "the tensors are too large for one file");
    }
    if (out->length > 1) {
        nni_text_append(out, ",", 1);
    }
    nni_text_append(out, words + tensor->name, tensor->name_length);
    nni_text_format(out, ":{\"dtype\":\"%s\",\"shape\":[", nni_stored_name(tensor->type));
    nni_text_append(out, words + tensor->dims, tensor->dims_length);
    nni_text_format(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", layout->offset,
                    layout->offset + tensor->size);
    layout->offset += tensor->size;
    return NN_OK;
}

/* Spaces up to where the data begins. */
static void storer_pad(struct nni_text *header)
{
    size_t end = header->length + STORER_LENGTH_BYTES;
    nni_text_format(header, "%*s", (int)(nni_align_up(end) - end), "");
}

nn_status nni_storer_finish(struct nni_storer *storer)
{
    struct nni_text *header = &storer->header;
    struct storer_layout layout = {storer, 0};
    NNI_TRY(storer->status);
    NNI_TRY(storer->metadata.status);
    NNI_TRY(storer->words.status);
    nni_text_append(header, "{", 1);
    if (storer->metadata.length > 0) {
        nni_text_format(header, "\"__metadata__\":{");
        nni_text_append(header, storer->metadata.data, storer->metadata.length);
        nni_text_append(header, "}", 1);
    }
    NNI_TRY(storer_each(storer, storer_describe, &layout));
    nni_text_append(header, "}", 1);
    storer_pad(header);
    NNI_TRY(header->status);
    if (header->length > NNI_JSON_LENGTH_MAX) {
        return nni_fail(NN_ERROR_SIZE,
                        "names and texts of %" PRIu64 " bytes, a file holds %d",
                        (uint64_t)header->length, NNI_JSON_LENGTH_MAX);
    }
    storer->size = STORER_LENGTH_BYTES + header->length + layout.offset;
    return NN_OK;
}

static nn_status storer_write_data(const struct nni_storing *tensor, void *data)
{
    return nni_writer_put(data, tensor->data, (size_t)tensor->size);
}

nn_status nni_storer_write(const struct nni_storer *storer, struct nni_writer *writer)
{
    uint8_t length[STORER_LENGTH_BYTES];
    for (int i = 0; i < STORER_LENGTH_BYTES; i++) {
        length[i] = (uint8_t)(storer->header.length >> (8 * i));
    }
    NNI_TRY(nni_writer_put(writer, length, sizeof length));
    NNI_TRY(nni_writer_put(writer, storer->header.data, storer->header.length));
    return storer_each(storer, storer_write_data, writer);
}
