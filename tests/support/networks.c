#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "networks.h"

#include <string.h>

void assert_ok(nn_status status)
{
    if (status != NN_OK)
        fail_msg("%s: %s", nn_status_name(status), nn_last_error());
}

nn_model *stack_network(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    assert_non_null(model);
    nn_model_add(model, nn_input(context, NETWORK_INPUTS));
    nn_model_add(model, nn_dense(context, 16, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.25));
    nn_model_add(model, nn_dense(context, 8, NN_TANH));
    nn_model_add(model, nn_dense(context, NETWORK_CLASSES, NN_LINEAR));
    assert_ok(nn_model_status(model));
    return model;
}

nn_model *wide_network(nn_context *context)
{
    nn_model *model = nn_model_create(context);
    assert_non_null(model);
    nn_model_add(model, nn_input(context, NETWORK_INPUTS));
    nn_model_add(model, nn_dense(context, 256, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.25));
    nn_model_add(model, nn_dense(context, 300, NN_GELU));
    nn_model_add(model, nn_dense(context, NETWORK_CLASSES, NN_LINEAR));
    assert_ok(nn_model_status(model));
    return model;
}

nn_model *graph_network(nn_context *context)
{
    int64_t shape[] = {NETWORK_INPUTS};
    nn_model *model = nn_model_create(context);
    assert_non_null(model);
    nn_layer *shared = nn_dense(context, NETWORK_INPUTS, NN_GELU);
    nn_node x = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_node once = nn_model_apply(model, shared, x);
    nn_node twice = nn_model_apply(model, shared, once);
    nn_node skip = nn_model_apply_many(model, nn_add(context), (nn_node[]){x, twice}, 2);
    nn_node gate =
        nn_model_apply(model, nn_dense(context, NETWORK_INPUTS, NN_SIGMOID), once);
    nn_node gated =
        nn_model_apply_many(model, nn_multiply(context), (nn_node[]){skip, gate}, 2);
    nn_node part = nn_model_apply(model, nn_slice(context, 0, 2, 5), x);
    nn_node both =
        nn_model_apply_many(model, nn_concat(context, 0), (nn_node[]){gated, part}, 2);
    nn_node thinned = nn_model_apply(model, nn_dropout(context, 0.25), both);
    nn_node hidden = nn_model_apply(model, nn_dense(context, 8, NN_SILU), thinned);
    nn_node logits =
        nn_model_apply(model, nn_dense(context, NETWORK_CLASSES, NN_LINEAR), hidden);
    nn_model_output(model, logits);
    assert_ok(nn_model_status(model));
    return model;
}

void class_tensors(nn_context *context, int64_t count, uint64_t seed, nn_tensor **inputs,
                   nn_tensor **labels)
{
    int64_t input_shape[] = {count, NETWORK_INPUTS}, label_shape[] = {count};
    *inputs = nn_tensor_create(context, NN_FLOAT32, input_shape, 2);
    *labels = nn_tensor_create(context, NN_INT32, label_shape, 1);
    assert_non_null(*inputs);
    assert_non_null(*labels);
    assert_ok(nn_tensor_random_normal(*inputs, 0, 1, seed));
    float *x = nn_tensor_floats(*inputs);
    int32_t *y = nn_tensor_data(*labels);
    for (int64_t i = 0; i < count; i++) {
        y[i] = (int32_t)(i % NETWORK_CLASSES);
        x[i * NETWORK_INPUTS + y[i]] += 2;
        x[i * NETWORK_INPUTS + NETWORK_CLASSES + y[i]] -= 2;
    }
}

nn_dataset *class_samples(nn_context *context, int64_t count, uint64_t seed)
{
    nn_tensor *inputs, *labels;
    class_tensors(context, count, seed, &inputs, &labels);
    nn_dataset *samples = nn_dataset_create(context);
    assert_non_null(samples);
    assert_ok(nn_dataset_add_input(samples, inputs));
    assert_ok(nn_dataset_add_target(samples, labels));
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    return samples;
}

uint64_t parameter_hash(const nn_model *model)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (int32_t i = 0; i < nn_model_parameter_count(model); i++) {
        const nn_tensor *parameter = nn_model_parameter(model, i);
        const unsigned char *bytes = nn_tensor_data_const(parameter);
        size_t size = (size_t)nn_tensor_count(parameter) * sizeof(float);
        for (size_t k = 0; k < size; k++)
            hash = (hash ^ bytes[k]) * UINT64_C(1099511628211);
    }
    return hash;
}
