/* Dense: the fully connected layer
 *     z = x W + b,  y = g(z)          x (..., I), W (I, O), b (O), y (..., O)
 * and, with dz = dy g'(z), its gradients
 *     dW = x^T dz,  db = column sums of dz,  dx = dz W^T.
 * Dimensions before the last count as further samples. Bias and activation are part of
 * the product's last write; softmax follows as a pass over its rows. */
#include "layers/dense_row.h"

#include "base/memory.h"
#include "base/parallel.h"
#include "kernels/block_sizes.h"
#include "kernels/gemm.h"

static const struct nni_option dense_options[] = {
    {"units", NNI_OPTION_INT, offsetof(struct nni_dense_layer, units), 1, NNI_WHOLE_MAX,
     0, 0, 1, NULL},
    {"activation", NNI_OPTION_CHOICE, offsetof(struct nni_dense_layer, activation),
     NN_LINEAR, NN_LOG_SOFTMAX, 0, 0, NN_LINEAR, nni_activation_names},
    {"bias", NNI_OPTION_INT, offsetof(struct nni_dense_layer, bias), 0, 1, 0, 0, 1, NULL},
    {"alpha", NNI_OPTION_FLOAT, offsetof(struct nni_dense_layer, alpha), NNI_ALPHA_USUAL,
     1e6, 0, 0, NNI_ALPHA_USUAL, NULL},
};

static const char *const dense_parameters[] = {"weight", "bias", NULL};

/* One product's sizes: m samples and leading dimensions of I inputs and O outputs. */
struct dense_sizes {
    int64_t lead, inputs, outputs;
};

static struct dense_sizes dense_sizes_of(const struct nni_dense_layer *dense,
                                         const struct nni_shape *input)
{
    const struct dense_sizes sizes = {nni_shape_product(input, 0, input->rank - 1),
                                      input->dim[input->rank - 1], dense->units};
    return sizes;
}

static void dense_add_parameter(struct nni_infer *infer, int32_t index,
                                const struct nni_shape *shape,
                                const struct dense_sizes *sizes,
                                struct nni_initializer initializer)
{
    struct nni_parameter_spec *spec = &infer->parameters[index];
    for (int32_t i = 0; dense_parameters[index][i] != '\0'; i++) {
        spec->name[i] = dense_parameters[index][i];
    }
    spec->shape = *shape;
    spec->fan_in = sizes->inputs;
    spec->fan_out = sizes->outputs;
    spec->initializer = initializer;
    infer->parameter_count = index + 1;
}

/* The user's choice for the bias, or zeros. */
static struct nni_initializer dense_bias_initializer(const nn_layer *layer)
{
    const struct nni_initializer zeros = {NN_INIT_CONSTANT, 0};
    const struct nni_initializer asked = layer->initializers[NNI_INITIALIZER_BIAS];
    return asked.kind == NN_INIT_DEFAULT ? zeros : asked;
}

static nn_status dense_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct nni_dense_layer *dense = (const struct nni_dense_layer *)layer;
    const struct nni_shape *input = &infer->inputs[0];
    NNI_TRY(nni_layer_expect_float(layer, infer));
    NNI_TRY(nni_activation_check_alpha(layer, dense->alpha));
    if (input->rank < 1) {
        return nni_layer_fail(
            layer, NN_ERROR_RANK,
            "the input is one number, (), expected at least 1 dimension");
    }
    struct nni_shape output = *input;
    output.dim[output.rank - 1] = dense->units;
    NNI_TRY(nni_layer_shape(layer, output.dim, output.rank, &infer->output));

    const struct dense_sizes sizes = dense_sizes_of(dense, input);
    const int64_t dims[2] = {sizes.inputs, sizes.outputs};
    struct nni_shape weight, bias;
    NNI_TRY(nni_layer_shape(layer, dims, 2, &weight));
    NNI_TRY(nni_layer_shape(layer, dims + 1, 1, &bias));
    dense_add_parameter(infer, 0, &weight, &sizes,
                        nni_initializer_for(layer->initializers[NNI_INITIALIZER_WEIGHT],
                                            dense->activation));
    if (dense->bias) {
        dense_add_parameter(infer, 1, &bias, &sizes, dense_bias_initializer(layer));
    }

    infer->needs = NNI_NEEDS_INPUT | NNI_LATE;
    if (dense->activation != NN_LINEAR) {
        infer->needs |= NNI_OWN_DELTA;
    }
    if (nni_activation_keeps_input(dense->activation)) {
        infer->saved_per_sample = nni_shape_count(&infer->output);
    } else if (dense->activation != NN_LINEAR) {
        infer->needs |= NNI_NEEDS_OUTPUT;
    }
    return NN_OK;
}

/* What one thread writes of W, another would have to fetch from its cache at the next
 * product. With few samples for each weight that costs more than a second thread brings, as
 * long as W fits into one core's caches. */
static int dense_runs_alone(const struct dense_sizes *sizes, int64_t m)
{
    enum { FEW_SAMPLES = 32, SMALL_WEIGHTS = 1 << 19 };
    return m < FEW_SAMPLES && sizes->inputs < SMALL_WEIGHTS / sizes->outputs;
}

/* ---- the three products, for m samples; their sizes alone say how much scratch they need ---- */

/* z = x W + b, y = g(z). */
static struct nni_gemm dense_forward_product(const struct nni_dense_layer *dense,
                                             const struct dense_sizes *sizes, int64_t m)
{
    struct nni_gemm gemm = {0};
    gemm.m = m;
    gemm.n = sizes->outputs;
    gemm.k = sizes->inputs;
    gemm.a_row = sizes->inputs;
    gemm.a_column = 1;
    gemm.b_row = sizes->outputs;
    gemm.b_column = 1;
    gemm.c_row = sizes->outputs;
    gemm.alone = dense_runs_alone(sizes, m);
    gemm.lanes = nni_gemm_narrow_uses_lanes(gemm.k, gemm.n);
    gemm.activation =
        nni_activation_by_rows(dense->activation) ? NN_LINEAR : dense->activation;
    gemm.alpha = nni_activation_alpha(dense->activation, dense->alpha);
    return gemm;
}

/* dW = x^T dz, k running over the samples, always as one chain. */
static struct nni_gemm dense_weight_product(const struct dense_sizes *sizes, int64_t m)
{
    struct nni_gemm gemm = {0};
    gemm.m = sizes->inputs;
    gemm.n = sizes->outputs;
    gemm.k = m;
    gemm.a_row = 1;
    gemm.a_column = sizes->inputs;
    gemm.b_row = sizes->outputs;
    gemm.b_column = 1;
    gemm.c_row = sizes->outputs;
    gemm.alone = dense_runs_alone(sizes, m);
    return gemm;
}

/* dx = dz W^T. batch: the samples of the whole batch, so that its parts have the same
 * bits. */
static struct nni_gemm dense_input_product(const struct dense_sizes *sizes, int64_t m,
                                           int64_t batch)
{
    struct nni_gemm gemm = {0};
    gemm.m = m;
    gemm.n = sizes->inputs;
    gemm.k = sizes->outputs;
    gemm.a_row = sizes->outputs;
    gemm.a_column = 1;
    gemm.b_row = 1;
    gemm.b_column = sizes->outputs;
    gemm.c_row = sizes->inputs;
    gemm.alone = dense_runs_alone(sizes, m);
    gemm.lanes = nni_gemm_few_use_lanes(batch, gemm.k);
    return gemm;
}

/* Bytes of dz, which comes first in backward's scratch. */
static size_t dense_dz_bytes(const struct nni_dense_layer *dense, int64_t m)
{
    if (dense->activation == NN_LINEAR) {
        return 0;
    }
    return nni_align_up((size_t)m * (size_t)dense->units * sizeof(float));
}

static size_t dense_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static size_t dense_scratch(const nn_layer *layer, const struct nni_infer *infer,
                            const nn_context *context, const struct nni_kernels *kernels,
                            int64_t rows, int32_t training)
{
    static const struct nni_update some_update;
    const struct nni_dense_layer *dense = (const struct nni_dense_layer *)layer;
    const struct dense_sizes sizes = dense_sizes_of(dense, &infer->inputs[0]);
    const int64_t m = rows * sizes.lead;
    const struct nni_gemm forward = dense_forward_product(dense, &sizes, m);
    const size_t forward_bytes = nni_gemm_scratch(context, kernels, &forward);
    if (!training) {
        return forward_bytes;
    }
    const struct nni_gemm weight = dense_weight_product(&sizes, m);
    struct nni_gemm late = weight;
    late.k = nni_min(m, NNI_GEMM_UPDATE_TERMS);
    late.update = &some_update;
    /* In lanes it needs no scratch, as nothing that it reads has gaps. */
    struct nni_gemm input = dense_input_product(&sizes, m, m);
    input.lanes = 0;
    const size_t backward =
        dense_larger(dense_larger(nni_gemm_scratch(context, kernels, &weight),
                                  nni_gemm_scratch(context, kernels, &late)),
                     nni_gemm_scratch(context, kernels, &input));
    return dense_larger(forward_bytes, dense_dz_bytes(dense, m) + backward);
}

static void dense_forward(const nn_layer *layer, struct nni_call *call)
{
    const struct nni_dense_layer *dense = (const struct nni_dense_layer *)layer;
    if (nni_dense_is_row(dense, call)) {
        nni_dense_row_forward(dense, call);
        return;
    }
    const struct dense_sizes sizes = dense_sizes_of(dense, &call->input_shapes[0]);
    struct nni_gemm gemm = dense_forward_product(dense, &sizes, call->rows * sizes.lead);
    gemm.a = call->inputs[0];
    gemm.b = call->parameters[0];
    gemm.c = call->output;
    gemm.bias = dense->bias ? call->parameters[1] : NULL;
    gemm.before = nni_activation_keeps_input(dense->activation) ? call->saved : NULL;
    nni_gemm(call->context, call->kernels, &gemm, call->scratch);
    if (nni_activation_by_rows(dense->activation)) {
        nni_activation_run(call, dense->activation, gemm.alpha, call->output,
                           call->output, sizes.lead * sizes.outputs, sizes.outputs);
    }
}

struct dense_bias_sums {
    const struct nni_kernels *kernels;
    const float *dz;
    int64_t m, outputs;
    int32_t accumulate;
    float *sums;
};

static void dense_bias_range(void *data, int32_t index, int64_t first, int64_t end)
{
    const struct dense_bias_sums *bias = data;
    (void)index;
    bias->kernels->column_sums(bias->dz, bias->m, bias->outputs, first, end,
                               bias->accumulate, bias->sums);
}

enum { DENSE_BIAS_TASK_COST = 65536 }; /* additions that are worth a task */

/* db: each column is one chain in sample order, so columns are what is shared out. */
static void dense_bias_gradient(const struct nni_call *call,
                                const struct dense_sizes *sizes, const float *dz)
{
    struct dense_bias_sums bias = {call->kernels,
                                   dz,
                                   call->rows * sizes->lead,
                                   sizes->outputs,
                                   call->accumulate,
                                   call->parameter_gradients[1]};
    const int64_t grain = nni_max(16, DENSE_BIAS_TASK_COST / nni_max(1, bias.m));
    nni_parallel_ranges(call->context, sizes->outputs, grain, dense_bias_range, &bias);
}

/* dW into the gradient, or, where update is not NULL, only into the update of W. */
static void dense_weight_gradient(const struct nni_call *call,
                                  const struct dense_sizes *sizes, const float *dz,
                                  const struct nni_update *update, void *scratch)
{
    struct nni_gemm gemm = dense_weight_product(sizes, call->rows * sizes->lead);
    gemm.a = call->inputs[0];
    gemm.b = dz;
    gemm.c = update != NULL ? update->parameter : call->parameter_gradients[0];
    gemm.accumulate = call->accumulate;
    gemm.update = update;
    nni_gemm(call->context, call->kernels, &gemm, scratch);
}

/* What comes after dz in backward's scratch. */
static void *dense_products_scratch(const struct nni_dense_layer *dense,
                                    const struct nni_call *call,
                                    const struct dense_sizes *sizes)
{
    return (char *)call->scratch + dense_dz_bytes(dense, call->rows * sizes->lead);
}

static void dense_input_gradient(const struct nni_dense_layer *dense,
                                 const struct nni_call *call, const float *dz)
{
    const struct dense_sizes sizes = dense_sizes_of(dense, &call->input_shapes[0]);
    struct nni_gemm gemm = dense_input_product(&sizes, call->rows * sizes.lead,
                                               call->batch_rows * sizes.lead);
    gemm.a = dz;
    gemm.b = call->parameters[0];
    gemm.c = call->input_gradients[0];
    nni_gemm(call->context, call->kernels, &gemm,
             dense_products_scratch(dense, call, &sizes));
}

void nni_dense_gradient(const struct nni_dense_layer *dense, const struct nni_call *call,
                        float *dz, int64_t count)
{
    const float *kept = nni_activation_keeps_input(dense->activation)
                            ? call->saved
                            : (const float *)call->output;
    nni_activation_gradient(call, dense->activation,
                            nni_activation_alpha(dense->activation, dense->alpha), kept,
                            call->output_gradient, dz, count, dense->units);
}

/* dz, which is returned, dW unless it is late, and db. */
static const float *dense_products_backward(const struct nni_dense_layer *dense,
                                            const struct nni_call *call, float *own)
{
    const struct dense_sizes sizes = dense_sizes_of(dense, &call->input_shapes[0]);
    const float *dz = call->output_gradient;
    if (dense->activation != NN_LINEAR) {
        nni_dense_gradient(dense, call, own, sizes.lead * sizes.outputs);
        dz = own;
    }
    if (call->parameter_gradients[0] != NULL && !call->late) {
        dense_weight_gradient(call, &sizes, dz, NULL,
                              dense_products_scratch(dense, call, &sizes));
    }
    if (dense->bias && call->parameter_gradients[1] != NULL) {
        dense_bias_gradient(call, &sizes, dz);
    }
    return dz;
}

static void dense_backward(const nn_layer *layer, struct nni_call *call)
{
    const struct nni_dense_layer *dense = (const struct nni_dense_layer *)layer;
    const int is_row = nni_dense_is_row(dense, call);
    float *own = call->late ? call->delta : call->scratch;
    const float *dz = is_row ? nni_dense_row_backward(dense, call, own)
                             : dense_products_backward(dense, call, own);
    if (call->input_gradients[0] != NULL && !(is_row && dense->units == 1)) {
        dense_input_gradient(dense, call, dz);
    }
}

/* ---- the gradient of W after all of backward ---- */

static const float *dense_kept_dz(const struct nni_dense_layer *dense,
                                  const struct nni_call *call)
{
    return dense->activation == NN_LINEAR ? call->output_gradient : call->delta;
}

static void dense_late(const nn_layer *layer, const struct nni_call *call,
                       const struct nni_update *update)
{
    const struct nni_dense_layer *dense = (const struct nni_dense_layer *)layer;
    const struct dense_sizes sizes = dense_sizes_of(dense, &call->input_shapes[0]);
    dense_weight_gradient(call, &sizes, dense_kept_dz(dense, call), update,
                          call->scratch);
}

static int dense_late_fits(const nn_layer *layer, const struct nni_call *call)
{
    const struct nni_dense_layer *dense = (const struct nni_dense_layer *)layer;
    const struct dense_sizes sizes = dense_sizes_of(dense, &call->input_shapes[0]);
    return nni_gemm_can_update(call->rows * sizes.lead);
}

/* A sum of m products is at most m max|x| max|dz|, that of m dz, the bias's gradient, at
 * most m max|dz|; rounding makes it larger by less than (1 + 2^-24)^m, which m, as small as
 * it is here, keeps far below the distance of this limit to the largest float. */
static const double dense_safe_sum = 1e37;

static int dense_late_is_finite(const nn_layer *layer, const struct nni_call *call)
{
    const struct nni_dense_layer *dense = (const struct nni_dense_layer *)layer;
    const struct dense_sizes sizes = dense_sizes_of(dense, &call->input_shapes[0]);
    const int64_t m = call->rows * sizes.lead;
    const double x = (double)nni_magnitude_long(call->context, call->kernels,
                                                call->inputs[0], m * sizes.inputs);
    const double dz = (double)nni_magnitude_long(
        call->context, call->kernels, dense_kept_dz(dense, call), m * sizes.outputs);
    return (double)m * dz < dense_safe_sum && (double)m * x * dz < dense_safe_sum;
}

const struct nni_layer_type nni_layer_dense = {
    .id = 2,
    .name = "dense",
    .size = sizeof(struct nni_dense_layer),
    .options = dense_options,
    .option_count = NNI_COUNT(dense_options),
    .min_inputs = 1,
    .max_inputs = 1,
    .parameters = dense_parameters,
    .infer = dense_infer,
    .scratch = dense_scratch,
    .forward = dense_forward,
    .backward = dense_backward,
    .late = dense_late,
    .late_fits = dense_late_fits,
    .late_is_finite = dense_late_is_finite,
};

nn_layer *nn_dense(nn_context *context, int64_t units, int32_t activation)
{
    nn_layer *layer = nni_layer_new(context, &nni_layer_dense);
    nn_status status = nn_layer_set_int(layer, "units", units);
    if (status == NN_OK) {
        status = nn_layer_set_int(layer, "activation", activation);
    }
    return nni_layer_finish(layer, status);
}
