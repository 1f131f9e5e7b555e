/* Fashion-MNIST: 60,000 + 10,000 images of clothes, 28 x 28 pixels, ten classes. A dense
 * network with dropout; early stopping on a tenth of the training part decides when to stop.
 * Images stay one byte a pixel in memory and become floats in the network's first layer.
 *
 *     fashion_mnist [folder of the four gzipped IDX files] [seed]
 *
 * Debian's package dataset-fashion-mnist holds the files. */
#include "fashion_data.h"

static nn_model *network(nn_context *context)
{
    int64_t pixels = FASHION_PIXELS;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input_shaped(context, NN_UINT8, &pixels, 1));
    nn_model_add(model, nn_rescale(context, 1.0 / 255, 0));
    nn_model_add(model, nn_dense(context, 256, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.3));
    nn_model_add(model, nn_dense(context, 128, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.2));
    nn_model_add(model, nn_dense(context, FASHION_CLASSES, NN_LINEAR));
    return model;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : FASHION_FOLDER;
    nn_context *context = console_context();
    if (argc > 2)
        console_check(nn_context_set_seed(context, strtoull(argv[2], NULL, 10)));
    console_check(nn_context_set_threads(context, 2));
    nn_dataset *all = fashion_read(context, folder, "train");
    nn_dataset *test = fashion_read(context, folder, "t10k");
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
