/* Which instruction set: what the machine has (CPUID for the instructions, XGETBV for the
 * registers that the operating system saves), no more than the context and NN_MAX_ISA
 * allow. */
#include "base/compiler.h"

#include "kernels/tables.h"

#if defined(NNI_HAVE_FMA_TABLE)
#include <cpuid.h>

/* Intel 64 manual, volume 1, 14.3 and 14.7.1: how to detect AVX, FMA and AVX2. */
enum { DISPATCH_SSE_AND_AVX_STATE = 0x6 };

static int dispatch_saves_avx_registers(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return (low & DISPATCH_SSE_AND_AVX_STATE) == DISPATCH_SSE_AND_AVX_STATE;
}

static int32_t dispatch_detect(void)
{
    uint32_t eax, ebx, ecx, edx;
    const uint32_t needed = bit_OSXSAVE | bit_AVX | bit_FMA;
    if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) || (ecx & needed) != needed ||
        !dispatch_saves_avx_registers()) {
        return NN_ISA_PORTABLE;
    }
    if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) || (ebx & bit_AVX2) == 0) {
        return NN_ISA_PORTABLE;
    }
    return NN_ISA_FMA;
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

int32_t nn_context_isa(const nn_context *context)
{
    int32_t environment = nni_environment_isa();
    if (environment < 0) {
        return environment;
    }
    int32_t allowed = nni_context_or_default(context)->max_isa;
    allowed = allowed < environment ? allowed : environment;
    int32_t machine = nni_machine_isa();
    return allowed < machine ? allowed : machine;
}

const struct nni_kernels *nni_kernels_of_isa(int32_t isa)
{
    if (isa == NN_ISA_PORTABLE) {
        return &nni_kernels_portable;
    }
#if defined(NNI_HAVE_FMA_TABLE)
    if (isa == NN_ISA_FMA && nni_machine_isa() >= NN_ISA_FMA) {
        return &nni_kernels_fma;
    }
#endif
    return NULL;
}

const struct nni_kernels *nni_kernels_for(const nn_context *context)
{
    int32_t isa = nn_context_isa(context);
    return isa < 0 ? NULL : nni_kernels_of_isa(isa);
}
