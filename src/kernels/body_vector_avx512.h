/* The vector operations for AVX-512, see body_vector_portable.h: one register each, parts
 * by masks. The 32 registers hold a tile of 14 rows x 2 vectors, a row of B and one element
 * of A. A body. */
#include "kernels/block_sizes.h"

typedef __m512 NNI_K(nni_vector);
typedef __mmask16 NNI_K(nni_part);

enum { NNI_K(TILE_ROWS) = 14, NNI_K(TILE_VECTORS) = 2, NNI_K(PARTS_ARE_FREE) = 1 };
enum { NNI_K(MANY_REGISTERS) = 1, NNI_K(LANES_MANY) = 4, NNI_K(LANES_FEW) = 4 };
/* clang-format off */
#define NNI_TILES(TILE)                                                   \
    TILE(1, 1) TILE(1, 2) TILE(1, 3) TILE(1, 4) TILE(1, 5) TILE(1, 6)     \
    TILE(1, 7) TILE(1, 8) TILE(2, 1) TILE(2, 2) TILE(2, 3) TILE(2, 4)     \
    TILE(3, 1) TILE(3, 2) TILE(3, 3) TILE(3, 4) TILE(4, 1) TILE(4, 2)     \
    TILE(4, 3) TILE(4, 4) TILE(5, 1) TILE(5, 2) TILE(6, 1) TILE(6, 2)     \
    TILE(7, 1) TILE(7, 2) TILE(8, 1) TILE(8, 2) TILE(9, 1) TILE(9, 2)     \
    TILE(10, 1) TILE(10, 2) TILE(11, 1) TILE(11, 2) TILE(12, 1)           \
    TILE(12, 2) TILE(13, 1) TILE(13, 2) TILE(14, 1) TILE(14, 2)
#define NNI_PACKING_TILES(TILE) TILE(14, 2)
/* clang-format on */

static inline NNI_K(nni_part) NNI_K(vector_part)(int64_t count)
{
    return (__mmask16)((1u << count) - 1u);
}

static inline NNI_K(nni_vector) NNI_K(vector_load)(const float *x)
{
    return _mm512_loadu_ps(x);
}

static inline NNI_K(nni_vector) NNI_K(vector_of_bytes)(const uint8_t *x)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)x)));
}

static inline void NNI_K(vector_store)(float *x, NNI_K(nni_vector) v)
{
    _mm512_storeu_ps(x, v);
}

static inline NNI_K(nni_vector) NNI_K(vector_fill)(float x)
{
    return _mm512_set1_ps(x);
}

static inline NNI_K(nni_vector)
    NNI_K(vector_load_part)(const float *x, NNI_K(nni_part) part, float filler)
{
    return _mm512_mask_loadu_ps(_mm512_set1_ps(filler), part, x);
}

static inline void NNI_K(vector_store_part)(float *x, NNI_K(nni_part) part,
                                            NNI_K(nni_vector) v)
{
    _mm512_mask_storeu_ps(x, part, v);
}

static inline NNI_K(nni_vector)
    NNI_K(vector_fma)(NNI_K(nni_vector) a, NNI_K(nni_vector) b, NNI_K(nni_vector) c)
{
    return _mm512_fmadd_ps(a, b, c);
}

static inline NNI_K(nni_vector)
    NNI_K(vector_add)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    return _mm512_add_ps(a, b);
}

static inline NNI_K(nni_vector)
    NNI_K(vector_maximum)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    return _mm512_max_ps(a, b);
}

static inline NNI_K(nni_vector)
    NNI_K(vector_where_positive)(NNI_K(nni_vector) test, NNI_K(nni_vector) a)
{
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(test, _mm512_setzero_ps(), _CMP_GT_OQ),
                               a);
}

static inline NNI_K(nni_vector)
    NNI_K(vector_divide)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    return _mm512_div_ps(a, b);
}

static inline NNI_K(nni_vector) NNI_K(vector_root)(NNI_K(nni_vector) a)
{
    return _mm512_sqrt_ps(a);
}

static inline float NNI_K(vector_sum)(NNI_K(nni_vector) v)
{
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 four =
        _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_movehdup_ps(two)));
}

static inline float NNI_K(vector_most)(NNI_K(nni_vector) v)
{
    __m256 half = _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 four =
        _mm_max_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ss(two, _mm_movehdup_ps(two)));
}

/* Eight terms of the rows come as eight registers, each of which has the terms of two rows,
 * four apart; then the quarters are transposed by exchanging single lanes and pairs of
 * lanes, and at last the quarters themselves are put together. */
static NNI_NOINLINE void NNI_K(vector_transpose)(const float *from, int64_t step,
                                                 float *to, int64_t to_row)
{
    const float *const row[4] = {from, from + step, from + 2 * step, from + 3 * step};
    NNI_UNROLL
    for (int p = 0; p < NNI_LANES; p += 8) {
        __m512 quarters[2][4];
        NNI_UNROLL
        for (int h = 0; h < 2; h++) {
            __m512 r[4];
            NNI_UNROLL
            for (int i = 0; i < 4; i++) {
                const float *low = row[i] + 8 * h * step + p, *high = low + 4 * step;
                r[i] = _mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(low)),
                                          _mm256_loadu_ps(high), 1);
            }
            __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(r[0], r[1]));
            __m512d high01 = _mm512_castps_pd(_mm512_unpackhi_ps(r[0], r[1]));
            __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(r[2], r[3]));
            __m512d high23 = _mm512_castps_pd(_mm512_unpackhi_ps(r[2], r[3]));
            quarters[h][0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low01, low23));
            quarters[h][1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low01, low23));
            quarters[h][2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high01, high23));
            quarters[h][3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high01, high23));
        }
        NNI_UNROLL
        for (int q = 0; q < 4; q++) {
            const __m512 x = quarters[0][q], y = quarters[1][q];
            NNI_K(vector_store)
            (to + (p + q) * to_row, _mm512_shuffle_f32x4(x, y, 0x88));
            NNI_K(vector_store)
            (to + (p + q + 4) * to_row, _mm512_shuffle_f32x4(x, y, 0xdd));
        }
    }
}

/* Sums of x's and y's numbers in a quarter, next to each other: l + 2 to l, or l + 1. */
static inline __m512 NNI_K(sums_halved)(__m512 x, __m512 y, const int by_pairs)
{
    return by_pairs ? _mm512_add_ps(_mm512_shuffle_ps(x, y, 0x44),
                                    _mm512_shuffle_ps(x, y, 0xee))
                    : _mm512_add_ps(_mm512_shuffle_ps(x, y, 0x88),
                                    _mm512_shuffle_ps(x, y, 0xdd));
}

/* The sums of a tile of a product in lanes, as in body_vector_sums.h, but for four vectors at
 * a time: they come into the quarters of one register, then those of four into one. */
static NNI_ALWAYS_INLINE void NNI_K(vector_sums)(const NNI_K(nni_vector) * v,
                                                 const int few, float *sums)
{
    __m512 quarters[NNI_K(LANES_FEW)];
    NNI_UNROLL
    for (int f = 0; f < NNI_K(LANES_FEW); f++) {
        if (f >= few) {
            quarters[f] = quarters[f % few];
            continue;
        }
        __m512 halves[2];
        NNI_UNROLL
        for (int h = 0; h < 2; h++) {
            const __m512 x = v[4 * f + 2 * h], y = v[4 * f + 2 * h + 1];
            halves[h] = _mm512_add_ps(_mm512_shuffle_f32x4(x, y, 0x44),
                                      _mm512_shuffle_f32x4(x, y, 0xee));
        }
        quarters[f] = _mm512_add_ps(_mm512_shuffle_f32x4(halves[0], halves[1], 0x88),
                                    _mm512_shuffle_f32x4(halves[0], halves[1], 0xdd));
    }
    _mm512_storeu_ps(
        sums, NNI_K(sums_halved)(NNI_K(sums_halved)(quarters[0], quarters[1], 1),
                                 NNI_K(sums_halved)(quarters[2], quarters[3], 1), 0));
}
