/* Long sums: blocks of 1024 in lanes, the block results added in double, in order, so
 * that the error does not grow with the length. */
#include "base/contract.h"

#include "kernels/block_sizes.h"
#include "kernels/kernels.h"

double nni_sum_long(const struct nni_kernels *kernels, const float *x, int64_t n)
{
    double total = 0.0;
    if (n == 1) {
        return total + (double)x[0]; /* to which lanes would add zeros */
    }
    for (int64_t i = 0; i < n; i += NNI_LONG_SUM_BLOCK) {
        total += (double)kernels->sum(x + i, nni_min(n - i, NNI_LONG_SUM_BLOCK));
    }
    return total;
}

double nni_sum_squares_long(const struct nni_kernels *kernels, const float *x, int64_t n)
{
    double total = 0.0;
    for (int64_t i = 0; i < n; i += NNI_LONG_SUM_BLOCK) {
        total += (double)kernels->dot(x + i, x + i, nni_min(n - i, NNI_LONG_SUM_BLOCK));
    }
    return total;
}
