/* Networks, batches and hashes that tests of models and trainers share. */
#ifndef TESTS_SUPPORT_NETWORKS_H
#define TESTS_SUPPORT_NETWORKS_H

#include <nn/nn.h>

enum { NETWORK_INPUTS = 12, NETWORK_CLASSES = 4 };

/* A stack 12-16-8-4 with a dropout, ready to be trained on classes. Never NULL. */
nn_model *stack_network(nn_context *context);

/* A stack 12-256-300-4, wide enough for its work to be spread over threads. */
nn_model *wide_network(nn_context *context);

/* A graph with a skip connection, a layer applied twice, a concatenation, a slice, a
 * product and a dropout; one input of 12, one output of 4. Never NULL. */
nn_model *graph_network(nn_context *context);

/* `count` samples of 12 inputs in four classes that can be told apart, drawn from seed. */
nn_dataset *class_samples(nn_context *context, int64_t count, uint64_t seed);

/* The same as tensors (count, 12) and int32 (count). */
void class_tensors(nn_context *context, int64_t count, uint64_t seed, nn_tensor **inputs,
                   nn_tensor **labels);

/* A hash of the bits of all parameters (FNV-1a). */
uint64_t parameter_hash(const nn_model *model);

/* Stops the test with the library's words where status is not NN_OK. */
void assert_ok(nn_status status);

#endif
