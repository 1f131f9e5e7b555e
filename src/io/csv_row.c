/* The values of one CSV row: numbers for the input, and the label. */
#include "io/csv.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- messages ---- */

struct csv_place {
    char text[120];
};

/* "line 17, column 3 ('width')". */
static struct csv_place csv_place_of(const struct nni_csv_table *table,
                                     const struct nni_csv_field *field)
{
    struct csv_place place;
    const char *name = nni_name_list_get(&table->header, field->column - 1);
    int length =
        snprintf(place.text, sizeof place.text, "line %" PRId64 ", column %" PRId64,
                 field->line, field->column);
    if (name != NULL) {
        struct nni_csv_shown shown = nni_csv_shown(name, strlen(name));
        snprintf(place.text + length, sizeof place.text - (size_t)length, " ('%s')",
                 shown.text);
    }
    return place;
}

static nn_status csv_value_error(const struct nni_csv_table *table,
                                 const struct nni_csv_field *field, const char *what)
{
    struct csv_place place = csv_place_of(table, field);
    struct nni_csv_shown shown = nni_csv_shown(field->text, field->length);
    return nni_fail(NN_ERROR_FORMAT, "%s: '%s' %s", place.text, shown.text, what);
}

static nn_status csv_check_filled(const struct nni_csv_table *table,
                                  const struct nni_csv_field *field)
{
    for (size_t i = 0; i < field->length; i++) {
        if (field->text[i] != ' ' && field->text[i] != '\t') {
            return NN_OK;
        }
    }
    struct csv_place place = csv_place_of(table, field);
    return nni_fail(NN_ERROR_FORMAT, "%s is empty", place.text);
}

/* ---- values ---- */

static nn_status csv_read_number(const struct nni_csv_table *table,
                                 const struct nni_csv_field *field, float *value)
{
    if (!nni_parse_float(field->text, field->length, value)) {
        NNI_TRY(csv_check_filled(table, field));
        return csv_value_error(table, field, "is not a number");
    }
    if (!isfinite(*value)) {
        return csv_value_error(table, field, "is not a finite number");
    }
    return NN_OK;
}

static nn_status csv_read_label(struct nni_csv_table *table,
                                const struct nni_csv_field *field)
{
    if (table->csv->label_kind == NN_LABEL_VALUE) {
        return csv_read_number(table, field, &table->targets[table->rows]);
    }
    NNI_TRY(csv_check_filled(table, field));
    return nni_class_map_number(table->context, &table->map, field->text, field->length,
                                &table->classes[table->rows]);
}

nn_status nni_csv_read_row(struct nni_csv_table *table)
{
    float *input = table->values + table->rows * table->inputs;
    struct nni_csv_field field = {0};
    while (!field.last) {
        NNI_TRY(nni_csv_next_field(&table->scanner, &field));
        if (field.column > table->columns ||
            (field.last && field.column < table->columns)) {
            return nni_fail(
                NN_ERROR_FORMAT,
                "line %" PRId64 ", column %" PRId64 ": too %s fields, expected %" PRId64,
                field.line, field.column, field.column > table->columns ? "many" : "few",
                table->columns);
        }
        if (field.column - 1 == table->label) {
            NNI_TRY(csv_read_label(table, &field));
        } else {
            NNI_TRY(csv_read_number(table, &field, input++));
        }
    }
    table->rows++;
    return NN_OK;
}
