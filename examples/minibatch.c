/* One point, a mini-batch or all of them: the gradient of a mini-batch is the gradient of
 * the whole set plus noise, whose size falls as 1 / sqrt(B) with the batch size B. One
 * point makes many noisy steps, all points few good ones; mini-batches lie between.
 *
 * Measured on handwritten digits: the noise against B, and the training loss against time.
 *
 *     minibatch [folder for the picture's numbers] [digits.csv] */
#include "digits_data.h"
#include "draw.h"

#include <math.h>

enum { HIDDEN = 32, DRAWS = 50, LARGEST = 256, WEIGHTS = 64 * 32 + 32 + 32 * 10 + 10 };

/* A trainer with plain gradient descent for a network. */
static nn_trainer *descent(nn_model *model, double rate)
{
    return console_made(
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, rate)));
}

/* The gradient of the mean loss over some samples, all parameters in a row. */
static void gradient_of(nn_trainer *trainer, const nn_dataset *samples, double *gradient)
{
    int64_t shape[2] = {nn_dataset_count(samples), DIGITS_PIXELS};
    nn_tensor *x = console_made(nn_tensor_create(NULL, NN_UINT8, shape, 2));
    nn_tensor *y = console_made(nn_tensor_create(NULL, NN_INT32, shape, 1));
    console_check(nn_dataset_read_input(samples, 0, 0, x));
    console_check(nn_dataset_read_target(samples, 0, 0, y));
    console_check(nn_trainer_forward(trainer, (const nn_tensor *[]){x}, 1));
    console_check(nn_trainer_backward(trainer, (const nn_tensor *[]){y}, 1, NULL, NULL));
    for (int32_t p = 0; p < 4; p++) { /* weight and bias of two layers */
        nn_tensor *part = nn_trainer_gradient(trainer, p);
        for (int64_t i = 0; i < nn_tensor_count(part); i++)
            *gradient++ = nn_tensor_floats(part)[i];
    }
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
}

/* The noise of gradients of B samples drawn at random: the root of their mean squared
 * distance from the gradient of all samples, as a share of its length. */
static double noise(nn_trainer *trainer, nn_dataset *digits, const double *whole,
                    int size)
{
    double part[WEIGHTS], squares = 0, length = 0;
    int64_t chosen[LARGEST], shape[] = {size};
    nn_tensor *luck = console_made(nn_tensor_create(NULL, NN_FLOAT32, shape, 1));
    for (int draw = 0; draw < DRAWS; draw++) {
        console_check(nn_tensor_random_uniform(luck, 0, (float)nn_dataset_count(digits),
                                               (uint64_t)(size * DRAWS + draw)));
        for (int i = 0; i < size; i++)
            chosen[i] = (int64_t)nn_tensor_floats(luck)[i];
        nn_dataset *batch = console_made(nn_dataset_select(digits, chosen, size));
        gradient_of(trainer, batch, part);
        for (int i = 0; i < WEIGHTS; i++) {
            squares += (part[i] - whole[i]) * (part[i] - whole[i]) / DRAWS;
            length += whole[i] * whole[i] / DRAWS;
        }
        nn_dataset_destroy(batch);
    }
    nn_tensor_destroy(luck);
    return sqrt(squares / length);
}

/* Measures it for B = 1, 2, 4, ...; returns the power of B that it falls with. */
static double measure_noise(nn_dataset *digits, FILE *file)
{
    double whole[WEIGHTS], first = 0, last = 0;
    nn_model *model = digits_network(NULL, HIDDEN);
    nn_trainer *trainer = descent(model, 0.1);
    gradient_of(trainer, digits, whole);
    for (int size = 1; size <= LARGEST; size *= 2) {
        last = noise(trainer, digits, whole, size);
        first = size == 1 ? last : first;
        fprintf(file, "%d %g\n", size, last);
        printf("B = %3d   noise %.3f of the gradient\n", size, last);
    }
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return log(last / first) / log(LARGEST);
}

/* Trains and writes the seconds spent and the training loss after each epoch; returns the
 * last loss. */
static double learn(nn_dataset *digits, int64_t batch, double rate, int epochs,
                    FILE *file)
{
    double spent = 0, loss = 0;
    nn_model *model = digits_network(NULL, HIDDEN);
    nn_trainer *trainer = descent(model, rate);
    console_check(nn_trainer_set_batch_size(trainer, batch));
    for (int epoch = 0; epoch < epochs; epoch++) {
        double start = console_seconds();
        console_check(nn_trainer_fit(trainer, digits, NULL, 1));
        spent += console_seconds() - start;
        console_check(nn_trainer_evaluate(trainer, digits, &loss, 1));
        fprintf(file, "%g %g\n", spent, loss);
    }
    fprintf(file, "\n\n");
    printf("B = %4d   loss %.4f after %d epochs\n", (int)batch, loss, epochs);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return loss;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_dataset *digits, *unused;
    digits_read(NULL, argc > 2 ? argv[2] : DIGITS_FILE, &digits, &unused);
    FILE *file = draw_open(folder, "noise.dat");
    double power = measure_noise(digits, file);
    draw_close(file);

    file = draw_open(folder, "losses.dat");
    double one = learn(digits, 1, 0.01, 6, file), mini = learn(digits, 32, 0.2, 20, file);
    double full = learn(digits, nn_dataset_count(digits), 0.5, 200, file);
    draw_close(file);

    printf("RESULT noise_power=%.3f one=%.4f mini=%.4f full=%.4f\n", power, one, mini,
           full);
    nn_dataset_destroy(digits);
    nn_dataset_destroy(unused);
    return 0;
}
