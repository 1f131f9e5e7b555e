/* Reading a tensor's elements as floats: from half precision exactly, from double precision
 * rounded to nearest. What is no F32 or is transposed goes through a small buffer. */
#include "base/contract.h"
#include "base/float_env.h"
#include "io/model_file.h"

#include <string.h>

enum { WEIGHTS_CHUNK = 1024 }; /* elements at once */

/* IEEE 754 binary16: the exponent's bias goes from 15 to 127, a subnormal one is
 * normalised. */
static float weights_from_half(uint16_t half)
{
    uint32_t sign = (uint32_t)(half >> 15) << 31;
    uint32_t exponent = (half >> 10) & 31;
    uint32_t fraction = (uint32_t)half & 1023;
    uint32_t bits;
    if (exponent == 31) {
        bits = 0x7f800000 | fraction << 13;
    } else if (exponent > 0) {
        bits = (exponent + 112) << 23 | fraction << 13;
    } else if (fraction == 0) {
        bits = 0;
    } else {
        exponent = 113;
        while (fraction < 1024) {
            fraction <<= 1;
            exponent--;
        }
        bits = exponent << 23 | (fraction & 1023) << 13;
    }
    bits |= sign;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float weights_element(enum nni_stored type, const uint8_t *bytes)
{
    uint16_t half;
    float value;
    double number;
    switch (type) {
    case NNI_STORED_F64:
        memcpy(&number, bytes, sizeof number);
        return (float)number;
    case NNI_STORED_F16:
        memcpy(&half, bytes, sizeof half);
        return weights_from_half(half);
    case NNI_STORED_BF16: {
        memcpy(&half, bytes, sizeof half);
        uint32_t bits = (uint32_t)half << 16;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    default: /* NNI_STORED_F32 */
        memcpy(&value, bytes, sizeof value);
        return value;
    }
}

/* Elements first ... first + count - 1, each to its place. */
static void weights_place(const struct nni_stored_tensor *tensor, int transposed,
                          const uint8_t *bytes, int64_t first, int64_t count, float *out)
{
    size_t size = nni_stored_size(tensor->type);
    int64_t rows = transposed ? tensor->dim[0] : 1;
    int64_t columns = transposed ? tensor->dim[1] : tensor->count;
    for (int64_t i = 0; i < count; i++) {
        int64_t row = (first + i) / columns;
        int64_t column = (first + i) % columns;
        out[column * rows + row] =
            weights_element(tensor->type, bytes + (size_t)i * size);
    }
}

nn_status nni_weights_read(const struct nni_safetensors *file,
                           const struct nni_stored_tensor *tensor, int transposed,
                           float *out)
{
    NNI_ASSERT(tensor->type <= NNI_STORED_BF16);
    if (tensor->type == NNI_STORED_F32 && !transposed) {
        return nni_safetensors_copy(file, tensor, out);
    }
    uint8_t bytes[WEIGHTS_CHUNK * sizeof(double)];
    size_t size = nni_stored_size(tensor->type);
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = NN_OK;
    for (int64_t first = 0; first < tensor->count && status == NN_OK;
         first += WEIGHTS_CHUNK) {
        int64_t count = nni_min(WEIGHTS_CHUNK, tensor->count - first);
        status = nni_reader_copy(file->reader,
                                 file->data + tensor->begin + (uint64_t)first * size,
                                 bytes, (size_t)count * size);
        if (status == NN_OK) {
            weights_place(tensor, transposed, bytes, first, count, out);
        }
    }
    nni_float_env_leave(env);
    return status;
}
