/* Every layer of the table, and every activation, through the same tests: gradients, the
 * same bits under every setting and grouping of samples, failing allocations, defaults,
 * clones. What a kind needs, its recipe says. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"
#include "support/recipes.h"
#include "support/settings.h"

#include "layers/layer.h"

#include <string.h>

/* A model, its trainer with mean squared error and plain descent, and a batch. */
struct bench {
    nn_model *model;
    nn_trainer *trainer;
    int32_t inputs;
    nn_tensor *input[RECIPE_INPUTS_MAX], *target;
};

/* Takes the model over, which may be NULL; returns whether there was memory for all. */
static int bench_open(struct bench *bench, nn_context *context, nn_model *model,
                      int64_t rows)
{
    const double weight = 8;
    memset(bench, 0, sizeof *bench);
    bench->model = model;
    nn_loss *loss = nn_mean_squared_error(context);
    nn_optimizer *optimizer = nn_sgd(context, 0.1);
    if (optimizer == NULL) {
        nn_loss_destroy(loss);
        return 0;
    }
    bench->trainer = nn_trainer_create_many(model, &loss, &weight, 1, optimizer);
    if (bench->trainer == NULL) {
        return 0;
    }
    bench->inputs = nn_model_input_count(model);
    bench->target =
        random_samples(context, model, nn_model_output_node(model, 0), rows, 99);
    int complete = bench->target != NULL;
    for (int32_t i = 0; i < bench->inputs; i++) {
        bench->input[i] = random_samples(context, model, nn_model_input_node(model, i),
                                         rows, (uint64_t)i + 1);
        complete = complete && bench->input[i] != NULL;
    }
    return complete;
}

static void bench_close(struct bench *bench)
{
    for (int32_t i = 0; i < RECIPE_INPUTS_MAX; i++) {
        nn_tensor_destroy(bench->input[i]);
    }
    nn_tensor_destroy(bench->target);
    nn_trainer_destroy(bench->trainer);
    nn_model_destroy(bench->model);
}

static nn_status bench_step(const struct bench *bench, double *loss)
{
    return nn_trainer_step(bench->trainer, (const nn_tensor *const *)bench->input,
                           bench->inputs, (const nn_tensor *const *)&bench->target, 1,
                           NULL, loss);
}

/* ---- the tables ---- */

static void every_kind_of_layer_has_a_recipe(void **state)
{
    (void)state;
    for (int32_t k = 0; nni_layer_type_at(k) != NULL; k++) {
        const char *kind = nni_layer_type_at(k)->name;
        int32_t i = 0;
        while (recipe_at(i) != NULL && strcmp(recipe_at(i)->kind, kind) != 0) {
            i++;
        }
        if (recipe_at(i) == NULL) {
            fail_msg("layer '%s' is in the table, but not in tests/support/recipes.c",
                     kind);
        }
    }
}

static void ids_and_names_are_unique(void **state)
{
    (void)state;
    for (int32_t i = 0; nni_layer_type_at(i) != NULL; i++) {
        const struct nni_layer_type *type = nni_layer_type_at(i);
        assert_true(type->id > 0);
        assert_ptr_equal(nni_layer_type_named(type->name), type);
        for (int32_t k = 0; k < i; k++) {
            assert_true(nni_layer_type_at(k)->id != type->id);
        }
    }
}

static void a_layer_by_name_has_the_defaults_of_its_table(void **state)
{
    (void)state;
    for (int32_t k = 0; nni_layer_type_at(k) != NULL; k++) {
        const struct nni_layer_type *type = nni_layer_type_at(k);
        nn_layer *layer = nn_layer_create(NULL, type->name);
        assert_string_equal(nn_layer_kind(layer), type->name);
        for (int32_t i = 0; i < type->option_count; i++) {
            const struct nni_option *option = &type->options[i];
            if (option->type == NNI_OPTION_INTS || option->type == NNI_OPTION_FLOATS) {
                continue;
            }
            double value;
            assert_ok(nn_layer_option(layer, option->name, &value));
            assert_true(value == option->standard);
            assert_ok(nn_layer_set_float(layer, option->name, value));
        }
        nn_layer_destroy(layer);
    }
}

/* ---- gradients ---- */

/* Its derivative jumps at 0: steps must be small, and so differences are rough. */
static int has_a_kink(int32_t activation)
{
    return activation == NN_RELU || activation == NN_LEAKY_RELU || activation == NN_SELU;
}

static void check_gradients(const struct recipe *recipe)
{
    struct bench bench;
    double worst;
    const double h = has_a_kink(recipe->activation) ? 1e-3 : 5e-3;
    const double tolerance = has_a_kink(recipe->activation) ? 1e-2 : 3e-3;
    assert_true(bench_open(&bench, NULL, recipe_amid(NULL, recipe), 5));
    if (nn_gradient_check(bench.trainer, (const nn_tensor *const *)bench.input, 1,
                          (const nn_tensor *const *)&bench.target, 1, NULL, h, tolerance,
                          40, &worst) != NN_OK) {
        fail_msg("%s (%s): %s", recipe->kind, nn_activation_name(recipe->activation),
                 nn_last_error());
    }
    bench_close(&bench);
}

static void gradients_agree_with_central_differences(void **state)
{
    (void)state;
    for_every_recipe(check_gradients);
}

/* ---- the same bits ---- */

/* Everything a step computes, by hand and as a whole. */
static uint64_t step_hash(const struct recipe *recipe, const struct setting *setting)
{
    struct bench bench;
    double loss;
    nn_context *context = setting_context(setting);
    assert_true(bench_open(&bench, context, recipe_alone(context, recipe), RECIPE_ROWS));
    assert_ok(nn_trainer_set_micro_batch(bench.trainer, setting->micro_batch));
    assert_ok(nn_trainer_set_input_gradients(bench.trainer, 1));
    assert_ok(nn_trainer_forward(bench.trainer, (const nn_tensor *const *)bench.input,
                                 bench.inputs));
    assert_ok(nn_trainer_backward(bench.trainer, (const nn_tensor *const *)&bench.target,
                                  1, NULL, &loss));
    uint64_t hash = hash_bytes(HASH_START, &loss, sizeof loss);
    nn_node output = nn_model_output_node(bench.model, 0);
    hash = hash_new_tensor(hash, nn_trainer_node_value(bench.trainer, output));
    for (int32_t i = 0; i < bench.inputs && recipe_is_float(recipe); i++) {
        nn_node input = nn_model_input_node(bench.model, i);
        hash = hash_new_tensor(hash, nn_trainer_node_gradient(bench.trainer, input));
    }
    for (int32_t i = 0; i < nn_model_parameter_count(bench.model); i++) {
        hash = hash_tensor(hash, nn_trainer_gradient(bench.trainer, i));
    }
    assert_ok(bench_step(&bench, &loss));
    hash = hash_bytes(hash, &loss, sizeof loss);
    for (int32_t i = 0; i < nn_model_parameter_count(bench.model); i++) {
        hash = hash_tensor(hash, nn_model_parameter(bench.model, i));
    }
    bench_close(&bench);
    nn_context_destroy(context);
    return hash;
}

static void check_settings(const struct recipe *recipe)
{
    const uint64_t plain = step_hash(recipe, &settings[0]);
    for (int32_t i = 1; i < SETTINGS; i++) {
        if (step_hash(recipe, &settings[i]) != plain) {
            fail_msg("%s (%s) has other bits %s", recipe->kind,
                     nn_activation_name(recipe->activation), settings[i].name);
        }
    }
}

static void threads_instruction_sets_and_micro_batches_change_no_bit(void **state)
{
    (void)state;
    for_every_recipe(check_settings);
}

static void check_spread(const struct recipe *recipe)
{
    struct bench bench;
    int64_t tasks;
    nn_context *context = counting_context(&tasks);
    assert_true(bench_open(&bench, context, recipe_alone(context, recipe), RECIPE_ROWS));
    assert_ok(nn_trainer_forward(bench.trainer, (const nn_tensor *const *)bench.input,
                                 bench.inputs));
    if (tasks == 0 && !recipe_is_input(recipe)) {
        fail_msg("%s: the sample is too small to be spread over threads", recipe->kind);
    }
    bench_close(&bench);
    nn_context_destroy(context);
}

static void the_large_samples_are_spread_over_threads(void **state)
{
    (void)state;
    for_every_recipe(check_spread);
}

static void run_grouped(const struct bench *bench, int64_t group, int64_t block,
                        nn_tensor *out)
{
    nn_session *session = nn_session_create(bench->model, block);
    assert_non_null(session);
    for (int64_t first = 0; first < RECIPE_ROWS; first += group) {
        const int64_t rows = RECIPE_ROWS - first < group ? RECIPE_ROWS - first : group;
        nn_tensor *parts[RECIPE_INPUTS_MAX];
        const void *inputs[RECIPE_INPUTS_MAX];
        for (int32_t i = 0; i < bench->inputs; i++) {
            parts[i] = nn_tensor_slice(bench->input[i], first, rows);
            inputs[i] = nn_tensor_data(parts[i]);
        }
        nn_tensor *part = nn_tensor_slice(out, first, rows);
        void *outputs[] = {nn_tensor_data(part)};
        assert_ok(nn_session_run(session, inputs, rows, outputs));
        nn_tensor_destroy(part);
        for (int32_t i = 0; i < bench->inputs; i++) {
            nn_tensor_destroy(parts[i]);
        }
    }
    nn_session_destroy(session);
}

static void check_grouping(const struct recipe *recipe)
{
    static const int64_t groups[][2] = {{1, 1}, {7, 0}, {64, 5}, {RECIPE_ROWS, 32}};
    struct bench bench;
    assert_true(bench_open(&bench, NULL, recipe_alone(NULL, recipe), RECIPE_ROWS));
    nn_tensor *whole = nn_tensor_clone(bench.target);
    assert_ok(nn_model_predict(bench.model, (const nn_tensor *const *)bench.input,
                               bench.inputs, &whole, 1));
    for (int32_t i = 0; i < 4; i++) {
        assert_ok(nn_tensor_fill(bench.target, 0));
        run_grouped(&bench, groups[i][0], groups[i][1], bench.target);
        if (hash_tensor(HASH_START, bench.target) != hash_tensor(HASH_START, whole)) {
            fail_msg("%s (%s) has other bits in groups of %d", recipe->kind,
                     nn_activation_name(recipe->activation), (int)groups[i][0]);
        }
    }
    nn_tensor_destroy(whole);
    bench_close(&bench);
}

static void grouping_of_samples_changes_no_bit(void **state)
{
    (void)state;
    for_every_recipe(check_grouping);
}

/* ---- clones ---- */

static void check_clone(const struct recipe *recipe)
{
    struct bench first, second;
    double before, after;
    nn_model *model = recipe_amid(NULL, recipe);
    nn_model *copy = nn_model_clone(model);
    assert_non_null(copy);
    assert_int_equal(parameter_hash(copy), parameter_hash(model));
    assert_true(bench_open(&first, NULL, model, 5));
    assert_true(bench_open(&second, NULL, copy, 5));
    assert_ok(bench_step(&first, &before));
    assert_ok(bench_step(&second, &after));
    assert_true(before == after);
    assert_int_equal(parameter_hash(copy), parameter_hash(model));
    bench_close(&first);
    bench_close(&second);
}

static void a_cloned_model_trains_as_its_original(void **state)
{
    (void)state;
    for_every_recipe(check_clone);
}

/* ---- failing allocations ---- */

static int attempt_step(nn_context *context, void *data)
{
    struct bench bench;
    nn_model *model = recipe_amid(context, data);
    int done = bench_open(&bench, context, model, 5) && bench_step(&bench, NULL) == NN_OK;
    bench_close(&bench);
    return done;
}

static void every_layer_survives_failing_allocations(void **state)
{
    (void)state;
    for (int32_t i = 0; recipe_at(i) != NULL; i++) {
        struct recipe recipe = *recipe_at(i);
        assert_true(fail_each_allocation(attempt_step, &recipe) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_layer_has_a_recipe),
        cmocka_unit_test(ids_and_names_are_unique),
        cmocka_unit_test(a_layer_by_name_has_the_defaults_of_its_table),
        cmocka_unit_test(gradients_agree_with_central_differences),
        cmocka_unit_test(threads_instruction_sets_and_micro_batches_change_no_bit),
        cmocka_unit_test(the_large_samples_are_spread_over_threads),
        cmocka_unit_test(grouping_of_samples_changes_no_bit),
        cmocka_unit_test(a_cloned_model_trains_as_its_original),
        cmocka_unit_test(every_layer_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
