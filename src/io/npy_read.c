/* Reading NPY files. Nothing is asked for before what the header says has been held
 * against the length of the file. */
#include "io/npy.h"

#include "base/memory.h"

#include <nn/io.h>

#include <inttypes.h>
#include <string.h>

enum { NPY_MAGIC_BYTES = 6, NPY_VERSION_BYTES = 2 };

static const char npy_magic[NPY_MAGIC_BYTES + 1] = "\x93NUMPY";

/* The header's length, and where it begins. */
static nn_status npy_read_start(struct nni_reader *reader, uint64_t *begin,
                                uint64_t *length)
{
    const uint64_t version_end = NPY_MAGIC_BYTES + NPY_VERSION_BYTES;
    uint8_t bytes[NPY_MAGIC_BYTES + NPY_VERSION_BYTES + 4];
    NNI_TRY(nni_reader_require(reader, version_end, "the start of an NPY file"));
    NNI_TRY(nni_reader_copy(reader, 0, bytes, (size_t)version_end));
    if (memcmp(bytes, "PK", 2) == 0) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte 0: this is an archive (npz); save its arrays one by "
                        "one with numpy.save",
                        reader->name.text);
    }
    if (memcmp(bytes, npy_magic, NPY_MAGIC_BYTES) != 0) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte 0: this is no NPY file, which begins with \\x93NUMPY",
                        reader->name.text);
    }
    const int major = bytes[NPY_MAGIC_BYTES];
    if (major < 1 || major > 3 || bytes[NPY_MAGIC_BYTES + 1] != 0) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte 6: version %d.%d is not read, but 1.0, 2.0 and 3.0 are",
                        reader->name.text, major, bytes[NPY_MAGIC_BYTES + 1]);
    }
    const uint64_t size = major == 1 ? 2 : 4;
    *begin = version_end + size;
    NNI_TRY(nni_reader_require(reader, *begin, "the length of the header"));
    NNI_TRY(nni_reader_copy(reader, version_end, bytes, (size_t)size));
    *length = 0;
    for (uint64_t i = 0; i < size; i++) {
        *length |= (uint64_t)bytes[i] << 8 * i;
    }
    return NN_OK;
}

/* Reads the header; elements.offset is then its end. */
static nn_status npy_read_header(struct nni_reader *reader, struct nni_npy *npy)
{
    uint64_t begin = 0;
    uint64_t length = 0;
    NNI_TRY(npy_read_start(reader, &begin, &length));
    if (length > NNI_NPY_HEADER_MAX) {
        return nni_fail(NN_ERROR_FORMAT,
                        "%s: byte 8: a header of %" PRIu64 " bytes, at most %d are read",
                        reader->name.text, length, NNI_NPY_HEADER_MAX);
    }
    NNI_TRY(nni_reader_require(reader, begin + length, "the header"));
    char *text = nni_alloc(reader->context, (size_t)length, 1);
    if (text == NULL) {
        return nni_fail(nn_last_status(), "%s: %s", reader->name.text, nn_last_error());
    }
    nn_status status = nni_reader_copy(reader, begin, text, (size_t)length);
    if (status == NN_OK) {
        status = nni_npy_parse_header(text, (size_t)length, begin, npy);
        if (status != NN_OK) {
            status = nni_fail(status, "%s: %s", reader->name.text, nn_last_error());
        }
    }
    nni_free(reader->context, text);
    npy->elements.offset = begin + length;
    return status;
}

nn_tensor *nni_npy_read(struct nni_reader *reader)
{
    struct nni_npy npy;
    if (npy_read_header(reader, &npy) != NN_OK ||
        nni_elements_check_length(&npy.elements, &npy.shape, reader) != NN_OK) {
        return NULL;
    }
    return nni_elements_read_tensor(&npy.elements, &npy.shape, reader);
}

/* ---- the public functions ---- */

nn_tensor *nn_read_npy(nn_context *context, const char *path)
{
    struct nni_reader reader;
    if (nni_reader_open(&reader, context, "nn_read_npy", path) != NN_OK) {
        return NULL;
    }
    nn_tensor *tensor = nni_npy_read(&reader);
    nni_reader_close(&reader);
    return tensor;
}

nn_tensor *nn_parse_npy(nn_context *context, const void *bytes, size_t size)
{
    if (bytes == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_parse_npy: bytes is NULL");
        return NULL;
    }
    struct nni_reader reader;
    nni_reader_from_memory(&reader, context, bytes, size);
    reader.name = nni_file_name("nn_parse_npy");
    nn_tensor *tensor = nni_npy_read(&reader);
    nni_reader_close(&reader);
    return tensor;
}
