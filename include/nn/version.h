/* nn/version.h - the version of the header and of the library that is running, and the
 * marks that every other header needs (export and C++ linkage). */
#ifndef NN_VERSION_H
#define NN_VERSION_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define NN_API
#elif defined(__GNUC__)
#define NN_API __attribute__((visibility("default")))
#else
#define NN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The version of these headers. Before 1.0.0 a minor version may change the interface;
 * from 1.0.0 on, programs built against an older header run with every newer library of
 * the same major version. */
#define NN_VERSION_MAJOR 0
#define NN_VERSION_MINOR 1
#define NN_VERSION_PATCH 0

/* The running library's version as one number: major * 1000000 + minor * 1000 + patch. */
NN_API int32_t nn_version_number(void);

/* The running library's version as text, for example "0.1.0". Static; never NULL. */
NN_API const char *nn_version_text(void);

/* Instruction sets that the kernels are written for. A context may lower the choice
 * (nn_context_set_max_isa), never raise it above what the machine has: the best one is used
 * that the machine has and whose number is not above the limit. Results do not depend on
 * it. */
enum {
    NN_ISA_PORTABLE = 0, /* plain C, any machine */
    NN_ISA_AVX2 = 1,     /* AVX2 and FMA (x86-64) */
    NN_ISA_AVX512 = 2,   /* AVX-512 F, VL, BW and DQ (x86-64) */
    NN_ISA_NEON = 3,     /* Advanced SIMD (aarch64) */
    NN_ISA_BEST = 1000   /* whatever is the fastest on this machine */
};

/* The name of an instruction set ("portable", "avx2", "avx512", "neon", "best"), or
 * NULL where isa is not known. Static. These names are also the values of the environment variable NN_MAX_ISA. */
NN_API const char *nn_isa_name(int32_t isa);

/* One line of text about how the library was built (compiler, instruction sets compiled
 * in). Static; never NULL. */
NN_API const char *nn_build_text(void);

#ifdef __cplusplus
}
#endif

#endif
