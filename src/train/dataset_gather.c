/* Gathering a batch: copying the rows of chosen samples, looking at every float on the
 * way. Rows are copied and checked in chunks that stay in the first-level cache, so the
 * check costs no second trip to memory; many bytes are shared among the context's
 * threads. */
#include "train/dataset.h"

#include "base/parallel.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
    GATHER_CHUNK_BYTES = 16 * 1024, /* copied, then checked */
    GATHER_TASK_BYTES = 128 * 1024  /* at least, for each of several tasks */
};

/* One gather of samples out of tensors. */
struct gather_job {
    const nn_dataset *dataset; /* the root */
    const struct nni_kernels *kernels;
    const int64_t *order; /* numbers in the root; NULL: first, first + 1, ... */
    int64_t first;
    void *const *out[2]; /* inputs, targets; may be NULL */
    int32_t bad;         /* 1 once a value was not finite (atomic) */
};

static size_t gather_row_bytes(const struct nni_port *port)
{
    return (size_t)nni_shape_count(&port->shape) * nn_dtype_size(port->shape.dtype);
}

/* ---- copying ---- */

/* Copies rows first ... end - 1 of the batch. */
static void gather_copy(const struct gather_job *job, const char *source, char *out,
                        size_t row_bytes, int64_t first, int64_t end)
{
    if (job->order == NULL) {
        memcpy(out + (size_t)first * row_bytes,
               source + (size_t)(job->first + first) * row_bytes,
               (size_t)(end - first) * row_bytes);
    } else if (row_bytes == sizeof(int32_t)) {
        /* one label or number each: a copy of known size is one instruction */
        for (int64_t r = first; r < end; r++) {
            memcpy(out + (size_t)r * sizeof(int32_t),
                   source + (size_t)job->order[r] * sizeof(int32_t), sizeof(int32_t));
        }
    } else {
        for (int64_t r = first; r < end; r++) {
            memcpy(out + (size_t)r * row_bytes,
                   source + (size_t)job->order[r] * row_bytes, row_bytes);
        }
    }
}

static void gather_port(struct gather_job *job, const struct nni_port *port, char *out,
                        int64_t first, int64_t end)
{
    size_t row_bytes = gather_row_bytes(port);
    int64_t elements = nni_shape_count(&port->shape);
    if (elements == 0) {
        return;
    }
    int64_t step = nni_max(GATHER_CHUNK_BYTES / (int64_t)row_bytes, 1);
    for (int64_t r = first; r < end; r += step) {
        int64_t stop = nni_min(r + step, end);
        gather_copy(job, port->tensor->data, out, row_bytes, r, stop);
        if (port->shape.dtype == NN_FLOAT32 &&
            !job->kernels->all_finite((const float *)(const void *)out + r * elements,
                                      (stop - r) * elements)) {
            NNI_STORE_RELEASE(&job->bad, 1);
        }
    }
}

static void gather_task(void *data, int32_t index, int64_t first, int64_t end)
{
    struct gather_job *job = data;
    (void)index;
    for (int32_t kind = 0; kind < 2; kind++) {
        for (int32_t i = 0; i < nni_dataset_port_count(job->dataset, kind); i++) {
            char *out = job->out[kind] == NULL ? NULL : job->out[kind][i];
            if (out != NULL) {
                gather_port(job, nni_dataset_port(job->dataset, kind, i), out, first,
                            end);
            }
        }
    }
}

static void gather_run(struct gather_job *job, int64_t rows)
{
    int64_t row_bytes = 1;
    for (int32_t kind = 0; kind < 2; kind++) {
        for (int32_t i = 0; i < nni_dataset_port_count(job->dataset, kind); i++) {
            if (job->out[kind] != NULL && job->out[kind][i] != NULL) {
                row_bytes +=
                    (int64_t)gather_row_bytes(nni_dataset_port(job->dataset, kind, i));
            }
        }
    }
    int64_t grain = nni_max(GATHER_TASK_BYTES / row_bytes, 1);
    if (rows < 2 * grain) {
        gather_task(job, 0, 0, rows);
    } else {
        nni_parallel_ranges(job->dataset->handle.context, rows, grain, gather_task, job);
    }
}

/* ---- checking ---- */

/* The samples of a batch as the caller of the gather numbers them. */
struct gather_batch {
    const int64_t *order;
    int64_t first, rows;
};

static int64_t gather_sample(const struct gather_batch *batch, int64_t row)
{
    return batch->order != NULL ? batch->order[row] : batch->first + row;
}

/* NN_ERROR_DATA for the first element of one input or target that is not finite. */
static nn_status gather_check_port(const struct gather_batch *batch,
                                   const struct nni_port *port, const char *kind,
                                   int32_t index, const float *values)
{
    int64_t elements = nni_shape_count(&port->shape);
    for (int64_t i = 0; i < batch->rows * elements; i++) {
        if (!isfinite(values[i])) {
            struct nni_number_text text = nni_number_text((double)values[i], 6);
            return nni_fail(
                NN_ERROR_DATA, "%s %d, sample %" PRId64 ", element %" PRId64 " is %s",
                kind, index, gather_sample(batch, i / elements), i % elements, text.text);
        }
    }
    return NN_OK;
}

/* Finds what a check has found before, in the order of inputs, targets, samples. */
static nn_status gather_check_floats(const nn_dataset *dataset,
                                     const struct gather_batch *batch,
                                     void *const *const out[2])
{
    for (int32_t kind = 0; kind < 2; kind++) {
        for (int32_t i = 0; i < nni_dataset_port_count(dataset, kind); i++) {
            const struct nni_port *port = nni_dataset_port(dataset, kind, i);
            const float *values = out[kind] == NULL ? NULL : out[kind][i];
            if (values != NULL && port->shape.dtype == NN_FLOAT32) {
                NNI_TRY(gather_check_port(batch, port, kind == 1 ? "target" : "input", i,
                                          values));
            }
        }
    }
    return NN_OK;
}

nn_status nni_dataset_check_weight(float weight, int64_t sample)
{
    if (isfinite(weight) && weight >= 0.0f) {
        return NN_OK;
    }
    struct nni_number_text text = nni_number_text((double)weight, 6);
    return nni_fail(NN_ERROR_DATA,
                    "weights, sample %" PRId64
                    ": expected a number of at least 0, got %s",
                    sample, text.text);
}

/* ---- from a callback ---- */

/* Calls the source and looks at what it gave: at the targets and weights only where they
 * are wanted. */
static nn_status gather_from_source(const nn_dataset *root,
                                    const struct nni_kernels *kernels,
                                    const struct gather_batch *batch,
                                    const int64_t *samples, void *const *const out[2],
                                    float *weights, int32_t with_targets)
{
    for (int64_t r = 0; r < batch->rows; r++) {
        weights[r] = 1.0f;
    }
    int32_t answer = root->source.read(root->source.user, samples, batch->rows, out[0],
                                       out[1], weights);
    if (answer != 0) {
        return nni_fail(NN_ERROR_CALLBACK,
                        "dataset: the callback that reads samples returned %d", answer);
    }
    for (int32_t kind = 0; kind <= with_targets; kind++) {
        for (int32_t i = 0; i < nni_dataset_port_count(root, kind); i++) {
            const struct nni_port *port = nni_dataset_port(root, kind, i);
            if (port->shape.dtype == NN_FLOAT32 &&
                !kernels->all_finite(out[kind][i],
                                     batch->rows * nni_shape_count(&port->shape))) {
                return gather_check_floats(root, batch, out);
            }
        }
    }
    for (int64_t r = 0; with_targets && r < batch->rows; r++) {
        NNI_TRY(nni_dataset_check_weight(weights[r], gather_sample(batch, r)));
    }
    return NN_OK;
}

/* ---- from tensors ---- */

static nn_status gather_weights(const nn_dataset *root, const struct gather_batch *batch,
                                const struct gather_batch *in_root, float *weights)
{
    const float *all = root->weights == NULL ? NULL : root->weights->data;
    for (int64_t r = 0; r < batch->rows; r++) {
        weights[r] = all == NULL ? 1.0f : all[gather_sample(in_root, r)];
        NNI_TRY(nni_dataset_check_weight(weights[r], gather_sample(batch, r)));
    }
    return NN_OK;
}

static nn_status gather_from_tensors(const nn_dataset *root,
                                     const struct nni_kernels *kernels,
                                     const struct gather_batch *batch,
                                     const struct gather_batch *in_root,
                                     void *const *const out[2], float *weights)
{
    struct gather_job job = {root,           kernels,          in_root->order,
                             in_root->first, {out[0], out[1]}, 0};
    gather_run(&job, batch->rows);
    if (NNI_LOAD_ACQUIRE(&job.bad)) {
        return gather_check_floats(root, batch, out);
    }
    return weights == NULL ? NN_OK : gather_weights(root, batch, in_root, weights);
}

/* ---- all of it ---- */

/* Writes the numbers in the root of a subset's samples, or points at them. */
static struct gather_batch gather_in_root(const nn_dataset *dataset,
                                          const struct gather_batch *batch,
                                          int64_t *scratch)
{
    struct gather_batch in_root = *batch;
    if (dataset->parent == NULL) {
        return in_root;
    }
    if (batch->order != NULL) {
        for (int64_t r = 0; r < batch->rows; r++) {
            scratch[r] = nni_dataset_root_sample(dataset, batch->order[r]);
        }
        in_root.order = scratch;
    } else if (dataset->samples != NULL) {
        in_root.order = dataset->samples + batch->first;
    } else {
        in_root.first += dataset->first;
    }
    return in_root;
}

static nn_status gather_all(const nn_dataset *dataset, const struct nni_kernels *kernels,
                            struct gather_batch batch, void *const *inputs,
                            void *const *targets, float *weights, int64_t *scratch,
                            int32_t with_targets)
{
    const nn_dataset *root = nni_dataset_root(dataset);
    struct gather_batch in_root = gather_in_root(dataset, &batch, scratch);
    if (root->source.read == NULL) {
        void *const *const wanted[2] = {inputs, with_targets ? targets : NULL};
        return gather_from_tensors(root, kernels, &batch, &in_root, wanted,
                                   with_targets ? weights : NULL);
    }
    void *const *const out[2] = {inputs, targets};
    if (in_root.order == NULL) {
        for (int64_t r = 0; r < batch.rows; r++) {
            scratch[r] = in_root.first + r;
        }
        in_root.order = scratch;
    }
    return gather_from_source(root, kernels, &batch, in_root.order, out, weights,
                              with_targets);
}

nn_status nni_dataset_gather(const nn_dataset *dataset, const struct nni_kernels *kernels,
                             const int64_t *order, int64_t first, int64_t rows,
                             void *const *inputs, void *const *targets, float *weights,
                             int64_t *scratch)
{
    const struct gather_batch batch = {order, first, rows};
    return gather_all(dataset, kernels, batch, inputs, targets, weights, scratch, 1);
}

nn_status nni_dataset_gather_inputs(const nn_dataset *dataset,
                                    const struct nni_kernels *kernels,
                                    const int64_t *order, int64_t first, int64_t rows,
                                    void *const *inputs, void *const *targets,
                                    float *weights, int64_t *scratch)
{
    const struct gather_batch batch = {order, first, rows};
    return gather_all(dataset, kernels, batch, inputs, targets, weights, scratch, 0);
}
