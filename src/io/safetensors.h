/* The safetensors format: named tensors and texts in one file.
 *
 *     8 bytes     n, the length of the header, little-endian
 *     n bytes     the header: a JSON object with a member for each tensor,
 *                     "name": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]}
 *                 and perhaps "__metadata__", an object of strings; spaces may follow it
 *     the rest    the tensors' elements, little-endian, row by row; offsets count from
 *                 here; together they cover all of it, without overlaps or holes
 *
 * Reading trusts nothing; all checks come before memory for tensors is asked for. */
#ifndef NNI_IO_SAFETENSORS_H
#define NNI_IO_SAFETENSORS_H

#include "base/shape.h"
#include "base/text.h"
#include "io/json.h"
#include "io/stream.h"

/* The element types of the format that are known here. */
enum nni_stored {
    NNI_STORED_F32,
    NNI_STORED_F64,
    NNI_STORED_F16,
    NNI_STORED_BF16,
    NNI_STORED_U8,
    NNI_STORED_I8,
    NNI_STORED_U16,
    NNI_STORED_I16,
    NNI_STORED_U32,
    NNI_STORED_I32,
    NNI_STORED_U64,
    NNI_STORED_I64,
    NNI_STORED_BOOL,
    NNI_STORED_COUNT
};

/* "F32", and the bytes of an element. */
const char *nni_stored_name(enum nni_stored type);
size_t nni_stored_size(enum nni_stored type);

/* ---- reading ---- */

enum { NNI_STORED_RANK_MAX = NN_MAX_RANK };

struct nni_stored_tensor {
    const char *name; /* ended by 0; part of the header */
    enum nni_stored type;
    int32_t rank;
    int64_t dim[NNI_STORED_RANK_MAX];
    int64_t count;       /* of elements */
    uint64_t begin, end; /* bytes of the data */
    int32_t node;        /* of the header, for messages */
};

/* A file whose header has been read and checked. */
struct nni_safetensors {
    struct nni_reader *reader; /* the caller's, which must outlive this */
    char *header;              /* its text */
    struct nni_json json;
    int32_t metadata;                  /* the node of "__metadata__", or 0 */
    uint64_t data;                     /* where in the file the data begins */
    uint64_t data_end;                 /* how long it is */
    struct nni_stored_tensor *tensors; /* sorted by name */
    int32_t count;
};

/* Reads and checks everything but the data. NN_ERROR_FORMAT, NN_ERROR_IO,
 * NN_ERROR_CALLBACK, NN_ERROR_MEMORY; after a failure there is nothing to close. */
nn_status nni_safetensors_open(struct nni_safetensors *file, struct nni_reader *reader);
void nni_safetensors_close(struct nni_safetensors *file);

/* The text of that metadata, which may be changed, or NULL where there is none; *length
 * may be NULL. */
char *nni_safetensors_text(const struct nni_safetensors *file, const char *key,
                           size_t *length);

/* The tensor of that name, or NULL. */
const struct nni_stored_tensor *nni_safetensors_find(const struct nni_safetensors *file,
                                                     const char *name);

/* 1 where a tensor has these dimensions. */
int nni_stored_has_shape(const struct nni_stored_tensor *tensor, const int64_t *dim,
                         int32_t rank);

/* "F32 (3, 4)", for messages. */
struct nni_shape_text nni_stored_text(const struct nni_stored_tensor *tensor);

/* All of a tensor's bytes. NN_ERROR_IO. */
nn_status nni_safetensors_copy(const struct nni_safetensors *file,
                               const struct nni_stored_tensor *tensor, void *out);

/* ---- writing ---- */

/* A tensor to be written; data stays the caller's, and where it is until then. */
struct nni_storing {
    enum nni_stored type;
    const void *data;
    uint64_t size;                  /* bytes */
    size_t name, dims, dims_length; /* places in `words` */
    size_t name_length;
};

/* A file under construction. It remembers the first failure, so that a writer of a format
 * adds without checking and asks at the end. Tensors are laid out by the size of their
 * elements, the largest first, and in the order in which they came; so each is aligned, as
 * the data begins at a multiple of 64. */
struct nni_storer {
    const nn_context *context;
    struct nni_text metadata; /* members of "__metadata__" */
    struct nni_text words;    /* names, and dimensions as JSON */
    struct nni_storing *tensors;
    int32_t count, capacity;
    struct nni_text header; /* made by nni_storer_finish */
    uint64_t size;          /* of the whole file */
    nn_status status;
};

void nni_storer_init(struct nni_storer *storer, const nn_context *context);
void nni_storer_release(struct nni_storer *storer);

/* Adds a text to the metadata. Keys are new; both are UTF-8 without the character 0. */
void nni_storer_text(struct nni_storer *storer, const char *key, const char *text,
                     size_t length);

/* Adds a tensor. Names are new; the shape's product in bytes has been checked. */
void nni_storer_tensor(struct nni_storer *storer, const char *name, enum nni_stored type,
                       const int64_t *dim, int32_t rank, const void *data);

/* Makes the header; afterwards storer->size is the size of the file. The first failure;
 * NN_ERROR_SIZE where the header is longer than a reader takes. */
nn_status nni_storer_finish(struct nni_storer *storer);

/* Writes the file. */
nn_status nni_storer_write(const struct nni_storer *storer, struct nni_writer *writer);

#endif
