/* Every public function of src/libnn.map, by the tables of support/api.h, under memory that
 * fails at its first, second, ... allocation: it says NN_ERROR_MEMORY, loses nothing, leaves
 * handles that can be destroyed, and with memory the same call gives the bits of an
 * undisturbed one. Functions that are said not to allocate do not. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/api.h"
#include "support/settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_SIZE = 64, ALLOCATIONS_MAX = 2000 };

/* ---- the tables are complete ---- */

/* How often a name stands in the tables. */
static int times_in_tables(const char *name)
{
    const size_t length = strlen(name);
    int times = 0;
    const struct api_row *row;
    for (int32_t i = 0; (row = api_row_at(i)) != NULL; i++) {
        const char *at = row->functions;
        while ((at = strstr(at, name)) != NULL) {
            int begins = at == row->functions || at[-1] == ' ';
            at += length;
            times += begins && (*at == ' ' || *at == 0);
        }
    }
    return times;
}

static int names_in_tables(void)
{
    int names = 0;
    const struct api_row *row;
    for (int32_t i = 0; (row = api_row_at(i)) != NULL; i++) {
        names++;
        for (const char *c = row->functions; *c != 0; c++)
            names += *c == ' ';
    }
    return names;
}

static void every_public_function_is_in_the_tables(void **state)
{
    (void)state;
    char line[256], name[NAME_SIZE];
    int exported = 0, missing = 0;
    FILE *map = fopen("src/libnn.map", "r");
    assert_non_null(map);
    while (fgets(line, sizeof line, map) != NULL) {
        if (sscanf(line, " %63[a-z0-9_];", name) != 1 || strncmp(name, "nn_", 3) != 0)
            continue;
        exported++;
        if (times_in_tables(name) != 1) {
            print_error("%s is in %d rows of tests/support/api_*.c, not in 1\n", name,
                        times_in_tables(name));
            missing++;
        }
    }
    fclose(map);
    assert_true(exported > 200);
    assert_int_equal(missing, 0);
    assert_int_equal(exported, names_in_tables());
}

/* ---- failing memory ---- */

struct trial {
    const struct api_row *row;
    struct scarce_memory memory;
    nn_allocator allocator;
    nn_context *context;
    struct world world;
};

static void trial_open(struct trial *trial, const struct api_row *row)
{
    trial->row = row;
    trial->allocator = scarce_allocator(&trial->memory);
    trial->context = nn_context_create(&trial->allocator);
    assert_non_null(trial->context);
    world_open(&trial->world, trial->context, &trial->allocator, &trial->memory);
}

/* Everything goes, and gives back all memory. */
static void trial_close(struct trial *trial)
{
    trial->memory.left = -1;
    world_close(&trial->world);
    nn_context_destroy(trial->context);
    if (trial->memory.blocks != 0)
        fail_msg("%.60s: %d blocks are lost", trial->row->functions,
                 (int)trial->memory.blocks);
}

/* The hash of a call that nothing disturbs, and the number of its allocations. */
static uint64_t undisturbed(const struct api_row *row, int64_t *allocations)
{
    struct trial trial;
    trial_open(&trial, row);
    int64_t before = trial.memory.asked;
    if (!row->call(&trial.world))
        fail_msg("%.60s: %s", row->functions, nn_last_error());
    *allocations = trial.memory.asked - before;
    uint64_t hash = trial.world.hash;
    trial_close(&trial);
    return hash;
}

/* Allocation n of the call fails, with all after it; then, where asked, it is repeated. */
static void fail_at(const struct api_row *row, int64_t n, int repeat, uint64_t hash)
{
    struct trial trial;
    trial_open(&trial, row);
    trial.memory.left = n;
    if (row->call(&trial.world))
        fail_msg("%.60s: succeeds without allocation %d", row->functions, (int)n);
    if (nn_last_status() != NN_ERROR_MEMORY)
        fail_msg("%.60s, allocation %d: %s", row->functions, (int)n, nn_last_error());
    trial.memory.left = -1;
    if (repeat) {
        trial.world.hash = HASH_START;
        if (!row->call(&trial.world))
            fail_msg("%.60s, after allocation %d failed: %s", row->functions, (int)n,
                     nn_last_error());
        if (trial.world.hash != hash)
            fail_msg("%.60s, after allocation %d failed: other bits", row->functions,
                     (int)n);
    }
    trial_close(&trial);
}

static void every_allocation_of_every_function_may_fail(void **state)
{
    (void)state;
    const struct api_row *row;
    int64_t all = 0;
    for (int32_t i = 0; (row = api_row_at(i)) != NULL; i++) {
        int64_t allocations;
        uint64_t hash = undisturbed(row, &allocations);
        if (row->allocates != (allocations > 0))
            fail_msg("%.60s: allocates %d times", row->functions, (int)allocations);
        assert_true(allocations < ALLOCATIONS_MAX);
        for (int64_t n = 0; n < allocations; n++) {
            fail_at(row, n, 0, hash);
            fail_at(row, n, 1, hash);
        }
        all += allocations;
    }
    print_message("%d allocations failed\n", (int)all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_public_function_is_in_the_tables),
        cmocka_unit_test(every_allocation_of_every_function_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
