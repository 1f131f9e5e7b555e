/* Activation: y = g(x) on its own. Backward reads x or y, whichever g' is computed
 * from. */
#include "layers/layer.h"

struct activation_layer {
    nn_layer base;
    int32_t activation;
    double alpha;
};

static const struct nni_option activation_options[] = {
    {"activation", NNI_OPTION_CHOICE, offsetof(struct activation_layer, activation),
     NN_LINEAR, NN_LOG_SOFTMAX, 0, 0, NN_LINEAR, nni_activation_names},
    {"alpha", NNI_OPTION_FLOAT, offsetof(struct activation_layer, alpha), NNI_ALPHA_USUAL,
     1e6, 0, 0, NNI_ALPHA_USUAL, NULL},
};

static nn_status activation_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct activation_layer *own = (const struct activation_layer *)layer;
    NNI_TRY(nni_layer_expect_float(layer, infer));
    NNI_TRY(nni_activation_check_alpha(layer, own->alpha));
    if (nni_activation_by_rows(own->activation) && infer->inputs[0].rank < 1) {
        return nni_layer_fail(
            layer, NN_ERROR_RANK,
            "the input is one number, (), but %s needs a last dimension",
            nn_activation_name(own->activation));
    }
    infer->output = infer->inputs[0];
    infer->needs = NNI_IN_PLACE;
    if (nni_activation_keeps_input(own->activation)) {
        infer->needs |= NNI_NEEDS_INPUT;
    } else if (own->activation != NN_LINEAR) {
        infer->needs |= NNI_NEEDS_OUTPUT;
    }
    return NN_OK;
}

static int64_t activation_columns(const struct nni_call *call)
{
    const struct nni_shape *shape = call->output_shape;
    return shape->rank > 0 ? shape->dim[shape->rank - 1] : 1;
}

static void activation_forward(const nn_layer *layer, struct nni_call *call)
{
    const struct activation_layer *own = (const struct activation_layer *)layer;
    const int64_t count = nni_shape_count(call->output_shape);
    if (own->activation == NN_LINEAR) {
        nni_layer_copy(call, call->inputs[0], call->output,
                       count * (int64_t)sizeof(float));
        return;
    }
    nni_activation_run(call, own->activation,
                       nni_activation_alpha(own->activation, own->alpha), call->inputs[0],
                       call->output, count, activation_columns(call));
}

static void activation_backward(const nn_layer *layer, struct nni_call *call)
{
    const struct activation_layer *own = (const struct activation_layer *)layer;
    const int64_t count = nni_shape_count(call->output_shape);
    float *dx = call->input_gradients[0];
    if (dx == NULL) {
        return;
    }
    if (own->activation == NN_LINEAR) {
        nni_layer_copy(call, call->output_gradient, dx, count * (int64_t)sizeof(float));
        return;
    }
    const float *kept =
        nni_activation_keeps_input(own->activation) ? call->inputs[0] : call->output;
    nni_activation_gradient(call, own->activation,
                            nni_activation_alpha(own->activation, own->alpha), kept,
                            call->output_gradient, dx, count, activation_columns(call));
}

const struct nni_layer_type nni_layer_activation = {
    .id = 3,
    .name = "activation",
    .size = sizeof(struct activation_layer),
    .options = activation_options,
    .option_count = NNI_COUNT(activation_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .infer = activation_infer,
    .forward = activation_forward,
    .backward = activation_backward,
};

nn_layer *nn_activation(nn_context *context, int32_t activation)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_activation);
    return nni_layer_finish(layer, nn_layer_set_int(layer, "activation", activation));
}
