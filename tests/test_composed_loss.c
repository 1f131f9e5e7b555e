/* Losses that a user composes out of graph operations, with the targets as an input of
 * the network and nn_output_as_loss at its end: the same loss and gradients as the loss
 * of the library. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/networks.h"
#include "support/settings.h"

#include <math.h>

enum { ROWS = 9, FEATURES = 5, OUTPUTS = 3 };

/* ---- two trainers of the same network ---- */

struct pair {
    nn_model *ready, *composed;
    nn_trainer *by_ready, *by_composed;
    nn_tensor *x, *y, *weights;
};

static nn_node join(nn_model *model, nn_layer *layer, nn_node a, nn_node b)
{
    return nn_model_apply_many(model, layer, (nn_node[]){a, b}, 2);
}

/* The network itself; its input is node 0. */
static nn_node network(nn_model *model)
{
    nn_node x = nn_model_input(model, NN_FLOAT32, (int64_t[]){FEATURES}, 1);
    nn_node hidden = nn_model_apply(model, nn_dense(NULL, 8, NN_TANH), x);
    return nn_model_apply(model, nn_dense(NULL, OUTPUTS, NN_LINEAR), hidden);
}

/* compose makes a loss out of the network's output and the targets. */
static void pair_open(struct pair *pair, nn_loss *loss,
                      nn_node (*compose)(nn_model *model, nn_node f, nn_node y))
{
    const int64_t rows = ROWS;
    pair->ready = nn_model_create(NULL);
    nn_model_output(pair->ready, network(pair->ready));
    pair->composed = nn_model_create(NULL);
    nn_node f = network(pair->composed);
    nn_node y = nn_model_input(pair->composed, NN_FLOAT32, (int64_t[]){OUTPUTS}, 1);
    nn_model_output(pair->composed, compose(pair->composed, f, y));
    pair->by_ready = nn_trainer_create(pair->ready, loss, nn_adam(NULL, 0.01));
    pair->by_composed =
        nn_trainer_create(pair->composed, nn_output_as_loss(NULL), nn_adam(NULL, 0.01));
    assert_non_null(pair->by_ready);
    assert_non_null(pair->by_composed);
    assert_int_equal(parameter_hash(pair->ready), parameter_hash(pair->composed));
    pair->x = random_samples(NULL, pair->ready, 0, ROWS, 1);
    pair->y = random_samples(NULL, pair->composed, y, ROWS, 2);
    pair->weights = nn_tensor_create(NULL, NN_FLOAT32, &rows, 1);
    assert_ok(nn_tensor_random_uniform(pair->weights, 0.25f, 2, 3));
}

static void pair_close(struct pair *pair)
{
    nn_trainer_destroy(pair->by_ready);
    nn_trainer_destroy(pair->by_composed);
    nn_model_destroy(pair->ready);
    nn_model_destroy(pair->composed);
    nn_tensor_destroy(pair->x);
    nn_tensor_destroy(pair->y);
    nn_tensor_destroy(pair->weights);
}

/* Within `tolerance` of the largest magnitude of the second. */
static void assert_near(nn_tensor *a, nn_tensor *b, double tolerance)
{
    double largest = 0;
    assert_non_null(a);
    assert_int_equal(nn_tensor_count(a), nn_tensor_count(b));
    for (int64_t i = 0; i < nn_tensor_count(b); i++) {
        largest = fmax(largest, fabs((double)nn_tensor_floats(b)[i]));
    }
    for (int64_t i = 0; i < nn_tensor_count(b); i++) {
        const double difference =
            (double)nn_tensor_floats(a)[i] - (double)nn_tensor_floats(b)[i];
        assert_true(fabs(difference) <= tolerance * largest);
    }
}

static void assert_same_losses(struct pair *pair, const nn_tensor *weights)
{
    double ready, composed;
    const nn_tensor *both[] = {pair->x, pair->y}, *targets[] = {pair->y};
    assert_ok(nn_trainer_forward(pair->by_ready, both, 1));
    assert_ok(nn_trainer_backward(pair->by_ready, targets, 1, weights, &ready));
    assert_ok(nn_trainer_forward(pair->by_composed, both, 2));
    assert_ok(nn_trainer_backward(pair->by_composed, NULL, 0, weights, &composed));
    assert_true(ready > 0.1);
    assert_true(fabs(ready - composed) <= 1e-6 * ready);
    for (int32_t i = 0; i < nn_model_parameter_count(pair->ready); i++) {
        assert_near(nn_trainer_gradient(pair->by_composed, i),
                    nn_trainer_gradient(pair->by_ready, i), 1e-6);
    }
}

static void assert_same_training(struct pair *pair)
{
    const nn_tensor *both[] = {pair->x, pair->y}, *targets[] = {pair->y};
    double first = 0, last = 0;
    for (int32_t step = 0; step < 40; step++) {
        assert_ok(nn_trainer_step(pair->by_ready, both, 1, targets, 1, NULL, NULL));
        assert_ok(nn_trainer_step(pair->by_composed, both, 2, NULL, 0, NULL, &last));
        first = step == 0 ? last : first;
    }
    assert_true(last < first);
    for (int32_t i = 0; i < nn_model_parameter_count(pair->ready); i++) {
        assert_near(nn_model_parameter(pair->composed, i),
                    nn_model_parameter(pair->ready, i), 1e-4);
    }
}

/* ---- the losses ---- */

static nn_node squared_difference(nn_model *model, nn_node f, nn_node y)
{
    nn_node negative = nn_model_apply(model, nn_rescale(NULL, -1, 0), y);
    nn_node difference = join(model, nn_add(NULL), f, negative);
    return join(model, nn_multiply(NULL), difference, difference);
}

static nn_node mean_of_squares(nn_model *model, nn_node f, nn_node y)
{
    return nn_model_apply(model, nn_mean(NULL, NN_ALL), squared_difference(model, f, y));
}

static nn_node cross_entropy(nn_model *model, nn_node f, nn_node y)
{
    nn_node logarithm = nn_model_apply(model, nn_activation(NULL, NN_LOG_SOFTMAX), f);
    nn_node product = join(model, nn_multiply(NULL), logarithm, y);
    nn_node sum = nn_model_apply(model, nn_sum(NULL, 0), product);
    return nn_model_apply(model, nn_rescale(NULL, -1, 0), sum);
}

static void a_composed_squared_error_is_the_mean_squared_error(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, nn_mean_squared_error(NULL), squared_difference);
    assert_same_losses(&pair, NULL);
    assert_same_losses(&pair, pair.weights);
    assert_same_training(&pair);
    pair_close(&pair);
}

static void its_mean_may_be_part_of_the_network(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, nn_mean_squared_error(NULL), mean_of_squares);
    assert_same_losses(&pair, NULL);
    assert_same_losses(&pair, pair.weights);
    pair_close(&pair);
}

static void a_composed_cross_entropy_is_the_softmax_cross_entropy(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, nn_softmax_cross_entropy(NULL), cross_entropy);
    assert_ok(nn_tensor_fill(pair.y, 0));
    for (int32_t r = 0; r < ROWS; r++) {
        nn_tensor_floats(pair.y)[r * OUTPUTS + r % OUTPUTS] = 1;
    }
    assert_same_losses(&pair, NULL);
    assert_same_losses(&pair, pair.weights);
    pair_close(&pair);
}

static void a_composed_loss_passes_the_gradient_check(void **state)
{
    (void)state;
    struct pair pair;
    pair_open(&pair, nn_mean_squared_error(NULL), squared_difference);
    const nn_tensor *both[] = {pair.x, pair.y};
    assert_ok(nn_gradient_check(pair.by_composed, both, 2, NULL, 0, pair.weights, 5e-3,
                                1e-3, 0, NULL));
    pair_close(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_composed_squared_error_is_the_mean_squared_error),
        cmocka_unit_test(its_mean_may_be_part_of_the_network),
        cmocka_unit_test(a_composed_cross_entropy_is_the_softmax_cross_entropy),
        cmocka_unit_test(a_composed_loss_passes_the_gradient_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
