/* nn/layer.h - layers: what a network is made of.
 *
 * A creator returns a layer that belongs to nobody yet; nn_model_add and nn_model_apply
 * (model.h) take it over, also when they fail, and it lives as long as the model. A layer
 * that was never given to a model is destroyed with nn_layer_destroy. Options are set
 * before the layer is applied, but for nn_layer_set_trainable and
 * nn_layer_set_rate_multiplier, which trainers created later heed.
 *
 * Shapes here are those of one sample: the batch dimension in front is never written.
 * Images are (height, width, channels). Everything computes in float32.
 *
 * Creators return NULL on failure: NN_ERROR_ARGUMENT (the text names layer, option,
 * range and value), NN_ERROR_SIZE, NN_ERROR_MEMORY. A NULL layer may be passed on: the
 * model then remembers that first error. */
#ifndef NN_LAYER_H
#define NN_LAYER_H

#include <nn/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_layer nn_layer;

/* Activations: y = g(z), element by element but for the last two. The numbers are
 * permanent; nn_activation_name gives the names. */
enum {
    NN_LINEAR = 0,      /* z */
    NN_SIGMOID = 1,     /* 1 / (1 + exp(-z)) */
    NN_TANH = 2,        /* (exp(z) - exp(-z)) / (exp(z) + exp(-z)) */
    NN_RELU = 3,        /* max(0, z) */
    NN_LEAKY_RELU = 4,  /* z > 0 ? z : alpha z; alpha = 0.01 */
    NN_ELU = 5,         /* z > 0 ? z : alpha (exp(z) - 1); alpha = 1 (Clevert 2015) */
    NN_SELU = 6,        /* scaled elu with fixed constants (Klambauer 2017) */
    NN_GELU = 7,        /* z (1 + erf(z / sqrt 2)) / 2 (Hendrycks 2016) */
    NN_SILU = 8,        /* z sigmoid(z), also called swish */
    NN_SOFTPLUS = 9,    /* log(1 + exp(z)) */
    NN_SOFTMAX = 10,    /* exp(z_j) / sum_k exp(z_k) over the last dimension */
    NN_LOG_SOFTMAX = 11 /* its logarithm */
};

/* How weights start. I is the fan-in, O the fan-out of the layer. */
enum {
    NN_INIT_DEFAULT = 0, /* He uniform for relu, leaky relu, elu, gelu, silu; LeCun normal
                            for selu; Glorot uniform otherwise */
    NN_INIT_CONSTANT = 1,       /* value */
    NN_INIT_NORMAL = 2,         /* N(0, value^2), the lecture's */
    NN_INIT_UNIFORM = 3,        /* U(-value, value) */
    NN_INIT_GLOROT_NORMAL = 4,  /* N(0, 2 / (I + O)) (Glorot 2010) */
    NN_INIT_GLOROT_UNIFORM = 5, /* U(-a, a), a = sqrt(6 / (I + O)) */
    NN_INIT_HE_NORMAL = 6,      /* N(0, 2 / I) (He 2015) */
    NN_INIT_HE_UNIFORM = 7,     /* U(-a, a), a = sqrt(6 / I) */
    NN_INIT_LECUN_NORMAL = 8,   /* N(0, 1 / I) (LeCun 1998) */
    NN_INIT_LECUN_UNIFORM = 9   /* U(-a, a), a = sqrt(3 / I) */
};

/* ---- the layers ---- */

/* The input of a network: vectors of `features` (>= 1) floats. */
NN_API nn_layer *nn_input(nn_context *context, int64_t features);

/* An input of any dtype and shape (rank 0 ... 7). Integers reach floats through
 * nn_rescale. */
NN_API nn_layer *nn_input_shaped(nn_context *context, int32_t dtype, const int64_t *shape,
                                 int32_t rank);

/* A fully connected layer, y = g(x W + b): x (..., I), W (I, units), b (units),
 * y (..., units). Parameters "weight" and "bias" (zeros at first). Options: "bias" (0 for
 * none), "alpha"; nn_layer_set_initializer. units >= 1. */
NN_API nn_layer *nn_dense(nn_context *context, int64_t units, int32_t activation);

/* An activation on its own. Option "alpha": at least 0, or -1, the default, for the usual
 * one of leaky relu (0.01) and elu (1). */
NN_API nn_layer *nn_activation(nn_context *context, int32_t activation);

/* In training sets each element to 0 with probability rate and multiplies the others
 * by 1 / (1 - rate) (inverted dropout, Srivastava 2014; the lecture's rate is 0.5);
 * otherwise does nothing. 0 <= rate < 1. The mask is a function of seed, step, node
 * and element. */
NN_API nn_layer *nn_dropout(nn_context *context, double rate);

/* y = scale x + offset, from uint8, int32, int64 or float32 to float32. Pixels to 0
 * ... 1: nn_rescale(NULL, 1.0 / 255, 0). */
NN_API nn_layer *nn_rescale(nn_context *context, double scale, double offset);

/* y = (x - mean) / deviation, element by element, to float32. mean and deviation have
 * `count` numbers, which is 1 or the sample's element count; deviations are positive.
 * They are copied and belong to the model's file. */
NN_API nn_layer *nn_standardize(nn_context *context, const float *mean,
                                const float *deviation, int64_t count);

/* To one dimension: (a, b, c) to (a b c). */
NN_API nn_layer *nn_flatten(nn_context *context);

/* To another shape of equally many elements. */
NN_API nn_layer *nn_reshape(nn_context *context, const int64_t *shape, int32_t rank);

/* The sum of two or more inputs of the same shape. */
NN_API nn_layer *nn_add(nn_context *context);

/* The product of two or more inputs of the same shape, element by element. */
NN_API nn_layer *nn_multiply(nn_context *context);

/* The inputs one after the other along an axis of the sample (negative ones count from
 * the end; the batch is not an axis). The other dimensions agree. */
NN_API nn_layer *nn_concat(nn_context *context, int32_t axis);

/* Elements start ... start + count - 1 along an axis. */
NN_API nn_layer *nn_slice(nn_context *context, int32_t axis, int64_t start,
                          int64_t count);

/* The matrix product of two inputs, sample by sample: op(a) (M, K), op(b) (K, N), where
 * op transposes if its flag is not 0. */
NN_API nn_layer *nn_matmul(nn_context *context, int32_t transpose_a, int32_t transpose_b);

/* The sum over one axis of the sample, or over the whole sample (NN_ALL, giving shape
 * ()). */
NN_API nn_layer *nn_sum(nn_context *context, int32_t axis);

/* The mean over one axis of the sample, or over the whole sample. */
NN_API nn_layer *nn_mean(nn_context *context, int32_t axis);

/* Creates a layer by its name ("input", "dense", "activation", "dropout", "rescale",
 * "standardize", "flatten", "reshape", "add", "multiply", "concat", "slice", "matmul",
 * "sum", "mean") with its default options. NN_ERROR_NAME lists the names. */
NN_API nn_layer *nn_layer_create(nn_context *context, const char *kind);

/* Destroys a layer that no model took. NULL is accepted, and so is a layer that
 * belongs to a model: it stays with it. */
NN_API void nn_layer_destroy(nn_layer *layer);

/* ---- options ---- */

/* Sets an option by its name. All five return NN_ERROR_NAME (the text lists the layer's
 * options), NN_ERROR_ARGUMENT (range and value) or NN_ERROR_STATE (already applied).
 *
 *   input        dtype "float32", shape [features]
 *   dense        units, activation, bias, alpha
 *   activation   activation, alpha
 *   dropout      rate
 *   rescale      scale, offset
 *   standardize  mean [...], deviation [...]
 *   reshape      shape [...]
 *   concat, sum, mean  axis
 *   slice        axis, start, count
 *   matmul       transpose_a, transpose_b */
NN_API nn_status nn_layer_set_int(nn_layer *layer, const char *option, int64_t value);
/* For numbers that need not be whole. */
NN_API nn_status nn_layer_set_float(nn_layer *layer, const char *option, double value);
/* For the options that are a choice, by the choice's name: "relu", "uint8". */
NN_API nn_status nn_layer_set_text(nn_layer *layer, const char *option,
                                   const char *value);
/* For shapes (at most NN_MAX_RANK - 1 numbers). */
NN_API nn_status nn_layer_set_ints(nn_layer *layer, const char *option,
                                   const int64_t *values, int64_t count);
/* For the numbers of standardize; copied. */
NN_API nn_status nn_layer_set_floats(nn_layer *layer, const char *option,
                                     const float *values, int64_t count);

/* The value of a numeric option or a choice. *value is 0 on failure. */
NN_API nn_status nn_layer_option(const nn_layer *layer, const char *option,
                                 double *value);

/* Names the layer (1 ... 63 characters: letters, digits, '_', '-'); parameters are named
 * after it: "hidden.weight". Without a name the model gives one: "dense_1". Names are
 * unique in a model. */
NN_API nn_status nn_layer_set_name(nn_layer *layer, const char *name);

/* The layer's name; "" before the model has given it one; NULL for NULL. */
NN_API const char *nn_layer_name(const nn_layer *layer);

/* The kind: "dense", ...; a custom layer's own name. NULL for NULL. */
NN_API const char *nn_layer_kind(const nn_layer *layer);

/* How a parameter of the layer starts; parameter is "weight" or "bias". value is the
 * constant, sigma or bound of the initialisers that take one and ignored otherwise. */
NN_API nn_status nn_layer_set_initializer(nn_layer *layer, const char *parameter,
                                          int32_t initializer, double value);

/* 0 freezes the layer's parameters: trainers created later leave them as they are. */
NN_API nn_status nn_layer_set_trainable(nn_layer *layer, int32_t trainable);

/* Multiplies the learning rate for this layer's parameters (>= 0; default 1) in trainers
 * created later. */
NN_API nn_status nn_layer_set_rate_multiplier(nn_layer *layer, double multiplier);

/* "relu", ..., or NULL for a number that is none. Static. */
NN_API const char *nn_activation_name(int32_t activation);

/* "glorot_uniform", ..., or NULL. Static. */
NN_API const char *nn_initializer_name(int32_t initializer);

/* ---- layers of your own ---- */

/* What a custom layer's callbacks work on. Valid during the callback; its functions below
 * are the only library functions a callback may call. */
typedef struct nn_call nn_call;

enum { NN_CUSTOM_NEEDS_INPUT = 1, NN_CUSTOM_NEEDS_OUTPUT = 2 };

/* A layer by callbacks. All return 0; another value ends the call that led to it with
 * NN_ERROR_CALLBACK. infer looks at the inputs' shapes and says the output's
 * (nn_call_set_output), parameters (nn_call_add_parameter) and what backward will read
 * (nn_call_set_needs). forward fills nn_call_output for nn_call_rows samples. backward
 * fills each nn_call_input_gradient that is not NULL, and adds to each
 * nn_call_parameter_gradient that is not NULL. backward may be NULL for a layer that
 * passes no gradient. destroy (may be NULL) is called once with user when the layer
 * goes. */
typedef struct nn_custom_layer {
    uint32_t struct_size; /* sizeof(nn_custom_layer) */
    const char *name;     /* the kind's name, as for nn_layer_set_name; copied */
    int32_t (*infer)(void *user, nn_call *call);
    int32_t (*forward)(void *user, nn_call *call);
    int32_t (*backward)(void *user, nn_call *call);
    void (*destroy)(void *user);
    void *user;
} nn_custom_layer;

/* Creates a layer from callbacks (the struct is copied). On failure destroy is called,
 * unless struct_size is wrong (NN_ERROR_ARGUMENT). A model that runs in several
 * sessions at once calls forward from several threads. */
NN_API nn_layer *nn_custom(nn_context *context, const nn_custom_layer *custom);

/* The number of inputs. */
NN_API int32_t nn_call_input_count(const nn_call *call);

/* The shape of one sample of an input; *rank may be NULL. NULL where there is no such
 * input. */
NN_API const int64_t *nn_call_input_shape(const nn_call *call, int32_t input,
                                          int32_t *rank);

/* In infer: the shape of one sample of the output (rank 0 ... 7). */
NN_API nn_status nn_call_set_output(nn_call *call, const int64_t *shape, int32_t rank);

/* In infer: declares the next parameter (at most 4). fan_in and fan_out (>= 1) scale the
 * initialiser. name as for nn_layer_set_name; copied. */
NN_API nn_status nn_call_add_parameter(nn_call *call, const char *name,
                                       const int64_t *shape, int32_t rank, int64_t fan_in,
                                       int64_t fan_out, int32_t initializer,
                                       double value);

/* In infer: what backward reads, a sum of NN_CUSTOM_NEEDS_...; by default both. */
NN_API nn_status nn_call_set_needs(nn_call *call, int32_t needs);

/* In forward and backward: the number of samples. */
NN_API int64_t nn_call_rows(const nn_call *call);

/* In forward: 1 while training, 0 otherwise. */
NN_API int32_t nn_call_training(const nn_call *call);

/* The values of an input, (rows, shape) floats; in backward only where declared. NULL
 * where there is none. */
NN_API const float *nn_call_input(const nn_call *call, int32_t input);

/* The output, (rows, shape): written in forward; in backward, where declared, read. */
NN_API float *nn_call_output(nn_call *call);

/* A parameter, in the order of declaration. */
NN_API const float *nn_call_parameter(const nn_call *call, int32_t parameter);

/* In backward: the gradient with respect to the output. */
NN_API const float *nn_call_output_gradient(const nn_call *call);

/* In backward: where the gradient with respect to an input goes; NULL where nobody
 * asks. */
NN_API float *nn_call_input_gradient(nn_call *call, int32_t input);

/* In backward: the gradient of a parameter, to add to; NULL where it is frozen. */
NN_API float *nn_call_parameter_gradient(nn_call *call, int32_t parameter);

#ifdef __cplusplus
}
#endif

#endif
