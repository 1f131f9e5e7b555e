/* Weights out of any safetensors file, with every option, into a model of two layers. What
 * is refused leaves the parameters as they were. */
#include "stored.h"

static nn_model *make_model(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 4));
    nn_model_add(model, nn_dense(context, 3, NN_RELU));
    nn_model_add(model, nn_dense(context, 2, NN_LINEAR));
    must(nn_model_build(model) == NN_OK, "a model is built");
    return model;
}

static float sum(const nn_model *model)
{
    float total = 0;
    for (int32_t i = 0; i < nn_model_parameter_count(model); i++) {
        nn_tensor *parameter = nn_model_parameter(model, i);
        for (int64_t k = 0; k < nn_tensor_count(parameter); k++)
            total += nn_tensor_floats(parameter)[k];
    }
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stored file = stored_file(data, size);
    nn_context *context = stored_context();
    for (int32_t options = 0; options <= (NN_WEIGHTS_PYTORCH | NN_WEIGHTS_PARTIAL);
         options++) {
        nn_model *model = make_model(context);
        const float before = sum(model);
        if (nn_model_load_weights_memory(model, file.bytes, file.size, options) != NN_OK)
            must(sum(model) == before, "what is refused changes nothing");
        nn_model_destroy(model);
    }
    nn_context_destroy(context);
    free(file.bytes);
    return 0;
}
