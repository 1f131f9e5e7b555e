/* IDX files, the format of MNIST (Y. LeCun, C. Cortes, C. Burges). All numbers are
 * big-endian:
 *     byte 0, 1: 0      byte 2: element type      byte 3: rank
 *     rank sizes of 32 bits, then the elements, row by row, to the end of the file */
#include "base/contract.h"
#include "io/file.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "tensor/tensor.h"
#include "train/dataset.h"

#include <nn/io.h>

#include <inttypes.h>
#include <string.h>

enum { IDX_MAGIC_BYTES = 4, IDX_SIZE_BYTES = 4 };

/* The element types and their codes in the file. */
enum {
    IDX_UINT8 = 0x08,
    IDX_INT8 = 0x09,
    IDX_INT16 = 0x0B,
    IDX_INT32 = 0x0C,
    IDX_FLOAT = 0x0D,
    IDX_DOUBLE = 0x0E
};

struct idx_type {
    int32_t code;
    int32_t dtype; /* of the tensor */
    size_t size;   /* in the file */
};

static const struct idx_type idx_types[] = {
    {IDX_UINT8, NN_UINT8, 1}, {IDX_INT8, NN_INT32, 1},    {IDX_INT16, NN_INT32, 2},
    {IDX_INT32, NN_INT32, 4}, {IDX_FLOAT, NN_FLOAT32, 4}, {IDX_DOUBLE, NN_FLOAT32, 8},
};

/* A checked file: its shape, and where the elements are. */
struct idx_content {
    const struct idx_type *type;
    struct nni_shape shape;
    const uint8_t *elements;
};

/* ---- the header ---- */

static uint32_t idx_load_32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
           bytes[3];
}

static const struct idx_type *idx_find_type(int32_t code)
{
    for (int32_t i = 0; i < NNI_COUNT(idx_types); i++) {
        if (idx_types[i].code == code) {
            return &idx_types[i];
        }
    }
    return NULL;
}

/* Checks the four bytes of the magic number. */
static nn_status idx_check_magic(const uint8_t *bytes, size_t size)
{
    if (size >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B) {
        return nni_fail(NN_ERROR_FORMAT,
                        "byte 0: the file is compressed by gzip, unpack it first");
    }
    if (size < IDX_MAGIC_BYTES) {
        return nni_fail(NN_ERROR_FORMAT, "byte %d: the file ends inside the magic number",
                        (int)size);
    }
    for (int i = 0; i < 2; i++) {
        if (bytes[i] != 0) {
            return nni_fail(NN_ERROR_FORMAT,
                            "byte %d is %d, but an IDX file begins with two zeros", i,
                            bytes[i]);
        }
    }
    if (idx_find_type(bytes[2]) == NULL) {
        return nni_fail(NN_ERROR_FORMAT, "byte 2: %d is no element type of IDX",
                        bytes[2]);
    }
    if (bytes[3] < 1 || bytes[3] > NN_MAX_RANK) {
        return nni_fail(NN_ERROR_FORMAT,
                        "byte 3: the number of dimensions must be in 1 ... %d, got %d",
                        NN_MAX_RANK, bytes[3]);
    }
    return NN_OK;
}

/* Checks that exactly the elements follow the header. */
static nn_status idx_check_length(const struct idx_content *content, size_t header,
                                  size_t size)
{
    int64_t expected;
    int fits = nni_multiply_checked(nni_shape_count(&content->shape),
                                    (int64_t)content->type->size, &expected);
    uint64_t there = size - header;
    struct nni_shape_text text = nni_shape_text(&content->shape);
    if (!fits || there < (uint64_t)expected) {
        return nni_fail(NN_ERROR_FORMAT,
                        "byte %" PRIu64 ": the file ends, but %s elements of %d bytes "
                        "from byte %d on need more",
                        (uint64_t)size, text.text, (int)content->type->size, (int)header);
    }
    if (there > (uint64_t)expected) {
        return nni_fail(
            NN_ERROR_FORMAT,
            "byte %" PRIu64 ": %" PRIu64 " bytes follow the last of the %s elements",
            header + (uint64_t)expected, there - (uint64_t)expected, text.text);
    }
    return NN_OK;
}

static nn_status idx_check(const uint8_t *bytes, size_t size, struct idx_content *content)
{
    NNI_TRY(idx_check_magic(bytes, size));
    content->type = idx_find_type(bytes[2]);
    int32_t rank = bytes[3];
    size_t header = IDX_MAGIC_BYTES + (size_t)rank * IDX_SIZE_BYTES;
    if (size < header) {
        return nni_fail(NN_ERROR_FORMAT,
                        "byte %d: the file ends inside the sizes of %d dimensions",
                        (int)size, rank);
    }
    int64_t dim[NN_MAX_RANK];
    for (int32_t i = 0; i < rank; i++) {
        dim[i] = idx_load_32(bytes + IDX_MAGIC_BYTES + i * IDX_SIZE_BYTES);
    }
    if (nni_shape_make("sizes", content->type->dtype, dim, rank, NN_MAX_RANK, 0,
                       &content->shape) != NN_OK) {
        return nni_fail(NN_ERROR_FORMAT, "byte %d: the sizes multiply to too many bytes",
                        IDX_MAGIC_BYTES);
    }
    content->elements = bytes + header;
    return idx_check_length(content, header, size);
}

/* ---- the elements ---- */

static float idx_load_float(const uint8_t *bytes)
{
    uint32_t bits = idx_load_32(bytes);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static float idx_load_double(const uint8_t *bytes)
{
    uint64_t bits = (uint64_t)idx_load_32(bytes) << 32 | idx_load_32(bytes + 4);
    double value;
    memcpy(&value, &bits, sizeof value);
    return (float)value;
}

static int32_t idx_load_integer(const uint8_t *bytes, int32_t code)
{
    switch (code) {
    case IDX_INT8:
        return (int8_t)bytes[0];
    case IDX_INT16:
        return (int16_t)(uint16_t)(bytes[0] << 8 | bytes[1]);
    default:
        return (int32_t)idx_load_32(bytes);
    }
}

static void idx_convert(const struct idx_content *content, void *out)
{
    int64_t count = nni_shape_count(&content->shape);
    const uint8_t *bytes = content->elements;
    size_t size = content->type->size;
    int32_t code = content->type->code;
    struct nni_float_env env = nni_float_env_enter();
    if (code == IDX_UINT8) {
        memcpy(out, bytes, (size_t)count);
    } else if (content->type->dtype == NN_INT32) {
        for (int64_t i = 0; i < count; i++) {
            ((int32_t *)out)[i] = idx_load_integer(bytes + (size_t)i * size, code);
        }
    } else {
        float (*load)(const uint8_t *) =
            code == IDX_FLOAT ? idx_load_float : idx_load_double;
        for (int64_t i = 0; i < count; i++) {
            ((float *)out)[i] = load(bytes + (size_t)i * size);
        }
    }
    nni_float_env_leave(env);
}

static nn_tensor *idx_parse(const nn_context *context, const char *name,
                            const uint8_t *bytes, size_t size)
{
    struct idx_content content;
    nn_tensor *tensor = NULL;
    if (idx_check(bytes, size, &content) == NN_OK) {
        tensor = nni_tensor_allocate(context, &content.shape);
    }
    if (tensor == NULL) {
        nni_dataset_failed(name);
        return NULL;
    }
    idx_convert(&content, tensor->data);
    return tensor;
}

static nn_tensor *idx_read(const nn_context *context, const char *who, const char *path)
{
    uint8_t *bytes;
    size_t size;
    if (nni_file_read(context, who, path, &bytes, &size) != NN_OK) {
        return NULL;
    }
    struct nni_file_name name = nni_file_name(path);
    nn_tensor *tensor = idx_parse(context, name.text, bytes, size);
    nni_free(context, bytes);
    return tensor;
}

/* ---- the public functions ---- */

nn_tensor *nn_read_idx(nn_context *context, const char *path)
{
    return idx_read(context, "nn_read_idx", path);
}

nn_tensor *nn_parse_idx(nn_context *context, const void *bytes, size_t size)
{
    if (bytes == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_parse_idx: bytes is NULL");
        return NULL;
    }
    return idx_parse(context, "nn_parse_idx", bytes, size);
}

/* Puts inputs (n, ...), as (n, elements), and labels (n) into a dataset. */
static nn_status idx_fill_dataset(nn_dataset *dataset, nn_tensor *inputs,
                                  nn_tensor *labels)
{
    int64_t flat[2] = {inputs->shape.dim[0], 0};
    flat[1] = nni_shape_product(&inputs->shape, 1, inputs->shape.rank);
    nn_tensor *rows = nn_tensor_reshape(inputs, flat, 2);
    if (rows == NULL) {
        return nni_dataset_failed("nn_dataset_read_idx");
    }
    nn_status status = nn_dataset_add_input(dataset, rows);
    nn_tensor_destroy(rows);
    return status == NN_OK ? nn_dataset_add_target(dataset, labels) : status;
}

static nn_dataset *idx_make_dataset(nn_context *context, nn_tensor *inputs,
                                    nn_tensor *labels, const char *inputs_path,
                                    const char *labels_path)
{
    if (labels->shape.rank != 1 || labels->shape.dim[0] != inputs->shape.dim[0]) {
        struct nni_file_name inputs_name = nni_file_name(inputs_path);
        struct nni_file_name labels_name = nni_file_name(labels_path);
        struct nni_shape_text text = nni_shape_text(&labels->shape);
        nni_fail(NN_ERROR_FORMAT,
                 "%s: labels are %s, expected (%" PRId64 "), one for each input of %s",
                 labels_name.text, text.text, inputs->shape.dim[0], inputs_name.text);
        return NULL;
    }
    nn_dataset *dataset = nn_dataset_create(context);
    if (dataset != NULL && idx_fill_dataset(dataset, inputs, labels) != NN_OK) {
        nn_dataset_destroy(dataset);
        return NULL;
    }
    return dataset;
}

nn_dataset *nn_dataset_read_idx(nn_context *context, const char *inputs_path,
                                const char *labels_path)
{
    const char *who = "nn_dataset_read_idx";
    nn_dataset *dataset = NULL;
    nn_tensor *inputs = idx_read(context, who, inputs_path);
    nn_tensor *labels = inputs == NULL ? NULL : idx_read(context, who, labels_path);
    if (labels != NULL) {
        dataset = idx_make_dataset(context, inputs, labels, inputs_path, labels_path);
    }
    nn_tensor_destroy(inputs);
    nn_tensor_destroy(labels);
    return dataset;
}
