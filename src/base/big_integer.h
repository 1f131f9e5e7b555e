/* Whole numbers of up to 4096 bits, for the exact conversion between decimal and binary.
 * The largest that arises has fewer than 3700 bits (10^1096 in number_parse.c). */
#ifndef NNI_BASE_BIG_INTEGER_H
#define NNI_BASE_BIG_INTEGER_H

#include "base/compiler.h"

enum { NNI_BIG_WORDS = 128, NNI_BIG_WORD_BITS = 32 };

/* words[0] is the lowest; count leaves out leading zeros and is 0 for zero. */
struct nni_big {
    int32_t count;
    uint32_t words[NNI_BIG_WORDS];
};

void nni_big_set(struct nni_big *big, uint64_t value);

/* big = big * factor + addend. */
void nni_big_multiply_add(struct nni_big *big, uint32_t factor, uint32_t addend);

/* big = big * 10^power. */
void nni_big_multiply_ten(struct nni_big *big, int32_t power);

/* big = big * 2^bits. */
void nni_big_shift_left(struct nni_big *big, int32_t bits);

/* big = big - other, where big is not below other. */
void nni_big_subtract(struct nni_big *big, const struct nni_big *other);

/* Negative, 0 or positive as a < b, a = b, a > b. */
int nni_big_compare(const struct nni_big *a, const struct nni_big *b);

/* The position of the highest bit, counted from 1; 0 for zero. */
int32_t nni_big_bits(const struct nni_big *big);

#endif
