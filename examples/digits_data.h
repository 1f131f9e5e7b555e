/* The handwritten digits of examples/data, for the examples that train a real network. */
#ifndef EXAMPLES_DIGITS_DATA_H
#define EXAMPLES_DIGITS_DATA_H

#include "console.h"

#define DIGITS_FILE "examples/data/digits.csv"

enum { DIGITS_PIXELS = 64, DIGITS_CLASSES = 10 };

/* Reads the images, bytes 0 ... 16, and splits them at random: `training` gets four of
 * every five, `test` the others. */
static inline void digits_read(nn_context *context, const char *path,
                               nn_dataset **training, nn_dataset **test)
{
    nn_csv *csv = nn_csv_create(context);
    console_check(nn_csv_set_label_name(csv, "digit"));
    console_check(nn_csv_set_bytes(csv, 1));
    nn_dataset *all = console_made(nn_csv_read(csv, path));
    console_check(nn_dataset_split(all, 0.2, 1, training, test));
    nn_dataset_destroy(all);
    nn_csv_destroy(csv);
}

/* A network with one hidden layer for them. */
static inline nn_model *digits_network(nn_context *context, int64_t hidden)
{
    int64_t pixels = DIGITS_PIXELS;
    nn_model *model = nn_model_create(context);
    nn_model_add(model, nn_input_shaped(context, NN_UINT8, &pixels, 1));
    nn_model_add(model, nn_rescale(context, 1.0 / 16, 0));
    nn_model_add(model, nn_dense(context, hidden, NN_RELU));
    nn_model_add(model, nn_dense(context, DIGITS_CLASSES, NN_LINEAR));
    return model;
}

#endif
