/* The kernel tables there are, one of each instruction set that is compiled in. Only
 * dispatch.c chooses among them. */
#ifndef NNI_KERNELS_TABLES_H
#define NNI_KERNELS_TABLES_H

#include "kernels/kernels.h"

extern const struct nni_kernels nni_kernels_portable;

#if defined(__x86_64__)
#define NNI_HAVE_X86_TABLES
extern const struct nni_kernels nni_kernels_avx2;
extern const struct nni_kernels nni_kernels_avx512;
#endif

#if defined(__aarch64__)
#define NNI_HAVE_NEON_TABLE
extern const struct nni_kernels nni_kernels_neon;
#endif

#endif
