/* The matrix product behind dense layers and nn_tensor_matmul:
 *     C = start + A B,  then  C = activation(C)
 * A (m, k), B (k, n), C (m, n), any strides for A and B, so a transpose is a pair of
 * strides. Each element is one chain of fused multiply-adds over k in ascending order
 * from its start, or 16 lanes over k and a fixed tree, the start added last. Who asks for
 * the product says which (docs/numerics.md); how it is cut and computed changes no bit. */
#ifndef NNI_KERNELS_GEMM_H
#define NNI_KERNELS_GEMM_H

#include "kernels/block_sizes.h"
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
    int32_t lanes;      /* 16 lanes instead of one chain */
    int32_t alone;      /* in the calling thread only */
    int32_t activation; /* applied in the last write; NN_LINEAR for none; never softmax */
    float alpha;
    float *before; /* where not NULL: C before the activation, strides as C */
    /* Where not NULL: C holds parameters, the product is their gradient, and the last write
     * is their update, to the bits of a product into memory and kernels->update_sgd after
     * it (of `update` count, parameter, gradient and slots are not read). Needs
     * nni_gemm_can_update(k); no lanes, accumulate, bias, activation, before. */
    const struct nni_update *update;
};

/* 1 where a layer's product x W of k terms and n columns uses lanes: it is long and narrow.
 * Part of the numbers contract; does not depend on the number of samples. */
static inline int nni_gemm_narrow_uses_lanes(int64_t k, int64_t n)
{
    return n <= NNI_GEMM_LANES_N && k >= NNI_GEMM_LANES_K;
}

/* 1 where a product of m rows and k terms, whose B lies along k, uses lanes: there are few
 * rows. Part of the numbers contract. */
static inline int nni_gemm_few_use_lanes(int64_t m, int64_t k)
{
    return m <= NNI_GEMM_LANES_M && k >= NNI_GEMM_LANES_K;
}

/* 1 where a product of k terms can update its C: they are few. */
static inline int nni_gemm_can_update(int64_t k)
{
    return k >= 1 && k <= NNI_GEMM_UPDATE_TERMS;
}

/* Bytes of scratch that such a product needs in this context; its pointers are not looked
 * at, but for whether there is an update. They grow with m, and with the k of a product
 * that does not update, so that scratch for a whole batch serves a part of one. */
size_t nni_gemm_scratch(const nn_context *context, const struct nni_kernels *kernels,
                        const struct nni_gemm *gemm);

/* Computes the product on the context's threads; scratch is aligned to 64 bytes. */
void nni_gemm(const nn_context *context, const struct nni_kernels *kernels,
              const struct nni_gemm *gemm, void *scratch);

#endif
