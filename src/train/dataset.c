/* Datasets: making them of tensors or of a callback. Nothing is copied here: a dataset
 * holds its tensors; dataset_gather.c copies the samples of a batch out of them, and
 * dataset_select.c makes subsets. */
#include "train/dataset.h"

#include "base/memory.h"
#include "tensor/tensor_check.h"

#include <inttypes.h>

static void dataset_destroy(void *handle)
{
    nn_dataset *dataset = handle;
    for (int32_t i = 0; i < NNI_DATASET_PORTS; i++) {
        nni_handle_release(dataset->inputs[i].tensor);
        nni_handle_release(dataset->targets[i].tensor);
    }
    nni_handle_release(dataset->weights);
    nni_handle_release(dataset->parent);
    nni_free(dataset->handle.context, dataset->samples);
    nni_name_list_release(dataset->handle.context, &dataset->class_names);
    nni_name_list_release(dataset->handle.context, &dataset->column_names);
    if (dataset->source.release != NULL) {
        dataset->source.release(dataset->source.user);
    }
}

nn_dataset *nni_dataset_make(const nn_context *context, int64_t count)
{
    nn_dataset *dataset = nni_handle_create(context, sizeof *dataset, dataset_destroy);
    if (dataset != NULL) {
        dataset->count = count;
    }
    return dataset;
}

nn_dataset *nn_dataset_create(nn_context *context)
{
    nn_dataset *dataset = nni_dataset_make(context, -1);
    if (dataset == NULL) {
        nni_dataset_failed("nn_dataset_create");
    }
    return dataset;
}

void nn_dataset_destroy(nn_dataset *dataset)
{
    nni_handle_release(dataset);
}

/* ---- inputs and targets ---- */

/* Appends an input or target; tensor is NULL for one that is read by a callback. */
static nn_status dataset_append_port(const char *who, nn_dataset *dataset,
                                     int32_t is_target, const struct nni_shape *shape,
                                     nn_tensor *tensor)
{
    int32_t *count = is_target ? &dataset->target_count : &dataset->input_count;
    struct nni_port *ports = is_target ? dataset->targets : dataset->inputs;
    if (NNI_LOAD_ACQUIRE(&dataset->shown)) {
        return nni_fail(NN_ERROR_STATE, "%s: subsets of the dataset have been made", who);
    }
    if (*count == NNI_DATASET_PORTS) {
        return nni_fail(NN_ERROR_SIZE, "%s: a dataset has at most %d %s", who,
                        NNI_DATASET_PORTS, is_target ? "targets" : "inputs");
    }
    ports[*count].shape = *shape;
    ports[*count].tensor = tensor == NULL ? NULL : nni_handle_retain(tensor);
    *count += 1;
    return NN_OK;
}

/* NN_ERROR_STATE where samples do not come from tensors. */
static nn_status dataset_check_own(const char *who, const nn_dataset *dataset)
{
    if (dataset->parent != NULL) {
        return nni_fail(NN_ERROR_STATE, "%s: the dataset is a subset of another", who);
    }
    if (dataset->source.read != NULL) {
        return nni_fail(NN_ERROR_STATE, "%s: the samples come from a callback", who);
    }
    return NN_OK;
}

/* Checks that a tensor has a context and a number of samples like the others. */
static nn_status dataset_check_tensor(const char *who, const nn_dataset *dataset,
                                      const char *name, const nn_tensor *tensor)
{
    NNI_TRY(nni_dataset_check_context(who, dataset, name, tensor));
    if (tensor->shape.rank == 0) {
        return nni_fail(NN_ERROR_RANK, "%s: %s is (), expected (samples, ...)", who,
                        name);
    }
    if (dataset->count >= 0 && tensor->shape.dim[0] != dataset->count) {
        struct nni_shape_text text = nni_shape_text(&tensor->shape);
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: %s is %s, but the dataset has %" PRId64 " samples", who,
                        name, text.text, dataset->count);
    }
    return NN_OK;
}

static nn_status dataset_add(const char *who, nn_dataset *dataset, int32_t is_target,
                             nn_tensor *tensor)
{
    NNI_NOT_NULL_HANDLE(who, dataset);
    NNI_NOT_NULL_HANDLE(who, tensor);
    NNI_TRY(dataset_check_own(who, dataset));
    NNI_TRY(dataset_check_tensor(who, dataset, "tensor", tensor));
    struct nni_shape sample = nni_tensor_row_shape(tensor);
    NNI_TRY(dataset_append_port(who, dataset, is_target, &sample, tensor));
    dataset->count = tensor->shape.dim[0];
    return NN_OK;
}

nn_status nn_dataset_add_input(nn_dataset *dataset, nn_tensor *tensor)
{
    return dataset_add("nn_dataset_add_input", dataset, 0, tensor);
}

nn_status nn_dataset_add_target(nn_dataset *dataset, nn_tensor *tensor)
{
    return dataset_add("nn_dataset_add_target", dataset, 1, tensor);
}

/* ---- weights ---- */

static nn_status dataset_check_weights(const char *who, const nn_dataset *dataset,
                                       const nn_tensor *weights)
{
    NNI_TRY(nni_tensor_check_floats(who, "weights", weights));
    NNI_TRY(dataset_check_tensor(who, dataset, "weights", weights));
    if (weights->shape.rank != 1) {
        struct nni_shape_text text = nni_shape_text(&weights->shape);
        return nni_fail(NN_ERROR_SHAPE, "%s: weights is %s, expected (samples)", who,
                        text.text);
    }
    const float *values = weights->data;
    for (int64_t r = 0; r < weights->count; r++) {
        NNI_TRY(nni_dataset_check_weight(values[r], r));
    }
    return NN_OK;
}

nn_status nn_dataset_set_weights(nn_dataset *dataset, nn_tensor *weights)
{
    const char *who = "nn_dataset_set_weights";
    NNI_NOT_NULL_HANDLE(who, dataset);
    NNI_TRY(dataset_check_own(who, dataset));
    if (weights != NULL) {
        NNI_TRY(dataset_check_weights(who, dataset, weights));
        nni_handle_retain(weights);
        dataset->count = weights->count;
    } else if (dataset->input_count + dataset->target_count == 0) {
        dataset->count = -1;
    }
    nni_handle_release(dataset->weights);
    dataset->weights = weights;
    return NN_OK;
}

/* ---- from a callback ---- */

static nn_status dataset_check_source(const nn_dataset_source *source)
{
    const char *who = "nn_dataset_from_source";
    if (source->read == NULL) {
        return nni_fail(NN_ERROR_NULL, "%s: source->read is NULL", who);
    }
    if (source->samples < 0) {
        return nni_fail(NN_ERROR_SIZE,
                        "%s: source->samples must be at least 0, got %" PRId64, who,
                        source->samples);
    }
    return NN_OK;
}

nn_dataset *nn_dataset_from_source(nn_context *context, const nn_dataset_source *source)
{
    if (source == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_dataset_from_source: source is NULL");
        return NULL;
    }
    if (source->struct_size < sizeof *source) {
        nni_fail(NN_ERROR_ARGUMENT,
                 "nn_dataset_from_source: source->struct_size must be at least %d, got "
                 "%" PRIu32,
                 (int)sizeof *source, source->struct_size);
        return NULL;
    }
    nn_dataset *dataset = NULL;
    if (dataset_check_source(source) == NN_OK) {
        dataset = nni_dataset_make(context, source->samples);
        if (dataset == NULL) {
            nni_dataset_failed("nn_dataset_from_source");
        }
    }
    if (dataset != NULL) {
        dataset->source = *source;
    } else if (source->release != NULL) {
        source->release(source->user);
    }
    return dataset;
}

static nn_status dataset_declare(const char *who, nn_dataset *dataset, int32_t is_target,
                                 int32_t dtype, const int64_t *shape, int32_t rank)
{
    NNI_NOT_NULL_HANDLE(who, dataset);
    if (dataset->source.read == NULL) {
        return nni_fail(NN_ERROR_STATE, "%s: the samples do not come from a callback",
                        who);
    }
    struct nni_shape sample;
    NNI_TRY(nni_shape_make(who, dtype, shape, rank, NN_MAX_RANK - 1, 0, &sample));
    return dataset_append_port(who, dataset, is_target, &sample, NULL);
}

nn_status nn_dataset_declare_input(nn_dataset *dataset, int32_t dtype,
                                   const int64_t *shape, int32_t rank)
{
    return dataset_declare("nn_dataset_declare_input", dataset, 0, dtype, shape, rank);
}

nn_status nn_dataset_declare_target(nn_dataset *dataset, int32_t dtype,
                                    const int64_t *shape, int32_t rank)
{
    return dataset_declare("nn_dataset_declare_target", dataset, 1, dtype, shape, rank);
}
