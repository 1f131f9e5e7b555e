/* A host whose locale writes numbers with a comma: every public function, by the tables of
 * support/api.h, gives the bits and texts that it gives in the C locale, and leaves the
 * locale as it is. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/api.h"
#include "support/locale.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

enum { ROWS_MAX = 500, TEXT_SIZE = 4096 };

static uint64_t hash_of_row(const struct api_row *row)
{
    struct world world;
    nn_context *context = nn_context_create(NULL);
    world_open(&world, context, NULL, NULL);
    if (!row->call(&world))
        fail_msg("%.60s: %s", row->functions, nn_last_error());
    world_note_all(&world);
    uint64_t hash = world.hash;
    world_close(&world);
    nn_context_destroy(context);
    return hash;
}

static void every_function_gives_the_same_bits(void **state)
{
    (void)state;
    static uint64_t plain[ROWS_MAX];
    const struct api_row *row;
    for (int32_t i = 0; (row = api_row_at(i)) != NULL; i++) {
        assert_true(i < ROWS_MAX);
        plain[i] = hash_of_row(row);
    }
    use_comma_locale();
    for (int32_t i = 0; (row = api_row_at(i)) != NULL; i++)
        if (hash_of_row(row) != plain[i])
            fail_msg("%.60s: other bits in a locale with a comma", row->functions);
    assert_string_equal(localeconv()->decimal_point, ",");
    setlocale(LC_ALL, "C");
}

/* What a training run writes into a file. */
static size_t write_history(const char *path, char *text)
{
    struct world world;
    nn_context *context = nn_context_create(NULL);
    world_open(&world, context, NULL, NULL);
    assert_int_equal(nn_trainer_fit(world.trainer, world.samples, NULL, 2), NN_OK);
    assert_int_equal(nn_trainer_write_history(world.trainer, path), NN_OK);
    world_close(&world);
    nn_context_destroy(context);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t length = fread(text, 1, TEXT_SIZE - 1, file);
    fclose(file);
    text[length] = 0;
    return length;
}

static void files_are_written_with_points(void **state)
{
    (void)state;
    char plain[TEXT_SIZE], with_comma[TEXT_SIZE], path[WORLD_PATH];
    struct world world;
    nn_context *context = nn_context_create(NULL);
    world_open(&world, context, NULL, NULL);
    snprintf(path, sizeof path, "%s", world.files->history);
    world_close(&world);
    nn_context_destroy(context);
    assert_true(write_history(path, plain) > 20);
    use_comma_locale();
    write_history(path, with_comma);
    setlocale(LC_ALL, "C");
    assert_non_null(strchr(plain, '.'));
    assert_string_equal(plain, with_comma);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_gives_the_same_bits),
        cmocka_unit_test(files_are_written_with_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
