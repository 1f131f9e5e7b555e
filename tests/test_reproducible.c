/* The same seed gives the same bits: in two runs, on any number of threads, with any
 * executor, instruction set and micro-batch, and however samples are grouped when a model
 * runs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/networks.h"

#include <string.h>

enum { SAMPLES = 203, BATCH = 64, EPOCHS = 3 };

/* What a run may differ in without differing in its bits. */
struct setting {
    int32_t threads, isa;
    const nn_executor *executor;
    int64_t micro_batch;
    int32_t keep_nodes;
    uint64_t seed;
};

typedef nn_model *make_network(nn_context *context);

/* Trains and returns the hash of the parameters. */
static uint64_t trained_hash(make_network *make, const struct setting *setting,
                             const char *optimizer)
{
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_seed(context, setting->seed));
    assert_ok(nn_context_set_max_isa(context, setting->isa));
    if (setting->threads > 0)
        assert_ok(nn_context_set_threads(context, setting->threads));
    if (setting->executor != NULL)
        assert_ok(nn_context_set_executor(context, setting->executor));
    nn_dataset *samples = class_samples(context, SAMPLES, 5);
    nn_model *model = make(context);
    nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(context),
                                            nn_optimizer_create(context, optimizer));
    assert_non_null(trainer);
    assert_ok(nn_trainer_set_batch_size(trainer, BATCH));
    assert_ok(nn_trainer_set_micro_batch(trainer, setting->micro_batch));
    assert_ok(nn_trainer_set_keep_nodes(trainer, setting->keep_nodes));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, EPOCHS));
    uint64_t hash = parameter_hash(model);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    nn_context_destroy(context);
    return hash;
}

static const struct setting plain = {.isa = NN_ISA_BEST, .seed = 1};

static void assert_same_run(const struct setting *setting)
{
    assert_int_equal(trained_hash(stack_network, setting, "adam"),
                     trained_hash(stack_network, &plain, "adam"));
    assert_int_equal(trained_hash(graph_network, setting, "adam"),
                     trained_hash(graph_network, &plain, "adam"));
    assert_int_equal(trained_hash(wide_network, setting, "adam"),
                     trained_hash(wide_network, &plain, "adam"));
}

static void two_runs_give_the_same_bits(void **state)
{
    (void)state;
    assert_same_run(&plain);
}

static void another_seed_gives_other_bits(void **state)
{
    (void)state;
    struct setting other = plain;
    other.seed = 2;
    assert_true(trained_hash(stack_network, &other, "adam") !=
                trained_hash(stack_network, &plain, "adam"));
}

static void threads_change_no_bit(void **state)
{
    (void)state;
    int32_t counts[] = {2, 3, 8};
    for (int i = 0; i < 3; i++) {
        struct setting setting = plain;
        setting.threads = counts[i];
        assert_same_run(&setting);
    }
}

/* Runs the tasks one after the other, the last one first. */
static void run_backwards(void *user, void (*task)(void *data, int32_t index), void *data,
                          int32_t count)
{
    (void)user;
    for (int32_t i = count - 1; i >= 0; i--)
        task(data, i);
}

static void an_executor_that_runs_tasks_backwards_changes_no_bit(void **state)
{
    (void)state;
    nn_executor executor = {sizeof executor, 5, run_backwards, NULL};
    struct setting setting = plain;
    setting.executor = &executor;
    assert_same_run(&setting);
}

static void instruction_sets_change_no_bit(void **state)
{
    (void)state;
    struct setting setting = plain;
    setting.isa = NN_ISA_PORTABLE;
    assert_same_run(&setting);
}

static void micro_batches_change_no_bit(void **state)
{
    (void)state;
    int64_t sizes[] = {1, 5, 31, 32, 1000};
    for (int i = 0; i < 5; i++) {
        struct setting setting = plain;
        setting.micro_batch = sizes[i];
        assert_same_run(&setting);
    }
}

static void keeping_nodes_changes_no_bit(void **state)
{
    (void)state;
    struct setting setting = plain;
    setting.keep_nodes = 1;
    assert_same_run(&setting);
}

static void every_optimizer_is_the_same_on_threads_and_instruction_sets(void **state)
{
    (void)state;
    const char *names[] = {"sgd",      "momentum", "nesterov", "adagrad",
                           "adadelta", "rmsprop",  "adam",     "adamw"};
    struct setting other = {
        .threads = 3, .isa = NN_ISA_PORTABLE, .seed = 1, .micro_batch = 7};
    for (int i = 0; i < 8; i++)
        assert_int_equal(trained_hash(graph_network, &other, names[i]),
                         trained_hash(graph_network, &plain, names[i]));
}

/* ---- running ---- */

static void run_in_groups(nn_session *session, const float *x, int64_t count,
                          int64_t group, float *y)
{
    for (int64_t first = 0; first < count; first += group) {
        const void *inputs[] = {x + first * NETWORK_INPUTS};
        void *outputs[] = {y + first * NETWORK_CLASSES};
        int64_t rows = count - first < group ? count - first : group;
        assert_ok(nn_session_run(session, inputs, rows, outputs));
    }
}

static void assert_grouping_is_free(make_network *make)
{
    enum { ROWS = 1000 };
    static float whole[ROWS * NETWORK_CLASSES], parts[ROWS * NETWORK_CLASSES];
    nn_tensor *inputs, *labels;
    class_tensors(NULL, ROWS, 9, &inputs, &labels);
    nn_model *model = make(NULL);
    nn_session *session = nn_session_create(model, ROWS);
    assert_non_null(session);
    run_in_groups(session, nn_tensor_floats(inputs), ROWS, ROWS, whole);
    int64_t groups[] = {1, 2, 7, 64, 999};
    for (int i = 0; i < 5; i++) {
        run_in_groups(session, nn_tensor_floats(inputs), ROWS, groups[i], parts);
        assert_memory_equal(whole, parts, sizeof whole);
        nn_session *small = nn_session_create(model, groups[i]);
        run_in_groups(small, nn_tensor_floats(inputs), ROWS, ROWS, parts);
        assert_memory_equal(whole, parts, sizeof whole);
        nn_session_destroy(small);
    }
    nn_session_destroy(session);
    nn_model_destroy(model);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
}

static void grouping_of_samples_changes_no_bit_of_a_prediction(void **state)
{
    (void)state;
    assert_grouping_is_free(stack_network);
    assert_grouping_is_free(graph_network);
}

static void session_trainer_and_model_predict_the_same_bits(void **state)
{
    (void)state;
    enum { ROWS = 300 };
    static float by_session[ROWS * NETWORK_CLASSES];
    nn_dataset *samples = class_samples(NULL, ROWS, 9);
    nn_tensor *inputs, *labels;
    class_tensors(NULL, ROWS, 9, &inputs, &labels);
    nn_model *model = graph_network(NULL);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1));
    nn_session *session = nn_session_create(model, 0);
    run_in_groups(session, nn_tensor_floats(inputs), ROWS, 50, by_session);

    nn_tensor *by_trainer = nn_trainer_predict(trainer, samples, 0);
    assert_memory_equal(nn_tensor_floats(by_trainer), by_session, sizeof by_session);

    nn_tensor *by_model = nn_tensor_clone(by_trainer);
    assert_ok(nn_tensor_fill(by_model, 0));
    assert_ok(
        nn_model_predict(model, (const nn_tensor *const *)&inputs, 1, &by_model, 1));
    assert_memory_equal(nn_tensor_floats(by_model), by_session, sizeof by_session);

    nn_tensor_destroy(by_trainer);
    nn_tensor_destroy(by_model);
    nn_session_destroy(session);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    nn_dataset_destroy(samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_runs_give_the_same_bits),
        cmocka_unit_test(another_seed_gives_other_bits),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(an_executor_that_runs_tasks_backwards_changes_no_bit),
        cmocka_unit_test(instruction_sets_change_no_bit),
        cmocka_unit_test(micro_batches_change_no_bit),
        cmocka_unit_test(keeping_nodes_changes_no_bit),
        cmocka_unit_test(every_optimizer_is_the_same_on_threads_and_instruction_sets),
        cmocka_unit_test(grouping_of_samples_changes_no_bit_of_a_prediction),
        cmocka_unit_test(session_trainer_and_model_predict_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
