/* The binary cross-entropy of probabilities f, the outputs of a sigmoid, with targets y
 * of n elements:
 *     l = -1/n sum_j [y_j log f_j + (1 - y_j) log(1 - f_j)],
 *     dl/df_j = 1/n (f_j - y_j) / (f_j (1 - f_j)).
 * It is the negative log-likelihood of independent coins (Bishop, "Pattern Recognition
 * and Machine Learning", 4.3.2; some slides lack the minus sign). At f = 0 and 1 both are
 * infinite; as in PyTorch the logarithms are therefore at least -100 and the denominator
 * is at least 1e-12. sigmoid_cross_entropy.c has no need of such bounds. Class weights
 * multiply each element's term. */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_binary.h"
#include "losses/loss_parts.h"

static const float binary_cross_entropy_least_log = -100.0f;
static const float binary_cross_entropy_least_variance = 1e-12f;

nn_loss *nn_binary_cross_entropy(nn_context *context)
{
    return nni_loss_new(context, &nni_loss_binary_cross_entropy);
}

/* log f, log(1 - f) and the converted targets. */
static int64_t binary_cross_entropy_scratch(const nn_loss *loss,
                                            const struct nni_shape *output)
{
    (void)loss;
    return 3 * nni_shape_count(output);
}

/* The larger of bound and x; NaN stays. */
static float binary_cross_entropy_bound(float bound, float x)
{
    return bound > x ? bound : x;
}

static void binary_cross_entropy_slopes(const nn_loss *loss,
                                        const struct nni_loss_call *part, const float *y,
                                        int64_t n)
{
    for (int64_t r = 0; r < part->rows; r++) {
        const float scale = part->row_scale[r] / (float)n;
        for (int64_t i = r * n; i < (r + 1) * n; i++) {
            const float f = part->output[i];
            const float variance = binary_cross_entropy_bound(
                binary_cross_entropy_least_variance, f * (1.0f - f));
            part->output_gradient[i] =
                scale * nni_binary_weight(loss, y[i]) * (f - y[i]) / variance;
        }
    }
}

static void binary_cross_entropy_part(const nn_loss *loss,
                                      const struct nni_loss_call *part)
{
    const int64_t n = nni_shape_count(part->output_shape);
    const int64_t total = part->rows * n;
    float *log_f = part->scratch;
    float *log_rest = log_f + total;
    const float *y = nni_binary_targets(part, log_rest + total);

    for (int64_t i = 0; i < total; i++) {
        log_rest[i] = 1.0f - part->output[i];
    }
    part->kernels->log(part->output, log_f, total);
    part->kernels->log(log_rest, log_rest, total);
    for (int64_t i = 0; i < total; i++) {
        const float a =
            binary_cross_entropy_bound(binary_cross_entropy_least_log, log_f[i]);
        const float b =
            binary_cross_entropy_bound(binary_cross_entropy_least_log, log_rest[i]);
        log_f[i] = -nni_binary_weight(loss, y[i]) * (y[i] * a + (1.0f - y[i]) * b);
    }
    nni_loss_row_means(part, log_f, n);
    if (part->output_gradient != NULL) {
        binary_cross_entropy_slopes(loss, part, y, n);
    }
}

static void binary_cross_entropy_run(const nn_loss *loss,
                                     const struct nni_loss_call *call)
{
    nni_loss_in_parts(loss, call, binary_cross_entropy_part);
}

const struct nni_loss_type nni_loss_binary_cross_entropy = {
    .id = 4,
    .name = "binary_cross_entropy",
    .size = sizeof(struct nni_binary_loss),
    .options = nni_binary_options,
    .option_count = NNI_BINARY_OPTION_COUNT,
    .takes_target = 1,
    .check = nni_binary_check,
    .check_targets = nni_binary_check_targets,
    .has_class_factor = nni_binary_has_class_factor,
    .class_factor = nni_binary_class_factor,
    .scratch_per_sample = binary_cross_entropy_scratch,
    .run = binary_cross_entropy_run,
};
