/* Files of one array, IDX and NPY, whose readers have the same shape: an array that is read
 * is written and read again, the same to the bit. */
#ifndef TESTS_FUZZ_ARRAYS_H
#define TESTS_FUZZ_ARRAYS_H

#include "base/compiler.h" /* asks the system for POSIX */

#include "bytes.h"
#include "count.h"

#include <nn/nn.h>

#include <string.h>
#include <unistd.h>

enum { ARRAY_MEMORY = 1 << 24, ARRAY_PATH = 256 };

struct array_format {
    nn_tensor *(*parse)(nn_context *context, const void *bytes, size_t size);
    nn_tensor *(*read)(nn_context *context, const char *path);
    nn_status (*write)(const nn_tensor *tensor, const char *path);
};

static char array_path[ARRAY_PATH];

static inline void array_remove_file(void)
{
    remove(array_path);
}

/* A file of this process, removed when it ends. */
static inline const char *array_file(void)
{
    const char *folder = getenv("TMPDIR");
    if (array_path[0] == '\0') {
        snprintf(array_path, sizeof array_path, "%s/nn_array_%ld",
                 folder != NULL ? folder : "/tmp", (long)getpid());
        atexit(array_remove_file);
    }
    return array_path;
}

static inline void array_round_trip(const struct array_format *format,
                                    nn_context *context, const nn_tensor *x)
{
    must(format->write(x, array_file()) == NN_OK, "what was read is written");
    nn_tensor *y = format->read(context, array_file());
    must(y != NULL && nn_tensor_dtype(y) == nn_tensor_dtype(x) &&
             nn_tensor_rank(y) == nn_tensor_rank(x),
         "what was written is read");
    for (int32_t i = 0; i < nn_tensor_rank(x); i++)
        must(nn_tensor_dim(y, i) == nn_tensor_dim(x, i), "the same shape");
    const size_t bytes =
        (size_t)nn_tensor_count(x) * (size_t)nn_dtype_size(nn_tensor_dtype(x));
    must(bytes == 0 ||
             memcmp(nn_tensor_data_const(x), nn_tensor_data_const(y), bytes) == 0,
         "the same bits");
    nn_tensor_destroy(y);
}

/* The header is the whole of the checks: what they let pass is an array, but for elements
 * that fit no type of the library's. */
static inline int array_input(const struct array_format *format, const uint8_t *data,
                              size_t size)
{
    nn_context *context = nn_context_create(NULL);
    must(nn_context_set_memory_limit(context, ARRAY_MEMORY) == NN_OK,
         "a context is made");
    nn_tensor *tensor = format->parse(context, data, size);
    count_input(tensor != NULL || strstr(nn_last_error(), "element ") != NULL,
                tensor != NULL);
    if (tensor != NULL)
        array_round_trip(format, context, tensor);
    nn_tensor_destroy(tensor);
    nn_context_destroy(context);
    return 0;
}

#endif
