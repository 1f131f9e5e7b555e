/* nn/nn.h - libnn: neural networks that learn and run inside your program.
 *
 * This header includes the whole library. Read the parts in this order:
 *   version.h    the version, marks                 status.h     how failure is reported
 *   context.h    memory, threads, seed of the host  tensor.h     arrays
 *   layer.h      what networks are made of          model.h      networks
 *   loss.h       how wrong                          optimizer.h  how to improve
 *   dataset.h    samples                            io.h         CSV and IDX files
 *   trainer.h    learning                           session.h    predicting
 *
 * A network that learns, in full:
 *
 *     nn_dataset *train = nn_dataset_read_idx(NULL, "train-images-idx3-ubyte",
 *                                             "train-labels-idx1-ubyte");
 *     nn_model *model = nn_model_create(NULL);
 *     nn_model_add(model, nn_input_shaped(NULL, NN_UINT8, (int64_t[]){784}, 1));
 *     nn_model_add(model, nn_rescale(NULL, 1.0 / 255, 0));
 *     nn_model_add(model, nn_dense(NULL, 128, NN_RELU));
 *     nn_model_add(model, nn_dropout(NULL, 0.5));
 *     nn_model_add(model, nn_dense(NULL, 10, NN_LINEAR));
 *
 *     nn_trainer *trainer = nn_trainer_create(model, nn_softmax_cross_entropy(NULL),
 *                                             nn_rmsprop(NULL, 1e-3));
 *     nn_trainer_set_batch_size(trainer, 128);
 *     if (nn_trainer_fit(trainer, train, NULL, 20) != NN_OK)
 *         fprintf(stderr, "%s\n", nn_last_error());
 *
 *     nn_trainer_destroy(trainer);
 *     nn_model_destroy(model);
 *     nn_dataset_destroy(train);
 *
 * Errors flow: a creator that fails returns NULL, NULL may be passed on, and the check at
 * the end reports the first error; nothing leaks. Handles may be destroyed in any order.
 * A handle is used by one thread at a time; const handles by any number of threads.
 *
 * The host's floating-point environment (rounding mode, flushing of subnormals, trapped
 * exceptions) and its locale change no result and are as they were on return. Callbacks
 * - of layers, data sets, hooks, schedules, logs - run in the library's environment: to
 * nearest, subnormals kept, nothing trapped; one that changes it puts it back. */
#ifndef NN_NN_H
#define NN_NN_H

#include <nn/version.h>
#include <nn/status.h>
#include <nn/context.h>
#include <nn/tensor.h>
#include <nn/layer.h>
#include <nn/model.h>
#include <nn/loss.h>
#include <nn/optimizer.h>
#include <nn/dataset.h>
#include <nn/io.h>
#include <nn/trainer.h>
#include <nn/session.h>

#endif
