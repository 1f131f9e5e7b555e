/* The kernels for aarch64 with Advanced SIMD. */
#include "base/contract.h"

#include "kernels/block_sizes.h"
#include "kernels/gemm.h"
#include "kernels/tables.h"

#if defined(NNI_HAVE_NEON_TABLE)

#include <arm_neon.h>
#include <string.h>

#include "base/region_neon.h"
#include "kernels/body_vector_neon.h"

#define NNI_REGION_ISA  NN_ISA_NEON
#define NNI_REGION_NAME "neon"
#include "kernels/body_table.h"
#undef NNI_REGION_ISA
#undef NNI_REGION_NAME

#include "base/region_end.h"

#endif
