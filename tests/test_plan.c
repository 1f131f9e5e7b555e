/* Plans of memory, from the inside: on random networks, values and gradients in an arena
 * whose places are used again are those of a plan that keeps everything; blocks alive at
 * the same time lie apart; and what need not be computed is not planned. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/memory.h"
#include "model/plan.h"
#include "support/bits.h"
#include "support/networks.h"
#include "support/random_graph.h"

#include <string.h>

enum { GRAPHS = 150, ROWS = 5, FLOATS = 16384, INPUTS = 2, OUTPUTS = 3 };

/* What running a plan once gave. */
struct result {
    float outputs[FLOATS], gradients[FLOATS], input_gradients[FLOATS];
    int64_t output_count, input_count;
};

/* A plan with its gradients and the numbers it runs on. */
struct planned {
    nn_model *model;
    struct nni_plan *plan;
    float *gradients;
    float inputs[INPUTS][ROWS * 64];
};

static struct planned *plan_for(nn_model *model, const struct nni_plan_options *options)
{
    struct planned *planned = nni_alloc(NULL, 1, sizeof *planned);
    assert_non_null(planned);
    planned->model = model;
    planned->gradients = nni_alloc(NULL, (size_t)model->span, sizeof(float));
    assert_ok(nni_plan_create(model, options, &planned->plan));
    assert_ok(nni_plan_allocate(planned->plan, model->weights,
                                options->training ? planned->gradients : NULL));
    for (int32_t i = 0; i < INPUTS; i++)
        for (int32_t k = 0; k < ROWS * 64; k++)
            planned->inputs[i][k] = (float)((k * 37 + i * 11) % 64 - 32) / 32;
    return planned;
}

static void plan_done(struct planned *planned)
{
    nni_plan_destroy(planned->plan);
    nni_free(NULL, planned->gradients);
    nni_free(NULL, planned);
}

static int64_t node_floats(const nn_model *model, nn_node node)
{
    return nni_shape_count(&model->nodes[node].infer.output);
}

/* The part of rows first ... first + rows - 1, forward. */
static void run_forward(struct planned *planned, int64_t first, int64_t rows,
                        int32_t training)
{
    const void *inputs[INPUTS];
    for (int32_t i = 0; i < planned->model->input_count; i++)
        inputs[i] = planned->inputs[i] +
                    first * node_floats(planned->model, planned->model->inputs[i]);
    struct nni_run run = {rows, first, ROWS, training, 3, 8, first > 0, 0};
    assert_ok(nni_plan_forward(planned->plan, &run, inputs));
}

/* Made-up gradients of the outputs, then backward. */
static void run_backward(struct planned *planned, int64_t first, int64_t rows)
{
    const nn_model *model = planned->model;
    for (int32_t o = 0; o < nn_model_output_count(model); o++) {
        nn_node node = nn_model_output_node(model, o);
        int64_t floats = node_floats(model, node);
        float *gradient = nni_plan_gradient(planned->plan, node);
        for (int64_t k = 0; gradient != NULL && k < rows * floats; k++)
            gradient[k] = (float)(((k + first * floats) * 29 + o) % 32 - 16) / 16;
    }
    struct nni_run run = {rows, first, ROWS, 1, 3, 8, first > 0, 0};
    assert_ok(nni_plan_backward(planned->plan, &run));
}

static void append(float *list, int64_t *count, const float *values, int64_t more)
{
    assert_true(*count + more <= FLOATS);
    memcpy(list + *count, values, (size_t)more * sizeof *list);
    *count += more;
}

/* Collects outputs and input gradients of the rows at hand. */
static void collect(const struct planned *planned, int64_t rows, struct result *result)
{
    const nn_model *model = planned->model;
    for (int32_t o = 0; o < nn_model_output_count(model); o++) {
        nn_node node = nn_model_output_node(model, o);
        append(result->outputs, &result->output_count,
               nni_plan_value(planned->plan, node), rows * node_floats(model, node));
    }
    for (int32_t i = 0; i < model->input_count; i++) {
        const float *gradient = nni_plan_gradient(planned->plan, model->inputs[i]);
        if (gradient != NULL)
            append(result->input_gradients, &result->input_count, gradient,
                   rows * node_floats(model, model->inputs[i]));
    }
}

/* Runs all rows at once, forward and backward. */
static void run_plan(nn_model *model, struct nni_plan_options options,
                     struct result *result)
{
    options.training = 1;
    struct planned *planned = plan_for(model, &options);
    memset(result, 0, sizeof *result);
    run_forward(planned, 0, ROWS, 1);
    run_backward(planned, 0, ROWS);
    nni_plan_finish_gradients(planned->plan);
    collect(planned, ROWS, result);
    assert_true(model->span <= FLOATS);
    memcpy(result->gradients, planned->gradients, (size_t)model->span * sizeof(float));
    plan_done(planned);
}

static void assert_same_result(const struct result *a, const struct result *b)
{
    assert_int_equal(a->output_count, b->output_count);
    assert_int_equal(a->input_count, b->input_count);
    assert_memory_equal(a->outputs, b->outputs, sizeof a->outputs);
    assert_memory_equal(a->gradients, b->gradients, sizeof a->gradients);
    assert_memory_equal(a->input_gradients, b->input_gradients,
                        sizeof a->input_gradients);
}

/* ---- the same numbers ---- */

static struct result kept, reused;

static void using_places_again_changes_no_bit(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        nn_model *model = random_graph(NULL, seed);
        int32_t input_gradients = (int32_t)(seed % 2);
        run_plan(model,
                 (struct nni_plan_options){
                     .rows = ROWS, .keep_nodes = 1, .input_gradients = input_gradients},
                 &kept);
        run_plan(
            model,
            (struct nni_plan_options){.rows = ROWS, .input_gradients = input_gradients},
            &reused);
        assert_same_result(&kept, &reused);
        assert_int_equal(kept.input_count > 0, input_gradients);
        nn_model_destroy(model);
    }
}

static void a_plan_with_room_to_spare_changes_no_bit(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= GRAPHS / 5; seed++) {
        nn_model *model = random_graph(NULL, seed);
        run_plan(model, (struct nni_plan_options){.rows = ROWS}, &kept);
        run_plan(model, (struct nni_plan_options){.rows = 3 * ROWS}, &reused);
        assert_same_result(&kept, &reused);
        nn_model_destroy(model);
    }
}

/* Two rows at a time, gradients going on from part to part. */
static void run_in_parts(nn_model *model, struct result *result)
{
    struct nni_plan_options options = {.rows = 2, .training = 1};
    struct planned *planned = plan_for(model, &options);
    memset(result, 0, sizeof *result);
    for (int64_t first = 0; first < ROWS; first += 2) {
        int64_t rows = nni_min(2, ROWS - first);
        run_forward(planned, first, rows, 1);
        run_backward(planned, first, rows);
    }
    nni_plan_finish_gradients(planned->plan);
    memcpy(result->gradients, planned->gradients, (size_t)model->span * sizeof(float));
    plan_done(planned);
}

static void parts_of_a_batch_add_up_to_the_same_bits(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        nn_model *model = random_graph(NULL, seed);
        run_plan(model, (struct nni_plan_options){.rows = ROWS}, &kept);
        run_in_parts(model, &reused);
        assert_memory_equal(kept.gradients, reused.gradients, sizeof kept.gradients);
        nn_model_destroy(model);
    }
}

static void run_without_backward(nn_model *model, struct nni_plan_options options,
                                 struct result *result)
{
    struct planned *planned = plan_for(model, &options);
    memset(result, 0, sizeof *result);
    run_forward(planned, 0, ROWS, 0);
    collect(planned, ROWS, result);
    plan_done(planned);
}

static void inference_computes_what_training_without_dropout_does(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        nn_model *model = random_graph(NULL, seed);
        run_without_backward(
            model,
            (struct nni_plan_options){.rows = ROWS, .training = 1, .keep_nodes = 1},
            &kept);
        run_without_backward(model, (struct nni_plan_options){.rows = ROWS}, &reused);
        assert_int_equal(kept.output_count, reused.output_count);
        assert_memory_equal(kept.outputs, reused.outputs, sizeof kept.outputs);
        nn_model_destroy(model);
    }
}

/* ---- memory ---- */

static int64_t plan_bytes(const nn_model *model, struct nni_plan_options options)
{
    struct nni_plan *plan;
    assert_ok(nni_plan_create(model, &options, &plan));
    int64_t bytes = plan->arena_bytes;
    nni_plan_destroy(plan);
    return bytes;
}

static void assert_blocks_lie_apart(const struct nni_plan *plan)
{
    for (int32_t i = 0; i < plan->block_count; i++) {
        const struct nni_block *a = &plan->blocks[i];
        assert_true(a->offset >= 0 && a->offset + a->bytes <= plan->arena_bytes);
        assert_int_equal(a->offset % NNI_ALIGNMENT, 0);
        assert_true(a->bytes > 0 && a->first <= a->last);
        for (int32_t k = 0; k < i; k++) {
            const struct nni_block *b = &plan->blocks[k];
            int meet = a->first <= b->last && b->first <= a->last;
            int apart =
                a->offset + a->bytes <= b->offset || b->offset + b->bytes <= a->offset;
            assert_true(apart || !meet);
        }
    }
}

static void blocks_alive_at_the_same_time_lie_apart(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= GRAPHS; seed++) {
        nn_model *model = random_graph(NULL, seed);
        for (int32_t kind = 0; kind < 4; kind++) {
            struct nni_plan_options options = {.rows = 7,
                                               .training = kind > 0,
                                               .keep_nodes = kind == 2,
                                               .input_gradients = kind == 3};
            struct nni_plan *plan;
            assert_ok(nni_plan_create(model, &options, &plan));
            assert_blocks_lie_apart(plan);
            nni_plan_destroy(plan);
        }
        nn_model_destroy(model);
    }
}

static void inference_takes_less_than_training_and_training_less_than_keeping_all(
    void **state)
{
    (void)state;
    nn_model *models[] = {stack_network(NULL), wide_network(NULL), graph_network(NULL)};
    for (int i = 0; i < 3; i++) {
        assert_ok(nn_model_build(models[i]));
        int64_t inference = plan_bytes(models[i], (struct nni_plan_options){.rows = 64});
        int64_t training =
            plan_bytes(models[i], (struct nni_plan_options){.rows = 64, .training = 1});
        int64_t keeping = plan_bytes(
            models[i],
            (struct nni_plan_options){.rows = 64, .training = 1, .keep_nodes = 1});
        assert_true(inference < training);
        assert_true(training < keeping);
        nn_model_destroy(models[i]);
    }
}

static nn_model *stack_of(nn_layer *(*make)(void), int32_t depth)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 64));
    for (int32_t i = 0; i < depth; i++)
        nn_model_add(model, make());
    assert_ok(nn_model_build(model));
    return model;
}

static nn_layer *a_dense(void)
{
    return nn_dense(NULL, 64, NN_RELU);
}

static nn_layer *a_dropout(void)
{
    return nn_dropout(NULL, 0.5);
}

static void a_stack_runs_in_two_places_however_deep(void **state)
{
    (void)state;
    nn_model *model = stack_of(a_dense, 20);
    int64_t bytes = plan_bytes(model, (struct nni_plan_options){.rows = 10});
    assert_int_equal(bytes, 2 * (10 * 64 * 4 + NNI_ALIGNMENT));
    nn_model_destroy(model);
}

static void layers_that_may_write_over_their_input_do(void **state)
{
    (void)state;
    nn_model *model = stack_of(a_dropout, 20);
    int64_t bytes = plan_bytes(model, (struct nni_plan_options){.rows = 10});
    /* The last node is an output, whose place is its own. */
    assert_true(bytes <= 2 * (10 * 64 * 4 + NNI_ALIGNMENT));
    nn_model_destroy(model);
}

/* ---- what is not computed ---- */

static void the_first_layer_computes_no_input_gradient(void **state)
{
    (void)state;
    nn_model *model = stack_of(a_dense, 3);
    struct nni_plan_options options = {.rows = 2, .training = 1};
    struct nni_plan *plan;
    assert_ok(nni_plan_create(model, &options, &plan));
    assert_int_equal(plan->nodes[0].gradient, NNI_NO_BLOCK);
    assert_int_equal(plan->gradient_blocks[plan->nodes[1].first_input], NNI_NO_BLOCK);
    nni_plan_destroy(plan);
    options.input_gradients = 1;
    assert_ok(nni_plan_create(model, &options, &plan));
    assert_true(plan->nodes[0].gradient != NNI_NO_BLOCK);
    nni_plan_destroy(plan);
    nn_model_destroy(model);
}

static void nothing_runs_backward_below_frozen_layers(void **state)
{
    (void)state;
    nn_model *model = stack_of(a_dense, 4);
    assert_ok(nn_layer_set_trainable(nn_model_node_layer(model, 1), 0));
    assert_ok(nn_layer_set_trainable(nn_model_node_layer(model, 2), 0));
    struct nni_plan_options options = {.rows = 2, .training = 1};
    struct nni_plan *plan;
    assert_ok(nni_plan_create(model, &options, &plan));
    int32_t expected[] = {0, 0, 0, 1, 1};
    for (int32_t i = 0; i < 5; i++)
        assert_int_equal(plan->nodes[i].backward, expected[i]);
    nni_plan_destroy(plan);
    nn_model_destroy(model);
}

static void nodes_that_lead_nowhere_do_not_run(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 64));
    nn_node dead = nn_model_apply(model, a_dense(), 0);
    nn_model_output(model, nn_model_apply(model, a_dense(), 0));
    assert_ok(nn_model_build(model));
    struct nni_plan_options options = {.rows = 2, .training = 1};
    struct nni_plan *plan;
    assert_ok(nni_plan_create(model, &options, &plan));
    assert_int_equal(plan->nodes[dead].runs, 0);
    assert_int_equal(plan->nodes[dead].value, NNI_NO_BLOCK);
    assert_int_equal(plan->nodes[dead].backward, 0);
    nni_plan_destroy(plan);
    nn_model_destroy(model);
}

static void too_many_rows_are_refused(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL);
    assert_ok(nn_model_build(model));
    int64_t rows[] = {INT64_MAX, INT64_MAX / 4, INT64_MAX / 64};
    for (int i = 0; i < 3; i++) {
        struct nni_plan_options options = {.rows = rows[i], .training = 1};
        struct nni_plan *plan;
        assert_int_equal(nni_plan_create(model, &options, &plan), NN_ERROR_SIZE);
        assert_null(plan);
    }
    nn_model_destroy(model);
}

static void rows_whose_inputs_alone_are_too_much_are_refused(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 100000));
    nn_model_add(model, nn_dense(NULL, 1, NN_RELU));
    assert_ok(nn_model_build(model));
    struct nni_plan_options options = {.rows = INT64_MAX / 4000, .training = 1};
    struct nni_plan *plan;
    assert_int_equal(nni_plan_create(model, &options, &plan), NN_ERROR_SIZE);
    options.rows = INT64_MAX / 400001;
    nn_status status = nni_plan_create(model, &options, &plan);
    assert_true(status == NN_OK || status == NN_ERROR_SIZE);
    nni_plan_destroy(plan);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(using_places_again_changes_no_bit),
        cmocka_unit_test(a_plan_with_room_to_spare_changes_no_bit),
        cmocka_unit_test(parts_of_a_batch_add_up_to_the_same_bits),
        cmocka_unit_test(inference_computes_what_training_without_dropout_does),
        cmocka_unit_test(blocks_alive_at_the_same_time_lie_apart),
        cmocka_unit_test(
            inference_takes_less_than_training_and_training_less_than_keeping_all),
        cmocka_unit_test(a_stack_runs_in_two_places_however_deep),
        cmocka_unit_test(layers_that_may_write_over_their_input_do),
        cmocka_unit_test(the_first_layer_computes_no_input_gradient),
        cmocka_unit_test(nothing_runs_backward_below_frozen_layers),
        cmocka_unit_test(nodes_that_lead_nowhere_do_not_run),
        cmocka_unit_test(too_many_rows_are_refused),
        cmocka_unit_test(rows_whose_inputs_alone_are_too_much_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
