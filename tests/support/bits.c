#include "bits.h"

#include "kernels/kernels.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

uint32_t next_word(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    uint32_t word = *state;
    word = (word ^ word >> 16) * 0x45d9f3bu;
    return word ^ word >> 16;
}

void mixed_floats(float *values, int64_t count, uint32_t salt)
{
    uint32_t state = salt * 2654435761u + 1;
    for (int64_t i = 0; i < count; i++) {
        float number = (float)(next_word(&state) >> 8) * 0x1p-21f - 4.0f;
        uint32_t kind = next_word(&state) >> 28;
        values[i] = kind == 0 ? 0.0f : kind == 1 ? number * 1e-3f : number;
        values[i] = kind == 2 ? number * 10.0f : values[i];
    }
}

void assert_same_bits(const float *a, const float *b, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        int both_nan = a[i] != a[i] && b[i] != b[i];
        if (!both_nan && memcmp(&a[i], &b[i], sizeof(float)) != 0) {
            fail_msg("element %d of %d: %a is not %a", (int)i, (int)count, (double)a[i],
                     (double)b[i]);
        }
    }
}

void assert_close(double actual, double expected, double absolute, double relative)
{
    if (!(fabs(actual - expected) <= absolute + relative * fabs(expected))) {
        fail_msg("%.9g is not close to %.9g", actual, expected);
    }
}

const struct nni_kernels *kernels_or_skip(int32_t isa)
{
    const struct nni_kernels *kernels = nni_kernels_of_isa(isa);
    if (kernels == NULL) {
        print_message("skipped: this machine has no %s\n", nn_isa_name(isa));
        skip();
    }
    return kernels;
}
