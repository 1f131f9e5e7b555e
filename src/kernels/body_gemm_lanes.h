/* Long narrow products, C = start + A B with at most 4 columns: 16 lanes over k for each
 * element, several rows side by side so that no sum waits for the one before. A body. */

/* Adds the products of `rows` rows of A and `columns` columns of B, which lie along k, to
 * C. rows and columns are constants where this is called. */
static NNI_INLINE void NNI_K(gemm_lanes_tile)(const int rows, const int columns,
                                              int64_t k, const float *a, int64_t a_row,
                                              const float *b, int64_t b_column, float *c,
                                              int64_t c_row)
{
    NNI_K(nni_vector) sum[NNI_K(LANES_ROWS)][NNI_GEMM_LANES_N];
    NNI_UNROLL
    for (int i = 0; i < rows; i++) {
        NNI_UNROLL
        for (int j = 0; j < columns; j++) {
            sum[i][j] = NNI_K(vector_fill)(0.0f);
        }
    }
    for (int64_t p = 0; p < k; p += NNI_LANES) {
        NNI_K(nni_vector) term[NNI_GEMM_LANES_N];
        NNI_UNROLL
        for (int j = 0; j < columns; j++) {
            term[j] = NNI_K(lane_block)(b + j * b_column, p, k, 0.0f);
        }
        NNI_UNROLL
        for (int i = 0; i < rows; i++) {
            const NNI_K(nni_vector) x = NNI_K(lane_block)(a + i * a_row, p, k, 0.0f);
            NNI_UNROLL
            for (int j = 0; j < columns; j++) {
                sum[i][j] = NNI_K(vector_fma)(x, term[j], sum[i][j]);
            }
        }
    }
    NNI_UNROLL
    for (int i = 0; i < rows; i++) {
        NNI_UNROLL
        for (int j = 0; j < columns; j++) {
            c[i * c_row + j] += NNI_K(vector_sum)(sum[i][j]);
        }
    }
}

/* `rows` is 1 or LANES_ROWS, `columns` at most LANES_COLUMNS. */
static void NNI_K(gemm_lanes_rows)(int64_t rows, int64_t columns, int64_t k,
                                   const float *a, int64_t a_row, const float *b,
                                   int64_t b_column, float *c, int64_t c_row)
{
    enum { MANY = NNI_K(LANES_ROWS), MOST = NNI_K(LANES_COLUMNS) };
    const int one = rows == 1;
    if (columns == 1 && one) {
        NNI_K(gemm_lanes_tile)(1, 1, k, a, a_row, b, b_column, c, c_row);
    } else if (columns == 1) {
        NNI_K(gemm_lanes_tile)(MANY, 1, k, a, a_row, b, b_column, c, c_row);
    } else if (MOST >= 2 && columns == 2 && one) {
        NNI_K(gemm_lanes_tile)(1, 2, k, a, a_row, b, b_column, c, c_row);
    } else if (MOST >= 2 && columns == 2) {
        NNI_K(gemm_lanes_tile)(MANY, 2, k, a, a_row, b, b_column, c, c_row);
    } else if (MOST >= 3 && columns == 3 && one) {
        NNI_K(gemm_lanes_tile)(1, 3, k, a, a_row, b, b_column, c, c_row);
    } else if (MOST >= 3 && columns == 3) {
        NNI_K(gemm_lanes_tile)(MANY, 3, k, a, a_row, b, b_column, c, c_row);
    } else if (MOST >= 4 && one) {
        NNI_K(gemm_lanes_tile)(1, 4, k, a, a_row, b, b_column, c, c_row);
    } else if (MOST >= 4) {
        NNI_K(gemm_lanes_tile)(MANY, 4, k, a, a_row, b, b_column, c, c_row);
    }
}

/* Rows i0 ... i1 - 1, columns j0 ... j1 - 1, whose starts are in C. Rows of A and columns
 * of B with gaps are copied to scratch. */
static void NNI_K(gemm_lanes)(const struct nni_gemm *g, int64_t i0, int64_t i1,
                              int64_t j0, int64_t j1, float *scratch)
{
    float *a_copy = scratch, *b_copy = scratch + g->k;
    const float *b = g->b + j0 * g->b_column;
    int64_t b_column = g->b_column;
    if (g->b_row != 1) {
        for (int64_t p = 0; p < g->k; p++) {
            for (int64_t j = 0; j < j1 - j0; j++) {
                b_copy[j * g->k + p] = b[p * g->b_row + j * g->b_column];
            }
        }
        b = b_copy;
        b_column = g->k;
    }
    for (int64_t i = i0; i < i1;) {
        const float *a = g->a + i * g->a_row;
        int64_t rows = 1;
        if (g->a_column != 1) {
            for (int64_t p = 0; p < g->k; p++) {
                a_copy[p] = a[p * g->a_column];
            }
            a = a_copy;
        } else if (i1 - i >= NNI_K(LANES_ROWS)) {
            rows = NNI_K(LANES_ROWS);
        }
        for (int64_t j = 0; j < j1 - j0; j += NNI_K(LANES_COLUMNS)) {
            NNI_K(gemm_lanes_rows)
            (rows, nni_min(j1 - j0 - j, NNI_K(LANES_COLUMNS)), g->k, a, g->a_row,
             b + j * b_column, b_column, g->c + i * g->c_row + j0 + j, g->c_row);
        }
        i += rows;
    }
}
