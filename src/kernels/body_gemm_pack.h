/* Copies of A and B in the order in which the register tile reads them. A body. */

/* Sixteen rows that lie along the terms; where there are fewer, the last one stands in. */
static inline void NNI_K(gemm_point_to_rows)(const float *from, int64_t step,
                                             int64_t rows, const float **row)
{
    for (int64_t i = 0; i < NNI_LANES; i++) {
        row[i] = from + nni_min(i, rows - 1) * step;
    }
}

/* to[q * to_row + i] = row[i][p + q] for sixteen rows i and `terms` q, at most 16; `to` has
 * room for 16. */
static inline void NNI_K(gemm_transpose)(const float *const *row, int64_t p,
                                         int64_t terms, float *to, int64_t to_row)
{
    if (terms < NNI_LANES) {
        float block[NNI_LANES * NNI_LANES];
        const float *copy[NNI_LANES];
        const NNI_K(nni_part) part = NNI_K(vector_part)(terms);
        for (int64_t i = 0; i < NNI_LANES; i++) {
            NNI_K(vector_store)
            (block + i * NNI_LANES, NNI_K(vector_load_part)(row[i] + p, part, 0.0f));
            copy[i] = block + i * NNI_LANES;
        }
        NNI_K(vector_transpose)(copy, 0, to, to_row);
    } else {
        NNI_K(vector_transpose)(row, p, to, to_row);
    }
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
        const float *source[NNI_LANES];
        NNI_K(gemm_point_to_rows)(from, row, rows, source);
        for (int64_t p = 0; p < depth; p += NNI_LANES) {
            NNI_K(gemm_transpose)
            (source, p, nni_min(depth - p, NNI_LANES), to + p * to_row, to_row);
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
