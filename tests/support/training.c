#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "training.h"

nn_model *one_layer(nn_context *context, int64_t inputs, int64_t outputs)
{
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, inputs));
    assert_ok(nn_model_add(model, nn_dense(context, outputs, NN_LINEAR)));
    assert_ok(nn_model_build(model));
    return model;
}

nn_trainer *squared_trainer(nn_model *model, nn_optimizer *optimizer)
{
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(NULL), optimizer);
    assert_non_null(trainer);
    return trainer;
}

nn_trainer *class_trainer(nn_model *model, nn_optimizer *optimizer)
{
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), optimizer);
    assert_non_null(trainer);
    return trainer;
}

nn_dataset *dataset_with(nn_context *context, nn_tensor *input, nn_tensor *target)
{
    nn_dataset *dataset = nn_dataset_create(context);
    assert_ok(nn_dataset_add_input(dataset, input));
    assert_ok(nn_dataset_add_target(dataset, target));
    nn_tensor_destroy(input);
    nn_tensor_destroy(target);
    return dataset;
}

nn_dataset *numbered_samples(nn_context *context, int64_t count)
{
    int64_t shape[] = {count, 1};
    nn_tensor *input = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    assert_non_null(input);
    for (int64_t i = 0; i < count; i++)
        nn_tensor_floats(input)[i] = (float)i;
    nn_tensor *target = nn_tensor_clone(input);
    assert_non_null(target);
    return dataset_with(context, input, target);
}

double step_on(nn_trainer *trainer, const nn_tensor *input, const nn_tensor *target)
{
    double loss;
    assert_ok(nn_trainer_step(trainer, &input, 1, &target, 1, NULL, &loss));
    return loss;
}

double history_at(const nn_trainer *trainer, const char *series, int64_t epoch)
{
    const double *values;
    int64_t epochs;
    assert_ok(nn_trainer_history(trainer, series, &values, &epochs));
    assert_true(epoch >= 0 && epoch < epochs);
    return values[epoch];
}

int64_t history_epochs(const nn_trainer *trainer)
{
    const double *values;
    int64_t epochs;
    assert_ok(nn_trainer_history(trainer, "loss", &values, &epochs));
    return epochs;
}

uint64_t tensor_hash(const nn_tensor *tensor)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    const unsigned char *bytes = nn_tensor_data_const(tensor);
    size_t size =
        (size_t)nn_tensor_count(tensor) * nn_dtype_size(nn_tensor_dtype(tensor));
    for (size_t k = 0; k < size; k++)
        hash = (hash ^ bytes[k]) * UINT64_C(1099511628211);
    return hash;
}
