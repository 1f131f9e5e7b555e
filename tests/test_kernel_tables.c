/* The kernel tables among one another: the same bits for every entry, in place or not,
 * and which of them is chosen. The matrix product and the updates are in their own tests.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/kernels.h"
#include "support/bits.h"

#include <string.h>

enum { LONGEST = 1000 };
static const int64_t lengths[] = {0,  1,  3,  7,   8,   15,  16,
                                  17, 31, 33, 255, 256, 257, LONGEST};

static const struct nni_kernels *portable(void)
{
    return nni_kernels_of_isa(NN_ISA_PORTABLE);
}

static struct nni_random stream_of(uint32_t salt)
{
    return nni_random_make(1234567890123ull, NNI_STREAM_DROPOUT, salt, 7);
}

struct buffers {
    float a[LONGEST], b[LONGEST], c[LONGEST], out[LONGEST];
};

/* Every entry but the updates; `in_place` puts the output into the first input. The
 * results are left in out. */
static void run_entry(const struct nni_kernels *k, int entry, int in_place, int64_t n,
                      struct buffers *x)
{
    struct nni_random random = stream_of(6);
    float *out = in_place ? x->a : x->out;
    int64_t columns = n >= 11 ? 11 : 1;
    switch (entry) {
    case 0:
        k->exp(x->a, out, n);
        break;
    case 1:
        k->log(x->a, out, n);
        break;
    case 2:
        k->add(x->a, x->b, out, n);
        break;
    case 3:
        k->subtract(x->a, x->b, out, n);
        break;
    case 4:
        k->multiply(x->a, x->b, out, n);
        break;
    case 5:
        k->scale(x->a, 1.7f, out, n);
        break;
    case 6:
        k->add_scaled(x->a, 1.7f, out, n);
        break;
    case 7:
        k->affine(x->a, 1.7f, -0.3f, out, n);
        break;
    case 8:
        k->affine_u8((const uint8_t *)x->b, 1.7f, -0.3f, out, n);
        break;
    case 9:
        k->standardize(x->a, x->b, x->c, out, n);
        break;
    case 10:
        k->softmax_forward(x->a, out, n / columns, columns);
        break;
    case 11:
        k->softmax_backward(x->b, x->a, out, n / columns, columns);
        break;
    case 12:
        k->log_softmax_forward(x->a, out, n / columns, columns);
        break;
    case 13:
        k->log_softmax_backward(x->b, x->a, out, n / columns, columns);
        break;
    case 14:
        k->dropout(&random, 5, 0.4, 1.25f, x->a, out, n);
        break;
    case 15:
        k->random_uniform(&random, 8, -1.0f, 2.0f, out, n);
        break;
    case 16:
        k->random_normal(&random, 8, 0.5f, 2.0f, out, n);
        break;
    case 17:
        k->column_sums(x->b, n / columns, columns, 0, columns, 1, out);
        break;
    case 18:
        out[0] = k->sum(x->b, n) + k->dot(x->b, x->c, n);
        break;
    case 19:
        out[0] =
            n == 0 ? 0.0f : (float)k->argmax(x->b, n) + (float)k->all_finite(x->b, n);
        break;
    default:
        if (entry < 30) {
            k->activation_forward(entry - 20, 0.3f, x->a, out, n);
        } else {
            k->activation_backward(entry - 30, 0.3f, x->b, x->a, out, n);
        }
    }
    if (in_place) {
        memcpy(x->out, x->a, sizeof x->out);
    }
}

enum { ENTRIES = 40 };

static void fill_buffers(struct buffers *x, uint32_t salt)
{
    mixed_floats(x->a, LONGEST, salt);
    mixed_floats(x->b, LONGEST, salt + 1);
    mixed_floats(x->c, LONGEST, salt + 2);
    mixed_floats(x->out, LONGEST, salt + 3);
}

static void all_tables_give_the_same_bits(void **state)
{
    (void)state;
    static struct buffers x, y;
    for (int32_t isa = NN_ISA_AVX2; isa <= NN_ISA_NEON; isa++) {
        const struct nni_kernels *other = nni_kernels_of_isa(isa);
        for (int entry = 0; other != NULL && entry < ENTRIES; entry++) {
            for (int32_t i = 0; i < NNI_COUNT(lengths); i++) {
                fill_buffers(&x, (uint32_t)entry);
                fill_buffers(&y, (uint32_t)entry);
                run_entry(portable(), entry, 0, lengths[i], &x);
                run_entry(other, entry, 0, lengths[i], &y);
                assert_same_bits(x.out, y.out, LONGEST);
            }
        }
    }
}

/* add_scaled and column_sums read their output, and have no such form. */
static void an_output_may_be_an_input(void **state)
{
    (void)state;
    static struct buffers x, y;
    for (int32_t isa = NN_ISA_PORTABLE; isa <= NN_ISA_NEON; isa++) {
        const struct nni_kernels *k = nni_kernels_of_isa(isa);
        for (int entry = 0; k != NULL && entry < ENTRIES; entry++) {
            for (int32_t i = 0; i < NNI_COUNT(lengths) && entry != 6 && entry != 17;
                 i++) {
                fill_buffers(&x, (uint32_t)entry);
                fill_buffers(&y, (uint32_t)entry);
                memcpy(x.out, x.a, sizeof x.out);
                run_entry(k, entry, 0, lengths[i], &x);
                run_entry(k, entry, 1, lengths[i], &y);
                assert_same_bits(x.out, y.out, LONGEST);
            }
        }
    }
}

static void the_best_table_is_the_machines(void **state)
{
    (void)state;
    assert_int_equal(portable()->isa, NN_ISA_PORTABLE);
    assert_null(nni_kernels_of_isa(NN_ISA_BEST));
    assert_null(nni_kernels_of_isa(-1));
    int32_t machine = nni_machine_isa();
    assert_int_equal(nni_kernels_of_isa(machine)->isa, machine);
    int32_t isa = nn_context_isa(NULL);
    assert_in_range(isa, NN_ISA_PORTABLE, machine);
    assert_ptr_equal(nni_kernels_for(NULL), nni_kernels_of_isa(isa));
}

static void a_context_lowers_the_choice(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_max_isa(context, NN_ISA_PORTABLE), NN_OK);
    assert_int_equal(nn_context_isa(context), NN_ISA_PORTABLE);
    assert_ptr_equal(nni_kernels_for(context), portable());
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tables_give_the_same_bits),
        cmocka_unit_test(an_output_may_be_an_input),
        cmocka_unit_test(the_best_table_is_the_machines),
        cmocka_unit_test(a_context_lowers_the_choice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
