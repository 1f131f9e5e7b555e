/* Philox 4x32-10 as published (Salmon, Moraes, Dror, Shaw, SC 2011): ten rounds of two
 * 32 x 32 -> 64 bit products on a counter of four words, the key growing by two odd
 * constants (the golden ratio and the square root of 3, less one) after each round. */
#include "base/random.h"

enum { RANDOM_ROUNDS = 10, RANDOM_STREAM_BITS = 8 };

static const uint32_t random_multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t random_increment[2] = {0x9E3779B9u, 0xBB67AE85u};

struct nni_random nni_random_make(uint64_t seed, enum nni_random_stream stream,
                                  uint64_t step, uint32_t node)
{
    struct nni_random random = {
        .key = {(uint32_t)seed, (uint32_t)(seed >> 32) ^ (uint32_t)(step >> 32)},
        .step = (uint32_t)step,
        .node = node,
        .stream = (uint32_t)stream,
    };
    return random;
}

void nni_random_block(const struct nni_random *random, uint64_t block, uint32_t words[4])
{
    uint32_t key0 = random->key[0];
    uint32_t key1 = random->key[1];
    uint32_t c0 = (uint32_t)block;
    uint32_t c1 = random->step;
    uint32_t c2 = random->node;
    uint32_t c3 = random->stream | (uint32_t)(block >> 32) << RANDOM_STREAM_BITS;
    for (int round = 0; round < RANDOM_ROUNDS; round++) {
        uint64_t product0 = (uint64_t)random_multiplier[0] * c0;
        uint64_t product1 = (uint64_t)random_multiplier[1] * c2;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
        c3 = (uint32_t)product0;
        key0 += random_increment[0];
        key1 += random_increment[1];
    }
    words[0] = c0;
    words[1] = c1;
    words[2] = c2;
    words[3] = c3;
}

uint32_t nni_random_word(const struct nni_random *random, uint64_t element)
{
    uint32_t words[4];
    nni_random_block(random, element / 4, words);
    return words[element % 4];
}

uint64_t nni_random_below(const struct nni_random *random, uint64_t draw, uint64_t bound)
{
    NNI_ASSERT(bound >= 1);
    /* The lowest 2^64 mod bound numbers are rejected, so that each remainder is equally
     * likely among the rest. */
    const uint64_t rejected = (0 - bound) % bound;
    const uint64_t next_try = UINT64_C(1) << 32;
    for (uint64_t block = draw;; block += next_try) {
        uint32_t words[4];
        nni_random_block(random, block, words);
        uint64_t number = words[0] | (uint64_t)words[1] << 32;
        if (number >= rejected) {
            return number % bound;
        }
    }
}

void nni_random_permutation(const struct nni_random *random, int64_t *order,
                            int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        order[i] = i;
    }
    for (int64_t last = count - 1; last > 0; last--) {
        uint64_t chosen = nni_random_below(random, (uint64_t)last, (uint64_t)last + 1);
        int64_t moved = order[last];
        order[last] = order[chosen];
        order[chosen] = moved;
    }
}
