/* Blocks of 16 elements of arrays: of a loop of constant length the compiler makes vectors
 * without further versions for other lengths. Whole blocks are computed where they lie. The
 * last block may be a part of one: where parts cost nothing (PARTS_ARE_FREE) it is computed
 * in registers, elsewhere in copies, by the same code as the whole ones (NNI_K(map_all),
 * NNI_K(update_all)). A body. */

static NNI_INLINE const float *NNI_K(block_read)(const float *x, int64_t count,
                                                 float *copy)
{
    if (!NNI_K(PARTS_ARE_FREE) || count == NNI_LANES) {
        return x;
    }
    const NNI_K(nni_part) part = NNI_K(vector_part)(count);
    NNI_K(vector_store)(copy, NNI_K(vector_load_part)(x, part, 0.0f));
    return copy;
}

/* The same for a block that is written too. */
static NNI_INLINE float *NNI_K(block_open)(float *x, int64_t count, float *copy)
{
    if (!NNI_K(PARTS_ARE_FREE) || count == NNI_LANES) {
        return x;
    }
    const NNI_K(nni_part) part = NNI_K(vector_part)(count);
    NNI_K(vector_store)(copy, NNI_K(vector_load_part)(x, part, 0.0f));
    return copy;
}

static NNI_INLINE void NNI_K(block_close)(float *x, int64_t count, const float *copy)
{
    if (NNI_K(PARTS_ARE_FREE) && count < NNI_LANES) {
        const NNI_K(nni_part) part = NNI_K(vector_part)(count);
        NNI_K(vector_store_part)(x, part, NNI_K(vector_load)(copy));
    }
}

/* What becomes of two elements; p and q are the same for all of them. */
typedef float NNI_K(element_function)(float p, float q, float a, float b);

/* out[i] = f(p, q, a[i], b[i]) for 16 elements; out may be a or b. f is a constant where
 * this is called. */
static NNI_INLINE void NNI_K(map_block)(NNI_K(element_function) * f, float p, float q,
                                        const float *a, const float *b, float *out)
{
    NNI_LOOP
    for (int l = 0; l < NNI_LANES; l++) {
        out[l] = f(p, q, a[l], b[l]);
    }
}

/* Whole blocks only. */
static NNI_INLINE void NNI_K(map_blocks)(NNI_K(element_function) * f, float p, float q,
                                         const float *a, const float *b, float *out,
                                         int64_t n)
{
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        NNI_K(map_block)(f, p, q, a + i, b + i, out + i);
    }
}

/* For an f of few operations: where parts are free, any n. */
static NNI_INLINE void NNI_K(map_short)(NNI_K(element_function) * f, float p, float q,
                                        const float *a, const float *b, float *out,
                                        int64_t n)
{
    const int64_t rest = n % NNI_LANES, whole = n - rest;
    NNI_K(map_blocks)(f, p, q, a, b, out, whole);
    if (NNI_K(PARTS_ARE_FREE) && rest > 0) {
        float x[NNI_LANES], y[NNI_LANES];
        const NNI_K(nni_part) part = NNI_K(vector_part)(rest);
        NNI_K(vector_store)(x, NNI_K(vector_load_part)(a + whole, part, 0.0f));
        NNI_K(vector_store)(y, NNI_K(vector_load_part)(b + whole, part, 0.0f));
        NNI_K(map_block)(f, p, q, x, y, x);
        NNI_K(vector_store_part)(out + whole, part, NNI_K(vector_load)(x));
    }
}
