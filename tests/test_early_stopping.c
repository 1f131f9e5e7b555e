/* Early stopping: when it stops, and which parameters it keeps. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "train/early_stopping.h"

#include <nn/trainer.h>

#include <math.h>
#include <stdlib.h>

/* ---- helpers ---- */

enum { SPAN = 3 };

static struct nni_early_stopping started(int32_t patience, double min_delta,
                                         int32_t restore_best)
{
    struct nni_early_stopping stopping;
    nni_early_stopping_init(&stopping, NULL);
    stopping.patience = patience;
    stopping.min_delta = min_delta;
    stopping.restore_best = restore_best;
    assert_int_equal(nni_early_stopping_start(&stopping, SPAN), NN_OK);
    return stopping;
}

/* The parameters of epoch i are i, i + 0.5, -i. Returns the epoch (from 0) after which it
 * is time to stop, or -1. */
static int stops_after(struct nni_early_stopping *stopping, int32_t direction,
                       const double *values, int count)
{
    for (int i = 0; i < count; i++) {
        const float weights[SPAN] = {(float)i, (float)i + 0.5f, -(float)i};
        if (nni_early_stopping_epoch(stopping, values[i], direction, weights)) {
            return i;
        }
    }
    return -1;
}

static void assert_restores_epoch(const struct nni_early_stopping *stopping, int epoch)
{
    float weights[SPAN] = {99, 99, 99};
    assert_int_equal(nni_early_stopping_restore(stopping, weights), 1);
    assert_true(weights[0] == (float)epoch);
    assert_true(weights[1] == (float)epoch + 0.5f);
    assert_true(weights[2] == -(float)epoch);
}

static void assert_restores_nothing(const struct nni_early_stopping *stopping)
{
    float weights[SPAN] = {99, 99, 99};
    assert_int_equal(nni_early_stopping_restore(stopping, weights), 0);
    assert_true(weights[0] == 99 && weights[1] == 99 && weights[2] == 99);
}

/* ---- when it stops ---- */

static void without_patience_it_never_stops(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(0, 0, 1);
    const double values[] = {1, 2, 3, 4, NAN};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 5), -1);
    assert_restores_nothing(&stopping);
    nni_early_stopping_release(&stopping);
}

static void it_stops_after_patience_epochs_in_a_row_without_improvement(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(2, 0, 0);
    const double values[] = {5, 6, 4, 4, 3, 3, 3.5, 1};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 8), 6);
    nni_early_stopping_release(&stopping);
}

static void it_can_maximise(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(2, 0, 1);
    const double values[] = {0.5, 0.4, 0.6, 0.6, 0.55, 0.9};
    assert_int_equal(stops_after(&stopping, NN_MAXIMIZE, values, 6), 4);
    assert_restores_epoch(&stopping, 2);
    nni_early_stopping_release(&stopping);
}

static void an_improvement_of_min_delta_is_not_enough(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(1, 0.5, 0);
    const double values[] = {3, 2.25, 1.75};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 3), 2);
    nni_early_stopping_release(&stopping);
}

static void small_improvements_add_up(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(2, 0.5, 0);
    const double values[] = {3, 2.75, 2.25, 2, 1.5, 1.25, 1.125};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 7), 6);
    nni_early_stopping_release(&stopping);
}

static void a_value_that_is_not_finite_is_no_improvement(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(2, 0, 1);
    const double values[] = {NAN, 5, NAN, 4, -INFINITY, NAN};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 6), 5);
    assert_restores_epoch(&stopping, 3);
    nni_early_stopping_release(&stopping);
}

static void epochs_before_the_first_finite_value_count(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(3, 0, 1);
    const double values[] = {NAN, INFINITY, NAN, 1};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 4), 2);
    assert_restores_nothing(&stopping);
    nni_early_stopping_release(&stopping);
}

/* ---- what it keeps ---- */

static void the_best_epochs_parameters_come_back(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(3, 0, 1);
    const double values[] = {5, 3, 4, 3, 6};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 5), 4);
    assert_restores_epoch(&stopping, 1);
    nni_early_stopping_release(&stopping);
}

static void the_best_epoch_is_kept_even_where_it_was_better_by_little(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(2, 0.5, 1);
    const double values[] = {3, 2.75, 2.875};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 3), 2);
    assert_restores_epoch(&stopping, 1);
    nni_early_stopping_release(&stopping);
}

static void nothing_is_kept_where_not_asked(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(2, 0, 0);
    const double values[] = {5, 3};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, values, 2), -1);
    assert_null(stopping.best_weights);
    assert_restores_nothing(&stopping);
    nni_early_stopping_release(&stopping);
}

static void starting_again_forgets(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(2, 0, 1);
    const double first[] = {1, 2};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, first, 2), -1);
    assert_int_equal(nni_early_stopping_start(&stopping, SPAN), NN_OK);
    assert_restores_nothing(&stopping);
    const double second[] = {7, 6, 8, 8};
    assert_int_equal(stops_after(&stopping, NN_MINIMIZE, second, 4), 3);
    assert_restores_epoch(&stopping, 1);
    stopping.restore_best = 0;
    assert_int_equal(nni_early_stopping_start(&stopping, SPAN), NN_OK);
    assert_null(stopping.best_weights);
    nni_early_stopping_release(&stopping);
}

static void a_model_without_parameters_is_kept_too(void **state)
{
    (void)state;
    struct nni_early_stopping stopping = started(1, 0, 1);
    assert_int_equal(nni_early_stopping_start(&stopping, 0), NN_OK);
    assert_int_equal(nni_early_stopping_epoch(&stopping, 1, NN_MINIMIZE, NULL), 0);
    assert_int_equal(nni_early_stopping_restore(&stopping, NULL), 1);
    nni_early_stopping_release(&stopping);
}

/* ---- memory ---- */

static void *refuse_memory(void *user, size_t size)
{
    return *(int *)user ? NULL : malloc(size);
}

static void give_back(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static void a_failed_allocation_is_a_status(void **state)
{
    (void)state;
    int refuse = 0;
    const nn_allocator allocator = {sizeof allocator, refuse_memory, give_back, &refuse};
    nn_context *context = nn_context_create(&allocator);
    struct nni_early_stopping stopping;
    nni_early_stopping_init(&stopping, context);
    stopping.patience = 1;
    stopping.restore_best = 1;
    refuse = 1;
    assert_int_equal(nni_early_stopping_start(&stopping, SPAN), NN_ERROR_MEMORY);
    assert_restores_nothing(&stopping);
    refuse = 0;
    assert_int_equal(nni_early_stopping_start(&stopping, SPAN), NN_OK);
    nni_early_stopping_release(&stopping);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_patience_it_never_stops),
        cmocka_unit_test(it_stops_after_patience_epochs_in_a_row_without_improvement),
        cmocka_unit_test(it_can_maximise),
        cmocka_unit_test(an_improvement_of_min_delta_is_not_enough),
        cmocka_unit_test(small_improvements_add_up),
        cmocka_unit_test(a_value_that_is_not_finite_is_no_improvement),
        cmocka_unit_test(epochs_before_the_first_finite_value_count),
        cmocka_unit_test(the_best_epochs_parameters_come_back),
        cmocka_unit_test(the_best_epoch_is_kept_even_where_it_was_better_by_little),
        cmocka_unit_test(nothing_is_kept_where_not_asked),
        cmocka_unit_test(starting_again_forgets),
        cmocka_unit_test(a_model_without_parameters_is_kept_too),
        cmocka_unit_test(a_failed_allocation_is_a_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
