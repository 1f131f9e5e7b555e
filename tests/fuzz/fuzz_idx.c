/* IDX files. */
#include "bytes.h"

#include <nn/nn.h>

enum { MEMORY = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nn_context *context = nn_context_create(NULL);
    must(nn_context_set_memory_limit(context, MEMORY) == NN_OK, "a context is made");
    nn_tensor *tensor = nn_parse_idx(context, data, size);
    must(tensor == NULL || nn_tensor_count(tensor) >= 0, "a tensor has elements");
    nn_tensor_destroy(tensor);
    nn_context_destroy(context);
    return 0;
}
