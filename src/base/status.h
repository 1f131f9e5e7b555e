/* The internal side of nn/status.h: recording a failure, and passing one on. */
#ifndef NNI_BASE_STATUS_H
#define NNI_BASE_STATUS_H

#include "base/compiler.h"

#include <nn/status.h>

enum { NNI_ERROR_TEXT_SIZE = 512 };

/* Records status and a text (printf's format, cut to NNI_ERROR_TEXT_SIZE) as the calling
 * thread's last failure and returns status. The text names what was wrong and where. Its
 * arguments may be nn_last_error() itself, so a caller can put its own words before it. */
nn_status nni_fail(nn_status status, const char *format, ...) NNI_PRINTF(2, 3);

/* Returns the status of an expression from the enclosing function where it is not NN_OK. */
#define NNI_TRY(expression)                 \
    do {                                    \
        nn_status nni_tried = (expression); \
        if (nni_tried != NN_OK)             \
            return nni_tried;               \
    } while (0)

/* NN_ERROR_NULL with "<function>: <argument> is NULL" where a pointer is NULL. */
#define NNI_NOT_NULL(function, pointer)                                             \
    do {                                                                            \
        if ((pointer) == NULL)                                                      \
            return nni_fail(NN_ERROR_NULL, "%s: %s is NULL", (function), #pointer); \
    } while (0)

/* NN_ERROR_NULL for a handle that is NULL. Most often its creator has failed, so that the
 * failure is recorded already: then it stays the thread's last error, and a chain of calls
 * on NULL handles ends with the first thing that was wrong. */
nn_status nni_null_handle(const char *function, const char *handle);

/* The same for a handle by its name, returning from the enclosing function. */
#define NNI_NOT_NULL_HANDLE(function, handle)            \
    do {                                                 \
        if ((handle) == NULL)                            \
            return nni_null_handle((function), #handle); \
    } while (0)

#endif
