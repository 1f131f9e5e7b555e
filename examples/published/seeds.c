/* One run, many seeds, on one thread and on two: for each seed both end with the same bits,
 * and the seeds show how much of a result is luck.
 *
 *     seeds [folder of MNIST | --quick] [seeds] */
#include "published.h"

enum { SEEDS = 20, BATCH = 100, HIDDEN = 256, EPOCHS = 5 };

/* FNV-1a over the bytes of all parameters. */
static uint64_t hash_of(const nn_model *model)
{
    uint64_t hash = 14695981039346656037u;
    for (int32_t i = 0; i < nn_model_parameter_count(model); i++) {
        const nn_tensor *parameter = nn_model_parameter(model, i);
        const unsigned char *bytes = nn_tensor_data_const(parameter);
        size_t size = (size_t)nn_tensor_count(parameter) * sizeof(float);
        for (size_t b = 0; b < size; b++)
            hash = (hash ^ bytes[b]) * 1099511628211u;
    }
    return hash;
}

/* One run; returns the hash of what it learned. */
static uint64_t run(const struct published *p, uint64_t seed, double *error)
{
    nn_model *model = published_model(p);
    nn_model_add(model, nn_dense(p->context, HIDDEN, NN_RELU));
    nn_model_add(model, nn_dropout(p->context, 0.2));
    nn_model_add(model, nn_dense(p->context, 10, NN_LINEAR));
    nn_trainer *trainer =
        published_trainer(p, model, nn_adam(p->context, 1e-3), BATCH, seed);
    console_check(nn_trainer_fit(trainer, p->training, NULL, EPOCHS));
    *error = published_error(trainer, p->test);
    uint64_t hash = hash_of(model);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return hash;
}

int main(int argc, char **argv)
{
    int read = argc < 3 ? argc : 3; /* the numbers of threads are no argument here */
    struct published one = published_mnist(read, argv, SEEDS, 1);
    struct published two = published_mnist(read, argv, SEEDS, 2);
    double errors[PUBLISHED_MOST], error, least = 100, most = 0;
    int same = 0;
    for (int i = 0; i < one.seeds; i++) {
        uint64_t hash = run(&one, (uint64_t)i + 1, &errors[i]);
        uint64_t other = run(&two, (uint64_t)i + 1, &error);
        same += hash == other;
        least = fmin(least, errors[i]);
        most = fmax(most, errors[i]);
        printf("seed %2d   error %.2f %%   %016llx on one thread, %016llx on two\n",
               i + 1, errors[i], (unsigned long long)hash, (unsigned long long)other);
        fflush(stdout);
    }
    double mean = published_mean(errors, one.seeds);
    double deviation = published_deviation(errors, one.seeds);
    printf("error %.2f ± %.2f %%, from %.2f to %.2f\n", mean, deviation, least, most);
    printf("RESULT same_bits=%d seeds=%d error=%.2f deviation=%.2f least=%.2f most=%.2f "
           "cpu_minutes=%.1f\n",
           same, one.seeds, mean, deviation, least, most, published_minutes());
    published_end(&one);
    published_end(&two);
    return 0;
}
