/* Learning-rate schedules against their formulas. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "train/schedule.h"

#include <nn/trainer.h>

#include <math.h>
#include <stdio.h>

/* ---- helpers ---- */

static struct nni_schedule schedule_of(enum nni_schedule_kind kind)
{
    struct nni_schedule schedule;
    nni_schedule_init(&schedule);
    schedule.kind = kind;
    return schedule;
}

static double rate_at(const struct nni_schedule *schedule, double base, int64_t epoch,
                      int64_t step)
{
    double rate = -1;
    assert_int_equal(nni_schedule_rate(schedule, base, epoch, step, &rate), NN_OK);
    return rate;
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-15 * fmax(1, fabs(expected)))) {
        fail_msg("%.17g is not %.17g", got, expected);
    }
}

/* ---- by epoch ---- */

static void the_rate_is_constant_at_first(void **state)
{
    (void)state;
    struct nni_schedule schedule;
    nni_schedule_init(&schedule);
    assert_true(rate_at(&schedule, 0.1, 0, 0) == 0.1);
    assert_true(rate_at(&schedule, 0.1, 1000, 1000000) == 0.1);
    assert_true(rate_at(&schedule, 0, 1, 1) == 0);
}

static void a_step_schedule_falls_every_so_many_epochs(void **state)
{
    (void)state;
    struct nni_schedule schedule = schedule_of(NNI_RATE_STEP);
    schedule.every = 3;
    schedule.factor = 0.5;
    const double rates[] = {8, 8, 8, 4, 4, 4, 2, 2, 2, 1};
    for (int64_t epoch = 0; epoch < 10; epoch++) {
        assert_true(rate_at(&schedule, 8, epoch, 0) == rates[epoch]);
    }
}

static void an_exponential_schedule_falls_every_epoch(void **state)
{
    (void)state;
    struct nni_schedule schedule = schedule_of(NNI_RATE_EXPONENTIAL);
    schedule.factor = 0.9;
    assert_true(rate_at(&schedule, 2, 0, 0) == 2);
    assert_near(rate_at(&schedule, 2, 1, 0), 2 * 0.9);
    assert_near(rate_at(&schedule, 2, 2, 0), 2 * 0.9 * 0.9);
    assert_near(rate_at(&schedule, 2, 5, 0), 2 * 0.59049);
    schedule.factor = 2;
    assert_true(rate_at(&schedule, 1, 60, 0) == 0x1p60);
}

static void a_cosine_schedule_falls_along_half_a_wave(void **state)
{
    (void)state;
    struct nni_schedule schedule = schedule_of(NNI_RATE_COSINE);
    schedule.every = 6;
    schedule.minimum = 0.2;
    /* 0.2 + (1 - 0.2) (1 + cos(pi e / 6)) / 2 */
    assert_near(rate_at(&schedule, 1, 0, 0), 1);
    assert_near(rate_at(&schedule, 1, 2, 0), 0.2 + 0.8 * 0.75);
    assert_near(rate_at(&schedule, 1, 3, 0), 0.2 + 0.8 * 0.5);
    assert_near(rate_at(&schedule, 1, 4, 0), 0.2 + 0.8 * 0.25);
    assert_near(rate_at(&schedule, 1, 1, 0), 0.2 + 0.8 * (1 + sqrt(0.75)) / 2);
}

static void after_its_epochs_a_cosine_schedule_stays_at_the_minimum(void **state)
{
    (void)state;
    struct nni_schedule schedule = schedule_of(NNI_RATE_COSINE);
    schedule.every = 6;
    schedule.minimum = 0.2;
    assert_true(rate_at(&schedule, 1, 6, 0) == 0.2);
    assert_true(rate_at(&schedule, 1, INT64_MAX, 0) == 0.2);
}

/* ---- plateau ---- */

static struct nni_schedule plateau(int32_t patience, double minimum)
{
    struct nni_schedule schedule = schedule_of(NNI_RATE_PLATEAU);
    schedule.every = patience;
    schedule.factor = 0.5;
    schedule.minimum = minimum;
    return schedule;
}

/* Feeds values one epoch after the other and compares the rates after each. */
static void assert_rates(struct nni_schedule *schedule, double base, int32_t direction,
                         const double *values, const double *rates, int count)
{
    for (int i = 0; i < count; i++) {
        nni_schedule_epoch(schedule, base, values[i], direction);
        const double rate = rate_at(schedule, base, i + 1, 0);
        if (rate != rates[i]) {
            fail_msg("epoch %d: the rate is %g, not %g", i, rate, rates[i]);
        }
    }
}

static void a_plateau_schedule_falls_after_patience_epochs_without_improvement(
    void **state)
{
    (void)state;
    struct nni_schedule schedule = plateau(2, 0);
    assert_true(rate_at(&schedule, 1, 0, 0) == 1);
    const double values[] = {5, 4, 4, 4.5, 3.9, 4, 4, 4, 4};
    const double rates[] = {1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.125};
    assert_rates(&schedule, 1, NN_MINIMIZE, values, rates, 9);
}

static void any_improvement_counts(void **state)
{
    (void)state;
    struct nni_schedule schedule = plateau(1, 0);
    const double values[] = {1, 1 - 1e-15, 1 - 2e-15, 1 - 2e-15};
    const double rates[] = {1, 1, 1, 0.5};
    assert_rates(&schedule, 1, NN_MINIMIZE, values, rates, 4);
}

static void a_plateau_schedule_can_maximise(void **state)
{
    (void)state;
    struct nni_schedule schedule = plateau(1, 0);
    const double values[] = {0.5, 0.6, 0.6, 0.5, 0.7};
    const double rates[] = {1, 1, 0.5, 0.25, 0.25};
    assert_rates(&schedule, 1, NN_MAXIMIZE, values, rates, 5);
}

static void a_value_that_is_not_finite_is_no_improvement(void **state)
{
    (void)state;
    struct nni_schedule schedule = plateau(2, 0);
    const double values[] = {NAN, 5, NAN, -INFINITY, 4.9, 5, NAN};
    const double rates[] = {1, 1, 1, 0.5, 0.5, 0.5, 0.25};
    assert_rates(&schedule, 1, NN_MINIMIZE, values, rates, 7);
    schedule = plateau(1, 0);
    assert_rates(&schedule, 1, NN_MAXIMIZE, (const double[]){INFINITY, 1, 2},
                 (const double[]){0.5, 0.5, 0.5}, 3);
}

static void a_plateau_schedule_ends_at_its_minimum(void **state)
{
    (void)state;
    struct nni_schedule schedule = plateau(1, 0.2);
    const double values[] = {1, 1, 1, 1, 1, 1};
    const double rates[] = {1, 0.5, 0.25, 0.2, 0.2, 0.2};
    assert_rates(&schedule, 1, NN_MINIMIZE, values, rates, 6);
    const double scale = schedule.scale;
    nni_schedule_epoch(&schedule, 1, 1, NN_MINIMIZE);
    assert_true(schedule.scale == scale);
}

static void a_minimum_above_the_base_rate_does_not_raise_it(void **state)
{
    (void)state;
    struct nni_schedule schedule = plateau(1, 0.2);
    const double values[] = {1, 1, 1};
    const double rates[] = {0.1, 0.1, 0.1};
    assert_rates(&schedule, 0.1, NN_MINIMIZE, values, rates, 3);
}

static void other_schedules_ignore_the_monitored_value(void **state)
{
    (void)state;
    struct nni_schedule schedule = schedule_of(NNI_RATE_CONSTANT);
    for (int i = 0; i < 5; i++) {
        nni_schedule_epoch(&schedule, 1, 1, NN_MINIMIZE);
    }
    assert_true(schedule.scale == 1);
    assert_int_equal(schedule.seen, 0);
    assert_true(rate_at(&schedule, 1, 5, 0) == 1);
}

/* ---- by step ---- */

static void warm_up_grows_linearly_to_the_schedule(void **state)
{
    (void)state;
    struct nni_schedule schedule = schedule_of(NNI_RATE_CONSTANT);
    schedule.warmup = 4;
    const double rates[] = {0.25, 0.5, 0.75, 1, 1, 1};
    for (int64_t step = 0; step < 6; step++) {
        assert_true(rate_at(&schedule, 1, 0, step) == rates[step]);
    }
}

static void warm_up_multiplies_every_schedule(void **state)
{
    (void)state;
    struct nni_schedule schedule = schedule_of(NNI_RATE_STEP);
    schedule.every = 1;
    schedule.factor = 0.5;
    schedule.warmup = 8;
    assert_true(rate_at(&schedule, 1, 2, 3) == 0.25 * 0.5);
    assert_true(rate_at(&schedule, 1, 2, 8) == 0.25);
}

/* ---- callback ---- */

struct asked {
    int64_t epoch, step;
    double base, answer;
};

static double answer(void *user, int64_t epoch, int64_t step, double base)
{
    struct asked *asked = user;
    asked->epoch = epoch;
    asked->step = step;
    asked->base = base;
    return asked->answer;
}

static void a_callback_is_asked_with_epoch_step_and_base(void **state)
{
    (void)state;
    struct asked asked = {.answer = 0.75};
    struct nni_schedule schedule = schedule_of(NNI_RATE_CALLBACK);
    schedule.callback = answer;
    schedule.user = &asked;
    assert_true(rate_at(&schedule, 0.5, 3, 77) == 0.75);
    assert_int_equal(asked.epoch, 3);
    assert_int_equal(asked.step, 77);
    assert_true(asked.base == 0.5);
    asked.answer = 0;
    assert_true(rate_at(&schedule, 0.5, 3, 77) == 0);
}

static void a_callbacks_bad_rate_is_an_error(void **state)
{
    (void)state;
    const double bad[] = {-0.5, NAN, INFINITY, -INFINITY};
    const char *const texts[] = {"-0.5", "nan", "inf", "-inf"};
    for (int i = 0; i < 4; i++) {
        struct asked asked = {.answer = bad[i]};
        struct nni_schedule schedule = schedule_of(NNI_RATE_CALLBACK);
        schedule.callback = answer;
        schedule.user = &asked;
        double rate = -1;
        assert_int_equal(nni_schedule_rate(&schedule, 1, 3, 77, &rate),
                         NN_ERROR_ARGUMENT);
        assert_true(rate == 0);
        char text[NNI_ERROR_TEXT_SIZE];
        snprintf(
            text, sizeof text,
            "rate callback: the rate of epoch 3, step 77 must be finite and at least "
            "0, got %s",
            texts[i]);
        assert_string_equal(nn_last_error(), text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_rate_is_constant_at_first),
        cmocka_unit_test(a_step_schedule_falls_every_so_many_epochs),
        cmocka_unit_test(an_exponential_schedule_falls_every_epoch),
        cmocka_unit_test(a_cosine_schedule_falls_along_half_a_wave),
        cmocka_unit_test(after_its_epochs_a_cosine_schedule_stays_at_the_minimum),
        cmocka_unit_test(
            a_plateau_schedule_falls_after_patience_epochs_without_improvement),
        cmocka_unit_test(any_improvement_counts),
        cmocka_unit_test(a_plateau_schedule_can_maximise),
        cmocka_unit_test(a_value_that_is_not_finite_is_no_improvement),
        cmocka_unit_test(a_plateau_schedule_ends_at_its_minimum),
        cmocka_unit_test(a_minimum_above_the_base_rate_does_not_raise_it),
        cmocka_unit_test(other_schedules_ignore_the_monitored_value),
        cmocka_unit_test(warm_up_grows_linearly_to_the_schedule),
        cmocka_unit_test(warm_up_multiplies_every_schedule),
        cmocka_unit_test(a_callback_is_asked_with_epoch_step_and_base),
        cmocka_unit_test(a_callbacks_bad_rate_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
