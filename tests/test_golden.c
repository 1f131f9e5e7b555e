/* Golden files: models that were written once load for ever, with the parameters, the
 * predictions and the names that they had. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/nn.h>

#include "support/golden.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char folder[] = "tests/golden";

static nn_model *load_golden(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, name);
    nn_model *model = nn_model_load(NULL, path);
    if (model == NULL) {
        fail_msg("%s", nn_last_error());
    }
    return model;
}

/* Calls body with the name and the hashes of each line of expected.txt; returns how many
 * there are. */
static int for_every_line(void (*body)(const char *name, const char *hashes))
{
    char path[300];
    char line[GOLDEN_LINE_SIZE + 64];
    int count = 0;
    snprintf(path, sizeof path, "%s/expected.txt", folder);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *space = strchr(line, ' ');
        if (line[0] == '#') {
            continue;
        }
        assert_non_null(space);
        *space = '\0';
        body(line, space + 1);
        count++;
    }
    fclose(file);
    return count;
}

static void assert_golden(const char *name, const char *hashes)
{
    char line[GOLDEN_LINE_SIZE];
    nn_model *model = load_golden(name);
    golden_line(model, line);
    if (strcmp(line, hashes) != 0) {
        fail_msg("%s: %s, expected %s", name, line, hashes);
    }
    nn_model_destroy(model);
}

static void test_every_golden_file_is_the_model_it_was(void **state)
{
    (void)state;
    assert_true(for_every_line(assert_golden) >= 7);
}

static void test_every_golden_file_has_its_line(void **state)
{
    (void)state;
    DIR *files = opendir(folder);
    int count = 0;
    assert_non_null(files);
    for (struct dirent *entry = readdir(files); entry != NULL; entry = readdir(files)) {
        count += strstr(entry->d_name, ".safetensors") != NULL;
    }
    closedir(files);
    assert_int_equal(count, for_every_line(assert_golden));
}

/* A golden file can be saved and loaded as any model. */
static void assert_saves_again(const char *name, const char *hashes)
{
    static char buffer[1 << 16];
    char line[GOLDEN_LINE_SIZE];
    size_t size;
    nn_model *model = load_golden(name);
    assert_int_equal(nn_model_save_memory(model, buffer, sizeof buffer, &size), NN_OK);
    nn_model *again = nn_model_load_memory(NULL, buffer, size);
    assert_non_null(again);
    golden_line(again, line);
    assert_string_equal(line, hashes);
    nn_model_destroy(again);
    nn_model_destroy(model);
}

static void test_golden_files_can_be_saved_again(void **state)
{
    (void)state;
    for_every_line(assert_saves_again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_golden_file_is_the_model_it_was),
        cmocka_unit_test(test_every_golden_file_has_its_line),
        cmocka_unit_test(test_golden_files_can_be_saved_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
