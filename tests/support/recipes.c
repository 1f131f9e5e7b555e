#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "networks.h"
#include "recipes.h"

enum { LARGE_A = 40, LARGE_B = 48 };

/* ---- options; they fail where memory runs out ---- */

static nn_status set_input(nn_layer *layer, const int64_t *shape)
{
    return nn_layer_set_ints(layer, "shape", shape, 2);
}

static nn_status set_units(nn_layer *layer, const int64_t *shape)
{
    return nn_layer_set_int(layer, "units", shape[0] < LARGE_A ? 5 : 9);
}

/* Few enough for the product to run in lanes. */
static nn_status set_few_units(nn_layer *layer, const int64_t *shape)
{
    (void)shape;
    assert_ok(nn_layer_set_int(layer, "bias", 0));
    return nn_layer_set_int(layer, "units", 4);
}

static nn_status set_affine(nn_layer *layer, const int64_t *shape)
{
    (void)shape;
    assert_ok(nn_layer_set_float(layer, "scale", 0.7));
    return nn_layer_set_float(layer, "offset", -0.3);
}

static nn_status set_numbers(nn_layer *layer, int64_t count)
{
    static float mean[LARGE_A * LARGE_B], deviation[LARGE_A * LARGE_B];
    for (int32_t i = 0; i < LARGE_A * LARGE_B; i++) {
        mean[i] = (float)(i % 7) / 7;
        deviation[i] = 1 + (float)(i % 11) / 11;
    }
    const nn_status status = nn_layer_set_floats(layer, "mean", mean, count);
    return status == NN_OK ? nn_layer_set_floats(layer, "deviation", deviation, count)
                           : status;
}

static nn_status set_moment(nn_layer *layer, const int64_t *shape)
{
    (void)shape;
    return set_numbers(layer, 1);
}

static nn_status set_moments(nn_layer *layer, const int64_t *shape)
{
    return set_numbers(layer, shape[0] * shape[1]);
}

static nn_status set_shape(nn_layer *layer, const int64_t *shape)
{
    const int64_t turned[] = {shape[1], shape[0]};
    return nn_layer_set_ints(layer, "shape", turned, 2);
}

static nn_status set_part(nn_layer *layer, const int64_t *shape)
{
    assert_ok(nn_layer_set_int(layer, "axis", 1));
    assert_ok(nn_layer_set_int(layer, "start", 1));
    return nn_layer_set_int(layer, "count", shape[1] - 2);
}

static nn_status set_first_axis(nn_layer *layer, const int64_t *shape)
{
    (void)shape;
    return nn_layer_set_int(layer, "axis", 0);
}

static nn_status set_last_axis(nn_layer *layer, const int64_t *shape)
{
    (void)shape;
    return nn_layer_set_int(layer, "axis", -1);
}

static nn_status set_transposed(nn_layer *layer, const int64_t *shape)
{
    (void)shape;
    assert_ok(nn_layer_set_int(layer, "transpose_a", 1));
    return nn_layer_set_int(layer, "transpose_b", 1);
}

static const struct recipe recipes[] = {
    {.kind = "input", .set = set_input},
    {.kind = "dense", .inputs = 1, .set = set_units},
    {.kind = "dense", .inputs = 1, .wide = 1, .set = set_few_units},
    {.kind = "activation", .inputs = 1},
    {.kind = "dropout", .inputs = 1, .slow = 1},
    {.kind = "rescale", .inputs = 1, .set = set_affine},
    {.kind = "rescale", .inputs = 1, .dtype = NN_UINT8, .set = set_affine},
    {.kind = "rescale", .inputs = 1, .dtype = NN_INT64, .set = set_affine},
    {.kind = "standardize", .inputs = 1, .set = set_moment},
    {.kind = "standardize", .inputs = 1, .set = set_moments},
    {.kind = "standardize", .inputs = 1, .dtype = NN_INT32, .set = set_moments},
    {.kind = "flatten", .inputs = 1},
    {.kind = "reshape", .inputs = 1, .set = set_shape},
    {.kind = "add", .inputs = 3},
    {.kind = "multiply", .inputs = 3},
    {.kind = "concat", .inputs = 3, .set = set_first_axis},
    {.kind = "concat", .inputs = 2, .set = set_last_axis},
    {.kind = "slice", .inputs = 1, .set = set_part},
    {.kind = "matmul", .inputs = 2, .square = 1},
    {.kind = "matmul", .inputs = 2, .square = 1, .set = set_transposed},
    {.kind = "sum", .inputs = 1},
    {.kind = "sum", .inputs = 1, .set = set_first_axis},
    {.kind = "sum", .inputs = 1, .set = set_last_axis},
    {.kind = "mean", .inputs = 1},
    {.kind = "mean", .inputs = 1, .set = set_first_axis},
};

enum { RECIPES = sizeof recipes / sizeof recipes[0] };

const struct recipe *recipe_at(int32_t index)
{
    return index < RECIPES ? &recipes[index] : NULL;
}

void for_every_recipe(void (*body)(const struct recipe *recipe))
{
    for (int32_t i = 0; i < RECIPES; i++) {
        body(&recipes[i]);
    }
    for (int32_t a = 0; nn_activation_name(a) != NULL; a++) {
        const struct recipe dense = {
            .kind = "dense", .inputs = 1, .set = set_units, .activation = a};
        const struct recipe alone = {
            .kind = "activation", .inputs = 1, .slow = a != NN_LINEAR, .activation = a};
        body(&dense);
        body(&alone);
    }
}

/* ---- models ---- */

static int32_t dtype_of(const struct recipe *recipe)
{
    return recipe->dtype == 0 ? NN_FLOAT32 : recipe->dtype;
}

int recipe_is_input(const struct recipe *recipe)
{
    return recipe->inputs == 0;
}

int recipe_is_float(const struct recipe *recipe)
{
    return dtype_of(recipe) == NN_FLOAT32;
}

static void shape_for(const struct recipe *recipe, int large, int64_t *shape)
{
    shape[0] = large ? LARGE_A : 3;
    shape[1] = recipe->square ? shape[0] : large ? LARGE_B : 4;
    if (recipe->wide) {
        shape[1] = large ? LARGE_A * LARGE_B : 80;
        shape[0] = 1;
    }
    if (recipe->slow && large) {
        shape[0] = 10;
        shape[1] = 12;
    }
}

/* NULL where memory ran out. */
static nn_layer *layer_for(nn_context *context, const struct recipe *recipe,
                           const int64_t *shape)
{
    nn_layer *layer = nn_layer_create(context, recipe->kind);
    if (layer != NULL && recipe->activation != 0) {
        assert_ok(nn_layer_set_int(layer, "activation", recipe->activation));
    }
    if (layer != NULL && recipe->set != NULL && recipe->set(layer, shape) != NN_OK) {
        nn_layer_destroy(layer);
        return NULL;
    }
    return layer;
}

nn_model *recipe_alone(nn_context *context, const struct recipe *recipe)
{
    int64_t shape[2];
    nn_node inputs[RECIPE_INPUTS_MAX];
    shape_for(recipe, 1, shape);
    nn_model *model = nn_model_create(context);
    for (int32_t i = 0; i < recipe->inputs; i++) {
        inputs[i] = nn_model_input(model, dtype_of(recipe), shape, 2);
    }
    nn_model_output(model, nn_model_apply_many(model, layer_for(context, recipe, shape),
                                               inputs, recipe->inputs));
    if (nn_model_build(model) != NN_OK) {
        fail_msg("%s: %s", recipe->kind, nn_last_error());
    }
    return model;
}

nn_model *recipe_amid(nn_context *context, const struct recipe *recipe)
{
    int64_t shape[2];
    nn_node inputs[RECIPE_INPUTS_MAX];
    shape_for(recipe, 0, shape);
    nn_model *model = nn_model_create(context);
    nn_node x =
        recipe_is_input(recipe)
            ? nn_model_apply_many(model, layer_for(context, recipe, shape), NULL, 0)
            : nn_model_input(model, dtype_of(recipe), shape, 2);
    for (int32_t i = 0; i < recipe->inputs; i++) {
        inputs[i] = recipe_is_float(recipe)
                        ? nn_model_apply(model, nn_dense(context, shape[1], NN_TANH), x)
                        : x;
    }
    nn_node y = recipe_is_input(recipe)
                    ? x
                    : nn_model_apply_many(model, layer_for(context, recipe, shape),
                                          inputs, recipe->inputs);
    nn_node flat = nn_model_apply(model, nn_flatten(context), y);
    nn_model_output(model, nn_model_apply(model, nn_dense(context, 3, NN_LINEAR), flat));
    return model;
}
