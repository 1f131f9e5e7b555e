/* Handwritten digits: trains a network on 1,797 images of 8 x 8 pixels and reads the digits
 * that it has not seen.
 *
 *     digits [examples/data/digits.csv] [seed]
 *
 * Every fifth sample (index mod 5 is 4) is for testing; of the others every tenth is for
 * validation, which decides when to stop. */
#include "console.h"

enum { PIXELS = 64, CLASSES = 10, SHOWN = 4 };

/* Splits the data into training, validation and test part. */
static void split(nn_dataset *data, nn_dataset **training, nn_dataset **validation,
                  nn_dataset **test)
{
    int64_t count = nn_dataset_count(data), sizes[3] = {0, 0, 0};
    int64_t *parts[3];
    for (int p = 0; p < 3; p++)
        if ((parts[p] = malloc((size_t)count * sizeof **parts)) == NULL)
            exit(1);
    for (int64_t i = 0; i < count; i++) {
        int p = i % 5 == 4 ? 2 : (i / 5 * 4 + i % 5) % 10 == 9 ? 1 : 0;
        parts[p][sizes[p]++] = i;
    }
    *training = console_made(nn_dataset_select(data, parts[0], sizes[0]));
    *validation = console_made(nn_dataset_select(data, parts[1], sizes[1]));
    *test = console_made(nn_dataset_select(data, parts[2], sizes[2]));
    for (int p = 0; p < 3; p++)
        free(parts[p]);
}

static nn_model *network(nn_context *context)
{
    int64_t pixels = PIXELS;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input_shaped(context, NN_UINT8, &pixels, 1));
    nn_model_add(model, nn_rescale(context, 1.0 / 16, 0));
    nn_model_add(model, nn_dense(context, 256, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.5));
    nn_model_add(model, nn_dense(context, CLASSES, NN_LINEAR));
    return model;
}

/* Draws some test images as characters, with the truth and what the network says. */
static void show(nn_context *context, nn_trainer *trainer, nn_dataset *test)
{
    uint8_t images[SHOWN][PIXELS];
    int32_t labels[SHOWN];
    int64_t image_shape[] = {SHOWN, PIXELS}, label_shape[] = {SHOWN};
    nn_dataset *few = console_made(nn_dataset_subset(test, 0, SHOWN));
    nn_tensor *pixels =
        nn_tensor_wrap(context, NN_UINT8, image_shape, 2, images, NULL, NULL);
    nn_tensor *truth =
        nn_tensor_wrap(context, NN_INT32, label_shape, 1, labels, NULL, NULL);
    nn_tensor *logits = console_made(nn_trainer_predict(trainer, few, 0));
    nn_tensor *said = nn_tensor_create(context, NN_INT64, label_shape, 1);
    console_check(nn_dataset_read_input(few, 0, 0, pixels));
    console_check(nn_dataset_read_target(few, 0, 0, truth));
    console_check(nn_tensor_argmax(logits, 1, said));

    for (int row = 0; row < 8; row++) {
        for (int i = 0; i < SHOWN; i++) {
            for (int column = 0; column < 8; column++) {
                char ink = " .:-=+*#%"[images[i][8 * row + column] / 2];
                printf("%c%c", ink, ink);
            }
            printf("    ");
        }
        printf("\n");
    }
    for (int i = 0; i < SHOWN; i++)
        printf("a %d, read as %d      ", (int)labels[i],
               (int)((int64_t *)nn_tensor_data(said))[i]);
    printf("\n\n");
    nn_tensor_destroy(pixels);
    nn_tensor_destroy(truth);
    nn_tensor_destroy(logits);
    nn_tensor_destroy(said);
    nn_dataset_destroy(few);
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "examples/data/digits.csv";
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : NN_DEFAULT_SEED;
    nn_context *context = console_context();
    console_check(nn_context_set_seed(context, seed));

    nn_csv *csv = nn_csv_create(context);
    console_check(nn_csv_set_label_name(csv, "digit"));
    console_check(nn_csv_set_bytes(csv, 1));
    nn_dataset *data = console_made(nn_csv_read(csv, path));
    nn_dataset *training, *validation, *test;
    split(data, &training, &validation, &test);

    nn_model *model = network(context);
    nn_trainer *trainer = console_made(nn_trainer_create(
        model, nn_softmax_cross_entropy(context), nn_adam(context, 1e-3)));
    nn_trainer_set_batch_size(trainer, 32);
    nn_trainer_add_metric(trainer, NN_ACCURACY, 0);
    nn_trainer_set_early_stopping(trainer, 15, 0, 1);
    nn_trainer_set_progress(trainer,
                            console_is_terminal() ? NN_PROGRESS_BAR : NN_PROGRESS_EPOCH);
    console_check(nn_trainer_fit(trainer, training, validation, 100));

    double results[2]; /* loss, accuracy */
    show(context, trainer, test);
    console_check(nn_trainer_evaluate(trainer, test, results, 2));
    printf("RESULT test_accuracy=%.4f epochs=%d\n", results[1],
           (int)nn_trainer_epoch(trainer));

    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(training);
    nn_dataset_destroy(validation);
    nn_dataset_destroy(test);
    nn_dataset_destroy(data);
    nn_csv_destroy(csv);
    nn_context_destroy(context);
    return 0;
}
