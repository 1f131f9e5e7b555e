/* What a computation may differ in without differing in its bits, for tests that run the
 * same thing under every setting and compare hashes. */
#ifndef TESTS_SUPPORT_SETTINGS_H
#define TESTS_SUPPORT_SETTINGS_H

#include <nn/nn.h>

struct setting {
    const char *name;
    int32_t threads, isa;
    int32_t backwards; /* tasks run by an executor, the last one first */
    int64_t micro_batch;
};

/* The first one is plain: one thread, the best instruction set, whole batches. */
enum { SETTINGS = 5 };
extern const struct setting settings[SETTINGS];

/* A context as the setting wants it. */
nn_context *setting_context(const struct setting *setting);

/* A context whose executor runs tasks one by one and counts in *tasks those that came in
 * a group of several. */
nn_context *counting_context(int64_t *tasks);

/* A hash (FNV-1a by words) that begins with HASH_START and takes in more bytes, or those
 * of a tensor, which may not be NULL; hash_new_tensor destroys it afterwards. */
#define HASH_START UINT64_C(14695981039346656037)
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t size);
uint64_t hash_tensor(uint64_t hash, const nn_tensor *tensor);
uint64_t hash_new_tensor(uint64_t hash, nn_tensor *tensor);

/* Numbers between -2 and 2 drawn from seed, or integers from 0 to 100. NULL where memory
 * ran out. */
nn_tensor *random_tensor(nn_context *context, int32_t dtype, const int64_t *shape,
                         int32_t rank, uint64_t seed);

/* The same for `rows` samples of a node's shape. */
nn_tensor *random_samples(nn_context *context, const nn_model *model, nn_node node,
                          int64_t rows, uint64_t seed);

#endif
