/* The matrix product by register tiles, which read A and B where they lie or from copies
 * that stay in the caches (Goto and van de Geijn, "Anatomy of high-performance matrix
 * multiplication", 2008). A chain that is cut by blocks over k goes on from C, so the cut
 * does not show. A body.
 *
 * A block of B, DEPTH terms of WIDTH columns, is copied to panels as wide as a tile, that
 * stay in the second cache; the first tile of rows copies them while it computes. Every
 * tile of rows goes along all panels: its part of A stays in the first cache, and C is
 * written along its rows. */

enum {
    NNI_K(TILE_COLUMNS) = NNI_K(TILE_VECTORS) * NNI_LANES,
    NNI_K(COPIED_FROM) = 3,   /* tiles of rows for which B is worth copying */
    NNI_K(ONE_BY_ONE_TO) = 5, /* tiles of rows that use one panel of B after the other */
    NNI_K(GROUP) = 4,         /* tiles of a transposed A that are copied together */
    NNI_K(CROWDED) = 512,     /* rows so many floats apart share few sets of the cache */
    NNI_K(COPY_ROW) = NNI_GEMM_DEPTH + NNI_LANES, /* of A; these do not */
    NNI_K(A_TILE_FLOATS) = NNI_LANES * NNI_K(COPY_ROW)
};

/* Rows i0 ... i1 - 1, columns j0 ... j1 - 1. */
struct NNI_K(gemm_area) {
    int64_t i0, i1, j0, j1;
};

/* One block of B for one area, and where its tiles find A and B. */
struct NNI_K(gemm_block) {
    const struct nni_gemm *gemm;
    struct NNI_K(gemm_area) area;
    int64_t p, depth;
    float *panels; /* for copies of B, or NULL */
    float *a_copy; /* for copies of A, a tile's part each, or NULL */
};

static inline int64_t NNI_K(round_up)(int64_t count, int64_t unit)
{
    return (count + unit - 1) / unit * unit;
}

/* The length of the fewest equal parts of at most `most` that `count` is cut into. */
static inline int64_t NNI_K(even_part)(int64_t count, int64_t most)
{
    const int64_t parts = (count + most - 1) / most;
    return (count + parts - 1) / parts;
}

/* Where the chains go on from at this block: bias or zeros at the first one. */
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

/* The rows of the next tile of `left` rows: all that there can be, and the last two have
 * about as many as each other. */
static inline int64_t NNI_K(gemm_tile_rows)(int64_t left)
{
    if (left <= NNI_K(TILE_ROWS)) {
        return left;
    }
    return left >= 2 * NNI_K(TILE_ROWS) ? NNI_K(TILE_ROWS) : (left + 1) / 2;
}

/* Copies rows of A that lie along k. */
static void NNI_K(gemm_copy_rows)(const struct NNI_K(gemm_block) * block, int64_t i)
{
    const struct nni_gemm *g = block->gemm;
    const int64_t rows = NNI_K(gemm_tile_rows)(block->area.i1 - i);
    const float *a = g->a + i * g->a_row + block->p;
    for (int64_t r = 0; r < rows; r++) {
        memcpy(block->a_copy + r * NNI_K(COPY_ROW), a + r * g->a_row,
               (size_t)block->depth * sizeof *a);
    }
}

/* Copies the parts of a whole group of tiles, at rows `start`, whose elements lie along the
 * rows of A: it goes to each page of A once for all of them. */
static void NNI_K(gemm_copy_together)(const struct NNI_K(gemm_block) * block,
                                      const int64_t *start)
{
    const struct nni_gemm *g = block->gemm;
    const float *a = g->a + block->p * g->a_column;
    float *copy = block->a_copy;
    for (int64_t p = block->depth; p > 0; p--, a += g->a_column, copy += NNI_LANES) {
        NNI_UNROLL
        for (int t = 0; t < NNI_K(GROUP); t++) {
            NNI_K(vector_store)
            (copy + t * NNI_K(A_TILE_FLOATS), NNI_K(vector_load)(a + start[t]));
        }
    }
}

/* Copies the parts of the tiles from row i on, as many as are copied together. */
static void NNI_K(gemm_copy_group)(const struct NNI_K(gemm_block) * block, int64_t i)
{
    const struct nni_gemm *g = block->gemm;
    int64_t start[NNI_K(GROUP)], tiles = 0;
    for (; tiles < NNI_K(GROUP) && i < block->area.i1; tiles++) {
        start[tiles] = i;
        i += NNI_K(gemm_tile_rows)(block->area.i1 - i);
    }
    if (g->a_row == 1 && tiles == NNI_K(GROUP) &&
        start[NNI_K(GROUP) - 1] + NNI_LANES <= g->m) {
        NNI_K(gemm_copy_together)(block, start);
        return;
    }
    for (int64_t t = 0; t < tiles; t++) {
        NNI_K(gemm_pack_block)
        (g->a + start[t] * g->a_row + block->p * g->a_column, g->a_row, g->a_column,
         nni_min(g->m - start[t], NNI_LANES), block->depth,
         block->a_copy + t * NNI_K(A_TILE_FLOATS), NNI_LANES);
    }
}

/* Where tile t, at row i, finds its part of A: where it lies, or in a copy. */
static void NNI_K(gemm_place_a)(const struct NNI_K(gemm_block) * block, int64_t t,
                                int64_t i, struct NNI_K(gemm_tile_call) * call)
{
    const struct nni_gemm *g = block->gemm;
    if (block->a_copy == NULL) {
        call->a = g->a + i * g->a_row + block->p * g->a_column;
        call->a_row = g->a_row;
        call->a_column = g->a_column;
    } else if (g->a_column == 1) {
        NNI_K(gemm_copy_rows)(block, i);
        call->a = block->a_copy;
        call->a_row = NNI_K(COPY_ROW);
        call->a_column = 1;
    } else {
        if (t % NNI_K(GROUP) == 0) {
            NNI_K(gemm_copy_group)(block, i);
        }
        call->a = block->a_copy + t % NNI_K(GROUP) * NNI_K(A_TILE_FLOATS);
        call->a_row = 1;
        call->a_column = NNI_LANES;
    }
}

/* The tile of C after this one, whose rows may lie a page apart, is asked for a row at a
 * time, since many at once would hold up the panel's: the next tile at column j, or the first
 * one of the rows below. */
static inline void NNI_K(gemm_fetch_c)(const struct NNI_K(gemm_block) * block,
                                       int64_t below, int64_t rows, int64_t j,
                                       struct NNI_K(gemm_tile_call) * call)
{
    const struct nni_gemm *g = block->gemm;
    const int wraps = j >= block->area.j1;
    call->fetch =
        wraps ? g->c + below * g->c_row + block->area.j0 : call->c + NNI_K(TILE_COLUMNS);
    call->fetch_row = g->c_row;
    call->fetch_rows = wraps && below >= block->area.i1 ? 0 : rows;
}

/* The panel of B at column j, which the first tile of rows fills; returns the tile. */
static NNI_K(gemm_tile_function) *
    NNI_K(gemm_place_b)(const struct NNI_K(gemm_block) * block, int64_t i, int64_t rows,
                        int64_t j, int64_t columns, struct NNI_K(gemm_tile_call) * call)
{
    const struct nni_gemm *g = block->gemm;
    const int64_t vectors = (columns + NNI_LANES - 1) / NNI_LANES;
    const int first = i == block->area.i0;
    call->last = columns - (vectors - 1) * NNI_LANES;
    call->b = g->b + block->p * g->b_row + j * g->b_column;
    call->b_row = g->b_row;
    call->fetch = call->b + NNI_K(gemm_fetch_ahead)(block->depth, g->b_row);
    call->fetch_row = g->b_row;
    call->fetch_rows = block->depth;
    if (block->panels != NULL) {
        float *panel = block->panels +
                       (j - block->area.j0) * NNI_K(round_up)(block->depth, NNI_LANES);
        if (first && g->b_column == 1 && rows == NNI_K(TILE_ROWS) &&
            columns == NNI_K(TILE_COLUMNS)) {
            call->panel = panel;
            return NNI_K(gemm_packing_tiles)[rows];
        }
        call->b = panel;
        NNI_K(gemm_fetch_c)(block, i + rows, rows, j + columns, call);
        call->b_row = vectors * NNI_LANES;
        if (first) {
            NNI_K(gemm_pack_b)
            (g, block->p, block->depth, j, columns, panel, call->b_row);
        }
    }
    return NNI_K(gemm_tiles)[rows][vectors];
}

/* Tile after tile, `width` columns each, of rows i ... i + rows - 1. */
static void NNI_K(gemm_row_of_tiles)(const struct NNI_K(gemm_block) * block, int64_t t,
                                     int64_t i, int64_t rows, int64_t width)
{
    const struct nni_gemm *g = block->gemm;
    struct NNI_K(gemm_tile_call) call = {.k = block->depth, .c_row = g->c_row};
    call.relu =
        g->activation == NN_RELU && g->before == NULL && block->p + block->depth == g->k;
    NNI_K(gemm_place_a)(block, t, i, &call);
    for (int64_t j = block->area.j0; j < block->area.j1; j += width) {
        const int64_t columns = nni_min(block->area.j1 - j, width);
        call.c = g->c + i * g->c_row + j;
        NNI_K(gemm_tile_start)(block, j, &call);
        NNI_K(gemm_place_b)(block, i, rows, j, columns, &call)(&call);
    }
}

static void NNI_K(gemm_all_rows)(const struct NNI_K(gemm_block) * block, int64_t width)
{
    int64_t i = block->area.i0;
    for (int64_t t = 0; i < block->area.i1; t++) {
        const int64_t rows = NNI_K(gemm_tile_rows)(block->area.i1 - i);
        NNI_K(gemm_row_of_tiles)(block, t, i, rows, width);
        i += rows;
    }
}

/* Whether a tile of A is copied, for so many columns to use it: where its rows share few sets
 * of the first cache, or, of a transposed A, where its elements lie too far apart for too
 * many panels. */
static int NNI_K(gemm_copies_a)(const struct nni_gemm *g, int64_t columns)
{
    enum { FEW = 4, SOME = 8, SHORT = 256 };
    const int64_t panels = columns / NNI_K(TILE_COLUMNS);
    if (g->a_column == 1) {
        return panels >= SOME && g->a_row % NNI_K(CROWDED) == 0;
    }
    const int pays = NNI_K(MANY_REGISTERS) ? panels > FEW && g->k > SHORT : panels > 1;
    return panels > SOME || (pays && g->a_column % NNI_K(CROWDED) == 0);
}

/* The columns of a block, made a little fewer so that all blocks have about as many.
 * Where B is transposed and few rows share what it costs to copy a panel, a block is one
 * panel: they use it while it is in the first cache. */
static int64_t NNI_K(gemm_block_width)(const struct nni_gemm *g,
                                       const struct NNI_K(gemm_area) * area)
{
    const int64_t few = NNI_K(ONE_BY_ONE_TO) * NNI_K(TILE_ROWS);
    if (g->b_column != 1 && g->a_column == 1 && area->i1 - area->i0 <= few) {
        return NNI_K(TILE_COLUMNS);
    }
    return NNI_K(round_up)(NNI_K(even_part)(area->j1 - area->j0, NNI_GEMM_WIDTH),
                           NNI_K(TILE_COLUMNS));
}

/* Blocks of at most WIDTH columns and DEPTH terms. */
static NNI_NOINLINE void NNI_K(gemm_blocked)(const struct nni_gemm *g,
                                             struct NNI_K(gemm_area) area, float *scratch)
{
    const int64_t depth = NNI_K(even_part)(g->k, NNI_GEMM_DEPTH);
    const int64_t width = NNI_K(gemm_block_width)(g, &area);
    const int copies_b = g->b_column != 1 ||
                         area.i1 - area.i0 > (NNI_K(COPIED_FROM) - 1) * NNI_K(TILE_ROWS);
    for (int64_t j = area.j0; j < area.j1; j += width) {
        for (int64_t p = 0; p < g->k; p += depth) {
            struct NNI_K(gemm_block)
                block = {.gemm = g,
                         .area = {area.i0, area.i1, j, nni_min(area.j1, j + width)},
                         .p = p,
                         .depth = nni_min(g->k - p, depth)};
            float *panels = scratch + NNI_K(GROUP) * NNI_K(A_TILE_FLOATS);
            block.panels = copies_b ? panels : NULL;
            if (NNI_K(gemm_copies_a)(g, block.area.j1 - j)) {
                block.a_copy = scratch;
            }
            NNI_K(gemm_all_rows)(&block, NNI_K(TILE_COLUMNS));
        }
    }
}

/* The floats of scratch that a blocked product needs. */
static inline int64_t NNI_K(gemm_blocked_floats)(int64_t n, int64_t k)
{
    const int64_t width = nni_min(NNI_GEMM_WIDTH, n);
    return NNI_K(GROUP) * NNI_K(A_TILE_FLOATS) +
           NNI_K(round_up)(width, NNI_K(TILE_COLUMNS)) *
               NNI_K(round_up)(nni_min(NNI_GEMM_DEPTH, k), NNI_LANES);
}

/* Everything where it lies, a tile of rows after the other. */
static NNI_NOINLINE void NNI_K(gemm_direct)(const struct nni_gemm *g,
                                            struct NNI_K(gemm_area) area)
{
    int64_t rows;
    for (int64_t i = area.i0; i < area.i1; i += rows) {
        rows = NNI_K(gemm_tile_rows)(area.i1 - i);
        NNI_K(gemm_low)(g, i, i + rows, area.j0, area.j1);
    }
}
