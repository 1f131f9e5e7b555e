/* NPY files. */
#include "arrays.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct array_format npy = {nn_parse_npy, nn_read_npy, nn_write_npy};
    return array_input(&npy, data, size);
}
