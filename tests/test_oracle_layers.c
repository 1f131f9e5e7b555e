/* The layers against PyTorch: every kind and every activation, forward and backward. A
 * case is a model of its inputs, the layer, and a product with fixed factors whose mean
 * is the loss, so that all gradients are put to use. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "oracle/layers_values.h"
#include "support/networks.h"
#include "support/oracle.h"

#include "layers/layer.h"

#include <string.h>

enum { CASES = sizeof oracle_layers / sizeof oracle_layers[0], NODES_MAX = 8 };

/* A case as a model; inputs come first, the factors last. */
struct layer_case {
    const struct oracle_layer *oracle;
    int32_t count;
    nn_node inputs[NODES_MAX], node, factors;
    nn_layer *layer;
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *tensors[ORACLE_TENSORS_MAX];
};

static nn_node case_input(struct layer_case *at, const struct oracle_tensor *tensor)
{
    return nn_model_input(at->model, tensor->dtype, tensor->shape + 1, tensor->rank - 1);
}

static void case_build(struct layer_case *at)
{
    const struct oracle_layer *oracle = at->oracle;
    at->model = nn_model_create(NULL);
    at->layer = nn_layer_create(NULL, oracle->kind);
    assert_non_null(at->layer);
    oracle_set_layer(at->layer, oracle->settings);
    assert_ok(nn_layer_set_name(at->layer, "layer"));
    int is_input = strcmp(oracle->kind, "input") == 0;
    for (int32_t i = 0; i < at->count && !is_input; i++) {
        at->inputs[i] = case_input(at, &oracle->inputs[i]);
    }
    at->node =
        nn_model_apply_many(at->model, at->layer, at->inputs, is_input ? 0 : at->count);
    at->inputs[0] = is_input ? at->node : at->inputs[0];
    at->factors = case_input(at, oracle->factors);
    nn_node product = nn_model_apply_many(at->model, nn_multiply(NULL),
                                          (nn_node[]){at->node, at->factors}, 2);
    nn_model_output(at->model, product);
    if (nn_model_build(at->model) != NN_OK) {
        fail_msg("%s: %s", oracle->name, nn_last_error());
    }
}

static void case_open(struct layer_case *at, const struct oracle_layer *oracle)
{
    memset(at, 0, sizeof *at);
    at->oracle = oracle;
    at->count = oracle_count(oracle->inputs);
    case_build(at);
    for (const struct oracle_tensor *w = oracle->parameters; w->name != NULL; w++) {
        char name[64] = "layer.";
        strcat(name, w->name);
        nn_tensor *values;
        oracle_make((const struct oracle_tensor[]){*w, {.name = NULL}}, &values);
        nn_tensor *parameter = nn_model_parameter_named(at->model, name);
        assert_int_equal(nn_tensor_rank(parameter), w->rank);
        assert_memory_equal(nn_tensor_shape(parameter), w->shape,
                            (size_t)w->rank * sizeof *w->shape);
        assert_ok(nn_tensor_copy(values, parameter));
        nn_tensor_destroy(values);
    }
    nn_loss *loss = nn_output_as_loss(NULL);
    at->trainer = nn_trainer_create_many(at->model, &loss, NULL, 1, NULL);
    assert_ok(nn_trainer_set_keep_nodes(at->trainer, 1));
    assert_ok(nn_trainer_set_input_gradients(at->trainer, 1));
    oracle_make(oracle->inputs, at->tensors);
    oracle_make(oracle->factors, at->tensors + at->count);
}

static void case_close(struct layer_case *at)
{
    oracle_destroy(at->oracle->inputs, at->tensors);
    oracle_destroy(at->oracle->factors, at->tensors + at->count);
    nn_trainer_destroy(at->trainer);
    nn_model_destroy(at->model);
}

static void check_gradients(struct layer_case *at)
{
    const struct oracle_layer *oracle = at->oracle;
    for (int32_t i = 0; i < at->count; i++) {
        const struct oracle_tensor *input = &oracle->inputs[i];
        nn_tensor *gradient = nn_trainer_node_gradient(at->trainer, at->inputs[i]);
        if (input->gradient == NULL) {
            assert_null(gradient);
        } else {
            assert_new_near_oracle(oracle->name, "input gradient", gradient,
                                   input->gradient);
        }
    }
    for (int32_t i = 0; oracle->parameters[i].name != NULL; i++) {
        assert_near_oracle(oracle->name, nn_model_parameter_name(at->model, i),
                           nn_trainer_gradient(at->trainer, i),
                           oracle->parameters[i].gradient);
    }
    assert_new_near_oracle(oracle->name, "gradient of the factors",
                           nn_trainer_node_gradient(at->trainer, at->factors),
                           oracle->factors->gradient);
}

static void check_layer(const struct oracle_layer *oracle)
{
    struct layer_case at;
    double loss;
    case_open(&at, oracle);
    assert_int_equal(nn_model_parameter_count(at.model),
                     oracle_count(oracle->parameters));
    assert_ok(nn_trainer_forward(at.trainer, (const nn_tensor *const *)at.tensors,
                                 at.count + 1));
    assert_new_near_oracle(oracle->name, "output",
                           nn_trainer_node_value(at.trainer, at.node), oracle->output);
    assert_ok(nn_trainer_backward(at.trainer, NULL, 0, NULL, &loss));
    assert_number_near_oracle(oracle->name, "loss", loss, oracle->loss);
    check_gradients(&at);
    case_close(&at);
}

static void layers_agree_with_pytorch(void **state)
{
    (void)state;
    for (int32_t i = 0; i < CASES; i++) {
        check_layer(&oracle_layers[i]);
    }
}

static void every_kind_of_layer_is_compared(void **state)
{
    (void)state;
    for (int32_t k = 0; nni_layer_type_at(k) != NULL; k++) {
        const char *kind = nni_layer_type_at(k)->name;
        int32_t i = 0;
        while (i < CASES && strcmp(oracle_layers[i].kind, kind) != 0) {
            i++;
        }
        if (i == CASES) {
            fail_msg("layer '%s' has no case in tests/oracle/layers.py", kind);
        }
    }
}

static int compares(const struct oracle_layer *oracle, const char *kind,
                    const char *activation)
{
    if (strcmp(oracle->kind, kind) != 0) {
        return 0;
    }
    for (const struct oracle_setting *at = oracle->settings; at->name != NULL; at++) {
        if (at->kind == ORACLE_TEXT && strcmp(at->text, activation) == 0) {
            return 1;
        }
    }
    return 0;
}

static void every_activation_is_compared_alone_and_in_dense(void **state)
{
    (void)state;
    for (int32_t a = 0; nn_activation_name(a) != NULL; a++) {
        int32_t alone = 0, dense = 0;
        for (int32_t i = 0; i < CASES; i++) {
            alone += compares(&oracle_layers[i], "activation", nn_activation_name(a));
            dense += compares(&oracle_layers[i], "dense", nn_activation_name(a));
        }
        if (alone == 0 || dense == 0) {
            fail_msg("activation '%s' has no case in tests/oracle/layers.py",
                     nn_activation_name(a));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layers_agree_with_pytorch),
        cmocka_unit_test(every_kind_of_layer_is_compared),
        cmocka_unit_test(every_activation_is_compared_alone_and_in_dense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
