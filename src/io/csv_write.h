/* Writing CSV (RFC 4180). The whole text is made first, then saved: so a failure leaves the
 * old file as it was. */
#ifndef NNI_IO_CSV_WRITE_H
#define NNI_IO_CSV_WRITE_H

#include "base/text.h"
#include "train/history.h"

/* Appends a field; in quotes where it holds a comma, a quote or a line end. */
void nni_csv_put(struct nni_text *text, const char *field);

/* Saves what was made, unless making it has failed. who begins the message of a NULL
 * path. */
nn_status nni_csv_save(const struct nni_text *text, const char *who, const char *path);

/* Writes "epoch,loss,..." and a line for each epoch (1, 2, ...); numbers with 9 significant
 * digits. NN_ERROR_IO, NN_ERROR_MEMORY. */
nn_status nni_history_write(const struct nni_history *history, const char *path);

#endif
