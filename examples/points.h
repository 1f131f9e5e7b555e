/* Data sets of a few numbers in memory, for the examples that make up their points. */
#ifndef EXAMPLES_POINTS_H
#define EXAMPLES_POINTS_H

#include "console.h"

#include <string.h>

/* A matrix (rows, columns) with a copy of the values; NULL leaves it 0. */
static inline nn_tensor *points_matrix(const float *values, int64_t rows, int64_t columns)
{
    int64_t shape[2] = {rows, columns};
    nn_tensor *matrix = console_made(nn_tensor_create(NULL, NN_FLOAT32, shape, 2));
    if (values != NULL)
        memcpy(nn_tensor_floats(matrix), values,
               (size_t)(rows * columns) * sizeof *values);
    return matrix;
}

/* A data set of inputs and targets, whose handles it takes. */
static inline nn_dataset *points_dataset(nn_tensor *inputs, nn_tensor *targets)
{
    nn_dataset *dataset = console_made(nn_dataset_create(NULL));
    console_check(nn_dataset_add_input(dataset, inputs));
    console_check(nn_dataset_add_target(dataset, targets));
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(targets);
    return dataset;
}

#endif
