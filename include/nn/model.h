/* nn/model.h - models: graphs of layers and their parameters.
 *
 * A model is put together either as a stack,
 *     nn_model_add(model, nn_input(NULL, 64));
 *     nn_model_add(model, nn_dense(NULL, 10, NN_LINEAR));
 * or, for several inputs and outputs, shared layers and skip connections, as a graph,
 *     nn_node x = nn_model_input(model, NN_FLOAT32, shape, rank);
 *     nn_node h = nn_model_apply(model, nn_dense(NULL, 64, NN_TANH), x);
 *     nn_node s = nn_model_apply_many(model, nn_add(NULL), (nn_node[]){x, h}, 2);
 *     nn_model_output(model, s);
 * A node is a small number that belongs to its model: nothing to free. Shapes are checked
 * as layers are applied. A model takes over each layer given to it, also when that fails,
 * and remembers its first error: every later call, and nn_trainer_create, fails with it.
 * So a program may put a whole network together and check once. A call that fails leaves
 * graph and names as they were: after nn_model_clear_error it may be made again.
 *
 * nn_model_build then fixes the structure and makes the parameters; trainers and
 * sessions do it by themselves. Parameters belong to the model: a trainer changes
 * them, the program may read and write them at any time in between. A const model may
 * be used by any number of threads at the same time. */
#ifndef NN_MODEL_H
#define NN_MODEL_H

#include <nn/layer.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_model nn_model;

/* The value of a layer at a place in the graph: 0, 1, ..., or negative after an error
 * (which may be passed on: the model has remembered it). */
typedef int32_t nn_node;

/* Creates an empty model. NULL on NN_ERROR_MEMORY. */
NN_API nn_model *nn_model_create(nn_context *context);

/* Destroys a model with its layers; NULL is accepted. Trainers and sessions keep what
 * they need of it. */
NN_API void nn_model_destroy(nn_model *model);

/* ---- putting together ---- */

/* Puts a layer on top of the last node added; the first one is an input. The last node
 * is the output, unless nn_model_output says otherwise. Takes the layer. The model's
 * first error, or NN_ERROR_SHAPE, NN_ERROR_RANK, NN_ERROR_DTYPE, NN_ERROR_ARGUMENT
 * (the number of inputs), NN_ERROR_CONTEXT, NN_ERROR_STATE (built, or a layer of
 * another model), NN_ERROR_NAME (two layers of one name), NN_ERROR_MEMORY. */
NN_API nn_status nn_model_add(nn_model *model, nn_layer *layer);

/* Adds an input node; shape is that of one sample (rank 0 ... 7, dimensions >= 1). */
NN_API nn_node nn_model_input(nn_model *model, int32_t dtype, const int64_t *shape,
                              int32_t rank);

/* Applies a layer to one node, or to several; the result is a new node. Takes the
 * layer. A layer of this model may be applied again: its parameters are then shared. */
NN_API nn_node nn_model_apply(nn_model *model, nn_layer *layer, nn_node input);
NN_API nn_node nn_model_apply_many(nn_model *model, nn_layer *layer,
                                   const nn_node *inputs, int32_t count);

/* Makes a float32 node the next output. A node may be an output only once. */
NN_API nn_status nn_model_output(nn_model *model, nn_node node);

/* The seed the initial parameters are drawn from (default: the context's). NN_ERROR_STATE
 * once built. */
NN_API nn_status nn_model_set_seed(nn_model *model, uint64_t seed);

/* Fixes the structure and makes the parameters. Calling it again does nothing.
 * NN_ERROR_GRAPH where there is no input or output or an input leads nowhere (the text
 * names it). */
NN_API nn_status nn_model_build(nn_model *model);

/* Draws the parameters again from their initialisers with this seed. NN_ERROR_STATE
 * before build. */
NN_API nn_status nn_model_initialize(nn_model *model, uint64_t seed);

/* A built copy with its own parameters, equal in every bit. NULL where the model
 * cannot be built, holds custom layers (NN_ERROR_STATE), or on NN_ERROR_MEMORY. */
NN_API nn_model *nn_model_clone(nn_model *model);

/* The status of the first error, NN_OK where there is none; its text is
 * nn_model_error. */
NN_API nn_status nn_model_status(const nn_model *model);

/* Forgets the first error, so that the call that failed can be made again, with a new
 * layer or with the one it was given: after memory has run out, say. NN_ERROR_NULL. */
NN_API nn_status nn_model_clear_error(nn_model *model);

/* The first error's text; "" where there is none; NULL for NULL. */
NN_API const char *nn_model_error(const nn_model *model);

/* ---- looking ---- */

/* The numbers of nodes, inputs and outputs; 0 for NULL. */
NN_API int32_t nn_model_node_count(const nn_model *model);
NN_API int32_t nn_model_input_count(const nn_model *model);
NN_API int32_t nn_model_output_count(const nn_model *model);

/* The node of an input or output, or -1. In a stack without nn_model_output the output is
 * the last node. */
NN_API nn_node nn_model_input_node(const nn_model *model, int32_t input);
NN_API nn_node nn_model_output_node(const nn_model *model, int32_t output);

/* The layer at a node (it belongs to the model), or NULL. */
NN_API nn_layer *nn_model_node_layer(const nn_model *model, nn_node node);

/* The layer of that name, or NULL with NN_ERROR_NAME recorded. */
NN_API nn_layer *nn_model_layer(const nn_model *model, const char *name);

/* The shape of one sample at a node (valid as long as the model) and its dtype; rank and
 * dtype may be NULL. NULL where there is no such node. */
NN_API const int64_t *nn_model_node_shape(const nn_model *model, nn_node node,
                                          int32_t *rank, int32_t *dtype);

/* ---- parameters (once built) ---- */

/* The number of parameter tensors, and of all their elements; 0 before build. */
NN_API int32_t nn_model_parameter_count(const nn_model *model);
NN_API int64_t nn_model_weight_count(const nn_model *model);

/* A parameter: a float32 tensor that shows the model's own memory, so what is written is
 * used. It belongs to the model and is valid as long as it. NULL where there is none. */
NN_API nn_tensor *nn_model_parameter(const nn_model *model, int32_t index);

/* The parameter of that name ("dense_1.weight"), or NULL with NN_ERROR_NAME recorded. */
NN_API nn_tensor *nn_model_parameter_named(const nn_model *model, const char *name);

/* A parameter's name, or NULL where there is none. Valid as long as the model. */
NN_API const char *nn_model_parameter_name(const nn_model *model, int32_t index);

/* ---- names of classes ---- */

/* Names the classes that an output tells apart: they are saved with the model and copied
 * with it; what is computed does not depend on them. names are `count` texts in UTF-8
 * (copied); count 0 takes them away. NN_ERROR_ARGUMENT where there is no such output, or a
 * name is not UTF-8; NN_ERROR_SIZE, NN_ERROR_NULL, NN_ERROR_MEMORY: the names are then as
 * they were. Not while other threads use the model. */
NN_API nn_status nn_model_set_class_names(nn_model *model, int32_t output,
                                          const char *const *names, int32_t count);

/* How many names an output's classes have; 0 where they have none, and for NULL. */
NN_API int32_t nn_model_class_count(const nn_model *model, int32_t output);

/* The name of class 0, 1, ... of an output, valid until they are set again; NULL where
 * there is none. */
NN_API const char *nn_model_class_name(const nn_model *model, int32_t output,
                                       int32_t index);

/* ---- using ---- */

/* Computes outputs from inputs, one tensor for each input and output of the model, all
 * with the same leading dimension. For one call; many calls are faster with a session.
 * The model is built if it is not. NN_ERROR_SHAPE, NN_ERROR_DTYPE, NN_ERROR_MEMORY. */
NN_API nn_status nn_model_predict(nn_model *model, const nn_tensor *const *inputs,
                                  int32_t input_count, nn_tensor *const *outputs,
                                  int32_t output_count);

/* A table for people: nodes, output shapes, parameters, memory. Writes at most
 * `capacity` bytes, a final 0 included, into buffer; *length (may be NULL) is the
 * length of the whole text without it, so a call with buffer NULL and capacity 0 asks
 * for the size. Builds the model. */
NN_API nn_status nn_model_summary(nn_model *model, char *buffer, size_t capacity,
                                  size_t *length);

/* The graph in Graphviz's dot language; as above. */
NN_API nn_status nn_model_dot(nn_model *model, char *buffer, size_t capacity,
                              size_t *length);

#ifdef __cplusplus
}
#endif

#endif
