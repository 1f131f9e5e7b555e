/* Which instruction set: what the machine has (CPUID for the instructions, XGETBV for the
 * registers that the operating system saves), no more than the context and NN_MAX_ISA
 * allow. */
#include "base/compiler.h"

#include "kernels/tables.h"

#if defined(NNI_HAVE_X86_TABLES)
#include <cpuid.h>

/* What the operating system saves, as XGETBV says it: the registers of SSE and AVX, and
 * with the masks and the longer and further registers those of AVX-512. Intel 64 manual,
 * volume 1, 13.3, 14.3 and 15.2: how to detect AVX, FMA, AVX2 and AVX-512. */
enum { DISPATCH_AVX_STATE = 0x6, DISPATCH_AVX512_STATE = 0xe6 };

static uint32_t dispatch_saved_registers(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static int32_t dispatch_detect(void)
{
    uint32_t eax, ebx, ecx, edx;
    const uint32_t fma = bit_OSXSAVE | bit_AVX | bit_FMA;
    const uint32_t avx512 = bit_AVX512F | bit_AVX512VL | bit_AVX512BW | bit_AVX512DQ;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & fma) != fma) {
        return NN_ISA_PORTABLE;
    }
    const uint32_t saved = dispatch_saved_registers();
    if ((saved & DISPATCH_AVX_STATE) != DISPATCH_AVX_STATE ||
        !__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || (ebx & bit_AVX2) == 0) {
        return NN_ISA_PORTABLE;
    }
    return (saved & DISPATCH_AVX512_STATE) == DISPATCH_AVX512_STATE &&
                   (ebx & avx512) == avx512
               ? NN_ISA_AVX512
               : NN_ISA_AVX2;
}

#elif defined(NNI_HAVE_NEON_TABLE)

static int32_t dispatch_detect(void)
{
    return NN_ISA_NEON;
}

#else

static int32_t dispatch_detect(void)
{
    return NN_ISA_PORTABLE;
}

#endif

/* What CPUID said, since it is slow under a hypervisor, plus 1; 0 before it was asked.
 * The word only ever receives one value and needs no lock. */
static int32_t dispatch_detected; /* (atomic) */

int32_t nni_machine_isa(void)
{
    int32_t detected = NNI_LOAD_RELAXED(&dispatch_detected);
    if (detected == 0) {
        detected = dispatch_detect() + 1;
        NNI_STORE_RELEASE(&dispatch_detected, detected);
    }
    return detected - 1;
}

const struct nni_kernels *nni_kernels_of_isa(int32_t isa)
{
    if (isa > nni_machine_isa()) {
        return NULL;
    }
    switch (isa) {
    case NN_ISA_PORTABLE:
        return &nni_kernels_portable;
#if defined(NNI_HAVE_X86_TABLES)
    case NN_ISA_AVX2:
        return &nni_kernels_avx2;
    case NN_ISA_AVX512:
        return &nni_kernels_avx512;
#endif
#if defined(NNI_HAVE_NEON_TABLE)
    case NN_ISA_NEON:
        return &nni_kernels_neon;
#endif
    default:
        return NULL;
    }
}

int32_t nn_context_isa(const nn_context *context)
{
    int32_t environment = nni_environment_isa();
    if (environment < 0) {
        return environment;
    }
    int32_t isa = nni_context_or_default(context)->max_isa;
    isa = isa < environment ? isa : environment;
    isa = isa < nni_machine_isa() ? isa : nni_machine_isa();
    while (nni_kernels_of_isa(isa) == NULL) {
        isa--; /* one of another kind of machine */
    }
    return isa;
}

const struct nni_kernels *nni_kernels_for(const nn_context *context)
{
    int32_t isa = nn_context_isa(context);
    return isa < 0 ? NULL : nni_kernels_of_isa(isa);
}
