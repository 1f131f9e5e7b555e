/* Datasets of two files with one tensor each: inputs and labels. */
#include "io/idx.h"
#include "io/npy.h"
#include "train/dataset.h"

#include <nn/io.h>

#include <inttypes.h>

typedef nn_tensor *dataset_reader(struct nni_reader *reader);

static nn_tensor *dataset_read_file(const nn_context *context, const char *who,
                                    const char *path, dataset_reader *read)
{
    struct nni_reader reader;
    if (nni_reader_open(&reader, context, who, path) != NN_OK) {
        return NULL;
    }
    nn_tensor *tensor = read(&reader);
    nni_reader_close(&reader);
    // cppcheck-suppress returnDanglingLifetime ; tensors do not refer to their reader
    return tensor;
}

/* A dataset of inputs and, where they are not NULL, targets. NULL with the failure. */
static nn_dataset *dataset_of(const nn_context *context, const char *who,
                              nn_tensor *inputs, nn_tensor *targets)
{
    nn_dataset *dataset = nni_dataset_make(context, -1);
    if (dataset == NULL || nn_dataset_add_input(dataset, inputs) != NN_OK ||
        (targets != NULL && nn_dataset_add_target(dataset, targets) != NN_OK)) {
        nni_dataset_failed(who);
        nn_dataset_destroy(dataset);
        return NULL;
    }
    return dataset;
}

/* NN_ERROR_FORMAT unless there is one target for each input. */
static nn_status dataset_check_count(const nn_tensor *inputs, const char *inputs_path,
                                     const nn_tensor *targets, const char *targets_path,
                                     int32_t rank_max)
{
    if (targets->shape.rank >= 1 && targets->shape.rank <= rank_max &&
        targets->shape.dim[0] == inputs->shape.dim[0]) {
        return NN_OK;
    }
    struct nni_file_name inputs_name = nni_file_name(inputs_path);
    struct nni_file_name targets_name = nni_file_name(targets_path);
    struct nni_shape_text text = nni_shape_text(&targets->shape);
    return nni_fail(NN_ERROR_FORMAT,
                    "%s: labels are %s, expected (%" PRId64 "%s), one for each input of "
                    "%s",
                    targets_name.text, text.text, inputs->shape.dim[0],
                    rank_max > 1 ? ", ..." : "", inputs_name.text);
}

/* ---- IDX ---- */

/* (n, ...) as (n, elements). */
static nn_tensor *dataset_flat(nn_tensor *inputs)
{
    const int64_t flat[2] = {inputs->shape.dim[0],
                             nni_shape_product(&inputs->shape, 1, inputs->shape.rank)};
    return nn_tensor_reshape(inputs, flat, 2);
}

nn_dataset *nn_dataset_read_idx(nn_context *context, const char *inputs_path,
                                const char *labels_path)
{
    const char *who = "nn_dataset_read_idx";
    nn_dataset *dataset = NULL;
    nn_tensor *rows = NULL;
    nn_tensor *labels = NULL;
    nn_tensor *inputs = dataset_read_file(context, who, inputs_path, nni_idx_read);
    if (inputs != NULL) {
        labels = dataset_read_file(context, who, labels_path, nni_idx_read);
    }
    if (labels != NULL &&
        dataset_check_count(inputs, inputs_path, labels, labels_path, 1) == NN_OK) {
        rows = dataset_flat(inputs);
    }
    if (rows != NULL) {
        dataset = dataset_of(context, who, rows, labels);
    }
    nn_tensor_destroy(rows);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    return dataset;
}

/* ---- NPY ---- */

/* Reads the targets for inputs that are there; where there is no path, there are none. */
static nn_status dataset_npy_targets(const nn_tensor *inputs, const char *inputs_path,
                                     const char *targets_path, nn_tensor **targets)
{
    struct nni_file_name name = nni_file_name(inputs_path);
    if (inputs->shape.rank == 0) {
        return nni_fail(NN_ERROR_FORMAT, "%s: inputs are (), expected (n, ...)",
                        name.text);
    }
    if (targets_path == NULL) {
        return NN_OK;
    }
    *targets = dataset_read_file(inputs->handle.context, "nn_dataset_read_npy",
                                 targets_path, nni_npy_read);
    return *targets == NULL ? nn_last_status()
                            : dataset_check_count(inputs, inputs_path, *targets,
                                                  targets_path, NN_MAX_RANK);
}

nn_dataset *nn_dataset_read_npy(nn_context *context, const char *inputs_path,
                                const char *targets_path)
{
    const char *who = "nn_dataset_read_npy";
    nn_dataset *dataset = NULL;
    nn_tensor *targets = NULL;
    nn_tensor *inputs = dataset_read_file(context, who, inputs_path, nni_npy_read);
    if (inputs != NULL &&
        dataset_npy_targets(inputs, inputs_path, targets_path, &targets) == NN_OK) {
        dataset = dataset_of(context, who, inputs, targets);
    }
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(targets);
    return dataset;
}
