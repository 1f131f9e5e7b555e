/* Memory of tensors: every allocation fails once, huge sizes, the memory limit, and that
 * everything is given back. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/tensor.h>

#include <stdlib.h>
#include <string.h>

/* An allocator that counts its blocks and refuses the one call numbered `failing`, and
 * blocks above a size that no test needs. */
struct fragile_memory {
    int64_t blocks;
    int64_t calls;
    int64_t failing; /* -1: none */
};

enum { FRAGILE_SIZE_MAX = 1 << 28 };

static void *fragile_allocate(void *user, size_t size)
{
    struct fragile_memory *memory = user;
    if (memory->calls++ == memory->failing || size > FRAGILE_SIZE_MAX) {
        return NULL;
    }
    void *block = malloc(size);
    memory->blocks += block != NULL;
    return block;
}

static void fragile_deallocate(void *user, void *block)
{
    struct fragile_memory *memory = user;
    memory->blocks--;
    free(block);
}

static nn_context *fragile_context(struct fragile_memory *memory)
{
    *memory = (struct fragile_memory){0, 0, -1};
    const nn_allocator allocator = {sizeof allocator, fragile_allocate,
                                    fragile_deallocate, memory};
    nn_context *context = nn_context_create(&allocator);
    assert_non_null(context);
    return context;
}

static void count_release(void *user, void *data)
{
    (void)data;
    ++*(int *)user;
}

static const int64_t four_three[] = {4, 3};
static const int64_t five_three[] = {5, 3};
static const int64_t four_five[] = {4, 5};

/* What is tried with each allocation failing in turn: 1 when it all succeeded. Failures
 * are of memory and say who failed; what was made before is destroyed. */
typedef int attempt(nn_context *context, struct fragile_memory *memory);

static void assert_memory_failure(const char *who)
{
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    if (strstr(nn_last_error(), who) != nn_last_error()) {
        fail_msg("\"%s\" does not begin with \"%s\"", nn_last_error(), who);
    }
}

static void fail_each_allocation(attempt *attempt_once)
{
    struct fragile_memory memory;
    nn_context *context = fragile_context(&memory);
    const int64_t blocks = memory.blocks;
    int succeeded = 0;
    int64_t failing = 0;
    for (; !succeeded && failing < 100; failing++) {
        memory.calls = 0;
        memory.failing = failing;
        succeeded = attempt_once(context, &memory);
        assert_int_equal(memory.blocks, blocks);
        assert_int_equal(nn_context_memory_used(context), 0);
    }
    assert_true(succeeded);
    assert_true(failing > 1);
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
}

static int attempt_create(nn_context *context, struct fragile_memory *memory)
{
    (void)memory;
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, four_three, 2);
    if (tensor == NULL) {
        assert_memory_failure("nn_tensor_create");
        return 0;
    }
    nn_tensor_destroy(tensor);
    return 1;
}

static void create_survives_every_failing_allocation(void **state)
{
    (void)state;
    fail_each_allocation(attempt_create);
}

static int attempt_wrap(nn_context *context, struct fragile_memory *memory)
{
    (void)memory;
    static float data[12];
    int released = 0;
    nn_tensor *tensor = nn_tensor_wrap(context, NN_FLOAT32, four_three, 2, data,
                                       count_release, &released);
    if (tensor == NULL) {
        assert_memory_failure("nn_tensor_wrap");
        assert_int_equal(released, 1);
        return 0;
    }
    assert_int_equal(released, 0);
    nn_tensor_destroy(tensor);
    assert_int_equal(released, 1);
    return 1;
}

static void wrap_releases_once_at_every_failing_allocation(void **state)
{
    (void)state;
    fail_each_allocation(attempt_wrap);
}

/* Makes a tensor undisturbed, then tries what `make` does with it. */
static int attempt_from_tensor(nn_context *context, struct fragile_memory *memory,
                               nn_tensor *(*make)(nn_tensor *tensor), const char *who)
{
    const int64_t failing = memory->failing;
    memory->failing = -1;
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, four_three, 2);
    assert_non_null(tensor);
    nn_tensor_floats(tensor)[11] = 3.0f;
    memory->calls = 0;
    memory->failing = failing;
    nn_tensor *made = make(tensor);
    if (made == NULL) {
        assert_memory_failure(who);
    }
    assert_true(nn_tensor_floats(tensor)[11] == 3.0f);
    nn_tensor_destroy(tensor);
    nn_tensor_destroy(made);
    return made != NULL;
}

static nn_tensor *make_clone(nn_tensor *tensor)
{
    return nn_tensor_clone(tensor);
}

static nn_tensor *make_slice(nn_tensor *tensor)
{
    return nn_tensor_slice(tensor, 1, 2);
}

static nn_tensor *make_reshape(nn_tensor *tensor)
{
    return nn_tensor_reshape(tensor, (const int64_t[]){12}, 1);
}

static int attempt_clone(nn_context *context, struct fragile_memory *memory)
{
    return attempt_from_tensor(context, memory, make_clone, "nn_tensor_clone");
}

static int attempt_slice(nn_context *context, struct fragile_memory *memory)
{
    return attempt_from_tensor(context, memory, make_slice, "nn_tensor_slice");
}

static int attempt_reshape(nn_context *context, struct fragile_memory *memory)
{
    return attempt_from_tensor(context, memory, make_reshape, "nn_tensor_reshape");
}

static void clone_survives_every_failing_allocation(void **state)
{
    (void)state;
    fail_each_allocation(attempt_clone);
}

static void slice_survives_every_failing_allocation(void **state)
{
    (void)state;
    fail_each_allocation(attempt_slice);
}

static void reshape_survives_every_failing_allocation(void **state)
{
    (void)state;
    fail_each_allocation(attempt_reshape);
}

static int attempt_matmul(nn_context *context, struct fragile_memory *memory)
{
    const int64_t failing = memory->failing;
    memory->failing = -1;
    nn_tensor *a = nn_tensor_create(context, NN_FLOAT32, four_three, 2);
    nn_tensor *b = nn_tensor_create(context, NN_FLOAT32, five_three, 2);
    nn_tensor *out = nn_tensor_create(context, NN_FLOAT32, four_five, 2);
    assert_int_equal(nn_tensor_fill(a, 2.0), NN_OK);
    assert_int_equal(nn_tensor_fill(b, 3.0), NN_OK);
    memory->calls = 0;
    memory->failing = failing;
    const nn_status status = nn_tensor_matmul(a, 0, b, 1, out); /* is packed */
    if (status == NN_OK) {
        assert_true(nn_tensor_floats(out)[19] == 18.0f);
    } else {
        assert_int_equal(status, NN_ERROR_MEMORY);
        assert_memory_failure("nn_tensor_matmul");
    }
    nn_tensor_destroy(out);
    nn_tensor_destroy(b);
    nn_tensor_destroy(a);
    return status == NN_OK;
}

static void matmul_survives_every_failing_allocation(void **state)
{
    (void)state;
    fail_each_allocation(attempt_matmul);
}

static void huge_tensors_are_refused(void **state)
{
    (void)state;
    struct fragile_memory memory;
    nn_context *context = fragile_context(&memory);
    for (int bits = 29; bits <= 62; bits++) {
        const int64_t shape[] = {INT64_C(1) << bits};
        assert_null(nn_tensor_create(context, NN_FLOAT32, shape, 1));
        const nn_status status = nn_last_status();
        assert_true(status == NN_ERROR_MEMORY || status == NN_ERROR_SIZE);
    }
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
}

static void the_memory_limit_holds_for_tensors(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_int_equal(nn_context_set_memory_limit(context, 4096), NN_OK);
    const int64_t small[] = {100};
    const int64_t large[] = {1000};
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, small, 1);
    assert_non_null(tensor);
    assert_null(nn_tensor_create(context, NN_FLOAT32, large, 1));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY_LIMIT);
    nn_tensor_destroy(tensor);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
}

static void tensors_outlive_the_hold_on_their_context(void **state)
{
    (void)state;
    struct fragile_memory memory;
    nn_context *context = fragile_context(&memory);
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, four_three, 2);
    nn_tensor *view = nn_tensor_slice(tensor, 0, 1);
    nn_context_destroy(context);
    nn_tensor_destroy(tensor);
    assert_int_equal(nn_tensor_fill(view, 1.0), NN_OK);
    assert_true(memory.blocks > 0);
    nn_tensor_destroy(view);
    assert_int_equal(memory.blocks, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create_survives_every_failing_allocation),
        cmocka_unit_test(wrap_releases_once_at_every_failing_allocation),
        cmocka_unit_test(clone_survives_every_failing_allocation),
        cmocka_unit_test(slice_survives_every_failing_allocation),
        cmocka_unit_test(reshape_survives_every_failing_allocation),
        cmocka_unit_test(matmul_survives_every_failing_allocation),
        cmocka_unit_test(huge_tensors_are_refused),
        cmocka_unit_test(the_memory_limit_holds_for_tensors),
        cmocka_unit_test(tensors_outlive_the_hold_on_their_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
