/* The kernels of the portable table against their definitions, but for the matrix product
 * (test_gemm.c), the random numbers (test_kernel_random.c) and the optimizers' passes
 * (test_kernel_updates.c). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "kernels/kernels.h"
#include "support/bits.h"

#include <math.h>
#include <string.h>

enum { LONGEST = 1000 };
static const int64_t lengths[] = {0,  1,  3,  7,   8,   15,  16,
                                  17, 31, 33, 255, 256, 257, LONGEST};

static const struct nni_kernels *portable(void)
{
    return nni_kernels_of_isa(NN_ISA_PORTABLE);
}

static double exact_activation(int32_t activation, double alpha, double z)
{
    const double scale = 1.05070098735548049342, selu_alpha = 1.67326324235437728481;
    switch (activation) {
    case NN_SIGMOID:
        return 1.0 / (1.0 + exp(-z));
    case NN_TANH:
        return tanh(z);
    case NN_RELU:
        return z > 0.0 ? z : 0.0;
    case NN_LEAKY_RELU:
        return z > 0.0 ? z : alpha * z;
    case NN_ELU:
        return z > 0.0 ? z : alpha * expm1(z);
    case NN_SELU:
        return scale * (z > 0.0 ? z : selu_alpha * expm1(z));
    case NN_GELU:
        return 0.5 * z * (1.0 + erf(z * sqrt(0.5)));
    case NN_SILU:
        return z / (1.0 + exp(-z));
    case NN_SOFTPLUS:
        return log1p(exp(-fabs(z))) + fmax(z, 0.0);
    default:
        return z;
    }
}

static void activations_are_what_they_are_called(void **state)
{
    (void)state;
    float z[LONGEST], y[LONGEST];
    mixed_floats(z, LONGEST, 1);
    for (int32_t a = NN_LINEAR; a <= NN_SOFTPLUS; a++) {
        portable()->activation_forward(a, 0.3f, z, y, LONGEST);
        for (int i = 0; i < LONGEST; i++) {
            double exact = exact_activation(a, (double)0.3f, (double)z[i]);
            /* gelu is a small difference on the left */
            assert_close((double)y[i], exact, a == NN_GELU ? 5e-7 : 0.0, 5e-7);
        }
    }
}

static void derivatives_are_those_of_the_activations(void **state)
{
    (void)state;
    float z[LONGEST], y[LONGEST], dy[LONGEST], dz[LONGEST];
    mixed_floats(z, LONGEST, 2);
    mixed_floats(dy, LONGEST, 3);
    for (int32_t a = NN_LINEAR; a <= NN_SOFTPLUS; a++) {
        portable()->activation_forward(a, 0.3f, z, y, LONGEST);
        const float *kept = nni_activation_keeps_input(a) ? z : y;
        portable()->activation_backward(a, 0.3f, kept, dy, dz, LONGEST);
        for (int i = 0; i < LONGEST; i++) {
            double x = (double)z[i], h = 1e-5;
            double slope = (exact_activation(a, (double)0.3f, x + h) -
                            exact_activation(a, (double)0.3f, x - h)) /
                           (2.0 * h);
            if (z[i] != 0.0f) {
                assert_close((double)dz[i], slope * (double)dy[i], 1e-5, 1e-5);
            }
        }
    }
}

static void relu_lets_nan_through_and_has_no_slope_at_zero(void **state)
{
    (void)state;
    const float z[] = {NAN, -1.0f, 0.0f, 2.0f}, dy[] = {1.0f, 1.0f, 1.0f, 1.0f};
    const float expected[] = {NAN, 0.0f, 0.0f, 2.0f}, slope[] = {0.0f, 0.0f, 0.0f, 1.0f};
    float y[4], dz[4];
    portable()->activation_forward(NN_RELU, 0.0f, z, y, 4);
    assert_same_bits(y, expected, 4);
    portable()->activation_backward(NN_RELU, 0.0f, y, dy, dz, 4);
    assert_same_bits(dz, slope, 4);
}

/* Element i in lane i % 16, and the fixed tree. */
static float lanes_by_hand(const float *x, const float *y, int64_t n)
{
    float lane[16] = {0.0f};
    for (int64_t i = 0; i < n; i++) {
        lane[i % 16] = y == NULL ? lane[i % 16] + x[i] : fmaf(x[i], y[i], lane[i % 16]);
    }
    for (int width = 8; width > 0; width /= 2) {
        for (int l = 0; l < width; l++) {
            lane[l] += lane[l + width];
        }
    }
    return lane[0];
}

static void sums_run_in_sixteen_lanes(void **state)
{
    (void)state;
    float x[LONGEST], y[LONGEST];
    mixed_floats(x, LONGEST, 4);
    mixed_floats(y, LONGEST, 5);
    for (int32_t i = 0; i < NNI_COUNT(lengths); i++) {
        float sum = portable()->sum(x, lengths[i]);
        float dot = portable()->dot(x, y, lengths[i]);
        float expected[] = {lanes_by_hand(x, NULL, lengths[i]),
                            lanes_by_hand(x, y, lengths[i])};
        assert_same_bits(&sum, &expected[0], 1);
        assert_same_bits(&dot, &expected[1], 1);
    }
}

static void long_sums_add_blocks_in_double(void **state)
{
    (void)state;
    static float x[5000];
    mixed_floats(x, 5000, 6);
    double sum = 0.0, squares = 0.0;
    for (int i = 0; i < 5000; i += 1024) {
        int64_t n = nni_min(1024, 5000 - i);
        sum += (double)lanes_by_hand(x + i, NULL, n);
        squares += (double)lanes_by_hand(x + i, x + i, n);
    }
    assert_true(nni_sum_long(portable(), x, 5000) == sum);
    assert_true(nni_sum_squares_long(portable(), x, 5000) == squares);
    assert_true(nni_sum_long(portable(), x, 0) == 0.0);
}

static void argmax_is_the_first_largest(void **state)
{
    (void)state;
    const float x[] = {1.0f, 3.0f, -2.0f, 3.0f, 0.0f};
    assert_int_equal(portable()->argmax(x, 5), 1);
    assert_int_equal(portable()->argmax(x, 1), 0);
}

static void one_bad_number_is_found_anywhere(void **state)
{
    (void)state;
    float x[40];
    mixed_floats(x, 40, 7);
    x[0] = 0x1.fffffep127f;
    assert_true(portable()->all_finite(x, 40));
    assert_true(portable()->all_finite(x, 0));
    for (int i = 0; i < 40; i++) {
        float kept = x[i];
        x[i] = i % 2 ? NAN : -INFINITY;
        assert_false(portable()->all_finite(x, 40));
        x[i] = kept;
    }
}

static void column_sums_run_in_row_order(void **state)
{
    (void)state;
    enum { ROWS = 9, COLUMNS = 21, FIRST = 2, END = 20 };
    float x[ROWS * COLUMNS], sums[COLUMNS], expected[COLUMNS];
    mixed_floats(x, ROWS * COLUMNS, 8);
    for (int accumulate = 0; accumulate < 2; accumulate++) {
        mixed_floats(sums, COLUMNS, 9);
        mixed_floats(expected, COLUMNS, 9);
        for (int j = FIRST; j < END; j++) {
            float sum = accumulate ? expected[j] : 0.0f;
            for (int i = 0; i < ROWS; i++) {
                sum += x[i * COLUMNS + j];
            }
            expected[j] = sum;
        }
        portable()->column_sums(x, ROWS, COLUMNS, FIRST, END, accumulate, sums);
        assert_same_bits(sums, expected, COLUMNS);
    }
}

static void arithmetic_is_element_by_element(void **state)
{
    (void)state;
    enum { N = 19 };
    float a[N], b[N], d[N], out[N];
    uint8_t bytes[N];
    mixed_floats(a, N, 10);
    mixed_floats(b, N, 11);
    for (int i = 0; i < N; i++) {
        d[i] = 0.5f + (float)i;
        bytes[i] = (uint8_t)(i * 14);
    }
    portable()->add(a, b, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == a[i] + b[i]);
    }
    portable()->subtract(a, b, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == a[i] - b[i]);
    }
    portable()->multiply(a, b, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == a[i] * b[i]);
    }
    portable()->scale(a, 0.3f, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == a[i] * 0.3f);
    }
    memcpy(out, b, sizeof out);
    portable()->add_scaled(a, 0.3f, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == fmaf(0.3f, a[i], b[i]));
    }
    portable()->affine(a, 0.3f, 0.1f, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == fmaf(a[i], 0.3f, 0.1f));
    }
    portable()->affine_u8(bytes, 0.3f, 0.1f, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == fmaf((float)bytes[i], 0.3f, 0.1f));
    }
    portable()->standardize(a, b, d, out, N);
    for (int i = 0; i < N; i++) {
        assert_true(out[i] == (a[i] - b[i]) / d[i]);
    }
}

static void softmax_rows_are_distributions(void **state)
{
    (void)state;
    enum { ROWS = 4 };
    float x[ROWS * 40], y[ROWS * 40], logs[ROWS * 40];
    for (int columns = 1; columns <= 40; columns += 3) {
        mixed_floats(x, ROWS * columns, 12);
        x[0] = 1000.0f; /* would overflow without the maximum taken off */
        portable()->softmax_forward(x, y, ROWS, columns);
        portable()->log_softmax_forward(x, logs, ROWS, columns);
        for (int i = 0; i < ROWS; i++) {
            const float *row = x + i * columns;
            double largest = -INFINITY, sum = 0.0;
            for (int j = 0; j < columns; j++) {
                largest = fmax(largest, (double)row[j]);
            }
            for (int j = 0; j < columns; j++) {
                sum += exp((double)row[j] - largest);
            }
            for (int j = 0; j < columns; j++) {
                double exact = (double)row[j] - largest - log(sum);
                assert_close((double)y[i * columns + j], exp(exact), 1e-30, 1e-5);
                assert_close((double)logs[i * columns + j], exact, 1e-6, 1e-6);
            }
        }
    }
}

static void softmax_gradients_are_right(void **state)
{
    (void)state;
    enum { COLUMNS = 21 };
    float x[COLUMNS], y[COLUMNS], logs[COLUMNS], dy[COLUMNS], dx[COLUMNS], dlog[COLUMNS];
    mixed_floats(x, COLUMNS, 13);
    mixed_floats(dy, COLUMNS, 14);
    portable()->softmax_forward(x, y, 1, COLUMNS);
    portable()->log_softmax_forward(x, logs, 1, COLUMNS);
    portable()->softmax_backward(y, dy, dx, 1, COLUMNS);
    portable()->log_softmax_backward(logs, dy, dlog, 1, COLUMNS);
    double dot = 0.0, sum = 0.0;
    for (int j = 0; j < COLUMNS; j++) {
        dot += (double)y[j] * (double)dy[j];
        sum += (double)dy[j];
    }
    for (int j = 0; j < COLUMNS; j++) {
        assert_close((double)dx[j], (double)y[j] * ((double)dy[j] - dot), 1e-6, 1e-5);
        assert_close((double)dlog[j], (double)dy[j] - exp((double)logs[j]) * sum, 1e-5,
                     1e-5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_are_what_they_are_called),
        cmocka_unit_test(derivatives_are_those_of_the_activations),
        cmocka_unit_test(relu_lets_nan_through_and_has_no_slope_at_zero),
        cmocka_unit_test(sums_run_in_sixteen_lanes),
        cmocka_unit_test(long_sums_add_blocks_in_double),
        cmocka_unit_test(argmax_is_the_first_largest),
        cmocka_unit_test(one_bad_number_is_found_anywhere),
        cmocka_unit_test(column_sums_run_in_row_order),
        cmocka_unit_test(arithmetic_is_element_by_element),
        cmocka_unit_test(softmax_rows_are_distributions),
        cmocka_unit_test(softmax_gradients_are_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
