/* Trainers. */
#include "api.h"

#include <string.h>

static void note_parameters(struct world *w)
{
    for (int32_t i = 0; i < nn_model_parameter_count(w->model); i++)
        note_tensor(w, nn_model_parameter(w->model, i));
}

static int create_trainer(struct world *w)
{
    nn_context *context = w->context;
    nn_loss *loss = nn_softmax_cross_entropy(context);
    nn_optimizer *optimizer = loss == NULL ? NULL : nn_sgd(context, 0.1);
    nn_trainer *trainer = nn_trainer_create(w->unbuilt, loss, optimizer);
    nn_trainer_destroy(trainer);
    return trainer != NULL;
}

static int create_trainer_of_many(struct world *w)
{
    nn_loss *losses[] = {nn_softmax_cross_entropy(w->context)};
    const double weights[] = {0.3};
    nn_trainer *trainer = nn_trainer_create_many(w->unbuilt, losses, weights, 1, NULL);
    nn_trainer_destroy(trainer);
    return trainer != NULL;
}

static int destroy_trainer(struct world *w)
{
    nn_trainer_destroy(w->trainer);
    w->trainer = NULL;
    return 1;
}

static double call_rate(void *user, int64_t epoch, int64_t step, double base)
{
    (void)user;
    return base / (double)(1 + epoch + step);
}

static int32_t call_hook(void *user, nn_trainer *trainer)
{
    struct world *w = user;
    note_number(w, nn_trainer_rate(trainer));
    return 0;
}

static int set_trainer(struct world *w)
{
    nn_trainer *trainer = w->trainer;
    return nn_trainer_set_batch_size(trainer, 5) == NN_OK &&
           nn_trainer_set_micro_batch(trainer, 2) == NN_OK &&
           nn_trainer_set_seed(trainer, 5) == NN_OK &&
           nn_trainer_set_shuffle(trainer, 1) == NN_OK &&
           nn_trainer_set_validation_split(trainer, 0.2) == NN_OK &&
           nn_trainer_set_early_stopping(trainer, 3, 0.1, 1) == NN_OK &&
           nn_trainer_set_monitor(trainer, "loss", NN_MINIMIZE) == NN_OK &&
           nn_trainer_set_checks(trainer, 1, 1) == NN_OK &&
           nn_trainer_set_keep_nodes(trainer, 1) == NN_OK &&
           nn_trainer_set_input_gradients(trainer, 1) == NN_OK &&
           nn_trainer_set_progress(trainer, NN_PROGRESS_NONE) == NN_OK &&
           nn_trainer_set_gradient_hook(trainer, call_hook, w) == NN_OK &&
           nn_trainer_set_step_hook(trainer, call_hook, w) == NN_OK &&
           nn_trainer_set_epoch_hook(trainer, call_hook, w) == NN_OK;
}

/* The rate that each schedule begins with. */
static int set_rates(struct world *w)
{
    nn_trainer *trainer = w->trainer;
    nn_status set[8];
    set[0] = nn_trainer_set_rate_step(trainer, 2, 0.3);
    set[1] = nn_trainer_set_rate_exponential(trainer, 0.9);
    set[2] = nn_trainer_set_rate_cosine(trainer, 7, 0.001);
    note_number(w, nn_trainer_rate(trainer));
    set[3] = nn_trainer_set_rate_plateau(trainer, 0.3, 2, 0.001);
    set[4] = nn_trainer_set_rate_constant(trainer);
    set[5] = nn_trainer_set_warmup(trainer, 3);
    note_number(w, nn_trainer_rate(trainer));
    set[6] = nn_trainer_set_rate_callback(trainer, call_rate, w);
    note_number(w, nn_trainer_rate(trainer));
    set[7] = NN_OK;
    return memcmp(set, (nn_status[8]){NN_OK}, sizeof set) == 0;
}

static int add_metric(struct world *w)
{
    return nn_trainer_add_metric(w->trainer, NN_F1, 0) == NN_OK;
}

static int add_top_k(struct world *w)
{
    return nn_trainer_add_top_k(w->trainer, 2, 0) == NN_OK;
}

static int look_at_trainer(struct world *w)
{
    nn_trainer *trainer = w->trainer;
    const double *values;
    int64_t epochs;
    nn_trainer_request_stop(trainer);
    note_number(w, nn_trainer_stop_reason(trainer));
    note_number(w, (double)nn_trainer_epoch(trainer));
    note_number(w, (double)nn_trainer_step_count(trainer));
    note_number(w, nn_trainer_result_count(trainer));
    note_text(w, nn_trainer_result_name(trainer, 0));
    note_number(w, nn_trainer_history_count(trainer));
    note_text(w, nn_trainer_history_name(trainer, 0));
    note_tensor(w, nn_trainer_gradient(trainer, 0));
    return nn_trainer_history(trainer, "loss", &values, &epochs) == NN_ERROR_NAME;
}

static int measure_memory(struct world *w)
{
    uint64_t bytes;
    int done = nn_trainer_memory_needed(w->trainer, &bytes) == NN_OK;
    note_number(w, (double)bytes);
    return done;
}

static int prepare(struct world *w)
{
    return nn_trainer_prepare(w->trainer) == NN_OK;
}

/* ---- learning ---- */

/* With all that takes memory on the way: metrics, validation, the best parameters. */
static int fit(struct world *w)
{
    const double *losses;
    int64_t epochs = 0;
    nn_trainer *trainer = w->trainer;
    int done = nn_trainer_set_validation_split(trainer, 0.25) == NN_OK &&
               nn_trainer_set_early_stopping(trainer, 2, 0, 1) == NN_OK &&
               nn_trainer_set_rate_cosine(trainer, 5, 0.001) == NN_OK &&
               nn_trainer_fit(trainer, w->samples, NULL, 3) == NN_OK &&
               nn_trainer_history(trainer, "val_loss", &losses, &epochs) == NN_OK;
    if (done)
        note_bytes(w, losses, (size_t)epochs * sizeof *losses);
    note_parameters(w);
    return done;
}

static int step(struct world *w)
{
    const nn_tensor *inputs[] = {w->matrix}, *targets[] = {w->labels};
    double loss;
    int done =
        nn_trainer_step(w->trainer, inputs, 1, targets, 1, w->weights, &loss) == NN_OK;
    note_number(w, loss);
    note_parameters(w);
    return done;
}

static int step_by_hand(struct world *w)
{
    const nn_tensor *inputs[] = {w->matrix}, *targets[] = {w->labels};
    nn_trainer *trainer = w->trainer;
    double loss = 0;
    int done = nn_trainer_forward(trainer, inputs, 1) == NN_OK &&
               nn_trainer_backward(trainer, targets, 1, NULL, &loss) == NN_OK &&
               nn_trainer_update(trainer) == NN_OK;
    note_number(w, loss);
    note_tensor(w, nn_trainer_gradient(trainer, 0));
    note_parameters(w);
    return done;
}

static int read_nodes(struct world *w)
{
    const nn_tensor *inputs[] = {w->matrix}, *targets[] = {w->labels};
    nn_trainer *trainer = w->trainer;
    int done = nn_trainer_set_keep_nodes(trainer, 1) == NN_OK &&
               nn_trainer_forward(trainer, inputs, 1) == NN_OK &&
               nn_trainer_backward(trainer, targets, 1, NULL, NULL) == NN_OK;
    int value = done && took_tensor(w, nn_trainer_node_value(trainer, 1));
    return value && took_tensor(w, nn_trainer_node_gradient(trainer, 1));
}

static int sweep_rates(struct world *w)
{
    double rates[4] = {0}, losses[4] = {0};
    int32_t steps;
    int done = nn_trainer_rate_sweep(w->trainer, w->samples, 1e-3, 1e-2, 4, rates, losses,
                                     &steps) == NN_OK;
    note_bytes(w, rates, sizeof rates);
    note_bytes(w, losses, sizeof losses);
    note_parameters(w);
    return done;
}

static int check_gradients(struct world *w)
{
    const nn_tensor *inputs[] = {w->matrix}, *targets[] = {w->labels};
    double worst;
    int done = nn_gradient_check(w->trainer, inputs, 1, targets, 1, NULL, 1e-2, 1, 3,
                                 &worst) == NN_OK;
    note_number(w, worst);
    return done;
}

/* ---- looking at results ---- */

static int evaluate(struct world *w)
{
    double results[2] = {0};
    int done = nn_trainer_evaluate(w->trainer, w->sourced, results, 2) == NN_OK;
    note_bytes(w, results, sizeof results);
    return done;
}

static int predict(struct world *w)
{
    return took_tensor(w, nn_trainer_predict(w->trainer, w->sourced, 0));
}

static int count_confusions(struct world *w)
{
    const int64_t shape[] = {WORLD_CLASSES, WORLD_CLASSES};
    nn_tensor *counts = nn_tensor_create(w->context, NN_INT64, shape, 2);
    int done = counts != NULL &&
               nn_trainer_confusion(w->trainer, w->samples, 0, counts) == NN_OK;
    took_tensor(w, counts);
    return done;
}

static int write_history(struct world *w)
{
    return nn_trainer_write_history(w->trainer, w->files->history) == NN_OK;
}

const struct api_row api_trainer_rows[] = {
    {"nn_trainer_create", create_trainer, 1},
    {"nn_trainer_create_many", create_trainer_of_many, 1},
    {"nn_trainer_destroy", destroy_trainer, 0},
    {"nn_trainer_set_batch_size nn_trainer_set_micro_batch nn_trainer_set_seed "
     "nn_trainer_set_shuffle nn_trainer_set_validation_split "
     "nn_trainer_set_early_stopping nn_trainer_set_monitor nn_trainer_set_checks "
     "nn_trainer_set_keep_nodes nn_trainer_set_input_gradients nn_trainer_set_progress "
     "nn_trainer_set_gradient_hook nn_trainer_set_step_hook nn_trainer_set_epoch_hook",
     set_trainer, 0},
    {"nn_trainer_set_rate_step nn_trainer_set_rate_exponential "
     "nn_trainer_set_rate_cosine nn_trainer_set_rate_plateau "
     "nn_trainer_set_rate_constant nn_trainer_set_rate_callback nn_trainer_set_warmup "
     "nn_trainer_rate",
     set_rates, 0},
    {"nn_trainer_add_metric", add_metric, 1},
    {"nn_trainer_add_top_k", add_top_k, 1},
    {"nn_trainer_request_stop nn_trainer_stop_reason nn_trainer_epoch "
     "nn_trainer_step_count nn_trainer_result_count nn_trainer_result_name "
     "nn_trainer_history nn_trainer_history_count nn_trainer_history_name "
     "nn_trainer_gradient",
     look_at_trainer, 0},
    {"nn_trainer_memory_needed", measure_memory, 1},
    {"nn_trainer_prepare", prepare, 1},
    {"nn_trainer_fit", fit, 1},
    {"nn_trainer_step", step, 1},
    {"nn_trainer_forward nn_trainer_backward nn_trainer_update", step_by_hand, 1},
    {"nn_trainer_node_value nn_trainer_node_gradient", read_nodes, 1},
    {"nn_trainer_rate_sweep", sweep_rates, 1},
    {"nn_gradient_check", check_gradients, 1},
    {"nn_trainer_evaluate", evaluate, 1},
    {"nn_trainer_predict", predict, 1},
    {"nn_trainer_confusion", count_confusions, 1},
    {"nn_trainer_write_history", write_history, 1},
    {NULL, NULL, 0},
};
