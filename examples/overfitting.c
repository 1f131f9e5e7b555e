/* Underfitting, an ideal fit and overfitting: three networks on the same few noisy points,
 * one too simple, one about right, one that learns the noise by heart.
 *
 * Then what helps, on handwritten digits of which the network sees few: without help the
 * training loss goes to 0 while the validation loss turns and rises. Dropout holds that
 * off; early stopping ends training where the validation loss is smallest.
 *
 *     overfitting [folder for the picture's numbers] [digits.csv] */
#include "digits_data.h"
#include "draw.h"
#include "points.h"

#include <math.h>

enum { COUNT = 16, CURVE = 120, FEW = 300, HIDDEN = 256, EPOCHS = 150, PATIENCE = 10 };

/* Points of sin(x), every one with some noise; without noise, the truth. */
static nn_dataset *sine(int64_t count, float noise, const char *folder, const char *name)
{
    nn_tensor *points = points_matrix(NULL, count, 1), *y = points_matrix(NULL, count, 1);
    float *x = nn_tensor_floats(points);
    console_check(nn_tensor_random_normal(y, 0, noise, 3));
    FILE *file = draw_open(folder, name);
    for (int64_t i = 0; i < count; i++) {
        x[i] = 6 * (float)i / (float)(count - 1) - 3;
        nn_tensor_floats(y)[i] += sinf(x[i]);
        fprintf(file, "%g %g\n", x[i], nn_tensor_floats(y)[i]);
    }
    draw_close(file);
    return points_dataset(points, y);
}

/* Fits the points with hidden layers of that many units (0: none); losses gets the mean
 * squared error on the points and from the truth. */
static void fit(nn_dataset *points, nn_dataset *truth, int64_t hidden, int epochs,
                FILE *file, double losses[2])
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 1));
    for (int layer = 0; hidden > 0 && layer < 2; layer++)
        nn_model_add(model, nn_dense(NULL, hidden, NN_TANH));
    nn_model_add(model, nn_dense(NULL, 1, NN_LINEAR));
    nn_trainer *trainer = console_made(
        nn_trainer_create(model, nn_mean_squared_error(NULL), nn_adam(NULL, 0.02)));
    console_check(nn_trainer_set_rate_cosine(trainer, epochs, 1e-4));
    console_check(nn_trainer_fit(trainer, points, NULL, epochs));
    console_check(nn_trainer_evaluate(trainer, points, &losses[0], 1));
    console_check(nn_trainer_evaluate(trainer, truth, &losses[1], 1));
    nn_tensor *curve = console_made(nn_trainer_predict(trainer, truth, 0));
    for (int i = 0; i < CURVE; i++)
        fprintf(file, "%g %g\n", 6.0 * i / (CURVE - 1) - 3, nn_tensor_floats(curve)[i]);
    fprintf(file, "\n\n");
    printf("%2d hidden units   error on the points %.4f   from the truth %.4f\n",
           (int)hidden, losses[0], losses[1]);
    nn_tensor_destroy(curve);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

/* Trains on few digits, writes the losses, and returns the smallest validation loss (at
 * epoch *best) and the last one. */
static void learn(nn_dataset *few, nn_dataset *validation, double dropout, int patience,
                  const char *folder, const char *name, double losses[2], int *best)
{
    int64_t pixels = DIGITS_PIXELS, epochs;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input_shaped(NULL, NN_UINT8, &pixels, 1));
    nn_model_add(model, nn_rescale(NULL, 1.0 / 16, 0));
    for (int layer = 0; layer < 2; layer++) {
        nn_model_add(model, nn_dense(NULL, HIDDEN, NN_RELU));
        nn_model_add(model, nn_dropout(NULL, dropout));
    }
    nn_model_add(model, nn_dense(NULL, DIGITS_CLASSES, NN_LINEAR));
    nn_trainer *trainer = console_made(
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_adam(NULL, 1e-3)));
    console_check(nn_trainer_set_early_stopping(trainer, patience, 0, 1));
    console_check(nn_trainer_fit(trainer, few, validation, EPOCHS));

    const double *training, *held_out;
    console_check(nn_trainer_history(trainer, "loss", &training, &epochs));
    console_check(nn_trainer_history(trainer, "val_loss", &held_out, &epochs));
    FILE *file = draw_open(folder, name);
    *best = 0;
    for (int i = 0; i < epochs; i++) {
        fprintf(file, "%d %g %g\n", i + 1, training[i], held_out[i]);
        *best = held_out[i] < held_out[*best] ? i : *best;
    }
    draw_close(file);
    losses[0] = held_out[*best], losses[1] = held_out[epochs - 1];
    printf("dropout %.1f, %3d epochs   smallest validation loss %.4f (epoch %d), last "
           "%.4f\n",
           dropout, (int)epochs, losses[0], *best + 1, losses[1]);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_dataset *points = sine(COUNT, 0.4f, folder, "points.dat");
    nn_dataset *truth = sine(CURVE, 0, folder, "truth.dat");
    nn_dataset *digits, *validation;
    double under[2], ideal[2], over[2], plain[2], dropped[2], stopped[2];
    FILE *file = draw_open(folder, "fits.dat");
    fit(points, truth, 0, 400, file, under);
    fit(points, truth, 4, 400, file, ideal);
    fit(points, truth, 64, 4000, file, over);
    draw_close(file);

    int best, best_dropped, best_stopped;
    digits_read(NULL, argc > 2 ? argv[2] : DIGITS_FILE, &digits, &validation);
    nn_dataset *few = console_made(nn_dataset_subset(digits, 0, FEW));
    learn(few, validation, 0, 0, folder, "plain.dat", plain, &best);
    learn(few, validation, 0.5, 0, folder, "dropout.dat", dropped, &best_dropped);
    learn(few, validation, 0, PATIENCE, folder, "stopped.dat", stopped, &best_stopped);
    printf(
        "RESULT under=%.4f ideal=%.4f over=%.4f plain=%.4f dropout=%.4f stopped=%.4f\n",
        under[1], ideal[1], over[1], plain[1], dropped[1], stopped[0]);
    nn_dataset_destroy(points);
    nn_dataset_destroy(truth);
    nn_dataset_destroy(few);
    nn_dataset_destroy(digits);
    nn_dataset_destroy(validation);
    return 0;
}
