/* Fashion-MNIST: 60,000 + 10,000 images of clothes, 28 x 28 pixels, ten classes. A dense
 * network with dropout; early stopping on a tenth of the training part decides when to stop.
 * Images stay one byte a pixel in memory and become floats in the network's first layer.
 *
 *     fashion_mnist [folder of the four gzipped IDX files] [seed]
 *
 * Debian's package dataset-fashion-mnist holds the files. */
#include "console.h"

#include <string.h>
#include <zlib.h>

enum { PIXELS = 28 * 28, CLASSES = 10, SIZE_LIMIT = 64 << 20 };

/* Unpacks a gzip file into new memory. */
static unsigned char *unpack(const char *folder, const char *name, size_t *size)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    gzFile file = gzopen(path, "rb");
    unsigned char *bytes = malloc(SIZE_LIMIT);
    int got = file == NULL || bytes == NULL ? -1 : gzread(file, bytes, SIZE_LIMIT);
    if (got <= 0) {
        fprintf(stderr, "cannot read %s (apt-get install dataset-fashion-mnist)\n", path);
        exit(1);
    }
    gzclose(file);
    *size = (size_t)got;
    return bytes;
}

static nn_tensor *read_tensor(nn_context *context, const char *folder, const char *name)
{
    size_t size;
    unsigned char *bytes = unpack(folder, name, &size);
    nn_tensor *tensor = console_made(nn_parse_idx(context, bytes, size));
    free(bytes);
    return tensor;
}

/* Reads images (n, 28, 28), seen as (n, 784), and labels (n). */
static nn_dataset *read_part(nn_context *context, const char *folder,
                             const char *images_name, const char *labels_name)
{
    nn_tensor *images = read_tensor(context, folder, images_name);
    nn_tensor *labels = read_tensor(context, folder, labels_name);
    int64_t shape[] = {nn_tensor_dim(images, 0), PIXELS};
    nn_tensor *rows = console_made(nn_tensor_reshape(images, shape, 2));
    nn_dataset *data = nn_dataset_create(context);
    console_check(nn_dataset_add_input(data, rows));
    console_check(nn_dataset_add_target(data, labels));
    nn_tensor_destroy(rows);
    nn_tensor_destroy(images);
    nn_tensor_destroy(labels);
    return data;
}

static nn_model *network(nn_context *context)
{
    int64_t pixels = PIXELS;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input_shaped(context, NN_UINT8, &pixels, 1));
    nn_model_add(model, nn_rescale(context, 1.0 / 255, 0));
    nn_model_add(model, nn_dense(context, 256, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.3));
    nn_model_add(model, nn_dense(context, 128, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.2));
    nn_model_add(model, nn_dense(context, CLASSES, NN_LINEAR));
    return model;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "/usr/share/datasets/fashion-mnist";
    nn_context *context = console_context();
    if (argc > 2)
        console_check(nn_context_set_seed(context, strtoull(argv[2], NULL, 10)));
    console_check(nn_context_set_threads(context, 2));
    nn_dataset *all = read_part(context, folder, "train-images-idx3-ubyte.gz",
                                "train-labels-idx1-ubyte.gz");
    nn_dataset *test = read_part(context, folder, "t10k-images-idx3-ubyte.gz",
                                 "t10k-labels-idx1-ubyte.gz");
    nn_dataset *training, *validation;
    console_check(nn_dataset_split(all, 0.1, 1, &training, &validation));

    nn_model *model = network(context);
    nn_trainer *trainer = console_made(nn_trainer_create(
        model, nn_softmax_cross_entropy(context), nn_adam(context, 1e-3)));
    nn_trainer_set_batch_size(trainer, 128);
    nn_trainer_add_metric(trainer, NN_ACCURACY, 0);
    nn_trainer_set_early_stopping(trainer, 5, 0, 1);
    nn_trainer_set_rate_exponential(trainer, 0.95);
    nn_trainer_set_progress(trainer,
                            console_is_terminal() ? NN_PROGRESS_BAR : NN_PROGRESS_EPOCH);
    console_check(nn_trainer_fit(trainer, training, validation, 40));

    double results[2]; /* loss, accuracy */
    console_check(nn_trainer_evaluate(trainer, test, results, 2));
    printf("RESULT test_accuracy=%.4f epochs=%d\n", results[1],
           (int)nn_trainer_epoch(trainer));

    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(training);
    nn_dataset_destroy(validation);
    nn_dataset_destroy(all);
    nn_dataset_destroy(test);
    nn_context_destroy(context);
    return 0;
}
