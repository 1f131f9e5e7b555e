/* The vector operations for AVX2 and FMA, see body_vector_portable.h: two registers each.
 * The 16 registers hold a tile of 6 rows x 1 vector, a row of B and one element of A. A
 * body. */
#include "kernels/block_sizes.h"

typedef struct {
    __m256 low, high;
} NNI_K(nni_vector);
typedef int64_t NNI_K(nni_part);

enum { NNI_K(TILE_ROWS) = 6, NNI_K(TILE_VECTORS) = 1, NNI_K(PARTS_ARE_FREE) = 0 };
enum { NNI_K(MANY_REGISTERS) = 0, NNI_K(LANES_MANY) = 2, NNI_K(LANES_FEW) = 2 };
/* clang-format off */
#define NNI_TILES(TILE)                                                   \
    TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) TILE(2, 1) TILE(2, 2)     \
    TILE(3, 1) TILE(3, 2) TILE(4, 1) TILE(5, 1) TILE(6, 1)
#define NNI_PACKING_TILES(TILE) TILE(6, 1)
/* clang-format on */

static inline NNI_K(nni_part) NNI_K(vector_part)(int64_t count)
{
    return count;
}

static inline NNI_K(nni_vector) NNI_K(vector_load)(const float *x)
{
    NNI_K(nni_vector) v = {_mm256_loadu_ps(x), _mm256_loadu_ps(x + 8)};
    return v;
}

static inline NNI_K(nni_vector) NNI_K(vector_of_bytes)(const uint8_t *x)
{
    const __m128i low = _mm_loadl_epi64((const void *)x);
    const __m128i high = _mm_loadl_epi64((const void *)(x + 8));
    NNI_K(nni_vector)
    v = {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(low)),
         _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(high))};
    return v;
}

static inline void NNI_K(vector_store)(float *x, NNI_K(nni_vector) v)
{
    _mm256_storeu_ps(x, v.low);
    _mm256_storeu_ps(x + 8, v.high);
}

static inline NNI_K(nni_vector) NNI_K(vector_fill)(float x)
{
    NNI_K(nni_vector) v = {_mm256_set1_ps(x), _mm256_set1_ps(x)};
    return v;
}

/* All ones in the lanes below count, for the instructions that take a mask of integers. */
static inline __m256i NNI_K(lanes_below)(int64_t count)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int32_t)count), lane);
}

static inline NNI_K(nni_vector)
    NNI_K(vector_load_part)(const float *x, NNI_K(nni_part) part, float filler)
{
    NNI_K(nni_vector) v = NNI_K(vector_fill)(filler);
    __m256i low = NNI_K(lanes_below)(part), high = NNI_K(lanes_below)(part - 8);
    v.low = _mm256_blendv_ps(v.low, _mm256_maskload_ps(x, low), _mm256_castsi256_ps(low));
    if (part > 8) {
        v.high = _mm256_blendv_ps(v.high, _mm256_maskload_ps(x + 8, high),
                                  _mm256_castsi256_ps(high));
    }
    return v;
}

/* By halves, since some processors take very long for a masked store. */
static inline void NNI_K(vector_store_part)(float *x, NNI_K(nni_part) part,
                                            NNI_K(nni_vector) v)
{
    __m256 eight = v.low;
    if (part & 16) {
        NNI_K(vector_store)(x, v);
        return;
    }
    if (part & 8) {
        _mm256_storeu_ps(x, eight);
        x += 8;
        eight = v.high;
    }
    __m128 four = _mm256_castps256_ps128(eight);
    if (part & 4) {
        _mm_storeu_ps(x, four);
        x += 4;
        four = _mm256_extractf128_ps(eight, 1);
    }
    if (part & 2) {
        _mm_storel_pi((__m64 *)(void *)x, four);
        x += 2;
        four = _mm_movehl_ps(four, four);
    }
    if (part & 1) {
        _mm_store_ss(x, four);
    }
}

static inline NNI_K(nni_vector)
    NNI_K(vector_fma)(NNI_K(nni_vector) a, NNI_K(nni_vector) b, NNI_K(nni_vector) c)
{
    c.low = _mm256_fmadd_ps(a.low, b.low, c.low);
    c.high = _mm256_fmadd_ps(a.high, b.high, c.high);
    return c;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_add)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    a.low = _mm256_add_ps(a.low, b.low);
    a.high = _mm256_add_ps(a.high, b.high);
    return a;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_maximum)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    a.low = _mm256_max_ps(a.low, b.low);
    a.high = _mm256_max_ps(a.high, b.high);
    return a;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_where_positive)(NNI_K(nni_vector) test, NNI_K(nni_vector) a)
{
    const __m256 zero = _mm256_setzero_ps();
    a.low = _mm256_and_ps(_mm256_cmp_ps(test.low, zero, _CMP_GT_OQ), a.low);
    a.high = _mm256_and_ps(_mm256_cmp_ps(test.high, zero, _CMP_GT_OQ), a.high);
    return a;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_divide)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    a.low = _mm256_div_ps(a.low, b.low);
    a.high = _mm256_div_ps(a.high, b.high);
    return a;
}

static inline NNI_K(nni_vector) NNI_K(vector_root)(NNI_K(nni_vector) a)
{
    a.low = _mm256_sqrt_ps(a.low);
    a.high = _mm256_sqrt_ps(a.high);
    return a;
}

static inline float NNI_K(vector_sum)(NNI_K(nni_vector) v)
{
    __m256 half = _mm256_add_ps(v.low, v.high);
    __m128 four =
        _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline float NNI_K(vector_most)(NNI_K(nni_vector) v)
{
    __m256 half = _mm256_max_ps(v.low, v.high);
    __m128 four =
        _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/* Four terms of eight rows come as four registers, each of which has the terms of two rows,
 * four apart; then the halves are transposed by exchanging single lanes and pairs of lanes.
 */
static NNI_NOINLINE void NNI_K(vector_transpose)(const float *from, int64_t step,
                                                 float *to, int64_t to_row)
{
    for (int part = 0; part < 8; part++) {
        const float *row = from + part / 4 * 8 * step + part % 4 * 4;
        __m256 r[4];
        NNI_UNROLL
        for (int i = 0; i < 4; i++) {
            __m256 low = _mm256_castps128_ps256(_mm_loadu_ps(row + i * step));
            r[i] = _mm256_insertf128_ps(low, _mm_loadu_ps(row + (i + 4) * step), 1);
        }
        __m256d low01 = _mm256_castps_pd(_mm256_unpacklo_ps(r[0], r[1]));
        __m256d high01 = _mm256_castps_pd(_mm256_unpackhi_ps(r[0], r[1]));
        __m256d low23 = _mm256_castps_pd(_mm256_unpacklo_ps(r[2], r[3]));
        __m256d high23 = _mm256_castps_pd(_mm256_unpackhi_ps(r[2], r[3]));
        float *out = to + part % 4 * 4 * to_row + part / 4 * 8;
        _mm256_storeu_ps(out, _mm256_castpd_ps(_mm256_unpacklo_pd(low01, low23)));
        _mm256_storeu_ps(out + to_row,
                         _mm256_castpd_ps(_mm256_unpackhi_pd(low01, low23)));
        _mm256_storeu_ps(out + 2 * to_row,
                         _mm256_castpd_ps(_mm256_unpacklo_pd(high01, high23)));
        _mm256_storeu_ps(out + 3 * to_row,
                         _mm256_castpd_ps(_mm256_unpackhi_pd(high01, high23)));
    }
}

#include "kernels/body_vector_sums.h"
