/* Made-up samples for the networks, and hashes of what comes of them. */
#include "samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hash_ok(nn_status status)
{
    if (status != NN_OK) {
        fprintf(stderr, "hash: %s: %s\n", nn_status_name(status), nn_last_error());
        exit(EXIT_FAILURE);
    }
}

uint64_t hash_more(uint64_t hash, const void *bytes, size_t size)
{
    const unsigned char *next = bytes;
    for (size_t done = 0; done < size; done += sizeof(uint64_t)) {
        uint64_t word = 0;
        const size_t left = size - done;
        memcpy(&word, next + done, left < sizeof word ? left : sizeof word);
        hash = (hash ^ word) * UINT64_C(1099511628211);
    }
    return hash;
}

uint64_t hash_values(uint64_t hash, const nn_tensor *tensor)
{
    const size_t size = nn_dtype_size(nn_tensor_dtype(tensor));
    return hash_more(hash, nn_tensor_data_const(tensor),
                     size * (size_t)nn_tensor_count(tensor));
}

/* A tensor of `rows` samples of a node's shape, but for its last `without` dimensions. */
static nn_tensor *tensor_for(nn_context *context, const nn_model *model, nn_node node,
                             int32_t dtype, int64_t rows, int32_t without)
{
    int64_t shape[NN_MAX_RANK] = {rows};
    int32_t rank;
    const int64_t *sample = nn_model_node_shape(model, node, &rank, NULL);
    memcpy(shape + 1, sample, sizeof *sample * (size_t)rank);
    nn_tensor *tensor = nn_tensor_create(context, dtype, shape, 1 + rank - without);
    hash_ok(tensor == NULL ? nn_last_status() : NN_OK);
    return tensor;
}

nn_tensor *hash_input(nn_context *context, const nn_model *model, int32_t input,
                      int64_t rows)
{
    int32_t dtype;
    const nn_node node = nn_model_input_node(model, input);
    nn_model_node_shape(model, node, NULL, &dtype);
    nn_tensor *tensor = tensor_for(context, model, node, dtype, rows, 0);
    if (dtype == NN_FLOAT32) {
        hash_ok(nn_tensor_random_normal(tensor, 0, 1, (uint64_t)input + 1));
        return tensor;
    }
    unsigned char *bytes = nn_tensor_data(tensor);
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        bytes[i] = (unsigned char)((i * i + 37 * i) % 251);
    }
    return tensor;
}

static nn_tensor *labels_for(nn_context *context, const nn_model *model, nn_node node,
                             int64_t rows)
{
    int32_t rank;
    const int64_t *shape = nn_model_node_shape(model, node, &rank, NULL);
    nn_tensor *tensor = tensor_for(context, model, node, NN_INT32, rows, 1);
    int32_t *labels = nn_tensor_data(tensor);
    for (int64_t i = 0; i < rows; i++) {
        labels[i] = (int32_t)(i % shape[rank - 1]);
    }
    return tensor;
}

static nn_tensor *bits_for(nn_context *context, const nn_model *model, nn_node node,
                           int64_t rows)
{
    nn_tensor *tensor = tensor_for(context, model, node, NN_INT32, rows, 0);
    int32_t *bits = nn_tensor_data(tensor);
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        bits[i] = i % 3 == 0;
    }
    return tensor;
}

/* One of the last dimension likely, the others 1/16. */
static nn_tensor *probabilities_for(nn_context *context, const nn_model *model,
                                    nn_node node, int64_t rows)
{
    int32_t rank;
    const int64_t *shape = nn_model_node_shape(model, node, &rank, NULL);
    const int64_t classes = rank == 0 ? 1 : shape[rank - 1];
    nn_tensor *tensor = tensor_for(context, model, node, NN_FLOAT32, rows, 0);
    float *values = nn_tensor_floats(tensor);
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        const int64_t row = i / classes, likely = row % classes;
        values[i] = i % classes == likely ? 1 - (float)(classes - 1) / 16 : 1.0f / 16;
    }
    return tensor;
}

nn_tensor *hash_target(nn_context *context, const nn_model *model, int32_t output,
                       int32_t targets, int64_t rows)
{
    const nn_node node = nn_model_output_node(model, output);
    return output > 0                ? probabilities_for(context, model, node, rows)
           : targets == HASH_LABELS  ? labels_for(context, model, node, rows)
           : targets == HASH_BITS    ? bits_for(context, model, node, rows)
           : targets == HASH_NOTHING ? NULL
                                     : probabilities_for(context, model, node, rows);
}

nn_tensor *hash_weights(nn_context *context, int64_t rows)
{
    nn_tensor *weights = nn_tensor_create(context, NN_FLOAT32, &rows, 1);
    hash_ok(nn_tensor_random_uniform(weights, 0.25f, 2, 99));
    return weights;
}
