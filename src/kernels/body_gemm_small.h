/* Products so small that choosing and setting up a tile costs more than the product: what
 * networks of a few neurons consist of. A body. */

enum { NNI_K(SMALL_TERMS) = 64 /* of all rows together */ };

static inline int NNI_K(gemm_is_small)(const struct nni_gemm *g)
{
    return g->b_column == 1 && g->n <= NNI_LANES && g->m <= NNI_K(SMALL_TERMS) &&
           g->m * g->k <= NNI_K(SMALL_TERMS) && !g->lanes && g->update == NULL &&
           g->before == NULL && (g->activation == NN_LINEAR || g->activation == NN_RELU);
}

/* Rows i0 ... i1 - 1, all columns: a vector for each row. */
static NNI_NOINLINE void NNI_K(gemm_small)(const struct nni_gemm *g, int64_t i0,
                                           int64_t i1)
{
    const NNI_K(nni_part) part = NNI_K(vector_part)(g->n);
    const NNI_K(nni_vector) zero = NNI_K(vector_fill)(0.0f);
    const NNI_K(nni_vector) bias =
        g->bias != NULL ? NNI_K(vector_load_part)(g->bias, part, 0.0f) : zero;
    const int relu = g->activation == NN_RELU;
    for (int64_t i = i0; i < i1; i++) {
        const float *a = g->a + i * g->a_row, *b = g->b;
        float *c = g->c + i * g->c_row;
        NNI_K(nni_vector)
        sum = g->accumulate ? NNI_K(vector_load_part)(c, part, 0.0f) : bias;
        for (int64_t p = g->k; p > 0; p--, a += g->a_column, b += g->b_row) {
            sum = NNI_K(vector_fma)(NNI_K(vector_fill)(*a),
                                    NNI_K(vector_load_part)(b, part, 0.0f), sum);
        }
        NNI_K(vector_store_part)
        (c, part, relu ? NNI_K(vector_maximum)(zero, sum) : sum);
    }
}
