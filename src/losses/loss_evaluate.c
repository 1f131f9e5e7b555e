/* A loss by itself, on tensors: what a trainer does for each batch, with its own working
 * memory. */
#include "base/compiler.h"
#include "base/contract.h"
#include "base/float_env.h"
#include "base/memory.h"
#include "losses/loss.h"
#include "tensor/tensor.h"

#include <inttypes.h>

struct loss_evaluation {
    const nn_loss *loss;
    struct nni_shape output, target; /* of a sample */
    const nn_tensor *outputs, *targets, *weights;
    nn_tensor *gradient;
    int64_t rows, scratch_count;
    float *row_scale, *row_loss, *scratch;
};

static nn_status loss_evaluation_check_outputs(const nn_tensor *outputs)
{
    if (outputs->shape.dtype != NN_FLOAT32) {
        return nni_fail(NN_ERROR_DTYPE, "outputs is %s; it must be float32",
                        nni_dtype_name(outputs->shape.dtype));
    }
    if (outputs->shape.rank == 0) {
        return nni_fail(NN_ERROR_RANK, "outputs has shape (); it needs the dimension of "
                                       "samples");
    }
    if (outputs->count == 0) {
        return nni_fail(NN_ERROR_EMPTY, "outputs has shape %s: there is no data",
                        nni_shape_text(&outputs->shape).text);
    }
    return NN_OK;
}

static nn_status loss_evaluation_check_targets(const nn_tensor *targets, int64_t rows)
{
    if (targets != NULL && (targets->shape.rank == 0 || targets->shape.dim[0] != rows)) {
        return nni_fail(NN_ERROR_SHAPE,
                        "targets has shape %s; it must begin with %" PRId64 " samples",
                        nni_shape_text(&targets->shape).text, rows);
    }
    return NN_OK;
}

static nn_status loss_evaluation_check_weights(const nn_tensor *weights, int64_t rows)
{
    if (weights == NULL) {
        return NN_OK;
    }
    if (weights->shape.dtype != NN_FLOAT32) {
        return nni_fail(NN_ERROR_DTYPE, "weights is %s; it must be float32",
                        nni_dtype_name(weights->shape.dtype));
    }
    if (weights->shape.rank != 1 || weights->shape.dim[0] != rows) {
        return nni_fail(NN_ERROR_SHAPE,
                        "weights has shape %s; it must be one number for each of %" PRId64
                        " samples",
                        nni_shape_text(&weights->shape).text, rows);
    }
    return NN_OK;
}

static nn_status loss_evaluation_check_gradient(const nn_tensor *gradient,
                                                const nn_tensor *outputs)
{
    if (gradient == NULL) {
        return NN_OK;
    }
    if (gradient->shape.dtype != NN_FLOAT32) {
        return nni_fail(NN_ERROR_DTYPE, "gradient is %s; it must be float32",
                        nni_dtype_name(gradient->shape.dtype));
    }
    if (!nni_shape_equal(&gradient->shape, &outputs->shape)) {
        return nni_fail(NN_ERROR_SHAPE, "gradient has shape %s; outputs has shape %s",
                        nni_shape_text(&gradient->shape).text,
                        nni_shape_text(&outputs->shape).text);
    }
    return NN_OK;
}

static nn_status loss_evaluation_check_apart(const nn_tensor *gradient, const char *name,
                                             const nn_tensor *other)
{
    if (gradient == NULL || other == NULL) {
        return NN_OK;
    }
    const uintptr_t a = (uintptr_t)gradient->data, b = (uintptr_t)other->data;
    const uintptr_t a_size = (uintptr_t)gradient->count * sizeof(float);
    const uintptr_t b_size =
        (uintptr_t)other->count * (uintptr_t)nn_dtype_size(other->shape.dtype);
    if (a < b + b_size && b < a + a_size) {
        return nni_fail(NN_ERROR_ARGUMENT, "gradient and %s overlap in memory", name);
    }
    return NN_OK;
}

/* All checks, and the sizes that follow from them. */
static nn_status loss_evaluation_check(struct loss_evaluation *e)
{
    NNI_TRY(loss_evaluation_check_outputs(e->outputs));
    e->rows = e->outputs->shape.dim[0];
    e->output = nni_tensor_row_shape(e->outputs);
    NNI_TRY(loss_evaluation_check_targets(e->targets, e->rows));
    if (e->targets != NULL) {
        e->target = nni_tensor_row_shape(e->targets);
    }
    const struct nni_shape *target = e->targets == NULL ? NULL : &e->target;
    NNI_TRY(loss_evaluation_check_weights(e->weights, e->rows));
    NNI_TRY(loss_evaluation_check_gradient(e->gradient, e->outputs));
    NNI_TRY(loss_evaluation_check_apart(e->gradient, "outputs", e->outputs));
    NNI_TRY(loss_evaluation_check_apart(e->gradient, "targets", e->targets));
    NNI_TRY(loss_evaluation_check_apart(e->gradient, "weights", e->weights));
    NNI_TRY(e->loss->type->check(e->loss, &e->output, target));

    const int64_t each = e->loss->type->scratch_per_sample(e->loss, &e->output);
    if (!nni_multiply_checked(e->rows, each, &e->scratch_count)) {
        return nni_fail(NN_ERROR_SIZE, "outputs of shape %s are too large",
                        nni_shape_text(&e->outputs->shape).text);
    }
    return nni_loss_check_batch(e->loss, &e->output, target,
                                e->targets == NULL ? NULL : e->targets->data,
                                e->weights == NULL ? NULL : e->weights->data, e->rows, 0);
}

static nn_status loss_evaluation_allocate(struct loss_evaluation *e)
{
    const nn_context *context = e->loss->handle.context;
    e->row_scale = nni_alloc(context, (size_t)e->rows, sizeof(float));
    e->row_loss =
        e->row_scale == NULL ? NULL : nni_alloc(context, (size_t)e->rows, sizeof(float));
    e->scratch = e->row_loss == NULL
                     ? NULL
                     : nni_alloc(context, (size_t)e->scratch_count, sizeof(float));
    return e->scratch == NULL ? nn_last_status() : NN_OK;
}

static void loss_evaluation_free(struct loss_evaluation *e)
{
    const nn_context *context = e->loss->handle.context;
    nni_free(context, e->scratch);
    nni_free(context, e->row_loss);
    nni_free(context, e->row_scale);
}

static NNI_NOINLINE nn_status loss_evaluation_compute(const struct loss_evaluation *e,
                                                      double *value)
{
    const nn_context *context = e->loss->handle.context;
    const struct nni_kernels *kernels = nni_kernels_for(context);
    const struct nni_shape *target = e->targets == NULL ? NULL : &e->target;
    const void *targets = e->targets == NULL ? NULL : e->targets->data;
    const float *weights = e->weights == NULL ? NULL : e->weights->data;

    const double denominator = nni_loss_scale_rows(
        e->loss, kernels, &e->output, target, targets, weights, e->rows, 1, e->row_scale);
    NNI_TRY(nni_loss_check_weight(e->loss, denominator, e->rows));
    const struct nni_loss_call call = {
        .context = context,
        .kernels = kernels,
        .rows = e->rows,
        .output_shape = &e->output,
        .target_shape = target,
        .output = e->outputs->data,
        .target = targets,
        .row_scale = e->row_scale,
        .row_loss = e->row_loss,
        .output_gradient = e->gradient == NULL ? NULL : e->gradient->data,
        .scratch = e->scratch,
    };
    e->loss->type->run(e->loss, &call);
    *value = nni_loss_total(kernels, e->row_loss, weights, e->rows) / denominator;
    return NN_OK;
}

static nn_status loss_evaluation_run(struct loss_evaluation *e, double *value)
{
    NNI_TRY(loss_evaluation_check(e));
    nn_status status = loss_evaluation_allocate(e);
    if (status == NN_OK) {
        const struct nni_float_env env = nni_float_env_enter();
        status = loss_evaluation_compute(e, value);
        nni_float_env_leave(env);
    }
    loss_evaluation_free(e);
    return status;
}

nn_status nn_loss_evaluate(const nn_loss *loss, const nn_tensor *outputs,
                           const nn_tensor *targets, const nn_tensor *weights,
                           nn_tensor *gradient, double *value)
{
    NNI_NOT_NULL("nn_loss_evaluate", value);
    *value = 0;
    NNI_NOT_NULL_HANDLE("nn_loss_evaluate", loss);
    NNI_NOT_NULL("nn_loss_evaluate", outputs);
    struct loss_evaluation evaluation = {
        .loss = loss,
        .outputs = outputs,
        .targets = targets,
        .weights = weights,
        .gradient = gradient,
    };
    const nn_status status = loss_evaluation_run(&evaluation, value);
    if (status != NN_OK) {
        return nni_fail(status, "nn_loss_evaluate: %s", nn_last_error());
    }
    return NN_OK;
}
