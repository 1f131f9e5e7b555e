/* The optimizers' passes over parameters w and gradients g; each formula stands at its
 * function (and in src/optimizers/), which computes a block of 16. A body. */

/* clip(gradient scale) + l2 w + l1 sign(w), see struct nni_update. */
static NNI_INLINE float NNI_K(update_gradient)(const struct nni_update *u, float gradient,
                                               float w)
{
    float g = gradient * u->gradient_scale;
    g = g > u->clip_value ? u->clip_value : g;
    g = g < -u->clip_value ? -u->clip_value : g;
    float sign = w < 0.0f ? -1.0f : 0.0f;
    sign = w > 0.0f ? 1.0f : sign;
    return NNI_FMA(u->l1, sign, NNI_FMA(u->l2, w, g));
}

/* Square roots, which compilers may not vectorise as they have to set errno. */
static NNI_INLINE void NNI_K(update_roots)(float *x)
{
    NNI_K(vector_store)(x, NNI_K(vector_root)(NNI_K(vector_load)(x)));
}

/* w = w - rate g */
static NNI_INLINE void NNI_K(sgd_block)(const struct nni_update *u, int64_t at,
                                        int64_t count)
{
    float raw_copy[NNI_LANES], w_copy[NNI_LANES];
    const float *raw = NNI_K(block_read)(u->gradient + at, count, raw_copy);
    float *w = NNI_K(block_open)(u->parameter + at, count, w_copy);
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float g = NNI_K(update_gradient)(u, raw[i], w[i]);
        w[i] = NNI_FMA(-u->rate, g, w[i] * u->decay);
    }
    NNI_K(block_close)(u->parameter + at, count, w_copy);
}

/* v = momentum v + (1 - dampening) g;  w = w - rate v, or w - rate (g + momentum v) */
static NNI_INLINE void NNI_K(momentum_block)(const struct nni_update *u, int64_t at,
                                             int64_t count)
{
    const float momentum = u->coefficient[0], share = u->coefficient[1];
    const int nesterov = u->coefficient[2] != 0.0f;
    float raw_copy[NNI_LANES], w_copy[NNI_LANES], velocity_copy[NNI_LANES];
    const float *raw = NNI_K(block_read)(u->gradient + at, count, raw_copy);
    float *w = NNI_K(block_open)(u->parameter + at, count, w_copy);
    float *velocity = NNI_K(block_open)(u->slot[0] + at, count, velocity_copy);
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float g = NNI_K(update_gradient)(u, raw[i], w[i]);
        float v = NNI_FMA(momentum, velocity[i], share * g);
        float ahead = NNI_FMA(momentum, v, g);
        velocity[i] = v;
        w[i] = NNI_FMA(-u->rate, nesterov ? ahead : v, w[i] * u->decay);
    }
    NNI_K(block_close)(u->parameter + at, count, w_copy);
    NNI_K(block_close)(u->slot[0] + at, count, velocity_copy);
}

/* s = s + g^2;  w = w - rate g / (sqrt s + epsilon) */
static NNI_INLINE void NNI_K(adagrad_block)(const struct nni_update *u, int64_t at,
                                            int64_t count)
{
    const float epsilon = u->coefficient[0];
    float raw_copy[NNI_LANES], w_copy[NNI_LANES], square_copy[NNI_LANES];
    const float *raw = NNI_K(block_read)(u->gradient + at, count, raw_copy);
    float *w = NNI_K(block_open)(u->parameter + at, count, w_copy);
    float *square = NNI_K(block_open)(u->slot[0] + at, count, square_copy);
    float gradient[NNI_LANES], root[NNI_LANES];
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float g = NNI_K(update_gradient)(u, raw[i], w[i]);
        gradient[i] = g;
        square[i] = NNI_FMA(g, g, square[i]);
        root[i] = square[i];
    }
    NNI_K(update_roots)(root);
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        w[i] = NNI_FMA(-u->rate, gradient[i] / (root[i] + epsilon), w[i] * u->decay);
    }
    NNI_K(block_close)(u->parameter + at, count, w_copy);
    NNI_K(block_close)(u->slot[0] + at, count, square_copy);
}

/* s = rho s + (1 - rho) g^2;  d = g sqrt(t + epsilon) / sqrt(s + epsilon);
 * t = rho t + (1 - rho) d^2;  w = w - rate d */
static NNI_INLINE void NNI_K(adadelta_block)(const struct nni_update *u, int64_t at,
                                             int64_t count)
{
    const float rho = u->coefficient[0], epsilon = u->coefficient[1], share = 1.0f - rho;
    float raw_copy[NNI_LANES], w_copy[NNI_LANES], square_copy[NNI_LANES],
        step_copy[NNI_LANES];
    const float *raw = NNI_K(block_read)(u->gradient + at, count, raw_copy);
    float *w = NNI_K(block_open)(u->parameter + at, count, w_copy);
    float *square = NNI_K(block_open)(u->slot[0] + at, count, square_copy);
    float *step = NNI_K(block_open)(u->slot[1] + at, count, step_copy);
    float gradient[NNI_LANES], above[NNI_LANES], below[NNI_LANES];
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float g = NNI_K(update_gradient)(u, raw[i], w[i]);
        gradient[i] = g;
        square[i] = NNI_FMA(rho, square[i], share * g * g);
        above[i] = step[i] + epsilon;
        below[i] = square[i] + epsilon;
    }
    NNI_K(update_roots)(above);
    NNI_K(update_roots)(below);
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float d = above[i] / below[i] * gradient[i];
        step[i] = NNI_FMA(rho, step[i], share * d * d);
        w[i] = NNI_FMA(-u->rate, d, w[i] * u->decay);
    }
    NNI_K(block_close)(u->parameter + at, count, w_copy);
    NNI_K(block_close)(u->slot[0] + at, count, square_copy);
    NNI_K(block_close)(u->slot[1] + at, count, step_copy);
}

/* The mean square less the square of the mean, for centred RMSprop. */
static NNI_INLINE void NNI_K(rmsprop_centre)(float rho, const float *gradient,
                                             float *mean, float *variance)
{
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        mean[i] = NNI_FMA(rho, mean[i], (1.0f - rho) * gradient[i]);
        float v = NNI_FMA(-mean[i], mean[i], variance[i]);
        variance[i] = 0.0f > v ? 0.0f : v;
    }
}

/* s = rho s + (1 - rho) g^2;  centred: m = rho m + (1 - rho) g, v = s - m^2, else v = s;
 * d = g / (sqrt v + epsilon);  with momentum: d = b = momentum b + d;  w = w - rate d */
static NNI_INLINE void NNI_K(rmsprop_block)(const struct nni_update *u, int64_t at,
                                            int64_t count)
{
    const float rho = u->coefficient[0], epsilon = u->coefficient[1];
    const float momentum = u->coefficient[2], share = 1.0f - rho;
    float raw_copy[NNI_LANES], w_copy[NNI_LANES], square_copy[NNI_LANES];
    const float *raw = NNI_K(block_read)(u->gradient + at, count, raw_copy);
    float *w = NNI_K(block_open)(u->parameter + at, count, w_copy);
    float *square = NNI_K(block_open)(u->slot[0] + at, count, square_copy);
    float step[NNI_LANES], root[NNI_LANES];
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float g = NNI_K(update_gradient)(u, raw[i], w[i]);
        step[i] = g;
        square[i] = NNI_FMA(rho, square[i], share * g * g);
        root[i] = square[i];
    }
    if (u->slot[1] != NULL) {
        float copy[NNI_LANES];
        float *mean = NNI_K(block_open)(u->slot[1] + at, count, copy);
        NNI_K(rmsprop_centre)(rho, step, mean, root);
        NNI_K(block_close)(u->slot[1] + at, count, copy);
    }
    NNI_K(update_roots)(root);
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        step[i] = step[i] / (root[i] + epsilon);
    }
    if (u->slot[2] != NULL) {
        float copy[NNI_LANES];
        float *buffer = NNI_K(block_open)(u->slot[2] + at, count, copy);
        NNI_LOOP
        for (int i = 0; i < NNI_LANES; i++) {
            buffer[i] = NNI_FMA(momentum, buffer[i], step[i]);
            step[i] = buffer[i];
        }
        NNI_K(block_close)(u->slot[2] + at, count, copy);
    }
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        w[i] = NNI_FMA(-u->rate, step[i], w[i] * u->decay);
    }
    NNI_K(block_close)(u->parameter + at, count, w_copy);
    NNI_K(block_close)(u->slot[0] + at, count, square_copy);
}

/* m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
 * w = w - rate (c3 m) / (c4 sqrt v + epsilon) */
static NNI_INLINE void NNI_K(adam_block)(const struct nni_update *u, int64_t at,
                                         int64_t count)
{
    const float beta1 = u->coefficient[0], beta2 = u->coefficient[1];
    const float epsilon = u->coefficient[2];
    const float mean_factor = u->coefficient[3], root_factor = u->coefficient[4];
    const float share1 = 1.0f - beta1, share2 = 1.0f - beta2;
    float raw_copy[NNI_LANES], w_copy[NNI_LANES], mean_copy[NNI_LANES],
        square_copy[NNI_LANES];
    const float *raw = NNI_K(block_read)(u->gradient + at, count, raw_copy);
    float *w = NNI_K(block_open)(u->parameter + at, count, w_copy);
    float *mean = NNI_K(block_open)(u->slot[0] + at, count, mean_copy);
    float *square = NNI_K(block_open)(u->slot[1] + at, count, square_copy);
    float root[NNI_LANES];
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float g = NNI_K(update_gradient)(u, raw[i], w[i]);
        mean[i] = NNI_FMA(beta1, mean[i], share1 * g);
        square[i] = NNI_FMA(beta2, square[i], share2 * g * g);
        root[i] = square[i];
    }
    NNI_K(update_roots)(root);
    NNI_LOOP
    for (int i = 0; i < NNI_LANES; i++) {
        float step = mean[i] * mean_factor / NNI_FMA(root[i], root_factor, epsilon);
        w[i] = NNI_FMA(-u->rate, step, w[i] * u->decay);
    }
    NNI_K(block_close)(u->parameter + at, count, w_copy);
    NNI_K(block_close)(u->slot[0] + at, count, mean_copy);
    NNI_K(block_close)(u->slot[1] + at, count, square_copy);
}

/* The pass of a function that is a constant where this is called; whole blocks only where
 * parts are not free. */
typedef void NNI_K(update_function)(const struct nni_update *u, int64_t at,
                                    int64_t count);

static NNI_INLINE void NNI_K(update_blocks)(NNI_K(update_function) * f,
                                            const struct nni_update *update)
{
    const struct nni_update u = *update;
    const int64_t rest = u.count % NNI_LANES, whole = u.count - rest;
    for (int64_t at = 0; at < whole; at += NNI_LANES) {
        f(&u, at, NNI_LANES);
    }
    if (NNI_K(PARTS_ARE_FREE) && rest > 0) {
        f(&u, whole, rest);
    }
}

static void NNI_K(sgd_pass)(const struct nni_update *update)
{
    NNI_K(update_blocks)(NNI_K(sgd_block), update);
}

static void NNI_K(momentum_pass)(const struct nni_update *update)
{
    NNI_K(update_blocks)(NNI_K(momentum_block), update);
}

static void NNI_K(adagrad_pass)(const struct nni_update *update)
{
    NNI_K(update_blocks)(NNI_K(adagrad_block), update);
}

static void NNI_K(adadelta_pass)(const struct nni_update *update)
{
    NNI_K(update_blocks)(NNI_K(adadelta_block), update);
}

static void NNI_K(rmsprop_pass)(const struct nni_update *update)
{
    NNI_K(update_blocks)(NNI_K(rmsprop_block), update);
}

static void NNI_K(adam_pass)(const struct nni_update *update)
{
    NNI_K(update_blocks)(NNI_K(adam_block), update);
}

/* `pass` for any number of elements. */
static void NNI_K(update_all)(nni_update_function *pass, const struct nni_update *update)
{
    enum { GRADIENT = NNI_SLOTS_MAX, PARAMETER, ARRAYS };
    struct nni_update u = *update;
    const int64_t rest = u.count % NNI_LANES, whole = u.count - rest;
    u.count = whole;
    pass(&u);
    if (rest == 0) {
        return;
    }
    const NNI_K(nni_part) part = NNI_K(vector_part)(rest);
    float copy[ARRAYS][NNI_LANES];
    const float *const from[] = {u.slot[0], u.slot[1], u.slot[2], u.gradient,
                                 u.parameter};
    float *const to[] = {u.slot[0], u.slot[1], u.slot[2], NULL, u.parameter};
    for (int a = 0; a < ARRAYS; a++) {
        if (from[a] != NULL) {
            NNI_K(vector_store)
            (copy[a], NNI_K(vector_load_part)(from[a] + whole, part, 0.0f));
        }
    }
    u.count = NNI_LANES;
    u.gradient = copy[GRADIENT];
    u.parameter = copy[PARAMETER];
    for (int s = 0; s < NNI_SLOTS_MAX; s++) {
        u.slot[s] = u.slot[s] == NULL ? NULL : copy[s];
    }
    pass(&u);
    for (int a = 0; a < ARRAYS; a++) {
        if (to[a] != NULL) {
            NNI_K(vector_store_part)(to[a] + whole, part, NNI_K(vector_load)(copy[a]));
        }
    }
}

static void NNI_K(sgd_update)(const struct nni_update *update)
{
    if (NNI_K(update_is_plain)(update)) {
        NNI_K(plain_update_run)
        (update, update->gradient, update->parameter, update->count);
    } else if (NNI_K(PARTS_ARE_FREE)) {
        NNI_K(sgd_pass)(update);
    } else {
        NNI_K(update_all)(NNI_K(sgd_pass), update);
    }
}

/* The same for n parameters w of which these are the gradients. */
static void NNI_K(sgd_run)(const struct nni_update *update, const float *gradient,
                           float *w, int64_t n)
{
    struct nni_update part = *update;
    part.gradient = gradient;
    part.parameter = w;
    part.count = n;
    NNI_K(sgd_update)(&part);
}

static void NNI_K(momentum_update)(const struct nni_update *update)
{
    if (NNI_K(PARTS_ARE_FREE)) {
        NNI_K(momentum_pass)(update);
    } else {
        NNI_K(update_all)(NNI_K(momentum_pass), update);
    }
}

static void NNI_K(adagrad_update)(const struct nni_update *update)
{
    if (NNI_K(PARTS_ARE_FREE)) {
        NNI_K(adagrad_pass)(update);
    } else {
        NNI_K(update_all)(NNI_K(adagrad_pass), update);
    }
}

static void NNI_K(adadelta_update)(const struct nni_update *update)
{
    if (NNI_K(PARTS_ARE_FREE)) {
        NNI_K(adadelta_pass)(update);
    } else {
        NNI_K(update_all)(NNI_K(adadelta_pass), update);
    }
}

static void NNI_K(rmsprop_update)(const struct nni_update *update)
{
    if (NNI_K(PARTS_ARE_FREE)) {
        NNI_K(rmsprop_pass)(update);
    } else {
        NNI_K(update_all)(NNI_K(rmsprop_pass), update);
    }
}

static void NNI_K(adam_update)(const struct nni_update *update)
{
    if (NNI_K(PARTS_ARE_FREE)) {
        NNI_K(adam_pass)(update);
    } else {
        NNI_K(update_all)(NNI_K(adam_pass), update);
    }
}
