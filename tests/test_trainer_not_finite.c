/* Losses and gradients that are NaN or infinite: the step that meets them names layer and
 * step, and changes nothing, so that what follows has the bits of a run without it; and a
 * run that ends so keeps the best weights when asked. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

enum { ROWS = 8 };

struct bench {
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *inputs, *labels, *bad;
};

static void bench_open(struct bench *bench, const char *optimizer)
{
    bench->model = stack_network(NULL);
    bench->trainer = class_trainer(bench->model, nn_optimizer_create(NULL, optimizer));
    class_tensors(NULL, ROWS, 3, &bench->inputs, &bench->labels);
    bench->bad = nn_tensor_clone(bench->inputs);
    assert_ok(nn_tensor_fill(bench->bad, 3e38)); /* finite, but no longer after a layer */
}

static void bench_close(struct bench *bench)
{
    nn_trainer_destroy(bench->trainer);
    nn_model_destroy(bench->model);
    nn_tensor_destroy(bench->inputs);
    nn_tensor_destroy(bench->labels);
    nn_tensor_destroy(bench->bad);
}

static nn_status bench_step(struct bench *bench, const nn_tensor *inputs, double *loss)
{
    return nn_trainer_step(bench->trainer, (const nn_tensor *const *)&inputs, 1,
                           (const nn_tensor *const *)&bench->labels, 1, NULL, loss);
}

/* Poisons every gradient once. */
static int32_t poison(void *user, nn_trainer *trainer)
{
    (void)user;
    nn_tensor_floats(nn_trainer_gradient(trainer, 2))[1] = NAN;
    return 0;
}

/* A loss that is not finite, a gradient that is not, both by step and by hand. */
static void disturb(struct bench *bench)
{
    double loss = 7;
    uint64_t hash = parameter_hash(bench->model);
    int64_t steps = nn_trainer_step_count(bench->trainer);
    assert_int_equal(bench_step(bench, bench->bad, &loss), NN_ERROR_LOSS);
    assert_failure(NN_ERROR_LOSS, "the loss of output 0 ('dense_3') is");
    assert_failure(NN_ERROR_LOSS, "in step 3 of epoch 1");
    assert_true(loss == 0);
    assert_ok(nn_trainer_set_gradient_hook(bench->trainer, poison, NULL));
    assert_int_equal(bench_step(bench, bench->inputs, &loss), NN_ERROR_GRADIENT);
    assert_failure(NN_ERROR_GRADIENT,
                   "the gradient of dense_2.weight is nan at element 1 in step 3");
    assert_ok(nn_trainer_set_gradient_hook(bench->trainer, NULL, NULL));
    assert_ok(
        nn_trainer_forward(bench->trainer, (const nn_tensor *const *)&bench->inputs, 1));
    assert_ok(nn_trainer_backward(
        bench->trainer, (const nn_tensor *const *)&bench->labels, 1, NULL, NULL));
    nn_tensor_floats(nn_trainer_gradient(bench->trainer, 0))[0] = INFINITY;
    assert_int_equal(nn_trainer_update(bench->trainer), NN_ERROR_GRADIENT);
    assert_int_equal(nn_trainer_step_count(bench->trainer), steps);
    assert_true(parameter_hash(bench->model) == hash);
}

static uint64_t hash_of_steps(const char *optimizer, int disturbed)
{
    struct bench bench;
    bench_open(&bench, optimizer);
    for (int32_t step = 0; step < 5; step++) {
        if (step == 2 && disturbed)
            disturb(&bench);
        assert_ok(bench_step(&bench, bench.inputs, NULL));
    }
    uint64_t hash = parameter_hash(bench.model);
    bench_close(&bench);
    return hash;
}

static void a_step_that_is_not_finite_changes_nothing(void **state)
{
    (void)state;
    static const char *const optimizers[] = {
        "sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw"};
    for (size_t i = 0; i < sizeof optimizers / sizeof *optimizers; i++)
        if (hash_of_steps(optimizers[i], 1) != hash_of_steps(optimizers[i], 0))
            fail_msg("%s: other bits after a step that failed", optimizers[i]);
}

/* ---- a run ---- */

struct explosion {
    nn_model *model;
    uint64_t best;
};

/* After the second epoch, the best so far, the parameters become too large. */
static int32_t explode(void *user, nn_trainer *trainer)
{
    struct explosion *explosion = user;
    if (nn_trainer_epoch(trainer) == 2) {
        explosion->best = parameter_hash(explosion->model);
        for (int32_t i = 0; i < nn_model_parameter_count(explosion->model); i++)
            assert_ok(nn_tensor_fill(nn_model_parameter(explosion->model, i), 3e38));
    }
    return 0;
}

static void a_run_that_explodes_keeps_the_best_weights_when_asked(void **state)
{
    (void)state;
    struct explosion explosion = {stack_network(NULL), 0};
    nn_dataset *samples = class_samples(NULL, 200, 3);
    nn_trainer *trainer = class_trainer(explosion.model, nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_set_early_stopping(trainer, 5, 0, 1));
    assert_ok(nn_trainer_set_validation_split(trainer, 0.25));
    assert_ok(nn_trainer_set_epoch_hook(trainer, explode, &explosion));
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 9), NN_ERROR_LOSS);
    assert_failure(NN_ERROR_LOSS, "of epoch 3");
    assert_int_equal(nn_trainer_stop_reason(trainer), NN_STOP_ERROR);
    assert_true(parameter_hash(explosion.model) == explosion.best);
    assert_ok(nn_trainer_set_epoch_hook(trainer, NULL, NULL));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 2));
    nn_trainer_destroy(trainer);
    nn_model_destroy(explosion.model);
    nn_dataset_destroy(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_that_is_not_finite_changes_nothing),
        cmocka_unit_test(a_run_that_explodes_keeps_the_best_weights_when_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
