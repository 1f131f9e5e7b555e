/* The activations and their derivatives for one element; body_maps.h has the loops. The
 * formulas are those beside the constants in nn/layer.h; g' is written in the output y,
 * but for gelu and silu, whose derivative needs the input z. Of those that go through a
 * long function (body_long_maps.h) this is what comes after it: t is its value. A body. */

/* y = g(z), and dz = dy g'. */
static NNI_INLINE float NNI_K(linear_value)(float alpha, float none, float z, float same)
{
    (void)none;
    (void)alpha;
    (void)same;
    return z;
}

static NNI_INLINE float NNI_K(linear_slope)(float alpha, float none, float y, float dy)
{
    (void)none;
    (void)alpha;
    (void)y;
    return dy;
}

/* g' = y (1 - y) */
static NNI_INLINE float NNI_K(sigmoid_slope)(float alpha, float none, float y, float dy)
{
    (void)none;
    (void)alpha;
    return dy * (y * (1.0f - y));
}

static NNI_INLINE float NNI_K(tanh_end)(float alpha, float t, float z, float same)
{
    (void)alpha;
    (void)same;
    return NNI_K(nni_tanh_of)(z, t);
}

/* g' = 1 - y^2 */
static NNI_INLINE float NNI_K(tanh_slope)(float alpha, float none, float y, float dy)
{
    (void)none;
    (void)alpha;
    return dy * NNI_FMA(-y, y, 1.0f);
}

/* max(0, z); NaN stays NaN. */
static NNI_INLINE float NNI_K(relu_value)(float alpha, float none, float z, float same)
{
    (void)none;
    (void)alpha;
    (void)same;
    return 0.0f > z ? 0.0f : z;
}

static NNI_INLINE float NNI_K(relu_slope)(float alpha, float none, float y, float dy)
{
    (void)none;
    (void)alpha;
    return y > 0.0f ? dy : 0.0f;
}

static NNI_INLINE float NNI_K(leaky_relu_value)(float alpha, float none, float z,
                                                float same)
{
    (void)none;
    (void)same;
    return z > 0.0f ? z : alpha * z;
}

static NNI_INLINE float NNI_K(leaky_relu_slope)(float alpha, float none, float y,
                                                float dy)
{
    (void)none;
    return y > 0.0f ? dy : alpha * dy;
}

static NNI_INLINE float NNI_K(elu_end)(float alpha, float t, float z, float same)
{
    (void)same;
    float left = alpha * t;
    return z > 0.0f ? z : left;
}

/* g' = alpha e^z = y + alpha on the left */
static NNI_INLINE float NNI_K(elu_slope)(float alpha, float none, float y, float dy)
{
    (void)none;
    return y > 0.0f ? dy : dy * (y + alpha);
}

/* y = scale (z > 0 ? z : alpha (e^z - 1)) with the constants of Klambauer et al. 2017;
 * left is scale alpha. */
static NNI_INLINE float NNI_K(selu_end)(float alpha, float t, float z, float same)
{
    const float scale = 1.05070098735548049342f, left = 1.75809934084737685994f;
    (void)alpha;
    (void)same;
    float negative = left * t;
    return z > 0.0f ? scale * z : negative;
}

static NNI_INLINE float NNI_K(selu_slope)(float alpha, float none, float y, float dy)
{
    (void)none;
    const float scale = 1.05070098735548049342f, left = 1.75809934084737685994f;
    (void)alpha;
    return dy * (y > 0.0f ? scale : y + left);
}

/* z Phi(z), Phi(z) = (1 + erf(z / sqrt 2)) / 2 being the normal distribution. */
static NNI_INLINE float NNI_K(gauss_argument)(float z)
{
    return z * 0.70710678118654752440f;
}

static NNI_INLINE float NNI_K(gauss_exponent)(float z)
{
    return NNI_K(nni_erf_exponent)(NNI_K(gauss_argument)(z));
}

static NNI_INLINE float NNI_K(gauss_end)(float alpha, float t, float z, float same)
{
    (void)alpha;
    (void)same;
    return NNI_K(nni_erf_of)(NNI_K(gauss_argument)(z), t);
}

static NNI_INLINE float NNI_K(gelu_end)(float alpha, float t, float z, float same)
{
    (void)alpha;
    (void)same;
    float half = 0.5f * z;
    return NNI_FMA(half, t, half);
}

/* g' = Phi(z) + z phi(z), phi(z) = e^(-z^2 / 2) / sqrt(2 pi) being its density: the
 * exponent, then g' from the exponential and erf(z / sqrt 2) */
static NNI_INLINE float NNI_K(density_exponent)(float z)
{
    return -0.5f * (z * z);
}

static NNI_INLINE float NNI_K(gelu_rate)(float alpha, float t, float z, float erf)
{
    const float peak = 0.39894228040143267794f; /* phi(0) */
    (void)alpha;
    float below = NNI_FMA(0.5f, erf, 0.5f);
    return NNI_FMA(z, peak * t, below);
}

static NNI_INLINE float NNI_K(gelu_slope_end)(float alpha, float t, float z, float dy)
{
    (void)alpha;
    (void)z;
    return dy * t;
}

static NNI_INLINE float NNI_K(silu_end)(float alpha, float t, float z, float same)
{
    (void)alpha;
    (void)same;
    return z * t;
}

/* g' = s (1 + z (1 - s)), s = sigmoid(z) */
static NNI_INLINE float NNI_K(silu_slope_end)(float alpha, float t, float z, float dy)
{
    (void)alpha;
    return dy * (t * NNI_FMA(z, 1.0f - t, 1.0f));
}

static NNI_INLINE float NNI_K(softplus_end)(float alpha, float t, float z, float same)
{
    (void)alpha;
    (void)same;
    return NNI_K(nni_softplus_of)(z, t);
}

/* g' = sigmoid(z) = 1 - e^-y */
static NNI_INLINE float NNI_K(less)(float y)
{
    return -y;
}

static NNI_INLINE float NNI_K(softplus_slope_end)(float alpha, float t, float y, float dy)
{
    (void)alpha;
    (void)y;
    return -dy * t;
}
