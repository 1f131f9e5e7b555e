/* nn_gradient_check: it finds a planted error and names the parameter, passes what is
 * right, leaves everything as it was. The planted error is a custom layer y = s x (s one
 * trained number) whose backward can be made wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"
#include "support/settings.h"

#include <math.h>

enum { ROWS = 6, FEATURES = 5, OUTPUTS = 3 };

/* ---- a layer that can be wrong ---- */

struct crooked {
    float parameter_error, input_error; /* added to 1 as factors of the gradients */
    int32_t forwards_left;              /* then forward fails; -1: never */
};

static int32_t crooked_infer(void *user, nn_call *call)
{
    int32_t rank;
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    (void)user;
    return nn_call_set_output(call, shape, rank) != NN_OK ||
           nn_call_add_parameter(call, "factor", NULL, 0, 1, 1, NN_INIT_CONSTANT, 0.75) !=
               NN_OK;
}

static int64_t crooked_count(const nn_call *call)
{
    return nn_call_rows(call) * nn_call_input_shape(call, 0, NULL)[0];
}

static int32_t crooked_forward(void *user, nn_call *call)
{
    struct crooked *crooked = user;
    const float factor = nn_call_parameter(call, 0)[0];
    if (crooked->forwards_left == 0) {
        return 1;
    }
    crooked->forwards_left -= crooked->forwards_left > 0;
    for (int64_t i = 0; i < crooked_count(call); i++) {
        nn_call_output(call)[i] = factor * nn_call_input(call, 0)[i];
    }
    return 0;
}

static int32_t crooked_backward(void *user, nn_call *call)
{
    const struct crooked *crooked = user;
    const float factor = nn_call_parameter(call, 0)[0];
    const float *dy = nn_call_output_gradient(call);
    float *dx = nn_call_input_gradient(call, 0);
    float *gradient = nn_call_parameter_gradient(call, 0);
    for (int64_t i = 0; i < crooked_count(call); i++) {
        if (dx != NULL) {
            dx[i] = factor * dy[i] * (1 + crooked->input_error);
        }
        if (gradient != NULL) {
            gradient[0] +=
                dy[i] * nn_call_input(call, 0)[i] * (1 + crooked->parameter_error);
        }
    }
    return 0;
}

static nn_layer *crooked_layer(struct crooked *crooked)
{
    const nn_custom_layer custom = {sizeof custom,   "crooked",        crooked_infer,
                                    crooked_forward, crooked_backward, NULL,
                                    crooked};
    return nn_custom(NULL, &custom);
}

/* ---- a network with a batch ---- */

struct bench {
    nn_model *model;
    nn_trainer *trainer;
    int32_t targets;
    nn_tensor *input, *target[2], *weights;
};

static nn_layer *named(const char *name, nn_layer *layer)
{
    assert_ok(nn_layer_set_name(layer, name));
    return layer;
}

static void bench_open(struct bench *bench, nn_model *model)
{
    const double weights[] = {4, 2};
    nn_loss *losses[] = {nn_mean_squared_error(NULL), nn_huber(NULL, 0.75)};
    const int64_t rows = ROWS;
    bench->model = model;
    bench->targets = nn_model_output_count(model);
    if (bench->targets == 1) {
        nn_loss_destroy(losses[1]);
    }
    bench->trainer =
        nn_trainer_create_many(model, losses, weights, bench->targets, nn_sgd(NULL, 0.1));
    assert_non_null(bench->trainer);
    bench->input = random_samples(NULL, model, nn_model_input_node(model, 0), ROWS, 1);
    for (int32_t i = 0; i < 2; i++) {
        bench->target[i] =
            random_tensor(NULL, NN_FLOAT32, (int64_t[]){ROWS, OUTPUTS}, 2, 2);
    }
    bench->weights = nn_tensor_create(NULL, NN_FLOAT32, &rows, 1);
    assert_ok(nn_tensor_random_uniform(bench->weights, 0.5f, 2, 3));
}

static void bench_close(struct bench *bench)
{
    nn_tensor_destroy(bench->input);
    nn_tensor_destroy(bench->target[0]);
    nn_tensor_destroy(bench->target[1]);
    nn_tensor_destroy(bench->weights);
    nn_trainer_destroy(bench->trainer);
    nn_model_destroy(bench->model);
}

static nn_status bench_check(const struct bench *bench, double h, double tolerance,
                             int64_t samples, double *worst)
{
    return nn_gradient_check(bench->trainer, (const nn_tensor *const *)&bench->input, 1,
                             (const nn_tensor *const *)bench->target, bench->targets,
                             bench->weights, h, tolerance, samples, worst);
}

/* below, then the crooked layer, then above. */
static nn_model *crooked_model(struct crooked *crooked)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, FEATURES));
    nn_model_add(model, named("below", nn_dense(NULL, 4, NN_TANH)));
    nn_model_add(model, named("bent", crooked_layer(crooked)));
    nn_model_add(model, named("above", nn_dense(NULL, OUTPUTS, NN_LINEAR)));
    assert_ok(nn_model_build(model));
    return model;
}

/* ---- finding errors ---- */

static void right_gradients_pass(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench bench;
    double worst = -1;
    bench_open(&bench, crooked_model(&crooked));
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 0, &worst));
    assert_true(worst > 0 && worst <= 1e-3);
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 2, NULL));
    bench_close(&bench);
}

static void a_wrong_parameter_gradient_is_found_and_named(void **state)
{
    (void)state;
    struct crooked crooked = {0.25f, 0, -1};
    struct bench bench;
    double worst;
    bench_open(&bench, crooked_model(&crooked));
    assert_int_equal(bench_check(&bench, 5e-3, 1e-3, 0, &worst), NN_ERROR_GRADIENT);
    assert_failure(NN_ERROR_GRADIENT, "bent.factor differs most, at element 0");
    assert_true(worst > 1e-3);
    assert_ok(bench_check(&bench, 5e-3, 2 * worst, 0, NULL));
    bench_close(&bench);
}

static void a_wrong_input_gradient_is_found_in_the_layer_below(void **state)
{
    (void)state;
    struct crooked crooked = {0, -2, -1}; /* the wrong sign */
    struct bench bench;
    bench_open(&bench, crooked_model(&crooked));
    assert_int_equal(bench_check(&bench, 5e-3, 1e-3, 0, NULL), NN_ERROR_GRADIENT);
    assert_failure(NN_ERROR_GRADIENT, "below.");
    bench_close(&bench);
}

/* With the trainer's own checks off, which would have found it before. */
static void a_gradient_that_is_not_a_number_is_not_forgotten(void **state)
{
    (void)state;
    struct crooked crooked = {NAN, 0, -1};
    struct bench bench;
    bench_open(&bench, crooked_model(&crooked));
    assert_ok(nn_trainer_set_checks(bench.trainer, 0, 0));
    assert_int_equal(bench_check(&bench, 5e-3, 1e-3, 0, NULL), NN_ERROR_GRADIENT);
    assert_failure(NN_ERROR_GRADIENT, "bent.factor");
    bench_close(&bench);
}

static void frozen_parameters_are_not_looked_at(void **state)
{
    (void)state;
    struct crooked crooked = {0.25f, 0, -1};
    struct bench bench;
    nn_model *model = crooked_model(&crooked);
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "bent"), 0));
    bench_open(&bench, model);
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 0, NULL));
    bench_close(&bench);
}

/* ---- networks of all sorts ---- */

static void dropout_draws_the_same_mask_each_time(void **state)
{
    (void)state;
    struct bench bench;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, FEATURES));
    nn_model_add(model, nn_dense(NULL, 8, NN_TANH));
    nn_model_add(model, nn_dropout(NULL, 0.5));
    nn_model_add(model, nn_dense(NULL, OUTPUTS, NN_LINEAR));
    bench_open(&bench, model);
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 0, NULL));
    assert_ok(nn_trainer_set_micro_batch(bench.trainer, 4));
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 0, NULL));
    bench_close(&bench);
}

static nn_model *two_headed_model(struct crooked *crooked)
{
    nn_model *model = nn_model_create(NULL);
    nn_node x = nn_model_input(model, NN_FLOAT32, (int64_t[]){FEATURES}, 1);
    nn_node trunk = nn_model_apply(model, nn_dense(NULL, 6, NN_SIGMOID), x);
    nn_node left = nn_model_apply(model, nn_dense(NULL, OUTPUTS, NN_LINEAR), trunk);
    nn_node right = nn_model_apply(model, nn_dense(NULL, OUTPUTS, NN_TANH), trunk);
    nn_node bent = nn_model_apply(model, named("bent", crooked_layer(crooked)), right);
    nn_model_output(model, left);
    nn_model_output(model, bent);
    assert_ok(nn_model_build(model));
    return model;
}

static void several_losses_are_checked_together(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench bench;
    bench_open(&bench, two_headed_model(&crooked));
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 0, NULL));
    crooked.parameter_error = 0.25f;
    assert_int_equal(bench_check(&bench, 5e-3, 1e-3, 0, NULL), NN_ERROR_GRADIENT);
    assert_failure(NN_ERROR_GRADIENT, "bent.factor");
    bench_close(&bench);
}

static void shared_layers_are_checked_as_a_whole(void **state)
{
    (void)state;
    struct bench bench;
    nn_model *model = nn_model_create(NULL);
    nn_layer *shared = nn_dense(NULL, OUTPUTS, NN_TANH);
    nn_node x = nn_model_input(model, NN_FLOAT32, (int64_t[]){OUTPUTS}, 1);
    nn_node once = nn_model_apply(model, shared, x);
    nn_model_output(model, nn_model_apply(model, shared, once));
    bench_open(&bench, model);
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 0, NULL));
    bench_close(&bench);
}

/* ---- leaving things as they were ---- */

static void parameters_and_training_are_as_without_a_check(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench checked, plain;
    double losses[2];
    bench_open(&checked, crooked_model(&crooked));
    bench_open(&plain, crooked_model(&crooked));
    const uint64_t before = parameter_hash(checked.model);
    assert_ok(bench_check(&checked, 5e-3, 1e-3, 0, NULL));
    assert_int_equal(parameter_hash(checked.model), before);
    assert_int_equal(bench_check(&checked, 5e-3, 0, 0, NULL), NN_ERROR_GRADIENT);
    assert_int_equal(parameter_hash(checked.model), before);
    assert_int_equal(nn_trainer_step_count(checked.trainer), 0);
    for (int32_t i = 0; i < 2; i++) {
        struct bench *bench = i == 0 ? &checked : &plain;
        assert_ok(nn_trainer_step(bench->trainer, (const nn_tensor *const *)&bench->input,
                                  1, (const nn_tensor *const *)bench->target, 1,
                                  bench->weights, &losses[i]));
    }
    assert_true(losses[0] == losses[1]);
    assert_int_equal(parameter_hash(checked.model), parameter_hash(plain.model));
    bench_close(&checked);
    bench_close(&plain);
}

static void parameters_are_put_back_when_a_callback_fails(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench bench;
    bench_open(&bench, crooked_model(&crooked));
    const uint64_t before = parameter_hash(bench.model);
    for (int32_t forwards = 0; forwards < 5; forwards++) {
        crooked.forwards_left = forwards;
        assert_int_equal(bench_check(&bench, 5e-3, 1e-3, 0, NULL), NN_ERROR_CALLBACK);
        assert_int_equal(parameter_hash(bench.model), before);
    }
    bench_close(&bench);
}

static void the_gradients_of_a_check_are_not_for_an_update(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench bench;
    bench_open(&bench, crooked_model(&crooked));
    assert_ok(bench_check(&bench, 5e-3, 1e-3, 0, NULL));
    assert_int_equal(nn_trainer_update(bench.trainer), NN_ERROR_STATE);
    bench_close(&bench);
}

/* ---- arguments ---- */

static void assert_refused(const struct bench *bench, double h, double tolerance,
                           int64_t samples)
{
    double worst = 5;
    assert_int_equal(bench_check(bench, h, tolerance, samples, &worst),
                     NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "nn_gradient_check");
    assert_true(worst == 0);
}

static void bad_numbers_are_refused(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench bench;
    const double nan = (double)NAN, infinite = (double)INFINITY;
    bench_open(&bench, crooked_model(&crooked));
    assert_refused(&bench, 0, 1e-3, 0);
    assert_refused(&bench, -1e-3, 1e-3, 0);
    assert_refused(&bench, nan, 1e-3, 0);
    assert_refused(&bench, infinite, 1e-3, 0);
    assert_refused(&bench, 1e-3, -1, 0);
    assert_refused(&bench, 1e-3, nan, 0);
    assert_refused(&bench, 1e-3, 1e-3, -1);
    bench_close(&bench);
}

static void bad_batches_are_refused(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench bench;
    bench_open(&bench, crooked_model(&crooked));
    const nn_tensor *const *inputs = (const nn_tensor *const *)&bench.input;
    const nn_tensor *const *targets = (const nn_tensor *const *)bench.target;
    nn_trainer *trainer = bench.trainer;
    assert_int_equal(
        nn_gradient_check(NULL, inputs, 1, targets, 1, NULL, 1e-2, 1, 0, NULL),
        NN_ERROR_NULL);
    assert_int_equal(
        nn_gradient_check(trainer, NULL, 1, targets, 1, NULL, 1e-2, 1, 0, NULL),
        NN_ERROR_NULL);
    assert_int_equal(
        nn_gradient_check(trainer, inputs, 1, NULL, 1, NULL, 1e-2, 1, 0, NULL),
        NN_ERROR_NULL);
    assert_int_not_equal(
        nn_gradient_check(trainer, inputs, 2, targets, 1, NULL, 1e-2, 1, 0, NULL), NN_OK);
    assert_int_not_equal(
        nn_gradient_check(trainer, targets, 1, targets, 1, NULL, 1e-2, 1, 0, NULL),
        NN_OK);
    bench_close(&bench);
}

static void a_loss_that_is_not_finite_is_an_error(void **state)
{
    (void)state;
    struct crooked crooked = {0, 0, -1};
    struct bench bench;
    bench_open(&bench, crooked_model(&crooked));
    nn_tensor_floats(nn_model_parameter_named(bench.model, "above.bias"))[0] = 3e38f;
    assert_int_equal(bench_check(&bench, 5e-3, 1e-3, 0, NULL), NN_ERROR_LOSS);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_gradients_pass),
        cmocka_unit_test(a_wrong_parameter_gradient_is_found_and_named),
        cmocka_unit_test(a_wrong_input_gradient_is_found_in_the_layer_below),
        cmocka_unit_test(a_gradient_that_is_not_a_number_is_not_forgotten),
        cmocka_unit_test(frozen_parameters_are_not_looked_at),
        cmocka_unit_test(dropout_draws_the_same_mask_each_time),
        cmocka_unit_test(several_losses_are_checked_together),
        cmocka_unit_test(shared_layers_are_checked_as_a_whole),
        cmocka_unit_test(parameters_and_training_are_as_without_a_check),
        cmocka_unit_test(parameters_are_put_back_when_a_callback_fails),
        cmocka_unit_test(the_gradients_of_a_check_are_not_for_an_update),
        cmocka_unit_test(bad_numbers_are_refused),
        cmocka_unit_test(bad_batches_are_refused),
        cmocka_unit_test(a_loss_that_is_not_finite_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
