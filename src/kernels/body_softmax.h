/* Softmax and log-softmax, row by row: y_j = e^(x_j - m) / s with m the row's maximum and
 * s = sum_k e^(x_k - m), so that nothing overflows. A body. */

/* Writes e^(x_j - m) to y, where y is not NULL, and returns the sum, in lanes. A last
 * incomplete block is filled up with -infinity, which adds zeros. */
static inline float NNI_K(row_exponentials)(const float *x, float m, float *y, int64_t n)
{
    struct NNI_K(nni_vector) low = NNI_K(vector_fill)(0.0f), high = low;
    float block[NNI_LANES];
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        int64_t count = nni_min(n - i, NNI_LANES);
        const float *from = x + i;
        if (count < NNI_LANES) {
            NNI_K(fill_block)(from, count, -__builtin_inff(), block);
            from = block;
        }
        NNI_LOOP
        for (int l = 0; l < NNI_LANES; l++) {
            block[l] = NNI_K(nni_exp)(from[l] - m);
        }
        low = NNI_K(vector_add)(low, NNI_K(vector_load)(block));
        high = NNI_K(vector_add)(high, NNI_K(vector_load)(block + NNI_VECTOR));
        if (y != NULL) {
            memcpy(y + i, block, (size_t)count * sizeof(float));
        }
    }
    return NNI_K(lane_tree)(low, high);
}

static void NNI_K(softmax_rows)(const float *x, float *y, int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float m = NNI_K(lane_maximum)(x + i, columns);
        float s = NNI_K(row_exponentials)(x + i, m, y + i, columns);
        for (int64_t j = i; j < i + columns; j++) {
            y[j] = y[j] / s;
        }
    }
}

/* dx_j = y_j (dy_j - sum_k y_k dy_k) */
static void NNI_K(softmax_rows_backward)(const float *y, const float *dy, float *dx,
                                         int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float dot = NNI_K(lane_dot)(y + i, dy + i, columns);
        NNI_LOOP
        for (int64_t j = i; j < i + columns; j++) {
            dx[j] = y[j] * (dy[j] - dot);
        }
    }
}

/* y_j = (x_j - m) - log s */
static void NNI_K(log_softmax_rows)(const float *x, float *y, int64_t rows,
                                    int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float m = NNI_K(lane_maximum)(x + i, columns);
        float log_s = NNI_K(nni_log)(NNI_K(row_exponentials)(x + i, m, NULL, columns));
        NNI_LOOP
        for (int64_t j = i; j < i + columns; j++) {
            y[j] = (x[j] - m) - log_s;
        }
    }
}

/* dx_j = dy_j - e^(y_j) sum_k dy_k */
static void NNI_K(log_softmax_rows_backward)(const float *y, const float *dy, float *dx,
                                             int64_t rows, int64_t columns)
{
    for (int64_t i = 0; i < rows * columns; i += columns) {
        float sum = NNI_K(lane_sum)(dy + i, columns);
        NNI_LOOP
        for (int64_t j = i; j < i + columns; j++) {
            dx[j] = NNI_FMA(-NNI_K(nni_exp)(y[j]), sum, dy[j]);
        }
    }
}
