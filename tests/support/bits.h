/* What the tests of kernels share: numbers to compute with, and equality to the bit. */
#ifndef TESTS_SUPPORT_BITS_H
#define TESTS_SUPPORT_BITS_H

#include <stdint.h>

struct nni_kernels;

/* count numbers of both signs and many sizes, mostly between -4 and 4; some zeros. The
 * same salt gives the same numbers. */
void mixed_floats(float *values, int64_t count, uint32_t salt);

/* The next word of a small generator of the test's own. */
uint32_t next_word(uint32_t *state);

/* Bit for bit the same, but any NaN is like any other. */
void assert_same_bits(const float *a, const float *b, int64_t count);

/* |actual - expected| <= absolute + relative |expected|. */
void assert_close(double actual, double expected, double absolute, double relative);

/* The table of an instruction set; ends the test as skipped where the machine lacks it.
 */
const struct nni_kernels *kernels_or_skip(int32_t isa);

#endif
