/* The kernel table: every loop over numbers that has to be fast, as function pointers, so
 * that each instruction set can bring its own. The portable body is the readable
 * reference; all others give the same bits. docs/numerics.md fixes the order of every
 * operation.
 *
 * Pointers do not overlap unless a comment says that they may be equal. n may be 0. */
#ifndef NNI_KERNELS_KERNELS_H
#define NNI_KERNELS_KERNELS_H

#include "base/context.h"
#include "base/random.h"

/* The activation constants (NN_RELU, ...) are layer.h's. */
#include <nn/layer.h>

/* One blocked matrix product, see gemm.h. The table's part is one tile of it. */
struct nni_gemm;

/* One optimizer's pass over a run of parameters. The gradient an update sees is
 *     g = clip(gradient[i] * gradient_scale, clip_value) + l2 * w + l1 * sign(w)
 * and, before the update, w is multiplied by `decay` (decoupled weight decay; 1 for
 * none). The formulas stand in the files of src/optimizers/; what `slot` and
 * `coefficient` hold stands at each function below. */
enum { NNI_SLOTS_MAX = 3, NNI_COEFFICIENTS_MAX = 6 };
struct nni_update {
    int64_t count;
    float *parameter;
    const float *gradient;
    float *slot[NNI_SLOTS_MAX];
    float rate;
    float gradient_scale;
    float clip_value; /* infinity for none */
    float l1, l2;
    float decay;
    float coefficient[NNI_COEFFICIENTS_MAX];
};
typedef void nni_update_function(const struct nni_update *update);

/* One sample back through a dense layer, see dense_row_backward. */
struct nni_dense_row {
    int64_t inputs, outputs;
    const float *x;         /* (inputs) */
    const float *weight;    /* (inputs, outputs) */
    const float *y;         /* (outputs), read where there is a relu */
    int32_t relu;           /* y is max(0, z), otherwise z */
    int32_t accumulate;     /* the parameters' gradients go on from what they are */
    const float *dy;        /* (outputs) */
    float *dz;              /* (outputs), written where there is a relu */
    float *weight_gradient; /* (inputs, outputs), NULL where nobody asks, like */
    float *bias_gradient;   /* (outputs), and */
    float *input_gradient;  /* (inputs), only of one output */
};

struct nni_kernels {
    int32_t isa; /* NN_ISA_... */
    const char *name;

    /* -- matrix product: rows m0 ... m1 - 1, columns n0 ... n1 - 1 of one product, whole
     * chains over k; scratch is this task's own, of gemm_scratch(product) bytes -- */
    int32_t gemm_rows, gemm_columns; /* of the largest tile; areas are whole tiles */
    void (*gemm_tile)(const struct nni_gemm *gemm, int64_t m0, int64_t m1, int64_t n0,
                      int64_t n1, void *scratch);
    size_t (*gemm_scratch)(const struct nni_gemm *gemm);

    /* -- one sample through a dense layer of at most NNI_DENSE_ROW_OUTPUTS outputs, and
     * back; sums are chains. What is written along the outputs or the inputs alone has
     * room for whole vectors of 16, as parts of one are slow to write and to read again --
     */
    /* y = x W + bias, or max(0, that); x (inputs), W (inputs, outputs), bias NULL for 0 */
    void (*dense_row_forward)(const float *x, int64_t inputs, const float *weight,
                              const float *bias, int64_t outputs, int relu, float *y);
    void (*dense_row_backward)(const struct nni_dense_row *row);

    /* -- maps: y[i] = f(x[i]); y may be x -- */
    void (*exp)(const float *x, float *y, int64_t n);
    void (*log)(const float *x, float *y, int64_t n);

    /* y = activation(z); y may be z. Not for softmax and log-softmax. alpha: the slope of
     * leaky relu, the scale of elu. */
    void (*activation_forward)(int32_t activation, float alpha, const float *z, float *y,
                               int64_t n);
    /* dz = dy * activation'(z), from kept = y, or kept = z for the activations of which
     * nni_activation_keeps_input is 1. dz may be dy. */
    void (*activation_backward)(int32_t activation, float alpha, const float *kept,
                                const float *dy, float *dz, int64_t n);

    /* Row by row, x (rows, columns); y may be x, dx may be dy; backward takes y. */
    void (*softmax_forward)(const float *x, float *y, int64_t rows, int64_t columns);
    void (*softmax_backward)(const float *y, const float *dy, float *dx, int64_t rows,
                             int64_t columns);
    void (*log_softmax_forward)(const float *x, float *y, int64_t rows, int64_t columns);
    void (*log_softmax_backward)(const float *y, const float *dy, float *dx, int64_t rows,
                                 int64_t columns);

    /* -- elementwise; out may be any of the inputs -- */
    void (*add)(const float *a, const float *b, float *out, int64_t n);
    void (*subtract)(const float *a, const float *b, float *out, int64_t n);
    void (*multiply)(const float *a, const float *b, float *out, int64_t n);
    void (*scale)(const float *a, float factor, float *out, int64_t n);
    /* out[i] = fma(factor, a[i], out[i]) */
    void (*add_scaled)(const float *a, float factor, float *out, int64_t n);
    /* out[i] = fma(a[i], factor, offset) */
    void (*affine)(const float *a, float factor, float offset, float *out, int64_t n);
    void (*affine_u8)(const uint8_t *a, float factor, float offset, float *out,
                      int64_t n);
    /* out[i] = (a[i] - mean[i]) / deviation[i] */
    void (*standardize)(const float *a, const float *mean, const float *deviation,
                        float *out, int64_t n);

    /* -- reductions: 16 fixed lanes and a fixed tree -- */
    float (*sum)(const float *x, int64_t n);
    float (*dot)(const float *x, const float *y, int64_t n);
    /* Index of the first largest element; n >= 1. */
    int64_t (*argmax)(const float *x, int64_t n);
    /* 1 where no element is NaN or infinite. */
    int (*all_finite)(const float *x, int64_t n);
    /* The largest |x[i]|, 0 of none; NaN is larger than infinity. */
    float (*magnitude)(const float *x, int64_t n);
    /* sums[j] = (accumulate ? sums[j] : 0) + x[0][j] + x[1][j] + ... in row order, for
     * columns `first` ... `end` - 1 of x (rows, columns). */
    void (*column_sums)(const float *x, int64_t rows, int64_t columns, int64_t first,
                        int64_t end, int accumulate, float *sums);

    /* -- random -- */
    /* y[i] = element first + i is kept ? x[i] * factor : 0, kept with probability
     * 1 - rate: its word, as a fraction of 2^32, is at least rate. y may be x. */
    void (*dropout)(const struct nni_random *random, uint64_t first, double rate,
                    float factor, const float *x, float *y, int64_t n);
    /* Elements first ... first + n - 1 of the stream; first is a multiple of 4. */
    void (*random_uniform)(const struct nni_random *random, uint64_t first, float low,
                           float high, float *y, int64_t n);
    void (*random_normal)(const struct nni_random *random, uint64_t first, float mean,
                          float deviation, float *y, int64_t n);

    /* -- optimizer updates -- */
    nni_update_function *update_sgd;      /* no slots */
    nni_update_function *update_momentum; /* slot 0: velocity; c0: momentum, c1:
                                             1 - dampening (1 on the first step), c2: 1
                                             for Nesterov */
    nni_update_function *update_adagrad;  /* slot 0: sum of squares; c0: epsilon */
    nni_update_function *update_adadelta; /* slot 0: mean square of g, slot 1: of the
                                             steps; c0: rho, c1: epsilon */
    nni_update_function *update_rmsprop;  /* slot 0: mean square; slot 1: mean g, or NULL
                                             where not centred; slot 2: buffer, or NULL
                                             without momentum; c0: rho, c1: epsilon, c2:
                                             momentum */
    nni_update_function *update_adam;     /* slot 0: m, slot 1: v; c0: beta1, c1: beta2,
                                             c2: epsilon, c3: 1 / (1 - beta1^t), c4:
                                             1 / sqrt(1 - beta2^t) */
};

/* The table for a context: the best that the machine, the context and NN_MAX_ISA allow.
 * Chosen once for each instruction set. NULL, with the failure recorded, only where
 * NN_MAX_ISA is not known. */
const struct nni_kernels *nni_kernels_for(const nn_context *context);

/* The table of one instruction set, or NULL where the machine lacks it or it is not
 * compiled in (for tests and for nni_kernels_for). */
const struct nni_kernels *nni_kernels_of_isa(int32_t isa);

/* The best instruction set of this machine, by CPUID and XGETBV. */
int32_t nni_machine_isa(void);

/* 1 where the derivative is computed from the input z (gelu, silu), 0 where from the
 * output y. */
int nni_activation_keeps_input(int32_t activation);

/* Long sums, in blocks of 1024 by table->sum and table->dot, the block results added in
 * double, in order. */
double nni_sum_long(const struct nni_kernels *kernels, const float *x, int64_t n);
double nni_sum_squares_long(const struct nni_kernels *kernels, const float *x, int64_t n);

/* table->magnitude, on the context's threads. */
float nni_magnitude_long(const nn_context *context, const struct nni_kernels *kernels,
                         const float *x, int64_t n);

#endif
