/* Reductions. A sum runs in 16 lanes, element i in lane i % 16, which a fixed tree of
 * halves then adds: lane l + 8 to lane l, and so with 4, 2 and 1. A last incomplete block
 * is filled up with what changes no lane: zeros for a sum, -infinity for a maximum. A
 * body. */

/* Copies count (below 16) numbers into a block filled with another one. */
static inline void NNI_K(fill_block)(const float *x, int64_t count, float filler,
                                     float *block)
{
    for (int l = 0; l < NNI_LANES; l++) {
        block[l] = filler;
    }
    for (int64_t width = NNI_LANES / 2; width > 0; width /= 2) {
        if (count & width) {
            memcpy(block, x, (size_t)width * sizeof(float));
            block += width;
            x += width;
        }
    }
}

/* The tree over the lanes; low holds lanes 0 ... 7, high 8 ... 15. */
static inline float NNI_K(lane_tree)(struct NNI_K(nni_vector) low,
                                     struct NNI_K(nni_vector) high)
{
    float lane[NNI_VECTOR];
    NNI_K(vector_store)(lane, NNI_K(vector_add)(low, high));
    for (int l = 0; l < 4; l++) {
        lane[l] += lane[l + 4];
    }
    return (lane[0] + lane[2]) + (lane[1] + lane[3]);
}

static float NNI_K(lane_sum)(const float *x, int64_t n)
{
    struct NNI_K(nni_vector) low = NNI_K(vector_fill)(0.0f), high = low;
    float block[NNI_LANES];
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        const float *from = x + i;
        if (n - i < NNI_LANES) {
            NNI_K(fill_block)(from, n - i, 0.0f, block);
            from = block;
        }
        low = NNI_K(vector_add)(low, NNI_K(vector_load)(from));
        high = NNI_K(vector_add)(high, NNI_K(vector_load)(from + NNI_VECTOR));
    }
    return NNI_K(lane_tree)(low, high);
}

static float NNI_K(lane_dot)(const float *x, const float *y, int64_t n)
{
    struct NNI_K(nni_vector) low = NNI_K(vector_fill)(0.0f), high = low;
    float x_block[NNI_LANES], y_block[NNI_LANES];
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        const float *a = x + i, *b = y + i;
        if (n - i < NNI_LANES) {
            NNI_K(fill_block)(a, n - i, 0.0f, x_block);
            NNI_K(fill_block)(b, n - i, 0.0f, y_block);
            a = x_block;
            b = y_block;
        }
        low = NNI_K(vector_fma)(NNI_K(vector_load)(a), NNI_K(vector_load)(b), low);
        high = NNI_K(vector_fma)(NNI_K(vector_load)(a + NNI_VECTOR),
                                 NNI_K(vector_load)(b + NNI_VECTOR), high);
    }
    return NNI_K(lane_tree)(low, high);
}

/* The largest element, -infinity of none; NaN is passed over. */
static float NNI_K(lane_maximum)(const float *x, int64_t n)
{
    struct NNI_K(nni_vector) most = NNI_K(vector_fill)(-__builtin_inff());
    float block[NNI_LANES];
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        const float *from = x + i;
        if (n - i < NNI_LANES) {
            NNI_K(fill_block)(from, n - i, -__builtin_inff(), block);
            from = block;
        }
        most = NNI_K(vector_maximum)(NNI_K(vector_load)(from), most);
        most = NNI_K(vector_maximum)(NNI_K(vector_load)(from + NNI_VECTOR), most);
    }
    float lane[NNI_VECTOR];
    NNI_K(vector_store)(lane, most);
    for (int width = NNI_VECTOR / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] = lane[l] > lane[l + width] ? lane[l] : lane[l + width];
        }
    }
    return lane[0];
}

static int64_t NNI_K(index_of_largest)(const float *x, int64_t n)
{
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++) {
        best = x[i] > x[best] ? i : best;
    }
    return best;
}

/* An exponent of all ones is infinity or NaN. */
static int NNI_K(every_finite)(const float *x, int64_t n)
{
    const uint32_t exponent = 0x7f800000u;
    uint32_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        found |= (NNI_K(nni_float_bits)(x[i]) & exponent) == exponent ? 1u : 0u;
    }
    return found == 0;
}

static void NNI_K(sums_of_columns)(const float *x, int64_t rows, int64_t columns,
                                   int64_t first, int64_t end, int accumulate,
                                   float *sums)
{
    for (int64_t j = first; !accumulate && j < end; j++) {
        sums[j] = 0.0f;
    }
    for (int64_t i = 0; i < rows; i++) {
        const float *row = x + i * columns;
        NNI_LOOP
        for (int64_t j = first; j < end; j++) {
            sums[j] += row[j];
        }
    }
}
