/* Huber's loss of a sample with outputs f and targets y of n elements: squares near the
 * target, straight lines of slope delta beyond,
 *     l = 1/n sum_j h(f_j - y_j),
 *     h(e) = e^2 / 2 where |e| <= delta,  delta (|e| - delta / 2) elsewhere,
 *     h'(e) = e clipped to [-delta, delta].
 * Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics
 * 35 (1964), 73-101. With delta = 1 it is also called the smooth L1 loss. */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_parts.h"
#include "losses/loss_targets.h"

#include <float.h>
#include <math.h>

struct huber_loss {
    struct nn_loss base;
    double delta;
};

static const struct nni_option huber_options[] = {
    {.name = "delta",
     .type = NNI_OPTION_FLOAT,
     .offset = offsetof(struct huber_loss, delta),
     .maximum = (double)FLT_MAX,
     .open_minimum = 1,
     .standard = 1},
};

nn_loss *nn_huber(nn_context *context, double delta)
{
    nn_loss *loss = nni_loss_new(context, &nni_loss_huber);
    return loss == NULL ? NULL
                        : nni_loss_finish(loss, nn_loss_set_float(loss, "delta", delta));
}

static float huber_value(float e, float delta)
{
    const float size = fabsf(e);
    return size <= delta ? 0.5f * e * e : delta * (size - 0.5f * delta);
}

static float huber_slope(float e, float delta)
{
    if (e > delta) {
        return delta;
    }
    return e < -delta ? -delta : e;
}

static void huber_part(const nn_loss *loss, const struct nni_loss_call *part)
{
    const float delta = (float)((const struct huber_loss *)loss)->delta;
    const int64_t n = nni_shape_count(part->output_shape);
    const int64_t total = part->rows * n;
    float *e = part->scratch;
    part->kernels->subtract(part->output, part->target, e, total);

    if (part->output_gradient != NULL) {
        for (int64_t r = 0; r < part->rows; r++) {
            const float factor = part->row_scale[r] / (float)n;
            for (int64_t i = r * n; i < (r + 1) * n; i++) {
                part->output_gradient[i] = factor * huber_slope(e[i], delta);
            }
        }
    }
    for (int64_t i = 0; i < total; i++) {
        e[i] = huber_value(e[i], delta);
    }
    nni_loss_row_means(part, e, n);
}

static void huber_run(const nn_loss *loss, const struct nni_loss_call *call)
{
    nni_loss_in_parts(loss, call, huber_part);
}

const struct nni_loss_type nni_loss_huber = {
    .id = 3,
    .name = "huber",
    .size = sizeof(struct huber_loss),
    .options = huber_options,
    .option_count = NNI_COUNT(huber_options),
    .takes_target = 1,
    .check = nni_loss_check_float_target,
    .scratch_per_sample = nni_loss_one_term_each,
    .run = huber_run,
};
