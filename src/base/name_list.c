/* Lists of names: one block with the texts one after the other, one with where each
 * begins. Both double when they are full, so that n appends cost O(n). */
#include "base/name_list.h"

#include "base/memory.h"

#include <string.h>

enum { NAME_LIST_FIRST_BYTES = 256, NAME_LIST_FIRST_NAMES = 16 };

/* Makes room for one more name of `bytes` bytes. */
static nn_status name_list_reserve(const nn_context *context, struct nni_name_list *list,
                                   size_t bytes)
{
    if (list->count == list->room) {
        int64_t room = list->room == 0 ? NAME_LIST_FIRST_NAMES : 2 * list->room;
        size_t *starts = nni_grow(context, list->starts, (size_t)list->count,
                                  (size_t)room, sizeof *starts);
        if (starts == NULL) {
            return nn_last_status();
        }
        list->starts = starts;
        list->room = room;
    }
    if (bytes > list->capacity - list->used) {
        size_t capacity =
            list->capacity + (list->capacity > bytes ? list->capacity : bytes);
        capacity = capacity < NAME_LIST_FIRST_BYTES ? NAME_LIST_FIRST_BYTES : capacity;
        char *text = nni_grow(context, list->text, list->used, capacity, 1);
        if (text == NULL) {
            return nn_last_status();
        }
        list->text = text;
        list->capacity = capacity;
    }
    return NN_OK;
}

nn_status nni_name_list_append(const nn_context *context, struct nni_name_list *list,
                               const char *bytes, size_t length)
{
    NNI_TRY(name_list_reserve(context, list, length + 1));
    char *name = list->text + list->used;
    if (length > 0) {
        memcpy(name, bytes, length);
    }
    name[length] = '\0';
    list->starts[list->count++] = list->used;
    list->used += length + 1;
    return NN_OK;
}

nn_status nni_name_list_copy(const nn_context *context, const struct nni_name_list *from,
                             struct nni_name_list *to)
{
    for (int64_t i = 0; i < from->count; i++) {
        NNI_TRY(nni_name_list_append(context, to, nni_name_list_get(from, i),
                                     nni_name_list_length(from, i)));
    }
    return NN_OK;
}

const char *nni_name_list_get(const struct nni_name_list *list, int64_t index)
{
    return index >= 0 && index < list->count ? list->text + list->starts[index] : NULL;
}

size_t nni_name_list_length(const struct nni_name_list *list, int64_t index)
{
    size_t end = index + 1 < list->count ? list->starts[index + 1] : list->used;
    return end - list->starts[index] - 1;
}

void nni_name_list_release(const nn_context *context, struct nni_name_list *list)
{
    nni_free(context, list->text);
    nni_free(context, list->starts);
    memset(list, 0, sizeof *list);
}
