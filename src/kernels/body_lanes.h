/* Reductions. A sum runs in 16 lanes, element i in lane i % 16, which a fixed tree of
 * halves then adds: lane l + 8 to lane l, and so with 4, 2 and 1. A body. */

static inline float NNI_K(lane_tree)(float *lane) {
    for (int width = NNI_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] += lane[l + width];
        }
    }
    return lane[0];
}

static float NNI_K(lane_sum)(const float *x, int64_t n) {
    float lane[NNI_LANES] = {0.0f};
    int64_t whole = n - n % NNI_LANES;
    for (int64_t i = 0; i < whole; i += NNI_LANES) {
        for (int l = 0; l < NNI_LANES; l++) {
            lane[l] += x[i + l];
        }
    }
    for (int64_t i = whole; i < n; i++) {
        lane[i - whole] += x[i];
    }
    return NNI_K(lane_tree)(lane);
}

static float NNI_K(lane_dot)(const float *x, const float *y, int64_t n) {
    float lane[NNI_LANES] = {0.0f};
    int64_t whole = n - n % NNI_LANES;
    for (int64_t i = 0; i < whole; i += NNI_LANES) {
        for (int l = 0; l < NNI_LANES; l++) {
            lane[l] = NNI_FMA(x[i + l], y[i + l], lane[l]);
        }
    }
    for (int64_t i = whole; i < n; i++) {
        lane[i - whole] = NNI_FMA(x[i], y[i], lane[i - whole]);
    }
    return NNI_K(lane_tree)(lane);
}

/* The largest element, in the same lanes and tree; -infinity of none, NaN is passed over. */
static float NNI_K(lane_maximum)(const float *x, int64_t n) {
    float lane[NNI_LANES];
    for (int l = 0; l < NNI_LANES; l++) {
        lane[l] = -__builtin_inff();
    }
    int64_t whole = n - n % NNI_LANES;
    for (int64_t i = 0; i < whole; i += NNI_LANES) {
        for (int l = 0; l < NNI_LANES; l++) {
            lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
        }
    }
    for (int64_t i = whole; i < n; i++) {
        lane[i - whole] = x[i] > lane[i - whole] ? x[i] : lane[i - whole];
    }
    for (int width = NNI_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] = lane[l] > lane[l + width] ? lane[l] : lane[l + width];
        }
    }
    return lane[0];
}

static int64_t NNI_K(index_of_largest)(const float *x, int64_t n) {
    int64_t best = 0;
    for (int64_t i = 1; i < n; i++) {
        best = x[i] > x[best] ? i : best;
    }
    return best;
}

/* An exponent of all ones is infinity or NaN. */
static int NNI_K(every_finite)(const float *x, int64_t n) {
    const uint32_t exponent = 0x7f800000u;
    uint32_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        found |= (NNI_K(nni_float_bits)(x[i]) & exponent) == exponent ? 1u : 0u;
    }
    return found == 0;
}

static void NNI_K(sums_of_columns)(const float *x, int64_t rows, int64_t columns,
                                   int64_t first, int64_t end, int accumulate,
                                   float *sums) {
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
