/* Copies of A and B in the order in which the register tile reads them. A body. */

/* to[q * to_row + i] = from[i * step + q] for `rows` i and `terms` q, at most 16 each; `to`
 * has room for 16 of both, and the others are zeros. */
static NNI_NOINLINE void NNI_K(gemm_transpose)(const float *from, int64_t step,
                                               int64_t rows, int64_t terms, float *to,
                                               int64_t to_row)
{
    if (rows == NNI_LANES && terms == NNI_LANES) {
        NNI_K(vector_transpose)(from, step, to, to_row);
        return;
    }
    float block[NNI_LANES * NNI_LANES];
    const NNI_K(nni_part) part = NNI_K(vector_part)(terms);
    for (int64_t i = 0; i < NNI_LANES; i++) {
        NNI_K(vector_store)
        (block + i * NNI_LANES, i < rows
                                    ? NNI_K(vector_load_part)(from + i * step, part, 0.0f)
                                    : NNI_K(vector_fill)(0.0f));
    }
    NNI_K(vector_transpose)(block, NNI_LANES, to, to_row);
}

/* to[p * to_row + i] = from[i * row + p * column] for `rows` i, at most 16, and `depth` p:
 * by vectors where the source lies along i or along p. `to` has room for 16 columns and for
 * a depth that is a multiple of 16; what lies beyond rows and depth may be written. */
static void NNI_K(gemm_pack_block)(const float *from, int64_t row, int64_t column,
                                   int64_t rows, int64_t depth, float *to, int64_t to_row)
{
    if (row == 1) {
        const NNI_K(nni_part) part = NNI_K(vector_part)(rows);
        for (int64_t p = 0; p < depth; p++) {
            const float *x = from + p * column;
            NNI_K(vector_store)
            (to + p * to_row, rows == NNI_LANES ? NNI_K(vector_load)(x)
                                                : NNI_K(vector_load_part)(x, part, 0.0f));
        }
    } else if (column == 1) {
        for (int64_t p = 0; p < depth; p += NNI_LANES) {
            NNI_K(gemm_transpose)
            (from + p, row, rows, nni_min(depth - p, NNI_LANES), to + p * to_row, to_row);
        }
    } else {
        for (int64_t p = 0; p < depth; p++) {
            for (int64_t i = 0; i < NNI_LANES; i++) {
                to[p * to_row + i] = i < rows ? from[i * row + p * column] : 0.0f;
            }
        }
    }
}

/* `depth` rows of B from (p, j) on, as one panel of `columns` columns. */
static void NNI_K(gemm_pack_b)(const struct nni_gemm *g, int64_t p, int64_t depth,
                               int64_t j, int64_t columns, float *panel, int64_t width)
{
    for (int64_t first = 0; first < columns; first += NNI_LANES) {
        NNI_K(gemm_pack_block)
        (g->b + p * g->b_row + (j + first) * g->b_column, g->b_column, g->b_row,
         nni_min(columns - first, NNI_LANES), depth, panel + first, width);
    }
}
