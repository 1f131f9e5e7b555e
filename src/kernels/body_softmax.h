/* Softmax and log-softmax, row by row: y_j = e^(x_j - m) / s with m the row's maximum and
 * s = sum_k e^(x_k - m), so that nothing overflows. A body. */

/* Writes e^(x_j - m) to y, where y is not NULL, and returns the sum, in lanes. In a last
 * incomplete block zeros are added (made at the end, since the way to an exponential of 0
 * leads through subnormal numbers, which take time). */
static NNI_NOINLINE float NNI_K(row_exponentials)(const float *x, float m, float *y,
                                                  int64_t n)
{
    NNI_K(nni_vector) sum = NNI_K(vector_fill)(0.0f);
    float block[NNI_LANES];
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        NNI_K(vector_store)(block, NNI_K(lane_block)(x, i, n, m));
        NNI_LOOP
        for (int l = 0; l < NNI_LANES; l++) {
            block[l] = NNI_K(nni_exp)(block[l] - m);
        }
        NNI_K(nni_vector) e = NNI_K(lane_block)(block, 0, n - i, 0.0f);
        sum = NNI_K(vector_add)(sum, e);
        if (y != NULL) {
            NNI_K(vector_store_part)
            (y + i, NNI_K(vector_part)(nni_min(n - i, NNI_LANES)), e);
        }
    }
    return NNI_K(vector_sum)(sum);
}

static inline void NNI_K(divide_row)(float *y, float s, int64_t n)
{
    const NNI_K(nni_vector) divisor = NNI_K(vector_fill)(s);
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        NNI_K(vector_store_part)
        (y + i, NNI_K(vector_part)(nni_min(n - i, NNI_LANES)),
         NNI_K(vector_divide)(NNI_K(lane_block)(y, i, n, 1.0f), divisor));
    }
}

static void NNI_K(softmax_rows)(const float *x, float *y, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float m = NNI_K(lane_maximum)(x + i, columns);
        float s = NNI_K(row_exponentials)(x + i, m, y + i, columns);
        NNI_K(divide_row)(y + i, s, columns);
    }
}

/* dx_j = y_j (dy_j - sum_k y_k dy_k) */
static void NNI_K(softmax_rows_backward)(const float *y, const float *dy, float *dx,
                                         int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float dot = NNI_K(lane_dot)(y + i, dy + i, columns);
        NNI_K(map_all)
        (NNI_K(MAP_SOFTMAX_SLOPE), dot, 0.0f, y + i, dy + i, dx + i, columns);
    }
}

/* y_j = (x_j - m) - log s */
static void NNI_K(log_softmax_rows)(const float *x, float *y, int64_t rows,
                                    int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float m = NNI_K(lane_maximum)(x + i, columns);
        float log_s = NNI_K(nni_log)(NNI_K(row_exponentials)(x + i, m, NULL, columns));
        NNI_K(map_all)(NNI_K(MAP_LOG_SOFTMAX), m, log_s, x + i, x + i, y + i, columns);
    }
}

/* dx_j = dy_j - e^(y_j) sum_k dy_k */
static void NNI_K(log_softmax_rows_backward)(const float *y, const float *dy, float *dx,
                                             int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float sum = NNI_K(lane_sum)(dy + i, columns);
        NNI_K(map_all)
        (NNI_K(MAP_LOG_SOFTMAX_SLOPE), sum, 0.0f, y + i, dy + i, dx + i, columns);
    }
}
