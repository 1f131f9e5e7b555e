/* Reading the values of one input or target. A callback fills all inputs and targets at
 * once, so there the others are read as well, into memory made for the call. */
#include "train/dataset.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "tensor/tensor_check.h"

#include <inttypes.h>

/* Where a gather writes; ports[0] are the inputs, ports[1] the targets. */
struct dataset_buffers {
    void *ports[2][NNI_DATASET_PORTS];
    float *weights;
    int64_t *scratch;
};

/* Memory for `rows` samples of everything that has no place in *buffers yet. */
static nn_status dataset_fill_buffers(const nn_dataset *dataset, int64_t rows,
                                      struct dataset_buffers *buffers)
{
    const nn_context *context = dataset->handle.context;
    buffers->weights = nni_alloc(context, (size_t)rows, sizeof(float));
    if (buffers->weights == NULL) {
        return nn_last_status();
    }
    for (int32_t kind = 0; kind < 2; kind++) {
        for (int32_t i = 0; i < nni_dataset_port_count(dataset, kind); i++) {
            const struct nni_shape *shape = &nni_dataset_port(dataset, kind, i)->shape;
            size_t bytes = (size_t)nni_shape_count(shape) * nn_dtype_size(shape->dtype);
            if (buffers->ports[kind][i] == NULL) {
                buffers->ports[kind][i] = nni_alloc(context, (size_t)rows, bytes);
            }
            if (buffers->ports[kind][i] == NULL) {
                return nn_last_status();
            }
        }
    }
    return NN_OK;
}

static void dataset_release_buffers(const nn_dataset *dataset,
                                    struct dataset_buffers *buffers)
{
    const nn_context *context = dataset->handle.context;
    for (int32_t i = 0; i < NNI_DATASET_PORTS; i++) {
        nni_free(context, buffers->ports[0][i]);
        nni_free(context, buffers->ports[1][i]);
    }
    nni_free(context, buffers->weights);
    nni_free(context, buffers->scratch);
}

nn_status nni_dataset_read_port(const nn_dataset *dataset, int32_t is_target,
                                int32_t index, int64_t first, int64_t rows, void *out)
{
    if (rows == 0) {
        return NN_OK;
    }
    const nn_context *context = dataset->handle.context;
    const struct nni_kernels *kernels = nni_kernels_for(context);
    if (kernels == NULL) {
        return nn_last_status();
    }
    struct dataset_buffers buffers = {{{NULL}, {NULL}}, NULL, NULL};
    buffers.ports[is_target][index] = out;
    buffers.scratch = nni_alloc(context, (size_t)rows, sizeof(int64_t));
    nn_status status = buffers.scratch == NULL ? nn_last_status() : NN_OK;
    if (status == NN_OK && nni_dataset_root(dataset)->source.read != NULL) {
        status = dataset_fill_buffers(dataset, rows, &buffers);
    }
    if (status == NN_OK) {
        struct nni_float_env env = nni_float_env_enter();
        status = nni_dataset_gather(dataset, kernels, NULL, first, rows, buffers.ports[0],
                                    buffers.ports[1], buffers.weights, buffers.scratch);
        nni_float_env_leave(env);
    }
    buffers.ports[is_target][index] = NULL;
    dataset_release_buffers(dataset, &buffers);
    return status;
}

/* Checks that out is (rows, shape of a sample), of the same dtype, in other memory. */
static nn_status dataset_check_out(const char *who, const nn_dataset *dataset,
                                   int32_t is_target, int32_t index, const nn_tensor *out)
{
    const struct nni_shape *expected =
        &nni_dataset_port(dataset, is_target, index)->shape;
    NNI_TRY(nni_dataset_check_context(who, dataset, "out", out));
    if (out->shape.dtype != expected->dtype) {
        return nni_fail(NN_ERROR_DTYPE, "%s: out is %s, expected %s", who,
                        nni_dtype_name(out->shape.dtype),
                        nni_dtype_name(expected->dtype));
    }
    struct nni_shape row = out->shape;
    if (row.rank > 0) {
        row = nni_tensor_row_shape(out);
    }
    if (out->shape.rank == 0 || !nni_shape_equal(&row, expected)) {
        struct nni_shape_text got = nni_shape_text(&out->shape);
        struct nni_shape_text want = nni_shape_text(expected);
        return nni_fail(NN_ERROR_SHAPE, "%s: out is %s, expected rows of shape %s", who,
                        got.text, want.text);
    }
    const nn_dataset *root = nni_dataset_root(dataset);
    const nn_tensor *data = nni_dataset_port(root, is_target, index)->tensor;
    return data == NULL ? NN_OK
                        : nni_tensor_check_apart(who, "the dataset", data, "out", out);
}

static nn_status dataset_read(const char *who, const nn_dataset *dataset,
                              int32_t is_target, int32_t index, int64_t start,
                              nn_tensor *out)
{
    NNI_TRY(nni_dataset_check_port(who, dataset, is_target, index));
    NNI_NOT_NULL_HANDLE(who, out);
    NNI_TRY(dataset_check_out(who, dataset, is_target, index, out));
    int64_t rows = out->shape.dim[0];
    int64_t count = nn_dataset_count(dataset);
    if (start < 0 || start > count || rows > count - start) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: start is %" PRId64 " and out has %" PRId64
                        " rows, but the dataset has %" PRId64 " samples",
                        who, start, rows, count);
    }
    nn_status status =
        nni_dataset_read_port(dataset, is_target, index, start, rows, out->data);
    return status == NN_OK ? NN_OK : nni_dataset_failed(who);
}

nn_status nn_dataset_read_input(const nn_dataset *dataset, int32_t input, int64_t start,
                                nn_tensor *out)
{
    return dataset_read("nn_dataset_read_input", dataset, 0, input, start, out);
}

nn_status nn_dataset_read_target(const nn_dataset *dataset, int32_t target, int64_t start,
                                 nn_tensor *out)
{
    return dataset_read("nn_dataset_read_target", dataset, 1, target, start, out);
}
