/* Why activations are not linear: green and red points that no line separates. Layers with
 * linear activations make a linear network, however many there are,
 *
 *     ((x W1 + b1) W2 + b2) W3 + b3 = x (W1 W2 W3) + b,
 *
 * whose decision boundary is a line. One hidden layer of non-linear units bends it.
 *
 *     nonlinearity [folder for the picture's numbers] */
#include "draw.h"
#include "points.h"

#include <math.h>

enum { COUNT = 300, HIDDEN = 8 };

/* Red points (0) around the origin, green points (1) in a bow around them. */
static nn_dataset *red_and_green(const char *folder)
{
    nn_tensor *x = points_matrix(NULL, COUNT, 2), *y = points_matrix(NULL, COUNT, 1);
    nn_tensor *luck = points_matrix(NULL, COUNT, 2);
    console_check(nn_tensor_random_uniform(luck, 0, 1, 1));
    FILE *file = draw_open(folder, "points.dat");
    for (int i = 0; i < COUNT; i++) {
        int is_green = i % 2;
        float turn = is_green ? 4 : 6.2831853f; /* radians */
        float angle = turn * nn_tensor_floats(luck)[2 * i];
        float radius = nn_tensor_floats(luck)[2 * i + 1];
        radius = is_green ? 1.5f + radius : 1.2f * sqrtf(radius);
        float *point = nn_tensor_floats(x) + 2 * i;
        point[0] = radius * cosf(angle);
        point[1] = radius * sinf(angle);
        nn_tensor_floats(y)[i] = (float)is_green;
        fprintf(file, "%g %g %d\n", point[0], point[1], is_green);
    }
    draw_close(file);
    nn_tensor_destroy(luck);
    return points_dataset(x, y);
}

/* Trains a network with `layers` hidden layers; returns its accuracy on the points. */
static double learn(nn_dataset *points, int layers, int32_t activation,
                    const char *folder, const char *name)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    for (int i = 0; i < layers; i++)
        nn_model_add(model, nn_dense(NULL, HIDDEN, activation));
    nn_model_add(model, nn_dense(NULL, 1, NN_SIGMOID));
    nn_trainer *trainer = console_made(
        nn_trainer_create(model, nn_binary_cross_entropy(NULL), nn_adam(NULL, 0.02)));
    console_check(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    console_check(nn_trainer_fit(trainer, points, NULL, 100));

    double results[2]; /* loss, accuracy */
    console_check(nn_trainer_evaluate(trainer, points, results, 2));
    draw_map(folder, name, model, (float[]){-3, 3, -3, 3});
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    printf("hidden layers: %d, %-6s    accuracy %.3f\n", layers,
           nn_activation_name(activation), results[1]);
    return results[1];
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_dataset *points = red_and_green(folder);
    double flat = learn(points, 0, NN_LINEAR, folder, "flat.dat");
    double deep = learn(points, 4, NN_LINEAR, folder, "deep.dat");
    double bent = learn(points, 1, NN_TANH, folder, "bent.dat");
    printf("RESULT linear=%.4f deep_linear=%.4f nonlinear=%.4f\n", flat, deep, bent);
    nn_dataset_destroy(points);
    return 0;
}
