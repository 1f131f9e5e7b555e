/* The columns of a CSV file: how many there are, their names, and which is the label. */
#include "io/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { CSV_LISTED_BYTES = 300 };

/* NN_ERROR_FORMAT for the byte order mark of UTF-16. */
static nn_status csv_check_encoding(const struct nni_csv_scanner *scanner)
{
    const unsigned char *bytes = (const unsigned char *)scanner->start;
    if (scanner->end - scanner->start >= 2 && ((bytes[0] == 0xFE && bytes[1] == 0xFF) ||
                                               (bytes[0] == 0xFF && bytes[1] == 0xFE))) {
        return nni_fail(NN_ERROR_FORMAT, "byte 0: the text is UTF-16, convert it to "
                                         "UTF-8 first");
    }
    return NN_OK;
}

/* Reads the first row: names the columns, or only counts them and goes back. */
nn_status nni_csv_read_columns(struct nni_csv_table *table)
{
    struct nni_csv_scanner *scanner = &table->scanner;
    NNI_TRY(csv_check_encoding(scanner));
    if (!nni_csv_next_row(scanner)) {
        return nni_fail(NN_ERROR_EMPTY, "there is nothing in it");
    }
    struct nni_csv_scanner start = *scanner;
    struct nni_csv_field field = {0};
    while (!field.last) {
        NNI_TRY(nni_csv_next_field(scanner, &field));
        if (table->csv->header) {
            NNI_TRY(nni_csv_check_name(&field));
            NNI_TRY(nni_name_list_append(table->context, &table->header, field.text,
                                         field.length));
        }
    }
    table->columns = field.column;
    if (!table->csv->header) {
        nni_csv_rewind(scanner, &start);
    }
    return NN_OK;
}

/* NN_ERROR_NAME with the names that there are, as many as fit. */
static nn_status csv_no_such_label(const struct nni_csv_table *table)
{
    struct nni_csv_shown wanted =
        nni_csv_shown(table->csv->label_name, strlen(table->csv->label_name));
    char listed[CSV_LISTED_BYTES] = "none, since there is no header line";
    size_t length = 0;
    for (int64_t i = 0; i < table->header.count; i++) {
        const char *name = nni_name_list_get(&table->header, i);
        struct nni_csv_shown shown = nni_csv_shown(name, strlen(name));
        if (length + strlen(shown.text) + sizeof ", '', ..." > sizeof listed) {
            snprintf(listed + length, sizeof listed - length, ", ...");
            break;
        }
        length += (size_t)snprintf(listed + length, sizeof listed - length, "%s'%s'",
                                   i == 0 ? "" : ", ", shown.text);
    }
    return nni_fail(NN_ERROR_NAME, "there is no column '%s' for the label; columns: %s",
                    wanted.text, listed);
}

/* The label's column by its name or index. */
static nn_status csv_label_column(const struct nni_csv_table *table, int64_t *column)
{
    const nn_csv *csv = table->csv;
    if (csv->label_name != NULL) {
        for (int64_t i = 0; i < table->header.count; i++) {
            if (strcmp(nni_name_list_get(&table->header, i), csv->label_name) == 0) {
                *column = i;
                return NN_OK;
            }
        }
        return csv_no_such_label(table);
    }
    if (csv->label_index < -table->columns || csv->label_index >= table->columns) {
        return nni_fail(NN_ERROR_NAME,
                        "there is no column %" PRId64
                        " for the label; the number of columns is %" PRId64,
                        csv->label_index, table->columns);
    }
    *column = csv->label_index < 0 ? csv->label_index + table->columns : csv->label_index;
    return NN_OK;
}

nn_status nni_csv_find_label(struct nni_csv_table *table)
{
    table->label = -1;
    table->inputs = table->columns;
    if (table->csv->label_kind == NN_LABEL_NONE) {
        return NN_OK;
    }
    NNI_TRY(csv_label_column(table, &table->label));
    table->inputs--;
    if (table->inputs == 0) {
        return nni_fail(NN_ERROR_FORMAT, "the label is the only column");
    }
    return NN_OK;
}

nn_status nni_csv_input_names(const struct nni_csv_table *table,
                              struct nni_name_list *names)
{
    for (int64_t i = 0; i < table->header.count; i++) {
        if (i != table->label) {
            NNI_TRY(nni_name_list_append(table->context, names,
                                         nni_name_list_get(&table->header, i),
                                         nni_name_list_length(&table->header, i)));
        }
    }
    return NN_OK;
}
