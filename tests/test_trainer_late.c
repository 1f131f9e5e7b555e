/* Steps whose products update the weights without writing their gradients: the same bits as
 * with gradients in memory; gradients that are asked for afterwards are there; and where one
 * is NaN or infinite nothing has changed. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/settings.h"
#include "support/training.h"
#include "train/trainer.h"

#include <math.h>

enum { INPUTS = 19, OUTPUTS = 5, ROWS_MAX = 300, LAYERS = 3 };

/* A network of dense layers and how it is trained. */
struct course {
    const char *name;
    int64_t width[LAYERS];
    int32_t activation[LAYERS];
    int32_t bias, classes;
    double l1, l2, decay, clip_value, rate_multiplier;
};

static const struct course courses[] = {
    {"relu", {64, 70, OUTPUTS}, {NN_RELU, NN_RELU, NN_LINEAR}, 1, 1, 0, 0, 0, 0, 1},
    {"no bias", {97, 33, OUTPUTS}, {NN_TANH, NN_LINEAR, NN_LINEAR}, 0, 1, 0, 0, 0, 0, 1},
    {"output", {60, 60, OUTPUTS}, {NN_GELU, NN_SOFTMAX, NN_SIGMOID}, 1, 0, 0, 0, 0, 0, 1},
    {"penalties",
     {80, 37, OUTPUTS},
     {NN_ELU, NN_RELU, NN_TANH},
     1,
     0,
     1e-3,
     1e-2,
     0,
     0,
     3},
    {"clipped",
     {16, 96, OUTPUTS},
     {NN_SILU, NN_RELU, NN_LINEAR},
     1,
     1,
     0,
     0,
     0.1,
     1e-3,
     0.5},
};
enum { COURSES = sizeof courses / sizeof *courses };

struct trained {
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *inputs, *targets;
};

static nn_optimizer *descent(nn_context *context, const struct course *course)
{
    nn_optimizer *optimizer = nn_sgd(context, 0.05);
    assert_ok(nn_optimizer_set(optimizer, "l1", course->l1));
    assert_ok(nn_optimizer_set(optimizer, "l2", course->l2));
    assert_ok(nn_optimizer_set(optimizer, "decoupled_decay", course->decay));
    assert_ok(nn_optimizer_set(optimizer, "clip_value", course->clip_value));
    return optimizer;
}

static struct trained start(nn_context *context, const struct course *course,
                            int64_t rows)
{
    struct trained t = {.model = nn_model_create(context)};
    nn_model_add(t.model, nn_input(context, INPUTS));
    for (int32_t l = 0; l < LAYERS; l++) {
        nn_layer *layer = nn_dense(context, course->width[l], course->activation[l]);
        assert_ok(nn_layer_set_int(layer, "bias", course->bias));
        if (l == 1)
            assert_ok(nn_layer_set_rate_multiplier(layer, course->rate_multiplier));
        nn_model_add(t.model, layer);
    }
    nn_loss *loss = course->classes ? nn_softmax_cross_entropy(context)
                                    : nn_mean_squared_error(context);
    t.trainer = nn_trainer_create(t.model, loss, descent(context, course));
    assert_non_null(t.trainer);
    assert_ok(nn_trainer_set_rate_step(t.trainer, 1, 0.9));
    assert_ok(nn_trainer_set_warmup(t.trainer, 10));
    int64_t shape[] = {rows, INPUTS}, target_shape[] = {rows, OUTPUTS};
    t.inputs = random_tensor(context, NN_FLOAT32, shape, 2, 1);
    t.targets = random_tensor(context, NN_FLOAT32, target_shape, 2, 2);
    if (course->classes) {
        nn_tensor_destroy(t.targets);
        t.targets = nn_tensor_create(context, NN_INT32, &rows, 1);
        for (int64_t r = 0; r < rows; r++)
            ((int32_t *)nn_tensor_data(t.targets))[r] = (int32_t)(r * r % OUTPUTS);
    }
    return t;
}

static void finish(struct trained *t)
{
    nn_tensor_destroy(t->inputs);
    nn_tensor_destroy(t->targets);
    nn_trainer_destroy(t->trainer);
    nn_model_destroy(t->model);
}

static void steps(struct trained *t, int count)
{
    for (int i = 0; i < count; i++)
        step_on(t->trainer, t->inputs, t->targets);
}

static uint64_t gradients_hash(const struct trained *t)
{
    uint64_t hash = HASH_START;
    for (int32_t p = 0; p < nn_model_parameter_count(t->model); p++)
        hash = hash_tensor(hash, nn_trainer_gradient(t->trainer, p));
    return hash;
}

/* The hashes of parameters and gradients after some steps with gradients in memory. */
static void train_plainly(const struct course *course, int64_t rows, int count,
                          uint64_t hashes[2])
{
    struct trained t = start(NULL, course, rows);
    assert_non_null(nn_trainer_gradient(t.trainer, 0));
    steps(&t, count);
    assert_false(t.trainer->late);
    hashes[0] = parameter_hash(t.model);
    hashes[1] = gradients_hash(&t);
    finish(&t);
}

static void compare(const struct course *course, int64_t rows, int32_t threads, int count)
{
    uint64_t plain[2];
    train_plainly(course, rows, count, plain);
    const struct setting setting = {"", threads, NN_ISA_BEST, 0, 0};
    nn_context *context = setting_context(&setting);
    struct trained t = start(context, course, rows);
    steps(&t, count);
    assert_int_equal(t.trainer->late, 1);
    if (parameter_hash(t.model) != plain[0] || gradients_hash(&t) != plain[1])
        fail_msg("%s: %d rows, %d threads differ", course->name, (int)rows, (int)threads);
    finish(&t);
    nn_context_destroy(context);
}

static void updates_in_products_and_gradients_read_late_are_the_same_bits(void **state)
{
    (void)state;
    static const int64_t rows[] = {1, 2, 32, ROWS_MAX};
    static const int32_t threads[] = {1, 2, 3, 8};
    for (int c = 0; c < COURSES; c++)
        for (int i = 0; i < 4; i++)
            compare(&courses[c], rows[i], threads[(c + i) % 4], 100);
}

static void wide_layers_on_threads_are_the_same_bits(void **state)
{
    (void)state;
    const struct course wide = {
        "wide", {600, 500, OUTPUTS}, {NN_RELU, NN_RELU, NN_LINEAR}, 1, 1, 0, 0, 0, 0, 1};
    for (int32_t threads = 1; threads <= 3; threads++)
        compare(&wide, 64, threads, 3);
}

static void fits_are_the_same_bits(void **state)
{
    (void)state;
    uint64_t hash[2];
    for (int plain = 0; plain < 2; plain++) {
        nn_model *model = wide_network(NULL);
        nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0.1));
        nn_dataset *samples = class_samples(NULL, 75, 3);
        if (plain)
            nn_trainer_gradient(trainer, 0);
        assert_ok(nn_trainer_fit(trainer, samples, NULL, 3));
        assert_int_equal(trainer->late, !plain);
        hash[plain] =
            parameter_hash(model) ^ tensor_hash(nn_trainer_gradient(trainer, 0));
        nn_dataset_destroy(samples);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    assert_true(hash[0] == hash[1]);
}

static void gradients_are_those_of_the_last_step_whatever_follows(void **state)
{
    (void)state;
    for (int what = 0; what < 3; what++) {
        uint64_t plain[2];
        train_plainly(&courses[2], 4, 5, plain);
        struct trained t = start(NULL, &courses[2], 4);
        steps(&t, 5);
        if (what == 0)
            assert_ok(nn_trainer_set_batch_size(t.trainer, 9));
        else if (what == 1)
            assert_ok(
                nn_trainer_forward(t.trainer, (const nn_tensor *const *)&t.inputs, 1));
        else
            nn_tensor_destroy(t.inputs); /* the trainer holds it */
        assert_true(gradients_hash(&t) == plain[1]);
        t.inputs = what == 2 ? NULL : t.inputs;
        finish(&t);
    }
}

static int32_t ask_for_gradient(void *user, nn_trainer *trainer)
{
    *(uint64_t *)user = tensor_hash(nn_trainer_gradient(trainer, 2));
    return 0;
}

static void a_step_hook_may_be_the_first_to_ask(void **state)
{
    (void)state;
    uint64_t hash = 0;
    struct trained plain = start(NULL, &courses[0], 8), t = start(NULL, &courses[0], 8);
    nn_trainer_gradient(plain.trainer, 0);
    steps(&plain, 1);
    assert_ok(nn_trainer_set_step_hook(t.trainer, ask_for_gradient, &hash));
    steps(&t, 1);
    assert_true(hash == tensor_hash(nn_trainer_gradient(plain.trainer, 2)));
    steps(&plain, 1);
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 0);
    assert_true(parameter_hash(plain.model) == parameter_hash(t.model));
    finish(&plain);
    finish(&t);
}

static void options_that_need_gradients_have_them(void **state)
{
    (void)state;
    struct trained t = start(NULL, &courses[0], 8);
    nn_optimizer *optimizer = t.trainer->optimizer;
    assert_ok(nn_optimizer_set(optimizer, "clip_norm", 0.5));
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 0);
    assert_ok(nn_optimizer_set(optimizer, "clip_norm", 0));
    assert_ok(nn_optimizer_set(optimizer, "max_norm", 0.5));
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 0);
    assert_ok(nn_optimizer_set(optimizer, "max_norm", 0));
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 1);
    assert_ok(nn_trainer_set_micro_batch(t.trainer, 3));
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 0);
    assert_ok(nn_trainer_set_micro_batch(t.trainer, 0));
    assert_ok(nn_trainer_set_keep_nodes(t.trainer, 1));
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 0);
    finish(&t);
}

/* One linear layer f = x w on one sample whose input and target are these: the gradient is
 * 2 x (x w - y). */
static nn_status huge_step(float x, float y, float w, float *after, int32_t *late)
{
    nn_model *model = one_layer(NULL, NNI_LATE_COUNT, 1);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 1e-30));
    nn_tensor *input =
        tensor_of_rows(1, NNI_LATE_COUNT, (double[NNI_LATE_COUNT]){(double)x});
    nn_tensor *target = tensor_of_rows(1, 1, (double[]){(double)y});
    float *weights = nn_tensor_floats(nn_model_parameter(model, 0));
    weights[0] = weights[1] = w;
    nn_tensor_floats(nn_model_parameter(model, 1))[0] = 0;
    assert_ok(nn_trainer_set_checks(trainer, 0, 1));
    nn_status status = nn_trainer_step(trainer, (const nn_tensor *const *)&input, 1,
                                       (const nn_tensor *const *)&target, 1, NULL, NULL);
    *late = trainer->late;
    after[0] = weights[0];
    after[1] = weights[1];
    nn_tensor_destroy(input);
    nn_tensor_destroy(target);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return status;
}

static void gradients_that_overflow_change_nothing(void **state)
{
    (void)state;
    float after[2];
    int32_t late;
    assert_int_equal(huge_step(1e25f, 1e25f, 0.5f, after, &late), NN_ERROR_GRADIENT);
    assert_true(after[0] == 0.5f && after[1] == 0.5f);
    /* The bound alone would not allow this one, but no gradient overflows. */
    assert_ok(huge_step(1e18f, 8e19f, 0.5f, after, &late));
    assert_int_equal(late, 0);
    assert_true(after[0] > 0.5f && isfinite(after[0]) && after[1] == 0.5f);
    assert_ok(huge_step(1e10f, 1e10f, 0.5f, after, &late));
    assert_int_equal(late, 1);
}

static void a_gradient_hook_sees_gradients(void **state)
{
    (void)state;
    uint64_t hash = 0;
    struct trained t = start(NULL, &courses[0], 8);
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 1);
    assert_ok(nn_trainer_set_gradient_hook(t.trainer, ask_for_gradient, &hash));
    steps(&t, 1);
    assert_int_equal(t.trainer->late, 0);
    assert_true(hash == tensor_hash(nn_trainer_gradient(t.trainer, 2)));
    finish(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(updates_in_products_and_gradients_read_late_are_the_same_bits),
        cmocka_unit_test(wide_layers_on_threads_are_the_same_bits),
        cmocka_unit_test(fits_are_the_same_bits),
        cmocka_unit_test(gradients_are_those_of_the_last_step_whatever_follows),
        cmocka_unit_test(a_step_hook_may_be_the_first_to_ask),
        cmocka_unit_test(options_that_need_gradients_have_them),
        cmocka_unit_test(gradients_that_overflow_change_nothing),
        cmocka_unit_test(a_gradient_hook_sees_gradients),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
