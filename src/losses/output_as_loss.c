/* The network's output taken as the loss: with n elements f of a sample,
 *     l = 1/n sum_j f_j,        dl/df_j = 1/n.
 * So a loss that is not in this folder is composed of layers, its targets being inputs of
 * the network, and backpropagation starts from the slope of a mean. */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_parts.h"

nn_loss *nn_output_as_loss(nn_context *context)
{
    return nni_loss_new(context, &nni_loss_output_as_loss);
}

static nn_status output_as_loss_check(const nn_loss *loss, const struct nni_shape *output,
                                      const struct nni_shape *target)
{
    (void)output;
    if (target != NULL) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: takes no targets; got %s %s",
                        loss->type->name, nni_dtype_name(target->dtype),
                        nni_shape_text(target).text);
    }
    return NN_OK;
}

static int64_t output_as_loss_scratch(const nn_loss *loss, const struct nni_shape *output)
{
    (void)loss;
    (void)output;
    return 0;
}

static void output_as_loss_part(const nn_loss *loss, const struct nni_loss_call *part)
{
    (void)loss;
    const int64_t n = nni_shape_count(part->output_shape);
    nni_loss_row_means(part, part->output, n);
    if (part->output_gradient == NULL) {
        return;
    }
    for (int64_t r = 0; r < part->rows; r++) {
        const float slope = part->row_scale[r] / (float)n;
        for (int64_t i = r * n; i < (r + 1) * n; i++) {
            part->output_gradient[i] = slope;
        }
    }
}

static void output_as_loss_run(const nn_loss *loss, const struct nni_loss_call *call)
{
    nni_loss_in_parts(loss, call, output_as_loss_part);
}

const struct nni_loss_type nni_loss_output_as_loss = {
    .id = 7,
    .name = "output_as_loss",
    .size = sizeof(struct nn_loss),
    .check = output_as_loss_check,
    .scratch_per_sample = output_as_loss_scratch,
    .run = output_as_loss_run,
};
