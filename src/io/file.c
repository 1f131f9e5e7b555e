/* Reading whole files with the system's calls: open, fstat for the size, read until all
 * is there. Interrupted calls are repeated. */
#include "io/file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILE_READ_BYTES = 1 << 30
}; /* at most at once; the limit of Linux is a bit more */

struct nni_file_name nni_file_name(const char *path)
{
    struct nni_file_name name;
    size_t length = strlen(path);
    if (length < sizeof name.text) {
        memcpy(name.text, path, length + 1);
    } else {
        size_t kept = sizeof name.text - sizeof "...";
        snprintf(name.text, sizeof name.text, "...%s", path + (length - kept));
    }
    return name;
}

static const char *file_known_error(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
        return "there is no such file";
    case EACCES:
    case EPERM:
        return "permission denied";
    case EISDIR:
        return "it is a directory";
    case ENAMETOOLONG:
        return "the name is too long";
    case ELOOP:
        return "too many symbolic links";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    case ENOSPC:
        return "no space left";
    case EROFS:
        return "the file system is read-only";
    case EIO:
        return "an input/output error";
    default:
        return NULL;
    }
}

struct nni_file_error nni_file_error(int error)
{
    struct nni_file_error shown;
    const char *known = file_known_error(error);
    if (known != NULL) {
        snprintf(shown.text, sizeof shown.text, "%s", known);
    } else {
        snprintf(shown.text, sizeof shown.text, "the system's error %d", error);
    }
    return shown;
}

/* NN_ERROR_IO with what errno says. */
static nn_status file_fail(const char *name, const char *what)
{
    struct nni_file_error error = nni_file_error(errno);
    return nni_fail(NN_ERROR_IO, "%s: cannot be %s: %s", name, what, error.text);
}

/* The size of an open file, if it is a regular one. */
static nn_status file_size(const char *name, int descriptor, size_t *size)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return file_fail(name, "looked at");
    }
    if (S_ISDIR(status.st_mode)) {
        return nni_fail(NN_ERROR_IO, "%s: cannot be read: it is a directory", name);
    }
    if (!S_ISREG(status.st_mode)) {
        return nni_fail(NN_ERROR_IO, "%s: cannot be read: it is no regular file", name);
    }
    if (status.st_size < 0 || (uint64_t)status.st_size >= SIZE_MAX) {
        return nni_fail(NN_ERROR_IO, "%s: is too large for this machine", name);
    }
    *size = (size_t)status.st_size;
    return NN_OK;
}

static nn_status file_fill(const char *name, int descriptor, uint8_t *bytes, size_t size)
{
    size_t done = 0;
    while (done < size) {
        size_t wanted = size - done < FILE_READ_BYTES ? size - done : FILE_READ_BYTES;
        ssize_t got = read(descriptor, bytes + done, wanted);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_fail(name, "read");
        }
        if (got == 0) {
            return nni_fail(NN_ERROR_IO,
                            "%s: became shorter while it was read (byte %" PRIu64
                            " of %" PRIu64 ")",
                            name, (uint64_t)done, (uint64_t)size);
        }
        done += (size_t)got;
    }
    return NN_OK;
}

/* Reads an open file into memory of its own. */
static nn_status file_read_all(const nn_context *context, const char *name,
                               int descriptor, uint8_t **bytes, size_t *size)
{
    NNI_TRY(file_size(name, descriptor, size));
    *bytes = nni_alloc(context, *size + 1, 1);
    if (*bytes == NULL) {
        return nni_fail(nn_last_status(), "%s: %s", name, nn_last_error());
    }
    nn_status status = file_fill(name, descriptor, *bytes, *size);
    if (status != NN_OK) {
        nni_free(context, *bytes);
    }
    return status;
}

nn_status nni_file_read(const nn_context *context, const char *who, const char *path,
                        uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    NNI_NOT_NULL(who, path);
    struct nni_file_name name = nni_file_name(path);
    int descriptor;
    do {
        /* not to wait for the other end of a pipe, which is then refused */
        descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        return file_fail(name.text, "opened");
    }
    nn_status status = file_read_all(context, name.text, descriptor, bytes, size);
    close(descriptor);
    if (status != NN_OK) {
        *bytes = NULL;
        *size = 0;
    }
    return status;
}
