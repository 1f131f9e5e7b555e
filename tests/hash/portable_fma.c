/* The portable kernels compiled with FMA switched on, for x86-64. A program that is linked
 * with this file has them in the place of the library's portable table. */
#include "base/contract.h"

#include "kernels/block_sizes.h"
#include "kernels/gemm.h"
#include "kernels/tables.h"

#if defined(NNI_HAVE_X86_TABLES)

#include <string.h>

#include "../support/region_fma.h"
#include "kernels/body_vector_portable.h"

#define nni_kernels_fma nni_kernels_portable
#define NNI_REGION_ISA  NN_ISA_PORTABLE
#define NNI_REGION_NAME "portable, with FMA"
#include "kernels/body_table.h"
#undef NNI_REGION_ISA
#undef NNI_REGION_NAME

#include "base/region_end.h"

#endif
