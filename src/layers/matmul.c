/* Matmul: y = op(a) op(b), sample by sample, op(a) (M, K), op(b) (K, N), where op
 * transposes if its flag is set. With A = op(a), B = op(b):
 *     dA = dy B^T,  dB = A^T dy,
 * and the gradient of a transposed input is the product read the other way round:
 *     da = B dy^T,  db = dy^T A.
 * A transpose is a pair of strides. Each sample is one product in one task. */
#include "layers/layer.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/gemm.h"

struct matmul_layer {
    nn_layer base;
    int64_t transpose_a, transpose_b;
};

static const struct nni_option matmul_options[] = {
    {"transpose_a", NNI_OPTION_INT, offsetof(struct matmul_layer, transpose_a), 0, 1, 0,
     0, 0, NULL},
    {"transpose_b", NNI_OPTION_INT, offsetof(struct matmul_layer, transpose_b), 0, 1, 0,
     0, 0, NULL},
};

struct matmul_sizes {
    int64_t m, n, k;
};

static struct matmul_sizes matmul_sizes_of(const struct matmul_layer *matmul,
                                           const struct nni_shape *inputs)
{
    const int64_t *a = inputs[0].dim;
    const int64_t *b = inputs[1].dim;
    const struct matmul_sizes sizes = {matmul->transpose_a ? a[1] : a[0],
                                       matmul->transpose_b ? b[0] : b[1],
                                       matmul->transpose_a ? a[0] : a[1]};
    return sizes;
}

static nn_status matmul_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct matmul_layer *matmul = (const struct matmul_layer *)layer;
    NNI_TRY(nni_layer_expect_float(layer, infer));
    for (int32_t i = 0; i < 2; i++) {
        if (infer->inputs[i].rank != 2) {
            return nni_layer_fail(
                layer, NN_ERROR_RANK,
                "input %d has shape %s, expected a matrix (2 dimensions)", i,
                nni_shape_text(&infer->inputs[i]).text);
        }
    }
    const struct matmul_sizes sizes = matmul_sizes_of(matmul, infer->inputs);
    const int64_t k = infer->inputs[1].dim[matmul->transpose_b ? 1 : 0];
    if (k != sizes.k) {
        return nni_layer_fail(layer, NN_ERROR_SHAPE,
                              "inputs %s%s and %s%s do not fit: %lld columns, %lld rows",
                              nni_shape_text(&infer->inputs[0]).text,
                              matmul->transpose_a ? " transposed" : "",
                              nni_shape_text(&infer->inputs[1]).text,
                              matmul->transpose_b ? " transposed" : "",
                              (long long)sizes.k, (long long)k);
    }
    const int64_t dims[2] = {sizes.m, sizes.n};
    infer->needs = NNI_NEEDS_INPUT;
    return nni_layer_shape(layer, dims, 2, &infer->output);
}

/* Bytes for a product of these sizes, wherever its elements lie. */
static size_t matmul_product_scratch(const struct nni_kernels *kernels, int64_t m,
                                     int64_t n, int64_t k)
{
    struct nni_gemm gemm = {.m = m, .n = n, .k = k};
    gemm.a_row = gemm.a_column = gemm.b_row = gemm.b_column = 2; /* gaps everywhere */
    gemm.lanes = nni_gemm_narrow_uses_lanes(k, n);
    return nni_gemm_scratch(nni_context_or_default(NULL), kernels, &gemm);
}

/* Bytes for one task: products run without threads of their own, in the default
 * context. */
static size_t matmul_task_scratch(const struct nni_kernels *kernels,
                                  const struct matmul_sizes *sizes, int32_t training)
{
    const int64_t m = sizes->m;
    const int64_t n = sizes->n;
    const int64_t k = sizes->k;
    const size_t products[5] = {matmul_product_scratch(kernels, m, n, k),
                                matmul_product_scratch(kernels, m, k, n),
                                matmul_product_scratch(kernels, k, m, n),
                                matmul_product_scratch(kernels, k, n, m),
                                matmul_product_scratch(kernels, n, k, m)};
    size_t most = products[0];
    for (int32_t i = 1; training && i < NNI_COUNT(products); i++) {
        most = products[i] > most ? products[i] : most;
    }
    return nni_align_up(most);
}

static size_t matmul_scratch(const nn_layer *layer, const struct nni_infer *infer,
                             const nn_context *context, const struct nni_kernels *kernels,
                             int64_t rows, int32_t training)
{
    const struct matmul_sizes sizes =
        matmul_sizes_of((const struct matmul_layer *)layer, infer->inputs);
    (void)rows;
    return (size_t)nni_concurrency(context) *
           matmul_task_scratch(kernels, &sizes, training);
}

/* A matrix of one sample with its strides; which sample, the stride from one to the next
 * says. */
struct matmul_operand {
    const float *data;
    int64_t sample, row, column;
};

static struct matmul_operand matmul_transposed(struct matmul_operand x)
{
    const struct matmul_operand out = {x.data, x.sample, x.column, x.row};
    return out;
}

struct matmul_pass {
    const struct nni_kernels *kernels;
    char *scratch;
    size_t task_scratch;
    int64_t m, n, k;
    struct matmul_operand a, b;
    float *c;
};

static void matmul_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct matmul_pass *pass = data;
    struct nni_gemm gemm = {0};
    gemm.m = pass->m;
    gemm.n = pass->n;
    gemm.k = pass->k;
    gemm.a_row = pass->a.row;
    gemm.a_column = pass->a.column;
    gemm.b_row = pass->b.row;
    gemm.b_column = pass->b.column;
    gemm.c_row = pass->n;
    gemm.lanes = nni_gemm_narrow_uses_lanes(pass->k, pass->n);
    for (int64_t row = first; row < end; row++) {
        gemm.a = pass->a.data + row * pass->a.sample;
        gemm.b = pass->b.data + row * pass->b.sample;
        gemm.c = pass->c + row * pass->m * pass->n;
        nni_gemm(nni_context_or_default(NULL), pass->kernels, &gemm,
                 pass->scratch + (size_t)index * pass->task_scratch);
    }
}

/* c (m, n) = a (m, k) b (k, n) for every sample. */
static void matmul_run(const struct nni_call *call, size_t task_scratch, int64_t m,
                       int64_t n, int64_t k, struct matmul_operand a,
                       struct matmul_operand b, float *c)
{
    struct matmul_pass pass = {
        call->kernels, call->scratch, task_scratch, m, n, k, a, b, c};
    nni_layer_rows(call, m * n * k, matmul_range, &pass);
}

/* op(a) and op(b) as matrices. */
static void matmul_operands(const struct matmul_layer *matmul,
                            const struct nni_call *call, struct matmul_operand *a,
                            struct matmul_operand *b)
{
    const struct nni_shape *in = call->input_shapes;
    const struct matmul_operand x = {call->inputs[0], in[0].dim[0] * in[0].dim[1],
                                     in[0].dim[1], 1};
    const struct matmul_operand y = {call->inputs[1], in[1].dim[0] * in[1].dim[1],
                                     in[1].dim[1], 1};
    *a = matmul->transpose_a ? matmul_transposed(x) : x;
    *b = matmul->transpose_b ? matmul_transposed(y) : y;
}

static void matmul_forward(const nn_layer *layer, struct nni_call *call)
{
    const struct matmul_layer *matmul = (const struct matmul_layer *)layer;
    const struct matmul_sizes sizes = matmul_sizes_of(matmul, call->input_shapes);
    struct matmul_operand a, b;
    matmul_operands(matmul, call, &a, &b);
    matmul_run(call, matmul_task_scratch(call->kernels, &sizes, 0), sizes.m, sizes.n,
               sizes.k, a, b, call->output);
}

static void matmul_backward(const nn_layer *layer, struct nni_call *call)
{
    const struct matmul_layer *matmul = (const struct matmul_layer *)layer;
    const struct matmul_sizes sizes = matmul_sizes_of(matmul, call->input_shapes);
    const size_t scratch = matmul_task_scratch(call->kernels, &sizes, 1);
    const struct matmul_operand dy = {call->output_gradient, sizes.m * sizes.n, sizes.n,
                                      1};
    struct matmul_operand a, b;
    matmul_operands(matmul, call, &a, &b);
    if (call->input_gradients[0] != NULL && !matmul->transpose_a) {
        matmul_run(call, scratch, sizes.m, sizes.k, sizes.n, dy, matmul_transposed(b),
                   call->input_gradients[0]);
    } else if (call->input_gradients[0] != NULL) {
        matmul_run(call, scratch, sizes.k, sizes.m, sizes.n, b, matmul_transposed(dy),
                   call->input_gradients[0]);
    }
    if (call->input_gradients[1] != NULL && !matmul->transpose_b) {
        matmul_run(call, scratch, sizes.k, sizes.n, sizes.m, matmul_transposed(a), dy,
                   call->input_gradients[1]);
    } else if (call->input_gradients[1] != NULL) {
        matmul_run(call, scratch, sizes.n, sizes.k, sizes.m, matmul_transposed(dy), a,
                   call->input_gradients[1]);
    }
}

const struct nni_layer_type nni_layer_matmul = {
    .id = 13,
    .name = "matmul",
    .size = sizeof(struct matmul_layer),
    .options = matmul_options,
    .option_count = NNI_COUNT(matmul_options),
    .min_inputs = 2,
    .max_inputs = 2,
    .infer = matmul_infer,
    .scratch = matmul_scratch,
    .forward = matmul_forward,
    .backward = matmul_backward,
};

nn_layer *nn_matmul(nn_context *context, int32_t transpose_a, int32_t transpose_b)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_matmul);
    nn_status status = nn_layer_set_int(layer, "transpose_a", transpose_a != 0);
    if (status == NN_OK) {
        status = nn_layer_set_int(layer, "transpose_b", transpose_b != 0);
    }
    return nni_layer_finish(layer, status);
}
