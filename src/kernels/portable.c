/* The kernels in plain C for any machine: the readable reference is in the bodies. */
#include "base/contract.h"

#include "kernels/block_sizes.h"
#include "kernels/gemm.h"
#include "kernels/tables.h"

#include <string.h>

#include "base/region_portable.h"
#include "kernels/body_vector_portable.h"

#define NNI_REGION_ISA  NN_ISA_PORTABLE
#define NNI_REGION_NAME "portable"
#include "kernels/body_table.h"
#undef NNI_REGION_ISA
#undef NNI_REGION_NAME

#include "base/region_end.h"
