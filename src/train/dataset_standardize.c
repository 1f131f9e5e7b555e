/* Standardising an input of a dataset: new memory with (x - mean) / deviation in place of
 * its tensor. */
#include "base/contract.h"
#include "train/dataset.h"

#include "base/float_env.h"
#include "base/parallel.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>

enum { STANDARDIZE_TASK_FLOATS = 32 * 1024 };

struct standardize_job {
    const struct nni_kernels *kernels;
    const float *mean, *deviation;
    float *values;
    int64_t elements;
};

static void standardize_rows(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct standardize_job *job = data;
    (void)index;
    for (int64_t r = first; r < end; r++) {
        float *x = job->values + r * job->elements;
        job->kernels->standardize(x, job->mean, job->deviation, x, job->elements);
    }
}

/* Checks that the numbers can be divided by. */
static nn_status standardize_check_values(const char *who, const nn_tensor *mean,
                                          const nn_tensor *deviation)
{
    const float *m = mean->data;
    const float *d = deviation->data;
    for (int64_t j = 0; j < mean->count; j++) {
        if (!isfinite(m[j])) {
            struct nni_number_text got = nni_number_text((double)m[j], 6);
            return nni_fail(NN_ERROR_ARGUMENT, "%s: element %" PRId64 " of mean is %s",
                            who, j, got.text);
        }
        if (!(isfinite(d[j]) && d[j] > 0.0f)) {
            struct nni_number_text got = nni_number_text((double)d[j], 6);
            return nni_fail(NN_ERROR_ARGUMENT,
                            "%s: element %" PRId64
                            " of deviation must be a number above 0, got %s",
                            who, j, got.text);
        }
    }
    return NN_OK;
}

static nn_status standardize_check(const char *who, const nn_dataset *dataset,
                                   int32_t input, const nn_tensor *mean,
                                   const nn_tensor *deviation)
{
    NNI_TRY(nni_dataset_check_port(who, dataset, 0, input));
    if (dataset->parent != NULL || dataset->source.read != NULL) {
        return nni_fail(NN_ERROR_STATE, "%s: the dataset is %s, not made of tensors", who,
                        dataset->parent != NULL ? "a subset" : "read by a callback");
    }
    if (NNI_LOAD_ACQUIRE(&dataset->shown) &&
        dataset->inputs[input].shape.dtype != NN_FLOAT32) {
        return nni_fail(NN_ERROR_STATE,
                        "%s: input %d is %s and subsets of the dataset have been made",
                        who, input, nni_dtype_name(dataset->inputs[input].shape.dtype));
    }
    NNI_TRY(nni_dataset_check_moment(who, dataset, input, "mean", mean));
    NNI_TRY(nni_dataset_check_moment(who, dataset, input, "deviation", deviation));
    return standardize_check_values(who, mean, deviation);
}

nn_status nn_dataset_standardize(nn_dataset *dataset, int32_t input,
                                 const nn_tensor *mean, const nn_tensor *deviation)
{
    const char *who = "nn_dataset_standardize";
    NNI_TRY(standardize_check(who, dataset, input, mean, deviation));
    const nn_context *context = dataset->handle.context;
    const struct nni_kernels *kernels = nni_kernels_for(context);
    struct nni_port *port = &dataset->inputs[input];
    struct nni_shape shape = port->tensor->shape;
    shape.dtype = NN_FLOAT32;
    nn_tensor *result = kernels == NULL ? NULL : nni_tensor_allocate(context, &shape);
    if (result == NULL) {
        return nni_dataset_failed(who);
    }
    nn_status status = nn_tensor_copy(port->tensor, result);
    if (status != NN_OK) {
        nn_tensor_destroy(result);
        return status;
    }
    struct standardize_job job = {kernels, mean->data, deviation->data, result->data,
                                  nni_shape_count(&port->shape)};
    int64_t grain = nni_max(STANDARDIZE_TASK_FLOATS / nni_max(job.elements, 1), 1);
    struct nni_float_env env = nni_float_env_enter();
    nni_parallel_ranges(context, dataset->count, grain, standardize_rows, &job);
    nni_float_env_leave(env);
    nn_tensor_destroy(port->tensor);
    port->tensor = result;
    port->shape.dtype = NN_FLOAT32;
    return NN_OK;
}
