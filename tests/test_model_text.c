/* Models as text: the summary and the graph in dot, whole and cut to a buffer. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/datasets.h"
#include "support/networks.h"

#include <stdlib.h>
#include <string.h>

typedef nn_status write_text(nn_model *model, char *buffer, size_t capacity,
                             size_t *length);

/* The whole text, to be freed. */
static char *text_of(write_text *write, nn_model *model)
{
    size_t length = 0, again = 0;
    assert_ok(write(model, NULL, 0, &length));
    assert_true(length > 0);
    char *text = malloc(length + 1);
    assert_non_null(text);
    assert_ok(write(model, text, length + 1, &again));
    assert_int_equal(again, length);
    assert_int_equal(strlen(text), length);
    return text;
}

static void assert_contains(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("no \"%s\" in\n%s", part, text);
}

static int count_of(const char *text, const char *part)
{
    int count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        count++;
    return count;
}

static nn_model *small_model(void)
{
    nn_model *model = nn_model_create(NULL);
    nn_layer *hidden = nn_dense(NULL, 4, NN_TANH);
    assert_ok(nn_layer_set_name(hidden, "hidden"));
    nn_model_add(model, nn_input(NULL, 3));
    nn_model_add(model, hidden);
    nn_model_add(model, nn_dropout(NULL, 0.5));
    assert_ok(nn_model_add(model, nn_dense(NULL, 2, NN_LINEAR)));
    return model;
}

static void a_summary_is_a_table_of_the_nodes(void **state)
{
    (void)state;
    nn_model *model = small_model();
    char *text = text_of(nn_model_summary, model);
    const char *expected[] = {
        "node name               layer                output           parameters   inp",
        "0    input_1            input                (3)              0            \n",
        "1    hidden             dense tanh           (4)              16           0\n",
        "2    dropout_1          dropout              (4)              0            1\n",
        "3    dense_1            dense linear         (2)              10           2\n",
        "26 parameters in 4 tensors, ",
    };
    for (int i = 0; i < 6; i++)
        assert_contains(text, expected[i]);
    assert_int_equal(count_of(text, "\n"), 6);
    free(text);
    nn_model_destroy(model);
}

static void a_summary_says_what_is_frozen_and_who_reads_whom(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL);
    assert_ok(nn_layer_set_trainable(nn_model_layer(model, "dense_1"), 0));
    char *text = text_of(nn_model_summary, model);
    assert_contains(text, "0, 2\n"); /* the skip connection */
    assert_int_equal(count_of(text, "(frozen)"), 2);
    free(text);
    nn_model_destroy(model);
}

static void long_names_do_not_touch_the_next_column(void **state)
{
    (void)state;
    char name[64];
    memset(name, 'n', 63);
    name[63] = 0;
    nn_layer *layer = nn_dense(NULL, 2, NN_RELU);
    assert_ok(nn_layer_set_name(layer, name));
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    assert_ok(nn_model_add(model, layer));
    char *text = text_of(nn_model_summary, model);
    assert_contains(text, "nnn dense relu ");
    free(text);
    nn_model_destroy(model);
}

static void the_graph_in_dot_has_nodes_edges_and_outputs(void **state)
{
    (void)state;
    nn_model *model = small_model();
    char *text = text_of(nn_model_dot, model);
    assert_string_equal(text, "digraph model {\n"
                              "    node [shape=box];\n"
                              "    n0 [label=\"input_1\\ninput\\n(3)\"];\n"
                              "    n1 [label=\"hidden\\ndense tanh\\n(4)\"];\n"
                              "    n0 -> n1;\n"
                              "    n2 [label=\"dropout_1\\ndropout\\n(4)\"];\n"
                              "    n1 -> n2;\n"
                              "    n3 [label=\"dense_1\\ndense linear\\n(2)\"];\n"
                              "    n2 -> n3;\n"
                              "    n3 [peripheries=2];\n"
                              "}\n");
    free(text);
    nn_model_destroy(model);
}

static void dot_shows_every_use_of_a_node(void **state)
{
    (void)state;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    nn_model_output(model,
                    nn_model_apply_many(model, nn_add(NULL), (nn_node[]){0, 0}, 2));
    char *text = text_of(nn_model_dot, model);
    assert_int_equal(count_of(text, "n0 -> n1;"), 2);
    free(text);
    nn_model_destroy(model);
}

static void assert_cut(write_text *write, nn_model *model)
{
    char *whole = text_of(write, model);
    size_t size = strlen(whole);
    char *cut = malloc(size + 8);
    size_t capacities[] = {1, 2, 17, size - 1, size, size + 1, size + 8};
    for (int i = 0; i < 7; i++) {
        size_t capacity = capacities[i], length = 0;
        size_t kept = capacity - 1 < size ? capacity - 1 : size;
        memset(cut, '#', size + 8);
        assert_ok(write(model, cut, capacity, &length));
        assert_int_equal(length, size);
        assert_int_equal(strlen(cut), kept);
        assert_memory_equal(cut, whole, kept);
        for (size_t k = kept + 1; k < size + 8; k++)
            assert_int_equal(cut[k], '#');
    }
    assert_ok(write(model, cut, size + 1, NULL));
    assert_string_equal(cut, whole);
    cut[0] = '#';
    assert_ok(write(model, cut, 0, NULL));
    assert_int_equal(cut[0], '#');
    free(cut);
    free(whole);
}

static void a_text_is_cut_to_the_buffer(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL);
    assert_cut(nn_model_summary, model);
    assert_cut(nn_model_dot, model);
    nn_model_destroy(model);
}

static void assert_refuses(write_text *write)
{
    char buffer[8] = "#######";
    size_t length = 5;
    nn_model *model = nn_model_create(NULL);
    assert_int_equal(write(model, buffer, sizeof buffer, &length), NN_ERROR_GRAPH);
    assert_int_equal(length, 0);
    assert_string_equal(buffer, "");
    assert_int_equal(write(model, NULL, 8, &length), NN_ERROR_NULL);
    assert_failure(NN_ERROR_NULL, "buffer is NULL");
    length = 5;
    assert_int_equal(write(NULL, buffer, sizeof buffer, &length), NN_ERROR_NULL);
    assert_int_equal(length, 0);
    nn_model_destroy(model);
}

static void what_has_no_text_leaves_an_empty_one(void **state)
{
    (void)state;
    assert_refuses(nn_model_summary);
    assert_refuses(nn_model_dot);
}

static void a_text_builds_the_model(void **state)
{
    (void)state;
    nn_model *model = small_model();
    free(text_of(nn_model_dot, model));
    assert_int_equal(nn_model_parameter_count(model), 4);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_summary_is_a_table_of_the_nodes),
        cmocka_unit_test(a_summary_says_what_is_frozen_and_who_reads_whom),
        cmocka_unit_test(long_names_do_not_touch_the_next_column),
        cmocka_unit_test(the_graph_in_dot_has_nodes_edges_and_outputs),
        cmocka_unit_test(dot_shows_every_use_of_a_node),
        cmocka_unit_test(a_text_is_cut_to_the_buffer),
        cmocka_unit_test(what_has_no_text_leaves_an_empty_one),
        cmocka_unit_test(a_text_builds_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
