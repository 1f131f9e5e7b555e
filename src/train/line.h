/* One line of text of bounded length, put together piece by piece without allocating: for
 * the log and for messages that list names. What does not fit is cut. */
#ifndef NNI_TRAIN_LINE_H
#define NNI_TRAIN_LINE_H

#include "base/compiler.h"

enum { NNI_LINE_SIZE = 512 };

/* Zeroed is empty. */
struct nni_line {
    size_t length;
    char text[NNI_LINE_SIZE];
};

/* Appends printf's format (whole numbers and strings). */
void nni_line_add(struct nni_line *line, const char *format, ...) NNI_PRINTF(2, 3);

#endif
