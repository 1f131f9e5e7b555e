/* Few rows by a B that lies along k and has few terms, what goes back from the last layer of a
 * network for one sample: 16 columns of B are turned and used at once. A body. */

enum { NNI_K(TURNED_ROWS) = 2 };

static inline int NNI_K(gemm_is_turned)(const struct nni_gemm *g, int64_t rows)
{
    return g->b_row == 1 && g->b_column != 1 && g->k <= NNI_LANES &&
           rows <= NNI_K(TURNED_ROWS) && g->bias == NULL && !g->accumulate;
}

static NNI_NOINLINE void NNI_K(gemm_turned)(const struct nni_gemm *g,
                                            struct NNI_K(gemm_area) area)
{
    float turned[NNI_LANES * NNI_LANES];
    for (int64_t j = area.j0; j < area.j1; j += NNI_LANES) {
        const int64_t columns = nni_min(area.j1 - j, NNI_LANES);
        NNI_K(gemm_transpose)
        (g->b + j * g->b_column, g->b_column, columns, g->k, turned, NNI_LANES);
        for (int64_t i = area.i0; i < area.i1; i++) {
            const float *a = g->a + i * g->a_row;
            float *c = g->c + i * g->c_row + j;
            NNI_K(nni_vector) sum = NNI_K(vector_fill)(0.0f);
            for (int64_t p = 0; p < g->k; p++) {
                sum = NNI_K(vector_fma)(NNI_K(vector_fill)(a[p * g->a_column]),
                                        NNI_K(vector_load)(turned + p * NNI_LANES), sum);
            }
            NNI_K(tile_store)(c, columns == NNI_LANES, NNI_K(vector_part)(columns), sum);
        }
    }
}
