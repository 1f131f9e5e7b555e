/* Which tensor of a file belongs to which parameter of a model, and what does not fit. */
#ifndef NNI_IO_WEIGHTS_MATCH_H
#define NNI_IO_WEIGHTS_MATCH_H

#include "io/model_file.h"

#include <nn/io.h>

struct nni_weights_match {
    const struct nni_stored_tensor **tensors; /* of each parameter; NULL for none */
    int32_t *order;                           /* parameters by name */
};

/* Fills *match by names and shapes. Where anything is missing, unexpected or of another
 * shape or type: NN_ERROR_NAME or NN_ERROR_SHAPE (of what comes first), whose text says how
 * much and names as much as there is room for. To be released also after a failure. */
nn_status nni_weights_match(const nn_model *model, const struct nni_safetensors *file,
                            int32_t options, const char *who,
                            struct nni_weights_match *match);
void nni_weights_match_release(const nn_context *context,
                               struct nni_weights_match *match);

/* 1 where the parameter is kept transposed in PyTorch's files: a dense layer's weight. */
int nni_weights_transposed(const struct nni_parameter *parameter, int32_t options);

#endif
