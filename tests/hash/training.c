/* A few steps of training on one batch. */
#include "samples.h"

#include <stdlib.h>

enum { STANDARD_ROWS = 24, STANDARD_STEPS = 9 };

static nn_loss *loss_for(nn_context *context, const struct hash_line *line)
{
    static const float weights[] = {0.5f, 2, 1, 0.25f, 3};
    nn_loss *loss = nn_loss_create(context, line->loss != NULL ? line->loss
                                                               : "softmax_cross_entropy");
    for (const struct hash_option *o = line->loss_options; o->name != NULL; o++) {
        hash_ok(nn_loss_set_float(loss, o->name, o->value));
    }
    if (line->class_weights > 0) {
        hash_ok(nn_loss_set_floats(loss, "class_weights", weights, line->class_weights));
    }
    return loss;
}

static nn_optimizer *optimizer_for(nn_context *context, const struct hash_line *line)
{
    const char *kind = line->optimizer != NULL ? line->optimizer : "sgd";
    nn_optimizer *optimizer = nn_optimizer_create(context, kind);
    for (const struct hash_option *o = line->optimizer_options; o->name != NULL; o++) {
        hash_ok(nn_optimizer_set(optimizer, o->name, o->value));
    }
    return optimizer;
}

nn_trainer *hash_trainer(nn_context *context, nn_model *model,
                         const struct hash_line *line)
{
    const double weights[HASH_OUTPUTS] = {1, 0.5};
    const int32_t outputs = nn_model_output_count(model);
    nn_loss *losses[HASH_OUTPUTS] = {loss_for(context, line)};
    for (int32_t i = 1; i < outputs; i++) {
        losses[i] = nn_mean_squared_error(context);
    }
    nn_trainer *trainer = nn_trainer_create_many(model, losses, weights, outputs,
                                                 optimizer_for(context, line));
    hash_ok(trainer == NULL ? nn_last_status() : NN_OK);
    return trainer;
}

uint64_t hash_model_values(uint64_t hash, const nn_model *model)
{
    for (int32_t i = 0; i < nn_model_parameter_count(model); i++) {
        hash = hash_values(hash, nn_model_parameter(model, i));
    }
    return hash;
}

uint64_t hash_session(uint64_t hash, nn_model *model, nn_tensor *const *inputs)
{
    const void *from[HASH_INPUTS];
    void *to[HASH_OUTPUTS];
    size_t sizes[HASH_OUTPUTS];
    const int64_t rows = nn_tensor_dim(inputs[0], 0);
    for (int32_t i = 0; i < nn_model_input_count(model); i++) {
        from[i] = nn_tensor_data_const(inputs[i]);
    }
    for (int32_t i = 0; i < nn_model_output_count(model); i++) {
        int32_t rank;
        const int64_t *shape =
            nn_model_node_shape(model, nn_model_output_node(model, i), &rank, NULL);
        sizes[i] = sizeof(float) * (size_t)rows;
        for (int32_t k = 0; k < rank; k++) {
            sizes[i] *= (size_t)shape[k];
        }
        to[i] = malloc(sizes[i]);
    }
    nn_session *session = nn_session_create(model, 0);
    hash_ok(nn_session_run(session, from, rows, to));
    for (int32_t i = 0; i < nn_model_output_count(model); i++) {
        hash = hash_more(hash, to[i], sizes[i]);
        free(to[i]);
    }
    nn_session_destroy(session);
    return hash;
}

/* Tensors of one batch: inputs first, then targets, then weights. */
enum { BATCH_TENSORS = HASH_INPUTS + HASH_OUTPUTS + 1 };
struct batch {
    nn_tensor *all[BATCH_TENSORS];
    int32_t inputs, targets;
};

static struct batch batch_for(nn_context *context, const nn_model *model,
                              const struct hash_line *line, int64_t rows)
{
    struct batch batch = {.inputs = nn_model_input_count(model)};
    for (int32_t i = 0; i < batch.inputs; i++) {
        batch.all[i] = hash_input(context, model, i, rows);
    }
    if (line->targets != HASH_NOTHING) {
        batch.targets = nn_model_output_count(model);
    }
    for (int32_t i = 0; i < batch.targets; i++) {
        batch.all[HASH_INPUTS + i] = hash_target(context, model, i, line->targets, rows);
    }
    if (line->sample_weights) {
        batch.all[BATCH_TENSORS - 1] = hash_weights(context, rows);
    }
    return batch;
}

/* The first `rows` samples. */
static struct batch batch_part(const struct batch *batch, int64_t rows)
{
    struct batch part = *batch;
    for (int32_t i = 0; i < BATCH_TENSORS; i++) {
        part.all[i] =
            batch->all[i] != NULL ? nn_tensor_slice(batch->all[i], 0, rows) : NULL;
    }
    return part;
}

static void batch_destroy(const struct batch *batch)
{
    for (int32_t i = 0; i < BATCH_TENSORS; i++) {
        nn_tensor_destroy(batch->all[i]);
    }
}

static double step_loss(nn_trainer *trainer, const struct batch *batch)
{
    double loss;
    const nn_tensor *const *all = (const nn_tensor *const *)batch->all;
    hash_ok(nn_trainer_step(trainer, all, batch->inputs, all + HASH_INPUTS,
                            batch->targets, all[BATCH_TENSORS - 1], &loss));
    return loss;
}

uint64_t hash_training(nn_context *context, const struct hash_line *line)
{
    const int32_t rows = line->rows > 0 ? line->rows : STANDARD_ROWS;
    const int32_t steps = line->steps > 0 ? line->steps : STANDARD_STEPS;
    nn_model *model = hash_model(context, line);
    nn_trainer *trainer = hash_trainer(context, model, line);
    const struct batch batch = batch_for(context, model, line, rows);
    uint64_t hash = HASH_BEGIN;
    for (int32_t step = 0; step < steps; step++) {
        const int32_t left_out = step % 3 * (rows / 7);
        const struct batch part = batch_part(&batch, rows - left_out);
        const double loss = step_loss(trainer, &part);
        hash = hash_more(hash, &loss, sizeof loss);
        batch_destroy(&part);
    }
    hash = hash_model_values(hash, model);
    hash = hash_session(hash, model, batch.all);
    batch_destroy(&batch);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return hash;
}
