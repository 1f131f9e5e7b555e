/* The recipe of Keras's first example (keras-team/keras, examples/mnist_mlp.py): two hidden
 * layers of 512 units, ReLU, dropout 0.2 after each, RMSProp, batches of 128, 20 epochs.
 * "Gets to 98.40% test accuracy after 20 epochs."
 *
 * RMSProp has Keras's own defaults: rate 0.001, rho 0.9, epsilon 1e-7 beside the root,
 * w = w - rate g / (sqrt(s) + epsilon), as in Keras 2, whose example this is, and in
 * this library (Keras 3 has it under the root). Weights begin as Keras's do, Glorot uniform.
 *
 *     keras_recipe [folder of MNIST | --quick] [seeds] [threads] */
#include "published.h"

enum { SEEDS = 5, BATCH = 128, EPOCHS = 20 };

static const double published_accuracy = 98.40;

static nn_model *network(const struct published *p)
{
    nn_model *model = published_model(p);
    for (int layer = 0; layer < 2; layer++) {
        nn_layer *dense = nn_dense(p->context, 512, NN_RELU);
        nn_layer_set_initializer(dense, "weight", NN_INIT_GLOROT_UNIFORM, 0);
        nn_model_add(model, dense);
        nn_model_add(model, nn_dropout(p->context, 0.2));
    }
    nn_model_add(model, nn_dense(p->context, 10, NN_LINEAR));
    return model;
}

/* One run; returns its test accuracy in percent. */
static double run(const struct published *p, uint64_t seed)
{
    nn_optimizer *rmsprop = nn_rmsprop(p->context, 0.001);
    console_check(nn_optimizer_set(rmsprop, "rho", 0.9));
    console_check(nn_optimizer_set(rmsprop, "epsilon", 1e-7));
    nn_model *model = network(p);
    nn_trainer *trainer = published_trainer(p, model, rmsprop, BATCH, seed);
    console_check(nn_trainer_fit(trainer, p->training, NULL, EPOCHS));
    double accuracy = 100 - published_error(trainer, p->test);
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return accuracy;
}

int main(int argc, char **argv)
{
    struct published p = published_mnist(argc, argv, SEEDS, 1);
    double accuracies[PUBLISHED_MOST];
    for (int i = 0; i < p.seeds; i++) {
        accuracies[i] = run(&p, (uint64_t)i + 1);
        printf("seed %d   %.2f %%\n", i + 1, accuracies[i]);
        fflush(stdout);
    }
    double mean = published_mean(accuracies, p.seeds);
    double deviation = published_deviation(accuracies, p.seeds);
    printf("accuracy  %.2f ± %.2f %%, published %.2f %%\n", mean, deviation,
           published_accuracy);
    printf(
        "RESULT accuracy=%.2f deviation=%.2f published=%.2f seeds=%d cpu_minutes=%.1f\n",
        mean, deviation, published_accuracy, p.seeds, published_minutes());
    published_end(&p);
    return 0;
}
