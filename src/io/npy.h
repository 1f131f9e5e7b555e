/* NPY, the format of numpy.save:
 *
 *     6 bytes       "\x93NUMPY"
 *     2 bytes       version 1.0, 2.0 or 3.0
 *     2 or 4 bytes  length of the header, little-endian (2 bytes in version 1.0)
 *     the header    {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, spaces
 *                   and a line feed; in Latin-1, in version 3.0 UTF-8 (here all is ASCII)
 *     the rest      the elements
 *
 * The header is a Python dictionary. It is read by a parser of its own, that knows these
 * three keys and nothing else. */
#ifndef NNI_IO_NPY_H
#define NNI_IO_NPY_H

#include "base/shape.h"
#include "io/elements.h"

/* What a header says. */
struct nni_npy {
    struct nni_elements elements;
    struct nni_shape shape; /* with the dtype that the elements become */
};

enum { NNI_NPY_HEADER_MAX = 65535 }; /* bytes; the most that version 1.0 can have */

/* Reads and checks the text of a header, which begins at byte `offset` of the file.
 * elements.offset is not set. NN_ERROR_FORMAT, the message beginning with the byte. */
nn_status nni_npy_parse_header(const char *text, size_t length, uint64_t offset,
                               struct nni_npy *npy);

/* Reads a tensor; NULL with the failure recorded. */
nn_tensor *nni_npy_read(struct nni_reader *reader);

#endif
