/* Bytes choose a graph of layers, losses, an optimizer, their options and how much memory
 * there is; what can be built is trained for some steps and run. Whatever happens, nothing
 * crashes or is lost, and a session gives the bits of a prediction. */
#include "bytes.h"
#include "count.h"
#include "supply.h"

#include <nn/nn.h>

#include <string.h>

enum {
    NODES = 20,
    ROWS = 5,
    FLOATS = 4096,
    OUTPUTS = 3,
    MEMORY = 1 << 24,
    FILE_BYTES = 1 << 16
};

/* ---- the context ---- */

static nn_context *make_context(struct bytes *b, struct supply *supply)
{
    const nn_allocator allocator = {sizeof allocator, supply_allocate, supply_deallocate,
                                    supply};
    nn_context *context = nn_context_create(&allocator);
    must(context != NULL, "a context is made");
    nn_context_set_memory_limit(context, MEMORY);
    nn_context_set_max_isa(context, take(b, NN_ISA_AVX512 + 1));
    nn_context_set_threads(context, take(b, 8) == 0 ? 2 + take(b, 2) : 1);
    if (take(b, 4) == 0)
        supply->left = take_byte(b) * 2;
    return context;
}

/* ---- the graph ---- */

static nn_node choose_node(struct bytes *b, const nn_model *model)
{
    return take(b, nn_model_node_count(model) + 1) - (take(b, 16) == 0);
}

static void add_input(struct bytes *b, nn_model *model)
{
    int64_t shape[3];
    const int32_t rank = take(b, 4);
    for (int32_t i = 0; i < rank; i++)
        shape[i] = 1 + take(b, 6);
    const int32_t dtype = take(b, 4) == 0 ? 1 + take(b, 5) : NN_FLOAT32;
    nn_model_input(model, dtype, shape, rank);
}

static nn_layer *make_dense(struct bytes *b, nn_context *context)
{
    nn_layer *layer = nn_dense(context, take(b, 9), take(b, 14));
    if (take(b, 4) == 0)
        nn_layer_set_int(layer, "bias", 0);
    if (take(b, 4) == 0)
        nn_layer_set_float(layer, "alpha", (double)take_float(b));
    if (take(b, 4) == 0)
        nn_layer_set_initializer(layer, "weight", take(b, 12), (double)take_float(b));
    return layer;
}

static nn_layer *make_reshape(struct bytes *b, nn_context *context)
{
    int64_t shape[3];
    const int32_t rank = take(b, 4);
    for (int32_t i = 0; i < rank; i++)
        shape[i] = take(b, 7);
    return nn_reshape(context, shape, rank);
}

static nn_layer *make_layer(struct bytes *b, nn_context *context)
{
    static const float mean[] = {0.5f, 1, 2, 3}, deviation[] = {1, 2, 0.5f, 3};
    switch (take(b, 16)) {
    case 0:
        return nn_activation(context, take(b, 13));
    case 1:
        return nn_dropout(context, (double)take(b, 11) / 10);
    case 2:
        return nn_rescale(context, (double)take_float(b), (double)take_float(b));
    case 3:
        return nn_standardize(context, mean, deviation, take(b, 5));
    case 4:
        return nn_flatten(context);
    case 5:
        return make_reshape(b, context);
    case 6:
        return nn_add(context);
    case 7:
        return nn_multiply(context);
    case 8:
        return nn_concat(context, take(b, 6) - 3);
    case 9:
        return nn_slice(context, take(b, 6) - 3, take(b, 5) - 1, take(b, 5));
    case 10:
        return nn_matmul(context, take(b, 2), take(b, 2));
    case 11:
        return nn_sum(context, take(b, 5) == 0 ? NN_ALL : take(b, 6) - 3);
    case 12:
        return nn_mean(context, take(b, 5) == 0 ? NN_ALL : take(b, 6) - 3);
    default:
        return make_dense(b, context);
    }
}

/* Layers of nodes before are applied again at times. What is refused is passed over. */
static void add_node(struct bytes *b, nn_context *context, nn_model *model)
{
    nn_node from[3];
    const int32_t count = 1 + (take(b, 3) == 0) * take(b, 3);
    for (int32_t i = 0; i < count; i++)
        from[i] = choose_node(b, model);
    nn_layer *layer = take(b, 8) == 0 ? nn_model_node_layer(model, choose_node(b, model))
                                      : make_layer(b, context);
    if (take(b, 16) == 0)
        nn_layer_set_trainable(layer, 0);
    if (take(b, 16) == 0)
        nn_layer_set_rate_multiplier(layer, (double)take(b, 3));
    const int32_t nodes = nn_model_node_count(model);
    if (nn_model_apply_many(model, layer, from, count) < 0) {
        must(nn_model_status(model) != NN_OK, "a failed call is remembered");
        nn_model_clear_error(model);
        must(nn_model_node_count(model) == nodes, "a failed call adds no node");
    }
}

static nn_model *make_model(struct bytes *b, nn_context *context)
{
    nn_model *model = nn_model_create(context);
    const int32_t inputs = 1 + (take(b, 3) == 0), nodes = 1 + take(b, NODES);
    for (int32_t i = 0; i < inputs; i++)
        add_input(b, model);
    nn_model_clear_error(model);
    for (int32_t i = 0; i < nodes; i++)
        add_node(b, context, model);
    const int32_t outputs = take(b, OUTPUTS + 1);
    for (int32_t i = 0; i < outputs; i++)
        nn_model_output(model, choose_node(b, model));
    if (take(b, 8) != 0)
        nn_model_clear_error(model);
    return model;
}

/* ---- data ---- */

/* `rows` samples for a node, or NULL. */
static nn_tensor *make_samples(struct bytes *b, nn_context *context,
                               const nn_model *model, nn_node node, int64_t rows,
                               int32_t unit)
{
    int64_t shape[NN_MAX_RANK] = {rows};
    int32_t rank = 0, dtype = 0;
    const int64_t *sample = nn_model_node_shape(model, node, &rank, &dtype);
    for (int32_t i = 0; sample != NULL && i < rank; i++)
        shape[1 + i] = sample[i];
    nn_tensor *tensor = nn_tensor_create(context, dtype, shape, rank + 1);
    float *values = nn_tensor_floats(tensor);
    for (int64_t i = 0; values != NULL && i < nn_tensor_count(tensor); i++)
        values[i] = unit ? (float)take(b, 5) / 4 : take_float(b);
    if (values == NULL && tensor != NULL)
        nn_tensor_fill(tensor, take(b, 100));
    return tensor;
}

struct batch {
    int32_t inputs, targets;
    nn_tensor *input[NODES], *target[OUTPUTS];
};

static void make_batch(struct bytes *b, nn_context *context, const nn_model *model,
                       struct batch *batch)
{
    const int64_t rows = 1 + take(b, ROWS);
    memset(batch, 0, sizeof *batch);
    batch->inputs = nn_model_input_count(model);
    batch->targets = nn_model_output_count(model);
    must(batch->inputs <= NODES && batch->targets <= OUTPUTS, "a graph is small");
    for (int32_t i = 0; i < batch->inputs; i++)
        batch->input[i] =
            make_samples(b, context, model, nn_model_input_node(model, i), rows, 0);
    for (int32_t i = 0; i < batch->targets; i++)
        batch->target[i] =
            make_samples(b, context, model, nn_model_output_node(model, i), rows, 1);
}

static void destroy_batch(struct batch *batch)
{
    for (int32_t i = 0; i < batch->inputs; i++)
        nn_tensor_destroy(batch->input[i]);
    for (int32_t i = 0; i < batch->targets; i++)
        nn_tensor_destroy(batch->target[i]);
}

/* ---- learning ---- */

static nn_optimizer *make_optimizer(struct bytes *b, nn_context *context)
{
    static const char *const kinds[] = {"sgd",      "momentum", "nesterov", "adagrad",
                                        "adadelta", "rmsprop",  "adam",     "adamw"};
    static const char *const options[] = {"l2",        "l1",         "decoupled_decay",
                                          "clip_norm", "clip_value", "max_norm",
                                          "momentum",  "centered",   "rho"};
    nn_optimizer *optimizer = nn_optimizer_create(context, kinds[take(b, 8)]);
    nn_optimizer_set_rate(optimizer, (double)take_float(b));
    for (int32_t i = take(b, 4); i > 0; i--)
        nn_optimizer_set(optimizer, options[take(b, 9)], (double)take_float(b));
    return optimizer;
}

static nn_loss *make_loss(struct bytes *b, nn_context *context)
{
    static const char *const kinds[] = {
        "mean_squared_error",   "mean_absolute_error",   "huber",
        "binary_cross_entropy", "sigmoid_cross_entropy", "softmax_cross_entropy"};
    nn_loss *loss = nn_loss_create(context, kinds[take(b, 6)]);
    if (take(b, 4) == 0)
        nn_loss_set_float(loss, "label_smoothing", (double)take_float(b));
    return loss;
}

static nn_trainer *make_trainer(struct bytes *b, nn_context *context, nn_model *model)
{
    nn_loss *losses[OUTPUTS];
    const int32_t outputs = nn_model_output_count(model);
    for (int32_t i = 0; i < outputs && i < OUTPUTS; i++)
        losses[i] = make_loss(b, context);
    nn_trainer *trainer =
        nn_trainer_create_many(model, losses, NULL, outputs, make_optimizer(b, context));
    const int32_t flags = take_byte(b);
    nn_trainer_set_batch_size(trainer, 1 + take(b, ROWS));
    nn_trainer_set_micro_batch(trainer, flags & 1 ? 1 + take(b, ROWS) : 0);
    nn_trainer_set_keep_nodes(trainer, flags >> 1 & 1);
    nn_trainer_set_input_gradients(trainer, flags >> 2 & 1);
    nn_trainer_set_checks(trainer, flags >> 3 & 1, flags >> 4 & 1);
    if (flags & 32)
        nn_trainer_set_early_stopping(trainer, 1, 0, flags >> 6);
    if (flags & 128)
        nn_trainer_add_metric(trainer, take(b, 8), take(b, OUTPUTS));
    return trainer;
}

static void fit(struct bytes *b, nn_context *context, nn_trainer *trainer,
                const struct batch *batch)
{
    nn_dataset *samples = nn_dataset_create(context);
    for (int32_t i = 0; i < batch->inputs; i++)
        nn_dataset_add_input(samples, batch->input[i]);
    for (int32_t i = 0; i < batch->targets; i++)
        nn_dataset_add_target(samples, batch->target[i]);
    double results[OUTPUTS];
    nn_trainer_set_validation_split(trainer, (double)take(b, 3) / 4);
    nn_trainer_fit(trainer, samples, NULL, take(b, 3));
    nn_trainer_evaluate(trainer, samples, results, OUTPUTS);
    nn_tensor_destroy(nn_trainer_predict(trainer, samples, take(b, OUTPUTS)));
    nn_dataset_destroy(samples);
}

/* 1 where a step was taken. */
static int train(struct bytes *b, nn_context *context, nn_model *model)
{
    struct batch batch;
    double loss;
    int taken = 0;
    nn_trainer *trainer = make_trainer(b, context, model);
    make_batch(b, context, model, &batch);
    for (int32_t i = 1 + take(b, 3); i > 0 && trainer != NULL; i--)
        taken |= nn_trainer_step(trainer, (const nn_tensor *const *)batch.input,
                                 batch.inputs, (const nn_tensor *const *)batch.target,
                                 batch.targets, NULL, &loss) == NN_OK;
    if (trainer != NULL && take(b, 2) == 0)
        fit(b, context, trainer, &batch);
    nn_tensor_destroy(nn_trainer_node_value(trainer, choose_node(b, model)));
    nn_trainer_destroy(trainer);
    destroy_batch(&batch);
    return taken;
}

/* ---- running ---- */

static void compare(struct bytes *b, nn_context *context, nn_model *model)
{
    static float values[OUTPUTS][FLOATS];
    const void *from[NODES];
    void *to[OUTPUTS];
    struct batch batch;
    make_batch(b, context, model, &batch);
    nn_session *session = nn_session_create(model, take(b, ROWS));
    int ready = session != NULL;
    for (int32_t i = 0; i < batch.inputs; i++) {
        from[i] = nn_tensor_data_const(batch.input[i]);
        ready &= batch.input[i] != NULL;
    }
    for (int32_t i = 0; i < batch.targets; i++) {
        to[i] = values[i];
        ready &= batch.target[i] != NULL && nn_tensor_count(batch.target[i]) <= FLOATS;
    }
    ready = ready &&
            nn_session_run(session, from, nn_tensor_dim(batch.input[0], 0), to) == NN_OK;
    if (ready && nn_model_predict(model, (const nn_tensor *const *)batch.input,
                                  batch.inputs, batch.target, batch.targets) == NN_OK)
        for (int32_t i = 0; i < batch.targets; i++)
            for (int64_t k = 0; k < nn_tensor_count(batch.target[i]); k++) {
                const float y = nn_tensor_floats(batch.target[i])[k];
                must(memcmp(&y, &values[i][k], sizeof y) == 0 || y != y,
                     "a session gives the bits of a prediction");
            }
    nn_session_destroy(session);
    destroy_batch(&batch);
}

/* A clone, what loads from the file of the model, or NULL. */
static nn_model *make_copy(struct bytes *b, nn_context *context, nn_model *model)
{
    static uint8_t file[FILE_BYTES];
    size_t size;
    switch (take(b, 3)) {
    case 0:
        return nn_model_clone(model);
    case 1:
        return nn_model_save_memory(model, file, sizeof file, &size) == NN_OK
                   ? nn_model_load_memory(context, file, size)
                   : NULL;
    default:
        return NULL;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size};
    struct supply supply = {-1, 0};
    nn_context *context = make_context(&bytes, &supply);
    nn_model *model = make_model(&bytes, context);
    const int built = nn_model_build(model) == NN_OK;
    int trained = 0;
    if (built) {
        trained = train(&bytes, context, model);
        nn_model *copy = make_copy(&bytes, context, model);
        compare(&bytes, context, copy != NULL ? copy : model);
        nn_model_destroy(copy);
    }
    count_input(built, trained);
    nn_model_destroy(model);
    nn_context_destroy(context);
    must(supply.blocks == 0, "all memory is given back");
    return 0;
}
