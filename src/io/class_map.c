/* A hash table with open addressing and linear probing, at most half full, over a list of
 * texts; so numbering n labels takes O(n) however many classes there are. The hash is
 * FNV-1a with 64 bits (Fowler, Noll, Vo), its halves folded into 32. */
#include "io/class_map.h"

#include "base/memory.h"

#include <string.h>

enum { CLASS_MAP_FIRST_SLOTS = 64 };

static uint32_t class_map_hash(const char *text, size_t length)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(0x100000001B3);
    }
    return (uint32_t)(hash ^ hash >> 32);
}

/* The slot that holds the text, or the free one where it belongs. */
static size_t class_map_find(const struct nni_class_map *map, const char *text,
                             size_t length, uint32_t hash)
{
    size_t slot = hash & (map->slot_count - 1);
    while (map->slots[slot] != 0) {
        int32_t number = map->slots[slot] - 1;
        if (map->hashes[slot] == hash &&
            nni_name_list_length(&map->names, number) == length &&
            memcmp(nni_name_list_get(&map->names, number), text, length) == 0) {
            break;
        }
        slot = (slot + 1) & (map->slot_count - 1);
    }
    return slot;
}

/* Moves all entries into twice as many slots. */
static nn_status class_map_grow(const nn_context *context, struct nni_class_map *map)
{
    size_t count = map->slot_count == 0 ? CLASS_MAP_FIRST_SLOTS : 2 * map->slot_count;
    int32_t *slots = nni_alloc(context, count, sizeof *slots);
    uint32_t *hashes = slots == NULL ? NULL : nni_alloc(context, count, sizeof *hashes);
    if (hashes == NULL) {
        nni_free(context, slots);
        return nn_last_status();
    }
    for (size_t i = 0; i < map->slot_count; i++) {
        if (map->slots[i] != 0) {
            size_t slot = map->hashes[i] & (count - 1);
            while (slots[slot] != 0) {
                slot = (slot + 1) & (count - 1);
            }
            slots[slot] = map->slots[i];
            hashes[slot] = map->hashes[i];
        }
    }
    nni_free(context, map->slots);
    nni_free(context, map->hashes);
    map->slots = slots;
    map->hashes = hashes;
    map->slot_count = count;
    return NN_OK;
}

nn_status nni_class_map_number(const nn_context *context, struct nni_class_map *map,
                               const char *text, size_t length, int32_t *number)
{
    if ((size_t)map->names.count >= map->slot_count / 2) {
        NNI_TRY(class_map_grow(context, map));
    }
    uint32_t hash = class_map_hash(text, length);
    size_t slot = class_map_find(map, text, length, hash);
    if (map->slots[slot] == 0) {
        if (map->names.count == INT32_MAX - 1) {
            return nni_fail(NN_ERROR_SIZE, "more than %d classes", INT32_MAX - 1);
        }
        NNI_TRY(nni_name_list_append(context, &map->names, text, length));
        map->slots[slot] = (int32_t)map->names.count;
        map->hashes[slot] = hash;
    }
    *number = map->slots[slot] - 1;
    return NN_OK;
}

int32_t nni_class_map_look_up(const struct nni_class_map *map, const char *text,
                              size_t length)
{
    if (map->slot_count == 0) {
        return -1;
    }
    size_t slot = class_map_find(map, text, length, class_map_hash(text, length));
    return map->slots[slot] - 1;
}

void nni_class_map_release(const nn_context *context, struct nni_class_map *map)
{
    nni_free(context, map->slots);
    nni_free(context, map->hashes);
    nni_name_list_release(context, &map->names);
    memset(map, 0, sizeof *map);
}
