/* The kernels for x86-64 with AVX-512. */
#include "base/contract.h"

#include "kernels/block_sizes.h"
#include "kernels/gemm.h"
#include "kernels/tables.h"

#if defined(NNI_HAVE_X86_TABLES)

#include <immintrin.h>
#include <string.h>

#include "base/region_avx512.h"
#include "kernels/body_vector_avx512.h"

#define NNI_REGION_ISA  NN_ISA_AVX512
#define NNI_REGION_NAME "avx512"
#include "kernels/body_table.h"
#undef NNI_REGION_ISA
#undef NNI_REGION_NAME

#include "base/region_end.h"

#endif
