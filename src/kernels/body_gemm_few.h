/* Products of few rows with a transposed B, so that each element of B is used a few times
 * only: blocks of B are transposed on their way to the sums, and 32 columns of C are chains
 * side by side. A body. */

enum { NNI_K(FEW_ROWS) = 2, NNI_K(FEW_VECTORS) = 2 };

/* `columns` columns of C from j on, at most 16 * vectors and more than 16 * (vectors - 1).
 * rows and vectors are constants where this is called. */
static NNI_ALWAYS_INLINE void NNI_K(gemm_few_tile)(const struct nni_gemm *g,
                                                   const int rows, const int vectors,
                                                   int64_t i0, int64_t j, int64_t columns)
{
    enum { WIDTH = NNI_K(FEW_VECTORS) * NNI_LANES };
    float block[NNI_LANES * WIDTH];
    NNI_K(nni_vector) sum[NNI_K(FEW_ROWS)][NNI_K(FEW_VECTORS)];
    NNI_UNROLL
    for (int i = 0; i < rows; i++) {
        const float *start = g->accumulate ? g->c + (i0 + i) * g->c_row : g->bias;
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[i][v] = start == NULL
                            ? NNI_K(vector_fill)(0.0f)
                            : NNI_K(lane_block)(start + j, v * NNI_LANES, columns, 0.0f);
        }
    }
    const float *a = g->a + i0 * g->a_row;
    const float *row[NNI_K(FEW_VECTORS)][NNI_LANES];
    for (int v = 0; v < vectors; v++) {
        const int64_t first = v * NNI_LANES;
        NNI_K(gemm_point_to_rows)
        (g->b + (j + first) * g->b_column, g->b_column,
         nni_min(columns - first, NNI_LANES), row[v]);
    }
    for (int64_t p = 0; p < g->k; p += NNI_LANES) {
        const int64_t depth = nni_min(g->k - p, NNI_LANES);
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            NNI_K(gemm_transpose)(row[v], p, depth, block + v * NNI_LANES, WIDTH);
        }
        for (int64_t q = 0; q < depth; q++) {
            NNI_UNROLL
            for (int i = 0; i < rows; i++) {
                const NNI_K(nni_vector) factor =
                    NNI_K(vector_fill)(a[i * g->a_row + (p + q) * g->a_column]);
                NNI_UNROLL
                for (int v = 0; v < vectors; v++) {
                    sum[i][v] = NNI_K(vector_fma)(
                        factor, NNI_K(vector_load)(block + q * WIDTH + v * NNI_LANES),
                        sum[i][v]);
                }
            }
        }
    }
    NNI_UNROLL
    for (int i = 0; i < rows; i++) {
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            const int64_t first = v * NNI_LANES;
            NNI_K(vector_store_part)
            (g->c + (i0 + i) * g->c_row + j + first,
             NNI_K(vector_part)(nni_min(columns - first, NNI_LANES)), sum[i][v]);
        }
    }
}

/* One row or two, at the columns from j on. */
static void NNI_K(gemm_few_rows)(const struct nni_gemm *g, int64_t i, int64_t rows,
                                 int64_t j, int64_t columns)
{
    if (rows == 1 && columns > NNI_LANES) {
        NNI_K(gemm_few_tile)(g, 1, 2, i, j, columns);
    } else if (rows == 1) {
        NNI_K(gemm_few_tile)(g, 1, 1, i, j, columns);
    } else if (columns > NNI_LANES) {
        NNI_K(gemm_few_tile)(g, 2, 2, i, j, columns);
    } else {
        NNI_K(gemm_few_tile)(g, 2, 1, i, j, columns);
    }
}
