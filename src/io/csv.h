/* The inside of the CSV reader: its settings (csv.c), cutting bytes into fields
 * (csv_scan.c), the columns (csv_columns.c), the values of a row (csv_row.c), and making
 * a dataset of all (csv_parse.c). */
#ifndef NNI_IO_CSV_H
#define NNI_IO_CSV_H

#include "base/handle.h"
#include "io/class_map.h"

#include <nn/io.h>

struct nn_csv {
    struct nni_handle handle;
    int32_t header;
    int32_t label_kind;
    int32_t bytes;
    int32_t missing; /* NN_MISSING_... */
    float fill;
    char separator;
    char *missing_text; /* or NULL: only the empty field is missing */
    char *label_name;   /* or NULL: by index */
    int64_t label_index;
    struct nni_class_map classes; /* the texts that a label may be; empty: any */
};

/* ---- fields ---- */

/* One field: its bytes without the quotes, valid until the next field is read. */
struct nni_csv_field {
    const char *text;
    size_t length;
    int64_t line;   /* where it begins, from 1 */
    int64_t byte;   /* where it begins, from 0 */
    int64_t column; /* its number in the row, from 1 */
    int32_t last;   /* of its row */
};

struct nni_csv_scanner {
    const nn_context *context;
    const char *start, *at, *end;
    char separator;
    int64_t line, column;
    char *unquoted; /* a field whose quotes were doubled */
    size_t capacity;
};

/* Starts at the first byte, after a byte order mark. */
void nni_csv_scan(struct nni_csv_scanner *scanner, const nn_context *context,
                  char separator, const void *bytes, size_t size);
void nni_csv_scan_release(struct nni_csv_scanner *scanner);

/* Goes back to where the scanner was when it was copied. */
void nni_csv_rewind(struct nni_csv_scanner *scanner, const struct nni_csv_scanner *to);

/* Goes to the next row that is not blank: 1, or 0 at the end. Called at the start of a
 * line. */
int nni_csv_next_row(struct nni_csv_scanner *scanner);

/* Reads the row's next field; after the last one the scanner is at the start of a line.
 * NN_ERROR_FORMAT for a quote that is not closed, or where none may be. */
nn_status nni_csv_next_field(struct nni_csv_scanner *scanner,
                             struct nni_csv_field *field);

/* NN_ERROR_FORMAT where a field that is a name is not UTF-8. */
nn_status nni_csv_check_name(const struct nni_csv_field *field);

enum { NNI_CSV_SHOWN_SIZE = 44 };
struct nni_csv_shown {
    char text[NNI_CSV_SHOWN_SIZE];
};

/* A text as it is shown in messages: its beginning, control characters as '?'. */
struct nni_csv_shown nni_csv_shown(const char *text, size_t length);

struct nni_csv_place {
    char text[140];
};

/* "line 17, column 3 ('width'), byte 218"; name is the column's, or NULL. */
struct nni_csv_place nni_csv_place(const struct nni_csv_field *field, const char *name);

/* ---- a file on the way to a dataset ---- */

struct nni_csv_table {
    const nn_csv *csv;
    const nn_context *context;
    struct nni_csv_scanner scanner;
    struct nni_name_list header; /* of all columns; empty where there is none */
    int64_t columns;
    int64_t label;  /* its column, or -1 */
    int64_t inputs; /* columns without the label's */
    int64_t rows, room;
    int64_t skipped;          /* rows left out for a missing value */
    float *values;            /* (rows, inputs) */
    int32_t *classes;         /* (rows): labels that are classes */
    float *targets;           /* (rows): labels that are numbers */
    struct nni_class_map map; /* the texts of the classes, as they came */
};

/* Reads the first row: names the columns, or only counts them and goes back. */
nn_status nni_csv_read_columns(struct nni_csv_table *table);

/* Finds the label's column; NN_ERROR_NAME where it is not there. */
nn_status nni_csv_find_label(struct nni_csv_table *table);

/* Appends the names of the columns that are inputs. */
nn_status nni_csv_input_names(const struct nni_csv_table *table,
                              struct nni_name_list *names);

/* Reads a row into the next row of the arrays, which have room for it; or passes it over,
 * where it is to be left out. */
nn_status nni_csv_read_row(struct nni_csv_table *table);

/* ---- all of it ---- */

/* name begins every message; those of the functions above are without it. */
nn_dataset *nni_csv_parse(const nn_csv *csv, const char *name, const void *bytes,
                          size_t size);

#endif
