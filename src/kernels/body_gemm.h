/* The matrix product, see gemm.h: one area of C, in register tiles, or in lanes. A body. */

/* The product of no terms: bias, zero, or C as it is. */
static NNI_NOINLINE void NNI_K(gemm_start)(const struct nni_gemm *g,
                                           struct NNI_K(gemm_area) area)
{
    const size_t bytes = (size_t)(area.j1 - area.j0) * sizeof(float);
    for (int64_t i = area.i0; i < area.i1 && !g->accumulate; i++) {
        float *c = g->c + i * g->c_row + area.j0;
        if (g->bias != NULL) {
            memcpy(c, g->bias + area.j0, bytes);
        } else {
            memset(c, 0, bytes);
        }
    }
}

/* What the tiles have not done: C before the activation is kept where it is asked for, and
 * the activation. Rows that lie without gaps are one run. */
static NNI_NOINLINE void NNI_K(gemm_finish)(const struct nni_gemm *g,
                                            struct NNI_K(gemm_area) area)
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

/* B, as it lies, stays near: in the second cache, where its rows do not share few sets of it,
 * or with narrow tiles, which go over it more often, in the first one, or so short that C is
 * what counts. */
static inline int NNI_K(gemm_is_near)(const struct nni_gemm *g)
{
    enum { FIRST = 4096, SHORT = 64, MEDIUM = 65536, SECOND = 212992, LONG = 1024 };
    const int64_t floats = g->k * g->b_row;
    if (NNI_K(MANY_REGISTERS)) {
        return floats <= MEDIUM ||
               (floats <= SECOND && g->k <= LONG && g->b_row % NNI_K(CROWDED) != 0);
    }
    return floats <= FIRST || (floats <= MEDIUM && g->k <= SHORT);
}

/* B may be read where it lies: one tile of rows reads it once, or it stays near. */
static inline int NNI_K(gemm_is_direct)(const struct nni_gemm *g,
                                        const struct NNI_K(gemm_area) * area)
{
    return (g->b_column == 1 || area->j1 - area->j0 == 1) &&
           (area->i1 - area->i0 <= NNI_K(TILE_ROWS) || NNI_K(gemm_is_near)(g));
}

/* A product in chains. Returns 1 where the tiles have applied the activation. */
static inline int NNI_K(gemm_chains)(const struct nni_gemm *g,
                                     struct NNI_K(gemm_area) area, float *scratch)
{
    const int64_t rows = area.i1 - area.i0;
    const int whole_rows = area.j1 - area.j0 == g->n;
    if (g->b_column == 1 && rows == 1 && g->k * g->n >= NNI_K(ROW_FROM)) {
        NNI_K(gemm_row)(g, area.i0, area.j0, area.j1);
        return 0;
    }
    if (whole_rows && NNI_K(gemm_is_thin)(g)) {
        NNI_K(gemm_thin)(g, area.i0, area.i1);
        return 0;
    }
    if (whole_rows && NNI_K(gemm_is_narrow)(g, rows)) {
        NNI_K(gemm_narrow)(g, area.i0, area.i1, scratch);
        return 0;
    }
    if (NNI_K(gemm_is_turned)(g, rows)) {
        NNI_K(gemm_turned)(g, area);
        return 0;
    }
    if (g->b_column == 1 && rows <= NNI_K(TILE_ROWS)) {
        NNI_K(gemm_low)(g, area.i0, area.i1, area.j0, area.j1);
    } else if (NNI_K(gemm_is_direct)(g, &area)) {
        NNI_K(gemm_direct)(g, area);
    } else {
        NNI_K(gemm_blocked)(g, area, scratch);
    }
    return g->activation == NN_RELU && g->before == NULL;
}

static void NNI_K(gemm_tile)(const struct nni_gemm *g, int64_t m0, int64_t m1, int64_t n0,
                             int64_t n1, void *scratch)
{
    if (m0 >= m1 || n0 >= n1) {
        return;
    }
    if (NNI_K(gemm_is_column)(g)) {
        const struct nni_gemm row = NNI_K(gemm_transposed)(g, m0, m1 - m0, g->c + m0, 0);
        NNI_K(gemm_tile)(&row, 0, 1, 0, row.n, scratch);
        return;
    }
    if (NNI_K(gemm_is_small)(g) && n1 - n0 == g->n) {
        NNI_K(gemm_small)(g, m0, m1);
        return;
    }
    const struct NNI_K(gemm_area) area = {m0, m1, n0, n1};
    int finished = g->before == NULL && g->activation == NN_LINEAR;
    if (g->k == 0) {
        NNI_K(gemm_start)(g, area);
    } else if (g->lanes) {
        NNI_K(gemm_lanes)(g, area, scratch);
    } else if (g->update != NULL) {
        NNI_K(gemm_outer)(g, m0, m1, n0, n1, scratch);
    } else {
        finished |= NNI_K(gemm_chains)(g, area, scratch);
    }
    if (!finished) {
        NNI_K(gemm_finish)(g, area);
    }
}

static size_t NNI_K(gemm_tile_scratch)(const struct nni_gemm *g)
{
    const struct NNI_K(gemm_area) area = {0, g->m, 0, g->n};
    int64_t floats = 0;
    if (g->lanes) {
        floats = NNI_K(gemm_lanes_floats)(g);
    } else {
        if (!NNI_K(gemm_is_direct)(g, &area)) {
            floats = NNI_K(gemm_blocked_floats)(g->n, g->k);
        }
        if (NNI_K(gemm_is_narrow)(g, g->m)) {
            floats = nni_max(floats, NNI_K(gemm_narrow_floats)(g));
        }
        if (g->update != NULL) {
            floats += NNI_K(OUTER_FLOATS);
        }
    }
    return (size_t)floats * sizeof(float);
}
