/* A product that updates its parameters in the last write, against the product into memory
 * and a pass over it, to the bit. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/block_sizes.h"
#include "kernels/gemm.h"
#include "support/bits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *floats(int64_t count, uint32_t salt)
{
    float *values = malloc((size_t)(count > 0 ? count : 1) * sizeof(float));
    assert_non_null(values);
    mixed_floats(values, count, salt);
    return values;
}

static void *scratch_for(const nn_context *context, const struct nni_kernels *kernels,
                         const struct nni_gemm *g)
{
    size_t bytes = nni_gemm_scratch(context, kernels, g);
    void *scratch = NULL;
    assert_int_equal(posix_memalign(&scratch, 64, bytes > 0 ? bytes : 1), 0);
    return scratch;
}

static const struct nni_update plain = {
    .rate = 0.1f, .gradient_scale = 1.0f, .clip_value = INFINITY, .decay = 1.0f};

/* W (m, n) and what its gradient x^T dz is made of: x (k, m), dz (k, n). */
struct layer {
    int64_t m, n, k;
    float *x, *dz, *w;
};

static struct layer layer_of(int64_t m, int64_t n, int64_t k)
{
    const struct layer layer = {
        m, n, k, floats(k * m, 1), floats(k * n, 2), floats(m * n, 3)};
    return layer;
}

static void discard(struct layer *layer)
{
    free(layer->x);
    free(layer->dz);
    free(layer->w);
}

static struct nni_gemm product_of(const struct layer *layer, float *c)
{
    const struct nni_gemm gemm = {.m = layer->m,
                                  .n = layer->n,
                                  .k = layer->k,
                                  .a = layer->x,
                                  .a_row = 1,
                                  .a_column = layer->m,
                                  .b = layer->dz,
                                  .b_row = layer->n,
                                  .b_column = 1,
                                  .c = c,
                                  .c_row = layer->n};
    return gemm;
}

/* The update of W by one table, in both ways. */
static void check(const nn_context *context, const struct nni_kernels *kernels,
                  const struct layer *layer, const struct nni_update *options)
{
    const int64_t count = layer->m * layer->n;
    float *gradient = floats(count, 4), *expected = floats(count, 5);
    float *w = floats(count + NNI_LANES, 6);
    memcpy(expected, layer->w, (size_t)count * sizeof(float));
    memcpy(w, layer->w, (size_t)count * sizeof(float));

    struct nni_gemm gemm = product_of(layer, gradient);
    gemm.update = options; /* needs the most scratch */
    void *scratch = scratch_for(context, kernels, &gemm);
    gemm.update = NULL;
    nni_gemm(context, kernels, &gemm, scratch);
    struct nni_update update = *options;
    update.count = count;
    update.gradient = gradient;
    update.parameter = expected;
    kernels->update_sgd(&update);

    gemm.c = w;
    gemm.update = options;
    nni_gemm(context, kernels, &gemm, scratch);
    assert_same_bits(w, expected, count);
    float *untouched = floats(count + NNI_LANES, 6);
    assert_same_bits(w + count, untouched + count, NNI_LANES);
    free(untouched);
    free(scratch);
    free(w);
    free(expected);
    free(gradient);
}

static void check_all(const nn_context *context, const struct layer *layer,
                      const struct nni_update *options, int portable)
{
    for (int32_t isa = portable ? NN_ISA_PORTABLE : NN_ISA_AVX2; isa <= NN_ISA_NEON;
         isa++) {
        const struct nni_kernels *kernels = nni_kernels_of_isa(isa);
        if (kernels != NULL) {
            check(context, kernels, layer, options);
        }
    }
}

static void only_few_terms_update(void **state)
{
    (void)state;
    assert_false(nni_gemm_can_update(0));
    assert_true(nni_gemm_can_update(1));
    assert_true(nni_gemm_can_update(NNI_GEMM_UPDATE_TERMS));
    assert_false(nni_gemm_can_update(NNI_GEMM_UPDATE_TERMS + 1));
}

static void every_size_updates(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 5, 13, 16, 31, 50, 130};
    const int64_t terms[] = {1, 2, 3, 4, 7, NNI_GEMM_UPDATE_TERMS};
    for (int32_t i = 0; i < NNI_COUNT(sizes) * NNI_COUNT(sizes); i++) {
        for (int32_t t = 0; t < NNI_COUNT(terms); t++) {
            struct layer layer = layer_of(sizes[i % NNI_COUNT(sizes)],
                                          sizes[i / NNI_COUNT(sizes)], terms[t]);
            check_all(NULL, &layer, &plain, i % 3 == 0);
            discard(&layer);
        }
    }
}

static void wide_rows_update_in_pieces(void **state)
{
    (void)state;
    for (int64_t k = 1; k <= 5; k += 2) {
        struct layer layer = layer_of(9, 1030, k);
        check_all(NULL, &layer, &plain, 1);
        discard(&layer);
    }
}

static void every_option_goes_in(void **state)
{
    (void)state;
    const int64_t sizes[][3] = {{9, 40, 1}, {9, 40, 3}, {20, 7, 1}, {20, 50, 8}};
    for (int32_t i = 0; i < NNI_COUNT(sizes); i++) {
        struct layer layer = layer_of(sizes[i][0], sizes[i][1], sizes[i][2]);
        for (int form = 0; form < 32; form++) {
            struct nni_update options = plain;
            options.gradient_scale = form & 1 ? 0.37f : 1.0f;
            options.clip_value = form & 2 ? 0.5f : INFINITY;
            options.l1 = form & 4 ? 0.01f : 0.0f;
            options.l2 = form & 8 ? 0.02f : 0.0f;
            options.decay = form & 16 ? 0.99f : 1.0f;
            check_all(NULL, &layer, &options, form % 4 == 0);
        }
        discard(&layer);
    }
}

/* All pairs of a parameter and a gradient that are zeros of either sign, tiny, huge,
 * infinite or NaN. */
static void zeros_and_infinities_are_those_of_the_pass(void **state)
{
    (void)state;
    const float odd[] = {0.0f,  -0.0f, 1e-45f, -1e-45f,  1e-30f,    -1e-30f, 1.0f,
                         -1.0f, 3e38f, -3e38f, INFINITY, -INFINITY, NAN};
    enum { ODD = NNI_COUNT(odd), ROWS = ODD + 1 };
    const float rates[] = {0.1f, 0.0f, 1e30f, INFINITY};
    const float scales[] = {1.0f, 1e-30f, 0.0f, -0.0f, -1.0f, NAN};
    for (int32_t s = 0; s < NNI_COUNT(rates) * NNI_COUNT(scales) * 3; s++) {
        struct nni_update options = plain;
        options.rate = rates[s % NNI_COUNT(rates)];
        options.gradient_scale = scales[s / NNI_COUNT(rates) % NNI_COUNT(scales)];
        int64_t k = 1 + s / NNI_COUNT(rates) / NNI_COUNT(scales) * 3; /* 1, 4, 7 */
        for (int finite = 0; finite < 2; finite++) {
            /* row i of W is all odd[i]; the last one has all of them */
            struct layer layer = layer_of(3 * ROWS, ODD, k);
            for (int64_t i = 0; i < layer.m * ODD; i++) {
                int64_t row = i / ODD % ROWS;
                layer.w[i] = odd[row < ODD ? row : i % ODD];
            }
            for (int64_t i = 0; i < k * layer.m; i++) {
                int64_t third = i % layer.m / ROWS;
                layer.x[i] = third == 0 ? 0.0f : third == 1 ? -0.0f : 1.0f;
            }
            for (int64_t j = 0; j < k * ODD; j++) {
                layer.dz[j] = finite && !isfinite(odd[j % ODD]) ? -0.0f : odd[j % ODD];
            }
            check_all(NULL, &layer, &options, s % 4 == 0);
            discard(&layer);
        }
    }
}

static void minus_zero_options_are_those_of_the_pass(void **state)
{
    (void)state;
    struct layer layer = layer_of(2, 20, 1);
    layer.x[0] = 0.0f;
    for (int64_t j = 0; j < 20; j++) {
        layer.dz[j] = j % 2 ? -1e-40f : 0.0f;
        layer.w[j] = layer.w[20 + j] = j % 4 < 2 ? -0.0f : 0.0f;
    }
    layer.x[1] = 1e-30f;
    for (int form = 0; form < 4; form++) {
        struct nni_update options = plain;
        options.l1 = form & 1 ? -0.0f : 0.0f;
        options.l2 = form & 2 ? -0.0f : 0.0f;
        check_all(NULL, &layer, &options, 1);
    }
    discard(&layer);
}

static void threads_do_not_change_updates(void **state)
{
    (void)state;
    const int64_t sizes[][3] = {
        {300, 1300, 2}, {2001, 1033, 1}, {50000, 10, 7}, {3, 50000, 8}, {1500, 700, 3}};
    for (int32_t threads = 2; threads <= 5; threads += 3) {
        nn_context *context = nn_context_create(NULL);
        assert_int_equal(nn_context_set_threads(context, threads), NN_OK);
        for (int32_t i = 0; i < NNI_COUNT(sizes); i++) {
            struct layer layer = layer_of(sizes[i][0], sizes[i][1], sizes[i][2]);
            check_all(context, &layer, &plain, 0);
            discard(&layer);
        }
        nn_context_destroy(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_few_terms_update),
        cmocka_unit_test(every_size_updates),
        cmocka_unit_test(wide_rows_update_in_pieces),
        cmocka_unit_test(every_option_goes_in),
        cmocka_unit_test(zeros_and_infinities_are_those_of_the_pass),
        cmocka_unit_test(minus_zero_options_are_those_of_the_pass),
        cmocka_unit_test(threads_do_not_change_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
