/* The interface between layers and the rest. A layer is one file with one
 * struct nni_layer_type and one line in layer_table.c. Its object begins with
 * struct nn_layer; the options follow as members, described by a table of nni_option. */
#ifndef NNI_LAYERS_LAYER_H
#define NNI_LAYERS_LAYER_H

#include "base/handle.h"
#include "base/options.h"
#include "base/shape.h"
#include "kernels/kernels.h"

#include <nn/layer.h>

enum {
    NNI_NAME_SIZE = 64,     /* a name and its 0 */
    NNI_PARAMETERS_MAX = 4, /* of one layer */
    NNI_INPUTS_MAX = 64,    /* of one node */
    NNI_SAMPLE_RANK_MAX = NN_MAX_RANK - 1
};

/* The largest whole number that an option holds: all up to it are exact as a double. */
#define NNI_WHOLE_MAX 9007199254740992.0

/* How a parameter starts: set by the user on the layer, or chosen by it. */
struct nni_initializer {
    int32_t kind; /* NN_INIT_... */
    double value;
};

/* One parameter as infer asks for it. */
struct nni_parameter_spec {
    char name[NNI_NAME_SIZE]; /* "weight" */
    struct nni_shape shape;
    int64_t fan_in, fan_out;
    struct nni_initializer initializer; /* NN_INIT_DEFAULT is resolved by infer */
};

/* What backward reads, and what the plan may do. */
enum {
    NNI_NEEDS_INPUT = 1,  /* backward reads the input values */
    NNI_NEEDS_OUTPUT = 2, /* backward reads the output values */
    NNI_IN_PLACE = 4,     /* output may be input 0's memory (when neither is needed) */
    NNI_NO_GRADIENT = 8,  /* passes no gradient to its inputs (integer input) */
    NNI_LATE = 16,        /* the type's late functions make the gradient of parameter 0 */
    NNI_OWN_DELTA = 32 /* for that, backward keeps another dz than its output gradient */
};

/* The answer to: these inputs, what output? */
struct nni_infer {
    /* given */
    int32_t input_count;
    const struct nni_shape *inputs; /* one sample each */
    /* told; zeroed before the call */
    struct nni_shape output;
    int32_t parameter_count;
    struct nni_parameter_spec parameters[NNI_PARAMETERS_MAX];
    uint32_t needs;           /* sum of the constants above */
    int64_t saved_per_sample; /* floats kept from forward to backward */
};

/* One execution of one node over `rows` samples. All pointers are aligned to 64 bytes but
 * for a batch's own memory. */
struct nni_call {
    const nn_context *context;
    const struct nni_kernels *kernels;
    int32_t training;
    int64_t rows;
    int32_t input_count;
    const struct nni_shape *input_shapes;
    const struct nni_shape *output_shape;
    const void *const *inputs;
    void *output;
    float *saved;  /* rows * saved_per_sample floats; NULL in inference */
    void *scratch; /* of at least the layer's scratch(...) bytes */
    const float *const *parameters;

    /* what a random layer's mask is a function of */
    uint64_t seed, step;
    uint32_t node;
    int64_t first_row; /* of these rows in the batch */
    int64_t batch_rows;

    const struct nni_infer *infer; /* the node's answer: custom layers look into it */

    /* backward only */
    const float *output_gradient;
    float *const *input_gradients;     /* to write; an entry is NULL where nobody asks */
    float *const *parameter_gradients; /* an entry is NULL where frozen */
    int32_t accumulate; /* parameter gradients go on from what is there, else from 0 */
    int32_t late;       /* backward leaves the gradient of parameter 0 to type->late */
    float *delta; /* where NNI_OWN_DELTA: dz, for type->late; may be output_gradient */

    int32_t failed; /* set by a custom layer whose callback returned non-zero */
};

struct nni_layer_type {
    uint32_t id;      /* permanent, never reused */
    const char *name; /* permanent: "dense" */
    size_t size;      /* of the object */
    const struct nni_option *options;
    int32_t option_count;
    int32_t min_inputs, max_inputs;
    /* Parameters whose initialiser can be set, in the order of nn_layer.initializers,
     * ended by NULL; NULL for none. */
    const char *const *parameters;

    /* Checks inputs (their number is right) and options and fills the answer. Messages begin with the layer's
     * kind and name (nni_layer_fail). May be called again for the same layer. */
    nn_status (*infer)(const nn_layer *layer, struct nni_infer *infer);
    /* Bytes of scratch for up to `rows` samples, in training (forward and backward) or
     * not; NULL for none. infer is the node's. That `rows` samples of all inputs and
     * of the output fit into memory has been checked before. */
    size_t (*scratch)(const nn_layer *layer, const struct nni_infer *infer,
                      const nn_context *context, const struct nni_kernels *kernels,
                      int64_t rows, int32_t training);
    void (*forward)(const nn_layer *layer, struct nni_call *call);
    void (*backward)(const nn_layer *layer, struct nni_call *call);
    /* What backward left out where call->late said so, from the inputs and dz as they were:
     * the gradient of parameter 0 into parameter_gradients[0], or, where update is not
     * NULL, the SGD update (kernels->update_sgd, the same bits) of the parameter by that
     * gradient, which is written nowhere then. Needed where infer says NNI_LATE. */
    void (*late)(const nn_layer *layer, const struct nni_call *call,
                 const struct nni_update *update);
    /* 1 where late updates as many rows as the call has without writing the gradient. */
    int (*late_fits)(const nn_layer *layer, const struct nni_call *call);
    /* 1 where no gradient of the layer's parameters can have overflown or be NaN: sure
     * from the sizes of what it is the product of, without the product itself. */
    int (*late_is_finite)(const nn_layer *layer, const struct nni_call *call);
    /* Frees what the object owns beside its options; NULL for nothing. */
    void (*release)(nn_layer *layer);
};

struct nn_layer {
    struct nni_handle handle;
    const struct nni_layer_type *type;
    char name[NNI_NAME_SIZE];
    const void *owner; /* the model it belongs to; NULL before */
    nn_layer *next;    /* in the owner's list */
    int32_t applied;   /* options are fixed */
    /* once applied, of the owner (model/layer_names.c) */
    int32_t first_node, given_number; /* in an automatic name, 0 in the user's own */
    nn_layer *next_in_bucket, *applied_before;
    int32_t frozen;
    double rate_multiplier;
    struct nni_initializer initializers[NNI_PARAMETERS_MAX]; /* "weight", "bias", ... */
};

enum { NNI_INITIALIZER_WEIGHT = 0, NNI_INITIALIZER_BIAS = 1 };

/* A new layer of a type with default options; NULL with the failure recorded. */
nn_layer *nni_layer_new(nn_context *context, const struct nni_layer_type *type);

/* Ends a typed creator: returns layer where status is NN_OK; otherwise destroys it and
 * returns NULL. layer may be NULL. */
nn_layer *nni_layer_finish(nn_layer *layer, nn_status status);

/* The layer's options, for nni_options_... */
struct nni_options nni_layer_options(const nn_layer *layer);

/* A copy of a layer with its options, name and settings, in the same context, without
 * an owner. A custom layer cannot be copied (NN_ERROR_STATE). NULL with the failure
 * recorded. */
nn_layer *nni_layer_clone(const nn_layer *layer);

/* nni_fail with "dense 'hidden': " (or "dense: ") before the text. */
nn_status nni_layer_fail(const nn_layer *layer, nn_status status, const char *format, ...)
    NNI_PRINTF(3, 4);

/* "dense 'hidden'", or "dense" before it has a name: who speaks in a message. */
enum { NNI_LAYER_TEXT_SIZE = 2 * NNI_NAME_SIZE + 8 };
struct nni_layer_text {
    char text[NNI_LAYER_TEXT_SIZE];
};
struct nni_layer_text nni_layer_text(const nn_layer *layer);

/* NN_ERROR_ARGUMENT, beginning with who, where a name is not 1 ... 63 characters of
 * letters, digits, '_' and '-'. */
nn_status nni_layer_check_name(const char *who, const char *name);

/* The name that a custom layer's program gave to its kind. */
const char *nni_custom_kind(const nn_layer *layer);

/* NN_ERROR_DTYPE where an input is not float32. */
nn_status nni_layer_expect_float(const nn_layer *layer, const struct nni_infer *infer);

/* NN_ERROR_SHAPE where an input's shape is not that of input 0. */
nn_status nni_layer_expect_same(const nn_layer *layer, const struct nni_infer *infer);

/* Fills *out with rank and dim as float32; messages begin with the layer's words. */
nn_status nni_layer_shape(const nn_layer *layer, const int64_t *dim, int32_t rank,
                          struct nni_shape *out);

/* The table of all kinds: entry `index`, or NULL past the end; by name, NULL where
 * none. */
const struct nni_layer_type *nni_layer_type_at(int32_t index);
const struct nni_layer_type *nni_layer_type_named(const char *name);

/* NN_INIT_DEFAULT resolved for an activation; other kinds as they are. */
struct nni_initializer nni_initializer_for(struct nni_initializer asked,
                                           int32_t activation);

/* NN_ERROR_ARGUMENT, beginning with who, where kind is no NN_INIT_... or value is none
 * that it takes. */
nn_status nni_initializer_check(const char *who, int32_t kind, double value);

/* The names of the activations, of dtypes, ended by NULL, for option tables. The dtype's
 * choice index is its number. */
extern const char *const nni_activation_names[];
extern const char *const nni_dtype_choices[];

/* 1 for softmax and log-softmax, which look at the whole last dimension. */
int nni_activation_by_rows(int32_t activation);

/* The option "alpha" is NNI_ALPHA_USUAL or at least 0: NN_ERROR_ARGUMENT otherwise. */
#define NNI_ALPHA_USUAL (-1.0)
nn_status nni_activation_check_alpha(const nn_layer *layer, double alpha);

/* alpha itself, or the activation's usual one: 0.01 for leaky relu, 1 otherwise. */
float nni_activation_alpha(int32_t activation, double alpha);

/* y = activation(z) and dz = dy activation' for `rows` samples of `count` floats, on the
 * context's threads; y may be z, dz may be dy. columns is the last dimension. kept is z
 * where nni_activation_keeps_input is 1, and y otherwise. */
void nni_activation_run(const struct nni_call *call, int32_t activation, float alpha,
                        const float *z, float *y, int64_t count, int64_t columns);
void nni_activation_gradient(const struct nni_call *call, int32_t activation, float alpha,
                             const float *kept, const float *dy, float *dz, int64_t count,
                             int64_t columns);

/* Copies bytes_per_sample bytes of each sample; nothing where both are the same
 * memory. */
void nni_layer_copy(const struct nni_call *call, const void *from, void *to,
                    int64_t bytes_per_sample);

/* out[i] = input[first + i], from any integer dtype, rounded to the nearest float. */
void nni_layer_ints_to_floats(int32_t dtype, const void *input, int64_t first,
                              int64_t count, float *out);

/* Runs body over sample ranges on the context's threads; cost is the approximate
 * number of simple operations a sample takes, so small work stays in the calling
 * thread. */
void nni_layer_rows(const struct nni_call *call, int64_t cost,
                    void (*body)(void *data, int32_t index, int64_t first, int64_t end),
                    void *data);

/* The types, one file each. */
extern const struct nni_layer_type nni_layer_input, nni_layer_dense, nni_layer_activation,
    nni_layer_dropout, nni_layer_rescale, nni_layer_standardize, nni_layer_flatten,
    nni_layer_reshape, nni_layer_add, nni_layer_multiply, nni_layer_concat,
    nni_layer_slice, nni_layer_matmul, nni_layer_sum, nni_layer_mean, nni_layer_custom;

#endif
