/* Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) without convolution. Its README lists one
 * network of dense layers, 256-128-64, at 90.0 %. Here are that one and larger ones. Each
 * trains until early stopping on a tenth of the training part says so; the one that read
 * most of that tenth is trained anew on the whole training part, for as many epochs as were
 * best (Goodfellow, Bengio, Courville, "Deep Learning", 2016, algorithm 7.2). Only then
 * does anything look at the test part.
 *
 *     fashion [folder of the four gzipped IDX files | --quick] [seeds] [threads] */
#include "published.h"

#include "../fashion_data.h"

enum { SEEDS = 5, BATCH = 128, EPOCHS = 40, PATIENCE = 10, LAYERS = 3 };

struct network {
    const char *name;
    int64_t units[LAYERS]; /* 0: no such layer */
    double dropout;
};

static const struct network networks[] = {
    {"256-128-64", {256, 128, 64}, 0.2},
    {"512-512", {512, 512, 0}, 0.4},
    {"1024-512", {1024, 512, 0}, 0.4},
};

enum { NETWORKS = sizeof networks / sizeof *networks };

static nn_model *model_of(const struct published *p, const struct network *network)
{
    nn_model *model = published_model(p);
    for (int layer = 0; layer < LAYERS && network->units[layer] > 0; layer++) {
        int64_t units = network->units[layer] / (p->quick ? 4 : 1);
        nn_model_add(model, nn_dense(p->context, units, NN_GELU));
        nn_model_add(model, nn_dropout(p->context, network->dropout));
    }
    nn_model_add(model, nn_dense(p->context, 10, NN_LINEAR));
    return model;
}

static nn_trainer *trainer_of(const struct published *p, nn_model *model, uint64_t seed)
{
    nn_trainer *trainer =
        published_trainer(p, model, nn_adam(p->context, 1e-3), BATCH, seed);
    console_check(nn_trainer_set_rate_exponential(trainer, 0.93));
    return trainer;
}

/* The most that a network reads of the validation part, in percent, and after how many
 * epochs. */
static double validate(const struct published *p, const struct network *network,
                       nn_dataset *training, nn_dataset *validation, int *epochs)
{
    nn_model *model = model_of(p, network);
    nn_trainer *trainer = trainer_of(p, model, 1);
    const double *accuracies;
    int64_t count, best = 0;
    console_check(nn_trainer_set_monitor(trainer, "val_accuracy", NN_MAXIMIZE));
    console_check(nn_trainer_set_early_stopping(trainer, PATIENCE, 0, 0));
    console_check(nn_trainer_fit(trainer, training, validation, EPOCHS));
    console_check(nn_trainer_history(trainer, "val_accuracy", &accuracies, &count));
    for (int64_t i = 1; i < count; i++)
        best = accuracies[i] > accuracies[best] ? i : best;
    *epochs = (int)best + 1;
    double most = 100 * accuracies[best];
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return most;
}

/* What a network reads of the test part after so many epochs of the training part. */
static double run(const struct published *p, const struct network *network, int epochs,
                  uint64_t seed)
{
    nn_model *model = model_of(p, network);
    nn_trainer *trainer = trainer_of(p, model, seed);
    console_check(nn_trainer_fit(trainer, p->training, NULL, epochs));
    double accuracy = 100 - published_error(trainer, p->test);
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
    const struct network *best = networks;
    double accuracies[PUBLISHED_MOST], most = 0;
    int epochs = 0, tried;
    for (int n = 0; n < NETWORKS; n++) {
        double accuracy = validate(&p, &networks[n], training, validation, &tried);
        printf("%-10s  %.2f %% of the validation part after %d epochs\n",
               networks[n].name, accuracy, tried);
        fflush(stdout);
        if (accuracy > most)
            best = &networks[n], most = accuracy, epochs = tried;
    }
    for (int i = 0; i < p.seeds; i++) {
        accuracies[i] = run(&p, best, epochs, (uint64_t)i + 1);
        printf("%-10s  %.2f %% of the test part, seed %d\n", best->name, accuracies[i],
               i + 1);
        fflush(stdout);
    }
    double mean = published_mean(accuracies, p.seeds);
    double deviation = published_deviation(accuracies, p.seeds);
    printf("accuracy  %.2f ± %.2f %%, published 90.0 %%\n", mean, deviation);
    printf("RESULT best=%s epochs=%d accuracy=%.2f deviation=%.2f published=90.0 "
           "seeds=%d cpu_minutes=%.1f\n",
           best->name, epochs, mean, deviation, p.seeds, published_minutes());
    nn_dataset_destroy(training);
    nn_dataset_destroy(validation);
    published_end(&p);
    return 0;
}
