/* Adadelta (Zeiler 2012, arXiv:1212.5701), tables 1 and 2: test errors on MNIST after 6
 * epochs of a network 784-500-300-10 in batches of 100, for SGD, Momentum and Adagrad at
 * five rates and for Adadelta at twelve settings.
 *
 * The paper does not say which hidden units the tables used, nor how weights began: here are
 * tanh and ReLU, from this library's defaults.
 *
 *     adadelta [folder of MNIST | --quick] [seeds] [threads] */
#include "published.h"

enum { SEEDS = 3, BATCH = 100, EPOCHS = 6, COLUMNS = 5 };

struct row {
    const char *name, *kind;
    double rho; /* of Adadelta; its columns are epsilons, the others' are rates */
    int columns;
    double published[COLUMNS];
};

static const struct row rows[] = {
    {"SGD", "sgd", 0, 5, {2.26, 2.51, 7.02, 17.01, 58.10}},
    {"Momentum", "momentum", 0, 5, {89.68, 2.03, 2.68, 6.98, 16.98}},
    {"Adagrad", "adagrad", 0, 5, {43.76, 2.82, 1.79, 5.21, 12.59}},
    {"Adadelta, rho 0.90", "adadelta", 0.9, 4, {2.59, 2.05, 1.90, 2.29}},
    {"Adadelta, rho 0.95", "adadelta", 0.95, 4, {2.58, 1.99, 1.83, 2.13}},
    {"Adadelta, rho 0.99", "adadelta", 0.99, 4, {2.32, 2.28, 2.05, 2.00}},
};

enum { ROWS = sizeof rows / sizeof *rows };

static nn_optimizer *optimizer_of(const struct published *p, const struct row *row,
                                  int column)
{
    static const double rates[] = {1, 0.1, 0.01, 0.001, 0.0001};
    static const double epsilons[] = {1e-2, 1e-4, 1e-6, 1e-8};
    nn_optimizer *optimizer = console_made(nn_optimizer_create(p->context, row->kind));
    if (row->rho == 0) {
        console_check(nn_optimizer_set_rate(optimizer, rates[column]));
        return optimizer;
    }
    console_check(nn_optimizer_set(optimizer, "rho", row->rho));
    console_check(nn_optimizer_set(optimizer, "epsilon", epsilons[column]));
    return optimizer;
}

/* One run; returns its error. A network that leaps to infinity has learned to guess. */
static double run(const struct published *p, const struct row *row, int column,
                  int32_t activation, uint64_t seed)
{
    nn_model *model = published_model(p);
    nn_model_add(model, nn_dense(p->context, p->quick ? 100 : 500, activation));
    nn_model_add(model, nn_dense(p->context, p->quick ? 60 : 300, activation));
    nn_model_add(model, nn_dense(p->context, 10, NN_LINEAR));
    nn_trainer *trainer =
        published_trainer(p, model, optimizer_of(p, row, column), BATCH, seed);
    nn_status status = nn_trainer_fit(trainer, p->training, NULL, EPOCHS);
    double error = 90;
    if (status != NN_ERROR_LOSS && status != NN_ERROR_GRADIENT) {
        console_check(status);
        error = published_error(trainer, p->test);
    }
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return error;
}

/* What a whole table has in common with the published one. */
struct likeness {
    double distance;  /* mean |log(ours / published)| */
    int pairs, order; /* of errors in a row; those that stand in the published order */
    int best;         /* rows with the same best column */
};

static void compare(const struct row *row, const double *errors, struct likeness *like)
{
    int best = 0, published = 0;
    for (int i = 0; i < row->columns; i++) {
        best = errors[i] < errors[best] ? i : best;
        published = row->published[i] < row->published[published] ? i : published;
        like->distance += fabs(log(errors[i] / row->published[i]));
        for (int j = 0; j < i; j++) {
            like->pairs++;
            like->order +=
                (errors[i] < errors[j]) == (row->published[i] < row->published[j]);
        }
    }
    like->best += best == published;
}

/* Both tables with one activation, "ours ± deviation (published)" in each column. */
static struct likeness reproduce(const struct published *p, int32_t activation)
{
    struct likeness like = {0, 0, 0, 0};
    int cells = 0;
    printf("%s\n", nn_activation_name(activation));
    for (int r = 0; r < ROWS; r++) {
        double means[COLUMNS];
        printf("%-19s", rows[r].name);
        for (int column = 0; column < rows[r].columns; column++, cells++) {
            double errors[PUBLISHED_MOST];
            for (int i = 0; i < p->seeds; i++)
                errors[i] = run(p, &rows[r], column, activation, (uint64_t)i + 1);
            means[column] = published_mean(errors, p->seeds);
            printf(" | %5.2f ± %.2f (%.2f)", means[column],
                   published_deviation(errors, p->seeds), rows[r].published[column]);
            fflush(stdout);
        }
        printf("\n");
        compare(&rows[r], means, &like);
    }
    like.distance /= cells;
    printf("like the paper: best column in %d rows of %d, order in %d pairs of %d, ratio "
           "%.2f\n\n",
           like.best, ROWS, like.order, like.pairs, exp(like.distance));
    return like;
}

int main(int argc, char **argv)
{
    struct published p = published_mnist(argc, argv, SEEDS, 1);
    struct likeness tanh_like = reproduce(&p, NN_TANH);
    struct likeness relu_like = reproduce(&p, NN_RELU);
    printf("RESULT nearer=%s tanh_best=%d relu_best=%d tanh_order=%d relu_order=%d "
           "pairs=%d seeds=%d cpu_minutes=%.1f\n",
           tanh_like.distance < relu_like.distance ? "tanh" : "relu", tanh_like.best,
           relu_like.best, tanh_like.order, relu_like.order, tanh_like.pairs, p.seeds,
           published_minutes());
    published_end(&p);
    return 0;
}
