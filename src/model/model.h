/* The inside of a model: nodes in topological order (an input's number is smaller than its
 * user's), the layers, and the parameters in one block of memory. */
#ifndef NNI_MODEL_MODEL_H
#define NNI_MODEL_MODEL_H

#include "base/name_list.h"
#include "layers/layer.h"
#include "tensor/tensor.h"

#include <nn/model.h>

enum {
    NNI_PARAMETER_NAME_SIZE = 2 * NNI_NAME_SIZE,
    NNI_NAME_BUCKETS = 256,      /* of the layers' names */
    NNI_PARAMETER_ALIGNMENT = 16 /* floats: each parameter begins a cache line */
};

/* The floats that a parameter of `count` elements takes in a block, its gap included. */
static inline int64_t nni_parameter_span(int64_t count)
{
    return (count + NNI_PARAMETER_ALIGNMENT - 1) / NNI_PARAMETER_ALIGNMENT *
           NNI_PARAMETER_ALIGNMENT;
}

/* One application of a layer. */
struct nni_node {
    nn_layer *layer;
    int32_t input_count;
    nn_node *inputs;                /* input_count nodes */
    struct nni_shape *input_shapes; /* their shapes, which infer.inputs points to */
    struct nni_infer infer;
    int32_t first_parameter; /* of the layer, in model->parameters; set by build */
};

struct nni_parameter {
    char name[NNI_PARAMETER_NAME_SIZE];
    const nn_layer *layer;
    struct nni_parameter_spec spec;
    int64_t offset, count; /* in floats */
    nn_tensor *tensor;     /* shows weights + offset */
};

struct nn_model {
    struct nni_handle handle;
    nn_layer *first_layer, *last_layer; /* in the order they were taken */
    nn_layer *last_applied; /* and those before it: in the order they got their names */
    nn_layer *named[NNI_NAME_BUCKETS];

    struct nni_node *nodes;
    int32_t node_count, node_capacity;
    nn_node *inputs, *outputs;
    int32_t input_count, output_count, input_capacity, output_capacity;

    int32_t built;
    uint64_t seed;
    struct nni_parameter *parameters;
    int32_t parameter_count;
    int64_t weight_count;        /* elements of all parameters */
    int64_t span;                /* floats of the block, gaps included */
    struct nni_storage *storage; /* of the block; views of parameters keep it alive */
    float *weights;              /* the block; gaps stay 0 */

    struct nni_name_list *class_names; /* of the first outputs */
    int32_t named_outputs;

    nn_status status; /* the first error, and its text */
    char error[NNI_ERROR_TEXT_SIZE];
};

/* NN_OK, or the model's remembered first error as the thread's last one. */
nn_status nni_model_check(const nn_model *model, const char *who);

/* Remembers the thread's last error as the model's first, if there was none; returns
 * status. */
nn_status nni_model_remember(nn_model *model, nn_status status);

/* The applied layer of that name, or NULL. */
nn_layer *nni_model_find_layer(const nn_model *model, const char *name);

/* Gives a layer that is to be applied for the first time a name, "dense_1", "dense_2", ...
 * (*number says which), or checks that its own (*number is 0) is free: NN_ERROR_NAME. */
nn_status nni_model_name_layer(const nn_model *model, nn_layer *layer, int32_t *number);

/* The layer has been applied, at `node`: its name is in use from now on. */
void nni_model_keep_name(nn_model *model, nn_layer *layer, int32_t number, nn_node node);

/* 1 where the node is an input of the model. */
int nni_node_is_input(const struct nni_node *node);

/* "dense_1.weight": what belongs to a layer, by the layer's name and its own. */
void nni_parameter_name(const nn_layer *layer, const char *parameter,
                        char name[NNI_PARAMETER_NAME_SIZE]);

/* Gives a model the class names of another one. */
nn_status nni_model_copy_class_names(const nn_model *model, nn_model *copy);

/* Frees them all. */
void nni_model_release_class_names(nn_model *model);

/* Draws all parameters from their initialisers. */
void nni_model_draw(nn_model *model, uint64_t seed);

#endif
