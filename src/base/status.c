/* Statuses, their names and texts, and the calling thread's last failure. The failure is
 * thread-local: the only state that the library keeps outside its handles. */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct status_entry {
    const char *name;
    const char *text;
};

/* The index is the status. */
static const struct status_entry status_entries[] = {
    {"NN_OK", "success"},
    {"NN_ERROR_NULL", "a pointer that must not be NULL is NULL"},
    {"NN_ERROR_ARGUMENT", "a value is outside its documented range"},
    {"NN_ERROR_SHAPE", "shapes do not fit each other"},
    {"NN_ERROR_RANK", "a shape has the wrong number of dimensions"},
    {"NN_ERROR_DTYPE", "the element type is not the one expected"},
    {"NN_ERROR_SIZE", "a size is negative, zero where it must not be, or overflows"},
    {"NN_ERROR_MEMORY", "the allocator returned NULL"},
    {"NN_ERROR_MEMORY_LIMIT", "the context's memory limit would be exceeded"},
    {"NN_ERROR_STATE", "the call is not allowed now"},
    {"NN_ERROR_CONTEXT", "handles of different contexts were joined"},
    {"NN_ERROR_NAME", "nothing has that name"},
    {"NN_ERROR_EMPTY", "there is no data, or no weight in it"},
    {"NN_ERROR_LABEL", "a class label is out of range"},
    {"NN_ERROR_DATA", "a data value is NaN or infinite"},
    {"NN_ERROR_LOSS", "the loss became NaN or infinite"},
    {"NN_ERROR_GRADIENT", "a gradient became NaN or infinite, or failed its check"},
    {"NN_ERROR_GRAPH", "the graph is not complete or not connected"},
    {"NN_ERROR_IO", "a file could not be opened, read or written"},
    {"NN_ERROR_FORMAT", "a file is not what it should be"},
    {"NN_ERROR_CALLBACK", "a callback of the program returned non-zero"},
    {"NN_ERROR_ENVIRONMENT", "NN_MAX_ISA holds a value that is not known"},
};

static NNI_THREAD_LOCAL char status_last_text[NNI_ERROR_TEXT_SIZE];
static NNI_THREAD_LOCAL nn_status status_last;

static const struct status_entry *status_entry_of(nn_status status)
{
    if (status < 0 || status >= NNI_COUNT(status_entries)) {
        return NULL;
    }
    return &status_entries[status];
}

const char *nn_status_name(nn_status status)
{
    const struct status_entry *entry = status_entry_of(status);
    return entry == NULL ? NULL : entry->name;
}

const char *nn_status_text(nn_status status)
{
    const struct status_entry *entry = status_entry_of(status);
    return entry == NULL ? "unknown status" : entry->text;
}

const char *nn_last_error(void)
{
    return status_last_text;
}

nn_status nn_last_status(void)
{
    return status_last;
}

nn_status nni_fail(nn_status status, const char *format, ...)
{
    /* Written aside first, since an argument may be the old text. */
    char text[NNI_ERROR_TEXT_SIZE] = "";
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(status_last_text, text, sizeof text);
    status_last = status;
    return status;
}

nn_status nni_null_handle(const char *function, const char *handle)
{
    if (nn_last_status() == NN_OK)
        return nni_fail(NN_ERROR_NULL, "%s: %s is NULL", function, handle);
    return NN_ERROR_NULL;
}
