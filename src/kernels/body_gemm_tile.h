/* The register tile of the matrix product, C = start + A B: rows x vectors elements of C
 * stay in registers while k runs, each one chain of fused multiply-adds in ascending k. One
 * function for each size (NNI_TILES), all made of one. A body. */

struct NNI_K(gemm_tile_call) {
    int64_t k;
    const float *a; /* element (i, p) at a[i * a_row + p * a_column] */
    int64_t a_row, a_column;
    const float *b; /* element (p, j) at b[p * b_row + j] */
    int64_t b_row;
    const float *fetch; /* rows of B or C that will be needed: one is asked for with */
    int64_t fetch_row, fetch_rows; /* each of the first fetch_rows terms */
    float *c;
    int64_t c_row;
    const float *start; /* what the chains go on from; NULL for zeros */
    int64_t start_row;
    int64_t last; /* columns in the last vector, 1 ... 16 */
    float *panel; /* where a packing tile writes its rows of B */
    int relu;     /* the last write is max(0, c) */
};

/* The addresses of A advance in groups of three rows, which the x86-64 reaches from one
 * register; more registers than there are would be needed for one of each row. */
enum { NNI_K(A_GROUP) = 3, NNI_K(A_GROUPS) = 5 };

/* The last vector may have fewer columns than 16. */
static NNI_INLINE NNI_K(nni_vector)
    NNI_K(tile_load)(const float *x, int whole, NNI_K(nni_part) part)
{
    return whole ? NNI_K(vector_load)(x) : NNI_K(vector_load_part)(x, part, 0.0f);
}

static NNI_ALWAYS_INLINE void NNI_K(tile_store)(float *x, int whole, NNI_K(nni_part) part,
                                                NNI_K(nni_vector) value)
{
    if (whole) {
        NNI_K(vector_store)(x, value);
    } else {
        NNI_K(vector_store_part)(x, part, value);
    }
}

/* Everything but t is a constant where this is called, so that the loops over rows and
 * vectors unroll. packing: B is copied to t->panel on the way, for the tiles below. */
static NNI_ALWAYS_INLINE void NNI_K(gemm_tile_of)(const struct NNI_K(gemm_tile_call) * t,
                                                  const int rows, const int vectors,
                                                  const int whole, const int packing)
{
    NNI_K(nni_vector) sum[NNI_K(TILE_ROWS)][NNI_TILE_VECTORS_MAX];
    const NNI_K(nni_part) part = NNI_K(vector_part)(t->last);
    const float *start = t->start;
    NNI_UNROLL
    for (int i = 0; i < rows; i++) {
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[i][v] = start == NULL
                            ? NNI_K(vector_fill)(0.0f)
                            : NNI_K(tile_load)(start + i * t->start_row + v * NNI_LANES,
                                               whole || v < vectors - 1, part);
        }
    }
    const int64_t a_row = t->a_row, a_column = t->a_column, b_row = t->b_row;
    const float *a[NNI_K(A_GROUPS)];
    NNI_UNROLL
    for (int r = 0; r < NNI_K(A_GROUPS); r++) {
        a[r] = NNI_K(A_GROUP) * r < rows ? t->a + NNI_K(A_GROUP) * r * a_row : t->a;
    }
    const float *b = t->b, *fetch = t->fetch;
    const int64_t fetch_row = t->fetch_row, fetched = t->k - t->fetch_rows;
    float *panel = t->panel;
    for (int64_t p = t->k; p > 0; p--) {
        NNI_K(nni_vector) row[NNI_TILE_VECTORS_MAX];
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            row[v] = NNI_K(tile_load)(b + v * NNI_LANES, whole || v < vectors - 1, part);
            if (packing) {
                NNI_K(vector_store)(panel + v * NNI_LANES, row[v]);
            }
            __builtin_prefetch(fetch + v * NNI_LANES);
        }
        NNI_UNROLL
        for (int i = 0; i < rows; i++) {
            const NNI_K(nni_vector) factor =
                NNI_K(vector_fill)(a[i / NNI_K(A_GROUP)][i % NNI_K(A_GROUP) * a_row]);
            NNI_UNROLL
            for (int v = 0; v < vectors; v++) {
                sum[i][v] = NNI_K(vector_fma)(factor, row[v], sum[i][v]);
            }
        }
        NNI_UNROLL
        for (int r = 0; r < NNI_K(A_GROUPS); r++) {
            a[r] += NNI_K(A_GROUP) * r < rows ? a_column : 0;
        }
        b += b_row;
        fetch = p > fetched ? fetch + fetch_row : b; /* without a branch */
        if (packing) {
            panel += vectors * NNI_LANES;
        }
    }

    const NNI_K(nni_vector) zero = NNI_K(vector_fill)(0.0f);
    float *const c_start = t->c;
    const int64_t c_row = t->c_row;
    const int relu = t->relu;
    NNI_UNROLL
    for (int i = 0; i < rows; i++) {
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            float *c = c_start + i * c_row + v * NNI_LANES;
            NNI_K(nni_vector) value = sum[i][v];
            if (relu) {
                value = NNI_K(vector_maximum)(zero, value);
            }
            NNI_K(tile_store)(c, whole || v < vectors - 1, part, value);
        }
    }
}

/* Where parts cost little, one function serves whole vectors and parts, but for the largest
 * tile, which large products consist of. */
#define NNI_TILE_TELLS_PARTS(rows, vectors) \
    (!NNI_K(PARTS_ARE_FREE) ||              \
     ((rows) == NNI_K(TILE_ROWS) && (vectors) == NNI_K(TILE_VECTORS)))
#define NNI_TILE_FUNCTION(rows, vectors)                                   \
    static NNI_NOINLINE void NNI_K(gemm_tile_##rows##x##vectors)(          \
        const struct NNI_K(gemm_tile_call) * t)                            \
    {                                                                      \
        if (NNI_TILE_TELLS_PARTS(rows, vectors) && t->last == NNI_LANES) { \
            NNI_K(gemm_tile_of)(t, rows, vectors, 1, 0);                   \
        } else {                                                           \
            NNI_K(gemm_tile_of)(t, rows, vectors, 0, 0);                   \
        }                                                                  \
    }
#define NNI_PACKING_TILE_FUNCTION(rows, vectors)                          \
    static NNI_NOINLINE void NNI_K(gemm_packing_tile_##rows##x##vectors)( \
        const struct NNI_K(gemm_tile_call) * t)                           \
    {                                                                     \
        NNI_K(gemm_tile_of)(t, rows, vectors, 1, 1);                      \
    }
NNI_TILES(NNI_TILE_FUNCTION)
NNI_PACKING_TILES(NNI_PACKING_TILE_FUNCTION)

typedef void NNI_K(gemm_tile_function)(const struct NNI_K(gemm_tile_call) * t);

#define NNI_TILE_ENTRY(rows, vectors) \
    [rows][vectors] = NNI_K(gemm_tile_##rows##x##vectors),
#define NNI_PACKING_TILE_ENTRY(rows, vectors) \
    [rows] = NNI_K(gemm_packing_tile_##rows##x##vectors),
static NNI_K(gemm_tile_function) *const
    NNI_K(gemm_tiles)[NNI_K(TILE_ROWS) + 1][NNI_TILE_VECTORS_MAX + 1] = {
        NNI_TILES(NNI_TILE_ENTRY)};
static NNI_K(gemm_tile_function) *const
    NNI_K(gemm_packing_tiles)[NNI_K(TILE_ROWS) + 1] = {
        NNI_PACKING_TILES(NNI_PACKING_TILE_ENTRY)};
#undef NNI_TILE_FUNCTION
#undef NNI_TILE_TELLS_PARTS
#undef NNI_PACKING_TILE_FUNCTION
#undef NNI_TILE_ENTRY
#undef NNI_PACKING_TILE_ENTRY

/* How far ahead of its use B is fetched, where it lies as it came. */
static inline int64_t NNI_K(gemm_fetch_ahead)(int64_t k, int64_t b_row)
{
    return k >= 4 * NNI_GEMM_FETCH ? NNI_GEMM_FETCH * b_row : 0;
}

/* A low product, rows i0 ... i1 - 1 of one tile, with B where it lies, along its rows: what small
 * networks consist of, so nothing else is decided here. */
static void NNI_K(gemm_low)(const struct nni_gemm *g, int64_t i0, int64_t i1, int64_t j0,
                            int64_t j1)
{
    const int64_t rows = i1 - i0;
    int64_t most = nni_min((j1 - j0 + NNI_LANES - 1) / NNI_LANES, NNI_TILE_VECTORS_MAX);
    while (NNI_K(gemm_tiles)[rows][most] == NULL) {
        most--;
    }
    const float *start = g->accumulate ? g->c + i0 * g->c_row : g->bias;
    struct NNI_K(gemm_tile_call) call;
    call.k = g->k;
    call.a = g->a + i0 * g->a_row;
    call.a_row = g->a_row;
    call.a_column = g->a_column;
    call.b_row = g->b_row;
    call.fetch_row = g->b_row;
    call.fetch_rows = g->k;
    const int64_t ahead = NNI_K(gemm_fetch_ahead)(g->k, g->b_row);
    call.c_row = g->c_row;
    call.start_row = g->accumulate ? g->c_row : 0;
    call.panel = NULL;
    call.relu = g->activation == NN_RELU && g->before == NULL;
    for (int64_t j = j0; j < j1; j += most * NNI_LANES) {
        const int64_t columns = nni_min(j1 - j, most * NNI_LANES);
        const int64_t vectors = (columns + NNI_LANES - 1) / NNI_LANES;
        call.b = g->b + j;
        call.fetch = call.b + ahead;
        call.c = g->c + i0 * g->c_row + j;
        call.start = start != NULL ? start + j : NULL;
        call.last = columns - (vectors - 1) * NNI_LANES;
        NNI_K(gemm_tiles)[rows][vectors](&call);
    }
}
