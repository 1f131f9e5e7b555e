/* Layers, and what a custom layer's callbacks may call. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "api.h"

static int create_layers(struct world *w)
{
    static const int64_t shape[] = {2, 3};
    static const float mean[] = {0.1f}, deviation[] = {3};
    nn_context *context = w->context;
    nn_layer *made[] = {
        nn_input(context, 6),
        nn_input_shaped(context, NN_UINT8, shape, 2),
        nn_dense(context, 3, NN_RELU),
        nn_activation(context, NN_GELU),
        nn_dropout(context, 0.3),
        nn_rescale(context, 1.0 / 255, 0.1),
        nn_standardize(context, mean, deviation, 1),
        nn_flatten(context),
        nn_reshape(context, shape, 2),
        nn_add(context),
        nn_multiply(context),
        nn_concat(context, 0),
        nn_slice(context, 0, 1, 2),
        nn_matmul(context, 0, 1),
        nn_sum(context, NN_ALL),
        nn_mean(context, 0),
        nn_layer_create(context, "dense"),
    };
    int all = 1;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        all &= made[i] != NULL;
        note_text(w, nn_layer_kind(made[i]));
        nn_layer_destroy(made[i]);
    }
    return all;
}

static int destroy_layer(struct world *w)
{
    nn_layer_destroy(w->layer);
    w->layer = NULL;
    return 1;
}

static int set_layer(struct world *w)
{
    nn_layer *layer = w->layer;
    return nn_layer_set_int(layer, "units", 7) == NN_OK &&
           nn_layer_set_float(layer, "alpha", 0.1) == NN_OK &&
           nn_layer_set_text(layer, "activation", "elu") == NN_OK &&
           nn_layer_set_name(layer, "hidden") == NN_OK &&
           nn_layer_set_initializer(layer, "weight", NN_INIT_NORMAL, 0.1) == NN_OK &&
           nn_layer_set_trainable(layer, 0) == NN_OK &&
           nn_layer_set_rate_multiplier(layer, 0.3) == NN_OK;
}

static int set_shape(struct world *w)
{
    return nn_layer_set_ints(w->reshape, "shape", (int64_t[]){3, 2}, 2) == NN_OK;
}

static int set_numbers(struct world *w)
{
    static const float numbers[] = {0.1f, 0.2f, 0.3f};
    return nn_layer_set_floats(w->standardize, "mean", numbers, 3) == NN_OK;
}

static int look_at_layer(struct world *w)
{
    double units;
    note_text(w, nn_layer_name(w->layer));
    note_text(w, nn_layer_kind(w->layer));
    int found = nn_layer_option(w->layer, "units", &units) == NN_OK;
    note_number(w, units);
    return found;
}

/* ---- y = p x by callbacks, which call all that they may; none of it allocates ---- */

struct custom {
    struct world *world;
    int64_t asked; /* the allocations before the callback */
};

static void custom_begin(struct custom *custom)
{
    if (custom->world->memory != NULL)
        custom->asked = custom->world->memory->asked;
}

static int32_t custom_end(struct custom *custom)
{
    if (custom->world->memory != NULL)
        assert_int_equal(custom->world->memory->asked, custom->asked);
    return 0;
}

static int32_t custom_infer(void *user, nn_call *call)
{
    const int64_t one = 1;
    int32_t rank;
    custom_begin(user);
    const int64_t *shape = nn_call_input_shape(call, 0, &rank);
    assert_int_equal(nn_call_input_count(call), 1);
    assert_int_equal(nn_call_set_output(call, shape, rank), NN_OK);
    assert_int_equal(
        nn_call_add_parameter(call, "p", &one, 1, 1, 1, NN_INIT_CONSTANT, 1.5), NN_OK);
    assert_int_equal(nn_call_set_needs(call, NN_CUSTOM_NEEDS_INPUT), NN_OK);
    return custom_end(user);
}

static int32_t custom_forward(void *user, nn_call *call)
{
    custom_begin(user);
    const float *x = nn_call_input(call, 0), *p = nn_call_parameter(call, 0);
    float *y = nn_call_output(call);
    for (int64_t i = 0; i < nn_call_rows(call) * WORLD_INPUTS; i++)
        y[i] = p[0] * x[i];
    note_number(((struct custom *)user)->world, nn_call_training(call));
    return custom_end(user);
}

static int32_t custom_backward(void *user, nn_call *call)
{
    custom_begin(user);
    const float *dy = nn_call_output_gradient(call), *x = nn_call_input(call, 0);
    float *dx = nn_call_input_gradient(call, 0),
          *dp = nn_call_parameter_gradient(call, 0);
    for (int64_t i = 0; i < nn_call_rows(call) * WORLD_INPUTS; i++) {
        dp[0] += dy[i] * x[i];
        if (dx != NULL)
            dx[i] = nn_call_parameter(call, 0)[0] * dy[i];
    }
    return custom_end(user);
}

/* One step of a network of such a layer alone, made and trained here. */
static int use_custom_layer(struct world *w)
{
    struct custom custom = {w, 0};
    const nn_custom_layer callbacks = {sizeof callbacks, "stretch",       custom_infer,
                                       custom_forward,   custom_backward, NULL,
                                       &custom};
    nn_context *context = w->context;
    const nn_tensor *inputs[] = {w->matrix}, *targets[] = {w->matrix};
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, WORLD_INPUTS));
    nn_model_add(model, nn_custom(context, &callbacks));
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(context), nn_sgd(context, 0.1));
    double loss;
    int done = nn_trainer_step(trainer, inputs, 1, targets, 1, NULL, &loss) == NN_OK;
    note_number(w, loss);
    note_tensor(w, nn_model_parameter(model, 0));
    nn_trainer_destroy(trainer);
    nn_model_destroy(model);
    return done;
}

const struct api_row api_layer_rows[] = {
    {"nn_input nn_input_shaped nn_dense nn_activation nn_dropout nn_rescale "
     "nn_standardize nn_flatten nn_reshape nn_add nn_multiply nn_concat nn_slice "
     "nn_matmul nn_sum nn_mean nn_layer_create",
     create_layers, 1},
    {"nn_layer_destroy", destroy_layer, 0},
    {"nn_layer_set_int nn_layer_set_float nn_layer_set_text nn_layer_set_name "
     "nn_layer_set_initializer nn_layer_set_trainable nn_layer_set_rate_multiplier",
     set_layer, 0},
    {"nn_layer_set_ints", set_shape, 0},
    {"nn_layer_set_floats", set_numbers, 1},
    {"nn_layer_name nn_layer_kind nn_layer_option", look_at_layer, 0},
    {"nn_custom nn_call_input_count nn_call_input_shape nn_call_set_output "
     "nn_call_add_parameter nn_call_set_needs nn_call_rows nn_call_training "
     "nn_call_input nn_call_output nn_call_parameter nn_call_output_gradient "
     "nn_call_input_gradient nn_call_parameter_gradient",
     use_custom_layer, 1},
    {NULL, NULL, 0},
};
