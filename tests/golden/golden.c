/* Makes the golden files: models in version 1 of the format, one for each thing that a file
 * can hold, and a checkpoint. `make golden` writes those that are not there yet, and their lines in
 * expected.txt; a file that is there is never written again, since it has to load for
 * ever. To add one, add a line to the table. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "../support/golden.h"
#include "../support/job.h"
#include "../support/networks.h"

#include <stdio.h>
#include <string.h>

static nn_layer *named(nn_layer *layer, const char *name)
{
    assert_ok(nn_layer_set_name(layer, name));
    return layer;
}

/* A stack, with names that the library gave. */
static void make_stack(nn_model *model)
{
    nn_model_add(model, nn_input(NULL, 4));
    nn_model_add(model, nn_dense(NULL, 3, NN_RELU));
    nn_model_add(model, nn_dropout(NULL, 0.25));
    nn_model_add(model, nn_dense(NULL, 2, NN_SOFTMAX));
}

/* A layer that is applied twice, a skip connection, nodes with several inputs, one that
 * leads nowhere. */
static void make_graph(nn_model *model)
{
    const int64_t shape[] = {4};
    nn_layer *shared = named(nn_dense(NULL, 4, NN_GELU), "shared");
    nn_node x = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_node once = nn_model_apply(model, shared, x);
    nn_node twice = nn_model_apply(model, shared, once);
    nn_node sum = nn_model_apply_many(model, nn_add(NULL), (nn_node[]){x, twice}, 2);
    nn_node product =
        nn_model_apply_many(model, nn_multiply(NULL), (nn_node[]){sum, once, x}, 3);
    nn_node part = nn_model_apply(model, nn_slice(NULL, -1, 1, 2), x);
    nn_model_apply(model, nn_dense(NULL, 2, NN_LINEAR), part);
    nn_node both =
        nn_model_apply_many(model, nn_concat(NULL, 0), (nn_node[]){product, part}, 2);
    nn_model_output(model, nn_model_apply(model, nn_dense(NULL, 2, NN_LINEAR), both));
}

/* An input of each dtype, several outputs, names of classes. */
static void make_ports(nn_model *model)
{
    static const char *const names[] = {"cat", "dog", "\xc3\xa9l\xc3\xa9phant", "\"\\\n"};
    const int64_t shape[] = {2, 2};
    nn_node inputs[4];
    nn_node floats[4];
    for (int32_t dtype = NN_FLOAT32; dtype <= NN_INT64; dtype++) {
        int32_t i = dtype - NN_FLOAT32;
        inputs[i] = nn_model_input(model, dtype, shape, 2);
        floats[i] = nn_model_apply(model, nn_rescale(NULL, 1.0 / 255, -0.1), inputs[i]);
    }
    nn_node all = nn_model_apply_many(model, nn_concat(NULL, -1), floats, 4);
    nn_node flat = nn_model_apply(model, nn_flatten(NULL), all);
    nn_model_output(model, nn_model_apply(model, nn_dense(NULL, 4, NN_LINEAR), flat));
    nn_model_output(model, nn_model_apply(model, nn_dense(NULL, 1, NN_SIGMOID), flat));
    nn_model_output(model, inputs[0]);
    assert_ok(nn_model_set_class_names(model, 0, names, 4));
    assert_ok(nn_model_set_class_names(model, 1, names, 2));
}

/* Numbers that belong to a layer: one for all elements, one for each. */
static void make_standardize(nn_model *model)
{
    static const float mean[] = {0.1f, -3e30f, 1e-40f};
    static const float deviation[] = {0.3f, 3e38f, 1e-38f};
    nn_model_add(model, nn_input(NULL, 3));
    nn_model_add(model, nn_standardize(NULL, mean, deviation, 3));
    nn_model_add(model, nn_standardize(NULL, mean, deviation, 1));
    nn_model_add(model, nn_dense(NULL, 2, NN_LINEAR));
}

/* Layers that change shapes. */
static void make_shapes(nn_model *model)
{
    const int64_t shape[] = {2, 3};
    const int64_t turned[] = {3, 2};
    nn_node x = nn_model_input(model, NN_FLOAT32, shape, 2);
    nn_node reshaped = nn_model_apply(model, nn_reshape(NULL, turned, 2), x);
    nn_node product =
        nn_model_apply_many(model, nn_matmul(NULL, 0, 0), (nn_node[]){x, reshaped}, 2);
    nn_node other =
        nn_model_apply_many(model, nn_matmul(NULL, 1, 1), (nn_node[]){x, reshaped}, 2);
    nn_model_output(model, nn_model_apply(model, nn_sum(NULL, 0), product));
    nn_model_output(model, nn_model_apply(model, nn_sum(NULL, NN_ALL), other));
    nn_model_output(model, nn_model_apply(model, nn_mean(NULL, -1), product));
    nn_model_output(model, nn_model_apply(model, nn_mean(NULL, NN_ALL), x));
}

/* Every activation, as part of a dense layer and alone. */
static void make_activations(nn_model *model)
{
    nn_model_add(model, nn_input(NULL, 3));
    for (int32_t kind = 0; nn_activation_name(kind) != NULL; kind++) {
        nn_layer *dense = nn_dense(NULL, 3, kind);
        nn_layer *activation = nn_activation(NULL, kind);
        if (kind == NN_LEAKY_RELU || kind == NN_ELU) {
            assert_ok(nn_layer_set_float(dense, "alpha", 0.1));
            assert_ok(nn_layer_set_float(activation, "alpha", 1.0 / 3));
        }
        nn_model_add(model, dense);
        nn_model_add(model, activation);
    }
}

/* What training needs of layers: every initialiser, frozen layers, rate multipliers; a
 * dense layer without bias. */
static void make_training(nn_model *model)
{
    nn_model_add(model, nn_input(NULL, 2));
    for (int32_t kind = 0; nn_initializer_name(kind) != NULL; kind++) {
        nn_layer *layer = nn_dense(NULL, 2, NN_TANH);
        assert_ok(nn_layer_set_initializer(layer, "weight", kind, 0.3));
        assert_ok(nn_layer_set_initializer(layer, "bias", NN_INIT_CONSTANT, 0.1 * kind));
        assert_ok(nn_layer_set_trainable(layer, kind % 2));
        assert_ok(nn_layer_set_rate_multiplier(layer, kind * 0.1));
        nn_model_add(model, layer);
    }
    nn_layer *last = named(nn_dense(NULL, 1, NN_LINEAR), "without-bias");
    assert_ok(nn_layer_set_int(last, "bias", 0));
    nn_model_add(model, last);
}

static const struct {
    const char *name;
    void (*make)(nn_model *model);
} files[] = {
    {"stack", make_stack},       {"graph", make_graph},
    {"ports", make_ports},       {"standardize", make_standardize},
    {"shapes", make_shapes},     {"activations", make_activations},
    {"training", make_training},
};

/* Where a golden file lies, and 1 where it is there. */
static int golden_is_there(const char *folder, const char *name, char path[300])
{
    snprintf(path, 300, "%s/%s.safetensors", folder, name);
    FILE *there = fopen(path, "rb");
    if (there == NULL) {
        return 0;
    }
    fclose(there);
    return 1;
}

static void write_line(const char *folder, const char *name, nn_model *model)
{
    char path[300];
    char line[GOLDEN_LINE_SIZE];
    golden_line(model, line);
    snprintf(path, sizeof path, "%s/expected.txt", folder);
    FILE *expected = fopen(path, "a");
    assert_non_null(expected);
    fprintf(expected, "%s %s\n", name, line);
    fclose(expected);
}

static void write_golden(const char *folder, const char *name,
                         void (*make)(nn_model *model))
{
    char path[300];
    if (golden_is_there(folder, name, path)) {
        return;
    }
    nn_model *model = nn_model_create(NULL);
    assert_ok(nn_model_set_seed(model, UINT64_C(18446744073709551557)));
    make(model);
    assert_ok(nn_model_save(model, path));
    write_line(folder, name, model);
    nn_model_destroy(model);
}

/* A run in the middle of its second epoch. */
static void write_run(const char *folder, const char *name)
{
    char path[300];
    struct job job;
    if (golden_is_there(folder, name, path)) {
        return;
    }
    job_begin(&job, "adam");
    job.stop_after = JOB_GOLDEN_STEP;
    assert_ok(nn_trainer_set_checkpoint(job.trainer, path, JOB_STEPS));
    job_fit(&job);
    nn_model *model = nn_model_load(NULL, path);
    assert_non_null(model);
    write_line(folder, name, model);
    nn_model_destroy(model);
    job_end(&job);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "golden FOLDER\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        write_golden(arguments[1], files[i].name, files[i].make);
    }
    write_run(arguments[1], "run");
    return 0;
}
