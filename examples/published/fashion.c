/* Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) without convolution. Its README lists one
 * network of dense layers, 256-128-64, at 90.0 %. Here are that one and larger ones; each
 * trains until early stopping on a tenth of the training part says so, and the one that
 * read most of that tenth is the best. Only then does anything look at the test part.
 *
 *     fashion [folder of the four gzipped IDX files | --quick] [seeds] [threads] */
#include "published.h"

#include "../fashion_data.h"

enum { SEEDS = 5, BATCH = 128, EPOCHS = 40, PATIENCE = 5, LAYERS = 3 };

static const double published_accuracy = 90.0;

struct network {
    const char *name;
    int64_t units[LAYERS]; /* 0: no such layer */
    double dropout;
};

static const struct network networks[] = {
    {"256-128-64", {256, 128, 64}, 0.2},
    {"512-512", {512, 512, 0}, 0.3},
    {"1024-512", {1024, 512, 0}, 0.4},
};

enum { NETWORKS = sizeof networks / sizeof *networks };

static nn_model *model_of(const struct published *p, const struct network *network)
{
    nn_model *model = published_model(p);
    for (int layer = 0; layer < LAYERS && network->units[layer] > 0; layer++) {
        nn_model_add(model, nn_dense(p->context, network->units[layer], NN_RELU));
        nn_model_add(model, nn_dropout(p->context, network->dropout));
    }
    nn_model_add(model, nn_dense(p->context, 10, NN_LINEAR));
    return model;
}

/* Trains on `training` until `validation` says so; returns the accuracy on `judge`, in
 * percent. */
static double run(const struct published *p, const struct network *network, uint64_t seed,
                  nn_dataset *training, nn_dataset *validation, nn_dataset *judge)
{
    nn_model *model = model_of(p, network);
    nn_trainer *trainer =
        published_trainer(p, model, nn_adam(p->context, 1e-3), BATCH, seed);
    console_check(nn_trainer_set_monitor(trainer, "val_accuracy", NN_MAXIMIZE));
    console_check(nn_trainer_set_early_stopping(trainer, PATIENCE, 0, 1));
    console_check(nn_trainer_set_rate_exponential(trainer, 0.9));
    console_check(nn_trainer_fit(trainer, training, validation, EPOCHS));
    double accuracy = 100 - published_error(trainer, judge);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return accuracy;
}

int main(int argc, char **argv)
{
    struct published p =
        published_begin(argc, argv, SEEDS, 1, FASHION_FOLDER, fashion_read);
    nn_dataset *training, *validation;
    console_check(nn_dataset_split(p.training, 0.1, 1, &training, &validation));

    int best = 0;
    double accuracies[PUBLISHED_MOST], most = 0;
    for (int n = 0; n < NETWORKS; n++) {
        double accuracy = run(&p, &networks[n], 1, training, validation, validation);
        best = accuracy > most ? n : best;
        most = fmax(most, accuracy);
        printf("%-11s  %.2f %% of the validation part\n", networks[n].name, accuracy);
        fflush(stdout);
    }
    for (int i = 0; i < p.seeds; i++) {
        accuracies[i] =
            run(&p, &networks[best], (uint64_t)i + 1, training, validation, p.test);
        printf("%-11s  %.2f %% of the test part, seed %d\n", networks[best].name,
               accuracies[i], i + 1);
        fflush(stdout);
    }
    double mean = published_mean(accuracies, p.seeds);
    double deviation = published_deviation(accuracies, p.seeds);
    printf("accuracy  %.2f ± %.2f %%, published %.1f %%\n", mean, deviation,
           published_accuracy);
    printf("RESULT best=%s accuracy=%.2f deviation=%.2f published=%.1f seeds=%d "
           "cpu_minutes=%.1f\n",
           networks[best].name, mean, deviation, published_accuracy, p.seeds,
           published_minutes());
    nn_dataset_destroy(training);
    nn_dataset_destroy(validation);
    published_end(&p);
    return 0;
}
