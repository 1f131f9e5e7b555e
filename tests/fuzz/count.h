/* How far inputs get: a fuzzer whose inputs all fail at the first bytes tests little. The
 * counts are printed when the program ends. */
#ifndef TESTS_FUZZ_COUNT_H
#define TESTS_FUZZ_COUNT_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t count_all, count_past_header, count_taken;

static inline void count_print(void)
{
    const double percent = 100.0 / (double)(count_all > 0 ? count_all : 1);
    fprintf(
        stderr, "inputs: %" PRId64 ", past the header: %.1f %%, taken whole: %.1f %%\n",
        count_all, percent * (double)count_past_header, percent * (double)count_taken);
}

/* An input that got past the first checks of its format, and one that was taken. */
static inline void count_input(int past_header, int taken)
{
    if (count_all == 0)
        atexit(count_print);
    count_all++;
    count_past_header += past_header || taken;
    count_taken += taken;
}

#endif
