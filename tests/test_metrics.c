/* Metrics: their names, values worked out by hand, what suits them, NaN, memory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "train/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

static struct nni_shape shape(int32_t dtype, int32_t rank, int64_t first, int64_t second)
{
    return (struct nni_shape){.dtype = dtype, .rank = rank, .dim = {first, second}};
}

/* One metric over samples. */
struct measurement {
    int32_t kind, k;
    struct nni_shape output, target;
    float threshold;
    const float *outputs;
    const void *targets;
    int64_t rows;
};

static size_t row_bytes(const struct nni_shape *sample)
{
    return (size_t)nni_shape_count(sample) * nni_dtype_size(sample->dtype);
}

/* The value after counting the samples `step` at a time. */
static double measure_in_steps(const struct measurement *m, int64_t step)
{
    struct nni_metric metric = {.kind = m->kind, .k = m->k};
    nni_metric_name(&metric, 1);
    const struct nni_metric_view view = {&m->output, &m->target, m->threshold};
    const struct nni_kernels *kernels = nni_kernels_for(NULL);
    assert_non_null(kernels);

    struct nni_meter meter = {0};
    assert_int_equal(nni_meter_prepare(NULL, &meter, &metric, &view), NN_OK);
    for (int64_t row = 0; row < m->rows; row += step) {
        nni_meter_count(&meter, kernels, m->outputs + row * nni_shape_count(&m->output),
                        (const char *)m->targets + (size_t)row * row_bytes(&m->target),
                        nni_min(step, m->rows - row));
    }
    const double value = nni_meter_value(&meter);
    nni_meter_release(NULL, &meter);
    return value;
}

static double measure(const struct measurement *m)
{
    return measure_in_steps(m, m->rows);
}

static void assert_near(double got, double expected)
{
    if (!(fabs(got - expected) <= 1e-14)) {
        fail_msg("%.17g is not %.17g", got, expected);
    }
}

static void assert_refused(int32_t kind, int32_t k, struct nni_shape output,
                           const struct nni_shape *target, nn_status status,
                           const char *text)
{
    struct nni_metric metric = {.kind = kind, .k = k};
    nni_metric_name(&metric, 1);
    const struct nni_metric_view view = {&output, target, 0};
    struct nni_meter meter = {0};
    assert_int_equal(nni_meter_prepare(NULL, &meter, &metric, &view), status);
    assert_string_equal(nn_last_error(), text);
    nni_meter_release(NULL, &meter);
}

/* ---- names ---- */

static void assert_name(int32_t kind, int32_t k, int32_t output, int32_t output_count,
                        const char *name)
{
    struct nni_metric metric = {.kind = kind, .k = k, .output = output};
    nni_metric_name(&metric, output_count);
    assert_string_equal(metric.name, name);
}

static void every_metric_has_its_name(void **state)
{
    (void)state;
    assert_name(NN_ACCURACY, 0, 0, 1, "accuracy");
    assert_name(NN_BINARY_ACCURACY, 0, 0, 1, "binary_accuracy");
    assert_name(NN_PRECISION, 0, 0, 1, "precision");
    assert_name(NN_RECALL, 0, 0, 1, "recall");
    assert_name(NN_F1, 0, 0, 1, "f1");
    assert_name(NN_MEAN_ABSOLUTE_ERROR, 0, 0, 1, "mean_absolute_error");
    assert_name(NN_R2, 0, 0, 1, "r2");
    assert_name(NNI_TOP_K_ACCURACY, 5, 0, 1, "top_5_accuracy");
    assert_name(NNI_TOP_K_ACCURACY, INT32_MAX, 0, 1, "top_2147483647_accuracy");
}

static void with_several_outputs_the_name_tells_which(void **state)
{
    (void)state;
    assert_name(NN_ACCURACY, 0, 0, 2, "accuracy_0");
    assert_name(NN_MEAN_ABSOLUTE_ERROR, 0, 12, 13, "mean_absolute_error_12");
    assert_name(NNI_TOP_K_ACCURACY, 3, 1, 2, "top_3_accuracy_1");
}

static void only_the_public_kinds_are_known(void **state)
{
    (void)state;
    for (int32_t kind = NN_ACCURACY; kind <= NN_R2; kind++) {
        assert_true(nni_metric_known(kind));
    }
    assert_false(nni_metric_known(0));
    assert_false(nni_metric_known(NN_R2 + 1));
    assert_false(nni_metric_known(-1));
    assert_false(nni_metric_known(NNI_TOP_K_ACCURACY));
}

/* ---- accuracy ---- */

/* Four samples of three classes, of which the first and the last are labelled rightly. */
static const float four_by_three[] = {
    0.1f, 0.7f, 0.2f, /* 1 */
    0.9f, 0.0f, 0.1f, /* 0 */
    0.2f, 0.2f, 0.1f, /* 0, the first of equal ones */
    0.0f, 0.3f, 0.7f, /* 2 */
};
static const int32_t four_labels[] = {1, 2, 1, 2};

static struct measurement three_classes(int32_t kind)
{
    return (struct measurement){.kind = kind,
                                .output = shape(NN_FLOAT32, 1, 3, 0),
                                .target = shape(NN_INT32, 0, 0, 0),
                                .outputs = four_by_three,
                                .targets = four_labels,
                                .rows = 4};
}

static void accuracy_compares_the_largest_output_with_the_label(void **state)
{
    (void)state;
    struct measurement m = three_classes(NN_ACCURACY);
    assert_near(measure(&m), 0.5);
    m.target = shape(NN_INT32, 1, 1, 0);
    assert_near(measure(&m), 0.5);
}

static void labels_may_be_of_any_integer_type(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 2, 1, 2};
    const int64_t longs[] = {1, 2, 1, 2};
    struct measurement m = three_classes(NN_ACCURACY);
    m.target.dtype = NN_UINT8;
    m.targets = bytes;
    assert_near(measure(&m), 0.5);
    m.target.dtype = NN_INT64;
    m.targets = longs;
    assert_near(measure(&m), 0.5);
}

static void one_hot_targets_count_as_their_largest_element(void **state)
{
    (void)state;
    const float floats[] = {0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0.1f, 0.9f};
    const uint8_t bytes[] = {0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1};
    struct measurement m = three_classes(NN_ACCURACY);
    m.target = shape(NN_FLOAT32, 1, 3, 0);
    m.targets = floats;
    assert_near(measure(&m), 0.5);
    m.target.dtype = NN_UINT8;
    m.targets = bytes;
    assert_near(measure(&m), 0.5);
}

static void every_position_of_a_sequence_counts(void **state)
{
    (void)state;
    /* The four decisions above as two samples of two positions. */
    struct measurement m = three_classes(NN_ACCURACY);
    m.output = shape(NN_FLOAT32, 2, 2, 3);
    m.target = shape(NN_INT32, 1, 2, 0);
    m.rows = 2;
    assert_near(measure(&m), 0.5);
    const float one_hot[] = {0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1};
    m.target = shape(NN_FLOAT32, 2, 2, 3);
    m.targets = one_hot;
    assert_near(measure(&m), 0.5);
}

/* Six samples of one output: decisions 1 0 1 0 1 0 at 0; three of them are right. */
static const float six_logits[] = {2, -1, 3, -2, 0.5f, -3};
static const float six_floats[] = {1, 1, 0, 0, 1, 1};

static struct measurement yes_or_no(int32_t kind)
{
    return (struct measurement){.kind = kind,
                                .output = shape(NN_FLOAT32, 1, 1, 0),
                                .target = shape(NN_FLOAT32, 1, 1, 0),
                                .outputs = six_logits,
                                .targets = six_floats,
                                .rows = 6};
}

static void one_output_is_compared_with_the_threshold(void **state)
{
    (void)state;
    struct measurement m = yes_or_no(NN_ACCURACY);
    assert_near(measure(&m), 3.0 / 6);
    m.threshold = 2.5f; /* 0 0 1 0 0 0 */
    assert_near(measure(&m), 1.0 / 6);
}

static void an_output_at_the_threshold_is_a_no(void **state)
{
    (void)state;
    const float half[] = {0.5f};
    const int32_t no[] = {0};
    const struct measurement m = {.kind = NN_ACCURACY,
                                  .output = shape(NN_FLOAT32, 0, 0, 0),
                                  .target = shape(NN_INT32, 0, 0, 0),
                                  .threshold = 0.5f,
                                  .outputs = half,
                                  .targets = no,
                                  .rows = 1};
    assert_near(measure(&m), 1);
}

static void one_target_may_be_of_any_type_and_of_shape_one_or_none(void **state)
{
    (void)state;
    const uint8_t bytes[] = {1, 1, 0, 0, 1, 1};
    const int32_t ints[] = {1, 1, 0, 0, 1, 1};
    const int64_t longs[] = {1, 1, 0, 0, 1, 1};
    const void *targets[] = {six_floats, bytes, ints, longs};
    const int32_t dtypes[] = {NN_FLOAT32, NN_UINT8, NN_INT32, NN_INT64};
    for (int i = 0; i < 4; i++) {
        struct measurement m = yes_or_no(NN_ACCURACY);
        m.targets = targets[i];
        m.target.dtype = dtypes[i];
        assert_near(measure(&m), 0.5);
        m.target.rank = 0;
        assert_near(measure(&m), 0.5);
        m.output.rank = 0;
        assert_near(measure(&m), 0.5);
        m.kind = NN_BINARY_ACCURACY;
        assert_near(measure(&m), 0.5);
    }
}

static void binary_accuracy_counts_every_element(void **state)
{
    (void)state;
    /* Right: 2 of 3 in the first sample, 1 of 3 in the second. */
    struct measurement m = yes_or_no(NN_BINARY_ACCURACY);
    m.output = shape(NN_FLOAT32, 1, 3, 0);
    m.target = shape(NN_FLOAT32, 1, 3, 0);
    const float targets[] = {1, 0.2f, 0.4f, 0.5f, 0.9f, 1};
    m.targets = targets;
    m.rows = 2;
    assert_near(measure(&m), 3.0 / 6);
}

/* ---- top k ---- */

static void top_k_counts_labels_among_the_k_largest(void **state)
{
    (void)state;
    /* The labels' places: first, second, second (equal, but behind), first. */
    struct measurement m = three_classes(NNI_TOP_K_ACCURACY);
    m.k = 1;
    assert_near(measure(&m), 0.5);
    m.k = 2;
    assert_near(measure(&m), 1);
    m.k = 3;
    assert_near(measure(&m), 1);
}

static void of_equal_outputs_the_one_with_the_smaller_index_is_higher(void **state)
{
    (void)state;
    const float equal[] = {1, 1, 1};
    struct measurement m = three_classes(NNI_TOP_K_ACCURACY);
    m.outputs = equal;
    m.rows = 1;
    for (int32_t label = 0; label < 3; label++) {
        m.targets = &label;
        for (m.k = 1; m.k <= 3; m.k++) {
            assert_near(measure(&m), m.k > label);
        }
    }
}

/* ---- precision, recall, F1 ---- */

static void of_two_classes_class_one_is_measured(void **state)
{
    (void)state;
    /* Decisions 1 0 1 0 1 0, truth 1 1 0 0 1 1: 2 right of 3 predicted and 4 there. */
    struct measurement m = yes_or_no(NN_PRECISION);
    assert_near(measure(&m), 2.0 / 3);
    m.kind = NN_RECALL;
    assert_near(measure(&m), 2.0 / 4);
    m.kind = NN_F1; /* 2 / (3/2 + 2) */
    assert_near(measure(&m), 4.0 / 7);
}

static void two_outputs_are_two_classes(void **state)
{
    (void)state;
    const float outputs[] = {0, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1, 0};
    const int64_t labels[] = {1, 1, 0, 0, 1, 1};
    struct measurement m = {.kind = NN_PRECISION,
                            .output = shape(NN_FLOAT32, 1, 2, 0),
                            .target = shape(NN_INT64, 0, 0, 0),
                            .outputs = outputs,
                            .targets = labels,
                            .rows = 6};
    assert_near(measure(&m), 2.0 / 3);
    m.kind = NN_RECALL;
    assert_near(measure(&m), 2.0 / 4);
    m.kind = NN_F1;
    assert_near(measure(&m), 4.0 / 7);
}

static void of_more_classes_the_mean_is_measured(void **state)
{
    (void)state;
    /* Truth 0 0 0 0 1 2, predicted 0 0 1 2 1 1:
     *     class   right   predicted   actual   precision   recall   F1
     *     0       2       2           4        1           1/2      2/3
     *     1       1       3           1        1/3         1        1/2
     *     2       0       1           1        0           0        0
     *     mean                                 4/9         1/2      7/18  */
    const float outputs[] = {1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0, 1, 0};
    const uint8_t labels[] = {0, 0, 0, 0, 1, 2};
    struct measurement m = {.kind = NN_PRECISION,
                            .output = shape(NN_FLOAT32, 1, 3, 0),
                            .target = shape(NN_UINT8, 0, 0, 0),
                            .outputs = outputs,
                            .targets = labels,
                            .rows = 6};
    assert_near(measure(&m), 4.0 / 9);
    m.kind = NN_RECALL;
    assert_near(measure(&m), 1.0 / 2);
    m.kind = NN_F1;
    assert_near(measure(&m), 7.0 / 18);
}

static void a_class_that_never_came_counts_as_zero(void **state)
{
    (void)state;
    const float outputs[] = {-1, -1};
    const float targets[] = {0, 0};
    struct measurement m = yes_or_no(NN_PRECISION);
    m.outputs = outputs;
    m.targets = targets;
    m.rows = 2;
    for (m.kind = NN_PRECISION; m.kind <= NN_F1; m.kind++) {
        assert_near(measure(&m), 0);
    }
}

/* ---- errors ---- */

static const float four_pairs[] = {1.5f, 1, 2, 1, 2.5f, 1, 4, 1};
static const float four_pair_targets[] = {1, 0, 2, 0, 3, 2, 4, 2};

static struct measurement pairs(int32_t kind)
{
    return (struct measurement){.kind = kind,
                                .output = shape(NN_FLOAT32, 1, 2, 0),
                                .target = shape(NN_FLOAT32, 1, 2, 0),
                                .outputs = four_pairs,
                                .targets = four_pair_targets,
                                .rows = 4};
}

static void mean_absolute_error_is_over_all_elements(void **state)
{
    (void)state;
    /* 0.5 + 1 + 0 + 1 + 0.5 + 1 + 0 + 1 over 8 */
    struct measurement m = pairs(NN_MEAN_ABSOLUTE_ERROR);
    assert_near(measure(&m), 5.0 / 8);
}

static void errors_of_integer_targets_are_measured(void **state)
{
    (void)state;
    const int32_t targets[] = {1, 0, 2, 0, 3, 2, 4, 2};
    struct measurement m = pairs(NN_MEAN_ABSOLUTE_ERROR);
    m.target = shape(NN_INT32, 1, 2, 0);
    m.targets = targets;
    assert_near(measure(&m), 5.0 / 8);
    m.kind = NN_R2;
    assert_near(measure(&m), 0.45);
}

static void r2_is_the_mean_over_elements(void **state)
{
    (void)state;
    /* Element 0: y = 1 2 3 4, errors squared 1/2, deviations 5: 1 - 1/10.
     * Element 1: y = 0 0 2 2, errors squared 4, deviations 4: 0. */
    struct measurement m = pairs(NN_R2);
    assert_near(measure(&m), (0.9 + 0) / 2);
}

static void r2_of_targets_that_never_change_is_one_or_zero(void **state)
{
    (void)state;
    const float exact[] = {3, 3};
    const float off[] = {3, 4};
    struct measurement m = yes_or_no(NN_R2);
    m.targets = exact;
    m.rows = 2;
    m.outputs = exact;
    assert_near(measure(&m), 1);
    m.outputs = off;
    assert_near(measure(&m), 0);
}

/* ---- NaN ---- */

static void a_decision_from_nan_is_wrong(void **state)
{
    (void)state;
    /* NaN beside the label, at the label, and everywhere. */
    const float outputs[] = {1, NAN, 0, NAN, 0, 0, NAN, NAN, NAN, 1, 0, 0};
    const int32_t zeros[] = {0, 0, 0, 0};
    struct measurement m = three_classes(NN_ACCURACY);
    m.outputs = outputs;
    m.targets = zeros;
    assert_near(measure(&m), 1.0 / 4);
    m.kind = NNI_TOP_K_ACCURACY;
    m.k = 3;
    assert_near(measure(&m), 1.0 / 4);
    m.kind = NN_RECALL; /* class 0: 1 of 4; the others never came */
    assert_near(measure(&m), 1.0 / 4 / 3);
    m.kind = NN_PRECISION; /* class 0: 1 of 1 */
    assert_near(measure(&m), 1.0 / 3);
}

static void an_output_of_one_element_that_is_nan_is_wrong_for_both_classes(void **state)
{
    (void)state;
    const float outputs[] = {NAN, NAN};
    const float targets[] = {0, 1};
    struct measurement m = yes_or_no(NN_ACCURACY);
    m.outputs = outputs;
    m.targets = targets;
    m.rows = 2;
    assert_near(measure(&m), 0);
    m.kind = NN_BINARY_ACCURACY;
    assert_near(measure(&m), 0);
}

static void infinite_outputs_decide(void **state)
{
    (void)state;
    const float outputs[] = {-INFINITY, INFINITY, 0};
    const int32_t label[] = {1};
    struct measurement m = three_classes(NN_ACCURACY);
    m.outputs = outputs;
    m.targets = label;
    m.rows = 1;
    assert_near(measure(&m), 1);
}

static void errors_of_nan_are_nan(void **state)
{
    (void)state;
    const float outputs[] = {NAN, 1, 2, 1, 2, 1, 4, 1};
    const float constant[] = {1, 1, 1, 1, 1, 1, 1, 1};
    struct measurement m = pairs(NN_MEAN_ABSOLUTE_ERROR);
    m.outputs = outputs;
    assert_true(isnan(measure(&m)));
    m.kind = NN_R2;
    assert_true(isnan(measure(&m)));
    m.targets = constant;
    assert_true(isnan(measure(&m)));
}

/* ---- counting ---- */

static void how_samples_are_grouped_changes_no_bit(void **state)
{
    (void)state;
    float outputs[200];
    float targets[200];
    for (int i = 0; i < 200; i++) {
        outputs[i] = (float)sin(i * 1.7);
        targets[i] = (float)cos(i * 0.9) > 0 ? 1.0f : 0.0f;
    }
    for (int32_t kind = NN_ACCURACY; kind <= NN_R2; kind++) {
        const struct measurement m = {.kind = kind,
                                      .output = shape(NN_FLOAT32, 1, 2, 0),
                                      .target = shape(NN_FLOAT32, 1, 2, 0),
                                      .outputs = outputs,
                                      .targets = targets,
                                      .rows = 100};
        const double whole = measure(&m);
        const int64_t steps[] = {1, 7, 99};
        for (int i = 0; i < 3; i++) {
            const double parts = measure_in_steps(&m, steps[i]);
            assert_memory_equal(&parts, &whole, sizeof whole);
        }
    }
}

static void without_samples_every_value_is_zero(void **state)
{
    (void)state;
    struct measurement m = three_classes(NN_ACCURACY);
    m.rows = 0;
    m.target = shape(NN_FLOAT32, 1, 3, 0);
    for (m.kind = NN_ACCURACY; m.kind <= NN_R2; m.kind++) {
        assert_near(measure_in_steps(&m, 1), 0);
    }
    m.kind = NNI_TOP_K_ACCURACY;
    m.k = 1;
    assert_near(measure_in_steps(&m, 1), 0);
}

static void reset_forgets_what_was_counted(void **state)
{
    (void)state;
    const struct nni_shape output = shape(NN_FLOAT32, 1, 2, 0);
    const struct nni_metric_view view = {&output, &output, 0};
    const struct nni_kernels *kernels = nni_kernels_for(NULL);
    for (int32_t kind = NN_ACCURACY; kind <= NN_R2; kind++) {
        struct nni_metric metric = {.kind = kind};
        nni_metric_name(&metric, 1);
        struct nni_meter meter = {0};
        assert_int_equal(nni_meter_prepare(NULL, &meter, &metric, &view), NN_OK);
        nni_meter_count(&meter, kernels, four_pairs, four_pair_targets, 4);
        const double first = nni_meter_value(&meter);
        nni_meter_reset(&meter);
        assert_near(nni_meter_value(&meter), 0);
        nni_meter_count(&meter, kernels, four_pairs, four_pair_targets, 4);
        assert_near(nni_meter_value(&meter), first);
        nni_meter_release(NULL, &meter);
    }
}

/* ---- classes ---- */

static void a_predicted_class_is_the_largest_or_beyond_the_threshold(void **state)
{
    (void)state;
    const struct nni_kernels *kernels = nni_kernels_for(NULL);
    const struct nni_shape three = shape(NN_FLOAT32, 1, 3, 0);
    const struct nni_shape one = shape(NN_FLOAT32, 0, 0, 0);
    const float values[] = {0.6f, 0.7f, 0.7f};
    assert_int_equal(nni_predicted_class(kernels, &three, 0, values), 1);
    assert_int_equal(nni_predicted_class(kernels, &one, 0.5f, values), 1);
    assert_int_equal(nni_predicted_class(kernels, &one, 0.65f, values), 0);
}

static void a_target_class_is_a_label_or_the_hot_element(void **state)
{
    (void)state;
    const struct nni_kernels *kernels = nni_kernels_for(NULL);
    const struct nni_shape label = shape(NN_INT64, 0, 0, 0);
    const struct nni_shape yes_no = shape(NN_FLOAT32, 1, 1, 0);
    const struct nni_shape hot = shape(NN_FLOAT32, 1, 3, 0);
    const struct nni_shape hot_int = shape(NN_INT32, 1, 3, 0);
    const int64_t seven[] = {7};
    const float values[] = {0.5f, 0.25f, 1};
    const int32_t ints[] = {0, 1, 0};
    assert_int_equal(nni_target_class(kernels, &label, seven), 7);
    assert_int_equal(nni_target_class(kernels, &yes_no, values), 1);
    assert_int_equal(nni_target_class(kernels, &yes_no, values + 1), 0);
    assert_int_equal(nni_target_class(kernels, &hot, values), 2);
    assert_int_equal(nni_target_class(kernels, &hot_int, ints), 1);
}

/* ---- what does not suit ---- */

static void an_output_without_target_is_refused(void **state)
{
    (void)state;
    assert_refused(NN_R2, 0, shape(NN_FLOAT32, 1, 3, 0), NULL, NN_ERROR_SHAPE,
                   "r2: output 0 has no target to compare with");
}

static void targets_of_other_shapes_are_refused(void **state)
{
    (void)state;
    const struct nni_shape four = shape(NN_INT32, 1, 4, 0);
    assert_refused(
        NN_ACCURACY, 0, shape(NN_FLOAT32, 1, 3, 0), &four, NN_ERROR_SHAPE,
        "accuracy: output 0 is (3), the metric takes labels, or targets of that "
        "shape; got int32 (4)");
    assert_refused(NN_F1, 0, shape(NN_FLOAT32, 1, 1, 0), &four, NN_ERROR_SHAPE,
                   "f1: output 0 is (1), the metric takes one number for each; got int32 "
                   "(4)");
    assert_refused(NN_RECALL, 0, shape(NN_FLOAT32, 0, 0, 0), &four, NN_ERROR_SHAPE,
                   "recall: output 0 is (), the metric takes one number for each; got "
                   "int32 (4)");
    assert_refused(
        NN_BINARY_ACCURACY, 0, shape(NN_FLOAT32, 1, 3, 0), &four, NN_ERROR_SHAPE,
        "binary_accuracy: output 0 is (3), the metric takes targets of as many "
        "elements; got int32 (4)");
    assert_refused(
        NN_MEAN_ABSOLUTE_ERROR, 0, shape(NN_FLOAT32, 2, 3, 2), &four, NN_ERROR_SHAPE,
        "mean_absolute_error: output 0 is (3, 2), the metric takes targets of as "
        "many elements; got int32 (4)");
}

static void labels_that_are_floats_are_refused(void **state)
{
    (void)state;
    const struct nni_shape number = shape(NN_FLOAT32, 0, 0, 0);
    assert_refused(NN_PRECISION, 0, shape(NN_FLOAT32, 1, 3, 0), &number, NN_ERROR_DTYPE,
                   "precision: output 0 is (3), the metric takes integer labels; got "
                   "float32 ()");
}

static void top_k_of_too_few_classes_is_refused(void **state)
{
    (void)state;
    const struct nni_shape label = shape(NN_INT32, 0, 0, 0);
    assert_refused(NNI_TOP_K_ACCURACY, 4, shape(NN_FLOAT32, 1, 3, 0), &label,
                   NN_ERROR_SHAPE,
                   "top_4_accuracy: k is 4, but output 0 is (3), which has 3 classes");
    assert_refused(
        NNI_TOP_K_ACCURACY, 1, shape(NN_FLOAT32, 1, 1, 0), &label, NN_ERROR_SHAPE,
        "top_1_accuracy: output 0 is (1), which has no classes to choose from");
}

/* ---- memory ---- */

static void *refuse_memory(void *user, size_t size)
{
    return *(int *)user ? NULL : malloc(size);
}

static void give_back(void *user, void *memory)
{
    (void)user;
    free(memory);
}

static void a_failed_allocation_is_a_status_and_leaks_nothing(void **state)
{
    (void)state;
    int refuse = 0;
    const nn_allocator allocator = {sizeof allocator, refuse_memory, give_back, &refuse};
    nn_context *context = nn_context_create(&allocator);
    const struct nni_shape output = shape(NN_FLOAT32, 1, 3, 0);
    const struct nni_metric_view view = {&output, &output, 0};
    const int32_t kinds[] = {NN_PRECISION, NN_R2};
    for (int i = 0; i < 2; i++) {
        struct nni_metric metric = {.kind = kinds[i]};
        nni_metric_name(&metric, 1);
        struct nni_meter meter = {0};
        refuse = 1;
        assert_int_equal(nni_meter_prepare(context, &meter, &metric, &view),
                         NN_ERROR_MEMORY);
        nni_meter_release(context, &meter);
        refuse = 0;
        assert_int_equal(nni_meter_prepare(context, &meter, &metric, &view), NN_OK);
        assert_true(nn_context_memory_used(context) > 0);
        nni_meter_release(context, &meter);
        assert_int_equal(nn_context_memory_used(context), 0);
    }
    nn_context_destroy(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_has_its_name),
        cmocka_unit_test(with_several_outputs_the_name_tells_which),
        cmocka_unit_test(only_the_public_kinds_are_known),
        cmocka_unit_test(accuracy_compares_the_largest_output_with_the_label),
        cmocka_unit_test(labels_may_be_of_any_integer_type),
        cmocka_unit_test(one_hot_targets_count_as_their_largest_element),
        cmocka_unit_test(every_position_of_a_sequence_counts),
        cmocka_unit_test(one_output_is_compared_with_the_threshold),
        cmocka_unit_test(an_output_at_the_threshold_is_a_no),
        cmocka_unit_test(one_target_may_be_of_any_type_and_of_shape_one_or_none),
        cmocka_unit_test(binary_accuracy_counts_every_element),
        cmocka_unit_test(top_k_counts_labels_among_the_k_largest),
        cmocka_unit_test(of_equal_outputs_the_one_with_the_smaller_index_is_higher),
        cmocka_unit_test(of_two_classes_class_one_is_measured),
        cmocka_unit_test(two_outputs_are_two_classes),
        cmocka_unit_test(of_more_classes_the_mean_is_measured),
        cmocka_unit_test(a_class_that_never_came_counts_as_zero),
        cmocka_unit_test(mean_absolute_error_is_over_all_elements),
        cmocka_unit_test(errors_of_integer_targets_are_measured),
        cmocka_unit_test(r2_is_the_mean_over_elements),
        cmocka_unit_test(r2_of_targets_that_never_change_is_one_or_zero),
        cmocka_unit_test(a_decision_from_nan_is_wrong),
        cmocka_unit_test(an_output_of_one_element_that_is_nan_is_wrong_for_both_classes),
        cmocka_unit_test(infinite_outputs_decide),
        cmocka_unit_test(errors_of_nan_are_nan),
        cmocka_unit_test(how_samples_are_grouped_changes_no_bit),
        cmocka_unit_test(without_samples_every_value_is_zero),
        cmocka_unit_test(reset_forgets_what_was_counted),
        cmocka_unit_test(a_predicted_class_is_the_largest_or_beyond_the_threshold),
        cmocka_unit_test(a_target_class_is_a_label_or_the_hot_element),
        cmocka_unit_test(an_output_without_target_is_refused),
        cmocka_unit_test(targets_of_other_shapes_are_refused),
        cmocka_unit_test(labels_that_are_floats_are_refused),
        cmocka_unit_test(top_k_of_too_few_classes_is_refused),
        cmocka_unit_test(a_failed_allocation_is_a_status_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
