/* Tensors from lists of numbers, and memory that runs out, for tests of what computes on
 * tensors. Everything here stops the test where the library fails to make a tensor. */
#ifndef TESTS_SUPPORT_TENSORS_H
#define TESTS_SUPPORT_TENSORS_H

#include <nn/tensor.h>

/* A tensor of the default context with these elements. */
nn_tensor *tensor_of(int32_t dtype, int32_t rank, const int64_t *shape,
                     const double *values);

/* The same in one and two dimensions, float32. */
nn_tensor *tensor_of_row(int64_t count, const double *values);
nn_tensor *tensor_of_rows(int64_t rows, int64_t columns, const double *values);

/* Memory of which `left` more allocations succeed (-1: all), the blocks in use, and how
 * often there was an allocation, failed or not. */
struct scarce_memory {
    int64_t left, blocks, asked;
};

/* Starts such memory; the allocator is good as long as *memory. */
nn_allocator scarce_allocator(struct scarce_memory *memory);

/* A context of its own that uses it. */
nn_context *scarce_context(struct scarce_memory *memory);

#endif
