/* The mean absolute error of a sample with outputs f and targets y of n elements:
 *     l = 1/n sum_j |f_j - y_j|,        dl/df_j = 1/n sign(f_j - y_j),  sign(0) = 0.
 * Its minimum is the median where the squared error's is the mean, so single outliers
 * count less (Laplace 1774; Bishop, "Pattern Recognition and Machine Learning", 2006,
 * section 1.5.5). */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_parts.h"
#include "losses/loss_targets.h"

#include <math.h>

nn_loss *nn_mean_absolute_error(nn_context *context)
{
    return nni_loss_new(context, &nni_loss_mean_absolute_error);
}

/* factor * sign(e); 0 for 0, NaN for NaN. */
static float mean_absolute_error_slope(float e, float factor)
{
    if (e > 0.0f) {
        return factor;
    }
    return e < 0.0f ? -factor : e * factor;
}

static void mean_absolute_error_part(const nn_loss *loss,
                                     const struct nni_loss_call *part)
{
    (void)loss;
    const int64_t n = nni_shape_count(part->output_shape);
    const int64_t total = part->rows * n;
    float *e = part->scratch;
    part->kernels->subtract(part->output, part->target, e, total);

    if (part->output_gradient != NULL) {
        for (int64_t r = 0; r < part->rows; r++) {
            const float factor = part->row_scale[r] / (float)n;
            for (int64_t i = r * n; i < (r + 1) * n; i++) {
                part->output_gradient[i] = mean_absolute_error_slope(e[i], factor);
            }
        }
    }
    for (int64_t i = 0; i < total; i++) {
        e[i] = fabsf(e[i]);
    }
    nni_loss_row_means(part, e, n);
}

static void mean_absolute_error_run(const nn_loss *loss, const struct nni_loss_call *call)
{
    nni_loss_in_parts(loss, call, mean_absolute_error_part);
}

const struct nni_loss_type nni_loss_mean_absolute_error = {
    .id = 2,
    .name = "mean_absolute_error",
    .size = sizeof(struct nn_loss),
    .takes_target = 1,
    .check = nni_loss_check_float_target,
    .scratch_per_sample = nni_loss_one_term_each,
    .run = mean_absolute_error_run,
};
