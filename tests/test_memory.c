/* Memory through a context: alignment, zeros, sizes, the limit and the count; and handles,
 * which hold their context. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/handle.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* An allocator that counts, hands out dirty memory at odd addresses of malloc's alignment,
 * and fails after a number of allocations where told so. */
struct host {
    int64_t alive, made;
    int64_t left; /* allocations until failure; negative for never */
};

static void *host_allocate(void *user, size_t size)
{
    struct host *host = user;
    if (host->left == 0) {
        return NULL;
    }
    host->left -= host->left > 0;
    /* A shift of 0, 16, 32 or 48 bytes, so every slack comes up. */
    size_t shift = 16 + (size_t)(host->made % 4) * 16;
    char *start = malloc(size + 64);
    memset(start, 0xa5, size + 64);
    start[shift - 1] = (char)shift;
    host->alive++;
    host->made++;
    return start + shift;
}

static void host_deallocate(void *user, void *memory)
{
    struct host *host = user;
    char *shown = memory;
    host->alive--;
    free(shown - shown[-1]);
}

static nn_context *hosted_context(struct host *host)
{
    *host = (struct host){.left = -1};
    nn_allocator allocator = {sizeof allocator, host_allocate, host_deallocate, host};
    nn_context *context = nn_context_create(&allocator);
    assert_non_null(context);
    return context;
}

static int is_zero(const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (bytes[i] != 0) {
            return 0;
        }
    }
    return 1;
}

static void blocks_are_aligned_and_zeroed(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    const nn_context *const contexts[] = {context, NULL};
    for (int which = 0; which < 2; which++) {
        for (size_t count = 0; count < 40; count++) {
            unsigned char *block = nni_alloc(contexts[which], count, 3);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % NNI_ALIGNMENT, 0);
            assert_true(is_zero(block, count * 3));
            memset(block, 0xff, count * 3);
            nni_free(contexts[which], block);
        }
    }
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void freeing_null_is_accepted(void **state)
{
    (void)state;
    nni_free(NULL, NULL);
}

static void the_count_follows_the_blocks(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    assert_int_equal(nn_context_memory_used(context), 0);
    void *first = nni_alloc(context, 100, 10);
    uint64_t used = nn_context_memory_used(context);
    assert_in_range(used, 1000, 1000 + 2 * NNI_ALIGNMENT);
    void *second = nni_alloc(context, 1, 1);
    assert_true(nn_context_memory_used(context) > used);
    nni_free(context, second);
    assert_int_equal(nn_context_memory_used(context), used);
    nni_free(context, first);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void products_that_overflow_are_refused(void **state)
{
    (void)state;
    const size_t cases[][2] = {
        {SIZE_MAX, 1},         {SIZE_MAX / 2, 2}, {SIZE_MAX / 4 + 2, 8},
        {2, SIZE_MAX / 2 + 1}, {PTRDIFF_MAX, 1},
    };
    for (int i = 0; i < 5; i++) {
        assert_null(nni_alloc(NULL, cases[i][0], cases[i][1]));
        assert_int_equal(nn_last_status(), NN_ERROR_SIZE);
    }
    nn_allocator none = {0};
    assert_null(nni_block_create(&none, SIZE_MAX));
    assert_int_equal(nn_last_status(), NN_ERROR_SIZE);
}

static void the_allocators_failure_is_reported_and_not_counted(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    host.left = 0;
    assert_null(nni_alloc(context, 10, 10));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    assert_non_null(strstr(nn_last_error(), "bytes"));
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void the_limit_is_kept_to_the_byte(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    void *probe = nni_alloc(context, 1, 1000);
    uint64_t needed = nn_context_memory_used(context);
    nni_free(context, probe);
    assert_int_equal(nn_context_set_memory_limit(context, needed), NN_OK);
    int64_t made = host.made;
    assert_null(nni_alloc(context, 1, 1001));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY_LIMIT);
    assert_int_equal(host.made, made);
    assert_int_equal(nn_context_memory_used(context), 0);
    void *block = nni_alloc(context, 1, 1000);
    assert_non_null(block);
    assert_null(nni_alloc(context, 1, 1));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY_LIMIT);
    nni_free(context, block);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void growing_keeps_what_was_there_and_zeroes_the_rest(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    unsigned char *block = nni_grow(context, NULL, 0, 10, 4);
    assert_true(is_zero(block, 40));
    memset(block, 7, 40);
    block = nni_grow(context, block, 10, 1000, 4);
    assert_int_equal(block[0], 7);
    assert_int_equal(block[39], 7);
    assert_true(is_zero(block + 40, 3960));
    block = nni_grow(context, block, 1000, 5, 4);
    assert_int_equal(block[19], 7);
    nni_free(context, block);
    assert_int_equal(nn_context_memory_used(context), 0);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void growing_that_fails_leaves_the_block(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    unsigned char *block = nni_alloc(context, 10, 4);
    memset(block, 7, 40);
    host.left = 0;
    assert_null(nni_grow(context, block, 10, 20, 4));
    assert_int_equal(block[39], 7);
    nni_free(context, block);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void texts_are_copied(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    char *copy = nni_copy_text(context, "dense_1");
    assert_string_equal(copy, "dense_1");
    nni_free(context, copy);
    host.left = 0;
    assert_null(nni_copy_text(context, "dense_1"));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    nn_context_destroy(context);
}

static void checked_products_and_sums_refuse_overflow_and_negatives(void **state)
{
    (void)state;
    int64_t result;
    assert_true(nni_multiply_checked(INT64_C(1) << 31, INT64_C(1) << 31, &result));
    assert_true(result == INT64_C(1) << 62);
    assert_true(nni_multiply_checked(0, INT64_MAX, &result));
    assert_int_equal(result, 0);
    assert_true(nni_multiply_checked(INT64_MAX, 1, &result));
    assert_false(nni_multiply_checked(INT64_C(1) << 32, INT64_C(1) << 31, &result));
    assert_int_equal(result, 0);
    assert_false(nni_multiply_checked(-1, 1, &result));
    assert_false(nni_multiply_checked(INT64_MIN, -1, &result));
    assert_true(nni_add_checked(INT64_MAX - 1, 1, &result));
    assert_true(result == INT64_MAX);
    assert_false(nni_add_checked(INT64_MAX, 1, &result));
    assert_int_equal(result, 0);
    assert_false(nni_add_checked(-1, 5, &result));
}

static void sizes_are_rounded_up_to_64(void **state)
{
    (void)state;
    assert_int_equal(nni_align_up(0), 0);
    assert_int_equal(nni_align_up(1), 64);
    assert_int_equal(nni_align_up(64), 64);
    assert_int_equal(nni_align_up(65), 128);
}

/* ---- handles ---- */

struct thing {
    struct nni_handle handle;
    void *owned;
    int *destroyed;
};

static void thing_destroy(void *handle)
{
    struct thing *thing = handle;
    nni_free(thing->handle.context, thing->owned);
    ++*thing->destroyed;
}

static struct thing *thing_create(nn_context *context, int *destroyed)
{
    struct thing *thing = nni_handle_create(context, sizeof *thing, thing_destroy);
    assert_non_null(thing);
    thing->destroyed = destroyed;
    thing->owned = nni_alloc(context, 10, 10);
    return thing;
}

static void a_handle_goes_with_its_last_reference(void **state)
{
    (void)state;
    int destroyed = 0;
    struct thing *thing = thing_create(NULL, &destroyed);
    assert_ptr_equal(nni_handle_retain(thing), thing);
    nni_handle_release(thing);
    assert_int_equal(destroyed, 0);
    nni_handle_release(thing);
    assert_int_equal(destroyed, 1);
    nni_handle_release(NULL);
}

static void a_handle_may_own_nothing(void **state)
{
    (void)state;
    struct nni_handle *handle = nni_handle_create(NULL, sizeof *handle, NULL);
    assert_non_null(handle);
    nni_handle_release(handle);
}

static void a_context_lives_as_long_as_its_handles(void **state)
{
    (void)state;
    struct host host;
    int destroyed = 0;
    nn_context *context = hosted_context(&host);
    struct thing *first = thing_create(context, &destroyed);
    struct thing *second = thing_create(context, &destroyed);
    nn_context_destroy(context);
    nni_handle_release(first);
    assert_int_equal(host.alive, 3);
    nni_handle_release(second);
    assert_int_equal(destroyed, 2);
    assert_int_equal(host.alive, 0);
}

static void a_handle_that_cannot_be_made_holds_nothing(void **state)
{
    (void)state;
    struct host host;
    nn_context *context = hosted_context(&host);
    host.left = 0;
    assert_null(nni_handle_create(context, sizeof(struct thing), thing_destroy));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY);
    assert_int_equal(nn_context_set_seed(context, 1), NN_OK);
    nn_context_destroy(context);
    assert_int_equal(host.alive, 0);
}

static void handles_of_different_contexts_are_told_apart(void **state)
{
    (void)state;
    int destroyed = 0;
    nn_context *context = nn_context_create(NULL);
    struct thing *a = thing_create(NULL, &destroyed);
    struct thing *b = thing_create(NULL, &destroyed);
    struct thing *c = thing_create(context, &destroyed);
    assert_int_equal(nni_handle_same_context(a, "model", b, "layer"), NN_OK);
    assert_int_equal(nni_handle_same_context(a, "model", c, "layer"), NN_ERROR_CONTEXT);
    assert_string_equal(nn_last_error(),
                        "model and layer were made with different contexts");
    nni_handle_release(a);
    nni_handle_release(b);
    nni_handle_release(c);
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_aligned_and_zeroed),
        cmocka_unit_test(freeing_null_is_accepted),
        cmocka_unit_test(the_count_follows_the_blocks),
        cmocka_unit_test(products_that_overflow_are_refused),
        cmocka_unit_test(the_allocators_failure_is_reported_and_not_counted),
        cmocka_unit_test(the_limit_is_kept_to_the_byte),
        cmocka_unit_test(growing_keeps_what_was_there_and_zeroes_the_rest),
        cmocka_unit_test(growing_that_fails_leaves_the_block),
        cmocka_unit_test(texts_are_copied),
        cmocka_unit_test(checked_products_and_sums_refuse_overflow_and_negatives),
        cmocka_unit_test(sizes_are_rounded_up_to_64),
        cmocka_unit_test(a_handle_goes_with_its_last_reference),
        cmocka_unit_test(a_handle_may_own_nothing),
        cmocka_unit_test(a_context_lives_as_long_as_its_handles),
        cmocka_unit_test(a_handle_that_cannot_be_made_holds_nothing),
        cmocka_unit_test(handles_of_different_contexts_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
