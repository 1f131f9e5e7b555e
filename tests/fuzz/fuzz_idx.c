/* IDX files. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct array_format idx = {nn_parse_idx, nn_read_idx, nn_write_idx};
    return array_input(&idx, data, size);
}
