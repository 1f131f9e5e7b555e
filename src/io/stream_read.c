/* Readers. A file is read where it is asked for; what a callback gives is kept, so that
 * formats may look at it in any order. */
#include "io/stream.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { STREAM_FIRST_CAPACITY = 1 << 16 };

nn_status nni_reader_open(struct nni_reader *reader, const nn_context *context,
                          const char *who, const char *path)
{
    *reader = (struct nni_reader){.context = context, .descriptor = -1};
    NNI_TRY(nni_file_open(who, path, &reader->descriptor, &reader->size));
    reader->name = nni_file_name(path);
    return NN_OK;
}

void nni_reader_from_memory(struct nni_reader *reader, const nn_context *context,
                            const void *bytes, size_t size)
{
    *reader = (struct nni_reader){.context = context,
                                  .name = nni_file_name("memory"),
                                  .descriptor = -1,
                                  .bytes = bytes,
                                  .size = size};
}

void nni_reader_from_callback(struct nni_reader *reader, const nn_context *context,
                              nni_stream_read *read, void *user)
{
    *reader = (struct nni_reader){.context = context,
                                  .name = nni_file_name("stream"),
                                  .descriptor = -1,
                                  .read = read,
                                  .user = user};
}

void nni_reader_close(struct nni_reader *reader)
{
    if (reader->descriptor >= 0) {
        close(reader->descriptor);
    }
    nni_free(reader->context, reader->given);
    *reader = (struct nni_reader){.descriptor = -1};
}

/* Makes room for at least one more byte, and no more than twice what is there. */
static nn_status reader_grow(struct nni_reader *reader)
{
    size_t size = (size_t)reader->size;
    if (size < reader->capacity) {
        return NN_OK;
    }
    if (size > SIZE_MAX / 2) {
        return nni_fail(NN_ERROR_SIZE, "%s: too large for this machine",
                        reader->name.text);
    }
    size_t capacity = size == 0 ? STREAM_FIRST_CAPACITY : 2 * size;
    uint8_t *grown = nni_grow(reader->context, reader->given, size, capacity, 1);
    if (grown == NULL) {
        return nni_fail(nn_last_status(), "%s: %s", reader->name.text, nn_last_error());
    }
    reader->given = grown;
    reader->bytes = grown;
    reader->capacity = capacity;
    return NN_OK;
}

/* Calls the callback once for what is missing up to `end`; *got is 0 where it has no
 * more. */
static nn_status reader_call(struct nni_reader *reader, uint64_t end, size_t *got)
{
    NNI_TRY(reader_grow(reader));
    size_t size = (size_t)reader->size;
    size_t wanted = reader->capacity - size;
    if (wanted > end - size) {
        wanted = (size_t)(end - size);
    }
    int64_t returned = reader->read(reader->user, reader->given + size, wanted);
    if (returned < 0 || (uint64_t)returned > wanted) {
        return nni_fail(NN_ERROR_CALLBACK,
                        "%s: the program's read returned %" PRId64 " at byte %" PRIu64
                        " for %" PRIu64 " bytes",
                        reader->name.text, returned, reader->size, (uint64_t)wanted);
    }
    *got = (size_t)returned;
    reader->size += *got;
    return NN_OK;
}

nn_status nni_reader_require(struct nni_reader *reader, uint64_t end, const char *what)
{
    size_t got = 1;
    while (reader->read != NULL && reader->size < end && got > 0) {
        NNI_TRY(reader_call(reader, end, &got));
    }
    if (reader->size < end) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: ends at byte %" PRIu64 ", but %s goes to byte %" PRIu64,
                        reader->name.text, reader->size, what, end);
    }
    return NN_OK;
}

nn_status nni_reader_expect_end(struct nni_reader *reader, uint64_t end)
{
    NNI_TRY(nni_reader_require(reader, end, "its content"));
    if (reader->read == NULL && reader->size != end) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: its content ends at byte %" PRIu64 ", but %" PRIu64
                        " bytes follow",
                        reader->name.text, end, reader->size - end);
    }
    return NN_OK;
}

nn_status nni_reader_copy(struct nni_reader *reader, uint64_t offset, void *out,
                          size_t size)
{
    NNI_ASSERT(offset <= reader->size && size <= reader->size - offset);
    if (reader->descriptor >= 0) {
        return nni_file_read_at(reader->name.text, reader->descriptor, offset, out, size);
    }
    if (size > 0) {
        memcpy(out, reader->bytes + offset, size);
    }
    return NN_OK;
}
