#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "networks.h"
#include "settings.h"

#include <string.h>

const struct setting settings[SETTINGS] = {
    {"plain", 1, NN_ISA_BEST, 0, 0},
    {"on 3 threads", 3, NN_ISA_BEST, 0, 0},
    {"on the portable instruction set", 1, NN_ISA_PORTABLE, 0, 0},
    {"with tasks run backwards", 1, NN_ISA_BEST, 1, 0},
    {"in micro-batches of 7 on 2 threads", 2, NN_ISA_BEST, 0, 7},
};

static void run_backwards(void *user, void (*task)(void *data, int32_t index), void *data,
                          int32_t count)
{
    int64_t *tasks = user;
    if (tasks != NULL && count > 1) {
        *tasks += count;
    }
    for (int32_t i = count - 1; i >= 0; i--) {
        task(data, i);
    }
}

static void use_executor(nn_context *context, int64_t *tasks)
{
    const nn_executor executor = {sizeof executor, 5, run_backwards, tasks};
    assert_ok(nn_context_set_executor(context, &executor));
}

nn_context *setting_context(const struct setting *setting)
{
    nn_context *context = nn_context_create(NULL);
    assert_non_null(context);
    assert_ok(nn_context_set_threads(context, setting->threads));
    assert_ok(nn_context_set_max_isa(context, setting->isa));
    if (setting->backwards) {
        use_executor(context, NULL);
    }
    return context;
}

nn_context *counting_context(int64_t *tasks)
{
    nn_context *context = nn_context_create(NULL);
    assert_non_null(context);
    use_executor(context, tasks);
    *tasks = 0;
    return context;
}

uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size)
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

uint64_t hash_tensor(uint64_t hash, const nn_tensor *tensor)
{
    assert_non_null(tensor);
    const size_t size = nn_dtype_size(nn_tensor_dtype(tensor));
    return hash_bytes(hash, nn_tensor_data_const(tensor),
                      (size_t)nn_tensor_count(tensor) * size);
}

uint64_t hash_new_tensor(uint64_t hash, nn_tensor *tensor)
{
    hash = hash_tensor(hash, tensor);
    nn_tensor_destroy(tensor);
    return hash;
}

nn_tensor *random_tensor(nn_context *context, int32_t dtype, const int64_t *shape,
                         int32_t rank, uint64_t seed)
{
    nn_tensor *tensor = nn_tensor_create(context, dtype, shape, rank);
    if (tensor == NULL) {
        return NULL;
    }
    if (dtype == NN_FLOAT32) {
        assert_ok(nn_tensor_random_uniform(tensor, -2, 2, seed));
        return tensor;
    }
    const size_t size = nn_dtype_size(dtype);
    unsigned char *data = nn_tensor_data(tensor);
    for (int64_t i = 0; i < nn_tensor_count(tensor); i++) {
        const int64_t value = (i * 37 + (int64_t)seed) % 101;
        const int32_t small = (int32_t)value;
        const uint8_t byte = (uint8_t)value;
        const void *from = dtype == NN_UINT8   ? (const void *)&byte
                           : dtype == NN_INT32 ? (const void *)&small
                                               : (const void *)&value;
        memcpy(data + (size_t)i * size, from, size);
    }
    return tensor;
}

nn_tensor *random_samples(nn_context *context, const nn_model *model, nn_node node,
                          int64_t rows, uint64_t seed)
{
    int64_t shape[NN_MAX_RANK] = {rows};
    int32_t rank, dtype;
    const int64_t *sample = nn_model_node_shape(model, node, &rank, &dtype);
    assert_non_null(sample);
    memcpy(shape + 1, sample, (size_t)rank * sizeof *sample);
    return random_tensor(context, dtype, shape, rank + 1, seed);
}
