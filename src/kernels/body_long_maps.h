/* Maps that go through an exponential, a logarithm or the like. Of each of these there is
 * one loop; what comes before and after it has loops of its own, over runs so short that
 * what lies between stays in the first cache. All lengths are multiples of 16. A body. */

enum { NNI_K(LONG_RUN) = 256 };

typedef float NNI_K(step_function)(float x);
typedef float NNI_K(end_function)(float alpha, float t, float z, float dy);

/* y[i] = f(x[i]); y may be x. f is a constant where this is called. */
static NNI_INLINE void NNI_K(step_run)(NNI_K(step_function) * f, const float *x, float *y,
                                       int64_t n)
{
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        NNI_LOOP
        for (int64_t l = i; l < i + NNI_LANES; l++) {
            y[l] = f(x[l]);
        }
    }
}

/* out[i] = f(alpha, t[i], z[i], dy[i]); out may be one of them. */
static NNI_INLINE void NNI_K(end_run)(NNI_K(end_function) * f, float alpha,
                                      const float *t, const float *z, const float *dy,
                                      float *out, int64_t n)
{
    for (int64_t i = 0; i < n; i += NNI_LANES) {
        NNI_LOOP
        for (int64_t l = i; l < i + NNI_LANES; l++) {
            out[l] = f(alpha, t[l], z[l], dy[l]);
        }
    }
}

static NNI_NOINLINE void NNI_K(exp_run)(const float *x, float *y, int64_t n)
{
    NNI_K(step_run)(NNI_K(nni_exp), x, y, n);
}

static NNI_NOINLINE void NNI_K(expm1_run)(const float *x, float *y, int64_t n)
{
    NNI_K(step_run)(NNI_K(nni_expm1), x, y, n);
}

static NNI_NOINLINE void NNI_K(log_run)(const float *x, float *y, int64_t n)
{
    NNI_K(step_run)(NNI_K(nni_log), x, y, n);
}

static NNI_NOINLINE void NNI_K(sigmoid_run)(const float *x, float *y, int64_t n)
{
    NNI_K(step_run)(NNI_K(nni_sigmoid), x, y, n);
}

/* y = exp(f(x)) */
static NNI_INLINE void NNI_K(exp_run_of)(NNI_K(step_function) * f, const float *x,
                                         float *y, int64_t n)
{
    NNI_K(step_run)(f, x, y, n);
    NNI_K(exp_run)(y, y, n);
}

/* y = erf(z / sqrt 2) */
static NNI_NOINLINE void NNI_K(gauss_run)(const float *z, float *y, int64_t n)
{
    NNI_K(exp_run_of)(NNI_K(gauss_exponent), z, y, n);
    NNI_K(end_run)(NNI_K(gauss_end), 0.0f, y, z, z, y, n);
}

/* y = gelu'(z), for at most LONG_RUN elements. */
static void NNI_K(gelu_rates)(const float *z, float *y, int64_t n)
{
    float erf[NNI_K(LONG_RUN)];
    NNI_K(gauss_run)(z, erf, n);
    NNI_K(exp_run_of)(NNI_K(density_exponent), z, y, n);
    NNI_K(end_run)(NNI_K(gelu_rate), 0.0f, y, z, erf, y, n);
}
