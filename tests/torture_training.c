/* Long runs: many random networks, each trained on several threads, instruction sets and
 * micro-batches to the bits of the plain run; and the whole job, repeated over seeds. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/networks.h"

enum { NETWORKS = 200, SAMPLES = 150, SEEDS = 20 };

/* A small generator of the test's own (xorshift). */
static uint32_t next_number(uint32_t *state, uint32_t bound)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state % bound;
}

/* A random graph: every new node takes one or two of those before it. */
static nn_model *random_network(nn_context *context, uint32_t seed)
{
    uint32_t state = seed * 2654435761u + 1;
    int64_t shape[] = {NETWORK_INPUTS};
    nn_node nodes[32];
    int32_t count = 0, wanted = 4 + (int32_t)next_number(&state, 16);
    nn_model *model = nn_model_create(context);
    nn_layer *shared = nn_dense(context, NETWORK_INPUTS, NN_TANH);
    nodes[count++] = nn_model_input(model, NN_FLOAT32, shape, 1);
    while (count < wanted) {
        nn_node a = nodes[next_number(&state, (uint32_t)count)];
        nn_node b = nodes[next_number(&state, (uint32_t)count)];
        int32_t activation = (int32_t)next_number(&state, NN_LOG_SOFTMAX + 1);
        nn_layer *layer = NULL;
        switch (next_number(&state, 6)) {
        case 0:
            nodes[count++] =
                nn_model_apply_many(model, nn_add(context), (nn_node[]){a, b}, 2);
            continue;
        case 1:
            nodes[count++] =
                nn_model_apply_many(model, nn_multiply(context), (nn_node[]){a, b}, 2);
            continue;
        case 2:
            layer = nn_dropout(context, 0.3);
            break;
        case 3:
            layer = shared;
            break;
        case 4:
            layer = nn_activation(context, activation);
            break;
        default:
            layer = nn_dense(context, NETWORK_INPUTS, activation);
            break;
        }
        nodes[count++] = nn_model_apply(model, layer, a);
    }
    nn_node last = nn_model_apply_many(model, nn_concat(context, 0),
                                       (nn_node[]){nodes[count - 1], nodes[0]}, 2);
    last = nn_model_apply(model, shared,
                          nn_model_apply(model, nn_dense(context, 12, 0), last));
    nn_model_output(model, nn_model_apply(model, nn_dense(context, 4, NN_LINEAR), last));
    assert_ok(nn_model_status(model));
    return model;
}

static uint64_t random_network_hash(uint32_t seed, int32_t threads, int32_t isa,
                                    int64_t micro_batch)
{
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_threads(context, threads));
    assert_ok(nn_context_set_max_isa(context, isa));
    nn_dataset *samples = class_samples(context, SAMPLES, seed);
    nn_model *model = random_network(context, seed);
    nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(context),
                                            nn_adam(context, 1e-3));
    assert_ok(nn_trainer_set_micro_batch(trainer, micro_batch));
    nn_status status = nn_trainer_fit(trainer, samples, NULL, 2);
    /* A random graph may overflow; then it does so everywhere. */
    uint64_t hash = parameter_hash(model) + (uint64_t)status;
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    nn_context_destroy(context);
    return hash;
}

static void random_networks_train_to_the_same_bits(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= NETWORKS; seed++) {
        uint64_t plain = random_network_hash(seed, 1, NN_ISA_BEST, 0);
        uint64_t other = random_network_hash(seed, 3, NN_ISA_PORTABLE, 1 + seed % 40);
        if (plain != other)
            fail_msg("network %u differs", (unsigned)seed);
    }
}

static void every_seed_learns_the_classes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        nn_dataset *samples = class_samples(NULL, 4000, seed);
        nn_dataset *training, *test;
        assert_ok(nn_dataset_split(samples, 0.25, seed, &training, &test));
        nn_model *model = stack_network(NULL);
        assert_ok(nn_model_set_seed(model, seed));
        nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(NULL),
                                                nn_rmsprop(NULL, 1e-3));
        double results[2];
        assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
        assert_ok(nn_trainer_set_seed(trainer, seed));
        assert_ok(nn_trainer_set_early_stopping(trainer, 5, 0, 1));
        assert_ok(nn_trainer_set_validation_split(trainer, 0.2));
        assert_ok(nn_trainer_fit(trainer, training, NULL, 60));
        assert_ok(nn_trainer_evaluate(trainer, test, results, 2));
        if (results[1] < 0.9)
            fail_msg("seed %d: accuracy %.4f", (int)seed, results[1]);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
        nn_dataset_destroy(training);
        nn_dataset_destroy(test);
        nn_dataset_destroy(samples);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_networks_train_to_the_same_bits),
        cmocka_unit_test(every_seed_learns_the_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
