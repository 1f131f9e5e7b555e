/* A matrix product that was loaded at run time: OpenBLAS, BLIS and oneDNN export the same
 * names, and none of them is needed to build this. All matrices are row-major. */
#ifndef TESTS_BENCH_BLAS_H
#define TESTS_BENCH_BLAS_H

#include <stdint.h>

/* Loads the shared library at `path` ("libopenblas.so.0", "libblis.so.4", "libdnnl.so.2"); its
 * threads are the environment's affair. Ends the program where that fails. */
void blas_load(const char *path);

/* The library's name, version and kernels. */
const char *blas_about(void);

/* C (m, n) = alpha op(A) op(B) + beta C, op(A) (m, k), op(B) (k, n), without gaps between
 * rows. */
void blas_sgemm(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k,
                float alpha, const float *a, const float *b, float beta, float *c);

/* The ways to multiply one row: which of the two routines are used where they fit. */
enum { BLAS_WITH_SGEMV = 1, BLAS_WITH_SGER = 2, BLAS_WAYS = 4 };

/* The same, one row by the matrix-vector product or the rank-one update if `ways` says so and
 * the library has them. */
void blas_product(int ways, int transpose_a, int transpose_b, int64_t m, int64_t n,
                  int64_t k, float alpha, const float *a, const float *b, float beta,
                  float *c);

#endif
