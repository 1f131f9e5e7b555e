/* Once prepared, training steps and inference calls allocate nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/networks.h"

#include <stdlib.h>

static int64_t allocations;

static void *counting_allocate(void *user, size_t size)
{
    (void)user;
    allocations++;
    return malloc(size);
}

static void counting_deallocate(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static nn_context *counting_context(int32_t threads)
{
    nn_allocator allocator = {sizeof allocator, counting_allocate, counting_deallocate,
                              NULL};
    nn_context *context = nn_context_create(&allocator);
    assert_non_null(context);
    assert_ok(nn_context_set_threads(context, threads));
    return context;
}

typedef nn_model *make_network(nn_context *context);

static void assert_steps_do_not_allocate(make_network *make, const char *optimizer,
                                         int32_t threads)
{
    nn_context *context = counting_context(threads);
    nn_tensor *inputs, *labels;
    class_tensors(context, 32, 3, &inputs, &labels);
    nn_model *model = make(context);
    nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(context),
                                            nn_optimizer_create(context, optimizer));
    double loss;
    assert_ok(nn_trainer_step(trainer, (const nn_tensor *const *)&inputs, 1,
                              (const nn_tensor *const *)&labels, 1, NULL, &loss));
    int64_t before = allocations;
    for (int i = 0; i < 100; i++)
        assert_ok(nn_trainer_step(trainer, (const nn_tensor *const *)&inputs, 1,
                                  (const nn_tensor *const *)&labels, 1, NULL, &loss));
    assert_int_equal(allocations, before);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    nn_context_destroy(context);
}

static void a_hundred_steps_allocate_nothing(void **state)
{
    (void)state;
    assert_steps_do_not_allocate(stack_network, "sgd", 1);
    assert_steps_do_not_allocate(graph_network, "rmsprop", 1);
    assert_steps_do_not_allocate(wide_network, "adam", 1);
}

static void a_hundred_steps_on_two_threads_allocate_nothing(void **state)
{
    (void)state;
    assert_steps_do_not_allocate(wide_network, "momentum", 2);
}

static int32_t remember_allocations(void *user, nn_trainer *trainer)
{
    int64_t *at_step = user;
    (void)trainer;
    if (at_step[0] < 0)
        at_step[0] = allocations;
    at_step[1] = allocations;
    return 0;
}

static void the_steps_of_an_epoch_allocate_nothing(void **state)
{
    (void)state;
    nn_context *context = counting_context(1);
    nn_dataset *samples = class_samples(context, 1000, 3);
    nn_model *model = stack_network(context);
    nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(context),
                                            nn_adam(context, 0.01));
    int64_t at_step[2] = {-1, 0};
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_set_batch_size(trainer, 10));
    assert_ok(nn_trainer_set_step_hook(trainer, remember_allocations, at_step));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    assert_int_equal(nn_trainer_step_count(trainer), 100);
    assert_int_equal(at_step[0], at_step[1]);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(samples);
    nn_context_destroy(context);
}

static void a_hundred_runs_allocate_nothing(void **state)
{
    (void)state;
    nn_context *context = counting_context(1);
    nn_tensor *inputs, *labels;
    class_tensors(context, 100, 3, &inputs, &labels);
    nn_model *model = graph_network(context);
    nn_session *session = nn_session_create(model, 16);
    float y[100 * NETWORK_CLASSES];
    const void *from[] = {nn_tensor_floats(inputs)};
    void *to[] = {y};
    int64_t before = allocations;
    for (int i = 0; i < 100; i++)
        assert_ok(nn_session_run(session, from, 1 + i, to));
    assert_int_equal(allocations, before);
    nn_session_destroy(session);
    nn_model_destroy(model);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    nn_context_destroy(context);
}

static void prepare_takes_all_memory_of_a_step(void **state)
{
    (void)state;
    nn_context *context = counting_context(1);
    nn_tensor *inputs, *labels;
    class_tensors(context, 32, 3, &inputs, &labels);
    nn_model *model = stack_network(context);
    nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(context),
                                            nn_adam(context, 0.01));
    assert_ok(nn_trainer_prepare(trainer));
    int64_t before = allocations;
    assert_ok(nn_trainer_step(trainer, (const nn_tensor *const *)&inputs, 1,
                              (const nn_tensor *const *)&labels, 1, NULL, NULL));
    assert_int_equal(allocations, before);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_steps_allocate_nothing),
        cmocka_unit_test(a_hundred_steps_on_two_threads_allocate_nothing),
        cmocka_unit_test(the_steps_of_an_epoch_allocate_nothing),
        cmocka_unit_test(a_hundred_runs_allocate_nothing),
        cmocka_unit_test(prepare_takes_all_memory_of_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
