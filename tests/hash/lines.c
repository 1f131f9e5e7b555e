/* The list of runs; expected.txt has a line for each, in this order. */
#include "lines.h"

static void cosine(nn_trainer *trainer)
{
    hash_ok(nn_trainer_set_rate_cosine(trainer, 3, 1e-4));
    hash_ok(nn_trainer_set_warmup(trainer, 4));
}

static void exponential(nn_trainer *trainer)
{
    hash_ok(nn_trainer_set_rate_exponential(trainer, 0.7));
    hash_ok(nn_trainer_set_micro_batch(trainer, 7));
}

static void stepwise(nn_trainer *trainer)
{
    hash_ok(nn_trainer_set_rate_step(trainer, 2, 0.3));
    hash_ok(nn_trainer_set_batch_size(trainer, NN_FULL_BATCH));
}

static void plateau(nn_trainer *trainer)
{
    hash_ok(nn_trainer_set_rate_plateau(trainer, 0.5, 1, 1e-3));
    hash_ok(nn_trainer_set_early_stopping(trainer, 2, 0.01, 1));
}

static const struct hash_line lines[] = {
    /* Optimizers, each of their options. */
    {"sgd", .optimizer = "sgd", .optimizer_options = {{"rate", 0.2}}},
    {"sgd-l2", .optimizer_options = {{"rate", 0.1}, {"l2", 0.01}}},
    {"sgd-l1", .optimizer_options = {{"rate", 0.1}, {"l1", 0.01}}},
    {"sgd-decoupled-decay",
     .optimizer_options = {{"rate", 0.1}, {"decoupled_decay", 0.02}}},
    {"sgd-clip-norm", .optimizer_options = {{"rate", 0.1}, {"clip_norm", 0.25}}},
    {"sgd-clip-value", .optimizer_options = {{"rate", 0.1}, {"clip_value", 0.015}}},
    {"sgd-max-norm", .optimizer_options = {{"rate", 0.1}, {"max_norm", 0.75}}},
    {"sgd-all", .optimizer_options =
                    {{"l2", 0.01}, {"l1", 0.005}, {"clip_norm", 0.5}, {"max_norm", 1}}},
    {"momentum", .optimizer = "momentum"},
    {"momentum-dampening", .optimizer = "momentum",
     .optimizer_options = {{"momentum", 0.7}, {"dampening", 0.25}, {"clip_norm", 0.5}}},
    {"momentum-nesterov", .optimizer = "momentum",
     .optimizer_options = {{"nesterov", 1}, {"l2", 0.01}}},
    {"nesterov", .optimizer = "nesterov", .optimizer_options = {{"momentum", 0.8}}},
    {"adagrad", .optimizer = "adagrad"},
    {"adagrad-initial", .optimizer = "adagrad",
     .optimizer_options = {{"initial", 0.125}, {"epsilon", 1e-3}, {"rate", 0.1}}},
    {"adadelta", .optimizer = "adadelta"},
    {"adadelta-slow", .optimizer = "adadelta",
     .optimizer_options = {{"rho", 0.75}, {"epsilon", 1e-4}, {"clip_value", 0.02}}},
    {"rmsprop", .optimizer = "rmsprop"},
    {"rmsprop-centered", .optimizer = "rmsprop",
     .optimizer_options = {{"centered", 1}, {"rho", 0.9}, {"epsilon", 1e-6}}},
    {"rmsprop-momentum", .optimizer = "rmsprop",
     .optimizer_options = {{"momentum", 0.5}, {"max_norm", 1}}},
    {"rmsprop-centered-momentum", .optimizer = "rmsprop",
     .optimizer_options = {{"centered", 1}, {"momentum", 0.5}, {"l1", 1e-3}}},
    {"adam", .optimizer = "adam"},
    {"adam-fast", .optimizer = "adam",
     .optimizer_options =
         {{"rate", 0.01}, {"beta1", 0.8}, {"beta2", 0.95}, {"epsilon", 1e-5}}},
    {"adam-l2", .optimizer = "adam",
     .optimizer_options = {{"rate", 0.01}, {"l2", 0.01}, {"clip_norm", 0.5}}},
    {"adamw", .optimizer = "adamw"},
    {"adamw-fast", .optimizer = "adamw",
     .optimizer_options =
         {{"rate", 0.02}, {"beta1", 0.7}, {"beta2", 0.9}, {"epsilon", 1e-4}}},
    {"adamw-decay", .optimizer = "adamw",
     .optimizer_options = {{"rate", 0.01},
                           {"decoupled_decay", 0.1},
                           {"clip_value", 0.02}}},

    /* Activations. */
    {"linear", .network = hash_activations, .activation = NN_LINEAR},
    {"sigmoid", .network = hash_activations, .activation = NN_SIGMOID},
    {"tanh", .network = hash_activations, .activation = NN_TANH},
    {"relu", .network = hash_activations, .activation = NN_RELU},
    {"leaky-relu", .network = hash_activations, .activation = NN_LEAKY_RELU},
    {"elu", .network = hash_activations, .activation = NN_ELU},
    {"selu", .network = hash_activations, .activation = NN_SELU},
    {"gelu", .network = hash_activations, .activation = NN_GELU},
    {"silu", .network = hash_activations, .activation = NN_SILU},
    {"softplus", .network = hash_activations, .activation = NN_SOFTPLUS},
    {"softmax", .network = hash_activations, .activation = NN_SOFTMAX},
    {"log-softmax", .network = hash_activations, .activation = NN_LOG_SOFTMAX},

    /* Losses, of more samples than a block of a long sum has. */
    {"mean-squared-error", .network = hash_stack, .loss = "mean_squared_error",
     .targets = HASH_PROBABILITIES, .rows = 1100, .steps = 2},
    {"mean-absolute-error", .network = hash_stack, .loss = "mean_absolute_error",
     .targets = HASH_PROBABILITIES, .sample_weights = 1, .rows = 1100, .steps = 2},
    {"huber", .network = hash_stack, .loss = "huber", .loss_options = {{"delta", 0.5}},
     .targets = HASH_PROBABILITIES, .rows = 1100, .steps = 2},
    {"binary-cross-entropy", .network = hash_stack, .activation = NN_SIGMOID,
     .loss = "binary_cross_entropy", .targets = HASH_PROBABILITIES, .rows = 1100,
     .steps = 2},
    {"binary-cross-entropy-weighted", .network = hash_stack, .activation = NN_SIGMOID,
     .loss = "binary_cross_entropy", .targets = HASH_BITS, .class_weights = 2,
     .rows = 90},
    {"sigmoid-cross-entropy", .network = hash_stack, .loss = "sigmoid_cross_entropy",
     .targets = HASH_BITS, .rows = 1100, .steps = 2},
    {"sigmoid-cross-entropy-weighted", .network = hash_stack,
     .loss = "sigmoid_cross_entropy", .targets = HASH_PROBABILITIES, .class_weights = 2,
     .sample_weights = 1, .rows = 90},
    {"softmax-cross-entropy", .network = hash_stack, .rows = 1100, .steps = 2},
    {"softmax-cross-entropy-probabilities", .network = hash_stack,
     .targets = HASH_PROBABILITIES, .rows = 1100, .steps = 2},
    {"softmax-cross-entropy-weighted", .network = hash_stack,
     .loss_options = {{"label_smoothing", 0.1}}, .class_weights = 5, .sample_weights = 1,
     .rows = 90},
    {"output-as-loss", .network = hash_composed, .loss = "output_as_loss",
     .targets = HASH_NOTHING},

    /* Layers, ways to start, sizes. */
    {"initializers", .network = hash_initializers, .steps = 2},
    {"images", .network = hash_images, .optimizer = "adam"},
    {"narrow", .network = hash_narrow, .optimizer = "momentum"},
    {"wide", .network = hash_wide, .optimizer = "rmsprop", .rows = 131, .steps = 1},
    {"wide-one-sample", .network = hash_wide, .rows = 1, .steps = 3},
    {"tall", .network = hash_tall, .loss = "mean_squared_error",
     .targets = HASH_PROBABILITIES, .optimizer = "nesterov", .rows = 701, .steps = 2},

    /* Whole runs, and what can be computed without a network. */
    {"fit-cosine", .run = hash_fit, .optimizer = "adamw", .schedule = cosine},
    {"fit-exponential", .run = hash_fit, .optimizer = "momentum",
     .schedule = exponential},
    {"fit-stepwise", .run = hash_fit, .optimizer = "nesterov", .schedule = stepwise},
    {"fit-plateau", .run = hash_fit, .optimizer = "rmsprop", .schedule = plateau},
    {"tensors", .run = hash_tensors},
};

enum { LINES = sizeof lines / sizeof lines[0] };

const struct hash_line *hash_line_at(int32_t index)
{
    return index >= 0 && index < LINES ? &lines[index] : NULL;
}

uint64_t hash_of_line(nn_context *context, const struct hash_line *line)
{
    return line->run != NULL ? line->run(context, line) : hash_training(context, line);
}

nn_model *hash_model(nn_context *context, const struct hash_line *line)
{
    hash_network *network = line->network != NULL ? line->network : hash_graph;
    nn_model *model = network(context, line);
    hash_ok(nn_model_build(model));
    return model;
}
