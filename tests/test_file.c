/* Reading whole files: contents, what is refused, and how failures are worded. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/file.h"

#include "base/memory.h"
#include "support/datasets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_file_is_read_whole_with_a_zero_after_it(void **state)
{
    (void)state;
    static const char words[] = "some\0bytes";
    char path[256];
    uint8_t *bytes;
    size_t size;
    write_file("words", words, sizeof words - 1, path);
    assert_int_equal(nni_file_read(NULL, "test", path, &bytes, &size), NN_OK);
    assert_int_equal(size, sizeof words - 1);
    assert_memory_equal(bytes, words, sizeof words);
    nni_free(NULL, bytes);
    remove(path);
}

static void test_empty_file_has_no_bytes(void **state)
{
    (void)state;
    char path[256];
    uint8_t *bytes;
    size_t size = 1;
    write_file("empty", "", 0, path);
    assert_int_equal(nni_file_read(NULL, "test", path, &bytes, &size), NN_OK);
    assert_int_equal(size, 0);
    assert_int_equal(bytes[0], 0);
    nni_free(NULL, bytes);
    remove(path);
}

static void test_file_that_nobody_may_read_is_refused(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        print_message("skipped: root may read every file\n");
        skip();
    }
    char path[256];
    uint8_t *bytes;
    size_t size;
    write_file("secret", "x", 1, path);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(nni_file_read(NULL, "test", path, &bytes, &size), NN_ERROR_IO);
    assert_failure(NN_ERROR_IO, "cannot be opened: permission denied");
    assert_null(bytes);
    remove(path);
}

/* The kernel's files claim a page and hold less. */
static void test_file_shorter_than_it_says_is_refused(void **state)
{
    (void)state;
    static const char path[] = "/sys/kernel/mm/transparent_hugepage/enabled";
    if (access(path, R_OK) != 0) {
        print_message("skipped: there is no %s\n", path);
        skip();
    }
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    uint8_t *bytes;
    size_t size;
    assert_int_equal(nni_file_read(context, "test", path, &bytes, &size), NN_ERROR_IO);
    assert_failure(NN_ERROR_IO, "became shorter while it was read");
    assert_null(bytes);
    assert_int_equal(size, 0);
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
}

static void test_memory_for_the_file_may_fail(void **state)
{
    (void)state;
    char path[256];
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    uint8_t *bytes;
    size_t size;
    write_file("some", "x", 1, path);
    memory.left = 0;
    assert_int_equal(nni_file_read(context, "test", path, &bytes, &size),
                     NN_ERROR_MEMORY);
    assert_failure(NN_ERROR_MEMORY, path);
    assert_null(bytes);
    nn_context_destroy(context);
    remove(path);
}

static void test_errors_have_words(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *text;
    } cases[] = {{ENOENT, "there is no such file"},
                 {ENOTDIR, "there is no such file"},
                 {EACCES, "permission denied"},
                 {EPERM, "permission denied"},
                 {EISDIR, "it is a directory"},
                 {ENAMETOOLONG, "the name is too long"},
                 {ELOOP, "too many symbolic links"},
                 {EMFILE, "too many open files"},
                 {ENFILE, "too many open files"},
                 {ENOSPC, "no space left"},
                 {EDQUOT, "no space left"},
                 {EFBIG, "the file would be too large"},
                 {EBUSY, "it is in use"},
                 {EROFS, "the file system is read-only"},
                 {EIO, "an input/output error"},
                 {12345, "the system's error 12345"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct nni_file_error error = nni_file_error(cases[i].error);
        assert_string_equal(error.text, cases[i].text);
    }
}

static void test_long_path_keeps_its_end(void **state)
{
    (void)state;
    char path[400];
    memset(path, 'p', sizeof path - 1);
    memcpy(path + sizeof path - 7, "/x.csv", 7);
    struct nni_file_name name = nni_file_name(path);
    assert_int_equal(strlen(name.text), NNI_FILE_NAME_SIZE - 1);
    assert_memory_equal(name.text, "...ppp", 6);
    assert_string_equal(name.text + strlen(name.text) - 6, "/x.csv");
    name = nni_file_name("/x.csv");
    assert_string_equal(name.text, "/x.csv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_is_read_whole_with_a_zero_after_it),
        cmocka_unit_test(test_empty_file_has_no_bytes),
        cmocka_unit_test(test_file_that_nobody_may_read_is_refused),
        cmocka_unit_test(test_file_shorter_than_it_says_is_refused),
        cmocka_unit_test(test_memory_for_the_file_may_fail),
        cmocka_unit_test(test_errors_have_words),
        cmocka_unit_test(test_long_path_keeps_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
