/* Layers on several threads: the same bits as on one, and no data shared by tasks. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/layer_bench.h"

static void layers_give_the_same_bits_on_any_number_of_threads(void **state)
{
    (void)state;
    const struct nni_shape wide = vector_of(120);
    const struct nni_shape matrix = matrix_of(8, 12);
    const struct nni_shape pair[2] = {matrix_of(10, 10), matrix_of(10, 10)};
    assert_thread_invariant(nn_dense(NULL, 60, NN_SIGMOID), 1, &wide);
    assert_thread_invariant(nn_dense(NULL, 60, NN_SOFTMAX), 1, &wide);
    assert_thread_invariant(nn_activation(NULL, NN_TANH), 1, &wide);
    assert_thread_invariant(nn_dropout(NULL, 0.5), 1, &wide);
    assert_thread_invariant(nn_sum(NULL, 0), 1, &matrix);
    assert_thread_invariant(nn_matmul(NULL, 0, 1), 2, pair);
    assert_thread_invariant(nn_multiply(NULL), 2, pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_give_the_same_bits_on_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
