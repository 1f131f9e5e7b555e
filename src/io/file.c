/* Reading files with the system's calls: open, fstat for the size, pread until all is
 * there. Interrupted calls are repeated. */
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
    case EDQUOT:
        return "no space left";
    case EFBIG:
        return "the file would be too large";
    case EROFS:
        return "the file system is read-only";
    case EBUSY:
        return "it is in use";
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

nn_status nni_file_fail(const char *name, const char *what)
{
    struct nni_file_error error = nni_file_error(errno);
    return nni_fail(NN_ERROR_IO, "%s: cannot be %s: %s", name, what, error.text);
}

/* The size of an open file, if it is a regular one. */
static nn_status file_size(const char *name, int descriptor, uint64_t *size)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0) {
        return nni_file_fail(name, "looked at");
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
    *size = (uint64_t)status.st_size;
    return NN_OK;
}

nn_status nni_file_open(const char *who, const char *path, int *descriptor,
                        uint64_t *size)
{
    *descriptor = -1;
    *size = 0;
    NNI_NOT_NULL(who, path);
    struct nni_file_name name = nni_file_name(path);
    int opened;
    do {
        /* not to wait for the other end of a pipe, which is then refused */
        opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    } while (opened < 0 && errno == EINTR);
    if (opened < 0) {
        return nni_file_fail(name.text, "opened");
    }
    nn_status status = file_size(name.text, opened, size);
    if (status != NN_OK) {
        close(opened);
        return status;
    }
    *descriptor = opened;
    return NN_OK;
}

nn_status nni_file_read_at(const char *name, int descriptor, uint64_t offset, void *bytes,
                           size_t size)
{
    size_t done = 0;
    while (done < size) {
        size_t wanted = size - done < FILE_READ_BYTES ? size - done : FILE_READ_BYTES;
        ssize_t got =
            pread(descriptor, (char *)bytes + done, wanted, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return nni_file_fail(name, "read");
        }
        if (got == 0) {
            return nni_fail(NN_ERROR_IO,
                            "%s: became shorter while it was read (byte %" PRIu64
                            " of %" PRIu64 ")",
                            name, offset + done, offset + size);
        }
        done += (size_t)got;
    }
    return NN_OK;
}

/* Reads an open file of `size` bytes into memory of its own. */
static nn_status file_read_all(const nn_context *context, const char *name,
                               int descriptor, size_t size, uint8_t **bytes)
{
    *bytes = nni_alloc(context, size + 1, 1);
    if (*bytes == NULL) {
        return nni_fail(nn_last_status(), "%s: %s", name, nn_last_error());
    }
    nn_status status = nni_file_read_at(name, descriptor, 0, *bytes, size);
    if (status != NN_OK) {
        nni_free(context, *bytes);
        *bytes = NULL;
    }
    return status;
}

nn_status nni_file_read(const nn_context *context, const char *who, const char *path,
                        uint8_t **bytes, size_t *size)
{
    *bytes = NULL;
    *size = 0;
    int descriptor;
    uint64_t length;
    NNI_TRY(nni_file_open(who, path, &descriptor, &length));
    nn_status status = file_read_all(context, nni_file_name(path).text, descriptor,
                                     (size_t)length, bytes);
    close(descriptor);
    *size = status == NN_OK ? (size_t)length : 0;
    return status;
}
