/* Writers. Short writes go on where they stopped, interrupted ones are repeated. */
#include "io/stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum {
    STREAM_WRITE_BYTES = 1 << 30
}; /* at most at once; the limit of Linux is a bit more */

void nni_writer_to_memory(struct nni_writer *writer, void *bytes, size_t capacity)
{
    *writer = (struct nni_writer){.name = nni_file_name("memory"),
                                  .descriptor = -1,
                                  .bytes = bytes,
                                  .capacity = capacity};
}

void nni_writer_to_callback(struct nni_writer *writer, nni_stream_write *write,
                            void *user)
{
    *writer = (struct nni_writer){
        .name = nni_file_name("stream"), .descriptor = -1, .write = write, .user = user};
}

void nni_writer_to_descriptor(struct nni_writer *writer, const char *path, int descriptor)
{
    *writer = (struct nni_writer){.name = nni_file_name(path), .descriptor = descriptor};
}

/* Each of the three writes some of the bytes; *taken says how many. */
static nn_status writer_to_memory(struct nni_writer *writer, const void *bytes,
                                  size_t size, size_t *taken)
{
    if (size > writer->capacity - (size_t)writer->offset) {
        return nni_fail(NN_ERROR_SIZE,
                        "%s: %" PRIu64 " bytes at byte %" PRIu64
                        " do not fit into %" PRIu64,
                        writer->name.text, (uint64_t)size, writer->offset,
                        (uint64_t)writer->capacity);
    }
    memcpy(writer->bytes + writer->offset, bytes, size);
    *taken = size;
    return NN_OK;
}

static nn_status writer_to_callback(struct nni_writer *writer, const void *bytes,
                                    size_t size, size_t *taken)
{
    int64_t returned = writer->write(writer->user, bytes, size);
    if (returned <= 0 || (uint64_t)returned > size) {
        return nni_fail(NN_ERROR_CALLBACK,
                        "%s: the program's write returned %" PRId64 " at byte %" PRIu64
                        " for %" PRIu64 " bytes",
                        writer->name.text, returned, writer->offset, (uint64_t)size);
    }
    *taken = (size_t)returned;
    return NN_OK;
}

static nn_status writer_to_file(struct nni_writer *writer, const void *bytes, size_t size,
                                size_t *taken)
{
    ssize_t returned;
    do {
        returned = write(writer->descriptor, bytes,
                         size < STREAM_WRITE_BYTES ? size : STREAM_WRITE_BYTES);
    } while (returned < 0 && errno == EINTR);
    if (returned <= 0) {
        struct nni_file_error error = nni_file_error(returned < 0 ? errno : ENOSPC);
        return nni_fail(NN_ERROR_IO, "%s: cannot be written: %s (at byte %" PRIu64 ")",
                        writer->name.text, error.text, writer->offset);
    }
    *taken = (size_t)returned;
    return NN_OK;
}

nn_status nni_writer_put(struct nni_writer *writer, const void *bytes, size_t size)
{
    const char *rest = bytes;
    while (size > 0) {
        size_t taken = 0;
        if (writer->descriptor >= 0) {
            NNI_TRY(writer_to_file(writer, rest, size, &taken));
        } else if (writer->write != NULL) {
            NNI_TRY(writer_to_callback(writer, rest, size, &taken));
        } else {
            NNI_TRY(writer_to_memory(writer, rest, size, &taken));
        }
        writer->offset += taken;
        rest += taken;
        size -= taken;
    }
    return NN_OK;
}
