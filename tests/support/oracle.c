#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "networks.h"
#include "oracle.h"
#include "tensors.h"

#include <math.h>

enum { ORACLE_LIST_MAX = 64 };
static const double tolerance = 1e-5;

int32_t oracle_count(const struct oracle_tensor *tensors)
{
    int32_t count = 0;
    while (tensors[count].name != NULL) {
        count++;
    }
    assert_true(count <= ORACLE_TENSORS_MAX);
    return count;
}

void oracle_make(const struct oracle_tensor *tensors, nn_tensor **made)
{
    for (int32_t i = 0; i < oracle_count(tensors); i++) {
        made[i] = tensor_of(tensors[i].dtype, tensors[i].rank, tensors[i].shape,
                            tensors[i].values);
    }
}

void oracle_destroy(const struct oracle_tensor *tensors, nn_tensor **made)
{
    for (int32_t i = 0; i < oracle_count(tensors); i++) {
        nn_tensor_destroy(made[i]);
    }
}

static nn_status set_ints(nn_layer *layer, const struct oracle_setting *setting)
{
    int64_t values[ORACLE_LIST_MAX];
    for (int64_t i = 0; i < setting->count; i++) {
        values[i] = (int64_t)setting->list[i];
    }
    return nn_layer_set_ints(layer, setting->name, values, setting->count);
}

static nn_status set_floats(nn_layer *layer, const struct oracle_setting *setting)
{
    float values[ORACLE_LIST_MAX];
    for (int64_t i = 0; i < setting->count; i++) {
        values[i] = (float)setting->list[i];
    }
    return nn_layer_set_floats(layer, setting->name, values, setting->count);
}

void oracle_set_layer(nn_layer *layer, const struct oracle_setting *settings)
{
    for (const struct oracle_setting *at = settings; at->name != NULL; at++) {
        assert_true(at->count <= ORACLE_LIST_MAX);
        switch (at->kind) {
        case ORACLE_TEXT:
            assert_ok(nn_layer_set_text(layer, at->name, at->text));
            break;
        case ORACLE_INTS:
            assert_ok(set_ints(layer, at));
            break;
        case ORACLE_FLOATS:
            assert_ok(set_floats(layer, at));
            break;
        default:
            assert_ok(nn_layer_set_float(layer, at->name, at->number));
        }
    }
}

void assert_near_oracle(const char *who, const char *what, nn_tensor *got,
                        const double *expected)
{
    const int64_t count = nn_tensor_count(got);
    const float *values = nn_tensor_floats(got);
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        largest = fmax(largest, fabs(expected[i]));
    }
    for (int64_t i = 0; i < count; i++) {
        const double value = (double)values[i];
        if (!(fabs(value - expected[i]) <= tolerance * largest)) {
            fail_msg("%s: %s is %.9g at element %d, not %.9g", who, what, value, (int)i,
                     expected[i]);
        }
    }
}

void assert_new_near_oracle(const char *who, const char *what, nn_tensor *got,
                            const double *expected)
{
    if (got == NULL) {
        fail_msg("%s: %s: %s", who, what, nn_last_error());
    }
    assert_near_oracle(who, what, got, expected);
    nn_tensor_destroy(got);
}

void assert_number_near_oracle(const char *who, const char *what, double got,
                               double expected)
{
    if (!(fabs(got - expected) <= tolerance * fabs(expected))) {
        fail_msg("%s: %s is %.9g, not %.9g", who, what, got, expected);
    }
}
