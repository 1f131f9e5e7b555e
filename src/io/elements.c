/* Elements in files. What lies in the file as it is to lie in memory is copied; all else
 * goes block by block through the bits of each element, assembled from its bytes, so that
 * nothing here depends on the machine's byte order but for the shortcut. */
#include "base/contract.h"
#include "io/elements.h"

#include "base/float_env.h"
#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

enum { ELEMENTS_BLOCK_BYTES = 8192 };

static const struct nni_element_type element_types[] = {
    {NNI_ELEMENT_BOOL, 1, NN_UINT8},     {NNI_ELEMENT_UNSIGNED, 1, NN_UINT8},
    {NNI_ELEMENT_UNSIGNED, 2, NN_INT32}, {NNI_ELEMENT_UNSIGNED, 4, NN_INT64},
    {NNI_ELEMENT_UNSIGNED, 8, NN_INT64}, {NNI_ELEMENT_SIGNED, 1, NN_INT32},
    {NNI_ELEMENT_SIGNED, 2, NN_INT32},   {NNI_ELEMENT_SIGNED, 4, NN_INT32},
    {NNI_ELEMENT_SIGNED, 8, NN_INT64},   {NNI_ELEMENT_FLOAT, 2, NN_FLOAT32},
    {NNI_ELEMENT_FLOAT, 4, NN_FLOAT32},  {NNI_ELEMENT_FLOAT, 8, NN_FLOAT32},
};

const struct nni_element_type *nni_element_type(enum nni_element_kind kind, int32_t size)
{
    for (int32_t i = 0; i < NNI_COUNT(element_types); i++) {
        if (element_types[i].kind == kind && element_types[i].size == size) {
            return &element_types[i];
        }
    }
    return NULL;
}

/* 1 where the machine has the lowest byte first, as `big_endian` has or has not. */
static int element_order_is_ours(int32_t big_endian)
{
    const uint16_t one = 1;
    uint8_t first;
    memcpy(&first, &one, 1);
    return (first == 0) == (big_endian != 0);
}

/* ---- bits ---- */

static uint64_t element_load(const uint8_t *bytes, int32_t size, int32_t big_endian)
{
    uint64_t bits = 0;
    for (int32_t i = 0; i < size; i++) {
        bits = bits << 8 | bytes[big_endian ? i : size - 1 - i];
    }
    return bits;
}

static void element_store(uint64_t bits, uint8_t *bytes, int32_t size, int32_t big_endian)
{
    for (int32_t i = 0; i < size; i++) {
        bytes[big_endian ? size - 1 - i : i] = (uint8_t)(bits >> 8 * i);
    }
}

/* Two's complement of 8 * size bits, without what the compiler may define. */
static int64_t element_signed(uint64_t bits, int32_t size)
{
    const uint64_t sign = UINT64_C(1) << (8 * size - 1);
    const uint64_t magnitude = bits & (sign - 1);
    return (bits & sign) != 0 ? (int64_t)magnitude - (int64_t)(sign - 1) - 1
                              : (int64_t)magnitude;
}

/* IEEE 754 binary16, whose numbers are all floats: 1 sign, 5 exponent (biased by 15), 10
 * fraction bits. */
static float element_half(uint32_t half)
{
    const uint32_t exponent = half >> 10 & 0x1F;
    const uint32_t fraction = half & 0x3FF;
    const uint32_t sign = (half & 0x8000) << 16;
    float value = (float)fraction * 0x1p-24f; /* exponent 0: subnormal, or zero */
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if (exponent > 0) {
        bits = (exponent == 0x1F ? 0xFF : exponent + 127 - 15) << 23 | fraction << 13;
    }
    bits |= sign;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float element_float(uint64_t bits, int32_t size)
{
    if (size == 2) {
        return element_half((uint32_t)bits);
    }
    if (size == 4) {
        const uint32_t low = (uint32_t)bits;
        float value;
        memcpy(&value, &low, sizeof value);
        return value;
    }
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

/* ---- order ---- */

/* Goes through the places of a tensor in the order of the file. */
struct element_cursor {
    int64_t place;
    int32_t rank;
    int64_t index[NN_MAX_RANK], dim[NN_MAX_RANK], stride[NN_MAX_RANK];
};

static struct element_cursor element_cursor_begin(const struct nni_shape *shape,
                                                  int32_t first_fastest)
{
    struct element_cursor cursor = {.rank = 1, .dim = {INT64_MAX}, .stride = {1}};
    if (first_fastest && shape->rank > 1) {
        cursor.rank = shape->rank;
        for (int32_t i = 0; i < shape->rank; i++) {
            cursor.dim[i] = shape->dim[i];
            cursor.stride[i] = nni_shape_product(shape, i + 1, shape->rank);
        }
    }
    return cursor;
}

static void element_cursor_next(struct element_cursor *cursor)
{
    for (int32_t i = 0; i < cursor->rank; i++) {
        cursor->place += cursor->stride[i];
        if (++cursor->index[i] < cursor->dim[i]) {
            return;
        }
        cursor->place -= cursor->stride[i] * cursor->dim[i];
        cursor->index[i] = 0;
    }
}

/* ---- reading ---- */

static nn_status element_put(const struct nni_element_type *type, uint64_t bits,
                             void *data, int64_t place)
{
    const int64_t value = type->kind == NNI_ELEMENT_SIGNED
                              ? element_signed(bits, type->size)
                              : (int64_t)(bits & INT64_MAX);
    if (type->dtype == NN_FLOAT32) {
        ((float *)data)[place] = element_float(bits, type->size);
    } else if (type->kind == NNI_ELEMENT_BOOL) {
        ((uint8_t *)data)[place] = bits != 0;
    } else if (type->dtype == NN_UINT8) {
        ((uint8_t *)data)[place] = (uint8_t)value;
    } else if (type->dtype == NN_INT32) {
        ((int32_t *)data)[place] = (int32_t)value;
    } else {
        ((int64_t *)data)[place] = value;
    }
    return type->kind == NNI_ELEMENT_UNSIGNED && bits > INT64_MAX ? NN_ERROR_FORMAT
                                                                  : NN_OK;
}

/* Converts one block, whose first element is number `first` of the file. */
static nn_status elements_convert(const struct nni_elements *elements,
                                  const struct nni_reader *reader, const uint8_t *block,
                                  int64_t first, int64_t count,
                                  struct element_cursor *cursor, void *data)
{
    const int32_t size = elements->type->size;
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits = element_load(block + i * size, size, elements->big_endian);
        if (element_put(elements->type, bits, data, cursor->place) != NN_OK) {
            return nni_fail(NN_ERROR_FORMAT,
                            "%s: byte %" PRIu64 ": element %" PRId64 " is %" PRIu64
                            ", which int64 does not hold",
                            reader->name.text,
                            elements->offset + (uint64_t)((first + i) * size), first + i,
                            bits);
        }
        element_cursor_next(cursor);
    }
    return NN_OK;
}

static nn_status elements_read_blocks(const struct nni_elements *elements,
                                      struct nni_reader *reader, nn_tensor *tensor)
{
    uint8_t block[ELEMENTS_BLOCK_BYTES];
    const int32_t size = elements->type->size;
    struct element_cursor cursor =
        element_cursor_begin(&tensor->shape, elements->first_fastest);
    for (int64_t done = 0; done < tensor->count;) {
        const int64_t count = nni_min(tensor->count - done, ELEMENTS_BLOCK_BYTES / size);
        NNI_TRY(nni_reader_copy(reader, elements->offset + (uint64_t)(done * size), block,
                                (size_t)(count * size)));
        NNI_TRY(elements_convert(elements, reader, block, done, count, &cursor,
                                 tensor->data));
        done += count;
    }
    return NN_OK;
}

/* 1 where the elements lie in the file as in the tensor. */
static int elements_are_ours(const struct nni_elements *elements, const nn_tensor *tensor)
{
    const struct nni_element_type *type = elements->type;
    const int same = (size_t)type->size == nni_dtype_size(type->dtype) &&
                     type->kind != NNI_ELEMENT_BOOL &&
                     !(type->kind == NNI_ELEMENT_UNSIGNED && type->size > 1);
    return same && (type->size == 1 || element_order_is_ours(elements->big_endian)) &&
           (!elements->first_fastest || tensor->shape.rank < 2);
}

static nn_status elements_read(const struct nni_elements *elements,
                               struct nni_reader *reader, nn_tensor *tensor)
{
    if (elements_are_ours(elements, tensor)) {
        return nni_reader_copy(reader, elements->offset, tensor->data,
                               (size_t)(tensor->count * elements->type->size));
    }
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = elements_read_blocks(elements, reader, tensor);
    nni_float_env_leave(env);
    return status;
}

nn_status nni_elements_check_length(const struct nni_elements *elements,
                                    const struct nni_shape *shape,
                                    struct nni_reader *reader)
{
    const struct nni_shape_text text = nni_shape_text(shape);
    int64_t size;
    if (!nni_multiply_checked(nni_shape_count(shape), elements->type->size, &size)) {
        return nni_fail(NN_ERROR_FORMAT, "%s: %s elements of %d bytes are too many",
                        reader->name.text, text.text, elements->type->size);
    }
    const uint64_t end = elements->offset + (uint64_t)size;
    nn_status status = nni_reader_require(reader, end, "the data");
    if (status == NN_ERROR_FORMAT) {
        return nni_fail(status, "%s (%s elements of %d bytes)", nn_last_error(),
                        text.text, elements->type->size);
    }
    return status == NN_OK ? nni_reader_expect_end(reader, end) : status;
}

nn_tensor *nni_elements_read_tensor(const struct nni_elements *elements,
                                    const struct nni_shape *shape,
                                    struct nni_reader *reader)
{
    nn_tensor *tensor = nni_tensor_allocate(reader->context, shape);
    if (tensor == NULL) {
        nni_fail(nn_last_status(), "%s: %s", reader->name.text, nn_last_error());
        return NULL;
    }
    if (elements_read(elements, reader, tensor) != NN_OK) {
        nn_tensor_destroy(tensor);
        return NULL;
    }
    return tensor;
}

/* ---- writing ---- */

static uint64_t element_bits(const void *data, int32_t size, int64_t place)
{
    const uint8_t *bytes = (const uint8_t *)data + place * size;
    return element_load(bytes, size, !element_order_is_ours(0));
}

nn_status nni_elements_write(const nn_tensor *tensor, int32_t big_endian,
                             int32_t first_fastest, struct nni_writer *writer)
{
    const int32_t size = (int32_t)nni_dtype_size(tensor->shape.dtype);
    const int by_columns = first_fastest && tensor->shape.rank > 1;
    if (!by_columns && (size == 1 || element_order_is_ours(big_endian))) {
        return nni_writer_put(writer, tensor->data, (size_t)(tensor->count * size));
    }
    uint8_t block[ELEMENTS_BLOCK_BYTES];
    struct element_cursor cursor = element_cursor_begin(&tensor->shape, first_fastest);
    for (int64_t done = 0; done < tensor->count;) {
        const int64_t count = nni_min(tensor->count - done, ELEMENTS_BLOCK_BYTES / size);
        for (int64_t i = 0; i < count; i++) {
            element_store(element_bits(tensor->data, size, cursor.place),
                          block + i * size, size, big_endian);
            element_cursor_next(&cursor);
        }
        NNI_TRY(nni_writer_put(writer, block, (size_t)(count * size)));
        done += count;
    }
    return NN_OK;
}
