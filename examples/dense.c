/* From the perceptron to deep networks: dense layers, each unit of which is a perceptron,
 *
 *     z_i = w0_i + sum_j x_j w_ji,    y_i = g(z_i).
 *
 * A multi-output perceptron, a network with a single hidden layer and a deep one, each
 * computed by the library and by the loops below; then the slide's functional form,
 *
 *     inputs = Inputs(m);  hidden = Dense(d1)(inputs);  outputs = Dense(2)(hidden);
 *     model = Model(inputs, outputs)
 *
 * in C, which is the same network to the bit.
 *
 *     dense [folder for the picture's numbers] */
#include "draw.h"

#include <math.h>
#include <string.h>

enum { INPUTS = 3, HIDDEN = 5, OUTPUTS = 2, WIDEST = 5 };

/* A stack with that many hidden layers of tanh units. */
static nn_model *stack(int hidden_layers)
{
    nn_model *model = nn_model_create(NULL);
    nn_model_add(model, nn_input(NULL, INPUTS));
    for (int i = 0; i < hidden_layers; i++)
        nn_model_add(model, nn_dense(NULL, HIDDEN, NN_TANH));
    nn_model_add(model, nn_dense(NULL, OUTPUTS, NN_LINEAR));
    return model;
}

/* The slide's Model(inputs, outputs): layers applied to nodes. */
static nn_model *functional(void)
{
    nn_model *model = nn_model_create(NULL);
    int64_t shape[] = {INPUTS};
    nn_node inputs = nn_model_input(model, NN_FLOAT32, shape, 1);
    nn_node hidden = nn_model_apply(model, nn_dense(NULL, HIDDEN, NN_TANH), inputs);
    nn_node outputs = nn_model_apply(model, nn_dense(NULL, OUTPUTS, NN_LINEAR), hidden);
    nn_model_output(model, outputs);
    return model;
}

static void by_library(nn_model *model, const float *x, float *y)
{
    const void *inputs[] = {x};
    void *outputs[] = {y};
    nn_session *session = console_made(nn_session_create(model, 1));
    console_check(nn_session_run(session, inputs, 1, outputs));
    nn_session_destroy(session);
}

/* The same by loops over units and weights, layer by layer. */
static void by_hand(nn_model *model, const float *x, float *y)
{
    float values[WIDEST], z[WIDEST];
    memcpy(values, x, INPUTS * sizeof *x);
    int32_t layers = nn_model_parameter_count(model) / 2; /* a weight and a bias each */
    for (int32_t layer = 0; layer < layers; layer++) {
        nn_tensor *w = nn_model_parameter(model, 2 * layer);
        nn_tensor *b = nn_model_parameter(model, 2 * layer + 1);
        int64_t units = nn_tensor_dim(w, 1);
        for (int64_t i = 0; i < units; i++) {
            z[i] = nn_tensor_floats(b)[i];
            for (int64_t j = 0; j < nn_tensor_dim(w, 0); j++)
                z[i] += values[j] * nn_tensor_floats(w)[j * units + i];
        }
        for (int64_t i = 0; i < units; i++)
            values[i] = layer < layers - 1 ? tanhf(z[i]) : z[i];
    }
    memcpy(y, values, OUTPUTS * sizeof *y);
}

/* Every weight as a line: layer, from which unit (counted from the middle), to which. */
static void draw_weights(const char *folder, nn_model *model)
{
    FILE *file = draw_open(folder, "weights.dat");
    for (int32_t layer = 0; 2 * layer < nn_model_parameter_count(model); layer++) {
        nn_tensor *w = nn_model_parameter(model, 2 * layer);
        int64_t from = nn_tensor_dim(w, 0), to = nn_tensor_dim(w, 1);
        for (int64_t k = 0; k < from * to; k++)
            fprintf(file, "%d %g %g %g\n", (int)layer,
                    (double)(from - 1) / 2 - (double)(k / to),
                    (double)(to - 1) / 2 - (double)(k % to), nn_tensor_floats(w)[k]);
    }
    draw_close(file);
}

int main(int argc, char **argv)
{
    const float x[INPUTS] = {1, -2, 0.5f};
    float worst = 0, library[OUTPUTS], hand[OUTPUTS], single[OUTPUTS];
    for (int hidden_layers = 0; hidden_layers < 4; hidden_layers++) {
        nn_model *model = stack(hidden_layers);
        by_library(model, x, library);
        by_hand(model, x, hand);
        for (int i = 0; i < OUTPUTS; i++)
            worst = fmaxf(worst, fabsf(library[i] - hand[i]));
        printf(
            "%d hidden layers, %3d weights: y = (%8.5f, %8.5f), by hand (%8.5f, %8.5f)\n",
            hidden_layers, (int)nn_model_weight_count(model), library[0], library[1],
            hand[0], hand[1]);
        if (hidden_layers == 1)
            memcpy(single, library, sizeof single);
        if (hidden_layers == 3)
            draw_weights(argc > 1 ? argv[1] : NULL, model);
        nn_model_destroy(model);
    }
    nn_model *model = functional();
    by_library(model, x, library);
    int is_same = memcmp(library, single, sizeof single) == 0;
    printf("the functional form:            y = (%8.5f, %8.5f)\n", library[0],
           library[1]);
    printf("RESULT worst=%.2e functional_is_same=%d\n", worst, is_same);
    nn_model_destroy(model);
    return 0;
}
