/* Sums along one axis of a sample, or along all of it: what sum and mean share. */
#ifndef NNI_LAYERS_REDUCE_H
#define NNI_LAYERS_REDUCE_H

#include "layers/layer.h"

/* The range of the option "axis": NN_ALL or an axis of a sample, which infer checks. */
#define NNI_REDUCE_AXIS_MIN NN_ALL
#define NNI_REDUCE_AXIS_MAX (NNI_SAMPLE_RANK_MAX - 1)

/* The answer to infer: the input's shape without the axis, () for NN_ALL. */
nn_status nni_reduce_infer(const nn_layer *layer, int64_t axis, struct nni_infer *infer);

/* y = the sums, or with mean = 1 each divided by the number of its terms. */
void nni_reduce_forward(const struct nni_call *call, int64_t axis, int32_t mean);

/* dx = dy for each of the terms, divided likewise. */
void nni_reduce_backward(const struct nni_call *call, int64_t axis, int32_t mean);

#endif
