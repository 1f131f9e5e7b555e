/* The runs of tests/hash give the committed hashes with every instruction set of this
 * machine, on 1, 2, 3 and 8 threads and with an executor that runs tasks backwards, and
 * their networks give each sample the same output alone and in any batch. The runs leave
 * out nothing that the tables of layers, activations, losses and optimizers have. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "hash/expected.h"
#include "hash/lines.h"
#include "support/networks.h"
#include "support/settings.h"

#include "kernels/kernels.h"
#include "layers/layer.h"
#include "losses/loss.h"
#include "optimizers/optimizer.h"

#include <string.h>

/* ---- the list ---- */

enum { LINES_MAX = 256 };
static uint64_t expected[LINES_MAX];

static int read_expected(void **state)
{
    (void)state;
    return hash_expected(expected, LINES_MAX) ? 0 : -1;
}

/* ---- settings ---- */

/* Calls body with each instruction set that this machine and NN_MAX_ISA allow. */
static void for_every_isa(void (*body)(struct setting *setting), struct setting setting)
{
    int32_t tried = 0;
    for (int32_t isa = 0; nn_isa_name(isa) != NULL; isa++) {
        if (nni_kernels_of_isa(isa) == NULL || isa > nn_context_isa(NULL)) {
            continue;
        }
        setting.name = nn_isa_name(isa);
        setting.isa = isa;
        body(&setting);
        tried++;
    }
    assert_true(tried > 0);
}

static void check_lines(struct setting *setting)
{
    nn_context *context = setting_context(setting);
    assert_int_equal(nn_context_isa(context), setting->isa);
    for (int32_t i = 0; hash_line_at(i) != NULL; i++) {
        const struct hash_line *line = hash_line_at(i);
        if (hash_of_line(context, line) != expected[i]) {
            fail_msg("%s: other bits with %s", line->name, setting->name);
        }
    }
    nn_context_destroy(context);
}

static void one_thread_gives_the_expected_bits(void **state)
{
    (void)state;
    for_every_isa(check_lines, (struct setting){.threads = 1});
}

static void two_threads_give_the_expected_bits(void **state)
{
    (void)state;
    for_every_isa(check_lines, (struct setting){.threads = 2});
}

static void three_threads_give_the_expected_bits(void **state)
{
    (void)state;
    for_every_isa(check_lines, (struct setting){.threads = 3});
}

static void eight_threads_give_the_expected_bits(void **state)
{
    (void)state;
    for_every_isa(check_lines, (struct setting){.threads = 8});
}

static void tasks_run_backwards_give_the_expected_bits(void **state)
{
    (void)state;
    for_every_isa(check_lines, (struct setting){.threads = 1, .backwards = 1});
}

/* ---- batches ---- */

enum { ROWS = 1000, OUTPUT_MAX = 5 };
struct outputs {
    float value[HASH_OUTPUTS][ROWS * OUTPUT_MAX];
};

/* Runs ROWS samples in calls of `group` each. */
static void run_in_groups(nn_model *model, nn_tensor *const *inputs, int64_t group,
                          struct outputs *outputs)
{
    nn_session *session = nn_session_create(model, 0);
    assert_non_null(session);
    memset(outputs, 0, sizeof *outputs);
    for (int64_t first = 0; first < ROWS; first += group) {
        const int64_t rows = ROWS - first < group ? ROWS - first : group;
        nn_tensor *parts[HASH_INPUTS] = {NULL};
        const void *from[HASH_INPUTS];
        void *to[HASH_OUTPUTS];
        for (int32_t i = 0; i < nn_model_input_count(model); i++) {
            parts[i] = nn_tensor_slice(inputs[i], first, rows);
            from[i] = nn_tensor_data_const(parts[i]);
        }
        for (int32_t i = 0; i < nn_model_output_count(model); i++) {
            int32_t rank;
            const nn_node node = nn_model_output_node(model, i);
            const int64_t *shape = nn_model_node_shape(model, node, &rank, NULL);
            const int64_t width = rank == 0 ? 1 : shape[0];
            assert_true(rank <= 1 && width <= OUTPUT_MAX);
            to[i] = outputs->value[i] + first * width;
        }
        assert_ok(nn_session_run(session, from, rows, to));
        for (int32_t i = 0; i < HASH_INPUTS; i++) {
            nn_tensor_destroy(parts[i]);
        }
    }
    nn_session_destroy(session);
}

static void check_groups(nn_context *context, const struct hash_line *line,
                         const char *isa)
{
    static struct outputs whole, parts;
    static const int64_t groups[] = {1, 2, 7, 64};
    nn_tensor *inputs[HASH_INPUTS] = {NULL};
    nn_model *model = hash_model(context, line);
    for (int32_t i = 0; i < nn_model_input_count(model); i++) {
        inputs[i] = hash_input(context, model, i, ROWS);
    }
    run_in_groups(model, inputs, ROWS, &whole);
    for (int32_t i = 0; i < 4; i++) {
        run_in_groups(model, inputs, groups[i], &parts);
        if (memcmp(&whole, &parts, sizeof whole) != 0) {
            fail_msg("%s: other bits in batches of %d with %s", line->name,
                     (int)groups[i], isa);
        }
    }
    for (int32_t i = 0; i < HASH_INPUTS; i++) {
        nn_tensor_destroy(inputs[i]);
    }
    nn_model_destroy(model);
}

/* The line is the first one with this network and activation. The widest network is too
 * slow for so many samples where every fma is computed by hand. */
static int has_a_new_network(int32_t index, int32_t isa)
{
    const struct hash_line *line = hash_line_at(index);
    if (isa == NN_ISA_PORTABLE && line->network == hash_wide) {
        return 0;
    }
    for (int32_t i = 0; i < index; i++) {
        const struct hash_line *other = hash_line_at(i);
        if (other->network == line->network && other->activation == line->activation) {
            return 0;
        }
    }
    return 1;
}

static void check_grouping(struct setting *setting)
{
    nn_context *context = setting_context(setting);
    for (int32_t i = 0; hash_line_at(i) != NULL; i++) {
        if (has_a_new_network(i, setting->isa)) {
            check_groups(context, hash_line_at(i), setting->name);
        }
    }
    nn_context_destroy(context);
}

static void samples_give_the_same_bits_alone_and_in_any_batch(void **state)
{
    (void)state;
    for_every_isa(check_grouping, (struct setting){.threads = 1});
}

/* ---- the runs leave out nothing ---- */

/* Whether a network of the list has a layer of this kind and, where it is not negative,
 * with this activation. */
static int has_layer(const char *kind, int32_t activation)
{
    int found = 0;
    for (int32_t i = 0; hash_line_at(i) != NULL && !found; i++) {
        nn_model *model = hash_model(NULL, hash_line_at(i));
        for (int32_t node = 0; node < nn_model_node_count(model); node++) {
            const nn_layer *layer = nn_model_node_layer(model, node);
            double value = -1;
            if (strcmp(nn_layer_kind(layer), kind) != 0) {
                continue;
            }
            if (activation >= 0) {
                assert_ok(nn_layer_option(layer, "activation", &value));
            }
            found = found || value == activation;
        }
        nn_model_destroy(model);
    }
    return found;
}

static void every_kind_of_layer_is_in_a_network(void **state)
{
    (void)state;
    for (int32_t i = 0; nni_layer_type_at(i) != NULL; i++) {
        if (!has_layer(nni_layer_type_at(i)->name, -1)) {
            fail_msg("no network has a layer '%s'", nni_layer_type_at(i)->name);
        }
    }
}

static void every_activation_is_in_a_network(void **state)
{
    (void)state;
    for (int32_t a = 0; nn_activation_name(a) != NULL; a++) {
        if (!has_layer("dense", a) || !has_layer("activation", a)) {
            fail_msg("no network has the activation '%s'", nn_activation_name(a));
        }
    }
}

static int sets_option(const struct hash_option *options, const char *name)
{
    for (const struct hash_option *o = options; o->name != NULL; o++) {
        if (strcmp(o->name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Whether a run has the optimizer (or, for NULL, any) with this option set. */
static int has_optimizer(const char *kind, const char *option)
{
    for (int32_t i = 0; hash_line_at(i) != NULL; i++) {
        const struct hash_line *line = hash_line_at(i);
        const char *used = line->optimizer != NULL ? line->optimizer : "sgd";
        if ((kind == NULL || strcmp(kind, used) == 0) &&
            (option == NULL || sets_option(line->optimizer_options, option))) {
            return 1;
        }
    }
    return 0;
}

static int is_common_option(const char *name)
{
    const struct nni_optimizer_type *sgd = nni_optimizer_type_named("sgd");
    for (int32_t i = 0; i < sgd->option_count; i++) {
        if (strcmp(sgd->options[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

static void every_optimizer_with_each_option_is_in_a_run(void **state)
{
    (void)state;
    for (int32_t k = 0; nni_optimizer_type_at(k) != NULL; k++) {
        const struct nni_optimizer_type *type = nni_optimizer_type_at(k);
        assert_true(has_optimizer(type->name, NULL));
        for (int32_t i = 0; i < type->option_count; i++) {
            const char *name = type->options[i].name;
            if (!has_optimizer(is_common_option(name) ? NULL : type->name, name)) {
                fail_msg("no run has option '%s' of %s", name, type->name);
            }
        }
    }
}

static int has_loss(const char *kind, const char *option)
{
    for (int32_t i = 0; hash_line_at(i) != NULL; i++) {
        const struct hash_line *line = hash_line_at(i);
        const char *used = line->loss != NULL ? line->loss : "softmax_cross_entropy";
        if (strcmp(kind, used) == 0 &&
            (option == NULL || sets_option(line->loss_options, option) ||
             (line->class_weights > 0 && strcmp(option, "class_weights") == 0))) {
            return 1;
        }
    }
    return 0;
}

static void every_loss_with_each_option_is_in_a_run(void **state)
{
    (void)state;
    for (int32_t k = 0; nni_loss_type_at(k) != NULL; k++) {
        const struct nni_loss_type *type = nni_loss_type_at(k);
        assert_true(has_loss(type->name, NULL));
        for (int32_t i = 0; i < type->option_count; i++) {
            if (!has_loss(type->name, type->options[i].name)) {
                fail_msg("no run has option '%s' of %s", type->options[i].name,
                         type->name);
            }
        }
    }
}

/* Takes one option out of a list; 0 where the list has no such one. */
static int leave_out_one(struct hash_option *options, int32_t option)
{
    if (options[option].name == NULL) {
        return 0;
    }
    for (int32_t i = option; options[i].name != NULL; i++) {
        options[i] = options[i + 1];
    }
    return 1;
}

/* An option that changes nothing (a limit that is never reached) would prove nothing. */
static void every_option_of_a_run_changes_its_bits(void **state)
{
    (void)state;
    for (int32_t i = 0; hash_line_at(i) != NULL; i++) {
        for (int32_t option = 0; option < HASH_OPTIONS; option++) {
            struct hash_line less = *hash_line_at(i);
            if (leave_out_one(less.optimizer_options, option) &&
                hash_of_line(NULL, &less) == expected[i]) {
                fail_msg("%s: option %d changes no bit", less.name, (int)option);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_thread_gives_the_expected_bits),
        cmocka_unit_test(two_threads_give_the_expected_bits),
        cmocka_unit_test(three_threads_give_the_expected_bits),
        cmocka_unit_test(eight_threads_give_the_expected_bits),
        cmocka_unit_test(tasks_run_backwards_give_the_expected_bits),
        cmocka_unit_test(samples_give_the_same_bits_alone_and_in_any_batch),
        cmocka_unit_test(every_kind_of_layer_is_in_a_network),
        cmocka_unit_test(every_activation_is_in_a_network),
        cmocka_unit_test(every_optimizer_with_each_option_is_in_a_run),
        cmocka_unit_test(every_loss_with_each_option_is_in_a_run),
        cmocka_unit_test(every_option_of_a_run_changes_its_bits),
    };
    return cmocka_run_group_tests(tests, read_expected, NULL);
}
