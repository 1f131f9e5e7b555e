/* Products with fewer columns than a vector has lanes, of an A that lies along its columns:
 * the transposed product fills the vectors, with the columns of A in them. A body. */

enum { NNI_K(NARROW_FROM) = 4 * NNI_LANES, NNI_K(NARROW_PART) = 256 /* rows of C */ };

static inline int NNI_K(gemm_is_narrow)(const struct nni_gemm *g, int64_t rows)
{
    return g->a_row == 1 && g->n < NNI_LANES && g->n <= NNI_K(TILE_ROWS) &&
           rows >= NNI_K(NARROW_FROM) && !g->accumulate && g->bias == NULL;
}

static inline int64_t NNI_K(gemm_narrow_floats)(const struct nni_gemm *g)
{
    return g->n * NNI_K(NARROW_PART);
}

/* The product whose rows are the columns of g, into `c` without gaps. */
static inline struct nni_gemm NNI_K(gemm_transposed)(const struct nni_gemm *g, int64_t i,
                                                     int64_t rows, float *c,
                                                     int64_t c_row)
{
    const struct nni_gemm transposed = {.m = g->n,
                                        .n = rows,
                                        .k = g->k,
                                        .a = g->b,
                                        .a_row = g->b_column,
                                        .a_column = g->b_row,
                                        .b = g->a + i,
                                        .b_row = g->a_column,
                                        .b_column = 1,
                                        .c = c,
                                        .c_row = c_row,
                                        .accumulate = g->accumulate};
    return transposed;
}

/* One column without gaps is a row of the transposed product where it lies. */
static inline int NNI_K(gemm_is_column)(const struct nni_gemm *g)
{
    return g->n == 1 && g->m > 1 && g->a_row == 1 && g->c_row == 1 && g->bias == NULL &&
           !g->lanes && g->update == NULL && g->before == NULL &&
           g->activation == NN_LINEAR;
}

/* All columns of rows i0 ... i1 - 1. */
static NNI_NOINLINE void NNI_K(gemm_narrow)(const struct nni_gemm *g, int64_t i0,
                                            int64_t i1, float *scratch)
{
    const NNI_K(nni_part) part = NNI_K(vector_part)(g->n);
    for (int64_t i = i0; i < i1; i += NNI_K(NARROW_PART)) {
        const int64_t rows = nni_min(i1 - i, NNI_K(NARROW_PART));
        const struct nni_gemm transposed =
            NNI_K(gemm_transposed)(g, i, rows, scratch, NNI_K(NARROW_PART));
        NNI_K(gemm_low)(&transposed, 0, g->n, 0, rows);
        for (int64_t r = 0; r < rows; r += NNI_LANES) {
            float block[NNI_LANES * NNI_LANES];
            const int64_t some = nni_min(rows - r, NNI_LANES);
            NNI_K(gemm_transpose)
            (scratch + r, NNI_K(NARROW_PART), g->n, some, block, NNI_LANES);
            for (int64_t q = 0; q < some; q++) {
                NNI_K(vector_store_part)
                (g->c + (i + r + q) * g->c_row, part,
                 NNI_K(vector_load)(block + q * NNI_LANES));
            }
        }
    }
}
