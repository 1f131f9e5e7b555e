/* The whole job with libnn: images stay bytes in memory and become floats in the network's
 * first layer; nn_trainer_fit with its defaults.
 *
 *     job_nn THREADS FOLDER            prints "accuracy A" */
#include "images.h"
#include "runner.h"

#include <nn/nn.h>

#include <stdio.h>
#include <stdlib.h>

static void job_check(nn_status status)
{
    if (status != NN_OK)
        runner_fail(nn_status_name(status), nn_last_error());
}

static void *job_made(void *handle)
{
    if (handle == NULL)
        job_check(nn_last_status());
    return handle;
}

static nn_dataset *job_read(nn_context *context, const char *folder, const char *part)
{
    struct images images;
    images_open(&images, folder, part);
    int64_t shape[] = {images.count, JOB_PIXELS};
    nn_tensor *pixels = job_made(nn_tensor_create(context, NN_UINT8, shape, 2));
    nn_tensor *labels = job_made(nn_tensor_create(context, NN_UINT8, shape, 1));
    images_read_pixels(&images, nn_tensor_data(pixels), images.count);
    images_read_labels(&images, nn_tensor_data(labels));
    images_close(&images);

    nn_dataset *data = job_made(nn_dataset_create(context));
    job_check(nn_dataset_add_input(data, pixels));
    job_check(nn_dataset_add_target(data, labels));
    nn_tensor_destroy(pixels);
    nn_tensor_destroy(labels);
    return data;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        runner_fail("usage", "job_nn THREADS FOLDER");
    nn_context *context = job_made(nn_context_create(NULL));
    job_check(nn_context_set_threads(context, atoi(argv[1])));
    nn_dataset *training = job_read(context, argv[2], "train");

    int64_t pixels = JOB_PIXELS;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input_shaped(context, NN_UINT8, &pixels, 1));
    nn_model_add(model, nn_rescale(context, 1.0 / 255, 0));
    nn_model_add(model, nn_dense(context, JOB_HIDDEN, NN_RELU));
    nn_model_add(model, nn_dense(context, JOB_CLASSES, NN_LINEAR));
    nn_trainer *trainer = job_made(nn_trainer_create(
        model, nn_softmax_cross_entropy(context), nn_sgd(context, JOB_RATE)));
    job_check(nn_trainer_set_batch_size(trainer, JOB_BATCH));
    job_check(nn_trainer_fit(trainer, training, NULL, JOB_EPOCHS));
    nn_dataset_destroy(training);

    double results[2]; /* loss, accuracy */
    nn_dataset *test = job_read(context, argv[2], "t10k");
    nn_trainer *judge = job_made(nn_trainer_create_many(
        model, (nn_loss *[]){nn_softmax_cross_entropy(context)}, NULL, 1, NULL));
    job_check(nn_trainer_add_metric(judge, NN_ACCURACY, 0));
    job_check(nn_trainer_evaluate(judge, test, results, 2));
    printf("accuracy %.4f\n", results[1]);

    nn_trainer_destroy(judge);
    nn_dataset_destroy(test);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_context_destroy(context);
    return 0;
}
