/* Saving a file so that at every moment its path leads to the whole old file or to the
 * whole new one: write beside it, sync, rename (which replaces at once), sync the folder
 * (so that the rename is on the disk as well).
 *
 * What is being written holds a lock (flock), which ends with its process. So what a killed
 * process left is found unlocked and used again, and two that save the same file at the
 * same time do not write into one. A lock was perhaps waited for while its holder renamed
 * the file: it counts only where the name still leads to what was locked. */
#include "io/stream.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SAVE_TRIES = 32,      /* names beside the file that are tried */
    SAVE_SUFFIX_SIZE = 8, /* ".tmp31" and its 0 */
    SAVE_MODE = 0666,     /* of a new file, less the process's mask */
    SAVE_MODE_MASK = 0777
};

struct save {
    const char *path;
    struct nni_file_name name;
    char *beside; /* the path that is written to */
    int descriptor;
};

/* A path that is there is a regular file that may be written; *mode is that of the file
 * to be, or -1 where there is none yet. */
static nn_status save_check_target(const struct save *save, int32_t *mode)
{
    struct stat status;
    *mode = -1;
    if (stat(save->path, &status) != 0) {
        return errno == ENOENT ? NN_OK : nni_file_fail(save->name.text, "written");
    }
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return nni_file_fail(save->name.text, "written");
    }
    if (!S_ISREG(status.st_mode)) {
        return nni_fail(NN_ERROR_IO, "%s: cannot be written: it is no regular file",
                        save->name.text);
    }
    if (faccessat(AT_FDCWD, save->path, W_OK, AT_EACCESS) != 0) {
        return nni_file_fail(save->name.text, "written");
    }
    *mode = (int32_t)(status.st_mode & SAVE_MODE_MASK);
    return NN_OK;
}

/* 1 where the name leads to the file that is open, which is a regular one and has no other
 * name. */
static int save_is_ours(const struct save *save, int descriptor)
{
    struct stat open_file;
    struct stat named;
    return fstat(descriptor, &open_file) == 0 && lstat(save->beside, &named) == 0 &&
           S_ISREG(named.st_mode) && named.st_nlink == 1 &&
           named.st_ino == open_file.st_ino && named.st_dev == open_file.st_dev;
}

/* Opens and locks save->beside; -1 where that is not possible. A file system without locks
 * does without. */
static int save_try(const struct save *save)
{
    int descriptor;
    do {
        descriptor =
            open(save->beside, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
                 SAVE_MODE);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor < 0) {
        return -1;
    }
    int locked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
    if (locked && save_is_ours(save, descriptor) && ftruncate(descriptor, 0) == 0) {
        return descriptor;
    }
    close(descriptor);
    errno = EBUSY;
    return -1;
}

/* Finds a name beside the file that nobody else writes to. */
static nn_status save_open(const nn_context *context, struct save *save)
{
    size_t length = strlen(save->path);
    save->beside = nni_alloc(context, length + SAVE_SUFFIX_SIZE, 1);
    if (save->beside == NULL) {
        return nn_last_status();
    }
    memcpy(save->beside, save->path, length);
    int first_error = 0;
    for (int i = 0; i < SAVE_TRIES && save->descriptor < 0; i++) {
        char *suffix = save->beside + length;
        snprintf(suffix, SAVE_SUFFIX_SIZE, i == 0 ? ".tmp" : ".tmp%d", i);
        save->descriptor = save_try(save);
        if (save->descriptor < 0 && first_error == 0) {
            first_error = errno;
        }
    }
    if (save->descriptor < 0) {
        errno = first_error;
        return nni_file_fail(save->name.text,
                             "written, as no file can be made beside it");
    }
    return NN_OK;
}

static int save_sync(int descriptor)
{
    int result;
    do {
        result = fsync(descriptor);
    } while (result != 0 && errno == EINTR);
    return result;
}

/* Puts the rename onto the disk. A folder that cannot be opened, or a file system that
 * syncs no folders, is left to itself. */
static nn_status save_sync_folder(struct save *save)
{
    char *folder = save->beside; /* no longer needed: what stands before its last '/' */
    char *slash = strrchr(folder, '/');
    if (slash == NULL) {
        folder[0] = '.';
        slash = folder;
    }
    slash[1] = '\0';
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) {
        return NN_OK;
    }
    nn_status status = NN_OK;
    if (save_sync(descriptor) != 0 && errno != EINVAL && errno != EROFS) {
        status = nni_file_fail(save->name.text, "made safe: its folder cannot be synced");
    }
    close(descriptor);
    return status;
}

/* Fills what is open and syncs it. */
static nn_status save_fill(struct save *save, int32_t mode,
                           nn_status (*body)(struct nni_writer *writer, void *data),
                           void *data)
{
    struct nni_writer writer;
    if (mode >= 0 && fchmod(save->descriptor, (mode_t)mode) != 0) {
        return nni_file_fail(save->name.text, "given its permissions");
    }
    nni_writer_to_descriptor(&writer, save->path, save->descriptor);
    NNI_TRY(body(&writer, data));
    return save_sync(save->descriptor) == 0 ? NN_OK
                                            : nni_file_fail(save->name.text, "synced");
}

/* Renames what was written, or removes it where something failed, and only then lets go
 * of the lock. (What close could report has been reported by fsync.) */
static nn_status save_finish(struct save *save, nn_status status)
{
    if (status == NN_OK && rename(save->beside, save->path) != 0) {
        status = nni_file_fail(save->name.text, "replaced");
    }
    if (status == NN_OK) {
        status = save_sync_folder(save);
    } else {
        unlink(save->beside);
    }
    close(save->descriptor);
    return status;
}

nn_status nni_save_file(const nn_context *context, const char *who, const char *path,
                        nn_status (*body)(struct nni_writer *writer, void *data),
                        void *data)
{
    NNI_NOT_NULL(who, path);
    struct save save = {.path = path, .name = nni_file_name(path), .descriptor = -1};
    int32_t mode;
    NNI_TRY(save_check_target(&save, &mode));
    nn_status status = save_open(context, &save);
    if (status == NN_OK) {
        status = save_finish(&save, save_fill(&save, mode, body, data));
    }
    nni_free(context, save.beside);
    return status;
}
