/* The element types of safetensors files. */
#include "io/safetensors.h"

#include <stdio.h>
#include <string.h>

static const struct stored_type {
    const char *name;
    size_t size;
} stored_types[NNI_STORED_COUNT] = {
    [NNI_STORED_F32] = {"F32", 4},   [NNI_STORED_F64] = {"F64", 8},
    [NNI_STORED_F16] = {"F16", 2},   [NNI_STORED_BF16] = {"BF16", 2},
    [NNI_STORED_U8] = {"U8", 1},     [NNI_STORED_I8] = {"I8", 1},
    [NNI_STORED_U16] = {"U16", 2},   [NNI_STORED_I16] = {"I16", 2},
    [NNI_STORED_U32] = {"U32", 4},   [NNI_STORED_I32] = {"I32", 4},
    [NNI_STORED_U64] = {"U64", 8},   [NNI_STORED_I64] = {"I64", 8},
    [NNI_STORED_BOOL] = {"BOOL", 1},
};

const char *nni_stored_name(enum nni_stored type)
{
    return stored_types[type].name;
}

size_t nni_stored_size(enum nni_stored type)
{
    return stored_types[type].size;
}

int nni_stored_has_shape(const struct nni_stored_tensor *tensor, const int64_t *dim,
                         int32_t rank)
{
    return tensor->rank == rank &&
           (rank == 0 || memcmp(tensor->dim, dim, (size_t)rank * sizeof *dim) == 0);
}

struct nni_shape_text nni_stored_text(const struct nni_stored_tensor *tensor)
{
    struct nni_shape shape = {NN_FLOAT32, tensor->rank, {0}};
    struct nni_shape_text text;
    memcpy(shape.dim, tensor->dim, sizeof shape.dim);
    snprintf(text.text, sizeof text.text, "%s %.*s", nni_stored_name(tensor->type),
             (int)sizeof text.text - 8, nni_shape_text(&shape).text);
    return text;
}
