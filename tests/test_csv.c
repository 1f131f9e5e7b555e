/* Reading CSV: fields, columns, labels, each error with its place, hostile bytes. */
#include "base/compiler.h" /* first: it asks for mkfifo */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/io.h>

#include "support/datasets.h"
#include "support/locale.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- help ---- */

/* Reader's settings: a header or none, and what the label is. */
static nn_csv *reader(int32_t header, int32_t label_kind)
{
    nn_csv *csv = nn_csv_create(NULL);
    assert_non_null(csv);
    assert_int_equal(nn_csv_set_header(csv, header), NN_OK);
    assert_int_equal(nn_csv_set_label_kind(csv, label_kind), NN_OK);
    return csv;
}

/* Parses text with settings that are destroyed. */
static nn_dataset *parse_by(nn_csv *csv, const char *text)
{
    nn_dataset *dataset = nn_csv_parse(csv, text, strlen(text));
    nn_csv_destroy(csv);
    return dataset;
}

/* Parses a text without header and label. */
static nn_dataset *parse_numbers(const char *text)
{
    return parse_by(reader(0, NN_LABEL_NONE), text);
}

static void assert_inputs(const nn_dataset *dataset, int64_t rows, int64_t columns,
                          const double *expected)
{
    if (dataset == NULL) {
        fail_msg("%s", nn_last_error());
    }
    const int64_t *shape;
    int32_t rank;
    double numbers[64];
    assert_int_equal(nn_dataset_count(dataset), rows);
    assert_int_equal(nn_dataset_input_shape(dataset, 0, NULL, &shape, &rank), NN_OK);
    assert_int_equal(rank, 1);
    assert_int_equal(shape[0], columns);
    read_numbers(dataset, 0, 0, rows, numbers);
    for (int64_t i = 0; i < rows * columns; i++) {
        assert_true(numbers[i] == expected[i]);
    }
}

static void assert_numbers(const char *text, int64_t rows, int64_t columns,
                           const double *expected)
{
    nn_dataset *dataset = parse_numbers(text);
    assert_inputs(dataset, rows, columns, expected);
    nn_dataset_destroy(dataset);
}

static void assert_labels(const nn_dataset *dataset, int32_t dtype, int64_t rows,
                          const double *expected)
{
    double numbers[64];
    int32_t got;
    if (dataset == NULL) {
        fail_msg("%s", nn_last_error());
    }
    assert_int_equal(nn_dataset_target_count(dataset), 1);
    assert_int_equal(nn_dataset_target_shape(dataset, 0, &got, NULL, NULL), NN_OK);
    assert_int_equal(got, dtype);
    read_numbers(dataset, 1, 0, rows, numbers);
    for (int64_t i = 0; i < rows; i++) {
        assert_true(numbers[i] == expected[i]);
    }
}

/* The text, read with a header and class labels, fails with exactly this message. */
static void assert_message(const char *text, nn_status status, const char *message)
{
    assert_null(parse_by(reader(1, NN_LABEL_CLASS), text));
    assert_int_equal(nn_last_status(), status);
    assert_string_equal(nn_last_error(), message);
}

/* ---- fields ---- */

static const double one_to_four[] = {1, 2, 3, 4};

static void test_lines_end_with_lf_crlf_cr_or_the_end(void **state)
{
    (void)state;
    assert_numbers("1,2\n3,4\n", 2, 2, one_to_four);
    assert_numbers("1,2\r\n3,4\r\n", 2, 2, one_to_four);
    assert_numbers("1,2\r3,4\r", 2, 2, one_to_four);
    assert_numbers("1,2\r3,4", 2, 2, one_to_four);
    assert_numbers("1,2\n3,4", 2, 2, one_to_four);
    assert_numbers("1\n2\r\n3\r4", 4, 1, one_to_four);
}

static void test_blank_lines_are_passed_over(void **state)
{
    (void)state;
    assert_numbers("\n\n1,2\n  \t\n\r\n3,4\n\n \n", 2, 2, one_to_four);
}

static void test_byte_order_mark_is_passed_over(void **state)
{
    (void)state;
    assert_numbers("\xEF\xBB\xBF"
                   "1,2\n3,4\n",
                   2, 2, one_to_four);
}

static void test_numbers_may_be_quoted_padded_and_in_any_notation(void **state)
{
    (void)state;
    static const double expected[] = {1, -2.5, 300, 0.25, 16777216, 0};
    assert_numbers("\"1\", -2.5 ,3e2\n.25,16777217,\"-0\"\n", 2, 3, expected);
}

static void test_separator_may_be_chosen(void **state)
{
    (void)state;
    static const char *const texts[] = {"1;2\n3;4\n", "1\t2\n3\t4\n", "1 2\n3 4\n",
                                        "1|2\n3|4\n"};
    static const char separators[] = {';', '\t', ' ', '|'};
    for (int i = 0; i < 4; i++) {
        nn_csv *csv = reader(0, NN_LABEL_NONE);
        assert_int_equal(nn_csv_set_separator(csv, separators[i]), NN_OK);
        nn_dataset *dataset = parse_by(csv, texts[i]);
        assert_inputs(dataset, 2, 2, one_to_four);
        nn_dataset_destroy(dataset);
    }
}

static void test_quoted_fields_hold_separators_line_ends_and_quotes(void **state)
{
    (void)state;
    nn_dataset *dataset = parse_by(reader(1, NN_LABEL_CLASS),
                                   "\"a,1\",\"b\nc\"\n1,\"x, \"\"y\"\"\"\n2,\"\"\"\"\n"
                                   "3,\"two\r\nlines\"\n4,\"x, \"\"y\"\"\"");
    static const double labels[] = {0, 1, 2, 0};
    assert_inputs(dataset, 4, 1, one_to_four);
    assert_labels(dataset, NN_INT32, 4, labels);
    assert_string_equal(nn_dataset_column_name(dataset, 0), "a,1");
    assert_string_equal(nn_dataset_class_name(dataset, 0), "x, \"y\"");
    assert_string_equal(nn_dataset_class_name(dataset, 1), "\"");
    assert_string_equal(nn_dataset_class_name(dataset, 2), "two\r\nlines");
    nn_dataset_destroy(dataset);
}

static void test_very_long_lines_and_names_are_read(void **state)
{
    (void)state;
    enum { COLUMNS = 20000, NAME = 5000 };
    size_t size = 2 * COLUMNS + NAME + 100;
    char *text = malloc(size);
    memset(text, 'n', NAME);
    size_t length = NAME;
    for (int row = 0; row < 2; row++) {
        for (int i = row == 0 ? 1 : 0; i < COLUMNS; i++) {
            text[length++] = i == 0 ? '7' : ',';
            if (i > 0) {
                text[length++] = '7';
            }
            if (length > size - 8) {
                text = realloc(text, size *= 2);
            }
        }
        text[length++] = '\n';
    }
    text[length] = '\0';
    nn_dataset *dataset = parse_by(reader(1, NN_LABEL_CLASS), text);
    const int64_t *shape;
    assert_int_equal(nn_dataset_input_shape(dataset, 0, NULL, &shape, NULL), NN_OK);
    assert_int_equal(shape[0], COLUMNS - 1);
    assert_int_equal(strlen(nn_dataset_column_name(dataset, 0)), NAME);
    nn_dataset_destroy(dataset);
    free(text);
}

static void test_many_rows_are_read(void **state)
{
    (void)state;
    enum { ROWS = 50000 };
    char *text = malloc(ROWS * 32);
    size_t length = 0;
    for (int i = 0; i < ROWS; i++) {
        length += (size_t)snprintf(text + length, 32, "%d,c%d\n", i, i % 30000);
    }
    nn_dataset *dataset = parse_by(reader(0, NN_LABEL_CLASS), text);
    double number;
    assert_int_equal(nn_dataset_count(dataset), ROWS);
    assert_int_equal(nn_dataset_class_count(dataset), 30000);
    assert_string_equal(nn_dataset_class_name(dataset, 29999), "c29999");
    read_numbers(dataset, 0, ROWS - 1, 1, &number);
    assert_true(number == ROWS - 1);
    read_numbers(dataset, 1, ROWS - 1, 1, &number);
    assert_true(number == ROWS - 1 - 30000);
    nn_dataset_destroy(dataset);
    free(text);
}

static void test_numbers_have_a_point_in_every_locale(void **state)
{
    (void)state;
    use_comma_locale();
    static const double expected[] = {1.5, -0.25};
    nn_dataset *dataset = parse_numbers("1.5,-2.5e-1\n");
    nn_dataset *wrong = parse_numbers("1,5;2\n");
    setlocale(LC_ALL, "C");
    assert_inputs(dataset, 1, 2, expected);
    assert_null(wrong);
    nn_dataset_destroy(dataset);
}

/* ---- columns and labels ---- */

static void test_header_names_the_inputs(void **state)
{
    (void)state;
    nn_csv *csv = reader(1, NN_LABEL_VALUE);
    assert_int_equal(nn_csv_set_label_index(csv, 1), NN_OK);
    nn_dataset *dataset = parse_by(csv, "width,price,height\n1,10,2\n3,20.5,4\n");
    static const double labels[] = {10, 20.5};
    assert_inputs(dataset, 2, 2, one_to_four);
    assert_labels(dataset, NN_FLOAT32, 2, labels);
    assert_string_equal(nn_dataset_column_name(dataset, 0), "width");
    assert_string_equal(nn_dataset_column_name(dataset, 1), "height");
    assert_null(nn_dataset_column_name(dataset, 2));
    assert_null(nn_dataset_column_name(dataset, -1));
    nn_dataset_destroy(dataset);
}

static void test_number_labels_have_shape_1(void **state)
{
    (void)state;
    nn_dataset *dataset = parse_by(reader(0, NN_LABEL_VALUE), "1,10\n");
    const int64_t *shape;
    int32_t rank;
    nn_dataset_target_shape(dataset, 0, NULL, &shape, &rank);
    assert_int_equal(rank, 1);
    assert_int_equal(shape[0], 1);
    nn_dataset_destroy(dataset);
    dataset = parse_by(reader(0, NN_LABEL_CLASS), "1,10\n");
    nn_dataset_target_shape(dataset, 0, NULL, NULL, &rank);
    assert_int_equal(rank, 0);
    nn_dataset_destroy(dataset);
}

static void test_label_is_found_by_name_or_index(void **state)
{
    (void)state;
    static const double labels[] = {3, 5};
    static const char text[] = "y,a,b\n3,1,2\n5,3,4\n";
    nn_csv *by_name = reader(1, NN_LABEL_CLASS);
    nn_csv *by_index = reader(1, NN_LABEL_CLASS);
    nn_csv *from_end = reader(1, NN_LABEL_CLASS);
    nn_csv_set_label_name(by_name, "a");
    nn_csv_set_label_name(by_name, "y");
    nn_csv_set_label_name(by_index, "b");
    nn_csv_set_label_index(by_index, 0);
    nn_csv_set_label_index(from_end, -3);
    nn_csv *const readers[] = {by_name, by_index, from_end};
    for (int i = 0; i < 3; i++) {
        nn_dataset *dataset = parse_by(readers[i], text);
        assert_inputs(dataset, 2, 2, one_to_four);
        assert_labels(dataset, NN_INT32, 2, labels);
        nn_dataset_destroy(dataset);
    }
}

static void test_text_labels_are_numbered_by_first_appearance(void **state)
{
    (void)state;
    nn_dataset *dataset =
        parse_by(reader(0, NN_LABEL_CLASS), "1,cat\n2,dog\n3,cat\n4,\xC3"
                                            "\xA9l\xC3\xA9phant\n");
    static const double labels[] = {0, 1, 0, 2};
    assert_labels(dataset, NN_INT32, 4, labels);
    assert_int_equal(nn_dataset_class_count(dataset), 3);
    assert_string_equal(nn_dataset_class_name(dataset, 1), "dog");
    assert_string_equal(nn_dataset_class_name(dataset, 2), "\xC3\xA9l\xC3\xA9phant");
    assert_null(nn_dataset_class_name(dataset, 3));
    assert_null(nn_dataset_class_name(dataset, -1));
    nn_dataset *subset = nn_dataset_subset(dataset, 2, 1);
    nn_dataset_destroy(dataset);
    assert_int_equal(nn_dataset_class_count(subset), 3);
    assert_string_equal(nn_dataset_class_name(subset, 0), "cat");
    nn_dataset_destroy(subset);
}

static void test_whole_number_labels_stay_as_they_are(void **state)
{
    (void)state;
    nn_dataset *dataset =
        parse_by(reader(0, NN_LABEL_CLASS), "1,7\n2,2147483647\n3,3.0\n4, 0\n1,007\n");
    static const double labels[] = {7, 2147483647, 3, 0, 7};
    assert_labels(dataset, NN_INT32, 5, labels);
    assert_int_equal(nn_dataset_class_count(dataset), 0);
    nn_dataset_destroy(dataset);
}

static void test_one_label_that_is_no_whole_number_makes_all_of_them_texts(void **state)
{
    (void)state;
    static const char *const texts[] = {"1,7\n2,2147483648\n3,7\n", "1,7\n2,-1\n3,7\n",
                                        "1,7\n2,0.5\n3,7\n", "1,7\n2,nan\n3,7\n"};
    static const double labels[] = {0, 1, 0};
    for (int i = 0; i < 4; i++) {
        nn_dataset *dataset = parse_by(reader(0, NN_LABEL_CLASS), texts[i]);
        assert_labels(dataset, NN_INT32, 3, labels);
        assert_int_equal(nn_dataset_class_count(dataset), 2);
        assert_string_equal(nn_dataset_class_name(dataset, 0), "7");
        nn_dataset_destroy(dataset);
    }
}

static void test_inputs_that_fit_are_kept_as_bytes(void **state)
{
    (void)state;
    static const char *const texts[] = {"0,255\n", "0,256\n", "0,0.5\n", "-1,2\n"};
    static const double numbers[][2] = {{0, 255}, {0, 256}, {0, 0.5}, {-1, 2}};
    for (int i = 0; i < 4; i++) {
        nn_csv *csv = reader(0, NN_LABEL_NONE);
        nn_csv_set_bytes(csv, 1);
        nn_dataset *dataset = parse_by(csv, texts[i]);
        int32_t dtype;
        nn_dataset_input_shape(dataset, 0, &dtype, NULL, NULL);
        assert_int_equal(dtype, i == 0 ? NN_UINT8 : NN_FLOAT32);
        assert_inputs(dataset, 1, 2, numbers[i]);
        nn_dataset_destroy(dataset);
    }
}

/* ---- errors ---- */

static void test_field_that_is_no_number_is_named(void **state)
{
    (void)state;
    assert_message(
        "a,pixel_2,y\n1,2,0\n1,abc,0\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 3, column 2 ('pixel_2'), byte 20: 'abc' is not a number");
    assert_message(
        "a,b,y\n\n\r\n1,2,0\n\"1\n2\",2,0\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 5, column 1 ('a'), byte 15: '1?2' is not a number");
    assert_message("a,b,y\n1,\"2\n\n\",0\nx,2,0\n", NN_ERROR_FORMAT,
                   "nn_csv_parse: line 5, column 1 ('a'), byte 16: 'x' is not a number");
    assert_null(parse_numbers("1,2\n3,4,\n"));
    assert_null(parse_numbers("1,2\n3,x\n"));
    assert_string_equal(nn_last_error(),
                        "nn_csv_parse: line 2, column 2, byte 6: 'x' is not a number");
}

static void test_long_texts_are_cut_in_messages(void **state)
{
    (void)state;
    assert_message("a,y\n12345678901234567890123456789012345678\xC3\xA9\xC3\xA9,1\n",
                   NN_ERROR_FORMAT,
                   "nn_csv_parse: line 2, column 1 ('a'), byte 4: "
                   "'12345678901234567890123456789012345678\xC3\xA9...' is not a number");
    assert_message("a,y\n123456789012345678901234567890123456789\xC3\xA9\xC3\xA9,1\n",
                   NN_ERROR_FORMAT,
                   "nn_csv_parse: line 2, column 1 ('a'), byte 4: "
                   "'123456789012345678901234567890123456789...' is not a number");
}

static void test_missing_value_is_named(void **state)
{
    (void)state;
    assert_message("a,b,y\n1,,0\n", NN_ERROR_FORMAT,
                   "nn_csv_parse: line 2, column 2 ('b'), byte 8: the value is missing");
    assert_message("a,b,y\n1,2,\n", NN_ERROR_FORMAT,
                   "nn_csv_parse: line 2, column 3 ('y'), byte 10: the value is missing");
    assert_message("a,b,y\n1,\"  \",0\n", NN_ERROR_FORMAT,
                   "nn_csv_parse: line 2, column 2 ('b'), byte 8: the value is missing");
}

static void test_number_that_is_not_finite_is_named(void **state)
{
    (void)state;
    assert_message(
        "a,y\n1,0\nnan,0\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 3, column 1 ('a'), byte 8: 'nan' is not a finite number");
    assert_message(
        "a,y\n-Inf,0\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 2, column 1 ('a'), byte 4: '-Inf' is not a finite number");
    assert_message(
        "a,y\n1e39,0\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 2, column 1 ('a'), byte 4: '1e39' is not a finite number");
}

static void test_number_label_that_is_none_is_named(void **state)
{
    (void)state;
    assert_null(parse_by(reader(1, NN_LABEL_VALUE), "a,y\n1,cat\n"));
    assert_string_equal(
        nn_last_error(),
        "nn_csv_parse: line 2, column 2 ('y'), byte 6: 'cat' is not a number");
}

static void test_too_few_and_too_many_fields_are_named(void **state)
{
    (void)state;
    assert_message("a,b,y\n1,2,0\n1,2\n", NN_ERROR_FORMAT,
                   "nn_csv_parse: line 3, column 2, byte 14: too few fields, expected 3");
    assert_message(
        "a,b,y\n1,2,0,5\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 2, column 4, byte 12: too many fields, expected 3");
    assert_message(
        "a,b,y\n1,2,0,\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 2, column 4, byte 12: too many fields, expected 3");
}

static void test_misplaced_quotes_are_named(void **state)
{
    (void)state;
    assert_message("a,y\n1,0\n2,\"open\n3,0\n", NN_ERROR_FORMAT,
                   "nn_csv_parse: line 3, column 2, byte 10: the quote is never closed");
    assert_message("a,\"y", NN_ERROR_FORMAT,
                   "nn_csv_parse: line 1, column 2, byte 2: the quote is never closed");
    assert_message(
        "a,y\n1,\"x\"z\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 2, column 2, byte 6: characters follow the closing quote");
    assert_message(
        "a,y\n1,x\"z\n", NN_ERROR_FORMAT,
        "nn_csv_parse: line 2, column 2, byte 6: a quote in a field that does not begin "
        "with one");
}

static void test_zero_byte_is_named(void **state)
{
    (void)state;
    static const char *const message =
        "nn_csv_parse: line 2, column 2, byte 6: a zero byte, so this is no text";
    nn_csv *csv = reader(1, NN_LABEL_CLASS);
    assert_null(nn_csv_parse(csv, "a,y\n1,x\0z\n", 10));
    assert_string_equal(nn_last_error(), message);
    assert_null(nn_csv_parse(csv, "a,y\n1,\"x\0z\"\n", 12));
    assert_string_equal(nn_last_error(), message);
    nn_csv_destroy(csv);
}

static void test_label_that_is_not_there_lists_the_columns(void **state)
{
    (void)state;
    nn_csv *csv = reader(1, NN_LABEL_CLASS);
    nn_csv_set_label_name(csv, "digit");
    assert_null(nn_csv_parse(csv, "a,b\n1,2\n", 8));
    assert_int_equal(nn_last_status(), NN_ERROR_NAME);
    assert_string_equal(nn_last_error(),
                        "nn_csv_parse: there is no column 'digit' for the "
                        "label; columns: 'a', 'b'");
    nn_csv_set_header(csv, 0);
    assert_null(nn_csv_parse(csv, "a,b\n1,2\n", 8));
    assert_failure(NN_ERROR_NAME, "columns: none, since there is no header line");
    nn_csv_set_label_index(csv, 2);
    assert_null(nn_csv_parse(csv, "1,2\n", 4));
    assert_failure(NN_ERROR_NAME, "there is no column 2 for the label; the number of "
                                  "columns is 2");
    nn_csv_set_label_index(csv, -3);
    assert_null(nn_csv_parse(csv, "1,2\n", 4));
    assert_failure(NN_ERROR_NAME, "there is no column -3");
    nn_csv_set_label_index(csv, INT64_MIN);
    assert_null(nn_csv_parse(csv, "1,2\n", 4));
    assert_int_equal(nn_last_status(), NN_ERROR_NAME);
    nn_csv_destroy(csv);
}

static void test_long_list_of_columns_is_cut(void **state)
{
    (void)state;
    char text[4096] = "";
    for (int i = 0; i < 200; i++) {
        snprintf(text + strlen(text), 32, "column_%d,", i);
    }
    strcat(text, "last\n");
    nn_csv *csv = reader(1, NN_LABEL_CLASS);
    nn_csv_set_label_name(csv, "digit");
    assert_null(parse_by(csv, text));
    assert_failure(NN_ERROR_NAME, "'column_0', 'column_1', ");
    assert_failure(NN_ERROR_NAME, "', ...");
}

static void test_file_without_rows_is_refused(void **state)
{
    (void)state;
    assert_message("", NN_ERROR_EMPTY, "nn_csv_parse: there is nothing in it");
    assert_message("\n \r\n", NN_ERROR_EMPTY, "nn_csv_parse: there is nothing in it");
    assert_message("a,b\n\n", NN_ERROR_EMPTY, "nn_csv_parse: no row follows the header");
    assert_message("y\n1\n", NN_ERROR_FORMAT,
                   "nn_csv_parse: the label is the only column");
}

static void test_bad_settings_are_refused(void **state)
{
    (void)state;
    nn_csv *csv = nn_csv_create(NULL);
    static const char separators[] = {'"', '0', 'e',  'Z',  '.',
                                      '-', '+', '\n', '\r', '\0'};
    for (size_t i = 0; i < sizeof separators; i++) {
        assert_int_equal(nn_csv_set_separator(csv, separators[i]), NN_ERROR_ARGUMENT);
    }
    assert_int_equal(nn_csv_set_label_kind(csv, 0), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_csv_set_label_kind(csv, 4), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_csv_set_label_kind: kind must be in 1 ... 3, got 4");
    assert_int_equal(nn_csv_set_label_name(csv, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_label_name(NULL, "x"), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_label_index(NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_label_kind(NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_separator(NULL, ';'), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_header(NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_csv_set_bytes(NULL, 0), NN_ERROR_NULL);
    assert_null(nn_csv_parse(csv, NULL, 1));
    assert_failure(NN_ERROR_NULL, "nn_csv_parse: bytes is NULL");
    assert_null(nn_csv_parse(csv, NULL, 0));
    assert_failure(NN_ERROR_EMPTY, "nn_csv_parse");
    assert_null(nn_csv_parse(NULL, "", 0));
    assert_null(nn_csv_read(NULL, "x"));
    assert_failure(NN_ERROR_EMPTY, "nn_csv_parse: there is nothing in it"); /* kept */
    assert_null(nn_csv_read(csv, NULL));
    assert_failure(NN_ERROR_NULL, "nn_csv_read: path is NULL");
    nn_csv_destroy(NULL);
    nn_csv_destroy(csv);
}

/* ---- files ---- */

static void test_file_is_read_and_named_in_messages(void **state)
{
    (void)state;
    char path[256], expected[400];
    static const char good[] = "a,b\n1,2\n3,4\n", bad[] = "a,b\n1,x\n";
    nn_csv *csv = reader(1, NN_LABEL_NONE);
    write_file("good.csv", good, sizeof good - 1, path);
    nn_dataset *dataset = nn_csv_read(csv, path);
    assert_inputs(dataset, 2, 2, one_to_four);
    nn_dataset_destroy(dataset);
    remove(path);
    write_file("bad.csv", bad, sizeof bad - 1, path);
    assert_null(nn_csv_read(csv, path));
    snprintf(expected, sizeof expected,
             "%s: line 2, column 2 ('b'), byte 6: 'x' is not a number", path);
    assert_string_equal(nn_last_error(), expected);
    remove(path);
    nn_csv_destroy(csv);
}

static void test_digits_of_the_examples_are_read(void **state)
{
    (void)state;
    nn_csv *csv = nn_csv_create(NULL);
    nn_csv_set_bytes(csv, 1);
    nn_csv_set_label_name(csv, "digit");
    nn_dataset *digits = nn_csv_read(csv, "examples/data/digits.csv");
    nn_csv_destroy(csv);
    if (digits == NULL) {
        fail_msg("%s", nn_last_error());
    }
    assert_int_equal(nn_dataset_count(digits), 1797);
    assert_int_equal(nn_dataset_class_count(digits), 0);
    assert_string_equal(nn_dataset_column_name(digits, 63), "pixel_63");
    double pixels[64], first[10];
    static const double zero_to_nine[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const double top_row[] = {0, 0, 5, 13, 9, 1, 0, 0};
    read_numbers(digits, 0, 0, 1, pixels);
    assert_memory_equal(pixels, top_row, sizeof top_row);
    read_numbers(digits, 1, 0, 10, first);
    assert_memory_equal(first, zero_to_nine, sizeof first);
    nn_dataset_destroy(digits);
}

static void test_what_is_no_readable_file_is_refused(void **state)
{
    (void)state;
    nn_csv *csv = nn_csv_create(NULL);
    char path[256], pipe[300], longer[400], deep[6000];
    write_file("in_the_way", "x", 1, path);
    snprintf(pipe, sizeof pipe, "%s.pipe", path);
    snprintf(longer, sizeof longer, "%s/below", path);
    memset(deep, 'd', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    assert_null(nn_csv_read(csv, "no/such/file.csv"));
    assert_int_equal(nn_last_status(), NN_ERROR_IO);
    assert_string_equal(nn_last_error(),
                        "no/such/file.csv: cannot be opened: there is no such file");
    assert_null(nn_csv_read(csv, longer));
    assert_failure(NN_ERROR_IO, "there is no such file");
    assert_null(nn_csv_read(csv, "tests"));
    assert_string_equal(nn_last_error(), "tests: cannot be read: it is a directory");
    assert_null(nn_csv_read(csv, "/dev/null"));
    assert_failure(NN_ERROR_IO, "it is no regular file");
    remove(pipe);
    assert_int_equal(mkfifo(pipe, 0600), 0);
    assert_null(nn_csv_read(csv, pipe));
    assert_failure(NN_ERROR_IO, "it is no regular file");
    assert_null(nn_csv_read(csv, deep));
    assert_failure(NN_ERROR_IO, "ddd: cannot be opened: the name is too long");
    remove(pipe);
    remove(path);
    nn_csv_destroy(csv);
}

/* ---- hostile bytes and scarce memory ---- */

static const char everything[] = "\xEF\xBB\xBF\"a \"\"1\"\"\",b,y\r\n1,2.5,cat\n\n"
                                 "\"3\",-4e1,\"d,o\"\"g\"\r5,6,\"two\nlines\"\n7,8,cat";

static void test_text_cut_anywhere_is_read_or_refused(void **state)
{
    (void)state;
    nn_csv *csv = nn_csv_create(NULL);
    for (size_t size = 0; size < sizeof everything; size++) {
        char *cut = malloc(size + (size == 0)); /* so that reading past it is noticed */
        memcpy(cut, everything, size);
        nn_dataset *dataset = nn_csv_parse(csv, cut, size);
        if (dataset == NULL) {
            assert_true(nn_last_status() == NN_ERROR_FORMAT ||
                        nn_last_status() == NN_ERROR_EMPTY);
        }
        nn_dataset_destroy(dataset);
        free(cut);
    }
    nn_csv_destroy(csv);
}

static uint32_t next_random(uint32_t *random)
{
    *random = *random * 1664525u + 1013904223u;
    return *random >> 8;
}

static void test_random_bytes_are_read_or_refused(void **state)
{
    (void)state;
    static const char alphabet[] = "1,2\n3\"\r.- a\te;";
    uint32_t random = 1;
    for (int round = 0; round < 20000; round++) {
        nn_csv *csv = reader(round & 1, 1 + round / 2 % 3);
        size_t size = next_random(&random) % 40;
        char *bytes = malloc(size + (size == 0));
        for (size_t i = 0; i < size; i++) {
            uint32_t r = next_random(&random);
            bytes[i] = round % 7 == 0 ? (char)(unsigned char)r
                                      : alphabet[r % (sizeof alphabet - 1)];
        }
        nn_dataset *dataset = nn_csv_parse(csv, bytes, size);
        assert_true(dataset != NULL || nn_last_status() == NN_ERROR_FORMAT ||
                    nn_last_status() == NN_ERROR_EMPTY);
        nn_dataset_destroy(dataset);
        nn_csv_destroy(csv);
        free(bytes);
    }
}

static int parse_everything(nn_context *context, void *data)
{
    nn_csv *csv = nn_csv_create(context);
    nn_dataset *dataset = NULL;
    if (csv != NULL && nn_csv_set_label_kind(csv, *(int32_t *)data) == NN_OK &&
        nn_csv_set_label_name(csv, "y") == NN_OK) {
        dataset = *(int32_t *)data == NN_LABEL_CLASS
                      ? nn_csv_parse(csv, everything, sizeof everything - 1)
                      : nn_csv_parse(csv, "a,y\n1,2\n3,4\n", 12);
    }
    int done = dataset != NULL;
    nn_dataset_destroy(dataset);
    nn_csv_destroy(csv);
    return done;
}

static int read_digits(nn_context *context, void *data)
{
    (void)data;
    nn_csv *csv = nn_csv_create(context);
    nn_dataset *dataset =
        csv == NULL ? NULL : nn_csv_read(csv, "examples/data/digits.csv");
    int done = dataset != NULL;
    nn_dataset_destroy(dataset);
    nn_csv_destroy(csv);
    return done;
}

static void test_every_allocation_may_fail(void **state)
{
    (void)state;
    int32_t kinds[] = {NN_LABEL_CLASS, NN_LABEL_VALUE, NN_LABEL_NONE};
    for (int i = 0; i < 3; i++) {
        assert_true(fail_each_allocation(parse_everything, &kinds[i]) >= 10);
    }
    assert_true(fail_each_allocation(read_digits, NULL) >= 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines_end_with_lf_crlf_cr_or_the_end),
        cmocka_unit_test(test_blank_lines_are_passed_over),
        cmocka_unit_test(test_byte_order_mark_is_passed_over),
        cmocka_unit_test(test_numbers_may_be_quoted_padded_and_in_any_notation),
        cmocka_unit_test(test_separator_may_be_chosen),
        cmocka_unit_test(test_quoted_fields_hold_separators_line_ends_and_quotes),
        cmocka_unit_test(test_very_long_lines_and_names_are_read),
        cmocka_unit_test(test_many_rows_are_read),
        cmocka_unit_test(test_numbers_have_a_point_in_every_locale),
        cmocka_unit_test(test_header_names_the_inputs),
        cmocka_unit_test(test_number_labels_have_shape_1),
        cmocka_unit_test(test_label_is_found_by_name_or_index),
        cmocka_unit_test(test_text_labels_are_numbered_by_first_appearance),
        cmocka_unit_test(test_whole_number_labels_stay_as_they_are),
        cmocka_unit_test(test_one_label_that_is_no_whole_number_makes_all_of_them_texts),
        cmocka_unit_test(test_inputs_that_fit_are_kept_as_bytes),
        cmocka_unit_test(test_field_that_is_no_number_is_named),
        cmocka_unit_test(test_long_texts_are_cut_in_messages),
        cmocka_unit_test(test_missing_value_is_named),
        cmocka_unit_test(test_number_that_is_not_finite_is_named),
        cmocka_unit_test(test_number_label_that_is_none_is_named),
        cmocka_unit_test(test_too_few_and_too_many_fields_are_named),
        cmocka_unit_test(test_misplaced_quotes_are_named),
        cmocka_unit_test(test_zero_byte_is_named),
        cmocka_unit_test(test_label_that_is_not_there_lists_the_columns),
        cmocka_unit_test(test_long_list_of_columns_is_cut),
        cmocka_unit_test(test_file_without_rows_is_refused),
        cmocka_unit_test(test_bad_settings_are_refused),
        cmocka_unit_test(test_file_is_read_and_named_in_messages),
        cmocka_unit_test(test_digits_of_the_examples_are_read),
        cmocka_unit_test(test_what_is_no_readable_file_is_refused),
        cmocka_unit_test(test_text_cut_anywhere_is_read_or_refused),
        cmocka_unit_test(test_random_bytes_are_read_or_refused),
        cmocka_unit_test(test_every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
