/* Custom layers: callbacks in place of formulas. The layer of these tests multiplies its
 * input by one trained number, y = s x. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <nn/layer.h>

#include "layers/layer.h"

#include <string.h>

/* ---- the layer ---- */

struct scale {
    int32_t destroyed;
    int32_t infer_returns, forward_returns, backward_returns;
    nn_status (*say)(nn_call *call); /* more to say in infer */
    int32_t needs;
    int32_t training_seen;
};

static int32_t scale_infer(void *user, nn_call *call)
{
    struct scale *scale = user;
    int32_t rank;
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    if (shape == NULL || nn_call_set_output(call, shape, rank) != NN_OK ||
        nn_call_add_parameter(call, "factor", NULL, 0, 1, 1, NN_INIT_CONSTANT, 1) !=
            NN_OK ||
        nn_call_set_needs(call, scale->needs) != NN_OK) {
        return 1;
    }
    if (scale->say != NULL) {
        scale->say(call); /* its failure overlooked, as a careless program does */
    }
    return scale->infer_returns;
}

static int64_t scale_count(const nn_call *call)
{
    int32_t rank;
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    int64_t count = nn_call_rows(call);
    for (int32_t i = 0; i < rank; i++) {
        count *= shape[i];
    }
    return count;
}

static int32_t scale_forward(void *user, nn_call *call)
{
    struct scale *scale = user;
    const float factor = nn_call_parameter(call, 0)[0];
    for (int64_t i = 0; i < scale_count(call); i++) {
        nn_call_output(call)[i] = factor * nn_call_input(call, 0)[i];
    }
    scale->training_seen = nn_call_training(call);
    return scale->forward_returns;
}

static int32_t scale_backward(void *user, nn_call *call)
{
    const struct scale *scale = user;
    const float factor = nn_call_parameter(call, 0)[0];
    const float *dy = nn_call_output_gradient(call);
    float *dx = nn_call_input_gradient(call, 0);
    float *gradient = nn_call_parameter_gradient(call, 0);
    for (int64_t i = 0; i < scale_count(call); i++) {
        if (dx != NULL) {
            dx[i] = factor * dy[i];
        }
        if (gradient != NULL) {
            gradient[0] += dy[i] * nn_call_input(call, 0)[i];
        }
    }
    return scale->backward_returns;
}

static void scale_destroy(void *user)
{
    ((struct scale *)user)->destroyed++;
}

static nn_custom_layer scale_custom(struct scale *scale)
{
    const nn_custom_layer custom = {sizeof custom, "scale",        scale_infer,
                                    scale_forward, scale_backward, scale_destroy,
                                    scale};
    return custom;
}

/* ---- one node of it ---- */

struct node {
    nn_layer *layer;
    struct nni_shape shape;
    struct nni_infer infer;
    struct nni_call call;
    float x[4], y[4], dy[4], dx[4], factor, gradient;
    const void *inputs[1];
    const float *parameters[NNI_PARAMETERS_MAX];
    float *input_gradients[1];
    float *parameter_gradients[NNI_PARAMETERS_MAX];
};

static nn_status node_open(struct node *node, nn_layer *layer)
{
    const int64_t two = 2;
    assert_non_null(layer);
    memset(node, 0, sizeof *node);
    node->layer = layer;
    assert_int_equal(nni_shape_make("test", NN_FLOAT32, &two, 1, 7, 1, &node->shape),
                     NN_OK);
    node->infer.input_count = 1;
    node->infer.inputs = &node->shape;
    node->inputs[0] = node->x;
    node->parameters[0] = &node->factor;
    node->input_gradients[0] = node->dx;
    node->parameter_gradients[0] = &node->gradient;
    node->call = (struct nni_call){.training = 1,
                                   .rows = 2,
                                   .input_count = 1,
                                   .input_shapes = &node->shape,
                                   .output_shape = &node->infer.output,
                                   .inputs = node->inputs,
                                   .output = node->y,
                                   .parameters = node->parameters,
                                   .infer = &node->infer,
                                   .output_gradient = node->dy,
                                   .input_gradients = node->input_gradients,
                                   .parameter_gradients = node->parameter_gradients};
    node->factor = 3;
    for (int32_t i = 0; i < 4; i++) {
        node->x[i] = (float)(i + 1);
        node->dy[i] = 10 * (float)(i + 1);
    }
    return layer->type->infer(layer, &node->infer);
}

static void assert_says(const char *part)
{
    if (strstr(nn_last_error(), part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, nn_last_error());
    }
}

/* ---- creating ---- */

static void a_custom_layer_has_its_own_kind_and_no_copy(void **state)
{
    (void)state;
    struct scale scale = {0};
    const nn_custom_layer custom = scale_custom(&scale);
    nn_layer *layer = nn_custom(NULL, &custom);
    assert_string_equal(nn_layer_kind(layer), "scale");
    assert_int_equal(nn_layer_set_int(layer, "units", 1), NN_ERROR_NAME);
    assert_says("scale");
    assert_null(nni_layer_clone(layer));
    assert_int_equal(nn_last_status(), NN_ERROR_STATE);
    assert_int_equal(nn_layer_set_initializer(layer, "factor", NN_INIT_NORMAL, 1),
                     NN_ERROR_NAME);
    nn_layer_destroy(layer);
    assert_int_equal(scale.destroyed, 1);
}

static void bad_callbacks_are_refused_and_destroyed(void **state)
{
    (void)state;
    struct scale scale = {0};
    nn_custom_layer custom = scale_custom(&scale);
    custom.infer = NULL;
    assert_null(nn_custom(NULL, &custom));
    assert_int_equal(nn_last_status(), NN_ERROR_NULL);
    assert_says("infer is NULL");
    custom = scale_custom(&scale);
    custom.forward = NULL;
    assert_null(nn_custom(NULL, &custom));
    assert_says("forward is NULL");
    custom = scale_custom(&scale);
    custom.name = NULL;
    assert_null(nn_custom(NULL, &custom));
    assert_says("name is NULL");
    custom.name = "a b";
    assert_null(nn_custom(NULL, &custom));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    custom = scale_custom(&scale);
    custom.struct_size = 4;
    assert_null(nn_custom(NULL, &custom));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    assert_says("struct_size");
    assert_null(nn_custom(NULL, NULL));
    assert_int_equal(nn_last_status(), NN_ERROR_NULL);
    assert_int_equal(scale.destroyed, 4);
}

/* ---- infer ---- */

static void infer_takes_shape_parameters_and_needs_from_the_callback(void **state)
{
    (void)state;
    struct scale scale = {.needs = NN_CUSTOM_NEEDS_INPUT};
    const nn_custom_layer custom = scale_custom(&scale);
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_OK);
    assert_string_equal(nni_shape_text(&node.infer.output).text, "(2)");
    assert_int_equal(node.infer.needs, NNI_NEEDS_INPUT);
    assert_int_equal(node.infer.parameter_count, 1);
    assert_string_equal(node.infer.parameters[0].name, "factor");
    assert_int_equal(node.infer.parameters[0].shape.rank, 0);
    assert_int_equal(node.infer.parameters[0].initializer.kind, NN_INIT_CONSTANT);
    nn_layer_destroy(node.layer);
}

static void a_non_zero_return_of_infer_is_a_callback_error(void **state)
{
    (void)state;
    struct scale scale = {.infer_returns = 7};
    const nn_custom_layer custom = scale_custom(&scale);
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_ERROR_CALLBACK);
    assert_says("scale: its infer returned 7");
    nn_layer_destroy(node.layer);
}

static void a_non_zero_return_of_infer_tells_the_reason_it_had(void **state)
{
    (void)state;
    struct scale scale = {.needs = 4};
    const nn_custom_layer custom = scale_custom(&scale);
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_ERROR_CALLBACK);
    assert_says("its infer returned 1: scale: nn_call_set_needs: needs is 4");
    nn_layer_destroy(node.layer);
}

static nn_status say_bad_output(nn_call *call)
{
    const int64_t zero = 0;
    return nn_call_set_output(call, &zero, 1);
}

static nn_status say_bad_rank(nn_call *call)
{
    return nn_call_set_output(call, NULL, 8);
}

static nn_status say_same_name(nn_call *call)
{
    return nn_call_add_parameter(call, "factor", NULL, 0, 1, 1, NN_INIT_DEFAULT, 0);
}

static nn_status say_bad_name(nn_call *call)
{
    return nn_call_add_parameter(call, "a.b", NULL, 0, 1, 1, NN_INIT_DEFAULT, 0);
}

static nn_status say_no_name(nn_call *call)
{
    return nn_call_add_parameter(call, NULL, NULL, 0, 1, 1, NN_INIT_DEFAULT, 0);
}

static nn_status say_bad_fan(nn_call *call)
{
    return nn_call_add_parameter(call, "a", NULL, 0, 0, 1, NN_INIT_DEFAULT, 0);
}

static nn_status say_bad_initializer(nn_call *call)
{
    return nn_call_add_parameter(call, "a", NULL, 0, 1, 1, 77, 0);
}

static nn_status say_bad_parameter_shape(nn_call *call)
{
    const int64_t minus = -1;
    return nn_call_add_parameter(call, "a", &minus, 1, 1, 1, NN_INIT_DEFAULT, 0);
}

static nn_status say_too_many(nn_call *call)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    nn_status status = NN_OK;
    for (int32_t i = 0; i < 4; i++) {
        status = nn_call_add_parameter(call, names[i], NULL, 0, 1, 1, NN_INIT_DEFAULT, 0);
    }
    return status;
}

static nn_status say_bad_needs(nn_call *call)
{
    return nn_call_set_needs(call, 4);
}

static void assert_infer_notes(nn_status (*say)(nn_call *), nn_status expected,
                               const char *part)
{
    struct scale scale = {.say = say};
    const nn_custom_layer custom = scale_custom(&scale);
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), expected);
    assert_says(part);
    nn_layer_destroy(node.layer);
}

static void what_infer_says_wrongly_fails_even_if_overlooked(void **state)
{
    (void)state;
    assert_infer_notes(say_bad_output, NN_ERROR_SIZE, "scale");
    assert_infer_notes(say_bad_rank, NN_ERROR_RANK, "8");
    assert_infer_notes(say_same_name, NN_ERROR_NAME, "two parameters named 'factor'");
    assert_infer_notes(say_bad_name, NN_ERROR_ARGUMENT, "character 2");
    assert_infer_notes(say_no_name, NN_ERROR_NULL, "name is NULL");
    assert_infer_notes(say_bad_fan, NN_ERROR_ARGUMENT, "fans 0 and 1");
    assert_infer_notes(say_bad_initializer, NN_ERROR_ARGUMENT, "77");
    assert_infer_notes(say_bad_parameter_shape, NN_ERROR_SIZE, "-1");
    assert_infer_notes(say_too_many, NN_ERROR_SIZE, "more than 4 parameters");
    assert_infer_notes(say_bad_needs, NN_ERROR_ARGUMENT, "0 ... 3");
}

static int32_t silent_infer(void *user, nn_call *call)
{
    (void)user;
    /* Memory is not there yet. */
    return nn_call_input(call, 0) != NULL || nn_call_output(call) != NULL ||
           nn_call_rows(call) != 0 || nn_call_training(call) != 0 ||
           nn_call_parameter(call, 0) != NULL || nn_call_output_gradient(call) != NULL ||
           nn_call_input_gradient(call, 0) != NULL ||
           nn_call_parameter_gradient(call, 0) != NULL ||
           nn_call_input_shape(call, 1, NULL) != NULL ||
           nn_call_input_shape(call, -1, NULL) != NULL || nn_call_input_count(call) != 1;
}

static void infer_must_say_the_output_shape(void **state)
{
    (void)state;
    struct scale scale = {0};
    nn_custom_layer custom = scale_custom(&scale);
    custom.infer = silent_infer;
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_ERROR_CALLBACK);
    assert_says("no output shape");
    nn_layer_destroy(node.layer);
}

/* ---- forward and backward ---- */

static void callbacks_compute_values_and_gradients(void **state)
{
    (void)state;
    struct scale scale = {.needs = NN_CUSTOM_NEEDS_INPUT};
    const nn_custom_layer custom = scale_custom(&scale);
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_OK);
    node.layer->type->forward(node.layer, &node.call);
    assert_int_equal(scale.training_seen, 1);
    node.gradient = 1000;
    node.layer->type->backward(node.layer, &node.call);
    for (int32_t i = 0; i < 4; i++) {
        assert_true(node.y[i] == 3 * node.x[i]);
        assert_true(node.dx[i] == 3 * node.dy[i]);
    }
    assert_true(node.gradient == 300);
    node.call.accumulate = 1;
    node.layer->type->backward(node.layer, &node.call);
    assert_true(node.gradient == 600);
    assert_int_equal(node.call.failed, 0);
    nn_layer_destroy(node.layer);
}

static void gradients_that_nobody_asks_for_are_null(void **state)
{
    (void)state;
    struct scale scale = {.needs = NN_CUSTOM_NEEDS_INPUT};
    const nn_custom_layer custom = scale_custom(&scale);
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_OK);
    node.input_gradients[0] = NULL;
    node.parameter_gradients[0] = NULL;
    node.layer->type->backward(node.layer, &node.call);
    assert_true(node.dx[0] == 0);
    assert_true(node.gradient == 0);
    nn_layer_destroy(node.layer);
}

static void failing_callbacks_mark_the_call(void **state)
{
    (void)state;
    struct scale scale = {.needs = 3, .forward_returns = 1, .backward_returns = 1};
    const nn_custom_layer custom = scale_custom(&scale);
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_OK);
    node.layer->type->forward(node.layer, &node.call);
    assert_int_equal(node.call.failed, 1);
    node.call.failed = 0;
    node.layer->type->backward(node.layer, &node.call);
    assert_int_equal(node.call.failed, 1);
    nn_layer_destroy(node.layer);
}

static int32_t prying_backward(void *user, nn_call *call)
{
    (void)user;
    const int64_t two = 2;
    /* Nothing was declared as needed, and infer is over. */
    return nn_call_input(call, 0) != NULL || nn_call_output(call) != NULL ||
           nn_call_parameter(call, 1) != NULL || nn_call_parameter(call, -1) != NULL ||
           nn_call_input_gradient(call, 1) != NULL ||
           nn_call_parameter_gradient(call, 1) != NULL ||
           nn_call_set_output(call, &two, 1) != NN_ERROR_STATE ||
           nn_call_set_needs(call, 0) != NN_ERROR_STATE ||
           nn_call_add_parameter(call, "b", NULL, 0, 1, 1, 0, 0) != NN_ERROR_STATE;
}

static void backward_sees_only_what_was_declared(void **state)
{
    (void)state;
    struct scale scale = {.needs = 0};
    nn_custom_layer custom = scale_custom(&scale);
    custom.backward = prying_backward;
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_OK);
    node.layer->type->backward(node.layer, &node.call);
    assert_int_equal(node.call.failed, 0);
    nn_layer_destroy(node.layer);
}

static void a_layer_without_backward_passes_zeros(void **state)
{
    (void)state;
    struct scale scale = {.needs = 3};
    nn_custom_layer custom = scale_custom(&scale);
    custom.backward = NULL;
    struct node node;
    assert_int_equal(node_open(&node, nn_custom(NULL, &custom)), NN_OK);
    assert_int_equal(node.infer.needs, NNI_NO_GRADIENT);
    node.dx[3] = 5;
    node.gradient = 5;
    node.layer->type->backward(node.layer, &node.call);
    assert_true(node.dx[3] == 0);
    assert_true(node.gradient == 0);
    nn_layer_destroy(node.layer);
}

static void call_functions_accept_null(void **state)
{
    (void)state;
    int32_t rank = 5;
    assert_int_equal(nn_call_input_count(NULL), 0);
    assert_null(nn_call_input_shape(NULL, 0, &rank));
    assert_int_equal(rank, 0);
    assert_int_equal(nn_call_set_output(NULL, NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_call_set_needs(NULL, 0), NN_ERROR_NULL);
    assert_int_equal(nn_call_add_parameter(NULL, "a", NULL, 0, 1, 1, 0, 0),
                     NN_ERROR_NULL);
    assert_int_equal(nn_call_rows(NULL), 0);
    assert_int_equal(nn_call_training(NULL), 0);
    assert_null(nn_call_input(NULL, 0));
    assert_null(nn_call_output(NULL));
    assert_null(nn_call_parameter(NULL, 0));
    assert_null(nn_call_output_gradient(NULL));
    assert_null(nn_call_input_gradient(NULL, 0));
    assert_null(nn_call_parameter_gradient(NULL, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_custom_layer_has_its_own_kind_and_no_copy),
        cmocka_unit_test(bad_callbacks_are_refused_and_destroyed),
        cmocka_unit_test(infer_takes_shape_parameters_and_needs_from_the_callback),
        cmocka_unit_test(a_non_zero_return_of_infer_is_a_callback_error),
        cmocka_unit_test(a_non_zero_return_of_infer_tells_the_reason_it_had),
        cmocka_unit_test(what_infer_says_wrongly_fails_even_if_overlooked),
        cmocka_unit_test(infer_must_say_the_output_shape),
        cmocka_unit_test(callbacks_compute_values_and_gradients),
        cmocka_unit_test(gradients_that_nobody_asks_for_are_null),
        cmocka_unit_test(failing_callbacks_mark_the_call),
        cmocka_unit_test(backward_sees_only_what_was_declared),
        cmocka_unit_test(a_layer_without_backward_passes_zeros),
        cmocka_unit_test(call_functions_accept_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
