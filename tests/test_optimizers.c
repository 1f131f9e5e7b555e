/* What optimizers compute: every formula against one written in double precision over
 * several steps, clipping, penalties, max-norm, rates, and pieces that are updated
 * together, on any number of threads and any instruction set. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/memory.h"
#include "optimizers/optimizer.h"
#include "support/tensors.h"

#include <nn/context.h>
#include <nn/optimizer.h>

#include <math.h>
#include <string.h>

static void assert_near(double actual, double expected, double tolerance)
{
    if (!(fabs(actual - expected) <= tolerance)) {
        fail_msg("%.9g is not %.9g", actual, expected);
    }
}

static void set(nn_optimizer *optimizer, const char *option, double value)
{
    assert_int_equal(nn_optimizer_set(optimizer, option, value), NN_OK);
}

static double option(const nn_optimizer *optimizer, const char *name)
{
    double value;
    return nn_optimizer_option(optimizer, name, &value) == NN_OK ? value : 0;
}

/* One step over one tensor. */
static nn_status step(nn_optimizer *optimizer, nn_tensor *w, const nn_tensor *g)
{
    return nn_optimizer_step(optimizer, &w, &g, 1);
}

/* ---- the formulas in double ---- */

enum { FORMULA_COUNT = 37, FORMULA_STEPS = 6, FORMULA_SLOTS = 3 };

struct formula {
    double s[FORMULA_SLOTS]; /* of one parameter */
};

/* The step that is subtracted, rate * step, from the gradient of step t = 1, 2, ... */
static double formula_step(const nn_optimizer *o, struct formula *f, double g, int t)
{
    const char *kind = nn_optimizer_kind(o);
    const double momentum = option(o, "momentum"), epsilon = option(o, "epsilon");
    const double rho = option(o, "rho"), b1 = option(o, "beta1"), b2 = option(o, "beta2");
    double *s = f->s;
    if (strcmp(kind, "momentum") == 0 || strcmp(kind, "nesterov") == 0) {
        s[0] = momentum * s[0] + (t == 1 ? 1 : 1 - option(o, "dampening")) * g;
        const int ahead = option(o, "nesterov") > 0 || strcmp(kind, "nesterov") == 0;
        return ahead ? g + momentum * s[0] : s[0];
    }
    if (strcmp(kind, "adagrad") == 0) {
        s[0] = (t == 1 ? option(o, "initial") : s[0]) + g * g;
        return g / (sqrt(s[0]) + epsilon);
    }
    if (strcmp(kind, "adadelta") == 0) {
        s[0] = rho * s[0] + (1 - rho) * g * g;
        const double d = g * sqrt(s[1] + epsilon) / sqrt(s[0] + epsilon);
        s[1] = rho * s[1] + (1 - rho) * d * d;
        return d;
    }
    if (strcmp(kind, "rmsprop") == 0) {
        s[0] = rho * s[0] + (1 - rho) * g * g;
        s[1] = rho * s[1] + (1 - rho) * g;
        const double v = option(o, "centered") > 0 ? s[0] - s[1] * s[1] : s[0];
        s[2] = momentum * s[2] + g / (sqrt(v) + epsilon);
        return s[2];
    }
    if (strcmp(kind, "adam") == 0 || strcmp(kind, "adamw") == 0) {
        s[0] = b1 * s[0] + (1 - b1) * g;
        s[1] = b2 * s[1] + (1 - b2) * g * g;
        return s[0] / (1 - pow(b1, t)) / (sqrt(s[1] / (1 - pow(b2, t))) + epsilon);
    }
    assert_string_equal(kind, "sgd");
    return g;
}

/* The parameter after a step: penalties and decay as nn/optimizer.h says. */
static double formula_update(const nn_optimizer *o, struct formula *f, double w, double g,
                             double scale, int t)
{
    const double rate = option(o, "rate"), clip = option(o, "clip_value");
    double penalised = g * scale;
    if (clip > 0) {
        penalised = fmax(-clip, fmin(clip, penalised));
    }
    penalised += option(o, "l2") * w;
    penalised += option(o, "l1") * ((w > 0) - (w < 0));
    const double d = formula_step(o, f, penalised, t);
    return w * (1 - rate * option(o, "decoupled_decay")) - rate * d;
}

static double formula_gradient(int i, int t)
{
    return ((i * 7 + t * 5) % 13 - 6.5) / 8;
}

static double formula_scale(const nn_optimizer *o, int t)
{
    double squares = 0;
    for (int i = 0; i < FORMULA_COUNT; i++) {
        squares += formula_gradient(i, t) * formula_gradient(i, t);
    }
    const double clip = option(o, "clip_norm");
    return clip > 0 ? fmin(1, clip / (sqrt(squares) + 1e-6)) : 1;
}

/* Steps of the optimizer, which is destroyed, against the formulas. */
static void check_formula(nn_optimizer *optimizer)
{
    assert_non_null(optimizer);
    double w[FORMULA_COUNT], g[FORMULA_COUNT];
    struct formula formula[FORMULA_COUNT];
    memset(formula, 0, sizeof formula);
    for (int i = 0; i < FORMULA_COUNT; i++) {
        w[i] = (i % 9 - 4) / 4.0;
    }
    nn_tensor *parameter = tensor_of_row(FORMULA_COUNT, w);
    for (int t = 1; t <= FORMULA_STEPS; t++) {
        const double scale = formula_scale(optimizer, t);
        for (int i = 0; i < FORMULA_COUNT; i++) {
            g[i] = formula_gradient(i, t);
            w[i] = formula_update(optimizer, &formula[i], w[i], g[i], scale, t);
        }
        nn_tensor *gradient = tensor_of_row(FORMULA_COUNT, g);
        assert_int_equal(step(optimizer, parameter, gradient), NN_OK);
        nn_tensor_destroy(gradient);
        for (int i = 0; i < FORMULA_COUNT; i++) {
            assert_near((double)nn_tensor_floats(parameter)[i], w[i], 1e-5);
        }
    }
    nn_tensor_destroy(parameter);
    nn_optimizer_destroy(optimizer);
}

static void every_kind_follows_its_formula(void **state)
{
    (void)state;
    check_formula(nn_sgd(NULL, 0.1));
    check_formula(nn_momentum(NULL, 0.1, 0.9));
    check_formula(nn_nesterov(NULL, 0.1, 0.9));
    check_formula(nn_adagrad(NULL, 0.1));
    check_formula(nn_adadelta(NULL, 1));
    check_formula(nn_rmsprop(NULL, 0.01));
    check_formula(nn_adam(NULL, 0.01));
    check_formula(nn_adamw(NULL, 0.01));
}

static void every_option_enters_its_formula(void **state)
{
    (void)state;
    nn_optimizer *optimizer = nn_momentum(NULL, 0.1, 0.8);
    set(optimizer, "dampening", 0.5);
    check_formula(optimizer);
    optimizer = nn_momentum(NULL, 0.1, 0.8);
    set(optimizer, "nesterov", 1);
    check_formula(optimizer);
    optimizer = nn_adagrad(NULL, 0.1);
    set(optimizer, "initial", 0.25);
    set(optimizer, "epsilon", 0.5);
    check_formula(optimizer);
    optimizer = nn_adadelta(NULL, 1);
    set(optimizer, "rho", 0.75);
    set(optimizer, "epsilon", 0.01);
    check_formula(optimizer);
    optimizer = nn_rmsprop(NULL, 0.01);
    set(optimizer, "rho", 0.75);
    set(optimizer, "epsilon", 0.1);
    set(optimizer, "centered", 1);
    set(optimizer, "momentum", 0.5);
    check_formula(optimizer);
    optimizer = nn_adam(NULL, 0.01);
    set(optimizer, "beta1", 0.5);
    set(optimizer, "beta2", 0.75);
    set(optimizer, "epsilon", 0.1);
    check_formula(optimizer);
}

static void every_kind_clips_penalises_and_decays(void **state)
{
    (void)state;
    static const char *const names[] = {"l1",        "l2",        "decoupled_decay",
                                        "clip_norm", "clip_norm", "clip_value"};
    const double values[] = {0.125, 0.25, 0.5, 100, 1, 0.125}; /* 100 is not reached */
    const struct nni_optimizer_type *type;
    for (int32_t k = 0; (type = nni_optimizer_type_at(k)) != NULL; k++) {
        nn_optimizer *all = nn_optimizer_create(NULL, type->name);
        for (int i = 0; i < 6; i++) {
            nn_optimizer *one = nn_optimizer_create(NULL, type->name);
            set(one, names[i], values[i]);
            check_formula(one);
            set(all, names[i], values[i]);
        }
        check_formula(all);
    }
}

/* ---- clipping, max-norm, rates ---- */

static void gradients_whose_squares_overflow_are_clipped_by_norm(void **state)
{
    (void)state;
    const double sizes[] = {1, 1e10, 1e19, 1e30, 6e37};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        nn_optimizer *optimizer = nn_sgd(NULL, 1);
        assert_int_equal(nn_optimizer_set(optimizer, "clip_norm", 0.5), NN_OK);
        nn_tensor *parameter = tensor_of_row(2, (double[]){0, 0});
        nn_tensor *gradient = tensor_of_row(2, (double[]){3 * sizes[i], -4 * sizes[i]});
        assert_int_equal(step(optimizer, parameter, gradient), NN_OK);
        assert_near((double)nn_tensor_floats(parameter)[0], -0.3, 1e-6);
        assert_near((double)nn_tensor_floats(parameter)[1], 0.4, 1e-6);
        nn_tensor_destroy(gradient);
        nn_tensor_destroy(parameter);
        nn_optimizer_destroy(optimizer);
    }
}

static void clip_norm_spans_all_tensors(void **state)
{
    (void)state;
    const double zero[] = {0}, three[] = {3}, four[] = {4};
    nn_tensor *w[] = {tensor_of_row(1, zero), tensor_of_row(1, zero)};
    nn_tensor *g[] = {tensor_of_row(1, three), tensor_of_row(1, four)};
    nn_optimizer *optimizer = nn_sgd(NULL, 1);
    set(optimizer, "clip_norm", 1);
    assert_int_equal(nn_optimizer_step(optimizer, w, (const nn_tensor *const *)g, 2),
                     NN_OK);
    assert_near((double)nn_tensor_floats(w[0])[0], -0.6, 1e-6);
    assert_near((double)nn_tensor_floats(w[1])[0], -0.8, 1e-6);
    for (int i = 0; i < 2; i++) {
        nn_tensor_destroy(w[i]);
        nn_tensor_destroy(g[i]);
    }
    nn_optimizer_destroy(optimizer);
}

static void max_norm_limits_long_columns_of_matrices(void **state)
{
    (void)state;
    const double weights[] = {3, 0.3, 4, 0.4}, long_bias[] = {30, 40},
                 zeros[] = {0, 0, 0, 0};
    nn_tensor *w[] = {tensor_of_rows(2, 2, weights), tensor_of_row(2, long_bias)};
    nn_tensor *g[] = {tensor_of_rows(2, 2, zeros), tensor_of_row(2, zeros)};
    nn_optimizer *optimizer = nn_sgd(NULL, 1);
    set(optimizer, "max_norm", 1);
    assert_int_equal(nn_optimizer_step(optimizer, w, (const nn_tensor *const *)g, 2),
                     NN_OK);
    const double expected[] = {0.6, 0.3, 0.8, 0.4};
    for (int i = 0; i < 4; i++) {
        assert_near((double)nn_tensor_floats(w[0])[i], expected[i], 1e-6);
    }
    assert_true(nn_tensor_floats(w[0])[1] == 0.3f && nn_tensor_floats(w[0])[3] == 0.4f);
    assert_true(nn_tensor_floats(w[1])[0] == 30 && nn_tensor_floats(w[1])[1] == 40);
    for (int i = 0; i < 2; i++) {
        nn_tensor_destroy(w[i]);
        nn_tensor_destroy(g[i]);
    }
    nn_optimizer_destroy(optimizer);
}

static void max_norm_limits_wide_matrices(void **state)
{
    (void)state;
    const int64_t shape[] = {90, 700};
    nn_tensor *w = nn_tensor_create(NULL, NN_FLOAT32, shape, 2);
    nn_tensor *g = nn_tensor_create(NULL, NN_FLOAT32, shape, 2);
    assert_int_equal(nn_tensor_random_normal(w, 0, 1, 7), NN_OK);
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(context, 3), NN_OK);
    nn_optimizer *optimizer = nn_sgd(context, 1);
    set(optimizer, "max_norm", 2);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    for (int64_t j = 0; j < shape[1]; j++) {
        double squares = 0;
        for (int64_t i = 0; i < shape[0]; i++) {
            const double x = (double)nn_tensor_floats(w)[i * shape[1] + j];
            squares += x * x;
        }
        assert_near(sqrt(squares), 2, 1e-5); /* all began near sqrt(90) */
    }
    nn_optimizer_destroy(optimizer);
    nn_context_destroy(context);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
}

static void a_changed_rate_holds_from_the_next_step(void **state)
{
    (void)state;
    const double start[] = {0}, slope[] = {1};
    nn_tensor *w = tensor_of_row(1, start), *g = tensor_of_row(1, slope);
    nn_optimizer *optimizer = nn_sgd(NULL, 0.5);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    assert_int_equal(nn_optimizer_set_rate(optimizer, 0.25), NN_OK);
    assert_true(nn_optimizer_rate(optimizer) == 0.25);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    set(optimizer, "rate", 0);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    assert_true(nn_tensor_floats(w)[0] == -0.75f);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
    nn_optimizer_destroy(optimizer);
}

static void adams_first_step_is_the_rate(void **state)
{
    (void)state;
    const double start[] = {0, 0}, slope[] = {1e-3, -1e3};
    nn_tensor *w = tensor_of_row(2, start), *g = tensor_of_row(2, slope);
    nn_optimizer *optimizer = nn_adam(NULL, 0.125);
    set(optimizer, "epsilon", 0);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    assert_near((double)nn_tensor_floats(w)[0], -0.125, 1e-7);
    assert_near((double)nn_tensor_floats(w)[1], 0.125, 1e-7);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
    nn_optimizer_destroy(optimizer);
}

static void betas_that_round_to_1_stay_below_it(void **state)
{
    (void)state;
    const double start[] = {0}, slope[] = {2};
    nn_tensor *w = tensor_of_row(1, start), *g = tensor_of_row(1, slope);
    nn_optimizer *optimizer = nn_adam(NULL, 0.125);
    set(optimizer, "beta2", 1 - 1e-12);
    set(optimizer, "beta1", 1 - 1e-12);
    assert_int_equal(step(optimizer, w, g), NN_OK);
    assert_near((double)nn_tensor_floats(w)[0], -0.125, 1e-4);
    nn_tensor_destroy(w);
    nn_tensor_destroy(g);
    nn_optimizer_destroy(optimizer);
}

/* ---- pieces ---- */

enum { PIECES_TOTAL = 40001 };

/* Three steps over pieces of these sizes within one array, in a context. */
static void run_pieces(nn_context *context, const char *kind, const int64_t *sizes,
                       const float *multipliers, int32_t count, nn_tensor *w,
                       nn_tensor *g)
{
    struct nni_piece pieces[4];
    int64_t first = 0;
    for (int32_t i = 0; i < count; i++) {
        pieces[i] =
            (struct nni_piece){nn_tensor_floats(w) + first, nn_tensor_floats(g) + first,
                               sizes[i], 0, multipliers[i]};
        first += sizes[i];
    }
    assert_int_equal(first, PIECES_TOTAL);
    nn_optimizer *optimizer = nn_optimizer_create(context, kind);
    assert_int_equal(nni_optimizer_bind(optimizer, pieces, count), NN_OK);
    for (int t = 0; t < 3; t++) {
        nni_optimizer_run(optimizer, optimizer->rate, NULL);
    }
    nn_optimizer_destroy(optimizer);
}

static void pieces_threads_and_instruction_sets_change_no_bit(void **state)
{
    (void)state;
    const int64_t total = PIECES_TOTAL, one[] = {PIECES_TOTAL},
                  three[] = {20001, 3, 19997};
    const float ones[] = {1, 1, 1};
    nn_tensor *g = nn_tensor_create(NULL, NN_FLOAT32, &total, 1);
    nn_tensor *start = nn_tensor_create(NULL, NN_FLOAT32, &total, 1);
    assert_int_equal(nn_tensor_random_normal(g, 0, 1, 1), NN_OK);
    assert_int_equal(nn_tensor_random_normal(start, 0, 1, 2), NN_OK);
    nn_context *threads = nn_context_create(NULL), *portable = nn_context_create(NULL);
    assert_int_equal(nn_context_set_threads(threads, 3), NN_OK);
    assert_int_equal(nn_context_set_max_isa(portable, NN_ISA_PORTABLE), NN_OK);
    nn_context *const contexts[] = {NULL, threads, portable};
    const struct nni_optimizer_type *type;
    for (int32_t k = 0; (type = nni_optimizer_type_at(k)) != NULL; k++) {
        nn_tensor *expected = nn_tensor_clone(start);
        run_pieces(NULL, type->name, one, ones, 1, expected, g);
        for (int c = 0; c < 3; c++) {
            nn_tensor *w = nn_tensor_clone(start);
            run_pieces(contexts[c], type->name, three, ones, 3, w, g);
            assert_memory_equal(nn_tensor_data(w), nn_tensor_data(expected),
                                PIECES_TOTAL * sizeof(float));
            nn_tensor_destroy(w);
        }
        nn_tensor_destroy(expected);
    }
    nn_context_destroy(threads);
    nn_context_destroy(portable);
    nn_tensor_destroy(g);
    nn_tensor_destroy(start);
}

static void multipliers_scale_rate_and_decay_of_their_piece(void **state)
{
    (void)state;
    float w[] = {1, 1, 1, 1};
    const float g[] = {1, 1, 1, 1};
    const struct nni_piece pieces[] = {{w, g, 1, 0, 1.0f},
                                       {w + 1, g + 1, 1, 0, 0.5f},
                                       {w + 2, g + 2, 1, 0, 0.5f},
                                       {w + 3, g + 3, 1, 0, 0}};
    nn_optimizer *optimizer = nn_sgd(NULL, 0.25);
    set(optimizer, "decoupled_decay", 0.5);
    assert_int_equal(nni_optimizer_bind(optimizer, pieces, 4), NN_OK);
    nni_optimizer_run(optimizer, 0.5, NULL);
    assert_true(w[0] == 0.75f - 0.5f);
    assert_true(w[1] == 0.875f - 0.25f);
    assert_true(w[2] == w[1]);
    assert_true(w[3] == 1);
    nn_optimizer_destroy(optimizer);
}

static void pieces_that_lie_apart_have_their_own_state(void **state)
{
    (void)state;
    float w[] = {0, 7, 0, 7, 0};
    const float g[] = {1, 0, 2, 0, 4};
    const struct nni_piece pieces[] = {
        {w, g, 1, 0, 1}, {w + 2, g + 2, 1, 0, 1}, {w + 4, g + 4, 1, 0, 1}};
    nn_optimizer *optimizer = nn_momentum(NULL, 1, 0.5);
    assert_int_equal(nni_optimizer_bind(optimizer, pieces, 3), NN_OK);
    nni_optimizer_run(optimizer, 1, NULL);
    nni_optimizer_run(optimizer, 1, NULL);
    const float expected[] = {-2.5f, 7, -5, 7, -10};
    assert_memory_equal(w, expected, sizeof w);
    nn_optimizer_destroy(optimizer);
}

static void pieces_may_move(void **state)
{
    (void)state;
    float a[] = {1}, b[] = {1};
    const float g[] = {1};
    const struct nni_piece first = {a, g, 1, 0, 1}, second = {b, g, 1, 0, 1};
    nn_optimizer *optimizer = nn_momentum(NULL, 0.5, 0.5);
    assert_int_equal(nni_optimizer_bind(optimizer, &first, 1), NN_OK);
    nni_optimizer_run(optimizer, 0.5, NULL);
    optimizer->pieces[0] = second;
    nni_optimizer_list_runs(optimizer);
    nni_optimizer_run(optimizer, 0.5, NULL);
    assert_true(a[0] == 0.5f);
    assert_true(b[0] == 1 - 0.5f * 1.5f);
    assert_int_equal(optimizer->steps, 2);
    nn_optimizer_destroy(optimizer);
}

static void slots_are_those_in_use(void **state)
{
    (void)state;
    float w[3] = {0};
    const float g[3] = {0};
    const struct nni_piece piece = {w, g, 3, 0, 1};
    static const char *const kinds[] = {"sgd",      "momentum", "nesterov", "adagrad",
                                        "adadelta", "rmsprop",  "adam",     "adamw"};
    const uint32_t used[] = {0, 1, 1, 1, 3, 1, 3, 3};
    for (int k = 0; k < 8; k++) {
        nn_optimizer *optimizer = nn_optimizer_create(NULL, kinds[k]);
        assert_int_equal(optimizer->type->slots(optimizer), used[k]);
        assert_int_equal(nni_optimizer_bind(optimizer, &piece, 1), NN_OK);
        size_t bytes =
            nni_align_up(sizeof piece) + nni_align_up(sizeof(struct nni_piece_run));
        for (int s = 0; s < NNI_SLOTS_MAX; s++) {
            assert_int_equal(optimizer->slots[s] != NULL, used[k] >> s & 1);
            bytes += (used[k] >> s & 1) * nni_align_up(sizeof w);
        }
        assert_int_equal(nni_optimizer_state_bytes(optimizer, 3, 1), bytes);
        nn_optimizer_destroy(optimizer);
    }
    nn_optimizer *rmsprop = nn_rmsprop(NULL, 1);
    set(rmsprop, "momentum", 0.5);
    assert_int_equal(rmsprop->type->slots(rmsprop), 5);
    set(rmsprop, "centered", 1);
    assert_int_equal(rmsprop->type->slots(rmsprop), 7);
    nn_optimizer_destroy(rmsprop);
}

static void adagrad_starts_from_its_option(void **state)
{
    (void)state;
    float w[3] = {0};
    const float g[3] = {0};
    const struct nni_piece piece = {w, g, 3, 0, 1};
    nn_optimizer *optimizer = nn_adagrad(NULL, 1);
    set(optimizer, "initial", 0.75);
    assert_int_equal(nni_optimizer_bind(optimizer, &piece, 1), NN_OK);
    assert_true(optimizer->slots[0][0] == 0.75f && optimizer->slots[0][2] == 0.75f);
    nn_optimizer_destroy(optimizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradients_whose_squares_overflow_are_clipped_by_norm),
        cmocka_unit_test(every_kind_follows_its_formula),
        cmocka_unit_test(every_option_enters_its_formula),
        cmocka_unit_test(every_kind_clips_penalises_and_decays),
        cmocka_unit_test(clip_norm_spans_all_tensors),
        cmocka_unit_test(max_norm_limits_long_columns_of_matrices),
        cmocka_unit_test(max_norm_limits_wide_matrices),
        cmocka_unit_test(a_changed_rate_holds_from_the_next_step),
        cmocka_unit_test(adams_first_step_is_the_rate),
        cmocka_unit_test(betas_that_round_to_1_stay_below_it),
        cmocka_unit_test(pieces_threads_and_instruction_sets_change_no_bit),
        cmocka_unit_test(multipliers_scale_rate_and_decay_of_their_piece),
        cmocka_unit_test(pieces_that_lie_apart_have_their_own_state),
        cmocka_unit_test(pieces_may_move),
        cmocka_unit_test(slots_are_those_in_use),
        cmocka_unit_test(adagrad_starts_from_its_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
