/* Products of few terms that update: what they cost is the way of C through memory, so C is
 * read and written once, row by row as it lies. A body. */

enum { NNI_K(OUTER_FLOATS) = 2048 };

/* One vector of a row of W: its gradient is the sum of `terms` rows of B, each times its
 * factor. terms is a constant where that is faster. */
static NNI_ALWAYS_INLINE void NNI_K(outer_vector)(
    const NNI_K(nni_vector) * factor, const int64_t terms, const float *b, int64_t b_row,
    const struct NNI_K(plain_update) * plain, float *w, const int whole,
    NNI_K(nni_part) part)
{
    NNI_K(nni_vector) sum = NNI_K(vector_fill)(0.0f);
    NNI_UNROLL
    for (int p = 0; p < NNI_GEMM_UPDATE_TERMS; p++) {
        if (p < terms) {
            sum = NNI_K(vector_fma)(factor[p],
                                    NNI_K(tile_load)(b + p * b_row, whole, part), sum);
        }
    }
    sum = NNI_K(plain_updated)(plain, sum, NNI_K(tile_load)(w, whole, part));
    NNI_K(tile_store)(w, whole, part, sum);
}

/* Rows i0 ... i1 - 1, whole vectors first: a masked store is slow even where its mask is
 * full. Rows whose factors are zeros could be left out, but finding out that they are
 * finite costs as much as the update. */
static NNI_ALWAYS_INLINE void NNI_K(outer_rows_of)(const struct nni_gemm *g,
                                                   const int64_t terms, int64_t i0,
                                                   int64_t i1, int64_t column,
                                                   int64_t columns)
{
    const struct NNI_K(plain_update) plain = NNI_K(plain_update_of)(g->update);
    const NNI_K(nni_part) part = NNI_K(vector_part)(columns % NNI_LANES);
    const int64_t a_row = g->a_row, a_column = g->a_column, b_row = g->b_row,
                  c_row = g->c_row;
    const float *a = g->a + i0 * a_row, *b = g->b + column;
    float *w = g->c + i0 * c_row + column;
    for (int64_t left = i1 - i0; left > 0; left--, a += a_row, w += c_row) {
        NNI_K(nni_vector) factor[NNI_GEMM_UPDATE_TERMS];
        NNI_UNROLL
        for (int p = 0; p < NNI_GEMM_UPDATE_TERMS; p++) {
            factor[p] = NNI_K(vector_fill)(p < terms ? a[p * a_column] : 0.0f);
        }
        int64_t j = 0;
        for (; columns - j >= NNI_LANES; j += NNI_LANES) {
            NNI_K(outer_vector)(factor, terms, b + j, b_row, &plain, w + j, 1, part);
        }
        if (j < columns) {
            NNI_K(outer_vector)(factor, terms, b + j, b_row, &plain, w + j, 0, part);
        }
    }
}

/* Rows that are updated where they lie. One sample is what online learning has. */
static NNI_NOINLINE void NNI_K(outer_rows)(const struct nni_gemm *g, int64_t i0,
                                           int64_t i1, int64_t j, int64_t columns)
{
    if (NNI_K(MANY_REGISTERS) && g->k == 1) {
        NNI_K(outer_rows_of)(g, 1, i0, i1, j, columns);
    } else if (NNI_K(MANY_REGISTERS) && g->k == NNI_GEMM_UPDATE_TERMS) {
        NNI_K(outer_rows_of)(g, NNI_GEMM_UPDATE_TERMS, i0, i1, j, columns);
    } else {
        NNI_K(outer_rows_of)(g, g->k, i0, i1, j, columns);
    }
}

static void NNI_K(gemm_tile)(const struct nni_gemm *g, int64_t m0, int64_t m1, int64_t n0,
                             int64_t n1, void *scratch);

/* As many rows as there is room for, and if possible whole vectors. */
static inline int64_t NNI_K(outer_rows_at_once)(int64_t columns)
{
    int64_t rows = NNI_K(OUTER_FLOATS) / columns;
    while (rows > 1 && rows * columns % NNI_LANES != 0) {
        rows--;
    }
    return rows;
}

/* Rows whose gradients are collected first, and then are one run where C has no gaps: the
 * begin of a row would have to wait for the one before, whose last part of a vector is just
 * being written. */
static void NNI_K(outer_collected)(const struct nni_gemm *g, int64_t i0, int64_t i1,
                                   int64_t j, int64_t columns, float *scratch)
{
    struct nni_gemm part = *g;
    part.update = NULL;
    part.b += j * g->b_column;
    part.n = columns;
    part.c = scratch;
    part.c_row = columns;
    for (int64_t i = i0; i < i1; i += part.m) {
        part.m = nni_min(i1 - i, NNI_K(outer_rows_at_once)(columns));
        part.a = g->a + i * g->a_row;
        NNI_K(gemm_tile)(&part, 0, part.m, 0, columns, scratch + NNI_K(OUTER_FLOATS));
        const int64_t runs = columns == g->c_row ? 1 : part.m;
        const int64_t run = part.m / runs * columns;
        for (int64_t r = 0; r < runs; r++) {
            NNI_K(sgd_run)
            (g->update, scratch + r * run, g->c + (i + r) * g->c_row + j, run);
        }
    }
}

/* At most OUTER_FLOATS columns at a time, so that those of B stay in the first cache. */
static NNI_NOINLINE void NNI_K(gemm_outer)(const struct nni_gemm *g, int64_t i0,
                                           int64_t i1, int64_t j0, int64_t j1,
                                           float *scratch)
{
    enum { FEW = 3 };
    const int in_rows = g->b_column == 1 && NNI_K(update_is_plain)(g->update);
    for (int64_t j = j0; j < j1; j += NNI_K(OUTER_FLOATS)) {
        const int64_t columns = nni_min(j1 - j, NNI_K(OUTER_FLOATS));
        if (in_rows && (columns % NNI_LANES == 0 || i1 - i0 <= FEW)) {
            NNI_K(outer_rows)(g, i0, i1, j, columns);
        } else {
            NNI_K(outer_collected)(g, i0, i1, j, columns, scratch);
        }
    }
}
