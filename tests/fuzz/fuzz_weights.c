/* Weights out of any safetensors file, with every option, into a model of two layers. What
 * is refused leaves the parameters as they were; what is taken is saved and taken again,
 * the same to the bit. */
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

static void round_trip(nn_context *context, nn_model *model)
{
    struct stored file = stored_model(model);
    nn_model *other = make_model(context);
    must(nn_model_load_weights_memory(other, file.bytes, file.size, 0) == NN_OK,
         "what was saved is taken");
    stored_compare(model, other);
    nn_model_destroy(other);
    free(file.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int32_t options_end = 1 + (NN_WEIGHTS_PYTORCH | NN_WEIGHTS_PARTIAL);
    struct stored file = stored_file(data, size);
    nn_context *context = stored_context();
    nn_model *fresh = make_model(context), *model = nn_model_clone(fresh);
    int taken = 0;
    for (int32_t options = 0; options < options_end; options++) {
        if (nn_model_load_weights_memory(model, file.bytes, file.size, options) !=
            NN_OK) {
            stored_compare(model, fresh);
            continue;
        }
        if (!taken++)
            round_trip(context, model);
        nn_model_destroy(model);
        model = nn_model_clone(fresh);
    }
    stored_count(context, &file, taken > 0);
    nn_model_destroy(model);
    nn_model_destroy(fresh);
    stored_context_end(context);
    free(file.bytes);
    return 0;
}
