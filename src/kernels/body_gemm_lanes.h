/* Products in lanes: 16 lanes over k for each element of C, which their tree then adds to
 * its start. One side has few vectors along k, columns of B or rows of A, the other many;
 * a tile has some of both, so that each is loaded once for several sums and no sum waits
 * for the one before. A body. */

/* The vectors of one side; element p of vector i at x[i * step + p * gap]. */
struct NNI_K(lanes_side) {
    const float *x;
    int64_t count, step, gap;
};

/* The vectors of a tile, without gaps; where there are fewer, the last one stands for those
 * that are missing. */
struct NNI_K(lanes_tile) {
    int64_t k;
    const float *few[NNI_K(LANES_FEW)], *many[NNI_K(LANES_MANY)];
};

/* Adds the products of terms p ... p + 15. */
static NNI_ALWAYS_INLINE void NNI_K(lanes_terms)(const struct NNI_K(lanes_tile) * tile,
                                                 const int few, int64_t p,
                                                 const int whole, NNI_K(nni_part) part,
                                                 NNI_K(nni_vector) * sum)
{
    NNI_K(nni_vector) x[NNI_K(LANES_FEW)];
    NNI_UNROLL
    for (int f = 0; f < few; f++) {
        x[f] = NNI_K(tile_load)(tile->few[f] + p, whole, part);
    }
    NNI_UNROLL
    for (int i = 0; i < NNI_K(LANES_MANY); i++) {
        const NNI_K(nni_vector) y = NNI_K(tile_load)(tile->many[i] + p, whole, part);
        NNI_UNROLL
        for (int f = 0; f < few; f++) {
            const int at = f * NNI_K(LANES_MANY) + i;
            sum[at] = NNI_K(vector_fma)(y, x[f], sum[at]);
        }
    }
}

/* sums[LANES_FEW * i + f]: vector i of the many times vector f of the few. few is a
 * constant where this is called. */
static NNI_ALWAYS_INLINE void NNI_K(lanes_sums)(const struct NNI_K(lanes_tile) * tile,
                                                const int few, float *sums)
{
    NNI_K(nni_vector) sum[NNI_K(LANES_FEW) * NNI_K(LANES_MANY)];
    NNI_UNROLL
    for (int s = 0; s < few * NNI_K(LANES_MANY); s++) {
        sum[s] = NNI_K(vector_fill)(0.0f);
    }
    const NNI_K(nni_part) part = NNI_K(vector_part)(tile->k % NNI_LANES);
    int64_t p = 0;
    for (; tile->k - p >= NNI_LANES; p += NNI_LANES) {
        NNI_K(lanes_terms)(tile, few, p, 1, part, sum);
    }
    if (p < tile->k) {
        NNI_K(lanes_terms)(tile, few, p, 0, part, sum);
    }
    NNI_K(vector_sums)(sum, few, sums);
}

static NNI_NOINLINE void NNI_K(lanes_run)(const struct NNI_K(lanes_tile) * tile,
                                          int64_t few, float *sums)
{
    if (NNI_K(LANES_FEW) > 1 && few == 1) {
        NNI_K(lanes_sums)(tile, 1, sums);
    } else if (NNI_K(LANES_FEW) > 2 && few == 2) {
        NNI_K(lanes_sums)(tile, 2, sums);
    } else {
        NNI_K(lanes_sums)(tile, NNI_K(LANES_FEW), sums);
    }
}

/* Vectors first ... first + count - 1 of a side without gaps: where they lie, or copied. */
static struct NNI_K(lanes_side)
    NNI_K(lanes_without_gaps)(struct NNI_K(lanes_side) side, int64_t first, int64_t count,
                              int64_t k, float *copy)
{
    side.x += first * side.step;
    side.count = count;
    if (side.gap == 1) {
        return side;
    }
    for (int64_t i = 0; i < count; i++) {
        for (int64_t p = 0; p < k; p++) {
            copy[i * k + p] = side.x[i * side.step + p * side.gap];
        }
    }
    side.x = copy;
    side.step = k;
    side.gap = 1;
    return side;
}

static inline void NNI_K(lanes_point)(const struct NNI_K(lanes_side) * side,
                                      int64_t first, int64_t places, const float **x)
{
    for (int64_t i = 0; i < places; i++) {
        x[i] = side->x + nni_min(first + i, side->count - 1) * side->step;
    }
}

static inline int NNI_K(lanes_few_are_columns)(const struct nni_gemm *g)
{
    return g->n <= NNI_GEMM_LANES_N;
}

/* Where the elements of C lie that a tile makes, and what they begin with. */
struct NNI_K(lanes_target) {
    float *c;
    const float *start; /* NULL for zeros */
    int64_t c_few, c_many, start_few, start_many;
};

static struct NNI_K(lanes_target)
    NNI_K(lanes_target_of)(const struct nni_gemm *g, struct NNI_K(gemm_area) area)
{
    float *const c = g->c + area.i0 * g->c_row + area.j0;
    const int64_t start_row = g->accumulate ? g->c_row : 0;
    const float *start = g->accumulate ? c : g->bias != NULL ? g->bias + area.j0 : NULL;
    const int by_columns = NNI_K(lanes_few_are_columns)(g);
    const struct NNI_K(lanes_target) target = {c,
                                               start,
                                               by_columns ? 1 : g->c_row,
                                               by_columns ? g->c_row : 1,
                                               by_columns ? 1 : start_row,
                                               by_columns ? start_row : 1};
    return target;
}

/* Element (f, i) of C and those after it. */
static void NNI_K(lanes_store)(const struct NNI_K(lanes_target) * to, int64_t f,
                               int64_t few, int64_t i, int64_t many, const float *sums)
{
    for (int64_t r = 0; r < many; r++) {
        for (int64_t q = 0; q < few; q++) {
            const int64_t at = (f + q) * to->start_few + (i + r) * to->start_many;
            to->c[(f + q) * to->c_few + (i + r) * to->c_many] =
                (to->start == NULL ? 0.0f : to->start[at]) +
                sums[NNI_K(LANES_FEW) * r + q];
        }
    }
}

/* An area of C. */
static NNI_NOINLINE void NNI_K(gemm_lanes)(const struct nni_gemm *g,
                                           struct NNI_K(gemm_area) area, float *scratch)
{
    enum { FEW = NNI_K(LANES_FEW), MANY = NNI_K(LANES_MANY) };
    const struct NNI_K(lanes_side)
        rows = {g->a + area.i0 * g->a_row, area.i1 - area.i0, g->a_row, g->a_column},
        columns = {g->b + area.j0 * g->b_column, area.j1 - area.j0, g->b_column,
                   g->b_row};
    const int by_columns = NNI_K(lanes_few_are_columns)(g);
    const struct NNI_K(lanes_side) few = NNI_K(lanes_without_gaps)(
        by_columns ? columns : rows, 0, (by_columns ? columns : rows).count, g->k,
        scratch + MANY * g->k);
    const struct NNI_K(lanes_side) many = by_columns ? rows : columns;
    const struct NNI_K(lanes_target) target = NNI_K(lanes_target_of)(g, area);
    struct NNI_K(lanes_tile) tile = {.k = g->k};
    for (int64_t i = 0; i < many.count; i += MANY) {
        const struct NNI_K(lanes_side) some = NNI_K(lanes_without_gaps)(
            many, i, nni_min(many.count - i, MANY), g->k, scratch);
        NNI_K(lanes_point)(&some, 0, MANY, tile.many);
        for (int64_t f = 0; f < few.count; f += FEW) {
            const int64_t count = nni_min(few.count - f, FEW);
            float sums[FEW * MANY];
            NNI_K(lanes_point)(&few, f, FEW, tile.few);
            NNI_K(lanes_run)(&tile, count, sums);
            NNI_K(lanes_store)(&target, f, count, i, some.count, sums);
        }
    }
}

static inline int64_t NNI_K(gemm_lanes_floats)(const struct nni_gemm *g)
{
    const int64_t few = NNI_K(lanes_few_are_columns)(g) ? g->n : g->m;
    return g->a_column == 1 && g->b_row == 1 ? 0 : (few + NNI_K(LANES_MANY)) * g->k;
}
