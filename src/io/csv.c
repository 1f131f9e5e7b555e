/* The settings of the CSV reader, and its two entries: a file, and memory. */
#include "io/csv.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "base/utf8.h"
#include "io/file.h"
#include "train/dataset.h"

#include <float.h>
#include <string.h>

static void csv_destroy(void *handle)
{
    nn_csv *csv = handle;
    const nn_context *context = csv->handle.context;
    nni_free(context, csv->label_name);
    nni_free(context, csv->missing_text);
    nni_class_map_release(context, &csv->classes);
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
    csv->missing = NN_MISSING_ERROR;
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

/* Puts a copy in the place of a text that the settings own. */
static nn_status csv_replace_text(const char *who, const nn_csv *csv, char **old,
                                  const char *text)
{
    char *copy = nni_copy_text(csv->handle.context, text);
    if (copy == NULL) {
        return nni_dataset_failed(who);
    }
    nni_free(csv->handle.context, *old);
    *old = copy;
    return NN_OK;
}

nn_status nn_csv_set_label_name(nn_csv *csv, const char *name)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_label_name", csv);
    NNI_NOT_NULL("nn_csv_set_label_name", name);
    return csv_replace_text("nn_csv_set_label_name", csv, &csv->label_name, name);
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

/* ---- missing values ---- */

/* 1 where the number is a finite float, which *rounded then is. NaN is compared in the
 * library's environment, too. */
static int csv_is_float(double number, float *rounded)
{
    struct nni_float_env env = nni_float_env_enter();
    NNI_SETTLE(number);
    int is_finite = number >= -(double)FLT_MAX && number <= (double)FLT_MAX;
    *rounded = is_finite ? (float)number : 0.0f;
    NNI_SETTLE(*rounded);
    nni_float_env_leave(env);
    return is_finite;
}

nn_status nn_csv_set_missing(nn_csv *csv, int32_t missing, double fill)
{
    float rounded = 0;
    NNI_NOT_NULL_HANDLE("nn_csv_set_missing", csv);
    if (missing < NN_MISSING_ERROR || missing > NN_MISSING_FILL) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_csv_set_missing: missing must be in %d ... %d, got %d",
                        NN_MISSING_ERROR, NN_MISSING_FILL, missing);
    }
    if (missing == NN_MISSING_FILL && !csv_is_float(fill, &rounded)) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_csv_set_missing: fill must be a finite float");
    }
    csv->missing = missing;
    csv->fill = rounded;
    return NN_OK;
}

nn_status nn_csv_set_missing_text(nn_csv *csv, const char *text)
{
    NNI_NOT_NULL_HANDLE("nn_csv_set_missing_text", csv);
    NNI_NOT_NULL("nn_csv_set_missing_text", text);
    return csv_replace_text("nn_csv_set_missing_text", csv, &csv->missing_text, text);
}

/* ---- classes ---- */

static nn_status csv_fill_classes(const nn_csv *csv, struct nni_class_map *map,
                                  const char *const *names, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        int32_t number;
        if (names[i] == NULL) {
            return nni_fail(NN_ERROR_NULL, "name %d is NULL", i);
        }
        size_t length = strlen(names[i]);
        if (!nni_utf8_valid(names[i], length)) {
            return nni_fail(NN_ERROR_ARGUMENT, "name %d is not UTF-8", i);
        }
        NNI_TRY(
            nni_class_map_number(csv->handle.context, map, names[i], length, &number));
        if (number != i) {
            return nni_fail(NN_ERROR_ARGUMENT, "names %d and %d are the same", number, i);
        }
    }
    return NN_OK;
}

nn_status nn_csv_set_class_names(nn_csv *csv, const char *const *names, int32_t count)
{
    const char *who = "nn_csv_set_class_names";
    NNI_NOT_NULL_HANDLE(who, csv);
    if (count < 0) {
        return nni_fail(NN_ERROR_SIZE, "%s: count must be at least 0, got %d", who,
                        count);
    }
    if (names == NULL && count > 0) {
        return nni_fail(NN_ERROR_NULL, "%s: names is NULL", who);
    }
    struct nni_class_map map = {0};
    nn_status status = csv_fill_classes(csv, &map, names, count);
    if (status != NN_OK) {
        nni_class_map_release(csv->handle.context, &map);
        return nni_dataset_failed(who);
    }
    nni_class_map_release(csv->handle.context, &csv->classes);
    csv->classes = map;
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
