/* Data sets and the readers of files. */
#include "api.h"

#include <string.h>

static int create_dataset(struct world *w)
{
    return took_dataset(w, nn_dataset_create(w->context));
}

static int destroy_dataset(struct world *w)
{
    nn_dataset_destroy(w->sourced);
    w->sourced = NULL;
    return 1;
}

static int add_tensors(struct world *w)
{
    return nn_dataset_add_input(w->samples, w->matrix) == NN_OK &&
           nn_dataset_add_target(w->samples, w->labels) == NN_OK &&
           nn_dataset_set_weights(w->samples, w->weights) == NN_OK;
}

static int32_t read_nothing(void *user, const int64_t *samples, int64_t rows,
                            void *const *inputs, void *const *targets, float *weights)
{
    (void)user, (void)samples, (void)rows, (void)inputs, (void)targets, (void)weights;
    return 0;
}

static int create_source(struct world *w)
{
    const nn_dataset_source source = {sizeof source, 3, read_nothing, NULL, NULL};
    return took_dataset(w, nn_dataset_from_source(w->context, &source));
}

static int declare_ports(struct world *w)
{
    const int64_t shape[] = {2, 3};
    return nn_dataset_declare_input(w->sourced, NN_UINT8, shape, 2) == NN_OK &&
           nn_dataset_declare_target(w->sourced, NN_FLOAT32, shape, 1) == NN_OK;
}

static int look_at_dataset(struct world *w)
{
    const int64_t *shape;
    int32_t dtype, rank;
    note_number(w, (double)nn_dataset_count(w->samples));
    note_number(w, nn_dataset_input_count(w->samples));
    note_number(w, nn_dataset_target_count(w->samples));
    note_number(w, nn_dataset_class_count(w->samples));
    note_text(w, nn_dataset_class_name(w->samples, 0));
    note_text(w, nn_dataset_column_name(w->samples, 0));
    return nn_dataset_input_shape(w->samples, 0, &dtype, &shape, &rank) == NN_OK &&
           nn_dataset_target_shape(w->samples, 0, &dtype, &shape, &rank) == NN_OK;
}

static int read_samples(struct world *w)
{
    int done = nn_dataset_read_input(w->sourced, 0, 0, w->matrix) == NN_OK &&
               nn_dataset_read_target(w->sourced, 0, 0, w->labels) == NN_OK;
    note_tensor(w, w->matrix);
    note_tensor(w, w->labels);
    return done;
}

static int take_subset(struct world *w)
{
    return took_dataset(w, nn_dataset_subset(w->samples, 2, 9));
}

static int select_samples(struct world *w)
{
    const int64_t chosen[] = {5, 3, 3};
    return took_dataset(w, nn_dataset_select(w->samples, chosen, 3));
}

static int split_dataset(struct world *w)
{
    nn_dataset *first, *second;
    int done = nn_dataset_split(w->samples, 0.3, 4, &first, &second) == NN_OK;
    int both = took_dataset(w, first) & took_dataset(w, second);
    return done && both;
}

/* Of the shape of one sample. */
static int standardize(struct world *w, int change)
{
    const int64_t shape[] = {WORLD_INPUTS};
    nn_tensor *mean = nn_tensor_create(w->context, NN_FLOAT32, shape, 1);
    nn_tensor *deviation = nn_tensor_create(w->context, NN_FLOAT32, shape, 1);
    int done =
        mean != NULL && deviation != NULL &&
        nn_dataset_moments(w->samples, 0, mean, deviation) == NN_OK &&
        (!change || nn_dataset_standardize(w->samples, 0, mean, deviation) == NN_OK);
    if (!change) {
        note_tensor(w, mean);
        note_tensor(w, deviation);
    }
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    return done;
}

static int find_moments(struct world *w)
{
    return standardize(w, 0);
}

/* Not twice, where only the reading has failed. */
static int standardize_input(struct world *w)
{
    w->standardized = w->standardized || standardize(w, 1);
    int done =
        w->standardized && nn_dataset_read_input(w->samples, 0, 0, w->matrix) == NN_OK;
    note_tensor(w, w->matrix);
    return done;
}

/* ---- files ---- */

static int read_idx(struct world *w)
{
    return took_tensor(w, nn_read_idx(w->context, w->files->idx_inputs));
}

/* Two doubles. */
static int parse_idx(struct world *w)
{
    static const unsigned char bytes[] = {0,    0,    0xe,  1,    0,    0,    0,    2,
                                          0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a,
                                          0xc0, 4,    0,    0,    0,    0,    0,    1};
    return took_tensor(w, nn_parse_idx(w->context, bytes, sizeof bytes));
}

static int read_idx_dataset(struct world *w)
{
    return took_dataset(
        w, nn_dataset_read_idx(w->context, w->files->idx_inputs, w->files->idx_labels));
}

static int write_idx(struct world *w)
{
    return nn_write_idx(w->matrix, w->files->history) == NN_OK;
}

static int read_npy(struct world *w)
{
    return nn_write_npy(w->matrix, w->files->history) == NN_OK &&
           took_tensor(w, nn_read_npy(w->context, w->files->history));
}

static int write_npy_columns(struct world *w)
{
    return nn_write_npy_layout(w->matrix, w->files->history,
                               NN_NPY_FORTRAN | NN_NPY_BIG_ENDIAN) == NN_OK &&
           took_tensor(w, nn_read_npy(w->context, w->files->history));
}

static int read_npy_dataset(struct world *w)
{
    return nn_write_npy(w->matrix, w->files->history) == NN_OK &&
           took_dataset(w, nn_dataset_read_npy(w->context, w->files->history, NULL));
}

/* Two doubles. */
static int parse_npy(struct world *w)
{
    static const char header[] =
        "\x93NUMPY\x01\0\x76\0{'descr': '>f8', 'fortran_order': False, 'shape': (2,), }";
    enum { HEADER = 128, BYTES = HEADER + 16 };
    static const unsigned char numbers[] = {
        0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a, 0xc0, 4, 0, 0, 0, 0, 0, 1};
    char bytes[BYTES];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, header, sizeof header - 1);
    bytes[HEADER - 1] = '\n';
    memcpy(bytes + HEADER, numbers, sizeof numbers);
    return took_tensor(w, nn_parse_npy(w->context, bytes, sizeof bytes));
}

static int write_confusion(struct world *w)
{
    const int64_t shape[] = {2, 2};
    nn_tensor *counts = nn_tensor_create(w->context, NN_INT64, shape, 2);
    int done =
        counts != NULL && nn_write_confusion(counts, NULL, w->files->history) == NN_OK;
    nn_tensor_destroy(counts);
    return done;
}

static const char *const class_names[] = {"x", "y", "z", "w"};

static int name_classes(struct world *w)
{
    return nn_dataset_set_class_names(w->samples, class_names, WORLD_CLASSES) == NN_OK;
}

static int create_csv(struct world *w)
{
    nn_csv *csv = nn_csv_create(w->context);
    nn_csv_destroy(csv);
    return csv != NULL;
}

static int set_csv(struct world *w)
{
    return nn_csv_set_header(w->csv, 1) == NN_OK &&
           nn_csv_set_separator(w->csv, ';') == NN_OK &&
           nn_csv_set_label_index(w->csv, -1) == NN_OK &&
           nn_csv_set_label_kind(w->csv, NN_LABEL_CLASS) == NN_OK &&
           nn_csv_set_bytes(w->csv, 1) == NN_OK;
}

static int set_csv_missing(struct world *w)
{
    return nn_csv_set_missing(w->csv, NN_MISSING_FILL, 0.1) == NN_OK;
}

static int set_csv_missing_text(struct world *w)
{
    return nn_csv_set_missing_text(w->csv, "NA") == NN_OK;
}

static int set_csv_classes(struct world *w)
{
    return nn_csv_set_class_names(w->csv, class_names, WORLD_CLASSES) == NN_OK;
}

static int set_csv_label(struct world *w)
{
    return nn_csv_set_label_name(w->csv, "class") == NN_OK;
}

static int note_table(struct world *w, nn_dataset *dataset)
{
    const int64_t shape[] = {3, 2};
    nn_tensor *values = nn_tensor_create(w->context, NN_FLOAT32, shape, 2);
    int read = dataset != NULL && values != NULL &&
               nn_dataset_read_input(dataset, 0, 0, values) == NN_OK;
    note_text(w, nn_dataset_class_name(dataset, 1));
    took_tensor(w, values);
    return took_dataset(w, dataset) && read;
}

static int read_csv(struct world *w)
{
    return note_table(w, nn_csv_read(w->csv, w->files->csv));
}

static int parse_csv(struct world *w)
{
    static const char text[] = "a,b,c\n0.1,1e-3,x\n2,-3.7,y\n1e-42,16777217,x\n";
    return note_table(w, nn_csv_parse(w->csv, text, sizeof text - 1));
}

const struct api_row api_data_rows[] = {
    {"nn_dataset_create", create_dataset, 1},
    {"nn_dataset_destroy", destroy_dataset, 0},
    {"nn_dataset_add_input nn_dataset_add_target nn_dataset_set_weights", add_tensors, 0},
    {"nn_dataset_from_source", create_source, 1},
    {"nn_dataset_declare_input nn_dataset_declare_target", declare_ports, 0},
    {"nn_dataset_count nn_dataset_input_count nn_dataset_target_count "
     "nn_dataset_class_count nn_dataset_class_name nn_dataset_column_name "
     "nn_dataset_input_shape nn_dataset_target_shape",
     look_at_dataset, 0},
    {"nn_dataset_read_input nn_dataset_read_target", read_samples, 1},
    {"nn_dataset_subset", take_subset, 1},
    {"nn_dataset_select", select_samples, 1},
    {"nn_dataset_split", split_dataset, 1},
    {"nn_dataset_moments", find_moments, 1},
    {"nn_dataset_standardize", standardize_input, 1},
    {"nn_read_idx", read_idx, 1},
    {"nn_parse_idx", parse_idx, 1},
    {"nn_dataset_read_idx", read_idx_dataset, 1},
    {"nn_write_idx", write_idx, 1},
    {"nn_write_npy nn_read_npy", read_npy, 1},
    {"nn_write_npy_layout", write_npy_columns, 1},
    {"nn_dataset_read_npy", read_npy_dataset, 1},
    {"nn_parse_npy", parse_npy, 1},
    {"nn_write_confusion", write_confusion, 1},
    {"nn_dataset_set_class_names", name_classes, 1},
    {"nn_csv_create nn_csv_destroy", create_csv, 1},
    {"nn_csv_set_header nn_csv_set_separator nn_csv_set_label_index "
     "nn_csv_set_label_kind nn_csv_set_bytes",
     set_csv, 0},
    {"nn_csv_set_missing", set_csv_missing, 0},
    {"nn_csv_set_missing_text", set_csv_missing_text, 1},
    {"nn_csv_set_class_names", set_csv_classes, 1},
    {"nn_csv_set_label_name", set_csv_label, 1},
    {"nn_csv_read", read_csv, 1},
    {"nn_csv_parse", parse_csv, 1},
    {NULL, NULL, 0},
};
