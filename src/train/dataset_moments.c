/* Mean and standard deviation of every element over the samples. Two passes in double,
 * one chain in sample order for each element. Both work on the distances d = x - x_0 from
 * the first sample: the sums stay small, and an element that never changes has d = 0
 * throughout, so its deviation is 0 exactly.
 *     mean = x_0 + m,  m = 1/n sum d;    deviation = sqrt(1/n sum (d - m)^2) */
#include "base/contract.h"
#include "train/dataset.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "tensor/tensor_check.h"

#include <math.h>
#include <string.h>

enum { MOMENTS_BLOCK_BYTES = 64 * 1024 };

/* The passes' working memory; all arrays are of one sample but block. */
struct moments_work {
    const nn_dataset *dataset;
    int32_t input;
    int32_t dtype;
    int64_t elements;
    int64_t block_rows;
    char *block;   /* (block_rows, elements) of dtype */
    double *row;   /* d of one sample */
    double *first; /* x_0 */
    double *mean;  /* m */
    double *sum;
};

/* ---- numbers of any type as doubles ---- */

static void moments_load(int32_t dtype, const void *values, int64_t n, double *out)
{
    switch (dtype) {
    case NN_FLOAT32:
        for (int64_t j = 0; j < n; j++) {
            out[j] = (double)((const float *)values)[j];
        }
        break;
    case NN_UINT8:
        for (int64_t j = 0; j < n; j++) {
            out[j] = (double)((const uint8_t *)values)[j];
        }
        break;
    case NN_INT32:
        for (int64_t j = 0; j < n; j++) {
            out[j] = (double)((const int32_t *)values)[j];
        }
        break;
    default:
        for (int64_t j = 0; j < n; j++) {
            out[j] = (double)((const int64_t *)values)[j];
        }
        break;
    }
}

/* ---- the two passes ---- */

static nn_status moments_prepare(struct moments_work *work)
{
    const nn_context *context = work->dataset->handle.context;
    size_t elements = (size_t)work->elements;
    size_t size = nn_dtype_size(work->dtype);
    int64_t row_bytes = nni_max(work->elements * (int64_t)size, 1);
    work->block_rows = nni_min(nni_max(MOMENTS_BLOCK_BYTES / row_bytes, 1),
                               nn_dataset_count(work->dataset));
    work->block = nni_alloc(context, (size_t)work->block_rows, elements * size);
    work->row = nni_alloc(context, elements, sizeof(double));
    work->first = nni_alloc(context, elements, sizeof(double));
    work->mean = nni_alloc(context, elements, sizeof(double));
    work->sum = nni_alloc(context, elements, sizeof(double));
    return work->block && work->row && work->first && work->mean && work->sum
               ? NN_OK
               : nn_last_status();
}

static void moments_release(struct moments_work *work)
{
    const nn_context *context = work->dataset->handle.context;
    nni_free(context, work->block);
    nni_free(context, work->row);
    nni_free(context, work->first);
    nni_free(context, work->mean);
    nni_free(context, work->sum);
}

static void moments_add_distance(const struct moments_work *work)
{
    for (int64_t j = 0; j < work->elements; j++) {
        work->sum[j] += work->row[j] - work->first[j];
    }
}

static void moments_add_square(const struct moments_work *work)
{
    for (int64_t j = 0; j < work->elements; j++) {
        double e = work->row[j] - work->first[j] - work->mean[j];
        work->sum[j] += e * e;
    }
}

/* Runs through all samples; add takes each as work->row. */
static nn_status moments_pass(const struct moments_work *work,
                              void (*add)(const struct moments_work *work))
{
    int64_t count = nn_dataset_count(work->dataset);
    size_t row_bytes = (size_t)work->elements * nn_dtype_size(work->dtype);
    memset(work->sum, 0, (size_t)work->elements * sizeof(double));
    for (int64_t start = 0; start < count; start += work->block_rows) {
        int64_t rows = nni_min(work->block_rows, count - start);
        NNI_TRY(nni_dataset_read_port(work->dataset, 0, work->input, start, rows,
                                      work->block));
        if (start == 0) {
            moments_load(work->dtype, work->block, work->elements, work->first);
        }
        for (int64_t r = 0; r < rows; r++) {
            moments_load(work->dtype, work->block + (size_t)r * row_bytes, work->elements,
                         work->row);
            add(work);
        }
    }
    return NN_OK;
}

static nn_status moments_compute(const struct moments_work *work, float *mean,
                                 float *deviation)
{
    double count = (double)nn_dataset_count(work->dataset);
    NNI_TRY(moments_pass(work, moments_add_distance));
    for (int64_t j = 0; j < work->elements; j++) {
        work->mean[j] = work->sum[j] / count;
    }
    NNI_TRY(moments_pass(work, moments_add_square));
    for (int64_t j = 0; j < work->elements; j++) {
        mean[j] = (float)(work->first[j] + work->mean[j]);
        deviation[j] = (float)sqrt(work->sum[j] / count);
        if (deviation[j] == 0.0f) {
            deviation[j] = 1.0f;
        }
    }
    return NN_OK;
}

/* ---- the public function ---- */

nn_status nni_dataset_check_moment(const char *who, const nn_dataset *dataset,
                                   int32_t input, const char *name,
                                   const nn_tensor *tensor)
{
    NNI_TRY(nni_tensor_check_floats(who, name, tensor));
    NNI_TRY(nni_dataset_check_context(who, dataset, name, tensor));
    struct nni_shape expected = dataset->inputs[input].shape;
    expected.dtype = NN_FLOAT32;
    return nni_tensor_check_shape(who, name, tensor, &expected);
}

nn_status nn_dataset_moments(const nn_dataset *dataset, int32_t input, nn_tensor *mean,
                             nn_tensor *deviation)
{
    const char *who = "nn_dataset_moments";
    NNI_TRY(nni_dataset_check_port(who, dataset, 0, input));
    NNI_TRY(nni_dataset_check_moment(who, dataset, input, "mean", mean));
    NNI_TRY(nni_dataset_check_moment(who, dataset, input, "deviation", deviation));
    NNI_TRY(nni_tensor_check_apart(who, "mean", mean, "deviation", deviation));
    if (nn_dataset_count(dataset) == 0) {
        return nni_fail(NN_ERROR_EMPTY, "%s: the dataset has no samples", who);
    }
    const struct nni_shape *shape = &dataset->inputs[input].shape;
    struct moments_work work = {.dataset = dataset,
                                .input = input,
                                .dtype = shape->dtype,
                                .elements = nni_shape_count(shape)};
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = moments_prepare(&work);
    if (status == NN_OK) {
        status = moments_compute(&work, mean->data, deviation->data);
    }
    nni_float_env_leave(env);
    moments_release(&work);
    return status == NN_OK ? NN_OK : nni_dataset_failed(who);
}
