#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "tensors.h"

#include <stdlib.h>

nn_tensor *tensor_of(int32_t dtype, int32_t rank, const int64_t *shape,
                     const double *values)
{
    nn_tensor *tensor = nn_tensor_create(NULL, dtype, shape, rank);
    assert_non_null(tensor);
    void *data = nn_tensor_data(tensor);
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        switch (dtype) {
        case NN_FLOAT32:
            ((float *)data)[i] = (float)values[i];
            break;
        case NN_UINT8:
            ((uint8_t *)data)[i] = (uint8_t)values[i];
            break;
        case NN_INT32:
            ((int32_t *)data)[i] = (int32_t)values[i];
            break;
        default:
            ((int64_t *)data)[i] = (int64_t)values[i];
        }
    }
    return tensor;
}

nn_tensor *tensor_of_row(int64_t count, const double *values)
{
    return tensor_of(NN_FLOAT32, 1, &count, values);
}

nn_tensor *tensor_of_rows(int64_t rows, int64_t columns, const double *values)
{
    const int64_t shape[] = {rows, columns};
    return tensor_of(NN_FLOAT32, 2, shape, values);
}

static void *scarce_allocate(void *user, size_t size)
{
    struct scarce_memory *memory = user;
    memory->asked++;
    if (memory->left == 0) {
        return NULL;
    }
    memory->left -= memory->left > 0;
    memory->blocks++;
    return malloc(size);
}

static void scarce_deallocate(void *user, void *block)
{
    struct scarce_memory *memory = user;
    memory->blocks--;
    free(block);
}

nn_allocator scarce_allocator(struct scarce_memory *memory)
{
    *memory = (struct scarce_memory){.left = -1};
    return (nn_allocator){sizeof(nn_allocator), scarce_allocate, scarce_deallocate,
                          memory};
}

nn_context *scarce_context(struct scarce_memory *memory)
{
    const nn_allocator allocator = scarce_allocator(memory);
    nn_context *context = nn_context_create(&allocator);
    assert_non_null(context);
    return context;
}
