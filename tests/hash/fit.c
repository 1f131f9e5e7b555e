/* Whole runs: epochs over a data set in random order, with a schedule and a validation
 * set; what the history, the evaluation and the predictions say. */
#include "samples.h"

#include <string.h>

enum { SAMPLES = 120, BATCH = 32, EPOCHS = 4, RESULTS = 3 };

static nn_dataset *dataset_for(nn_context *context, const nn_model *model,
                               const struct hash_line *line)
{
    nn_dataset *samples = nn_dataset_create(context);
    nn_tensor *input = hash_input(context, model, 0, SAMPLES);
    nn_tensor *target = hash_target(context, model, 0, line->targets, SAMPLES);
    nn_tensor *weights = hash_weights(context, SAMPLES);
    const int64_t features = nn_tensor_dim(input, 1);
    nn_tensor *mean = nn_tensor_create(context, NN_FLOAT32, &features, 1);
    nn_tensor *deviation = nn_tensor_clone(mean);
    hash_ok(nn_dataset_add_input(samples, input));
    hash_ok(nn_dataset_add_target(samples, target));
    hash_ok(nn_dataset_set_weights(samples, weights));
    hash_ok(nn_dataset_moments(samples, 0, mean, deviation));
    hash_ok(nn_dataset_standardize(samples, 0, mean, deviation));
    nn_tensor_destroy(input);
    nn_tensor_destroy(target);
    nn_tensor_destroy(weights);
    nn_tensor_destroy(mean);
    nn_tensor_destroy(deviation);
    return samples;
}

static uint64_t hash_history(uint64_t hash, const nn_trainer *trainer)
{
    for (int32_t i = 0; i < nn_trainer_history_count(trainer); i++) {
        const double *values;
        int64_t epochs;
        hash_ok(nn_trainer_history(trainer, nn_trainer_history_name(trainer, i), &values,
                                   &epochs));
        hash = hash_more(hash, values, sizeof *values * (size_t)epochs);
    }
    return hash;
}

uint64_t hash_fit(nn_context *context, const struct hash_line *line)
{
    double results[RESULTS] = {0};
    nn_model *model = hash_model(context, line);
    nn_trainer *trainer = hash_trainer(context, model, line);
    nn_dataset *samples = dataset_for(context, model, line);
    hash_ok(nn_trainer_set_batch_size(trainer, BATCH));
    hash_ok(nn_trainer_set_validation_split(trainer, 0.2));
    hash_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    hash_ok(nn_trainer_add_top_k(trainer, 2, 0));
    line->schedule(trainer);
    hash_ok(nn_trainer_fit(trainer, samples, NULL, EPOCHS));
    uint64_t hash = hash_history(HASH_BEGIN, trainer);
    hash_ok(nn_trainer_evaluate(trainer, samples, results, RESULTS));
    hash = hash_more(hash, results, sizeof results);
    nn_tensor *outputs = nn_trainer_predict(trainer, samples, 0);
    hash = hash_values(hash, outputs);
    hash = hash_model_values(hash, model);
    nn_tensor_destroy(outputs);
    nn_dataset_destroy(samples);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return hash;
}
