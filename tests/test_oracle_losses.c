/* The losses against PyTorch: value and gradient of every kind in every variant. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "oracle/losses_values.h"
#include "support/tensors.h"

#include <nn/loss.h>

#include <math.h>

enum { ORACLE_CLASSES_MAX = 16 };
static const double tolerance = 1e-5; /* of a tensor's largest magnitude */

static nn_loss *loss_of(const struct oracle_loss *oracle)
{
    nn_loss *loss = nn_loss_create(NULL, oracle->kind);
    assert_non_null(loss);
    if (oracle->option[0] != '\0') {
        assert_int_equal(nn_loss_set_float(loss, oracle->option, oracle->option_value),
                         NN_OK);
    }
    if (oracle->class_weights != NULL) {
        float weights[ORACLE_CLASSES_MAX];
        for (int64_t c = 0; c < oracle->class_count; c++) {
            weights[c] = (float)oracle->class_weights[c];
        }
        assert_int_equal(
            nn_loss_set_floats(loss, "class_weights", weights, oracle->class_count),
            NN_OK);
    }
    return loss;
}

static void check_gradient(const struct oracle_loss *oracle, nn_tensor *gradient)
{
    const int64_t count = nn_tensor_count(gradient);
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(oracle->gradient[i]));
    }
    for (int64_t i = 0; i < count; i++) {
        const double got = (double)nn_tensor_floats(gradient)[i];
        if (!(fabs(got - oracle->gradient[i]) <= tolerance * largest)) {
            fail_msg("%s: gradient element %d is %.9g, not %.9g", oracle->name, (int)i,
                     got, oracle->gradient[i]);
        }
    }
}

static void check_loss(const struct oracle_loss *oracle)
{
    nn_loss *loss = loss_of(oracle);
    nn_tensor *outputs =
        tensor_of(NN_FLOAT32, oracle->rank, oracle->shape, oracle->outputs);
    nn_tensor *targets = NULL, *weights = NULL;
    if (oracle->targets != NULL) {
        targets = tensor_of(oracle->target_dtype, oracle->target_rank,
                            oracle->target_shape, oracle->targets);
    }
    if (oracle->weights != NULL) {
        weights = tensor_of_row(oracle->shape[0], oracle->weights);
    }
    nn_tensor *gradient = nn_tensor_clone(outputs);
    double value;
    if (nn_loss_evaluate(loss, outputs, targets, weights, gradient, &value) != NN_OK) {
        fail_msg("%s: %s", oracle->name, nn_last_error());
    }
    if (!(fabs(value - oracle->value) <= tolerance * fabs(oracle->value))) {
        fail_msg("%s: value is %.9g, not %.9g", oracle->name, value, oracle->value);
    }
    check_gradient(oracle, gradient);
    nn_tensor_destroy(outputs);
    nn_tensor_destroy(targets);
    nn_tensor_destroy(weights);
    nn_tensor_destroy(gradient);
    nn_loss_destroy(loss);
}

static void losses_agree_with_pytorch(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof oracle_losses / sizeof oracle_losses[0]; i++) {
        check_loss(&oracle_losses[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_agree_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
