/* The few operations on large whole numbers that decimal conversion needs, schoolbook,
 * word by word. */
#include "base/big_integer.h"

#include <string.h>

void nni_big_set(struct nni_big *big, uint64_t value)
{
    big->count = 0;
    while (value != 0) {
        big->words[big->count++] = (uint32_t)value;
        value >>= NNI_BIG_WORD_BITS;
    }
}

void nni_big_multiply_add(struct nni_big *big, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (int32_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->words[i] * factor;
        big->words[i] = (uint32_t)carry;
        carry >>= NNI_BIG_WORD_BITS;
    }
    if (carry != 0) {
        NNI_ASSERT(big->count < NNI_BIG_WORDS);
        big->words[big->count++] = (uint32_t)carry;
    }
}

void nni_big_multiply_ten(struct nni_big *big, int32_t power)
{
    static const uint32_t tens[] = {1,      10,      100,      1000,      10000,
                                    100000, 1000000, 10000000, 100000000, 1000000000};
    const int32_t largest = NNI_COUNT(tens) - 1;
    while (power > 0) {
        int32_t step = power < largest ? power : largest;
        nni_big_multiply_add(big, tens[step], 0);
        power -= step;
    }
}

void nni_big_shift_left(struct nni_big *big, int32_t bits)
{
    int32_t words = bits / NNI_BIG_WORD_BITS;
    if (big->count == 0) {
        return;
    }
    nni_big_multiply_add(big, UINT32_C(1) << bits % NNI_BIG_WORD_BITS, 0);
    NNI_ASSERT(big->count + words <= NNI_BIG_WORDS);
    memmove(big->words + words, big->words, (size_t)big->count * sizeof big->words[0]);
    memset(big->words, 0, (size_t)words * sizeof big->words[0]);
    big->count += words;
}

void nni_big_subtract(struct nni_big *big, const struct nni_big *other)
{
    uint32_t borrow = 0;
    for (int32_t i = 0; i < big->count; i++) {
        uint64_t taken = (uint64_t)(i < other->count ? other->words[i] : 0) + borrow;
        borrow = big->words[i] < taken;
        big->words[i] = (uint32_t)(big->words[i] - taken);
    }
    NNI_ASSERT(borrow == 0);
    while (big->count > 0 && big->words[big->count - 1] == 0) {
        big->count--;
    }
}

int nni_big_compare(const struct nni_big *a, const struct nni_big *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (int32_t i = a->count - 1; i >= 0; i--) {
        if (a->words[i] != b->words[i]) {
            return a->words[i] < b->words[i] ? -1 : 1;
        }
    }
    return 0;
}

int32_t nni_big_bits(const struct nni_big *big)
{
    if (big->count == 0) {
        return 0;
    }
    int32_t bits = (big->count - 1) * NNI_BIG_WORD_BITS;
    for (uint32_t top = big->words[big->count - 1]; top != 0; top >>= 1) {
        bits++;
    }
    return bits;
}
