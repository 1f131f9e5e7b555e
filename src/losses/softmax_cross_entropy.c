/* The cross-entropy of logits z with C classes, p = softmax(z), and targets t, a class or
 * a probability of each class:
 *     l = -sum_c t_c log p_c,        dl/dz_c = (sum_k t_k) p_c - t_c,
 * the negative log-likelihood of a categorical variable (Bishop, "Pattern Recognition and
 * Machine Learning", 4.3.4). log p_c = z_c - max z - log sum_k exp(z_k - max z) needs no
 * exponential of a positive number. For one class y these are -log p_y and
 * p - one_hot(y).
 *
 * Label smoothing e (Szegedy et al., "Rethinking the Inception architecture", 2016)
 * replaces t_c by (1 - e) t_c + e / C. Class weights w multiply each class's term; the
 * sample then counts w_y times, or sum_c t_c w_c times. For labels these are PyTorch's
 * definitions; for probabilities PyTorch divides by the number of samples instead.
 *
 * Leading dimensions are positions t of one sample: l and its count are their means. */
#include "base/compiler.h"
#include "base/contract.h"
#include "losses/loss_parts.h"
#include "losses/loss_targets.h"

#include <float.h>
#include <inttypes.h>

struct softmax_loss {
    struct nn_loss base;
    double label_smoothing;
    struct nni_float_list class_weights; /* none, or one of each class */
};

static const struct nni_option softmax_loss_options[] = {
    {.name = "label_smoothing",
     .type = NNI_OPTION_FLOAT,
     .offset = offsetof(struct softmax_loss, label_smoothing),
     .maximum = 1,
     .open_maximum = 1},
    {.name = "class_weights",
     .type = NNI_OPTION_FLOATS,
     .offset = offsetof(struct softmax_loss, class_weights),
     .maximum = (double)FLT_MAX},
};

nn_loss *nn_softmax_cross_entropy(nn_context *context)
{
    return nni_loss_new(context, &nni_loss_softmax_cross_entropy);
}

static int64_t softmax_loss_classes(const struct nni_shape *output)
{
    return output->dim[output->rank - 1];
}

static int64_t softmax_loss_positions(const struct nni_shape *output)
{
    return nni_shape_product(output, 0, output->rank - 1);
}

static float softmax_loss_weight(const nn_loss *loss, int64_t c)
{
    const struct nni_float_list *weights =
        &((const struct softmax_loss *)loss)->class_weights;
    return weights->count == 0 ? 1.0f : weights->values[c];
}

/* ---- checks ---- */

static nn_status softmax_loss_check_target(const nn_loss *loss,
                                           const struct nni_shape *output,
                                           const struct nni_shape *target)
{
    struct nni_shape labels = *output;
    labels.rank--;
    const int one_label = labels.rank == 0 && target->rank == 1 && target->dim[0] == 1;
    const int label_shape = one_label || nni_shape_equal(&labels, target);
    const int output_shape = nni_shape_equal(output, target);
    if (target->dtype == NN_FLOAT32 ? output_shape : label_shape) {
        return NN_OK;
    }
    return nni_fail(
        label_shape || output_shape ? NN_ERROR_DTYPE : NN_ERROR_SHAPE,
        "%s: output %s takes labels of shape %s%s, or float32 targets of shape "
        "%s; got %s %s",
        loss->type->name, nni_shape_text(output).text, nni_shape_text(&labels).text,
        labels.rank == 0 ? " or (1)" : "", nni_shape_text(output).text,
        nni_dtype_name(target->dtype), nni_shape_text(target).text);
}

static nn_status softmax_loss_check(const nn_loss *loss, const struct nni_shape *output,
                                    const struct nni_shape *target)
{
    NNI_TRY(nni_loss_check_given(loss, target));
    if (output->rank == 0) {
        return nni_fail(NN_ERROR_RANK, "%s: output () has no dimension of classes",
                        loss->type->name);
    }
    const int64_t classes = softmax_loss_classes(output);
    const int64_t weights = ((const struct softmax_loss *)loss)->class_weights.count;
    if (weights != 0 && weights != classes) {
        return nni_fail(NN_ERROR_SHAPE,
                        "%s: class_weights has %" PRId64
                        " numbers; output %s needs %" PRId64,
                        loss->type->name, weights, nni_shape_text(output).text, classes);
    }
    return softmax_loss_check_target(loss, output, target);
}

static nn_status softmax_loss_check_targets(const nn_loss *loss,
                                            const struct nni_shape *output,
                                            const struct nni_shape *target,
                                            const void *values, int64_t rows,
                                            int64_t *row)
{
    if (target->dtype == NN_FLOAT32) {
        return nni_loss_check_probabilities(loss, values, nni_shape_count(output), rows,
                                            row);
    }
    const int64_t classes = softmax_loss_classes(output);
    const int64_t positions = softmax_loss_positions(output);
    for (int64_t i = 0; i < rows * positions; i++) {
        const int64_t label = nni_loss_label(values, target->dtype, i);
        if (label < 0 || label >= classes) {
            *row = i / positions;
            return nni_fail(NN_ERROR_LABEL,
                            "%s: label %" PRId64 " is not in 0 ... %" PRId64,
                            loss->type->name, label, classes - 1);
        }
    }
    return NN_OK;
}

/* ---- how often a sample counts ---- */

/* The sum of a sample's probabilities may be any number. */
static int softmax_loss_has_class_factor(const nn_loss *loss,
                                         const struct nni_shape *target)
{
    return target->dtype == NN_FLOAT32 ||
           ((const struct softmax_loss *)loss)->class_weights.count != 0;
}

static double softmax_loss_position_factor(const nn_loss *loss,
                                           const struct nni_shape *target,
                                           const void *values, int64_t position,
                                           int64_t classes)
{
    if (target->dtype != NN_FLOAT32) {
        return (double)softmax_loss_weight(
            loss, nni_loss_label(values, target->dtype, position));
    }
    const float *t = (const float *)values + position * classes;
    double sum = 0;
    for (int64_t c = 0; c < classes; c++) {
        sum += (double)t[c] * (double)softmax_loss_weight(loss, c);
    }
    return sum;
}

static void softmax_loss_class_factor(const nn_loss *loss, const struct nni_shape *output,
                                      const struct nni_shape *target, const void *values,
                                      int64_t rows, float *factor)
{
    const int64_t classes = softmax_loss_classes(output);
    const int64_t positions = softmax_loss_positions(output);
    for (int64_t r = 0; r < rows; r++) {
        double sum = 0;
        for (int64_t p = r * positions; p < (r + 1) * positions; p++) {
            sum += softmax_loss_position_factor(loss, target, values, p, classes);
        }
        factor[r] = (float)(sum / (double)positions);
    }
}

/* ---- value and gradient ---- */

/* The largest need of a part: log p of each class, a term for each position, and one
 * line of weighted targets. */
static int64_t softmax_loss_scratch(const nn_loss *loss, const struct nni_shape *output)
{
    (void)loss;
    if (output->rank == 0)
        return 0; /* no targets fit, but predictions come by */
    const int64_t classes = softmax_loss_classes(output);
    return (classes + 1) * softmax_loss_positions(output) + classes;
}

/* -w log p_y, and scale w (p - one_hot(y)) in place of p, which is NULL where no gradient
 * is asked for. */
static float softmax_loss_of_label(const nn_loss *loss, int64_t y, const float *log_p,
                                   float scale, float *p, int64_t classes)
{
    const float weight = softmax_loss_weight(loss, y);
    if (p != NULL) {
        p[y] -= 1.0f;
        for (int64_t c = 0; c < classes; c++) {
            p[c] *= scale * weight;
        }
    }
    return -weight * log_p[y];
}

/* a_c = w_c ((1 - e) t_c + e / C), where t is the one_hot(label) if it is NULL. */
static void softmax_loss_weighted_targets(const nn_loss *loss, const float *t,
                                          int64_t label, float *a, int64_t classes)
{
    const double e = ((const struct softmax_loss *)loss)->label_smoothing;
    const float keep = (float)(1 - e);
    const float spread = (float)(e / (double)classes);
    for (int64_t c = 0; c < classes; c++) {
        const float share = t != NULL ? t[c] : (c == label ? 1.0f : 0.0f);
        a[c] = softmax_loss_weight(loss, c) * (keep * share + spread);
    }
}

/* -sum_c a_c log p_c (0 where a_c is 0), and scale (sum(a) p - a) in place of p as above.
 * log_p is overwritten by the products. */
static float softmax_loss_of_targets(const struct nni_kernels *kernels, const float *a,
                                     float *log_p, float scale, float *p, int64_t classes)
{
    if (p != NULL) {
        const float total = kernels->sum(a, classes);
        for (int64_t c = 0; c < classes; c++) {
            p[c] = scale * (total * p[c] - a[c]);
        }
    }
    for (int64_t c = 0; c < classes; c++) {
        log_p[c] = a[c] == 0.0f ? 0.0f : a[c] * log_p[c];
    }
    return -kernels->sum(log_p, classes);
}

static void softmax_loss_part(const nn_loss *loss, const struct nni_loss_call *part)
{
    const struct nni_kernels *kernels = part->kernels;
    const int64_t classes = softmax_loss_classes(part->output_shape);
    const int64_t positions = softmax_loss_positions(part->output_shape);
    const int64_t lines = part->rows * positions;
    const int32_t dtype = part->target_shape->dtype;
    const int smooth = ((const struct softmax_loss *)loss)->label_smoothing > 0;

    float *log_p = part->scratch;
    float *term = log_p + lines * classes;
    float *a = term + lines;
    kernels->log_softmax_forward(part->output, log_p, lines, classes);
    float *p = part->output_gradient;
    if (p != NULL) {
        kernels->exp(log_p, p, lines * classes);
    }

    for (int64_t i = 0; i < lines; i++) {
        const float scale = part->row_scale[i / positions] / (float)positions;
        float *line_p = p == NULL ? NULL : p + i * classes;
        const float *t =
            dtype == NN_FLOAT32 ? (const float *)part->target + i * classes : NULL;
        const int64_t y = t == NULL ? nni_loss_label(part->target, dtype, i) : 0;
        if (t == NULL && !smooth) {
            term[i] = softmax_loss_of_label(loss, y, log_p + i * classes, scale, line_p,
                                            classes);
            continue;
        }
        softmax_loss_weighted_targets(loss, t, y, a, classes);
        term[i] = softmax_loss_of_targets(kernels, a, log_p + i * classes, scale, line_p,
                                          classes);
    }
    nni_loss_row_means(part, term, positions);
}

static void softmax_loss_run(const nn_loss *loss, const struct nni_loss_call *call)
{
    nni_loss_in_parts(loss, call, softmax_loss_part);
}

const struct nni_loss_type nni_loss_softmax_cross_entropy = {
    .id = 6,
    .name = "softmax_cross_entropy",
    .size = sizeof(struct softmax_loss),
    .options = softmax_loss_options,
    .option_count = NNI_COUNT(softmax_loss_options),
    .takes_target = 1,
    .from_logits = 1,
    .check = softmax_loss_check,
    .check_targets = softmax_loss_check_targets,
    .has_class_factor = softmax_loss_has_class_factor,
    .class_factor = softmax_loss_class_factor,
    .scratch_per_sample = softmax_loss_scratch,
    .run = softmax_loss_run,
};
