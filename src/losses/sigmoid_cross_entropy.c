/* The binary cross-entropy of logits z, f = sigmoid(z) = 1 / (1 + exp(-z)), with targets
 * y of n elements. From -log f = log(1 + exp(-z)) and -log(1 - f) = z + log(1 + exp(-z))
 * follows
 *     l = 1/n sum_j [max(z_j, 0) - z_j y_j + log(1 + exp(-|z_j|))],
 *     dl/dz_j = 1/n (sigmoid(z_j) - y_j),
 * in which no exponential overflows and no logarithm meets 0 (the derivative is the
 * reason why the sigmoid and this loss belong together; Bishop, "Pattern Recognition and
 * Machine Learning", 4.3.2). With p = sigmoid(-|z|), the smaller of the two
 * probabilities, sigmoid(z) - y is p - y for z < 0 and (1 - y) - p elsewhere, which keeps
 * all digits where the output is right and certain. Class weights multiply each element's
 * term. */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_binary.h"
#include "losses/loss_parts.h"

#include <math.h>

nn_loss *nn_sigmoid_cross_entropy(nn_context *context)
{
    return nni_loss_new(context, &nni_loss_sigmoid_cross_entropy);
}

/* The terms and the converted targets. */
static int64_t sigmoid_cross_entropy_scratch(const nn_loss *loss,
                                             const struct nni_shape *output)
{
    (void)loss;
    return 2 * nni_shape_count(output);
}

/* The gradient holds p = sigmoid(-|z|) and becomes the gradient. */
static void sigmoid_cross_entropy_slopes(const nn_loss *loss,
                                         const struct nni_loss_call *part, const float *y,
                                         int64_t n)
{
    for (int64_t r = 0; r < part->rows; r++) {
        const float scale = part->row_scale[r] / (float)n;
        for (int64_t i = r * n; i < (r + 1) * n; i++) {
            const float p = part->output_gradient[i];
            const float error = part->output[i] < 0.0f ? p - y[i] : (1.0f - y[i]) - p;
            part->output_gradient[i] = scale * nni_binary_weight(loss, y[i]) * error;
        }
    }
}

static void sigmoid_cross_entropy_part(const nn_loss *loss,
                                       const struct nni_loss_call *part)
{
    const struct nni_kernels *kernels = part->kernels;
    const int64_t n = nni_shape_count(part->output_shape);
    const int64_t total = part->rows * n;
    float *term = part->scratch;
    const float *y = nni_binary_targets(part, term + total);
    const float *z = part->output;

    for (int64_t i = 0; i < total; i++) {
        term[i] = -fabsf(z[i]);
    }
    if (part->output_gradient != NULL) {
        kernels->activation_forward(NN_SIGMOID, 0.0f, term, part->output_gradient, total);
        sigmoid_cross_entropy_slopes(loss, part, y, n);
    }
    kernels->activation_forward(NN_SOFTPLUS, 0.0f, term, term, total);
    for (int64_t i = 0; i < total; i++) {
        const float above = z[i] > 0.0f ? z[i] : 0.0f;
        term[i] = nni_binary_weight(loss, y[i]) * (above - z[i] * y[i] + term[i]);
    }
    nni_loss_row_means(part, term, n);
}

static void sigmoid_cross_entropy_run(const nn_loss *loss,
                                      const struct nni_loss_call *call)
{
    nni_loss_in_parts(loss, call, sigmoid_cross_entropy_part);
}

const struct nni_loss_type nni_loss_sigmoid_cross_entropy = {
    .id = 5,
    .name = "sigmoid_cross_entropy",
    .size = sizeof(struct nni_binary_loss),
    .options = nni_binary_options,
    .option_count = NNI_BINARY_OPTION_COUNT,
    .takes_target = 1,
    .from_logits = 1,
    .check = nni_binary_check,
    .check_targets = nni_binary_check_targets,
    .has_class_factor = nni_binary_has_class_factor,
    .class_factor = nni_binary_class_factor,
    .scratch_per_sample = sigmoid_cross_entropy_scratch,
    .run = sigmoid_cross_entropy_run,
};
