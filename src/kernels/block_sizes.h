/* How the kernels cut their work. The lanes and the sizes of long sums are part of the
 * numbers contract; the other sizes change no bit. */
#ifndef NNI_KERNELS_BLOCK_SIZES_H
#define NNI_KERNELS_BLOCK_SIZES_H

enum {
    /* Contract: sums along a row run in this many lanes, long ones in such blocks. One
     * vector of the kernels holds one number of each lane. */
    NNI_LANES = 16,
    NNI_LONG_SUM_BLOCK = 1024,
    /* Contract: products with at least LANES_K terms use lanes where they have at most
     * LANES_N columns, or at most LANES_M rows and a B that lies along k. */
    NNI_GEMM_LANES_K = 64,
    NNI_GEMM_LANES_N = 4,
    NNI_GEMM_LANES_M = 8,

    /* DEPTH terms of WIDTH columns of B are multiplied at a time, so that they stay in the
     * second cache. */
    NNI_GEMM_DEPTH = 512,
    NNI_GEMM_WIDTH = 512,
    NNI_TILE_VECTORS_MAX = 8, /* vectors side by side where there are few rows */
    NNI_GEMM_FETCH = 16,      /* rows of B fetched before they are used */

    /* Products of so many terms may update C. With more, what a pass over the gradients
     * costs is little beside the product, and memory that a tile reads in between is slow. */
    NNI_GEMM_UPDATE_TERMS = 8,

    NNI_DENSE_ROW_OUTPUTS = 32, /* of a layer small enough for one sample's own kernel, */
    NNI_DENSE_ROW_INPUTS = 256, /* and its inputs */

    NNI_RANDOM_BLOCKS = 32, /* Philox blocks computed side by side */
    NNI_RANDOM_WORDS = 4 * NNI_RANDOM_BLOCKS
};

#endif
