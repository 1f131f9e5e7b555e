/* One sample through a small dense layer, by a kernel for all of it. */
#include "layers/dense_row.h"

static void dense_row_activate(const struct nni_dense_layer *dense,
                               const struct nni_call *call, const float *z)
{
    nni_activation_run(call, dense->activation,
                       nni_activation_alpha(dense->activation, dense->alpha), z,
                       call->output, dense->units, dense->units);
}

void nni_dense_row_forward(const struct nni_dense_layer *dense,
                           const struct nni_call *call)
{
    const int relu = dense->activation == NN_RELU;
    const int in_kernel = relu || dense->activation == NN_LINEAR;
    const int keeps_z = !in_kernel && call->saved != NULL &&
                        nni_activation_keeps_input(dense->activation);
    float *z = keeps_z ? call->saved : call->output;
    call->kernels->dense_row_forward(
        call->inputs[0], call->input_shapes[0].dim[0], call->parameters[0],
        dense->bias ? call->parameters[1] : NULL, dense->units, relu, z);
    if (!in_kernel) {
        dense_row_activate(dense, call, z);
    }
}

const float *nni_dense_row_backward(const struct nni_dense_layer *dense,
                                    const struct nni_call *call, float *own)
{
    struct nni_dense_row row = {
        .inputs = call->input_shapes[0].dim[0],
        .outputs = dense->units,
        .x = call->inputs[0],
        .weight = call->parameters[0],
        .y = call->output,
        .relu = dense->activation == NN_RELU,
        .accumulate = call->accumulate,
        .dy = call->output_gradient,
        .dz = own,
        .weight_gradient = call->late ? NULL : call->parameter_gradients[0],
        .bias_gradient = dense->bias ? call->parameter_gradients[1] : NULL,
        .input_gradient = dense->units == 1 ? call->input_gradients[0] : NULL,
    };
    if (dense->activation != NN_LINEAR && !row.relu) {
        nni_dense_gradient(dense, call, own, row.outputs);
        row.dy = own;
    }
    call->kernels->dense_row_backward(&row);
    return row.relu ? own : row.dy;
}
