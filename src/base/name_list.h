/* A list of texts that grows at its end, in two blocks of memory however many there are:
 * the names of classes and of columns. */
#ifndef NNI_BASE_NAME_LIST_H
#define NNI_BASE_NAME_LIST_H

#include "base/context.h"
#include "base/status.h"

/* Zeroed is empty. */
struct nni_name_list {
    int64_t count;
    char *text;      /* all names, each ended by 0 */
    size_t *starts;  /* where each begins */
    size_t used;     /* bytes of text */
    size_t capacity; /* bytes there is room for */
    int64_t room;    /* names there is room for */
};

/* Appends a copy of bytes[0 ... length - 1], which holds no 0. On failure the list is as
 * it was. */
nn_status nni_name_list_append(const nn_context *context, struct nni_name_list *list,
                               const char *bytes, size_t length);

/* Appends copies of all names of another list. */
nn_status nni_name_list_copy(const nn_context *context, const struct nni_name_list *from,
                             struct nni_name_list *to);

/* The name, or NULL where index is not in 0 ... count - 1. Valid until the next append. */
const char *nni_name_list_get(const struct nni_name_list *list, int64_t index);

/* The length of a name that is there. */
size_t nni_name_list_length(const struct nni_name_list *list, int64_t index);

/* Frees the names; the list is empty afterwards. */
void nni_name_list_release(const nn_context *context, struct nni_name_list *list);

#endif
