/* Writing NPY files, as numpy.save writes them: version 1.0, row by row, little-endian. */
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

static const char *npy_type_name(int32_t dtype)
{
    switch (dtype) {
    case NN_UINT8:
        return "|u1";
    case NN_INT32:
        return "<i4";
    case NN_INT64:
        return "<i8";
    default:
        return "<f4";
    }
}

/* Puts the start and the header into text; returns how long they are. */
static size_t npy_make_header(const struct nni_shape *shape, char text[NPY_HEADER_ROOM])
{
    static const char start[] = "\x93NUMPY\x01";
    memset(text, ' ', NPY_HEADER_ROOM);
    memcpy(text, start, sizeof start); /* with the version's 0 */
    size_t used = NPY_START_BYTES;
    used += (size_t)snprintf(text + used, NPY_HEADER_ROOM - used,
                             "{'descr': '%s', 'fortran_order': False, 'shape': (",
                             npy_type_name(shape->dtype));
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
    const nn_tensor *tensor = *(const nn_tensor *const *)data;
    char header[NPY_HEADER_ROOM];
    const size_t length = npy_make_header(&tensor->shape, header);
    NNI_TRY(nni_writer_put(writer, header, length));
    return nni_elements_write(tensor, 0, writer);
}

nn_status nn_write_npy(const nn_tensor *tensor, const char *path)
{
    NNI_NOT_NULL_HANDLE("nn_write_npy", tensor);
    return nni_save_file(tensor->handle.context, "nn_write_npy", path, npy_write_body,
                         &tensor);
}
