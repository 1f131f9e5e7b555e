/* Making a dataset of a CSV file, in one pass over its fields: inputs go into one growing
 * block, class labels are numbered as they come. Only when all is read is it known
 * whether the labels are whole numbers, which then take the place of the classes'
 * numbers. */
#include "io/csv.h"

#include "base/memory.h"
#include "base/text.h"
#include "train/dataset.h"

#include <inttypes.h>
#include <string.h>

enum { CSV_FIRST_VALUES = 4096 };

static void csv_release(struct nni_csv_table *table)
{
    nni_csv_scan_release(&table->scanner);
    nni_name_list_release(table->context, &table->header);
    nni_class_map_release(table->context, &table->map);
    nni_free(table->context, table->values);
    nni_free(table->context, table->classes);
    nni_free(table->context, table->targets);
}

/* ---- reading ---- */

/* How many rows to make room for: a few at first, then as many as there will be if the
 * others are as long as those that were read, and half as many again at least. */
static int64_t csv_wanted_room(const struct nni_csv_table *table)
{
    if (table->rows == 0) {
        return CSV_FIRST_VALUES / table->inputs + 1;
    }
    const struct nni_csv_scanner *scanner = &table->scanner;
    int64_t row_bytes = (scanner->at - scanner->start) / table->rows;
    int64_t others = (scanner->end - scanner->at) / nni_max(row_bytes, 1) + 1;
    return table->rows + nni_max(others, table->rows / 2);
}

/* Makes room for more rows. */
static nn_status csv_grow(struct nni_csv_table *table)
{
    const nn_context *context = table->context;
    size_t rows = (size_t)table->rows;
    size_t room = (size_t)csv_wanted_room(table);
    float *values = nni_grow(context, table->values, rows, room,
                             (size_t)table->inputs * sizeof *values);
    if (values == NULL) {
        return nn_last_status();
    }
    table->values = values;
    if (table->csv->label_kind == NN_LABEL_CLASS) {
        int32_t *classes = nni_grow(context, table->classes, rows, room, sizeof *classes);
        if (classes == NULL) {
            return nn_last_status();
        }
        table->classes = classes;
    } else if (table->csv->label_kind == NN_LABEL_VALUE) {
        float *targets = nni_grow(context, table->targets, rows, room, sizeof *targets);
        if (targets == NULL) {
            return nn_last_status();
        }
        table->targets = targets;
    }
    table->room = (int64_t)room;
    return NN_OK;
}

static nn_status csv_read_all(struct nni_csv_table *table)
{
    NNI_TRY(nni_csv_read_columns(table));
    NNI_TRY(nni_csv_find_label(table));
    while (nni_csv_next_row(&table->scanner)) {
        if (table->rows == table->room) {
            NNI_TRY(csv_grow(table));
        }
        NNI_TRY(nni_csv_read_row(table));
    }
    if (table->rows == 0 && table->skipped > 0) {
        return nni_fail(NN_ERROR_EMPTY, "a value is missing in every row");
    }
    if (table->rows == 0) {
        return nni_fail(NN_ERROR_EMPTY, "no row follows the header");
    }
    return NN_OK;
}

/* ---- labels ---- */

/* 1 where a class is named by a whole number in 0 ... 2^31 - 1, which is then *number. */
static int csv_class_is_number(const struct nni_name_list *names, int32_t class_number,
                               int32_t *number)
{
    double value;
    if (!nni_parse_number(nni_name_list_get(names, class_number),
                          nni_name_list_length(names, class_number), &value) ||
        !(value >= 0.0 && value <= (double)INT32_MAX)) {
        return 0;
    }
    *number = (int32_t)value;
    return (double)*number == value;
}

/* Where all classes are named by whole numbers, makes these the labels and forgets the
 * names. */
static nn_status csv_use_numbers(struct nni_csv_table *table)
{
    int32_t count = (int32_t)table->map.names.count;
    int32_t *numbers = nni_alloc(table->context, (size_t)count, sizeof *numbers);
    if (numbers == NULL) {
        return nn_last_status();
    }
    int32_t whole = 0;
    while (whole < count &&
           csv_class_is_number(&table->map.names, whole, &numbers[whole])) {
        whole++;
    }
    if (whole == count) {
        for (int64_t r = 0; r < table->rows; r++) {
            table->classes[r] = numbers[table->classes[r]];
        }
        nni_name_list_release(table->context, &table->map.names);
    }
    nni_free(table->context, numbers);
    return NN_OK;
}

/* ---- the dataset ---- */

/* 1 where every input is a whole number in 0 ... 255. */
static int csv_fits_bytes(const struct nni_csv_table *table)
{
    int64_t count = table->rows * table->inputs;
    for (int64_t i = 0; i < count; i++) {
        float value = table->values[i];
        if (!(value >= 0.0f && value <= (float)UINT8_MAX) ||
            (float)(uint8_t)value != value) {
            return 0;
        }
    }
    return 1;
}

static nn_status csv_add_inputs(const struct nni_csv_table *table, nn_dataset *dataset)
{
    int bytes = table->csv->bytes && csv_fits_bytes(table);
    int64_t dim[2] = {table->rows, table->inputs};
    struct nni_shape shape;
    NNI_TRY(nni_shape_make("inputs", bytes ? NN_UINT8 : NN_FLOAT32, dim, 2, NN_MAX_RANK,
                           0, &shape));
    nn_tensor *inputs = nni_tensor_allocate(table->context, &shape);
    if (inputs == NULL) {
        return nn_last_status();
    }
    int64_t count = table->rows * table->inputs;
    if (bytes) {
        for (int64_t i = 0; i < count; i++) {
            ((uint8_t *)inputs->data)[i] = (uint8_t)table->values[i];
        }
    } else {
        memcpy(inputs->data, table->values, (size_t)count * sizeof(float));
    }
    nn_status status = nn_dataset_add_input(dataset, inputs);
    nn_tensor_destroy(inputs);
    return status;
}

/* Classes are int32 (n), numbers float32 (n, 1). */
static nn_status csv_add_labels(const struct nni_csv_table *table, nn_dataset *dataset)
{
    int classes = table->csv->label_kind == NN_LABEL_CLASS;
    int64_t dim[2] = {table->rows, 1};
    struct nni_shape shape;
    NNI_TRY(nni_shape_make("labels", classes ? NN_INT32 : NN_FLOAT32, dim,
                           classes ? 1 : 2, NN_MAX_RANK, 0, &shape));
    nn_tensor *labels = nni_tensor_allocate(table->context, &shape);
    if (labels == NULL) {
        return nn_last_status();
    }
    if (classes) {
        memcpy(labels->data, table->classes, (size_t)table->rows * sizeof(int32_t));
    } else {
        memcpy(labels->data, table->targets, (size_t)table->rows * sizeof(float));
    }
    nn_status status = nn_dataset_add_target(dataset, labels);
    nn_tensor_destroy(labels);
    return status;
}

static nn_status csv_fill_dataset(struct nni_csv_table *table, nn_dataset *dataset)
{
    NNI_TRY(csv_add_inputs(table, dataset));
    if (table->csv->label_kind != NN_LABEL_NONE) {
        NNI_TRY(csv_add_labels(table, dataset));
    }
    struct nni_name_list columns = {0};
    nn_status status = nni_csv_input_names(table, &columns);
    if (status == NN_OK && table->csv->label_kind == NN_LABEL_CLASS) {
        status = nni_name_list_copy(table->context, &table->csv->classes.names,
                                    &table->map.names);
    }
    if (status == NN_OK) {
        nni_dataset_take_names(dataset, &table->map.names, &columns);
    }
    nni_name_list_release(table->context, &columns);
    return status;
}

nn_dataset *nni_csv_parse(const nn_csv *csv, const char *name, const void *bytes,
                          size_t size)
{
    const nn_context *context = csv->handle.context;
    struct nni_csv_table table = {.csv = csv, .context = context};
    nni_csv_scan(&table.scanner, context, csv->separator, bytes, size);
    nn_status status = csv_read_all(&table);
    if (status == NN_OK && table.map.names.count > 0) {
        status = csv_use_numbers(&table);
    }
    nn_dataset *dataset = status == NN_OK ? nni_dataset_make(context, -1) : NULL;
    if (dataset != NULL && csv_fill_dataset(&table, dataset) != NN_OK) {
        nn_dataset_destroy(dataset);
        dataset = NULL;
    }
    if (dataset == NULL) {
        nni_dataset_failed(name);
    } else if (table.skipped > 0) {
        nni_log(context, NN_LOG_INFO,
                "%s: %" PRId64 " of %" PRId64 " rows left out, where a value is missing",
                name, table.skipped, table.rows + table.skipped);
    }
    csv_release(&table);
    return dataset;
}
