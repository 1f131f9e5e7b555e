/* The networks of the lines. Widths are odd, so that no vector, tile or block fits them
 * exactly. */
#include "lines.h"

enum { CLASSES = 5 };

static nn_node apply_two(nn_model *model, nn_layer *layer, nn_node a, nn_node b)
{
    const nn_node both[] = {a, b};
    return nn_model_apply_many(model, layer, both, 2);
}

static nn_node float_input(nn_model *model, int64_t features)
{
    return nn_model_input(model, NN_FLOAT32, &features, 1);
}

/* 13 features: a layer applied twice, a skip connection, a gate, dropout. */
nn_model *hash_graph(nn_context *context, const struct hash_line *line)
{
    enum { FEATURES = 13 };
    (void)line;
    nn_model *model = nn_model_create(context);
    nn_layer *shared = nn_dense(context, FEATURES, NN_GELU);
    const nn_node x = float_input(model, FEATURES);
    const nn_node once = nn_model_apply(model, shared, x);
    const nn_node twice = nn_model_apply(model, shared, once);
    const nn_node skip = apply_two(model, nn_add(context), x, twice);
    const nn_node gate =
        nn_model_apply(model, nn_dense(context, FEATURES, NN_SIGMOID), once);
    const nn_node gated = apply_two(model, nn_multiply(context), skip, gate);
    const nn_node part = nn_model_apply(model, nn_slice(context, 0, 2, 6), x);
    const nn_node joined = apply_two(model, nn_concat(context, 0), gated, part);
    const nn_node thinned = nn_model_apply(model, nn_dropout(context, 0.25), joined);
    const nn_node hidden = nn_model_apply(model, nn_dense(context, 9, NN_SILU), thinned);
    nn_model_output(model,
                    nn_model_apply(model, nn_dense(context, CLASSES, NN_LINEAR), hidden));
    return model;
}

/* 7 features; the outputs are linear or, for losses of probabilities, a sigmoid's. */
nn_model *hash_stack(nn_context *context, const struct hash_line *line)
{
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 7));
    nn_model_add(model, nn_dense(context, 9, NN_TANH));
    nn_model_add(model, nn_dense(context, CLASSES, line->activation));
    return model;
}

/* The line's activation after a product and on its own, on values large and small. */
nn_model *hash_activations(nn_context *context, const struct hash_line *line)
{
    nn_model *model = nn_model_create(context);
    nn_layer *alone = nn_activation(context, line->activation);
    nn_layer_set_float(alone, "alpha", 0.3);
    nn_model_add(model, nn_input(context, 11));
    nn_model_add(model, nn_rescale(context, 4, 0.5));
    nn_model_add(model, nn_dense(context, 23, line->activation));
    nn_model_add(model, nn_dense(context, 37, NN_LINEAR));
    nn_model_add(model, alone);
    nn_model_add(model, nn_dense(context, CLASSES, NN_LINEAR));
    return model;
}

/* A layer for each way to start. */
nn_model *hash_initializers(nn_context *context, const struct hash_line *line)
{
    (void)line;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 10));
    for (int32_t i = 0; nn_initializer_name(i) != NULL; i++) {
        nn_layer *layer = nn_dense(context, 11 + i, NN_TANH);
        nn_layer_set_initializer(layer, "weight", i, 0.125);
        nn_layer_set_initializer(layer, "bias", NN_INIT_NORMAL, 0.5);
        nn_model_add(model, layer);
    }
    nn_model_add(model, nn_dense(context, CLASSES, NN_LINEAR));
    return model;
}

/* Bytes (6, 5, 3) to floats, by moments and by one factor, then what changes shapes and
 * what sums; two outputs. */
nn_model *hash_images(nn_context *context, const struct hash_line *line)
{
    enum { PIXELS = 6 * 5 * 3 };
    const int64_t image[] = {6, 5, 3}, table[] = {15, 6};
    float mean[PIXELS], deviation[PIXELS];
    (void)line;
    for (int32_t i = 0; i < PIXELS; i++) {
        mean[i] = (float)(i % 7) / 8;
        deviation[i] = 0.5f + (float)(i % 11) / 16;
    }
    nn_model *model = nn_model_create(context);
    const nn_node bytes = nn_model_input(model, NN_UINT8, image, 3);
    const nn_node small =
        nn_model_apply(model, nn_rescale(context, 1.0 / 255, -0.25), bytes);
    const nn_node x =
        nn_model_apply(model, nn_standardize(context, mean, deviation, PIXELS), small);
    const nn_node rows = nn_model_apply(model, nn_reshape(context, table, 2), x);
    const nn_node wide = nn_model_apply(model, nn_dense(context, 7, NN_ELU), rows);
    const nn_node part = nn_model_apply(model, nn_slice(context, 0, 3, 9), wide);
    const nn_node square = apply_two(model, nn_matmul(context, 1, 0), part, part);
    const nn_node turned = apply_two(model, nn_matmul(context, 0, 1), wide, square);
    const nn_node both = apply_two(model, nn_concat(context, 1), wide, turned);
    const nn_node weights =
        nn_model_apply(model, nn_activation(context, NN_SOFTMAX), turned);
    const nn_node heavy = apply_two(model, nn_multiply(context), turned, weights);
    const nn_node down = nn_model_apply(model, nn_sum(context, 0), heavy);
    const nn_node along = nn_model_apply(model, nn_mean(context, -1), both);
    const nn_node flat = nn_model_apply(model, nn_flatten(context), both);
    const nn_node all = apply_two(model, nn_concat(context, 0), down, along);
    const nn_node joined = apply_two(model, nn_concat(context, 0), all, flat);
    nn_model_output(model,
                    nn_model_apply(model, nn_dense(context, CLASSES, NN_LINEAR), joined));
    nn_model_output(model, nn_model_apply(model, nn_mean(context, NN_ALL), heavy));
    return model;
}

/* Products long and narrow enough for lanes, three ways, and two inputs. */
nn_model *hash_narrow(nn_context *context, const struct hash_line *line)
{
    const int64_t table[] = {3, 81};
    (void)line;
    nn_model *model = nn_model_create(context);
    nn_layer *without_bias = nn_dense(context, 3, NN_TANH);
    nn_layer_set_int(without_bias, "bias", 0);
    const nn_node x = float_input(model, 243), z = float_input(model, 70);
    const nn_node rows = nn_model_apply(model, nn_reshape(context, table, 2), x);
    const nn_node products = apply_two(model, nn_matmul(context, 0, 1), rows, rows);
    const nn_node flat = nn_model_apply(model, nn_flatten(context), products);
    const nn_node three = nn_model_apply(model, without_bias, x);
    const nn_node one = nn_model_apply(model, nn_dense(context, 1, NN_SOFTPLUS), z);
    const nn_node joined = apply_two(model, nn_concat(context, 0), three, one);
    const nn_node all = apply_two(model, nn_concat(context, 0), joined, flat);
    nn_model_output(model,
                    nn_model_apply(model, nn_dense(context, CLASSES, NN_LINEAR), all));
    return model;
}

/* Wide enough for products that are packed in blocks and spread over threads. */
nn_model *hash_wide(nn_context *context, const struct hash_line *line)
{
    (void)line;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 1031));
    nn_model_add(model, nn_dense(context, 331, NN_RELU));
    nn_model_add(model, nn_dropout(context, 0.5));
    nn_model_add(model, nn_dense(context, 67, NN_LEAKY_RELU));
    nn_model_add(model, nn_dense(context, CLASSES, NN_LINEAR));
    return model;
}

/* For many samples at once: there a weight's gradient is the long product. */
nn_model *hash_tall(nn_context *context, const struct hash_line *line)
{
    (void)line;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input(context, 29));
    nn_model_add(model, nn_dense(context, 45, NN_SELU));
    nn_model_add(model, nn_dropout(context, 0.1));
    nn_model_add(model, nn_dense(context, 33, NN_SIGMOID));
    nn_model_add(model, nn_dense(context, 1, NN_LINEAR));
    return model;
}

/* The loss itself is made of layers: the mean of d^2, d the difference of two layers. */
nn_model *hash_composed(nn_context *context, const struct hash_line *line)
{
    (void)line;
    nn_model *model = nn_model_create(context);
    const nn_node x = float_input(model, 8), y = float_input(model, 6);
    const nn_node guess = nn_model_apply(model, nn_dense(context, 6, NN_TANH), x);
    const nn_node minus = nn_model_apply(model, nn_rescale(context, -1, 0), y);
    const nn_node d = apply_two(model, nn_add(context), guess, minus);
    const nn_node squares = apply_two(model, nn_multiply(context), d, d);
    nn_model_output(model, nn_model_apply(model, nn_mean(context, NN_ALL), squares));
    return model;
}
