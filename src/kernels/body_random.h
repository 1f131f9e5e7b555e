/* Random numbers in bulk: the Philox rounds of base/random.c for several blocks side by
 * side, and what is made of their words. A body. */

/* The words of NNI_RANDOM_BLOCKS blocks from `block` on, in the order of the elements. */
static void NNI_K(philox_words)(const struct nni_random *random, uint64_t block,
                                uint32_t *words)
{
    uint32_t c0[NNI_RANDOM_BLOCKS], c1[NNI_RANDOM_BLOCKS];
    uint32_t c2[NNI_RANDOM_BLOCKS], c3[NNI_RANDOM_BLOCKS];
    for (uint32_t b = 0; b < NNI_RANDOM_BLOCKS; b++) {
        c0[b] = (uint32_t)(block + b);
        c1[b] = random->step;
        c2[b] = random->node;
        c3[b] = random->stream | (uint32_t)((block + b) >> 32) << 8;
    }
    uint32_t key0 = random->key[0], key1 = random->key[1];
    for (int round = 0; round < 10; round++) {
        NNI_UNROLL
        for (int first = 0; first < NNI_RANDOM_BLOCKS; first += NNI_LANES) {
            NNI_LOOP
            for (int b = first; b < first + NNI_LANES; b++) {
                uint64_t product0 = (uint64_t)0xD2511F53u * c0[b];
                uint64_t product1 = (uint64_t)0xCD9E8D57u * c2[b];
                c0[b] = (uint32_t)(product1 >> 32) ^ c1[b] ^ key0;
                c1[b] = (uint32_t)product1;
                c2[b] = (uint32_t)(product0 >> 32) ^ c3[b] ^ key1;
                c3[b] = (uint32_t)product0;
            }
        }
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    for (int b = 0; b < NNI_RANDOM_BLOCKS; b++) {
        words[4 * b] = c0[b];
        words[4 * b + 1] = c1[b];
        words[4 * b + 2] = c2[b];
        words[4 * b + 3] = c3[b];
    }
}

/* Keeps the elements whose word, as a fraction of 2^32, is at least rate. */
static void NNI_K(dropout_map)(const struct nni_random *random, uint64_t first,
                               double rate, float factor, const float *x, float *y,
                               int64_t n)
{
    const uint32_t threshold = (uint32_t)(rate * 0x1p32);
    uint32_t words[NNI_RANDOM_WORDS];
    float copy[NNI_RANDOM_WORDS] = {0.0f};
    int64_t skipped = (int64_t)(first % 4);
    int64_t i = 0;
    for (uint64_t block = first / 4; i < n; block += NNI_RANDOM_BLOCKS) {
        NNI_K(philox_words)(random, block, words);
        const int64_t count = nni_min(n - i, NNI_RANDOM_WORDS - skipped);
        const size_t size = sizeof(float) * (size_t)count;
        const int whole = count == NNI_RANDOM_WORDS;
        const float *from = whole ? x + i : copy;
        float *to = whole ? y + i : copy;
        if (!whole) {
            memcpy(copy + skipped, x + i, size);
        }
        NNI_LOOP
        for (int l = 0; l < NNI_RANDOM_WORDS; l++) {
            float kept = from[l] * factor;
            to[l] = words[l] >= threshold ? kept : 0.0f;
        }
        if (!whole) {
            memcpy(y + i, copy + skipped, size);
        }
        i += count;
        skipped = 0;
    }
}

/* The largest float below x; x is finite. */
static inline float NNI_K(float_below)(float x)
{
    uint32_t bits = NNI_K(nni_float_bits)(x);
    if (x == 0.0f) {
        return -0x1p-149f;
    }
    return NNI_K(nni_bits_float)(x > 0.0f ? bits - 1 : bits + 1);
}

/* low + u (high - low) with u = 0, 2^-24, ... 1 - 2^-24, and never high itself. */
static void NNI_K(uniform_fill)(const struct nni_random *random, uint64_t first,
                                float low, float high, float *y, int64_t n)
{
    NNI_ASSERT(first % 4 == 0);
    float below = low < high ? NNI_K(float_below)(high) : low;
    float width = high - low;
    uint32_t words[NNI_RANDOM_WORDS];
    float uniform[NNI_RANDOM_WORDS];
    uint64_t block = first / 4;
    for (int64_t i = 0; i < n; i += NNI_RANDOM_WORDS, block += NNI_RANDOM_BLOCKS) {
        NNI_K(philox_words)(random, block, words);
        NNI_LOOP
        for (int l = 0; l < NNI_RANDOM_WORDS; l++) {
            float u = (float)(int32_t)(words[l] >> 8) * 0x1p-24f;
            float value = NNI_FMA(u, width, low);
            uniform[l] = value < high ? value : below;
        }
        memcpy(y + i, uniform, sizeof(float) * (size_t)nni_min(n - i, NNI_RANDOM_WORDS));
    }
}

/* Normal numbers in pairs (Box and Muller, "A note on the generation of random normal
 * deviates", 1958): radius sqrt(-2 log u) from the first word of a pair, 0 < u <= 1,
 * angle from the second; the cosine comes first. */
static void NNI_K(normal_fill)(const struct nni_random *random, uint64_t first,
                               float mean, float deviation, float *y, int64_t n)
{
    NNI_ASSERT(first % 4 == 0);
    enum { PAIRS = NNI_RANDOM_WORDS / 2 };
    uint32_t words[NNI_RANDOM_WORDS];
    float radius[PAIRS], sine[PAIRS], cosine[PAIRS], normal[NNI_RANDOM_WORDS];
    uint64_t block = first / 4;
    for (int64_t i = 0; i < n; i += NNI_RANDOM_WORDS, block += NNI_RANDOM_BLOCKS) {
        NNI_K(philox_words)(random, block, words);
        for (int b = 0; b < PAIRS; b += NNI_LANES) {
            NNI_LOOP
            for (int l = b; l < b + NNI_LANES; l++) {
                /* (word + 1/2) / 2^32, rounded once */
                float high = (float)(int32_t)(words[2 * l] >> 16);
                float low = (float)(int32_t)(words[2 * l] & 0xffff) + 0.5f;
                radius[l] = NNI_FMA(high, 65536.0f, low) * 0x1p-32f;
                float angle = (float)(int32_t)(words[2 * l + 1] >> 8) * 0x1p-24f;
                NNI_K(nni_circle)(angle, &sine[l], &cosine[l]);
            }
        }
        NNI_K(log_run)(radius, radius, PAIRS);
        for (int l = 0; l < PAIRS; l++) {
            radius[l] = -2.0f * radius[l];
        }
        NNI_K(root_map)(radius, PAIRS);
        for (int l = 0; l < PAIRS; l++) {
            normal[2 * l] = NNI_FMA(deviation, radius[l] * cosine[l], mean);
            normal[2 * l + 1] = NNI_FMA(deviation, radius[l] * sine[l], mean);
        }
        memcpy(y + i, normal, sizeof(float) * (size_t)nni_min(n - i, NNI_RANDOM_WORDS));
    }
}
