/* Random networks: directed graphs of layers, drawn from a seed. */
#ifndef TESTS_SUPPORT_RANDOM_GRAPH_H
#define TESTS_SUPPORT_RANDOM_GRAPH_H

#include <nn/nn.h>

/* A built model of one or two float inputs and one to three outputs: dense layers, some of
 * them shared or frozen, activations, dropouts, sums and products (also of a node with
 * itself), concatenations, slices; some nodes lead nowhere. */
nn_model *random_graph(nn_context *context, uint32_t seed);

#endif
