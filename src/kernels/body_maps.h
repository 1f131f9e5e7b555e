/* Maps and arithmetic, element by element. An output may be one of the inputs. A body. */

static NNI_INLINE float NNI_K(sum_value)(float p, float q, float a, float b)
{
    (void)p;
    (void)q;
    return a + b;
}

static NNI_INLINE float NNI_K(difference_value)(float p, float q, float a, float b)
{
    (void)p;
    (void)q;
    return a - b;
}

static NNI_INLINE float NNI_K(product_value)(float p, float q, float a, float b)
{
    (void)p;
    (void)q;
    return a * b;
}

static NNI_INLINE float NNI_K(scaled_value)(float factor, float q, float a, float same)
{
    (void)q;
    (void)same;
    return a * factor;
}

static NNI_INLINE float NNI_K(scaled_sum_value)(float factor, float q, float a, float b)
{
    (void)q;
    return NNI_FMA(factor, a, b);
}

static NNI_INLINE float NNI_K(affine_value)(float factor, float offset, float a,
                                            float same)
{
    (void)same;
    return NNI_FMA(a, factor, offset);
}

/* What softmax and log-softmax do to each element, see there. */
static NNI_INLINE float NNI_K(softmax_slope)(float dot, float none, float y, float dy)
{
    (void)none;
    return y * (dy - dot);
}

static NNI_INLINE float NNI_K(log_softmax_value)(float m, float log_s, float x,
                                                 float same)
{
    (void)same;
    return (x - m) - log_s;
}

static NNI_INLINE float NNI_K(log_softmax_slope_end)(float sum, float t, float y,
                                                     float dy)
{
    (void)y;
    return NNI_FMA(-t, sum, dy);
}

/* A map for each activation (NN_LINEAR, ...), for its derivative, and the others. */
enum {
    NNI_K(MAP_SLOPE) = NN_SOFTPLUS + 1, /* of NN_LINEAR, and so on */
    NNI_K(MAP_EXP) = 2 * NNI_K(MAP_SLOPE),
    NNI_K(MAP_LOG_SOFTMAX_SLOPE),
    NNI_K(MAP_LOG),
    NNI_K(MAP_ADD),
    NNI_K(MAP_SUBTRACT),
    NNI_K(MAP_MULTIPLY),
    NNI_K(MAP_SCALE),
    NNI_K(MAP_ADD_SCALED),
    NNI_K(MAP_AFFINE),
    NNI_K(MAP_SOFTMAX_SLOPE),
    NNI_K(MAP_LOG_SOFTMAX)
};

static NNI_INLINE int NNI_K(map_is_short)(int32_t map)
{
    return map == NN_LINEAR || map == NN_RELU || map == NN_LEAKY_RELU ||
           (map >= NNI_K(MAP_SLOPE) && map < NNI_K(MAP_SLOPE) + NN_GELU) ||
           map > NNI_K(MAP_LOG);
}

/* out = f(a, b) for the short ones. n is a multiple of 16, but where parts are free. */
static NNI_NOINLINE void NNI_K(map_some)(int32_t map, float p, float q, const float *a,
                                         const float *b, float *out, int64_t n)
{
    switch (map) {
    case NN_LINEAR:
        NNI_K(map_short)(NNI_K(linear_value), p, q, a, a, out, n);
        break;
    case NN_RELU:
        NNI_K(map_short)(NNI_K(relu_value), p, q, a, a, out, n);
        break;
    case NN_LEAKY_RELU:
        NNI_K(map_short)(NNI_K(leaky_relu_value), p, q, a, a, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_LINEAR:
        NNI_K(map_short)(NNI_K(linear_slope), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_SIGMOID:
        NNI_K(map_short)(NNI_K(sigmoid_slope), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_TANH:
        NNI_K(map_short)(NNI_K(tanh_slope), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_RELU:
        NNI_K(map_short)(NNI_K(relu_slope), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_LEAKY_RELU:
        NNI_K(map_short)(NNI_K(leaky_relu_slope), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_ELU:
        NNI_K(map_short)(NNI_K(elu_slope), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_SELU:
        NNI_K(map_short)(NNI_K(selu_slope), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_ADD):
        NNI_K(map_short)(NNI_K(sum_value), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SUBTRACT):
        NNI_K(map_short)(NNI_K(difference_value), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_MULTIPLY):
        NNI_K(map_short)(NNI_K(product_value), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_SCALE):
        NNI_K(map_short)(NNI_K(scaled_value), p, q, a, a, out, n);
        break;
    case NNI_K(MAP_ADD_SCALED):
        NNI_K(map_short)(NNI_K(scaled_sum_value), p, q, a, b, out, n);
        break;
    case NNI_K(MAP_AFFINE):
        NNI_K(map_short)(NNI_K(affine_value), p, q, a, a, out, n);
        break;
    case NNI_K(MAP_SOFTMAX_SLOPE):
        NNI_K(map_short)(NNI_K(softmax_slope), p, q, a, b, out, n);
        break;
    default:
        NNI_K(map_short)(NNI_K(log_softmax_value), p, q, a, a, out, n);
        break;
    }
}

/* out = f(z, dy) for the long ones, by way of t. n is a multiple of 16, at most LONG_RUN. */
static void NNI_K(map_long_run)(int32_t map, float p, const float *z, const float *dy,
                                float *t, float *out, int64_t n)
{
    switch (map) {
    case NN_SIGMOID:
        NNI_K(sigmoid_run)(z, out, n);
        break;
    case NN_TANH:
        NNI_K(exp_run_of)(NNI_K(nni_tanh_exponent), z, t, n);
        NNI_K(end_run)(NNI_K(tanh_end), p, t, z, z, out, n);
        break;
    case NN_ELU:
        NNI_K(expm1_run)(z, t, n);
        NNI_K(end_run)(NNI_K(elu_end), p, t, z, z, out, n);
        break;
    case NN_SELU:
        NNI_K(expm1_run)(z, t, n);
        NNI_K(end_run)(NNI_K(selu_end), p, t, z, z, out, n);
        break;
    case NN_GELU:
        NNI_K(gauss_run)(z, t, n);
        NNI_K(end_run)(NNI_K(gelu_end), p, t, z, z, out, n);
        break;
    case NN_SILU:
        NNI_K(sigmoid_run)(z, t, n);
        NNI_K(end_run)(NNI_K(silu_end), p, t, z, z, out, n);
        break;
    case NN_SOFTPLUS:
        NNI_K(exp_run_of)(NNI_K(nni_softplus_exponent), z, t, n);
        NNI_K(end_run)(NNI_K(softplus_end), p, t, z, z, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_GELU:
        NNI_K(gelu_rates)(z, t, n);
        NNI_K(end_run)(NNI_K(gelu_slope_end), p, t, z, dy, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_SILU:
        NNI_K(sigmoid_run)(z, t, n);
        NNI_K(end_run)(NNI_K(silu_slope_end), p, t, z, dy, out, n);
        break;
    case NNI_K(MAP_SLOPE) + NN_SOFTPLUS:
        NNI_K(step_run)(NNI_K(less), z, t, n);
        NNI_K(expm1_run)(t, t, n);
        NNI_K(end_run)(NNI_K(softplus_slope_end), p, t, z, dy, out, n);
        break;
    case NNI_K(MAP_EXP):
        NNI_K(exp_run)(z, out, n);
        break;
    case NNI_K(MAP_LOG):
        NNI_K(log_run)(z, out, n);
        break;
    default:
        NNI_K(exp_run)(z, t, n);
        NNI_K(end_run)(NNI_K(log_softmax_slope_end), p, t, z, dy, out, n);
        break;
    }
}

/* Any map over whole blocks. */
static void NNI_K(map_any)(int32_t map, float p, float q, const float *a, const float *b,
                           float *out, int64_t n)
{
    float t[NNI_K(LONG_RUN)];
    if (NNI_K(map_is_short)(map)) {
        NNI_K(map_some)(map, p, q, a, b, out, n);
        return;
    }
    for (int64_t i = 0; i < n; i += NNI_K(LONG_RUN)) {
        NNI_K(map_long_run)
        (map, p, a + i, b + i, t, out + i, nni_min(n - i, NNI_K(LONG_RUN)));
    }
}

static void NNI_K(map_all)(int32_t map, float p, float q, const float *a, const float *b,
                           float *out, int64_t n)
{
    if (NNI_K(PARTS_ARE_FREE) && NNI_K(map_is_short)(map)) {
        NNI_K(map_some)(map, p, q, a, b, out, n);
        return;
    }
    const int64_t rest = n % NNI_LANES, whole = n - rest;
    if (whole > 0) {
        NNI_K(map_any)(map, p, q, a, b, out, whole);
    }
    if (rest > 0) {
        const NNI_K(nni_part) part = NNI_K(vector_part)(rest);
        float x[NNI_LANES], y[NNI_LANES];
        NNI_K(vector_store)(x, NNI_K(vector_load_part)(a + whole, part, 0.0f));
        NNI_K(vector_store)(y, NNI_K(vector_load_part)(b + whole, part, 0.0f));
        NNI_K(map_any)(map, p, q, x, y, x, NNI_LANES);
        NNI_K(vector_store_part)(out + whole, part, NNI_K(vector_load)(x));
    }
}

static void NNI_K(activation_map)(int32_t activation, float alpha, const float *z,
                                  float *y, int64_t n)
{
    NNI_ASSERT(activation >= 0 && activation <= NN_SOFTPLUS);
    NNI_K(map_all)(activation, alpha, 0.0f, z, z, y, n);
}

static void NNI_K(activation_slope)(int32_t activation, float alpha, const float *kept,
                                    const float *dy, float *dz, int64_t n)
{
    NNI_ASSERT(activation >= 0 && activation <= NN_SOFTPLUS);
    NNI_K(map_all)(NNI_K(MAP_SLOPE) + activation, alpha, 0.0f, kept, dy, dz, n);
}

static void NNI_K(exp_map)(const float *x, float *y, int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_EXP), 0.0f, 0.0f, x, x, y, n);
}

static void NNI_K(log_map)(const float *x, float *y, int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_LOG), 0.0f, 0.0f, x, x, y, n);
}

static void NNI_K(add_map)(const float *a, const float *b, float *out, int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_ADD), 0.0f, 0.0f, a, b, out, n);
}

static void NNI_K(subtract_map)(const float *a, const float *b, float *out, int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_SUBTRACT), 0.0f, 0.0f, a, b, out, n);
}

static void NNI_K(multiply_map)(const float *a, const float *b, float *out, int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_MULTIPLY), 0.0f, 0.0f, a, b, out, n);
}

static void NNI_K(scale_map)(const float *a, float factor, float *out, int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_SCALE), factor, 0.0f, a, a, out, n);
}

static void NNI_K(add_scaled_map)(const float *a, float factor, float *out, int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_ADD_SCALED), factor, 0.0f, a, out, out, n);
}

static void NNI_K(affine_map)(const float *a, float factor, float offset, float *out,
                              int64_t n)
{
    NNI_K(map_all)(NNI_K(MAP_AFFINE), factor, offset, a, a, out, n);
}

static void NNI_K(affine_u8_map)(const uint8_t *a, float factor, float offset, float *out,
                                 int64_t n)
{
    const NNI_K(nni_vector) by = NNI_K(vector_fill)(factor);
    const NNI_K(nni_vector) start = NNI_K(vector_fill)(offset);
    uint8_t copy[NNI_LANES] = {0};
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        const int64_t count = nni_min(n - i, NNI_LANES);
        const uint8_t *from = a + i;
        if (count < NNI_LANES) {
            memcpy(copy, from, (size_t)count);
            from = copy;
        }
        NNI_K(vector_store_part)
        (out + i, NNI_K(vector_part)(count),
         NNI_K(vector_fma)(NNI_K(vector_of_bytes)(from), by, start));
    }
}

static void NNI_K(standardize_map)(const float *a, const float *mean,
                                   const float *deviation, float *out, int64_t n)
{
    float x[NNI_LANES], m[NNI_LANES];
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        const NNI_K(nni_part) part = NNI_K(vector_part)(nni_min(n - i, NNI_LANES));
        NNI_K(vector_store)(x, NNI_K(lane_block)(a, i, n, 0.0f));
        NNI_K(vector_store)(m, NNI_K(lane_block)(mean, i, n, 0.0f));
        NNI_LOOP
        for (int l = 0; l < NNI_LANES; l++) {
            x[l] = x[l] - m[l];
        }
        NNI_K(vector_store_part)
        (out + i, part,
         NNI_K(vector_divide)(NNI_K(vector_load)(x),
                              NNI_K(lane_block)(deviation, i, n, 1.0f)));
    }
}

/* The square root is exact on every machine, but compilers may not vectorise the C
 * library's function, which has to set errno. Not to be inlined, and n is settled, as
 * clang 14 at -O1 comes to no end over the portable table's vectors in a loop of constant
 * length. */
static NNI_NOINLINE void NNI_K(root_map)(float *x, int64_t n)
{
    NNI_SETTLE(n);
    int64_t i = 0;
    for (; i + NNI_LANES <= n; i += NNI_LANES) {
        NNI_K(vector_store)(x + i, NNI_K(vector_root)(NNI_K(vector_load)(x + i)));
    }
    if (i < n) {
        NNI_K(nni_part) part = NNI_K(vector_part)(n - i);
        NNI_K(nni_vector) rest = NNI_K(vector_load_part)(x + i, part, 0.0f);
        NNI_K(vector_store_part)(x + i, part, NNI_K(vector_root)(rest));
    }
}
