/* Sorting numbers of things by what the things are, in place and without memory. */
#ifndef NNI_IO_ORDER_H
#define NNI_IO_ORDER_H

#include "base/compiler.h"

/* Less than, equal to or greater than 0 as thing a comes before, beside or after thing
 * b. */
typedef int nni_order_compare(const void *things, int32_t a, int32_t b);

/* Sorts order[0 ... count - 1], numbers of things, ascending. Equal ones end in any
 * order. O(count log count) whatever the things are. */
void nni_order_sort(int32_t *order, int32_t count, nni_order_compare *compare,
                    const void *things);

/* As compare, of two texts by their bytes. */
int nni_order_texts(const char *a, size_t length_a, const char *b, size_t length_b);

#endif
