/* NN_MAX_ISA, the one environment variable the library heeds. A value that is known is
 * remembered, so the kernels do not change while the process runs; the memory is one word
 * that always receives the same value and needs no lock. A value that is not known is read
 * again each time, so the message quotes it. */
#include "base/context.h"
#include "base/status.h"

#include <stdlib.h>
#include <string.h>

enum { ENVIRONMENT_UNREAD = -1 };

static int32_t environment_isa = ENVIRONMENT_UNREAD; /* (atomic) */

/* The number of an instruction set's name, or ENVIRONMENT_UNREAD. */
static int32_t environment_isa_named(const char *name)
{
    static const int32_t known[] = {NN_ISA_PORTABLE, NN_ISA_AVX2, NN_ISA_AVX512,
                                    NN_ISA_NEON, NN_ISA_BEST};
    for (int32_t i = 0; i < NNI_COUNT(known); i++) {
        if (strcmp(nn_isa_name(known[i]), name) == 0) {
            return known[i];
        }
    }
    return ENVIRONMENT_UNREAD;
}

int32_t nni_environment_isa(void)
{
    int32_t isa = NNI_LOAD_ACQUIRE(&environment_isa);
    if (isa != ENVIRONMENT_UNREAD) {
        return isa;
    }
    const char *value = getenv("NN_MAX_ISA");
    isa = value == NULL || value[0] == '\0' ? NN_ISA_BEST : environment_isa_named(value);
    if (isa == ENVIRONMENT_UNREAD) {
        nni_fail(NN_ERROR_ENVIRONMENT,
                 "the environment variable NN_MAX_ISA must be 'portable', 'avx2', "
                 "'avx512', 'neon' or 'best', got '%.64s'",
                 value);
        return ENVIRONMENT_UNREAD;
    }
    NNI_STORE_RELEASE(&environment_isa, isa);
    return isa;
}
