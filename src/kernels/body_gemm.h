/* The matrix product, see gemm.h: one area of C, in register tiles that read A and B where
 * they lie or from packed copies that stay in the caches (Goto and van de Geijn, "Anatomy
 * of high-performance matrix multiplication", 2008), or in lanes. A chain that is cut by
 * blocks over k goes on from C, so the cut does not show. A body.
 *
 * Unlike there, B is not packed as a whole: a panel of it, one tile wide, is copied while
 * the first tile of rows computes with it, is used by the other tiles while it is in the
 * first cache, and then is overwritten. */

enum {
    NNI_K(TILE_COLUMNS) = NNI_K(TILE_VECTORS) * NNI_LANES,
    NNI_K(PANEL_FLOATS) = NNI_K(TILE_COLUMNS) * NNI_GEMM_DEPTH,
    NNI_K(A_TILE_FLOATS) = NNI_LANES * NNI_GEMM_DEPTH,
    NNI_K(HEIGHT) = NNI_GEMM_HEIGHT / NNI_K(TILE_ROWS) * NNI_K(TILE_ROWS)
};

/* Rows i0 ... i1 - 1, columns j0 ... j1 - 1. */
struct NNI_K(gemm_area) {
    int64_t i0, i1, j0, j1;
};

/* One block over k for one area, and what its tiles share. */
struct NNI_K(gemm_block) {
    const struct nni_gemm *gemm;
    struct NNI_K(gemm_area) area;
    int64_t p, depth;
    int64_t tiles, tile_rows,
        longer;            /* tiles of tile_rows, the first `longer` of one more */
    const float *packed_a; /* its tiles, or NULL */
    float *panel;
};

/* Fills in where the chains go on from at this block: bias or zeros at the first one. */
static inline void NNI_K(gemm_tile_start)(const struct NNI_K(gemm_block) * block,
                                          int64_t j, struct NNI_K(gemm_tile_call) * call)
{
    const struct nni_gemm *g = block->gemm;
    if (block->p > 0 || g->accumulate) {
        call->start = call->c;
        call->start_row = g->c_row;
    } else {
        call->start = g->bias != NULL ? g->bias + j : NULL;
        call->start_row = 0;
    }
}

/* All tiles of rows for the columns from j on, at most `vectors` wide. */
static void NNI_K(gemm_column_of_tiles)(const struct NNI_K(gemm_block) * block, int64_t j,
                                        int64_t columns)
{
    const struct nni_gemm *g = block->gemm;
    const int64_t vectors = (columns + NNI_LANES - 1) / NNI_LANES;
    struct NNI_K(gemm_tile_call)
        call = {.k = block->depth,
                .a_row = g->a_row,
                .a_column = g->a_column,
                .b = g->b + block->p * g->b_row + j * g->b_column,
                .b_row = g->b_row,
                .c_row = g->c_row,
                .last = columns - (vectors - 1) * NNI_LANES};
    call.fetch = block->depth >= 4 * NNI_GEMM_FETCH ? NNI_GEMM_FETCH * g->b_row : 0;
    call.relu =
        g->activation == NN_RELU && g->before == NULL && block->p + block->depth == g->k;
    int packing = 0;
    if (block->panel != NULL) {
        packing = g->b_column == 1 && columns == NNI_K(TILE_COLUMNS) &&
                  NNI_K(gemm_packing_tiles)[block->tile_rows] != NULL;
        call.panel = block->panel;
        if (!packing) {
            int64_t width = vectors * NNI_LANES;
            NNI_K(gemm_pack_b)
            (g, block->p, block->depth, j, columns, block->panel, width);
            call.b = block->panel;
            call.b_row = width;
            call.fetch = 0;
        }
    }
    int64_t i = block->area.i0;
    for (int64_t t = 0; t < block->tiles; t++) {
        int64_t rows = block->tile_rows + (t < block->longer);
        call.c = g->c + i * g->c_row + j;
        call.a = g->a + i * g->a_row + block->p * g->a_column;
        if (block->packed_a != NULL) {
            call.a = block->packed_a + t * NNI_K(A_TILE_FLOATS);
            call.a_row = 1;
            call.a_column = NNI_LANES;
        }
        NNI_K(gemm_tile_start)(block, j, &call);
        if (packing) {
            NNI_K(gemm_packing_tiles)[rows](&call);
            call.b = block->panel;
            call.b_row = NNI_K(TILE_COLUMNS);
            call.fetch = 0;
            packing = 0;
        } else {
            NNI_K(gemm_tiles)[rows][vectors](&call);
        }
        i += rows;
    }
}

/* The tiles of rows of A, each as NNI_LANES columns. */
static void NNI_K(gemm_pack_a)(const struct NNI_K(gemm_block) * block, float *packed)
{
    const struct nni_gemm *g = block->gemm;
    int64_t i = block->area.i0;
    for (int64_t t = 0; t < block->tiles; t++) {
        int64_t rows = block->tile_rows + (t < block->longer);
        NNI_K(gemm_pack_block)
        (g->a + i * g->a_row + block->p * g->a_column, g->a_row, g->a_column, rows,
         block->depth, packed + t * NNI_K(A_TILE_FLOATS), NNI_LANES);
        i += rows;
    }
}

/* Whether reading A again and again where it lies costs more than a copy: the elements of a
 * tile far apart, or rows that share few sets of the first cache. */
static int NNI_K(gemm_packs_a)(const struct nni_gemm *g,
                               const struct NNI_K(gemm_area) * area, int64_t tiles)
{
    const int64_t panels = (area->j1 - area->j0) / NNI_K(TILE_COLUMNS);
    if (g->a_column == 1) {
        return panels >= 8 && tiles > 1 && g->a_row % 512 == 0;
    }
    return panels >= 2;
}

/* The rows of an area as tiles of about the same number of rows. */
static inline void NNI_K(gemm_cut_rows)(struct NNI_K(gemm_block) * block)
{
    const int64_t rows = block->area.i1 - block->area.i0;
    block->tiles = (rows + NNI_K(TILE_ROWS) - 1) / NNI_K(TILE_ROWS);
    block->tile_rows = rows / block->tiles;
    block->longer = rows % block->tiles;
}

static inline void NNI_K(gemm_all_columns)(const struct NNI_K(gemm_block) * block,
                                           int64_t width)
{
    for (int64_t j = block->area.j0; j < block->area.j1; j += width) {
        NNI_K(gemm_column_of_tiles)(block, j, nni_min(block->area.j1 - j, width));
    }
}

/* Blocks of HEIGHT rows and of DEPTH terms, each made a little smaller, so that they are of
 * about the same size. */
static void NNI_K(gemm_blocked)(const struct nni_gemm *g, struct NNI_K(gemm_area) area,
                                float *scratch)
{
    const int64_t blocks = (g->k + NNI_GEMM_DEPTH - 1) / NNI_GEMM_DEPTH;
    const int64_t depth = (g->k + blocks - 1) / blocks;
    const int64_t high = (area.i1 - area.i0 + NNI_K(HEIGHT) - 1) / NNI_K(HEIGHT);
    const int64_t tiles = (area.i1 - area.i0 + NNI_K(TILE_ROWS) - 1) / NNI_K(TILE_ROWS);
    const int64_t height = (tiles + high - 1) / high * NNI_K(TILE_ROWS);
    for (int64_t p = 0; p < g->k; p += depth) {
        for (int64_t i = area.i0; i < area.i1; i += height) {
            struct NNI_K(gemm_block)
                block = {.gemm = g,
                         .area = {i, nni_min(area.i1, i + height), area.j0, area.j1},
                         .p = p,
                         .depth = nni_min(g->k - p, depth)};
            NNI_K(gemm_cut_rows)(&block);
            if (block.tiles > 1 || g->b_column != 1) {
                block.panel = scratch;
            }
            if (NNI_K(gemm_packs_a)(g, &block.area, block.tiles)) {
                NNI_K(gemm_pack_a)(&block, scratch + NNI_K(PANEL_FLOATS));
                block.packed_a = scratch + NNI_K(PANEL_FLOATS);
            }
            NNI_K(gemm_all_columns)(&block, NNI_K(TILE_COLUMNS));
        }
    }
}

/* The widest tile of so many rows. */
static inline int64_t NNI_K(gemm_widest)(int64_t rows)
{
    int64_t vectors = NNI_K(TILE_VECTORS);
    while (vectors < NNI_TILE_VECTORS_MAX &&
           NNI_K(gemm_tiles)[rows][vectors + 1] != NULL) {
        vectors++;
    }
    return vectors;
}

/* Everything where it lies: one tile of rows, or a B that stays in the first cache. Tile
 * after tile of rows, so that C is written along its rows. */
static void NNI_K(gemm_direct)(const struct nni_gemm *g, struct NNI_K(gemm_area) area)
{
    struct NNI_K(gemm_block) block = {.gemm = g, .area = area, .depth = g->k};
    NNI_K(gemm_cut_rows)(&block);
    const int64_t tiles = block.tiles, longer = block.longer;
    const int64_t width = NNI_K(gemm_widest)(block.tile_rows + (longer > 0)) * NNI_LANES;
    block.tiles = 1;
    block.longer = 0;
    block.tile_rows += longer > 0;
    for (int64_t t = 0; t < tiles; t++) {
        block.tile_rows -= longer > 0 && t == longer;
        block.area.i1 = block.area.i0 + block.tile_rows;
        NNI_K(gemm_all_columns)(&block, width);
        block.area.i0 = block.area.i1;
    }
}

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

/* For the blocked way or the lanes, whichever needs more; grows with m, n and k. */
static size_t NNI_K(gemm_tile_scratch)(int64_t m, int64_t n, int64_t k)
{
    int64_t tiles = nni_min((m + NNI_K(TILE_ROWS) - 1) / NNI_K(TILE_ROWS),
                            NNI_K(HEIGHT) / NNI_K(TILE_ROWS));
    int64_t floats =
        NNI_K(OUTER_FLOATS) + NNI_K(PANEL_FLOATS) + tiles * NNI_K(A_TILE_FLOATS);
    if (nni_gemm_uses_lanes(k, n)) {
        floats = nni_max(floats, (n + 1) * k);
    }
    return (size_t)floats * sizeof(float);
}
