/* The history as a CSV file (RFC 4180). The whole text is made first, so that a failure of
 * memory leaves the file as it was. */
#include "base/text.h"
#include "train/history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HISTORY_DIGITS = 9, HISTORY_REASON_SIZE = 128 };

static void history_text(const struct nni_history *history, struct nni_text *text)
{
    nni_text_format(text, "epoch");
    for (int32_t i = 0; i < history->series_count; i++) {
        nni_text_format(text, ",%s", history->names[i]);
    }
    for (int64_t epoch = 0; epoch < history->epochs; epoch++) {
        nni_text_format(text, "\n%" PRId64, epoch + 1);
        for (int32_t i = 0; i < history->series_count; i++) {
            nni_text_append(text, ",", 1);
            nni_text_number(text, history->values[i][epoch], HISTORY_DIGITS);
        }
    }
    nni_text_append(text, "\n", 1);
}

static nn_status history_io_failure(const char *path, const char *what, int error)
{
    char reason[HISTORY_REASON_SIZE];
    if (strerror_r(error, reason, sizeof reason) != 0) {
        snprintf(reason, sizeof reason, "error %d", error);
    }
    return nni_fail(NN_ERROR_IO, "history: '%s' cannot be %s: %s", path, what, reason);
}

/* Writes and closes, and tells of the first of the two that failed. */
static nn_status history_put(const char *path, const struct nni_text *text)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL) {
        return history_io_failure(path, "opened", errno);
    }
    const int written = fwrite(text->data, 1, text->length, file) == text->length;
    const int error = errno;
    const int closed = fclose(file) == 0;
    if (written && closed) {
        return NN_OK;
    }
    return history_io_failure(path, "written", written ? errno : error);
}

nn_status nni_history_write(const struct nni_history *history, const char *path)
{
    struct nni_text text;
    nni_text_init(&text, history->context);
    history_text(history, &text);
    const nn_status status =
        text.status == NN_OK ? history_put(path, &text) : text.status;
    nni_text_release(&text);
    return status;
}
