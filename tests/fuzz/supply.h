/* Memory that may run out, and that counts its blocks. */
#ifndef TESTS_FUZZ_SUPPLY_H
#define TESTS_FUZZ_SUPPLY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#ifdef __has_include
#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h>
#endif
#endif
#ifndef ASAN_POISON_MEMORY_REGION
#define ASAN_POISON_MEMORY_REGION(memory, size)   ((void)(memory), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#endif

struct supply {
    int64_t left, blocks; /* left: -1 for all that is asked for */
};

/* Large blocks are kept for the next who asks for as much: under AddressSanitizer each new
 * one costs a hundred pages, more than all else that an input asks for. */
enum { SUPPLY_LARGE = 1 << 16, SUPPLY_KEPT = 16 };

static struct kept {
    void *memory;
    size_t size;
    int used;
} kept[SUPPLY_KEPT];

static inline void *take_large(size_t size)
{
    struct kept *vacant = NULL;
    for (struct kept *k = kept; k < kept + SUPPLY_KEPT; k++) {
        if (!k->used && k->memory != NULL && k->size == size) {
            k->used = 1;
            ASAN_UNPOISON_MEMORY_REGION(k->memory, size);
            return k->memory;
        }
        vacant = k->used ? vacant : k;
    }
    if (vacant == NULL)
        return malloc(size);
    free(vacant->memory);
    void *memory = malloc(size);
    *vacant = (struct kept){memory, size, memory != NULL};
    return memory;
}

/* 1 where it was one of the large blocks that are kept. */
static inline int keep(void *memory)
{
    for (struct kept *k = kept; k < kept + SUPPLY_KEPT; k++)
        if (k->used && k->memory == memory) {
            k->used = 0;
            ASAN_POISON_MEMORY_REGION(memory, k->size);
            return 1;
        }
    return 0;
}

static inline void *supply_allocate(void *user, size_t size)
{
    struct supply *supply = user;
    if (supply->left == 0)
        return NULL;
    supply->left -= supply->left > 0;
    supply->blocks++;
    return size >= SUPPLY_LARGE ? take_large(size) : malloc(size);
}

static inline void supply_deallocate(void *user, void *memory)
{
    ((struct supply *)user)->blocks--;
    if (!keep(memory))
        free(memory);
}

#endif
