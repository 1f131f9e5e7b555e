/* What the programs of this folder share: the data, the trainer of one run, and mean and
 * deviation over the runs. All are called
 *
 *     PROGRAM [folder of the data | --quick] [seeds] [threads]
 *
 * --quick takes the small digits of examples/data and few epochs, to see in seconds that a
 * program works; its numbers are beside no published ones. */
#ifndef EXAMPLES_PUBLISHED_H
#define EXAMPLES_PUBLISHED_H

#include "../digits_data.h"

#include <math.h>
#include <string.h>
#include <time.h>

struct published {
    nn_context *context;
    nn_dataset *training, *test; /* images of bytes, labels 0 ... 9 */
    int64_t pixels;              /* in an image */
    double white;                /* the brightest pixel */
    int quick, seeds;            /* runs of each kind, with seeds 1, 2, ... */
};

enum { PUBLISHED_MOST = 100 };

/* Reads a part of a data set, "train" or "t10k". */
typedef nn_dataset *published_reader(nn_context *context, const char *folder,
                                     const char *part);

/* Reads the arguments, and with them the data or the small digits. */
static inline struct published published_begin(int argc, char **argv, int seeds,
                                               int threads, const char *folder,
                                               published_reader *read)
{
    struct published p = {console_context(), NULL, NULL, 784, 255, 0, seeds};
    folder = argc > 1 ? argv[1] : folder;
    if (argc > 2)
        p.seeds = atoi(argv[2]);
    if (p.seeds < 1 || p.seeds > PUBLISHED_MOST)
        p.seeds = seeds;
    console_check(nn_context_set_threads(p.context, argc > 3 ? atoi(argv[3]) : threads));
    p.quick = strcmp(folder, "--quick") == 0;
    if (p.quick) {
        p.pixels = DIGITS_PIXELS, p.white = 16;
        digits_read(p.context, DIGITS_FILE, &p.training, &p.test);
    } else {
        p.training = read(p.context, folder, "train");
        p.test = read(p.context, folder, "t10k");
    }
    return p;
}

static inline nn_dataset *published_read_mnist(nn_context *context, const char *folder,
                                               const char *part)
{
    char images[4096], labels[4096];
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte", folder, part);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte", folder, part);
    return console_made(nn_dataset_read_idx(context, images, labels));
}

/* The same for MNIST, which is where `make mnist` puts it: in the folder $MNIST, or in
 * libnn/mnist of the user's cache. */
static inline struct published published_mnist(int argc, char **argv, int seeds,
                                               int threads)
{
    const char *given = getenv("MNIST"), *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    char folder[4000];
    if (given != NULL && *given != 0)
        snprintf(folder, sizeof folder, "%s", given);
    else if (cache != NULL && *cache != 0)
        snprintf(folder, sizeof folder, "%s/libnn/mnist", cache);
    else
        snprintf(folder, sizeof folder, "%s/.cache/libnn/mnist",
                 home != NULL ? home : "");
    return published_begin(argc, argv, seeds, threads, folder, published_read_mnist);
}

static inline void published_end(struct published *p)
{
    nn_dataset_destroy(p->training);
    nn_dataset_destroy(p->test);
    nn_context_destroy(p->context);
}

/* A model that begins with the images, their pixels scaled to 0 ... 1. */
static inline nn_model *published_model(const struct published *p)
{
    nn_model *model = nn_model_create(p->context);
    nn_model_add(model, nn_input_shaped(p->context, NN_UINT8, &p->pixels, 1));
    nn_model_add(model, nn_rescale(p->context, 1 / p->white, 0));
    return model;
}

/* A trainer on softmax cross-entropy; the seed draws weights, order and dropout. */
static inline nn_trainer *published_trainer(const struct published *p, nn_model *model,
                                            nn_optimizer *optimizer, int64_t batch,
                                            uint64_t seed)
{
    console_check(nn_model_set_seed(model, seed));
    nn_trainer *trainer = console_made(
        nn_trainer_create(model, nn_softmax_cross_entropy(p->context), optimizer));
    console_check(nn_trainer_set_seed(trainer, seed));
    console_check(nn_trainer_set_batch_size(trainer, batch));
    console_check(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    console_check(nn_trainer_set_progress(
        trainer, console_is_terminal() ? NN_PROGRESS_BAR : NN_PROGRESS_NONE));
    return trainer;
}

/* The share of the data that is read wrongly, in percent. */
static inline double published_error(nn_trainer *trainer, const nn_dataset *data)
{
    double results[2]; /* loss, accuracy */
    console_check(nn_trainer_evaluate(trainer, data, results, 2));
    return 100 * (1 - results[1]);
}

/* Mean and standard deviation (over n - 1) of the runs. */
static inline double published_mean(const double *values, int count)
{
    double sum = 0;
    for (int i = 0; i < count; i++)
        sum += values[i];
    return sum / count;
}

static inline double published_deviation(const double *values, int count)
{
    double mean = published_mean(values, count), squares = 0;
    for (int i = 0; i < count; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return count > 1 ? sqrt(squares / (count - 1)) : 0;
}

/* CPU time since the program began. */
static inline double published_minutes(void)
{
    return (double)clock() / CLOCKS_PER_SEC / 60;
}

#endif
