/* The register tile of the matrix product, C = C + A B: rows x (8 vectors) elements of C
 * stay in registers while k runs, each one chain of fused multiply-adds in ascending k
 * that goes on from what C holds. A body. */

/* rows and vectors are constants wherever this is called, so that the loops over them
 * unroll. Vector v starts at column 8 v, but the last one at column `last`, where it may
 * overlap the one before. */
static inline __attribute__((always_inline)) void NNI_K(gemm_register_tile)(
    const int rows, const int vectors, int64_t last, int64_t k, const float *a,
    int64_t a_row, int64_t a_column, const float *b, int64_t b_row, float *c,
    int64_t c_row)
{
    struct NNI_K(nni_vector) sum[NNI_GEMM_ROWS][NNI_GEMM_ROW_VECTORS];
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vectors; v++) {
            int64_t j = v == vectors - 1 ? last : v * NNI_VECTOR;
            sum[i][v] = NNI_K(vector_load)(c + i * c_row + j);
        }
    }
    for (int64_t p = 0; p < k; p++) {
        struct NNI_K(nni_vector) row[NNI_GEMM_ROW_VECTORS];
        for (int v = 0; v < vectors; v++) {
            int64_t j = v == vectors - 1 ? last : v * NNI_VECTOR;
            row[v] = NNI_K(vector_load)(b + j);
        }
        for (int i = 0; i < rows; i++) {
            struct NNI_K(nni_vector) factor = NNI_K(vector_fill)(a[i * a_row]);
            for (int v = 0; v < vectors; v++) {
                sum[i][v] = NNI_K(vector_fma)(factor, row[v], sum[i][v]);
            }
        }
        a += a_column;
        b += b_row;
    }
    for (int i = 0; i < rows; i++) {
        for (int v = 0; v < vectors; v++) {
            int64_t j = v == vectors - 1 ? last : v * NNI_VECTOR;
            NNI_K(vector_store)(c + i * c_row + j, sum[i][v]);
        }
    }
}

/* A tile of at most ROWS x COLUMNS: one that is cut off at the edge of C is computed
 * whole in a block of its own. B is a packed panel, and A too where rows are missing. */
static void NNI_K(gemm_block)(int64_t rows, int64_t columns, int64_t k, const float *a,
                              int64_t a_row, int64_t a_column, const float *b, float *c,
                              int64_t c_row)
{
    float edge[NNI_GEMM_ROWS * NNI_GEMM_COLUMNS] = {0.0f};
    int whole = rows == NNI_GEMM_ROWS && columns == NNI_GEMM_COLUMNS;
    float *out = whole ? c : edge;
    int64_t out_row = whole ? c_row : NNI_GEMM_COLUMNS;
    for (int64_t i = 0; !whole && i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            edge[i * out_row + j] = c[i * c_row + j];
        }
    }
    NNI_K(gemm_register_tile)
    (NNI_GEMM_ROWS, 2, NNI_VECTOR, k, a, a_row, a_column, b, NNI_GEMM_COLUMNS, out,
     out_row);
    for (int64_t i = 0; !whole && i < rows; i++) {
        for (int64_t j = 0; j < columns; j++) {
            c[i * c_row + j] = edge[i * out_row + j];
        }
    }
}

/* Up to ROW_VECTORS vectors of one row of C, B being read where it lies; columns >= 8. */
static void NNI_K(gemm_row_block)(int64_t columns, int64_t k, const float *a,
                                  int64_t a_column, const float *b, int64_t b_row,
                                  float *c)
{
    int64_t last = columns - NNI_VECTOR;
    switch ((columns + NNI_VECTOR - 1) / NNI_VECTOR) {
    case 1:
        NNI_K(gemm_register_tile)(1, 1, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    case 2:
        NNI_K(gemm_register_tile)(1, 2, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    case 3:
        NNI_K(gemm_register_tile)(1, 3, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    case 4:
        NNI_K(gemm_register_tile)(1, 4, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    case 5:
        NNI_K(gemm_register_tile)(1, 5, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    case 6:
        NNI_K(gemm_register_tile)(1, 6, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    case 7:
        NNI_K(gemm_register_tile)(1, 7, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    default:
        NNI_K(gemm_register_tile)(1, 8, last, k, a, 0, a_column, b, b_row, c, 0);
        break;
    }
}
