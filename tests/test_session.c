/* Sessions: any number of rows in blocks, a snapshot of the parameters, memory, several
 * sessions of one model, and what is refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"
#include "support/random_graph.h"

#include <math.h>
#include <string.h>

enum { ROWS = 200, IN = NETWORK_INPUTS, OUT = NETWORK_CLASSES };

/* Inputs of ROWS samples, and what stack or graph networks make of them. */
struct numbers {
    float x[ROWS * IN], y[ROWS * OUT], expected[ROWS * OUT];
};

static struct numbers numbers;

static nn_session *session_of(nn_model *model, int64_t block_rows)
{
    nn_session *session = nn_session_create(model, block_rows);
    assert_non_null(session);
    return session;
}

static void run(nn_session *session, const float *x, int64_t rows, float *y)
{
    const void *inputs[] = {x};
    void *outputs[] = {y};
    assert_ok(nn_session_run(session, inputs, rows, outputs));
}

static void draw_inputs(void)
{
    nn_tensor *inputs, *labels;
    class_tensors(NULL, ROWS, 12, &inputs, &labels);
    memcpy(numbers.x, nn_tensor_floats(inputs), sizeof numbers.x);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
}

/* A network, and what it says row by row. */
static nn_model *network_with_numbers(void)
{
    nn_model *model = graph_network(NULL);
    nn_session *session = session_of(model, 1);
    draw_inputs();
    for (int64_t r = 0; r < ROWS; r++)
        run(session, numbers.x + r * IN, 1, numbers.expected + r * OUT);
    nn_session_destroy(session);
    return model;
}

/* ---- rows ---- */

static void any_number_of_rows_runs_in_any_blocks(void **state)
{
    (void)state;
    nn_model *model = network_with_numbers();
    int64_t blocks[] = {0, 1, 3, 64, ROWS, 5000}, rows[] = {1, 2, 63, 64, 65, 128, ROWS};
    for (int b = 0; b < 6; b++) {
        nn_session *session = session_of(model, blocks[b]);
        for (int r = 0; r < 7; r++) {
            memset(numbers.y, 0, sizeof numbers.y);
            run(session, numbers.x, rows[r], numbers.y);
            assert_memory_equal(numbers.y, numbers.expected,
                                (size_t)rows[r] * OUT * sizeof(float));
            if (rows[r] < ROWS)
                assert_float_equal(numbers.y[rows[r] * OUT], 0, 0); /* nothing beyond */
        }
        nn_session_destroy(session);
    }
    nn_model_destroy(model);
}

static void no_rows_are_no_work(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_session *session = session_of(model, 0);
    const void *inputs[] = {NULL};
    void *outputs[] = {NULL};
    assert_ok(nn_session_run(session, inputs, 0, outputs));
    nn_session_destroy(session);
    nn_model_destroy(model);
}

static void several_inputs_and_outputs_run_in_blocks(void **state)
{
    (void)state;
    enum { WIDE = 64 };
    static float x[2][ROWS * WIDE], whole[3][ROWS * WIDE], parts[3][ROWS * WIDE];
    for (uint32_t seed = 1; seed <= 20; seed++) {
        nn_model *model = random_graph(NULL, seed);
        const void *inputs[] = {x[0], x[1]};
        void *all[] = {whole[0], whole[1], whole[2]};
        void *some[] = {parts[0], parts[1], parts[2]};
        for (int32_t i = 0; i < ROWS * WIDE; i++)
            x[0][i] = x[1][i] = (float)((i * 7) % 50 - 25) / 25;
        nn_session *one = session_of(model, ROWS), *other = session_of(model, 7);
        assert_ok(nn_session_run(one, inputs, ROWS, all));
        assert_ok(nn_session_run(other, inputs, ROWS, some));
        assert_memory_equal(whole, parts, sizeof whole);
        nn_session_destroy(one);
        nn_session_destroy(other);
        nn_model_destroy(model);
    }
}

static void inputs_of_integers_are_read_as_such(void **state)
{
    (void)state;
    int64_t shape[] = {2, 3};
    uint8_t pixels[2 * 6] = {0, 255, 51, 102, 153, 204, 255, 0, 0, 0, 0, 51};
    float y[12];
    nn_model *model = nn_model_create(NULL);
    nn_model_input(model, NN_UINT8, shape, 2);
    nn_model_add(model, nn_rescale(NULL, 1.0 / 255, 0));
    nn_session *session = session_of(model, 1);
    const void *inputs[] = {pixels};
    void *outputs[] = {y};
    assert_ok(nn_session_run(session, inputs, 2, outputs));
    for (int i = 0; i < 12; i++)
        assert_true(fabs((double)y[i] - pixels[i] / 255.0) < 1e-6);
    nn_session_destroy(session);
    nn_model_destroy(model);
}

static void dropout_does_nothing(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, IN));
    nn_model_add(model, nn_dropout(NULL, 0.9));
    nn_session *session = session_of(model, 0);
    static float y[ROWS * IN];
    draw_inputs();
    run(session, numbers.x, ROWS, y);
    assert_memory_equal(y, numbers.x, sizeof y);
    nn_session_destroy(session);
    nn_model_destroy(model);
}

static void what_is_not_a_number_comes_out_where_it_went_in(void **state)
{
    (void)state;
    nn_model *model = network_with_numbers();
    nn_session *session = session_of(model, 0);
    numbers.x[5 * IN] = NAN;
    run(session, numbers.x, ROWS, numbers.y);
    assert_true(isnan(numbers.y[5 * OUT]));
    assert_memory_equal(numbers.y, numbers.expected, 5 * OUT * sizeof(float));
    assert_memory_equal(numbers.y + 6 * OUT, numbers.expected + 6 * OUT,
                        (ROWS - 6) * OUT * sizeof(float));
    nn_session_destroy(session);
    nn_model_destroy(model);
}

/* ---- snapshots ---- */

static void a_session_is_a_snapshot_until_it_is_refreshed(void **state)
{
    (void)state;
    nn_model *model = network_with_numbers();
    nn_session *session = session_of(model, 0);
    nn_dataset *samples = class_samples(NULL, 64, 1);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    run(session, numbers.x, ROWS, numbers.y);
    assert_memory_equal(numbers.y, numbers.expected, sizeof numbers.y);

    nn_session *fresh = session_of(model, 0);
    run(fresh, numbers.x, ROWS, numbers.expected);
    assert_ok(nn_session_refresh(session));
    run(session, numbers.x, ROWS, numbers.y);
    assert_memory_equal(numbers.y, numbers.expected, sizeof numbers.y);
    nn_session_destroy(session);
    nn_session_destroy(fresh);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void a_session_outlives_its_model(void **state)
{
    (void)state;
    nn_model *model = network_with_numbers();
    nn_session *session = session_of(model, 0);
    nn_model_destroy(model);
    assert_ok(nn_session_refresh(session));
    run(session, numbers.x, ROWS, numbers.y);
    assert_memory_equal(numbers.y, numbers.expected, sizeof numbers.y);
    nn_session_destroy(session);
}

static void handles_are_destroyed_in_any_order(void **state)
{
    (void)state;
    for (int order = 0; order < 6; order++) {
        nn_context *context = nn_context_create(NULL);
        nn_model *model = stack_network(context);
        nn_session *first = session_of(model, 0), *second = session_of(model, 8);
        int what[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                          {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
        nn_context_destroy(context);
        for (int i = 0; i < 3; i++) {
            nn_model_destroy(what[order][i] == 0 ? model : NULL);
            nn_session_destroy(what[order][i] == 1 ? first : NULL);
            nn_session_destroy(what[order][i] == 2 ? second : NULL);
        }
    }
}

static void sessions_of_one_model_do_not_meet(void **state)
{
    (void)state;
    nn_model *model = network_with_numbers();
    nn_session *first = session_of(model, 16), *second = session_of(model, 16);
    nn_tensor_fill(nn_model_parameter(model, 0), 0);
    assert_ok(nn_session_refresh(second));
    static float other[ROWS * OUT];
    for (int64_t r = 0; r < ROWS; r += 10) {
        run(first, numbers.x + r * IN, 10, numbers.y + r * OUT);
        run(second, numbers.x + r * IN, 10, other + r * OUT);
    }
    assert_memory_equal(numbers.y, numbers.expected, sizeof numbers.y);
    assert_memory_not_equal(other, numbers.expected, sizeof other);
    nn_session_destroy(first);
    nn_session_destroy(second);
    nn_model_destroy(model);
}

static void creating_a_session_builds_the_model(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    assert_int_equal(nn_model_parameter_count(model), 0);
    nn_session_destroy(session_of(model, 0));
    assert_int_equal(nn_model_parameter_count(model), 6);
    nn_model_destroy(model);
}

/* ---- memory ---- */

static void memory_is_decided_by_the_block(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    nn_model *model = wide_network(context);
    assert_ok(nn_model_build(model));
    uint64_t before = nn_context_memory_used(context);
    nn_session *small = session_of(model, 1);
    uint64_t taken = nn_context_memory_used(context) - before;
    nn_session *large = session_of(model, 1000);
    uint64_t weights = (uint64_t)nn_model_weight_count(model) * sizeof(float);
    assert_true(nn_session_memory(small) >= weights);
    assert_true(nn_session_memory(small) <= taken);
    assert_true(nn_session_memory(small) > taken - taken / 20);
    assert_true(nn_session_memory(large) > nn_session_memory(small) + 1000 * 300);
    assert_int_equal(nn_session_memory(NULL), 0);
    nn_session_destroy(small);
    nn_session_destroy(large);
    assert_int_equal(nn_context_memory_used(context), before);
    nn_model_destroy(model);
    nn_context_destroy(context);
}

static void a_memory_limit_is_kept(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_memory_limit(context, 3000000));
    nn_model *model = wide_network(context);
    nn_session *session = nn_session_create(model, 100);
    assert_non_null(session);
    assert_null(nn_session_create(model, 100000));
    assert_failure(NN_ERROR_MEMORY_LIMIT, "limit of 3000000");
    nn_session_destroy(session);
    nn_model_destroy(model);
    nn_context_destroy(context);
}

static void blocks_beyond_all_memory_are_refused(void **state)
{
    (void)state;
    nn_model *model = wide_network(NULL);
    int64_t sizes[] = {INT64_MAX, INT64_MAX / 4, INT64_MAX / 300, INT64_MAX / 2000,
                       INT64_C(1) << 45};
    for (int i = 0; i < 5; i++) {
        assert_null(nn_session_create(model, sizes[i]));
        assert_true(nn_last_status() == NN_ERROR_SIZE ||
                    nn_last_status() == NN_ERROR_MEMORY);
    }
    assert_null(nn_session_create(model, -1));
    assert_failure(NN_ERROR_SIZE,
                   "nn_session_create: block_rows must be at least 0, got -1");
    nn_model_destroy(model);
}

/* ---- what is refused ---- */

static void bad_arguments_are_named(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_session *session = session_of(model, 0);
    const void *inputs[] = {numbers.x}, *no_input[] = {NULL};
    void *outputs[] = {numbers.y}, *no_output[] = {NULL};
    assert_int_equal(nn_session_run(NULL, inputs, 1, outputs), NN_ERROR_NULL);
    assert_int_equal(nn_session_run(session, NULL, 1, outputs), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_session_run: inputs is NULL");
    assert_int_equal(nn_session_run(session, inputs, 1, NULL), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "nn_session_run: outputs is NULL");
    assert_int_equal(nn_session_run(session, no_input, 1, outputs), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "inputs[0] is NULL");
    assert_int_equal(nn_session_run(session, inputs, 1, no_output), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "outputs[0] is NULL");
    assert_int_equal(nn_session_run(session, inputs, -1, outputs), NN_ERROR_SIZE);
    assert_failure(NN_ERROR_SIZE, "nn_session_run: rows must be at least 0, got -1");
    assert_int_equal(nn_session_refresh(NULL), NN_ERROR_NULL);
    nn_session_destroy(NULL);
    nn_session_destroy(session);
    nn_model_destroy(model);
}

/* A layer that copies three numbers, and fails in the block of its choice. */
static int32_t failing_infer(void *user, nn_call *call)
{
    (void)user;
    int32_t rank;
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    return nn_call_set_output(call, shape, rank) != NN_OK;
}

static int32_t failing_forward(void *user, nn_call *call)
{
    int32_t *left = user;
    memcpy(nn_call_output(call), nn_call_input(call, 0),
           (size_t)(3 * nn_call_rows(call)) * sizeof(float));
    return --*left < 0;
}

static void a_callback_that_fails_is_named_and_the_session_goes_on(void **state)
{
    (void)state;
    int32_t left = 1;
    nn_custom_layer custom = {
        .struct_size = sizeof custom,
        .name = "fragile",
        .infer = failing_infer,
        .forward = failing_forward,
        .user = &left,
    };
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 3));
    nn_model_add(model, nn_custom(NULL, &custom));
    nn_session *session = session_of(model, 2);
    const void *inputs[] = {numbers.x};
    void *outputs[] = {numbers.y};
    assert_int_equal(nn_session_run(session, inputs, 4, outputs), NN_ERROR_CALLBACK);
    assert_failure(NN_ERROR_CALLBACK, "fragile 'fragile_1': its forward callback");
    left = 100;
    run(session, numbers.x, 4, numbers.y);
    assert_memory_equal(numbers.y, numbers.x, 12 * sizeof(float));
    nn_session_destroy(session);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_rows_runs_in_any_blocks),
        cmocka_unit_test(no_rows_are_no_work),
        cmocka_unit_test(several_inputs_and_outputs_run_in_blocks),
        cmocka_unit_test(inputs_of_integers_are_read_as_such),
        cmocka_unit_test(dropout_does_nothing),
        cmocka_unit_test(what_is_not_a_number_comes_out_where_it_went_in),
        cmocka_unit_test(a_session_is_a_snapshot_until_it_is_refreshed),
        cmocka_unit_test(a_session_outlives_its_model),
        cmocka_unit_test(handles_are_destroyed_in_any_order),
        cmocka_unit_test(sessions_of_one_model_do_not_meet),
        cmocka_unit_test(creating_a_session_builds_the_model),
        cmocka_unit_test(memory_is_decided_by_the_block),
        cmocka_unit_test(a_memory_limit_is_kept),
        cmocka_unit_test(blocks_beyond_all_memory_are_refused),
        cmocka_unit_test(bad_arguments_are_named),
        cmocka_unit_test(a_callback_that_fails_is_named_and_the_session_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
