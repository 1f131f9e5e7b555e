/* Small models, data sets and look-ups that the tests of trainers share. Everything here
 * stops the test where the library fails. */
#ifndef TESTS_SUPPORT_TRAINING_H
#define TESTS_SUPPORT_TRAINING_H

#include <nn/nn.h>

#include "datasets.h"
#include "networks.h"

/* One linear dense layer. */
nn_model *one_layer(nn_context *context, int64_t inputs, int64_t outputs);

/* A trainer with mean squared error, in the default context. */
nn_trainer *squared_trainer(nn_model *model, nn_optimizer *optimizer);

/* A trainer with softmax cross-entropy, in the default context. */
nn_trainer *class_trainer(nn_model *model, nn_optimizer *optimizer);

/* A data set of one input and one target, which it takes over. */
nn_dataset *dataset_with(nn_context *context, nn_tensor *input, nn_tensor *target);

/* `count` samples of one number, 0, 1, ..., whose target is the number again. */
nn_dataset *numbered_samples(nn_context *context, int64_t count);

/* One step on one input and one target; returns the loss. */
double step_on(nn_trainer *trainer, const nn_tensor *input, const nn_tensor *target);

/* The number of a series of the history in an epoch (0, 1, ...). */
double history_at(const nn_trainer *trainer, const char *series, int64_t epoch);

/* The number of epochs in the history. */
int64_t history_epochs(const nn_trainer *trainer);

/* A hash of a parameter's bits, or a gradient's. */
uint64_t tensor_hash(const nn_tensor *tensor);

#endif
