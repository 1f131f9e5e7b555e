/* Batch size, threads and speed: how many samples a second a network trains on. Large
 * batches let each weight that is fetched from memory work on many samples, and give
 * threads enough to share; the results do not depend on the threads.
 *
 *     throughput [folder for the picture's numbers] [digits.csv] */
#include "digits_data.h"
#include "draw.h"

enum { SAMPLES = 512, HIDDEN = 512, EPOCHS = 5, LARGEST = 512 };

/* Samples a second in the fastest of a few epochs; *loss is the training loss after them. */
static double throughput(const char *path, int32_t threads, int64_t batch, double *loss)
{
    nn_context *context = nn_context_create(NULL);
    console_check(nn_context_set_threads(context, threads));
    nn_dataset *digits, *unused;
    digits_read(context, path, &digits, &unused);
    nn_dataset *some = console_made(nn_dataset_subset(digits, 0, SAMPLES));
    int64_t pixels = DIGITS_PIXELS;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input_shaped(context, NN_UINT8, &pixels, 1));
    nn_model_add(model, nn_rescale(context, 1.0 / 16, 0));
    nn_model_add(model, nn_dense(context, HIDDEN, NN_RELU));
    nn_model_add(model, nn_dense(context, HIDDEN, NN_RELU));
    nn_model_add(model, nn_dense(context, DIGITS_CLASSES, NN_LINEAR));
    nn_trainer *trainer = console_made(nn_trainer_create(
        model, nn_softmax_cross_entropy(context), nn_sgd(context, 0.05)));
    console_check(nn_trainer_set_batch_size(trainer, batch));
    double fastest = 1e9;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        double start = console_seconds(), spent;
        console_check(nn_trainer_fit(trainer, some, NULL, 1));
        spent = console_seconds() - start;
        fastest = spent < fastest ? spent : fastest;
    }
    double rate = SAMPLES / fastest;
    console_check(nn_trainer_evaluate(trainer, some, loss, 1));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(some);
    nn_dataset_destroy(digits);
    nn_dataset_destroy(unused);
    nn_context_destroy(context);
    return rate;
}

int main(int argc, char **argv)
{
    const char *path = argc > 2 ? argv[2] : DIGITS_FILE;
    double loss, same_loss, largest = 0;
    int is_same = 1;
    FILE *file = draw_open(argc > 1 ? argv[1] : NULL, "throughput.dat");
    for (int64_t batch = 1; batch <= LARGEST; batch *= 4) {
        double alone = throughput(path, 1, batch, &loss);
        double two = throughput(path, 2, batch, &same_loss);
        is_same = is_same && loss == same_loss;
        largest = two > largest ? two : largest;
        fprintf(file, "%d %g %g\n", (int)batch, alone, two);
        printf("B = %4d   %7.0f samples/s on one thread, %7.0f on two; loss %.6f, %.6f\n",
               (int)batch, alone, two, loss, same_loss);
    }
    draw_close(file);
    printf("RESULT samples_per_second=%.0f same_loss=%d\n", largest, is_same);
    return 0;
}
