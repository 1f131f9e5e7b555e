/* Losses as handles: made by type or by name, their options, their end. What a loss
 * computes stands in the file of its kind; how a batch of samples becomes one number in
 * batch.c and evaluate.c. */
#include "losses/loss.h"

#include <stdio.h>

static void loss_release(void *handle)
{
    const struct nni_options options = nni_loss_options(handle);
    nni_options_release(&options);
}

struct nni_options nni_loss_options(const nn_loss *loss)
{
    const struct nni_options options = {
        .context = loss->handle.context,
        .kind = loss->type->name,
        .object = (void *)loss,
        .table = loss->type->options,
        .count = loss->type->option_count,
    };
    return options;
}

nn_loss *nni_loss_new(nn_context *context, const struct nni_loss_type *type)
{
    nn_loss *loss = nni_handle_create(context, type->size, loss_release);
    if (loss == NULL) {
        return NULL;
    }
    loss->type = type;
    loss->kernels = nni_kernels_for(loss->handle.context);
    const struct nni_options options = nni_loss_options(loss);
    nni_options_reset(&options);
    return loss;
}

nn_loss *nni_loss_finish(nn_loss *loss, nn_status status)
{
    if (status == NN_OK) {
        return loss;
    }
    nni_handle_release(loss);
    return NULL;
}

/* Lists the names in the message of a kind that does not exist. */
static void loss_unknown_kind(const char *kind)
{
    char names[NNI_ERROR_TEXT_SIZE] = "";
    size_t used = 0;
    const struct nni_loss_type *type;
    for (int32_t i = 0; (type = nni_loss_type_at(i)) != NULL && used < sizeof names;
         i++) {
        const int written = snprintf(names + used, sizeof names - used, "%s%s",
                                     i == 0 ? "" : ", ", type->name);
        used += written < 0 ? 0 : (size_t)written;
    }
    (void)nni_fail(NN_ERROR_NAME, "nn_loss_create: no loss is named \"%s\"; there are %s",
                   kind, names);
}

nn_loss *nn_loss_create(nn_context *context, const char *kind)
{
    if (kind == NULL) {
        (void)nni_fail(NN_ERROR_NULL, "nn_loss_create: kind is NULL");
        return NULL;
    }
    const struct nni_loss_type *type = nni_loss_type_named(kind);
    if (type == NULL) {
        loss_unknown_kind(kind);
        return NULL;
    }
    return nni_loss_new(context, type);
}

void nn_loss_destroy(nn_loss *loss)
{
    if (loss != NULL && loss->owner == NULL) {
        nni_handle_release(loss);
    }
}

const char *nn_loss_kind(const nn_loss *loss)
{
    return loss == NULL ? NULL : loss->type->name;
}

/* A trainer has checked the options against its model and data: they stay as they are. */
static nn_status loss_may_change(const nn_loss *loss, const char *option)
{
    if (loss->owner != NULL) {
        return nni_fail(NN_ERROR_STATE,
                        "%s: option \"%s\" is set before the loss is given to a trainer",
                        loss->type->name, option);
    }
    return NN_OK;
}

nn_status nn_loss_set_float(nn_loss *loss, const char *option, double value)
{
    NNI_NOT_NULL_HANDLE("nn_loss_set_float", loss);
    NNI_NOT_NULL("nn_loss_set_float", option);
    NNI_TRY(loss_may_change(loss, option));
    const struct nni_options options = nni_loss_options(loss);
    return nni_options_set_number(&options, option, value);
}

nn_status nn_loss_set_floats(nn_loss *loss, const char *option, const float *values,
                             int64_t count)
{
    NNI_NOT_NULL_HANDLE("nn_loss_set_floats", loss);
    NNI_NOT_NULL("nn_loss_set_floats", option);
    if (values == NULL && count != 0) {
        return nni_fail(NN_ERROR_NULL, "nn_loss_set_floats: values is NULL");
    }
    NNI_TRY(loss_may_change(loss, option));
    const struct nni_options options = nni_loss_options(loss);
    return nni_options_set_floats(&options, option, values, count);
}

nn_status nn_loss_option(const nn_loss *loss, const char *option, double *value)
{
    NNI_NOT_NULL("nn_loss_option", value);
    *value = 0;
    NNI_NOT_NULL_HANDLE("nn_loss_option", loss);
    NNI_NOT_NULL("nn_loss_option", option);
    const struct nni_options options = nni_loss_options(loss);
    return nni_options_get_number(&options, option, value);
}
