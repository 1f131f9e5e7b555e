/* Targets and class weights of the binary losses. An element with target t counts
 * t w_1 + (1 - t) w_0 times; a sample's factor c_r is the mean of that over its elements,
 * so that the batch's loss stays a weighted mean. */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_binary.h"
#include "losses/loss_targets.h"

#include <float.h>
#include <inttypes.h>

const struct nni_option nni_binary_options[NNI_BINARY_OPTION_COUNT] = {
    {.name = "class_weights",
     .type = NNI_OPTION_FLOATS,
     .offset = offsetof(struct nni_binary_loss, class_weights),
     .maximum = (double)FLT_MAX},
};

nn_status nni_binary_check(const nn_loss *loss, const struct nni_shape *output,
                           const struct nni_shape *target)
{
    const char *kind = loss->type->name;
    NNI_TRY(nni_loss_check_given(loss, target));
    const int64_t weights = ((const struct nni_binary_loss *)loss)->class_weights.count;
    if (weights != 0 && weights != 2) {
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: class_weights has %" PRId64 " numbers; it needs 2", kind,
                        weights);
    }
    if (!nni_loss_same_shape(output, target)) {
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: output %s takes targets of the same shape; got %s %s", kind,
                        nni_shape_text(output).text, nni_dtype_name(target->dtype),
                        nni_shape_text(target).text);
    }
    return NN_OK;
}

nn_status nni_binary_check_targets(const nn_loss *loss, const struct nni_shape *output,
                                   const struct nni_shape *target, const void *values,
                                   int64_t rows, int64_t *row)
{
    const int64_t n = nni_shape_count(output);
    if (target->dtype == NN_FLOAT32) {
        return nni_loss_check_probabilities(loss, values, n, rows, row);
    }
    for (int64_t i = 0; i < rows * n; i++) {
        const int64_t label = nni_loss_label(values, target->dtype, i);
        if (label != 0 && label != 1) {
            *row = i / n;
            return nni_fail(NN_ERROR_LABEL, "%s: label %" PRId64 " is not 0 or 1",
                            loss->type->name, label);
        }
    }
    return NN_OK;
}

float nni_binary_weight(const nn_loss *loss, float t)
{
    const struct nni_float_list *weights =
        &((const struct nni_binary_loss *)loss)->class_weights;
    if (weights->count == 0) {
        return 1.0f;
    }
    return t * weights->values[1] + (1.0f - t) * weights->values[0];
}

int nni_binary_has_class_factor(const nn_loss *loss, const struct nni_shape *target)
{
    (void)target;
    return ((const struct nni_binary_loss *)loss)->class_weights.count != 0;
}

void nni_binary_class_factor(const nn_loss *loss, const struct nni_shape *output,
                             const struct nni_shape *target, const void *values,
                             int64_t rows, float *factor)
{
    const int64_t n = nni_shape_count(output);
    const int32_t dtype = target->dtype;
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        for (int64_t i = r * n; i < (r + 1) * n; i++) {
            const float t = dtype == NN_FLOAT32 ? ((const float *)values)[i]
                                                : (float)nni_loss_label(values, dtype, i);
            sum += (double)nni_binary_weight(loss, t);
        }
        factor[r] = (float)(sum / (double)n);
    }
}

const float *nni_binary_targets(const struct nni_loss_call *call, float *buffer)
{
    const int32_t dtype = call->target_shape->dtype;
    if (dtype == NN_FLOAT32) {
        return call->target;
    }
    const int64_t total = call->rows * nni_shape_count(call->output_shape);
    for (int64_t i = 0; i < total; i++) {
        buffer[i] = (float)nni_loss_label(call->target, dtype, i);
    }
    return buffer;
}
