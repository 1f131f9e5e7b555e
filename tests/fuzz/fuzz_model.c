/* Files of models. One that loads is saved and loaded again: the same parameters to the
 * bit, and the same file. */
#include "stored.h"

static nn_model *load(nn_context *context, struct stored *file)
{
    file->at = 0;
    return nn_model_load_from(context, stored_read, file);
}

static struct stored save(nn_model *model)
{
    struct stored file = {NULL, 0, 0};
    must(nn_model_save_to(model, stored_write, &file) == NN_OK,
         "what was loaded is saved");
    return file;
}

static void compare_parameters(nn_model *a, nn_model *b)
{
    must(nn_model_parameter_count(a) == nn_model_parameter_count(b),
         "as many parameters");
    for (int32_t i = 0; i < nn_model_parameter_count(a); i++) {
        nn_tensor *x = nn_model_parameter(a, i), *y = nn_model_parameter(b, i);
        must(nn_tensor_count(x) == nn_tensor_count(y), "of the same size");
        must(memcmp(nn_tensor_floats(x), nn_tensor_floats(y),
                    (size_t)nn_tensor_count(x) * sizeof(float)) == 0,
             "the same bits");
    }
}

static void round_trip(nn_context *context, nn_model *model)
{
    struct stored first = save(model);
    nn_model *again = load(context, &first);
    must(again != NULL, "what was saved loads");
    compare_parameters(model, again);
    struct stored second = save(again);
    must(first.size == second.size && memcmp(first.bytes, second.bytes, first.size) == 0,
         "the same file");
    nn_model_destroy(again);
    free(first.bytes);
    free(second.bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stored file = stored_file(data, size);
    nn_context *context = stored_context();
    nn_context *roomy = nn_context_create(NULL);
    nn_model *model = load(context, &file);
    if (model != NULL)
        round_trip(roomy, model);
    nn_model_destroy(model);
    nn_context_destroy(roomy);
    nn_context_destroy(context);
    free(file.bytes);
    return 0;
}
