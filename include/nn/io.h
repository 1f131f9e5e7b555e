/* nn/io.h - files: models and weights, and data to learn from.
 *
 * Files are not trusted: every length is checked against the file before memory is asked
 * for, and errors name the file and the line and column, or the byte. Numbers are read
 * with a point, whatever the locale. A file that is written appears whole or not at all:
 * the old one stays where writing fails. docs/data.md shows the formats. */
#ifndef NN_IO_H
#define NN_IO_H

#include <nn/dataset.h>
#include <nn/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- models ----
 *
 * A model's file is a safetensors file that holds all that prediction needs: layers, options
 * and graph, parameters ("dense_1.weight", as every reader of that format sees them), the
 * numbers of standardize layers, class names; and what training needs of layers
 * (initialisers, frozen layers, rate multipliers). What was loaded has the same bits as
 * what was saved, and equal models make equal files. docs/format.md describes the format. */

/* Saves a model, which is built if it is not. The file is replaced at once, when all of it
 * is on the disk: after a failure or a crash there is the old one. (What a crash left
 * half-written, "<path>.tmp", is used again by the next save. A symbolic link is replaced,
 * a device or folder refused.) NN_ERROR_IO, NN_ERROR_STATE
 * (a custom layer, which is code; the text names it), NN_ERROR_MEMORY, or what
 * nn_model_build returns. */
NN_API nn_status nn_model_save(nn_model *model, const char *path);

/* Loads a model, which is built. NULL on NN_ERROR_IO, NN_ERROR_FORMAT (the text says what
 * and where: damaged, of a newer version, with a layer or option that this library does
 * not know), NN_ERROR_MEMORY, NN_ERROR_MEMORY_LIMIT. */
NN_API nn_model *nn_model_load(nn_context *context, const char *path);

/* Saves into memory of the caller: *length is the number of bytes. buffer NULL and capacity
 * 0 only ask for it. NN_ERROR_SIZE where capacity is too small; otherwise as above. */
NN_API nn_status nn_model_save_memory(nn_model *model, void *buffer, size_t capacity,
                                      size_t *length);

/* Loads from `size` bytes in memory, which are only read. */
NN_API nn_model *nn_model_load_memory(nn_context *context, const void *bytes,
                                      size_t size);

/* Saves through a callback: write takes up to `size` bytes (at least 1), one after the
 * other, and returns how many it took; 0 or a negative number ends the call with
 * NN_ERROR_CALLBACK. It may call no function of this model. */
NN_API nn_status nn_model_save_to(nn_model *model,
                                  int64_t (*write)(void *user, const void *bytes,
                                                   size_t size),
                                  void *user);

/* Loads through a callback: read fills up to `size` bytes (at least 1) and returns how
 * many, 0 at the end, or a negative number, which ends the call with NN_ERROR_CALLBACK. It
 * is not asked for a byte beyond the model's last, so other things may follow. */
NN_API nn_model *nn_model_load_from(nn_context *context,
                                    int64_t (*read)(void *user, void *bytes, size_t size),
                                    void *user);

/* ---- weights alone ---- */

/* How nn_model_load_weights looks at a file; a sum of these, or 0. */
enum {
    /* Names and shapes as PyTorch has them: dots within a module's name stand for '_'
     * ("encoder.0.weight" is the weight of the layer "encoder_0"), and the weight of a
     * dense layer is (units, inputs), which is transposed. */
    NN_WEIGHTS_PYTORCH = 1,
    /* Parameters that the file does not have stay as they are, and tensors that the model
     * does not have are passed over. */
    NN_WEIGHTS_PARTIAL = 2
};

/* Reads parameters from any safetensors file (F32, F16 and BF16 exactly, F64 rounded) into a
 * model, which is built if it is not: by name ("dense_1.weight") and shape. Names with a
 * '/' are passed over. All fit, or nothing changes: NN_ERROR_NAME, NN_ERROR_SHAPE or
 * NN_ERROR_DTYPE, whose text says what is missing, unexpected and different. NN_ERROR_IO,
 * NN_ERROR_FORMAT, NN_ERROR_ARGUMENT (options), NN_ERROR_MEMORY. */
NN_API nn_status nn_model_load_weights(nn_model *model, const char *path,
                                       int32_t options);

/* The same from `size` bytes in memory. */
NN_API nn_status nn_model_load_weights_memory(nn_model *model, const void *bytes,
                                              size_t size, int32_t options);

/* Saves the parameters alone, of any model: as nn_model_save, without the graph. */
NN_API nn_status nn_model_save_weights(nn_model *model, const char *path);

/* ---- IDX: the format of MNIST (unsigned bytes, integers, floats) ---- */

/* Reads an uncompressed IDX file into a tensor: uint8 stays uint8; int8, int16 and int32
 * become int32; float and double become float32 (rounded). NULL on NN_ERROR_IO, NN_ERROR_FORMAT
 * (the byte is named; bytes that are missing or left over too), NN_ERROR_MEMORY. */
NN_API nn_tensor *nn_read_idx(nn_context *context, const char *path);

/* The same from `size` bytes in memory. */
NN_API nn_tensor *nn_parse_idx(nn_context *context, const void *bytes, size_t size);

/* Writes a tensor as an IDX file: uint8, int32 or float32 (NN_ERROR_DTYPE) of rank 1 or
 * more (NN_ERROR_RANK), dimensions below 2^32 (NN_ERROR_SIZE). NN_ERROR_IO. */
NN_API nn_status nn_write_idx(const nn_tensor *tensor, const char *path);

/* Reads inputs (n, ...) and labels (n) from two IDX files into a dataset, in the dtypes
 * of nn_read_idx; inputs lose their inner shape: images (28, 28) become (784). NULL also
 * where there is not one label for each input (NN_ERROR_FORMAT). */
NN_API nn_dataset *nn_dataset_read_idx(nn_context *context, const char *inputs_path,
                                       const char *labels_path);

/* ---- NPY: the format of numpy.save ---- */

/* Reads an NPY file, version 1.0, 2.0 or 3.0, in C or Fortran order, little- or
 * big-endian, into a tensor (row by row, as all are):
 *   bool (0 or 1), u1 -> uint8      i1, i2, i4, u2 -> int32      i8, u4, u8 -> int64
 *   f2, f4, f8 -> float32 (f8 rounded, to infinity where it is too large)
 * NULL on NN_ERROR_IO; NN_ERROR_FORMAT, naming the byte: other types (texts, complex
 * numbers, dates, structures, Python objects), a u8 element above 2^63 - 1, more than 8
 * dimensions, bytes that are missing or left over; NN_ERROR_MEMORY. */
NN_API nn_tensor *nn_read_npy(nn_context *context, const char *path);

/* The same from `size` bytes in memory. */
NN_API nn_tensor *nn_parse_npy(nn_context *context, const void *bytes, size_t size);

/* Writes a tensor as numpy.save does: version 1.0, C order, little-endian, as u1, i4, i8
 * or f4. NN_ERROR_IO. */
NN_API nn_status nn_write_npy(const nn_tensor *tensor, const char *path);

/* How nn_write_npy_layout lays elements out; a sum of these, or 0. */
enum {
    NN_NPY_FORTRAN = 1,   /* the first index varies fastest; says nothing below rank 2 */
    NN_NPY_BIG_ENDIAN = 2 /* the highest byte comes first */
};

/* As nn_write_npy, in another layout. NN_ERROR_ARGUMENT (layout), NN_ERROR_IO. */
NN_API nn_status nn_write_npy_layout(const nn_tensor *tensor, const char *path,
                                     int32_t layout);

/* Reads inputs (n, ...) and targets (n, ...) from two NPY files into a dataset, in the
 * dtypes of nn_read_npy; targets_path may be NULL. Classes can then be named by
 * nn_dataset_set_class_names. NULL also where there is not one target for each input
 * (NN_ERROR_FORMAT). */
NN_API nn_dataset *nn_dataset_read_npy(nn_context *context, const char *inputs_path,
                                       const char *targets_path);

/* ---- CSV: comma-separated values (RFC 4180) ---- */

/* How a CSV file is to be read. The defaults: a header line, ',' between fields, the last
 * column is the label, labels are classes. Every other column is a number and becomes one
 * element of the input (n, columns).
 *
 * Lines end with LF, CRLF or CR, the last one need not; blank lines and a byte order mark
 * are passed over. A field in quotes may hold separators, line ends and, doubled, quotes.
 * There are no comments: a line that begins with '#' is a row. Names are UTF-8. Lines,
 * fields and files may be as long as memory allows; reading takes at most some 30 bytes
 * for each byte of the file. docs/data.md has examples. */
typedef struct nn_csv nn_csv;

/* Creates the reader's settings. NULL on NN_ERROR_MEMORY. */
NN_API nn_csv *nn_csv_create(nn_context *context);

/* Destroys them; NULL is accepted. */
NN_API void nn_csv_destroy(nn_csv *csv);

/* What the label column holds.
 * NN_LABEL_CLASS: a class; the target is int32 (n). Where all labels are whole numbers
 * from 0 to 2^31 - 1 they are used as they are; otherwise all are texts, numbered in the
 * order of their first appearance. */
enum {
    NN_LABEL_CLASS = 1,
    NN_LABEL_VALUE = 2, /* a number to predict; target float32 (n, 1) */
    NN_LABEL_NONE = 3   /* no label: all columns are inputs */
};

/* Whether the first line names the columns: 0, or another value (default 1). */
NN_API nn_status nn_csv_set_header(nn_csv *csv, int32_t header);

/* The character between fields: any but a double quote, a digit, a letter, '.', '-', '+',
 * a line end, 0. */
NN_API nn_status nn_csv_set_separator(nn_csv *csv, char separator);

/* The label column by its name in the header (copied; the first so named). */
NN_API nn_status nn_csv_set_label_name(nn_csv *csv, const char *name);

/* The label column by its index; negative ones count from the end (default -1). Of name
 * and index the later call counts. */
NN_API nn_status nn_csv_set_label_index(nn_csv *csv, int64_t index);

/* What it holds: NN_LABEL_... */
NN_API nn_status nn_csv_set_label_kind(nn_csv *csv, int32_t kind);

/* Whether inputs whose values are all whole numbers from 0 to 255 are kept as uint8
 * (default 0: float32). */
NN_API nn_status nn_csv_set_bytes(nn_csv *csv, int32_t bytes);

/* What a missing value, a field that is empty or only blanks, does. */
enum {
    NN_MISSING_ERROR = 1, /* fails, naming the place (the default) */
    NN_MISSING_SKIP = 2,  /* leaves the row out, whatever else is in it */
    NN_MISSING_FILL = 3   /* stands for a number of the program's; never for a label */
};

/* Sets it: NN_MISSING_...; fill is the number for NN_MISSING_FILL, a finite float, and
 * otherwise not looked at. How many rows were left out is logged (NN_LOG_INFO). */
NN_API nn_status nn_csv_set_missing(nn_csv *csv, int32_t missing, double fill);

/* A text (copied) that also means a missing value, such as "NA" or "?", where it is a
 * whole field but for blanks around it. "" for none, the default. */
NN_API nn_status nn_csv_set_missing_text(nn_csv *csv, const char *text);

/* The classes that NN_LABEL_CLASS may find: names[i], UTF-8, is class i, whatever order
 * labels come in, so that files read one by one agree. All are copied and different
 * (NN_ERROR_ARGUMENT). A label that is none of them is then NN_ERROR_LABEL. count 0: any
 * labels, the default. */
NN_API nn_status nn_csv_set_class_names(nn_csv *csv, const char *const *names,
                                        int32_t count);

/* Reads a file. NULL on NN_ERROR_IO, NN_ERROR_FORMAT (line, column and byte named: a
 * value that is missing or no finite number, too few or too many fields, an open quote, a
 * zero byte, a name that is not UTF-8), NN_ERROR_LABEL (likewise), NN_ERROR_NAME (no such
 * label column; the text lists the columns), NN_ERROR_EMPTY (no row), NN_ERROR_MEMORY. */
NN_API nn_dataset *nn_csv_read(const nn_csv *csv, const char *path);

/* The same from `size` bytes in memory. */
NN_API nn_dataset *nn_csv_parse(const nn_csv *csv, const void *bytes, size_t size);

/* ---- writing CSV ---- */

/* Writes counts (true classes, predicted classes), int64, of nn_trainer_confusion: a header
 * line "true\predicted,cat,dog", and a line for each true class, "cat,10,2". The names are
 * those of the dataset's classes; where it has none, or is NULL, numbers. (The history is
 * written by nn_trainer_write_history.) NN_ERROR_DTYPE, NN_ERROR_SHAPE, NN_ERROR_IO. */
NN_API nn_status nn_write_confusion(const nn_tensor *counts, const nn_dataset *names,
                                    const char *path);

#ifdef __cplusplus
}
#endif

#endif
