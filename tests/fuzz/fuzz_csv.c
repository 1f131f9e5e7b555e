/* CSV files, with settings from the first bytes. */
#include "bytes.h"
#include "count.h"

#include <nn/nn.h>

#include <string.h>

enum { MEMORY = 1 << 24 };

static nn_csv *make_csv(struct bytes *b, nn_context *context)
{
    static const char separators[] = ",;\t |";
    nn_csv *csv = nn_csv_create(context);
    nn_csv_set_header(csv, take(b, 3) - 1);
    nn_csv_set_separator(csv, separators[take(b, 5)]);
    nn_csv_set_label_index(csv, take(b, 6) - 2);
    nn_csv_set_label_kind(csv, take(b, 4));
    nn_csv_set_bytes(csv, take(b, 2));
    nn_csv_set_missing(csv, take(b, 5), take_float(b));
    if (take(b, 3) == 0)
        nn_csv_set_missing_text(csv, "NA");
    if (take(b, 4) == 0)
        nn_csv_set_label_name(csv, "b");
    return csv;
}

/* A failure that names a line past the first comes after the columns are known. */
static int past_first_line(void)
{
    const char *place = strstr(nn_last_error(), "line ");
    return place != NULL && strtol(place + strlen("line "), NULL, 10) > 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, size};
    nn_context *context = nn_context_create(NULL);
    must(nn_context_set_memory_limit(context, MEMORY) == NN_OK, "a context is made");
    nn_csv *csv = make_csv(&bytes, context);
    nn_dataset *dataset = nn_csv_parse(csv, bytes.next, bytes.left);
    must(dataset == NULL || nn_dataset_count(dataset) > 0, "there are samples");
    count_input(dataset != NULL || past_first_line(), dataset != NULL);
    nn_dataset_destroy(dataset);
    nn_csv_destroy(csv);
    nn_context_destroy(context);
    return 0;
}
