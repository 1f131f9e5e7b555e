/* Reading what a step computed: values and gradients of nodes, and of inputs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

/* y = 3 (2 x + 1) in two layers, compared with 0 by mean squared error:
 * J = mean y^2, dJ/dy = 2 y / n, dJ/dh = 3 dJ/dy, dJ/dx = 6 dJ/dy. */
struct chain {
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *x, *y;
};

static void set(nn_model *model, int32_t parameter, float value)
{
    assert_ok(nn_tensor_fill(nn_model_parameter(model, parameter), (double)value));
}

static struct chain chain_open(void)
{
    struct chain chain = {nn_model_create(NULL), NULL, NULL, NULL};
    nn_model_add(chain.model, nn_input(NULL, 1));
    nn_model_add(chain.model, nn_dense(NULL, 1, NN_LINEAR));
    nn_model_add(chain.model, nn_dense(NULL, 1, NN_LINEAR));
    assert_ok(nn_model_build(chain.model));
    set(chain.model, 0, 2);
    set(chain.model, 1, 1);
    set(chain.model, 2, 3);
    set(chain.model, 3, 0);
    chain.trainer = squared_trainer(chain.model, nn_sgd(NULL, 0));
    chain.x = tensor_of_rows(2, 1, (double[]){1, -2});
    chain.y = tensor_of_rows(2, 1, (double[]){0, 0});
    return chain;
}

static void chain_close(struct chain *chain)
{
    nn_tensor_destroy(chain->x);
    nn_tensor_destroy(chain->y);
    nn_trainer_destroy(chain->trainer);
    nn_model_destroy(chain->model);
}

static void chain_forward(struct chain *chain)
{
    assert_ok(nn_trainer_forward(chain->trainer, (const nn_tensor *const *)&chain->x, 1));
}

static void chain_backward(struct chain *chain)
{
    assert_ok(nn_trainer_backward(chain->trainer, (const nn_tensor *const *)&chain->y, 1,
                                  NULL, NULL));
}

/* A new tensor (2, 1) of these numbers, which goes. */
static void assert_numbers(nn_tensor *tensor, float a, float b)
{
    assert_non_null(tensor);
    assert_int_equal(nn_tensor_rank(tensor), 2);
    assert_int_equal(nn_tensor_dim(tensor, 0), 2);
    assert_int_equal(nn_tensor_dim(tensor, 1), 1);
    assert_float_equal(nn_tensor_floats(tensor)[0], a, 1e-6);
    assert_float_equal(nn_tensor_floats(tensor)[1], b, 1e-6);
    nn_tensor_destroy(tensor);
}

static void assert_not_kept(nn_tensor *tensor)
{
    assert_null(tensor);
    assert_failure(NN_ERROR_STATE, "is not kept");
}

static void kept_nodes_have_values_and_gradients(void **state)
{
    (void)state;
    struct chain chain = chain_open();
    assert_ok(nn_trainer_set_keep_nodes(chain.trainer, 1));
    chain_forward(&chain);
    assert_numbers(nn_trainer_node_value(chain.trainer, 0), 1, -2);
    assert_numbers(nn_trainer_node_value(chain.trainer, 1), 3, -3);
    assert_numbers(nn_trainer_node_value(chain.trainer, 2), 9, -9);
    chain_backward(&chain);
    assert_numbers(nn_trainer_node_gradient(chain.trainer, 2), 9, -9);
    assert_numbers(nn_trainer_node_gradient(chain.trainer, 1), 27, -27);
    assert_not_kept(nn_trainer_node_gradient(chain.trainer, 0)); /* nobody asked */
    assert_numbers(nn_trainer_node_value(chain.trainer, 1), 3, -3);
    chain_close(&chain);
}

static void inputs_and_outputs_are_kept_always(void **state)
{
    (void)state;
    struct chain chain = chain_open();
    chain_forward(&chain);
    chain_backward(&chain);
    assert_numbers(nn_trainer_node_value(chain.trainer, 0), 1, -2);
    assert_not_kept(nn_trainer_node_value(chain.trainer, 1));
    assert_numbers(nn_trainer_node_value(chain.trainer, 2), 9, -9);
    assert_not_kept(nn_trainer_node_gradient(chain.trainer, 1));
    assert_numbers(nn_trainer_node_gradient(chain.trainer, 2), 9, -9);
    chain_close(&chain);
}

/* After a whole step the caller's tensors may go at once, unless all nodes are kept. */
static void a_whole_step_holds_its_inputs_where_asked_for(void **state)
{
    (void)state;
    for (int32_t keep = 0; keep < 2; keep++) {
        struct chain chain = chain_open();
        assert_ok(nn_trainer_set_keep_nodes(chain.trainer, keep));
        assert_ok(nn_trainer_step(chain.trainer, (const nn_tensor *const *)&chain.x, 1,
                                  (const nn_tensor *const *)&chain.y, 1, NULL, NULL));
        nn_tensor_destroy(chain.x);
        chain.x = NULL;
        if (keep)
            assert_numbers(nn_trainer_node_value(chain.trainer, 0), 1, -2);
        else
            assert_not_kept(nn_trainer_node_value(chain.trainer, 0));
        assert_numbers(nn_trainer_node_value(chain.trainer, 2), 9, -9);
        chain_close(&chain);
    }
}

static void input_gradients_are_computed_where_asked_for(void **state)
{
    (void)state;
    struct chain chain = chain_open();
    assert_ok(nn_trainer_set_input_gradients(chain.trainer, 1));
    chain_forward(&chain);
    chain_backward(&chain);
    assert_numbers(nn_trainer_node_gradient(chain.trainer, 0), 54, -54);
    assert_ok(nn_trainer_set_input_gradients(chain.trainer, 0));
    chain_forward(&chain);
    chain_backward(&chain);
    assert_not_kept(nn_trainer_node_gradient(chain.trainer, 0));
    chain_close(&chain);
}

static void input_gradients_need_no_parameter_that_learns(void **state)
{
    (void)state;
    struct chain chain = chain_open();
    nn_trainer_destroy(chain.trainer);
    assert_ok(nn_layer_set_trainable(nn_model_node_layer(chain.model, 1), 0));
    assert_ok(nn_layer_set_trainable(nn_model_node_layer(chain.model, 2), 0));
    chain.trainer = squared_trainer(chain.model, nn_sgd(NULL, 0.1));
    assert_ok(nn_trainer_set_input_gradients(chain.trainer, 1));
    step_on(chain.trainer, chain.x, chain.y);
    assert_numbers(nn_trainer_node_gradient(chain.trainer, 0), 54, -54);
    assert_float_equal(nn_tensor_floats(nn_model_parameter(chain.model, 0))[0], 2, 0);
    chain_close(&chain);
}

static void keeping_and_input_gradients_change_no_bit_of_training(void **state)
{
    (void)state;
    uint64_t hash[4];
    nn_dataset *samples = class_samples(NULL, 60, 3);
    for (int i = 0; i < 4; i++) {
        nn_model *model = graph_network(NULL);
        nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
        assert_ok(nn_trainer_set_keep_nodes(trainer, i & 1));
        assert_ok(nn_trainer_set_input_gradients(trainer, i & 2));
        assert_ok(nn_trainer_fit(trainer, samples, NULL, 2));
        hash[i] = parameter_hash(model);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    for (int i = 1; i < 4; i++)
        assert_int_equal(hash[i], hash[0]);
    nn_dataset_destroy(samples);
}

static void a_node_used_twice_adds_its_gradients(void **state)
{
    (void)state;
    int64_t shape[] = {1};
    nn_model *model = nn_model_create(NULL);
    nn_node x = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_node square = nn_model_apply_many(model, nn_multiply(NULL), (nn_node[]){x, x}, 2);
    nn_model_output(model,
                    nn_model_apply_many(model, nn_add(NULL), (nn_node[]){square, x}, 2));
    nn_loss *loss = nn_output_as_loss(NULL);
    nn_trainer *trainer = nn_trainer_create_many(model, &loss, NULL, 1, NULL);
    nn_tensor *in = tensor_of_rows(2, 1, (double[]){3, -1});
    assert_ok(nn_trainer_set_input_gradients(trainer, 1));
    assert_ok(nn_trainer_forward(trainer, (const nn_tensor *const *)&in, 1));
    assert_ok(nn_trainer_backward(trainer, NULL, 0, NULL, NULL));
    /* J = mean (x^2 + x), dJ/dx = (2 x + 1) / 2 */
    assert_numbers(nn_trainer_node_gradient(trainer, 0), 3.5f, -0.5f);
    nn_tensor_destroy(in);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void values_keep_dtype_and_shape(void **state)
{
    (void)state;
    int64_t shape[] = {2, 2}, batch[] = {3, 2, 2};
    nn_model *model = nn_model_create(NULL);
    nn_model_input(model, NN_UINT8, shape, 2);
    nn_model_add(model, nn_rescale(NULL, 0.5, 0));
    nn_model_add(model, nn_mean(NULL, NN_ALL));
    nn_loss *loss = nn_output_as_loss(NULL);
    nn_trainer *trainer = nn_trainer_create_many(model, &loss, NULL, 1, NULL);
    nn_tensor *in = nn_tensor_create(NULL, NN_UINT8, batch, 3);
    assert_ok(nn_tensor_fill(in, 4));
    assert_ok(nn_trainer_set_keep_nodes(trainer, 1));
    assert_ok(nn_trainer_forward(trainer, (const nn_tensor *const *)&in, 1));
    nn_tensor *pixels = nn_trainer_node_value(trainer, 0);
    nn_tensor *means = nn_trainer_node_value(trainer, 2);
    assert_int_equal(nn_tensor_dtype(pixels), NN_UINT8);
    assert_memory_equal(nn_tensor_shape(pixels), batch, sizeof batch);
    assert_int_equal(nn_tensor_rank(means), 1);
    assert_int_equal(nn_tensor_dim(means, 0), 3);
    assert_float_equal(nn_tensor_floats(means)[2], 2, 0);
    nn_tensor_destroy(pixels);
    nn_tensor_destroy(means);
    nn_tensor_destroy(in);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void there_is_nothing_before_it_is_computed(void **state)
{
    (void)state;
    struct chain chain = chain_open();
    assert_null(nn_trainer_node_value(chain.trainer, 2));
    assert_failure(NN_ERROR_STATE, "nn_trainer_node_value: nothing is computed yet");
    chain_forward(&chain);
    assert_null(nn_trainer_node_gradient(chain.trainer, 2));
    assert_failure(NN_ERROR_STATE, "nn_trainer_node_gradient: nothing is computed yet");
    assert_null(nn_trainer_node_value(chain.trainer, 3));
    assert_failure(NN_ERROR_ARGUMENT, "there is no node 3, the model has 3");
    assert_null(nn_trainer_node_value(chain.trainer, -1));
    assert_failure(NN_ERROR_ARGUMENT, "there is no node -1");
    assert_null(nn_trainer_node_value(NULL, 0));
    assert_null(nn_trainer_node_gradient(NULL, 0));
    chain_close(&chain);
}

static int32_t look_at_parts(void *user, nn_trainer *trainer)
{
    (void)user;
    assert_null(nn_trainer_node_value(trainer, 2));
    assert_failure(NN_ERROR_STATE, "was computed in parts");
    assert_null(nn_trainer_node_gradient(trainer, 2));
    return 0;
}

static void of_a_batch_in_parts_nothing_is_kept(void **state)
{
    (void)state;
    struct chain chain = chain_open();
    assert_ok(nn_trainer_set_keep_nodes(chain.trainer, 1));
    assert_ok(nn_trainer_set_micro_batch(chain.trainer, 1));
    assert_ok(nn_trainer_set_gradient_hook(chain.trainer, look_at_parts, NULL));
    step_on(chain.trainer, chain.x, chain.y);
    chain_close(&chain);
}

static void there_is_a_gradient_for_every_parameter_and_no_other(void **state)
{
    (void)state;
    struct chain chain = chain_open();
    for (int32_t i = 0; i < 4; i++)
        assert_non_null(nn_trainer_gradient(chain.trainer, i));
    assert_null(nn_trainer_gradient(chain.trainer, 4));
    assert_null(nn_trainer_gradient(chain.trainer, -1));
    assert_null(nn_trainer_gradient(NULL, 0));
    chain_forward(&chain);
    chain_backward(&chain);
    /* dJ/dw2 = sum dJ/dy h = 9 * 3 + 9 * 3, dJ/db2 = 0 */
    assert_float_equal(nn_tensor_floats(nn_trainer_gradient(chain.trainer, 2))[0], 54, 0);
    assert_float_equal(nn_tensor_floats(nn_trainer_gradient(chain.trainer, 3))[0], 0, 0);
    /* dJ/dw1 = sum dJ/dh x = 27 * 1 + 27 * 2 */
    assert_float_equal(nn_tensor_floats(nn_trainer_gradient(chain.trainer, 0))[0], 81, 0);
    chain_close(&chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kept_nodes_have_values_and_gradients),
        cmocka_unit_test(inputs_and_outputs_are_kept_always),
        cmocka_unit_test(a_whole_step_holds_its_inputs_where_asked_for),
        cmocka_unit_test(input_gradients_are_computed_where_asked_for),
        cmocka_unit_test(input_gradients_need_no_parameter_that_learns),
        cmocka_unit_test(keeping_and_input_gradients_change_no_bit_of_training),
        cmocka_unit_test(a_node_used_twice_adds_its_gradients),
        cmocka_unit_test(values_keep_dtype_and_shape),
        cmocka_unit_test(there_is_nothing_before_it_is_computed),
        cmocka_unit_test(of_a_batch_in_parts_nothing_is_kept),
        cmocka_unit_test(there_is_a_gradient_for_every_parameter_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
