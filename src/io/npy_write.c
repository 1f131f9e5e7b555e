/* Writing NPY files, as numpy.save writes them: version 1.0, row by row and little-endian
 * unless told otherwise. */
#include "io/npy.h"

#include <nn/io.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    NPY_ALIGNMENT = 64, /* of the elements in the file */
    NPY_START_BYTES = 10,
    NPY_HEADER_ROOM = 6 * NPY_ALIGNMENT /* 8 dimensions of 19 digits take 242 bytes */
};

/* What is written, and how. */
struct npy_file {
    const nn_tensor *tensor;
    int32_t layout;
};

/* The type without the order of its bytes. */
static const char *npy_type_name(int32_t dtype)
{
    switch (dtype) {
    case NN_UINT8:
        return "u1";
    case NN_INT32:
        return "i4";
    case NN_INT64:
        return "i8";
    default:
        return "f4";
    }
}

static char npy_order_mark(const struct npy_file *file)
{
    if (file->tensor->shape.dtype == NN_UINT8) {
        return '|';
    }
    return (file->layout & NN_NPY_BIG_ENDIAN) != 0 ? '>' : '<';
}

static int npy_is_fortran(const struct npy_file *file)
{
    return (file->layout & NN_NPY_FORTRAN) != 0 && file->tensor->shape.rank > 1;
}

/* Puts the start and the header into text; returns how long they are. */
static size_t npy_make_header(const struct npy_file *file, char text[NPY_HEADER_ROOM])
{
    const struct nni_shape *shape = &file->tensor->shape;
    static const char start[] = "\x93NUMPY\x01";
    memset(text, ' ', NPY_HEADER_ROOM);
    memcpy(text, start, sizeof start); /* with the version's 0 */
    size_t used = NPY_START_BYTES;
    used += (size_t)snprintf(text + used, NPY_HEADER_ROOM - used,
                             "{'descr': '%c%s', 'fortran_order': %s, 'shape': (",
                             npy_order_mark(file), npy_type_name(shape->dtype),
                             npy_is_fortran(file) ? "True" : "False");
    for (int32_t i = 0; i < shape->rank; i++) {
        used += (size_t)snprintf(text + used, NPY_HEADER_ROOM - used, "%s%" PRId64,
                                 i == 0 ? "" : ", ", shape->dim[i]);
    }
    used += (size_t)snprintf(text + used, NPY_HEADER_ROOM - used, "%s), }",
                             shape->rank == 1 ? "," : "");
    text[used] = ' '; /* snprintf's 0 */
    const size_t total = (used / NPY_ALIGNMENT + 1) * NPY_ALIGNMENT;
    text[total - 1] = '\n';
    text[8] = (char)((total - NPY_START_BYTES) & 0xFF);
    text[9] = (char)((total - NPY_START_BYTES) >> 8);
    return total;
}

static nn_status npy_write_body(struct nni_writer *writer, void *data)
{
    const struct npy_file *file = data;
    char header[NPY_HEADER_ROOM];
    const size_t length = npy_make_header(file, header);
    NNI_TRY(nni_writer_put(writer, header, length));
    return nni_elements_write(file->tensor, file->layout & NN_NPY_BIG_ENDIAN,
                              npy_is_fortran(file), writer);
}

nn_status nn_write_npy(const nn_tensor *tensor, const char *path)
{
    static const char who[] = "nn_write_npy";
    NNI_NOT_NULL_HANDLE(who, tensor);
    struct npy_file file = {tensor, 0};
    return nni_save_file(tensor->handle.context, who, path, npy_write_body, &file);
}

nn_status nn_write_npy_layout(const nn_tensor *tensor, const char *path, int32_t layout)
{
    static const char who[] = "nn_write_npy_layout";
    NNI_NOT_NULL_HANDLE(who, tensor);
    if ((layout & ~(NN_NPY_FORTRAN | NN_NPY_BIG_ENDIAN)) != 0) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: there is no layout %d", who, (int)layout);
    }
    struct npy_file file = {tensor, layout};
    return nni_save_file(tensor->handle.context, who, path, npy_write_body, &file);
}
