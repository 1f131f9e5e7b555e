/* The parameters of models: names, memory, seeds, sharing, freezing, copies of whole
 * models, and predictions. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"

#include <math.h>
#include <string.h>

/* 3-4-2, with names: "hidden", "out". */
static nn_model *small_model(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    nn_layer *hidden = nn_dense(context, 4, NN_TANH),
             *out = nn_dense(context, 2, NN_LINEAR);
    assert_ok(nn_layer_set_name(hidden, "hidden"));
    assert_ok(nn_layer_set_name(out, "out"));
    nn_model_add(model, nn_input(context, 3));
    nn_model_add(model, hidden);
    assert_ok(nn_model_add(model, out));
    return model;
}

static nn_model *built(nn_model *model)
{
    assert_ok(nn_model_build(model));
    return model;
}

static const float *floats_of(const nn_model *model, const char *name)
{
    nn_tensor *parameter = nn_model_parameter_named(model, name);
    assert_non_null(parameter);
    return nn_tensor_floats(parameter);
}

/* ---- looking ---- */

static void parameters_are_there_once_the_model_is_built(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    assert_int_equal(nn_model_parameter_count(model), 0);
    assert_int_equal(nn_model_weight_count(model), 0);
    assert_null(nn_model_parameter(model, 0));
    assert_null(nn_model_parameter_named(model, "hidden.weight"));
    assert_failure(NN_ERROR_NAME, "no parameter 'hidden.weight' (it is not built yet)");
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_parameter_count(model), 4);
    assert_int_equal(nn_model_weight_count(model), 3 * 4 + 4 + 4 * 2 + 2);
    nn_model_destroy(model);
}

static void parameters_have_names_and_shapes(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    const char *names[] = {"hidden.weight", "hidden.bias", "out.weight", "out.bias"};
    int64_t rows[] = {3, 4, 4, 2}, columns[] = {4, -1, 2, -1};
    for (int32_t i = 0; i < 4; i++) {
        nn_tensor *parameter = nn_model_parameter(model, i);
        assert_string_equal(nn_model_parameter_name(model, i), names[i]);
        assert_ptr_equal(nn_model_parameter_named(model, names[i]), parameter);
        assert_int_equal(nn_tensor_dtype(parameter), NN_FLOAT32);
        assert_int_equal(nn_tensor_dim(parameter, 0), rows[i]);
        assert_int_equal(nn_tensor_dim(parameter, 1), columns[i]);
    }
    nn_model_destroy(model);
}

static void there_are_no_other_parameters(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    assert_null(nn_model_parameter(model, 4));
    assert_null(nn_model_parameter(model, -1));
    assert_null(nn_model_parameter_name(model, 4));
    assert_null(nn_model_parameter_name(model, -1));
    assert_null(nn_model_parameter_named(model, "hidden"));
    assert_failure(NN_ERROR_NAME, "nn_model_parameter_named: the model has no parameter "
                                  "'hidden'");
    assert_null(nn_model_parameter_named(model, NULL));
    assert_null(nn_model_parameter(NULL, 0));
    assert_null(nn_model_parameter_name(NULL, 0));
    assert_null(nn_model_parameter_named(NULL, "x"));
    assert_int_equal(nn_model_parameter_count(NULL), 0);
    assert_int_equal(nn_model_weight_count(NULL), 0);
    nn_model_destroy(model);
}

static void what_is_written_into_a_parameter_is_used(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    for (int32_t i = 0; i < 4; i++)
        assert_ok(nn_tensor_fill(nn_model_parameter(model, i), 0));
    nn_tensor_floats(nn_model_parameter_named(model, "out.bias"))[1] = 2.5f;
    nn_tensor *x = tensor_of_rows(1, 3, (double[]){1, 2, 3});
    nn_tensor *y = tensor_of_rows(1, 2, (double[]){7, 7});
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &y, 1));
    assert_float_equal(nn_tensor_floats(y)[0], 0, 0);
    assert_float_equal(nn_tensor_floats(y)[1], 2.5, 0);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_model_destroy(model);
}

static void a_model_without_parameters_has_none(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 3));
    nn_model_add(model, nn_activation(NULL, NN_SIGMOID));
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_parameter_count(model), 0);
    assert_int_equal(nn_model_weight_count(model), 0);
    nn_model_destroy(model);
}

/* ---- seeds ---- */

static uint64_t hash_of_seed(uint64_t seed)
{
    nn_model *model = small_model(NULL);
    assert_ok(nn_model_set_seed(model, seed));
    uint64_t hash = parameter_hash(built(model));
    nn_model_destroy(model);
    return hash;
}

static void a_seed_decides_all_parameters(void **state)
{
    (void)state;
    assert_int_equal(hash_of_seed(7), hash_of_seed(7));
    assert_true(hash_of_seed(7) != hash_of_seed(8));
    assert_true(hash_of_seed(7) != hash_of_seed(7 + (UINT64_C(1) << 40)));
}

static void the_seed_is_the_contexts_at_first(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_seed(context, 7));
    nn_model *model = built(small_model(context));
    assert_int_equal(parameter_hash(model), hash_of_seed(7));
    nn_model_destroy(model);
    nn_context_destroy(context);
    model = built(small_model(NULL));
    assert_int_equal(parameter_hash(model), hash_of_seed(NN_DEFAULT_SEED));
    nn_model_destroy(model);
}

static void initializing_draws_what_building_with_the_seed_draws(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    assert_ok(nn_tensor_fill(nn_model_parameter(model, 1), 3));
    assert_ok(nn_model_initialize(model, 7));
    assert_int_equal(parameter_hash(model), hash_of_seed(7));
    nn_model_destroy(model);
}

static void seeds_are_set_before_building_and_parameters_drawn_after(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    assert_int_equal(nn_model_initialize(model, 1), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "nn_model_initialize: the model is not built");
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_set_seed(model, 1), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "nn_model_set_seed: the model is built");
    assert_ok(nn_model_status(model));
    nn_model_destroy(model);
}

static void weights_start_within_their_bounds_and_biases_at_zero(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    double bound = sqrt(6.0 / (3 + 4)), largest = 0;
    for (int i = 0; i < 12; i++)
        largest = fmax(largest, fabs((double)floats_of(model, "hidden.weight")[i]));
    assert_true(largest <= bound && largest > bound / 2);
    for (int i = 0; i < 4; i++)
        assert_float_equal(floats_of(model, "hidden.bias")[i], 0, 0);
    nn_model_destroy(model);
}

static void initializers_set_on_a_layer_are_used(void **state)
{
    (void)state;
    nn_layer *layer = nn_dense(NULL, 50, NN_LINEAR);
    assert_ok(nn_layer_set_initializer(layer, "weight", NN_INIT_NORMAL, 0.01));
    assert_ok(nn_layer_set_initializer(layer, "bias", NN_INIT_CONSTANT, 0.5));
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 40));
    nn_model_add(model, layer);
    assert_ok(nn_model_build(model));
    double sum = 0, squares = 0;
    for (int i = 0; i < 2000; i++) {
        double w = (double)floats_of(model, "dense_1.weight")[i];
        sum += w;
        squares += w * w;
    }
    assert_true(fabs(sum / 2000) < 0.001);
    assert_true(fabs(sqrt(squares / 2000) - 0.01) < 0.001);
    assert_float_equal(floats_of(model, "dense_1.bias")[49], 0.5, 0);
    nn_model_destroy(model);
}

/* ---- sharing and freezing ---- */

static void a_layer_applied_twice_shares_its_weights(void **state)
{
    (void)state;
    int64_t shape[] = {2};
    nn_model *model = nn_model_create(NULL);
    nn_layer *shared = nn_dense(NULL, 2, NN_LINEAR);
    nn_node x = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_model_output(model,
                    nn_model_apply(model, shared, nn_model_apply(model, shared, x)));
    assert_ok(nn_model_build(model));
    assert_int_equal(nn_model_parameter_count(model), 2);
    assert_int_equal(nn_model_weight_count(model), 6);
    float *w = nn_tensor_floats(nn_model_parameter_named(model, "dense_1.weight"));
    float *b = nn_tensor_floats(nn_model_parameter_named(model, "dense_1.bias"));
    memcpy(w, (float[]){1, 2, 0, 1}, 4 * sizeof *w);
    memcpy(b, (float[]){10, 0}, 2 * sizeof *b);
    nn_tensor *in = tensor_of_rows(1, 2, (double[]){1, 1});
    nn_tensor *out = tensor_of_rows(1, 2, (double[]){0, 0});
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&in, 1, &out, 1));
    /* (1, 1) to (11, 3) to (21, 25) */
    assert_float_equal(nn_tensor_floats(out)[0], 21, 0);
    assert_float_equal(nn_tensor_floats(out)[1], 25, 0);
    nn_tensor_destroy(in);
    nn_tensor_destroy(out);
    nn_model_destroy(model);
}

/* One step of a trainer on some numbers. */
static void step_once(nn_trainer *trainer)
{
    nn_tensor *x = tensor_of_rows(2, 3, (double[]){1, -2, 3, 0.5, 1, -1});
    nn_tensor *y = tensor_of_rows(2, 2, (double[]){3, 4, -5, 6});
    assert_ok(nn_trainer_step(trainer, (const nn_tensor *const *)&x, 1,
                              (const nn_tensor *const *)&y, 1, NULL, NULL));
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
}

static nn_trainer *sgd_trainer(nn_model *model)
{
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(NULL), nn_sgd(NULL, 0.1));
    assert_non_null(trainer);
    return trainer;
}

/* 1 where one step of the trainer changes the parameter. */
static int step_changes(nn_trainer *trainer, nn_model *model, const char *name)
{
    nn_tensor *before = nn_tensor_clone(nn_model_parameter_named(model, name));
    size_t size = (size_t)nn_tensor_count(before) * sizeof(float);
    step_once(trainer);
    int changed = memcmp(nn_tensor_floats(before), floats_of(model, name), size) != 0;
    nn_tensor_destroy(before);
    return changed;
}

static void frozen_layers_stay_as_they_are(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "hidden"), 0));
    nn_trainer *trainer = sgd_trainer(model);
    assert_false(step_changes(trainer, model, "hidden.weight"));
    assert_false(step_changes(trainer, model, "hidden.bias"));
    assert_true(step_changes(trainer, model, "out.weight"));
    assert_null(nn_trainer_gradient(trainer, 0));
    assert_non_null(nn_trainer_gradient(trainer, 2));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void a_frozen_layer_passes_gradients_to_those_below(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "out"), 0));
    nn_trainer *trainer = sgd_trainer(model);
    assert_true(step_changes(trainer, model, "hidden.weight"));
    assert_false(step_changes(trainer, model, "out.weight"));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void freezing_is_heeded_by_trainers_created_later(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    nn_layer *hidden = nn_model_layer(model, "hidden");
    nn_trainer *free = sgd_trainer(model);
    assert_ok(nn_layer_set_trainable(hidden, 0));
    assert_true(step_changes(free, model, "hidden.weight"));
    nn_trainer *frozen = sgd_trainer(model);
    assert_ok(nn_layer_set_trainable(hidden, 1));
    assert_false(step_changes(frozen, model, "hidden.weight"));
    assert_null(nn_trainer_gradient(frozen, 0));
    nn_trainer_destroy(free);
    nn_trainer_destroy(frozen);
    nn_model_destroy(model);
}

static void new_memory_for_a_run_does_not_ask_the_layers_again(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    nn_trainer *trainer = sgd_trainer(model);
    step_once(trainer);
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "hidden"), 0));
    assert_ok(nn_trainer_set_batch_size(trainer, 8));
    assert_ok(nn_tensor_fill(nn_trainer_gradient(trainer, 0), 0));
    assert_true(step_changes(trainer, model, "hidden.weight"));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void rate_multipliers_are_heeded_by_trainers_created_later(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    nn_layer *hidden = nn_model_layer(model, "hidden");
    nn_trainer *before = sgd_trainer(model);
    assert_ok(nn_layer_set_rate_multiplier(hidden, 0));
    nn_trainer *after = sgd_trainer(model);
    assert_true(step_changes(before, model, "hidden.weight"));
    assert_false(step_changes(after, model, "hidden.weight"));
    assert_true(step_changes(after, model, "out.weight"));
    nn_trainer_destroy(before);
    nn_trainer_destroy(after);
    nn_model_destroy(model);
}

static void a_rate_multiplier_multiplies_the_rate(void **state)
{
    (void)state;
    nn_model *plain = built(small_model(NULL)), *doubled = nn_model_clone(plain);
    assert_ok(nn_layer_set_rate_multiplier(nn_model_layer(doubled, "hidden"), 2));
    float start = floats_of(plain, "hidden.weight")[0];
    nn_trainer *a = sgd_trainer(plain), *b = sgd_trainer(doubled);
    step_once(a);
    step_once(b);
    double once = (double)(floats_of(plain, "hidden.weight")[0] - start);
    double twice = (double)(floats_of(doubled, "hidden.weight")[0] - start);
    assert_true(fabs(twice - 2 * once) < 1e-6 * fabs(once) + 1e-7);
    assert_memory_equal(floats_of(plain, "out.weight"), floats_of(doubled, "out.weight"),
                        8 * sizeof(float));
    nn_trainer_destroy(a);
    nn_trainer_destroy(b);
    nn_model_destroy(plain);
    nn_model_destroy(doubled);
}

static void a_model_frozen_all_over_trains_to_itself(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL));
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "hidden"), 0));
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "out"), 0));
    uint64_t before = parameter_hash(model);
    nn_trainer *trainer = sgd_trainer(model);
    step_once(trainer);
    assert_int_equal(parameter_hash(model), before);
    assert_int_equal(nn_trainer_step_count(trainer), 1);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

/* ---- copies ---- */

static void a_clone_is_equal_in_every_bit(void **state)
{
    (void)state;
    nn_model *models[] = {stack_network(NULL), graph_network(NULL)};
    for (int i = 0; i < 2; i++) {
        assert_ok(nn_model_build(models[i]));
        assert_ok(nn_model_initialize(models[i], 999)); /* not what its seed gives */
        nn_model *copy = nn_model_clone(models[i]);
        assert_non_null(copy);
        assert_int_equal(parameter_hash(copy), parameter_hash(models[i]));
        assert_int_equal(nn_model_node_count(copy), nn_model_node_count(models[i]));
        assert_int_equal(nn_model_output_node(copy, 0),
                         nn_model_output_node(models[i], 0));
        for (int32_t p = 0; p < nn_model_parameter_count(copy); p++)
            assert_string_equal(nn_model_parameter_name(copy, p),
                                nn_model_parameter_name(models[i], p));
        nn_model_destroy(copy);
        nn_model_destroy(models[i]);
    }
}

static void a_clone_is_independent(void **state)
{
    (void)state;
    nn_model *model = built(small_model(NULL)), *copy = nn_model_clone(model);
    uint64_t before = parameter_hash(model);
    assert_ok(nn_tensor_fill(nn_model_parameter(copy, 0), 1));
    assert_int_equal(parameter_hash(model), before);
    nn_model_destroy(model);
    assert_float_equal(floats_of(copy, "hidden.weight")[0], 1, 0);
    nn_model_destroy(copy);
}

static void a_clone_trains_as_its_original(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL), *copy = nn_model_clone(model);
    nn_dataset *samples = class_samples(NULL, 50, 4);
    nn_model *both[] = {model, copy};
    for (int i = 0; i < 2; i++) {
        nn_trainer *trainer = nn_trainer_create(both[i], nn_softmax_cross_entropy(NULL),
                                                nn_adam(NULL, 0.01));
        assert_ok(nn_trainer_fit(trainer, samples, NULL, 2));
        nn_trainer_destroy(trainer);
    }
    assert_int_equal(parameter_hash(model), parameter_hash(copy));
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
    nn_model_destroy(copy);
}

static void a_clone_keeps_settings(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "hidden"), 0));
    nn_model *copy = nn_model_clone(model);
    assert_non_null(nn_model_layer(copy, "hidden"));
    nn_trainer *trainer = sgd_trainer(copy);
    assert_false(step_changes(trainer, copy, "hidden.weight"));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_model_destroy(copy);
}

static int32_t custom_infer(void *user, nn_call *call)
{
    (void)user;
    int32_t rank;
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    return nn_call_set_output(call, shape, rank) != NN_OK;
}

static int32_t custom_forward(void *user, nn_call *call)
{
    (void)user;
    memcpy(nn_call_output(call), nn_call_input(call, 0),
           (size_t)(3 * nn_call_rows(call)) * sizeof(float));
    return 0;
}

static void models_with_custom_layers_are_not_cloned(void **state)
{
    (void)state;
    nn_custom_layer custom = {
        .struct_size = sizeof custom,
        .name = "mine",
        .infer = custom_infer,
        .forward = custom_forward,
    };
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 3));
    assert_ok(nn_model_add(model, nn_custom(NULL, &custom)));
    assert_null(nn_model_clone(model));
    assert_failure(NN_ERROR_STATE, "mine 'mine_1': a custom layer cannot be copied");
    assert_ok(nn_model_status(model));
    nn_model_destroy(model);
}

/* ---- predictions ---- */

static void predict_fails_with_words(nn_model *model, const nn_tensor *x, nn_tensor *y,
                                     nn_status status, const char *words)
{
    assert_int_equal(nn_model_predict(model, &x, 1, &y, 1), status);
    assert_failure(status, words);
}

static void predictions_check_their_tensors(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    double zeros[12] = {0};
    nn_tensor *x = tensor_of_rows(2, 3, zeros), *y = tensor_of_rows(2, 2, zeros);
    nn_tensor *wide = tensor_of_rows(2, 4, zeros), *long_y = tensor_of_rows(3, 2, zeros);
    nn_tensor *whole = tensor_of(NN_INT32, 2, (int64_t[]){2, 3}, zeros);
    nn_tensor *number = tensor_of(NN_FLOAT32, 0, NULL, zeros);
    nn_tensor *row = tensor_of_row(3, zeros);
    predict_fails_with_words(model, NULL, y, NN_ERROR_NULL, "input 0 is NULL");
    predict_fails_with_words(model, x, NULL, NN_ERROR_NULL, "output 0 is NULL");
    predict_fails_with_words(model, wide, y, NN_ERROR_SHAPE,
                             "input 0 is (2, 4), expected samples of (3)");
    predict_fails_with_words(model, row, y, NN_ERROR_SHAPE, "input 0 is (3)");
    predict_fails_with_words(model, x, wide, NN_ERROR_SHAPE,
                             "output 0 is (2, 4), expected samples of (2)");
    predict_fails_with_words(model, x, long_y, NN_ERROR_SHAPE, "output 0 is (3, 2)");
    predict_fails_with_words(model, whole, y, NN_ERROR_DTYPE,
                             "input 0 is int32, expected float32");
    predict_fails_with_words(model, number, y, NN_ERROR_RANK, "input 0 has rank 0");
    assert_int_equal(nn_model_predict(model, NULL, 1, &y, 1), NN_ERROR_NULL);
    assert_int_equal(nn_model_predict(model, (const nn_tensor *const *)&x, 1, NULL, 1),
                     NN_ERROR_NULL);
    assert_int_equal(nn_model_predict(model, (const nn_tensor *const *)&x, 2, &y, 1),
                     NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "nn_model_predict: got 2 inputs, the model has 1");
    assert_int_equal(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &y, -1),
                     NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "got -1 outputs");
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &y, 1));
    nn_tensor *all[] = {x, y, wide, long_y, whole, number, row};
    for (int i = 0; i < 7; i++)
        nn_tensor_destroy(all[i]);
    nn_model_destroy(model);
}

static void predictions_do_not_mix_contexts(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_model *model = small_model(context);
    double zeros[6] = {0};
    nn_tensor *x = tensor_of_rows(2, 3, zeros), *y = tensor_of_rows(2, 2, zeros);
    predict_fails_with_words(model, x, y, NN_ERROR_CONTEXT, "different contexts");
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_model_destroy(model);
    nn_context_destroy(context);
}

static void no_samples_give_no_predictions(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    nn_tensor *x = tensor_of_rows(0, 3, NULL), *y = tensor_of_rows(0, 2, NULL);
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &y, 1));
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_model_destroy(model);
}

static void what_is_not_a_number_goes_through(void **state)
{
    (void)state;
    nn_model *model = small_model(NULL);
    nn_tensor *x = tensor_of_rows(2, 3, (double[]){1, (double)NAN, 1, 1, 1, 1});
    nn_tensor *y = tensor_of_rows(2, 2, (double[]){0, 0, 0, 0});
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)&x, 1, &y, 1));
    assert_true(isnan(nn_tensor_floats(y)[0]));
    assert_true(isfinite(nn_tensor_floats(y)[2]));
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_there_once_the_model_is_built),
        cmocka_unit_test(parameters_have_names_and_shapes),
        cmocka_unit_test(there_are_no_other_parameters),
        cmocka_unit_test(what_is_written_into_a_parameter_is_used),
        cmocka_unit_test(a_model_without_parameters_has_none),
        cmocka_unit_test(a_seed_decides_all_parameters),
        cmocka_unit_test(the_seed_is_the_contexts_at_first),
        cmocka_unit_test(initializing_draws_what_building_with_the_seed_draws),
        cmocka_unit_test(seeds_are_set_before_building_and_parameters_drawn_after),
        cmocka_unit_test(weights_start_within_their_bounds_and_biases_at_zero),
        cmocka_unit_test(initializers_set_on_a_layer_are_used),
        cmocka_unit_test(a_layer_applied_twice_shares_its_weights),
        cmocka_unit_test(frozen_layers_stay_as_they_are),
        cmocka_unit_test(a_frozen_layer_passes_gradients_to_those_below),
        cmocka_unit_test(freezing_is_heeded_by_trainers_created_later),
        cmocka_unit_test(new_memory_for_a_run_does_not_ask_the_layers_again),
        cmocka_unit_test(rate_multipliers_are_heeded_by_trainers_created_later),
        cmocka_unit_test(a_rate_multiplier_multiplies_the_rate),
        cmocka_unit_test(a_model_frozen_all_over_trains_to_itself),
        cmocka_unit_test(a_clone_is_equal_in_every_bit),
        cmocka_unit_test(a_clone_is_independent),
        cmocka_unit_test(a_clone_trains_as_its_original),
        cmocka_unit_test(a_clone_keeps_settings),
        cmocka_unit_test(models_with_custom_layers_are_not_cloned),
        cmocka_unit_test(predictions_check_their_tensors),
        cmocka_unit_test(predictions_do_not_mix_contexts),
        cmocka_unit_test(no_samples_give_no_predictions),
        cmocka_unit_test(what_is_not_a_number_goes_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
