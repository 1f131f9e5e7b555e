/* Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, JMLR 15, table 2):
 * test errors on MNIST of
 *
 *     standard networks, logistic, 2 layers of 800     1.60 %
 *     dropout, ReLU, 3 layers of 1024 units            1.25 %
 *     the same with max-norm                           1.06 %
 *
 * and, which the table has not, of the ReLU network without dropout. Dropout takes 0.2 of
 * the pixels and 0.5 of the units. The paper lets a unit's incoming weights have norm 2 and
 * halves them after training; here the units that are left are doubled in training instead,
 * and the same bound is 1.
 *
 * The paper made up to a million steps; with dropout these are 48,000, for which three seeds
 * have room in two CPU hours. Networks without it overfit early and stop learning sooner.
 *
 *     dropout [folder of MNIST | --quick] [seeds] [threads] [first seed] */
#include "published.h"

enum { SEEDS = 3, BATCH = 100, LAYERS = 3 };

struct way {
    const char *name;
    double published; /* 0: not in the table */
    int32_t activation;
    int64_t units[LAYERS]; /* 0: no such layer */
    double pixels_dropped, units_dropped, max_norm;
    int32_t epochs;
};

static const struct way ways[] = {
    {"standard", 1.60, NN_SIGMOID, {800, 800, 0}, 0, 0, 0, 20},
    {"standard, ReLU", 0, NN_RELU, {1024, 1024, 1024}, 0, 0, 0, 15},
    {"dropout", 1.25, NN_RELU, {1024, 1024, 1024}, 0.2, 0.5, 0, 80},
    {"dropout, max-norm", 1.06, NN_RELU, {1024, 1024, 1024}, 0.2, 0.5, 1, 80},
};

enum { WAYS = sizeof ways / sizeof *ways };

static nn_model *network(const struct published *p, const struct way *way)
{
    nn_model *model = published_model(p);
    nn_model_add(model, nn_dropout(p->context, way->pixels_dropped));
    for (int layer = 0; layer < LAYERS && way->units[layer] > 0; layer++) {
        int64_t units = way->units[layer] / (p->quick ? 8 : 1);
        nn_model_add(model, nn_dense(p->context, units, way->activation));
        nn_model_add(model, nn_dropout(p->context, way->units_dropped));
    }
    nn_model_add(model, nn_dense(p->context, 10, NN_LINEAR));
    return model;
}

/* One run; returns its error. */
static double run(const struct published *p, const struct way *way, uint64_t seed)
{
    int32_t epochs = p->quick ? 100 : way->epochs;
    nn_model *model = network(p, way);
    nn_optimizer *adam = nn_adam(p->context, 1e-3);
    console_check(nn_optimizer_set(adam, "max_norm", way->max_norm));
    nn_trainer *trainer = published_trainer(p, model, adam, BATCH, seed);
    console_check(nn_trainer_set_rate_cosine(trainer, epochs, 0));
    console_check(nn_trainer_fit(trainer, p->training, NULL, epochs));
    double error = published_error(trainer, p->test);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return error;
}

int main(int argc, char **argv)
{
    struct published p = published_mnist(argc, argv, SEEDS, 1);
    int first = argc > 4 ? atoi(argv[4]) : 1;
    double errors[WAYS][PUBLISHED_MOST], means[WAYS];
    for (int i = 0; i < p.seeds; i++) {
        for (int w = 0; w < WAYS; w++) {
            errors[w][i] = run(&p, &ways[w], (uint64_t)(first + i));
            printf("seed %d   %-17s  %.2f %%   after %.1f CPU minutes\n", first + i,
                   ways[w].name, errors[w][i], published_minutes());
            fflush(stdout);
        }
    }
    for (int w = 0; w < WAYS; w++) {
        means[w] = published_mean(errors[w], p.seeds);
        printf("%-17s  %.2f ± %.2f %%", ways[w].name, means[w],
               published_deviation(errors[w], p.seeds));
        if (ways[w].published > 0)
            printf(", published %.2f %%", ways[w].published);
        printf("\n");
    }
    printf("RESULT standard=%.2f relu=%.2f dropout=%.2f max_norm=%.2f in_order=%d "
           "seeds=%d cpu_minutes=%.1f\n",
           means[0], means[1], means[2], means[3],
           means[0] > means[2] && means[2] > means[3], p.seeds, published_minutes());
    published_end(&p);
    return 0;
}
