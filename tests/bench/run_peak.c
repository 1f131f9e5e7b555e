/* The runner of no library: independent fused multiply-adds in registers, as many of them as
 * a product has. Its time for a product is the least that one core could take.
 *
 *     run_peak 1 */
#include "data.h"
#include "runner.h"

#include <stdlib.h>

enum { PEAK_CHAINS = 12 }; /* latency times units, and a few more */

struct peak_work {
    int64_t operations; /* floating-point operations of a call */
};

/* Factor and addend of each chain, in memory so that nothing is computed beforehand: the
 * chains stay near 1. */
static volatile float peak_factor = 0.5f, peak_addend = 0.5f;
static volatile float peak_result;

#if defined(__x86_64__)
#include <immintrin.h>

__attribute__((target("avx512f"))) static float peak_avx512(int64_t rounds)
{
    __m512 chain[PEAK_CHAINS];
    __m512 factor = _mm512_set1_ps(peak_factor), addend = _mm512_set1_ps(peak_addend);
    for (int i = 0; i < PEAK_CHAINS; i++)
        chain[i] = _mm512_set1_ps((float)i);
    for (int64_t r = 0; r < rounds; r++)
        for (int i = 0; i < PEAK_CHAINS; i++)
            chain[i] = _mm512_fmadd_ps(chain[i], factor, addend);
    for (int i = 1; i < PEAK_CHAINS; i++)
        chain[0] = _mm512_add_ps(chain[0], chain[i]);
    return _mm512_cvtss_f32(chain[0]);
}

__attribute__((target("avx2,fma"))) static float peak_avx2(int64_t rounds)
{
    __m256 chain[PEAK_CHAINS];
    __m256 factor = _mm256_set1_ps(peak_factor), addend = _mm256_set1_ps(peak_addend);
    for (int i = 0; i < PEAK_CHAINS; i++)
        chain[i] = _mm256_set1_ps((float)i);
    for (int64_t r = 0; r < rounds; r++)
        for (int i = 0; i < PEAK_CHAINS; i++)
            chain[i] = _mm256_fmadd_ps(chain[i], factor, addend);
    for (int i = 1; i < PEAK_CHAINS; i++)
        chain[0] = _mm256_add_ps(chain[0], chain[i]);
    return _mm256_cvtss_f32(chain[0]);
}

static int peak_lanes(void)
{
    if (__builtin_cpu_supports("avx512f"))
        return 16;
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? 8 : 0;
}

static float peak_rounds(int64_t rounds)
{
    return peak_lanes() == 16 ? peak_avx512(rounds) : peak_avx2(rounds);
}
#elif defined(__aarch64__)
#include <arm_neon.h>

static int peak_lanes(void)
{
    return 4;
}

static float peak_rounds(int64_t rounds)
{
    float32x4_t chain[PEAK_CHAINS];
    float32x4_t factor = vdupq_n_f32(peak_factor), addend = vdupq_n_f32(peak_addend);
    for (int i = 0; i < PEAK_CHAINS; i++)
        chain[i] = vdupq_n_f32((float)i);
    for (int64_t r = 0; r < rounds; r++)
        for (int i = 0; i < PEAK_CHAINS; i++)
            chain[i] = vfmaq_f32(addend, chain[i], factor);
    for (int i = 1; i < PEAK_CHAINS; i++)
        chain[0] = vaddq_f32(chain[0], chain[i]);
    return vgetq_lane_f32(chain[0], 0);
}
#else
static int peak_lanes(void)
{
    return 0;
}

static float peak_rounds(int64_t rounds)
{
    return (float)rounds;
}
#endif

static void peak_start(int32_t threads, char **arguments)
{
    (void)threads;
    (void)arguments;
}

static const char *peak_about(void)
{
    int lanes = peak_lanes();
    if (lanes == 0)
        return "no vector unit that this program knows";
    return lanes == 16 ? "AVX-512" : lanes == 8 ? "AVX2 and FMA" : "NEON";
}

static void *peak_open(const struct runner_task *task, double *check, int32_t *checks)
{
    (void)check;
    *checks = 0;
    if (task->kind != RUNNER_SGEMM || peak_lanes() == 0)
        return NULL;
    struct peak_work *work = data_zeros(1, sizeof *work);
    work->operations = 2 * task->m * task->n * task->k;
    return work;
}

static double peak_run(void *opened, int64_t calls)
{
    const struct peak_work *work = opened;
    int64_t of_round = 2 * PEAK_CHAINS * peak_lanes();
    peak_result = peak_rounds(calls * work->operations / of_round);
    return 0;
}

int main(int argc, char **argv)
{
    static const struct runner_library library = {peak_start, peak_about, peak_open,
                                                  peak_run, free};
    return runner_serve(&library, argc, argv);
}
