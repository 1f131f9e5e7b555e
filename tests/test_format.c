/* docs/format.md names every kind of layer with its options, their defaults and how many
 * inputs it takes, and every activation, initialiser and limit: a stranger's reader is
 * written from it. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "io/model_file.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char page[1 << 16];

static int read_page(void **state)
{
    (void)state;
    FILE *file = fopen("docs/format.md", "rb");
    assert_non_null(file);
    size_t size = fread(page, 1, sizeof page - 1, file);
    assert_in_range(size, 1000, sizeof page - 2);
    fclose(file);
    return 0;
}

/* The row of the table of layers that begins with a cell naming the kind. */
static void row_of(const char *kind, char *row, size_t size)
{
    char word[80];
    snprintf(word, sizeof word, "`%s`", kind);
    const char *line = strstr(page, "\n| kind | inputs | options");
    assert_non_null(line);
    for (line++; line[0] == '|'; line = strchr(line, '\n') + 1) {
        const char *end = strchr(line, '\n');
        const char *cell_end = strchr(line + 1, '|');
        const char *found = strstr(line, word);
        if (found != NULL && found < cell_end) {
            assert_true((size_t)(end - line) < size);
            memcpy(row, line, (size_t)(end - line));
            row[end - line] = '\0';
            return;
        }
    }
    fail_msg("docs/format.md has no row for %s", kind);
}

static void assert_in(const char *row, const char *kind, const char *text)
{
    if (strstr(row, text) == NULL) {
        fail_msg("docs/format.md, %s: \"%s\" is not in \"%s\"", kind, text, row);
    }
}

static void assert_option(const char *row, const char *kind,
                          const struct nni_option *option)
{
    char text[120];
    if (option->type == NNI_OPTION_INTS || option->type == NNI_OPTION_FLOATS) {
        snprintf(text, sizeof text, "`%s`", option->name);
    } else if (option->type == NNI_OPTION_CHOICE) {
        snprintf(text, sizeof text, "`%s` (`%s`", option->name,
                 option->choices[(int32_t)option->standard]);
    } else {
        snprintf(text, sizeof text, "`%s` (%s", option->name,
                 nni_number_text(option->standard, 17).text);
    }
    assert_in(row, kind, text);
}

static void test_every_layer_is_described(void **state)
{
    (void)state;
    for (int32_t i = 0; nni_layer_type_at(i) != NULL; i++) {
        const struct nni_layer_type *type = nni_layer_type_at(i);
        char row[512];
        char inputs[40];
        row_of(type->name, row, sizeof row);
        if (type->min_inputs == type->max_inputs) {
            snprintf(inputs, sizeof inputs, "| %d |", (int)type->min_inputs);
        } else {
            snprintf(inputs, sizeof inputs, "| %d ... %d |", (int)type->min_inputs,
                     (int)type->max_inputs);
        }
        assert_in(row, type->name, inputs);
        for (int32_t k = 0; k < type->option_count; k++) {
            assert_option(row, type->name, &type->options[k]);
        }
        for (int32_t k = 0; type->parameters != NULL && type->parameters[k] != NULL;
             k++) {
            char word[80];
            snprintf(word, sizeof word, "`%s`", type->parameters[k]);
            assert_in(row, type->name, word);
        }
    }
}

static void test_every_word_is_named(void **state)
{
    (void)state;
    char word[80];
    for (int32_t i = 0; nn_activation_name(i) != NULL; i++) {
        snprintf(word, sizeof word, "`%s`", nn_activation_name(i));
        assert_in(page, "activations", word);
    }
    for (int32_t i = 1; nn_initializer_name(i) != NULL; i++) {
        snprintf(word, sizeof word, "`%s`", nn_initializer_name(i));
        assert_in(page, "initialisers", word);
    }
    for (int32_t i = 0; i < NNI_STORED_COUNT; i++) {
        snprintf(word, sizeof word, "`%s`", nni_stored_name((enum nni_stored)i));
        assert_in(page, "types", word);
    }
    for (int32_t i = 1; nni_dtype_choices[i] != NULL; i++) {
        snprintf(word, sizeof word, "`%s`", nni_dtype_choices[i]);
        assert_in(page, "dtypes", word);
    }
}

static void test_limits_are_those_of_the_reader(void **state)
{
    (void)state;
    assert_int_equal(NNI_JSON_LENGTH_MAX, 100000000);
    assert_in(page, "limits", "100,000,000 bytes");
    assert_int_equal(NNI_JSON_NODES_MAX, 1048576);
    assert_in(page, "limits", "1,048,576 values");
    assert_int_equal(NNI_JSON_DEPTH_MAX, 16);
    assert_in(page, "limits", "16 arrays and objects");
    assert_int_equal(NNI_MODEL_NODES_MAX, 16384);
    assert_in(page, "limits", "at most 16,384");
    assert_int_equal(NNI_STORED_RANK_MAX, 8);
    assert_in(page, "limits", "at most 8 whole numbers");
    assert_int_equal(NNI_NAME_SIZE, 64);
    assert_in(page, "limits", "1 ... 63 letters");
    assert_int_equal(NNI_MODEL_VERSION, 1);
    assert_in(page, "version", "\nVersion 1.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_layer_is_described),
        cmocka_unit_test(test_every_word_is_named),
        cmocka_unit_test(test_limits_are_those_of_the_reader),
    };
    return cmocka_run_group_tests(tests, read_page, NULL);
}
