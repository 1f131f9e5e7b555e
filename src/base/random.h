/* Counter-based random numbers: Philox 4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel
 * random numbers: as easy as 1, 2, 3", SC 2011). A number is a function of the seed (the
 * key) and of a counter of four words, version 1 of whose layout is
 *     word 0: block (element / 4, low 32 bits)      word 1: step, low 32 bits
 *     word 2: node or parameter index                word 3: stream | block high bits << 8
 * so that any element can be drawn alone, on any thread. step's high bits are xored into
 * the key's high word. */
#ifndef NNI_BASE_RANDOM_H
#define NNI_BASE_RANDOM_H

#include "base/compiler.h"

/* What the numbers are for. Permanent. */
enum nni_random_stream {
    NNI_STREAM_TENSOR = 0,
    NNI_STREAM_PARAMETERS = 1,
    NNI_STREAM_DROPOUT = 2,
    NNI_STREAM_SHUFFLE = 3,
    NNI_STREAM_SPLIT = 4,
    NNI_STREAM_GRADIENT_CHECK = 5
};

struct nni_random {
    uint32_t key[2];
    uint32_t step;
    uint32_t node;
    uint32_t stream;
};

struct nni_random nni_random_make(uint64_t seed, enum nni_random_stream stream,
                                  uint64_t step, uint32_t node);

/* The four words of one block. */
void nni_random_block(const struct nni_random *random, uint64_t block, uint32_t words[4]);

/* The word of one element: word element % 4 of block element / 4. */
uint32_t nni_random_word(const struct nni_random *random, uint64_t element);

/* A whole number in 0 ... bound - 1 (bound >= 1), without bias, from 64 random bits of
 * blocks `draw`, `draw` + 2^32, ... (rejection). */
uint64_t nni_random_below(const struct nni_random *random, uint64_t draw, uint64_t bound);

/* Writes 0 ... count - 1 in random order (Fisher-Yates). */
void nni_random_permutation(const struct nni_random *random, int64_t *order,
                            int64_t count);

#endif
