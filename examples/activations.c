/* Activations: sigmoid, tanh and ReLU, and their derivatives
 *
 *     g(z) = 1 / (1 + e^-z)                  g'(z) = g(z) (1 - g(z))
 *     g(z) = (e^z - e^-z) / (e^z + e^-z)     g'(z) = 1 - g(z)^2
 *     g(z) = max(0, z)                       g'(z) = 1 for z > 0, else 0
 *
 * as the library computes them, the derivative beside the central difference
 * (g(z + h) - g(z - h)) / 2h.
 *
 *     activations [folder for the picture's numbers] */
#include "draw.h"
#include "points.h"

#include <math.h>

/* Even, so that no point is 0, where ReLU has no derivative. */
enum { POINTS = 80, KINDS = 3 };

static const float REACH = 4, STEP = 1.0f / 64; /* z from -4 to 4; h */

/* Values and derivatives of an activation at all points: the loss is the mean of the
 * outputs, so the gradient at input i is g'(z_i) / POINTS. */
static void evaluate(int32_t kind, nn_tensor *z, float *values, float *derivatives)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 1));
    nn_model_add(model, nn_activation(NULL, kind));
    nn_loss *loss = nn_output_as_loss(NULL);
    nn_trainer *trainer =
        console_made(nn_trainer_create_many(model, &loss, NULL, 1, NULL));
    console_check(nn_trainer_set_input_gradients(trainer, 1));
    console_check(nn_trainer_forward(trainer, (const nn_tensor *[]){z}, 1));
    console_check(nn_trainer_backward(trainer, NULL, 0, NULL, NULL));

    nn_tensor *g = console_made(nn_trainer_node_value(trainer, 1));
    nn_tensor *slope = console_made(nn_trainer_node_gradient(trainer, 0));
    for (int i = 0; i < POINTS; i++) {
        values[i] = nn_tensor_floats(g)[i];
        derivatives[i] = POINTS * nn_tensor_floats(slope)[i];
    }
    nn_tensor_destroy(g);
    nn_tensor_destroy(slope);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
}

/* The same points, moved by `shift`. */
static nn_tensor *points(float shift)
{
    nn_tensor *z = points_matrix(NULL, POINTS, 1);
    for (int i = 0; i < POINTS; i++)
        nn_tensor_floats(z)[i] = REACH * (2 * (float)i + 1 - POINTS) / POINTS + shift;
    return z;
}

int main(int argc, char **argv)
{
    const int32_t kinds[KINDS] = {NN_SIGMOID, NN_TANH, NN_RELU};
    float g[KINDS][POINTS], slope[KINDS][POINTS], left[POINTS], right[POINTS],
        unused[POINTS];
    float worst = 0;
    nn_tensor *z = points(0), *below = points(-STEP), *above = points(STEP);
    for (int k = 0; k < KINDS; k++) {
        evaluate(kinds[k], z, g[k], slope[k]);
        evaluate(kinds[k], below, left, unused);
        evaluate(kinds[k], above, right, unused);
        for (int i = 0; i < POINTS; i++)
            worst = fmaxf(worst, fabsf((right[i] - left[i]) / (2 * STEP) - slope[k][i]));
    }

    FILE *file = draw_open(argc > 1 ? argv[1] : NULL, "activations.dat");
    printf("     z   sigmoid      g'      tanh      g'      relu      g'\n");
    for (int i = 0; i < POINTS; i++) {
        float at = nn_tensor_floats(z)[i];
        fprintf(file, "%g", at);
        for (int k = 0; k < KINDS; k++)
            fprintf(file, " %g %g", g[k][i], slope[k][i]);
        fprintf(file, "\n");
        if (i % 8 == 4)
            printf("%6.2f  %8.4f %7.4f  %8.4f %7.4f  %8.4f %7.4f\n", at, g[0][i],
                   slope[0][i], g[1][i], slope[1][i], g[2][i], slope[2][i]);
    }
    draw_close(file);
    printf("The derivatives differ from differences by at most %.1e\n", worst);
    printf("RESULT worst=%.2e\n", worst);

    nn_tensor_destroy(z);
    nn_tensor_destroy(below);
    nn_tensor_destroy(above);
    return 0;
}
