/* infer, kind by kind: output shapes, parameters, needs, and the sentences that refuse. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <nn/layer.h>

#include "layers/layer.h"

#include <string.h>

static void assert_says(const char *part)
{
    if (strstr(nn_last_error(), part) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", part, nn_last_error());
    }
}

static void assert_number(double got, double expected)
{
    if (got != expected) {
        fail_msg("%g is not %g", got, expected);
    }
}

static void assert_refused(nn_status got, nn_status expected, const char *part)
{
    assert_int_equal(got, expected);
    assert_int_equal(nn_last_status(), expected);
    assert_says(part);
}

static struct nni_shape shape_of(int32_t dtype, int32_t rank, int64_t a, int64_t b,
                                 int64_t c)
{
    const int64_t dim[3] = {a, b, c};
    struct nni_shape shape;
    assert_int_equal(nni_shape_make("test", dtype, dim, rank, 7, 1, &shape), NN_OK);
    return shape;
}

static struct nni_shape floats_of(int32_t rank, int64_t a, int64_t b, int64_t c)
{
    return shape_of(NN_FLOAT32, rank, a, b, c);
}

/* infer of up to three inputs; takes the layer over, named so that texts are whole. */
static nn_status infer_of(nn_layer *layer, int32_t count, const struct nni_shape *inputs,
                          struct nni_infer *infer)
{
    memset(infer, 0, sizeof *infer);
    infer->input_count = count;
    infer->inputs = inputs;
    assert_non_null(layer);
    assert_int_equal(nn_layer_set_name(layer, "x"), NN_OK);
    const nn_status status = layer->type->infer(layer, infer);
    nn_layer_destroy(layer);
    return status;
}

static void assert_infer_refused(nn_layer *layer, int32_t count,
                                 const struct nni_shape *inputs, nn_status expected,
                                 const char *part)
{
    struct nni_infer infer;
    assert_refused(infer_of(layer, count, inputs, &infer), expected, part);
}

static void assert_infers(nn_layer *layer, int32_t count, const struct nni_shape *inputs,
                          const char *text)
{
    struct nni_infer infer;
    assert_int_equal(infer_of(layer, count, inputs, &infer), NN_OK);
    assert_string_equal(nni_shape_text(&infer.output).text, text);
    assert_int_equal(infer.output.dtype, NN_FLOAT32);
}

/* Sets one option of a layer made by name. */
static nn_layer *with_number(nn_layer *layer, const char *option, double value)
{
    assert_int_equal(nn_layer_set_float(layer, option, value), NN_OK);
    return layer;
}

/* ---- infer ---- */

static void infer_says_the_output_shape(void **state)
{
    (void)state;
    const struct nni_shape image = floats_of(3, 2, 3, 4);
    const struct nni_shape two[2] = {floats_of(2, 3, 4, 0), floats_of(2, 3, 4, 0)};
    const struct nni_shape pair[2] = {floats_of(2, 3, 4, 0), floats_of(2, 4, 5, 0)};
    const struct nni_shape number = floats_of(0, 0, 0, 0);
    const int64_t shape[2] = {4, 6};
    assert_infers(nn_dense(NULL, 7, NN_RELU), 1, &image, "(2, 3, 7)");
    assert_infers(nn_activation(NULL, NN_SOFTMAX), 1, &image, "(2, 3, 4)");
    assert_infers(nn_activation(NULL, NN_RELU), 1, &number, "()");
    assert_infers(nn_dropout(NULL, 0.5), 1, &image, "(2, 3, 4)");
    assert_infers(nn_rescale(NULL, 1, 0), 1, &image, "(2, 3, 4)");
    assert_infers(nn_flatten(NULL), 1, &image, "(24)");
    assert_infers(nn_flatten(NULL), 1, &number, "(1)");
    assert_infers(nn_reshape(NULL, shape, 2), 1, &image, "(4, 6)");
    assert_infers(nn_reshape(NULL, NULL, 0), 1, &number, "()");
    assert_infers(nn_add(NULL), 2, two, "(3, 4)");
    assert_infers(nn_multiply(NULL), 2, two, "(3, 4)");
    assert_infers(nn_concat(NULL, 0), 2, two, "(6, 4)");
    assert_infers(nn_concat(NULL, -1), 2, two, "(3, 8)");
    assert_infers(nn_slice(NULL, 1, 1, 2), 1, &image, "(2, 2, 4)");
    assert_infers(nn_matmul(NULL, 0, 0), 2, pair, "(3, 5)");
    assert_infers(nn_matmul(NULL, 0, 1), 2, two, "(3, 3)");
    assert_infers(nn_matmul(NULL, 1, 0), 2, two, "(4, 4)");
    assert_infers(nn_sum(NULL, 1), 1, &image, "(2, 4)");
    assert_infers(nn_sum(NULL, -3), 1, &image, "(3, 4)");
    assert_infers(nn_mean(NULL, NN_ALL), 1, &image, "()");
}

static void infer_refuses_integers_where_floats_are_needed(void **state)
{
    (void)state;
    const struct nni_shape bytes[2] = {shape_of(NN_UINT8, 2, 2, 2, 0),
                                       shape_of(NN_UINT8, 2, 2, 2, 0)};
    const nn_status dtype = NN_ERROR_DTYPE;
    assert_infer_refused(nn_dense(NULL, 2, NN_RELU), 1, bytes, dtype,
                         "dense 'x': input 0 is uint8, expected float32");
    assert_infer_refused(nn_activation(NULL, NN_RELU), 1, bytes, dtype, "uint8");
    assert_infer_refused(nn_dropout(NULL, 0.5), 1, bytes, dtype, "uint8");
    assert_infer_refused(nn_add(NULL), 2, bytes, dtype, "uint8");
    assert_infer_refused(nn_multiply(NULL), 2, bytes, dtype, "uint8");
    assert_infer_refused(nn_concat(NULL, 0), 2, bytes, dtype, "uint8");
    assert_infer_refused(nn_slice(NULL, 0, 0, 1), 1, bytes, dtype, "uint8");
    assert_infer_refused(nn_matmul(NULL, 0, 0), 2, bytes, dtype, "uint8");
    assert_infer_refused(nn_sum(NULL, 0), 1, bytes, dtype, "uint8");
    assert_infer_refused(nn_mean(NULL, 0), 1, bytes, dtype, "uint8");
}

static void integers_pass_no_gradient_and_keep_their_type_in_reshape(void **state)
{
    (void)state;
    const struct nni_shape bytes = shape_of(NN_INT32, 2, 2, 3, 0);
    const int64_t six = 6;
    struct nni_infer infer;
    assert_int_equal(infer_of(nn_flatten(NULL), 1, &bytes, &infer), NN_OK);
    assert_int_equal(infer.output.dtype, NN_INT32);
    assert_true(infer.needs & NNI_NO_GRADIENT);
    assert_int_equal(infer_of(nn_reshape(NULL, &six, 1), 1, &bytes, &infer), NN_OK);
    assert_int_equal(infer.output.dtype, NN_INT32);
    assert_true(infer.needs & NNI_NO_GRADIENT);
    assert_int_equal(infer_of(nn_rescale(NULL, 1, 0), 1, &bytes, &infer), NN_OK);
    assert_int_equal(infer.output.dtype, NN_FLOAT32);
    assert_int_equal(infer.needs, NNI_NO_GRADIENT);
    const float one = 1;
    assert_int_equal(infer_of(nn_standardize(NULL, &one, &one, 1), 1, &bytes, &infer),
                     NN_OK);
    assert_int_equal(infer.output.dtype, NN_FLOAT32);
    assert_int_equal(infer.needs, NNI_NO_GRADIENT);
}

static void infer_refuses_shapes_that_do_not_fit(void **state)
{
    (void)state;
    const struct nni_shape number = floats_of(0, 0, 0, 0);
    const struct nni_shape three[3] = {floats_of(2, 3, 4, 0), floats_of(2, 3, 2, 0),
                                       floats_of(2, 5, 4, 0)};
    const struct nni_shape ranks[2] = {floats_of(2, 3, 4, 0), floats_of(1, 3, 0, 0)};
    const int64_t five = 5;
    const float two[2] = {1, 2};
    assert_infer_refused(nn_dense(NULL, 2, NN_RELU), 1, &number, NN_ERROR_RANK, "()");
    assert_infer_refused(nn_activation(NULL, NN_SOFTMAX), 1, &number, NN_ERROR_RANK,
                         "softmax");
    assert_infer_refused(nn_add(NULL), 3, three, NN_ERROR_SHAPE,
                         "add 'x': inputs 0 and 1 differ: (3, 4) and (3, 2)");
    assert_infer_refused(nn_multiply(NULL), 2, ranks, NN_ERROR_SHAPE, "(3, 4) and (3)");
    assert_infer_refused(
        nn_concat(NULL, 1), 3, three, NN_ERROR_SHAPE,
        "concat 'x': inputs 0 and 2 differ outside axis 1: (3, 4) and (5, 4)");
    assert_infer_refused(nn_concat(NULL, 1), 2, ranks, NN_ERROR_SHAPE, "(3, 4) and (3)");
    assert_infer_refused(nn_concat(NULL, 2), 2, three, NN_ERROR_ARGUMENT, "axis");
    assert_infer_refused(nn_slice(NULL, 1, 3, 2), 1, three, NN_ERROR_SHAPE,
                         "slice 'x': elements 3 ... 4 along axis 1 of input (3, 4)");
    assert_infer_refused(nn_slice(NULL, 1, 5, 1), 1, three, NN_ERROR_SHAPE, "5 ... 5");
    assert_infer_refused(nn_slice(NULL, -3, 0, 1), 1, three, NN_ERROR_ARGUMENT, "axis");
    assert_infer_refused(nn_reshape(NULL, &five, 1), 1, three, NN_ERROR_SHAPE,
                         "input (3, 4) has 12 elements, shape (5) takes 5");
    assert_infer_refused(nn_matmul(NULL, 0, 0), 2, three, NN_ERROR_SHAPE,
                         "(3, 4) and (3, 2) do not fit: 4 columns, 3 rows");
    assert_infer_refused(nn_matmul(NULL, 0, 1), 2, three, NN_ERROR_SHAPE, "transposed");
    assert_infer_refused(nn_matmul(NULL, 0, 0), 2, ranks, NN_ERROR_RANK, "input 1");
    assert_infer_refused(nn_sum(NULL, 2), 1, three, NN_ERROR_ARGUMENT, "sum 'x'");
    assert_infer_refused(nn_mean(NULL, 0), 1, &number, NN_ERROR_ARGUMENT, "axis");
    assert_infer_refused(nn_standardize(NULL, two, two, 2), 1, three, NN_ERROR_SHAPE,
                         "2 means and 2 deviations, expected 1 or 12 of each");
}

static void infer_refuses_sizes_that_overflow(void **state)
{
    (void)state;
    const struct nni_shape wide = floats_of(1, INT64_C(1) << 40, 0, 0);
    const struct nni_shape tall[2] = {floats_of(2, INT64_C(1) << 32, 1, 0),
                                      floats_of(2, 1, INT64_C(1) << 32, 0)};
    assert_infer_refused(nn_dense(NULL, INT64_C(1) << 40, NN_RELU), 1, &wide,
                         NN_ERROR_SIZE, "bytes");
    assert_infer_refused(nn_matmul(NULL, 0, 0), 2, tall, NN_ERROR_SIZE, "bytes");
    assert_infer_refused(nn_slice(NULL, 0, INT64_C(1) << 52, INT64_C(1) << 53), 1, &wide,
                         NN_ERROR_SHAPE, "slice");
}

static void what_backward_needs_follows_the_activation(void **state)
{
    (void)state;
    const struct nni_shape four = floats_of(1, 4, 0, 0);
    struct nni_infer infer;
    infer_of(nn_dense(NULL, 3, NN_LINEAR), 1, &four, &infer);
    assert_int_equal(infer.needs, NNI_NEEDS_INPUT | NNI_LATE);
    assert_int_equal(infer.saved_per_sample, 0);
    infer_of(nn_dense(NULL, 3, NN_RELU), 1, &four, &infer);
    assert_int_equal(infer.needs,
                     NNI_NEEDS_INPUT | NNI_NEEDS_OUTPUT | NNI_LATE | NNI_OWN_DELTA);
    assert_int_equal(infer.saved_per_sample, 0);
    infer_of(nn_dense(NULL, 3, NN_GELU), 1, &four, &infer);
    assert_int_equal(infer.needs, NNI_NEEDS_INPUT | NNI_LATE | NNI_OWN_DELTA);
    assert_int_equal(infer.saved_per_sample, 3);
    infer_of(nn_activation(NULL, NN_SILU), 1, &four, &infer);
    assert_int_equal(infer.needs, NNI_NEEDS_INPUT | NNI_IN_PLACE);
    infer_of(nn_activation(NULL, NN_SOFTMAX), 1, &four, &infer);
    assert_int_equal(infer.needs, NNI_NEEDS_OUTPUT | NNI_IN_PLACE);
    infer_of(nn_activation(NULL, NN_LINEAR), 1, &four, &infer);
    assert_int_equal(infer.needs, NNI_IN_PLACE);
}

static void alpha_has_a_usual_value_and_no_other_negative_one(void **state)
{
    (void)state;
    assert_float_equal(nni_activation_alpha(NN_LEAKY_RELU, NNI_ALPHA_USUAL), 0.01f, 0);
    assert_float_equal(nni_activation_alpha(NN_ELU, NNI_ALPHA_USUAL), 1, 0);
    assert_float_equal(nni_activation_alpha(NN_LEAKY_RELU, 0.25), 0.25f, 0);
    const struct nni_shape four = floats_of(1, 4, 0, 0);
    assert_infer_refused(with_number(nn_activation(NULL, NN_ELU), "alpha", -0.5), 1,
                         &four, NN_ERROR_ARGUMENT, "alpha is -0.5");
    assert_infer_refused(with_number(nn_dense(NULL, 2, NN_ELU), "alpha", -0.5), 1, &four,
                         NN_ERROR_ARGUMENT, "dense 'x': alpha is -0.5");
}

static void dense_asks_for_the_initializers_it_was_given(void **state)
{
    (void)state;
    const struct nni_shape four = floats_of(1, 4, 0, 0);
    struct nni_infer infer;
    nn_layer *layer = nn_dense(NULL, 3, NN_RELU);
    assert_int_equal(nn_layer_set_initializer(layer, "bias", NN_INIT_CONSTANT, 0.1),
                     NN_OK);
    assert_int_equal(infer_of(layer, 1, &four, &infer), NN_OK);
    assert_int_equal(infer.parameter_count, 2);
    assert_string_equal(infer.parameters[0].name, "weight");
    assert_string_equal(nni_shape_text(&infer.parameters[0].shape).text, "(4, 3)");
    assert_int_equal(infer.parameters[0].fan_in, 4);
    assert_int_equal(infer.parameters[0].fan_out, 3);
    assert_int_equal(infer.parameters[0].initializer.kind, NN_INIT_HE_UNIFORM);
    assert_string_equal(infer.parameters[1].name, "bias");
    assert_string_equal(nni_shape_text(&infer.parameters[1].shape).text, "(3)");
    assert_int_equal(infer.parameters[1].initializer.kind, NN_INIT_CONSTANT);
    assert_number(infer.parameters[1].initializer.value, 0.1);

    layer = nn_dense(NULL, 3, NN_TANH);
    assert_int_equal(nn_layer_set_initializer(layer, "weight", NN_INIT_NORMAL, 0.2),
                     NN_OK);
    assert_int_equal(infer_of(layer, 1, &four, &infer), NN_OK);
    assert_int_equal(infer.parameters[0].initializer.kind, NN_INIT_NORMAL);
    assert_int_equal(infer.parameters[1].initializer.kind, NN_INIT_CONSTANT);
    assert_number(infer.parameters[1].initializer.value, 0);
}

static void lists_set_by_name_reach_infer(void **state)
{
    (void)state;
    const int64_t shape[2] = {2, 3};
    nn_layer *input = nn_layer_create(NULL, "input");
    assert_int_equal(nn_layer_set_ints(input, "shape", shape, 2), NN_OK);
    assert_infers(input, 0, NULL, "(2, 3)");
    const struct nni_shape six = floats_of(1, 6, 0, 0);
    nn_layer *reshape = nn_layer_create(NULL, "reshape");
    assert_int_equal(nn_layer_set_ints(reshape, "shape", shape, 2), NN_OK);
    assert_infers(reshape, 1, &six, "(2, 3)");
    const float one = 1;
    nn_layer *standardize = nn_layer_create(NULL, "standardize");
    assert_int_equal(nn_layer_set_floats(standardize, "mean", &one, 1), NN_OK);
    assert_int_equal(nn_layer_set_floats(standardize, "deviation", &one, 1), NN_OK);
    assert_infers(standardize, 1, &six, "(6)");
}

static void an_input_may_be_a_single_integer(void **state)
{
    (void)state;
    nn_layer *number = nn_input_shaped(NULL, NN_INT64, NULL, 0);
    struct nni_infer infer;
    assert_int_equal(infer_of(number, 0, NULL, &infer), NN_OK);
    assert_int_equal(infer.output.rank, 0);
    assert_int_equal(infer.output.dtype, NN_INT64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infer_says_the_output_shape),
        cmocka_unit_test(infer_refuses_integers_where_floats_are_needed),
        cmocka_unit_test(integers_pass_no_gradient_and_keep_their_type_in_reshape),
        cmocka_unit_test(infer_refuses_shapes_that_do_not_fit),
        cmocka_unit_test(infer_refuses_sizes_that_overflow),
        cmocka_unit_test(what_backward_needs_follows_the_activation),
        cmocka_unit_test(alpha_has_a_usual_value_and_no_other_negative_one),
        cmocka_unit_test(dense_asks_for_the_initializers_it_was_given),
        cmocka_unit_test(lists_set_by_name_reach_infer),
        cmocka_unit_test(an_input_may_be_a_single_integer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
