/* Features: what the first layer learned. A network reads handwritten digits; each unit of
 * its hidden layer looks at the 8 x 8 pixels through 64 weights, which are an image too:
 * blue where ink makes the unit say more, red where ink makes it say less. Weight decay
 * keeps the weights of pixels, and of whole units, that do not matter near 0.
 *
 *     features [folder for the picture's numbers] [digits.csv] */
#include "digits_data.h"
#include "draw.h"

#include <math.h>

enum { HIDDEN = 24, SHOWN = 4, SIDE = 8, EPOCHS = 60 };

/* The first layer's weights (pixels, units): one block of SIDE lines for each unit. */
static void draw_weights(const char *folder, const nn_tensor *weights)
{
    const float *w = nn_tensor_data_const(weights);
    FILE *file = draw_open(folder, "weights.dat");
    for (int unit = 0; unit < HIDDEN; unit++) {
        for (int pixel = 0; pixel < DIGITS_PIXELS; pixel++)
            fprintf(file, "%.3f%s", w[pixel * HIDDEN + unit],
                    pixel % SIDE == SIDE - 1 ? "\n" : " ");
        fprintf(file, "\n\n");
    }
    draw_close(file);
}

/* Some units as characters: '+' and '#' for weights above 0, '-' and '=' for those below. */
static void show(const nn_tensor *weights)
{
    const float *w = nn_tensor_data_const(weights);
    for (int row = 0; row < SIDE; row++) {
        for (int unit = 0; unit < SHOWN; unit++) {
            for (int column = 0; column < SIDE; column++) {
                float weight = w[(SIDE * row + column) * HIDDEN + unit];
                char mark = fabsf(weight) < 0.15f ? '.' : weight > 0 ? '+' : '-';
                if (fabsf(weight) > 0.4f)
                    mark = weight > 0 ? '#' : '=';
                printf("%c%c", mark, mark);
            }
            printf("    ");
        }
        printf("\n");
    }
}

/* Neighbouring pixels see alike: the correlation of each weight with the one to its right.
 * It is about 0 for weights that are drawn at random. */
static double smoothness(const nn_tensor *weights)
{
    const float *w = nn_tensor_data_const(weights);
    double product = 0, square = 0;
    for (int pixel = 0; pixel < DIGITS_PIXELS; pixel++) {
        for (int unit = 0; unit < HIDDEN; unit++) {
            double here = w[pixel * HIDDEN + unit];
            if (pixel % SIDE == SIDE - 1)
                continue;
            product += here * w[(pixel + 1) * HIDDEN + unit];
            square += here * here;
        }
    }
    return product / square;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_dataset *training, *test;
    digits_read(NULL, argc > 2 ? argv[2] : DIGITS_FILE, &training, &test);
    nn_model *model = digits_network(NULL, HIDDEN);
    nn_optimizer *optimizer = nn_adamw(NULL, 0.005);
    console_check(nn_optimizer_set(optimizer, "decoupled_decay", 0.5));
    nn_trainer *trainer =
        console_made(nn_trainer_create(model, nn_softmax_cross_entropy(NULL), optimizer));
    console_check(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    nn_tensor *weights = nn_model_parameter(model, 0);

    double before = smoothness(weights);
    console_check(nn_trainer_fit(trainer, training, NULL, EPOCHS));
    double after = smoothness(weights);
    double results[2]; /* loss, accuracy */
    console_check(nn_trainer_evaluate(trainer, test, results, 2));
    show(weights);
    draw_weights(folder, weights);
    printf("neighbouring weights correlate by %.2f, before training by %.2f\n", after,
           before);
    printf("RESULT test_accuracy=%.4f before=%.4f after=%.4f\n", results[1], before,
           after);

    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_dataset_destroy(training);
    nn_dataset_destroy(test);
    return 0;
}
