/* Files of models. One that loads is saved and loaded again: the same parameters to the
 * bit, and the same file. */
#include "stored.h"

static nn_model *load(nn_context *context, struct stored *file)
{
    file->at = 0;
    return nn_model_load_from(context, stored_read, file);
}

static void round_trip(nn_context *context, nn_model *model)
{
    struct stored first = stored_model(model);
    nn_model *again = load(context, &first);
    must(again != NULL, "what was saved loads");
    stored_compare(model, again);
    struct stored second = stored_model(again);
    must(stored_equal(&first, &second), "the same file");
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
    stored_count(roomy, &file, model != NULL);
    if (model != NULL)
        round_trip(roomy, model);
    nn_model_destroy(model);
    nn_context_destroy(roomy);
    stored_context_end(context);
    free(file.bytes);
    return 0;
}
