/* The vector operations for any machine: 16 floats side by side, each treated alone. Every
 * instruction set brings the same ones (body_vector_*.h), and with them the shape of its
 * matrix tiles. The lanes of a sum (docs/numerics.md) are those of one vector. A body. */
#include "kernels/block_sizes.h"

typedef struct {
    float lane[NNI_LANES];
} NNI_K(nni_vector);

/* How many lanes of a vector are meant, 0 ... 16. */
typedef int64_t NNI_K(nni_part);

/* Tiles of the matrix product, rows x vectors; the largest one is for large products. */
enum { NNI_K(TILE_ROWS) = 2, NNI_K(TILE_VECTORS) = 1, NNI_K(PARTS_ARE_FREE) = 0 };
/* MANY_REGISTERS: sixteen vectors and more at a time stay in registers. A tile of a product
 * in lanes has LANES_FEW vectors of the side that has few, LANES_MANY of the other. */
enum { NNI_K(MANY_REGISTERS) = 0, NNI_K(LANES_MANY) = 1, NNI_K(LANES_FEW) = 1 };
#define NNI_TILES(TILE)         TILE(1, 1) TILE(2, 1)
#define NNI_PACKING_TILES(TILE) TILE(2, 1)

static inline NNI_K(nni_part) NNI_K(vector_part)(int64_t count)
{
    return count;
}

static inline NNI_K(nni_vector) NNI_K(vector_load)(const float *x)
{
    NNI_K(nni_vector) v;
    NNI_UNROLL
    for (int l = 0; l < NNI_LANES; l++) {
        v.lane[l] = x[l];
    }
    return v;
}

static inline NNI_K(nni_vector) NNI_K(vector_of_bytes)(const uint8_t *x)
{
    NNI_K(nni_vector) v;
    for (int l = 0; l < NNI_LANES; l++) {
        v.lane[l] = (float)x[l];
    }
    return v;
}

static inline void NNI_K(vector_store)(float *x, NNI_K(nni_vector) v)
{
    NNI_UNROLL
    for (int l = 0; l < NNI_LANES; l++) {
        x[l] = v.lane[l];
    }
}

static inline NNI_K(nni_vector) NNI_K(vector_fill)(float x)
{
    NNI_K(nni_vector) v;
    NNI_UNROLL
    for (int l = 0; l < NNI_LANES; l++) {
        v.lane[l] = x;
    }
    return v;
}

/* The other lanes are filler, and memory beyond the part is not touched. */
static inline NNI_K(nni_vector)
    NNI_K(vector_load_part)(const float *x, NNI_K(nni_part) part, float filler)
{
    NNI_K(nni_vector) v = NNI_K(vector_fill)(filler);
    for (int64_t l = 0; l < part; l++) {
        v.lane[l] = x[l];
    }
    return v;
}

static inline void NNI_K(vector_store_part)(float *x, NNI_K(nni_part) part,
                                            NNI_K(nni_vector) v)
{
    for (int64_t l = 0; l < part; l++) {
        x[l] = v.lane[l];
    }
}

/* a b + c, rounded once */
static inline NNI_K(nni_vector)
    NNI_K(vector_fma)(NNI_K(nni_vector) a, NNI_K(nni_vector) b, NNI_K(nni_vector) c)
{
    NNI_UNROLL
    for (int l = 0; l < NNI_LANES; l++) {
        c.lane[l] = NNI_FMA(a.lane[l], b.lane[l], c.lane[l]);
    }
    return c;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_add)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    for (int l = 0; l < NNI_LANES; l++) {
        a.lane[l] += b.lane[l];
    }
    return a;
}

/* a > b ? a : b */
static inline NNI_K(nni_vector)
    NNI_K(vector_maximum)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    for (int l = 0; l < NNI_LANES; l++) {
        a.lane[l] = a.lane[l] > b.lane[l] ? a.lane[l] : b.lane[l];
    }
    return a;
}

/* test > 0 ? a : 0 */
static inline NNI_K(nni_vector)
    NNI_K(vector_where_positive)(NNI_K(nni_vector) test, NNI_K(nni_vector) a)
{
    for (int l = 0; l < NNI_LANES; l++) {
        a.lane[l] = test.lane[l] > 0.0f ? a.lane[l] : 0.0f;
    }
    return a;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_divide)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    for (int l = 0; l < NNI_LANES; l++) {
        a.lane[l] /= b.lane[l];
    }
    return a;
}

static inline NNI_K(nni_vector) NNI_K(vector_root)(NNI_K(nni_vector) a)
{
    for (int l = 0; l < NNI_LANES; l++) {
        a.lane[l] = __builtin_sqrtf(a.lane[l]);
    }
    return a;
}

/* The tree: lane l + 8 is added to lane l, then l + 4, l + 2, l + 1. */
static inline float NNI_K(vector_sum)(NNI_K(nni_vector) v)
{
    for (int width = NNI_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            v.lane[l] += v.lane[l + width];
        }
    }
    return v.lane[0];
}

/* The largest lane, by the same tree. */
static inline float NNI_K(vector_most)(NNI_K(nni_vector) v)
{
    for (int width = NNI_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            v.lane[l] = v.lane[l] > v.lane[l + width] ? v.lane[l] : v.lane[l + width];
        }
    }
    return v.lane[0];
}

/* to[p * to_row + i] = from[i * step + p] for 16 rows i and 16 terms p. */
static NNI_NOINLINE void NNI_K(vector_transpose)(const float *from, int64_t step,
                                                 float *to, int64_t to_row)
{
    for (int p = 0; p < NNI_LANES; p++) {
        for (int i = 0; i < NNI_LANES; i++) {
            to[p * to_row + i] = from[i * step + p];
        }
    }
}

#include "kernels/body_vector_sums.h"
