/* The activations and their derivatives, one loop for each, and two tables of them. The
 * formulas are those beside the constants in nn/layer.h; g' is written in the output y,
 * but for gelu and silu, whose derivative needs the input z. A body. */

static void NNI_K(linear_forward)(float alpha, const float *z, float *y, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = z[i];
    }
}

static void NNI_K(linear_backward)(float alpha, const float *y, const float *dy,
                                   float *dz, int64_t n)
{
    (void)alpha;
    (void)y;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = dy[i];
    }
}

static void NNI_K(sigmoid_forward)(float alpha, const float *z, float *y, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = NNI_K(nni_sigmoid)(z[i]);
    }
}

/* g' = y (1 - y) */
static void NNI_K(sigmoid_backward)(float alpha, const float *y, const float *dy,
                                    float *dz, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = dy[i] * (y[i] * (1.0f - y[i]));
    }
}

static void NNI_K(tanh_forward)(float alpha, const float *z, float *y, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = NNI_K(nni_tanh)(z[i]);
    }
}

/* g' = 1 - y^2 */
static void NNI_K(tanh_backward)(float alpha, const float *y, const float *dy, float *dz,
                                 int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = dy[i] * NNI_FMA(-y[i], y[i], 1.0f);
    }
}

/* max(0, z); NaN stays NaN. */
static void NNI_K(relu_forward)(float alpha, const float *z, float *y, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = 0.0f > z[i] ? 0.0f : z[i];
    }
}

static void NNI_K(relu_backward)(float alpha, const float *y, const float *dy, float *dz,
                                 int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = y[i] > 0.0f ? dy[i] : 0.0f;
    }
}

static void NNI_K(leaky_relu_forward)(float alpha, const float *z, float *y, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = z[i] > 0.0f ? z[i] : alpha * z[i];
    }
}

static void NNI_K(leaky_relu_backward)(float alpha, const float *y, const float *dy,
                                       float *dz, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = y[i] > 0.0f ? dy[i] : alpha * dy[i];
    }
}

static void NNI_K(elu_forward)(float alpha, const float *z, float *y, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        float left = alpha * NNI_K(nni_expm1)(z[i]);
        y[i] = z[i] > 0.0f ? z[i] : left;
    }
}

/* g' = alpha e^z = y + alpha on the left */
static void NNI_K(elu_backward)(float alpha, const float *y, const float *dy, float *dz,
                                int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = y[i] > 0.0f ? dy[i] : dy[i] * (y[i] + alpha);
    }
}

/* y = scale (z > 0 ? z : alpha (e^z - 1)) with the constants of Klambauer et al. 2017;
 * left is scale alpha. */
static void NNI_K(selu_forward)(float alpha, const float *z, float *y, int64_t n)
{
    const float scale = 1.05070098735548049342f, left = 1.75809934084737685994f;
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        float negative = left * NNI_K(nni_expm1)(z[i]);
        y[i] = z[i] > 0.0f ? scale * z[i] : negative;
    }
}

static void NNI_K(selu_backward)(float alpha, const float *y, const float *dy, float *dz,
                                 int64_t n)
{
    const float scale = 1.05070098735548049342f, left = 1.75809934084737685994f;
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = dy[i] * (y[i] > 0.0f ? scale : y[i] + left);
    }
}

/* z Phi(z), Phi(z) = (1 + erf(z / sqrt 2)) / 2 being the normal distribution. */
static void NNI_K(gelu_forward)(float alpha, const float *z, float *y, int64_t n)
{
    const float sqrt_half = 0.70710678118654752440f;
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        float half = 0.5f * z[i];
        y[i] = NNI_FMA(half, NNI_K(nni_erf)(z[i] * sqrt_half), half);
    }
}

/* g' = Phi(z) + z phi(z), phi(z) = e^(-z^2 / 2) / sqrt(2 pi) being its density */
static void NNI_K(gelu_backward)(float alpha, const float *z, const float *dy, float *dz,
                                 int64_t n)
{
    const float sqrt_half = 0.70710678118654752440f;
    const float peak = 0.39894228040143267794f; /* phi(0) */
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        float below = NNI_FMA(0.5f, NNI_K(nni_erf)(z[i] * sqrt_half), 0.5f);
        float density = peak * NNI_K(nni_exp)(-0.5f * (z[i] * z[i]));
        dz[i] = dy[i] * NNI_FMA(z[i], density, below);
    }
}

static void NNI_K(silu_forward)(float alpha, const float *z, float *y, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = z[i] * NNI_K(nni_sigmoid)(z[i]);
    }
}

/* g' = s (1 + z (1 - s)), s = sigmoid(z) */
static void NNI_K(silu_backward)(float alpha, const float *z, const float *dy, float *dz,
                                 int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        float s = NNI_K(nni_sigmoid)(z[i]);
        dz[i] = dy[i] * (s * NNI_FMA(z[i], 1.0f - s, 1.0f));
    }
}

static void NNI_K(softplus_forward)(float alpha, const float *z, float *y, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        y[i] = NNI_K(nni_softplus)(z[i]);
    }
}

/* g' = sigmoid(z) = 1 - e^-y */
static void NNI_K(softplus_backward)(float alpha, const float *y, const float *dy,
                                     float *dz, int64_t n)
{
    (void)alpha;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        dz[i] = -dy[i] * NNI_K(nni_expm1)(-y[i]);
    }
}

static void NNI_K(activation_map)(int32_t activation, float alpha, const float *z,
                                  float *y, int64_t n)
{
    static void (*const forward[])(float, const float *, float *, int64_t) = {
        [NN_LINEAR] = NNI_K(linear_forward),
        [NN_SIGMOID] = NNI_K(sigmoid_forward),
        [NN_TANH] = NNI_K(tanh_forward),
        [NN_RELU] = NNI_K(relu_forward),
        [NN_LEAKY_RELU] = NNI_K(leaky_relu_forward),
        [NN_ELU] = NNI_K(elu_forward),
        [NN_SELU] = NNI_K(selu_forward),
        [NN_GELU] = NNI_K(gelu_forward),
        [NN_SILU] = NNI_K(silu_forward),
        [NN_SOFTPLUS] = NNI_K(softplus_forward),
    };
    NNI_ASSERT(activation >= 0 && activation < NNI_COUNT(forward));
    forward[activation](alpha, z, y, n);
}

static void NNI_K(activation_slope)(int32_t activation, float alpha, const float *kept,
                                    const float *dy, float *dz, int64_t n)
{
    static void (*const backward[])(float, const float *, const float *, float *,
                                    int64_t) = {
        [NN_LINEAR] = NNI_K(linear_backward),
        [NN_SIGMOID] = NNI_K(sigmoid_backward),
        [NN_TANH] = NNI_K(tanh_backward),
        [NN_RELU] = NNI_K(relu_backward),
        [NN_LEAKY_RELU] = NNI_K(leaky_relu_backward),
        [NN_ELU] = NNI_K(elu_backward),
        [NN_SELU] = NNI_K(selu_backward),
        [NN_GELU] = NNI_K(gelu_backward),
        [NN_SILU] = NNI_K(silu_backward),
        [NN_SOFTPLUS] = NNI_K(softplus_backward),
    };
    NNI_ASSERT(activation >= 0 && activation < NNI_COUNT(backward));
    backward[activation](alpha, kept, dy, dz, n);
}
