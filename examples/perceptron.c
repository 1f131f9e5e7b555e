/* The perceptron of the lecture: y = g(w0 + x1 w1 + x2 w2) with w0 = 1, w1 = 3, w2 = -2 and
 * the sigmoid as g, at the point (-1, 2):
 *
 *     z = 1 + 3 (-1) - 2 (2) = -6,    y = sigmoid(-6) = 0.00247..., about 0.002
 *
 * The line z = 0 divides the plane: y is below 1/2 on one side of it, above on the other.
 *
 *     perceptron [folder for the picture's numbers] */
#include "draw.h"

#include <string.h>

/* Writes values into the parameter of that name. */
static void set_parameter(nn_model *model, const char *name, const float *values)
{
    nn_tensor *parameter = console_made(nn_model_parameter_named(model, name));
    memcpy(nn_tensor_floats(parameter), values,
           (size_t)nn_tensor_count(parameter) * sizeof *values);
}

/* Shows the plane, x1 and x2 from -3 to 3: '+' where y > 1/2, 'o' at the point itself. */
static void show(nn_session *session)
{
    for (int row = 12; row >= 0; row--) {
        for (int column = 0; column <= 24; column++) {
            float x[2] = {(float)(column - 12) / 4, (float)(row - 6) / 2}, y;
            const void *inputs[1] = {x};
            void *outputs[1] = {&y};
            console_check(nn_session_run(session, inputs, 1, outputs));
            int is_point = x[0] == -1 && x[1] == 2;
            putchar(is_point ? 'o' : y > 0.5f ? '+' : '.');
        }
        putchar('\n');
    }
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 2));
    nn_model_add(model, nn_dense(NULL, 1, NN_SIGMOID));
    console_check(nn_model_build(model));
    set_parameter(model, "dense_1.weight", (float[]){3, -2});
    set_parameter(model, "dense_1.bias", (float[]){1});

    float x[2] = {-1, 2}, y;
    const void *inputs[1] = {x};
    void *outputs[1] = {&y};
    nn_session *session = console_made(nn_session_create(model, 1));
    show(session);
    draw_map(folder, "plane.dat", model, (float[]){-3, 3, -3, 3});
    console_check(nn_session_run(session, inputs, 1, outputs));
    printf("\nz = 1 + 3 (-1) - 2 (2) = -6, y = g(z) = %.5f, about %.3f\n", y, y);
    printf("RESULT y=%.6f\n", y);

    nn_session_destroy(session);
    nn_model_destroy(model);
    return 0;
}
