/* Optimizers as handles: how they are made and set, what a step over tensors refuses, the
 * state it keeps, and memory that runs out. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "optimizers/optimizer.h"
#include "support/tensors.h"

#include <nn/optimizer.h>

#include <math.h>
#include <string.h>

static const double numbers[] = {1, 2, 3, 4, 5, 6};

static nn_status step(nn_optimizer *optimizer, nn_tensor *w, const nn_tensor *g)
{
    return nn_optimizer_step(optimizer, &w, &g, 1);
}

static void assert_message(const char *words)
{
    if (strstr(nn_last_error(), words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", nn_last_error(), words);
    }
}

/* ---- making and setting ---- */

static void names_make_what_typed_creators_make(void **state)
{
    (void)state;
    nn_optimizer *typed[] = {nn_sgd(NULL, 1),           nn_momentum(NULL, 1, 0.5),
                             nn_nesterov(NULL, 1, 0.5), nn_adagrad(NULL, 1),
                             nn_adadelta(NULL, 1),      nn_rmsprop(NULL, 1),
                             nn_adam(NULL, 1),          nn_adamw(NULL, 1)};
    const double rates[] = {0.01, 0.01, 0.01, 0.01, 1, 0.01, 0.001, 0.001};
    for (int32_t i = 0; i < 8; i++) {
        assert_non_null(typed[i]);
        assert_true(nn_optimizer_rate(typed[i]) == 1);
        nn_optimizer *named = nn_optimizer_create(NULL, nn_optimizer_kind(typed[i]));
        assert_ptr_equal(named->type, typed[i]->type);
        assert_ptr_equal(named->type, nni_optimizer_type_at(i));
        assert_int_equal(named->type->id, i + 1);
        assert_true(nn_optimizer_rate(named) == rates[i]);
        nn_optimizer_destroy(named);
        nn_optimizer_destroy(typed[i]);
    }
    assert_null(nni_optimizer_type_at(8));
    assert_null(nni_optimizer_type_at(-1));
}

static void unknown_kinds_list_the_known(void **state)
{
    (void)state;
    assert_null(nn_optimizer_create(NULL, "adamant"));
    assert_int_equal(nn_last_status(), NN_ERROR_NAME);
    assert_string_equal(
        nn_last_error(),
        "nn_optimizer_create: no optimizer is named \"adamant\"; there are "
        "sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamw");
}

static void creators_refuse_bad_numbers(void **state)
{
    (void)state;
    assert_null(nn_sgd(NULL, -1));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    assert_message("sgd");
    assert_null(nn_adam(NULL, NAN));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    assert_null(nn_adam(NULL, INFINITY));
    assert_null(nn_momentum(NULL, -1, 0.5));
    assert_null(nn_momentum(NULL, 0.1, 1));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    assert_null(nn_nesterov(NULL, -1, 0.5));
    assert_null(nn_nesterov(NULL, 0.1, -0.5));
    assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
}

static void all_kinds_have_the_common_options(void **state)
{
    (void)state;
    static const char *const names[] = {
        "rate", "l2", "l1", "decoupled_decay", "clip_norm", "clip_value", "max_norm"};
    const struct nni_optimizer_type *type;
    for (int32_t k = 0; (type = nni_optimizer_type_at(k)) != NULL; k++) {
        nn_optimizer *optimizer = nn_optimizer_create(NULL, type->name);
        for (int i = 0; i < 7; i++) {
            double value;
            assert_int_equal(nn_optimizer_set(optimizer, names[i], 0.5), NN_OK);
            assert_int_equal(nn_optimizer_option(optimizer, names[i], &value), NN_OK);
            assert_true(value == 0.5);
            assert_int_equal(nn_optimizer_set(optimizer, names[i], -0.5),
                             NN_ERROR_ARGUMENT);
            assert_int_equal(nn_optimizer_set(optimizer, names[i], NAN),
                             NN_ERROR_ARGUMENT);
            assert_int_equal(nn_optimizer_option(optimizer, names[i], &value), NN_OK);
            assert_true(value == 0.5);
        }
        assert_int_equal(nn_optimizer_set(optimizer, "speed", 1), NN_ERROR_NAME);
        nn_optimizer_destroy(optimizer);
    }
}

static void own_options_have_ranges(void **state)
{
    (void)state;
    static const char *const kinds[] = {"momentum", "momentum", "momentum", "adagrad",
                                        "adagrad",  "adadelta", "rmsprop",  "rmsprop",
                                        "rmsprop",  "adam",     "adamw",    "nesterov"};
    static const char *const names[] = {"momentum", "dampening", "nesterov", "epsilon",
                                        "initial",  "rho",       "rho",      "momentum",
                                        "centered", "beta1",     "beta2",    "momentum"};
    const double bad[] = {1, 1.5, 2, -1, -1, 1, 1, 1, 0.5, 1, 1, 1};
    for (int i = 0; i < 12; i++) {
        nn_optimizer *optimizer = nn_optimizer_create(NULL, kinds[i]);
        assert_int_equal(nn_optimizer_set(optimizer, names[i], bad[i]),
                         NN_ERROR_ARGUMENT);
        assert_int_equal(nn_optimizer_set(optimizer, names[i], 0), NN_OK);
        nn_optimizer_destroy(optimizer);
    }
}

static void nesterov_excludes_dampening(void **state)
{
    (void)state;
    double value;
    nn_optimizer *optimizer = nn_momentum(NULL, 0.1, 0.9);
    assert_int_equal(nn_optimizer_set(optimizer, "dampening", 0.5), NN_OK);
    assert_int_equal(nn_optimizer_set(optimizer, "nesterov", 1), NN_ERROR_ARGUMENT);
    assert_message("dampening");
    assert_int_equal(nn_optimizer_option(optimizer, "nesterov", &value), NN_OK);
    assert_true(value == 0);
    nn_optimizer_destroy(optimizer);
}

static void null_arguments_are_named(void **state)
{
    (void)state;
    double value;
    nn_optimizer *optimizer = nn_sgd(NULL, 1);
    nn_tensor *w = tensor_of_row(2, numbers), *g = tensor_of_row(2, numbers),
              *none = NULL;
    const nn_tensor *gradient = g, *no_gradient = NULL;
    assert_int_equal(nn_optimizer_step(NULL, &w, &gradient, 1), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_step(optimizer, NULL, &gradient, 1), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_step(optimizer, &w, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_step(optimizer, &none, &gradient, 1), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(), "nn_optimizer_step: parameters[0] is NULL");
    assert_int_equal(nn_optimizer_step(optimizer, &w, &no_gradient, 1), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(), "nn_optimizer_step: gradients[0] is NULL");
    assert_int_equal(nn_optimizer_step(optimizer, &w, &gradient, 0), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_optimizer_set(NULL, "rate", 1), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_set(optimizer, NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_option(NULL, "rate", &value), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_option(optimizer, NULL, &value), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_option(optimizer, "rate", NULL), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_set_rate(NULL, 1), NN_ERROR_NULL);
    assert_int_equal(nn_optimizer_reset(NULL), NN_ERROR_NULL);
    assert_null(nn_optimizer_create(NULL, NULL));
    assert_null(nn_optimizer_kind(NULL));
    assert_true(nn_optimizer_rate(NULL) == 0);
    nn_optimizer_destroy(NULL);
    nn_optimizer_destroy(optimizer);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
}

/* ---- what a step refuses ---- */

static void tensors_are_float32_of_one_shape_and_apart(void **state)
{
    (void)state;
    nn_optimizer *optimizer = nn_sgd(NULL, 1);
    const int64_t two[] = {2};
    nn_tensor *w = tensor_of_row(2, numbers), *g = tensor_of_row(3, numbers);
    nn_tensor *integers = tensor_of(NN_INT32, 1, two, numbers);
    assert_int_equal(step(optimizer, w, g), NN_ERROR_SHAPE);
    assert_string_equal(nn_last_error(),
                        "nn_optimizer_step: parameters[0] has shape (2), "
                        "gradients[0] has shape (3)");
    assert_int_equal(step(optimizer, integers, w), NN_ERROR_DTYPE);
    assert_int_equal(step(optimizer, w, integers), NN_ERROR_DTYPE);
    assert_string_equal(nn_last_error(),
                        "nn_optimizer_step: gradients[0] is int32; it must be float32");
    assert_int_equal(step(optimizer, w, w), NN_ERROR_ARGUMENT);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
    nn_tensor_destroy(integers);
    nn_optimizer_destroy(optimizer);
}

static void the_first_step_fixes_number_and_shapes(void **state)
{
    (void)state;
    nn_optimizer *optimizer = nn_sgd(NULL, 0.5);
    nn_tensor *a = tensor_of_rows(2, 3, numbers), *da = tensor_of_rows(2, 3, numbers);
    nn_tensor *b = tensor_of_rows(3, 2, numbers), *db = tensor_of_rows(3, 2, numbers);
    nn_tensor *pair[] = {a, b};
    const nn_tensor *slopes[] = {da, db};
    assert_int_equal(step(optimizer, a, da), NN_OK);
    assert_int_equal(step(optimizer, b, db), NN_ERROR_SHAPE);
    assert_string_equal(nn_last_error(),
                        "nn_optimizer_step: parameters[0] has shape (3, 2); "
                        "in the first step it had shape (2, 3)");
    assert_int_equal(nn_optimizer_step(optimizer, pair, slopes, 2), NN_ERROR_SHAPE);
    assert_string_equal(nn_last_error(),
                        "nn_optimizer_step: count is 2; in the first step it was 1");
    assert_int_equal(nn_optimizer_reset(optimizer), NN_OK);
    assert_int_equal(nn_optimizer_step(optimizer, pair, slopes, 2), NN_OK);
    assert_true(nn_tensor_floats(a)[5] == 0);
    assert_true(nn_tensor_floats(b)[5] == 3);
    nn_tensor_destroy(a);
    nn_tensor_destroy(da);
    nn_tensor_destroy(b);
    nn_tensor_destroy(db);
    nn_optimizer_destroy(optimizer);
}

static void gradients_that_are_not_finite_change_nothing(void **state)
{
    (void)state;
    const double bad[] = {1, 2, INFINITY}, zeros[] = {0, 0, 0};
    nn_tensor *w[] = {tensor_of_row(3, numbers), tensor_of_row(3, numbers)};
    nn_tensor *g[] = {tensor_of_row(3, numbers), tensor_of_row(3, bad)};
    nn_tensor *flat = tensor_of_row(3, zeros);
    const nn_tensor *good[] = {g[0], flat};
    nn_optimizer *optimizer = nn_momentum(NULL, 1, 0.5);
    assert_int_equal(nn_optimizer_step(optimizer, w, (const nn_tensor *const *)g, 2),
                     NN_ERROR_GRADIENT);
    assert_string_equal(nn_last_error(),
                        "nn_optimizer_step: element 2 of gradients[1] is inf");
    assert_true(nn_tensor_floats(w[0])[0] == 1 && nn_tensor_floats(w[1])[2] == 3);
    assert_int_equal(nn_optimizer_step(optimizer, w, good, 2), NN_OK);
    assert_int_equal(nn_optimizer_step(optimizer, w, (const nn_tensor *const *)g, 2),
                     NN_ERROR_GRADIENT);
    assert_int_equal(optimizer->steps, 1);
    assert_true(optimizer->slots[0][0] == 1 && nn_tensor_floats(w[0])[0] == 0);
    for (int i = 0; i < 2; i++) {
        nn_tensor_destroy(w[i]);
        nn_tensor_destroy(g[i]);
    }
    nn_tensor_destroy(flat);
    nn_optimizer_destroy(optimizer);
}

static void empty_tensors_are_stepped_over(void **state)
{
    (void)state;
    const int64_t none[] = {0, 3};
    nn_tensor *w[] = {tensor_of(NN_FLOAT32, 2, none, numbers), tensor_of_row(2, numbers)};
    nn_tensor *g[] = {tensor_of(NN_FLOAT32, 2, none, numbers), tensor_of_row(2, numbers)};
    nn_optimizer *optimizer = nn_adam(NULL, 0.5);
    assert_int_equal(nn_optimizer_set(optimizer, "max_norm", 1), NN_OK);
    assert_int_equal(nn_optimizer_step(optimizer, w, (const nn_tensor *const *)g, 2),
                     NN_OK);
    assert_true(fabsf(nn_tensor_floats(w[1])[0] - 0.5f) < 1e-6f);
    for (int i = 0; i < 2; i++) {
        nn_tensor_destroy(w[i]);
        nn_tensor_destroy(g[i]);
    }
    nn_optimizer_destroy(optimizer);
}

/* ---- state ---- */

static void parameters_are_told_apart_by_position(void **state)
{
    (void)state;
    const double slope[] = {1}, zero[] = {0};
    nn_tensor *a = tensor_of_row(1, zero), *b = tensor_of_row(1, zero);
    nn_tensor *g = tensor_of_row(1, slope), *flat = tensor_of_row(1, zero);
    nn_optimizer *optimizer = nn_momentum(NULL, 1, 0.5);
    assert_int_equal(step(optimizer, a, g), NN_OK);
    assert_int_equal(step(optimizer, b, flat), NN_OK);
    assert_true(nn_tensor_floats(b)[0] == -0.5f);
    nn_tensor_destroy(a);
    nn_tensor_destroy(b);
    nn_tensor_destroy(g);
    nn_tensor_destroy(flat);
    nn_optimizer_destroy(optimizer);
}

static void reset_forgets(void **state)
{
    (void)state;
    const double slope[] = {1}, zero[] = {0};
    nn_tensor *w = tensor_of_row(1, zero), *g = tensor_of_row(1, slope);
    nn_optimizer *optimizer = nn_momentum(NULL, 1, 0.5);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    assert_int_equal(nn_optimizer_reset(optimizer), NN_OK);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    assert_true(nn_tensor_floats(w)[0] == -2);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
    nn_optimizer_destroy(optimizer);
}

static void options_that_decide_the_state_are_set_before(void **state)
{
    (void)state;
    static const char *const kinds[] = {"rmsprop", "rmsprop", "adagrad"};
    static const char *const names[] = {"centered", "momentum", "initial"};
    for (int i = 0; i < 3; i++) {
        nn_tensor *w = tensor_of_row(2, numbers), *g = tensor_of_row(2, numbers);
        nn_optimizer *optimizer = nn_optimizer_create(NULL, kinds[i]);
        assert_int_equal(step(optimizer, w, g), NN_OK);
        assert_int_equal(nn_optimizer_set(optimizer, names[i], 0), NN_ERROR_STATE);
        assert_message(names[i]);
        assert_int_equal(nn_optimizer_set(optimizer, "epsilon", 1e-3), NN_OK);
        assert_int_equal(nn_optimizer_reset(optimizer), NN_OK);
        assert_int_equal(nn_optimizer_set(optimizer, names[i], 0), NN_OK);
        nn_optimizer_destroy(optimizer);
        nn_tensor_destroy(w);
        nn_tensor_destroy(g);
    }
}

static void a_trainers_optimizer_takes_no_steps_by_hand(void **state)
{
    (void)state;
    int trainer;
    nn_tensor *w = tensor_of_row(2, numbers), *g = tensor_of_row(2, numbers);
    nn_optimizer *optimizer = nn_sgd(NULL, 1);
    optimizer->owner = &trainer;
    assert_int_equal(step(optimizer, w, g), NN_ERROR_STATE);
    assert_int_equal(nn_optimizer_reset(optimizer), NN_ERROR_STATE);
    assert_int_equal(nn_optimizer_set_rate(optimizer, 0.5), NN_OK);
    nn_optimizer_destroy(optimizer);
    assert_string_equal(nn_optimizer_kind(optimizer), "sgd");
    optimizer->owner = NULL;
    nn_optimizer_destroy(optimizer);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    nn_tensor *w = tensor_of_row(2, numbers), *g = tensor_of_row(2, numbers);
    struct scarce_memory memory;
    int done = 0;
    for (int64_t allowed = 0; !done; allowed++) {
        assert_true(allowed < 20);
        nn_context *context = scarce_context(&memory);
        const int64_t blocks = memory.blocks;
        memory.left = allowed;
        nn_optimizer *optimizer = nn_rmsprop(context, 1e-3);
        if (optimizer != NULL) {
            assert_int_equal(nn_optimizer_set(optimizer, "centered", 1), NN_OK);
            assert_int_equal(nn_optimizer_set(optimizer, "momentum", 0.5), NN_OK);
            done = step(optimizer, w, g) == NN_OK;
            assert_true(done || nn_tensor_floats(w)[0] == 1);
        }
        assert_true(done || nn_last_status() == NN_ERROR_MEMORY);
        nn_optimizer_destroy(optimizer);
        assert_int_equal(memory.blocks, blocks);
        nn_context_destroy(context);
        assert_int_equal(memory.blocks, 0);
    }
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
}

static void steps_after_the_first_allocate_nothing(void **state)
{
    (void)state;
    nn_tensor *w = tensor_of_rows(2, 3, numbers), *g = tensor_of_rows(2, 3, numbers);
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    const struct nni_optimizer_type *type;
    for (int32_t k = 0; (type = nni_optimizer_type_at(k)) != NULL; k++) {
        memory.left = -1;
        nn_optimizer *optimizer = nn_optimizer_create(context, type->name);
        assert_int_equal(step(optimizer, w, g), NN_OK);
        memory.left = 0;
        assert_int_equal(nn_optimizer_set(optimizer, "max_norm", 1), NN_OK);
        assert_int_equal(nn_optimizer_set(optimizer, "clip_norm", 1), NN_OK);
        assert_int_equal(step(optimizer, w, g), NN_OK);
        nn_optimizer_destroy(optimizer);
    }
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
}

static void a_bind_that_fails_leaves_the_first(void **state)
{
    (void)state;
    float w[2] = {0};
    const float g[2] = {1, 1};
    const struct nni_piece piece = {w, g, 2, 0, 1};
    const struct nni_piece huge[] = {{w, g, INT64_MAX, 0, 1}, {w, g, 1, 0, 1}};
    nn_optimizer *optimizer = nn_momentum(NULL, 1, 0.5);
    assert_int_equal(nni_optimizer_bind(optimizer, &piece, 1), NN_OK);
    nni_optimizer_run(optimizer, 1, NULL);
    assert_int_equal(nni_optimizer_bind(optimizer, huge, 2), NN_ERROR_SIZE);
    assert_int_equal(nni_optimizer_bind(optimizer, huge, 1), NN_ERROR_SIZE);
    nni_optimizer_run(optimizer, 1, NULL);
    assert_true(w[1] == -2.5f);
    nn_optimizer_destroy(optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_make_what_typed_creators_make),
        cmocka_unit_test(unknown_kinds_list_the_known),
        cmocka_unit_test(creators_refuse_bad_numbers),
        cmocka_unit_test(all_kinds_have_the_common_options),
        cmocka_unit_test(own_options_have_ranges),
        cmocka_unit_test(nesterov_excludes_dampening),
        cmocka_unit_test(null_arguments_are_named),
        cmocka_unit_test(tensors_are_float32_of_one_shape_and_apart),
        cmocka_unit_test(the_first_step_fixes_number_and_shapes),
        cmocka_unit_test(gradients_that_are_not_finite_change_nothing),
        cmocka_unit_test(empty_tensors_are_stepped_over),
        cmocka_unit_test(parameters_are_told_apart_by_position),
        cmocka_unit_test(reset_forgets),
        cmocka_unit_test(options_that_decide_the_state_are_set_before),
        cmocka_unit_test(a_trainers_optimizer_takes_no_steps_by_hand),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(steps_after_the_first_allocate_nothing),
        cmocka_unit_test(a_bind_that_fails_leaves_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
