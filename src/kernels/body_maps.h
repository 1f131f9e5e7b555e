/* Maps and arithmetic, element by element. An output may be one of the inputs. A body. */

static void NNI_K(exp_map)(const float *x, float *y, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = NNI_K(nni_exp)(x[i]);
    }
}

static void NNI_K(log_map)(const float *x, float *y, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = NNI_K(nni_log)(x[i]);
    }
}

static void NNI_K(add_map)(const float *a, const float *b, float *out, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = a[i] + b[i];
    }
}

static void NNI_K(subtract_map)(const float *a, const float *b, float *out, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = a[i] - b[i];
    }
}

static void NNI_K(multiply_map)(const float *a, const float *b, float *out, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = a[i] * b[i];
    }
}

static void NNI_K(scale_map)(const float *a, float factor, float *out, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = a[i] * factor;
    }
}

static void NNI_K(add_scaled_map)(const float *a, float factor, float *out, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = NNI_FMA(factor, a[i], out[i]);
    }
}

static void NNI_K(affine_map)(const float *a, float factor, float offset, float *out,
                              int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = NNI_FMA(a[i], factor, offset);
    }
}

static void NNI_K(affine_u8_map)(const uint8_t *a, float factor, float offset, float *out,
                                 int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = NNI_FMA((float)a[i], factor, offset);
    }
}

static void NNI_K(standardize_map)(const float *a, const float *mean,
                                   const float *deviation, float *out, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        out[i] = (a[i] - mean[i]) / deviation[i];
    }
}

/* The square root is exact on every machine, but compilers may not vectorise the C
 * library's function, which has to set errno. Not to be inlined: clang 14 at -O1 comes
 * to no end over the portable table's vectors in a loop of constant length. */
static NNI_NOINLINE void NNI_K(root_map)(float *x, int64_t n)
{
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
