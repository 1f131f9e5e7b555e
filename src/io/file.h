/* Opening and reading files. Nothing in a file is trusted; what can be checked before
 * memory is asked for is checked here. */
#ifndef NNI_IO_FILE_H
#define NNI_IO_FILE_H

#include "base/context.h"
#include "base/status.h"

/* The bytes of a regular file, into memory for nni_free; *size says how many, and one
 * zero byte follows them. NN_ERROR_IO where it cannot be opened or read, or is a
 * directory, pipe or device. *bytes is NULL on failure. who begins those messages that do
 * not begin with the path. */
nn_status nni_file_read(const nn_context *context, const char *who, const char *path,
                        uint8_t **bytes, size_t *size);

/* Opens a regular file for reading; *size is its length. NN_ERROR_IO as above; *descriptor
 * is then -1. */
nn_status nni_file_open(const char *who, const char *path, int *descriptor,
                        uint64_t *size);

/* Reads all of bytes[0 ... size - 1] from an offset of an open file. NN_ERROR_IO, also
 * where the file ends before. name is the file's, for messages. */
nn_status nni_file_read_at(const char *name, int descriptor, uint64_t offset, void *bytes,
                           size_t size);

/* NN_ERROR_IO with what errno says: "<name>: cannot be <what>: <words>". */
nn_status nni_file_fail(const char *name, const char *what);

enum { NNI_FILE_NAME_SIZE = 160 };
struct nni_file_name {
    char text[NNI_FILE_NAME_SIZE];
};

/* A path as it stands in messages: a long one keeps its end. */
struct nni_file_name nni_file_name(const char *path);

struct nni_file_error {
    char text[48];
};

/* What an errno means, in words that depend on no locale. */
struct nni_file_error nni_file_error(int error);

#endif
