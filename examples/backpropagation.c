/* Backpropagation is the chain rule. For the slide's network x -> z1 -> y -> J with
 * one weight in each layer,
 *
 *     z1 = tanh(w1 x),   y = w2 z1,   J = (y - t)^2,
 *
 *     dJ/dw2 = dJ/dy  dy/dw2,   dJ/dw1 = dJ/dy  dy/dz1  dz1/dw1.
 *
 * Each factor by hand, their products beside what the library returns, and both beside the
 * difference (J(w + h) - J(w - h)) / 2h.
 *
 *     backpropagation [folder for the picture's numbers] */
#include "draw.h"
#include "points.h"

#include <math.h>

static const double X = 1.5, W1 = 0.5, W2 = -1.25, TARGET = 0.75, H = 1e-4;

static double loss_at(double w1, double w2)
{
    double error = w2 * tanh(w1 * X) - TARGET;
    return error * error;
}

static nn_layer *one_weight(int32_t activation, double value)
{
    nn_layer *layer = nn_dense(NULL, 1, activation);
    console_check(nn_layer_set_int(layer, "bias", 0));
    console_check(nn_layer_set_initializer(layer, "weight", NN_INIT_CONSTANT, value));
    return layer;
}

/* The gradient at a node, which is the derivative of J with respect to that value. */
static double at_node(nn_trainer *trainer, nn_node node)
{
    nn_tensor *gradient = console_made(nn_trainer_node_gradient(trainer, node));
    double value = nn_tensor_floats(gradient)[0];
    nn_tensor_destroy(gradient);
    return value;
}

int main(int argc, char **argv)
{
    /* Forward, then the factors of the chain. */
    double z1 = tanh(W1 * X), y = W2 * z1, loss = loss_at(W1, W2);
    double dj_dy = 2 * (y - TARGET), dy_dz1 = W2, dz1_dw1 = (1 - z1 * z1) * X,
           dy_dw2 = z1;
    double chain[2] = {dj_dy * dy_dz1 * dz1_dw1, dj_dy * dy_dw2};
    double difference[2] = {(loss_at(W1 + H, W2) - loss_at(W1 - H, W2)) / (2 * H),
                            (loss_at(W1, W2 + H) - loss_at(W1, W2 - H)) / (2 * H)};

    /* The library's. */
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, 1));
    nn_model_add(model, one_weight(NN_TANH, W1));
    nn_model_add(model, one_weight(NN_LINEAR, W2));
    nn_loss *square = nn_mean_squared_error(NULL);
    nn_trainer *trainer =
        console_made(nn_trainer_create_many(model, &square, NULL, 1, NULL));
    console_check(nn_trainer_set_keep_nodes(trainer, 1));
    nn_tensor *x = points_matrix((float[]){(float)X}, 1, 1);
    nn_tensor *target = points_matrix((float[]){(float)TARGET}, 1, 1);
    console_check(nn_trainer_forward(trainer, (const nn_tensor *[]){x}, 1));
    double library_loss;
    console_check(nn_trainer_backward(trainer, (const nn_tensor *[]){target}, 1, NULL,
                                      &library_loss));
    double library[2] = {nn_tensor_floats(nn_trainer_gradient(trainer, 0))[0],
                         nn_tensor_floats(nn_trainer_gradient(trainer, 1))[0]};

    printf("forward    z1 = %.5f   y = %.5f   J = %.5f, by the library %.5f\n", z1, y,
           loss, library_loss);
    printf("backward   dJ/dy  = 2 (y - t)    = %9.5f, by the library %9.5f\n", dj_dy,
           at_node(trainer, 2));
    printf("           dy/dz1 = w2           = %9.5f\n", dy_dz1);
    printf("           dJ/dz1 = dJ/dy dy/dz1 = %9.5f, by the library %9.5f\n",
           dj_dy * dy_dz1, at_node(trainer, 1));
    printf("           dz1/dw1 = (1 - z1^2) x = %8.5f\n\n", dz1_dw1);
    double worst = fabs(library_loss - loss);
    for (int i = 0; i < 2; i++) {
        printf("dJ/dw%d     chain rule %.6f   library %.6f   difference %.6f\n", i + 1,
               chain[i], library[i], difference[i]);
        worst = fmax(worst,
                     fmax(fabs(chain[i] - library[i]), fabs(chain[i] - difference[i])));
    }
    FILE *file = draw_open(argc > 1 ? argv[1] : NULL, "chain.dat");
    fprintf(file, "%g %g %g %g %g %g %g %g %g %g\n", X, z1, y, loss, W1, W2, dj_dy,
            dj_dy * dy_dz1, library[0], library[1]);
    draw_close(file);
    printf("RESULT dw1=%.6f dw2=%.6f worst=%.2e\n", library[0], library[1], worst);

    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    nn_tensor_destroy(x);
    nn_tensor_destroy(target);
    return 0;
}
