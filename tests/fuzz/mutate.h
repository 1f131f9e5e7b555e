/* Mutating what a fuzzer knows more about than bytes. A program that is linked with one of
 * mutate_*.c has a mutator of its own, which libFuzzer calls in place of its own. */
#ifndef TESTS_FUZZ_MUTATE_H
#define TESTS_FUZZ_MUTATE_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's own mutator: changes data[0 ... size - 1] and returns the new size, at most
 * max_size. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

/* What a mutate_*.c defines. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

/* Choices, from the seed that libFuzzer gives (a linear congruential generator). */
struct chooser {
    uint64_t state;
};

static inline uint32_t choose(struct chooser *chooser, uint32_t bound)
{
    chooser->state =
        chooser->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(chooser->state >> 33) % bound;
}

/* Changes a value, a member or an element of a JSON text of `length` bytes, at most
 * `capacity`, and returns the new length. What was JSON is JSON most of the time. */
size_t mutate_json(struct chooser *chooser, char *text, size_t length, size_t capacity);

#endif
