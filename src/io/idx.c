/* IDX files, the format of MNIST (Y. LeCun, C. Cortes, C. Burges). All numbers are
 * big-endian:
 *     byte 0, 1: 0      byte 2: element type      byte 3: rank
 *     rank sizes of 32 bits, then the elements, row by row, to the end of the file */
#include "io/idx.h"

#include "io/elements.h"

#include <nn/io.h>

#include <inttypes.h>

enum { IDX_MAGIC_BYTES = 4, IDX_SIZE_BYTES = 4 };

/* The element types and their codes in the file. Those that are written come first: the
 * first code of a dtype is the one for it. */
static const struct idx_type {
    int32_t code;
    enum nni_element_kind kind;
    int32_t size;
} idx_types[] = {
    {0x08, NNI_ELEMENT_UNSIGNED, 1}, {0x0C, NNI_ELEMENT_SIGNED, 4},
    {0x0D, NNI_ELEMENT_FLOAT, 4},    {0x09, NNI_ELEMENT_SIGNED, 1},
    {0x0B, NNI_ELEMENT_SIGNED, 2},   {0x0E, NNI_ELEMENT_FLOAT, 8},
};

/* A checked file: its shape, and where the elements are. */
struct idx_content {
    struct nni_shape shape;
    struct nni_elements elements;
};

/* ---- the header ---- */

/* The type with a code, or NULL. */
static const struct nni_element_type *idx_find_type(int32_t code)
{
    for (int32_t i = 0; i < NNI_COUNT(idx_types); i++) {
        if (idx_types[i].code == code) {
            return nni_element_type(idx_types[i].kind, idx_types[i].size);
        }
    }
    return NULL;
}

/* Checks the four bytes of the magic number but for the type. */
static nn_status idx_check_magic(const char *name, const uint8_t *bytes)
{
    if (bytes[0] == 0x1F && bytes[1] == 0x8B) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte 0: the file is compressed by gzip, unpack it first",
                        name);
    }
    for (int i = 0; i < 2; i++) {
        if (bytes[i] != 0) {
            return nni_fail(NN_ERROR_FORMAT,
                            "%s: byte %d is %d, but an IDX file begins with two zeros",
                            name, i, bytes[i]);
        }
    }
    if (bytes[3] < 1 || bytes[3] > NN_MAX_RANK) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte 3: the number of dimensions must be in 1 ... %d, got "
                        "%d",
                        name, NN_MAX_RANK, bytes[3]);
    }
    return NN_OK;
}

static nn_status idx_read_shape(struct nni_reader *reader, int32_t rank,
                                struct idx_content *content)
{
    uint8_t bytes[NN_MAX_RANK * IDX_SIZE_BYTES];
    int64_t dim[NN_MAX_RANK];
    const size_t size = (size_t)rank * IDX_SIZE_BYTES;
    content->elements.offset = IDX_MAGIC_BYTES + size;
    NNI_TRY(nni_reader_require(reader, content->elements.offset, "the shape"));
    NNI_TRY(nni_reader_copy(reader, IDX_MAGIC_BYTES, bytes, size));
    for (int32_t i = 0; i < rank; i++) {
        const uint8_t *b = bytes + (size_t)i * IDX_SIZE_BYTES;
        dim[i] = (int64_t)b[0] << 24 | (int64_t)b[1] << 16 | b[2] << 8 | b[3];
    }
    if (nni_shape_make("shape", content->elements.type->dtype, dim, rank, NN_MAX_RANK, 0,
                       &content->shape) != NN_OK) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte %d: the sizes multiply to too many bytes",
                        reader->name.text, IDX_MAGIC_BYTES);
    }
    return NN_OK;
}

static nn_status idx_read_header(struct nni_reader *reader, struct idx_content *content)
{
    uint8_t magic[IDX_MAGIC_BYTES];
    NNI_TRY(nni_reader_require(reader, sizeof magic, "the start of an IDX file"));
    NNI_TRY(nni_reader_copy(reader, 0, magic, sizeof magic));
    NNI_TRY(idx_check_magic(reader->name.text, magic));
    const struct nni_element_type *type = idx_find_type(magic[2]);
    if (type == NULL) {
        return nni_fail(NN_ERROR_FORMAT, "%s: byte 2: %d is no element type of IDX",
                        reader->name.text, magic[2]);
    }
    *content = (struct idx_content){.elements = {.type = type, .big_endian = 1}};
    NNI_TRY(idx_read_shape(reader, magic[3], content));
    return nni_elements_check_length(&content->elements, &content->shape, reader);
}

/* ---- reading ---- */

nn_tensor *nni_idx_read(struct nni_reader *reader)
{
    struct idx_content content;
    return idx_read_header(reader, &content) == NN_OK
               ? nni_elements_read_tensor(&content.elements, &content.shape, reader)
               : NULL;
}

nn_tensor *nn_read_idx(nn_context *context, const char *path)
{
    struct nni_reader reader;
    if (nni_reader_open(&reader, context, "nn_read_idx", path) != NN_OK) {
        return NULL;
    }
    nn_tensor *tensor = nni_idx_read(&reader);
    nni_reader_close(&reader);
    return tensor;
}

nn_tensor *nn_parse_idx(nn_context *context, const void *bytes, size_t size)
{
    if (bytes == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_parse_idx: bytes is NULL");
        return NULL;
    }
    struct nni_reader reader;
    nni_reader_from_memory(&reader, context, bytes, size);
    reader.name = nni_file_name("nn_parse_idx");
    nn_tensor *tensor = nni_idx_read(&reader);
    nni_reader_close(&reader);
    return tensor;
}

/* ---- writing ---- */

/* The code for a dtype, or 0. */
static int32_t idx_code_of(int32_t dtype)
{
    for (int32_t i = 0; i < NNI_COUNT(idx_types); i++) {
        const struct nni_element_type *type =
            nni_element_type(idx_types[i].kind, idx_types[i].size);
        if (type->dtype == dtype) {
            return idx_types[i].code;
        }
    }
    return 0;
}

static nn_status idx_check_tensor(const nn_tensor *tensor)
{
    const struct nni_shape *shape = &tensor->shape;
    if (idx_code_of(shape->dtype) == 0) {
        return nni_fail(NN_ERROR_DTYPE, "nn_write_idx: IDX has no %s",
                        nni_dtype_name(shape->dtype));
    }
    if (shape->rank < 1) {
        return nni_fail(NN_ERROR_RANK, "nn_write_idx: IDX has no tensors of rank 0");
    }
    for (int32_t i = 0; i < shape->rank; i++) {
        if (shape->dim[i] > UINT32_MAX) {
            return nni_fail(NN_ERROR_SIZE,
                            "nn_write_idx: dimension %d is %" PRId64
                            ", IDX has at most 2^32 - 1",
                            i, shape->dim[i]);
        }
    }
    return NN_OK;
}

static nn_status idx_write_body(struct nni_writer *writer, void *data)
{
    const nn_tensor *tensor = *(const nn_tensor *const *)data;
    uint8_t header[IDX_MAGIC_BYTES + NN_MAX_RANK * IDX_SIZE_BYTES] = {0};
    const int32_t rank = tensor->shape.rank;
    header[2] = (uint8_t)idx_code_of(tensor->shape.dtype);
    header[3] = (uint8_t)rank;
    for (int32_t i = 0; i < rank; i++) {
        for (int32_t k = 0; k < IDX_SIZE_BYTES; k++) {
            header[IDX_MAGIC_BYTES + i * IDX_SIZE_BYTES + k] =
                (uint8_t)(tensor->shape.dim[i] >> (24 - 8 * k));
        }
    }
    NNI_TRY(
        nni_writer_put(writer, header, IDX_MAGIC_BYTES + (size_t)rank * IDX_SIZE_BYTES));
    return nni_elements_write(tensor, 1, 0, writer);
}

nn_status nn_write_idx(const nn_tensor *tensor, const char *path)
{
    NNI_NOT_NULL_HANDLE("nn_write_idx", tensor);
    NNI_TRY(idx_check_tensor(tensor));
    return nni_save_file(tensor->handle.context, "nn_write_idx", path, idx_write_body,
                         &tensor);
}
