/* IDX files of any bytes under a header that fits them. */
#include "mutate.h"

#include <string.h>

enum { MAGIC = 4, SIZE_BYTES = 4, DIMENSIONS = 4, LONGEST = 9 };

/* The codes of the element types, and their bytes. */
static const uint8_t codes[] = {0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E};
static const uint8_t widths[] = {1, 1, 2, 4, 4, 8};

/* Writes the header of a small array; returns how long its file is. */
static size_t put_header(struct chooser *chooser, uint8_t *data)
{
    const uint32_t type = choose(chooser, sizeof codes);
    const uint32_t rank = 1 + choose(chooser, DIMENSIONS);
    size_t bytes = widths[type];
    data[0] = data[1] = 0;
    data[2] = codes[type];
    data[3] = (uint8_t)rank;
    memset(data + MAGIC, 0, (size_t)rank * SIZE_BYTES);
    for (uint32_t i = 0; i < rank; i++) {
        const uint32_t size = choose(chooser, LONGEST) % (1 + choose(chooser, LONGEST));
        data[MAGIC + SIZE_BYTES * i + SIZE_BYTES - 1] = (uint8_t)size;
        bytes *= size;
    }
    return MAGIC + (size_t)rank * SIZE_BYTES + bytes;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    static uint8_t header[MAGIC + DIMENSIONS * SIZE_BYTES];
    struct chooser chooser = {seed};
    size = LLVMFuzzerMutate(data, size, max_size);
    if (choose(&chooser, 3) == 0)
        return size;
    const size_t whole = put_header(&chooser, header);
    if (whole > max_size)
        return size;
    if (whole > size)
        memset(data + size, 0, whole - size);
    memcpy(data, header, MAGIC + (size_t)header[3] * SIZE_BYTES);
    return whole;
}
