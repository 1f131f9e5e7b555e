/* Loading a BLAS: the symbols it has tell which one it is. oneDNN has no matrix-vector
 * product to call: its sgemm looks for one row by itself. */
#include "blas.h"
#include "runner.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

/* Of cblas.h. */
enum { ROW_MAJOR = 101, NO_TRANSPOSE = 111, TRANSPOSE = 112 };

typedef void cblas_sgemm_function(int order, int transpose_a, int transpose_b, int m,
                                  int n, int k, float alpha, const float *a, int lda,
                                  const float *b, int ldb, float beta, float *c, int ldc);
typedef void cblas_sgemv_function(int order, int transpose, int m, int n, float alpha,
                                  const float *a, int lda, const float *x, int incx,
                                  float beta, float *y, int incy);
typedef void cblas_sger_function(int order, int m, int n, float alpha, const float *x,
                                 int incx, const float *y, int incy, float *a, int lda);
/* Of dnnl.h, whose dnnl_dim_t is int64_t. */
typedef int dnnl_sgemm_function(char transpose_a, char transpose_b, int64_t m, int64_t n,
                                int64_t k, float alpha, const float *a, int64_t lda,
                                const float *b, int64_t ldb, float beta, float *c,
                                int64_t ldc);

static void *blas_library;
static cblas_sgemm_function *blas_cblas_sgemm;
static cblas_sgemv_function *blas_cblas_sgemv;
static cblas_sger_function *blas_cblas_sger;
static dnnl_sgemm_function *blas_dnnl_sgemm;

/* dlsym gives an object pointer; POSIX says that its bits are those of the function's. */
static int blas_symbol(const char *name, void *function)
{
    void *symbol = dlsym(blas_library, name);
    memcpy(function, &symbol, sizeof symbol);
    return symbol != NULL;
}

void blas_load(const char *path)
{
    blas_library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (blas_library == NULL)
        runner_fail("dlopen", dlerror());
    if (blas_symbol("dnnl_sgemm", &blas_dnnl_sgemm))
        return;
    if (!blas_symbol("cblas_sgemm", &blas_cblas_sgemm) ||
        !blas_symbol("cblas_sgemv", &blas_cblas_sgemv) ||
        !blas_symbol("cblas_sger", &blas_cblas_sger))
        runner_fail(path, "is no BLAS that this program knows");
}

const char *blas_about(void)
{
    static char text[256];
    char *(*openblas_config)(void);
    const char *(*blis_version)(void);
    int (*blis_kernels)(void);
    const char *(*blis_kernels_text)(int);
    const int *(*dnnl_version)(void); /* a struct that begins with three numbers */
    if (blas_symbol("openblas_get_config", &openblas_config)) {
        return openblas_config();
    }
    if (blas_symbol("bli_info_get_version_str", &blis_version) &&
        blas_symbol("bli_arch_query_id", &blis_kernels) &&
        blas_symbol("bli_arch_string", &blis_kernels_text)) {
        snprintf(text, sizeof text, "BLIS %s, kernels: %s", blis_version(),
                 blis_kernels_text(blis_kernels()));
        return text;
    }
    if (blas_symbol("dnnl_version", &dnnl_version)) {
        const int *number = dnnl_version();
        snprintf(text, sizeof text, "oneDNN %d.%d.%d", number[0], number[1], number[2]);
        return text;
    }
    return "a BLAS";
}

/* op(A) is one row x, C one row: y = alpha op(B)' x + beta y. */
static void blas_one_row(int transpose_b, int n, int k, float alpha, const float *x,
                         const float *b, float beta, float *y)
{
    if (transpose_b)
        blas_cblas_sgemv(ROW_MAJOR, NO_TRANSPOSE, n, k, alpha, b, k, x, 1, beta, y, 1);
    else
        blas_cblas_sgemv(ROW_MAJOR, TRANSPOSE, k, n, alpha, b, n, x, 1, beta, y, 1);
}

void blas_sgemm(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k,
                float alpha, const float *a, const float *b, float beta, float *c)
{
    int64_t lda = transpose_a ? m : k, ldb = transpose_b ? k : n;
    if (blas_dnnl_sgemm == NULL)
        blas_cblas_sgemm(ROW_MAJOR, transpose_a ? TRANSPOSE : NO_TRANSPOSE,
                         transpose_b ? TRANSPOSE : NO_TRANSPOSE, (int)m, (int)n, (int)k,
                         alpha, a, (int)lda, b, (int)ldb, beta, c, (int)n);
    else if (blas_dnnl_sgemm(transpose_a ? 'T' : 'N', transpose_b ? 'T' : 'N', m, n, k,
                             alpha, a, lda, b, ldb, beta, c, n) != 0)
        runner_fail("dnnl_sgemm", "failed");
}

void blas_product(int ways, int transpose_a, int transpose_b, int64_t m, int64_t n,
                  int64_t k, float alpha, const float *a, const float *b, float beta,
                  float *c)
{
    if (m == 1 && (ways & BLAS_WITH_SGEMV) && blas_cblas_sgemv != NULL)
        blas_one_row(transpose_b, (int)n, (int)k, alpha, a, b, beta, c);
    else if (k == 1 && beta == 1 && (ways & BLAS_WITH_SGER) && blas_cblas_sger != NULL)
        blas_cblas_sger(ROW_MAJOR, (int)m, (int)n, alpha, a, 1, b, 1, c, (int)n);
    else
        blas_sgemm(transpose_a, transpose_b, m, n, k, alpha, a, b, beta, c);
}
