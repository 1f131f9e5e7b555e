/* Plain SGD, w = w - rate g, which products do as well: their sums are the gradients, C is
 * the parameters. A body. */

/* 1 where of the update w' = fma(-rate, g', w decay), g' = fma(l1, sign w, fma(l2, w, g)),
 * this is left, to the same bits:
 *     w' = fma(-rate, fma(0, w, g) + 0, w)
 * without the bounds and the sign, which is most of the work. For, with l1 = l2 = 0 and
 * decay = 1, fma(0, w, g) is NaN where w is infinite or NaN and else g, but for the sign of
 * a zero. The term 0 sign w, left out, could change that sign, too, which shows only where
 * w is a zero; there sign w is +0, so the term is the +0 that is added here. */
static int NNI_K(update_is_plain)(const struct nni_update *u)
{
    return u->clip_value == __builtin_inff() && u->l1 == 0.0f &&
           !__builtin_signbit(u->l1) && u->l2 == 0.0f && u->decay == 1.0f;
}

/* What a plain update needs, as vectors. A product without a sum is fma(a, b, -0), which is
 * a b in every case. */
struct NNI_K(plain_update) {
    NNI_K(nni_vector) scale, less_rate, zero, less_zero;
};

static inline struct NNI_K(plain_update)
    NNI_K(plain_update_of)(const struct nni_update *u)
{
    const struct NNI_K(plain_update)
        plain = {NNI_K(vector_fill)(u->gradient_scale), NNI_K(vector_fill)(-u->rate),
                 NNI_K(vector_fill)(0.0f), NNI_K(vector_fill)(-0.0f)};
    return plain;
}

static NNI_ALWAYS_INLINE NNI_K(nni_vector)
    NNI_K(plain_updated)(const struct NNI_K(plain_update) * u, NNI_K(nni_vector) gradient,
                         NNI_K(nni_vector) w)
{
    const NNI_K(nni_vector) g = NNI_K(vector_fma)(gradient, u->scale, u->less_zero);
    const NNI_K(nni_vector) seen =
        NNI_K(vector_add)(NNI_K(vector_fma)(u->zero, w, g), u->zero);
    return NNI_K(vector_fma)(u->less_rate, seen, w);
}

static NNI_ALWAYS_INLINE void NNI_K(plain_update_vector)(
    const struct NNI_K(plain_update) * plain, const float *gradient, float *w,
    const int whole, NNI_K(nni_part) part)
{
    const NNI_K(nni_vector) updated = NNI_K(plain_updated)(
        plain, NNI_K(tile_load)(gradient, whole, part), NNI_K(tile_load)(w, whole, part));
    NNI_K(tile_store)(w, whole, part, updated);
}

/* n parameters that lie side by side, and their gradients. */
static NNI_NOINLINE void NNI_K(plain_update_run)(const struct nni_update *update,
                                                 const float *gradient, float *w,
                                                 int64_t n)
{
    const struct NNI_K(plain_update) plain = NNI_K(plain_update_of)(update);
    const NNI_K(nni_part) part = NNI_K(vector_part)(n % NNI_LANES);
    int64_t i = 0;
    for (; n - i >= NNI_LANES; i += NNI_LANES) {
        NNI_K(plain_update_vector)(&plain, gradient + i, w + i, 1, part);
    }
    if (i < n) {
        NNI_K(plain_update_vector)(&plain, gradient + i, w + i, 0, part);
    }
}
