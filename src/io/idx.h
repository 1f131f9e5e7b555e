/* IDX, the format of MNIST, from where its bytes come. */
#ifndef NNI_IO_IDX_H
#define NNI_IO_IDX_H

#include "io/stream.h"
#include "tensor/tensor.h"

/* Reads a tensor; NULL with the failure recorded. */
nn_tensor *nni_idx_read(struct nni_reader *reader);

#endif
