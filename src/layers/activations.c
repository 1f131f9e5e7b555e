/* Activations as dense and activation layers share them: their names, the constant
 * alpha of leaky relu and elu, and running one over the samples of a call. The
 * formulas themselves are kernels. */
#include "layers/layer.h"

#include "base/text.h"

const char *const nni_activation_names[] = {
    "linear", "sigmoid", "tanh",     "relu",    "leaky_relu",  "elu", "selu",
    "gelu",   "silu",    "softplus", "softmax", "log_softmax", NULL,
};

enum { ACTIVATION_COUNT = NN_LOG_SOFTMAX + 1 };

const char *nn_activation_name(int32_t activation)
{
    if (activation < 0 || activation >= ACTIVATION_COUNT) {
        return NULL;
    }
    return nni_activation_names[activation];
}

int nni_activation_by_rows(int32_t activation)
{
    return activation == NN_SOFTMAX || activation == NN_LOG_SOFTMAX;
}

nn_status nni_activation_check_alpha(const nn_layer *layer, double alpha)
{
    if (alpha < 0 && alpha != NNI_ALPHA_USUAL) {
        return nni_layer_fail(layer, NN_ERROR_ARGUMENT,
                              "alpha is %s, expected at least 0, or -1 for the usual one",
                              nni_number_text(alpha, 6).text);
    }
    return NN_OK;
}

float nni_activation_alpha(int32_t activation, double alpha)
{
    if (alpha != NNI_ALPHA_USUAL) {
        return (float)alpha;
    }
    return activation == NN_LEAKY_RELU ? 0.01f : 1.0f;
}

/* One pass over samples of `count` floats, in rows of `columns` for the softmax pair. */
struct activation_pass {
    const struct nni_kernels *kernels;
    int32_t activation;
    float alpha;
    const float *x; /* z forward, what was kept backward */
    const float *dy;
    float *out;
    int64_t count, columns;
};

static void activation_forward_range(void *data, int32_t index, int64_t first,
                                     int64_t end)
{
    const struct activation_pass *pass = data;
    const struct nni_kernels *kernels = pass->kernels;
    const int64_t n = (end - first) * pass->count;
    const float *z = pass->x + first * pass->count;
    float *y = pass->out + first * pass->count;
    (void)index;
    if (pass->activation == NN_SOFTMAX) {
        kernels->softmax_forward(z, y, n / pass->columns, pass->columns);
    } else if (pass->activation == NN_LOG_SOFTMAX) {
        kernels->log_softmax_forward(z, y, n / pass->columns, pass->columns);
    } else {
        kernels->activation_forward(pass->activation, pass->alpha, z, y, n);
    }
}

static void activation_backward_range(void *data, int32_t index, int64_t first,
                                      int64_t end)
{
    const struct activation_pass *pass = data;
    const struct nni_kernels *kernels = pass->kernels;
    const int64_t n = (end - first) * pass->count;
    const float *kept = pass->x + first * pass->count;
    const float *dy = pass->dy + first * pass->count;
    float *dz = pass->out + first * pass->count;
    (void)index;
    if (pass->activation == NN_SOFTMAX) {
        kernels->softmax_backward(kept, dy, dz, n / pass->columns, pass->columns);
    } else if (pass->activation == NN_LOG_SOFTMAX) {
        kernels->log_softmax_backward(kept, dy, dz, n / pass->columns, pass->columns);
    } else {
        kernels->activation_backward(pass->activation, pass->alpha, kept, dy, dz, n);
    }
}

enum { ACTIVATION_COST = 8 }; /* simple operations for an element, about */

void nni_activation_run(const struct nni_call *call, int32_t activation, float alpha,
                        const float *z, float *y, int64_t count, int64_t columns)
{
    struct activation_pass pass = {call->kernels, activation, alpha, z,
                                   NULL,          y,          count, columns};
    nni_layer_rows(call, count * ACTIVATION_COST, activation_forward_range, &pass);
}

void nni_activation_gradient(const struct nni_call *call, int32_t activation, float alpha,
                             const float *kept, const float *dy, float *dz, int64_t count,
                             int64_t columns)
{
    struct activation_pass pass = {call->kernels, activation, alpha, kept, dy, dz,
                                   count,         columns};
    nni_layer_rows(call, count * ACTIVATION_COST, activation_backward_range, &pass);
}
