/* The optimizers' passes over parameters w and gradients g; each formula stands at its
 * function (and in src/optimizers/). Where a square root is in it, the pass runs block by
 * block, with the roots between two loops. A body. */

/* clip(gradient scale) + l2 w + l1 sign(w), see struct nni_update. */
static inline float NNI_K(update_gradient)(const struct nni_update *u, float gradient,
                                           float w)
{
    float g = gradient * u->gradient_scale;
    g = g > u->clip_value ? u->clip_value : g;
    g = g < -u->clip_value ? -u->clip_value : g;
    float sign = w < 0.0f ? -1.0f : 0.0f;
    sign = w > 0.0f ? 1.0f : sign;
    return NNI_FMA(u->l1, sign, NNI_FMA(u->l2, w, g));
}

/* w = w - rate g, for n parameters w and their gradients */
static void NNI_K(sgd_run)(const struct nni_update *update, const float *gradient,
                           float *w, int64_t n)
{
    const struct nni_update u = *update;
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        float g = NNI_K(update_gradient)(&u, gradient[i], w[i]);
        w[i] = NNI_FMA(-u.rate, g, w[i] * u.decay);
    }
}

static void NNI_K(sgd_pass)(const struct nni_update *update)
{
    NNI_K(sgd_run)(update, update->gradient, update->parameter, update->count);
}

/* v = momentum v + (1 - dampening) g;  w = w - rate v, or w - rate (g + momentum v) */
static void NNI_K(momentum_pass)(const struct nni_update *update)
{
    const struct nni_update u = *update;
    const float momentum = u.coefficient[0], share = u.coefficient[1];
    const int nesterov = u.coefficient[2] != 0.0f;
    float *velocity = u.slot[0];
    NNI_LOOP
    for (int64_t i = 0; i < u.count; i++) {
        float w = u.parameter[i];
        float g = NNI_K(update_gradient)(&u, u.gradient[i], w);
        float v = NNI_FMA(momentum, velocity[i], share * g);
        float ahead = NNI_FMA(momentum, v, g);
        velocity[i] = v;
        u.parameter[i] = NNI_FMA(-u.rate, nesterov ? ahead : v, w * u.decay);
    }
}

/* s = s + g^2;  w = w - rate g / (sqrt s + epsilon) */
static void NNI_K(adagrad_pass)(const struct nni_update *update)
{
    const struct nni_update u = *update;
    const float epsilon = u.coefficient[0];
    float gradient[NNI_UPDATE_BLOCK], root[NNI_UPDATE_BLOCK];
    for (int64_t first = 0; first < u.count; first += NNI_UPDATE_BLOCK) {
        const int64_t n = nni_min(u.count - first, NNI_UPDATE_BLOCK);
        float *w = u.parameter + first, *square = u.slot[0] + first;
        const float *raw = u.gradient + first;
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            float g = NNI_K(update_gradient)(&u, raw[i], w[i]);
            gradient[i] = g;
            square[i] = NNI_FMA(g, g, square[i]);
            root[i] = square[i];
        }
        NNI_K(root_map)(root, n);
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            w[i] = NNI_FMA(-u.rate, gradient[i] / (root[i] + epsilon), w[i] * u.decay);
        }
    }
}

/* s = rho s + (1 - rho) g^2;  d = g sqrt(t + epsilon) / sqrt(s + epsilon);
 * t = rho t + (1 - rho) d^2;  w = w - rate d */
static void NNI_K(adadelta_pass)(const struct nni_update *update)
{
    const struct nni_update u = *update;
    const float rho = u.coefficient[0], epsilon = u.coefficient[1], share = 1.0f - rho;
    float gradient[NNI_UPDATE_BLOCK], above[NNI_UPDATE_BLOCK], below[NNI_UPDATE_BLOCK];
    for (int64_t first = 0; first < u.count; first += NNI_UPDATE_BLOCK) {
        const int64_t n = nni_min(u.count - first, NNI_UPDATE_BLOCK);
        float *w = u.parameter + first;
        float *square = u.slot[0] + first, *step = u.slot[1] + first;
        const float *raw = u.gradient + first;
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            float g = NNI_K(update_gradient)(&u, raw[i], w[i]);
            gradient[i] = g;
            square[i] = NNI_FMA(rho, square[i], share * g * g);
            above[i] = step[i] + epsilon;
            below[i] = square[i] + epsilon;
        }
        NNI_K(root_map)(above, n);
        NNI_K(root_map)(below, n);
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            float d = above[i] / below[i] * gradient[i];
            step[i] = NNI_FMA(rho, step[i], share * d * d);
            w[i] = NNI_FMA(-u.rate, d, w[i] * u.decay);
        }
    }
}

/* The mean square less the square of the mean, for centred RMSprop; n mean gradients. */
static inline void NNI_K(rmsprop_centre)(float rho, const float *gradient, float *mean,
                                         float *variance, int64_t n)
{
    NNI_LOOP
    for (int64_t i = 0; i < n; i++) {
        mean[i] = NNI_FMA(rho, mean[i], (1.0f - rho) * gradient[i]);
        float v = NNI_FMA(-mean[i], mean[i], variance[i]);
        variance[i] = 0.0f > v ? 0.0f : v;
    }
}

/* s = rho s + (1 - rho) g^2;  centred: m = rho m + (1 - rho) g, v = s - m^2, else v = s;
 * d = g / (sqrt v + epsilon);  with momentum: d = b = momentum b + d;  w = w - rate d */
static void NNI_K(rmsprop_pass)(const struct nni_update *update)
{
    const struct nni_update u = *update;
    const float rho = u.coefficient[0], epsilon = u.coefficient[1];
    const float momentum = u.coefficient[2], share = 1.0f - rho;
    float step[NNI_UPDATE_BLOCK], root[NNI_UPDATE_BLOCK];
    for (int64_t first = 0; first < u.count; first += NNI_UPDATE_BLOCK) {
        const int64_t n = nni_min(u.count - first, NNI_UPDATE_BLOCK);
        float *w = u.parameter + first, *square = u.slot[0] + first;
        const float *raw = u.gradient + first;
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            float g = NNI_K(update_gradient)(&u, raw[i], w[i]);
            step[i] = g;
            square[i] = NNI_FMA(rho, square[i], share * g * g);
            root[i] = square[i];
        }
        if (u.slot[1] != NULL) {
            NNI_K(rmsprop_centre)(rho, step, u.slot[1] + first, root, n);
        }
        NNI_K(root_map)(root, n);
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            step[i] = step[i] / (root[i] + epsilon);
        }
        if (u.slot[2] != NULL) {
            float *buffer = u.slot[2] + first;
            NNI_LOOP
            for (int64_t i = 0; i < n; i++) {
                buffer[i] = NNI_FMA(momentum, buffer[i], step[i]);
                step[i] = buffer[i];
            }
        }
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            w[i] = NNI_FMA(-u.rate, step[i], w[i] * u.decay);
        }
    }
}

/* m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
 * w = w - rate (c3 m) / (c4 sqrt v + epsilon) */
static void NNI_K(adam_pass)(const struct nni_update *update)
{
    const struct nni_update u = *update;
    const float beta1 = u.coefficient[0], beta2 = u.coefficient[1];
    const float epsilon = u.coefficient[2];
    const float mean_factor = u.coefficient[3], root_factor = u.coefficient[4];
    const float share1 = 1.0f - beta1, share2 = 1.0f - beta2;
    float root[NNI_UPDATE_BLOCK];
    for (int64_t first = 0; first < u.count; first += NNI_UPDATE_BLOCK) {
        const int64_t n = nni_min(u.count - first, NNI_UPDATE_BLOCK);
        float *w = u.parameter + first;
        float *mean = u.slot[0] + first, *square = u.slot[1] + first;
        const float *raw = u.gradient + first;
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            float g = NNI_K(update_gradient)(&u, raw[i], w[i]);
            mean[i] = NNI_FMA(beta1, mean[i], share1 * g);
            square[i] = NNI_FMA(beta2, square[i], share2 * g * g);
            root[i] = square[i];
        }
        NNI_K(root_map)(root, n);
        NNI_LOOP
        for (int64_t i = 0; i < n; i++) {
            float step = mean[i] * mean_factor / NNI_FMA(root[i], root_factor, epsilon);
            w[i] = NNI_FMA(-u.rate, step, w[i] * u.decay);
        }
    }
}
