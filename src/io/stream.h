/* Where bytes come from and go to: a path, memory, or callbacks of the program. Formats
 * read and write through these and do not know which it is. Messages begin with the path,
 * "memory" or "stream", and name the byte. */
#ifndef NNI_IO_STREAM_H
#define NNI_IO_STREAM_H

#include "io/file.h"

/* A callback that reads: up to `size` bytes (at least 1); returns how many, 0 at the end,
 * a negative number for a failure. */
typedef int64_t nni_stream_read(void *user, void *bytes, size_t size);

/* A callback that writes: up to `size` bytes (at least 1); returns how many it took; 0 or
 * a negative number is a failure. */
typedef int64_t nni_stream_write(void *user, const void *bytes, size_t size);

/* ---- reading: at any offset, nothing beyond what was asked for ---- */

struct nni_reader {
    const nn_context *context;
    struct nni_file_name name;
    int descriptor;        /* of a file, or -1 */
    const uint8_t *bytes;  /* in memory; what a callback has given so far */
    uint64_t size;         /* of the file or memory; of what a callback has given */
    nni_stream_read *read; /* or NULL */
    void *user;
    uint8_t *given; /* for nni_free */
    size_t capacity;
};

/* Each begins a reader, which nni_reader_close ends. who begins the message of a NULL
 * path. NN_ERROR_IO, after which there is nothing to close. */
nn_status nni_reader_open(struct nni_reader *reader, const nn_context *context,
                          const char *who, const char *path);
void nni_reader_from_memory(struct nni_reader *reader, const nn_context *context,
                            const void *bytes, size_t size);
void nni_reader_from_callback(struct nni_reader *reader, const nn_context *context,
                              nni_stream_read *read, void *user);
void nni_reader_close(struct nni_reader *reader);

/* There are at least `end` bytes: of a file and memory that is a look at the size; what a
 * callback gives is kept, in memory that grows with what it has given. So a size that a
 * file claims is checked before memory is asked for. NN_ERROR_FORMAT where there are fewer
 * (what, "the header", is what ends there), NN_ERROR_CALLBACK, NN_ERROR_MEMORY. */
nn_status nni_reader_require(struct nni_reader *reader, uint64_t end, const char *what);

/* There are `end` bytes and no more; what a callback would give is not known. */
nn_status nni_reader_expect_end(struct nni_reader *reader, uint64_t end);

/* Copies `size` bytes at an offset; they have been required. NN_ERROR_IO. */
nn_status nni_reader_copy(struct nni_reader *reader, uint64_t offset, void *out,
                          size_t size);

/* ---- writing: one byte after the other ---- */

struct nni_writer {
    struct nni_file_name name;
    uint64_t offset; /* bytes written */
    int descriptor;  /* of a file, or -1 */
    uint8_t *bytes;  /* in memory */
    size_t capacity;
    nni_stream_write *write; /* or NULL */
    void *user;
};

/* A writer has nothing that would have to be given back. */
void nni_writer_to_memory(struct nni_writer *writer, void *bytes, size_t capacity);
void nni_writer_to_callback(struct nni_writer *writer, nni_stream_write *write,
                            void *user);
void nni_writer_to_descriptor(struct nni_writer *writer, const char *path,
                              int descriptor);

/* Writes all bytes. NN_ERROR_IO, NN_ERROR_CALLBACK, NN_ERROR_SIZE (memory is full). */
nn_status nni_writer_put(struct nni_writer *writer, const void *bytes, size_t size);

/* ---- saving a file: all of it, or the old one ---- */

/* Lets `body` write the new contents of a file: they are written beside it, synced to the
 * disk, and take its place at once, and the folder is synced. On failure the old file is
 * as it was and nothing is left beside it (where only syncing the folder fails, the new
 * file is in place). After a crash what was being written may be left, as "<path>.tmp",
 * which the next save uses again. A path to a directory or device is refused, a symbolic
 * link is replaced. NN_ERROR_IO, or body's status. */
nn_status nni_save_file(const nn_context *context, const char *who, const char *path,
                        nn_status (*body)(struct nni_writer *writer, void *data),
                        void *data);

#endif
