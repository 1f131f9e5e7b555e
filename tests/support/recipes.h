/* What each kind of layer needs to be tried: a new kind is tested everywhere by its line
 * in recipes.c. */
#ifndef TESTS_SUPPORT_RECIPES_H
#define TESTS_SUPPORT_RECIPES_H

#include <nn/nn.h>

enum { RECIPE_INPUTS_MAX = 3, RECIPE_ROWS = 150 };

/* The options of a kind, and inputs to try it on. A small sample is (3, 4), a large one
 * (40, 48); where square, (3, 3) and (40, 40); where wide, (1, 80) and (1, 1920). What is
 * slow for each element is already large with (10, 12). */
struct recipe {
    const char *kind;
    int32_t inputs;
    int32_t dtype; /* of the inputs; 0: float32 */
    int32_t square, wide, slow;
    nn_status (*set)(nn_layer *layer, const int64_t *shape); /* may run out of memory */
    int32_t activation; /* the option, where it is not 0 */
};

/* The recipes: entry `index`, or NULL past the end. */
const struct recipe *recipe_at(int32_t index);

/* Calls body with every recipe, and with dense and activation for every activation. */
void for_every_recipe(void (*body)(const struct recipe *recipe));

/* 1 where the layer is an input of the network; where its inputs are float32. */
int recipe_is_input(const struct recipe *recipe);
int recipe_is_float(const struct recipe *recipe);

/* The layer on large inputs of its own, and nothing else: built, and so large that
 * RECIPE_ROWS samples are spread over threads. */
nn_model *recipe_alone(nn_context *context, const struct recipe *recipe);

/* The layer between others, on small samples: one input, from which a dense layer makes
 * each input of the layer where that is float32, and after it a dense layer of three
 * outputs. Not built; NULL, or with an error, where memory ran out. */
nn_model *recipe_amid(nn_context *context, const struct recipe *recipe);

#endif
