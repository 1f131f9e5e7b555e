/* The loss landscape around a trained network (Li et al. 2018): J(a, b) is the loss with the
 * weights at W + a d1 + b d2, two random directions in which each unit's incoming weights are
 * as long as that unit's in W ("filter normalisation"; biases stay), so that networks can be
 * compared. A deep network of blocks with skip connections, h = h + relu(h U + b) V + c,
 * learns well and lies in a wide bowl; the same without them, h = relu(h U + b) V + c, learns
 * worse and lies in a steep pit.
 *
 *     loss_landscape [folder for the picture's numbers] [digits.csv] */
#include "digits_data.h"
#include "draw.h"

#include <math.h>

enum { BLOCKS = 12, WIDTH = 24, EPOCHS = 25, GRID = 30, SAMPLES = 400 };

/* A deep network in the functional form. With skip connections each block starts small, so
 * that the sum of all of them does not grow with their number. */
static nn_model *deep_network(int has_skips)
{
    int64_t pixels = DIGITS_PIXELS;
    nn_model *model = nn_model_create(NULL);
    nn_node h = nn_model_input(model, NN_UINT8, &pixels, 1);
    h = nn_model_apply(model, nn_rescale(NULL, 1.0 / 16, 0), h);
    h = nn_model_apply(model, nn_dense(NULL, WIDTH, NN_RELU), h);
    for (int block = 0; block < BLOCKS; block++) {
        nn_layer *last = nn_dense(NULL, WIDTH, NN_LINEAR);
        if (has_skips)
            nn_layer_set_initializer(last, "weight", NN_INIT_NORMAL,
                                     1 / sqrt((double)WIDTH * BLOCKS));
        nn_node r = nn_model_apply(model, nn_dense(NULL, WIDTH, NN_RELU), h);
        nn_node both[2] = {h, nn_model_apply(model, last, r)};
        h = has_skips ? nn_model_apply_many(model, nn_add(NULL), both, 2) : both[1];
    }
    h = nn_model_apply(model, nn_dense(NULL, DIGITS_CLASSES, NN_LINEAR), h);
    nn_model_output(model, h);
    return model;
}

/* A random direction: a model like this one, each column of its weight matrices random and
 * as long as the model's, its biases 0. */
static nn_model *draw_direction(nn_model *model, uint64_t seed)
{
    nn_model *direction = console_made(nn_model_clone(model));
    for (int32_t p = 0; p < nn_model_parameter_count(model); p++) {
        nn_tensor *to = nn_model_parameter(direction, p);
        const float *w = nn_tensor_floats(nn_model_parameter(model, p));
        console_check(nn_tensor_fill(to, 0));
        if (nn_tensor_rank(to) < 2)
            continue;
        float *d = nn_tensor_floats(to);
        int64_t units = nn_tensor_dim(to, 1), count = nn_tensor_count(to);
        console_check(nn_tensor_random_normal(to, 0, 1, 2 * (uint64_t)p + seed));
        for (int64_t unit = 0; unit < units; unit++) {
            double d2 = 0, w2 = 0;
            for (int64_t i = unit; i < count; i += units)
                d2 += d[i] * d[i], w2 += w[i] * w[i];
            for (int64_t i = unit; i < count; i += units)
                d[i] *= (float)sqrt(w2 / d2);
        }
    }
    return direction;
}

/* Moves the model to start + a d1 + b d2. */
static void move(nn_model *model, const nn_model *start, const nn_model *d1, float a,
                 const nn_model *d2, float b)
{
    for (int32_t p = 0; p < nn_model_parameter_count(model); p++) {
        nn_tensor *to = nn_model_parameter(model, p);
        const float *from = nn_tensor_floats(nn_model_parameter(start, p));
        const float *along1 = nn_tensor_floats(nn_model_parameter(d1, p));
        const float *along2 = nn_tensor_floats(nn_model_parameter(d2, p));
        for (int64_t i = 0; i < nn_tensor_count(to); i++)
            nn_tensor_floats(to)[i] = from[i] + a * along1[i] + b * along2[i];
    }
}

/* Writes J(a, b) for a and b from -1 to 1; returns how far the mean of J half-way out,
 * where a^2 + b^2 is about 1/4, lies above J(0, 0). */
static double survey(nn_model *model, nn_trainer *trainer, nn_dataset *digits, FILE *file)
{
    nn_model *start = console_made(nn_model_clone(model));
    nn_model *d1 = draw_direction(model, 0), *d2 = draw_direction(model, 1);
    double centre, sum = 0, loss;
    int ring = 0;
    console_check(nn_trainer_evaluate(trainer, digits, &centre, 1));
    for (int i = 0; i <= GRID; i++) {
        for (int j = 0; j <= GRID; j++) {
            float a = 2 * (float)i / GRID - 1, b = 2 * (float)j / GRID - 1;
            move(model, start, d1, a, d2, b);
            console_check(nn_trainer_evaluate(trainer, digits, &loss, 1));
            fprintf(file, "%g %g %g\n", a, b, loss);
            if (fabsf(sqrtf(a * a + b * b) - 0.5f) < 0.05f)
                sum += loss, ring++;
        }
        fprintf(file, "\n");
    }
    nn_model_destroy(start);
    nn_model_destroy(d1);
    nn_model_destroy(d2);
    return sum / ring - centre;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_dataset *digits, *unused;
    digits_read(NULL, argc > 2 ? argv[2] : DIGITS_FILE, &digits, &unused);
    nn_dataset *some = console_made(nn_dataset_subset(digits, 0, SAMPLES));
    double losses[2], rises[2];
    for (int has_skips = 0; has_skips < 2; has_skips++) {
        nn_model *model = deep_network(has_skips);
        nn_trainer *trainer = console_made(nn_trainer_create(
            model, nn_softmax_cross_entropy(NULL), nn_adam(NULL, 1e-3)));
        console_check(nn_trainer_fit(trainer, digits, NULL, EPOCHS));
        console_check(nn_trainer_evaluate(trainer, digits, &losses[has_skips], 1));
        FILE *file = draw_open(folder, has_skips ? "skips.dat" : "plain.dat");
        rises[has_skips] = survey(model, trainer, some, file);
        draw_close(file);
        printf("%-8s skip connections: training loss %.4f, half-way out %.2f higher\n",
               has_skips ? "with" : "without", losses[has_skips], rises[has_skips]);
        nn_trainer_destroy(trainer);
        nn_model_destroy(model);
    }
    printf("RESULT plain_loss=%.4f skip_loss=%.4f plain_rise=%.4f skip_rise=%.4f\n",
           losses[0], losses[1], rises[0], rises[1]);
    nn_dataset_destroy(some);
    nn_dataset_destroy(digits);
    nn_dataset_destroy(unused);
    return 0;
}
