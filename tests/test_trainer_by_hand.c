/* The loop of the lecture, written out: forward, backward, w = w - rate g. By hand with
 * tensors, with the trainer's parts, and in whole steps it comes to the same. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

enum { N = 6, D = 3, M = 2 }; /* samples, inputs, outputs */

static nn_tensor *zeros(int64_t rows, int64_t columns)
{
    int64_t shape[] = {rows, columns};
    nn_tensor *tensor = nn_tensor_create(NULL, NN_FLOAT32, shape, 2);
    assert_non_null(tensor);
    return tensor;
}

static nn_tensor *normal(int64_t rows, int64_t columns, uint64_t seed)
{
    nn_tensor *tensor = zeros(rows, columns);
    assert_ok(nn_tensor_random_normal(tensor, 0, 1, seed));
    return tensor;
}

static void assert_tensors_close(nn_tensor *a, nn_tensor *b, double tolerance)
{
    assert_int_equal(nn_tensor_count(a), nn_tensor_count(b));
    for (int64_t i = 0; i < nn_tensor_count(a); i++) {
        double x = (double)nn_tensor_floats(a)[i], y = (double)nn_tensor_floats(b)[i];
        if (!(fabs(x - y) <= tolerance))
            fail_msg("element %d: %.9g and %.9g", (int)i, x, y);
    }
}

static nn_status forward(nn_trainer *trainer, const nn_tensor *x)
{
    return nn_trainer_forward(trainer, &x, 1);
}

static nn_status backward(nn_trainer *trainer, const nn_tensor *y, double *loss)
{
    return nn_trainer_backward(trainer, &y, 1, NULL, loss);
}

/* ---- the loop on tensors ---- */

/* Linear regression: f = x w + b, J = mean (f - y)^2. */
struct regression {
    nn_tensor *x, *y, *w, *b, *f, *dw, *db;
};

/* One step of gradient descent, everything written out. */
static void regression_step(const struct regression *r, float rate)
{
    assert_ok(nn_tensor_matmul(r->x, 0, r->w, 0, r->f));
    assert_ok(nn_tensor_add(r->f, r->b, r->f));
    /* dJ/df = 2 (f - y) / (N M), put in f's place */
    nn_tensor *minus_y = nn_tensor_clone(r->y);
    assert_ok(nn_tensor_scale(minus_y, -1, minus_y));
    assert_ok(nn_tensor_add(r->f, minus_y, r->f));
    assert_ok(nn_tensor_scale(r->f, 2.0f / (N * M), r->f));
    assert_ok(nn_tensor_matmul(r->x, 1, r->f, 0, r->dw));
    assert_ok(nn_tensor_sum(r->f, 0, r->db));
    /* w = w - rate dJ/dw */
    assert_ok(nn_tensor_scale(r->dw, -rate, r->dw));
    assert_ok(nn_tensor_scale(r->db, -rate, r->db));
    assert_ok(nn_tensor_add(r->w, r->dw, r->w));
    assert_ok(nn_tensor_add(r->b, r->db, r->b));
    nn_tensor_destroy(minus_y);
}

static void the_trainers_loop_is_the_one_on_tensors(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, D, M);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    struct regression r = {normal(N, D, 1),
                           normal(N, M, 2),
                           NULL,
                           NULL,
                           zeros(N, M),
                           zeros(D, M),
                           tensor_of_row(M, (double[M]){0})};
    r.w = nn_tensor_clone(nn_model_parameter(model, 0));
    r.b = nn_tensor_clone(nn_model_parameter(model, 1));
    for (int step = 0; step < 50; step++) {
        assert_ok(forward(trainer, r.x));
        assert_ok(backward(trainer, r.y, NULL));
        assert_ok(nn_trainer_update(trainer));
        regression_step(&r, 0.1f);
        assert_tensors_close(nn_model_parameter(model, 0), r.w, 1e-5);
        assert_tensors_close(nn_model_parameter(model, 1), r.b, 1e-5);
    }
    nn_tensor *all[] = {r.x, r.y, r.w, r.b, r.f, r.dw, r.db};
    for (int i = 0; i < 7; i++)
        nn_tensor_destroy(all[i]);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

/* ---- the loop with the trainer's parts ---- */

static void parts_a_whole_step_and_fit_are_the_same_bits(void **state)
{
    (void)state;
    uint64_t hash[3];
    nn_tensor *x, *labels;
    class_tensors(NULL, 40, 3, &x, &labels);
    nn_dataset *samples = class_samples(NULL, 40, 3);
    for (int way = 0; way < 3; way++) {
        nn_model *model = graph_network(NULL);
        nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
        assert_ok(nn_trainer_set_shuffle(trainer, 0));
        assert_ok(nn_trainer_set_batch_size(trainer, NN_FULL_BATCH));
        for (int step = 0; step < 5 && way < 2; step++) {
            if (way == 0) {
                assert_ok(forward(trainer, x));
                assert_ok(backward(trainer, labels, NULL));
                assert_ok(nn_trainer_update(trainer));
            } else {
                step_on(trainer, x, labels);
            }
        }
        if (way == 2)
            assert_ok(nn_trainer_fit(trainer, samples, NULL, 5));
        hash[way] = parameter_hash(model);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    assert_int_equal(hash[0], hash[1]);
    assert_int_equal(hash[0], hash[2]);
    nn_tensor_destroy(x);
    nn_tensor_destroy(labels);
    nn_dataset_destroy(samples);
}

/* A network without dropout, whose masks would change with the trainer's steps. */
static nn_model *plain_network(void)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, NETWORK_INPUTS));
    nn_model_add(model, nn_dense(NULL, 9, NN_GELU));
    nn_model_add(model, nn_dense(NULL, NETWORK_CLASSES, NN_LINEAR));
    assert_ok(nn_model_build(model));
    return model;
}

/* Trains by hand with an optimizer of the program's own over plain lists of tensors. */
static uint64_t hash_by_lists(const char *kind, const nn_tensor *x, const nn_tensor *y)
{
    nn_tensor *parameters[16];
    const nn_tensor *gradients[16];
    nn_model *model = plain_network();
    nn_loss *loss = nn_softmax_cross_entropy(NULL);
    nn_trainer *trainer = nn_trainer_create_many(model, &loss, NULL, 1, NULL);
    nn_optimizer *optimizer = nn_optimizer_create(NULL, kind);
    int32_t count = nn_model_parameter_count(model);
    assert_non_null(trainer);
    assert_true(count <= 16);
    for (int32_t i = 0; i < count; i++) {
        parameters[i] = nn_model_parameter(model, i);
        gradients[i] = nn_trainer_gradient(trainer, i);
        assert_non_null(gradients[i]);
    }
    assert_ok(nn_optimizer_set(optimizer, "clip_norm", 0.5));
    for (int step = 0; step < 4; step++) {
        assert_ok(forward(trainer, x));
        assert_ok(backward(trainer, y, NULL));
        assert_ok(nn_optimizer_step(optimizer, parameters, gradients, count));
    }
    uint64_t hash = parameter_hash(model);
    nn_optimizer_destroy(optimizer);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return hash;
}

static uint64_t hash_by_updates(const char *kind, const nn_tensor *x, const nn_tensor *y)
{
    nn_model *model = plain_network();
    nn_optimizer *optimizer = nn_optimizer_create(NULL, kind);
    assert_ok(nn_optimizer_set(optimizer, "clip_norm", 0.5));
    nn_trainer *trainer = class_trainer(model, optimizer);
    for (int step = 0; step < 4; step++) {
        assert_ok(forward(trainer, x));
        assert_ok(backward(trainer, y, NULL));
        assert_ok(nn_trainer_update(trainer));
    }
    uint64_t hash = parameter_hash(model);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return hash;
}

static void an_optimizer_over_plain_lists_does_the_same(void **state)
{
    (void)state;
    const char *kinds[] = {"sgd",      "momentum", "nesterov", "adagrad",
                           "adadelta", "rmsprop",  "adam",     "adamw"};
    nn_tensor *x, *labels;
    class_tensors(NULL, 40, 3, &x, &labels);
    for (int i = 0; i < 8; i++)
        assert_int_equal(hash_by_lists(kinds[i], x, labels),
                         hash_by_updates(kinds[i], x, labels));
    nn_tensor_destroy(x);
    nn_tensor_destroy(labels);
}

static void a_trainer_without_optimizer_computes_but_does_not_update(void **state)
{
    (void)state;
    double results[1], loss;
    nn_model *model = one_layer(NULL, D, M);
    nn_loss *squared = nn_mean_squared_error(NULL);
    nn_trainer *trainer = nn_trainer_create_many(model, &squared, NULL, 1, NULL);
    nn_tensor *x = normal(N, D, 1), *y = normal(N, M, 2);
    nn_dataset *samples = dataset_with(NULL, nn_tensor_clone(x), nn_tensor_clone(y));
    assert_ok(forward(trainer, x));
    assert_ok(backward(trainer, y, &loss));
    assert_int_equal(nn_trainer_update(trainer), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "nn_trainer_update: the trainer has no optimizer");
    assert_int_equal(nn_trainer_step(trainer, (const nn_tensor *const *)&x, 1,
                                     (const nn_tensor *const *)&y, 1, NULL, NULL),
                     NN_ERROR_STATE);
    assert_int_equal(nn_trainer_fit(trainer, samples, NULL, 1), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE, "nn_trainer_fit: the trainer has no optimizer");
    assert_ok(nn_trainer_evaluate(trainer, samples, results, 1));
    assert_float_equal(results[0], loss, 1e-6);
    assert_float_equal(nn_trainer_rate(trainer), 0, 0);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_dataset_destroy(samples);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void changed_gradients_and_parameters_are_used(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, D, M);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.5));
    nn_tensor *x = normal(N, D, 1), *y = normal(N, M, 2);
    nn_tensor *b = nn_model_parameter(model, 1);
    assert_ok(forward(trainer, x));
    assert_ok(backward(trainer, y, NULL));
    assert_ok(nn_tensor_fill(nn_trainer_gradient(trainer, 1), 3));
    assert_ok(nn_tensor_fill(b, 10));
    assert_ok(nn_trainer_update(trainer));
    assert_float_equal(nn_tensor_floats(b)[0], 8.5, 0);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void gradients_begin_anew_with_every_backward(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0.5));
    nn_tensor *x, *labels;
    class_tensors(NULL, 20, 3, &x, &labels);
    nn_tensor *gradient = nn_trainer_gradient(trainer, 0);
    uint64_t hash[2];
    for (int i = 0; i < 2; i++) {
        assert_ok(forward(trainer, x));
        assert_ok(backward(trainer, labels, NULL));
        assert_ptr_equal(nn_trainer_gradient(trainer, 0), gradient);
        hash[i] = tensor_hash(gradient);
    }
    assert_int_equal(hash[0], hash[1]);
    nn_tensor_destroy(x);
    nn_tensor_destroy(labels);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void weights_weigh_samples(void **state)
{
    (void)state;
    double both, first, weighted;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    nn_tensor *x = tensor_of_rows(2, 1, (double[]){1, 2});
    nn_tensor *y = tensor_of_rows(2, 1, (double[]){5, -5});
    nn_tensor *w = tensor_of_row(2, (double[]){3, 1});
    nn_tensor *x0 = nn_tensor_slice(x, 0, 1), *y0 = nn_tensor_slice(y, 0, 1);
    assert_ok(forward(trainer, x));
    assert_ok(backward(trainer, y, &both));
    assert_ok(forward(trainer, x0));
    assert_ok(backward(trainer, y0, &first));
    assert_ok(forward(trainer, x));
    assert_ok(
        nn_trainer_backward(trainer, (const nn_tensor *const *)&y, 1, w, &weighted));
    double second = 2 * both - first;
    assert_float_equal(weighted, (3 * first + second) / 4, 1e-4);
    nn_tensor *all[] = {x, y, w, x0, y0};
    for (int i = 0; i < 5; i++)
        nn_tensor_destroy(all[i]);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void batches_may_grow_and_shrink(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0));
    nn_tensor *x, *labels;
    class_tensors(NULL, 100, 3, &x, &labels);
    int64_t rows[] = {10, 100, 1, 10};
    uint64_t hash[4];
    for (int i = 0; i < 4; i++) {
        nn_tensor *some = nn_tensor_slice(x, 0, rows[i]);
        nn_tensor *theirs = nn_tensor_slice(labels, 0, rows[i]);
        assert_ok(forward(trainer, some));
        nn_tensor_destroy(some); /* the trainer holds it */
        assert_ok(backward(trainer, theirs, NULL));
        hash[i] = tensor_hash(nn_trainer_gradient(trainer, 0));
        nn_tensor_destroy(theirs);
    }
    assert_int_equal(hash[0], hash[3]);
    assert_true(hash[0] != hash[1]);
    nn_tensor_destroy(x);
    nn_tensor_destroy(labels);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void forward_drops_out_the_same_until_the_next_step(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0));
    nn_tensor *x, *labels, *value[3];
    class_tensors(NULL, 20, 3, &x, &labels);
    for (int i = 0; i < 3; i++) {
        assert_ok(forward(trainer, x));
        value[i] = nn_trainer_node_value(trainer, 4);
        if (i == 1) {
            assert_ok(backward(trainer, labels, NULL));
            assert_ok(nn_trainer_update(trainer)); /* at a rate of 0 */
        }
    }
    assert_int_equal(tensor_hash(value[0]), tensor_hash(value[1]));
    assert_true(tensor_hash(value[0]) != tensor_hash(value[2]));
    for (int i = 0; i < 3; i++)
        nn_tensor_destroy(value[i]);
    nn_tensor_destroy(x);
    nn_tensor_destroy(labels);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

/* ---- out of order ---- */

struct steps {
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *x, *y;
};

static struct steps steps_open(void)
{
    struct steps steps = {one_layer(NULL, D, M), NULL, normal(N, D, 1), normal(N, M, 2)};
    steps.trainer = squared_trainer(steps.model, nn_sgd(NULL, 0.1));
    return steps;
}

static void steps_close(struct steps *steps)
{
    nn_tensor_destroy(steps->x);
    nn_tensor_destroy(steps->y);
    nn_trainer_destroy(steps->trainer);
    nn_model_destroy(steps->model);
}

static void assert_needs_forward(struct steps *steps)
{
    assert_int_equal(backward(steps->trainer, steps->y, NULL), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE,
                   "nn_trainer_backward: needs an nn_trainer_forward before it");
}

static void the_parts_have_an_order(void **state)
{
    (void)state;
    struct steps steps = steps_open();
    assert_needs_forward(&steps);
    assert_int_equal(nn_trainer_update(steps.trainer), NN_ERROR_STATE);
    assert_ok(forward(steps.trainer, steps.x));
    assert_int_equal(nn_trainer_update(steps.trainer), NN_ERROR_STATE);
    assert_failure(NN_ERROR_STATE,
                   "nn_trainer_update: needs an nn_trainer_backward before it");
    assert_ok(backward(steps.trainer, steps.y, NULL));
    assert_needs_forward(&steps);
    assert_ok(nn_trainer_update(steps.trainer));
    assert_int_equal(nn_trainer_update(steps.trainer), NN_ERROR_STATE);
    assert_needs_forward(&steps);
    step_on(steps.trainer, steps.x, steps.y);
    assert_needs_forward(&steps);
    assert_int_equal(nn_trainer_update(steps.trainer), NN_ERROR_STATE);
    steps_close(&steps);
}

static void what_forgets_the_batch_asks_for_a_new_forward(void **state)
{
    (void)state;
    struct steps steps = steps_open();
    nn_trainer *trainer = steps.trainer;
    assert_ok(forward(trainer, steps.x));
    assert_ok(nn_trainer_set_batch_size(trainer, 4));
    assert_needs_forward(&steps);
    assert_ok(forward(trainer, steps.x));
    assert_ok(nn_trainer_set_seed(trainer, 4));
    assert_needs_forward(&steps);
    assert_ok(nn_trainer_set_batch_size(trainer, 100));
    assert_ok(forward(trainer, steps.x));
    assert_ok(nn_trainer_prepare(trainer)); /* takes larger memory */
    assert_needs_forward(&steps);
    assert_ok(forward(trainer, steps.x));
    assert_ok(nn_trainer_prepare(trainer)); /* has all */
    assert_ok(backward(trainer, steps.y, NULL));
    steps_close(&steps);
}

static void a_failed_step_forgets_the_batch_before_it(void **state)
{
    (void)state;
    struct steps steps = steps_open();
    nn_tensor *long_x = normal(10 * N, D, 3), *long_y = normal(10 * N, M, 4);
    nn_tensor *wrong = normal(10 * N, M + 1, 4);
    assert_ok(forward(steps.trainer, steps.x));
    assert_int_equal(nn_trainer_step(steps.trainer, (const nn_tensor *const *)&long_x, 1,
                                     (const nn_tensor *const *)&wrong, 1, NULL, NULL),
                     NN_ERROR_SHAPE);
    assert_int_equal(backward(steps.trainer, long_y, NULL), NN_ERROR_STATE);
    assert_ok(forward(steps.trainer, steps.x));
    assert_int_equal(nn_gradient_check(steps.trainer, (const nn_tensor *const *)&long_x,
                                       1, (const nn_tensor *const *)&wrong, 1, NULL, 0.01,
                                       0.1, 1, NULL),
                     NN_ERROR_SHAPE);
    assert_int_equal(backward(steps.trainer, long_y, NULL), NN_ERROR_STATE);
    nn_tensor_destroy(long_x);
    nn_tensor_destroy(long_y);
    nn_tensor_destroy(wrong);
    steps_close(&steps);
}

static void wrong_targets_can_be_corrected(void **state)
{
    (void)state;
    struct steps steps = steps_open();
    nn_tensor *wrong = normal(N, M + 1, 4), *fewer = normal(N - 1, M, 4);
    assert_ok(forward(steps.trainer, steps.x));
    assert_int_equal(backward(steps.trainer, wrong, NULL), NN_ERROR_SHAPE);
    assert_int_equal(backward(steps.trainer, fewer, NULL), NN_ERROR_SHAPE);
    assert_ok(backward(steps.trainer, steps.y, NULL));
    nn_tensor_destroy(wrong);
    nn_tensor_destroy(fewer);
    steps_close(&steps);
}

static void evaluating_in_between_does_not_disturb(void **state)
{
    (void)state;
    double results[1], loss, again;
    struct steps steps = steps_open();
    nn_dataset *samples = dataset_with(NULL, normal(3 * N, D, 5), normal(3 * N, M, 6));
    assert_ok(forward(steps.trainer, steps.x));
    assert_ok(backward(steps.trainer, steps.y, &loss));
    uint64_t hash = tensor_hash(nn_trainer_gradient(steps.trainer, 0));
    assert_ok(forward(steps.trainer, steps.x));
    assert_ok(nn_trainer_evaluate(steps.trainer, samples, results, 1));
    nn_tensor_destroy(nn_trainer_predict(steps.trainer, samples, 0));
    assert_ok(backward(steps.trainer, steps.y, &again));
    assert_true(loss == again);
    assert_int_equal(tensor_hash(nn_trainer_gradient(steps.trainer, 0)), hash);
    nn_dataset_destroy(samples);
    steps_close(&steps);
}

static void training_in_between_does(void **state)
{
    (void)state;
    double rates[2], losses[2];
    int32_t done;
    struct steps steps = steps_open();
    nn_dataset *samples = dataset_with(NULL, normal(3 * N, D, 5), normal(3 * N, M, 6));
    assert_ok(forward(steps.trainer, steps.x));
    assert_ok(nn_trainer_fit(steps.trainer, samples, NULL, 1));
    assert_needs_forward(&steps);
    assert_ok(forward(steps.trainer, steps.x));
    assert_ok(
        nn_trainer_rate_sweep(steps.trainer, samples, 0.1, 0.2, 2, rates, losses, &done));
    assert_needs_forward(&steps);
    nn_dataset_destroy(samples);
    steps_close(&steps);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_trainers_loop_is_the_one_on_tensors),
        cmocka_unit_test(parts_a_whole_step_and_fit_are_the_same_bits),
        cmocka_unit_test(an_optimizer_over_plain_lists_does_the_same),
        cmocka_unit_test(a_trainer_without_optimizer_computes_but_does_not_update),
        cmocka_unit_test(changed_gradients_and_parameters_are_used),
        cmocka_unit_test(gradients_begin_anew_with_every_backward),
        cmocka_unit_test(weights_weigh_samples),
        cmocka_unit_test(batches_may_grow_and_shrink),
        cmocka_unit_test(forward_drops_out_the_same_until_the_next_step),
        cmocka_unit_test(the_parts_have_an_order),
        cmocka_unit_test(what_forgets_the_batch_asks_for_a_new_forward),
        cmocka_unit_test(a_failed_step_forgets_the_batch_before_it),
        cmocka_unit_test(wrong_targets_can_be_corrected),
        cmocka_unit_test(evaluating_in_between_does_not_disturb),
        cmocka_unit_test(training_in_between_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
