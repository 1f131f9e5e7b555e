/* Gradient descent, as the slide writes it:
 *
 *     draw the weights from N(0, sigma^2)
 *     until convergence: compute the gradient dJ/dW, update W = W - rate dJ/dW
 *
 * for a network with two weights, f(x) = sigmoid(w0 + w1 x), so that its loss J(w0, w1) is
 * a surface that can be drawn, with the paths from three draws of the weights on it. This
 * J has a single minimum, so all of them end at the same place.
 *
 *     gradient_descent [folder for the picture's numbers] */
#include "draw.h"
#include "points.h"

#include <math.h>

enum { COUNT = 100, STARTS = 3, STEP_LIMIT = 10000, GRID = 50 };

static const double SIGMA = 2, RATE = 0.5, CONVERGED = 1e-4;

/* Targets that are 1 with probability sigmoid(1 - 2 x). */
static void draw_samples(nn_tensor *x, nn_tensor *y)
{
    nn_tensor *luck = points_matrix(NULL, COUNT, 1);
    console_check(nn_tensor_random_uniform(x, -3, 3, 1));
    console_check(nn_tensor_random_uniform(luck, 0, 1, 2));
    for (int i = 0; i < COUNT; i++) {
        float p = 1 / (1 + expf(2 * nn_tensor_floats(x)[i] - 1));
        nn_tensor_floats(y)[i] = nn_tensor_floats(luck)[i] < p ? 1.0f : 0.0f;
    }
    nn_tensor_destroy(luck);
}

/* J and its gradient at the present weights. */
static double gradient(nn_trainer *trainer, const nn_tensor *x, const nn_tensor *y,
                       double *d0, double *d1)
{
    double loss;
    console_check(nn_trainer_forward(trainer, &x, 1));
    console_check(nn_trainer_backward(trainer, &y, 1, NULL, &loss));
    *d1 = nn_tensor_floats(nn_trainer_gradient(trainer, 0))[0]; /* the weight's */
    *d0 = nn_tensor_floats(nn_trainer_gradient(trainer, 1))[0]; /* the bias's */
    return loss;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_tensor *x = points_matrix(NULL, COUNT, 1), *y = points_matrix(NULL, COUNT, 1);
    draw_samples(x, y);

    nn_layer *perceptron = nn_dense(NULL, 1, NN_SIGMOID);
    console_check(nn_layer_set_initializer(perceptron, "weight", NN_INIT_NORMAL, SIGMA));
    console_check(nn_layer_set_initializer(perceptron, "bias", NN_INIT_NORMAL, SIGMA));
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 1));
    nn_model_add(model, perceptron);
    nn_loss *entropy = nn_binary_cross_entropy(NULL);
    nn_trainer *trainer =
        console_made(nn_trainer_create_many(model, &entropy, NULL, 1, NULL));
    float *w1 = nn_tensor_floats(nn_model_parameter(model, 0));
    float *w0 = nn_tensor_floats(nn_model_parameter(model, 1));

    double loss = 0, d0, d1, spread = 0;
    float first[2] = {0, 0};
    int steps = 0;
    FILE *path = draw_open(folder, "path.dat");
    for (int start = 0; start < STARTS; start++) {
        console_check(nn_model_initialize(model, (uint64_t)start + 1));
        printf("from (%6.3f, %6.3f)", *w0, *w1);
        for (steps = 0; steps < STEP_LIMIT; steps++) {
            loss = gradient(trainer, x, y, &d0, &d1);
            fprintf(path, "%g %g %g\n", *w0, *w1, loss);
            if (sqrt(d0 * d0 + d1 * d1) < CONVERGED)
                break;
            *w0 -= (float)(RATE * d0);
            *w1 -= (float)(RATE * d1);
        }
        fprintf(path, "\n\n");
        printf(" to (%6.3f, %6.3f) in %d steps, J = %.5f\n", *w0, *w1, steps, loss);
        if (start == 0)
            first[0] = *w0, first[1] = *w1;
        spread = fmax(spread, fmax(fabs(*w0 - first[0]), fabs(*w1 - first[1])));
    }
    draw_close(path);

    FILE *surface = draw_open(folder, "surface.dat");
    for (int i = 0; i <= GRID; i++) {
        for (int j = 0; j <= GRID; j++) {
            *w0 = 10 * (float)i / GRID - 5;
            *w1 = 10 * (float)j / GRID - 5;
            fprintf(surface, "%g %g %g\n", *w0, *w1, gradient(trainer, x, y, &d0, &d1));
        }
        fprintf(surface, "\n");
    }
    draw_close(surface);
    printf("RESULT w0=%.4f w1=%.4f loss=%.5f steps=%d spread=%.4f\n", first[0], first[1],
           loss, steps, spread);

    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_tensor_destroy(x);
    nn_tensor_destroy(y);
    return 0;
}
