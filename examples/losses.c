/* Losses: how far predictions f(x) are from targets y, and the empirical loss, which is the
 * mean over the samples.
 *
 *     binary cross-entropy   -[y log f + (1 - y) log(1 - f)]     f a probability
 *     softmax cross-entropy  -log softmax(z)_y                   z logits, y a class
 *     mean squared error     (y - f)^2                           f a number
 *
 *     losses [folder for the picture's numbers] */
#include "draw.h"
#include "points.h"

enum { SAMPLES = 3, CLASSES = 3, CURVE = 99 };

/* The loss of `count` samples with `width` outputs each against their targets. */
static double loss_of(nn_loss *loss, const float *outputs, int64_t width,
                      nn_tensor *targets)
{
    double value;
    nn_tensor *f = points_matrix(outputs, nn_tensor_dim(targets, 0), width);
    console_check(nn_loss_evaluate(loss, f, targets, NULL, NULL, &value));
    nn_tensor_destroy(f);
    return value;
}

/* Prints each sample's loss and the empirical loss, which is returned. */
static double show(const char *title, nn_loss *loss, const float *outputs, int64_t width,
                   nn_tensor *targets)
{
    double mean = 0;
    printf("%s\n", title);
    for (int64_t i = 0; i < SAMPLES; i++) {
        nn_tensor *one = console_made(nn_tensor_slice(targets, i, 1));
        double value = loss_of(loss, outputs + i * width, width, one);
        printf("  f =");
        for (int64_t j = 0; j < width; j++)
            printf(" %5.4g", outputs[i * width + j]);
        if (nn_tensor_dtype(one) == NN_INT32)
            printf("   y = %d", ((int32_t *)nn_tensor_data(one))[0]);
        else
            printf("   y = %g", nn_tensor_floats(one)[0]);
        printf("   loss %.4f\n", value);
        mean += value / SAMPLES;
        nn_tensor_destroy(one);
    }
    double empirical = loss_of(loss, outputs, width, targets);
    printf("  empirical loss %.4f, the mean of these: %.4f\n", empirical, mean);
    nn_loss_destroy(loss);
    nn_tensor_destroy(targets);
    return empirical;
}

/* The losses of a prediction f between 0 and 1 where the truth is 1, and where it is 0. */
static void draw_curves(const char *folder)
{
    nn_loss *entropy = nn_binary_cross_entropy(NULL),
            *square = nn_mean_squared_error(NULL);
    nn_tensor *one = points_matrix((float[]){1}, 1, 1), *zero = points_matrix(NULL, 1, 1);
    FILE *file = draw_open(folder, "losses.dat");
    for (int i = 1; i <= CURVE; i++) {
        float f = (float)i / (CURVE + 1);
        fprintf(file, "%g %g %g %g %g\n", f, loss_of(entropy, &f, 1, one),
                loss_of(entropy, &f, 1, zero), loss_of(square, &f, 1, one),
                loss_of(square, &f, 1, zero));
    }
    draw_close(file);
    nn_tensor_destroy(one);
    nn_tensor_destroy(zero);
    nn_loss_destroy(entropy);
    nn_loss_destroy(square);
}

int main(int argc, char **argv)
{
    /* Will they pass? What the network said of three students, and what happened. */
    const float passes[SAMPLES] = {0.1f, 0.8f, 0.6f}, passed[SAMPLES] = {1, 0, 1};
    double binary = show("Binary cross-entropy", nn_binary_cross_entropy(NULL), passes, 1,
                         points_matrix(passed, SAMPLES, 1));

    /* Which of three classes? Logits of three samples, and their class. */
    const float logits[SAMPLES * CLASSES] = {2, 1, 0, 0, 3, 0, 1, 1, 1};
    int64_t count = SAMPLES;
    nn_tensor *classes = console_made(nn_tensor_create(NULL, NN_INT32, &count, 1));
    for (int32_t i = 0; i < SAMPLES; i++)
        ((int32_t *)nn_tensor_data(classes))[i] = i;
    double softmax = show("Softmax cross-entropy", nn_softmax_cross_entropy(NULL), logits,
                          CLASSES, classes);

    /* Which final grade, in per cent? */
    const float grades[SAMPLES] = {30, 80, 85}, true_grades[SAMPLES] = {90, 20, 95};
    double square = show("Mean squared error", nn_mean_squared_error(NULL), grades, 1,
                         points_matrix(true_grades, SAMPLES, 1));

    draw_curves(argc > 1 ? argv[1] : NULL);
    printf("RESULT binary=%.6f softmax=%.6f square=%.4f\n", binary, softmax, square);
    return 0;
}
