/* The inside of a dataset: where samples come from, and how a batch is gathered. */
#ifndef NNI_TRAIN_DATASET_H
#define NNI_TRAIN_DATASET_H

#include "base/handle.h"
#include "base/shape.h"
#include "kernels/kernels.h"
#include "tensor/tensor.h"
#include "base/name_list.h"

#include <nn/dataset.h>

enum { NNI_DATASET_PORTS = 16 }; /* inputs, and targets, at most */

/* One input or target. */
struct nni_port {
    struct nni_shape shape; /* of one sample */
    nn_tensor *tensor;      /* NULL where samples come from a callback or a parent */
};

/* A dataset is a root, whose samples come from tensors or from a callback, or a subset,
 * which shows samples of a root: a subset of a subset has the root as its parent. */
struct nn_dataset {
    struct nni_handle handle;
    int64_t count; /* -1 before the first tensor */
    int32_t input_count, target_count;
    struct nni_port inputs[NNI_DATASET_PORTS], targets[NNI_DATASET_PORTS];
    nn_tensor *weights;       /* or NULL; only of a root */
    nn_dataset_source source; /* read is NULL unless there is one */
    nn_dataset *parent;       /* of a subset: its root, retained */
    int64_t *samples;         /* of a subset: their numbers in the root, or NULL where */
    int64_t first;            /* they are first, first + 1, ... */
    int32_t shown;            /* 1 once there was a subset of this root (atomic) */
    struct nni_name_list class_names;  /* only of a root */
    struct nni_name_list column_names; /* only of a root; of input 0 */
};

/* 1 where samples carry weights (its own, its parents', or a source's). */
int nni_dataset_weighted(const nn_dataset *dataset);

/* A dataset of `count` samples without inputs and targets; NULL with the failure
 * recorded. */
nn_dataset *nni_dataset_make(const nn_context *context, int64_t count);

/* The dataset whose tensors or callback hold the samples: itself, or a subset's root. */
const nn_dataset *nni_dataset_root(const nn_dataset *dataset);

/* The number in the root of one of the dataset's samples. */
int64_t nni_dataset_root_sample(const nn_dataset *dataset, int64_t sample);

/* How many inputs (or targets) there are, and one that is there. */
int32_t nni_dataset_port_count(const nn_dataset *dataset, int32_t is_target);
const struct nni_port *nni_dataset_port(const nn_dataset *dataset, int32_t is_target,
                                        int32_t index);

/* NN_ERROR_ARGUMENT where there is no such input or target, NN_ERROR_NULL for no
 * dataset. */
nn_status nni_dataset_check_port(const char *who, const nn_dataset *dataset,
                                 int32_t is_target, int32_t index);

/* Puts who before the text of the last failure; returns its status. */
nn_status nni_dataset_failed(const char *who);

/* NN_ERROR_CONTEXT where a tensor was made with another context. */
nn_status nni_dataset_check_context(const char *who, const nn_dataset *dataset,
                                    const char *name, const nn_tensor *tensor);

/* Checks that a mean or deviation is float32 of the shape of an input's samples. */
nn_status nni_dataset_check_moment(const char *who, const nn_dataset *dataset,
                                   int32_t input, const char *name,
                                   const nn_tensor *tensor);

/* NN_ERROR_DATA where the weight of a sample is negative or not finite. */
nn_status nni_dataset_check_weight(float weight, int64_t sample);

/* Gives a root its names (their memory, in the dataset's context); the lists are empty
 * afterwards. */
void nni_dataset_take_names(nn_dataset *dataset, struct nni_name_list *class_names,
                            struct nni_name_list *column_names);

/* Copies samples order[0 ... rows - 1] (order NULL: first ... first + rows - 1) of every
 * input and target into inputs[i] and targets[i] (rows, shape), and their weights into
 * weights (1 where there are none). inputs, targets, an entry of them, or weights may be
 * NULL for "not wanted" where samples come from tensors. scratch has room for `rows`
 * numbers (used by subsets and callbacks). Floats are checked: NN_ERROR_DATA names input,
 * sample and element, also for a weight that is negative. NN_ERROR_CALLBACK where a
 * source's read fails. Runs on the context's threads. */
nn_status nni_dataset_gather(const nn_dataset *dataset, const struct nni_kernels *kernels,
                             const int64_t *order, int64_t first, int64_t rows,
                             void *const *inputs, void *const *targets, float *weights,
                             int64_t *scratch);

/* The same, but targets and weights are not looked at; a callback fills them all the
 * same. */
nn_status nni_dataset_gather_inputs(const nn_dataset *dataset,
                                    const struct nni_kernels *kernels,
                                    const int64_t *order, int64_t first, int64_t rows,
                                    void *const *inputs, void *const *targets,
                                    float *weights, int64_t *scratch);

/* Gathers samples first ... first + rows - 1 of one input, or target, alone; where
 * samples come from a callback the others are read into memory made for the call. */
nn_status nni_dataset_read_port(const nn_dataset *dataset, int32_t is_target,
                                int32_t index, int64_t first, int64_t rows, void *out);

#endif
