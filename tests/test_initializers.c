/* How parameters start: each initialiser draws from the distribution that its formula
 * says, and each activation gets the one that suits it. Moments are taken over a large
 * layer and lie within five of their standard errors. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/networks.h"

#include <math.h>

enum { FAN_IN = 400, FAN_OUT = 250, COUNT = FAN_IN * FAN_OUT };
static const double sum_of_fans = FAN_IN + FAN_OUT;

enum shape { CONSTANT, NORMAL, UNIFORM };

/* What an initialiser should give: a value, a deviation or a bound. */
struct expected {
    enum shape shape;
    double size;
};

static struct expected expected_of(int32_t initializer, double value)
{
    switch (initializer) {
    case NN_INIT_CONSTANT:
        return (struct expected){CONSTANT, value};
    case NN_INIT_NORMAL:
        return (struct expected){NORMAL, value};
    case NN_INIT_UNIFORM:
        return (struct expected){UNIFORM, value};
    case NN_INIT_GLOROT_NORMAL:
        return (struct expected){NORMAL, sqrt(2 / sum_of_fans)};
    case NN_INIT_HE_NORMAL:
        return (struct expected){NORMAL, sqrt(2.0 / FAN_IN)};
    case NN_INIT_HE_UNIFORM:
        return (struct expected){UNIFORM, sqrt(6.0 / FAN_IN)};
    case NN_INIT_LECUN_NORMAL:
        return (struct expected){NORMAL, sqrt(1.0 / FAN_IN)};
    case NN_INIT_LECUN_UNIFORM:
        return (struct expected){UNIFORM, sqrt(3.0 / FAN_IN)};
    default:
        return (struct expected){UNIFORM, sqrt(6 / sum_of_fans)};
    }
}

static int32_t suits(int32_t activation)
{
    switch (activation) {
    case NN_RELU:
    case NN_LEAKY_RELU:
    case NN_ELU:
    case NN_GELU:
    case NN_SILU:
        return NN_INIT_HE_UNIFORM;
    case NN_SELU:
        return NN_INIT_LECUN_NORMAL;
    default:
        return NN_INIT_GLOROT_UNIFORM;
    }
}

/* ---- looking at numbers ---- */

struct moments {
    double mean, deviation, largest;
    double inner; /* the share within half of the largest, or one deviation if normal */
};

static struct moments moments_of(const float *x, enum shape shape)
{
    struct moments m = {0, 0, 0, 0};
    for (int32_t i = 0; i < COUNT; i++) {
        m.mean += (double)x[i] / COUNT;
        m.largest = fmax(m.largest, fabs((double)x[i]));
    }
    for (int32_t i = 0; i < COUNT; i++) {
        m.deviation += ((double)x[i] - m.mean) * ((double)x[i] - m.mean) / COUNT;
    }
    m.deviation = sqrt(m.deviation);
    const double limit = shape == NORMAL ? m.deviation : m.largest / 2;
    for (int32_t i = 0; i < COUNT; i++) {
        m.inner += fabs((double)x[i]) < limit ? 1.0 / COUNT : 0;
    }
    return m;
}

static void assert_within(const char *name, const char *what, double got, double expected,
                          double error)
{
    if (!(fabs(got - expected) <= error)) {
        fail_msg("%s: the %s is %g, not %g (within %g)", name, what, got, expected,
                 error);
    }
}

static void assert_distributed(const char *name, nn_tensor *tensor,
                               struct expected expected)
{
    assert_int_equal(nn_tensor_count(tensor), COUNT);
    const struct moments m = moments_of(nn_tensor_floats(tensor), expected.shape);
    const double root = sqrt(COUNT), size = expected.size;
    if (expected.shape == CONSTANT) {
        assert_within(name, "mean", m.mean, size, 1e-6);
        assert_within(name, "deviation", m.deviation, 0, 1e-6);
    } else if (expected.shape == NORMAL) {
        assert_within(name, "mean", m.mean, 0, 5 * size / root);
        assert_within(name, "deviation", m.deviation, size, 5 * size / sqrt(2.0) / root);
        assert_within(name, "largest number", m.largest, 4.6 * size, 1.1 * size);
        assert_within(name, "share within one deviation", m.inner, 0.682689, 2.4 / root);
    } else {
        const double deviation = size / sqrt(3.0);
        assert_within(name, "mean", m.mean, 0, 5 * deviation / root);
        assert_within(name, "deviation", m.deviation, deviation, 2.3 * deviation / root);
        assert_within(name, "largest number", m.largest, size * (1 - 1e-4), 1e-4 * size);
        assert_within(name, "share of the inner half", m.inner, 0.5, 2.5 / root);
    }
}

/* A built model of one dense layer. */
static nn_model *one_layer(int64_t features, nn_layer *layer)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, features));
    nn_model_add(model, layer);
    assert_ok(nn_model_build(model));
    return model;
}

/* ---- the tests ---- */

static void every_initializer_draws_from_its_distribution(void **state)
{
    (void)state;
    int32_t count = 0;
    for (int32_t kind = 0; nn_initializer_name(kind) != NULL; kind++) {
        nn_layer *layer = nn_dense(NULL, FAN_OUT, NN_TANH);
        assert_ok(nn_layer_set_initializer(layer, "weight", kind, 0.375));
        nn_model *model = one_layer(FAN_IN, layer);
        assert_distributed(nn_initializer_name(kind), nn_model_parameter(model, 0),
                           expected_of(kind, 0.375));
        nn_model_destroy(model);
        count++;
    }
    assert_int_equal(count, 10); /* a new one needs its formula above */
}

static void every_activation_starts_with_the_initializer_that_suits_it(void **state)
{
    (void)state;
    int32_t count = 0;
    for (int32_t a = 0; nn_activation_name(a) != NULL; a++) {
        nn_model *model = one_layer(FAN_IN, nn_dense(NULL, FAN_OUT, a));
        assert_distributed(nn_activation_name(a), nn_model_parameter(model, 0),
                           expected_of(suits(a), 0));
        nn_model_destroy(model);
        count++;
    }
    assert_int_equal(count, 12);
}

static void biases_start_at_0_unless_asked_otherwise(void **state)
{
    (void)state;
    nn_model *model = one_layer(1, nn_dense(NULL, COUNT, NN_RELU));
    assert_distributed("bias", nn_model_parameter(model, 1),
                       (struct expected){CONSTANT, 0});
    nn_model_destroy(model);
    nn_layer *layer = nn_dense(NULL, COUNT, NN_RELU);
    assert_ok(nn_layer_set_initializer(layer, "bias", NN_INIT_UNIFORM, 0.25));
    model = one_layer(1, layer);
    assert_distributed("uniform bias", nn_model_parameter(model, 1),
                       (struct expected){UNIFORM, 0.25});
    nn_model_destroy(model);
}

static void parameters_are_a_function_of_the_seed(void **state)
{
    (void)state;
    nn_model *first = stack_network(NULL), *second = stack_network(NULL);
    assert_ok(nn_model_set_seed(second, 7));
    assert_ok(nn_model_build(first));
    assert_ok(nn_model_build(second));
    assert_true(parameter_hash(first) != parameter_hash(second));
    assert_ok(nn_model_initialize(first, 7));
    assert_int_equal(parameter_hash(first), parameter_hash(second));
    nn_model_destroy(first);
    nn_model_destroy(second);
}

static void layers_of_one_shape_start_differently(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 50));
    nn_model_add(model, nn_dense(NULL, 50, NN_TANH));
    nn_model_add(model, nn_dense(NULL, 50, NN_TANH));
    assert_ok(nn_model_build(model));
    const float *first = nn_tensor_floats(nn_model_parameter(model, 0));
    const float *second = nn_tensor_floats(nn_model_parameter(model, 2));
    int32_t equal = 0;
    for (int32_t i = 0; i < 2500; i++) {
        equal += first[i] == second[i];
    }
    assert_true(equal < 5);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_initializer_draws_from_its_distribution),
        cmocka_unit_test(every_activation_starts_with_the_initializer_that_suits_it),
        cmocka_unit_test(biases_start_at_0_unless_asked_otherwise),
        cmocka_unit_test(parameters_are_a_function_of_the_seed),
        cmocka_unit_test(layers_of_one_shape_start_differently),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
