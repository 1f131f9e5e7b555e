/* Made-up samples for the networks of the lines. */
#ifndef TESTS_HASH_SAMPLES_H
#define TESTS_HASH_SAMPLES_H

#include "lines.h"

/* `rows` targets (HASH_LABELS, ...) for an output; NULL for HASH_NOTHING. */
nn_tensor *hash_target(nn_context *context, const nn_model *model, int32_t output,
                       int32_t targets, int64_t rows);

/* Weights of `rows` samples. */
nn_tensor *hash_weights(nn_context *context, int64_t rows);

/* A trainer of the line's model, with its losses and its optimizer. */
nn_trainer *hash_trainer(nn_context *context, nn_model *model,
                         const struct hash_line *line);

/* Takes in every parameter, and what a session makes of these inputs. */
uint64_t hash_model_values(uint64_t hash, const nn_model *model);
uint64_t hash_session(uint64_t hash, nn_model *model, nn_tensor *const *inputs);

#endif
