/* The elements of tensors as other formats store them: integers and floats of several
 * sizes, in either byte order, row by row or column by column. */
#ifndef NNI_IO_ELEMENTS_H
#define NNI_IO_ELEMENTS_H

#include "io/stream.h"
#include "tensor/tensor.h"

enum nni_element_kind {
    NNI_ELEMENT_BOOL,
    NNI_ELEMENT_UNSIGNED,
    NNI_ELEMENT_SIGNED,
    NNI_ELEMENT_FLOAT
};

struct nni_element_type {
    enum nni_element_kind kind;
    int32_t size;  /* bytes in the file */
    int32_t dtype; /* of the tensor that holds them */
};

/* The type of that kind and size, or NULL where none is known. Integers go into the
 * smallest dtype that holds all of them (but for unsigned ones of 8 bytes: int64), bool
 * into uint8 as 0 and 1, floats into float32, doubles rounded once. */
const struct nni_element_type *nni_element_type(enum nni_element_kind kind, int32_t size);

/* Where elements lie, and how. */
struct nni_elements {
    const struct nni_element_type *type;
    uint64_t offset;       /* of the first, in the file */
    int32_t big_endian;    /* the first byte is the highest */
    int32_t first_fastest; /* the first index varies fastest (Fortran), not the last */
};

/* NN_ERROR_FORMAT unless the elements of a shape, and nothing more, are there. */
nn_status nni_elements_check_length(const struct nni_elements *elements,
                                    const struct nni_shape *shape,
                                    struct nni_reader *reader);

/* Reads them, after that check, into a new tensor. The shape has the type's dtype. NULL on
 * NN_ERROR_MEMORY, NN_ERROR_IO; NN_ERROR_FORMAT for an element that does not fit. */
nn_tensor *nni_elements_read_tensor(const struct nni_elements *elements,
                                    const struct nni_shape *shape,
                                    struct nni_reader *reader);

/* Writes all elements of a tensor as their dtype has them, in an order as in struct
 * nni_elements. */
nn_status nni_elements_write(const nn_tensor *tensor, int32_t big_endian,
                             int32_t first_fastest, struct nni_writer *writer);

#endif
