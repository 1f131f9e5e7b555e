/* The matrix product against its definition, to the bit: one chain of fused multiply-adds
 * in ascending k, or 16 lanes, for any strides, sizes, starts and threads. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/gemm.h"
#include "support/bits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A product with its memory: matrices with `gap` floats after each row, C within a frame
 * that must stay as it is. */
struct product {
    struct nni_gemm gemm;
    float *a, *b, *bias, *c, *before, *expected, *expected_before;
    int64_t c_count;
};

enum { FRAME = 16 };

static float *floats(int64_t count, uint32_t salt)
{
    float *values = malloc(count > 0 ? (size_t)count * sizeof(float) : 1);
    assert_non_null(values);
    mixed_floats(values, count, salt);
    return values;
}

/* Exactly as many bytes as are asked for, so that a sanitizer sees the first one beyond.
 */
static void *scratch_bytes(size_t count)
{
    void *bytes = NULL;
    assert_int_equal(posix_memalign(&bytes, 64, count > 0 ? count : 1), 0);
    return bytes;
}

static void make(struct product *p, int64_t m, int64_t n, int64_t k, int transpose_a,
                 int transpose_b, int64_t gap)
{
    memset(p, 0, sizeof *p);
    struct nni_gemm *g = &p->gemm;
    g->m = m;
    g->n = n;
    g->k = k;
    int64_t a_stride = (transpose_a ? m : k) + gap,
            b_stride = (transpose_b ? k : n) + gap;
    p->a = floats((transpose_a ? k : m) * a_stride, 1);
    p->b = floats((transpose_b ? n : k) * b_stride, 2);
    g->a = p->a;
    g->a_row = transpose_a ? 1 : a_stride;
    g->a_column = transpose_a ? a_stride : 1;
    g->b = p->b;
    g->b_row = transpose_b ? 1 : b_stride;
    g->b_column = transpose_b ? b_stride : 1;
    g->c_row = n + gap;
    p->c_count = m * g->c_row + 2 * FRAME;
    p->c = floats(p->c_count, 3);
    p->before = floats(p->c_count, 4);
    p->expected = floats(p->c_count, 3);
    p->expected_before = floats(p->c_count, 4);
    p->bias = floats(n, 5);
    g->c = p->c + FRAME;
}

static void discard(struct product *p)
{
    float *all[] = {p->a,      p->b,        p->bias,           p->c,
                    p->before, p->expected, p->expected_before};
    for (int i = 0; i < NNI_COUNT(all); i++) {
        free(all[i]);
    }
}

/* One element by the definition. */
static float element(const struct nni_gemm *g, int64_t i, int64_t j, float start)
{
    float lane[16] = {0.0f}, chain = start;
    for (int64_t p = 0; p < g->k; p++) {
        float a = g->a[i * g->a_row + p * g->a_column];
        float b = g->b[p * g->b_row + j * g->b_column];
        chain = fmaf(a, b, chain);
        lane[p % 16] = fmaf(a, b, lane[p % 16]);
    }
    for (int width = 8; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] += lane[l + width];
        }
    }
    return g->lanes ? start + lane[0] : chain;
}

static void expect(struct product *p, const struct nni_kernels *kernels)
{
    const struct nni_gemm *g = &p->gemm;
    for (int64_t i = 0; i < g->m; i++) {
        for (int64_t j = 0; j < g->n; j++) {
            int64_t at = FRAME + i * g->c_row + j;
            float start = g->accumulate ? p->expected[at] : g->bias ? g->bias[j] : 0.0f;
            float value = element(g, i, j, start);
            if (g->before != NULL) {
                p->expected_before[at] = value;
            }
            kernels->activation_forward(g->activation, g->alpha, &value, &value, 1);
            p->expected[at] = value;
        }
    }
}

/* Computes with scratch of exactly the size asked for, and compares. */
static void check(struct product *p, const nn_context *context,
                  const struct nni_kernels *kernels)
{
    const struct nni_gemm *g = &p->gemm;
    mixed_floats(p->c, p->c_count, 3);
    mixed_floats(p->before, p->c_count, 4);
    void *scratch = scratch_bytes(nni_gemm_scratch(context, kernels, g));
    nni_gemm(context, kernels, g, scratch);
    free(scratch);
    assert_same_bits(p->c, p->expected, p->c_count);
    assert_same_bits(p->before, p->expected_before, p->c_count);
}

/* The same with every instruction set but, where the products are many, the portable one,
 * which is slow. */
static void check_all(struct product *p, const nn_context *context, int portable)
{
    expect(p, nni_kernels_of_isa(NN_ISA_PORTABLE));
    for (int32_t isa = portable ? NN_ISA_PORTABLE : NN_ISA_AVX2; isa <= NN_ISA_NEON;
         isa++) {
        const struct nni_kernels *kernels = nni_kernels_of_isa(isa);
        if (kernels != NULL) {
            check(p, context, kernels);
        }
    }
}

static const struct nni_kernels *best(void)
{
    return nni_kernels_of_isa(nni_machine_isa());
}

static void every_size_and_transpose_is_one_chain(void **state)
{
    (void)state;
    const int64_t sizes[] = {0, 1, 2, 5, 6, 7, 8, 14, 15, 16, 17, 31, 33, 70, 100};
    for (int32_t i = 0; i < NNI_COUNT(sizes) * NNI_COUNT(sizes); i++) {
        int64_t m = sizes[i % NNI_COUNT(sizes)], n = sizes[i / NNI_COUNT(sizes)];
        for (int32_t d = 0; d < NNI_COUNT(sizes); d += 2) {
            for (int form = 0; form < 4; form++) {
                struct product p;
                make(&p, m, n, sizes[d], form & 1, form & 2, (i + form) % 3);
                check_all(&p, NULL, i % 5 == 0);
                discard(&p);
            }
        }
    }
}

static void blocks_over_k_and_n_do_not_show(void **state)
{
    (void)state;
    const int64_t sizes[][3] = {{7, 300, 257},  {13, 17, 800},  {2, 530, 513},
                                {30, 600, 40},  {500, 70, 560}, {29, 100, 1024},
                                {45, 600, 513}, {20, 300, 512}, {1030, 100, 70}};
    for (int32_t i = 0; i < NNI_COUNT(sizes); i++) {
        for (int form = 0; form < 4; form++) {
            struct product p;
            make(&p, sizes[i][0], sizes[i][1], sizes[i][2], form & 1, form & 2, 0);
            check_all(&p, NULL, 1);
            discard(&p);
        }
    }
}

static void few_rows_read_b_where_it_lies(void **state)
{
    (void)state;
    for (int64_t n = 1; n < 145; n++) {
        for (int64_t m = 1; m <= 5; m++) {
            struct product p;
            make(&p, m, n, 19, 0, 0, n % 2);
            check_all(&p, NULL, 1);
            discard(&p);
        }
    }
}

static void long_products_that_are_narrow_or_low_use_lanes(void **state)
{
    (void)state;
    assert_true(nni_gemm_narrow_uses_lanes(64, 4));
    assert_false(nni_gemm_narrow_uses_lanes(63, 4));
    assert_false(nni_gemm_narrow_uses_lanes(64, 5));
    assert_true(nni_gemm_few_use_lanes(8, 64));
    assert_false(nni_gemm_few_use_lanes(9, 64));
    assert_false(nni_gemm_few_use_lanes(8, 63));
}

static void lanes_are_as_defined_for_any_sizes(void **state)
{
    (void)state;
    const int64_t sizes[] = {1, 2, 3, 4, 5, 8, 9, 23};
    const int64_t terms[] = {1, 15, 16, 17, 64, 100};
    for (int32_t i = 0; i < NNI_COUNT(sizes) * NNI_COUNT(sizes); i++) {
        for (int32_t form = 0; form < 4 * NNI_COUNT(terms); form++) {
            struct product p;
            make(&p, sizes[i % NNI_COUNT(sizes)], sizes[i / NNI_COUNT(sizes)],
                 terms[form / 4], form & 1, form & 2, (i + form) % 3);
            p.gemm.lanes = 1;
            p.gemm.accumulate = i % 2;
            p.gemm.bias = i % 2 ? NULL : p.bias;
            p.gemm.activation = NN_TANH;
            check_all(&p, NULL, 1);
            discard(&p);
        }
    }
}

static void one_row_goes_along_a_large_b(void **state)
{
    (void)state;
    for (int form = 0; form < 8; form++) {
        struct product p;
        make(&p, 1, 500 + form, 70 + form, form & 1, 0, form & 2);
        p.gemm.accumulate = form / 4;
        p.gemm.bias = form / 4 ? NULL : p.bias;
        p.gemm.activation = NN_RELU;
        check_all(&p, NULL, 1);
        discard(&p);
    }
}

static void narrow_products_of_columns_are_transposed(void **state)
{
    (void)state;
    const int64_t rows[] = {63, 64, 65, 256, 257, 700};
    for (int32_t i = 0; i < NNI_COUNT(rows); i++) {
        for (int64_t n = 1; n < 17; n++) {
            struct product p;
            make(&p, rows[i], n, 20 + n, 1, n & 1, n % 3);
            check_all(&p, NULL, 1);
            discard(&p);
        }
    }
}

static void starts_and_last_writes_go_with_every_way(void **state)
{
    (void)state;
    const int64_t sizes[][3] = {{1, 40, 20}, {1, 3, 20}, {20, 40, 300}, {9, 2, 80},
                                {7, 5, 0},   {4, 70, 9}, {12, 300, 5}};
    for (int32_t i = 0; i < NNI_COUNT(sizes); i++) {
        for (int form = 0; form < 32; form++) {
            struct product p;
            make(&p, sizes[i][0], sizes[i][1], sizes[i][2], 0, form & 1,
                 form & 2 ? 3 : 0);
            p.gemm.accumulate = form / 4 % 2;
            p.gemm.bias = p.gemm.accumulate || form / 8 % 2 ? NULL : p.bias;
            p.gemm.activation = form / 16 ? NN_LEAKY_RELU : NN_LINEAR;
            p.gemm.alpha = 0.3f;
            p.gemm.before = form / 8 % 2 ? p.before + FRAME : NULL;
            check_all(&p, NULL, form % 3 == 0);
            discard(&p);
        }
    }
}

static void strides_may_be_anything(void **state)
{
    (void)state;
    struct product p;
    make(&p, 11, 21, 30, 0, 0, 0);
    float *wide = floats(2 * 3 * 30 * 30, 6);
    p.gemm.a = wide;
    p.gemm.a_row = 60;
    p.gemm.a_column = 2;
    p.gemm.b = wide;
    p.gemm.b_row = 60;
    p.gemm.b_column = 2;
    check_all(&p, NULL, 1);
    free(wide);
    discard(&p);
}

static void rows_do_not_depend_on_one_another(void **state)
{
    (void)state;
    const struct nni_kernels *kernels = best();
    const int64_t columns[] = {2, 10, 200, 300};
    for (int32_t c = 0; c < NNI_COUNT(columns); c++) {
        struct product p;
        make(&p, 50, columns[c], 130, 0, 0, 0);
        p.gemm.lanes = nni_gemm_narrow_uses_lanes(130, columns[c]);
        check_all(&p, NULL, 1);
        void *scratch = scratch_bytes(nni_gemm_scratch(NULL, kernels, &p.gemm));
        float *row = floats(columns[c], 7);
        for (int64_t i = 0; i < 50; i++) {
            struct nni_gemm one = p.gemm;
            one.m = 1;
            one.a = p.a + i * one.a_row;
            one.c = row;
            nni_gemm(NULL, kernels, &one, scratch);
            assert_same_bits(row, p.gemm.c + i * p.gemm.c_row, columns[c]);
        }
        free(row);
        free(scratch);
        discard(&p);
    }
}

static void threads_do_not_change_bits(void **state)
{
    (void)state;
    const int64_t sizes[][3] = {
        {100, 130, 300}, {700, 20, 100}, {3, 2000, 300}, {900, 3, 700}};
    for (int32_t threads = 1; threads <= 5; threads += 2) {
        nn_context *context = nn_context_create(NULL);
        assert_int_equal(nn_context_set_threads(context, threads), NN_OK);
        for (int32_t i = 0; i < NNI_COUNT(sizes); i++) {
            struct product p;
            make(&p, sizes[i][0], sizes[i][1], sizes[i][2], i & 1, i & 2, 1);
            p.gemm.bias = p.bias;
            p.gemm.activation = NN_RELU;
            p.gemm.lanes = i >= 2;
            check_all(&p, context, 0);
            discard(&p);
        }
        nn_context_destroy(context);
    }
}

static void scratch_for_many_rows_serves_fewer(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(context, 4), NN_OK);
    const struct nni_kernels *kernels = best();
    size_t last = 0;
    for (int64_t m = 0; m < 3000; m += 50) {
        const struct nni_gemm gemm = {.m = m,
                                      .n = 120,
                                      .k = 70,
                                      .a_row = 70,
                                      .a_column = 1,
                                      .b_row = 120,
                                      .b_column = 1};
        size_t bytes = nni_gemm_scratch(context, kernels, &gemm);
        assert_true(bytes >= last);
        last = bytes;
    }
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_and_transpose_is_one_chain),
        cmocka_unit_test(blocks_over_k_and_n_do_not_show),
        cmocka_unit_test(few_rows_read_b_where_it_lies),
        cmocka_unit_test(long_products_that_are_narrow_or_low_use_lanes),
        cmocka_unit_test(lanes_are_as_defined_for_any_sizes),
        cmocka_unit_test(one_row_goes_along_a_large_b),
        cmocka_unit_test(narrow_products_of_columns_are_transposed),
        cmocka_unit_test(starts_and_last_writes_go_with_every_way),
        cmocka_unit_test(strides_may_be_anything),
        cmocka_unit_test(rows_do_not_depend_on_one_another),
        cmocka_unit_test(threads_do_not_change_bits),
        cmocka_unit_test(scratch_for_many_rows_serves_fewer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
