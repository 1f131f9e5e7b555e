/* The dense layer, and its case of one sample through few units. */
#ifndef NNI_LAYERS_DENSE_ROW_H
#define NNI_LAYERS_DENSE_ROW_H

#include "kernels/gemm.h"
#include "layers/layer.h"

struct nni_dense_layer {
    nn_layer base;
    int64_t units;
    int32_t activation;
    int64_t bias;
    double alpha;
};

/* 1 where the call is one sample through a layer so small that setting up products would
 * cost more than they do; then the functions below do their part, to the same bits. */
static inline int nni_dense_is_row(const struct nni_dense_layer *dense,
                                   const struct nni_call *call)
{
    const struct nni_shape *input = &call->input_shapes[0];
    return call->rows == 1 && input->rank == 1 && dense->units <= NNI_DENSE_ROW_OUTPUTS &&
           input->dim[0] <= NNI_DENSE_ROW_INPUTS &&
           !nni_gemm_narrow_uses_lanes(input->dim[0], dense->units);
}

/* y = g(x W + b) */
void nni_dense_row_forward(const struct nni_dense_layer *dense,
                           const struct nni_call *call);

/* dz of the activation, for `count` numbers of a sample. */
void nni_dense_gradient(const struct nni_dense_layer *dense, const struct nni_call *call,
                        float *dz, int64_t count);

/* dz, which is returned: own, or dy where there is no activation; dW unless it is late; db;
 * and dx of a single output. */
const float *nni_dense_row_backward(const struct nni_dense_layer *dense,
                                    const struct nni_call *call, float *own);

#endif
