/* The range test of the learning rate: the rates it tries, when it ends, and that all is
 * put back as it was, to the bit. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

enum { STEPS = 30 };

static double rates[STEPS], losses[STEPS];

/* A trainer that has trained two epochs, or not, and its data. */
struct bench {
    nn_model *model;
    nn_dataset *samples;
    nn_trainer *trainer;
};

static struct bench bench_open(const char *optimizer, int32_t epochs)
{
    struct bench bench = {graph_network(NULL), class_samples(NULL, 70, 3), NULL};
    bench.trainer = class_trainer(bench.model, nn_optimizer_create(NULL, optimizer));
    assert_ok(nn_trainer_set_batch_size(bench.trainer, 16));
    if (epochs > 0)
        assert_ok(nn_trainer_fit(bench.trainer, bench.samples, NULL, epochs));
    return bench;
}

static void bench_close(struct bench *bench)
{
    nn_trainer_destroy(bench->trainer);
    nn_dataset_destroy(bench->samples);
    nn_model_destroy(bench->model);
}

static int32_t sweep(struct bench *bench, double low, double high)
{
    int32_t done;
    assert_ok(nn_trainer_rate_sweep(bench->trainer, bench->samples, low, high, STEPS,
                                    rates, losses, &done));
    return done;
}

static void rates_grow_geometrically_from_low_to_high(void **state)
{
    (void)state;
    struct bench bench = bench_open("sgd", 0);
    assert_int_equal(sweep(&bench, 1e-6, 1e-2), STEPS);
    assert_true(rates[0] == 1e-6);
    assert_true(fabs(rates[STEPS - 1] / 1e-2 - 1) < 1e-12);
    for (int i = 1; i < STEPS; i++)
        assert_true(fabs(rates[i] / rates[i - 1] / pow(1e4, 1.0 / (STEPS - 1)) - 1) <
                    1e-12);
    for (int i = 0; i < STEPS; i++)
        assert_true(losses[i] > 0.5 && losses[i] < 3);
    bench_close(&bench);
}

static void a_sweep_puts_everything_back(void **state)
{
    (void)state;
    const char *kinds[] = {"sgd",      "momentum", "nesterov", "adagrad",
                           "adadelta", "rmsprop",  "adam",     "adamw"};
    for (int i = 0; i < 16; i++) {
        struct bench swept = bench_open(kinds[i / 2], i % 2),
                     plain = bench_open(kinds[i / 2], i % 2);
        double rate = nn_trainer_rate(swept.trainer);
        uint64_t before = parameter_hash(swept.model);
        sweep(&swept, 1e-4, 10);
        assert_int_equal(parameter_hash(swept.model), before);
        assert_int_equal(nn_trainer_step_count(swept.trainer),
                         nn_trainer_step_count(plain.trainer));
        assert_int_equal(nn_trainer_epoch(swept.trainer), i % 2);
        assert_true(nn_trainer_rate(swept.trainer) == rate);
        /* Training goes on as if nothing had been. */
        assert_ok(nn_trainer_fit(swept.trainer, swept.samples, NULL, 2));
        assert_ok(nn_trainer_fit(plain.trainer, plain.samples, NULL, 2));
        assert_int_equal(parameter_hash(swept.model), parameter_hash(plain.model));
        assert_int_equal(history_epochs(swept.trainer), 2 + i % 2);
        bench_close(&swept);
        bench_close(&plain);
    }
}

static void two_sweeps_are_the_same(void **state)
{
    (void)state;
    double first[STEPS];
    struct bench bench = bench_open("adam", 1);
    int32_t done = sweep(&bench, 1e-4, 1);
    memcpy(first, losses, sizeof first);
    assert_int_equal(sweep(&bench, 1e-4, 1), done);
    assert_memory_equal(first, losses, (size_t)done * sizeof *losses);
    bench_close(&bench);
}

static void the_first_losses_are_those_of_training(void **state)
{
    (void)state;
    struct bench bench = bench_open("sgd", 0);
    double results[1];
    assert_ok(nn_trainer_set_batch_size(bench.trainer, NN_FULL_BATCH));
    nn_model *model = one_layer(NULL, NETWORK_INPUTS, NETWORK_CLASSES);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0.1));
    int32_t done;
    assert_ok(nn_trainer_evaluate(trainer, bench.samples, results, 1));
    assert_ok(nn_trainer_set_batch_size(trainer, NN_FULL_BATCH));
    assert_ok(
        nn_trainer_rate_sweep(trainer, bench.samples, 0.1, 0.2, 2, rates, losses, &done));
    assert_int_equal(done, 2);
    assert_true(fabs(losses[0] - results[0]) < 1e-6);
    assert_true(losses[1] < losses[0]);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    bench_close(&bench);
}

static void a_loss_that_grows_fourfold_ends_the_sweep(void **state)
{
    (void)state;
    struct bench bench = bench_open("sgd", 0);
    uint64_t before = parameter_hash(bench.model);
    int32_t done = sweep(&bench, 1e-3, 1e6);
    assert_true(done > 2 && done < STEPS);
    double smallest = losses[0];
    for (int32_t i = 0; i < done; i++) {
        assert_true(isfinite(losses[i]));
        assert_true((losses[i] > 4 * smallest) == (i == done - 1));
        smallest = fmin(smallest, losses[i]);
    }
    assert_int_equal(parameter_hash(bench.model), before);
    bench_close(&bench);
}

static void a_loss_that_is_no_number_ends_the_sweep_without_an_error(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 20);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    uint64_t before = parameter_hash(model);
    int32_t done;
    assert_null(nn_dense(NULL, 0, NN_RELU)); /* the last failure, before and after */
    assert_ok(
        nn_trainer_rate_sweep(trainer, samples, 1e30, 1e35, STEPS, rates, losses, &done));
    assert_int_equal(done, 1);
    assert_failure(NN_ERROR_ARGUMENT, "units");
    assert_int_equal(parameter_hash(model), before);
    /* The checks are on again. */
    nn_optimizer *fast = nn_sgd(NULL, 1e30);
    nn_trainer *other = squared_trainer(model, fast);
    assert_ok(
        nn_trainer_rate_sweep(other, samples, 1e30, 1e35, STEPS, rates, losses, &done));
    nn_status status = nn_trainer_fit(other, samples, NULL, 3);
    assert_true(status == NN_ERROR_LOSS || status == NN_ERROR_GRADIENT);
    nn_trainer_destroy(other);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void assert_refused(nn_status status, nn_status expected, int32_t done,
                           const char *words)
{
    assert_int_equal(status, expected);
    assert_int_equal(done, 0);
    assert_failure(expected, words);
}

static void bad_arguments_are_named(void **state)
{
    (void)state;
    struct bench bench = bench_open("sgd", 0);
    double bad[][2] = {{0, 1},
                       {-1, 1},
                       {1, 1},
                       {2, 1},
                       {(double)NAN, 1},
                       {1, (double)NAN},
                       {1, (double)INFINITY}};
    int32_t done;
    for (int i = 0; i < 7; i++) {
        done = 5;
        nn_status status = nn_trainer_rate_sweep(bench.trainer, bench.samples, bad[i][0],
                                                 bad[i][1], STEPS, rates, losses, &done);
        assert_refused(status, NN_ERROR_ARGUMENT, done, "needs 0 < low < high");
    }
    nn_status status = nn_trainer_rate_sweep(bench.trainer, bench.samples, 0.1, 1, 1,
                                             rates, losses, &done);
    assert_refused(status, NN_ERROR_ARGUMENT, done, "steps must be at least 2, got 1");
    status = nn_trainer_rate_sweep(bench.trainer, bench.samples, 0.1, 1, STEPS, NULL,
                                   losses, &done);
    assert_refused(status, NN_ERROR_NULL, done, "rates is NULL");
    status = nn_trainer_rate_sweep(bench.trainer, bench.samples, 0.1, 1, STEPS, rates,
                                   NULL, &done);
    assert_refused(status, NN_ERROR_NULL, done, "losses is NULL");
    assert_int_equal(nn_trainer_rate_sweep(bench.trainer, bench.samples, 0.1, 1, STEPS,
                                           rates, losses, NULL),
                     NN_ERROR_NULL);
    assert_int_equal(
        nn_trainer_rate_sweep(bench.trainer, NULL, 0.1, 1, STEPS, rates, losses, &done),
        NN_ERROR_NULL);
    bench_close(&bench);
}

static void data_is_looked_at_as_in_fit(void **state)
{
    (void)state;
    int32_t done;
    struct bench bench = bench_open("adam", 1);
    uint64_t before = parameter_hash(bench.model);
    nn_tensor *inputs, *labels;
    class_tensors(NULL, 50, 1, &inputs, &labels);
    ((int32_t *)nn_tensor_data(labels))[33] = 4;
    nn_dataset *samples = dataset_with(NULL, inputs, labels);
    nn_status status = nn_trainer_rate_sweep(bench.trainer, samples, 0.1, 1, STEPS, rates,
                                             losses, &done);
    assert_int_equal(status, NN_ERROR_LABEL);
    assert_failure(NN_ERROR_LABEL, "sample 33: ");
    assert_int_equal(parameter_hash(bench.model), before);
    nn_dataset_destroy(samples);
    bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_grow_geometrically_from_low_to_high),
        cmocka_unit_test(a_sweep_puts_everything_back),
        cmocka_unit_test(two_sweeps_are_the_same),
        cmocka_unit_test(the_first_losses_are_those_of_training),
        cmocka_unit_test(a_loss_that_grows_fourfold_ends_the_sweep),
        cmocka_unit_test(a_loss_that_is_no_number_ends_the_sweep_without_an_error),
        cmocka_unit_test(bad_arguments_are_named),
        cmocka_unit_test(data_is_looked_at_as_in_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
