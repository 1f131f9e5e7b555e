/* The call handle that a custom layer's callbacks work on. */
#ifndef NNI_LAYERS_CUSTOM_CALL_H
#define NNI_LAYERS_CUSTOM_CALL_H

#include "layers/layer.h"

enum nni_custom_phase { NNI_CUSTOM_INFER, NNI_CUSTOM_FORWARD, NNI_CUSTOM_BACKWARD };

struct nn_call {
    const nn_layer *layer;
    enum nni_custom_phase phase;
    const struct nni_infer *infer; /* what infer was given and has told */
    struct nni_infer *asked;       /* the same, to write; NULL outside infer */
    const struct nni_call *call;   /* NULL in infer */
    int32_t output_set;
    nn_status status; /* the first failure of a nn_call_ function */
};

#endif
