/* Dropout (Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov 2014, JMLR 15, table 2):
 * test errors on MNIST of
 *
 *     standard networks                        1.60 %
 *     dropout, ReLU, 3 layers of 1024 units    1.25 %
 *     the same with max-norm                   1.06 %
 *
 * Here the three differ in nothing but dropout (0.2 of the pixels, 0.5 of the units) and
 * max-norm: layers, optimizer, epochs and seeds are the same. The paper made up to a million
 * steps; these are 36,000, for which three seeds have room in two CPU hours.
 *
 *     dropout [folder of MNIST | --quick] [seeds] [threads] [epochs] */
#include "published.h"

enum { SEEDS = 3, EPOCHS = 60, BATCH = 100, LAYERS = 3 };

struct way {
    const char *name;
    double pixels, units, max_norm, published;
};

static const struct way ways[] = {
    {"standard", 0, 0, 0, 1.60},
    {"dropout", 0.2, 0.5, 0, 1.25},
    {"dropout, max-norm", 0.2, 0.5, 2, 1.06},
};

enum { WAYS = sizeof ways / sizeof *ways };

static nn_model *network(const struct published *p, const struct way *way)
{
    nn_model *model = published_model(p);
    nn_model_add(model, nn_dropout(p->context, way->pixels));
    for (int layer = 0; layer < LAYERS; layer++) {
        nn_model_add(model, nn_dense(p->context, p->quick ? 128 : 1024, NN_RELU));
        nn_model_add(model, nn_dropout(p->context, way->units));
    }
    nn_model_add(model, nn_dense(p->context, 10, NN_LINEAR));
    return model;
}

/* One run; returns its error. */
static double run(const struct published *p, const struct way *way, int epochs,
                  uint64_t seed)
{
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
    int epochs = argc > 4 ? atoi(argv[4]) : p.quick ? 100 : EPOCHS;
    double errors[WAYS][PUBLISHED_MOST], means[WAYS];
    for (int i = 0; i < p.seeds; i++) {
        for (int w = 0; w < WAYS; w++) {
            errors[w][i] = run(&p, &ways[w], epochs, (uint64_t)i + 1);
            printf("seed %d   %-17s  %.2f %%   after %.1f CPU minutes\n", i + 1,
                   ways[w].name, errors[w][i], published_minutes());
            fflush(stdout);
        }
    }
    for (int w = 0; w < WAYS; w++) {
        means[w] = published_mean(errors[w], p.seeds);
        printf("%-17s  %.2f ± %.2f %%, published %.2f %%\n", ways[w].name, means[w],
               published_deviation(errors[w], p.seeds), ways[w].published);
    }
    printf("RESULT standard=%.2f dropout=%.2f max_norm=%.2f in_order=%d epochs=%d "
           "seeds=%d cpu_minutes=%.1f\n",
           means[0], means[1], means[2], means[0] > means[1] && means[1] > means[2],
           epochs, p.seeds, published_minutes());
    published_end(&p);
    return 0;
}
