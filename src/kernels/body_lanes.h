/* Reductions. A sum runs in 16 lanes, element i in lane i % 16, which a fixed tree of
 * halves then adds: lane l + 8 to lane l, and so with 4, 2 and 1. A last incomplete block
 * is filled up with what changes no lane: zeros for a sum, -infinity for a maximum. A
 * body. */

/* The block of x that begins at i, filled up at the end of x. */
static inline NNI_K(nni_vector)
    NNI_K(lane_block)(const float *x, int64_t i, int64_t n, float filler)
{
    if (n - i >= NNI_LANES) {
        return NNI_K(vector_load)(x + i);
    }
    return NNI_K(vector_load_part)(x + i, NNI_K(vector_part)(n - i), filler);
}

static float NNI_K(lane_sum)(const float *x, int64_t n)
{
    NNI_K(nni_vector) sum = NNI_K(vector_fill)(0.0f);
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        sum = NNI_K(vector_add)(sum, NNI_K(lane_block)(x, i, n, 0.0f));
    }
    return NNI_K(vector_sum)(sum);
}

static float NNI_K(lane_dot)(const float *x, const float *y, int64_t n)
{
    NNI_K(nni_vector) sum = NNI_K(vector_fill)(0.0f);
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        sum = NNI_K(vector_fma)(NNI_K(lane_block)(x, i, n, 0.0f),
                                NNI_K(lane_block)(y, i, n, 0.0f), sum);
    }
    return NNI_K(vector_sum)(sum);
}

/* The largest element, -infinity of none; NaN is passed over. */
static float NNI_K(lane_maximum)(const float *x, int64_t n)
{
    const float least = -__builtin_inff();
    NNI_K(nni_vector) most = NNI_K(vector_fill)(least);
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        most = NNI_K(vector_maximum)(NNI_K(lane_block)(x, i, n, least), most);
    }
    return NNI_K(vector_most)(most);
}

static int64_t NNI_K(index_of_largest)(const float *x, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++) {
        best = x[i] > x[best] ? i : best;
    }
    return best;
}

/* 0 x is 0 but where x is infinite or NaN. */
static int NNI_K(every_finite)(const float *x, int64_t n)
{
    const NNI_K(nni_vector) zero = NNI_K(vector_fill)(0.0f);
    NNI_K(nni_vector) even = zero, odd = zero;
    int64_t i = 0;
    for (; n - i >= 2 * NNI_LANES; i += 2 * NNI_LANES) {
        even = NNI_K(vector_fma)(NNI_K(vector_load)(x + i), zero, even);
        odd = NNI_K(vector_fma)(NNI_K(vector_load)(x + i + NNI_LANES), zero, odd);
    }
    for (; i < n; i += NNI_LANES) {
        even = NNI_K(vector_fma)(NNI_K(lane_block)(x, i, n, 0.0f), zero, even);
    }
    return NNI_K(vector_sum)(NNI_K(vector_add)(even, odd)) == 0.0f;
}

/* Without its sign a number is as large as its bits. */
static float NNI_K(largest_magnitude)(const float *x, int64_t n)
{
    int32_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits = (int32_t)(NNI_K(nni_float_bits)(x[i]) & 0x7fffffffu);
        most = bits > most ? bits : most;
    }
    return NNI_K(nni_bits_float)((uint32_t)most);
}

/* `vectors` vectors of columns side by side, so that no sum waits for the one before. */
static NNI_INLINE void NNI_K(sums_of_some)(const float *x, int64_t rows, int64_t columns,
                                           const int vectors, NNI_K(nni_part) part,
                                           int accumulate, float *sums)
{
    enum { MOST = 4 };
    NNI_K(nni_vector) sum[MOST];
    NNI_UNROLL
    for (int v = 0; v < vectors; v++) {
        sum[v] = NNI_K(vector_fill)(0.0f);
        if (accumulate) {
            sum[v] = NNI_K(vector_load_part)(sums + v * NNI_LANES, part, 0.0f);
        }
    }
    for (int64_t i = 0; i < rows; i++) {
        NNI_UNROLL
        for (int v = 0; v < vectors; v++) {
            sum[v] = NNI_K(vector_add)(
                sum[v],
                NNI_K(vector_load_part)(x + i * columns + v * NNI_LANES, part, 0.0f));
        }
    }
    NNI_UNROLL
    for (int v = 0; v < vectors; v++) {
        NNI_K(vector_store_part)(sums + v * NNI_LANES, part, sum[v]);
    }
}

static void NNI_K(sums_of_columns)(const float *x, int64_t rows, int64_t columns,
                                   int64_t first, int64_t end, int accumulate,
                                   float *sums)
{
    enum { WIDE = 4 };
    const NNI_K(nni_part) whole = NNI_K(vector_part)(NNI_LANES);
    int64_t j = first;
    for (; end - j >= WIDE * NNI_LANES; j += WIDE * NNI_LANES) {
        NNI_K(sums_of_some)(x + j, rows, columns, WIDE, whole, accumulate, sums + j);
    }
    for (; j < end; j += NNI_LANES) {
        NNI_K(sums_of_some)
        (x + j, rows, columns, 1, NNI_K(vector_part)(nni_min(end - j, NNI_LANES)),
         accumulate, sums + j);
    }
}
