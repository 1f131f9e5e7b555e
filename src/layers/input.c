/* Input: where data enters a network. It computes nothing: the plan gives its node the
 * batch's own memory. */
#include "layers/layer.h"

struct input_layer {
    nn_layer base;
    int32_t dtype;
    struct nni_int_list shape;
};

/* Index is the dtype's number; 0 is none, and the option's range leaves it out. */
const char *const nni_dtype_choices[] = {"", "float32", "uint8", "int32", "int64", NULL};

static const struct nni_option input_options[] = {
    {"dtype", NNI_OPTION_CHOICE, offsetof(struct input_layer, dtype), NN_FLOAT32,
     NN_INT64, 0, 0, NN_FLOAT32, nni_dtype_choices},
    {"shape", NNI_OPTION_INTS, offsetof(struct input_layer, shape), 1, NNI_WHOLE_MAX, 0,
     0, 0, NULL},
};

static nn_status input_infer(const nn_layer *layer, struct nni_infer *infer)
{
    const struct input_layer *input = (const struct input_layer *)layer;
    infer->needs = NNI_NO_GRADIENT;
    return nni_shape_make(nni_layer_text(layer).text, input->dtype, input->shape.values,
                          input->shape.count, NNI_SAMPLE_RANK_MAX, 1, &infer->output);
}

const struct nni_layer_type nni_layer_input = {
    .id = 1,
    .name = "input",
    .size = sizeof(struct input_layer),
    .options = input_options,
    .option_count = NNI_COUNT(input_options),
    .infer = input_infer,
};

nn_layer *nn_input(nn_context *context, int64_t features)
{
    return nn_input_shaped(context, NN_FLOAT32, &features, 1);
}

nn_layer *nn_input_shaped(nn_context *context, int32_t dtype, const int64_t *shape,
                          int32_t rank)
{
    struct nni_shape checked;
    if (nni_shape_make("input", dtype, shape, rank, NNI_SAMPLE_RANK_MAX, 1, &checked) !=
        NN_OK) {
        return NULL;
    }
    nn_layer *layer = nni_layer_new(context, &nni_layer_input);
    nn_status status = nn_layer_set_int(layer, "dtype", dtype);
    if (status == NN_OK) {
        status = nn_layer_set_ints(layer, "shape", shape, rank);
    }
    return nni_layer_finish(layer, status);
}
