/* The values of one CSV row: numbers for the input, the label, and what is missing. */
#include "io/csv.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* ---- messages ---- */

static struct nni_csv_place csv_place_of(const struct nni_csv_table *table,
                                         const struct nni_csv_field *field)
{
    return nni_csv_place(field, nni_name_list_get(&table->header, field->column - 1));
}

static nn_status csv_value_error(const struct nni_csv_table *table, nn_status status,
                                 const struct nni_csv_field *field, const char *what)
{
    struct nni_csv_place place = csv_place_of(table, field);
    struct nni_csv_shown shown = nni_csv_shown(field->text, field->length);
    return nni_fail(status, "%s: '%s' %s", place.text, shown.text, what);
}

/* ---- missing values ---- */

static int csv_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* 1 for a field of blanks, or of the text that stands for a missing value. */
static int csv_is_missing(const struct nni_csv_table *table,
                          const struct nni_csv_field *field)
{
    const char *text = field->text;
    size_t length = field->length;
    while (length > 0 && csv_is_blank(text[0])) {
        text++;
        length--;
    }
    while (length > 0 && csv_is_blank(text[length - 1])) {
        length--;
    }
    const char *missing = table->csv->missing_text;
    return length == 0 || (missing != NULL && strlen(missing) == length &&
                           memcmp(missing, text, length) == 0);
}

static nn_status csv_missing_error(const struct nni_csv_table *table,
                                   const struct nni_csv_field *field)
{
    struct nni_csv_place place = csv_place_of(table, field);
    return nni_fail(NN_ERROR_FORMAT, "%s: the value is missing", place.text);
}

/* ---- values ---- */

static nn_status csv_read_number(const struct nni_csv_table *table,
                                 const struct nni_csv_field *field, float *value)
{
    if (!nni_parse_float(field->text, field->length, value)) {
        return csv_value_error(table, NN_ERROR_FORMAT, field, "is not a number");
    }
    if (!isfinite(*value)) {
        return csv_value_error(table, NN_ERROR_FORMAT, field, "is not a finite number");
    }
    return NN_OK;
}

static nn_status csv_read_input(const struct nni_csv_table *table,
                                const struct nni_csv_field *field, float *value)
{
    if (!csv_is_missing(table, field)) {
        return csv_read_number(table, field, value);
    }
    *value = table->csv->fill;
    return table->csv->missing == NN_MISSING_FILL ? NN_OK
                                                  : csv_missing_error(table, field);
}

static nn_status csv_read_class(struct nni_csv_table *table,
                                const struct nni_csv_field *field, int32_t *number)
{
    NNI_TRY(nni_csv_check_name(field));
    const struct nni_class_map *wanted = &table->csv->classes;
    if (wanted->names.count == 0) {
        return nni_class_map_number(table->context, &table->map, field->text,
                                    field->length, number);
    }
    *number = nni_class_map_look_up(wanted, field->text, field->length);
    return *number >= 0
               ? NN_OK
               : csv_value_error(table, NN_ERROR_LABEL, field, "is none of the classes");
}

static nn_status csv_read_label(struct nni_csv_table *table,
                                const struct nni_csv_field *field)
{
    if (csv_is_missing(table, field)) {
        return csv_missing_error(table, field);
    }
    if (table->csv->label_kind == NN_LABEL_VALUE) {
        return csv_read_number(table, field, &table->targets[table->rows]);
    }
    return csv_read_class(table, field, &table->classes[table->rows]);
}

/* ---- rows ---- */

/* The row's next field; the last one is the table's last column. */
static nn_status csv_next_field(struct nni_csv_table *table, struct nni_csv_field *field)
{
    NNI_TRY(nni_csv_next_field(&table->scanner, field));
    if (field->column > table->columns ||
        (field->last && field->column < table->columns)) {
        struct nni_csv_place place = nni_csv_place(field, NULL);
        return nni_fail(NN_ERROR_FORMAT, "%s: too %s fields, expected %" PRId64,
                        place.text, field->column > table->columns ? "many" : "few",
                        table->columns);
    }
    return NN_OK;
}

static nn_status csv_keep_row(struct nni_csv_table *table)
{
    float *input = table->values + table->rows * table->inputs;
    struct nni_csv_field field = {0};
    while (!field.last) {
        NNI_TRY(csv_next_field(table, &field));
        if (field.column - 1 == table->label) {
            NNI_TRY(csv_read_label(table, &field));
        } else {
            NNI_TRY(csv_read_input(table, &field, input++));
        }
    }
    table->rows++;
    return NN_OK;
}

/* Goes past a row with a missing value; to the start of one that has none. */
static nn_status csv_skip_row(struct nni_csv_table *table, int *skipped)
{
    struct nni_csv_scanner start = table->scanner;
    struct nni_csv_field field = {0};
    *skipped = 0;
    while (!field.last) {
        NNI_TRY(csv_next_field(table, &field));
        *skipped |= csv_is_missing(table, &field);
    }
    if (!*skipped) {
        nni_csv_rewind(&table->scanner, &start);
    }
    return NN_OK;
}

nn_status nni_csv_read_row(struct nni_csv_table *table)
{
    if (table->csv->missing == NN_MISSING_SKIP) {
        int skipped;
        NNI_TRY(csv_skip_row(table, &skipped));
        if (skipped) {
            table->skipped++;
            return NN_OK;
        }
    }
    return csv_keep_row(table);
}
