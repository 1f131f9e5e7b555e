/* The matrix product behind dense layers and nn_tensor_matmul:
 *     C = start + A B,  then  C = activation(C)
 * A (m, k), B (k, n), C (m, n), any strides for A and B, so a transpose is a pair of
 * strides. Each element is one chain of fused multiply-adds over k in ascending order
 * from its start, except that long narrow products (nni_gemm_uses_lanes) use 16 lanes
 * over k and a fixed tree, the start added last. The order depends on (k, n) alone. */
#ifndef NNI_KERNELS_GEMM_H
#define NNI_KERNELS_GEMM_H

#include "kernels/kernels.h"

struct nni_gemm {
    int64_t m, n, k;
    const float *a; /* element (i, p) at a[i * a_row + p * a_column] */
    int64_t a_row, a_column;
    const float *b; /* element (p, j) at b[p * b_row + j * b_column] */
    int64_t b_row, b_column;
    float *c; /* element (i, j) at c[i * c_row + j] */
    int64_t c_row;
    const float *bias;  /* (n): the start of each chain; NULL for zero */
    int32_t accumulate; /* the start is C as it is (bias is NULL then) */
    int32_t chain;      /* never lanes: for weight gradients, whose k is the sample */
    int32_t activation; /* applied in the last write; NN_LINEAR for none; never softmax */
    float alpha;
    float *before; /* where not NULL: C before the activation, strides as C */
    /* Where not NULL: C holds parameters, the product is their gradient, and the last write
     * is their update, to the bits of a product into memory and kernels->update_sgd after
     * it (of `update` count, parameter, gradient and slots are not read). Needs chain and
     * nni_gemm_can_update(k); no accumulate, bias, activation, before. */
    const struct nni_update *update;
};

/* 1 where a product of this (k, n) uses lanes instead of one chain. Part of the numbers
 * contract. */
int nni_gemm_uses_lanes(int64_t k, int64_t n);

/* 1 where a product of k terms can update its C: they are few. */
int nni_gemm_can_update(int64_t k);

/* Bytes of scratch that nni_gemm needs for such a product in this context. They grow with
 * m, so that scratch for a whole batch serves a part of one. */
size_t nni_gemm_scratch(const nn_context *context, const struct nni_kernels *kernels,
                        int64_t m, int64_t n, int64_t k);

/* Computes the product on the context's threads; scratch is aligned to 64 bytes. */
void nni_gemm(const nn_context *context, const struct nni_kernels *kernels,
              const struct nni_gemm *gemm, void *scratch);

#endif
