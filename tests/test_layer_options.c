/* Options, names and initialisers of layers: what is set, what is refused, what a copy
 * keeps. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <nn/layer.h>

#include "layers/layer.h"

#include <math.h>
#include <string.h>

/* ---- helpers ---- */

static void assert_says(const char *part)
{
    if (strstr(nn_last_error(), part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, nn_last_error());
    }
}

static void assert_number(double got, double expected)
{
    if (got != expected) {
        fail_msg("%g is not %g", got, expected);
    }
}

static void assert_refused(nn_status got, nn_status expected, const char *part)
{
    assert_int_equal(got, expected);
    assert_int_equal(nn_last_status(), expected);
    assert_says(part);
}

static double option_of(const nn_layer *layer, const char *name)
{
    double value = -77;
    assert_int_equal(nn_layer_option(layer, name, &value), NN_OK);
    return value;
}

/* ---- options ---- */

static void unknown_options_are_refused_with_the_names_there_are(void **state)
{
    (void)state;
    nn_layer *dense = nn_dense(NULL, 2, NN_LINEAR);
    double value = 5;
    assert_refused(nn_layer_set_int(dense, "unit", 3), NN_ERROR_NAME, "dense");
    assert_says("units, activation, bias, alpha");
    assert_refused(nn_layer_set_float(dense, "rate", 3), NN_ERROR_NAME, "rate");
    assert_refused(nn_layer_set_text(dense, "act", "relu"), NN_ERROR_NAME, "act");
    assert_refused(nn_layer_set_ints(dense, "shape", NULL, 0), NN_ERROR_NAME, "shape");
    assert_refused(nn_layer_set_floats(dense, "mean", NULL, 0), NN_ERROR_NAME, "mean");
    assert_refused(nn_layer_option(dense, "unit", &value), NN_ERROR_NAME, "unit");
    assert_number(value, 0);
    nn_layer_destroy(dense);
    nn_layer *flatten = nn_flatten(NULL);
    assert_refused(nn_layer_set_int(flatten, "units", 3), NN_ERROR_NAME, "flatten");
    nn_layer_destroy(flatten);
}

static void choices_are_set_by_name_and_refused_with_the_names(void **state)
{
    (void)state;
    nn_layer *input = nn_layer_create(NULL, "input");
    assert_int_equal(nn_layer_set_text(input, "dtype", "uint8"), NN_OK);
    assert_number(option_of(input, "dtype"), NN_UINT8);
    assert_refused(nn_layer_set_text(input, "dtype", "int16"), NN_ERROR_ARGUMENT,
                   "float32, uint8, int32, int64");
    assert_refused(nn_layer_set_text(input, "dtype", ""), NN_ERROR_ARGUMENT, "dtype");
    assert_refused(nn_layer_set_int(input, "dtype", 0), NN_ERROR_ARGUMENT, "dtype");
    nn_layer_destroy(input);
    nn_layer *dense = nn_dense(NULL, 2, NN_TANH);
    for (int32_t i = NN_LINEAR; i <= NN_LOG_SOFTMAX; i++) {
        assert_int_equal(nn_layer_set_text(dense, "activation", nn_activation_name(i)),
                         NN_OK);
        assert_number(option_of(dense, "activation"), i);
    }
    nn_layer_destroy(dense);
}

static void null_arguments_are_refused(void **state)
{
    (void)state;
    nn_layer *layer = nn_dense(NULL, 2, NN_TANH);
    assert_refused(nn_layer_set_int(layer, NULL, 1), NN_ERROR_NULL, "option is NULL");
    assert_refused(nn_layer_set_text(layer, "activation", NULL), NN_ERROR_NULL, "value");
    assert_refused(nn_layer_set_ints(layer, "shape", NULL, 2), NN_ERROR_NULL, "values");
    assert_refused(nn_layer_set_floats(layer, "mean", NULL, 2), NN_ERROR_NULL, "values");
    assert_refused(nn_layer_set_floats(layer, "mean", NULL, -2), NN_ERROR_SIZE, "count");
    double value;
    assert_refused(nn_layer_option(layer, NULL, &value), NN_ERROR_NULL, "option");
    assert_refused(nn_layer_option(layer, "units", NULL), NN_ERROR_NULL, "value");
    assert_refused(nn_layer_set_name(layer, NULL), NN_ERROR_NULL, "name");
    assert_refused(nn_layer_set_initializer(layer, NULL, 0, 0), NN_ERROR_NULL, "option");
    nn_layer_destroy(layer);
    assert_null(nn_layer_name(NULL));
    assert_null(nn_layer_kind(NULL));
}

static void a_null_layer_keeps_the_error_that_made_it_null(void **state)
{
    (void)state;
    nn_layer *layer = nn_dense(NULL, 0, NN_TANH);
    assert_null(layer);
    double value = 5;
    assert_int_equal(nn_layer_set_int(layer, "units", 1), NN_ERROR_NULL);
    assert_int_equal(nn_layer_set_float(layer, "alpha", 1), NN_ERROR_NULL);
    assert_int_equal(nn_layer_set_text(layer, "activation", "relu"), NN_ERROR_NULL);
    assert_int_equal(nn_layer_set_ints(layer, "shape", NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_layer_set_floats(layer, "mean", NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_layer_option(layer, "units", &value), NN_ERROR_NULL);
    assert_number(value, 0);
    assert_int_equal(nn_layer_set_name(layer, "a"), NN_ERROR_NULL);
    assert_int_equal(nn_layer_set_initializer(layer, "weight", 0, 0), NN_ERROR_NULL);
    assert_int_equal(nn_layer_set_trainable(layer, 1), NN_ERROR_NULL);
    assert_int_equal(nn_layer_set_rate_multiplier(layer, 1), NN_ERROR_NULL);
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    assert_says("units");
}

static void an_applied_layer_keeps_its_options_and_name(void **state)
{
    (void)state;
    nn_layer *layer = nn_dense(NULL, 2, NN_TANH);
    assert_int_equal(nn_layer_set_name(layer, "hidden"), NN_OK);
    layer->applied = 1;
    assert_refused(nn_layer_set_int(layer, "units", 3), NN_ERROR_STATE, "dense 'hidden'");
    assert_refused(nn_layer_set_float(layer, "alpha", 3), NN_ERROR_STATE, "alpha");
    assert_refused(nn_layer_set_text(layer, "activation", "relu"), NN_ERROR_STATE,
                   "applied");
    assert_refused(nn_layer_set_ints(layer, "shape", NULL, 0), NN_ERROR_STATE, "shape");
    assert_refused(nn_layer_set_floats(layer, "mean", NULL, 0), NN_ERROR_STATE, "mean");
    assert_refused(nn_layer_set_name(layer, "b"), NN_ERROR_STATE, "name");
    assert_refused(nn_layer_set_initializer(layer, "weight", NN_INIT_NORMAL, 1),
                   NN_ERROR_STATE, "weight");
    assert_number(option_of(layer, "units"), 2);
    assert_int_equal(nn_layer_set_trainable(layer, 0), NN_OK);
    assert_int_equal(nn_layer_set_rate_multiplier(layer, 2), NN_OK);
    nn_layer_destroy(layer);
}

static void names_are_short_and_of_plain_characters(void **state)
{
    (void)state;
    nn_layer *layer = nn_flatten(NULL);
    char name[70];
    memset(name, 'a', sizeof name);
    name[63] = '\0';
    assert_int_equal(nn_layer_set_name(layer, name), NN_OK);
    assert_string_equal(nn_layer_name(layer), name);
    name[63] = 'a';
    name[64] = '\0';
    assert_refused(nn_layer_set_name(layer, name), NN_ERROR_ARGUMENT, "1 ... 63");
    assert_int_equal(nn_layer_set_name(layer, "Az09_-"), NN_OK);
    assert_refused(nn_layer_set_name(layer, ""), NN_ERROR_ARGUMENT, "none");
    assert_refused(nn_layer_set_name(layer, "a b"), NN_ERROR_ARGUMENT, "character 2");
    assert_refused(nn_layer_set_name(layer, "a.b"), NN_ERROR_ARGUMENT, "character 2");
    assert_refused(nn_layer_set_name(layer, "\xc3\xa9"), NN_ERROR_ARGUMENT,
                   "character 1");
    assert_string_equal(nn_layer_name(layer), "Az09_-");
    nn_layer_destroy(layer);
}

static void activation_names_are_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(nn_activation_name(NN_LINEAR), "linear");
    assert_string_equal(nn_activation_name(NN_SIGMOID), "sigmoid");
    assert_string_equal(nn_activation_name(NN_TANH), "tanh");
    assert_string_equal(nn_activation_name(NN_RELU), "relu");
    assert_string_equal(nn_activation_name(NN_LEAKY_RELU), "leaky_relu");
    assert_string_equal(nn_activation_name(NN_ELU), "elu");
    assert_string_equal(nn_activation_name(NN_SELU), "selu");
    assert_string_equal(nn_activation_name(NN_GELU), "gelu");
    assert_string_equal(nn_activation_name(NN_SILU), "silu");
    assert_string_equal(nn_activation_name(NN_SOFTPLUS), "softplus");
    assert_string_equal(nn_activation_name(NN_SOFTMAX), "softmax");
    assert_string_equal(nn_activation_name(NN_LOG_SOFTMAX), "log_softmax");
    assert_null(nn_activation_name(-1));
    assert_null(nn_activation_name(12));
}

/* ---- initialisers and what training heeds ---- */

static void initializer_names_are_their_numbers(void **state)
{
    (void)state;
    assert_string_equal(nn_initializer_name(NN_INIT_DEFAULT), "default");
    assert_string_equal(nn_initializer_name(NN_INIT_CONSTANT), "constant");
    assert_string_equal(nn_initializer_name(NN_INIT_NORMAL), "normal");
    assert_string_equal(nn_initializer_name(NN_INIT_UNIFORM), "uniform");
    assert_string_equal(nn_initializer_name(NN_INIT_GLOROT_NORMAL), "glorot_normal");
    assert_string_equal(nn_initializer_name(NN_INIT_GLOROT_UNIFORM), "glorot_uniform");
    assert_string_equal(nn_initializer_name(NN_INIT_HE_NORMAL), "he_normal");
    assert_string_equal(nn_initializer_name(NN_INIT_HE_UNIFORM), "he_uniform");
    assert_string_equal(nn_initializer_name(NN_INIT_LECUN_NORMAL), "lecun_normal");
    assert_string_equal(nn_initializer_name(NN_INIT_LECUN_UNIFORM), "lecun_uniform");
    assert_null(nn_initializer_name(-1));
    assert_null(nn_initializer_name(10));
}

static int32_t default_initializer(int32_t activation)
{
    const struct nni_initializer asked = {NN_INIT_DEFAULT, 0};
    return nni_initializer_for(asked, activation).kind;
}

static void default_initializers_suit_the_activation(void **state)
{
    (void)state;
    assert_int_equal(default_initializer(NN_RELU), NN_INIT_HE_UNIFORM);
    assert_int_equal(default_initializer(NN_LEAKY_RELU), NN_INIT_HE_UNIFORM);
    assert_int_equal(default_initializer(NN_ELU), NN_INIT_HE_UNIFORM);
    assert_int_equal(default_initializer(NN_GELU), NN_INIT_HE_UNIFORM);
    assert_int_equal(default_initializer(NN_SILU), NN_INIT_HE_UNIFORM);
    assert_int_equal(default_initializer(NN_SELU), NN_INIT_LECUN_NORMAL);
    assert_int_equal(default_initializer(NN_TANH), NN_INIT_GLOROT_UNIFORM);
    assert_int_equal(default_initializer(NN_SOFTMAX), NN_INIT_GLOROT_UNIFORM);
    const struct nni_initializer asked = {NN_INIT_NORMAL, 0.5};
    const struct nni_initializer kept = nni_initializer_for(asked, NN_RELU);
    assert_int_equal(kept.kind, NN_INIT_NORMAL);
    assert_number(kept.value, 0.5);
}

static void bad_initializers_are_refused(void **state)
{
    (void)state;
    nn_layer *layer = nn_dense(NULL, 3, NN_RELU);
    assert_refused(nn_layer_set_initializer(layer, "weights", NN_INIT_NORMAL, 1),
                   NN_ERROR_NAME, "'weight' and 'bias'");
    assert_refused(nn_layer_set_initializer(layer, "weight", 10, 1), NN_ERROR_ARGUMENT,
                   "0 ... 9");
    assert_refused(nn_layer_set_initializer(layer, "weight", -1, 1), NN_ERROR_ARGUMENT,
                   "-1");
    assert_refused(nn_layer_set_initializer(layer, "weight", NN_INIT_NORMAL, -1),
                   NN_ERROR_ARGUMENT, "normal");
    assert_refused(
        nn_layer_set_initializer(layer, "weight", NN_INIT_UNIFORM, (double)NAN),
        NN_ERROR_ARGUMENT, "nan");
    assert_refused(nn_layer_set_initializer(layer, "bias", NN_INIT_CONSTANT, 1e39),
                   NN_ERROR_ARGUMENT, "constant");
    assert_int_equal(nn_layer_set_initializer(layer, "bias", NN_INIT_CONSTANT, -1),
                     NN_OK);
    assert_int_equal(
        nn_layer_set_initializer(layer, "weight", NN_INIT_HE_NORMAL, (double)NAN), NN_OK);
    nn_layer_destroy(layer);
    layer = nn_dropout(NULL, 0.5);
    assert_refused(nn_layer_set_initializer(layer, "weight", NN_INIT_NORMAL, 1),
                   NN_ERROR_NAME, "dropout");
    nn_layer_destroy(layer);
}

static void rate_multipliers_are_finite_and_not_negative(void **state)
{
    (void)state;
    nn_layer *layer = nn_dense(NULL, 3, NN_RELU);
    assert_number(layer->rate_multiplier, 1);
    assert_int_equal(nn_layer_set_rate_multiplier(layer, 0.5), NN_OK);
    assert_refused(nn_layer_set_rate_multiplier(layer, -1), NN_ERROR_ARGUMENT, "-1");
    assert_refused(nn_layer_set_rate_multiplier(layer, (double)INFINITY),
                   NN_ERROR_ARGUMENT, "inf");
    assert_refused(nn_layer_set_rate_multiplier(layer, (double)NAN), NN_ERROR_ARGUMENT,
                   "nan");
    assert_number(layer->rate_multiplier, 0.5);
    assert_int_equal(nn_layer_set_trainable(layer, 0), NN_OK);
    assert_int_equal(layer->frozen, 1);
    assert_int_equal(nn_layer_set_trainable(layer, 7), NN_OK);
    assert_int_equal(layer->frozen, 0);
    nn_layer_destroy(layer);
}

static void a_copy_has_the_options_name_and_settings(void **state)
{
    (void)state;
    nn_layer *layer = nn_dense(NULL, 9, NN_ELU);
    nn_layer_set_float(layer, "alpha", 0.5);
    nn_layer_set_name(layer, "h");
    nn_layer_set_initializer(layer, "weight", NN_INIT_UNIFORM, 0.125);
    nn_layer_set_trainable(layer, 0);
    nn_layer_set_rate_multiplier(layer, 3);
    layer->applied = 1;
    layer->owner = &layer;
    nn_layer *copy = nni_layer_clone(layer);
    layer->owner = NULL;
    nn_layer_destroy(layer);
    assert_non_null(copy);
    assert_string_equal(nn_layer_name(copy), "h");
    assert_number(option_of(copy, "units"), 9);
    assert_number(option_of(copy, "activation"), NN_ELU);
    assert_number(option_of(copy, "alpha"), 0.5);
    assert_int_equal(copy->initializers[0].kind, NN_INIT_UNIFORM);
    assert_number(copy->initializers[0].value, 0.125);
    assert_int_equal(copy->frozen, 1);
    assert_number(copy->rate_multiplier, 3);
    assert_null(copy->owner);
    assert_int_equal(copy->applied, 0);
    nn_layer_destroy(copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unknown_options_are_refused_with_the_names_there_are),
        cmocka_unit_test(choices_are_set_by_name_and_refused_with_the_names),
        cmocka_unit_test(null_arguments_are_refused),
        cmocka_unit_test(a_null_layer_keeps_the_error_that_made_it_null),
        cmocka_unit_test(an_applied_layer_keeps_its_options_and_name),
        cmocka_unit_test(names_are_short_and_of_plain_characters),
        cmocka_unit_test(activation_names_are_their_numbers),
        cmocka_unit_test(initializer_names_are_their_numbers),
        cmocka_unit_test(default_initializers_suit_the_activation),
        cmocka_unit_test(bad_initializers_are_refused),
        cmocka_unit_test(rate_multipliers_are_finite_and_not_negative),
        cmocka_unit_test(a_copy_has_the_options_name_and_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
