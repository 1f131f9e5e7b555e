/* The bytes that a fuzzer gives, taken as choices: past the end they are all 0. */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

struct bytes {
    const uint8_t *next;
    size_t left;
};

static inline int32_t take_byte(struct bytes *bytes)
{
    if (bytes->left == 0)
        return 0;
    bytes->left--;
    return *bytes->next++;
}

/* 0 ... bound - 1, of one byte. */
static inline int32_t take(struct bytes *bytes, int32_t bound)
{
    return take_byte(bytes) % bound;
}

/* A number between -4 and 4. */
static inline float take_float(struct bytes *bytes)
{
    return (float)(take_byte(bytes) - 128) / 32;
}

/* What must never be false; libFuzzer keeps the input that made it so. */
static inline void must(int holds, const char *what)
{
    if (!holds) {
        fprintf(stderr, "not so: %s\n", what);
        abort();
    }
}

/* A harness is one file fuzz_NAME.c with this function (libFuzzer's), and a folder
 * corpus/NAME; `make fuzz` and `make check` find both. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
