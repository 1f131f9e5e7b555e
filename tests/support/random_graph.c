#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "random_graph.h"

#include "bits.h"
#include "networks.h"

enum { GRAPH_SHARED = 4, GRAPH_STEPS = 24, GRAPH_WIDTH = 12 };

/* A graph that grows, and the layers that may be applied again to an input of their width. */
struct growing_graph {
    nn_context *context;
    nn_model *model;
    uint32_t random;
    int32_t shared_count;
    nn_layer *shared[GRAPH_SHARED];
    int64_t shared_width[GRAPH_SHARED];
};

static int32_t graph_below(struct growing_graph *graph, int32_t count)
{
    return (int32_t)(next_word(&graph->random) % (uint32_t)count);
}

static int64_t graph_width(const struct growing_graph *graph, nn_node node)
{
    return nn_model_node_shape(graph->model, node, NULL, NULL)[0];
}

static nn_node graph_any(struct growing_graph *graph)
{
    return graph_below(graph, nn_model_node_count(graph->model));
}

static nn_node grow_dense(struct growing_graph *graph)
{
    static const int32_t activations[] = {NN_LINEAR, NN_TANH,    NN_RELU,    NN_GELU,
                                          NN_SILU,   NN_SOFTMAX, NN_SIGMOID, NN_ELU};
    nn_node input = graph_any(graph);
    nn_layer *layer = nn_dense(graph->context, 1 + graph_below(graph, GRAPH_WIDTH),
                               activations[graph_below(graph, 8)]);
    if (graph_below(graph, 5) == 0)
        assert_ok(nn_layer_set_trainable(layer, 0));
    if (graph->shared_count < GRAPH_SHARED) {
        graph->shared_width[graph->shared_count] = graph_width(graph, input);
        graph->shared[graph->shared_count++] = layer;
    }
    return nn_model_apply(graph->model, layer, input);
}

/* Applies a layer again, to some node of its width: the last one that fits. */
static nn_node grow_shared(struct growing_graph *graph)
{
    if (graph->shared_count == 0)
        return grow_dense(graph);
    int32_t which = graph_below(graph, graph->shared_count);
    nn_node node = nn_model_node_count(graph->model) - 1;
    while (node > 0 && graph_width(graph, node) != graph->shared_width[which])
        node--;
    if (graph_width(graph, node) != graph->shared_width[which])
        return grow_dense(graph);
    return nn_model_apply(graph->model, graph->shared[which], node);
}

/* The sum or product of two to four nodes of one width, some of them perhaps the same. */
static nn_node grow_together(struct growing_graph *graph)
{
    nn_node inputs[4] = {graph_any(graph)};
    int32_t count = 2 + graph_below(graph, 3);
    for (int32_t i = 1; i < count; i++) {
        inputs[i] = inputs[0];
        for (int32_t tries = 0; tries < 6; tries++) {
            nn_node other = graph_any(graph);
            if (graph_width(graph, other) == graph_width(graph, inputs[0]))
                inputs[i] = other;
        }
    }
    nn_layer *layer =
        graph_below(graph, 2) ? nn_add(graph->context) : nn_multiply(graph->context);
    return nn_model_apply_many(graph->model, layer, inputs, count);
}

/* Two or three nodes in a row, where that is not too wide. */
static nn_node grow_concat(struct growing_graph *graph)
{
    nn_node inputs[] = {graph_any(graph), graph_any(graph), graph_any(graph)};
    int32_t count = 2 + graph_below(graph, 2);
    int64_t width = 0;
    for (int32_t i = 0; i < count; i++)
        width += graph_width(graph, inputs[i]);
    if (width > GRAPH_WIDTH * 3)
        return grow_dense(graph);
    return nn_model_apply_many(graph->model, nn_concat(graph->context, 0), inputs, count);
}

static nn_node grow_slice(struct growing_graph *graph)
{
    nn_node input = graph_any(graph);
    int32_t width = (int32_t)graph_width(graph, input);
    int32_t start = graph_below(graph, width);
    return nn_model_apply(
        graph->model,
        nn_slice(graph->context, 0, start, 1 + graph_below(graph, width - start)), input);
}

static nn_node grow_elementwise(struct growing_graph *graph)
{
    nn_context *context = graph->context;
    nn_layer *layers[] = {
        nn_dropout(context, 0.25),         nn_activation(context, NN_TANH),
        nn_activation(context, NN_LINEAR), nn_activation(context, NN_GELU),
        nn_rescale(context, 0.5, 0.25),    nn_flatten(context),
    };
    int32_t chosen = graph_below(graph, 6);
    for (int32_t i = 0; i < 6; i++)
        if (i != chosen)
            nn_layer_destroy(layers[i]);
    return nn_model_apply(graph->model, layers[chosen], graph_any(graph));
}

static void grow(struct growing_graph *graph)
{
    nn_node (*const ways[])(struct growing_graph *) = {
        grow_dense,  grow_shared, grow_together,    grow_together,
        grow_concat, grow_slice,  grow_elementwise, grow_elementwise};
    (void)ways[graph_below(graph, 8)](graph);
    assert_ok(nn_model_status(graph->model));
}

/* The last node is joined with the inputs, so that each of them leads to an output. */
static void finish(struct growing_graph *graph, int32_t input_count)
{
    nn_model *model = graph->model;
    nn_node ends[] = {nn_model_node_count(model) - 1, 0, 1};
    nn_node joined =
        nn_model_apply_many(model, nn_concat(graph->context, 0), ends, 1 + input_count);
    nn_node others[] = {graph_any(graph), graph_any(graph)};
    assert_ok(nn_model_output(
        model, nn_model_apply(model, nn_dense(graph->context, 3, NN_LINEAR), joined)));
    if (graph_below(graph, 2))
        assert_ok(nn_model_output(model, others[0]));
    if (graph_below(graph, 2) && others[1] != others[0])
        assert_ok(nn_model_output(model, others[1]));
    assert_ok(nn_model_build(model));
}

nn_model *random_graph(nn_context *context, uint32_t seed)
{
    struct growing_graph graph = {context, nn_model_create(context), seed, 0, {0}, {0}};
    int32_t input_count = 1 + graph_below(&graph, 2);
    assert_non_null(graph.model);
    for (int32_t i = 0; i < input_count; i++) {
        int64_t width = 2 + graph_below(&graph, GRAPH_WIDTH);
        nn_model_input(graph.model, NN_FLOAT32, &width, 1);
    }
    int32_t steps = 2 + graph_below(&graph, GRAPH_STEPS);
    for (int32_t i = 0; i < steps; i++)
        grow(&graph);
    finish(&graph, input_count);
    return graph.model;
}
