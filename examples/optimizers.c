/* Optimizers: how the same gradients lead down different paths. Each starts at the same
 * point of two hard surfaces,
 *
 *     ravine   f(x, y) = x^2 / 40 + y^2          steep across, nearly flat along
 *     saddle   f(x, y) = x^2 - y^2 + y^4 / 4     flat at (0, 0), minima at y = +-sqrt 2
 *
 * with nn_optimizer_step, which needs no model; then each trains the same network on
 * handwritten digits. The rates are good ones for each, found by trying.
 *
 *     optimizers [folder for the picture's numbers] [digits.csv] */
#include "digits_data.h"
#include "draw.h"
#include "points.h"

enum { KINDS = 7, STEPS = 200, EPOCHS = 15, HIDDEN = 32 };

static const struct {
    const char *kind, *name;
    double surface_rate, network_rate;
} optimizers[KINDS] = {
    {"sgd", "SGD", 0.1, 0.1},
    {"momentum", "Momentum", 0.1, 0.02},
    {"nesterov", "Nesterov", 0.1, 0.02},
    {"adagrad", "Adagrad", 0.8, 0.02},
    {"adadelta", "Adadelta", 10, 1},
    {"rmsprop", "RMSProp", 0.05, 0.002},
    {"adam", "Adam", 0.1, 0.003},
};

static double ravine(const float *p, float *gradient)
{
    gradient[0] = p[0] / 20;
    gradient[1] = 2 * p[1];
    return p[0] * p[0] / 40 + p[1] * p[1];
}

static double saddle(const float *p, float *gradient)
{
    gradient[0] = 2 * p[0];
    gradient[1] = p[1] * p[1] * p[1] - 2 * p[1];
    return p[0] * p[0] - p[1] * p[1] + p[1] * p[1] * p[1] * p[1] / 4;
}

/* Walks down a surface from a point; returns the value where it ends. */
static double walk(int kind, double (*surface)(const float *, float *), const float *from,
                   FILE *file)
{
    nn_optimizer *optimizer =
        console_made(nn_optimizer_create(NULL, optimizers[kind].kind));
    console_check(nn_optimizer_set_rate(optimizer, optimizers[kind].surface_rate));
    nn_tensor *point = points_matrix(from, 1, 2), *gradient = points_matrix(NULL, 1, 2);
    float *p = nn_tensor_floats(point), *g = nn_tensor_floats(gradient);
    double value = surface(p, g);
    fprintf(file, "\"%s\"\n%g %g %g\n", optimizers[kind].name, p[0], p[1], value);
    for (int step = 0; step < STEPS; step++) {
        console_check(
            nn_optimizer_step(optimizer, &point, (const nn_tensor *[]){gradient}, 1));
        value = surface(p, g);
        fprintf(file, "%g %g %g\n", p[0], p[1], value);
    }
    fprintf(file, "\n\n");
    nn_tensor_destroy(point);
    nn_tensor_destroy(gradient);
    nn_optimizer_destroy(optimizer);
    return value;
}

/* Trains the network; returns the last epoch's loss. */
static double learn(int kind, nn_dataset *digits, FILE *file)
{
    nn_optimizer *optimizer =
        console_made(nn_optimizer_create(NULL, optimizers[kind].kind));
    console_check(nn_optimizer_set_rate(optimizer, optimizers[kind].network_rate));
    nn_model *model = digits_network(NULL, HIDDEN);
    nn_trainer *trainer =
        console_made(nn_trainer_create(model, nn_softmax_cross_entropy(NULL), optimizer));
    console_check(nn_trainer_fit(trainer, digits, NULL, EPOCHS));
    const double *losses;
    int64_t epochs;
    console_check(nn_trainer_history(trainer, "loss", &losses, &epochs));
    double last = losses[epochs - 1];
    fprintf(file, "\"%s\"\n", optimizers[kind].name);
    for (int64_t epoch = 0; epoch < epochs; epoch++)
        fprintf(file, "%d %g\n", (int)epoch + 1, losses[epoch]);
    fprintf(file, "\n\n");
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return last;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_dataset *digits, *unused;
    digits_read(NULL, argc > 2 ? argv[2] : DIGITS_FILE, &digits, &unused);
    FILE *ravines = draw_open(folder, "ravine.dat"),
         *saddles = draw_open(folder, "saddle.dat");
    FILE *losses = draw_open(folder, "losses.dat");
    double highest[3] = {-1e9, -1e9, -1e9}; /* of ravine, saddle, network */
    printf("           ravine, from 6.5   saddle, from 4   digits after %d epochs\n",
           EPOCHS);
    for (int kind = 0; kind < KINDS; kind++) {
        double ends[3] = {walk(kind, ravine, (float[]){-10, 2}, ravines),
                          walk(kind, saddle, (float[]){-2, 0.01f}, saddles),
                          learn(kind, digits, losses)};
        printf("%-9s  %16.5f   %14.5f   %.4f\n", optimizers[kind].name, ends[0], ends[1],
               ends[2]);
        for (int i = 0; i < 3; i++)
            highest[i] = ends[i] > highest[i] ? ends[i] : highest[i];
    }
    draw_close(ravines);
    draw_close(saddles);
    draw_close(losses);
    printf("RESULT ravine=%.5f saddle=%.5f loss=%.4f\n", highest[0], highest[1],
           highest[2]);
    nn_dataset_destroy(digits);
    nn_dataset_destroy(unused);
    return 0;
}
