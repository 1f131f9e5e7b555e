/* Looking at a dataset: how many samples, their shapes. dataset_read.c gives
 * the values. */
#include "train/dataset.h"

const nn_dataset *nni_dataset_root(const nn_dataset *dataset)
{
    return dataset->parent != NULL ? dataset->parent : dataset;
}

int nni_dataset_weighted(const nn_dataset *dataset)
{
    const nn_dataset *root = nni_dataset_root(dataset);
    return root->weights != NULL || root->source.read != NULL;
}

int32_t nni_dataset_port_count(const nn_dataset *dataset, int32_t is_target)
{
    return is_target ? dataset->target_count : dataset->input_count;
}

const struct nni_port *nni_dataset_port(const nn_dataset *dataset, int32_t is_target,
                                        int32_t index)
{
    return &(is_target ? dataset->targets : dataset->inputs)[index];
}

int64_t nn_dataset_count(const nn_dataset *dataset)
{
    return dataset == NULL ? 0 : nni_max(dataset->count, 0);
}

int32_t nn_dataset_input_count(const nn_dataset *dataset)
{
    return dataset == NULL ? 0 : dataset->input_count;
}

int32_t nn_dataset_target_count(const nn_dataset *dataset)
{
    return dataset == NULL ? 0 : dataset->target_count;
}

/* ---- shapes ---- */

nn_status nni_dataset_check_port(const char *who, const nn_dataset *dataset,
                                 int32_t is_target, int32_t index)
{
    NNI_NOT_NULL_HANDLE(who, dataset);
    int32_t count = nni_dataset_port_count(dataset, is_target);
    const char *kind = is_target ? "target" : "input";
    if (index < 0 || index >= count) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: there is no %s %d, the dataset has %d",
                        who, kind, index, count);
    }
    return NN_OK;
}

nn_status nni_dataset_failed(const char *who)
{
    return nni_fail(nn_last_status(), "%s: %s", who, nn_last_error());
}

nn_status nni_dataset_check_context(const char *who, const nn_dataset *dataset,
                                    const char *name, const nn_tensor *tensor)
{
    nn_status status = nni_handle_same_context(dataset, "dataset", tensor, name);
    return status == NN_OK ? NN_OK : nni_dataset_failed(who);
}

static nn_status dataset_port_shape(const char *who, const nn_dataset *dataset,
                                    int32_t is_target, int32_t index, int32_t *dtype,
                                    const int64_t **shape, int32_t *rank)
{
    static const struct nni_shape none = {0};
    nn_status status = nni_dataset_check_port(who, dataset, is_target, index);
    const struct nni_shape *sample =
        status == NN_OK ? &nni_dataset_port(dataset, is_target, index)->shape : &none;
    if (dtype != NULL) {
        *dtype = sample->dtype;
    }
    if (shape != NULL) {
        *shape = status == NN_OK ? sample->dim : NULL;
    }
    if (rank != NULL) {
        *rank = sample->rank;
    }
    return status;
}

nn_status nn_dataset_input_shape(const nn_dataset *dataset, int32_t input, int32_t *dtype,
                                 const int64_t **shape, int32_t *rank)
{
    return dataset_port_shape("nn_dataset_input_shape", dataset, 0, input, dtype, shape,
                              rank);
}

nn_status nn_dataset_target_shape(const nn_dataset *dataset, int32_t target,
                                  int32_t *dtype, const int64_t **shape, int32_t *rank)
{
    return dataset_port_shape("nn_dataset_target_shape", dataset, 1, target, dtype, shape,
                              rank);
}
