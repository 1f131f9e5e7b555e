/* nn/dataset.h - datasets: samples with inputs, targets and weights.
 *
 * A dataset has any number of inputs and targets; each is a tensor whose leading
 * dimension is the sample (no copy is made), or comes from a callback for data that does
 * not fit in memory. A subset shows the samples of another dataset, which it keeps alive.
 * Data is looked at when it is used: a value that is NaN or infinite is then
 * NN_ERROR_DATA, naming the input, sample and element. */
#ifndef NN_DATASET_H
#define NN_DATASET_H

#include <nn/tensor.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_dataset nn_dataset;

/* ---- making ---- */

/* Creates a dataset without samples; nn_dataset_add_input and its sisters fill it. NULL
 * on NN_ERROR_MEMORY. */
NN_API nn_dataset *nn_dataset_create(nn_context *context);

/* Adds the next input. The tensor is (n, ...) with the n of the others
 * (NN_ERROR_SHAPE); the dataset keeps its memory alive, and the caller still destroys his
 * handle. At most 16 each (NN_ERROR_SIZE). NN_ERROR_STATE for a subset, where the samples
 * come from a callback, and once a subset of the dataset has been made. */
NN_API nn_status nn_dataset_add_input(nn_dataset *dataset, nn_tensor *tensor);

/* Adds the next target, likewise. */
NN_API nn_status nn_dataset_add_target(nn_dataset *dataset, nn_tensor *tensor);

/* Sets the samples' weights: float32 (n), each finite and at least 0 (NN_ERROR_DATA, also
 * when a batch is made of them). NULL takes them away. Subsets have the weights of the
 * dataset they show. NN_ERROR_STATE for a subset and where the samples come from a
 * callback, which gives the weights. */
NN_API nn_status nn_dataset_set_weights(nn_dataset *dataset, nn_tensor *weights);

/* Samples by callback. read fills `rows` samples: for the r-th, whose number in the data
 * is samples[r], its part of inputs[i] (rows, shape of input i), of targets[i], and
 * weights[r] (preset to 1). It returns 0, or another value to end the call with
 * NN_ERROR_CALLBACK. It is called from the thread that uses the dataset and may call
 * tensor functions. release (may be NULL) is called once with user when the dataset and
 * its subsets are gone. */
typedef struct nn_dataset_source {
    uint32_t struct_size; /* sizeof(nn_dataset_source) */
    int64_t samples;      /* how many there are, >= 0 */
    int32_t (*read)(void *user, const int64_t *samples, int64_t rows, void *const *inputs,
                    void *const *targets, float *weights);
    void (*release)(void *user);
    void *user;
} nn_dataset_source;

/* Creates a dataset from a callback (the struct is copied); then its inputs and targets
 * are declared. NULL on NN_ERROR_NULL (source, read), NN_ERROR_SIZE (samples),
 * NN_ERROR_MEMORY, after release has been called; and on NN_ERROR_ARGUMENT (struct_size),
 * where nothing in it can be relied on and nothing is called. */
NN_API nn_dataset *nn_dataset_from_source(nn_context *context,
                                          const nn_dataset_source *source);

/* Declares the next input of a dataset from a callback: dtype and the shape
 * of one sample (rank 0 ... 7). At most 16 each. NN_ERROR_STATE for other datasets, and
 * once a subset of the dataset has been made. */
NN_API nn_status nn_dataset_declare_input(nn_dataset *dataset, int32_t dtype,
                                          const int64_t *shape, int32_t rank);

/* Declares the next target, likewise. */
NN_API nn_status nn_dataset_declare_target(nn_dataset *dataset, int32_t dtype,
                                           const int64_t *shape, int32_t rank);

/* Names the label classes: class i is names[i], UTF-8 (copied; in place of those that a
 * reader gave). count 0 takes the names away. For confusion matrices and files; labels
 * are not looked at. NN_ERROR_STATE for a subset, which has the names of the dataset it
 * shows; NN_ERROR_NULL, NN_ERROR_SIZE, NN_ERROR_ARGUMENT for a name that is not UTF-8. */
NN_API nn_status nn_dataset_set_class_names(nn_dataset *dataset, const char *const *names,
                                            int32_t count);

/* Destroys a dataset; NULL is accepted. */
NN_API void nn_dataset_destroy(nn_dataset *dataset);

/* ---- looking ---- */

/* The number of samples; 0 for NULL. */
NN_API int64_t nn_dataset_count(const nn_dataset *dataset);

/* The number of inputs; 0 for NULL. */
NN_API int32_t nn_dataset_input_count(const nn_dataset *dataset);

/* The number of targets; 0 for NULL. */
NN_API int32_t nn_dataset_target_count(const nn_dataset *dataset);

/* The dtype and the shape of one sample of an input: *shape is valid as long as
 * the dataset. Each of the three may be NULL. NN_ERROR_ARGUMENT where there is none. */
NN_API nn_status nn_dataset_input_shape(const nn_dataset *dataset, int32_t input,
                                        int32_t *dtype, const int64_t **shape,
                                        int32_t *rank);

/* The same of a target. */
NN_API nn_status nn_dataset_target_shape(const nn_dataset *dataset, int32_t target,
                                         int32_t *dtype, const int64_t **shape,
                                         int32_t *rank);

/* The number of label classes that have names; 0 where labels are numbers, and for
 * NULL. */
NN_API int32_t nn_dataset_class_count(const nn_dataset *dataset);

/* The name of class 0, 1, ..., valid as long as the dataset; NULL where there is none. */
NN_API const char *nn_dataset_class_name(const nn_dataset *dataset, int32_t index);

/* The name of an input's column, as a CSV header gave it, or NULL. */
NN_API const char *nn_dataset_column_name(const nn_dataset *dataset, int64_t column);

/* Copies samples start ... start + rows - 1 of one input into a tensor
 * (rows, ...) of the same dtype: NN_ERROR_DTYPE, NN_ERROR_SHAPE, NN_ERROR_ARGUMENT where
 * there are no such samples, NN_ERROR_DATA, NN_ERROR_CALLBACK. */
NN_API nn_status nn_dataset_read_input(const nn_dataset *dataset, int32_t input,
                                       int64_t start, nn_tensor *out);

/* The same of a target. */
NN_API nn_status nn_dataset_read_target(const nn_dataset *dataset, int32_t target,
                                        int64_t start, nn_tensor *out);

/* ---- choosing ---- */

/* Samples start ... start + count - 1 as a dataset, 0 <= count. The inputs and targets of
 * the dataset are settled with its first subset. NULL on NN_ERROR_ARGUMENT. */
NN_API nn_dataset *nn_dataset_subset(nn_dataset *dataset, int64_t start, int64_t count);

/* The samples with these numbers (copied), in this order; a number may come twice. NULL
 * on NN_ERROR_ARGUMENT (the first number that is no sample). */
NN_API nn_dataset *nn_dataset_select(nn_dataset *dataset, const int64_t *samples,
                                     int64_t count);

/* Splits at random: *second gets round(fraction n) samples, *first the others, both in
 * the order of the data; which ones is a function of seed and n. 0 <= fraction <= 1. Both
 * are NULL on failure. */
NN_API nn_status nn_dataset_split(nn_dataset *dataset, double fraction, uint64_t seed,
                                  nn_dataset **first, nn_dataset **second);

/* ---- standardising ---- */

/* Mean and standard deviation (over n, not n - 1) of each element of an input over all
 * samples, into float32 tensors of the shape of one sample. An element that never changes
 * gets deviation 1. The input has any dtype; sums are made in double. For nn_standardize:
 * so the numbers travel with the model. NN_ERROR_EMPTY without samples, NN_ERROR_DATA. */
NN_API nn_status nn_dataset_moments(const nn_dataset *dataset, int32_t input,
                                    nn_tensor *mean, nn_tensor *deviation);

/* Puts (x - mean) / deviation, computed now into new float32 memory, in place of an input
 * of a dataset made of tensors. Its subsets show the new values. NN_ERROR_STATE for a
 * subset and where the samples come from a callback; also where subsets have been made of
 * an input that is not float32. NN_ERROR_ARGUMENT where a deviation is not above 0 or a
 * number is not finite. */
NN_API nn_status nn_dataset_standardize(nn_dataset *dataset, int32_t input,
                                        const nn_tensor *mean,
                                        const nn_tensor *deviation);

#ifdef __cplusplus
}
#endif

#endif
