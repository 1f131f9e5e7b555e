/* What trainers refuse: arguments, tensors and data sets that do not fit, data that is no
 * number, labels out of range, losses and gradients that explode; each with its own status
 * and words, and without a change to the parameters. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <string.h>

static void assert_status(nn_status got, nn_status status, const char *words)
{
    if (got != status)
        fail_msg("got %s, not %s: %s", nn_status_name(got), nn_status_name(status),
                 nn_last_error());
    assert_failure(status, words);
}

/* ---- creating ---- */

static void losses_and_optimizers_have_one_trainer(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 2, 1);
    nn_loss *loss = nn_mean_squared_error(NULL);
    nn_optimizer *optimizer = nn_sgd(NULL, 0.1);
    nn_trainer *trainer = nn_trainer_create(model, loss, optimizer);
    assert_non_null(trainer);
    assert_null(nn_trainer_create(model, loss, nn_sgd(NULL, 0.1)));
    assert_failure(NN_ERROR_STATE,
                   "nn_trainer_create: loss 0 belongs to a trainer already");
    assert_null(nn_trainer_create(model, nn_mean_squared_error(NULL), optimizer));
    assert_failure(NN_ERROR_STATE, "the optimizer belongs to a trainer already");
    nn_loss_destroy(loss); /* stay with their trainer */
    nn_optimizer_destroy(optimizer);
    assert_float_equal(nn_trainer_rate(trainer), 0.1, 0);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void an_optimizer_with_steps_of_its_own_is_refused(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 2, 1);
    for (int reset = 0; reset < 2; reset++) {
        nn_optimizer *optimizer = nn_adam(NULL, 0.1);
        nn_tensor *w = tensor_of_row(2, (double[]){1, 2});
        nn_tensor *g = tensor_of_row(2, (double[]){1, 2});
        assert_ok(nn_optimizer_step(optimizer, &w, (const nn_tensor *const *)&g, 1));
        if (reset)
            assert_ok(nn_optimizer_reset(optimizer));
        nn_trainer *trainer =
            nn_trainer_create(model, nn_mean_squared_error(NULL), optimizer);
        if (reset)
            assert_non_null(trainer);
        else
            assert_failure(NN_ERROR_STATE, "the optimizer has made steps of its own");
        nn_trainer_destroy(trainer);
        nn_tensor_destroy(w);
        nn_tensor_destroy(g);
    }
    nn_model_destroy(model);
}

static nn_model *two_outputs(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 2));
    nn_model_output(model, nn_model_apply(model, nn_dense(context, 1, NN_LINEAR), 0));
    nn_model_output(model, nn_model_apply(model, nn_dense(context, 1, NN_LINEAR), 0));
    assert_ok(nn_model_build(model));
    return model;
}

static void one_loss_is_not_two(void **state)
{
    (void)state;
    nn_model *model = two_outputs(NULL);
    nn_loss *loss = nn_mean_squared_error(NULL), *both[] = {loss, loss};
    assert_null(nn_trainer_create_many(model, both, NULL, 2, nn_sgd(NULL, 0.1)));
    assert_failure(NN_ERROR_STATE,
                   "nn_trainer_create_many: loss 1 belongs to a trainer already");
    loss = nn_mean_squared_error(NULL);
    both[0] = both[1] = loss;
    assert_null(nn_trainer_create_many(NULL, both, NULL, 2, nn_sgd(NULL, 0.1)));
    nn_model_destroy(model);
}

static void there_is_a_loss_for_each_output(void **state)
{
    (void)state;
    nn_model *model = two_outputs(NULL);
    assert_null(nn_trainer_create(model, nn_mean_squared_error(NULL), nn_sgd(NULL, 0.1)));
    assert_failure(NN_ERROR_ARGUMENT, "got 1 losses, the model has 2 outputs");
    nn_loss *three[] = {nn_mean_squared_error(NULL), nn_mean_squared_error(NULL),
                        nn_mean_squared_error(NULL)};
    assert_null(nn_trainer_create_many(model, three, NULL, 3, NULL));
    assert_failure(NN_ERROR_ARGUMENT, "got 3 losses");
    int32_t counts[] = {0, -1, INT32_MIN};
    for (int i = 0; i < 3; i++) {
        assert_null(nn_trainer_create_many(model, three, NULL, counts[i], NULL));
        assert_int_equal(nn_last_status(), NN_ERROR_ARGUMENT);
    }
    assert_null(nn_trainer_create_many(model, NULL, NULL, 2, NULL));
    assert_failure(NN_ERROR_NULL, "nn_trainer_create_many: losses is NULL");
    nn_model_destroy(model);
}

static void output_weights_are_finite_and_not_negative(void **state)
{
    (void)state;
    double bad[] = {-1, (double)NAN, (double)INFINITY};
    const char *words[] = {"got -1", "got nan", "got inf"};
    nn_model *model = two_outputs(NULL);
    for (int i = 0; i < 3; i++) {
        nn_loss *losses[] = {nn_mean_squared_error(NULL), nn_mean_squared_error(NULL)};
        assert_null(
            nn_trainer_create_many(model, losses, (double[]){1, bad[i]}, 2, NULL));
        assert_failure(NN_ERROR_ARGUMENT, "weights[1] must be finite and at least 0");
        assert_failure(NN_ERROR_ARGUMENT, words[i]);
    }
    nn_model_destroy(model);
}

static void what_is_null_passes_its_error_on(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 2, 1);
    assert_null(nn_trainer_create(model, nn_huber(NULL, -1), nn_sgd(NULL, 0.1)));
    assert_failure(NN_ERROR_ARGUMENT, "delta");
    assert_null(nn_trainer_create(model, nn_mean_squared_error(NULL), nn_sgd(NULL, -1)));
    assert_failure(NN_ERROR_ARGUMENT, "rate");
    /* A chain of calls on what could not be made ends with the first thing wrong. */
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(NULL), nn_sgd(NULL, -1));
    assert_int_equal(nn_trainer_set_batch_size(trainer, 8), NN_ERROR_NULL);
    assert_int_equal(nn_trainer_fit(trainer, NULL, NULL, 1), NN_ERROR_NULL);
    assert_failure(NN_ERROR_ARGUMENT, "rate");
    nn_model_destroy(model);
}

static void contexts_are_not_mixed(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_model *model = one_layer(context, 2, 1);
    assert_null(
        nn_trainer_create(model, nn_mean_squared_error(NULL), nn_sgd(context, 0.1)));
    assert_failure(NN_ERROR_CONTEXT, "model and loss");
    assert_null(
        nn_trainer_create(model, nn_mean_squared_error(context), nn_sgd(NULL, 0.1)));
    assert_failure(NN_ERROR_CONTEXT, "model and optimizer");
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(context), nn_sgd(context, 0.1));
    nn_tensor *x = tensor_of_rows(1, 2, (double[]){1, 2});
    nn_dataset *samples =
        dataset_with(NULL, nn_tensor_clone(x), tensor_of_rows(1, 1, (double[]){1}));
    assert_status(nn_trainer_forward(trainer, (const nn_tensor *const *)&x, 1),
                  NN_ERROR_CONTEXT, "trainer and input");
    assert_status(nn_trainer_fit(trainer, samples, NULL, 1), NN_ERROR_CONTEXT,
                  "trainer and dataset");
    nn_tensor_destroy(x);
    nn_dataset_destroy(samples);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
}

static void losses_check_the_output_they_are_given(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 2, 3);
    nn_loss *loss = nn_softmax_cross_entropy(NULL);
    assert_ok(nn_loss_set_floats(loss, "class_weights", (float[]){1, 2}, 2));
    nn_trainer *trainer = nn_trainer_create(model, loss, nn_sgd(NULL, 0.1));
    nn_tensor *x = tensor_of_rows(1, 2, (double[]){1, 2});
    nn_tensor *y = tensor_of(NN_INT32, 1, (int64_t[]){1}, (double[]){1});
    if (trainer != NULL)
        assert_true(nn_trainer_step(trainer, (const nn_tensor *const *)&x, 1,
                                    (const nn_tensor *const *)&y, 1, NULL,
                                    NULL) != NN_OK);
    assert_failure(NN_ERROR_SHAPE, "class_weights");
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

/* ---- options ---- */

static void options_have_ranges(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 2, 1);
    nn_trainer *t = squared_trainer(model, nn_sgd(NULL, 0.1));
    const double nan = (double)NAN;
    char long_name[100];
    memset(long_name, 'n', 99);
    long_name[99] = 0;
    assert_status(
        nn_trainer_set_batch_size(t, 0), NN_ERROR_ARGUMENT,
        "nn_trainer_set_batch_size: samples must be at least 1, or NN_FULL_BATCH, "
        "got 0");
    assert_status(nn_trainer_set_batch_size(t, -2), NN_ERROR_ARGUMENT, "got -2");
    assert_status(nn_trainer_set_micro_batch(t, -1), NN_ERROR_ARGUMENT, "got -1");
    assert_status(nn_trainer_set_validation_split(t, 1), NN_ERROR_ARGUMENT,
                  "fraction must be in [0, 1), got 1");
    assert_status(nn_trainer_set_validation_split(t, nan), NN_ERROR_ARGUMENT, "got nan");
    assert_status(nn_trainer_set_validation_split(t, -0.1), NN_ERROR_ARGUMENT,
                  "got -0.1");
    assert_status(nn_trainer_set_early_stopping(t, -1, 0, 0), NN_ERROR_ARGUMENT,
                  "patience");
    assert_status(nn_trainer_set_early_stopping(t, 1, -1, 0), NN_ERROR_ARGUMENT,
                  "min_delta");
    assert_status(nn_trainer_set_early_stopping(t, 1, nan, 0), NN_ERROR_ARGUMENT,
                  "min_delta");
    assert_status(nn_trainer_set_monitor(t, "loss", 3), NN_ERROR_ARGUMENT, "direction");
    assert_status(nn_trainer_set_monitor(t, NULL, NN_MINIMIZE), NN_ERROR_NULL,
                  "name is NULL");
    assert_status(nn_trainer_set_monitor(t, long_name, NN_MINIMIZE), NN_ERROR_NAME,
                  "longer");
    assert_status(nn_trainer_set_progress(t, 3), NN_ERROR_ARGUMENT, "progress");
    assert_status(nn_trainer_set_progress(t, -1), NN_ERROR_ARGUMENT, "progress");
    assert_status(nn_trainer_add_metric(t, 0, 0), NN_ERROR_ARGUMENT,
                  "there is no metric 0");
    assert_status(nn_trainer_add_metric(t, 8, 0), NN_ERROR_ARGUMENT,
                  "there is no metric 8");
    assert_status(nn_trainer_add_metric(t, NN_R2, 1), NN_ERROR_ARGUMENT,
                  "there is no output 1, the model has 1");
    assert_status(nn_trainer_add_top_k(t, 0, 0), NN_ERROR_ARGUMENT,
                  "k must be at least 1");
    assert_status(nn_trainer_add_top_k(t, 1, -1), NN_ERROR_ARGUMENT, "no output -1");
    nn_trainer_destroy(t);
    nn_model_destroy(model);
}

static void every_function_refuses_a_trainer_that_is_null(void **state)
{
    (void)state;
    double number;
    int32_t done;
    int64_t epochs;
    uint64_t bytes = 7;
    const double *values;
    nn_status statuses[] = {
        nn_trainer_set_batch_size(NULL, 1),
        nn_trainer_set_micro_batch(NULL, 1),
        nn_trainer_set_seed(NULL, 1),
        nn_trainer_set_shuffle(NULL, 1),
        nn_trainer_set_validation_split(NULL, 0),
        nn_trainer_set_early_stopping(NULL, 1, 0, 0),
        nn_trainer_set_monitor(NULL, "loss", NN_MINIMIZE),
        nn_trainer_set_checks(NULL, 1, 1),
        nn_trainer_set_keep_nodes(NULL, 1),
        nn_trainer_set_input_gradients(NULL, 1),
        nn_trainer_set_progress(NULL, 0),
        nn_trainer_add_metric(NULL, NN_ACCURACY, 0),
        nn_trainer_add_top_k(NULL, 1, 0),
        nn_trainer_set_gradient_hook(NULL, NULL, NULL),
        nn_trainer_set_step_hook(NULL, NULL, NULL),
        nn_trainer_set_epoch_hook(NULL, NULL, NULL),
        nn_trainer_fit(NULL, NULL, NULL, 1),
        nn_trainer_step(NULL, NULL, 0, NULL, 0, NULL, NULL),
        nn_trainer_forward(NULL, NULL, 0),
        nn_trainer_backward(NULL, NULL, 0, NULL, NULL),
        nn_trainer_update(NULL),
        nn_trainer_prepare(NULL),
        nn_trainer_memory_needed(NULL, &bytes),
        nn_trainer_evaluate(NULL, NULL, &number, 1),
        nn_trainer_confusion(NULL, NULL, 0, NULL),
        nn_trainer_history(NULL, "loss", &values, &epochs),
        nn_trainer_write_history(NULL, "x"),
        nn_trainer_rate_sweep(NULL, NULL, 0.1, 1, 2, &number, &number, &done),
        nn_gradient_check(NULL, NULL, 0, NULL, 0, NULL, 0.1, 0.1, 1, NULL),
    };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        assert_int_equal(statuses[i], NN_ERROR_NULL);
    assert_int_equal(bytes, 0);
    assert_null(nn_trainer_predict(NULL, NULL, 0));
    assert_int_equal(nn_trainer_epoch(NULL), 0);
    assert_int_equal(nn_trainer_step_count(NULL), 0);
    assert_int_equal(nn_trainer_stop_reason(NULL), NN_STOP_NONE);
    assert_int_equal(nn_trainer_result_count(NULL), 0);
    assert_int_equal(nn_trainer_history_count(NULL), 0);
    assert_null(nn_trainer_result_name(NULL, 0));
    assert_null(nn_trainer_history_name(NULL, 0));
}

static void metrics_are_added_once_and_before_training(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, NETWORK_INPUTS, NETWORK_CLASSES);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0.1));
    nn_dataset *samples = class_samples(NULL, 20, 1);
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_status(nn_trainer_add_metric(trainer, NN_ACCURACY, 0), NN_ERROR_NAME,
                  "there is a metric 'accuracy' already");
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    assert_status(nn_trainer_add_metric(trainer, NN_F1, 0), NN_ERROR_STATE,
                  "nn_trainer_add_metric: training has begun");
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void the_whole_data_set_has_no_size_before_fit(void **state)
{
    (void)state;
    uint64_t bytes = 5;
    nn_model *model = one_layer(NULL, 2, 1);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    assert_ok(nn_trainer_set_batch_size(trainer, NN_FULL_BATCH));
    assert_status(nn_trainer_prepare(trainer), NN_ERROR_STATE, "the whole data set");
    assert_status(nn_trainer_memory_needed(trainer, &bytes), NN_ERROR_STATE,
                  "the whole data set");
    assert_int_equal(bytes, 0);
    assert_status(nn_trainer_memory_needed(trainer, NULL), NN_ERROR_NULL,
                  "bytes is NULL");
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void batches_beyond_all_memory_are_refused(void **state)
{
    (void)state;
    int64_t sizes[] = {INT64_MAX, INT64_MAX / 2, INT64_MAX / 64, INT64_MAX / 4000};
    nn_model *model = wide_network(NULL);
    nn_trainer *trainer = class_trainer(model, nn_sgd(NULL, 0.1));
    for (int i = 0; i < 8; i++) {
        uint64_t bytes = 5;
        assert_ok(nn_trainer_set_batch_size(trainer, sizes[i / 2]));
        assert_ok(nn_trainer_set_micro_batch(trainer, i % 2));
        nn_status status = nn_trainer_memory_needed(trainer, &bytes);
        assert_true(status == NN_OK ? bytes > INT64_MAX / 4000
                                    : status == NN_ERROR_SIZE && bytes == 0);
        status = nn_trainer_prepare(trainer);
        assert_true(status == NN_ERROR_SIZE || status == NN_ERROR_MEMORY);
    }
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

/* ---- batches ---- */

/* A trainer of 3 inputs and 4 classes, and tensors that fit it. */
struct bench {
    nn_model *model;
    nn_trainer *trainer;
    nn_tensor *x, *y;
};

static struct bench bench_open(void)
{
    struct bench bench;
    double zeros[9] = {0};
    bench.model = one_layer(NULL, 3, 4);
    bench.trainer = class_trainer(bench.model, nn_sgd(NULL, 0.1));
    bench.x = tensor_of_rows(3, 3, zeros);
    bench.y = tensor_of(NN_INT32, 1, (int64_t[]){3}, (double[]){0, 1, 2});
    return bench;
}

static void bench_close(struct bench *bench)
{
    nn_tensor_destroy(bench->x);
    nn_tensor_destroy(bench->y);
    nn_trainer_destroy(bench->trainer);
    nn_model_destroy(bench->model);
}

/* A step with this input (taken) in place of the right one. */
static void refuse_input(struct bench *bench, nn_tensor *x, nn_status status,
                         const char *words)
{
    double loss = 5;
    assert_status(nn_trainer_step(bench->trainer, (const nn_tensor *const *)&x, 1,
                                  (const nn_tensor *const *)&bench->y, 1, NULL, &loss),
                  status, words);
    assert_float_equal(loss, 0, 0);
    nn_tensor_destroy(x);
}

static void inputs_have_the_models_shape_and_type(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    double zeros[12] = {0};
    uint64_t before = parameter_hash(bench.model);
    refuse_input(&bench, NULL, NN_ERROR_NULL, "nn_trainer_step: input 0 is NULL");
    refuse_input(&bench, tensor_of_rows(3, 4, zeros), NN_ERROR_SHAPE,
                 "a sample of input 0 ('input_1') is (4), expected (3)");
    refuse_input(&bench, tensor_of_row(3, zeros), NN_ERROR_SHAPE, "is (), expected (3)");
    refuse_input(&bench, tensor_of(NN_FLOAT32, 3, (int64_t[]){3, 3, 1}, zeros),
                 NN_ERROR_SHAPE, "is (3, 1), expected (3)");
    refuse_input(&bench, tensor_of(NN_FLOAT32, 0, NULL, zeros), NN_ERROR_RANK,
                 "input 0 has rank 0");
    refuse_input(&bench, tensor_of_rows(0, 3, zeros), NN_ERROR_EMPTY,
                 "input 0 has no samples");
    refuse_input(&bench, tensor_of_rows(2, 3, zeros), NN_ERROR_SHAPE,
                 "target 0 has 3 samples, those before it 2");
    assert_int_equal(parameter_hash(bench.model), before);
    bench_close(&bench);
}

static void refuse_target(struct bench *bench, nn_tensor *y, nn_status status,
                          const char *words)
{
    assert_status(nn_trainer_step(bench->trainer, (const nn_tensor *const *)&bench->x, 1,
                                  (const nn_tensor *const *)&y, 1, NULL, NULL),
                  status, words);
    nn_tensor_destroy(y);
}

static void targets_are_what_the_loss_takes(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    double zeros[12] = {0};
    refuse_target(&bench, NULL, NN_ERROR_NULL, "target 0 is NULL");
    refuse_target(&bench, tensor_of_rows(3, 3, zeros), NN_ERROR_SHAPE,
                  "softmax_cross_entropy");
    refuse_target(&bench, tensor_of(NN_INT32, 0, NULL, zeros), NN_ERROR_RANK,
                  "target 0 has rank 0");
    refuse_target(&bench, tensor_of(NN_INT32, 1, (int64_t[]){2}, zeros), NN_ERROR_SHAPE,
                  "target 0 has 2 samples, those before it 3");
    refuse_target(&bench, tensor_of_row(3, zeros), NN_ERROR_DTYPE,
                  "softmax_cross_entropy");
    refuse_target(&bench, tensor_of(NN_INT64, 1, (int64_t[]){3}, (double[]){0, 4, 1}),
                  NN_ERROR_LABEL, "sample 1: ");
    refuse_target(&bench, tensor_of(NN_INT32, 1, (int64_t[]){3}, (double[]){0, 1, -1}),
                  NN_ERROR_LABEL, "sample 2: ");
    bench_close(&bench);
}

static void counts_are_those_of_the_model(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    const nn_tensor *x[] = {bench.x, bench.x}, *y[] = {bench.y, bench.y};
    nn_trainer *t = bench.trainer;
    int32_t wrong[] = {0, 2, -1, INT32_MAX};
    for (int i = 0; i < 4; i++) {
        assert_status(nn_trainer_step(t, x, wrong[i], y, 1, NULL, NULL),
                      NN_ERROR_ARGUMENT, "inputs, expected 1");
        assert_status(nn_trainer_step(t, x, 1, y, wrong[i], NULL, NULL),
                      NN_ERROR_ARGUMENT, "targets, expected 1");
        assert_status(nn_trainer_forward(t, x, wrong[i]), NN_ERROR_ARGUMENT,
                      "nn_trainer_forward: got");
    }
    assert_status(nn_trainer_step(t, NULL, 1, y, 1, NULL, NULL), NN_ERROR_NULL,
                  "inputs is NULL");
    assert_status(nn_trainer_step(t, x, 1, NULL, 1, NULL, NULL), NN_ERROR_NULL,
                  "targets is NULL");
    bench_close(&bench);
}

static void refuse_weights(struct bench *bench, nn_tensor *weights, nn_status status,
                           const char *words)
{
    assert_status(nn_trainer_step(bench->trainer, (const nn_tensor *const *)&bench->x, 1,
                                  (const nn_tensor *const *)&bench->y, 1, weights, NULL),
                  status, words);
    nn_tensor_destroy(weights);
}

static void weights_are_one_number_for_each_sample(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    double zeros[12] = {0};
    refuse_weights(&bench, tensor_of_row(2, (double[]){1, 1}), NN_ERROR_SHAPE,
                   "weights 0 has 2 samples");
    refuse_weights(&bench, tensor_of_rows(3, 1, (double[]){1, 1, 1}), NN_ERROR_RANK,
                   "weights are (3, 1), expected (3)");
    refuse_weights(&bench, tensor_of(NN_INT32, 1, (int64_t[]){3}, zeros), NN_ERROR_DTYPE,
                   "weights are int32, expected float32");
    refuse_weights(&bench, tensor_of_row(3, (double[]){1, -1, 1}), NN_ERROR_DATA,
                   "sample 1: its weight is -1");
    refuse_weights(&bench, tensor_of_row(3, (double[]){1, 1, (double)NAN}), NN_ERROR_DATA,
                   "sample 2: its weight is nan");
    refuse_weights(&bench, tensor_of_row(3, zeros), NN_ERROR_EMPTY, "all 0");
    bench_close(&bench);
}

static void numbers_that_are_none_are_named(void **state)
{
    (void)state;
    struct bench bench = bench_open();
    double x[9] = {0};
    x[5] = (double)NAN;
    refuse_input(&bench, tensor_of_rows(3, 3, x), NN_ERROR_DATA,
                 "nn_trainer_step: input 0, sample 1, element 2 is nan");
    x[5] = -(double)INFINITY;
    refuse_input(&bench, tensor_of_rows(3, 3, x), NN_ERROR_DATA,
                 "input 0, sample 1, element 2 is -inf");
    x[5] = 0;
    double y[12] = {0};
    y[7] = (double)NAN;
    refuse_target(&bench, tensor_of_rows(3, 4, y), NN_ERROR_DATA, "sample 1: ");
    bench_close(&bench);
}

/* ---- losses and gradients ---- */

static void a_loss_that_explodes_stops_before_the_update(void **state)
{
    (void)state;
    double loss = 5;
    nn_model *model = one_layer(NULL, 1, 1);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.1));
    nn_tensor *x = tensor_of_rows(1, 1, (double[]){1}),
              *y = tensor_of_rows(1, 1, (double[]){1});
    nn_tensor *large = tensor_of_rows(1, 1, (double[]){1e30});
    step_on(trainer, x, y);
    uint64_t before = parameter_hash(model);
    assert_status(nn_trainer_step(trainer, (const nn_tensor *const *)&x, 1,
                                  (const nn_tensor *const *)&large, 1, NULL, &loss),
                  NN_ERROR_LOSS,
                  "the loss of output 0 ('dense_1') is inf in step 2 of epoch 1");
    assert_float_equal(loss, 0, 0);
    assert_int_equal(parameter_hash(model), before);
    assert_int_equal(nn_trainer_step_count(trainer), 1);
    /* Without the checks the program has what it asked for. */
    assert_ok(nn_trainer_set_checks(trainer, 0, 0));
    assert_true(isinf(step_on(trainer, x, large)));
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    nn_tensor_destroy(large);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

static void a_gradient_that_explodes_is_named(void **state)
{
    (void)state;
    nn_model *model = one_layer(NULL, 2, 1);
    nn_loss *sum = nn_output_as_loss(NULL);
    /* J = 4 mean (x w + b), dJ/dw = 4 mean x, beyond the largest float where x is 3e38. */
    nn_trainer *trainer =
        nn_trainer_create_many(model, &sum, (double[]){4}, 1, nn_sgd(NULL, 0.1));
    nn_tensor *x = tensor_of_rows(2, 2, (double[]){1, 3e38, 1, 3e38});
    const nn_tensor *inputs[] = {x};
    assert_ok(nn_tensor_fill(nn_model_parameter(model, 0), 0));
    uint64_t before = parameter_hash(model);
    assert_status(
        nn_trainer_step(trainer, inputs, 1, NULL, 0, NULL, NULL), NN_ERROR_GRADIENT,
        "the gradient of dense_1.weight is inf at element 1 in step 1 of epoch 1");
    assert_int_equal(parameter_hash(model), before);
    assert_ok(nn_trainer_set_checks(trainer, 1, 0));
    assert_ok(nn_trainer_step(trainer, inputs, 1, NULL, 0, NULL, NULL));
    nn_tensor_destroy(x);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(losses_and_optimizers_have_one_trainer),
        cmocka_unit_test(an_optimizer_with_steps_of_its_own_is_refused),
        cmocka_unit_test(one_loss_is_not_two),
        cmocka_unit_test(there_is_a_loss_for_each_output),
        cmocka_unit_test(output_weights_are_finite_and_not_negative),
        cmocka_unit_test(what_is_null_passes_its_error_on),
        cmocka_unit_test(contexts_are_not_mixed),
        cmocka_unit_test(losses_check_the_output_they_are_given),
        cmocka_unit_test(options_have_ranges),
        cmocka_unit_test(every_function_refuses_a_trainer_that_is_null),
        cmocka_unit_test(metrics_are_added_once_and_before_training),
        cmocka_unit_test(the_whole_data_set_has_no_size_before_fit),
        cmocka_unit_test(batches_beyond_all_memory_are_refused),
        cmocka_unit_test(inputs_have_the_models_shape_and_type),
        cmocka_unit_test(targets_are_what_the_loss_takes),
        cmocka_unit_test(counts_are_those_of_the_model),
        cmocka_unit_test(weights_are_one_number_for_each_sample),
        cmocka_unit_test(numbers_that_are_none_are_named),
        cmocka_unit_test(a_loss_that_explodes_stops_before_the_update),
        cmocka_unit_test(a_gradient_that_explodes_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
