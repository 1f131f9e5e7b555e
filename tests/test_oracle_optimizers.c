/* The optimizers against PyTorch: 20 steps of every kind in every variant, over tensors
 * of two shapes. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "oracle/optimizers_values.h"
#include "support/tensors.h"

#include <nn/optimizer.h>

#include <math.h>

enum { ORACLE_TENSORS = 2 };
static const int32_t ranks[ORACLE_TENSORS] = {2, 1};
static const int64_t shapes[ORACLE_TENSORS][2] = {{3, 4}, {8}};
static const double tolerance = 1e-5; /* of a tensor's largest magnitude */

/* The start and the gradient are those of oracle/optimizers.py. */
static double initial(int i)
{
    return ((i * 7) % 11 - 5) / 4.0;
}

static double gradient_at(int i, double w, int step)
{
    const double curvature = 0.5 + (i % 4) / 4.0;
    const double centre = ((i * 5) % 7 - 3) / 8.0;
    const double disturbance = ((i * 7 + step * 13) % 11 - 5) / 16.0;
    return curvature * (w - centre) + w * w * w / 16 + disturbance;
}

static nn_optimizer *optimizer_of(const struct oracle_optimizer *oracle)
{
    nn_optimizer *optimizer = nn_optimizer_create(NULL, oracle->kind);
    assert_non_null(optimizer);
    for (const struct oracle_option *option = oracle->options; option->name != NULL;
         option++) {
        assert_int_equal(nn_optimizer_set(optimizer, option->name, option->value), NN_OK);
    }
    return optimizer;
}

static void check_tensor(const struct oracle_optimizer *oracle, nn_tensor *tensor,
                         int first)
{
    const double *expected = oracle->parameters + first;
    const int count = (int)nn_tensor_count(tensor);
    double largest = 0;
    for (int i = 0; i < count; i++) {
        largest = fmax(largest, fabs(expected[i]));
    }
    for (int i = 0; i < count; i++) {
        const double got = (double)nn_tensor_floats(tensor)[i];
        if (!(fabs(got - expected[i]) <= tolerance * largest)) {
            fail_msg("%s: parameter %d is %.9g, not %.9g", oracle->name, first + i, got,
                     expected[i]);
        }
    }
}

static void check_optimizer(const struct oracle_optimizer *oracle)
{
    nn_optimizer *optimizer = optimizer_of(oracle);
    double start[ORACLE_OPTIMIZER_PARAMETERS];
    for (int i = 0; i < ORACLE_OPTIMIZER_PARAMETERS; i++) {
        start[i] = initial(i);
    }
    nn_tensor *parameters[ORACLE_TENSORS], *gradients[ORACLE_TENSORS];
    int first[ORACLE_TENSORS + 1] = {0};
    for (int k = 0; k < ORACLE_TENSORS; k++) {
        parameters[k] = tensor_of(NN_FLOAT32, ranks[k], shapes[k], start + first[k]);
        gradients[k] = nn_tensor_clone(parameters[k]);
        first[k + 1] = first[k] + (int)nn_tensor_count(parameters[k]);
    }
    for (int step = 1; step <= ORACLE_OPTIMIZER_STEPS; step++) {
        for (int k = 0; k < ORACLE_TENSORS; k++) {
            for (int i = first[k]; i < first[k + 1]; i++) {
                const double w = (double)nn_tensor_floats(parameters[k])[i - first[k]];
                nn_tensor_floats(gradients[k])[i - first[k]] =
                    (float)gradient_at(i, w, step);
            }
        }
        assert_int_equal(nn_optimizer_step(optimizer, parameters,
                                           (const nn_tensor *const *)gradients,
                                           ORACLE_TENSORS),
                         NN_OK);
    }
    for (int k = 0; k < ORACLE_TENSORS; k++) {
        check_tensor(oracle, parameters[k], first[k]);
        nn_tensor_destroy(parameters[k]);
        nn_tensor_destroy(gradients[k]);
    }
    nn_optimizer_destroy(optimizer);
}

static void optimizers_agree_with_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof oracle_optimizers / sizeof oracle_optimizers[0]; i++) {
        check_optimizer(&oracle_optimizers[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(optimizers_agree_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
