/* Every public function by name, with a call that uses it: a new function is tried under
 * failing memory and in foreign floating-point environments by its line in one of the
 * tables (api_*.c), and without a line fails the test. */
#ifndef TESTS_SUPPORT_API_H
#define TESTS_SUPPORT_API_H

#include <nn/nn.h>

#include "tensors.h"

enum { WORLD_SAMPLES = 24, WORLD_INPUTS = 6, WORLD_CLASSES = 4, WORLD_PATH = 256 };

/* Paths in the test's temporary folder. */
struct world_files {
    char history[WORLD_PATH], idx_inputs[WORLD_PATH], idx_labels[WORLD_PATH],
        csv[WORLD_PATH], model[WORLD_PATH];
};

/* One of everything, made afresh for each call. A call may use it up and put NULL in its
 * place. */
struct world {
    nn_context *context, *spare; /* spare: without handles, on the same allocator */
    const nn_allocator *allocator;
    const struct scarce_memory *memory; /* NULL: not counted */
    nn_tensor *matrix;                  /* (WORLD_SAMPLES, WORLD_INPUTS) */
    nn_tensor *labels, *weights;        /* (WORLD_SAMPLES) */
    nn_tensor *square, *square_out;     /* (WORLD_INPUTS, WORLD_INPUTS) */
    int32_t standardized;               /* 1 once the samples are */
    nn_dataset *samples, *sourced;      /* matrix and labels; the same by a callback */
    nn_model *unbuilt, *model;
    nn_trainer *trainer; /* of model */
    nn_session *session; /* of model */
    nn_layer *layer, *reshape, *standardize;
    nn_loss *loss;
    nn_optimizer *optimizer;
    nn_csv *csv;
    const struct world_files *files;
    uint64_t hash; /* of everything that calls have noted */
};

/* Uses its functions once; 1 where they succeeded. What it makes it destroys. */
typedef int world_call(struct world *world);

/* functions: one or more names, a blank between them. */
struct api_row {
    const char *functions;
    world_call *call;
    int32_t allocates; /* 1 where it asks for memory, in a fresh world */
};

/* The tables, each ends with functions NULL. */
extern const struct api_row api_base_rows[], api_layer_rows[], api_model_rows[],
    api_loss_rows[], api_data_rows[], api_trainer_rows[], api_file_rows[];

/* Row `index` of all tables, or NULL past the end. */
const struct api_row *api_row_at(int32_t index);

/* Makes a world, with memory for all of it. memory may be NULL. Closing checks nothing. */
void world_open(struct world *world, nn_context *context, const nn_allocator *allocator,
                const struct scarce_memory *memory);
void world_close(struct world *world);

/* Adds results to the world's hash. */
void note_bytes(struct world *world, const void *bytes, size_t size);
void note_number(struct world *world, double number);
void note_text(struct world *world, const char *text);
/* NULL is accepted. */
void note_tensor(struct world *world, const nn_tensor *tensor);
/* All that calls may have written: tensors and the parameters of the model. */
void world_note_all(struct world *world);

/* 1 where the handle is there; note what it holds, destroy it. */
int took_tensor(struct world *world, nn_tensor *tensor);
int took_dataset(struct world *world, nn_dataset *dataset);

#endif
