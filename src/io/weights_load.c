/* Reading a model's parameters from a file: those of a model that is in use into memory of
 * their own first, so that a file that cannot be read to its end changes nothing. */
#include "io/weights_match.h"

#include "base/memory.h"

#include <string.h>

static nn_status weights_fill(const nn_model *model, const struct nni_safetensors *file,
                              int32_t options, const struct nni_weights_match *match,
                              float *block)
{
    for (int32_t i = 0; i < model->parameter_count; i++) {
        const struct nni_parameter *parameter = &model->parameters[i];
        if (match->tensors[i] != NULL) {
            NNI_TRY(nni_weights_read(file, match->tensors[i],
                                     nni_weights_transposed(parameter, options),
                                     block + parameter->offset));
        }
    }
    return NN_OK;
}

static nn_status weights_load(const nn_model *model, const struct nni_safetensors *file,
                              int32_t options, const char *who, float *block)
{
    struct nni_weights_match match = {0};
    nn_status status = nni_weights_match(model, file, options, who, &match);
    if (status == NN_OK) {
        status = weights_fill(model, file, options, &match, block);
    }
    nni_weights_match_release(model->handle.context, &match);
    return status;
}

nn_status nni_weights_load(nn_model *model, const struct nni_safetensors *file,
                           int32_t options, const char *who)
{
    const nn_context *context = model->handle.context;
    size_t bytes = (size_t)model->span * sizeof *model->weights;
    float *block = nni_alloc(context, bytes, 1);
    if (block == NULL) {
        return nn_last_status();
    }
    memcpy(block, model->weights, bytes);
    nn_status status = weights_load(model, file, options, who, block);
    if (status == NN_OK) {
        memcpy(model->weights, block, bytes);
    }
    nni_free(context, block);
    return status;
}

nn_status nni_weights_restore(nn_model *model, const struct nni_safetensors *file)
{
    return weights_load(model, file, 0, file->reader->name.text, model->weights);
}
