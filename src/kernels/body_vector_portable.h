/* The vector operations of the matrix product and the reductions for any machine: eight
 * floats side by side, each treated alone. Included in the portable region. */

#include "kernels/block_sizes.h"

struct NNI_K(nni_vector) {
    float lane[NNI_VECTOR];
};

static inline struct NNI_K(nni_vector) NNI_K(vector_load)(const float *x)
{
    struct NNI_K(nni_vector) v;
    for (int l = 0; l < NNI_VECTOR; l++) {
        v.lane[l] = x[l];
    }
    return v;
}

static inline void NNI_K(vector_store)(float *x, struct NNI_K(nni_vector) v)
{
    for (int l = 0; l < NNI_VECTOR; l++) {
        x[l] = v.lane[l];
    }
}

static inline struct NNI_K(nni_vector) NNI_K(vector_fill)(float x)
{
    struct NNI_K(nni_vector) v;
    for (int l = 0; l < NNI_VECTOR; l++) {
        v.lane[l] = x;
    }
    return v;
}

/* a b + c */
static inline struct NNI_K(nni_vector)
    NNI_K(vector_fma)(struct NNI_K(nni_vector) a, struct NNI_K(nni_vector) b,
                      struct NNI_K(nni_vector) c)
{
    for (int l = 0; l < NNI_VECTOR; l++) {
        c.lane[l] = NNI_FMA(a.lane[l], b.lane[l], c.lane[l]);
    }
    return c;
}

static inline struct NNI_K(nni_vector)
    NNI_K(vector_add)(struct NNI_K(nni_vector) a, struct NNI_K(nni_vector) b)
{
    for (int l = 0; l < NNI_VECTOR; l++) {
        a.lane[l] += b.lane[l];
    }
    return a;
}

/* a > b ? a : b */
static inline struct NNI_K(nni_vector)
    NNI_K(vector_maximum)(struct NNI_K(nni_vector) a, struct NNI_K(nni_vector) b)
{
    for (int l = 0; l < NNI_VECTOR; l++) {
        a.lane[l] = a.lane[l] > b.lane[l] ? a.lane[l] : b.lane[l];
    }
    return a;
}
