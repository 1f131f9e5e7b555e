/* nn_trainer_fit: mini-batches, order, losses, validation, going on. Early stopping, history,
 * schedules and hooks have files of their own. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

/* ---- batches ---- */

/* The batches that a run computes: how many rows, and the first input of each row. */
struct seen {
    int64_t batches, samples;
    int64_t rows[256];
    float order[512];
};

static int32_t see_batch(void *user, nn_trainer *trainer)
{
    struct seen *seen = user;
    nn_tensor *values = nn_trainer_node_value(trainer, 0);
    int64_t rows = nn_tensor_dim(values, 0);
    int64_t width = nn_tensor_count(values) / rows;
    seen->rows[seen->batches++] = rows;
    for (int64_t r = 0; r < rows; r++)
        seen->order[seen->samples++] = nn_tensor_floats(values)[r * width];
    nn_tensor_destroy(values);
    return 0;
}

/* Runs epochs over `count` numbered samples at a rate of 0. */
static void see_run(struct seen *seen, int64_t count, int64_t batch, int32_t shuffle,
                    uint64_t seed, int32_t epochs)
{
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, count);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0));
    memset(seen, 0, sizeof *seen);
    assert_ok(nn_trainer_set_batch_size(trainer, batch));
    assert_ok(nn_trainer_set_shuffle(trainer, shuffle));
    assert_ok(nn_trainer_set_seed(trainer, seed));
    assert_ok(nn_trainer_set_gradient_hook(trainer, see_batch, seen));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, epochs));
    assert_int_equal(nn_trainer_step_count(trainer), seen->batches);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void batches_have_their_size_and_the_last_one_the_rest(void **state)
{
    (void)state;
    static struct seen seen;
    int64_t sizes[] = {1, 32, 50, 99, 100, 101, NN_FULL_BATCH};
    int64_t batches[] = {100, 4, 2, 2, 1, 1, 1}, last[] = {1, 4, 50, 1, 100, 100, 100};
    for (int i = 0; i < 7; i++) {
        see_run(&seen, 100, sizes[i], 1, 1, 1);
        assert_int_equal(seen.batches, batches[i]);
        assert_int_equal(seen.rows[seen.batches - 1], last[i]);
        assert_int_equal(seen.samples, 100);
    }
}

static void without_shuffling_samples_come_in_their_order(void **state)
{
    (void)state;
    static struct seen seen;
    see_run(&seen, 100, 7, 0, 1, 2);
    for (int i = 0; i < 200; i++)
        assert_int_equal((int)seen.order[i], i % 100);
}

static void an_epoch_takes_every_sample_once_in_an_order_of_its_own(void **state)
{
    (void)state;
    static struct seen seen;
    see_run(&seen, 100, 7, 1, 1, 2);
    for (int epoch = 0; epoch < 2; epoch++) {
        int times[100] = {0};
        for (int i = 0; i < 100; i++)
            times[(int)seen.order[100 * epoch + i]]++;
        for (int i = 0; i < 100; i++)
            assert_int_equal(times[i], 1);
    }
    assert_memory_not_equal(seen.order, seen.order + 100, 100 * sizeof(float));
}

static void the_order_is_a_function_of_seed_and_epoch(void **state)
{
    (void)state;
    static struct seen one, other;
    see_run(&one, 100, 7, 1, 1, 2);
    see_run(&other, 100, 32, 1, 1, 2);
    assert_memory_equal(one.order, other.order, sizeof one.order);
    see_run(&other, 100, 7, 1, 2, 2);
    assert_memory_not_equal(one.order, other.order, sizeof one.order);
}

static void the_seed_is_the_contexts_at_first(void **state)
{
    (void)state;
    static struct seen seen, by_default;
    memset(&by_default, 0, sizeof by_default);
    see_run(&seen, 100, 10, 1, NN_DEFAULT_SEED, 1);
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 100);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0));
    assert_ok(nn_trainer_set_gradient_hook(trainer, see_batch, &by_default));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    assert_int_equal(by_default.batches, 4); /* of 32 */
    assert_memory_equal(seen.order, by_default.order, sizeof seen.order);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

/* ---- losses over an epoch ---- */

static void at_a_rate_of_zero_the_epochs_loss_is_that_of_evaluating(void **state)
{
    (void)state;
    double expected[2];
    nn_model *model = one_layer(NULL, NETWORK_INPUTS, NETWORK_CLASSES);
    nn_dataset *samples = class_samples(NULL, 150, 3);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_evaluate(trainer, samples, expected, 2));
    assert_ok(nn_trainer_fit(trainer, samples, samples, 1));
    assert_true(fabs(history_at(trainer, "loss", 0) - expected[0]) < 1e-6);
    assert_float_equal(history_at(trainer, "accuracy", 0), expected[1], 0);
    assert_float_equal(history_at(trainer, "val_loss", 0), expected[0], 0);
    assert_float_equal(history_at(trainer, "val_accuracy", 0), expected[1], 0);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void training_makes_the_loss_small(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 200, 3);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 15));
    assert_true(history_at(trainer, "loss", 14) < history_at(trainer, "loss", 0) / 2);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void samples_without_weight_teach_nothing(void **state)
{
    (void)state;
    double x[] = {1, 2, 3, 4}, y[] = {2, 4, -100, 100};
    float w[2];
    for (int weighted = 0; weighted < 2; weighted++) {
        int64_t count = weighted ? 4 : 2;
        nn_model *model = one_layer(NULL, 1, 1);
        nn_dataset *samples =
            dataset_with(NULL, tensor_of_rows(count, 1, x), tensor_of_rows(count, 1, y));
        nn_tensor *weights = tensor_of_row(4, (double[]){1, 1, 0, 0});
        if (weighted)
            assert_ok(nn_dataset_set_weights(samples, weights));
        nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.01));
        assert_ok(nn_trainer_set_shuffle(trainer, 0));
        assert_ok(nn_trainer_fit(trainer, samples, NULL, 10));
        w[weighted] = nn_tensor_floats(nn_model_parameter(model, 0))[0];
        nn_tensor_destroy(weights);
        nn_trainer_destroy(trainer);
        nn_dataset_destroy(samples);
        nn_model_destroy(model);
    }
    assert_true(fabs((double)(w[0] - w[1])) < 1e-6);
}

static void batches_without_weight_are_passed_over(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 4);
    nn_tensor *weights = tensor_of_row(4, (double[]){0, 1, 0, 1});
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.01));
    assert_ok(nn_dataset_set_weights(samples, weights));
    assert_ok(nn_trainer_set_batch_size(trainer, 1));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 3));
    assert_int_equal(nn_trainer_step_count(trainer), 3 * 2);
    assert_ok(nn_tensor_fill(weights, 0));
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 1), NN_ERROR_EMPTY);
    assert_failure(NN_ERROR_EMPTY, "nn_trainer_fit: the weights of all samples are 0");
    nn_tensor_destroy(weights);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

/* ---- validation ---- */

static void validation_is_what_evaluating_afterwards_gives(void **state)
{
    (void)state;
    double results[2];
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 100, 3),
               *others = class_samples(NULL, 60, 4);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_fit(trainer, samples, others, 3));
    assert_ok(nn_trainer_evaluate(trainer, others, results, 2));
    assert_float_equal(history_at(trainer, "val_loss", 2), results[0], 0);
    assert_float_equal(history_at(trainer, "val_accuracy", 2), results[1], 0);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_dataset_destroy(others);
    nn_model_destroy(model);
}

static void validating_changes_no_bit_of_training(void **state)
{
    (void)state;
    uint64_t hash[2];
    nn_dataset *samples = class_samples(NULL, 100, 3),
               *others = class_samples(NULL, 60, 4);
    for (int validated = 0; validated < 2; validated++) {
        nn_model *model = stack_network(NULL);
        nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
        assert_ok(nn_trainer_fit(trainer, samples, validated ? others : NULL, 3));
        hash[validated] = parameter_hash(model);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    assert_int_equal(hash[0], hash[1]);
    nn_dataset_destroy(samples);
    nn_dataset_destroy(others);
}

static void a_split_keeps_the_last_samples_for_validation(void **state)
{
    (void)state;
    uint64_t hash[2];
    double loss[2];
    nn_dataset *samples = class_samples(NULL, 101, 3);
    nn_dataset *first = nn_dataset_subset(samples, 0, 76);
    nn_dataset *last = nn_dataset_subset(samples, 76, 25); /* round(0.25 * 101) */
    for (int split = 0; split < 2; split++) {
        nn_model *model = stack_network(NULL);
        nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
        assert_ok(nn_trainer_set_validation_split(trainer, split ? 0.25 : 0));
        assert_ok(
            nn_trainer_fit(trainer, split ? samples : first, split ? NULL : last, 3));
        hash[split] = parameter_hash(model);
        loss[split] = history_at(trainer, "val_loss", 2);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    assert_int_equal(hash[0], hash[1]);
    assert_float_equal(loss[0], loss[1], 0);
    nn_dataset_destroy(first);
    nn_dataset_destroy(last);
    nn_dataset_destroy(samples);
}

static void a_validation_set_goes_before_a_split(void **state)
{
    (void)state;
    static struct seen seen;
    memset(&seen, 0, sizeof seen);
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 100),
               *others = numbered_samples(NULL, 7);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0));
    assert_ok(nn_trainer_set_validation_split(trainer, 0.5));
    assert_ok(nn_trainer_set_gradient_hook(trainer, see_batch, &seen));
    assert_ok(nn_trainer_fit(trainer, samples, others, 1));
    assert_int_equal(seen.samples, 100);
    memset(&seen, 0, sizeof seen);
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    assert_int_equal(seen.samples, 50);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_dataset_destroy(others);
    nn_model_destroy(model);
}

static void a_split_that_leaves_nothing_is_refused(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 1);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0));
    assert_ok(nn_trainer_set_validation_split(trainer, 0.75));
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 1), NN_ERROR_EMPTY);
    assert_failure(NN_ERROR_EMPTY, "leaves none of 1 samples for training");
    assert_ok(nn_trainer_set_validation_split(trainer, 0.25)); /* rounds to none */
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void without_validation_its_series_are_nan(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 10);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    assert_ok(nn_trainer_fit(trainer, samples, samples, 1));
    assert_true(isnan(history_at(trainer, "val_loss", 0)));
    assert_true(isfinite(history_at(trainer, "val_loss", 1)));
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

/* ---- going on ---- */

static void two_fits_are_one_longer_fit(void **state)
{
    (void)state;
    uint64_t hash[2];
    nn_dataset *samples = class_samples(NULL, 100, 3);
    for (int parts = 0; parts < 2; parts++) {
        nn_model *model = stack_network(NULL);
        nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
        assert_ok(nn_trainer_fit(trainer, samples, NULL, parts ? 2 : 5));
        if (parts)
            assert_ok(nn_trainer_fit(trainer, samples, NULL, 3));
        assert_int_equal(nn_trainer_epoch(trainer), 5);
        assert_int_equal(nn_trainer_step_count(trainer), 5 * 4);
        assert_int_equal(history_epochs(trainer), 5);
        assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EPOCHS);
        hash[parts] = parameter_hash(model);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    assert_int_equal(hash[0], hash[1]);
    nn_dataset_destroy(samples);
}

static void no_epochs_change_nothing(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 10);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    uint64_t before = parameter_hash(model);
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_NONE);
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 0));
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_EPOCHS);
    assert_int_equal(nn_trainer_epoch(trainer), 0);
    assert_int_equal(history_epochs(trainer), 0);
    assert_int_equal(parameter_hash(model), before);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static int32_t stop_third_epoch(void *user, nn_trainer *trainer)
{
    (void)user;
    return nn_trainer_epoch(trainer) == 3;
}

static void epochs_without_end_take_memory_as_they_come(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_memory_limit(context, 1000000));
    nn_model *model = one_layer(context, 1, 1);
    nn_dataset *samples = numbered_samples(context, 10);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(context), nn_sgd(context, 0));
    assert_ok(nn_trainer_set_epoch_hook(trainer, stop_third_epoch, NULL));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, INT32_MAX));
    assert_int_equal(nn_trainer_epoch(trainer), 3);
    assert_ok(nn_trainer_set_epoch_hook(trainer, NULL, NULL));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 2000));
    assert_int_equal(history_epochs(trainer), 2003);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
    nn_context_destroy(context);
}

static void handles_are_destroyed_in_any_order(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 20, 3);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    nn_model_destroy(model);
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    nn_dataset_destroy(samples);
    nn_trainer_destroy(trainer);
    nn_trainer_destroy(NULL);
}

/* ---- memory ---- */

static void memory_is_said_before_it_is_taken(void **state)
{
    (void)state;
    int64_t sizes[] = {1, 32, 1000}, parts[] = {0, 4};
    for (int i = 0; i < 6; i++) {
        nn_context *context = nn_context_create(NULL);
        nn_model *model = wide_network(context);
        nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(context),
                                                nn_adam(context, 0.01));
        uint64_t needed, before = nn_context_memory_used(context);
        assert_ok(nn_trainer_set_batch_size(trainer, sizes[i / 2]));
        assert_ok(nn_trainer_set_micro_batch(trainer, parts[i % 2]));
        assert_ok(nn_trainer_memory_needed(trainer, &needed));
        assert_int_equal(nn_context_memory_used(context), before);
        assert_ok(nn_trainer_prepare(trainer));
        uint64_t gradients = (uint64_t)nn_model_weight_count(model) * sizeof(float);
        uint64_t taken = nn_context_memory_used(context) - before + gradients;
        assert_true(taken < needed + needed / 10 + 20000);
        assert_true(needed < taken + taken / 10 + 200 * (uint64_t)sizes[i / 2]);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
        nn_context_destroy(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_have_their_size_and_the_last_one_the_rest),
        cmocka_unit_test(without_shuffling_samples_come_in_their_order),
        cmocka_unit_test(an_epoch_takes_every_sample_once_in_an_order_of_its_own),
        cmocka_unit_test(the_order_is_a_function_of_seed_and_epoch),
        cmocka_unit_test(the_seed_is_the_contexts_at_first),
        cmocka_unit_test(at_a_rate_of_zero_the_epochs_loss_is_that_of_evaluating),
        cmocka_unit_test(training_makes_the_loss_small),
        cmocka_unit_test(samples_without_weight_teach_nothing),
        cmocka_unit_test(batches_without_weight_are_passed_over),
        cmocka_unit_test(validation_is_what_evaluating_afterwards_gives),
        cmocka_unit_test(validating_changes_no_bit_of_training),
        cmocka_unit_test(a_split_keeps_the_last_samples_for_validation),
        cmocka_unit_test(a_validation_set_goes_before_a_split),
        cmocka_unit_test(a_split_that_leaves_nothing_is_refused),
        cmocka_unit_test(without_validation_its_series_are_nan),
        cmocka_unit_test(two_fits_are_one_longer_fit),
        cmocka_unit_test(no_epochs_change_nothing),
        cmocka_unit_test(epochs_without_end_take_memory_as_they_come),
        cmocka_unit_test(handles_are_destroyed_in_any_order),
        cmocka_unit_test(memory_is_said_before_it_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
