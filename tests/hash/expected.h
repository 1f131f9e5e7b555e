/* The committed hashes. */
#ifndef TESTS_HASH_EXPECTED_H
#define TESTS_HASH_EXPECTED_H

#include <stdint.h>

/* Reads the hash of each line (hash_line_at) from tests/hash/expected.txt. Returns 0 where
 * the file cannot be read, or does not name these lines in this order and no others; values
 * holds `size`. */
int hash_expected(uint64_t *values, int32_t size);

#endif
