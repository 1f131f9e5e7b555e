/* The four gzipped IDX files of Debian's package dataset-fashion-mnist, for the examples
 * that learn from them; needs zlib. */
#ifndef EXAMPLES_FASHION_DATA_H
#define EXAMPLES_FASHION_DATA_H

#include "console.h"

#include <zlib.h>

#define FASHION_FOLDER "/usr/share/datasets/fashion-mnist"

enum { FASHION_PIXELS = 28 * 28, FASHION_CLASSES = 10, FASHION_SIZE_LIMIT = 64 << 20 };

/* Unpacks an IDX file. */
static inline nn_tensor *fashion_unpack(nn_context *context, const char *folder,
                                        const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.gz", folder, name);
    gzFile file = gzopen(path, "rb");
    unsigned char *bytes = malloc(FASHION_SIZE_LIMIT);
    int got =
        file == NULL || bytes == NULL ? -1 : gzread(file, bytes, FASHION_SIZE_LIMIT);
    if (got <= 0) {
        fprintf(stderr, "cannot read %s (apt-get install dataset-fashion-mnist)\n", path);
        exit(1);
    }
    gzclose(file);
    nn_tensor *tensor = console_made(nn_parse_idx(context, bytes, (size_t)got));
    free(bytes);
    return tensor;
}

/* Reads a part, "train" or "t10k": images (n, 28, 28), seen as (n, 784), and labels (n). */
static inline nn_dataset *fashion_read(nn_context *context, const char *folder,
                                       const char *part)
{
    char name[64];
    snprintf(name, sizeof name, "%s-images-idx3-ubyte", part);
    nn_tensor *images = fashion_unpack(context, folder, name);
    snprintf(name, sizeof name, "%s-labels-idx1-ubyte", part);
    nn_tensor *labels = fashion_unpack(context, folder, name);
    int64_t shape[] = {nn_tensor_dim(images, 0), FASHION_PIXELS};
    nn_tensor *rows = console_made(nn_tensor_reshape(images, shape, 2));
    nn_dataset *data = nn_dataset_create(context);
    console_check(nn_dataset_add_input(data, rows));
    console_check(nn_dataset_add_target(data, labels));
    nn_tensor_destroy(rows);
    nn_tensor_destroy(images);
    nn_tensor_destroy(labels);
    return data;
}

#endif
