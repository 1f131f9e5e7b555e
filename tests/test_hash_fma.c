/* The runs of tests/hash give the committed hashes with the portable kernels compiled with
 * FMA switched on, which are linked in the place of the library's (hash/portable_fma.c). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "hash/expected.h"
#include "hash/lines.h"
#include "support/bits.h"
#include "support/settings.h"

#include "kernels/kernels.h"

enum { LINES_MAX = 256 };

/* What runs here is the other table, on a machine that can. */
static void skip_without_fma(void)
{
    (void)kernels_or_skip(NN_ISA_AVX2);
    assert_string_equal(nni_kernels_of_isa(NN_ISA_PORTABLE)->name, "portable, with FMA");
}

static void check_lines(int32_t threads)
{
    static uint64_t expected[LINES_MAX];
    const struct setting setting = {.threads = threads, .isa = NN_ISA_PORTABLE};
    nn_context *context = setting_context(&setting);
    assert_true(hash_expected(expected, LINES_MAX));
    for (int32_t i = 0; hash_line_at(i) != NULL; i++) {
        if (hash_of_line(context, hash_line_at(i)) != expected[i]) {
            fail_msg("%s: other bits with FMA", hash_line_at(i)->name);
        }
    }
    nn_context_destroy(context);
}

static void one_thread_gives_the_expected_bits_with_fma(void **state)
{
    (void)state;
    skip_without_fma();
    check_lines(1);
}

static void three_threads_give_the_expected_bits_with_fma(void **state)
{
    (void)state;
    skip_without_fma();
    check_lines(3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_gives_the_expected_bits_with_fma),
        cmocka_unit_test(three_threads_give_the_expected_bits_with_fma),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
