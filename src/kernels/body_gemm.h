/* The matrix product, see gemm.h: one tile of C by one of three ways that give the same
 * bits for the same (k, n) - packed and blocked for the caches (Goto and van de Geijn,
 * "Anatomy of high-performance matrix multiplication", 2008), row by row without packing,
 * or in lanes. C first receives the start of each chain, which then goes on from it, so
 * the cut of k into blocks does not show. A body. */

/* Rows i0 ... i1 - 1, columns j0 ... j1 - 1. */
struct NNI_K(gemm_area) {
    int64_t i0, i1, j0, j1;
};

/* Writes the start of each chain: bias, zero, or C as it is. */
static void NNI_K(gemm_start)(const struct nni_gemm *g, struct NNI_K(gemm_area) area)
{
    for (int64_t i = area.i0; i < area.i1 && !g->accumulate; i++) {
        float *c = g->c + i * g->c_row;
        for (int64_t j = area.j0; j < area.j1; j++) {
            c[j] = g->bias != NULL ? g->bias[j] : 0.0f;
        }
    }
}

/* The last write: C before the activation is kept where it is asked for. Rows that lie
 * without gaps are one run. */
static void NNI_K(gemm_finish)(const struct nni_gemm *g, struct NNI_K(gemm_area) area)
{
    if (g->before == NULL && g->activation == NN_LINEAR) {
        return;
    }
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

/* Packs `depth` rows of B from (p, j) on into panels of COLUMNS columns, each with its
 * rows one after the other; missing columns become zeros. */
static void NNI_K(gemm_pack_b)(const struct nni_gemm *g, int64_t p, int64_t depth,
                               int64_t j, int64_t columns, float *panel)
{
    for (; columns > 0; columns -= NNI_GEMM_COLUMNS, j += NNI_GEMM_COLUMNS) {
        const float *b = g->b + p * g->b_row + j * g->b_column;
        int64_t width = nni_min(columns, NNI_GEMM_COLUMNS);
        if (width < NNI_GEMM_COLUMNS) {
            memset(panel, 0, (size_t)(depth * NNI_GEMM_COLUMNS) * sizeof(float));
        }
        if (width == NNI_GEMM_COLUMNS && g->b_column == 1) {
            for (int64_t q = 0; q < depth; q++) {
                memcpy(panel + q * NNI_GEMM_COLUMNS, b + q * g->b_row,
                       NNI_GEMM_COLUMNS * sizeof(float));
            }
        } else {
            for (int64_t l = 0; l < width; l++) {
                for (int64_t q = 0; q < depth; q++) {
                    panel[q * NNI_GEMM_COLUMNS + l] = b[q * g->b_row + l * g->b_column];
                }
            }
        }
        panel += depth * NNI_GEMM_COLUMNS;
    }
}

/* Packs `rows` rows of A from (i, p) on, column by column; missing rows become zeros. */
static void NNI_K(gemm_pack_a)(const struct nni_gemm *g, int64_t i, int64_t rows,
                               int64_t p, int64_t depth, float *panel)
{
    const float *a = g->a + i * g->a_row + p * g->a_column;
    if (rows < NNI_GEMM_ROWS) {
        memset(panel, 0, (size_t)(depth * NNI_GEMM_ROWS) * sizeof(float));
    }
    for (int64_t q = 0; q < depth; q++) {
        for (int64_t l = 0; l < rows; l++) {
            panel[q * NNI_GEMM_ROWS + l] = a[l * g->a_row + q * g->a_column];
        }
    }
}

/* Rows i0 ... i1 - 1 of C with `depth` packed rows of B from p on. */
static void NNI_K(gemm_panels)(const struct nni_gemm *g, struct NNI_K(gemm_area) area,
                               int64_t p, int64_t depth, const float *b, float *packed_a)
{
    for (int64_t i = area.i0; i < area.i1; i += NNI_GEMM_ROWS) {
        int64_t rows = nni_min(area.i1 - i, NNI_GEMM_ROWS);
        const float *a = g->a + i * g->a_row + p * g->a_column;
        int64_t a_row = g->a_row, a_column = g->a_column;
        if (rows < NNI_GEMM_ROWS || a_column != 1) {
            NNI_K(gemm_pack_a)(g, i, rows, p, depth, packed_a);
            a = packed_a;
            a_row = 1;
            a_column = NNI_GEMM_ROWS;
        }
        for (int64_t j = area.j0; j < area.j1; j += NNI_GEMM_COLUMNS) {
            NNI_K(gemm_block)
            (rows, nni_min(area.j1 - j, NNI_GEMM_COLUMNS), depth, a, a_row, a_column,
             b + (j - area.j0) * depth, g->c + i * g->c_row + j, g->c_row);
        }
        if (p + depth == g->k) {
            struct NNI_K(gemm_area) done = {i, i + rows, area.j0, area.j1};
            NNI_K(gemm_finish)(g, done);
        }
    }
}

/* k is cut into blocks of about the same depth. */
static void NNI_K(gemm_packed)(const struct nni_gemm *g, struct NNI_K(gemm_area) area,
                               float *scratch)
{
    int64_t blocks = (g->k + NNI_GEMM_DEPTH - 1) / NNI_GEMM_DEPTH;
    int64_t block = (g->k + blocks - 1) / blocks;
    float *packed_a = scratch, *packed_b = scratch + NNI_GEMM_ROWS * NNI_GEMM_DEPTH;
    for (int64_t j = area.j0; j < area.j1; j += NNI_GEMM_WIDTH) {
        int64_t j1 = nni_min(area.j1, j + NNI_GEMM_WIDTH);
        struct NNI_K(gemm_area) part = {area.i0, area.i1, j, j1};
        for (int64_t p = 0; p < g->k; p += block) {
            int64_t depth = nni_min(g->k - p, block);
            NNI_K(gemm_pack_b)(g, p, depth, j, j1 - j, packed_b);
            NNI_K(gemm_panels)(g, part, p, depth, packed_b, packed_a);
        }
    }
}

/* Row by row with B where it lies: for few rows, and rows of B that lie without gaps. */
static void NNI_K(gemm_direct)(const struct nni_gemm *g, struct NNI_K(gemm_area) area)
{
    const int64_t most = NNI_GEMM_ROW_VECTORS * NNI_VECTOR;
    int64_t j = area.j0;
    while (j < area.j1) {
        /* No block may be narrower than a vector. */
        int64_t rest = area.j1 - j;
        int64_t columns = rest <= most ? rest : most;
        columns = rest > most && rest < most + NNI_VECTOR ? most / 2 : columns;
        for (int64_t i = area.i0; i < area.i1; i++) {
            NNI_K(gemm_row_block)
            (columns, g->k, g->a + i * g->a_row, g->a_column, g->b + j, g->b_row,
             g->c + i * g->c_row + j);
        }
        j += columns;
    }
    NNI_K(gemm_finish)(g, area);
}

/* 16 lanes over k for each element; rows of A and columns of B with gaps are copied. */
static void NNI_K(gemm_lanes)(const struct nni_gemm *g, struct NNI_K(gemm_area) area,
                              float *scratch)
{
    float *a_copy = scratch, *b_copy = scratch + g->k;
    for (int64_t j = area.j0; j < area.j1 && g->b_row != 1; j++) {
        for (int64_t p = 0; p < g->k; p++) {
            b_copy[j * g->k + p] = g->b[p * g->b_row + j * g->b_column];
        }
    }
    for (int64_t i = area.i0; i < area.i1; i++) {
        const float *a = g->a + i * g->a_row;
        if (g->a_column != 1) {
            for (int64_t p = 0; p < g->k; p++) {
                a_copy[p] = a[p * g->a_column];
            }
            a = a_copy;
        }
        for (int64_t j = area.j0; j < area.j1; j++) {
            const float *b = g->b_row != 1 ? b_copy + j * g->k : g->b + j * g->b_column;
            g->c[i * g->c_row + j] += NNI_K(lane_dot)(a, b, g->k);
        }
    }
    NNI_K(gemm_finish)(g, area);
}

static void NNI_K(gemm_tile)(const struct nni_gemm *g, int64_t m0, int64_t m1, int64_t n0,
                             int64_t n1, void *scratch)
{
    struct NNI_K(gemm_area) area = {m0, m1, n0, n1};
    if (m0 >= m1 || n0 >= n1) {
        return;
    }
    NNI_K(gemm_start)(g, area);
    if (g->k == 0) {
        NNI_K(gemm_finish)(g, area);
    } else if (!g->chain && nni_gemm_uses_lanes(g->k, g->n)) {
        NNI_K(gemm_lanes)(g, area, scratch);
    } else if (m1 - m0 < NNI_GEMM_DIRECT_ROWS && g->b_column == 1 &&
               n1 - n0 >= NNI_VECTOR) {
        NNI_K(gemm_direct)(g, area);
    } else {
        NNI_K(gemm_packed)(g, area, scratch);
    }
}

/* For the packed way or the lanes, whichever needs more; grows with m, n and k. */
static size_t NNI_K(gemm_tile_scratch)(int64_t m, int64_t n, int64_t k)
{
    (void)m;
    int64_t width = nni_min(n, NNI_GEMM_WIDTH) + NNI_GEMM_COLUMNS - 1;
    int64_t panels = width / NNI_GEMM_COLUMNS * NNI_GEMM_COLUMNS;
    int64_t floats = NNI_GEMM_ROWS * NNI_GEMM_DEPTH + panels * nni_min(k, NNI_GEMM_DEPTH);
    if (nni_gemm_uses_lanes(k, n)) {
        floats = nni_max(floats, (n + 1) * k);
    }
    return (size_t)floats * sizeof(float);
}
