/* The running library's version, how it was built, and the names of instruction sets. */
#include "base/compiler.h"

#include <nn/version.h>

#define VERSION_QUOTE(x)   #x
#define VERSION_TEXT_OF(x) VERSION_QUOTE(x)
#define VERSION_TEXT                  \
    VERSION_TEXT_OF(NN_VERSION_MAJOR) \
    "." VERSION_TEXT_OF(NN_VERSION_MINOR) "." VERSION_TEXT_OF(NN_VERSION_PATCH)

#if defined(__clang__)
#define VERSION_COMPILER                                           \
    "clang " VERSION_TEXT_OF(__clang_major__) "." VERSION_TEXT_OF( \
        __clang_minor__) "." VERSION_TEXT_OF(__clang_patchlevel__)
#else
#define VERSION_COMPILER "gcc " __VERSION__
#endif

#if defined(__x86_64__)
#define VERSION_SETS "x86-64: portable, avx2, avx512"
#elif defined(__aarch64__)
#define VERSION_SETS "aarch64: portable, neon"
#else
#define VERSION_SETS "portable"
#endif

int32_t nn_version_number(void)
{
    return NN_VERSION_MAJOR * 1000000 + NN_VERSION_MINOR * 1000 + NN_VERSION_PATCH;
}

const char *nn_version_text(void)
{
    return VERSION_TEXT;
}

const char *nn_isa_name(int32_t isa)
{
    switch (isa) {
    case NN_ISA_PORTABLE:
        return "portable";
    case NN_ISA_AVX2:
        return "avx2";
    case NN_ISA_AVX512:
        return "avx512";
    case NN_ISA_NEON:
        return "neon";
    case NN_ISA_BEST:
        return "best";
    default:
        return NULL;
    }
}

const char *nn_build_text(void)
{
    return "libnn " VERSION_TEXT ", " VERSION_COMPILER ", " VERSION_SETS;
}
