/* Living beside nanomsg, whose functions also begin with nn_: both headers in one source
 * file, both libraries in one program, each doing its own work. Runs in the root of the
 * tree, since it reads the public headers. */
#define _POSIX_C_SOURCE 200809L

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nanomsg/nn.h>
#include <nanomsg/pair.h>
#include <nn/nn.h>

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>

static const char address[] = "inproc://tensors";

/* Gives a message that a tensor has shown back to nanomsg. */
static void release_message(void *user, void *data)
{
    ++*(int *)user;
    assert_int_equal(nn_freemsg(data), 0);
}

static void a_tensor_travels_as_a_message(void **state)
{
    (void)state;
    const int receiver = nn_socket(AF_SP, NN_PAIR);
    const int sender = nn_socket(AF_SP, NN_PAIR);
    assert_true(receiver >= 0 && sender >= 0);
    assert_true(nn_bind(receiver, address) >= 0);
    assert_true(nn_connect(sender, address) >= 0);

    const int64_t shape[] = {2, 3};
    nn_tensor *sent = nn_tensor_create(NULL, NN_FLOAT32, shape, 2);
    assert_int_equal(nn_tensor_random_normal(sent, 0.0f, 1.0f, 1), NN_OK);
    const size_t bytes = 6 * nn_dtype_size(NN_FLOAT32);
    assert_int_equal(nn_send(sender, nn_tensor_data_const(sent), bytes, 0), bytes);

    void *message = NULL;
    int released = 0;
    assert_int_equal(nn_recv(receiver, &message, NN_MSG, 0), bytes);
    nn_tensor *received =
        nn_tensor_wrap(NULL, NN_FLOAT32, shape, 2, message, release_message, &released);
    assert_non_null(received);
    assert_memory_equal(nn_tensor_data(received), nn_tensor_data(sent), bytes);
    nn_tensor_destroy(received);
    assert_int_equal(released, 1);

    nn_tensor_destroy(sent);
    assert_int_equal(nn_close(sender), 0);
    assert_int_equal(nn_close(receiver), 0);
}

static void each_library_reports_its_own_errors(void **state)
{
    (void)state;
    assert_null(nn_tensor_create(NULL, 0, NULL, 0));
    assert_int_equal(nn_close(-1), -1);
    assert_int_equal(nn_errno(), EBADF);
    assert_string_equal(nn_strerror(EBADF), strerror(EBADF));
    assert_string_equal(nn_status_name(nn_last_status()), "NN_ERROR_DTYPE");
    assert_non_null(strstr(nn_last_error(), "nn_tensor_create"));
}

static void each_library_knows_its_own_constants(void **state)
{
    (void)state;
    int value = 0;
    const char *name = nn_symbol(0, &value);
    assert_non_null(name);
    assert_true(nn_version_number() >= NN_VERSION_MAJOR * 1000000);
    assert_string_equal(nn_status_name(NN_OK), "NN_OK");
}

/* Counts the words of a header that begin with nn_; none may be a symbol of nanomsg. */
static int check_words_of(const char *path, void *nanomsg)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    int count = 0;
    char line[256];
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    while (fgets(line, sizeof line, file) != NULL) {
        for (char *word = line + strcspn(line, letters); *word != '\0';) {
            char *end = word + strspn(word, letters);
            char *next = end + strcspn(end, letters);
            if (strncmp(word, "nn_", 3) == 0) {
                *end = '\0';
                if (dlsym(nanomsg, word) != NULL) {
                    fail_msg("%s: nanomsg also exports %s", path, word);
                }
                count++;
            }
            word = next;
        }
    }
    fclose(file);
    return count;
}

/* Also those that nanomsg's headers do not show: of two libraries that export one name
 * the program gets one, and the other library with it. */
static void no_public_name_is_a_symbol_of_nanomsg(void **state)
{
    (void)state;
    void *nanomsg = dlopen("libnanomsg.so", RTLD_NOW);
    assert_non_null(nanomsg);
    assert_non_null(dlsym(nanomsg, "nn_socket"));
    glob_t headers;
    assert_int_equal(glob("include/nn/*.h", 0, NULL, &headers), 0);
    int count = 0;
    for (size_t i = 0; i < headers.gl_pathc; i++) {
        count += check_words_of(headers.gl_pathv[i], nanomsg);
    }
    assert_true(count > 100);
    globfree(&headers);
    dlclose(nanomsg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tensor_travels_as_a_message),
        cmocka_unit_test(each_library_reports_its_own_errors),
        cmocka_unit_test(each_library_knows_its_own_constants),
        cmocka_unit_test(no_public_name_is_a_symbol_of_nanomsg),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
