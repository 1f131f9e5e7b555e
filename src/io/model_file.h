/* Models in files (docs/format.md): the graph, options and names as JSON in the metadata of
 * a safetensors file, parameters and lists of floats as its tensors. What else a file
 * holds, say the state of a run, does not disturb: further metadata, and tensors with a
 * '/' in their names. */
#ifndef NNI_IO_MODEL_FILE_H
#define NNI_IO_MODEL_FILE_H

#include "io/safetensors.h"
#include "model/model.h"

enum {
    NNI_MODEL_VERSION = 1,       /* of the format */
    NNI_MODEL_NODES_MAX = 16384, /* of a model in a file */
    NNI_WHO_SIZE = NNI_FILE_NAME_SIZE + 16
};

/* The metadata's keys. */
#define NNI_KEY_VERSION "nn.version"
#define NNI_KEY_MODEL   "nn.model"

/* "default", ... as nn_initializer_name; whether a kind has a value that counts. */
int nni_initializer_has_value(int32_t kind);

/* Adds a built model to a file: the metadata above and its tensors, whose data stay in the
 * model. NN_ERROR_STATE names a custom layer, NN_ERROR_SIZE. What fails later is in
 * storer->status. */
nn_status nni_model_store(const nn_model *model, struct nni_storer *storer);

/* Adds only the parameters of a built model. */
void nni_parameters_store(const nn_model *model, struct nni_storer *storer);

/* The model of a file, built. The text of its metadata is used up. Whatever is wrong in it is NN_ERROR_FORMAT with the file's
 * name and the place. NULL with the failure recorded. */
nn_model *nni_model_restore(nn_context *context, const struct nni_safetensors *file);

/* Makes the layer that a node of the JSON describes, without its owner. Its lists of floats
 * come from the file's tensors. NULL with the failure recorded. */
nn_layer *nni_layer_restore(nn_context *context, const struct nni_safetensors *file,
                            const struct nni_json *json, int32_t node);

/* Puts "who: " (and, where a place is given, "node 3: ") before the last failure, and
 * makes NN_ERROR_FORMAT of all but a want of memory and failures to read. */
nn_status nni_restore_failed(const char *who, const char *place, int64_t number);

/* Reads a model's parameters from a file, all or none: names and shapes are compared first.
 * options are those of nn_model_load_weights; who begins the messages. */
nn_status nni_weights_load(nn_model *model, const struct nni_safetensors *file,
                           int32_t options, const char *who);

/* The same for a new model, whose parameters are not yet of value, with no options. */
nn_status nni_weights_restore(nn_model *model, const struct nni_safetensors *file);

/* Reads all elements of a tensor as floats into out, whose matrix (of the tensor's two
 * dimensions) is turned where transposed is 1. It is of one of the four types of floats. */
nn_status nni_weights_read(const struct nni_safetensors *file,
                           const struct nni_stored_tensor *tensor, int transposed,
                           float *out);

#endif
