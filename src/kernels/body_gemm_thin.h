/* Products of few terms and at most 16 columns, whose rows lie without gaps: what they cost is
 * writing C. A masked store is slow, so as long as there is room behind it a row is written as
 * a whole vector: what is too much belongs to the rows below, which come later. A body. */

enum { NNI_K(THIN_TERMS) = 8 };

/* One product of a row, a vector of columns: start + a[0] b[0] + a[1] b[1] + ... */
static NNI_ALWAYS_INLINE NNI_K(nni_vector)
    NNI_K(thin_row)(const float *a, int64_t a_column, const int64_t terms,
                    const NNI_K(nni_vector) * b, NNI_K(nni_vector) sum)
{
    NNI_UNROLL
    for (int p = 0; p < NNI_K(THIN_TERMS); p++) {
        if (p < terms) {
            sum = NNI_K(vector_fma)(NNI_K(vector_fill)(a[p * a_column]), b[p], sum);
        }
    }
    return sum;
}

/* `columns` of some rows of C, which are c_row long; behind c there are `room` floats that these
 * rows are all that is of. terms is a constant where that is faster. */
static NNI_ALWAYS_INLINE void NNI_K(thin_rows)(const float *a, int64_t a_row,
                                               int64_t a_column, const int64_t terms,
                                               const NNI_K(nni_vector) * b,
                                               int64_t columns, int accumulate, float *c,
                                               int64_t c_row, int64_t rows, int64_t room)
{
    const NNI_K(nni_vector) zero = NNI_K(vector_fill)(0.0f);
    const NNI_K(nni_part) part = NNI_K(vector_part)(columns);
    for (; !accumulate && room >= NNI_LANES; rows--, room -= c_row) {
        NNI_K(vector_store)(c, NNI_K(thin_row)(a, a_column, terms, b, zero));
        a += a_row;
        c += c_row;
    }
    for (; rows > 0; rows--) {
        const NNI_K(nni_vector) start =
            accumulate ? NNI_K(vector_load_part)(c, part, 0.0f) : zero;
        NNI_K(vector_store_part)
        (c, part, NNI_K(thin_row)(a, a_column, terms, b, start));
        a += a_row;
        c += c_row;
    }
}

static inline int NNI_K(gemm_is_thin)(const struct nni_gemm *g)
{
    return g->n <= NNI_LANES && g->k <= NNI_K(THIN_TERMS) && g->c_row == g->n &&
           g->b_column == 1 && g->bias == NULL;
}

/* Rows i0 ... i1 - 1, all columns. */
static NNI_NOINLINE void NNI_K(gemm_thin)(const struct nni_gemm *g, int64_t i0,
                                          int64_t i1)
{
    const NNI_K(nni_part) part = NNI_K(vector_part)(g->n);
    NNI_K(nni_vector) b[NNI_K(THIN_TERMS)];
    for (int64_t p = 0; p < g->k; p++) {
        b[p] = NNI_K(vector_load_part)(g->b + p * g->b_row, part, 0.0f);
    }
    const float *a = g->a + i0 * g->a_row;
    float *c = g->c + i0 * g->n;
    const int64_t rows = i1 - i0, room = rows * g->n;
    if (NNI_K(MANY_REGISTERS) && g->k == NNI_K(THIN_TERMS)) {
        NNI_K(thin_rows)
        (a, g->a_row, g->a_column, NNI_K(THIN_TERMS), b, g->n, g->accumulate, c, g->n,
         rows, room);
    } else {
        NNI_K(thin_rows)
        (a, g->a_row, g->a_column, g->k, b, g->n, g->accumulate, c, g->n, rows, room);
    }
}
