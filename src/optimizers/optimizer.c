/* Optimizers as handles: made by type or by name, their options, their end. What an
 * optimizer computes stands in the file of its kind; the state in optimizer_state.c, a
 * step in optimizer_run.c. */
#include "optimizers/optimizer.h"

#include <stdio.h>
#include <string.h>

static void optimizer_release(void *handle)
{
    nn_optimizer *optimizer = handle;
    nni_optimizer_unbind(optimizer);
    const struct nni_options options = nni_optimizer_options(optimizer);
    nni_options_release(&options);
}

struct nni_options nni_optimizer_options(const nn_optimizer *optimizer)
{
    const struct nni_options options = {
        .context = optimizer->handle.context,
        .kind = optimizer->type->name,
        .object = (void *)optimizer,
        .table = optimizer->type->options,
        .count = optimizer->type->option_count,
    };
    return options;
}

nn_optimizer *nni_optimizer_new(nn_context *context,
                                const struct nni_optimizer_type *type)
{
    nn_optimizer *optimizer = nni_handle_create(context, type->size, optimizer_release);
    if (optimizer == NULL) {
        return NULL;
    }
    optimizer->type = type;
    optimizer->kernels = nni_kernels_for(optimizer->handle.context);
    const struct nni_options options = nni_optimizer_options(optimizer);
    nni_options_reset(&options);
    return optimizer;
}

nn_optimizer *nni_optimizer_finish(nn_optimizer *optimizer, nn_status status)
{
    if (status == NN_OK) {
        return optimizer;
    }
    nni_handle_release(optimizer);
    return NULL;
}

nn_optimizer *nni_optimizer_new_rate(nn_context *context,
                                     const struct nni_optimizer_type *type, double rate)
{
    nn_optimizer *optimizer = nni_optimizer_new(context, type);
    if (optimizer == NULL) {
        return NULL;
    }
    return nni_optimizer_finish(optimizer, nn_optimizer_set_rate(optimizer, rate));
}

/* Lists the names in the message of a kind that does not exist. */
static void optimizer_unknown_kind(const char *kind)
{
    char names[NNI_ERROR_TEXT_SIZE] = "";
    size_t used = 0;
    const struct nni_optimizer_type *type;
    for (int32_t i = 0; (type = nni_optimizer_type_at(i)) != NULL && used < sizeof names;
         i++) {
        const int written = snprintf(names + used, sizeof names - used, "%s%s",
                                     i == 0 ? "" : ", ", type->name);
        used += written < 0 ? 0 : (size_t)written;
    }
    (void)nni_fail(NN_ERROR_NAME,
                   "nn_optimizer_create: no optimizer is named \"%s\"; there are %s",
                   kind, names);
}

nn_optimizer *nn_optimizer_create(nn_context *context, const char *kind)
{
    if (kind == NULL) {
        (void)nni_fail(NN_ERROR_NULL, "nn_optimizer_create: kind is NULL");
        return NULL;
    }
    const struct nni_optimizer_type *type = nni_optimizer_type_named(kind);
    if (type == NULL) {
        optimizer_unknown_kind(kind);
        return NULL;
    }
    return nni_optimizer_new(context, type);
}

void nn_optimizer_destroy(nn_optimizer *optimizer)
{
    if (optimizer != NULL && optimizer->owner == NULL) {
        nni_handle_release(optimizer);
    }
}

const char *nn_optimizer_kind(const nn_optimizer *optimizer)
{
    return optimizer == NULL ? NULL : optimizer->type->name;
}

/* Bound state was allocated and filled as these options said. */
static nn_status optimizer_may_change(const nn_optimizer *optimizer, const char *option)
{
    const char *const *fixed = optimizer->type->fixed;
    if (optimizer->pieces == NULL || fixed == NULL) {
        return NN_OK;
    }
    for (; *fixed != NULL; fixed++) {
        if (strcmp(*fixed, option) == 0) {
            return nni_fail(
                NN_ERROR_STATE,
                "%s: option \"%s\" is set before the first step, and before the "
                "optimizer is given to a trainer",
                optimizer->type->name, option);
        }
    }
    return NN_OK;
}

nn_status nn_optimizer_set(nn_optimizer *optimizer, const char *option, double value)
{
    NNI_NOT_NULL_HANDLE("nn_optimizer_set", optimizer);
    NNI_NOT_NULL("nn_optimizer_set", option);
    NNI_TRY(optimizer_may_change(optimizer, option));
    const struct nni_options options = nni_optimizer_options(optimizer);
    double before;
    NNI_TRY(nni_options_get_number(&options, option, &before));
    NNI_TRY(nni_options_set_number(&options, option, value));
    if (optimizer->type->check == NULL) {
        return NN_OK;
    }
    const nn_status status = optimizer->type->check(optimizer);
    if (status != NN_OK) {
        (void)nni_options_set_number(&options, option, before);
    }
    return status;
}

nn_status nn_optimizer_option(const nn_optimizer *optimizer, const char *option,
                              double *value)
{
    NNI_NOT_NULL("nn_optimizer_option", value);
    *value = 0;
    NNI_NOT_NULL_HANDLE("nn_optimizer_option", optimizer);
    NNI_NOT_NULL("nn_optimizer_option", option);
    const struct nni_options options = nni_optimizer_options(optimizer);
    return nni_options_get_number(&options, option, value);
}

nn_status nn_optimizer_set_rate(nn_optimizer *optimizer, double rate)
{
    NNI_NOT_NULL_HANDLE("nn_optimizer_set_rate", optimizer);
    return nn_optimizer_set(optimizer, "rate", rate);
}

double nn_optimizer_rate(const nn_optimizer *optimizer)
{
    return optimizer == NULL ? 0 : optimizer->rate;
}
