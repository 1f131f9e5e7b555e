/* Schedules of the learning rate as a run has them: the rate of each step, and of each
 * epoch in the history. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>

enum { STEPS = 5 }; /* of an epoch: ten samples, two at a time */

static const double base = 0.5;

struct bench {
    nn_model *model;
    nn_dataset *samples;
    nn_trainer *trainer;
    double rates[64]; /* of every step */
    int64_t steps;
};

static int32_t note_rate(void *user, nn_trainer *trainer)
{
    struct bench *bench = user;
    bench->rates[bench->steps++] = nn_trainer_rate(trainer);
    return 0;
}

/* The gradients are 0 all the time, so nothing ever changes but the rate. */
static void bench_open(struct bench *bench)
{
    bench->model = one_layer(NULL, 1, 1);
    bench->samples = dataset_with(NULL, tensor_of_rows(10, 1, (double[10]){0}),
                                  tensor_of_rows(10, 1, (double[10]){0}));
    bench->trainer = squared_trainer(bench->model, nn_sgd(NULL, base));
    bench->steps = 0;
    assert_ok(nn_trainer_set_batch_size(bench->trainer, 2));
    assert_ok(nn_trainer_set_step_hook(bench->trainer, note_rate, bench));
}

static void bench_close(struct bench *bench)
{
    nn_trainer_destroy(bench->trainer);
    nn_dataset_destroy(bench->samples);
    nn_model_destroy(bench->model);
}

static void fit(struct bench *bench, int32_t epochs)
{
    assert_ok(nn_trainer_fit(bench->trainer, bench->samples, NULL, epochs));
}

static void assert_rate(double got, double expected)
{
    if (fabs(got - expected) > 1e-12)
        fail_msg("rate %.17g, expected %.17g", got, expected);
}

/* All steps of an epoch have its rate, and so has the history. */
static void assert_epochs(const struct bench *bench, const double *expected,
                          int32_t epochs)
{
    assert_int_equal(bench->steps, epochs * STEPS);
    for (int32_t epoch = 0; epoch < epochs; epoch++) {
        assert_rate(history_at(bench->trainer, "rate", epoch), expected[epoch]);
        for (int32_t k = 0; k < STEPS; k++)
            assert_rate(bench->rates[epoch * STEPS + k], expected[epoch]);
    }
}

static void without_a_schedule_the_rate_is_the_optimizers(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_rate(nn_trainer_rate(bench.trainer), base);
    fit(&bench, 2);
    assert_epochs(&bench, (double[]){base, base}, 2);
    bench_close(&bench);
}

static void steps_fall_every_so_many_epochs(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_ok(nn_trainer_set_rate_step(bench.trainer, 2, 0.1));
    fit(&bench, 5);
    assert_epochs(&bench, (double[]){base, base, base * 0.1, base * 0.1, base * 0.01}, 5);
    bench_close(&bench);
}

static void exponential_falls_by_the_epoch(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_ok(nn_trainer_set_rate_exponential(bench.trainer, 0.5));
    fit(&bench, 2);
    fit(&bench, 2); /* epochs go on */
    assert_epochs(&bench, (double[]){base, base / 2, base / 4, base / 8}, 4);
    bench_close(&bench);
}

static void cosine_falls_to_its_minimum_and_stays(void **state)
{
    (void)state;
    struct bench bench;
    double expected[6];
    bench_open(&bench);
    for (int i = 0; i < 6; i++)
        expected[i] =
            i < 4 ? 0.1 + (base - 0.1) * (1 + cos(3.14159265358979323846 * i / 4)) / 2
                  : 0.1;
    assert_ok(nn_trainer_set_rate_cosine(bench.trainer, 4, 0.1));
    fit(&bench, 6);
    assert_epochs(&bench, expected, 6);
    bench_close(&bench);
}

static void a_plateau_lowers_the_rate_down_to_its_minimum(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    /* The loss is 0 from the first epoch on, and so never improves. */
    assert_ok(nn_trainer_set_rate_plateau(bench.trainer, 0.5, 2, 0.2));
    fit(&bench, 8);
    assert_epochs(&bench, (double[]){0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2}, 8);
    bench_close(&bench);
}

static void a_later_schedule_replaces_an_earlier_one(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_ok(nn_trainer_set_rate_exponential(bench.trainer, 0.5));
    assert_ok(nn_trainer_set_rate_step(bench.trainer, 1, 0.1));
    fit(&bench, 2);
    assert_ok(nn_trainer_set_rate_constant(bench.trainer));
    fit(&bench, 1);
    assert_epochs(&bench, (double[]){base, base * 0.1, base}, 3);
    bench_close(&bench);
}

/* ---- warm-up ---- */

static void warm_up_rises_step_by_step(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_ok(nn_trainer_set_warmup(bench.trainer, 8));
    assert_rate(nn_trainer_rate(bench.trainer), base / 8);
    fit(&bench, 2);
    for (int i = 0; i < 10; i++)
        assert_rate(bench.rates[i], i < 8 ? base * (i + 1) / 8 : base);
    assert_rate(history_at(bench.trainer, "rate", 0), base * 5 / 8);
    bench_close(&bench);
}

static void warm_up_works_with_every_schedule(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_ok(nn_trainer_set_warmup(bench.trainer, 7));
    assert_ok(nn_trainer_set_rate_exponential(bench.trainer, 0.5));
    fit(&bench, 2);
    for (int i = 0; i < 10; i++)
        assert_rate(bench.rates[i],
                    base * (i < STEPS ? 1 : 0.5) * (i < 7 ? (i + 1) / 7.0 : 1));
    bench_close(&bench);
}

/* ---- callbacks ---- */

static double a_rate(void *user, int64_t epoch, int64_t step, double from)
{
    (void)user;
    return from + (double)(100 * epoch + step);
}

static void a_callback_gives_the_rate_of_each_step(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    assert_ok(nn_trainer_set_rate_callback(bench.trainer, a_rate, NULL));
    fit(&bench, 2);
    for (int i = 0; i < 10; i++)
        assert_rate(bench.rates[i], base + 100 * (i / STEPS) + i);
    bench_close(&bench);
}

static double a_wrong_rate(void *user, int64_t epoch, int64_t step, double from)
{
    (void)epoch;
    return step < 3 ? from : *(double *)user;
}

static void a_rate_that_is_none_ends_the_run(void **state)
{
    (void)state;
    double wrong[] = {-1, (double)NAN, (double)INFINITY};
    const char *words[] = {"got -1", "got nan", "got inf"};
    for (int i = 0; i < 3; i++) {
        struct bench bench;
        bench_open(&bench);
        assert_ok(nn_trainer_set_rate_callback(bench.trainer, a_wrong_rate, &wrong[i]));
        assert_int_equal(nn_trainer_fit(bench.trainer, bench.samples, NULL, 1),
                         NN_ERROR_ARGUMENT);
        assert_failure(NN_ERROR_ARGUMENT, "the rate of epoch 0, step 3 must be finite");
        assert_failure(NN_ERROR_ARGUMENT, words[i]);
        assert_int_equal(nn_trainer_stop_reason(bench.trainer), NN_STOP_ERROR);
        assert_int_equal(nn_trainer_step_count(bench.trainer), 3);
        bench_close(&bench);
    }
}

/* ---- ranges ---- */

static void assert_refused(nn_status status, const char *words)
{
    assert_int_equal(status, NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, words);
}

static void schedules_have_ranges(void **state)
{
    (void)state;
    struct bench bench;
    bench_open(&bench);
    nn_trainer *t = bench.trainer;
    const double nan = (double)NAN, infinite = (double)INFINITY;
    assert_refused(nn_trainer_set_rate_step(t, 0, 0.5),
                   "every must be at least 1, got 0");
    assert_refused(nn_trainer_set_rate_step(t, 1, 0),
                   "factor must be finite and above 0");
    assert_refused(nn_trainer_set_rate_step(t, 1, nan), "got nan");
    assert_refused(nn_trainer_set_rate_exponential(t, -1), "got -1");
    assert_refused(nn_trainer_set_rate_exponential(t, infinite), "got inf");
    assert_refused(nn_trainer_set_rate_cosine(t, 0, 0),
                   "epochs must be at least 1, got 0");
    assert_refused(nn_trainer_set_rate_cosine(t, 1, -0.5), "minimum must be finite");
    assert_refused(nn_trainer_set_rate_plateau(t, 1, 1, 0), "factor must be in (0, 1)");
    assert_refused(nn_trainer_set_rate_plateau(t, 0.5, 0, 0),
                   "patience must be at least 1");
    assert_refused(nn_trainer_set_rate_plateau(t, 0.5, 1, nan), "minimum must be finite");
    assert_refused(nn_trainer_set_warmup(t, -1), "steps must be at least 0, got -1");
    assert_int_equal(nn_trainer_set_rate_callback(t, NULL, NULL), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_trainer_set_rate_callback: rate is NULL");
    /* What was refused has changed nothing. */
    fit(&bench, 1);
    assert_epochs(&bench, &base, 1);
    bench_close(&bench);
}

static void a_trainer_that_is_null_has_no_rate(void **state)
{
    (void)state;
    assert_rate(nn_trainer_rate(NULL), 0);
    assert_int_equal(nn_trainer_set_rate_constant(NULL), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_set_rate_step(NULL, 1, 1), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_set_rate_exponential(NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_set_rate_cosine(NULL, 1, 0), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_set_rate_plateau(NULL, 0.5, 1, 0), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_set_rate_callback(NULL, a_rate, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_set_warmup(NULL, 1), NN_ERROR_NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_schedule_the_rate_is_the_optimizers),
        cmocka_unit_test(steps_fall_every_so_many_epochs),
        cmocka_unit_test(exponential_falls_by_the_epoch),
        cmocka_unit_test(cosine_falls_to_its_minimum_and_stays),
        cmocka_unit_test(a_plateau_lowers_the_rate_down_to_its_minimum),
        cmocka_unit_test(a_later_schedule_replaces_an_earlier_one),
        cmocka_unit_test(warm_up_rises_step_by_step),
        cmocka_unit_test(warm_up_works_with_every_schedule),
        cmocka_unit_test(a_callback_gives_the_rate_of_each_step),
        cmocka_unit_test(a_rate_that_is_none_ends_the_run),
        cmocka_unit_test(schedules_have_ranges),
        cmocka_unit_test(a_trainer_that_is_null_has_no_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
