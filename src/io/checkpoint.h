/* The state of a trainer in a file: a model file (model_file.h) with one more text in its
 * metadata and further tensors (docs/format.md). What is not in it is code: the layers'
 * graph, the kinds of losses, metrics, hooks and callbacks come from the program, which
 * makes the trainer as it did before and then resumes. */
#ifndef NNI_IO_CHECKPOINT_H
#define NNI_IO_CHECKPOINT_H

#include "io/model_file.h"
#include "train/trainer.h"

/* The metadata's key, and what the names of its tensors begin with. */
#define NNI_KEY_TRAINER       "nn.trainer"
#define NNI_CHECKPOINT_PREFIX "trainer/"

/* The largest count that is taken from a file: as exact in a double as in an int64_t, and
 * far from where sums of two overflow. */
#define NNI_CHECKPOINT_MOST (INT64_C(1) << 53)

enum {
    NNI_CHECKPOINT_VERSION = 1,
    NNI_CHECKPOINT_NAME_SIZE = NNI_PARAMETER_NAME_SIZE + 32 /* of a tensor */
};

/* ---- numbers of a trainer that decide how a run goes on: a table of fields ---- */

/* Appends ,"name":value for each. */
void nni_fields_store(const nn_trainer *trainer, struct nni_text *out);

/* Reads all of them from the members of an object into a trainer, checked one by one and
 * with one another. NN_ERROR_FORMAT; the trainer's are then half changed. */
nn_status nni_fields_restore(const struct nni_json *json, int32_t object,
                             nn_trainer *trainer);

/* Copies them. */
void nni_fields_copy(const nn_trainer *from, nn_trainer *to);

/* ---- the lists of a run ---- */

/* The name of a tensor: "trainer/<what>" or "trainer/<what>/<item>". */
struct nni_checkpoint_name {
    char text[NNI_CHECKPOINT_NAME_SIZE];
};
struct nni_checkpoint_name nni_checkpoint_name(const char *what, const char *item);

/* ---- the whole ---- */

/* Lays a trainer's state out as a file and hands that to put, once, with data. A failure of
 * memory, or put's. */
nn_status nni_checkpoint_write(nn_trainer *trainer,
                               nn_status (*put)(const struct nni_storer *storer,
                                                void *data),
                               void *data);

/* Puts the trainer into the state of a file, or leaves it as it is. who begins the
 * messages that are about the trainer. */
nn_status nni_checkpoint_restore(nn_trainer *trainer, const struct nni_safetensors *file,
                                 const char *who);

#endif
