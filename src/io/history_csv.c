/* The history of a run as a CSV file. */
#include "io/csv_write.h"
#include "train/trainer.h"

#include <inttypes.h>

enum { HISTORY_DIGITS = 9 };

static void history_text(const struct nni_history *history, struct nni_text *text)
{
    nni_csv_put(text, "epoch");
    for (int32_t i = 0; i < history->series_count; i++) {
        nni_text_append(text, ",", 1);
        nni_csv_put(text, history->names[i]);
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

nn_status nni_history_write(const struct nni_history *history, const char *path)
{
    struct nni_text text;
    nni_text_init(&text, history->context);
    history_text(history, &text);
    const nn_status status = nni_csv_save(&text, "nn_trainer_write_history", path);
    nni_text_release(&text);
    return status;
}

nn_status nn_trainer_write_history(const nn_trainer *trainer, const char *path)
{
    NNI_NOT_NULL_HANDLE("nn_trainer_write_history", trainer);
    NNI_NOT_NULL("nn_trainer_write_history", path);
    return nni_history_write(&trainer->history, path);
}
