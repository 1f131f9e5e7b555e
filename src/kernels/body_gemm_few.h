/* Products of few rows with a transposed B, so that each element of B is used a few times
 * only: squares of B are transposed on their way to the sums. Their chains are long and B
 * comes from far, so what counts is that many squares are on their way at once. A body. */

enum {
    NNI_K(FEW_ROWS) = 8,
    NNI_K(FEW_VECTORS) = 2,
    NNI_K(FEW_AT_ONCE) = NNI_K(MANY_REGISTERS) ? NNI_LANES : 1
};

/* Rows of A, and the sums that they have with some columns of B. */
struct NNI_K(few_rows) {
    const float *a;
    int64_t rows, a_row, a_column;
    NNI_K(nni_vector) sum[NNI_K(FEW_ROWS)][NNI_K(FEW_VECTORS)];
};

/* sum + a[0] term 0 + a[1] term 1 + ...; at_once: FEW_AT_ONCE, a divisor of `terms`. */
static NNI_ALWAYS_INLINE NNI_K(nni_vector)
    NNI_K(few_sum)(NNI_K(nni_vector) sum, const float *a, int64_t a_column,
                   const NNI_K(nni_square) * square, int64_t terms, const int at_once)
{
    for (int64_t p = 0; p < terms; p += at_once) {
        NNI_UNROLL
        for (int q = 0; q < at_once; q++, a += a_column) {
            sum = NNI_K(vector_fma)(NNI_K(vector_fill)(*a),
                                    NNI_K(square_term)(square, p + q), sum);
        }
    }
    return sum;
}

/* One square for all rows of A. */
static NNI_NOINLINE void NNI_K(few_square)(struct NNI_K(few_rows) * few, int v,
                                           const float *b, int64_t b_column)
{
    NNI_K(nni_square) square;
    NNI_K(square_transpose)(&square, b, b_column);
    for (int64_t i = 0; i < few->rows; i++) {
        few->sum[i][v] =
            NNI_K(few_sum)(few->sum[i][v], few->a + i * few->a_row, few->a_column,
                           &square, NNI_LANES, NNI_K(FEW_AT_ONCE));
    }
}

/* One of fewer columns or terms. over: what lies beyond the terms may be read. */
static NNI_NOINLINE void NNI_K(few_part)(struct NNI_K(few_rows) * few, int v,
                                         const float *b, int64_t b_column,
                                         int64_t columns, int64_t terms, int over)
{
    float block[NNI_LANES * NNI_LANES];
    NNI_K(gemm_transpose)
    (b, b_column, columns, over ? NNI_LANES : terms, block, NNI_LANES);
    for (int64_t i = 0; i < few->rows; i++) {
        const float *a = few->a + i * few->a_row;
        NNI_K(nni_vector) sum = few->sum[i][v];
        for (int64_t p = 0; p < terms; p++) {
            sum = NNI_K(vector_fma)(NNI_K(vector_fill)(a[p * few->a_column]),
                                    NNI_K(vector_load)(block + p * NNI_LANES), sum);
        }
        few->sum[i][v] = sum;
    }
}

/* `k` terms, whole squares, of one row and two vectors; returns where B goes on. */
static NNI_NOINLINE const float *NNI_K(few_row)(struct NNI_K(few_rows) * few, int64_t k,
                                                const float *b, int64_t b_column)
{
    const float *a = few->a;
    const int64_t a_column = few->a_column;
    NNI_K(nni_vector) sum[NNI_K(FEW_VECTORS)] = {few->sum[0][0], few->sum[0][1]};
    for (int64_t p = 0; p < k; p += NNI_LANES) {
        NNI_UNROLL
        for (int v = 0; v < NNI_K(FEW_VECTORS); v++) {
            NNI_K(nni_square) square;
            NNI_K(square_transpose)(&square, b + v * NNI_LANES * b_column, b_column);
            sum[v] = NNI_K(few_sum)(sum[v], a, a_column, &square, NNI_LANES,
                                    NNI_K(FEW_AT_ONCE));
        }
        a += NNI_LANES * a_column;
        b += NNI_LANES;
    }
    few->sum[0][0] = sum[0];
    few->sum[0][1] = sum[1];
    few->a = a;
    return b;
}

/* The vectors of a row of C that begin at c, of which `columns` columns are there. */
static inline void NNI_K(few_load)(NNI_K(nni_vector) * sum, const float *c,
                                   int64_t columns)
{
    for (int v = 0; v < NNI_K(FEW_VECTORS); v++) {
        sum[v] = c == NULL || v * NNI_LANES >= columns
                     ? NNI_K(vector_fill)(0.0f)
                     : NNI_K(lane_block)(c, v * NNI_LANES, columns, 0.0f);
    }
}

static inline void NNI_K(few_store)(const NNI_K(nni_vector) * sum, float *c,
                                    int64_t columns)
{
    for (int v = 0; v * NNI_LANES < columns; v++) {
        const int64_t rest = nni_min(columns - v * NNI_LANES, NNI_LANES);
        NNI_K(vector_store_part)(c + v * NNI_LANES, NNI_K(vector_part)(rest), sum[v]);
    }
}

/* `columns` columns of C from (i, j) on, at most FEW_VECTORS vectors. */
static void NNI_K(few_columns)(const struct nni_gemm *g, int64_t i, int64_t rows,
                               int64_t j, int64_t columns)
{
    struct NNI_K(few_rows) few;
    few.a = g->a + i * g->a_row;
    few.rows = rows;
    few.a_row = g->a_row;
    few.a_column = g->a_column;
    float *const c = g->c + i * g->c_row + j;
    const float *bias = g->bias != NULL ? g->bias + j : NULL;
    for (int64_t r = 0; r < rows; r++) {
        NNI_K(few_load)(few.sum[r], g->accumulate ? c + r * g->c_row : bias, columns);
    }
    const float *b = g->b + j * g->b_column;
    int64_t k = g->k;
    if (rows == 1 && columns == NNI_K(FEW_VECTORS) * NNI_LANES) {
        b = NNI_K(few_row)(&few, k / NNI_LANES * NNI_LANES, b, g->b_column);
        k %= NNI_LANES;
    }
    for (; k > 0; k -= NNI_LANES, b += NNI_LANES) {
        const int64_t terms = nni_min(k, NNI_LANES);
        for (int v = 0; v * NNI_LANES < columns; v++) {
            const float *from = b + v * NNI_LANES * g->b_column;
            const int64_t width = nni_min(columns - v * NNI_LANES, NNI_LANES);
            if (terms == NNI_LANES && width == NNI_LANES) {
                NNI_K(few_square)(&few, v, from, g->b_column);
            } else {
                /* Where another column follows, what is read beyond is of B. */
                const int over =
                    j + (v + 1) * NNI_LANES < g->n && g->b_column + terms >= NNI_LANES;
                NNI_K(few_part)(&few, v, from, g->b_column, width, terms, over);
            }
        }
        few.a += NNI_LANES * g->a_column;
    }
    for (int64_t r = 0; r < rows; r++) {
        NNI_K(few_store)(few.sum[r], c + r * g->c_row, columns);
    }
}

/* Rows i0 ... i1 - 1, at most FEW_ROWS, columns j0 ... j1 - 1. */
static void NNI_K(gemm_few)(const struct nni_gemm *g, int64_t i0, int64_t i1, int64_t j0,
                            int64_t j1)
{
    enum { WIDTH = NNI_K(FEW_VECTORS) * NNI_LANES };
    for (int64_t j = j0; j < j1; j += WIDTH) {
        NNI_K(few_columns)(g, i0, i1 - i0, j, nni_min(j1 - j, WIDTH));
    }
}
