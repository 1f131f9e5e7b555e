/* Heapsort (Williams, "Algorithm 232: Heapsort", 1964): no input is slow, so a file cannot
 * be made that takes long. */
#include "io/order.h"

#include <string.h>

/* Lets the number at `top` sink until it is not less than those below it. */
static void order_sink(int32_t *order, int32_t top, int32_t count,
                       nni_order_compare *compare, const void *things)
{
    int32_t sinking = order[top];
    while (top < count / 2) {
        int32_t child = 2 * top + 1;
        if (child + 1 < count && compare(things, order[child], order[child + 1]) < 0) {
            child++;
        }
        if (compare(things, sinking, order[child]) >= 0) {
            break;
        }
        order[top] = order[child];
        top = child;
    }
    order[top] = sinking;
}

void nni_order_sort(int32_t *order, int32_t count, nni_order_compare *compare,
                    const void *things)
{
    for (int32_t top = count / 2 - 1; top >= 0; top--) {
        order_sink(order, top, count, compare, things);
    }
    for (int32_t end = count - 1; end > 0; end--) {
        int32_t largest = order[0];
        order[0] = order[end];
        order[end] = largest;
        order_sink(order, 0, end, compare, things);
    }
}

int nni_order_texts(const char *a, size_t length_a, const char *b, size_t length_b)
{
    int different = memcmp(a, b, length_a < length_b ? length_a : length_b);
    if (different != 0) {
        return different;
    }
    return (length_a > length_b) - (length_a < length_b);
}
