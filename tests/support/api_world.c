#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "api.h"

#include "datasets.h"
#include "networks.h"
#include "settings.h"

#include <stdio.h>
#include <string.h>

static const struct api_row *const api_tables[] = {
    api_base_rows, api_layer_rows,   api_model_rows, api_loss_rows,
    api_data_rows, api_trainer_rows, api_file_rows,
};

const struct api_row *api_row_at(int32_t index)
{
    for (size_t i = 0; i < sizeof api_tables / sizeof *api_tables; i++)
        for (const struct api_row *row = api_tables[i]; row->functions != NULL; row++)
            if (index-- == 0)
                return row;
    return NULL;
}

/* ---- noting ---- */

void note_bytes(struct world *world, const void *bytes, size_t size)
{
    world->hash = hash_bytes(world->hash, bytes, size);
}

void note_number(struct world *world, double number)
{
    note_bytes(world, &number, sizeof number);
}

void note_text(struct world *world, const char *text)
{
    if (text != NULL)
        note_bytes(world, text, strlen(text));
}

void note_tensor(struct world *world, const nn_tensor *tensor)
{
    if (tensor != NULL)
        world->hash = hash_tensor(world->hash, tensor);
}

void world_note_all(struct world *world)
{
    note_tensor(world, world->matrix);
    note_tensor(world, world->square);
    note_tensor(world, world->square_out);
    note_tensor(world, world->labels);
    note_tensor(world, world->weights);
    for (int32_t i = 0; i < nn_model_parameter_count(world->model); i++)
        note_tensor(world, nn_model_parameter(world->model, i));
}

int took_tensor(struct world *world, nn_tensor *tensor)
{
    note_tensor(world, tensor);
    nn_tensor_destroy(tensor);
    return tensor != NULL;
}

int took_dataset(struct world *world, nn_dataset *dataset)
{
    note_number(world, (double)nn_dataset_count(dataset));
    nn_dataset_destroy(dataset);
    return dataset != NULL;
}

/* ---- making ---- */

static nn_tensor *numbers_of(nn_context *context, int64_t rows, int64_t columns,
                             uint64_t seed)
{
    int64_t shape[] = {rows, columns};
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    assert_ok(nn_tensor_random_normal(tensor, 0, 1, seed));
    return tensor;
}

static int32_t read_sample(void *user, const int64_t *samples, int64_t rows,
                           void *const *inputs, void *const *targets, float *weights)
{
    (void)user;
    for (int64_t r = 0; r < rows; r++) {
        float *input = (float *)inputs[0] + r * WORLD_INPUTS;
        for (int64_t k = 0; k < WORLD_INPUTS; k++)
            input[k] = (float)((samples[r] * 7 + k * 3) % 11) / 11;
        ((int32_t *)targets[0])[r] = (int32_t)(samples[r] % WORLD_CLASSES);
        weights[r] = 1 + (float)(samples[r] % 3) / 3;
    }
    return 0;
}

static void world_make_data(struct world *world)
{
    nn_context *context = world->context;
    int64_t count = WORLD_SAMPLES, sample[] = {WORLD_INPUTS};
    const nn_dataset_source source = {sizeof source, WORLD_SAMPLES, read_sample, NULL,
                                      NULL};
    world->matrix = numbers_of(context, WORLD_SAMPLES, WORLD_INPUTS, 1);
    world->square = numbers_of(context, WORLD_INPUTS, WORLD_INPUTS, 2);
    world->square_out = numbers_of(context, WORLD_INPUTS, WORLD_INPUTS, 3);
    world->labels = nn_tensor_create(context, NN_INT32, &count, 1);
    world->weights = nn_tensor_create(context, NN_FLOAT32, &count, 1);
    for (int32_t i = 0; i < WORLD_SAMPLES; i++) {
        ((int32_t *)nn_tensor_data(world->labels))[i] = i % WORLD_CLASSES;
        nn_tensor_floats(world->weights)[i] = (float)(1 + i % 3) / 3;
    }
    world->samples = nn_dataset_create(context);
    assert_ok(nn_dataset_add_input(world->samples, world->matrix));
    assert_ok(nn_dataset_add_target(world->samples, world->labels));
    world->sourced = nn_dataset_from_source(context, &source);
    assert_ok(nn_dataset_declare_input(world->sourced, NN_FLOAT32, sample, 1));
    assert_ok(nn_dataset_declare_target(world->sourced, NN_INT32, NULL, 0));
}

/* A layer applied twice, a skip, a dropout, four classes. */
static nn_model *world_model(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, WORLD_INPUTS));
    nn_layer *shared = nn_dense(context, WORLD_INPUTS, NN_GELU);
    nn_model_apply(model, shared, nn_model_apply(model, shared, 0));
    nn_model_apply_many(model, nn_add(context), (nn_node[]){0, 2}, 2);
    nn_model_add(model, nn_dropout(context, 0.25));
    nn_model_add(model, nn_dense(context, WORLD_CLASSES, NN_LINEAR));
    assert_ok(nn_model_status(model));
    return model;
}

static void world_make_learning(struct world *world)
{
    nn_context *context = world->context;
    const float one = 1, two = 2;
    world->unbuilt = world_model(context);
    world->model = world_model(context);
    world->trainer = nn_trainer_create(world->model, nn_softmax_cross_entropy(context),
                                       nn_adam(context, 0.01));
    assert_non_null(world->trainer);
    assert_ok(nn_trainer_set_batch_size(world->trainer, 10));
    world->session = nn_session_create(world->model, 8);
    world->layer = nn_dense(context, 5, NN_TANH);
    world->reshape = nn_layer_create(context, "reshape");
    world->standardize = nn_standardize(context, &one, &two, 1);
    world->loss = nn_softmax_cross_entropy(context);
    world->optimizer = nn_adam(context, 0.1);
    world->csv = nn_csv_create(context);
    assert_non_null(world->session);
    assert_non_null(world->csv);
}

/* Once for all worlds. */
static const struct world_files *world_files(void)
{
    static struct world_files files;
    static const char table[] = "a,b,class\n1,2.5,yes\n3,-4e-1,no\n0.1,7,yes\n";
    static const unsigned char inputs[] = {0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 1, 5, 6};
    static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
    if (files.csv[0] == 0) {
        write_file("world.csv", table, sizeof table - 1, files.csv);
        write_file("world.inputs", inputs, sizeof inputs, files.idx_inputs);
        write_file("world.labels", labels, sizeof labels, files.idx_labels);
        write_file("world.history", "", 0, files.history);
        write_file("world.model", "", 0, files.model);
    }
    return &files;
}

void world_open(struct world *world, nn_context *context, const nn_allocator *allocator,
                const struct scarce_memory *memory)
{
    *world = (struct world){
        .context = context, .allocator = allocator, .memory = memory, .hash = HASH_START};
    world->spare = nn_context_create(allocator);
    assert_non_null(world->spare);
    world_make_data(world);
    world_make_learning(world);
    world->files = world_files();
}

void world_close(struct world *world)
{
    nn_session_destroy(world->session);
    nn_model_destroy(world->model);
    nn_trainer_destroy(world->trainer);
    nn_model_destroy(world->unbuilt);
    nn_dataset_destroy(world->samples);
    nn_dataset_destroy(world->sourced);
    nn_tensor_destroy(world->matrix);
    nn_tensor_destroy(world->square);
    nn_tensor_destroy(world->square_out);
    nn_tensor_destroy(world->labels);
    nn_tensor_destroy(world->weights);
    nn_layer_destroy(world->layer);
    nn_layer_destroy(world->reshape);
    nn_layer_destroy(world->standardize);
    nn_loss_destroy(world->loss);
    nn_optimizer_destroy(world->optimizer);
    nn_csv_destroy(world->csv);
    nn_context_destroy(world->spare);
}
