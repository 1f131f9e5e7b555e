/* Losses and optimizers. */
#include "api.h"

static int create_losses(struct world *w)
{
    nn_context *context = w->context;
    nn_loss *made[] = {
        nn_mean_squared_error(context),
        nn_mean_absolute_error(context),
        nn_huber(context, 0.7),
        nn_binary_cross_entropy(context),
        nn_sigmoid_cross_entropy(context),
        nn_softmax_cross_entropy(context),
        nn_output_as_loss(context),
        nn_loss_create(context, "huber"),
    };
    int all = 1;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        all &= made[i] != NULL;
        note_text(w, nn_loss_kind(made[i]));
        nn_loss_destroy(made[i]);
    }
    return all;
}

static int destroy_loss(struct world *w)
{
    nn_loss_destroy(w->loss);
    w->loss = NULL;
    return 1;
}

static int set_loss(struct world *w)
{
    double smoothing = 0;
    int set = nn_loss_set_float(w->loss, "label_smoothing", 0.1) == NN_OK &&
              nn_loss_option(w->loss, "label_smoothing", &smoothing) == NN_OK;
    note_number(w, smoothing);
    note_text(w, nn_loss_kind(w->loss));
    return set;
}

static int set_class_weights(struct world *w)
{
    static const float weights[] = {1, 0.1f, 2, 3};
    return nn_loss_set_floats(w->loss, "class_weights", weights, 4) == NN_OK;
}

static int evaluate_loss(struct world *w)
{
    nn_tensor *gradient = nn_tensor_clone(w->matrix);
    double value = 0;
    int done =
        gradient != NULL && nn_loss_evaluate(w->loss, w->matrix, w->labels, w->weights,
                                             gradient, &value) == NN_OK;
    note_number(w, value);
    took_tensor(w, gradient);
    return done;
}

/* ---- optimizers ---- */

static int create_optimizers(struct world *w)
{
    nn_context *context = w->context;
    nn_optimizer *made[] = {
        nn_sgd(context, 0.1),
        nn_momentum(context, 0.1, 0.9),
        nn_nesterov(context, 0.1, 0.9),
        nn_adagrad(context, 0.1),
        nn_adadelta(context, 1),
        nn_rmsprop(context, 0.1),
        nn_adam(context, 0.1),
        nn_adamw(context, 0.1),
        nn_optimizer_create(context, "sgd"),
    };
    int all = 1;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        all &= made[i] != NULL;
        note_number(w, nn_optimizer_rate(made[i]));
        nn_optimizer_destroy(made[i]);
    }
    return all;
}

static int destroy_optimizer(struct world *w)
{
    nn_optimizer_destroy(w->optimizer);
    w->optimizer = NULL;
    return 1;
}

static int set_optimizer(struct world *w)
{
    double beta = 0;
    int set = nn_optimizer_set(w->optimizer, "beta1", 0.8) == NN_OK &&
              nn_optimizer_set_rate(w->optimizer, 0.3) == NN_OK &&
              nn_optimizer_option(w->optimizer, "beta1", &beta) == NN_OK;
    note_number(w, beta);
    note_number(w, nn_optimizer_rate(w->optimizer));
    note_text(w, nn_optimizer_kind(w->optimizer));
    return set;
}

static int step_optimizer(struct world *w)
{
    nn_tensor *parameters[] = {w->square};
    const nn_tensor *gradients[] = {w->square_out};
    int done = nn_optimizer_step(w->optimizer, parameters, gradients, 1) == NN_OK;
    note_tensor(w, w->square);
    return done;
}

static int reset_optimizer(struct world *w)
{
    return nn_optimizer_reset(w->optimizer) == NN_OK;
}

const struct api_row api_loss_rows[] = {
    {"nn_mean_squared_error nn_mean_absolute_error nn_huber nn_binary_cross_entropy "
     "nn_sigmoid_cross_entropy nn_softmax_cross_entropy nn_output_as_loss "
     "nn_loss_create",
     create_losses, 1},
    {"nn_loss_destroy", destroy_loss, 0},
    {"nn_loss_set_float nn_loss_option nn_loss_kind", set_loss, 0},
    {"nn_loss_set_floats", set_class_weights, 1},
    {"nn_loss_evaluate", evaluate_loss, 1},
    {"nn_sgd nn_momentum nn_nesterov nn_adagrad nn_adadelta nn_rmsprop nn_adam nn_adamw "
     "nn_optimizer_create",
     create_optimizers, 1},
    {"nn_optimizer_destroy", destroy_optimizer, 0},
    {"nn_optimizer_set nn_optimizer_set_rate nn_optimizer_option nn_optimizer_rate "
     "nn_optimizer_kind",
     set_optimizer, 0},
    {"nn_optimizer_step", step_optimizer, 1},
    {"nn_optimizer_reset", reset_optimizer, 0},
    {NULL, NULL, 0},
};
