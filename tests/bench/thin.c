/* The thin network. Forward, z = x W, then bias and ReLU in one pass. Backward, for each layer
 * from the last: dx = dz W' (before W changes), then W = W - rate x' dz in the product itself
 * (alpha = -rate, beta = 1). Momentum's v = factor v + g is likewise one product; the other
 * optimizers need the gradient, and one pass over all parameters. */
#define _POSIX_C_SOURCE 200809L

#include "thin.h"
#include "blas.h"
#include "data.h"
#include "thin_loops.h"

#include <stdlib.h>

/* Each layer's weight and bias in a block like `parameters`. */
static void thin_places(const struct thin *thin, float *block, float **weight,
                        float **bias)
{
    for (int32_t l = 0; l < thin->layers; l++) {
        weight[l] = block;
        bias[l] = block + thin->width[l] * thin->width[l + 1];
        block = bias[l] + thin->width[l + 1];
    }
}

static void thin_fill(struct thin *thin)
{
    for (int32_t l = 0; l < thin->layers; l++) {
        int64_t inputs = thin->width[l], outputs = thin->width[l + 1];
        uint32_t salt = DATA_WEIGHTS + 2 * (uint32_t)l;
        data_uniform(thin->weight[l], inputs * outputs, salt, data_weight_scale(inputs));
        data_uniform(thin->bias[l], outputs, salt + 1, DATA_BIAS_SCALE);
    }
}

struct thin *thin_create(const struct runner_task *task, int64_t rows, int training)
{
    struct thin *thin = data_zeros(1, sizeof *thin);
    thin->layers = task->widths - 1;
    thin->optimizer = task->optimizer;
    thin->rate = (float)runner_rate(task->optimizer);
    thin->width[0] = task->width[0];
    for (int32_t l = 0; l < thin->layers; l++) {
        thin->width[l + 1] = task->width[l + 1];
        thin->parameter_count += (task->width[l] + 1) * task->width[l + 1];
        thin->value[l] = data_zeros(rows * task->width[l + 1], sizeof(float));
        if (training)
            thin->delta[l] = data_zeros(rows * task->width[l + 1], sizeof(float));
    }
    thin->parameters = data_zeros(thin->parameter_count, sizeof(float));
    thin_places(thin, thin->parameters, thin->weight, thin->bias);
    if (training && task->optimizer != RUNNER_SGD) {
        thin->gradients = data_zeros(thin->parameter_count, sizeof(float));
        thin->first = data_zeros(thin->parameter_count, sizeof(float));
        thin->second = data_zeros(thin->parameter_count, sizeof(float));
        thin_places(thin, thin->gradients, thin->weight_gradient, thin->bias_gradient);
    }
    thin_fill(thin);
    return thin;
}

void thin_destroy(struct thin *thin)
{
    for (int32_t l = 0; l < thin->layers; l++) {
        free(thin->value[l]);
        free(thin->delta[l]);
    }
    free(thin->parameters);
    free(thin->gradients);
    free(thin->first);
    free(thin->second);
    free(thin);
}

const float *thin_forward(struct thin *thin, const float *inputs, int64_t rows)
{
    for (int32_t l = 0; l < thin->layers; l++) {
        int64_t width = thin->width[l + 1];
        blas_product(thin->ways, 0, 0, rows, width, thin->width[l], 1, inputs,
                     thin->weight[l], 0, thin->value[l]);
        thin_add_bias(thin->value[l], thin->bias[l], rows, width, l < thin->layers - 1);
        inputs = thin->value[l];
    }
    return inputs;
}

/* The gradients of layer l, or with SGD the update itself. */
static void thin_backward_layer(struct thin *thin, const float *inputs, int32_t l,
                                int64_t rows)
{
    int64_t in = thin->width[l], out = thin->width[l + 1];
    const float *kept = l < thin->layers - 1 ? thin->value[l] : NULL;
    const float *x = l > 0 ? thin->value[l - 1] : inputs;
    float alpha = 1, beta = 0, *weight = thin->weight_gradient[l],
          *bias = thin->bias_gradient[l];
    if (thin->optimizer == RUNNER_SGD) {
        alpha = -thin->rate;
        beta = 1;
        weight = thin->weight[l];
        bias = thin->bias[l];
    } else if (thin->optimizer == RUNNER_MOMENTUM) {
        beta = (float)RUNNER_MOMENTUM_FACTOR;
    }
    thin_mask_and_sum(thin->delta[l], kept, rows, out, alpha, beta, bias);
    if (l > 0)
        blas_product(thin->ways, 0, 1, rows, in, out, 1, thin->delta[l], thin->weight[l],
                     0, thin->delta[l - 1]);
    blas_product(thin->ways, 1, 0, in, out, rows, alpha, x, thin->delta[l], beta, weight);
}

float thin_step(struct thin *thin, const float *inputs, const int32_t *labels,
                const float *targets, int64_t rows)
{
    int32_t last = thin->layers - 1;
    const float *z = thin_forward(thin, inputs, rows);
    float loss = thin->width[thin->layers] == 1
                     ? thin_squared_loss(z, targets, rows, thin->delta[last])
                     : thin_softmax_loss(z, labels, rows, thin->width[thin->layers],
                                         thin->delta[last]);
    for (int32_t l = last; l >= 0; l--)
        thin_backward_layer(thin, inputs, l, rows);

    thin->step++;
    if (thin->optimizer == RUNNER_MOMENTUM)
        thin_update_momentum(thin->parameters, thin->gradients, thin->parameter_count,
                             thin->rate);
    else if (thin->optimizer == RUNNER_RMSPROP)
        thin_update_rmsprop(thin->parameters, thin->gradients, thin->second,
                            thin->parameter_count, thin->rate);
    else if (thin->optimizer == RUNNER_ADAM)
        thin_update_adam(thin->parameters, thin->gradients, thin->first, thin->second,
                         thin->parameter_count, thin->rate, thin->step);
    return loss;
}
