/* Making layers: typed creators, creation by name, refusals, and memory that runs out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <nn/layer.h>

#include "layers/layer.h"
#include "support/tensors.h"

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

static void assert_no_layer(nn_layer *layer, nn_status expected, const char *part)
{
    assert_null(layer);
    assert_refused(nn_last_status(), expected, part);
}

static double option_of(const nn_layer *layer, const char *name)
{
    double value = -77;
    assert_int_equal(nn_layer_option(layer, name, &value), NN_OK);
    return value;
}

/* ---- making ---- */

static void every_kind_of_the_table_is_made_by_its_name(void **state)
{
    (void)state;
    int32_t kinds = 0;
    for (; nni_layer_type_at(kinds) != NULL; kinds++) {
        const struct nni_layer_type *type = nni_layer_type_at(kinds);
        nn_layer *layer = nn_layer_create(NULL, type->name);
        assert_non_null(layer);
        assert_string_equal(nn_layer_kind(layer), type->name);
        assert_string_equal(nn_layer_name(layer), "");
        assert_ptr_equal(nni_layer_type_named(type->name), type);
        nn_layer_destroy(layer);
    }
    assert_int_equal(kinds, 15);
    assert_null(nni_layer_type_at(-1));
}

static void ids_and_names_of_kinds_are_permanent(void **state)
{
    (void)state;
    static const char *const names[] = {
        NULL,          "input",   "dense",   "activation", "dropout",  "rescale",
        "standardize", "flatten", "reshape", "add",        "multiply", "concat",
        "slice",       "matmul",  "sum",     "mean",
    };
    for (int32_t i = 0; nni_layer_type_at(i) != NULL; i++) {
        const struct nni_layer_type *type = nni_layer_type_at(i);
        assert_in_range(type->id, 1, 15);
        assert_string_equal(names[type->id], type->name);
    }
    assert_int_equal(nni_layer_custom.id, 16);
}

static void an_unknown_kind_is_refused_with_the_names_there_are(void **state)
{
    (void)state;
    assert_no_layer(nn_layer_create(NULL, "dens"), NN_ERROR_NAME, "no layer 'dens'");
    assert_says(
        "input, dense, activation, dropout, rescale, standardize, flatten, reshape, "
        "add, multiply, concat, slice, matmul, sum, mean");
    assert_no_layer(nn_layer_create(NULL, "custom"), NN_ERROR_NAME, "custom");
    assert_no_layer(nn_layer_create(NULL, NULL), NN_ERROR_NULL, "kind is NULL");
}

static void defaults_are_the_documented_ones(void **state)
{
    (void)state;
    nn_layer *dense = nn_layer_create(NULL, "dense");
    assert_number(option_of(dense, "units"), 1);
    assert_number(option_of(dense, "activation"), NN_LINEAR);
    assert_number(option_of(dense, "bias"), 1);
    assert_number(option_of(dense, "alpha"), -1);
    nn_layer_destroy(dense);
    nn_layer *dropout = nn_layer_create(NULL, "dropout");
    assert_number(option_of(dropout, "rate"), 0.5);
    nn_layer_destroy(dropout);
    nn_layer *rescale = nn_layer_create(NULL, "rescale");
    assert_number(option_of(rescale, "scale"), 1);
    assert_number(option_of(rescale, "offset"), 0);
    nn_layer_destroy(rescale);
    nn_layer *mean = nn_layer_create(NULL, "mean");
    assert_number(option_of(mean, "axis"), NN_ALL);
    nn_layer_destroy(mean);
}

/* Sets one option of a layer made by name. */
static nn_layer *with_number(nn_layer *layer, const char *option, double value)
{
    assert_int_equal(nn_layer_set_float(layer, option, value), NN_OK);
    return layer;
}

/* Destroys both after comparing kinds and the options that are numbers. */
static void assert_alike(nn_layer *typed, nn_layer *named)
{
    assert_non_null(typed);
    assert_non_null(named);
    assert_ptr_equal(typed->type, named->type);
    for (int32_t i = 0; i < typed->type->option_count; i++) {
        const struct nni_option *option = &typed->type->options[i];
        if (option->type != NNI_OPTION_INTS && option->type != NNI_OPTION_FLOATS) {
            assert_number(option_of(typed, option->name), option_of(named, option->name));
        }
    }
    nn_layer_destroy(typed);
    nn_layer_destroy(named);
}

static void typed_creators_equal_creation_by_name(void **state)
{
    (void)state;
    nn_layer *dense = with_number(nn_layer_create(NULL, "dense"), "units", 12);
    assert_int_equal(nn_layer_set_text(dense, "activation", "gelu"), NN_OK);
    assert_alike(nn_dense(NULL, 12, NN_GELU), dense);
    assert_alike(nn_activation(NULL, NN_ELU),
                 with_number(nn_layer_create(NULL, "activation"), "activation", NN_ELU));
    assert_alike(nn_dropout(NULL, 0.25),
                 with_number(nn_layer_create(NULL, "dropout"), "rate", 0.25));
    assert_alike(nn_rescale(NULL, 0.5, -2),
                 with_number(with_number(nn_layer_create(NULL, "rescale"), "scale", 0.5),
                             "offset", -2));
    assert_alike(nn_flatten(NULL), nn_layer_create(NULL, "flatten"));
    assert_alike(nn_add(NULL), nn_layer_create(NULL, "add"));
    assert_alike(nn_multiply(NULL), nn_layer_create(NULL, "multiply"));
    assert_alike(nn_concat(NULL, -2),
                 with_number(nn_layer_create(NULL, "concat"), "axis", -2));
    nn_layer *slice = with_number(nn_layer_create(NULL, "slice"), "axis", 1);
    assert_int_equal(nn_layer_set_int(slice, "start", 3), NN_OK);
    assert_int_equal(nn_layer_set_int(slice, "count", 4), NN_OK);
    assert_alike(nn_slice(NULL, 1, 3, 4), slice);
    assert_alike(nn_matmul(NULL, 0, 5),
                 with_number(nn_layer_create(NULL, "matmul"), "transpose_b", 1));
    assert_alike(nn_sum(NULL, 2), with_number(nn_layer_create(NULL, "sum"), "axis", 2));
    assert_alike(nn_mean(NULL, NN_ALL), nn_layer_create(NULL, "mean"));
}

static void creators_refuse_values_outside_the_range(void **state)
{
    (void)state;
    assert_no_layer(nn_input(NULL, 0), NN_ERROR_SIZE, "input");
    assert_no_layer(nn_input(NULL, -1), NN_ERROR_SIZE, "-1");
    assert_no_layer(nn_dense(NULL, 0, NN_RELU), NN_ERROR_ARGUMENT, "units");
    assert_no_layer(nn_dense(NULL, 3, 12), NN_ERROR_ARGUMENT, "activation");
    assert_no_layer(nn_dense(NULL, 3, -1), NN_ERROR_ARGUMENT, "activation");
    assert_no_layer(nn_activation(NULL, 99), NN_ERROR_ARGUMENT, "99");
    assert_no_layer(nn_dropout(NULL, 1), NN_ERROR_ARGUMENT, "rate");
    assert_no_layer(nn_dropout(NULL, -0.1), NN_ERROR_ARGUMENT, "rate");
    assert_no_layer(nn_dropout(NULL, (double)NAN), NN_ERROR_ARGUMENT, "rate");
    assert_no_layer(nn_rescale(NULL, (double)INFINITY, 0), NN_ERROR_ARGUMENT, "scale");
    assert_no_layer(nn_rescale(NULL, 1, (double)NAN), NN_ERROR_ARGUMENT, "offset");
    assert_no_layer(nn_concat(NULL, 7), NN_ERROR_ARGUMENT, "axis");
    assert_no_layer(nn_slice(NULL, 0, -1, 2), NN_ERROR_ARGUMENT, "start");
    assert_no_layer(nn_slice(NULL, 0, 0, 0), NN_ERROR_ARGUMENT, "count");
    assert_no_layer(nn_slice(NULL, 9, 0, 1), NN_ERROR_ARGUMENT, "axis");
    assert_no_layer(nn_sum(NULL, 7), NN_ERROR_ARGUMENT, "axis");
    assert_no_layer(nn_mean(NULL, -1001), NN_ERROR_ARGUMENT, "axis");
}

static void input_refuses_bad_dtypes_ranks_and_sizes(void **state)
{
    (void)state;
    const int64_t large[8] = {INT64_MAX, 2, 1, 1, 1, 1, 1, 1};
    assert_no_layer(nn_input_shaped(NULL, 0, large, 1), NN_ERROR_DTYPE, "dtype");
    assert_no_layer(nn_input_shaped(NULL, 5, large, 1), NN_ERROR_DTYPE, "5");
    assert_no_layer(nn_input_shaped(NULL, NN_UINT8, large, 8), NN_ERROR_RANK, "rank");
    assert_no_layer(nn_input_shaped(NULL, NN_UINT8, large, -1), NN_ERROR_RANK, "rank");
    assert_no_layer(nn_input_shaped(NULL, NN_UINT8, large, 2), NN_ERROR_SIZE, "bytes");
    assert_no_layer(nn_input_shaped(NULL, NN_UINT8, NULL, 2), NN_ERROR_NULL, "NULL");
}

static void reshape_refuses_minus_one_and_bad_ranks(void **state)
{
    (void)state;
    const int64_t shape[8] = {2, -1, 1, 1, 1, 1, 1, 1};
    assert_no_layer(nn_reshape(NULL, shape, 2), NN_ERROR_ARGUMENT, "-1");
    assert_no_layer(nn_reshape(NULL, shape, 8), NN_ERROR_RANK, "8");
    assert_no_layer(nn_reshape(NULL, shape, -1), NN_ERROR_RANK, "-1");
    assert_no_layer(nn_reshape(NULL, NULL, 1), NN_ERROR_NULL, "values");
}

static void standardize_refuses_missing_and_bad_numbers(void **state)
{
    (void)state;
    const float good[2] = {1, 2};
    const float zero[2] = {1, 0};
    const float nan[2] = {NAN, 1};
    assert_no_layer(nn_standardize(NULL, NULL, good, 2), NN_ERROR_NULL, "mean");
    assert_no_layer(nn_standardize(NULL, good, NULL, 2), NN_ERROR_NULL, "deviation");
    assert_no_layer(nn_standardize(NULL, good, good, 0), NN_ERROR_SIZE, "count");
    assert_no_layer(nn_standardize(NULL, good, zero, 2), NN_ERROR_ARGUMENT, "deviation");
    assert_no_layer(nn_standardize(NULL, nan, good, 2), NN_ERROR_ARGUMENT, "mean");
}

static void destroying_leaves_layers_of_a_model_and_null_alone(void **state)
{
    (void)state;
    nn_layer *layer = nn_flatten(NULL);
    layer->owner = &layer;
    nn_layer_destroy(layer);
    assert_string_equal(nn_layer_kind(layer), "flatten");
    layer->owner = NULL;
    nn_layer_destroy(layer);
    nn_layer_destroy(NULL);
}

static void memory_of_layers_comes_from_their_context_and_goes_back(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    const uint64_t before = nn_context_memory_used(context);
    const float numbers[3] = {1, 2, 3};
    nn_layer *layer = nn_standardize(context, numbers, numbers, 3);
    assert_non_null(layer);
    assert_true(nn_context_memory_used(context) > before);
    nn_layer *copy = nni_layer_clone(layer);
    assert_non_null(copy);
    nn_layer_destroy(copy);
    nn_layer_destroy(layer);
    assert_int_equal(nn_context_memory_used(context), before);
    nn_context_destroy(context);
}

/* ---- memory that runs out ---- */

static nn_layer *make_standardize(nn_context *context)
{
    const float numbers[3] = {1, 2, 3};
    return nn_standardize(context, numbers, numbers, 3);
}

static nn_layer *make_clone(nn_context *context)
{
    nn_layer *layer = make_standardize(context);
    nn_layer *copy = layer != NULL ? nni_layer_clone(layer) : NULL;
    nn_layer_destroy(layer);
    return copy;
}

static nn_layer *make_dense(nn_context *context)
{
    return nn_dense(context, 4, NN_RELU);
}

/* Fails every allocation of a creator in turn. */
static void assert_survives_scarcity(nn_layer *(*make)(nn_context *context))
{
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    const int64_t blocks = memory.blocks;
    nn_layer *layer = NULL;
    for (int32_t allowed = 0; layer == NULL; allowed++) {
        assert_in_range(allowed, 0, 20);
        memory.left = allowed;
        layer = make(context);
        if (layer == NULL) {
            assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
            assert_int_equal(memory.blocks, blocks);
        }
    }
    nn_layer_destroy(layer);
    assert_int_equal(memory.blocks, blocks);
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
}

static void creators_survive_every_failing_allocation(void **state)
{
    (void)state;
    assert_survives_scarcity(make_dense);
    assert_survives_scarcity(make_standardize);
    assert_survives_scarcity(make_clone);
    assert_survives_scarcity(nn_flatten);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_the_table_is_made_by_its_name),
        cmocka_unit_test(ids_and_names_of_kinds_are_permanent),
        cmocka_unit_test(an_unknown_kind_is_refused_with_the_names_there_are),
        cmocka_unit_test(defaults_are_the_documented_ones),
        cmocka_unit_test(typed_creators_equal_creation_by_name),
        cmocka_unit_test(creators_refuse_values_outside_the_range),
        cmocka_unit_test(input_refuses_bad_dtypes_ranks_and_sizes),
        cmocka_unit_test(reshape_refuses_minus_one_and_bad_ranks),
        cmocka_unit_test(standardize_refuses_missing_and_bad_numbers),
        cmocka_unit_test(destroying_leaves_layers_of_a_model_and_null_alone),
        cmocka_unit_test(memory_of_layers_comes_from_their_context_and_goes_back),
        cmocka_unit_test(creators_survive_every_failing_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
