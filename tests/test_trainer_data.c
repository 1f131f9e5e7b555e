/* Data sets that a trainer refuses, in fit, evaluate, predict and confusion: what does not
 * fit, and values that are wrong, whose sample is named by its number in the data set. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

enum { COUNT = 100, BAD = 77 }; /* the sample that is made wrong */

static void assert_status(nn_status got, nn_status status, const char *words)
{
    if (got != status)
        fail_msg("got %s, not %s: %s", nn_status_name(got), nn_status_name(status),
                 nn_last_error());
    assert_failure(status, words);
}

/* A trainer on classes, and tensors whose samples can be made wrong. */
struct bench {
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *inputs, *labels, *weights;
    nn_dataset *samples;
};

static struct bench bench_open(void)
{
    struct bench bench;
    int64_t count = COUNT;
    bench.model = stack_network(NULL);
    bench.trainer = class_trainer(bench.model, nn_sgd(NULL, 0.1));
    class_tensors(NULL, COUNT, 1, &bench.inputs, &bench.labels);
    bench.weights = nn_tensor_create(NULL, NN_FLOAT32, &count, 1);
    assert_ok(nn_tensor_fill(bench.weights, 1));
    bench.samples = nn_dataset_create(NULL);
    assert_ok(nn_dataset_add_input(bench.samples, bench.inputs));
    assert_ok(nn_dataset_add_target(bench.samples, bench.labels));
    assert_ok(nn_dataset_set_weights(bench.samples, bench.weights));
    return bench;
}

static void bench_close(struct bench *bench)
{
    nn_tensor_destroy(bench->inputs);
    nn_tensor_destroy(bench->labels);
    nn_tensor_destroy(bench->weights);
    nn_dataset_destroy(bench->samples);
    nn_trainer_destroy(bench->trainer);
    nn_model_destroy(bench->model);
}

static int32_t *label(struct bench *bench, int64_t sample)
{
    return (int32_t *)nn_tensor_data(bench->labels) + sample;
}

static float *input(struct bench *bench, int64_t sample)
{
    return nn_tensor_floats(bench->inputs) + sample * NETWORK_INPUTS;
}

/* ---- wrong values ---- */

static void a_label_out_of_range_is_named_in_any_order(void **state)
{
    (void)state;
    int64_t batches[] = {1, 32, NN_FULL_BATCH};
    for (int i = 0; i < 6; i++) {
        struct bench bench = bench_open();
        *label(&bench, BAD) = 4;
        assert_ok(nn_trainer_set_batch_size(bench.trainer, batches[i / 2]));
        assert_ok(nn_trainer_set_shuffle(bench.trainer, i % 2));
        assert_status(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1),
                      NN_ERROR_LABEL, "sample 77: softmax_cross_entropy");
        assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_ERROR);
        bench_close(&bench);
    }
}

static void a_label_out_of_range_is_named_where_it_is_kept_for_validation(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    *label(&bench, BAD) = -1;
    assert_ok(nn_trainer_set_validation_split(bench.trainer, 0.3));
    assert_status(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1), NN_ERROR_LABEL,
                  "sample 77: ");
    bench_close(&bench);
}

static void an_input_that_is_no_number_is_named_in_any_order(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct bench bench = bench_open();
        input(&bench, BAD)[3] = NAN;
        assert_ok(nn_trainer_set_shuffle(bench.trainer, i % 2));
        assert_ok(nn_trainer_set_validation_split(bench.trainer, i / 2 ? 0.3 : 0));
        assert_status(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1),
                      NN_ERROR_DATA, "input 0, sample 77, element 3 is nan");
        bench_close(&bench);
    }
}

static void a_weight_that_is_none_is_named(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    nn_tensor_floats(bench.weights)[BAD] = -1;
    assert_status(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1), NN_ERROR_DATA,
                  "sample 77");
    bench_close(&bench);
}

static void samples_of_a_subset_are_named_by_its_numbers(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    nn_dataset *part = nn_dataset_subset(bench.samples, 70, 20);
    *label(&bench, BAD) = 9;
    assert_status(nn_trainer_fit(bench.trainer, part, NULL, 1), NN_ERROR_LABEL,
                  "sample 7: ");
    nn_dataset_destroy(part);
    bench_close(&bench);
}

static int32_t note_hash(void *user, nn_trainer *trainer)
{
    const struct bench *bench = user;
    (void)trainer;
    *(uint64_t *)nn_tensor_data(bench->weights) = parameter_hash(bench->model);
    return 0;
}

static void after_an_error_there_are_the_parameters_of_the_last_whole_step(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    assert_ok(
        nn_dataset_set_weights(bench.samples, NULL)); /* their memory takes the hash */
    assert_ok(nn_trainer_set_shuffle(bench.trainer, 0));
    assert_ok(nn_trainer_set_step_hook(bench.trainer, note_hash, &bench));
    *label(&bench, BAD) = 4;
    assert_int_equal(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1),
                     NN_ERROR_LABEL);
    assert_int_equal(nn_trainer_step_count(bench.trainer), 2);
    assert_int_equal(parameter_hash(bench.model),
                     *(uint64_t *)nn_tensor_data(bench.weights));
    assert_int_equal(history_epochs(bench.trainer), 0);
    /* Once the data is right the run goes on. */
    *label(&bench, BAD) = 0;
    assert_ok(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1));
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_EPOCHS);
    bench_close(&bench);
}

static void a_loss_that_explodes_ends_the_run_at_its_step(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 100);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 1e6));
    assert_ok(nn_trainer_set_shuffle(trainer, 0));
    assert_ok(nn_trainer_set_batch_size(trainer, 1));
    nn_status status = nn_trainer_fit(trainer, samples, NULL, 5);
    assert_true(status == NN_ERROR_LOSS || status == NN_ERROR_GRADIENT);
    assert_failure(status, "of epoch 1");
    for (int32_t i = 0; i < 2; i++)
        assert_true(isfinite(nn_tensor_floats(nn_model_parameter(model, i))[0]));
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

/* ---- data sets that do not fit ---- */

/* fit, evaluate and confusion refuse; predict too where the inputs are wrong. */
static void refuse(struct bench *bench, nn_dataset *samples, int predict,
                   nn_status status, const char *words)
{
    double results[1];
    nn_tensor *counts = tensor_of(NN_INT64, 2, (int64_t[]){4, 4}, (double[16]){0});
    assert_status(nn_trainer_fit(bench->trainer, samples, NULL, 1), status, words);
    assert_status(nn_trainer_fit(bench->trainer, bench->samples, samples, 1),
                  samples == NULL ? NN_OK : status, words);
    assert_status(nn_trainer_evaluate(bench->trainer, samples, results, 1), status,
                  words);
    assert_status(nn_trainer_confusion(bench->trainer, samples, 0, counts), status,
                  words);
    if (predict) {
        assert_null(nn_trainer_predict(bench->trainer, samples, 0));
        assert_failure(status, words);
    }
    nn_tensor_destroy(counts);
    nn_dataset_destroy(samples);
}

static nn_tensor *zeros(int32_t dtype, int64_t rows, int64_t columns)
{
    int64_t shape[] = {rows, columns};
    nn_tensor *tensor = nn_tensor_create(NULL, dtype, shape, columns > 0 ? 2 : 1);
    assert_non_null(tensor);
    return tensor;
}

static void data_sets_fit_model_and_losses(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    refuse(&bench, dataset_with(NULL, zeros(NN_FLOAT32, 5, 11), zeros(NN_INT32, 5, 0)), 1,
           NN_ERROR_SHAPE, "a sample of input 0 ('input_1') is (11), expected (12)");
    refuse(&bench, dataset_with(NULL, zeros(NN_FLOAT32, 5, 12), zeros(NN_FLOAT32, 5, 0)),
           0, NN_ERROR_DTYPE, "softmax_cross_entropy");
    refuse(&bench, dataset_with(NULL, zeros(NN_FLOAT32, 5, 12), zeros(NN_INT32, 5, 2)), 0,
           NN_ERROR_SHAPE, "softmax_cross_entropy");
    refuse(&bench, dataset_with(NULL, zeros(NN_FLOAT32, 0, 12), zeros(NN_INT32, 0, 0)), 1,
           NN_ERROR_EMPTY, "the dataset has no samples");
    refuse(&bench, nn_dataset_create(NULL), 1, NN_ERROR_ARGUMENT,
           "got 0 inputs in the dataset, expected 1");
    bench_close(&bench);
}

static void data_sets_have_as_many_inputs_and_targets(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    nn_dataset *more =
        dataset_with(NULL, zeros(NN_FLOAT32, 5, 12), zeros(NN_INT32, 5, 0));
    nn_tensor *extra = zeros(NN_FLOAT32, 5, 12);
    assert_ok(nn_dataset_add_target(more, extra));
    refuse(&bench, more, 0, NN_ERROR_ARGUMENT,
           "got 2 targets in the dataset, expected 1");
    more = dataset_with(NULL, zeros(NN_FLOAT32, 5, 12), zeros(NN_INT32, 5, 0));
    assert_ok(nn_dataset_add_input(more, extra));
    refuse(&bench, more, 1, NN_ERROR_ARGUMENT, "got 2 inputs in the dataset, expected 1");
    nn_tensor_destroy(extra);
    bench_close(&bench);
}

static void negative_epochs_and_missing_data_are_refused(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    assert_status(nn_trainer_fit(bench.trainer, bench.samples, NULL, -1),
                  NN_ERROR_ARGUMENT, "nn_trainer_fit: epochs must be at least 0, got -1");
    assert_int_equal(nn_trainer_fit(bench.trainer, NULL, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_NONE);
    bench_close(&bench);
}

static void metrics_that_do_not_suit_the_data_say_so_when_it_is_seen(void **state)
{
    (void)state;
    double results[2];
    struct bench bench = bench_open();
    assert_ok(nn_trainer_add_metric(bench.trainer, NN_R2, 0));
    assert_status(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1), NN_ERROR_SHAPE,
                  "r2: output 0 is (4)");
    assert_status(nn_trainer_evaluate(bench.trainer, bench.samples, results, 2),
                  NN_ERROR_SHAPE, "r2: output 0 is (4)");
    bench_close(&bench);
}

static int32_t read_fails(void *user, const int64_t *samples, int64_t rows,
                          void *const *inputs, void *const *targets, float *weights)
{
    (void)samples;
    (void)weights;
    memset(inputs[0], 0, (size_t)rows * NETWORK_INPUTS * sizeof(float));
    memset(targets[0], 0, (size_t)rows * sizeof(int32_t));
    return --*(int32_t *)user < 0 ? 3 : 0;
}

static void a_callback_that_fails_ends_the_run(void **state)
{
    (void)state;
    int32_t reads = 2;
    int64_t shape[] = {NETWORK_INPUTS};
    struct bench bench = bench_open();
    nn_dataset_source source = {sizeof source, COUNT, read_fails, NULL, &reads};
    nn_dataset *samples = nn_dataset_from_source(NULL, &source);
    assert_ok(nn_dataset_declare_input(samples, NN_FLOAT32, shape, 1));
    assert_ok(nn_dataset_declare_target(samples, NN_INT32, NULL, 0));
    assert_status(nn_trainer_fit(bench.trainer, samples, NULL, 1), NN_ERROR_CALLBACK,
                  "returned 3");
    assert_int_equal(nn_trainer_step_count(bench.trainer), 2);
    reads = 1000;
    assert_ok(nn_trainer_fit(bench.trainer, samples, samples, 1));
    nn_tensor *predicted = nn_trainer_predict(bench.trainer, samples, 0);
    assert_int_equal(nn_tensor_dim(predicted, 0), COUNT);
    nn_tensor_destroy(predicted);
    nn_dataset_destroy(samples);
    bench_close(&bench);
}

/* ---- evaluating and predicting ---- */

static void predicting_does_not_look_at_targets(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    *label(&bench, BAD) = 1000;
    nn_tensor_floats(bench.weights)[BAD] = -1;
    nn_tensor *predicted = nn_trainer_predict(bench.trainer, bench.samples, 0);
    assert_non_null(predicted);
    nn_tensor *wrong = zeros(NN_FLOAT32, COUNT, 3);
    nn_tensor_floats(wrong)[5] = NAN;
    nn_dataset *others = dataset_with(NULL, nn_tensor_clone(bench.inputs), wrong);
    nn_tensor *again = nn_trainer_predict(bench.trainer, others, 0);
    assert_non_null(again);
    assert_int_equal(tensor_hash(predicted), tensor_hash(again));
    assert_null(nn_trainer_predict(bench.trainer, others, 1));
    assert_failure(NN_ERROR_ARGUMENT, "there is no output 1, the model has 1");
    nn_tensor_destroy(predicted);
    nn_tensor_destroy(again);
    nn_dataset_destroy(others);
    bench_close(&bench);
}

static int32_t read_bad_targets(void *user, const int64_t *samples, int64_t rows,
                                void *const *inputs, void *const *targets, float *weights)
{
    (void)user, (void)samples;
    for (int64_t r = 0; r < rows; r++) {
        for (int64_t k = 0; k < NETWORK_INPUTS; k++)
            ((float *)inputs[0])[r * NETWORK_INPUTS + k] = (float)k;
        ((float *)targets[0])[r] = NAN;
        weights[r] = -1;
    }
    return 0;
}

static void predicting_does_not_look_at_targets_from_a_callback(void **state)
{
    (void)state;
    double results[1];
    struct bench bench = bench_open();
    const nn_dataset_source source = {sizeof source, 3, read_bad_targets, NULL, NULL};
    nn_dataset *samples = nn_dataset_from_source(NULL, &source);
    const int64_t shape[] = {NETWORK_INPUTS};
    assert_ok(nn_dataset_declare_input(samples, NN_FLOAT32, shape, 1));
    assert_ok(nn_dataset_declare_target(samples, NN_FLOAT32, NULL, 0));
    nn_tensor *predicted = nn_trainer_predict(bench.trainer, samples, 0);
    assert_non_null(predicted);
    nn_tensor_destroy(predicted);
    nn_dataset_destroy(samples);

    nn_model *model = one_layer(NULL, NETWORK_INPUTS, 1);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    samples = nn_dataset_from_source(NULL, &source);
    assert_ok(nn_dataset_declare_input(samples, NN_FLOAT32, shape, 1));
    assert_ok(nn_dataset_declare_target(samples, NN_FLOAT32, NULL, 0));
    assert_status(nn_trainer_evaluate(trainer, samples, results, 1), NN_ERROR_DATA,
                  "target 0, sample 0, element 0 is nan");
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    bench_close(&bench);
}

static void evaluation_skips_samples_without_weight_however_many(void **state)
{
    (void)state;
    enum { MANY = 2500 };
    double whole[1], part[1];
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0.1));
    nn_dataset *samples = class_samples(NULL, MANY, 1);
    nn_dataset *last = nn_dataset_subset(samples, MANY - 100, 100);
    int64_t count = MANY;
    nn_tensor *weights = nn_tensor_create(NULL, NN_FLOAT32, &count, 1);
    assert_ok(nn_trainer_evaluate(trainer, last, part, 1));
    for (int64_t i = MANY - 100; i < MANY; i++)
        nn_tensor_floats(weights)[i] = 2;
    assert_ok(nn_dataset_set_weights(samples, weights));
    assert_ok(nn_trainer_evaluate(trainer, samples, whole, 1));
    assert_true(fabs(whole[0] - part[0]) < 1e-6);
    assert_ok(nn_tensor_fill(weights, 0));
    assert_status(nn_trainer_evaluate(trainer, samples, whole, 1), NN_ERROR_EMPTY,
                  "the weights of 2500 samples are all 0");
    assert_float_equal(whole[0], 0, 0);
    nn_tensor_destroy(weights);
    nn_dataset_destroy(last);
    nn_dataset_destroy(samples);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void evaluation_has_room_for_results(void **state)
{
    (void)state;
    double results[5] = {7, 7, 7, 7, 7};
    struct bench bench = bench_open();
    assert_ok(nn_trainer_add_metric(bench.trainer, NN_ACCURACY, 0));
    assert_status(nn_trainer_evaluate(bench.trainer, bench.samples, results, 0),
                  NN_ERROR_SIZE, "capacity must be at least 1, got 0");
    assert_status(nn_trainer_evaluate(bench.trainer, bench.samples, NULL, 1),
                  NN_ERROR_NULL, "results is NULL");
    assert_ok(nn_trainer_evaluate(bench.trainer, bench.samples, results, 1));
    assert_true(results[0] > 0 && results[0] < 7);
    assert_float_equal(results[1], 7, 0);
    assert_ok(nn_trainer_evaluate(bench.trainer, bench.samples, results, 4));
    assert_true(results[1] >= 0 && results[1] <= 1);
    assert_float_equal(results[2], 0, 0);
    assert_float_equal(results[4], 7, 0);
    bench_close(&bench);
}

static void refuse_counts(struct bench *bench, nn_tensor *counts, nn_status status,
                          const char *words)
{
    assert_status(nn_trainer_confusion(bench->trainer, bench->samples, 0, counts), status,
                  words);
    nn_tensor_destroy(counts);
}

static void confusion_counts_go_into_a_square_of_integers(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    refuse_counts(&bench, zeros(NN_INT64, 4, 3), NN_ERROR_SHAPE,
                  "counts is (4, 3), expected (4, 4)");
    refuse_counts(&bench, zeros(NN_INT64, 4, 0), NN_ERROR_SHAPE, "counts is (4)");
    refuse_counts(&bench, zeros(NN_INT32, 4, 4), NN_ERROR_DTYPE,
                  "counts is int32, expected int64");
    refuse_counts(&bench, NULL, NN_ERROR_NULL, "counts is NULL");
    nn_tensor *counts = zeros(NN_INT64, 4, 4);
    assert_status(nn_trainer_confusion(bench.trainer, bench.samples, 1, counts),
                  NN_ERROR_ARGUMENT, "there is no output 1");
    /* Weights do not count here. */
    assert_ok(nn_tensor_fill(bench.weights, 0));
    assert_ok(nn_trainer_confusion(bench.trainer, bench.samples, 0, counts));
    const int64_t *numbers = nn_tensor_data_const(counts);
    for (int is = 0; is < 4; is++) {
        int64_t row = 0;
        for (int said = 0; said < 4; said++)
            row += numbers[is * 4 + said];
        assert_int_equal(row, COUNT / 4);
    }
    nn_tensor_destroy(counts);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_label_out_of_range_is_named_in_any_order),
        cmocka_unit_test(a_label_out_of_range_is_named_where_it_is_kept_for_validation),
        cmocka_unit_test(an_input_that_is_no_number_is_named_in_any_order),
        cmocka_unit_test(a_weight_that_is_none_is_named),
        cmocka_unit_test(samples_of_a_subset_are_named_by_its_numbers),
        cmocka_unit_test(after_an_error_there_are_the_parameters_of_the_last_whole_step),
        cmocka_unit_test(a_loss_that_explodes_ends_the_run_at_its_step),
        cmocka_unit_test(data_sets_fit_model_and_losses),
        cmocka_unit_test(data_sets_have_as_many_inputs_and_targets),
        cmocka_unit_test(negative_epochs_and_missing_data_are_refused),
        cmocka_unit_test(metrics_that_do_not_suit_the_data_say_so_when_it_is_seen),
        cmocka_unit_test(a_callback_that_fails_ends_the_run),
        cmocka_unit_test(predicting_does_not_look_at_targets),
        cmocka_unit_test(predicting_does_not_look_at_targets_from_a_callback),
        cmocka_unit_test(evaluation_skips_samples_without_weight_however_many),
        cmocka_unit_test(evaluation_has_room_for_results),
        cmocka_unit_test(confusion_counts_go_into_a_square_of_integers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
