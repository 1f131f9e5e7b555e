/* The matrix product, see gemm.h: one area of C, in register tiles, or in lanes. A body. */

/* Writes the start of each chain to C: bias, zero, or C as it is. */
static void NNI_K(gemm_start)(const struct nni_gemm *g, struct NNI_K(gemm_area) area)
{
    for (int64_t i = area.i0; i < area.i1 && !g->accumulate; i++) {
        float *c = g->c + i * g->c_row;
        for (int64_t j = area.j0; j < area.j1; j++) {
            c[j] = g->bias != NULL ? g->bias[j] : 0.0f;
        }
    }
}

/* What the tiles have not done: C before the activation is kept where it is asked for, and
 * the activation. Rows that lie without gaps are one run. */
static void NNI_K(gemm_finish)(const struct nni_gemm *g, struct NNI_K(gemm_area) area)
{
    int64_t columns = area.j1 - area.j0, rows = area.i1 - area.i0;
    int64_t run = columns == g->c_row ? columns * rows : columns;
    int64_t runs = columns == g->c_row ? 1 : rows;
    for (int64_t i = 0; i < runs; i++) {
        int64_t offset = (area.i0 + i) * g->c_row + area.j0;
        float *c = g->c + offset;
        if (g->before != NULL) {
            memcpy(g->before + offset, c, (size_t)run * sizeof(float));
        }
        if (g->activation != NN_LINEAR) {
            NNI_K(activation_map)(g->activation, g->alpha, c, c, run);
        }
    }
}

/* B may be read where it lies: one tile of rows reads it once, or it stays in the first
 * cache, or in the second while the chains are so short that C is what counts. */
static inline int NNI_K(gemm_is_direct)(const struct nni_gemm *g,
                                        const struct NNI_K(gemm_area) * area)
{
    enum { SMALL = 4096, SHORT = 64, MEDIUM = 65536 };
    return (g->b_column == 1 || area->j1 - area->j0 == 1) &&
           (area->i1 - area->i0 <= NNI_K(TILE_ROWS) || g->k * g->b_row <= SMALL ||
            (g->k <= SHORT && g->k * g->b_row <= MEDIUM));
}

/* A column of C without gaps as a row: the transposed product, whose B lies along it. */
static inline struct nni_gemm NNI_K(gemm_as_row)(const struct nni_gemm *g)
{
    struct nni_gemm row = *g;
    row.m = 1;
    row.n = g->m;
    row.a = g->b;
    row.a_row = g->b_column;
    row.a_column = g->b_row;
    row.b = g->a;
    row.b_row = g->a_column;
    row.b_column = g->a_row;
    return row;
}

static void NNI_K(gemm_tile)(const struct nni_gemm *g, int64_t m0, int64_t m1, int64_t n0,
                             int64_t n1, void *scratch)
{
    if (g->n == 1 && g->m > 1 && g->chain && g->a_row == 1 && g->c_row == 1 &&
        g->bias == NULL) {
        const struct nni_gemm row = NNI_K(gemm_as_row)(g);
        NNI_K(gemm_tile)(&row, n0, n1, m0, m1, scratch);
        return;
    }
    const struct NNI_K(gemm_area) area = {m0, m1, n0, n1};
    if (m0 >= m1 || n0 >= n1) {
        return;
    }
    int finished = g->before == NULL && g->activation == NN_LINEAR;
    if (g->k == 0) {
        NNI_K(gemm_start)(g, area);
    } else if (!g->chain && nni_gemm_uses_lanes(g->k, g->n)) {
        NNI_K(gemm_start)(g, area);
        NNI_K(gemm_lanes)(g, m0, m1, n0, n1, scratch);
    } else if (g->update != NULL) {
        NNI_K(gemm_outer)(g, m0, m1, n0, n1, scratch);
    } else {
        const int by_tiles = g->activation == NN_RELU && g->before == NULL;
        if (g->b_column == 1 && m1 - m0 <= NNI_K(TILE_ROWS)) {
            finished |= by_tiles;
            NNI_K(gemm_low)(g, m0, m1, n0, n1);
        } else if (NNI_K(gemm_is_direct)(g, &area)) {
            finished |= by_tiles;
            NNI_K(gemm_direct)(g, area);
        } else if (g->b_row == 1 && m1 - m0 <= NNI_K(FEW_ROWS)) {
            NNI_K(gemm_few)(g, m0, m1, n0, n1);
        } else {
            finished |= by_tiles;
            NNI_K(gemm_blocked)(g, area, scratch);
        }
    }
    if (!finished) {
        NNI_K(gemm_finish)(g, area);
    }
}

/* For the blocked way or the lanes, whichever needs more; grows with n and k. */
static size_t NNI_K(gemm_tile_scratch)(int64_t m, int64_t n, int64_t k)
{
    (void)m;
    int64_t floats = NNI_K(OUTER_FLOATS) + NNI_K(gemm_blocked_floats)(n, k);
    if (nni_gemm_uses_lanes(k, n)) {
        floats = nni_max(floats, (n + 1) * k);
    }
    return (size_t)floats * sizeof(float);
}
