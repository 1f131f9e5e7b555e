/* One-off prediction on tensors: a session for one call. */
#include "base/memory.h"
#include "model/model.h"

#include <nn/session.h>

static nn_status predict_check_count(const char *what, int32_t got, int32_t expected)
{
    if (got != expected)
        return nni_fail(NN_ERROR_ARGUMENT,
                        "nn_model_predict: got %d %s, the model has %d", (int)got, what,
                        (int)expected);
    return NN_OK;
}

/* A tensor (rows, shape of the node) in the model's context; rows is -1 before the first. */
static nn_status predict_check_tensor(const nn_model *model, const char *what, int32_t i,
                                      const nn_tensor *tensor, nn_node node,
                                      int64_t *rows)
{
    static const char who[] = "nn_model_predict";
    const struct nni_shape *expected = &model->nodes[node].infer.output;
    if (tensor == NULL)
        return nni_fail(NN_ERROR_NULL, "%s: %s %d is NULL", who, what, (int)i);
    NNI_TRY(nni_handle_same_context(model, "model", tensor, what));
    if (tensor->shape.dtype != expected->dtype)
        return nni_fail(NN_ERROR_DTYPE, "%s: %s %d is %s, expected %s", who, what, (int)i,
                        nni_dtype_name(tensor->shape.dtype),
                        nni_dtype_name(expected->dtype));
    if (tensor->shape.rank < 1)
        return nni_fail(NN_ERROR_RANK,
                        "%s: %s %d has rank 0; its first dimension is the "
                        "sample",
                        who, what, (int)i);
    struct nni_shape sample = nni_tensor_row_shape(tensor);
    if (!nni_shape_equal(&sample, expected) ||
        (*rows >= 0 && tensor->shape.dim[0] != *rows))
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: %s %d is %s, expected samples of %s, as many as "
                        "of the first input",
                        who, what, (int)i, nni_shape_text(&tensor->shape).text,
                        nni_shape_text(expected).text);
    *rows = tensor->shape.dim[0];
    return NN_OK;
}

static nn_status predict_check(nn_model *model, const nn_tensor *const *inputs,
                               int32_t input_count, nn_tensor *const *outputs,
                               int32_t output_count, int64_t *rows)
{
    static const char who[] = "nn_model_predict";
    NNI_TRY(nni_model_check(model, who));
    NNI_TRY(nn_model_build(model));
    NNI_NOT_NULL(who, inputs);
    NNI_NOT_NULL(who, outputs);
    NNI_TRY(predict_check_count("inputs", input_count, model->input_count));
    NNI_TRY(predict_check_count("outputs", output_count, nn_model_output_count(model)));
    *rows = -1;
    for (int32_t i = 0; i < input_count; i++)
        NNI_TRY(
            predict_check_tensor(model, "input", i, inputs[i], model->inputs[i], rows));
    for (int32_t i = 0; i < output_count; i++)
        NNI_TRY(predict_check_tensor(model, "output", i, outputs[i],
                                     nn_model_output_node(model, i), rows));
    return NN_OK;
}

nn_status nn_model_predict(nn_model *model, const nn_tensor *const *inputs,
                           int32_t input_count, nn_tensor *const *outputs,
                           int32_t output_count)
{
    int64_t rows;
    NNI_TRY(predict_check(model, inputs, input_count, outputs, output_count, &rows));
    nn_session *session = nn_session_create(model, 0);
    const nn_context *context = model->handle.context;
    size_t in = (size_t)input_count, out = (size_t)output_count;
    const void **from = session == NULL ? NULL : nni_alloc(context, in, sizeof *from);
    void **to = from == NULL ? NULL : nni_alloc(context, out, sizeof *to);
    nn_status status = to == NULL ? nn_last_status() : NN_OK;
    if (status == NN_OK) {
        for (int32_t i = 0; i < input_count; i++)
            from[i] = inputs[i]->data;
        for (int32_t i = 0; i < output_count; i++)
            to[i] = outputs[i]->data;
        status = nn_session_run(session, from, rows, to);
    }
    nni_free(context, to);
    nni_free(context, (void *)from);
    nn_session_destroy(session);
    return status;
}
