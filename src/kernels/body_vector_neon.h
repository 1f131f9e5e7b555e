/* The vector operations for Advanced SIMD of aarch64, see body_vector_portable.h: four
 * registers each. The 32 registers hold a tile of 6 rows x 1 vector, a row of B and the
 * elements of A. A body. */
#include "kernels/block_sizes.h"

enum { NNI_K(QUARTERS) = 4 };
typedef struct {
    float32x4_t quarter[NNI_K(QUARTERS)];
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
    NNI_K(nni_vector) v;
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        v.quarter[q] = vld1q_f32(x + 4 * q);
    }
    return v;
}

static inline NNI_K(nni_vector) NNI_K(vector_of_bytes)(const uint8_t *x)
{
    const uint8x16_t bytes = vld1q_u8(x);
    const uint16x8_t low = vmovl_u8(vget_low_u8(bytes));
    const uint16x8_t high = vmovl_u8(vget_high_u8(bytes));
    NNI_K(nni_vector) v;
    v.quarter[0] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(low)));
    v.quarter[1] = vcvtq_f32_u32(vmovl_u16(vget_high_u16(low)));
    v.quarter[2] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(high)));
    v.quarter[3] = vcvtq_f32_u32(vmovl_u16(vget_high_u16(high)));
    return v;
}

static inline void NNI_K(vector_store)(float *x, NNI_K(nni_vector) v)
{
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        vst1q_f32(x + 4 * q, v.quarter[q]);
    }
}

static inline NNI_K(nni_vector) NNI_K(vector_fill)(float x)
{
    NNI_K(nni_vector) v;
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        v.quarter[q] = vdupq_n_f32(x);
    }
    return v;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_load_part)(const float *x, NNI_K(nni_part) part, float filler)
{
    float block[NNI_LANES];
    for (int64_t l = 0; l < NNI_LANES; l++) {
        block[l] = l < part ? x[l] : filler;
    }
    return NNI_K(vector_load)(block);
}

static inline void NNI_K(vector_store_part)(float *x, NNI_K(nni_part) part,
                                            NNI_K(nni_vector) v)
{
    float block[NNI_LANES];
    NNI_K(vector_store)(block, v);
    for (int64_t l = 0; l < part; l++) {
        x[l] = block[l];
    }
}

static inline NNI_K(nni_vector)
    NNI_K(vector_fma)(NNI_K(nni_vector) a, NNI_K(nni_vector) b, NNI_K(nni_vector) c)
{
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        c.quarter[q] = vfmaq_f32(c.quarter[q], a.quarter[q], b.quarter[q]);
    }
    return c;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_add)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        a.quarter[q] = vaddq_f32(a.quarter[q], b.quarter[q]);
    }
    return a;
}

/* Not the instruction for a maximum, which treats NaN and -0 differently. */
static inline NNI_K(nni_vector)
    NNI_K(vector_maximum)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        a.quarter[q] =
            vbslq_f32(vcgtq_f32(a.quarter[q], b.quarter[q]), a.quarter[q], b.quarter[q]);
    }
    return a;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_where_positive)(NNI_K(nni_vector) test, NNI_K(nni_vector) a)
{
    const float32x4_t zero = vdupq_n_f32(0.0f);
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        a.quarter[q] = vbslq_f32(vcgtq_f32(test.quarter[q], zero), a.quarter[q], zero);
    }
    return a;
}

static inline NNI_K(nni_vector)
    NNI_K(vector_divide)(NNI_K(nni_vector) a, NNI_K(nni_vector) b)
{
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        a.quarter[q] = vdivq_f32(a.quarter[q], b.quarter[q]);
    }
    return a;
}

static inline NNI_K(nni_vector) NNI_K(vector_root)(NNI_K(nni_vector) a)
{
    NNI_UNROLL
    for (int q = 0; q < NNI_K(QUARTERS); q++) {
        a.quarter[q] = vsqrtq_f32(a.quarter[q]);
    }
    return a;
}

static inline float NNI_K(vector_sum)(NNI_K(nni_vector) v)
{
    float32x4_t four = vaddq_f32(vaddq_f32(v.quarter[0], v.quarter[2]),
                                 vaddq_f32(v.quarter[1], v.quarter[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

static inline float NNI_K(vector_most)(NNI_K(nni_vector) v)
{
    float lane[NNI_LANES];
    NNI_K(vector_store)(lane, v);
    for (int width = NNI_LANES / 2; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] = lane[l] > lane[l + width] ? lane[l] : lane[l + width];
        }
    }
    return lane[0];
}

/* 4 x 4 by 4 x 4: single lanes, then pairs of lanes. */
static NNI_NOINLINE void NNI_K(vector_transpose)(const float *from, int64_t step,
                                                 float *to, int64_t to_row)
{
    for (int i = 0; i < NNI_LANES; i += 4) {
        for (int p = 0; p < NNI_LANES; p += 4) {
            float32x4_t r[4];
            NNI_UNROLL
            for (int l = 0; l < 4; l++) {
                r[l] = vld1q_f32(from + (i + l) * step + p);
            }
            float32x4x2_t low = vtrnq_f32(r[0], r[1]), high = vtrnq_f32(r[2], r[3]);
            float *out = to + p * to_row + i;
            NNI_UNROLL
            for (int l = 0; l < 2; l++) {
                vst1q_f32(out + l * to_row, vcombine_f32(vget_low_f32(low.val[l]),
                                                         vget_low_f32(high.val[l])));
                vst1q_f32(
                    out + (l + 2) * to_row,
                    vcombine_f32(vget_high_f32(low.val[l]), vget_high_f32(high.val[l])));
            }
        }
    }
}

#include "kernels/body_vector_sums.h"
