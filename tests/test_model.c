/* Putting models together: stacks and graphs, names, outputs, and the flow of errors: a
 * model remembers the first one and answers every later call with it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"

#include <pthread.h>
#include <string.h>

static nn_layer *named(nn_layer *layer, const char *name)
{
    assert_ok(nn_layer_set_name(layer, name));
    return layer;
}

static nn_model *model_with_input(int64_t features)
{
    nn_model *model = nn_model_create(NULL);
    assert_non_null(model);
    assert_ok(nn_model_add(model, nn_input(NULL, features)));
    return model;
}

/* ---- stacks and graphs ---- */

static void a_stack_grows_layer_on_layer(void **state)
{
    (void)state;
    nn_model *model = model_with_input(5);
    assert_ok(nn_model_add(model, nn_dense(NULL, 3, NN_RELU)));
    assert_ok(nn_model_add(model, nn_dense(NULL, 2, NN_LINEAR)));
    assert_int_equal(nn_model_node_count(model), 3);
    assert_int_equal(nn_model_input_count(model), 1);
    assert_int_equal(nn_model_input_node(model, 0), 0);
    assert_string_equal(nn_layer_kind(nn_model_node_layer(model, 1)), "dense");
    int32_t rank, dtype;
    const int64_t *shape = nn_model_node_shape(model, 1, &rank, &dtype);
    assert_int_equal(rank, 1);
    assert_int_equal(dtype, NN_FLOAT32);
    assert_int_equal(shape[0], 3);
    nn_model_destroy(model);
}

static void the_last_node_of_a_stack_is_its_output(void **state)
{
    (void)state;
    nn_model *model = model_with_input(5);
    assert_int_equal(nn_model_output_node(model, 0), 0);
    assert_ok(nn_model_add(model, nn_dense(NULL, 3, NN_RELU)));
    assert_int_equal(nn_model_output_count(model), 1);
    assert_int_equal(nn_model_output_node(model, 0), 1);
    assert_int_equal(nn_model_output_node(model, 1), -1);
    nn_model_destroy(model);
}

static void named_outputs_come_in_the_order_of_their_naming(void **state)
{
    (void)state;
    nn_model *model = model_with_input(5);
    nn_node a = nn_model_apply(model, nn_dense(NULL, 3, NN_RELU), 0);
    nn_node b = nn_model_apply(model, nn_dense(NULL, 2, NN_RELU), a);
    nn_node c = nn_model_apply(model, nn_dense(NULL, 1, NN_RELU), b);
    assert_ok(nn_model_output(model, c));
    assert_ok(nn_model_output(model, a));
    assert_int_equal(nn_model_output_count(model), 2);
    assert_int_equal(nn_model_output_node(model, 0), c);
    assert_int_equal(nn_model_output_node(model, 1), a);
    assert_ok(nn_model_build(model));
    nn_model_destroy(model);
}

static void a_graph_has_the_nodes_that_were_applied(void **state)
{
    (void)state;
    int64_t image[] = {4, 4, 3};
    nn_model *model = nn_model_create(NULL);
    nn_node pixels = nn_model_input(model, NN_UINT8, image, 3);
    nn_node floats = nn_model_apply(model, nn_rescale(NULL, 1.0 / 255, 0), pixels);
    nn_node flat = nn_model_apply(model, nn_flatten(NULL), floats);
    nn_node one = nn_model_apply(model, nn_dense(NULL, 6, NN_TANH), flat);
    nn_node two = nn_model_apply(model, nn_dense(NULL, 6, NN_RELU), flat);
    nn_node sum = nn_model_apply_many(model, nn_add(NULL), (nn_node[]){one, two}, 2);
    assert_int_equal(sum, 5);
    int32_t rank, dtype;
    const int64_t *shape = nn_model_node_shape(model, pixels, &rank, &dtype);
    assert_int_equal(rank, 3);
    assert_int_equal(dtype, NN_UINT8);
    assert_memory_equal(shape, image, sizeof image);
    assert_int_equal(nn_model_node_shape(model, flat, NULL, NULL)[0], 48);
    assert_ok(nn_model_output(model, sum));
    assert_ok(nn_model_build(model));
    nn_model_destroy(model);
}

static void a_node_may_be_used_many_times(void **state)
{
    (void)state;
    nn_model *model = model_with_input(2);
    nn_node twice = nn_model_apply_many(model, nn_add(NULL), (nn_node[]){0, 0}, 2);
    nn_node square =
        nn_model_apply_many(model, nn_multiply(NULL), (nn_node[]){twice, twice}, 2);
    assert_ok(nn_model_output(model, square));
    nn_tensor *x = tensor_of_rows(1, 2, (double[]){3, -1});
    nn_tensor *y = tensor_of_rows(1, 2, (double[]){0, 0});
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &y, 1));
    assert_float_equal(nn_tensor_floats(y)[0], 36, 0);
    assert_float_equal(nn_tensor_floats(y)[1], 4, 0);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_model_destroy(model);
}

static void an_input_may_be_the_output(void **state)
{
    (void)state;
    nn_model *model = model_with_input(3);
    nn_tensor *x = tensor_of_rows(2, 3, (double[]){1, 2, 3, 4, 5, 6});
    nn_tensor *y = nn_tensor_clone(x);
    assert_ok(nn_tensor_fill(y, 0));
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &y, 1));
    assert_memory_equal(nn_tensor_floats(x), nn_tensor_floats(y), 6 * sizeof(float));
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_model_destroy(model);
}

static void a_deep_stack_is_no_harder(void **state)
{
    (void)state;
    nn_model *model = model_with_input(4);
    for (int i = 0; i < 300; i++)
        nn_model_add(model, nn_activation(NULL, NN_TANH));
    assert_ok(nn_model_add(model, nn_dense(NULL, 1, NN_LINEAR)));
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_node_count(model), 302);
    nn_model_destroy(model);
}

/* ---- names ---- */

static void layers_without_names_are_numbered_by_kind(void **state)
{
    (void)state;
    nn_model *model = model_with_input(4);
    nn_model_add(model, nn_dense(NULL, 4, NN_RELU));
    nn_model_add(model, nn_dropout(NULL, 0.5));
    assert_ok(nn_model_add(model, nn_dense(NULL, 4, NN_RELU)));
    const char *names[] = {"input_1", "dense_1", "dropout_1", "dense_2"};
    for (nn_node i = 0; i < 4; i++)
        assert_string_equal(nn_layer_name(nn_model_node_layer(model, i)), names[i]);
    nn_model_destroy(model);
}

static void given_names_are_never_given_again(void **state)
{
    (void)state;
    nn_model *model = model_with_input(4);
    nn_model_add(model, named(nn_dense(NULL, 4, NN_RELU), "dense_1"));
    nn_model_add(model, named(nn_dense(NULL, 4, NN_RELU), "dense_3"));
    nn_model_add(model, nn_dense(NULL, 4, NN_RELU));
    assert_ok(nn_model_add(model, nn_dense(NULL, 4, NN_RELU)));
    assert_string_equal(nn_layer_name(nn_model_node_layer(model, 3)), "dense_2");
    assert_string_equal(nn_layer_name(nn_model_node_layer(model, 4)), "dense_4");
    nn_model_destroy(model);
}

static void two_layers_of_one_name_are_refused(void **state)
{
    (void)state;
    nn_model *model = model_with_input(4);
    nn_model_add(model, named(nn_dense(NULL, 4, NN_RELU), "hidden"));
    assert_int_equal(nn_model_add(model, named(nn_dense(NULL, 4, NN_RELU), "hidden")),
                     NN_ERROR_NAME);
    assert_failure(NN_ERROR_NAME, "'hidden'");
    nn_model_destroy(model);
}

static void layers_are_found_by_name(void **state)
{
    (void)state;
    nn_model *model = model_with_input(4);
    nn_layer *hidden = named(nn_dense(NULL, 4, NN_RELU), "hidden");
    assert_ok(nn_model_add(model, hidden));
    assert_ptr_equal(nn_model_layer(model, "hidden"), hidden);
    assert_null(nn_model_layer(model, "hiden"));
    assert_failure(NN_ERROR_NAME, "nn_model_layer: the model has no layer 'hiden'");
    assert_ok(nn_model_status(model));
    nn_model_destroy(model);
}

/* ---- the flow of errors ---- */

/* 1 where every kind of call on the model fails with these words. */
static void assert_every_call_fails(nn_model *model, nn_status status, const char *words)
{
    int64_t shape[] = {2};
    size_t length;
    assert_int_equal(nn_model_add(model, nn_dense(NULL, 2, NN_RELU)), status);
    assert_failure(status, words);
    assert_true(nn_model_input(model, NN_FLOAT32, shape, 1) < 0);
    assert_failure(status, words);
    assert_true(nn_model_apply(model, nn_dense(NULL, 2, NN_RELU), 0) < 0);
    assert_failure(status, words);
    assert_true(nn_model_apply_many(model, nn_add(NULL), (nn_node[]){0, 0}, 2) < 0);
    assert_failure(status, words);
    assert_int_equal(nn_model_output(model, 0), status);
    assert_int_equal(nn_model_set_seed(model, 1), status);
    assert_int_equal(nn_model_build(model), status);
    assert_int_equal(nn_model_initialize(model, 1), status);
    assert_null(nn_model_clone(model));
    assert_failure(status, words);
    assert_int_equal(nn_model_predict(model, NULL, 0, NULL, 0), status);
    assert_int_equal(nn_model_summary(model, NULL, 0, &length), status);
    assert_int_equal(nn_model_dot(model, NULL, 0, &length), status);
    assert_null(nn_session_create(model, 0));
    assert_failure(status, words);
    assert_null(nn_trainer_create(model, nn_mean_squared_error(NULL), nn_sgd(NULL, 0.1)));
    assert_failure(status, words);
}

static void the_first_error_answers_every_later_call(void **state)
{
    (void)state;
    nn_model *model = model_with_input(4);
    nn_node a = nn_model_apply(model, nn_dense(NULL, 3, NN_RELU), 0);
    nn_node bad = nn_model_apply_many(model, nn_add(NULL), (nn_node[]){0, a}, 2);
    assert_true(bad < 0);
    assert_failure(NN_ERROR_SHAPE, "add 'add_1': inputs 0 and 1 differ: (4) and (3)");
    assert_int_equal(nn_model_status(model), NN_ERROR_SHAPE);
    assert_string_equal(nn_model_error(model), nn_last_error());
    /* Other errors in between do not matter, nor does the bad node passed on. */
    assert_null(nn_dense(NULL, 0, NN_RELU));
    assert_true(nn_model_apply(model, nn_dense(NULL, 3, NN_RELU), bad) < 0);
    assert_every_call_fails(model, NN_ERROR_SHAPE, "inputs 0 and 1 differ: (4) and (3)");
    nn_model_destroy(model);
}

static void a_null_layer_passes_its_error_on(void **state)
{
    (void)state;
    nn_model *model = model_with_input(4);
    nn_model_add(model, nn_dense(NULL, 0, NN_RELU));
    assert_int_equal(nn_model_status(model), NN_ERROR_ARGUMENT);
    assert_non_null(strstr(nn_model_error(model), "units"));
    assert_every_call_fails(model, NN_ERROR_ARGUMENT, "units");
    nn_model_destroy(model);
}

static void a_shape_that_no_input_has_is_remembered(void **state)
{
    (void)state;
    int64_t shape[] = {3, 0};
    nn_model *model = nn_model_create(NULL);
    assert_true(nn_model_input(model, NN_FLOAT32, shape, 2) < 0);
    assert_int_equal(nn_model_status(model), nn_last_status());
    assert_true(nn_model_status(model) != NN_OK);
    nn_model_destroy(model);
}

/* What happens in a thread that has seen no failure yet. */
struct first_failure {
    nn_status status, last_status;
    char text[256];
};

static void *add_null(void *data)
{
    struct first_failure *failure = data;
    nn_model *model = nn_model_create(NULL);
    failure->status = nn_model_add(model, NULL);
    failure->last_status = nn_last_status();
    strncpy(failure->text, nn_last_error(), sizeof failure->text - 1);
    nn_model_destroy(model);
    return NULL;
}

static void *use_no_model(void *data)
{
    struct first_failure *failure = data;
    failure->status = nn_model_add(NULL, nn_input(NULL, 3));
    failure->last_status = nn_last_status();
    strncpy(failure->text, nn_last_error(), sizeof failure->text - 1);
    return NULL;
}

static struct first_failure in_a_new_thread(void *(*run)(void *))
{
    struct first_failure failure = {0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, run, &failure), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    return failure;
}

static void a_layer_that_is_simply_null_is_named(void **state)
{
    (void)state;
    struct first_failure failure = in_a_new_thread(add_null);
    assert_int_equal(failure.status, NN_ERROR_NULL);
    assert_int_equal(failure.last_status, NN_ERROR_NULL);
    assert_string_equal(failure.text, "nn_model_add: layer is NULL");
}

static void a_null_model_is_an_error_and_the_layer_is_not_lost(void **state)
{
    (void)state;
    struct first_failure failure = in_a_new_thread(use_no_model);
    assert_int_equal(failure.status, NN_ERROR_NULL);
    assert_string_equal(failure.text, "nn_model_add: model is NULL");
    int64_t shape[] = {2};
    assert_true(nn_model_input(NULL, NN_FLOAT32, shape, 1) < 0);
    assert_true(nn_model_apply(NULL, nn_dense(NULL, 2, NN_RELU), 0) < 0);
    assert_true(nn_model_apply_many(NULL, nn_add(NULL), NULL, 2) < 0);
    assert_int_equal(nn_model_output(NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_model_build(NULL), NN_ERROR_NULL);
    assert_int_equal(nn_model_set_seed(NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_model_initialize(NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_model_status(NULL), NN_ERROR_NULL);
    assert_null(nn_model_clone(NULL));
    assert_null(nn_session_create(NULL, 0));
}

static void looking_at_nothing_finds_nothing(void **state)
{
    (void)state;
    nn_model_destroy(NULL);
    assert_null(nn_model_error(NULL));
    assert_int_equal(nn_model_node_count(NULL), 0);
    assert_int_equal(nn_model_input_count(NULL), 0);
    assert_int_equal(nn_model_output_count(NULL), 0);
    assert_int_equal(nn_model_input_node(NULL, 0), -1);
    assert_int_equal(nn_model_output_node(NULL, 0), -1);
    assert_null(nn_model_node_layer(NULL, 0));
    assert_null(nn_model_layer(NULL, "x"));
    assert_null(nn_model_node_shape(NULL, 0, NULL, NULL));
    nn_model *model = model_with_input(2);
    assert_string_equal(nn_model_error(model), "");
    assert_int_equal(nn_model_input_node(model, 1), -1);
    assert_int_equal(nn_model_input_node(model, -1), -1);
    assert_null(nn_model_node_layer(model, 1));
    assert_null(nn_model_node_layer(model, -1));
    assert_null(nn_model_layer(model, NULL));
    assert_null(nn_model_node_shape(model, 1, NULL, NULL));
    nn_model_destroy(model);
}

/* ---- what is refused ---- */

static void a_model_begins_with_an_input(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    assert_int_equal(nn_model_add(model, nn_dense(NULL, 2, NN_RELU)), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "dense 'dense_1': cannot come first");
    nn_model_destroy(model);
}

static void layers_say_how_many_inputs_they_take(void **state)
{
    (void)state;
    nn_model *model = model_with_input(2);
    assert_true(
        nn_model_apply_many(model, nn_dense(NULL, 2, NN_RELU), (nn_node[]){0, 0}, 2) < 0);
    assert_failure(NN_ERROR_ARGUMENT, "dense 'dense_1': takes 1 input, got 2");
    nn_model_destroy(model);
    model = model_with_input(2);
    assert_int_equal(nn_model_add(model, nn_add(NULL)), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "takes 2 ... 64 inputs, got 1");
    nn_model_destroy(model);
    model = model_with_input(2);
    assert_true(nn_model_apply_many(model, nn_add(NULL), (nn_node[]){0, 0}, -1) < 0);
    assert_failure(NN_ERROR_SIZE, "count must be at least 0, got -1");
    nn_model_destroy(model);
    model = model_with_input(2);
    assert_true(nn_model_apply_many(model, nn_add(NULL), NULL, 2) < 0);
    assert_failure(NN_ERROR_NULL, "nn_model_apply_many: inputs is NULL");
    nn_model_destroy(model);
}

static void nodes_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    nn_node wrong[] = {7, 1, -1, INT32_MIN, INT32_MAX};
    for (int i = 0; i < 5; i++) {
        nn_model *model = model_with_input(2);
        assert_true(nn_model_apply(model, nn_dense(NULL, 2, NN_RELU), wrong[i]) < 0);
        assert_failure(NN_ERROR_ARGUMENT, "but the model has 1 nodes");
        nn_model_destroy(model);
    }
}

static void outputs_are_nodes_of_floats_named_once(void **state)
{
    (void)state;
    int64_t shape[] = {4};
    nn_model *model = model_with_input(2);
    assert_int_equal(nn_model_output(model, 1), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT,
                   "nn_model_output: there is no node 1, the model has 1");
    nn_model_destroy(model);
    model = model_with_input(2);
    assert_ok(nn_model_output(model, 0));
    assert_int_equal(nn_model_output(model, 0), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "node 0 is output 0 already");
    nn_model_destroy(model);
    model = nn_model_create(NULL);
    assert_int_equal(nn_model_output(model, nn_model_input(model, NN_INT32, shape, 1)),
                     NN_ERROR_DTYPE);
    assert_failure(NN_ERROR_DTYPE, "node 0 is int32, not float32");
    nn_model_destroy(model);
}

static void a_layer_belongs_to_one_model(void **state)
{
    (void)state;
    nn_model *first = model_with_input(2), *second = model_with_input(2);
    nn_layer *layer = nn_dense(NULL, 2, NN_RELU);
    assert_ok(nn_model_add(first, layer));
    assert_int_equal(nn_model_add(second, layer), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "layer 'dense_1' belongs to another model");
    assert_ok(nn_model_build(first));
    nn_layer_destroy(layer); /* stays with its model */
    assert_ptr_equal(nn_model_layer(first, "dense_1"), layer);
    nn_model_destroy(second);
    nn_model_destroy(first);
}

static void contexts_are_not_mixed(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_model *model = nn_model_create(context);
    assert_int_equal(nn_model_add(model, nn_input(NULL, 2)), NN_ERROR_CONTEXT);
    assert_failure(NN_ERROR_CONTEXT, "model and layer");
    nn_model_destroy(model);
    model = nn_model_create(context);
    assert_ok(nn_model_add(model, nn_input(context, 2)));
    assert_true(nn_model_apply(model, nn_dense(NULL, 2, NN_RELU), 0) < 0);
    assert_int_equal(nn_model_status(model), NN_ERROR_CONTEXT);
    nn_model_destroy(model);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
}

static void a_built_model_is_finished_but_not_spoiled(void **state)
{
    (void)state;
    nn_model *model = model_with_input(2);
    assert_ok(nn_model_add(model, nn_dense(NULL, 2, NN_RELU)));
    assert_ok(nn_model_build(model));
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_add(model, nn_dense(NULL, 2, NN_RELU)), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "nn_model_add: the model is built");
    assert_true(nn_model_apply(model, nn_model_layer(model, "dense_1"), 1) < 0);
    assert_int_equal(nn_model_output(model, 0), NN_ERROR_STATE);
    assert_ok(nn_model_status(model));
    assert_int_equal(nn_model_node_count(model), 2);
    assert_int_equal(nn_model_output_node(model, 0), 1);
    nn_model_destroy(model);
}

static void an_empty_model_cannot_be_built(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    assert_int_equal(nn_model_build(model), NN_ERROR_GRAPH);
    assert_failure(NN_ERROR_GRAPH, "the model has no input");
    assert_null(nn_session_create(model, 0));
    assert_failure(NN_ERROR_GRAPH, "the model has no input");
    assert_int_equal(nn_model_output_count(model), 0);
    nn_model_destroy(model);
}

static void an_input_that_leads_nowhere_is_named_and_building_can_be_repeated(
    void **state)
{
    (void)state;
    int64_t shape[] = {2};
    nn_model *model = model_with_input(2);
    nn_node other = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_node a = nn_model_apply(model, nn_dense(NULL, 2, NN_RELU), 0);
    assert_int_equal(nn_model_build(model), NN_ERROR_GRAPH);
    assert_failure(NN_ERROR_GRAPH, "input 1 ('input_2') leads to no output");
    assert_ok(nn_model_status(model));
    nn_model_apply_many(model, nn_add(NULL), (nn_node[]){a, other}, 2);
    assert_ok(nn_model_build(model));
    nn_model_destroy(model);
}

static void nodes_that_lead_nowhere_are_allowed(void **state)
{
    (void)state;
    nn_model *model = model_with_input(2);
    nn_node a = nn_model_apply(model, nn_dense(NULL, 2, NN_RELU), 0);
    nn_model_apply(model, named(nn_dense(NULL, 5, NN_RELU), "unused"), a);
    assert_ok(nn_model_output(model, a));
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_parameter_count(model), 4);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(NULL), nn_adamw(NULL, 0.1));
    nn_tensor *x = tensor_of_rows(1, 2, (double[]){1, 2});
    nn_tensor *before = nn_tensor_clone(nn_model_parameter_named(model, "unused.weight"));
    assert_ok(nn_trainer_step(trainer, (const nn_tensor *const *)&x, 1,
                              (const nn_tensor *const *)&x, 1, NULL, NULL));
    assert_memory_equal(
        nn_tensor_floats(before),
        nn_tensor_floats(nn_model_parameter_named(model, "unused.weight")),
        10 * sizeof(float));
    nn_tensor_destroy(before);
    nn_tensor_destroy(x);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void an_output_of_integers_cannot_be_built(void **state)
{
    (void)state;
    int64_t shape[] = {2};
    nn_model *model = nn_model_create(NULL);
    assert_int_equal(nn_model_input(model, NN_UINT8, shape, 1), 0);
    assert_int_equal(nn_model_build(model), NN_ERROR_DTYPE);
    assert_failure(NN_ERROR_DTYPE, "node 0, is uint8, not float32");
    nn_model_destroy(model);
}

static void a_shared_layer_has_one_input_shape(void **state)
{
    (void)state;
    int64_t shape[] = {3};
    nn_model *model = model_with_input(2);
    nn_layer *shared = nn_dense(NULL, 4, NN_TANH);
    nn_model_apply(model, shared, 0);
    nn_node other = nn_model_input(model, NN_FLOAT32, shape, 1);
    assert_true(nn_model_apply(model, shared, other) < 0);
    assert_failure(NN_ERROR_SHAPE,
                   "dense 'dense_1': is shared, but its weight is (2, 4) at "
                   "node 1 and (3, 4) here");
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stack_grows_layer_on_layer),
        cmocka_unit_test(the_last_node_of_a_stack_is_its_output),
        cmocka_unit_test(named_outputs_come_in_the_order_of_their_naming),
        cmocka_unit_test(a_graph_has_the_nodes_that_were_applied),
        cmocka_unit_test(a_node_may_be_used_many_times),
        cmocka_unit_test(an_input_may_be_the_output),
        cmocka_unit_test(a_deep_stack_is_no_harder),
        cmocka_unit_test(layers_without_names_are_numbered_by_kind),
        cmocka_unit_test(given_names_are_never_given_again),
        cmocka_unit_test(two_layers_of_one_name_are_refused),
        cmocka_unit_test(layers_are_found_by_name),
        cmocka_unit_test(the_first_error_answers_every_later_call),
        cmocka_unit_test(a_null_layer_passes_its_error_on),
        cmocka_unit_test(a_shape_that_no_input_has_is_remembered),
        cmocka_unit_test(a_layer_that_is_simply_null_is_named),
        cmocka_unit_test(a_null_model_is_an_error_and_the_layer_is_not_lost),
        cmocka_unit_test(looking_at_nothing_finds_nothing),
        cmocka_unit_test(a_model_begins_with_an_input),
        cmocka_unit_test(layers_say_how_many_inputs_they_take),
        cmocka_unit_test(nodes_that_do_not_exist_are_refused),
        cmocka_unit_test(outputs_are_nodes_of_floats_named_once),
        cmocka_unit_test(a_layer_belongs_to_one_model),
        cmocka_unit_test(contexts_are_not_mixed),
        cmocka_unit_test(a_built_model_is_finished_but_not_spoiled),
        cmocka_unit_test(an_empty_model_cannot_be_built),
        cmocka_unit_test(
            an_input_that_leads_nowhere_is_named_and_building_can_be_repeated),
        cmocka_unit_test(nodes_that_lead_nowhere_are_allowed),
        cmocka_unit_test(an_output_of_integers_cannot_be_built),
        cmocka_unit_test(a_shared_layer_has_one_input_shape),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
