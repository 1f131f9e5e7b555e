/* Options by name: setting by every type, ranges and their messages, lists, copies. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/memory.h"
#include "base/options.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct sample {
    int64_t units;
    int64_t wide;
    double rate;
    double scale;
    double clip;
    double any;
    int32_t activation;
    int32_t dtype;
    struct nni_int_list shape;
    struct nni_float_list deviation;
};

static const char *const activations[] = {"linear", "sigmoid", "relu", NULL};
static const char *const dtypes[] = {"", "float32", "uint8", NULL};

static const struct nni_option sample_options[] = {
    {.name = "units",
     .type = NNI_OPTION_INT,
     .offset = offsetof(struct sample, units),
     .minimum = 1,
     .maximum = 2147483647,
     .standard = 8},
    {.name = "wide",
     .type = NNI_OPTION_INT,
     .offset = offsetof(struct sample, wide),
     .minimum = 0,
     .maximum = 9223372036854775807.0,
     .open_minimum = 1,
     .standard = 1},
    {.name = "rate",
     .type = NNI_OPTION_FLOAT,
     .offset = offsetof(struct sample, rate),
     .minimum = 0,
     .maximum = 1,
     .open_maximum = 1,
     .standard = 0.5},
    {.name = "scale",
     .type = NNI_OPTION_FLOAT,
     .offset = offsetof(struct sample, scale),
     .minimum = -INFINITY,
     .maximum = INFINITY,
     .open_minimum = 1,
     .open_maximum = 1,
     .standard = 1},
    {.name = "clip",
     .type = NNI_OPTION_FLOAT,
     .offset = offsetof(struct sample, clip),
     .minimum = 0,
     .maximum = INFINITY,
     .open_minimum = 1,
     .standard = INFINITY},
    {.name = "any",
     .type = NNI_OPTION_FLOAT,
     .offset = offsetof(struct sample, any),
     .minimum = -INFINITY,
     .maximum = INFINITY},
    {.name = "activation",
     .type = NNI_OPTION_CHOICE,
     .offset = offsetof(struct sample, activation),
     .standard = 2,
     .choices = activations},
    {.name = "dtype",
     .type = NNI_OPTION_CHOICE,
     .offset = offsetof(struct sample, dtype),
     .standard = 1,
     .choices = dtypes},
    {.name = "shape",
     .type = NNI_OPTION_INTS,
     .offset = offsetof(struct sample, shape),
     .minimum = 1,
     .maximum = 1000},
    {.name = "deviation",
     .type = NNI_OPTION_FLOATS,
     .offset = offsetof(struct sample, deviation),
     .minimum = 0,
     .maximum = INFINITY,
     .open_minimum = 1,
     .open_maximum = 1},
};

static struct nni_options options_of(struct sample *sample, const nn_context *context)
{
    struct nni_options options = {context, "dense", sample, sample_options,
                                  NNI_COUNT(sample_options)};
    return options;
}

static int set_up(void **state)
{
    static struct sample sample;
    static struct nni_options options;
    memset(&sample, 0xa5, sizeof sample);
    sample.deviation = (struct nni_float_list){0};
    options = options_of(&sample, NULL);
    nni_options_reset(&options);
    *state = &options;
    return 0;
}

static int tear_down(void **state)
{
    nni_options_release(*state);
    return 0;
}

static struct sample *sample_in(void **state)
{
    const struct nni_options *options = *state;
    return options->object;
}

static double got(const struct nni_options *options, const char *name)
{
    double value;
    assert_int_equal(nni_options_get_number(options, name, &value), NN_OK);
    return value;
}

static void reset_writes_the_defaults(void **state)
{
    const struct sample *sample = sample_in(state);
    assert_int_equal(sample->units, 8);
    assert_true(sample->rate == 0.5);
    assert_int_equal(sample->activation, 2);
    assert_int_equal(sample->shape.count, 0);
    assert_int_equal(sample->deviation.count, 0);
    assert_null(sample->deviation.values);
}

static void options_are_set_and_got_by_name(void **state)
{
    const struct nni_options *options = *state;
    assert_int_equal(nni_options_set_int(options, "units", 128), NN_OK);
    assert_int_equal(nni_options_set_number(options, "rate", 0.25), NN_OK);
    assert_int_equal(nni_options_set_int(options, "activation", 1), NN_OK);
    assert_true(got(options, "units") == 128);
    assert_true(got(options, "rate") == 0.25);
    assert_true(got(options, "activation") == 1);
    assert_int_equal(nni_options_set_text(options, "activation", "relu"), NN_OK);
    assert_true(got(options, "activation") == 2);
}

static void whole_numbers_pass_between_int_and_float_setters(void **state)
{
    const struct nni_options *options = *state;
    assert_int_equal(nni_options_set_number(options, "units", 7), NN_OK);
    assert_int_equal(nni_options_set_int(options, "rate", 0), NN_OK);
    assert_int_equal(nni_options_set_number(options, "activation", 0), NN_OK);
    assert_true(got(options, "units") == 7);
    assert_true(got(options, "rate") == 0);
    assert_true(got(options, "activation") == 0);
    assert_int_equal(nni_options_set_number(options, "units", 2.5), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(),
                        "dense: option 'units' takes a whole number, got 2.5");
    assert_true(got(options, "units") == 7);
}

static void an_unknown_name_lists_those_there_are(void **state)
{
    const struct nni_options *options = *state;
    assert_int_equal(nni_options_set_int(options, "unit", 1), NN_ERROR_NAME);
    assert_string_equal(
        nn_last_error(),
        "dense has no option 'unit'; it has units, wide, rate, scale, clip, "
        "any, activation, dtype, shape, deviation");
    double value = 7;
    assert_int_equal(nni_options_get_number(options, "unit", &value), NN_ERROR_NAME);
    assert_true(value == 0);
    assert_int_equal(nni_options_set_number(options, "unit", 1), NN_ERROR_NAME);
    assert_int_equal(nni_options_set_text(options, "unit", "relu"), NN_ERROR_NAME);
    assert_int_equal(nni_options_set_ints(options, "unit", NULL, 0), NN_ERROR_NAME);
    assert_int_equal(nni_options_set_floats(options, "unit", NULL, 0), NN_ERROR_NAME);
    struct nni_options none = {NULL, "flatten", NULL, NULL, 0};
    assert_int_equal(nni_options_set_int(&none, "unit", 1), NN_ERROR_NAME);
    assert_string_equal(nn_last_error(), "flatten has no option 'unit'; it has none");
}

static void a_long_list_of_names_is_cut(void **state)
{
    (void)state;
    static char names[40][48];
    static struct nni_option table[40];
    for (int i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "a_rather_long_option_name_%d", i);
        table[i].name = names[i];
    }
    struct nni_options options = {NULL, "long", NULL, table, 40};
    assert_int_equal(nni_options_set_int(&options, "x", 1), NN_ERROR_NAME);
    assert_non_null(strstr(nn_last_error(), "a_rather_long_option_name_0, "));
}

static void the_range_and_the_value_are_named(void **state)
{
    const struct nni_options *options = *state;
    const struct {
        const char *name;
        double value;
        const char *text;
    } cases[] = {
        {"units", -5, "dense: option 'units' must be in 1 ... 2147483647, got -5"},
        {"units", 1e300, "dense: option 'units' must be in 1 ... 2147483647, got 1e+300"},
        {"units", NAN, "dense: option 'units' must be in 1 ... 2147483647, got nan"},
        {"wide", 0, "dense: option 'wide' must be above 0, got 0"},
        {"rate", 1, "dense: option 'rate' must be at least 0 and below 1, got 1"},
        {"rate", -0.1, "dense: option 'rate' must be at least 0 and below 1, got -0.1"},
        {"rate", NAN, "dense: option 'rate' must be at least 0 and below 1, got nan"},
        {"scale", INFINITY, "dense: option 'scale' must be finite, got inf"},
        {"scale", -INFINITY, "dense: option 'scale' must be finite, got -inf"},
        {"clip", 0, "dense: option 'clip' must be above 0, got 0"},
        {"any", NAN, "dense: option 'any' must be a number, got nan"},
        {"activation", 3,
         "dense: option 'activation' must be one of linear, sigmoid, relu; got 3"},
        {"activation", -1,
         "dense: option 'activation' must be one of linear, sigmoid, relu; got -1"},
        {"activation", NAN,
         "dense: option 'activation' must be one of linear, sigmoid, relu; got nan"},
        {"dtype", 0, "dense: option 'dtype' must be one of float32, uint8; got 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double before = got(options, cases[i].name);
        assert_int_equal(nni_options_set_number(options, cases[i].name, cases[i].value),
                         NN_ERROR_ARGUMENT);
        assert_string_equal(nn_last_error(), cases[i].text);
        assert_true(got(options, cases[i].name) == before);
    }
}

static void bounds_are_included_unless_they_are_open(void **state)
{
    const struct nni_options *options = *state;
    assert_int_equal(nni_options_set_int(options, "units", 1), NN_OK);
    assert_int_equal(nni_options_set_int(options, "units", 2147483647), NN_OK);
    assert_int_equal(nni_options_set_int(options, "units", 2147483648),
                     NN_ERROR_ARGUMENT);
    assert_int_equal(nni_options_set_int(options, "wide", INT64_MAX), NN_OK);
    assert_int_equal(nni_options_set_int(options, "wide", 1), NN_OK);
    assert_int_equal(nni_options_set_number(options, "rate", 0), NN_OK);
    assert_int_equal(nni_options_set_number(options, "rate", nextafter(1, 0)), NN_OK);
    assert_int_equal(nni_options_set_number(options, "clip", INFINITY), NN_OK);
    assert_int_equal(nni_options_set_number(options, "any", -INFINITY), NN_OK);
}

static void a_choice_that_is_not_there_is_refused(void **state)
{
    const struct nni_options *options = *state;
    assert_int_equal(nni_options_set_text(options, "activation", "tan"),
                     NN_ERROR_ARGUMENT);
    assert_string_equal(
        nn_last_error(),
        "dense: option 'activation' must be one of linear, sigmoid, relu; got 'tan'");
    assert_int_equal(nni_options_set_text(options, "dtype", ""), NN_ERROR_ARGUMENT);
    assert_int_equal(nni_options_set_text(options, "dtype", "uint8"), NN_OK);
}

static void a_setter_of_another_type_is_refused(void **state)
{
    const struct nni_options *options = *state;
    const int64_t ints[] = {1};
    const float floats[] = {1};
    double value;
    assert_int_equal(nni_options_set_text(options, "units", "1"), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(),
                        "dense: option 'units' takes a whole number, got a text");
    assert_int_equal(nni_options_set_int(options, "shape", 1), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(), "dense: option 'shape' takes a list of whole "
                                         "numbers, got one whole number");
    assert_int_equal(nni_options_set_number(options, "deviation", 1), NN_ERROR_ARGUMENT);
    assert_int_equal(nni_options_set_ints(options, "units", ints, 1), NN_ERROR_ARGUMENT);
    assert_int_equal(nni_options_set_floats(options, "shape", floats, 1),
                     NN_ERROR_ARGUMENT);
    assert_int_equal(nni_options_get_number(options, "shape", &value), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(),
                        "dense: option 'shape' is a list, not one number");
}

static void null_arguments_are_refused(void **state)
{
    const struct nni_options *options = *state;
    assert_int_equal(nni_options_set_int(options, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nni_options_set_text(options, "activation", NULL), NN_ERROR_NULL);
    assert_int_equal(nni_options_set_ints(options, "shape", NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nni_options_set_floats(options, "deviation", NULL, 1),
                     NN_ERROR_NULL);
    assert_int_equal(nni_options_get_number(options, "units", NULL), NN_ERROR_NULL);
}

static void lists_of_whole_numbers_are_set(void **state)
{
    const struct nni_options *options = *state;
    const struct sample *sample = sample_in(state);
    const int64_t shape[] = {28, 28, 1, 1, 1, 1, 1, 1, 1};
    assert_int_equal(nni_options_set_ints(options, "shape", shape, 2), NN_OK);
    assert_int_equal(sample->shape.count, 2);
    assert_int_equal(sample->shape.values[1], 28);
    assert_int_equal(nni_options_set_ints(options, "shape", shape, 9), NN_ERROR_SIZE);
    assert_string_equal(nn_last_error(),
                        "dense: option 'shape' has at most 8 numbers, got 9");
    assert_int_equal(nni_options_set_ints(options, "shape", shape, -1), NN_ERROR_SIZE);
    const int64_t bad[] = {28, 0};
    assert_int_equal(nni_options_set_ints(options, "shape", bad, 2), NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(),
                        "dense: option 'shape'[1] must be in 1 ... 1000, got 0");
    assert_int_equal(sample->shape.count, 2);
    assert_int_equal(nni_options_set_ints(options, "shape", NULL, 0), NN_OK);
    assert_int_equal(sample->shape.count, 0);
}

static void lists_of_numbers_are_copied(void **state)
{
    const struct nni_options *options = *state;
    const struct sample *sample = sample_in(state);
    float values[] = {1, 2, 3};
    assert_int_equal(nni_options_set_floats(options, "deviation", values, 3), NN_OK);
    values[0] = 9;
    assert_int_equal(sample->deviation.count, 3);
    assert_true(sample->deviation.values[0] == 1);
    values[1] = 0;
    assert_int_equal(nni_options_set_floats(options, "deviation", values, 3),
                     NN_ERROR_ARGUMENT);
    assert_string_equal(nn_last_error(),
                        "dense: option 'deviation'[1] must be finite and above 0, got 0");
    values[1] = NAN;
    assert_int_equal(nni_options_set_floats(options, "deviation", values, 3),
                     NN_ERROR_ARGUMENT);
    assert_int_equal(sample->deviation.count, 3);
    /* A list may be made of its own numbers. */
    assert_int_equal(
        nni_options_set_floats(options, "deviation", sample->deviation.values + 1, 2),
        NN_OK);
    assert_true(sample->deviation.values[0] == 2);
    assert_int_equal(nni_options_set_floats(options, "deviation", NULL, 0), NN_OK);
    assert_null(sample->deviation.values);
}

static void a_list_that_finds_no_memory_stays_as_it_was(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_context_set_memory_limit(context, 500);
    struct sample sample = {0};
    struct nni_options options = options_of(&sample, context);
    nni_options_reset(&options);
    const float values[200] = {1, 1};
    assert_int_equal(nni_options_set_floats(&options, "deviation", values, 2), NN_OK);
    float many[200];
    for (int i = 0; i < 200; i++) {
        many[i] = 1;
    }
    assert_int_equal(nni_options_set_floats(&options, "deviation", many, 200),
                     NN_ERROR_MEMORY_LIMIT);
    assert_int_equal(sample.deviation.count, 2);
    struct sample other = {0};
    struct nni_options others = options_of(&other, context);
    nni_options_reset(&others);
    nn_context *full = nn_context_create(NULL);
    nn_context_set_memory_limit(full, 1);
    others.context = full;
    assert_int_equal(nni_options_copy(&options, &others), NN_ERROR_MEMORY_LIMIT);
    nni_options_release(&others);
    nni_options_release(&options);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
    nn_context_destroy(full);
}

static void a_copy_has_every_option_and_its_own_lists(void **state)
{
    const struct nni_options *options = *state;
    const int64_t shape[] = {2, 3};
    const float deviation[] = {4, 5};
    nni_options_set_int(options, "units", 99);
    nni_options_set_number(options, "rate", 0.125);
    nni_options_set_text(options, "activation", "sigmoid");
    nni_options_set_ints(options, "shape", shape, 2);
    nni_options_set_floats(options, "deviation", deviation, 2);
    struct sample copy = {0};
    struct nni_options copied = options_of(&copy, NULL);
    nni_options_reset(&copied);
    assert_int_equal(nni_options_copy(options, &copied), NN_OK);
    assert_true(got(&copied, "units") == 99);
    assert_true(got(&copied, "rate") == 0.125);
    assert_true(got(&copied, "activation") == 1);
    assert_int_equal(copy.shape.count, 2);
    assert_int_equal(copy.shape.values[1], 3);
    assert_int_equal(copy.deviation.count, 2);
    assert_true(copy.deviation.values[1] == 5);
    assert_ptr_not_equal(copy.deviation.values, sample_in(state)->deviation.values);
    nni_options_release(&copied);
    assert_null(copy.deviation.values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reset_writes_the_defaults, set_up, tear_down),
        cmocka_unit_test_setup_teardown(options_are_set_and_got_by_name, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(whole_numbers_pass_between_int_and_float_setters,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_unknown_name_lists_those_there_are, set_up,
                                        tear_down),
        cmocka_unit_test(a_long_list_of_names_is_cut),
        cmocka_unit_test_setup_teardown(the_range_and_the_value_are_named, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(bounds_are_included_unless_they_are_open, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_choice_that_is_not_there_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_setter_of_another_type_is_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(null_arguments_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lists_of_whole_numbers_are_set, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(lists_of_numbers_are_copied, set_up, tear_down),
        cmocka_unit_test(a_list_that_finds_no_memory_stays_as_it_was),
        cmocka_unit_test_setup_teardown(a_copy_has_every_option_and_its_own_lists, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
