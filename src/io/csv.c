/* The settings of the CSV reader, and its two entries: a file, and memory. */
#include "io/csv.h"

#include "base/memory.h"
#include "io/file.h"
#include "train/dataset.h"

static void csv_destroy(void *handle)
{
    nn_csv *csv = handle;
    nni_free(csv->handle.context, csv->label_name);
}

nn_csv *nn_csv_create(nn_context *context)
{
    nn_csv *csv = nni_handle_create(context, sizeof *csv, csv_destroy);
    if (csv == NULL) {
        nni_dataset_failed("nn_csv_create");
        return NULL;
    }
    csv->header = 1;
    csv->separator = ',';
    csv->label_index = -1;
    csv->label_kind = NN_LABEL_CLASS;
    return csv;
}

void nn_csv_destroy(nn_csv *csv)
{
    nni_handle_release(csv);
}

nn_status nn_csv_set_header(nn_csv *csv, int32_t header)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_header", csv);
    csv->header = header != 0;
    return NN_OK;
}

nn_status nn_csv_set_bytes(nn_csv *csv, int32_t bytes)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_bytes", csv);
    csv->bytes = bytes != 0;
    return NN_OK;
}

/* 1 for the characters that a number, a word, a quoted field or a line end is made of. */
static int csv_is_taken(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '.' || c == '-' || c == '+' || c == '"' || c == '\n' || c == '\r' ||
           c == '\0';
}

nn_status nn_csv_set_separator(nn_csv *csv, char separator)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_separator", csv);
    if (csv_is_taken(separator)) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_csv_set_separator: character %d can not separate fields",
                        (unsigned char)separator);
    }
    csv->separator = separator;
    return NN_OK;
}

nn_status nn_csv_set_label_name(nn_csv *csv, const char *name)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_label_name", csv);
    NNI_NOT_NULL("nn_csv_set_label_name", name);
    char *copy = nni_copy_text(csv->handle.context, name);
    if (copy == NULL) {
        return nni_dataset_failed("nn_csv_set_label_name");
    }
    nni_free(csv->handle.context, csv->label_name);
    csv->label_name = copy;
    return NN_OK;
}

nn_status nn_csv_set_label_index(nn_csv *csv, int64_t index)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_label_index", csv);
    nni_free(csv->handle.context, csv->label_name);
    csv->label_name = NULL;
    csv->label_index = index;
    return NN_OK;
}

nn_status nn_csv_set_label_kind(nn_csv *csv, int32_t kind)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_label_kind", csv);
    if (kind < NN_LABEL_CLASS || kind > NN_LABEL_NONE) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_csv_set_label_kind: kind must be in %d ... %d, got %d",
                        NN_LABEL_CLASS, NN_LABEL_NONE, kind);
    }
    csv->label_kind = kind;
    return NN_OK;
}

/* ---- reading ---- */

nn_dataset *nn_csv_parse(const nn_csv *csv, const void *bytes, size_t size)
{
    if (csv == NULL) {
        nni_null_handle("nn_csv_parse", "csv");
        return NULL;
    }
    if (bytes == NULL && size > 0) {
        nni_fail(NN_ERROR_NULL, "nn_csv_parse: bytes is NULL");
        return NULL;
    }
    return nni_csv_parse(csv, "nn_csv_parse", bytes == NULL ? "" : bytes, size);
}

nn_dataset *nn_csv_read(const nn_csv *csv, const char *path)
{
    if (csv == NULL) {
        nni_null_handle("nn_csv_read", "csv");
        return NULL;
    }
    const nn_context *context = csv->handle.context;
    uint8_t *bytes;
    size_t size;
    if (nni_file_read(context, "nn_csv_read", path, &bytes, &size) != NN_OK) {
        return NULL;
    }
    struct nni_file_name name = nni_file_name(path);
    nn_dataset *dataset = nni_csv_parse(csv, name.text, bytes, size);
    nni_free(context, bytes);
    return dataset;
}
