/* nn/status.h - how the library reports failure.
 *
 * Functions that create something return the handle, or NULL. Every other function
 * that can fail returns an nn_status. In both cases nn_last_error() then holds a
 * sentence for people: which argument, layer, line or byte, what was expected and what
 * was got. Nothing is ever printed, and nothing aborts. */
#ifndef NN_STATUS_H
#define NN_STATUS_H

#include <nn/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 is success. The numbers are permanent; new ones are only appended. */
typedef int32_t nn_status;

enum {
    NN_OK = 0,
    NN_ERROR_NULL = 1,         /* a pointer that must not be NULL is NULL */
    NN_ERROR_ARGUMENT = 2,     /* a value is outside its documented range */
    NN_ERROR_SHAPE = 3,        /* shapes do not fit each other */
    NN_ERROR_RANK = 4,         /* a shape has the wrong number of dimensions */
    NN_ERROR_DTYPE = 5,        /* the element type is not the one expected */
    NN_ERROR_SIZE = 6,         /* a size is negative, zero or too large */
    NN_ERROR_MEMORY = 7,       /* the allocator returned NULL */
    NN_ERROR_MEMORY_LIMIT = 8, /* the context's memory limit would be exceeded */
    NN_ERROR_STATE = 9,        /* the call is not allowed now */
    NN_ERROR_CONTEXT = 10,     /* handles of different contexts were joined */
    NN_ERROR_NAME = 11,        /* nothing has that name */
    NN_ERROR_EMPTY = 12,       /* there is no data, or no weight in it */
    NN_ERROR_LABEL = 13,       /* a class label is not in 0 ... classes - 1 */
    NN_ERROR_DATA = 14,        /* a data value is NaN or infinite */
    NN_ERROR_LOSS = 15,        /* the loss became NaN or infinite */
    NN_ERROR_GRADIENT = 16,    /* a gradient became NaN or infinite, or is wrong */
    NN_ERROR_GRAPH = 17,       /* the graph is not complete or not connected */
    NN_ERROR_IO = 18,          /* a file could not be opened, read or written */
    NN_ERROR_FORMAT = 19, /* a file is not what it should be; line and column are named */
    NN_ERROR_CALLBACK = 20,   /* a callback of the program returned non-zero */
    NN_ERROR_ENVIRONMENT = 21 /* NN_MAX_ISA holds a value that is not known */
};

/* The name of a status, for example "NN_ERROR_SHAPE", or NULL for a number that is none.
 * Static. */
NN_API const char *nn_status_name(nn_status status);

/* What a status means in a few words, for example "shapes do not fit each other". Static;
 * never NULL ("unknown status" for a number that is none). */
NN_API const char *nn_status_text(nn_status status);

/* The text of the calling thread's last failure; "" before the first one. It stays until
 * the next failure in this thread: a success does not clear it. Valid until then; never
 * NULL. */
NN_API const char *nn_last_error(void);

/* The status of the calling thread's last failure (of a creator that returned NULL, say);
 * NN_OK before the first one. */
NN_API nn_status nn_last_status(void);

#ifdef __cplusplus
}
#endif

#endif
