/* Dropout and random numbers in bulk: a function of the seed and of each element,
 * whatever run they are drawn in. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/kernels.h"
#include "support/bits.h"

#include <math.h>

enum { LONGEST = 1000 };

static const struct nni_kernels *portable(void)
{
    return nni_kernels_of_isa(NN_ISA_PORTABLE);
}

static struct nni_random stream_of(uint32_t salt)
{
    return nni_random_make(1234567890123ull, NNI_STREAM_DROPOUT, salt, 7);
}

static void dropout_keeps_by_the_word_of_each_element(void **state)
{
    (void)state;
    struct nni_random random = stream_of(1);
    float x[LONGEST], y[LONGEST];
    mixed_floats(x, LONGEST, 15);
    const uint64_t firsts[] = {0, 1, 2, 7, 1001, (UINT64_C(1) << 34) - 5};
    for (int32_t f = 0; f < NNI_COUNT(firsts); f++) {
        portable()->dropout(&random, firsts[f], 0.3, 1.5f, x, y, LONGEST);
        for (uint64_t i = 0; i < LONGEST; i++) {
            uint32_t word = nni_random_word(&random, firsts[f] + i);
            float expected = (double)word * 0x1p-32 >= 0.3 ? x[i] * 1.5f : 0.0f;
            assert_same_bits(&y[i], &expected, 1);
        }
    }
}

static void dropout_of_rate_zero_keeps_everything(void **state)
{
    (void)state;
    struct nni_random random = stream_of(2);
    float x[LONGEST], y[LONGEST];
    mixed_floats(x, LONGEST, 16);
    portable()->dropout(&random, 0, 0.0, 1.0f, x, y, LONGEST);
    assert_same_bits(x, y, LONGEST);
}

static void uniform_numbers_stay_below_the_upper_bound(void **state)
{
    (void)state;
    struct nni_random random = stream_of(3);
    float y[LONGEST];
    portable()->random_uniform(&random, 8, -2.0f, 3.0f, y, LONGEST);
    double sum = 0.0;
    for (uint64_t i = 0; i < LONGEST; i++) {
        float u = (float)(nni_random_word(&random, 8 + i) >> 8) * 0x1p-24f;
        assert_true(y[i] == fmaf(u, 5.0f, -2.0f));
        sum += (double)y[i];
    }
    assert_close(sum / LONGEST, 0.5, 0.2, 0.0);

    /* Between neighbours every number would round up half the time. */
    const float bounds[][2] = {
        {1.0f, 1.0f + 0x1p-23f}, {-0x1p-149f, 0.0f}, {-4.0f, -4.0f}};
    for (int32_t b = 0; b < NNI_COUNT(bounds); b++) {
        portable()->random_uniform(&random, 0, bounds[b][0], bounds[b][1], y, LONGEST);
        for (int i = 0; i < LONGEST; i++) {
            assert_true(y[i] == bounds[b][0]);
        }
    }
}

static void normal_numbers_are_those_of_box_and_muller(void **state)
{
    (void)state;
    struct nni_random random = stream_of(4);
    float y[LONGEST];
    portable()->random_normal(&random, 4, 10.0f, 2.0f, y, LONGEST);
    double sum = 0.0, squares = 0.0;
    for (uint64_t i = 0; i < LONGEST; i++) {
        uint64_t pair = 4 + i / 2 * 2;
        double u = ((double)nni_random_word(&random, pair) + 0.5) * 0x1p-32;
        double angle =
            6.283185307179586 * (nni_random_word(&random, pair + 1) >> 8) * 0x1p-24;
        double unit = sqrt(-2.0 * log(u)) * (i % 2 == 0 ? cos(angle) : sin(angle));
        assert_close((double)y[i], 10.0 + 2.0 * unit, 1e-5, 0.0);
        sum += unit;
        squares += unit * unit;
    }
    assert_close(sum / LONGEST, 0.0, 0.1, 0.0);
    assert_close(squares / LONGEST, 1.0, 0.15, 0.0);
}

static void numbers_do_not_depend_on_where_a_run_begins(void **state)
{
    (void)state;
    struct nni_random random = stream_of(5);
    float whole[LONGEST], part[LONGEST];
    portable()->random_normal(&random, 0, 0.0f, 1.0f, whole, LONGEST);
    portable()->random_normal(&random, 148, 0.0f, 1.0f, part, LONGEST - 148);
    assert_same_bits(whole + 148, part, LONGEST - 148);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dropout_keeps_by_the_word_of_each_element),
        cmocka_unit_test(dropout_of_rate_zero_keeps_everything),
        cmocka_unit_test(uniform_numbers_stay_below_the_upper_bound),
        cmocka_unit_test(normal_numbers_are_those_of_box_and_muller),
        cmocka_unit_test(numbers_do_not_depend_on_where_a_run_begins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
