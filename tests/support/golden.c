#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "golden.h"

#include "networks.h"
#include "settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { GOLDEN_ROWS = 3, GOLDEN_PORTS = 8 };

static uint64_t hash_text(uint64_t hash, const char *text)
{
    return hash_bytes(hash, text, strlen(text) + 1);
}

static uint64_t hash_parameters(const nn_model *model)
{
    uint64_t hash = HASH_START;
    for (int32_t i = 0; i < nn_model_parameter_count(model); i++) {
        const nn_tensor *parameter = nn_model_parameter(model, i);
        hash = hash_text(hash, nn_model_parameter_name(model, i));
        hash = hash_bytes(hash, nn_tensor_shape(parameter),
                          (size_t)nn_tensor_rank(parameter) * sizeof(int64_t));
        hash = hash_tensor(hash, parameter);
    }
    return hash;
}

static uint64_t hash_outputs(nn_model *model)
{
    uint64_t hash = HASH_START;
    nn_tensor *inputs[GOLDEN_PORTS];
    nn_tensor *outputs[GOLDEN_PORTS];
    int32_t input_count = nn_model_input_count(model);
    int32_t output_count = nn_model_output_count(model);
    assert_in_range(input_count, 1, GOLDEN_PORTS);
    assert_in_range(output_count, 1, GOLDEN_PORTS);
    for (int32_t i = 0; i < input_count; i++) {
        inputs[i] = random_samples(NULL, model, nn_model_input_node(model, i),
                                   GOLDEN_ROWS, (uint64_t)i + 1);
    }
    for (int32_t i = 0; i < output_count; i++) {
        int64_t shape[NN_MAX_RANK] = {GOLDEN_ROWS};
        int32_t rank;
        const int64_t *sample =
            nn_model_node_shape(model, nn_model_output_node(model, i), &rank, NULL);
        memcpy(shape + 1, sample, (size_t)rank * sizeof *sample);
        outputs[i] = nn_tensor_create(NULL, NN_FLOAT32, shape, rank + 1);
    }
    assert_ok(nn_model_predict(model, (const nn_tensor *const *)inputs, input_count,
                               outputs, output_count));
    for (int32_t i = 0; i < output_count; i++) {
        hash = hash_new_tensor(hash, outputs[i]);
    }
    for (int32_t i = 0; i < input_count; i++) {
        nn_tensor_destroy(inputs[i]);
    }
    return hash;
}

static uint64_t hash_names(const nn_model *model)
{
    uint64_t hash = HASH_START;
    for (int32_t i = 0; i < nn_model_node_count(model); i++) {
        hash = hash_text(hash, nn_layer_name(nn_model_node_layer(model, i)));
        hash = hash_text(hash, nn_layer_kind(nn_model_node_layer(model, i)));
    }
    for (int32_t i = 0; i < nn_model_output_count(model); i++) {
        for (int32_t k = 0; k < nn_model_class_count(model, i); k++) {
            hash = hash_text(hash, nn_model_class_name(model, i, k));
        }
    }
    return hash;
}

void golden_line(nn_model *model, char line[GOLDEN_LINE_SIZE])
{
    snprintf(line, GOLDEN_LINE_SIZE, "%016" PRIx64 " %016" PRIx64 " %016" PRIx64,
             hash_parameters(model), hash_outputs(model), hash_names(model));
}
