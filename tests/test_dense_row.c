/* The kernels for one sample through a small dense layer, against chains written as loops, to
 * the bit, in every table; and that nothing beyond the room they are given is written. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/block_sizes.h"
#include "kernels/kernels.h"
#include "support/bits.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 16 };

static const int64_t inputs_tried[] = {1, 2, 3, 8, 15, 16, 17, 33, NNI_DENSE_ROW_INPUTS};
static const int64_t outputs_tried[] = {1, 2, 5, 8, 10, 15, 16, 17, 24, 31, 32};

static int64_t in_vectors(int64_t count)
{
    return (count + NNI_LANES - 1) / NNI_LANES * NNI_LANES;
}

/* `count` numbers, and room for whole vectors and a guard behind them. The memory ends there,
 * so that a sanitizer sees what goes further. */
static float *floats(int64_t count, uint32_t salt)
{
    float *values = malloc((size_t)(in_vectors(count) + GUARD) * sizeof(float));
    assert_non_null(values);
    mixed_floats(values, in_vectors(count) + GUARD, salt);
    return values;
}

struct layer {
    int64_t inputs, outputs;
    int relu, accumulate;
    float *x, *w, *b, *y, *dy, *dz, *dw, *db, *dx;
};

static struct layer layer_of(int64_t inputs, int64_t outputs)
{
    const struct layer layer = {inputs,
                                outputs,
                                0,
                                0,
                                floats(inputs, 1),
                                floats(inputs * outputs, 2),
                                floats(outputs, 3),
                                floats(outputs, 4),
                                floats(outputs, 5),
                                floats(outputs, 6),
                                floats(inputs * outputs, 7),
                                floats(outputs, 8),
                                floats(inputs, 9)};
    return layer;
}

static void discard(struct layer *layer)
{
    float *all[] = {layer->x,  layer->w,  layer->b,  layer->y, layer->dy,
                    layer->dz, layer->dw, layer->db, layer->dx};
    for (int32_t i = 0; i < NNI_COUNT(all); i++) {
        free(all[i]);
    }
}

static void forward_by_loops(const struct layer *l, const float *bias, float *y)
{
    for (int64_t j = 0; j < l->outputs; j++) {
        float sum = bias == NULL ? 0.0f : bias[j];
        for (int64_t p = 0; p < l->inputs; p++) {
            sum = fmaf(l->x[p], l->w[p * l->outputs + j], sum);
        }
        y[j] = l->relu && 0.0f > sum ? 0.0f : sum;
    }
}

static void check_forward(const struct nni_kernels *kernels, struct layer *l,
                          const float *bias)
{
    const int64_t room = in_vectors(l->outputs);
    float *expected = floats(l->outputs, 4), *y = floats(l->outputs, 4);
    forward_by_loops(l, bias, expected);
    kernels->dense_row_forward(l->x, l->inputs, l->w, bias, l->outputs, l->relu, y);
    assert_same_bits(expected, y, l->outputs);
    assert_same_bits(expected + room, y + room, GUARD);
    free(expected);
    free(y);
}

static void backward_by_loops(const struct layer *l)
{
    for (int64_t j = 0; j < l->outputs; j++) {
        l->dz[j] = l->relu && !(l->y[j] > 0.0f) ? 0.0f : l->dy[j];
        l->db[j] = (l->accumulate ? l->db[j] : 0.0f) + l->dz[j];
        for (int64_t p = 0; p < l->inputs; p++) {
            float *dw = &l->dw[p * l->outputs + j];
            *dw = fmaf(l->x[p], l->dz[j], l->accumulate ? *dw : 0.0f);
        }
    }
    for (int64_t p = 0; l->outputs == 1 && p < l->inputs; p++) {
        l->dx[p] = fmaf(l->dz[0], l->w[p], 0.0f);
    }
}

/* which: a bit for each of the gradients that are asked for. */
static void check_backward(const struct nni_kernels *kernels, const struct layer *l,
                           unsigned which)
{
    struct layer expected = layer_of(l->inputs, l->outputs);
    struct layer got = layer_of(l->inputs, l->outputs);
    expected.relu = got.relu = l->relu;
    expected.accumulate = got.accumulate = l->accumulate;
    backward_by_loops(&expected);
    const struct nni_dense_row row = {
        .inputs = l->inputs,
        .outputs = l->outputs,
        .x = got.x,
        .weight = got.w,
        .y = got.y,
        .relu = l->relu,
        .accumulate = l->accumulate,
        .dy = got.dy,
        .dz = got.dz,
        .weight_gradient = which & 1 ? got.dw : NULL,
        .bias_gradient = which & 2 ? got.db : NULL,
        .input_gradient = which & 4 && l->outputs == 1 ? got.dx : NULL,
    };
    kernels->dense_row_backward(&row);
    const struct layer untouched = layer_of(l->inputs, l->outputs);
    const int64_t weights = l->inputs * l->outputs;
    const int64_t count[] = {weights, l->outputs, l->inputs, l->outputs};
    const int asked[] = {row.weight_gradient != NULL, row.bias_gradient != NULL,
                         row.input_gradient != NULL, l->relu};
    const float *right[] = {expected.dw, expected.db, expected.dx, expected.dz};
    const float *as_it_was[] = {untouched.dw, untouched.db, untouched.dx, untouched.dz};
    const float *is[] = {got.dw, got.db, got.dx, got.dz};
    for (int32_t i = 0; i < NNI_COUNT(asked); i++) {
        const int64_t room = in_vectors(count[i]);
        assert_same_bits(asked[i] ? right[i] : as_it_was[i], is[i], count[i]);
        assert_same_bits(as_it_was[i] + room, is[i] + room, GUARD);
    }
    discard(&expected);
    discard(&got);
    struct layer all = untouched;
    discard(&all);
}

static void check_layer(const struct nni_kernels *kernels, struct layer *l)
{
    for (l->relu = 0; l->relu < 2; l->relu++) {
        check_forward(kernels, l, l->b);
        check_forward(kernels, l, NULL);
        for (l->accumulate = 0; l->accumulate < 2; l->accumulate++) {
            for (unsigned which = 0; which < 8; which++) {
                check_backward(kernels, l, which);
            }
        }
    }
}

static void all_tables_are_right(void **state)
{
    (void)state;
    int tables = 0;
    for (int32_t isa = NN_ISA_PORTABLE; isa <= NN_ISA_NEON; isa++) {
        const struct nni_kernels *kernels = nni_kernels_of_isa(isa);
        tables += kernels != NULL;
        for (int32_t i = 0; kernels != NULL && i < NNI_COUNT(inputs_tried); i++) {
            for (int32_t j = 0; j < NNI_COUNT(outputs_tried); j++) {
                struct layer layer = layer_of(inputs_tried[i], outputs_tried[j]);
                check_layer(kernels, &layer);
                discard(&layer);
            }
        }
    }
    assert_true(tables >= 1);
}

/* The slope of a relu is 0 where its output is NaN, as in the kernel for many samples. */
static void relu_of_nan_has_no_slope(void **state)
{
    (void)state;
    for (int32_t isa = NN_ISA_PORTABLE; isa <= NN_ISA_NEON; isa++) {
        const struct nni_kernels *kernels = nni_kernels_of_isa(isa);
        if (kernels == NULL) {
            continue;
        }
        float x[] = {1}, w[] = {1, 1, 1}, dy[] = {5, 6, 7};
        float y[NNI_LANES] = {NAN, 0, 2}, dz[NNI_LANES], many[3];
        const struct nni_dense_row row = {.inputs = 1,
                                          .outputs = 3,
                                          .x = x,
                                          .weight = w,
                                          .y = y,
                                          .relu = 1,
                                          .dy = dy,
                                          .dz = dz};
        kernels->dense_row_backward(&row);
        kernels->activation_backward(NN_RELU, 1, y, dy, many, 3);
        const float expected[] = {0, 0, 7};
        assert_same_bits(expected, dz, 3);
        assert_same_bits(many, dz, 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_tables_are_right),
        cmocka_unit_test(relu_of_nan_has_no_slope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
