/* Saving files: at every moment and after every failure the old file or the new one. The
 * system's calls that can fail are replaced here by ones that count and fail when told. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/stream.h"

#include "support/datasets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- calls that fail ---- */

static struct faults {
    int on;         /* calls are counted and may fail */
    int calls;      /* that were made */
    int fail_at;    /* the number of the call that fails, from 1 */
    int error;      /* with this errno; 0: the process is killed */
    size_t portion; /* that one write takes at most; 0: all */
} faults;

/* 1 where this call fails; errno is set. */
static int fails(void)
{
    if (!faults.on || ++faults.calls != faults.fail_at) {
        return 0;
    }
    if (faults.error == 0) {
        raise(SIGKILL);
    }
    errno = faults.error;
    return 1;
}

ssize_t write(int descriptor, const void *bytes, size_t size)
{
    if (faults.on && descriptor > 2) {
        if (fails()) {
            return -1;
        }
        size = faults.portion > 0 && faults.portion < size ? faults.portion : size;
    }
    return syscall(SYS_write, descriptor, bytes, size);
}

int fsync(int descriptor)
{
    return fails() ? -1 : (int)syscall(SYS_fsync, descriptor);
}

int fchmod(int descriptor, mode_t mode)
{
    return fails() ? -1 : (int)syscall(SYS_fchmod, descriptor, mode);
}

int rename(const char *from, const char *to)
{
    return fails() ? -1 : (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

/* ---- what is saved ---- */

enum { CONTENT_PIECES = 5 };

/* Five pieces of `size` bytes, all of them `byte`; body fails after `until` of them. */
struct content {
    int byte, until;
    size_t size;
};

static nn_status write_content(struct nni_writer *writer, void *data)
{
    const struct content *content = data;
    char piece[1000];
    memset(piece, content->byte, sizeof piece);
    for (int i = 0; i < CONTENT_PIECES; i++) {
        if (i == content->until) {
            return nni_fail(NN_ERROR_STATE, "enough");
        }
        NNI_TRY(nni_writer_put(writer, piece, content->size));
    }
    return NN_OK;
}

static nn_status save(const char *path, int byte)
{
    struct content content = {byte, -1, 1000};
    return nni_save_file(NULL, "test", path, write_content, &content);
}

/* The byte that all of the file is made of; -1 where it is not whole. */
static int content_of(const char *path)
{
    FILE *file = fopen(path, "rb");
    int count = 0;
    int byte = -1;
    assert_non_null(file);
    for (int c = fgetc(file); c != EOF; c = fgetc(file)) {
        if (count++ > 0 && c != byte) {
            count = -1;
            break;
        }
        byte = c;
    }
    fclose(file);
    return count == CONTENT_PIECES * 1000 ? byte : -1;
}

static int is_there(const char *path, const char *suffix)
{
    char name[300];
    struct stat status;
    snprintf(name, sizeof name, "%s%s", path, suffix);
    return lstat(name, &status) == 0;
}

static void path_of(const char *name, char *path)
{
    const char *folder = getenv("TMPDIR");
    snprintf(path, 256, "%s/%s", folder != NULL ? folder : "/tmp", name);
    remove(path);
}

static int reset_faults(void **state)
{
    (void)state;
    memset(&faults, 0, sizeof faults);
    return 0;
}

/* ---- tests ---- */

static void test_file_is_made_and_replaced(void **state)
{
    (void)state;
    char path[256];
    path_of("made", path);
    assert_int_equal(save(path, 'a'), NN_OK);
    assert_int_equal(content_of(path), 'a');
    assert_int_equal(save(path, 'b'), NN_OK);
    assert_int_equal(content_of(path), 'b');
    assert_false(is_there(path, ".tmp"));
    remove(path);
}

static void test_file_in_the_current_folder_is_saved(void **state)
{
    (void)state;
    char before[4096];
    char path[256];
    path_of("x", path);
    *strrchr(path, '/') = '\0';
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(path), 0);
    assert_int_equal(save("here", 'h'), NN_OK);
    assert_int_equal(content_of("here"), 'h');
    remove("here");
    assert_int_equal(chdir(before), 0);
}

static void test_body_that_fails_leaves_the_old_file(void **state)
{
    (void)state;
    char path[256];
    path_of("kept", path);
    assert_int_equal(save(path, 'a'), NN_OK);
    for (int until = 0; until < CONTENT_PIECES; until++) {
        struct content content = {'b', until, 1000};
        assert_int_equal(nni_save_file(NULL, "test", path, write_content, &content),
                         NN_ERROR_STATE);
        assert_string_equal(nn_last_error(), "enough");
        assert_int_equal(content_of(path), 'a');
        assert_false(is_there(path, ".tmp"));
    }
    remove(path);
}

/* Every call of the system is made to fail in turn, with short writes or without. */
static void test_failing_calls_leave_the_old_file(void **state)
{
    (void)state;
    static const int errors[] = {ENOSPC, EIO, EDQUOT};
    char path[256];
    path_of("faults", path);
    for (int which = 0; which < 6; which++) {
        int last = 0;
        for (int n = 1; !last; n++) {
            assert_int_equal(save(path, 'a'), NN_OK);
            faults = (struct faults){.on = 1,
                                     .fail_at = n,
                                     .error = errors[which % 3],
                                     .portion = which < 3 ? 0 : 400};
            nn_status status = save(path, 'b');
            faults.on = 0;
            last = faults.calls < n;
            int folder = !last && content_of(path) == 'b'; /* synced after the rename */
            assert_int_equal(status, last ? NN_OK : NN_ERROR_IO);
            assert_int_equal(content_of(path), last || folder ? 'b' : 'a');
            assert_false(is_there(path, ".tmp"));
            assert_true(!folder || strstr(nn_last_error(), "its folder") != NULL);
            assert_true(n < 30);
        }
        assert_true(faults.calls == (which < 3 ? 9 : 19));
    }
    remove(path);
}

static void test_interrupted_calls_are_repeated(void **state)
{
    (void)state;
    char path[256];
    path_of("interrupted", path);
    for (int n = 1; n <= 9; n++) {
        assert_int_equal(save(path, 'a'), NN_OK);
        faults = (struct faults){.on = 1, .fail_at = n, .error = EINTR};
        nn_status status = save(path, 'b');
        faults.on = 0;
        /* fchmod and rename, calls 1 and 8, are not interrupted by signals */
        assert_int_equal(status, n == 1 || n == 8 ? NN_ERROR_IO : NN_OK);
        assert_int_equal(content_of(path), status == NN_OK ? 'b' : 'a');
    }
    remove(path);
}

static void test_process_killed_at_every_call_leaves_a_whole_file(void **state)
{
    (void)state;
    char path[256];
    path_of("killed", path);
    int left = 0;
    int finished = 0;
    for (int n = 1; !finished; n++) {
        assert_int_equal(save(path, 'a'), NN_OK);
        pid_t child = fork();
        if (child == 0) {
            faults = (struct faults){.on = 1, .fail_at = n, .portion = 400};
            _exit(save(path, 'b') == NN_OK ? 0 : 1);
        }
        int how = 0;
        assert_int_equal(waitpid(child, &how, 0), child);
        finished = !WIFSIGNALED(how);
        int content = content_of(path);
        assert_true(content == 'a' || content == 'b');
        left += is_there(path, ".tmp");
        /* What is left does not hinder, and is not left for ever. */
        assert_int_equal(save(path, 'c'), NN_OK);
        assert_int_equal(content_of(path), 'c');
        assert_false(is_there(path, ".tmp"));
        assert_false(is_there(path, ".tmp1"));
        assert_true(n < 40);
    }
    assert_true(left >= 15);
    remove(path);
}

static void test_processes_that_save_one_file_do_not_mix(void **state)
{
    (void)state;
    enum { CHILDREN = 4, SAVES = 40 };
    char path[256];
    path_of("shared", path);
    assert_int_equal(save(path, 'a'), NN_OK);
    pid_t children[CHILDREN];
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            int bad = 0;
            for (int k = 0; k < SAVES; k++) {
                bad += save(path, 'b' + i) != NN_OK;
            }
            _exit(bad > 100 ? 100 : bad);
        }
    }
    int running = CHILDREN;
    while (running > 0) {
        int how = 0;
        if (waitpid(-1, &how, WNOHANG) > 0) {
            running--;
            assert_true(WIFEXITED(how) && WEXITSTATUS(how) == 0);
        }
        assert_in_range(content_of(path), 'a', 'a' + CHILDREN);
    }
    for (int i = 0; i < 4; i++) {
        char suffix[8];
        snprintf(suffix, sizeof suffix, i == 0 ? ".tmp" : ".tmp%d", i);
        assert_false(is_there(path, suffix));
    }
    remove(path);
}

static void test_name_that_another_holds_is_left_alone(void **state)
{
    (void)state;
    char path[256];
    char beside[300];
    path_of("held", path);
    snprintf(beside, sizeof beside, "%s.tmp", path);
    int held = open(beside, O_RDWR | O_CREAT, 0600);
    assert_true(held >= 0);
    assert_int_equal(write(held, "mine", 4), 4);
    assert_int_equal(flock(held, LOCK_EX), 0);
    assert_int_equal(save(path, 'a'), NN_OK);
    assert_int_equal(content_of(path), 'a');
    struct stat status;
    assert_int_equal(stat(beside, &status), 0);
    assert_int_equal(status.st_size, 4);
    close(held);
    assert_int_equal(save(path, 'b'), NN_OK); /* now it is used, and gone */
    assert_false(is_there(path, ".tmp"));
    remove(path);
}

static void test_links_and_folders_beside_are_passed_over(void **state)
{
    (void)state;
    char path[256];
    char beside[300];
    char victim[256];
    path_of("linked", path);
    write_file("victim", "precious", 8, victim);
    snprintf(beside, sizeof beside, "%s.tmp", path);
    assert_int_equal(symlink(victim, beside), 0);
    assert_int_equal(save(path, 'a'), NN_OK);
    remove(beside);
    assert_int_equal(link(victim, beside), 0);
    assert_int_equal(save(path, 'b'), NN_OK);
    remove(beside);
    assert_int_equal(mkdir(beside, 0700), 0);
    assert_int_equal(save(path, 'c'), NN_OK);
    assert_int_equal(content_of(path), 'c');
    rmdir(beside);
    struct stat status;
    assert_int_equal(stat(victim, &status), 0);
    assert_int_equal(status.st_size, 8);
    remove(victim);
    remove(path);
}

static void test_permissions_stay(void **state)
{
    (void)state;
    char path[256];
    struct stat status;
    path_of("mode", path);
    assert_int_equal(save(path, 'a'), NN_OK);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(save(path, 'b'), NN_OK);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    remove(path);
}

static void test_what_is_no_file_is_refused(void **state)
{
    (void)state;
    assert_int_equal(save("/dev/full", 'a'), NN_ERROR_IO);
    assert_string_equal(nn_last_error(),
                        "/dev/full: cannot be written: it is no regular file");
    assert_int_equal(save("/tmp", 'a'), NN_ERROR_IO);
    assert_string_equal(nn_last_error(), "/tmp: cannot be written: it is a directory");
    assert_int_equal(save("/nowhere/x", 'a'), NN_ERROR_IO);
    assert_string_equal(nn_last_error(), "/nowhere/x: cannot be written, as no file can "
                                         "be made beside it: there is no such file");
    assert_int_equal(save("/tmp/x\n/../y/z", 'a'), NN_ERROR_IO);
    assert_int_equal(save("", 'a'), NN_ERROR_IO);
    assert_int_equal(save(NULL, 'a'), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(), "test: path is NULL");
}

static void test_folder_and_file_may_be_read_only(void **state)
{
    (void)state;
    char folder[256];
    char path[300];
    path_of("folder", folder);
    snprintf(path, sizeof path, "%s/x", folder);
    assert_int_equal(mkdir(folder, 0777), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    assert_int_equal(save(path, 'a'), NN_OK);
    const uid_t user = geteuid();
    if (user == 0) { /* whom nothing is forbidden */
        assert_int_equal(seteuid(65534), 0);
    }
    assert_int_equal(save(path, 'b'), user == 0 ? NN_ERROR_IO : NN_OK);
    assert_int_equal(seteuid(user), 0);
    assert_int_equal(chmod(path, 0444), 0);
    assert_int_equal(chmod(folder, 0555), 0);
    if (user == 0) {
        assert_int_equal(seteuid(65534), 0);
    }
    assert_int_equal(save(path, 'c'), NN_ERROR_IO);
    assert_failure(NN_ERROR_IO, "cannot be written: permission denied");
    strcat(path, "2");
    assert_int_equal(save(path, 'c'), NN_ERROR_IO);
    assert_failure(NN_ERROR_IO, "as no file can be made beside it: permission denied");
    assert_int_equal(seteuid(user), 0);
    path[strlen(path) - 1] = '\0';
    assert_int_not_equal(content_of(path), 'c');
    assert_int_equal(chmod(folder, 0777), 0);
    remove(path);
    rmdir(folder);
}

static void test_file_that_would_be_too_large_leaves_the_old_one(void **state)
{
    (void)state;
    char path[256];
    path_of("limit", path);
    assert_int_equal(save(path, 'a'), NN_OK);
    struct rlimit before;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    struct rlimit small = before;
    small.rlim_cur = 2500;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    nn_status status = save(path, 'b');
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, NN_ERROR_IO);
    assert_failure(NN_ERROR_IO, "cannot be written: the file would be too large (at byte "
                                "2500)");
    assert_int_equal(content_of(path), 'a');
    assert_false(is_there(path, ".tmp"));
    remove(path);
}

static int attempt_save(nn_context *context, void *data)
{
    struct content content = {'b', -1, 1000};
    return nni_save_file(context, "test", data, write_content, &content) == NN_OK;
}

static void test_memory_may_run_out(void **state)
{
    (void)state;
    char path[256];
    path_of("memory", path);
    assert_int_equal(fail_each_allocation(attempt_save, path), 1);
    assert_int_equal(content_of(path), 'b');
    remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_file_is_made_and_replaced, reset_faults),
        cmocka_unit_test_setup(test_file_in_the_current_folder_is_saved, reset_faults),
        cmocka_unit_test_setup(test_body_that_fails_leaves_the_old_file, reset_faults),
        cmocka_unit_test_setup(test_failing_calls_leave_the_old_file, reset_faults),
        cmocka_unit_test_setup(test_interrupted_calls_are_repeated, reset_faults),
        cmocka_unit_test_setup(test_process_killed_at_every_call_leaves_a_whole_file,
                               reset_faults),
        cmocka_unit_test_setup(test_processes_that_save_one_file_do_not_mix,
                               reset_faults),
        cmocka_unit_test_setup(test_name_that_another_holds_is_left_alone, reset_faults),
        cmocka_unit_test_setup(test_links_and_folders_beside_are_passed_over,
                               reset_faults),
        cmocka_unit_test_setup(test_permissions_stay, reset_faults),
        cmocka_unit_test_setup(test_what_is_no_file_is_refused, reset_faults),
        cmocka_unit_test_setup(test_folder_and_file_may_be_read_only, reset_faults),
        cmocka_unit_test_setup(test_file_that_would_be_too_large_leaves_the_old_one,
                               reset_faults),
        cmocka_unit_test_setup(test_memory_may_run_out, reset_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
