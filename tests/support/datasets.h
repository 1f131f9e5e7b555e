/* What the tests of datasets and of the readers of files share. */
#ifndef TESTS_SUPPORT_DATASETS_H
#define TESTS_SUPPORT_DATASETS_H

#include <nn/dataset.h>

#include "tensors.h"

/* The last failure has this status, and its text contains these words. */
void assert_failure(nn_status status, const char *words);

/* Runs attempt with memory for 0, 1, 2, ... allocations until it returns 1; each time
 * before, it has failed for want of memory, and everything was given back. It gets a
 * context of its own, and what it makes it destroys. Returns how often it failed. */
int64_t fail_each_allocation(int (*attempt)(nn_context *context, void *data), void *data);

/* Samples first ... first + rows - 1 of input, or target, 0 as numbers. */
void read_numbers(const nn_dataset *dataset, int32_t is_target, int64_t first,
                  int64_t rows, double *numbers);

/* A file of these bytes in the test's folder for temporary files; path has room for 256. */
void write_file(const char *name, const void *bytes, size_t size, char *path);

#endif
