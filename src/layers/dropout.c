/* Dropout: in training y_i = 0 with probability rate and x_i / (1 - rate) otherwise
 * (Srivastava et al., "Dropout: a simple way to prevent neural networks from
 * overfitting", JMLR 15, 2014, in its inverted form). The mask is a function of seed,
 * step, node and element, so backward draws it again instead of keeping it. */
#include "base/contract.h"
#include "layers/layer.h"

struct dropout_layer {
    nn_layer base;
    double rate;
};

static const struct nni_option dropout_options[] = {
    {"rate", NNI_OPTION_FLOAT, offsetof(struct dropout_layer, rate), 0, 1, 0, 1, 0.5,
     NULL},
};

static nn_status dropout_infer(const nn_layer *layer, struct nni_infer *infer)
{
    NNI_TRY(nni_layer_expect_float(layer, infer));
    infer->output = infer->inputs[0];
    infer->needs = NNI_IN_PLACE;
    return NN_OK;
}

struct dropout_pass {
    const struct nni_call *call;
    struct nni_random random;
    double rate;
    int64_t count;
    const float *x;
    float *y;
};

static void dropout_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct dropout_pass *pass = data;
    const int64_t element = (pass->call->first_row + first) * pass->count;
    const float factor = (float)(1 / (1 - pass->rate));
    (void)index;
    pass->call->kernels->dropout(&pass->random, (uint64_t)element, pass->rate, factor,
                                 pass->x + first * pass->count,
                                 pass->y + first * pass->count,
                                 (end - first) * pass->count);
}

enum { DROPOUT_COST = 16 }; /* simple operations for an element, about */

/* The same for values and for gradients: both are masked and scaled. */
static void dropout_run(const nn_layer *layer, const struct nni_call *call,
                        const float *x, float *y)
{
    const struct dropout_layer *dropout = (const struct dropout_layer *)layer;
    const int64_t count = nni_shape_count(call->output_shape);
    if (!call->training || dropout->rate == 0) {
        nni_layer_copy(call, x, y, count * (int64_t)sizeof(float));
        return;
    }
    struct dropout_pass pass = {call, {{0, 0}, 0, 0, 0}, dropout->rate, count, x, y};
    pass.random = nni_random_make(call->seed, NNI_STREAM_DROPOUT, call->step, call->node);
    nni_layer_rows(call, count * DROPOUT_COST, dropout_range, &pass);
}

static void dropout_forward(const nn_layer *layer, struct nni_call *call)
{
    dropout_run(layer, call, call->inputs[0], call->output);
}

static void dropout_backward(const nn_layer *layer, struct nni_call *call)
{
    if (call->input_gradients[0] != NULL) {
        dropout_run(layer, call, call->output_gradient, call->input_gradients[0]);
    }
}

const struct nni_layer_type nni_layer_dropout = {
    .id = 4,
    .name = "dropout",
    .size = sizeof(struct dropout_layer),
    .options = dropout_options,
    .option_count = NNI_COUNT(dropout_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = dropout_infer,
    .forward = dropout_forward,
    .backward = dropout_backward,
};

nn_layer *nn_dropout(nn_context *context, double rate)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_dropout);
    return nni_layer_finish(layer, nn_layer_set_float(layer, "rate", rate));
}
