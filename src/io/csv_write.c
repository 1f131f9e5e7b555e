/* Writing CSV: fields, and the file. */
#include "io/csv_write.h"

#include "io/stream.h"

#include <string.h>

void nni_csv_put(struct nni_text *text, const char *field)
{
    if (strpbrk(field, ",\"\r\n") == NULL) {
        nni_text_append(text, field, strlen(field));
        return;
    }
    nni_text_append(text, "\"", 1);
    for (; *field != '\0'; field++) {
        nni_text_append(text, field, 1);
        if (*field == '"') {
            nni_text_append(text, field, 1);
        }
    }
    nni_text_append(text, "\"", 1);
}

static nn_status csv_write_body(struct nni_writer *writer, void *data)
{
    const struct nni_text *text = *(const struct nni_text *const *)data;
    return nni_writer_put(writer, text->data, text->length);
}

nn_status nni_csv_save(const struct nni_text *text, const char *who, const char *path)
{
    if (text->status != NN_OK) {
        return text->status;
    }
    return nni_save_file(text->context, who, path, csv_write_body, &text);
}
