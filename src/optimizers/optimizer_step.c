/* An optimizer by itself, on a list of tensors: everything is checked first, so that a
 * step that fails has changed nothing; the state is made by the first one. */
#include "base/float_env.h"
#include "base/memory.h"
#include "base/text.h"
#include "optimizers/optimizer.h"
#include "tensor/tensor.h"

#include <inttypes.h>
#include <math.h>

static nn_status optimizer_step_check_tensor(const char *list, int32_t i,
                                             const nn_tensor *tensor)
{
    if (tensor == NULL) {
        return nni_fail(NN_ERROR_NULL, "nn_optimizer_step: %s[%d] is NULL", list, (int)i);
    }
    if (tensor->shape.dtype != NN_FLOAT32) {
        return nni_fail(NN_ERROR_DTYPE,
                        "nn_optimizer_step: %s[%d] is %s; it must be float32", list,
                        (int)i, nni_dtype_name(tensor->shape.dtype));
    }
    return NN_OK;
}

static nn_status optimizer_step_check_pair(int32_t i, const nn_tensor *parameter,
                                           const nn_tensor *gradient)
{
    NNI_TRY(optimizer_step_check_tensor("parameters", i, parameter));
    NNI_TRY(optimizer_step_check_tensor("gradients", i, gradient));
    if (!nni_shape_equal(&parameter->shape, &gradient->shape)) {
        return nni_fail(
            NN_ERROR_SHAPE,
            "nn_optimizer_step: parameters[%d] has shape %s, gradients[%d] has "
            "shape %s",
            (int)i, nni_shape_text(&parameter->shape).text, (int)i,
            nni_shape_text(&gradient->shape).text);
    }
    const uintptr_t a = (uintptr_t)parameter->data, b = (uintptr_t)gradient->data;
    const uintptr_t bytes = (uintptr_t)parameter->count * sizeof(float);
    if (a < b + bytes && b < a + bytes) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_optimizer_step: parameters[%d] and gradients[%d] overlap in "
                        "memory",
                        (int)i, (int)i);
    }
    return NN_OK;
}

/* Against the parameters of the first step. */
static nn_status optimizer_step_check_bound(const nn_optimizer *optimizer, int32_t i,
                                            const nn_tensor *parameter)
{
    if (optimizer->shapes == NULL ||
        nni_shape_equal(&optimizer->shapes[i], &parameter->shape)) {
        return NN_OK;
    }
    return nni_fail(
        NN_ERROR_SHAPE,
        "nn_optimizer_step: parameters[%d] has shape %s; in the first step it "
        "had shape %s",
        (int)i, nni_shape_text(&parameter->shape).text,
        nni_shape_text(&optimizer->shapes[i]).text);
}

static nn_status optimizer_step_check_finite(const struct nni_kernels *kernels, int32_t i,
                                             const nn_tensor *gradient)
{
    const float *g = gradient->data;
    if (kernels->all_finite(g, gradient->count)) {
        return NN_OK;
    }
    int64_t k = 0;
    while (isfinite(g[k])) {
        k++;
    }
    return nni_fail(NN_ERROR_GRADIENT,
                    "nn_optimizer_step: element %" PRId64 " of gradients[%d] is %s", k,
                    (int)i, nni_number_text((double)g[k], 9).text);
}

static nn_status optimizer_step_check(const nn_optimizer *optimizer,
                                      nn_tensor *const *parameters,
                                      const nn_tensor *const *gradients, int32_t count)
{
    if (count < 1) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_optimizer_step: count is %d; it must be at least 1",
                        (int)count);
    }
    if (optimizer->shapes != NULL && count != optimizer->piece_count) {
        return nni_fail(NN_ERROR_SHAPE,
                        "nn_optimizer_step: count is %d; in the first step it was %d",
                        (int)count, (int)optimizer->piece_count);
    }
    for (int32_t i = 0; i < count; i++) {
        NNI_TRY(optimizer_step_check_pair(i, parameters[i], gradients[i]));
        NNI_TRY(optimizer_step_check_bound(optimizer, i, parameters[i]));
    }
    const struct nni_kernels *kernels = optimizer->kernels;
    for (int32_t i = 0; i < count; i++) {
        NNI_TRY(optimizer_step_check_finite(kernels, i, gradients[i]));
    }
    return NN_OK;
}

static struct nni_piece optimizer_step_piece(nn_tensor *parameter,
                                             const nn_tensor *gradient)
{
    const struct nni_piece piece = {
        .parameter = parameter->data,
        .gradient = gradient->data,
        .count = parameter->count,
        .columns = parameter->shape.rank == 2 ? parameter->shape.dim[1] : 0,
        .rate_multiplier = 1.0f,
    };
    return piece;
}

/* The first step: shapes and state. */
static nn_status optimizer_step_bind(nn_optimizer *optimizer,
                                     nn_tensor *const *parameters,
                                     const nn_tensor *const *gradients, int32_t count)
{
    const nn_context *context = optimizer->handle.context;
    struct nni_shape *shapes = nni_alloc(context, (size_t)count, sizeof *shapes);
    if (shapes == NULL) {
        return nn_last_status();
    }
    struct nni_piece *pieces = nni_alloc(context, (size_t)count, sizeof *pieces);
    if (pieces == NULL) {
        nni_free(context, shapes);
        return nn_last_status();
    }
    for (int32_t i = 0; i < count; i++) {
        shapes[i] = parameters[i]->shape;
        pieces[i] = optimizer_step_piece(parameters[i], gradients[i]);
    }
    const nn_status status = nni_optimizer_bind(optimizer, pieces, count);
    nni_free(context, pieces);
    if (status != NN_OK) {
        nni_free(context, shapes);
        return status;
    }
    optimizer->shapes = shapes;
    return NN_OK;
}

static nn_status optimizer_step_not_owned(const char *function,
                                          const nn_optimizer *optimizer)
{
    if (optimizer->owner != NULL) {
        return nni_fail(NN_ERROR_STATE, "%s: the optimizer belongs to a trainer",
                        function);
    }
    return NN_OK;
}

nn_status nn_optimizer_step(nn_optimizer *optimizer, nn_tensor *const *parameters,
                            const nn_tensor *const *gradients, int32_t count)
{
    NNI_NOT_NULL_HANDLE("nn_optimizer_step", optimizer);
    NNI_NOT_NULL("nn_optimizer_step", parameters);
    NNI_NOT_NULL("nn_optimizer_step", gradients);
    NNI_TRY(optimizer_step_not_owned("nn_optimizer_step", optimizer));
    NNI_TRY(optimizer_step_check(optimizer, parameters, gradients, count));
    if (optimizer->shapes == NULL) {
        NNI_TRY(optimizer_step_bind(optimizer, parameters, gradients, count));
    }
    for (int32_t i = 0; i < count; i++) {
        optimizer->pieces[i] = optimizer_step_piece(parameters[i], gradients[i]);
    }
    nni_optimizer_list_runs(optimizer);
    const struct nni_float_env env = nni_float_env_enter();
    nni_optimizer_run(optimizer, optimizer->rate, NULL);
    nni_float_env_leave(env);
    return NN_OK;
}

nn_status nn_optimizer_reset(nn_optimizer *optimizer)
{
    NNI_NOT_NULL_HANDLE("nn_optimizer_reset", optimizer);
    NNI_TRY(optimizer_step_not_owned("nn_optimizer_reset", optimizer));
    nni_optimizer_unbind(optimizer);
    return NN_OK;
}
