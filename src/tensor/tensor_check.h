/* The checks that functions over tensors share. `who` is the public function, `name` its
 * argument, as the messages have them. */
#ifndef NNI_TENSOR_TENSOR_CHECK_H
#define NNI_TENSOR_TENSOR_CHECK_H

#include "tensor/tensor.h"

#include "kernels/kernels.h"

/* NN_ERROR_NULL or NN_ERROR_DTYPE where it is not a tensor of floats. */
nn_status nni_tensor_check_floats(const char *who, const char *name,
                                  const nn_tensor *tensor);

/* NN_ERROR_CONTEXT where the two tensors have different contexts. */
nn_status nni_tensor_check_context(const char *who, const char *name_a,
                                   const nn_tensor *a, const char *name_b,
                                   const nn_tensor *b);

/* NN_ERROR_SHAPE, with the tensor's and the expected shape, where they differ. */
nn_status nni_tensor_check_shape(const char *who, const char *name,
                                 const nn_tensor *tensor,
                                 const struct nni_shape *expected);

/* NN_ERROR_ARGUMENT where the two tensors have an element in common. */
nn_status nni_tensor_check_apart(const char *who, const char *name_a, const nn_tensor *a,
                                 const char *name_b, const nn_tensor *b);

/* The same, but where both begin at the same address and have as many elements. */
nn_status nni_tensor_check_same_or_apart(const char *who, const char *name_a,
                                         const nn_tensor *a, const char *name_b,
                                         const nn_tensor *b);

/* A tensor cut along an axis: element (o, k, i) stands at (o * length + k) * inner + i.
 * All elements together are one axis (outer = inner = 1). */
struct nni_tensor_cut {
    int64_t outer, length, inner;
};

/* Fills *cut for a reduction of `a` along axis (or NN_ALL) into `out`, after checking
 * that the axis exists, that out has the shape of a without it and memory of its own.
 * Where out is empty, outer is 0. */
nn_status nni_tensor_check_reduction(const char *who, const nn_tensor *a, int32_t axis,
                                     const nn_tensor *out, struct nni_tensor_cut *cut);

/* The kernels of the tensor's context. Never NULL: no tensor could be made where
 * NN_MAX_ISA is not known. */
const struct nni_kernels *nni_tensor_kernels(const nn_tensor *tensor);

/* The size of the elements; that it fits is checked when a tensor is made. */
size_t nni_tensor_bytes(const nn_tensor *tensor);

#endif
