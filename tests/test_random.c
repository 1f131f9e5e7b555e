/* The random numbers: Philox 4x32-10 against its authors' known answers, the layout of the
 * counter, bounded numbers and permutations. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/random.h"

#include <string.h>

/* One line of "philox4x32 10" in kat_vectors of Random123 1.09. The counter's last word
 * holds the stream in its low byte and the block's high bits above. */
struct known_answer {
    uint32_t counter[4], key[2], words[4];
};

static const struct known_answer known_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

static void philox_gives_the_published_answers(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        const struct known_answer *known = &known_answers[i];
        struct nni_random random = {
            .key = {known->key[0], known->key[1]},
            .step = known->counter[1],
            .node = known->counter[2],
            .stream = known->counter[3] & 0xff,
        };
        uint64_t block = known->counter[0] | (uint64_t)(known->counter[3] >> 8) << 32;
        uint32_t words[4];
        nni_random_block(&random, block, words);
        assert_memory_equal(words, known->words, sizeof words);
    }
}

static void the_layout_of_the_counter_is_version_1(void **state)
{
    (void)state;
    struct nni_random random =
        nni_random_make(UINT64_C(0x1111222233334444), NNI_STREAM_DROPOUT,
                        UINT64_C(0x0000000500000007), 9);
    assert_int_equal(random.key[0], 0x33334444);
    assert_int_equal(random.key[1], 0x11112222 ^ 5);
    assert_int_equal(random.step, 7);
    assert_int_equal(random.node, 9);
    assert_int_equal(random.stream, 2);
}

static void an_element_is_a_word_of_its_block(void **state)
{
    (void)state;
    struct nni_random random = nni_random_make(1, NNI_STREAM_TENSOR, 2, 3);
    for (uint64_t element = 0; element < 12; element++) {
        uint32_t words[4];
        nni_random_block(&random, element / 4, words);
        assert_int_equal(nni_random_word(&random, element), words[element % 4]);
    }
}

static void every_part_of_the_counter_changes_the_words(void **state)
{
    (void)state;
    const struct nni_random randoms[] = {
        nni_random_make(1, NNI_STREAM_TENSOR, 0, 0),
        nni_random_make(2, NNI_STREAM_TENSOR, 0, 0),
        nni_random_make(1 + (UINT64_C(1) << 32), NNI_STREAM_TENSOR, 0, 0),
        nni_random_make(1, NNI_STREAM_SHUFFLE, 0, 0),
        nni_random_make(1, NNI_STREAM_TENSOR, 1, 0),
        nni_random_make(1, NNI_STREAM_TENSOR, UINT64_C(2) << 32, 0),
        nni_random_make(1, NNI_STREAM_TENSOR, 0, 1),
    };
    for (int i = 0; i < 7; i++) {
        for (int j = 0; j < i; j++) {
            assert_int_not_equal(nni_random_word(&randoms[i], 0),
                                 nni_random_word(&randoms[j], 0));
        }
    }
    assert_int_not_equal(nni_random_word(&randoms[0], 0),
                         nni_random_word(&randoms[0], UINT64_C(4) << 32));
}

static void bounded_numbers_stay_below_the_bound(void **state)
{
    (void)state;
    struct nni_random random = nni_random_make(42, NNI_STREAM_SPLIT, 0, 0);
    /* With the last bound nearly half of all draws are rejected. */
    const uint64_t bounds[] = {1, 2, 3, 1000, (UINT64_C(1) << 63) + 1, UINT64_MAX};
    for (int i = 0; i < 6; i++) {
        for (uint64_t draw = 0; draw < 200; draw++) {
            assert_true(nni_random_below(&random, draw, bounds[i]) < bounds[i]);
        }
    }
}

static void a_rejected_draw_goes_on_with_the_block_2_to_the_32_further(void **state)
{
    (void)state;
    struct nni_random random = nni_random_make(42, NNI_STREAM_SPLIT, 0, 0);
    const uint64_t bound = (UINT64_C(1) << 63) + 1;
    int rejections = 0;
    for (uint64_t draw = 0; draw < 50; draw++) {
        uint64_t block = draw;
        uint64_t number;
        for (;;) {
            uint32_t words[4];
            nni_random_block(&random, block, words);
            number = words[0] | (uint64_t)words[1] << 32;
            if (number >= bound - 2) { /* 2^64 mod bound = bound - 2 */
                break;
            }
            block += UINT64_C(1) << 32;
            rejections++;
        }
        assert_true(nni_random_below(&random, draw, bound) == number % bound);
    }
    assert_true(rejections > 10);
}

static void small_bounds_come_out_evenly(void **state)
{
    (void)state;
    struct nni_random random = nni_random_make(7, NNI_STREAM_SPLIT, 0, 0);
    int counts[6] = {0};
    for (uint64_t draw = 0; draw < 60000; draw++) {
        counts[nni_random_below(&random, draw, 6)]++;
    }
    for (int i = 0; i < 6; i++) { /* five standard deviations are 456 */
        assert_in_range(counts[i], 9544, 10456);
    }
}

static void a_permutation_holds_every_number_once(void **state)
{
    (void)state;
    struct nni_random random = nni_random_make(1, NNI_STREAM_SHUFFLE, 0, 0);
    int64_t order[257];
    for (int64_t count = 0; count <= 257; count += 32 + (count == 224)) {
        int seen[257] = {0};
        nni_random_permutation(&random, order, count);
        for (int64_t i = 0; i < count; i++) {
            assert_true(order[i] >= 0 && order[i] < count);
            assert_int_equal(seen[order[i]]++, 0);
        }
    }
}

static void permutations_are_a_function_of_seed_and_step(void **state)
{
    (void)state;
    int64_t order[3][100];
    const struct nni_random first = nni_random_make(1, NNI_STREAM_SHUFFLE, 3, 0);
    const struct nni_random second = nni_random_make(1, NNI_STREAM_SHUFFLE, 4, 0);
    nni_random_permutation(&first, order[0], 100);
    nni_random_permutation(&first, order[1], 100);
    nni_random_permutation(&second, order[2], 100);
    assert_memory_equal(order[0], order[1], sizeof order[0]);
    assert_memory_not_equal(order[0], order[2], sizeof order[0]);
}

static void all_permutations_of_three_are_equally_likely(void **state)
{
    (void)state;
    int counts[27] = {0};
    for (uint64_t step = 0; step < 6000; step++) {
        struct nni_random random = nni_random_make(5, NNI_STREAM_SHUFFLE, step, 0);
        int64_t order[3];
        nni_random_permutation(&random, order, 3);
        counts[order[0] * 9 + order[1] * 3 + order[2]]++;
    }
    const int codes[] = {5, 7, 11, 15, 19, 21};
    for (int i = 0; i < 6; i++) { /* five standard deviations are 144 */
        assert_in_range(counts[codes[i]], 856, 1144);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_answers),
        cmocka_unit_test(the_layout_of_the_counter_is_version_1),
        cmocka_unit_test(an_element_is_a_word_of_its_block),
        cmocka_unit_test(every_part_of_the_counter_changes_the_words),
        cmocka_unit_test(bounded_numbers_stay_below_the_bound),
        cmocka_unit_test(a_rejected_draw_goes_on_with_the_block_2_to_the_32_further),
        cmocka_unit_test(small_bounds_come_out_evenly),
        cmocka_unit_test(a_permutation_holds_every_number_once),
        cmocka_unit_test(permutations_are_a_function_of_seed_and_step),
        cmocka_unit_test(all_permutations_of_three_are_equally_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
