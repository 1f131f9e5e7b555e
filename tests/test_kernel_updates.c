/* The optimizers' passes: each against its formula in double over a few steps, and the
 * instruction sets against each other to the bit. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/kernels.h"
#include "support/bits.h"

#include <math.h>
#include <string.h>

enum { COUNT = 600, STEPS = 3 };

struct run {
    float w[COUNT], g[COUNT], slots[NNI_SLOTS_MAX][COUNT];
    struct nni_update update;
};

static void start(struct run *run, const float *coefficients, int32_t coefficient_count,
                  int32_t slot_mask)
{
    memset(run, 0, sizeof *run);
    mixed_floats(run->w, COUNT, 1);
    struct nni_update *u = &run->update;
    u->count = COUNT;
    u->parameter = run->w;
    u->gradient = run->g;
    for (int s = 0; s < NNI_SLOTS_MAX; s++) {
        u->slot[s] = slot_mask & 1 << s ? run->slots[s] : NULL;
    }
    u->rate = 0.1f;
    u->gradient_scale = 0.5f;
    u->clip_value = INFINITY;
    u->decay = 1.0f;
    for (int32_t i = 0; i < coefficient_count; i++) {
        u->coefficient[i] = coefficients[i];
    }
}

/* One element by the formula, in double: w, gradient g, state s. */
struct exact {
    double w, g, s[NNI_SLOTS_MAX];
};
typedef void exact_function(struct exact *x, const struct nni_update *u);

static void exact_sgd(struct exact *x, const struct nni_update *u)
{
    x->w -= (double)u->rate * x->g;
}

static void exact_momentum(struct exact *x, const struct nni_update *u)
{
    double momentum = (double)u->coefficient[0];
    x->s[0] = momentum * x->s[0] + (double)u->coefficient[1] * x->g;
    double step = u->coefficient[2] != 0.0f ? x->g + momentum * x->s[0] : x->s[0];
    x->w -= (double)u->rate * step;
}

static void exact_adagrad(struct exact *x, const struct nni_update *u)
{
    x->s[0] += x->g * x->g;
    x->w -= (double)u->rate * x->g / (sqrt(x->s[0]) + (double)u->coefficient[0]);
}

static void exact_adadelta(struct exact *x, const struct nni_update *u)
{
    double rho = (double)u->coefficient[0], epsilon = (double)u->coefficient[1];
    x->s[0] = rho * x->s[0] + (1.0 - rho) * x->g * x->g;
    double step = sqrt(x->s[1] + epsilon) / sqrt(x->s[0] + epsilon) * x->g;
    x->s[1] = rho * x->s[1] + (1.0 - rho) * step * step;
    x->w -= (double)u->rate * step;
}

static void exact_rmsprop(struct exact *x, const struct nni_update *u)
{
    double rho = (double)u->coefficient[0];
    x->s[0] = rho * x->s[0] + (1.0 - rho) * x->g * x->g;
    double variance = x->s[0];
    if (u->slot[1] != NULL) {
        x->s[1] = rho * x->s[1] + (1.0 - rho) * x->g;
        variance -= x->s[1] * x->s[1];
    }
    double step = x->g / (sqrt(variance) + (double)u->coefficient[1]);
    if (u->slot[2] != NULL) {
        step = x->s[2] = (double)u->coefficient[2] * x->s[2] + step;
    }
    x->w -= (double)u->rate * step;
}

static void exact_adam(struct exact *x, const struct nni_update *u)
{
    double beta1 = (double)u->coefficient[0], beta2 = (double)u->coefficient[1];
    x->s[0] = beta1 * x->s[0] + (1.0 - beta1) * x->g;
    x->s[1] = beta2 * x->s[1] + (1.0 - beta2) * x->g * x->g;
    x->w -= (double)u->rate * (x->s[0] * (double)u->coefficient[3]) /
            (sqrt(x->s[1]) * (double)u->coefficient[4] + (double)u->coefficient[2]);
}

/* A few steps with new gradients each time, element by element against the formula. */
static void assert_formula(struct run *run, nni_update_function *pass,
                           exact_function *exact)
{
    for (uint32_t step = 0; step < STEPS; step++) {
        struct run before = *run;
        mixed_floats(run->g, COUNT, 10 + step);
        pass(&run->update);
        for (int i = 0; i < COUNT; i++) {
            struct exact x = {.w = (double)before.w[i]};
            x.g = (double)run->g[i] * (double)run->update.gradient_scale;
            for (int s = 0; s < NNI_SLOTS_MAX; s++) {
                x.s[s] = (double)before.slots[s][i];
            }
            exact(&x, &run->update);
            assert_close((double)run->w[i], x.w, 1e-5, 1e-5);
            for (int s = 0; s < NNI_SLOTS_MAX; s++) {
                assert_close((double)run->slots[s][i], x.s[s], 1e-6, 1e-5);
            }
        }
    }
}

/* The portable table and another one from the same start, on every length near a block's.
 */
static void assert_table_agrees(const struct run *begin, size_t entry, int32_t isa)
{
    const struct nni_kernels *tables[] = {nni_kernels_of_isa(NN_ISA_PORTABLE),
                                          nni_kernels_of_isa(isa)};
    const int64_t lengths[] = {0, 1, 7, 8, 17, 255, 256, 257, COUNT};
    for (int32_t l = 0; tables[1] != NULL && l < NNI_COUNT(lengths); l++) {
        static struct run runs[2];
        for (int t = 0; t < 2; t++) {
            nni_update_function *pass;
            memcpy(&pass, (const char *)tables[t] + entry, sizeof pass);
            runs[t] = *begin;
            mixed_floats(runs[t].g, COUNT, 20);
            runs[t].update.count = lengths[l];
            runs[t].update.parameter = runs[t].w;
            runs[t].update.gradient = runs[t].g;
            runs[t].update.l1 = 0.01f;
            runs[t].update.l2 = 0.02f;
            runs[t].update.decay = 0.99f;
            runs[t].update.clip_value = 1.5f;
            for (int s = 0; s < NNI_SLOTS_MAX; s++) {
                runs[t].update.slot[s] = begin->update.slot[s] ? runs[t].slots[s] : NULL;
            }
            pass(&runs[t].update);
        }
        assert_same_bits(runs[0].w, runs[1].w, COUNT);
        assert_same_bits(runs[0].slots[0], runs[1].slots[0],
                         (int64_t)NNI_SLOTS_MAX * COUNT);
    }
}

static void assert_tables_agree(const struct run *begin, size_t entry)
{
    for (int32_t isa = NN_ISA_AVX2; isa <= NN_ISA_NEON; isa++) {
        assert_table_agrees(begin, entry, isa);
    }
}

#define CHECK(run, entry)                                                           \
    do {                                                                            \
        assert_formula(&(run), nni_kernels_of_isa(NN_ISA_PORTABLE)->update_##entry, \
                       exact_##entry);                                              \
        assert_tables_agree(&(run), offsetof(struct nni_kernels, update_##entry));  \
    } while (0)

static void sgd_follows_its_formula(void **state)
{
    (void)state;
    static struct run run;
    start(&run, NULL, 0, 0);
    CHECK(run, sgd);
}

static void momentum_follows_its_formula(void **state)
{
    (void)state;
    static struct run run;
    start(&run, (const float[]){0.9f, 0.8f, 0.0f}, 3, 1);
    CHECK(run, momentum);
    start(&run, (const float[]){0.9f, 1.0f, 1.0f}, 3, 1);
    CHECK(run, momentum);
}

static void adagrad_follows_its_formula(void **state)
{
    (void)state;
    static struct run run;
    start(&run, (const float[]){1e-6f}, 1, 1);
    CHECK(run, adagrad);
}

static void adadelta_follows_its_formula(void **state)
{
    (void)state;
    static struct run run;
    start(&run, (const float[]){0.9f, 1e-6f}, 2, 3);
    CHECK(run, adadelta);
}

static void rmsprop_follows_its_formula_in_all_four_forms(void **state)
{
    (void)state;
    static struct run run;
    for (int32_t form = 0; form < 4; form++) {
        start(&run, (const float[]){0.9f, 1e-2f, 0.5f}, 3, 1 | form << 1);
        CHECK(run, rmsprop);
    }
}

static void adam_follows_its_formula(void **state)
{
    (void)state;
    static struct run run;
    start(&run, (const float[]){0.9f, 0.99f, 1e-6f, 2.0f, 1.5f}, 5, 3);
    CHECK(run, adam);
}

static void the_gradient_is_scaled_clipped_and_regularised(void **state)
{
    (void)state;
    float w[] = {1.0f, -2.0f, 0.0f, 4.0f};
    const float g[] = {8.0f, -8.0f, 1.0f, NAN};
    struct nni_update u = {.count = 4, .parameter = w, .gradient = g, .rate = 0.5f};
    u.gradient_scale = 0.5f;
    u.clip_value = 3.0f;
    u.l1 = 0.25f;
    u.l2 = 0.5f;
    u.decay = 0.5f;
    nni_kernels_of_isa(NN_ISA_PORTABLE)->update_sgd(&u);
    /* g: 3 + 0.5 + 0.25, -3 - 1 - 0.25, 0.5 + 0 + 0, NaN; w: half of it, less g / 2 */
    const float expected[] = {0.5f - 1.875f, -1.0f + 2.125f, -0.25f, NAN};
    assert_same_bits(w, expected, 4);
}

static void centred_rmsprop_never_takes_a_negative_root(void **state)
{
    (void)state;
    float w[] = {1.0f}, square[] = {0.0f}, mean[] = {1.0f};
    const float g[] = {0.0f};
    struct nni_update u = {.count = 1, .parameter = w, .gradient = g, .rate = 1.0f};
    u.slot[0] = square;
    u.slot[1] = mean;
    u.gradient_scale = 1.0f;
    u.clip_value = INFINITY;
    u.decay = 1.0f;
    u.coefficient[0] = 0.9f;
    u.coefficient[1] = 1e-3f;
    nni_kernels_of_isa(NN_ISA_PORTABLE)->update_rmsprop(&u);
    assert_true(w[0] == 1.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sgd_follows_its_formula),
        cmocka_unit_test(momentum_follows_its_formula),
        cmocka_unit_test(adagrad_follows_its_formula),
        cmocka_unit_test(adadelta_follows_its_formula),
        cmocka_unit_test(rmsprop_follows_its_formula_in_all_four_forms),
        cmocka_unit_test(adam_follows_its_formula),
        cmocka_unit_test(the_gradient_is_scaled_clipped_and_regularised),
        cmocka_unit_test(centred_rmsprop_never_takes_a_negative_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
