/* What tensors compute on their own: random numbers, products, sums. */
#include "samples.h"

enum { ROWS = 37, INNER = 70, COLUMNS = 29 };

static nn_tensor *matrix(nn_context *context, int64_t rows, int64_t columns)
{
    const int64_t shape[] = {rows, columns};
    nn_tensor *tensor = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    hash_ok(tensor == NULL ? nn_last_status() : NN_OK);
    return tensor;
}

static uint64_t hash_reductions(uint64_t hash, nn_context *context, const nn_tensor *a)
{
    const int64_t columns = nn_tensor_dim(a, 1);
    nn_tensor *along = nn_tensor_create(context, NN_FLOAT32, &columns, 1);
    nn_tensor *places = nn_tensor_create(context, NN_INT64, &columns, 1);
    nn_tensor *all = nn_tensor_create(context, NN_FLOAT32, NULL, 0);
    hash_ok(nn_tensor_sum(a, 0, along));
    hash = hash_values(hash, along);
    hash_ok(nn_tensor_mean(a, NN_ALL, all));
    hash = hash_values(hash, all);
    hash_ok(nn_tensor_argmax(a, 0, places));
    hash = hash_values(hash, places);
    nn_tensor_destroy(along);
    nn_tensor_destroy(places);
    nn_tensor_destroy(all);
    return hash;
}

uint64_t hash_tensors(nn_context *context, const struct hash_line *line)
{
    (void)line;
    nn_tensor *a = matrix(context, ROWS, INNER), *b = matrix(context, COLUMNS, INNER);
    nn_tensor *product = matrix(context, ROWS, COLUMNS);
    hash_ok(nn_tensor_random_normal(a, 0.5f, 2, 7));
    hash_ok(nn_tensor_random_uniform(b, -1, 3, 8));
    uint64_t hash = hash_values(hash_values(HASH_BEGIN, a), b);
    hash_ok(nn_tensor_matmul(a, 0, b, 1, product));
    hash = hash_values(hash, product);
    hash = hash_reductions(hash, context, product);
    hash_ok(nn_tensor_multiply(product, product, product));
    hash_ok(nn_tensor_scale(product, 0.3f, product));
    hash_ok(nn_tensor_add(product, product, product));
    hash = hash_values(hash, product);
    nn_tensor_destroy(a);
    nn_tensor_destroy(b);
    nn_tensor_destroy(product);
    return hash;
}
