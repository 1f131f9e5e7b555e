/* Model files: what is loaded has the same bits as what was saved, wherever it went; what
 * is damaged, newer or unknown is refused with words. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <nn/nn.h>

#include "support/datasets.h"
#include "support/files.h"
#include "support/networks.h"
#include "support/random_graph.h"
#include "support/recipes.h"
#include "support/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 5 };

/* ---- equal models ---- */

static void assert_same_outputs(nn_model *a, nn_model *b)
{
    nn_tensor *inputs[2];
    nn_tensor *from_a[4];
    nn_tensor *from_b[4];
    int32_t input_count = nn_model_input_count(a);
    int32_t output_count = nn_model_output_count(a);
    for (int32_t i = 0; i < input_count; i++) {
        inputs[i] = random_samples(NULL, a, nn_model_input_node(a, i), ROWS, 7);
    }
    for (int32_t i = 0; i < output_count; i++) {
        int64_t shape[NN_MAX_RANK] = {ROWS};
        int32_t rank;
        const int64_t *sample =
            nn_model_node_shape(a, nn_model_output_node(a, i), &rank, NULL);
        memcpy(shape + 1, sample, (size_t)rank * sizeof *sample);
        from_a[i] = nn_tensor_create(NULL, NN_FLOAT32, shape, rank + 1);
        from_b[i] = nn_tensor_create(NULL, NN_FLOAT32, shape, rank + 1);
    }
    assert_ok(nn_model_predict(a, (const nn_tensor *const *)inputs, input_count, from_a,
                               output_count));
    assert_ok(nn_model_predict(b, (const nn_tensor *const *)inputs, input_count, from_b,
                               output_count));
    for (int32_t i = 0; i < output_count; i++) {
        assert_memory_equal(nn_tensor_data(from_a[i]), nn_tensor_data(from_b[i]),
                            (size_t)nn_tensor_count(from_a[i]) * sizeof(float));
        nn_tensor_destroy(from_a[i]);
        nn_tensor_destroy(from_b[i]);
    }
    for (int32_t i = 0; i < input_count; i++) {
        nn_tensor_destroy(inputs[i]);
    }
}

static void assert_same_parameters(const nn_model *a, const nn_model *b)
{
    assert_int_equal(nn_model_parameter_count(a), nn_model_parameter_count(b));
    for (int32_t i = 0; i < nn_model_parameter_count(a); i++) {
        assert_string_equal(nn_model_parameter_name(a, i), nn_model_parameter_name(b, i));
        assert_memory_equal(nn_tensor_data(nn_model_parameter(a, i)),
                            nn_tensor_data(nn_model_parameter(b, i)),
                            (size_t)nn_tensor_count(nn_model_parameter(a, i)) *
                                sizeof(float));
    }
}

/* Saves and loads a model; it is the same model, and makes the same file. */
static void assert_comes_back(nn_model *model)
{
    struct file_bytes saved = saved_bytes(model);
    nn_model *loaded = nn_model_load_memory(NULL, saved.bytes, saved.size);
    if (loaded == NULL) {
        fail_msg("%s", nn_last_error());
    }
    assert_same_parameters(model, loaded);
    assert_same_outputs(model, loaded);
    struct file_bytes again = saved_bytes(loaded);
    assert_int_equal(again.size, saved.size);
    assert_memory_equal(again.bytes, saved.bytes, saved.size);
    free(again.bytes);
    free(saved.bytes);
    nn_model_destroy(loaded);
}

static void layer_comes_back(const struct recipe *recipe)
{
    nn_model *model = recipe_amid(NULL, recipe);
    assert_non_null(model);
    assert_comes_back(model);
    nn_model_destroy(model);
}

static void test_every_layer_comes_back(void **state)
{
    (void)state;
    for_every_recipe(layer_comes_back);
}

static void test_graphs_come_back(void **state)
{
    (void)state;
    nn_model *model = graph_network(NULL);
    assert_comes_back(model);
    nn_model_destroy(model);
    for (uint32_t seed = 0; seed < 60; seed++) {
        model = random_graph(NULL, seed);
        assert_comes_back(model);
        nn_model_destroy(model);
    }
}

static nn_model *trained_network(void)
{
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 64, 1);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_adam(NULL, 0.01));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 3));
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    return model;
}

static void test_trained_parameters_come_back(void **state)
{
    (void)state;
    nn_model *model = trained_network();
    assert_comes_back(model);
    nn_model_destroy(model);
}

/* Parameters are bits, also where they are no numbers. */
static void test_every_bit_pattern_comes_back(void **state)
{
    (void)state;
    static const uint32_t patterns[] = {0x7fc00001, 0xff800000, 0x80000000,
                                        0x00000001, 0x7f800001, 0xffffffff};
    nn_model *model = stack_network(NULL);
    assert_ok(nn_model_build(model));
    memcpy(nn_tensor_data(nn_model_parameter(model, 0)), patterns, sizeof patterns);
    struct file_bytes saved = saved_bytes(model);
    nn_model *loaded = nn_model_load_memory(NULL, saved.bytes, saved.size);
    assert_non_null(loaded);
    assert_same_parameters(model, loaded);
    free(saved.bytes);
    nn_model_destroy(loaded);
    nn_model_destroy(model);
}

/* ---- what else is kept ---- */

static nn_model *annotated_network(void)
{
    static const char *const names[] = {"cat", "dog", "\"quoted\"\n",
                                        "\xc3\xa9t\xc3\xa9"};
    static const float mean[] = {0.1f, 0.2f, 1e-30f};
    static const float deviation[] = {1.0f, 2.0f, 3e30f};
    const int64_t shape[] = {3};
    nn_model *model = nn_model_create(NULL);
    assert_ok(nn_model_set_seed(model, UINT64_MAX));
    nn_layer *shared = nn_dense(NULL, 3, NN_LEAKY_RELU);
    assert_ok(nn_layer_set_name(shared, "shared"));
    assert_ok(nn_layer_set_float(shared, "alpha", 0.1));
    assert_ok(nn_layer_set_initializer(shared, "weight", NN_INIT_NORMAL, 1.0 / 3));
    assert_ok(nn_layer_set_initializer(shared, "bias", NN_INIT_CONSTANT, -0.0));
    assert_ok(nn_layer_set_trainable(shared, 0));
    assert_ok(nn_layer_set_rate_multiplier(shared, 0.1));
    nn_layer *last = nn_dense(NULL, 4, NN_SOFTMAX);
    assert_ok(nn_layer_set_initializer(last, "weight", NN_INIT_HE_NORMAL, 5));
    nn_node x = nn_model_input(model, NN_UINT8, shape, 1);
    nn_node y = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_node a = nn_model_apply(model, nn_rescale(NULL, 1.0 / 255, -0.0), x);
    nn_node b = nn_model_apply(model, nn_standardize(NULL, mean, deviation, 3), y);
    nn_node c = nn_model_apply(model, shared, a);
    nn_node d = nn_model_apply(model, shared, b);
    nn_node e = nn_model_apply_many(model, nn_add(NULL), (nn_node[]){c, d}, 2);
    assert_ok(nn_model_output(model, e));
    assert_ok(nn_model_output(model, nn_model_apply(model, last, e)));
    assert_ok(nn_model_set_class_names(model, 1, names, 4));
    assert_ok(nn_model_build(model));
    return model;
}

static void test_names_and_settings_come_back(void **state)
{
    (void)state;
    nn_model *model = annotated_network();
    assert_comes_back(model);
    struct file_bytes saved = saved_bytes(model);
    nn_model *loaded = nn_model_load_memory(NULL, saved.bytes, saved.size);
    assert_non_null(loaded);
    assert_int_equal(nn_model_class_count(loaded, 0), 0);
    assert_int_equal(nn_model_class_count(loaded, 1), 4);
    assert_string_equal(nn_model_class_name(loaded, 1, 2), "\"quoted\"\n");
    assert_string_equal(nn_model_class_name(loaded, 1, 3), "\xc3\xa9t\xc3\xa9");
    double scale;
    assert_ok(nn_layer_option(nn_model_layer(loaded, "rescale_1"), "scale", &scale));
    assert_true(scale == 1.0 / 255);
    int32_t dtype;
    assert_non_null(
        nn_model_node_shape(loaded, nn_model_input_node(loaded, 0), NULL, &dtype));
    assert_int_equal(dtype, NN_UINT8);
    /* the initialisers and the seed: drawn again, both are the same */
    assert_ok(nn_model_initialize(model, 3));
    assert_ok(nn_model_initialize(loaded, 3));
    assert_same_parameters(model, loaded);
    free(saved.bytes);
    nn_model_destroy(loaded);
    nn_model_destroy(model);
}

static void test_parameters_have_readable_names(void **state)
{
    (void)state;
    nn_model *model = annotated_network();
    struct file_bytes saved = saved_bytes(model);
    assert_true(
        bytes_contain(&saved, "\"shared.weight\":{\"dtype\":\"F32\",\"shape\":[3,3]"));
    assert_true(bytes_contain(&saved, "\"standardize_1.mean\":{\"dtype\":\"F32\""));
    assert_true(bytes_contain(&saved, "\"nn.version\":\"1\""));
    free(saved.bytes);
    nn_model_destroy(model);
}

/* ---- places ---- */

static void test_model_goes_through_a_file(void **state)
{
    (void)state;
    char path[256];
    nn_model *model = trained_network();
    write_file("model.safetensors", "old", 3, path);
    assert_ok(nn_model_save(model, path));
    nn_model *loaded = nn_model_load(NULL, path);
    assert_non_null(loaded);
    assert_same_parameters(model, loaded);
    nn_model_destroy(loaded);
    nn_model_destroy(model);
    remove(path);
}

static void test_memory_is_asked_for_its_size_first(void **state)
{
    (void)state;
    nn_model *model = trained_network();
    size_t size;
    size_t length = 1;
    assert_ok(nn_model_save_memory(model, NULL, 0, &size));
    char *buffer = malloc(size);
    assert_int_equal(nn_model_save_memory(model, buffer, size - 1, &length),
                     NN_ERROR_SIZE);
    assert_int_equal(length, 0);
    assert_ok(nn_model_save_memory(model, buffer, size, &length));
    assert_int_equal(length, size);
    assert_int_equal(nn_model_save_memory(model, NULL, 5, &length), NN_ERROR_NULL);
    assert_int_equal(nn_model_save_memory(model, buffer, size, NULL), NN_ERROR_NULL);
    free(buffer);
    nn_model_destroy(model);
}

static void test_stream_ends_with_the_model(void **state)
{
    (void)state;
    nn_model *model = trained_network();
    struct file_bytes saved = saved_bytes(model);
    struct stream stream = {.portion = 100};
    assert_ok(nn_model_save_to(model, stream_write, &stream));
    assert_ok(nn_model_save_to(model, stream_write, &stream)); /* one after the other */
    assert_int_equal(stream.size, 2 * saved.size);
    assert_memory_equal(stream.bytes, saved.bytes, saved.size);
    for (int i = 0; i < 2; i++) {
        nn_model *loaded = nn_model_load_from(NULL, stream_read, &stream);
        assert_non_null(loaded);
        assert_int_equal(stream.at, (size_t)(i + 1) * saved.size);
        assert_same_parameters(model, loaded);
        nn_model_destroy(loaded);
    }
    assert_null(nn_model_load_from(NULL, stream_read, &stream));
    assert_failure(NN_ERROR_FORMAT, "stream: ends at byte 0");
    stream_release(&stream);
    free(saved.bytes);
    nn_model_destroy(model);
}

static int64_t write_to_full_device(void *user, const void *bytes, size_t size)
{
    return write(*(int *)user, bytes, size);
}

static void test_full_device_is_an_error(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY);
    if (full < 0) {
        print_message("skipped: there is no /dev/full\n");
        skip();
    }
    nn_model *model = trained_network();
    assert_int_equal(nn_model_save_to(model, write_to_full_device, &full),
                     NN_ERROR_CALLBACK);
    assert_string_equal(nn_last_error(),
                        "stream: the program's write returned -1 at byte 0 for 8 bytes");
    close(full);
    nn_model_destroy(model);
}

/* ---- failures of the way ---- */

static void test_every_write_may_fail(void **state)
{
    (void)state;
    nn_model *model = trained_network();
    int calls = 0;
    for (int failing = 1;; failing++) {
        struct stream stream = {.portion = 200, .fail_at = failing};
        nn_status status = nn_model_save_to(model, stream_write, &stream);
        calls = stream.calls;
        stream_release(&stream);
        if (status == NN_OK) {
            break;
        }
        assert_int_equal(status, NN_ERROR_CALLBACK);
        assert_int_equal(calls, failing);
    }
    assert_true(calls > 10);
    nn_model_destroy(model);
}

static void test_every_read_may_fail_or_end(void **state)
{
    (void)state;
    nn_model *model = trained_network();
    struct stream stream = {.portion = 200};
    assert_ok(nn_model_save_to(model, stream_write, &stream));
    int done = 0;
    for (int failing = 1; !done; failing++) {
        for (int ends = 0; ends < 2; ends++) {
            stream.at = 0;
            stream.calls = 0;
            stream.fail_at = failing;
            stream.ends = ends;
            nn_model *loaded = nn_model_load_from(NULL, stream_read, &stream);
            done = loaded != NULL;
            nn_model_destroy(loaded);
            assert_true(done ||
                        nn_last_status() == (ends ? NN_ERROR_FORMAT : NN_ERROR_CALLBACK));
        }
    }
    assert_true(stream.calls > 10);
    stream_release(&stream);
    nn_model_destroy(model);
}

/* Loads and saves. */
static int attempt_save(nn_context *context, void *data)
{
    static const char *const names[] = {"a", "b"};
    struct stream *stream = data;
    stream->at = 0;
    size_t length;
    nn_model *model = nn_model_load_from(context, stream_read, stream);
    int saved = model != NULL && nn_model_set_class_names(model, 0, names, 2) == NN_OK &&
                nn_model_save_memory(model, NULL, 0, &length) == NN_OK;
    nn_model_destroy(model);
    return saved;
}

static int attempt_load(nn_context *context, void *data)
{
    struct stream *stream = data;
    stream->at = 0;
    nn_model *model = nn_model_load_from(context, stream_read, stream);
    int loaded = model != NULL;
    nn_model_destroy(model);
    return loaded;
}

static void test_memory_may_run_out(void **state)
{
    (void)state;
    nn_model *model = annotated_network();
    struct stream stream = {.portion = 1000};
    assert_ok(nn_model_save_to(model, stream_write, &stream));
    assert_true(fail_each_allocation(attempt_save, &stream) > 50);
    assert_true(fail_each_allocation(attempt_load, &stream) > 40);
    stream_release(&stream);
    nn_model_destroy(model);
}

/* ---- damage ---- */

static void test_file_cut_anywhere_is_refused(void **state)
{
    (void)state;
    nn_model *model = annotated_network();
    struct file_bytes saved = saved_bytes(model);
    for (size_t cut = 0; cut < saved.size; cut++) {
        char *part = malloc(cut + 1);
        memcpy(part, saved.bytes, cut);
        assert_null(nn_model_load_memory(NULL, part, cut));
        assert_failure(NN_ERROR_FORMAT, "memory: ");
        free(part);
    }
    free(saved.bytes);
    nn_model_destroy(model);
}

/* Each byte of the header changed: refused, or another model (say, of another name), which
 * can be saved and loaded as any other. */
static void test_changed_headers_are_refused_or_models(void **state)
{
    (void)state;
    nn_model *model = annotated_network();
    struct file_bytes saved = saved_bytes(model);
    size_t header = header_size(&saved);
    int models = 0;
    for (size_t at = 0; at < header; at++) {
        for (int bit = 1; bit < 256; bit *= 8) {
            saved.bytes[at] = (char)(saved.bytes[at] ^ bit);
            nn_model *loaded = nn_model_load_memory(NULL, saved.bytes, saved.size);
            saved.bytes[at] = (char)(saved.bytes[at] ^ bit);
            if (loaded == NULL) {
                assert_failure(NN_ERROR_FORMAT, "memory: ");
                continue;
            }
            models++;
            struct file_bytes again = saved_bytes(loaded);
            nn_model *twice = nn_model_load_memory(NULL, again.bytes, again.size);
            assert_non_null(twice);
            assert_same_parameters(loaded, twice);
            nn_model_destroy(twice);
            nn_model_destroy(loaded);
            free(again.bytes);
        }
    }
    assert_true(models > 100);
    free(saved.bytes);
    nn_model_destroy(model);
}

/* The text of a small model, in which one thing is replaced. */
static void assert_replaced(const char *from, const char *to, const char *words)
{
    struct file_bytes changed = small_file(from, to);
    nn_model *loaded = nn_model_load_memory(NULL, changed.bytes, changed.size);
    if (words == NULL) {
        if (loaded == NULL) {
            fail_msg("%s: %s", to, nn_last_error());
        }
    } else {
        if (loaded != NULL) {
            fail_msg("%s: is accepted", to);
        }
        assert_failure(NN_ERROR_FORMAT, words);
        assert_failure(NN_ERROR_FORMAT, "memory: ");
    }
    nn_model_destroy(loaded);
    free(changed.bytes);
}

static void test_each_part_of_a_model_is_checked(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *words; /* NULL: accepted */
    } cases[] = {
        {"", "", NULL},
        {"\"nn.version\":\"1\"", "\"nn.version\":\"2\"",
         "is of version '2' of the format, this library reads up to 1"},
        {"\"nn.version\":\"1\"", "\"nn.version\":\"01\"", "is of version '01'"},
        {"\"nn.version\":\"1\",", "",
         "holds no model (its metadata has no 'nn.version')"},
        {"nn.model", "nn.mode1", "its metadata has no 'nn.model'"},
        {"nn.version\":", "x\":\"y\",\"nn.version\":", NULL},
        {"'layers'", "'lawyers'", "this library knows no 'lawyers' of a model"},
        {"'kind':'dense'", "'kind':'conv'",
         "layer 1: there is no layer 'conv'; there are"},
        {"'kind':'dense'", "'kind':7", "'kind' is a number, expected a string"},
        {"'kind':'dense'", "'kinds':'dense'", "this library knows no 'kinds' of a layer"},
        {"'name':'d'", "'name':'d e'", "character 2 of the name"},
        {"'name':'d'", "'name':'i'", "the model has a layer 'i' already"},
        {"'name':'d'", "'name':''", "a name has 1 ... 63 characters"},
        {"'units':2", "'units':3", "its 'bias' is (3), for which the file is too short"},
        {"'units':2", "'units':1",
         "the weights do not fit (0 missing, 0 unexpected, 2 different): different "
         "'d.bias' F32 (2), expected (1), different 'd.weight' F32 (2, 2), expected "
         "(2, 1)"},
        {"'units':2", "'units':0", "'units'"},
        {"'units':2", "'units':2.5", "2.5 is no whole number"},
        {"'units':2", "'units':'2'", "a string, expected a whole number"},
        {"'units':2", "'units':1000000000000", "for which the file is too short"},
        {"'units':2", "'units':9007199254740992", "d"},
        {"'units':2", "'unit':2", "dense layers have no option 'unit' here"},
        {"'activation':'relu'", "'activation':'rely'", "'rely'"},
        {"'activation':'relu'", "'activation':3", "option 'activation' is no string"},
        {"'alpha':-1", "'alpha':1e400", "'alpha'"},
        {"'alpha':-1", "'alpha':null", "null, expected a number"},
        {",'alpha':-1", "", NULL}, /* the default */
        {"'shape':[2]", "'shape':2", "option 'shape' is no array of at most 8 numbers"},
        {"'shape':[2]", "'shape':[2,1,1,1,1,1,1,1,1]", "is no array of at most 8"},
        {"'shape':[2]", "'shape':[2,1,1,1,1,1,1,1]", "shape takes 0 ... 7 numbers"},
        {"'shape':[2]", "'shape':[0]", "'shape'"},
        {"'shape':[2]", "'shape':[3]", "for which the file is too short"},
        {"'dtype':'float32'", "'dtype':'uint8'", "node 1: dense 'd': input 0 is uint8"},
        {"'options':{'units", "'option':{'units", "knows no 'option' of a layer"},
        {"'frozen':true", "'frozen':false", NULL},
        {"'frozen':true", "'frozen':1", "'frozen' is a number, expected true or false"},
        {"'frozen':true", "'frozen':true,'rate_multiplier':-1", "rate multiplier is -1"},
        {"'frozen':true", "'frozen':true,'rate_multiplier':[]",
         "an array, expected a "
         "number"},
        {"'frozen':true", "'initializers':{'weight':{'kind':'zero'}}",
         "there is no initializer 'zero'"},
        {"'frozen':true", "'initializers':{'weight':{'kind':'normal'}}",
         "'value' is missing"},
        {"'frozen':true", "'initializers':{'weight':{'kind':'normal','value':-1}}",
         "value of normal is -1"},
        {"'frozen':true", "'initializers':{'weights':{'kind':'he_normal'}}",
         "has no parameter 'weights'"},
        {"'frozen':true", "'initializers':{'weight':{'kind':'he_normal'}}", NULL},
        {"'frozen':true", "'initializers':{'weight':{'kind':'he_normal','x':1}}",
         "an initializer has no 'x'"},
        {"'frozen':true", "'initializers':{'weight':1}", "an initializer is a number"},
        {"'frozen':true", "'initializers':[]", "'initializers' is an array"},
        {"{'layer':1,'inputs':[0]}", "{'layer':2,'inputs':[0]}", "there is no layer 2"},
        {"{'layer':1,'inputs':[0]}", "{'layer':-1,'inputs':[0]}", "there is no layer -1"},
        {"{'layer':1,'inputs':[0]}", "{'layer':1,'inputs':[1]}",
         "node 1 does not come before"},
        {"{'layer':1,'inputs':[0]}", "{'layer':1,'inputs':[-1]}",
         "node -1 does not come before"},
        {"{'layer':1,'inputs':[0]}", "{'layer':1,'inputs':[0,0]}",
         "node 1: dense 'd': takes 1 input, got 2"},
        {"{'layer':1,'inputs':[0]}", "{'layer':1}", "'inputs' is missing"},
        {"{'layer':1,'inputs':[0]}", "{'layer':1,'inputs':[0],'x':0}",
         "a node is an object of 'layer' and 'inputs'"},
        {"{'layer':1,'inputs':[0]}", "[1,0]", "a node is an object of"},
        {",{'layer':1,'inputs':[0]}", "", "layer 1 is applied nowhere"},
        {"{'layer':1,'inputs':[0]}", "{'layer':0,'inputs':[]},{'layer':1,'inputs':[0]}",
         "input 0 ('i') leads to no output"},
        {"{'layer':1,'inputs':[0]}",
         "{'layer':1,'inputs':[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,"
         "0,"
         "0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}",
         "65 inputs, a node has at most 64"},
        {"'layers':[{", "'layers':[7,{", "a layer is a number, expected an object"},
        {"'outputs':[{'node':1,'classes':['a','b']}]", "'outputs':[]",
         "there is no output"},
        {"'outputs':[{'node':1", "'outputs':[{'node':0", NULL},
        {"'outputs':[{'node':1", "'outputs':[{'node':2", "there is no node 2"},
        {"'outputs':[{'node':1", "'outputs':[{'node':-1", "there is no node -1"},
        {"'outputs':[{'node':1", "'outputs':[{'x':1,'node':1",
         "an output is an object of"},
        {"'outputs':[{'node':1", "'outputs':[{'node':1},{'node':1",
         "is output 0 already"},
        {"'classes':['a','b']", "'classes':['a',1]", "a class's name is a number"},
        {"'classes':['a','b']", "'classes':{}", "'classes' is an object"},
        {"'classes':['a','b']", "'classes':[]", NULL},
        {"'seed':'42'", "'seed':'18446744073709551615'", NULL},
        {"'seed':'42'", "'seed':'18446744073709551616'", "is no seed"},
        {"'seed':'42'", "'seed':''", "'' is no seed"},
        {"'seed':'42'", "'seed':'-1'", "'-1' is no seed"},
        {"'seed':'42'", "'seed':42", "'seed' is a number, expected a string"},
        {"'seed':'42'", "'seed':'42','x':1", "this library knows no 'x' of a model"},
        {"d.bias", "d.bigs",
         "(1 missing, 1 unexpected, 0 different): unexpected 'd.bigs', "
         "missing 'd.bias'"},
        {"d.bias", "d/bias", "(1 missing, 0 unexpected, 0 different)"},
        {"d.weight", "d.\\u0077eight", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_replaced(cases[i].from, cases[i].to, cases[i].words);
    }
}

/* A model of one layer, standardize, whose mean is the first float of the data and whose
 * deviation is the second. */
static nn_model *load_standardize(float mean, float deviation, const char *type)
{
    char header[600];
    snprintf(header, sizeof header,
             "{\"__metadata__\":{\"nn.version\":\"1\",\"nn.model\":\"{'layers':["
             "{'name':'i','kind':'input','options':{'shape':[2]}},"
             "{'name':'s','kind':'standardize','options':{}}],"
             "'nodes':[{'layer':0,'inputs':[]},{'layer':1,'inputs':[0]}],"
             "'outputs':[{'node':1}],'seed':'0'}\"},"
             "\"s.mean\":{\"dtype\":\"%s\",\"shape\":[1],\"data_offsets\":[0,4]},"
             "\"s.deviation\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
             type);
    struct file_bytes file = made_file(header, 2);
    memcpy(file.bytes + file.size - 8, &mean, sizeof mean);
    memcpy(file.bytes + file.size - 4, &deviation, sizeof deviation);
    nn_model *model = nn_model_load_memory(NULL, file.bytes, file.size);
    free(file.bytes);
    return model;
}

static void test_numbers_of_layers_are_checked(void **state)
{
    (void)state;
    const float huge = 3e38f;
    nn_model *model = load_standardize(1, 2, "F32");
    assert_non_null(model);
    nn_model_destroy(model);
    assert_null(load_standardize(1, 0, "F32"));
    assert_failure(NN_ERROR_FORMAT, "memory: nn.model: layer 1: standardize: option "
                                    "'deviation'");
    assert_null(load_standardize(huge * 10, 1, "F32"));
    assert_failure(NN_ERROR_FORMAT, "option 'mean'");
    assert_null(load_standardize(huge * 10 - huge * 10, 1, "F32"));
    assert_failure(NN_ERROR_FORMAT, "option 'mean'");
    assert_null(load_standardize(1, 2, "I32"));
    assert_failure(NN_ERROR_FORMAT, "tensor 's.mean' is I32 (1), expected a list of F32");
}

static void test_place_in_the_text_is_named(void **state)
{
    (void)state;
    struct file_bytes changed = small_file("'units':2", "'units':true");
    assert_null(nn_model_load_memory(NULL, changed.bytes, changed.size));
    assert_string_equal(nn_last_error(), "memory: nn.model: byte 127: true, expected a "
                                         "whole number");
    free(changed.bytes);
}

/* A graph whose nodes are many: refused before the model grows. */
static void test_number_of_nodes_is_bounded(void **state)
{
    (void)state;
    enum { NODES = 16385 };
    static const char node[] = ",{'layer':1,'inputs':[0]}";
    char *many = calloc(NODES + 1, sizeof node);
    for (int i = 0; i < NODES; i++) {
        memcpy(many + (size_t)i * (sizeof node - 1), node, sizeof node);
    }
    struct file_bytes changed = small_file(node, many);
    assert_null(nn_model_load_memory(NULL, changed.bytes, changed.size));
    assert_failure(NN_ERROR_FORMAT, "16386 nodes, expected at most 16384");
    free(changed.bytes);
    free(many);
}

static void test_memory_limit_holds(void **state)
{
    (void)state;
    nn_context *context = nn_context_create(NULL);
    assert_ok(nn_context_set_memory_limit(context, 20000));
    nn_model *model = wide_network(NULL);
    struct file_bytes saved = saved_bytes(model);
    assert_null(nn_model_load_memory(context, saved.bytes, saved.size));
    assert_int_equal(nn_last_status(), NN_ERROR_MEMORY_LIMIT);
    assert_int_equal(nn_context_memory_used(context), 0);
    free(saved.bytes);
    nn_model_destroy(model);
    nn_context_destroy(context);
}

/* ---- arguments and states ---- */

static int32_t custom_infer(void *user, nn_call *call)
{
    int32_t rank;
    (void)user;
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    return nn_call_set_output(call, shape, rank);
}

static int32_t custom_forward(void *user, nn_call *call)
{
    (void)user;
    (void)call;
    return 0;
}

static void test_custom_layer_is_refused_by_name(void **state)
{
    (void)state;
    const nn_custom_layer custom = {sizeof custom, "mine", custom_infer, custom_forward,
                                    NULL,          NULL,   NULL};
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    nn_layer *layer = nn_custom(NULL, &custom);
    assert_ok(nn_layer_set_name(layer, "my_layer"));
    nn_model_add(model, layer);
    assert_int_equal(nn_model_save(model, "/nowhere/x"), NN_ERROR_STATE);
    assert_string_equal(nn_last_error(),
                        "mine 'my_layer': a custom layer is code, which no file holds "
                        "(nn_model_save_weights saves the parameters)");
    nn_model_destroy(model);
}

static void test_model_that_cannot_be_built_is_not_saved(void **state)
{
    (void)state;
    size_t length;
    nn_model *model = nn_model_create(NULL);
    assert_int_equal(nn_model_save_memory(model, NULL, 0, &length), NN_ERROR_GRAPH);
    nn_model_add(model, nn_dense(NULL, -1, NN_RELU));
    assert_int_equal(nn_model_save_memory(model, NULL, 0, &length), NN_ERROR_ARGUMENT);
    nn_model_destroy(model);
}

static void test_null_is_refused(void **state)
{
    (void)state;
    size_t length;
    nn_model *model = stack_network(NULL);
    assert_int_equal(nn_model_save(NULL, "x"), NN_ERROR_NULL);
    assert_int_equal(nn_model_save(model, NULL), NN_ERROR_NULL);
    assert_string_equal(nn_last_error(), "nn_model_save: path is NULL");
    assert_int_equal(nn_model_save_to(NULL, stream_write, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_model_save_to(model, NULL, NULL), NN_ERROR_NULL);
    assert_int_equal(nn_model_save_memory(NULL, NULL, 0, &length), NN_ERROR_NULL);
    assert_null(nn_model_load(NULL, NULL));
    assert_int_equal(nn_last_status(), NN_ERROR_NULL);
    assert_null(nn_model_load_memory(NULL, NULL, 0));
    assert_null(nn_model_load_from(NULL, NULL, NULL));
    assert_null(nn_model_load(NULL, "/nowhere/x"));
    assert_failure(NN_ERROR_IO, "/nowhere/x: cannot be opened: there is no such file");
    nn_model_destroy(model);
}

static void test_class_names_are_checked(void **state)
{
    (void)state;
    static const char *const names[] = {"one", "two"};
    static const char *const bad[] = {"one", "\xff"};
    static const char *const missing[] = {"one", NULL};
    nn_model *model = stack_network(NULL);
    assert_int_equal(nn_model_class_count(model, 0), 0);
    assert_ok(nn_model_set_class_names(model, 0, names, 2));
    assert_int_equal(nn_model_set_class_names(model, 0, bad, 2), NN_ERROR_ARGUMENT);
    assert_failure(NN_ERROR_ARGUMENT, "name 1 is not UTF-8");
    assert_int_equal(nn_model_set_class_names(model, 0, missing, 2), NN_ERROR_NULL);
    assert_int_equal(nn_model_set_class_names(model, 0, NULL, 2), NN_ERROR_NULL);
    assert_int_equal(nn_model_set_class_names(model, 0, names, -1), NN_ERROR_SIZE);
    assert_int_equal(nn_model_set_class_names(model, 1, names, 2), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_model_set_class_names(model, -1, names, 2), NN_ERROR_ARGUMENT);
    assert_int_equal(nn_model_set_class_names(NULL, 0, names, 2), NN_ERROR_NULL);
    assert_int_equal(nn_model_class_count(model, 0), 2); /* as they were */
    assert_string_equal(nn_model_class_name(model, 0, 1), "two");
    assert_null(nn_model_class_name(model, 0, 2));
    assert_null(nn_model_class_name(model, 0, -1));
    assert_null(nn_model_class_name(model, 1, 0));
    assert_null(nn_model_class_name(NULL, 0, 0));
    assert_int_equal(nn_model_class_count(NULL, 0), 0);
    nn_model *copy = nn_model_clone(model);
    assert_non_null(copy);
    assert_ok(nn_model_set_class_names(model, 0, NULL, 0));
    assert_int_equal(nn_model_class_count(model, 0), 0);
    assert_string_equal(nn_model_class_name(copy, 0, 0), "one");
    nn_model_destroy(copy);
    nn_model_destroy(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_layer_comes_back),
        cmocka_unit_test(test_graphs_come_back),
        cmocka_unit_test(test_trained_parameters_come_back),
        cmocka_unit_test(test_every_bit_pattern_comes_back),
        cmocka_unit_test(test_names_and_settings_come_back),
        cmocka_unit_test(test_parameters_have_readable_names),
        cmocka_unit_test(test_model_goes_through_a_file),
        cmocka_unit_test(test_memory_is_asked_for_its_size_first),
        cmocka_unit_test(test_stream_ends_with_the_model),
        cmocka_unit_test(test_full_device_is_an_error),
        cmocka_unit_test(test_every_write_may_fail),
        cmocka_unit_test(test_every_read_may_fail_or_end),
        cmocka_unit_test(test_memory_may_run_out),
        cmocka_unit_test(test_file_cut_anywhere_is_refused),
        cmocka_unit_test(test_changed_headers_are_refused_or_models),
        cmocka_unit_test(test_each_part_of_a_model_is_checked),
        cmocka_unit_test(test_numbers_of_layers_are_checked),
        cmocka_unit_test(test_place_in_the_text_is_named),
        cmocka_unit_test(test_number_of_nodes_is_bounded),
        cmocka_unit_test(test_memory_limit_holds),
        cmocka_unit_test(test_custom_layer_is_refused_by_name),
        cmocka_unit_test(test_model_that_cannot_be_built_is_not_saved),
        cmocka_unit_test(test_null_is_refused),
        cmocka_unit_test(test_class_names_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
