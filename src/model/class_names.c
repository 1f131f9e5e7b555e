/* The names of the classes that the outputs of a model tell apart. */
#include "base/memory.h"
#include "base/utf8.h"
#include "model/model.h"

#include <string.h>

void nni_model_release_class_names(nn_model *model)
{
    for (int32_t i = 0; i < model->named_outputs; i++)
        nni_name_list_release(model->handle.context, &model->class_names[i]);
    nni_free(model->handle.context, model->class_names);
    model->class_names = NULL;
    model->named_outputs = 0;
}

/* Makes room for the names of outputs 0 ... output. */
static nn_status class_names_reserve(nn_model *model, int32_t output)
{
    if (output < model->named_outputs)
        return NN_OK;
    struct nni_name_list *grown =
        nni_grow(model->handle.context, model->class_names, (size_t)model->named_outputs,
                 (size_t)output + 1, sizeof *grown);
    if (grown == NULL)
        return nn_last_status();
    model->class_names = grown;
    model->named_outputs = output + 1;
    return NN_OK;
}

static nn_status class_names_fill(const nn_context *context, struct nni_name_list *list,
                                  const char *const *names, int32_t count)
{
    for (int32_t i = 0; i < count; i++) {
        if (names[i] == NULL)
            return nni_fail(NN_ERROR_NULL, "nn_model_set_class_names: name %d is NULL",
                            (int)i);
        size_t length = strlen(names[i]);
        if (!nni_utf8_valid(names[i], length))
            return nni_fail(NN_ERROR_ARGUMENT,
                            "nn_model_set_class_names: name %d is not UTF-8", (int)i);
        NNI_TRY(nni_name_list_append(context, list, names[i], length));
    }
    return NN_OK;
}

nn_status nn_model_set_class_names(nn_model *model, int32_t output,
                                   const char *const *names, int32_t count)
{
    NNI_TRY(nni_model_check(model, "nn_model_set_class_names"));
    const nn_context *context = model->handle.context;
    if (output < 0 || output >= nn_model_output_count(model))
        return nni_fail(
            NN_ERROR_ARGUMENT,
            "nn_model_set_class_names: there is no output %d, the model has %d",
            (int)output, (int)nn_model_output_count(model));
    if (count < 0)
        return nni_fail(NN_ERROR_SIZE, "nn_model_set_class_names: count is %d",
                        (int)count);
    if (count > 0)
        NNI_NOT_NULL("nn_model_set_class_names", names);
    NNI_TRY(class_names_reserve(model, output));
    struct nni_name_list list = {0};
    nn_status status = class_names_fill(context, &list, names, count);
    if (status != NN_OK) {
        nni_name_list_release(context, &list);
        return status;
    }
    nni_name_list_release(context, &model->class_names[output]);
    model->class_names[output] = list;
    return NN_OK;
}

int32_t nn_model_class_count(const nn_model *model, int32_t output)
{
    if (model == NULL || output < 0 || output >= model->named_outputs)
        return 0;
    return (int32_t)model->class_names[output].count;
}

const char *nn_model_class_name(const nn_model *model, int32_t output, int32_t index)
{
    if (index < 0 || index >= nn_model_class_count(model, output))
        return NULL;
    return nni_name_list_get(&model->class_names[output], index);
}

nn_status nni_model_copy_class_names(const nn_model *model, nn_model *copy)
{
    for (int32_t output = 0; output < model->named_outputs; output++) {
        const struct nni_name_list *names = &model->class_names[output];
        NNI_TRY(class_names_reserve(copy, output));
        for (int32_t i = 0; i < names->count; i++)
            NNI_TRY(nni_name_list_append(copy->handle.context, &copy->class_names[output],
                                         nni_name_list_get(names, i),
                                         nni_name_list_length(names, i)));
    }
    return NN_OK;
}
