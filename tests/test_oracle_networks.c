/* Whole networks against PyTorch: values and gradients of all nodes and parameters, and
 * 20 steps with four optimizers. The networks are those of oracle/networks.py: the same
 * nodes in the same order, layers of the same names. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "oracle/networks_values.h"
#include "support/networks.h"
#include "support/oracle.h"

#include <string.h>

enum { NETWORKS = sizeof oracle_networks / sizeof oracle_networks[0] };

/* ---- the networks ---- */

static nn_layer *named(const char *name, nn_layer *layer)
{
    assert_ok(nn_layer_set_name(layer, name));
    return layer;
}

static nn_node dense(nn_model *model, const char *name, int64_t units, int32_t activation,
                     nn_node input)
{
    return nn_model_apply(model, named(name, nn_dense(NULL, units, activation)), input);
}

static nn_node join(nn_model *model, nn_layer *layer, nn_node a, nn_node b)
{
    return nn_model_apply_many(model, layer, (nn_node[]){a, b}, 2);
}

static void build_mlp(nn_model *model)
{
    nn_node x = nn_model_input(model, NN_FLOAT32, (int64_t[]){6}, 1);
    nn_node hidden = dense(model, "hidden", 8, NN_RELU, x);
    nn_node thinned = nn_model_apply(model, nn_dropout(NULL, 0), hidden);
    nn_node second = dense(model, "second", 5, NN_TANH, thinned);
    nn_model_output(model, dense(model, "logits", 3, NN_LINEAR, second));
}

static void build_graph(nn_model *model)
{
    nn_node x = nn_model_input(model, NN_FLOAT32, (int64_t[]){3, 4}, 2);
    nn_layer *shared = named("shared", nn_dense(NULL, 4, NN_TANH));
    nn_node once = nn_model_apply(model, shared, x);
    nn_node twice = nn_model_apply(model, shared, once);
    nn_node skip = join(model, nn_add(NULL), x, twice);
    nn_node gate = dense(model, "gate", 4, NN_SIGMOID, once);
    nn_node gated = join(model, nn_multiply(NULL), skip, gate);
    nn_node part = nn_model_apply(model, nn_slice(NULL, 1, 1, 2), x);
    nn_node both = join(model, nn_concat(NULL, 1), gated, part);
    nn_node scores = join(model, nn_matmul(NULL, 0, 1), both, both);
    nn_node attention = nn_model_apply(model, nn_activation(NULL, NN_SOFTMAX), scores);
    nn_node mixed = join(model, nn_matmul(NULL, 0, 0), attention, both);
    nn_node pooled = nn_model_apply(model, nn_mean(NULL, 0), mixed);
    nn_model_output(model, dense(model, "last", 2, NN_LINEAR, pooled));
}

static void build_heads(nn_model *model)
{
    nn_node pixels = nn_model_input(model, NN_UINT8, (int64_t[]){6}, 1);
    nn_node numbers = nn_model_input(model, NN_FLOAT32, (int64_t[]){5}, 1);
    nn_node scaled = nn_model_apply(model, nn_rescale(NULL, 1.0 / 64, -2), pixels);
    nn_node left = dense(model, "left", 5, NN_ELU, scaled);
    nn_node merged = join(model, nn_add(NULL), left, numbers);
    nn_node trunk = dense(model, "trunk", 6, NN_GELU, merged);
    nn_model_output(model, dense(model, "logits", 3, NN_LINEAR, trunk));
    nn_model_output(model, dense(model, "amount", 2, NN_SOFTPLUS, trunk));
}

static void build_binary(nn_model *model)
{
    const float mean = 0.5f, deviation = 2;
    nn_node x = nn_model_input(model, NN_FLOAT32, (int64_t[]){2, 4}, 2);
    nn_node standard =
        nn_model_apply(model, nn_standardize(NULL, &mean, &deviation, 1), x);
    nn_node wide = dense(model, "wide", 3, NN_SELU, standard);
    nn_node flat = nn_model_apply(model, nn_flatten(NULL), wide);
    nn_node square = nn_model_apply(model, nn_reshape(NULL, (int64_t[]){3, 2}, 2), flat);
    nn_node narrow = dense(model, "narrow", 3, NN_SILU, square);
    nn_node total = nn_model_apply(model, nn_sum(NULL, 0), narrow);
    nn_model_output(model, dense(model, "sure", 2, NN_SIGMOID, total));
}

static nn_loss *weighted(nn_loss *loss, const float *weights, int64_t count)
{
    assert_ok(nn_loss_set_floats(loss, "class_weights", weights, count));
    return loss;
}

static void losses_mlp(nn_loss **losses)
{
    losses[0] = weighted(nn_softmax_cross_entropy(NULL), (float[]){0.5f, 2.0f, 1.0f}, 3);
    assert_ok(nn_loss_set_float(losses[0], "label_smoothing", 0.125));
}

static void losses_graph(nn_loss **losses)
{
    losses[0] = nn_mean_squared_error(NULL);
}

static void losses_heads(nn_loss **losses)
{
    losses[0] = weighted(nn_softmax_cross_entropy(NULL), (float[]){1.0f, 3.0f, 0.5f}, 3);
    losses[1] = nn_huber(NULL, 0.5);
}

static void losses_binary(nn_loss **losses)
{
    losses[0] = weighted(nn_binary_cross_entropy(NULL), (float[]){1.0f, 4.0f}, 2);
}

struct recipe {
    const char *name;
    void (*build)(nn_model *model);
    void (*losses)(nn_loss **losses);
    double weights[2];
};

static const struct recipe recipes[] = {
    {"mlp", build_mlp, losses_mlp, {1}},
    {"graph", build_graph, losses_graph, {1}},
    {"heads", build_heads, losses_heads, {1, 0.25}},
    {"binary", build_binary, losses_binary, {1}},
};

/* ---- a network with its batch ---- */

struct network {
    const struct oracle_network *oracle;
    nn_model *model;
    nn_trainer *trainer;
    int32_t input_count, target_count;
    nn_tensor *inputs[ORACLE_TENSORS_MAX], *targets[ORACLE_TENSORS_MAX];
    nn_tensor *weights;
};

static void set_parameters(const struct network *network)
{
    nn_tensor *values[ORACLE_TENSORS_MAX];
    const struct oracle_tensor *parameters = network->oracle->parameters;
    oracle_make(parameters, values);
    for (int32_t i = 0; parameters[i].name != NULL; i++) {
        nn_tensor *w = nn_model_parameter_named(network->model, parameters[i].name);
        assert_non_null(w);
        assert_ok(nn_tensor_copy(values[i], w));
    }
    oracle_destroy(parameters, values);
}

static nn_optimizer *optimizer_of(const struct oracle_run *run)
{
    nn_optimizer *optimizer = nn_optimizer_create(NULL, run->optimizer);
    for (const struct oracle_setting *at = run->settings; at->name != NULL; at++) {
        assert_ok(nn_optimizer_set(optimizer, at->name, at->number));
    }
    return optimizer;
}

static void network_open(struct network *network, const struct oracle_network *oracle,
                         nn_optimizer *optimizer)
{
    const struct recipe *recipe = recipes;
    nn_loss *losses[2];
    while (strcmp(recipe->name, oracle->name) != 0) {
        recipe++;
        assert_true(recipe < recipes + sizeof recipes / sizeof recipes[0]);
    }
    network->oracle = oracle;
    network->model = nn_model_create(NULL);
    recipe->build(network->model);
    assert_ok(nn_model_build(network->model));
    set_parameters(network);
    recipe->losses(losses);
    network->trainer =
        nn_trainer_create_many(network->model, losses, recipe->weights,
                               nn_model_output_count(network->model), optimizer);
    assert_non_null(network->trainer);
    network->input_count = oracle_count(oracle->inputs);
    network->target_count = oracle_count(oracle->targets);
    oracle_make(oracle->inputs, network->inputs);
    oracle_make(oracle->targets, network->targets);
    oracle_make(oracle->weights, &network->weights);
}

static void network_close(struct network *network)
{
    oracle_destroy(network->oracle->inputs, network->inputs);
    oracle_destroy(network->oracle->targets, network->targets);
    nn_tensor_destroy(network->weights);
    nn_trainer_destroy(network->trainer);
    nn_model_destroy(network->model);
}

/* ---- the tests ---- */

static void check_nodes(const struct network *network)
{
    const struct oracle_network *oracle = network->oracle;
    assert_int_equal(nn_model_node_count(network->model), oracle_count(oracle->nodes));
    for (int32_t i = 0; oracle->nodes[i].name != NULL; i++) {
        const struct oracle_tensor *node = &oracle->nodes[i];
        if (node->dtype == NN_FLOAT32) {
            assert_new_near_oracle(oracle->name, node->name,
                                   nn_trainer_node_value(network->trainer, i),
                                   node->values);
        }
        nn_tensor *gradient = nn_trainer_node_gradient(network->trainer, i);
        if (node->gradient == NULL) {
            assert_null(gradient);
        } else {
            assert_new_near_oracle(oracle->name, node->name, gradient, node->gradient);
        }
    }
}

static void check_gradients(const struct network *network)
{
    const struct oracle_network *oracle = network->oracle;
    assert_int_equal(nn_model_parameter_count(network->model),
                     oracle_count(oracle->parameters));
    for (int32_t i = 0; oracle->parameters[i].name != NULL; i++) {
        const struct oracle_tensor *parameter = &oracle->parameters[i];
        assert_string_equal(nn_model_parameter_name(network->model, i), parameter->name);
        assert_near_oracle(oracle->name, parameter->name,
                           nn_trainer_gradient(network->trainer, i), parameter->gradient);
    }
}

static void values_and_gradients_agree_with_pytorch(void **state)
{
    (void)state;
    for (int32_t n = 0; n < NETWORKS; n++) {
        struct network network;
        double loss;
        network_open(&network, &oracle_networks[n], NULL);
        assert_ok(nn_trainer_set_keep_nodes(network.trainer, 1));
        assert_ok(nn_trainer_set_input_gradients(network.trainer, 1));
        assert_ok(nn_trainer_forward(network.trainer,
                                     (const nn_tensor *const *)network.inputs,
                                     network.input_count));
        assert_ok(nn_trainer_backward(network.trainer,
                                      (const nn_tensor *const *)network.targets,
                                      network.target_count, network.weights, &loss));
        assert_number_near_oracle(network.oracle->name, "loss", loss,
                                  network.oracle->loss);
        check_nodes(&network);
        check_gradients(&network);
        network_close(&network);
    }
}

static void predictions_agree_with_pytorch(void **state)
{
    (void)state;
    for (int32_t n = 0; n < NETWORKS; n++) {
        struct network network;
        nn_tensor *outputs[2];
        network_open(&network, &oracle_networks[n], NULL);
        const struct oracle_tensor *nodes = network.oracle->nodes;
        int32_t count = nn_model_output_count(network.model);
        for (int32_t i = 0; i < count; i++) {
            const struct oracle_tensor *node =
                &nodes[nn_model_output_node(network.model, i)];
            outputs[i] = nn_tensor_create(NULL, NN_FLOAT32, node->shape, node->rank);
        }
        assert_ok(nn_model_predict(network.model,
                                   (const nn_tensor *const *)network.inputs,
                                   network.input_count, outputs, count));
        for (int32_t i = 0; i < count; i++) {
            assert_new_near_oracle(network.oracle->name, "prediction", outputs[i],
                                   nodes[nn_model_output_node(network.model, i)].values);
        }
        network_close(&network);
    }
}

static void check_run(const struct oracle_network *oracle, const struct oracle_run *run)
{
    struct network network;
    char who[64] = "";
    strcat(strcat(strcat(who, oracle->name), " with "), run->optimizer);
    network_open(&network, oracle, optimizer_of(run));
    for (int32_t step = 0; step < ORACLE_NETWORK_STEPS; step++) {
        double loss;
        assert_ok(nn_trainer_step(
            network.trainer, (const nn_tensor *const *)network.inputs,
            network.input_count, (const nn_tensor *const *)network.targets,
            network.target_count, network.weights, &loss));
        assert_number_near_oracle(who, "loss", loss, run->losses[step]);
    }
    for (int32_t i = 0; run->parameters[i].name != NULL; i++) {
        assert_near_oracle(who, run->parameters[i].name,
                           nn_model_parameter(network.model, i),
                           run->parameters[i].values);
    }
    network_close(&network);
}

static void twenty_steps_of_each_optimizer_agree_with_pytorch(void **state)
{
    (void)state;
    for (int32_t n = 0; n < NETWORKS; n++) {
        for (const struct oracle_run *run = oracle_networks[n].runs;
             run->optimizer != NULL; run++) {
            check_run(&oracle_networks[n], run);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_gradients_agree_with_pytorch),
        cmocka_unit_test(predictions_agree_with_pytorch),
        cmocka_unit_test(twenty_steps_of_each_optimizer_agree_with_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
