/* The portable kernels compiled with FMA switched on, for x86-64: the reference at speed.
 */
#include "base/contract.h"

#include "kernels/block_sizes.h"
#include "kernels/gemm.h"
#include "kernels/tables.h"

#if defined(NNI_HAVE_X86_TABLES)

#include <string.h>

#include "base/region_fma.h"
#include "kernels/body_vector_portable.h"

#define NNI_REGION_ISA  NN_ISA_FMA
#define NNI_REGION_NAME "fma"
#include "kernels/body_table.h"
#undef NNI_REGION_ISA
#undef NNI_REGION_NAME

#include "base/region_end.h"

#endif
