/* The learning rate: too small it crawls, too large it never settles, between them it
 * learns. How to find it:
 *
 *   idea 1   try many: the range test (Smith 2017) makes each step with a larger rate and
 *            watches the loss; a good rate lies well before the loss rises again, here a
 *            quarter of the one where it is smallest
 *   idea 2   let it adapt: Adam scales each weight's steps by the gradients it has seen
 *
 *     learning_rate [folder for the picture's numbers] [digits.csv] */
#include "digits_data.h"
#include "draw.h"

enum { EPOCHS = 15, HIDDEN = 32, SWEEP = 200 };

/* Trains a fresh network and adds its loss, epoch by epoch, to the file. Returns the last
 * one. */
static double learn(nn_dataset *digits, const char *name, nn_optimizer *optimizer,
                    FILE *file)
{
    double rate = nn_optimizer_rate(optimizer);
    nn_model *model = digits_network(NULL, HIDDEN);
    nn_trainer *trainer =
        console_made(nn_trainer_create(model, nn_softmax_cross_entropy(NULL), optimizer));
    console_check(nn_trainer_set_checks(trainer, 0, 0)); /* let it leap away */
    console_check(nn_trainer_fit(trainer, digits, NULL, EPOCHS));

    const double *losses;
    int64_t epochs;
    console_check(nn_trainer_history(trainer, "loss", &losses, &epochs));
    double last = losses[epochs - 1];
    fprintf(file, "\"%s, rate %.3g\"\n", name, rate);
    for (int64_t epoch = 0; epoch < epochs; epoch++)
        fprintf(file, "%d %g\n", (int)epoch + 1, losses[epoch]);
    fprintf(file, "\n\n");
    printf("%-5s rate %-8.3g loss after %d epochs %.4f\n", name, rate, EPOCHS, last);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return last;
}

/* The range test; returns a quarter of the rate of the smallest loss. */
static double range_test(nn_dataset *digits, const char *folder)
{
    double rates[SWEEP], losses[SWEEP];
    int32_t done;
    nn_model *model = digits_network(NULL, HIDDEN);
    nn_trainer *trainer = console_made(
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_sgd(NULL, 0.1)));
    console_check(
        nn_trainer_rate_sweep(trainer, digits, 1e-4, 100, SWEEP, rates, losses, &done));
    FILE *file = draw_open(folder, "sweep.dat");
    int best = 0;
    for (int i = 0; i < done; i++) {
        fprintf(file, "%g %g\n", rates[i], losses[i]);
        best = losses[i] < losses[best] ? i : best;
    }
    draw_close(file);
    printf("range test: smallest loss at rate %.2f, so try %.3f\n", rates[best],
           rates[best] / 4);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return rates[best] / 4;
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : NULL;
    nn_dataset *digits, *unused;
    digits_read(NULL, argc > 2 ? argv[2] : DIGITS_FILE, &digits, &unused);

    double rate = range_test(digits, folder);
    FILE *file = draw_open(folder, "losses.dat");
    double small = learn(digits, "SGD", nn_sgd(NULL, rate / 100), file);
    double large = learn(digits, "SGD", nn_sgd(NULL, rate * 16), file);
    double right = learn(digits, "SGD", nn_sgd(NULL, rate), file);
    double adaptive = learn(digits, "Adam", nn_adam(NULL, 3e-3), file);
    draw_close(file);
    printf("RESULT rate=%.4f small=%.4f large=%.4f right=%.4f adaptive=%.4f\n", rate,
           small, large, right, adaptive);
    nn_dataset_destroy(digits);
    nn_dataset_destroy(unused);
    return 0;
}
