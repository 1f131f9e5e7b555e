/* Every optimizer of the table through the same tests: it lowers a loss, gives the same
 * bits under every setting, survives failing allocations, has its defaults. A new
 * optimizer is tested by being in the table. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"
#include "support/settings.h"

#include "optimizers/optimizer.h"

enum { SAMPLES = 48, BATCH = 20 };

static const char *name_at(int32_t index)
{
    const struct nni_optimizer_type *type = nni_optimizer_type_at(index);
    return type == NULL ? NULL : type->name;
}

static void ids_and_names_are_unique(void **state)
{
    (void)state;
    for (int32_t i = 0; name_at(i) != NULL; i++) {
        const struct nni_optimizer_type *type = nni_optimizer_type_at(i);
        assert_true(type->id > 0);
        assert_ptr_equal(nni_optimizer_type_named(type->name), type);
        for (int32_t k = 0; k < i; k++) {
            assert_true(nni_optimizer_type_at(k)->id != type->id);
        }
    }
}

static void an_optimizer_by_name_has_the_defaults_of_its_table(void **state)
{
    (void)state;
    for (int32_t k = 0; name_at(k) != NULL; k++) {
        const struct nni_optimizer_type *type = nni_optimizer_type_at(k);
        nn_optimizer *optimizer = nn_optimizer_create(NULL, type->name);
        assert_string_equal(nn_optimizer_kind(optimizer), type->name);
        for (int32_t i = 0; i < type->option_count; i++) {
            double value;
            assert_ok(nn_optimizer_option(optimizer, type->options[i].name, &value));
            assert_true(value == type->options[i].standard);
        }
        nn_optimizer_destroy(optimizer);
    }
}

/* ---- the same bits ---- */

/* Moves every option a little; flags are set. Some options exclude each other: then the
 * later one stays as it is. */
static void move_options(nn_optimizer *optimizer)
{
    const struct nni_optimizer_type *type = optimizer->type;
    for (int32_t i = 0; i < type->option_count; i++) {
        const struct nni_option *option = &type->options[i];
        double value = option->standard + 0.02;
        if (option->type == NNI_OPTION_INT) {
            value = 1;
        } else if (value >= option->maximum) {
            value = option->standard - 0.02;
        }
        if (nn_optimizer_set(optimizer, option->name, value) != NN_OK) {
            assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
            assert_ok(nn_optimizer_set(optimizer, option->name, option->standard));
        }
    }
}

static uint64_t trained_hash(const char *name, int32_t moved,
                             const struct setting *setting)
{
    nn_context *context = setting_context(setting);
    nn_model *model = wide_network(context);
    nn_dataset *samples = class_samples(context, SAMPLES, 5);
    nn_optimizer *optimizer = nn_optimizer_create(context, name);
    assert_non_null(optimizer);
    if (moved) {
        move_options(optimizer);
    }
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(context), optimizer);
    assert_non_null(trainer);
    assert_ok(nn_trainer_set_batch_size(trainer, BATCH));
    assert_ok(nn_trainer_set_micro_batch(trainer, setting->micro_batch));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    uint64_t hash = parameter_hash(model);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
    nn_context_destroy(context);
    return hash;
}

static void threads_instruction_sets_and_micro_batches_change_no_bit(void **state)
{
    (void)state;
    for (int32_t k = 0; name_at(k) != NULL; k++) {
        const uint64_t plain = trained_hash(name_at(k), 0, &settings[0]);
        const uint64_t moved = trained_hash(name_at(k), 1, &settings[0]);
        assert_true(plain != moved);
        for (int32_t i = 1; i < SETTINGS; i++) {
            if (trained_hash(name_at(k), 0, &settings[i]) != plain ||
                trained_hash(name_at(k), 1, &settings[i]) != moved) {
                fail_msg("%s has other bits %s", name_at(k), settings[i].name);
            }
        }
    }
}

/* ---- learning ---- */

static void every_optimizer_lowers_a_loss(void **state)
{
    (void)state;
    for (int32_t k = 0; name_at(k) != NULL; k++) {
        nn_model *model = stack_network(NULL);
        nn_dataset *samples = class_samples(NULL, SAMPLES, 5);
        nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(NULL),
                                                nn_optimizer_create(NULL, name_at(k)));
        double before, after;
        assert_ok(nn_trainer_evaluate(trainer, samples, &before, 1));
        assert_ok(nn_trainer_fit(trainer, samples, NULL, 25));
        assert_ok(nn_trainer_evaluate(trainer, samples, &after, 1));
        if (!(after < before - 0.05)) {
            fail_msg("%s: the loss went from %g to %g", name_at(k), before, after);
        }
        nn_trainer_destroy(trainer);
        nn_dataset_destroy(samples);
        nn_model_destroy(model);
    }
}

/* ---- failing allocations ---- */

static int attempt_step(nn_context *context, void *data)
{
    const int32_t *index = data;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 3));
    nn_model_add(model, nn_dense(context, 2, NN_TANH));
    nn_loss *loss = nn_mean_squared_error(context);
    nn_optimizer *optimizer = nn_optimizer_create(context, name_at(*index));
    if (optimizer != NULL) {
        move_options(optimizer);
    }
    nn_trainer *trainer = nn_trainer_create(model, loss, optimizer);
    nn_tensor *x = random_tensor(context, NN_FLOAT32, (int64_t[]){4, 3}, 2, 1);
    nn_tensor *y = random_tensor(context, NN_FLOAT32, (int64_t[]){4, 2}, 2, 2);
    int done = trainer != NULL && x != NULL && y != NULL &&
               nn_trainer_step(trainer, (const nn_tensor *const *)&x, 1,
                               (const nn_tensor *const *)&y, 1, NULL, NULL) == NN_OK;
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return done;
}

static void every_optimizer_survives_failing_allocations(void **state)
{
    (void)state;
    for (int32_t k = 0; name_at(k) != NULL; k++) {
        assert_true(fail_each_allocation(attempt_step, &k) > 20);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_and_names_are_unique),
        cmocka_unit_test(an_optimizer_by_name_has_the_defaults_of_its_table),
        cmocka_unit_test(threads_instruction_sets_and_micro_batches_change_no_bit),
        cmocka_unit_test(every_optimizer_lowers_a_loss),
        cmocka_unit_test(every_optimizer_survives_failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
