/* The history: series that grow by epochs, their file, failures of memory and of files. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/csv_write.h"
#include "train/history.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

static void add_epoch(struct nni_history *history, const double *values)
{
    assert_int_equal(nni_history_reserve(history, 1), NN_OK);
    nni_history_append(history, values);
}

/* "loss" and "accuracy" with two epochs. */
static struct nni_history two_epochs(void)
{
    struct nni_history history;
    nni_history_init(&history, NULL);
    assert_int_equal(nni_history_add_series(&history, "loss"), NN_OK);
    assert_int_equal(nni_history_add_series(&history, "accuracy"), NN_OK);
    add_epoch(&history, (const double[]){1.5, 0.25});
    add_epoch(&history, (const double[]){0.1, 0.5});
    return history;
}

/* A path in the folder for temporary files. */
static const char *temporary_path(const char *name)
{
    static char path[4096];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/%s", folder == NULL ? "/tmp" : folder, name);
    return path;
}

static void assert_file_holds(const char *path, const char *expected)
{
    char text[4096];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    const size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    assert_string_equal(text, expected);
}

/* ---- in memory ---- */

static void series_are_found_by_their_names(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_find(&history, "loss"), 0);
    assert_int_equal(nni_history_find(&history, "accuracy"), 1);
    assert_int_equal(nni_history_find(&history, "val_loss"), -1);
    assert_int_equal(nni_history_find(&history, ""), -1);
    nni_history_release(&history);
}

static void epochs_keep_their_numbers(void **state)
{
    (void)state;
    struct nni_history history;
    nni_history_init(&history, NULL);
    assert_int_equal(nni_history_add_series(&history, "a"), NN_OK);
    assert_int_equal(nni_history_add_series(&history, "b"), NN_OK);
    for (int i = 0; i < 100; i++) {
        add_epoch(&history, (const double[]){i, -i});
    }
    assert_int_equal(history.epochs, 100);
    for (int i = 0; i < 100; i++) {
        assert_true(history.values[0][i] == i);
        assert_true(history.values[1][i] == -i);
    }
    nni_history_release(&history);
}

static void a_later_series_is_nan_in_earlier_epochs(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_add_series(&history, "val_loss"), NN_OK);
    add_epoch(&history, (const double[]){0.05, 0.75, 0.2});
    assert_true(isnan(history.values[2][0]));
    assert_true(isnan(history.values[2][1]));
    assert_true(history.values[2][2] == 0.2);
    assert_true(history.values[0][2] == 0.05);
    nni_history_release(&history);
}

static void reserving_keeps_a_capacity_that_is_enough(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_reserve(&history, 10), NN_OK);
    const int64_t capacity = history.capacity;
    assert_true(capacity >= 12);
    assert_int_equal(nni_history_reserve(&history, 10), NN_OK);
    assert_int_equal(nni_history_reserve(&history, 0), NN_OK);
    assert_int_equal(history.capacity, capacity);
    nni_history_release(&history);
}

static void a_released_history_is_empty(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    nni_history_release(&history);
    assert_int_equal(history.series_count, 0);
    assert_int_equal(history.epochs, 0);
    assert_int_equal(nni_history_find(&history, "loss"), -1);
    nni_history_release(&history);
}

/* ---- what is refused ---- */

static void a_name_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char name[NNI_SERIES_NAME_SIZE + 1];
    memset(name, 'x', sizeof name);
    name[NNI_SERIES_NAME_SIZE] = '\0';
    char text[NNI_ERROR_TEXT_SIZE];
    snprintf(text, sizeof text, "history: the name '%s' is longer than 63 bytes", name);
    struct nni_history history;
    nni_history_init(&history, NULL);
    assert_int_equal(nni_history_add_series(&history, name), NN_ERROR_NAME);
    assert_string_equal(nn_last_error(), text);
    assert_int_equal(nni_history_add_series(&history, name + 1), NN_OK);
    assert_int_equal(nni_history_find(&history, name + 1), 0);
    nni_history_release(&history);
}

static void more_epochs_than_there_are_numbers_are_refused(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_reserve(&history, INT64_MAX), NN_ERROR_SIZE);
    assert_string_equal(nn_last_error(), "history: too many epochs");
    assert_int_equal(nni_history_reserve(&history, INT64_MAX / 2), NN_ERROR_SIZE);
    assert_int_equal(history.epochs, 2);
    assert_true(history.values[0][1] == 0.1);
    nni_history_release(&history);
}

static void an_unknown_name_is_answered_with_those_there_are(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_no_such_name(&history, "nn_trainer_history", "los"),
                     NN_ERROR_NAME);
    assert_string_equal(nn_last_error(), "nn_trainer_history: there is no 'los' in the "
                                         "history; there are loss, accuracy");
    nni_history_release(&history);
    assert_int_equal(nni_history_no_such_name(&history, "nn_trainer_history", "loss"),
                     NN_ERROR_NAME);
    assert_string_equal(nn_last_error(),
                        "nn_trainer_history: there is no 'loss' in the history; it is "
                        "empty");
}

static void a_long_list_of_names_is_cut(void **state)
{
    (void)state;
    struct nni_history history;
    nni_history_init(&history, NULL);
    for (int i = 0; i < 100; i++) {
        char name[NNI_SERIES_NAME_SIZE];
        snprintf(name, sizeof name, "a_series_with_a_long_name_%d", i);
        assert_int_equal(nni_history_add_series(&history, name), NN_OK);
    }
    assert_int_equal(nni_history_no_such_name(&history, "who", "name"), NN_ERROR_NAME);
    assert_true(strlen(nn_last_error()) < NNI_ERROR_TEXT_SIZE);
    assert_non_null(strstr(nn_last_error(), "a_series_with_a_long_name_12"));
    nni_history_release(&history);
}

/* ---- the file ---- */

static void the_file_has_a_header_and_a_line_for_each_epoch(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_add_series(&history, "val_loss"), NN_OK);
    add_epoch(&history, (const double[]){1.0 / 3, 1, 12345678.75});
    add_epoch(&history, (const double[]){1e-10, -0.5, (double)INFINITY});
    const char *path = temporary_path("history.csv");
    assert_int_equal(nni_history_write(&history, path), NN_OK);
    assert_file_holds(path, "epoch,loss,accuracy,val_loss\n"
                            "1,1.5,0.25,nan\n"
                            "2,0.1,0.5,nan\n"
                            "3,0.333333333,1,12345678.8\n"
                            "4,1e-10,-0.5,inf\n");
    assert_int_equal(remove(path), 0);
    nni_history_release(&history);
}

static void an_empty_history_is_a_header(void **state)
{
    (void)state;
    struct nni_history history;
    nni_history_init(&history, NULL);
    const char *path = temporary_path("empty.csv");
    assert_int_equal(nni_history_write(&history, path), NN_OK);
    assert_file_holds(path, "epoch\n");
    assert_int_equal(remove(path), 0);
    nni_history_release(&history);
}

static void writing_replaces_a_longer_file(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    const char *path = temporary_path("replaced.csv");
    assert_int_equal(nni_history_write(&history, path), NN_OK);
    nni_history_release(&history);
    assert_int_equal(nni_history_write(&history, path), NN_OK);
    assert_file_holds(path, "epoch\n");
    assert_int_equal(remove(path), 0);
}

static void a_path_that_cannot_be_opened_is_named(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_write(&history, "/no/such/folder/history.csv"),
                     NN_ERROR_IO);
    assert_string_equal(nn_last_error(),
                        "/no/such/folder/history.csv: cannot be written, as no file can "
                        "be made beside it: there is no such file");
    nni_history_release(&history);
}

static void what_is_no_file_is_refused(void **state)
{
    (void)state;
    struct nni_history history = two_epochs();
    assert_int_equal(nni_history_write(&history, "/dev/null"), NN_ERROR_IO);
    assert_string_equal(nn_last_error(),
                        "/dev/null: cannot be written: it is no regular file");
    nni_history_release(&history);
}

static void names_with_commas_and_quotes_are_quoted(void **state)
{
    (void)state;
    struct nni_history history;
    nni_history_init(&history, NULL);
    assert_int_equal(nni_history_add_series(&history, "loss, \"all\""), NN_OK);
    const char *path = temporary_path("quoted.csv");
    assert_int_equal(nni_history_write(&history, path), NN_OK);
    assert_file_holds(path, "epoch,\"loss, \"\"all\"\"\"\n");
    assert_int_equal(remove(path), 0);
    nni_history_release(&history);
}

/* ---- memory ---- */

/* An allocator that refuses one call and counts its blocks. */
struct failing_memory {
    int64_t calls, failing, blocks;
};

static void *allocate_or_fail(void *user, size_t size)
{
    struct failing_memory *memory = user;
    if (memory->calls++ == memory->failing) {
        return NULL;
    }
    memory->blocks++;
    return malloc(size);
}

static void deallocate(void *user, void *block)
{
    ((struct failing_memory *)user)->blocks--;
    free(block);
}

/* Series, epochs and a file; after a failure what was there is still right. */
static nn_status live_through(struct nni_history *history, const char *path)
{
    NNI_TRY(nni_history_add_series(history, "loss"));
    NNI_TRY(nni_history_reserve(history, 1));
    nni_history_append(history, (const double[]){1});
    NNI_TRY(nni_history_add_series(history, "rate"));
    NNI_TRY(nni_history_reserve(history, 3));
    nni_history_append(history, (const double[]){2, 3});
    return nni_history_write(history, path);
}

static void every_failed_allocation_is_a_status_and_changes_nothing(void **state)
{
    (void)state;
    const char *path = temporary_path("torn.csv");
    int succeeded = 0;
    int64_t failing = 0;
    for (; !succeeded && failing < 50; failing++) {
        struct failing_memory memory = {0, -1, 0};
        const nn_allocator allocator = {sizeof allocator, allocate_or_fail, deallocate,
                                        &memory};
        nn_context *context = nn_context_create(&allocator);
        memory.calls = 0;
        memory.failing = failing;
        struct nni_history history;
        nni_history_init(&history, context);
        const nn_status status = live_through(&history, path);
        succeeded = status == NN_OK;
        assert_true(succeeded || status == NN_ERROR_MEMORY);
        if (history.epochs > 0) {
            assert_true(history.values[0][0] == 1);
        }
        nni_history_release(&history);
        assert_int_equal(nn_context_memory_used(context), 0);
        nn_context_destroy(context);
        assert_int_equal(memory.blocks, 0);
    }
    assert_true(succeeded);
    assert_true(failing > 8);
    assert_file_holds(path, "epoch,loss,rate\n1,1,nan\n2,2,3\n");
    assert_int_equal(remove(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_are_found_by_their_names),
        cmocka_unit_test(epochs_keep_their_numbers),
        cmocka_unit_test(a_later_series_is_nan_in_earlier_epochs),
        cmocka_unit_test(reserving_keeps_a_capacity_that_is_enough),
        cmocka_unit_test(a_released_history_is_empty),
        cmocka_unit_test(a_name_that_is_too_long_is_refused),
        cmocka_unit_test(more_epochs_than_there_are_numbers_are_refused),
        cmocka_unit_test(an_unknown_name_is_answered_with_those_there_are),
        cmocka_unit_test(a_long_list_of_names_is_cut),
        cmocka_unit_test(the_file_has_a_header_and_a_line_for_each_epoch),
        cmocka_unit_test(an_empty_history_is_a_header),
        cmocka_unit_test(writing_replaces_a_longer_file),
        cmocka_unit_test(a_path_that_cannot_be_opened_is_named),
        cmocka_unit_test(what_is_no_file_is_refused),
        cmocka_unit_test(names_with_commas_and_quotes_are_quoted),
        cmocka_unit_test(every_failed_allocation_is_a_status_and_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
