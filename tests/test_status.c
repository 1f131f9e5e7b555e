/* Statuses, the last failure of each thread, and the version. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/status.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

/* Run first: nothing has failed in this thread. */
static void before_the_first_failure_there_is_no_text(void **state)
{
    (void)state;
    assert_string_equal(nn_last_error(), "");
    assert_int_equal(nn_last_status(), NN_OK);
}

static void every_status_has_a_name_and_a_text(void **state)
{
    (void)state;
    for (nn_status status = NN_OK; status <= NN_ERROR_ENVIRONMENT; status++) {
        assert_non_null(nn_status_name(status));
        assert_memory_equal(nn_status_name(status), "NN_", 3);
        assert_true(strlen(nn_status_text(status)) > 0);
        assert_string_not_equal(nn_status_text(status), "unknown status");
    }
    assert_string_equal(nn_status_name(NN_OK), "NN_OK");
    assert_string_equal(nn_status_name(NN_ERROR_SHAPE), "NN_ERROR_SHAPE");
    assert_string_equal(nn_status_name(NN_ERROR_ENVIRONMENT), "NN_ERROR_ENVIRONMENT");
    assert_string_equal(nn_status_text(NN_ERROR_SHAPE), "shapes do not fit each other");
}

static void a_number_that_is_no_status_has_no_name(void **state)
{
    (void)state;
    const nn_status none[] = {-1, NN_ERROR_ENVIRONMENT + 1, INT32_MIN, INT32_MAX};
    for (int i = 0; i < 4; i++) {
        assert_null(nn_status_name(none[i]));
        assert_string_equal(nn_status_text(none[i]), "unknown status");
    }
}

static void a_failure_is_recorded_and_returned(void **state)
{
    (void)state;
    assert_int_equal(nni_fail(NN_ERROR_SIZE, "layer %d: %s", 3, "too large"),
                     NN_ERROR_SIZE);
    assert_string_equal(nn_last_error(), "layer 3: too large");
    assert_int_equal(nn_last_status(), NN_ERROR_SIZE);
}

static void words_can_be_put_before_the_last_error(void **state)
{
    (void)state;
    nni_fail(NN_ERROR_IO, "no such file");
    nni_fail(nn_last_status(), "weights.csv: %s", nn_last_error());
    assert_string_equal(nn_last_error(), "weights.csv: no such file");
    assert_int_equal(nn_last_status(), NN_ERROR_IO);
}

static void a_long_text_is_cut(void **state)
{
    (void)state;
    char text[2 * NNI_ERROR_TEXT_SIZE];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    nni_fail(NN_ERROR_IO, "%s", text);
    assert_int_equal(strlen(nn_last_error()), NNI_ERROR_TEXT_SIZE - 1);
}

static void *fail_elsewhere(void *argument)
{
    (void)argument;
    int clean = nn_last_status() == NN_OK && nn_last_error()[0] == '\0';
    nni_fail(NN_ERROR_LABEL, "in the other thread");
    return clean ? NULL : (void *)1;
}

static void each_thread_has_its_own_last_failure(void **state)
{
    (void)state;
    nni_fail(NN_ERROR_DATA, "in this thread");
    pthread_t thread;
    void *result;
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_null(result);
    assert_string_equal(nn_last_error(), "in this thread");
    assert_int_equal(nn_last_status(), NN_ERROR_DATA);
}

static nn_status take(const char *name)
{
    NNI_NOT_NULL("take", name);
    return NN_OK;
}

static nn_status take_twice(const char *first, const char *second)
{
    NNI_TRY(take(first));
    NNI_TRY(take(second));
    return NN_OK;
}

static void a_null_argument_is_named(void **state)
{
    (void)state;
    assert_int_equal(take_twice("a", "b"), NN_OK);
    assert_int_equal(take_twice("a", NULL), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(), "take: name is NULL");
}

static void the_running_version_is_that_of_the_header(void **state)
{
    (void)state;
    char text[64];
    snprintf(text, sizeof text, "%d.%d.%d", NN_VERSION_MAJOR, NN_VERSION_MINOR,
             NN_VERSION_PATCH);
    assert_string_equal(nn_version_text(), text);
    assert_int_equal(nn_version_number(), NN_VERSION_MAJOR * 1000000 +
                                              NN_VERSION_MINOR * 1000 + NN_VERSION_PATCH);
}

static void the_build_text_is_one_line_with_the_version(void **state)
{
    (void)state;
    assert_non_null(strstr(nn_build_text(), nn_version_text()));
    assert_non_null(strstr(nn_build_text(), "portable"));
    assert_null(strchr(nn_build_text(), '\n'));
}

static void instruction_sets_have_names(void **state)
{
    (void)state;
    assert_string_equal(nn_isa_name(NN_ISA_PORTABLE), "portable");
    assert_string_equal(nn_isa_name(NN_ISA_AVX2), "avx2");
    assert_string_equal(nn_isa_name(NN_ISA_AVX512), "avx512");
    assert_string_equal(nn_isa_name(NN_ISA_NEON), "neon");
    assert_string_equal(nn_isa_name(NN_ISA_BEST), "best");
    assert_null(nn_isa_name(-1));
    assert_null(nn_isa_name(999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(before_the_first_failure_there_is_no_text),
        cmocka_unit_test(every_status_has_a_name_and_a_text),
        cmocka_unit_test(a_number_that_is_no_status_has_no_name),
        cmocka_unit_test(a_failure_is_recorded_and_returned),
        cmocka_unit_test(words_can_be_put_before_the_last_error),
        cmocka_unit_test(a_long_text_is_cut),
        cmocka_unit_test(each_thread_has_its_own_last_failure),
        cmocka_unit_test(a_null_argument_is_named),
        cmocka_unit_test(the_running_version_is_that_of_the_header),
        cmocka_unit_test(the_build_text_is_one_line_with_the_version),
        cmocka_unit_test(instruction_sets_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
