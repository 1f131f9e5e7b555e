/* What a failed call leaves of a model: nothing. Names, nodes and layers after errors that
 * the program has cleared; and names of very many layers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/networks.h"
#include "support/tensors.h"

#include <stdio.h>

static nn_model *small_model(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    assert_ok(nn_model_add(model, nn_input(context, 4)));
    assert_ok(nn_model_add(model, nn_dense(context, 3, NN_TANH)));
    return model;
}

static void a_new_layer_succeeds_where_memory_had_run_out(void **state)
{
    (void)state;
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    nn_model *model = small_model(context);
    nn_layer *layer = nn_dense(context, 2, NN_LINEAR);
    memory.left = 0;
    assert_int_equal(nn_model_add(model, layer), NN_ERROR_MEMORY);
    memory.left = -1;
    /* Whoever does not look gets the first error, not a network that lacks a layer. */
    assert_int_equal(nn_model_add(model, nn_dense(context, 2, NN_LINEAR)),
                     NN_ERROR_MEMORY);
    assert_int_equal(nn_model_build(model), NN_ERROR_MEMORY);
    assert_ok(nn_model_clear_error(model));
    assert_string_equal(nn_model_error(model), "");
    assert_int_equal(nn_model_node_count(model), 2);
    nn_layer *again = nn_dense(context, 2, NN_LINEAR);
    assert_ok(nn_model_add(model, again));
    assert_string_equal(nn_layer_name(again), "dense_2");
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_parameter_count(model), 4);
    nn_model_destroy(model);
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
}

static void the_layer_of_a_failed_call_may_be_applied_again(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    nn_layer *layer = nn_dense(NULL, 2, NN_LINEAR);
    assert_ok(nn_layer_set_name(layer, "head"));
    assert_int_equal(nn_model_apply(model, layer, 7), -1);
    assert_int_equal(nn_model_status(model), NN_ERROR_ARGUMENT);
    assert_null(nn_model_layer(model, "head"));
    assert_ok(nn_model_clear_error(model));
    assert_int_equal(nn_model_apply(model, layer, 1), 2);
    assert_ptr_equal(nn_model_layer(model, "head"), layer);
    nn_model_destroy(model);
}

static void a_failed_call_gives_the_name_back(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    nn_layer *failed = nn_dense(NULL, 2, NN_LINEAR), *named = nn_dense(NULL, 2, NN_RELU);
    assert_int_equal(nn_model_apply(model, failed, 7), -1);
    assert_string_equal(nn_layer_name(failed), "");
    assert_ok(nn_model_clear_error(model));
    /* Its number is the next one's, and its own comes when it is applied. */
    assert_ok(nn_layer_set_name(named, "dense_2"));
    assert_ok(nn_model_add(model, named));
    assert_ok(nn_model_add(model, failed));
    assert_string_equal(nn_layer_name(failed), "dense_3");
    nn_layer *twin = nn_dense(NULL, 2, NN_RELU);
    assert_ok(nn_layer_set_name(twin, "dense_3"));
    assert_int_equal(nn_model_add(model, twin), NN_ERROR_NAME);
    assert_ok(nn_model_clear_error(model));
    assert_ok(nn_layer_set_name(twin, "other"));
    assert_ok(nn_model_add(model, twin));
    nn_model_destroy(model);
}

static void clearing_needs_a_model(void **state)
{
    (void)state;
    assert_int_equal(nn_model_clear_error(NULL), NN_ERROR_NULL);
}

/* Quadratic work would take minutes here. */
static void very_many_layers_get_names(void **state)
{
    (void)state;
    enum { LAYERS = 20000 };
    char name[32];
    nn_model *model = nn_model_create(NULL);
    assert_ok(nn_model_add(model, nn_input(NULL, 1)));
    for (int32_t i = 1; i <= LAYERS; i++)
        assert_ok(nn_model_add(model, i % 2 == 0 ? nn_activation(NULL, NN_TANH)
                                                 : nn_dropout(NULL, 0.1)));
    for (int32_t i = 1; i <= LAYERS; i += 997) {
        nn_layer *layer = nn_model_node_layer(model, i);
        snprintf(name, sizeof name, "%s_%d", i % 2 == 0 ? "activation" : "dropout",
                 (int)(i + 1) / 2);
        assert_string_equal(nn_layer_name(layer), name);
        assert_ptr_equal(nn_model_layer(model, name), layer);
    }
    assert_ok(nn_model_build(model));
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_layer_succeeds_where_memory_had_run_out),
        cmocka_unit_test(the_layer_of_a_failed_call_may_be_applied_again),
        cmocka_unit_test(a_failed_call_gives_the_name_back),
        cmocka_unit_test(clearing_needs_a_model),
        cmocka_unit_test(very_many_layers_get_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
