/* Numbering texts in the order of their first appearance. */
#ifndef NNI_IO_CLASS_MAP_H
#define NNI_IO_CLASS_MAP_H

#include "base/name_list.h"

/* Zeroed is empty. */
struct nni_class_map {
    struct nni_name_list names;
    int32_t *slots;    /* number of the class + 1, or 0 for a free slot */
    uint32_t *hashes;  /* of the slots' texts */
    size_t slot_count; /* a power of two, or 0 */
};

/* *number = the number of a text, which is a new one where it was not there.
 * NN_ERROR_SIZE beyond 2^31 - 2 texts. */
nn_status nni_class_map_number(const nn_context *context, struct nni_class_map *map,
                               const char *text, size_t length, int32_t *number);

/* The number of a text, or -1 where it is not there. */
int32_t nni_class_map_look_up(const struct nni_class_map *map, const char *text,
                              size_t length);

void nni_class_map_release(const nn_context *context, struct nni_class_map *map);

#endif
