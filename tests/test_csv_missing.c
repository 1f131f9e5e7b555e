/* CSV: missing values, classes that are given, and what is no UTF-8. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/io.h>

#include "support/datasets.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- help ---- */

static nn_csv *settings(int32_t label_kind, int32_t missing, double fill)
{
    nn_csv *csv = nn_csv_create(NULL);
    assert_int_equal(nn_csv_set_label_kind(csv, label_kind), NN_OK);
    assert_int_equal(nn_csv_set_missing(csv, missing, fill), NN_OK);
    return csv;
}

static nn_dataset *parse_by(nn_csv *csv, const char *text)
{
    nn_dataset *dataset = nn_csv_parse(csv, text, strlen(text));
    nn_csv_destroy(csv);
    return dataset;
}

static void assert_numbers(const nn_dataset *dataset, int32_t is_target, int64_t rows,
                           int64_t columns, const double *expected)
{
    double numbers[16];
    if (dataset == NULL) {
        fail_msg("%s", nn_last_error());
    }
    assert_int_equal(nn_dataset_count(dataset), rows);
    read_numbers(dataset, is_target, 0, rows, numbers);
    for (int64_t i = 0; i < rows * columns; i++) {
        assert_true(numbers[i] == expected[i]);
    }
}

static void assert_place(const nn_dataset *dataset, nn_status status, const char *message)
{
    assert_null(dataset);
    assert_int_equal(nn_last_status(), status);
    assert_string_equal(nn_last_error(), message);
}

/* ---- missing values ---- */

static void test_rows_with_a_missing_value_are_left_out(void **state)
{
    (void)state;
    static const double inputs[] = {1, 2, 7, 8}, labels[] = {0, 1};
    nn_dataset *dataset =
        parse_by(settings(NN_LABEL_CLASS, NN_MISSING_SKIP, 0),
                 "a,b,y\n,9,cow\n1,2,cat\n3,\" \",pig\n5,6,\n7,8,dog\n,,\n");
    assert_numbers(dataset, 0, 2, 2, inputs);
    assert_numbers(dataset, 1, 2, 1, labels);
    /* a class of rows that are left out only is none */
    assert_int_equal(nn_dataset_class_count(dataset), 2);
    assert_string_equal(nn_dataset_class_name(dataset, 0), "cat");
    assert_string_equal(nn_dataset_class_name(dataset, 1), "dog");
    nn_dataset_destroy(dataset);
}

static void test_a_number_stands_for_missing_inputs(void **state)
{
    (void)state;
    static const double inputs[] = {-0.5, 2, 3, -0.5}, labels[] = {4, 5};
    nn_dataset *dataset = parse_by(settings(NN_LABEL_VALUE, NN_MISSING_FILL, -0.5),
                                   "a,b,y\n,2,4\n3,  ,5\n");
    assert_numbers(dataset, 0, 2, 2, inputs);
    assert_numbers(dataset, 1, 2, 1, labels);
    nn_dataset_destroy(dataset);
}

static void test_a_missing_label_is_never_made_up(void **state)
{
    (void)state;
    assert_place(parse_by(settings(NN_LABEL_VALUE, NN_MISSING_FILL, 0), "a,y\n1,\n"),
                 NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 2 ('y'), byte 6: the value is missing");
    assert_place(parse_by(settings(NN_LABEL_CLASS, NN_MISSING_FILL, 0), "a,y\n1, \n"),
                 NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 2 ('y'), byte 6: the value is missing");
}

static void test_a_text_may_stand_for_missing(void **state)
{
    (void)state;
    static const double inputs[] = {1, 9, 9, 9};
    nn_csv *csv = settings(NN_LABEL_NONE, NN_MISSING_FILL, 9);
    assert_int_equal(nn_csv_set_missing_text(csv, "?"), NN_OK);
    assert_int_equal(nn_csv_set_missing_text(csv, "NA"), NN_OK);
    nn_dataset *dataset = parse_by(csv, "a,b\n1,NA\n\"NA\", NA\t\n");
    assert_numbers(dataset, 0, 2, 2, inputs);
    nn_dataset_destroy(dataset);

    csv = settings(NN_LABEL_NONE, NN_MISSING_FILL, 9);
    nn_csv_set_missing_text(csv, "NA");
    assert_place(parse_by(csv, "a\nNAN\n"), NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 1 ('a'), byte 2: 'NAN' is not a finite "
                 "number");

    csv = settings(NN_LABEL_NONE, NN_MISSING_ERROR, 0);
    nn_csv_set_missing_text(csv, "NA");
    assert_place(parse_by(csv, "a\nNA\n"), NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 1 ('a'), byte 2: the value is missing");

    csv = settings(NN_LABEL_NONE, NN_MISSING_FILL, 9);
    nn_csv_set_missing_text(csv, "NA");
    nn_csv_set_missing_text(csv, "");
    assert_place(parse_by(csv, "a\nNA\n"), NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 1 ('a'), byte 2: 'NA' is not a number");
}

static void test_rows_left_out_still_have_their_fields_counted(void **state)
{
    (void)state;
    assert_place(parse_by(settings(NN_LABEL_NONE, NN_MISSING_SKIP, 0), "a,b\n,1,2\n"),
                 NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 3, byte 7: too many fields, expected 2");
    assert_place(parse_by(settings(NN_LABEL_NONE, NN_MISSING_SKIP, 0), "a,b\n,\"1\n"),
                 NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 2, byte 5: the quote is never closed");
}

static void test_nothing_but_rows_left_out_is_refused(void **state)
{
    (void)state;
    assert_place(parse_by(settings(NN_LABEL_NONE, NN_MISSING_SKIP, 0), "a,b\n,1\n2,\n"),
                 NN_ERROR_EMPTY, "nn_csv_parse: a value is missing in every row");
}

/* Keeps the last line that is logged. */
static void log_line(void *user, int32_t level, const char *text)
{
    assert_int_equal(level, NN_LOG_INFO);
    snprintf(user, 200, "%s", text);
}

static void test_how_many_rows_are_left_out_is_logged(void **state)
{
    (void)state;
    char line[200] = "";
    nn_logger logger = {sizeof logger, log_line, line};
    nn_context *context = nn_context_create(NULL);
    nn_context_set_logger(context, &logger);
    nn_csv *csv = nn_csv_create(context);
    nn_csv_set_label_kind(csv, NN_LABEL_NONE);
    nn_csv_set_missing(csv, NN_MISSING_SKIP, 0);
    nn_dataset_destroy(nn_csv_parse(csv, "a\n1\n2\n", 6));
    assert_string_equal(line, "");
    nn_dataset_destroy(nn_csv_parse(csv, "a,b\n1,1\n2,\n", 11));
    assert_string_equal(line, "nn_csv_parse: 1 of 2 rows left out, where a value is "
                              "missing");
    nn_csv_destroy(csv);
    nn_context_destroy(context);
}

static void test_there_are_no_comments(void **state)
{
    (void)state;
    static const double labels[] = {0, 1};
    nn_dataset *dataset = parse_by(settings(NN_LABEL_CLASS, NN_MISSING_ERROR, 0),
                                   "#a,y\n1,#cat\n2,dog # brown\n");
    assert_numbers(dataset, 1, 2, 1, labels);
    assert_string_equal(nn_dataset_column_name(dataset, 0), "#a");
    assert_string_equal(nn_dataset_class_name(dataset, 1), "dog # brown");
    nn_dataset_destroy(dataset);
}

/* ---- given classes ---- */

static const char *const animals[] = {"cat", "d\xC3\xB6g", "7"};

static void test_given_classes_number_the_labels(void **state)
{
    (void)state;
    static const double labels[] = {2, 1};
    nn_csv *csv = settings(NN_LABEL_CLASS, NN_MISSING_ERROR, 0);
    assert_int_equal(nn_csv_set_class_names(csv, animals, 3), NN_OK);
    nn_dataset *dataset = parse_by(csv, "a,y\n1,7\n2,d\xC3\xB6g\n");
    assert_numbers(dataset, 1, 2, 1, labels);
    assert_int_equal(nn_dataset_class_count(dataset), 3);
    assert_string_equal(nn_dataset_class_name(dataset, 0), "cat");
    assert_string_equal(nn_dataset_class_name(dataset, 2), "7");
    nn_dataset_destroy(dataset);
}

static void test_a_label_that_is_no_given_class_is_named(void **state)
{
    (void)state;
    nn_csv *csv = settings(NN_LABEL_CLASS, NN_MISSING_ERROR, 0);
    nn_csv_set_class_names(csv, animals, 3);
    assert_place(
        parse_by(csv, "a,y\n1,7\n2,cow\n"), NN_ERROR_LABEL,
        "nn_csv_parse: line 3, column 2 ('y'), byte 10: 'cow' is none of the classes");
}

static void test_given_classes_are_forgotten_by_none(void **state)
{
    (void)state;
    nn_csv *csv = settings(NN_LABEL_CLASS, NN_MISSING_ERROR, 0);
    nn_csv_set_class_names(csv, animals, 3);
    assert_int_equal(nn_csv_set_class_names(csv, NULL, 0), NN_OK);
    nn_dataset *dataset = parse_by(csv, "a,y\n1,cow\n");
    assert_string_equal(nn_dataset_class_name(dataset, 0), "cow");
    nn_dataset_destroy(dataset);
}

static void test_given_classes_do_not_name_numbers(void **state)
{
    (void)state;
    nn_csv *csv = settings(NN_LABEL_VALUE, NN_MISSING_ERROR, 0);
    nn_csv_set_class_names(csv, animals, 3);
    nn_dataset *dataset = parse_by(csv, "a,y\n1,0.5\n");
    assert_int_equal(nn_dataset_class_count(dataset), 0);
    nn_dataset_destroy(dataset);
}

/* ---- encoding ---- */

static void test_names_that_are_no_utf8_are_refused(void **state)
{
    (void)state;
    assert_place(parse_by(settings(NN_LABEL_CLASS, NN_MISSING_ERROR, 0), "a,\xE9,y\n"),
                 NN_ERROR_FORMAT,
                 "nn_csv_parse: line 1, column 2, byte 2: the name is not UTF-8");
    assert_place(parse_by(settings(NN_LABEL_CLASS, NN_MISSING_ERROR, 0), "a,y\n1,\xC3\n"),
                 NN_ERROR_FORMAT,
                 "nn_csv_parse: line 2, column 2, byte 6: the name is not UTF-8");
}

static void test_utf16_is_recognised(void **state)
{
    (void)state;
    static const char *const marks[] = {"\xFF\xFE", "\xFE\xFF"};
    for (int i = 0; i < 2; i++) {
        assert_place(parse_by(settings(NN_LABEL_CLASS, NN_MISSING_ERROR, 0), marks[i]),
                     NN_ERROR_FORMAT,
                     "nn_csv_parse: byte 0: the text is UTF-16, convert it to UTF-8 "
                     "first");
    }
}

/* ---- settings, memory, hostile bytes ---- */

static void test_bad_settings_are_refused(void **state)
{
    (void)state;
    nn_csv *csv = nn_csv_create(NULL);
    static const char *const twice[] = {"a", "b", "a"}, *const hole[] = {"a", NULL},
                             *const latin[] = {"\xE9"};
    assert_int_equal(nn_csv_set_missing(csv, 0, 0), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_csv_set_missing(csv, 4, 0), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_csv_set_missing: missing must be in 1 ... 3, got 4");
    assert_int_equal(nn_csv_set_missing(csv, NN_MISSING_FILL, (double)NAN),
                     NN_ERROR_ARGUMENT);
    assert_int_equal(nn_csv_set_missing(csv, NN_MISSING_FILL, 1e39), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "nn_csv_set_missing: fill must be a finite float");
    assert_int_equal(nn_csv_set_missing(csv, NN_MISSING_SKIP, (double)NAN), NN_OK);
    assert_int_equal(nn_csv_set_missing(NULL, NN_MISSING_SKIP, 0), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_missing_text(csv, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_missing_text(NULL, ""), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_class_names(csv, twice, 3), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_csv_set_class_names: names 0 and 2 are the same");
    assert_int_equal(nn_csv_set_class_names(csv, hole, 2), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_csv_set_class_names: name 1 is NULL");
    assert_int_equal(nn_csv_set_class_names(csv, latin, 1), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "nn_csv_set_class_names: name 0 is not UTF-8");
    assert_int_equal(nn_csv_set_class_names(csv, twice, -1), NN_ERROR_SIZE);
    assert_int_equal(nn_csv_set_class_names(csv, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_class_names(NULL, twice, 1), NN_ERROR_NULL);
    nn_csv_destroy(csv);
}

/* The text that takes the most memory for its size: a header of empty names. */
static void test_memory_is_bounded_by_the_size_of_the_file(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20, FACTOR = 30 };
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_memory_limit(context, (uint64_t)SIZE * FACTOR),
                     NN_OK);
    nn_csv *csv = nn_csv_create(context);
    nn_csv_set_label_kind(csv, NN_LABEL_NONE);
    nn_csv_set_missing(csv, NN_MISSING_FILL, 0);
    char *text = malloc(SIZE);
    memset(text, ',', SIZE);
    text[SIZE / 2] = '\n'; /* two rows of empty fields, equally many */
    text[0] = 'x';
    nn_dataset *dataset = nn_csv_parse(csv, text, SIZE);
    if (dataset == NULL) {
        fail_msg("%s", nn_last_error());
    }
    nn_dataset_destroy(dataset);
    nn_csv_destroy(csv);
    nn_context_destroy(context);
    free(text);
}

static const char some_missing[] = "\xEF\xBB\xBF\"a \"\"1\"\"\",b,y\r\n1,,cat\n\n"
                                   "\"3\",-4e1,\"d,o\"\"g\"\r,6,\"two\nlines\"\n7,8,cat";

/* Every byte of the text is replaced by every other; and the text is cut everywhere. */
static void test_flipped_and_cut_texts_are_read_or_refused(void **state)
{
    (void)state;
    enum { SIZE = sizeof some_missing - 1 };
    for (int32_t missing = NN_MISSING_ERROR; missing <= NN_MISSING_FILL; missing++) {
        nn_csv *csv = settings(NN_LABEL_CLASS, missing, 1);
        for (size_t i = 0; i < SIZE; i++) {
            char *cut = malloc(i + (i == 0)); /* so that reading past it is noticed */
            memcpy(cut, some_missing, i);
            nn_dataset_destroy(nn_csv_parse(csv, cut, i));
            free(cut);
            char *text = malloc(SIZE);
            memcpy(text, some_missing, SIZE);
            for (int byte = 0; byte < 256; byte++) {
                text[i] = (char)(unsigned char)byte;
                nn_dataset *dataset = nn_csv_parse(csv, text, SIZE);
                assert_true(dataset != NULL || nn_last_status() == NN_ERROR_FORMAT);
                nn_dataset_destroy(dataset);
            }
            free(text);
        }
        nn_csv_destroy(csv);
    }
}

static int parse_all(nn_context *context, void *data)
{
    static const char *const names[] = {"cat", "d,o\"g", "two\nlines", "owl"};
    int given = *(int *)data;
    nn_csv *csv = nn_csv_create(context);
    nn_dataset *dataset = NULL;
    if (csv != NULL && nn_csv_set_missing(csv, NN_MISSING_SKIP, 0) == NN_OK &&
        nn_csv_set_missing_text(csv, "NA") == NN_OK &&
        (!given || nn_csv_set_class_names(csv, names, 4) == NN_OK)) {
        dataset = nn_csv_parse(csv, some_missing, sizeof some_missing - 1);
    }
    int done = dataset != NULL;
    nn_dataset_destroy(dataset);
    nn_csv_destroy(csv);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    for (int given = 0; given < 2; given++) {
        assert_true(fail_each_allocation(parse_all, &given) >= 12);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_with_a_missing_value_are_left_out),
        cmocka_unit_test(test_a_number_stands_for_missing_inputs),
        cmocka_unit_test(test_a_missing_label_is_never_made_up),
        cmocka_unit_test(test_a_text_may_stand_for_missing),
        cmocka_unit_test(test_rows_left_out_still_have_their_fields_counted),
        cmocka_unit_test(test_nothing_but_rows_left_out_is_refused),
        cmocka_unit_test(test_how_many_rows_are_left_out_is_logged),
        cmocka_unit_test(test_there_are_no_comments),
        cmocka_unit_test(test_given_classes_number_the_labels),
        cmocka_unit_test(test_a_label_that_is_no_given_class_is_named),
        cmocka_unit_test(test_given_classes_are_forgotten_by_none),
        cmocka_unit_test(test_given_classes_do_not_name_numbers),
        cmocka_unit_test(test_names_that_are_no_utf8_are_refused),
        cmocka_unit_test(test_utf16_is_recognised),
        cmocka_unit_test(test_bad_settings_are_refused),
        cmocka_unit_test(test_memory_is_bounded_by_the_size_of_the_file),
        cmocka_unit_test(test_flipped_and_cut_texts_are_read_or_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
