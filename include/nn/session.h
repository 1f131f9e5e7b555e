/* nn/session.h - sessions: running a model fast.
 *
 * A session takes a snapshot of a model's parameters and all working memory it needs;
 * running it then allocates nothing, locks nothing and makes no system call (with one
 * thread). Sessions of one model run at the same time in as many threads as there are
 * sessions. How samples are grouped into calls changes no bit of the result, and the bits
 * are those of nn_trainer_evaluate and nn_model_predict. */
#ifndef NN_SESSION_H
#define NN_SESSION_H

#include <nn/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nn_session nn_session;

/* Creates a session for a model (built if it is not). block_rows is the number of samples
 * computed together, and so decides the memory: larger calls run in blocks of it; 0 lets
 * the library choose. NULL on the model's error, NN_ERROR_GRAPH, NN_ERROR_SIZE,
 * NN_ERROR_MEMORY. */
NN_API nn_session *nn_session_create(nn_model *model, int64_t block_rows);

/* Destroys a session; NULL is accepted. */
NN_API void nn_session_destroy(nn_session *session);

/* Runs `rows` samples (>= 0). inputs[i] holds (rows, shape of input i) elements of the
 * input's dtype, outputs[i] room for (rows, shape of output i) floats. Inputs are not
 * checked for NaN: what goes in comes out. NN_ERROR_NULL, NN_ERROR_SIZE,
 * NN_ERROR_CALLBACK (a custom layer). */
NN_API nn_status nn_session_run(nn_session *session, const void *const *inputs,
                                int64_t rows, void *const *outputs);

/* Takes a new snapshot of the parameters. Nobody may be changing them meanwhile. */
NN_API nn_status nn_session_refresh(nn_session *session);

/* The bytes that the session holds; 0 for NULL. */
NN_API uint64_t nn_session_memory(const nn_session *session);

#ifdef __cplusplus
}
#endif

#endif
