/* Every loss of the table through the same tests: gradients, the same bits under every
 * setting, failing allocations, defaults. All of them suit one network, whose outputs
 * lie between 0 and 1, and one kind of target, probabilities; so a new loss is tested by
 * being in the table. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"
#include "support/settings.h"

#include "losses/loss.h"

#include <string.h>

enum { FEATURES = 4, OUTPUTS = 2, ROWS = 2500, FEW_ROWS = 6 };

/* How a loss is used: as it is made, or with every option moved and sample weights. */
enum { AS_MADE, MOVED, USES };

struct use {
    const struct nni_loss_type *type;
    int32_t moved;
};

static void for_every_use(void (*body)(struct use *use))
{
    for (int32_t i = 0; nni_loss_type_at(i) != NULL; i++) {
        for (int32_t moved = AS_MADE; moved < USES; moved++) {
            struct use use = {nni_loss_type_at(i), moved};
            body(&use);
        }
    }
}

/* ---- a network that every loss suits ---- */

static nn_status move_option(nn_loss *loss, const struct nni_option *option)
{
    const float weights[OUTPUTS] = {0.5f, 3.0f};
    if (option->type == NNI_OPTION_FLOATS) {
        return nn_loss_set_floats(loss, option->name, weights, OUTPUTS);
    }
    return nn_loss_set_float(loss, option->name, option->standard + 0.125);
}

/* NULL where memory ran out. */
static nn_loss *loss_for(nn_context *context, const struct use *use)
{
    nn_loss *loss = nn_loss_create(context, use->type->name);
    for (int32_t i = 0; loss != NULL && use->moved && i < use->type->option_count; i++) {
        if (move_option(loss, &use->type->options[i]) != NN_OK) {
            assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
            nn_loss_destroy(loss);
            return NULL;
        }
    }
    return loss;
}

static nn_model *model_for(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, FEATURES));
    nn_model_add(model, nn_dense(context, 6, NN_TANH));
    nn_model_add(model, nn_dense(context, OUTPUTS, NN_SIGMOID));
    return model;
}

/* The targets are far from the outputs, which at first are about 1/2: there the absolute
 * error is smooth. */
static nn_tensor *targets_for(nn_context *context, int64_t rows)
{
    nn_tensor *targets =
        nn_tensor_create(context, NN_FLOAT32, (int64_t[]){rows, OUTPUTS}, 2);
    for (int64_t i = 0; targets != NULL && i < rows; i++) {
        float *target = nn_tensor_floats(targets) + i * OUTPUTS;
        target[i % 3 != 0] = 0.03125f;
        target[i % 3 == 0] = 0.96875f;
    }
    return targets;
}

struct bench {
    const struct use *use;
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *input, *target, *weights;
};

/* Returns whether there was memory for all. */
static int bench_open(struct bench *bench, nn_context *context, const struct use *use,
                      int64_t rows)
{
    memset(bench, 0, sizeof *bench);
    bench->use = use;
    bench->model = model_for(context);
    nn_loss *loss = loss_for(context, use);
    bench->trainer = nn_trainer_create(bench->model, loss, nn_sgd(context, 0.1));
    if (bench->trainer == NULL) {
        return 0;
    }
    bench->input = random_samples(context, bench->model, 0, rows, 1);
    bench->target = targets_for(context, rows);
    bench->weights = nn_tensor_create(context, NN_FLOAT32, &rows, 1);
    if (bench->weights != NULL) {
        assert_ok(nn_tensor_random_uniform(bench->weights, 0.25f, 2, 3));
    }
    return bench->input != NULL && bench->target != NULL && bench->weights != NULL;
}

static void bench_close(struct bench *bench)
{
    nn_tensor_destroy(bench->input);
    nn_tensor_destroy(bench->target);
    nn_tensor_destroy(bench->weights);
    nn_trainer_destroy(bench->trainer);
    nn_model_destroy(bench->model);
}

static nn_status bench_step(const struct bench *bench, double *loss)
{
    return nn_trainer_step(bench->trainer, (const nn_tensor *const *)&bench->input, 1,
                           (const nn_tensor *const *)&bench->target,
                           bench->use->type->takes_target ? 1 : 0,
                           bench->use->moved ? bench->weights : NULL, loss);
}

/* ---- the tests ---- */

static void ids_and_names_are_unique(void **state)
{
    (void)state;
    for (int32_t i = 0; nni_loss_type_at(i) != NULL; i++) {
        const struct nni_loss_type *type = nni_loss_type_at(i);
        assert_true(type->id > 0);
        assert_ptr_equal(nni_loss_type_named(type->name), type);
        for (int32_t k = 0; k < i; k++) {
            assert_true(nni_loss_type_at(k)->id != type->id);
        }
    }
}

static void a_loss_by_name_has_the_defaults_of_its_table(void **state)
{
    (void)state;
    for (int32_t k = 0; nni_loss_type_at(k) != NULL; k++) {
        const struct nni_loss_type *type = nni_loss_type_at(k);
        nn_loss *loss = nn_loss_create(NULL, type->name);
        assert_string_equal(nn_loss_kind(loss), type->name);
        for (int32_t i = 0; i < type->option_count; i++) {
            const struct nni_option *option = &type->options[i];
            double value;
            if (option->type == NNI_OPTION_FLOAT) {
                assert_ok(nn_loss_option(loss, option->name, &value));
                assert_true(value == option->standard);
            }
        }
        nn_loss_destroy(loss);
    }
}

static void check_gradients(struct use *use)
{
    struct bench bench;
    assert_true(bench_open(&bench, NULL, use, FEW_ROWS));
    if (nn_gradient_check(
            bench.trainer, (const nn_tensor *const *)&bench.input, 1,
            (const nn_tensor *const *)&bench.target, use->type->takes_target ? 1 : 0,
            use->moved ? bench.weights : NULL, 5e-3, 2e-4, 0, NULL) != NN_OK) {
        fail_msg("%s: %s", use->type->name, nn_last_error());
    }
    bench_close(&bench);
}

static void gradients_agree_with_central_differences(void **state)
{
    (void)state;
    for_every_use(check_gradients);
}

static uint64_t step_hash(const struct use *use, const struct setting *setting)
{
    struct bench bench;
    uint64_t hash = HASH_START;
    nn_context *context = setting_context(setting);
    assert_true(bench_open(&bench, context, use, ROWS));
    assert_ok(nn_trainer_set_micro_batch(bench.trainer, setting->micro_batch));
    for (int32_t step = 0; step < 2; step++) {
        double loss;
        assert_ok(bench_step(&bench, &loss));
        hash = hash_bytes(hash, &loss, sizeof loss);
    }
    for (int32_t i = 0; i < nn_model_parameter_count(bench.model); i++) {
        hash = hash_tensor(hash, nn_model_parameter(bench.model, i));
    }
    bench_close(&bench);
    nn_context_destroy(context);
    return hash;
}

static void check_settings(struct use *use)
{
    const uint64_t plain = step_hash(use, &settings[0]);
    for (int32_t i = 1; i < SETTINGS; i++) {
        if (step_hash(use, &settings[i]) != plain) {
            fail_msg("%s has other bits %s", use->type->name, settings[i].name);
        }
    }
}

static void threads_instruction_sets_and_micro_batches_change_no_bit(void **state)
{
    (void)state;
    for_every_use(check_settings);
}

/* The value of nn_loss_evaluate on what the network says is the loss of a step. */
static void check_evaluate(struct use *use)
{
    struct bench bench;
    double by_step, by_hand;
    assert_true(bench_open(&bench, NULL, use, ROWS));
    nn_tensor *outputs = nn_tensor_clone(bench.target);
    nn_loss *loss = loss_for(NULL, use);
    assert_ok(nn_model_predict(bench.model, (const nn_tensor *const *)&bench.input, 1,
                               &outputs, 1));
    assert_ok(nn_loss_evaluate(loss, outputs,
                               use->type->takes_target ? bench.target : NULL,
                               use->moved ? bench.weights : NULL, NULL, &by_hand));
    assert_ok(bench_step(&bench, &by_step));
    assert_true(by_step == by_hand);
    nn_tensor_destroy(outputs);
    nn_loss_destroy(loss);
    bench_close(&bench);
}

static void a_step_and_an_evaluation_give_the_same_loss(void **state)
{
    (void)state;
    for_every_use(check_evaluate);
}

static int attempt_step(nn_context *context, void *data)
{
    struct bench bench;
    int done =
        bench_open(&bench, context, data, FEW_ROWS) && bench_step(&bench, NULL) == NN_OK;
    bench_close(&bench);
    return done;
}

static void check_allocations(struct use *use)
{
    assert_true(fail_each_allocation(attempt_step, use) > 20);
}

static void every_loss_survives_failing_allocations(void **state)
{
    (void)state;
    for_every_use(check_allocations);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_names_are_unique),
        cmocka_unit_test(a_loss_by_name_has_the_defaults_of_its_table),
        cmocka_unit_test(gradients_agree_with_central_differences),
        cmocka_unit_test(threads_instruction_sets_and_micro_batches_change_no_bit),
        cmocka_unit_test(a_step_and_an_evaluation_give_the_same_loss),
        cmocka_unit_test(every_loss_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
