/* The vector operations for AVX2 and FMA, see body_vector_portable.h. Included in the fma
 * region; <immintrin.h> comes before it. */

#include "kernels/block_sizes.h"

struct NNI_K(nni_vector) {
    __m256 lanes;
};

static inline struct NNI_K(nni_vector) NNI_K(vector_load)(const float *x)
{
    struct NNI_K(nni_vector) v = {_mm256_loadu_ps(x)};
    return v;
}

static inline void NNI_K(vector_store)(float *x, struct NNI_K(nni_vector) v)
{
    _mm256_storeu_ps(x, v.lanes);
}

static inline struct NNI_K(nni_vector) NNI_K(vector_fill)(float x)
{
    struct NNI_K(nni_vector) v = {_mm256_set1_ps(x)};
    return v;
}

static inline struct NNI_K(nni_vector)
    NNI_K(vector_fma)(struct NNI_K(nni_vector) a, struct NNI_K(nni_vector) b,
                      struct NNI_K(nni_vector) c)
{
    c.lanes = _mm256_fmadd_ps(a.lanes, b.lanes, c.lanes);
    return c;
}

static inline struct NNI_K(nni_vector)
    NNI_K(vector_add)(struct NNI_K(nni_vector) a, struct NNI_K(nni_vector) b)
{
    a.lanes = _mm256_add_ps(a.lanes, b.lanes);
    return a;
}

static inline struct NNI_K(nni_vector)
    NNI_K(vector_maximum)(struct NNI_K(nni_vector) a, struct NNI_K(nni_vector) b)
{
    a.lanes = _mm256_max_ps(a.lanes, b.lanes);
    return a;
}
