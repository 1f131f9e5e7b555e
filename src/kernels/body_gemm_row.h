/* One row of A and a B that comes from far. Tiles would go down B in strips, a page further
 * with every term; here a few whole rows of B are read at a time, as memory likes it, and
 * C, which stays near, goes along. A body. */

enum { NNI_K(ROW_TERMS) = 8, NNI_K(ROW_FROM) = 1 << 18 /* floats of B */ };

/* One vector of C. */
static NNI_ALWAYS_INLINE void NNI_K(row_vector)(const NNI_K(nni_vector) * factor,
                                                const int terms, const float *b,
                                                int64_t b_row, const float *start,
                                                float *c, const int whole,
                                                NNI_K(nni_part) part)
{
    NNI_K(nni_vector)
    sum = start == NULL ? NNI_K(vector_fill)(0.0f) : NNI_K(tile_load)(start, whole, part);
    NNI_UNROLL
    for (int p = 0; p < terms; p++) {
        sum = NNI_K(vector_fma)(factor[p], NNI_K(tile_load)(b + p * b_row, whole, part),
                                sum);
    }
    NNI_K(tile_store)(c, whole, part, sum);
}

/* c = start + a[0] b[0] + a[1] b[1] + ..., a constant number of terms. */
static NNI_ALWAYS_INLINE void NNI_K(row_terms)(const float *a, int64_t a_column,
                                               const int terms, const float *b,
                                               int64_t b_row, int64_t columns,
                                               const float *start, float *c)
{
    NNI_K(nni_vector) factor[NNI_K(ROW_TERMS)];
    NNI_UNROLL
    for (int p = 0; p < terms; p++) {
        factor[p] = NNI_K(vector_fill)(a[p * a_column]);
    }
    const NNI_K(nni_part) part = NNI_K(vector_part)(columns % NNI_LANES);
    int64_t j = 0;
    for (; columns - j >= NNI_LANES; j += NNI_LANES) {
        NNI_K(row_vector)
        (factor, terms, b + j, b_row, start == NULL ? NULL : start + j, c + j, 1, part);
    }
    if (j < columns) {
        NNI_K(row_vector)
        (factor, terms, b + j, b_row, start == NULL ? NULL : start + j, c + j, 0, part);
    }
}

/* Row i, columns j0 ... j1 - 1. */
static NNI_NOINLINE void NNI_K(gemm_row)(const struct nni_gemm *g, int64_t i, int64_t j0,
                                         int64_t j1)
{
    float *const c = g->c + i * g->c_row + j0;
    const float *start = g->accumulate ? c : g->bias != NULL ? g->bias + j0 : NULL;
    const float *a = g->a + i * g->a_row, *b = g->b + j0;
    for (int64_t left = g->k; left > 0;) {
        const int64_t terms = left >= NNI_K(ROW_TERMS) ? NNI_K(ROW_TERMS) : 1;
        if (terms == NNI_K(ROW_TERMS)) {
            NNI_K(row_terms)
            (a, g->a_column, NNI_K(ROW_TERMS), b, g->b_row, j1 - j0, start, c);
        } else {
            NNI_K(row_terms)(a, g->a_column, 1, b, g->b_row, j1 - j0, start, c);
        }
        a += terms * g->a_column;
        b += terms * g->b_row;
        left -= terms;
        start = c;
    }
}
