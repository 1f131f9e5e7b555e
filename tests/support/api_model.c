/* Models and sessions. */
#include "api.h"

#include <string.h>

static int create_model(struct world *w)
{
    nn_model *model = nn_model_create(w->context);
    int made = model != NULL;
    nn_model_destroy(model);
    return made;
}

static int destroy_model(struct world *w)
{
    nn_model_destroy(w->unbuilt);
    w->unbuilt = NULL;
    return 1;
}

/* A model whose first error was a want of memory is as before the call. */
static int settle(struct world *w, int done)
{
    if (!done)
        nn_model_clear_error(w->unbuilt);
    note_number(w, done ? nn_model_node_count(w->unbuilt) : 0);
    return done && nn_model_status(w->unbuilt) == NN_OK;
}

static int add_layer(struct world *w)
{
    return settle(w, nn_model_add(w->unbuilt, nn_dense(w->context, 3, NN_RELU)) == NN_OK);
}

static int add_input(struct world *w)
{
    const int64_t shape[] = {2, 3};
    return settle(w, nn_model_input(w->unbuilt, NN_FLOAT32, shape, 2) >= 0);
}

static int apply_layer(struct world *w)
{
    return settle(w, nn_model_apply(w->unbuilt, nn_sum(w->context, 0), 1) >= 0);
}

static int apply_to_many(struct world *w)
{
    const nn_node nodes[] = {1, 2};
    return settle(w, nn_model_apply_many(w->unbuilt, nn_add(w->context), nodes, 2) >= 0);
}

static int make_output(struct world *w)
{
    return settle(w, nn_model_output(w->unbuilt, 2) == NN_OK);
}

static int clear_error(struct world *w)
{
    return nn_model_clear_error(w->unbuilt) == NN_OK;
}

static int set_model_seed(struct world *w)
{
    return nn_model_set_seed(w->unbuilt, 9) == NN_OK;
}

static int build_model(struct world *w)
{
    int built = nn_model_build(w->unbuilt) == NN_OK;
    for (int32_t i = 0; i < nn_model_parameter_count(w->unbuilt); i++)
        note_tensor(w, nn_model_parameter(w->unbuilt, i));
    return built;
}

static int draw_parameters(struct world *w)
{
    int drawn = nn_model_initialize(w->model, 77) == NN_OK;
    note_tensor(w, nn_model_parameter(w->model, 0));
    return drawn;
}

static int clone_model(struct world *w)
{
    nn_model *copy = nn_model_clone(w->model);
    note_tensor(w, nn_model_parameter(copy, 2));
    nn_model_destroy(copy);
    return copy != NULL;
}

static int look_at_model(struct world *w)
{
    const nn_model *model = w->model;
    int32_t rank, dtype;
    note_number(w, nn_model_status(model));
    note_text(w, nn_model_error(model));
    note_number(w, nn_model_node_count(model));
    note_number(w, nn_model_input_count(model));
    note_number(w, nn_model_output_count(model));
    note_number(w, nn_model_input_node(model, 0));
    note_number(w, nn_model_output_node(model, 0));
    note_number(w, (double)nn_model_node_shape(model, 1, &rank, &dtype)[0]);
    note_number(w, nn_model_parameter_count(model));
    note_number(w, (double)nn_model_weight_count(model));
    note_text(w, nn_model_parameter_name(model, 1));
    note_tensor(w, nn_model_parameter(model, 1));
    return nn_model_layer(model, "dense_1") == nn_model_node_layer(model, 1) &&
           nn_model_parameter_named(model, "dense_2.bias") != NULL;
}

static int predict_with_model(struct world *w)
{
    const int64_t shape[] = {WORLD_SAMPLES, WORLD_CLASSES};
    const nn_tensor *inputs[] = {w->matrix};
    nn_tensor *outputs[] = {nn_tensor_create(w->context, NN_FLOAT32, shape, 2)};
    int done =
        outputs[0] != NULL && nn_model_predict(w->model, inputs, 1, outputs, 1) == NN_OK;
    took_tensor(w, outputs[0]);
    return done;
}

static int write_summary(struct world *w)
{
    char text[4096] = "";
    int done = nn_model_summary(w->unbuilt, text, sizeof text, NULL) == NN_OK;
    note_text(w, text);
    return done;
}

static int write_dot(struct world *w)
{
    char text[4096] = "";
    int done = nn_model_dot(w->unbuilt, text, sizeof text, NULL) == NN_OK;
    note_text(w, text);
    return done;
}

/* ---- sessions ---- */

static int create_session(struct world *w)
{
    nn_session *session = nn_session_create(w->unbuilt, 0);
    int made = session != NULL;
    nn_session_destroy(session);
    return made;
}

static int destroy_session(struct world *w)
{
    nn_session_destroy(w->session);
    w->session = NULL;
    return 1;
}

static int run_session(struct world *w)
{
    float y[WORLD_SAMPLES * WORLD_CLASSES];
    const void *inputs[] = {nn_tensor_data(w->matrix)};
    void *outputs[] = {y};
    int done = nn_session_refresh(w->session) == NN_OK &&
               nn_session_run(w->session, inputs, WORLD_SAMPLES, outputs) == NN_OK;
    note_bytes(w, y, sizeof y);
    return done && nn_session_memory(w->session) > 0;
}

const struct api_row api_model_rows[] = {
    {"nn_model_create", create_model, 1},
    {"nn_model_destroy", destroy_model, 0},
    {"nn_model_add", add_layer, 1},
    {"nn_model_input", add_input, 1},
    {"nn_model_apply", apply_layer, 1},
    {"nn_model_apply_many", apply_to_many, 1},
    {"nn_model_output", make_output, 1},
    {"nn_model_clear_error", clear_error, 0},
    {"nn_model_set_seed", set_model_seed, 0},
    {"nn_model_build", build_model, 1},
    {"nn_model_initialize", draw_parameters, 0},
    {"nn_model_clone", clone_model, 1},
    {"nn_model_status nn_model_error nn_model_node_count nn_model_input_count "
     "nn_model_output_count nn_model_input_node nn_model_output_node "
     "nn_model_node_layer nn_model_layer nn_model_node_shape nn_model_parameter_count "
     "nn_model_weight_count nn_model_parameter nn_model_parameter_named "
     "nn_model_parameter_name",
     look_at_model, 0},
    {"nn_model_predict", predict_with_model, 1},
    {"nn_model_summary", write_summary, 1},
    {"nn_model_dot", write_dot, 1},
    {"nn_session_create", create_session, 1},
    {"nn_session_destroy", destroy_session, 0},
    {"nn_session_run nn_session_refresh nn_session_memory", run_session, 0},
    {NULL, NULL, 0},
};
