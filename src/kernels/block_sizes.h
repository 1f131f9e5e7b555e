/* How the kernels cut their work. The lanes and the sizes of long sums are part of the
 * numbers contract; the other sizes change no bit. */
#ifndef NNI_KERNELS_BLOCK_SIZES_H
#define NNI_KERNELS_BLOCK_SIZES_H

enum {
    /* Contract: sums along a row run in this many lanes, long ones in such blocks. */
    NNI_LANES = 16,
    NNI_LONG_SUM_BLOCK = 1024,
    /* Contract: products with at most LANES_N columns and at least LANES_K terms use
     * lanes. */
    NNI_GEMM_LANES_N = 4,
    NNI_GEMM_LANES_K = 64,

    NNI_VECTOR = 8, /* floats of one vector, see body_vector_portable.h */

    /* The register tile of the matrix product is ROWS x COLUMNS; DEPTH x WIDTH of B are
     * packed at a time, to stay in the second cache. Fewer than DIRECT_ROWS rows of A are
     * not worth the packing. */
    NNI_GEMM_ROWS = 6,
    NNI_GEMM_COLUMNS = 2 * NNI_VECTOR,
    NNI_GEMM_DEPTH = 256,
    NNI_GEMM_WIDTH = 256,
    NNI_GEMM_DIRECT_ROWS = 6,
    NNI_GEMM_ROW_VECTORS = 8, /* vectors side by side where one row is computed alone */

    NNI_UPDATE_BLOCK = 256, /* parameters between two passes of an update */
    NNI_RANDOM_BLOCKS = 32, /* Philox blocks computed side by side */
    NNI_RANDOM_WORDS = 4 * NNI_RANDOM_BLOCKS
};

#endif
