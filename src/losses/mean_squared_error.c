/* The mean squared error of a sample with outputs f and targets y of n elements:
 *     l = 1/n sum_j (f_j - y_j)^2,        dl/df_j = 2/n (f_j - y_j).
 * The lecture's loss of regression; with Gaussian noise its minimum is the maximum of the
 * likelihood (Gauss 1809; Bishop, "Pattern Recognition and Machine Learning", 3.1.1). */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_parts.h"
#include "losses/loss_targets.h"

nn_loss *nn_mean_squared_error(nn_context *context)
{
    return nni_loss_new(context, &nni_loss_mean_squared_error);
}

/* One output: the sums above have one term. */
static void mean_squared_error_of_one(const struct nni_loss_call *part)
{
    const float *target = part->target;
    for (int64_t r = 0; r < part->rows; r++) {
        const float e = part->output[r] - target[r];
        part->row_loss[r] = e * e;
        if (part->output_gradient != NULL) {
            part->output_gradient[r] = e * (2.0f * part->row_scale[r]);
        }
    }
}

static void mean_squared_error_part(const nn_loss *loss, const struct nni_loss_call *part)
{
    (void)loss;
    const struct nni_kernels *kernels = part->kernels;
    const int64_t n = nni_shape_count(part->output_shape);
    float *error = part->scratch;
    if (n == 1) {
        mean_squared_error_of_one(part);
        return;
    }
    kernels->subtract(part->output, part->target, error, part->rows * n);

    for (int64_t r = 0; r < part->rows; r++) {
        const float *e = error + r * n;
        part->row_loss[r] = kernels->dot(e, e, n) / (float)n;
        if (part->output_gradient != NULL) {
            const float factor = 2.0f * part->row_scale[r] / (float)n;
            kernels->scale(e, factor, part->output_gradient + r * n, n);
        }
    }
}

static void mean_squared_error_run(const nn_loss *loss, const struct nni_loss_call *call)
{
    nni_loss_in_parts(loss, call, mean_squared_error_part);
}

const struct nni_loss_type nni_loss_mean_squared_error = {
    .id = 1,
    .name = "mean_squared_error",
    .size = sizeof(struct nn_loss),
    .takes_target = 1,
    .check = nni_loss_check_float_target,
    .scratch_per_sample = nni_loss_one_term_each,
    .run = mean_squared_error_run,
};
