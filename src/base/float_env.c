/* The floating-point environment by the control register of each architecture: MXCSR on
 * x86 with SSE, FPCR on aarch64, and the rounding mode by <fenv.h> elsewhere. The register
 * is read by assembly, not by an intrinsic, so that no intrinsics header is included ahead
 * of those that the kernels include under their own pragmas. Not inlined: calls keep the
 * compiler from moving arithmetic across. */
#include "base/float_env.h"

#if defined(__SSE__)

/* Intel 64 manual, volume 1, 10.2.3: bits 0-5 flags, 6 denormals are zeros, 7-12 exception
 * masks, 13-14 rounding, 15 flush to zero. */
enum { FLOAT_ENV_CONTROL = 0xffc0, FLOAT_ENV_WANTED = 0x1f80 };

static uint64_t float_env_read(void)
{
    uint32_t value = 0;
    __asm__ volatile("stmxcsr %0" : "=m"(value));
    return value;
}

static void float_env_write(uint64_t value)
{
    uint32_t word = (uint32_t)value;
    __asm__ volatile("ldmxcsr %0" : : "m"(word) : "memory");
}

#elif defined(__aarch64__)

/* Arm architecture reference manual, FPCR: bits 0-2 FIZ, AH, NEP; 8-12 and 15 trap
 * enables; 19 FZ16; 22-23 rounding; 24 FZ; 25 DN; 26 AHP. All are 0 as we want them. */
enum { FLOAT_ENV_CONTROL = 0x07c89f07, FLOAT_ENV_WANTED = 0 };

static uint64_t float_env_read(void)
{
    uint64_t value = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

static void float_env_write(uint64_t value)
{
    __asm__ volatile("msr fpcr, %0" : : "r"(value) : "memory");
}

#else

#include <fenv.h>

enum { FLOAT_ENV_CONTROL = -1, FLOAT_ENV_WANTED = FE_TONEAREST };

static uint64_t float_env_read(void)
{
    return (uint64_t)fegetround();
}

static void float_env_write(uint64_t value)
{
    fesetround((int)value);
}

#endif

NNI_NOINLINE struct nni_float_env nni_float_env_enter(void)
{
    const uint64_t control = (uint64_t)FLOAT_ENV_CONTROL;
    const uint64_t wanted = (uint64_t)FLOAT_ENV_WANTED;
    struct nni_float_env env = {float_env_read(), 0};
    if ((env.saved & control) != wanted) {
        env.changed = 1;
        float_env_write((env.saved & ~control) | wanted);
    }
    return env;
}

NNI_NOINLINE void nni_float_env_leave(struct nni_float_env env)
{
    if (env.changed) {
        float_env_write(env.saved);
    }
}
