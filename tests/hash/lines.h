/* The training runs behind tests/hash/expected.txt. Each line of that file is one of them:
 * a small network, trained for a few steps on made-up samples, and the hash of all that
 * came of it. Together they use every kind of layer, activation, loss and optimizer, every
 * option of an optimizer, and sizes that are spread over threads. Public functions only,
 * and no test library, so that the runs can be made wherever a program runs. */
#ifndef TESTS_HASH_LINES_H
#define TESTS_HASH_LINES_H

#include <nn/nn.h>

/* Options end with a name that is NULL. */
enum { HASH_OPTIONS = 5, HASH_INPUTS = 2, HASH_OUTPUTS = 2 };
struct hash_option {
    const char *name;
    double value;
};

/* What the first output is compared with; of further ones the squared error is taken. */
enum {
    HASH_LABELS,        /* int32, a class for each sample */
    HASH_PROBABILITIES, /* float32 of the output's shape; the last dimension sums to 1 */
    HASH_BITS,          /* int32 of the output's shape, 0 or 1 */
    HASH_NOTHING        /* the output is the loss */
};

struct hash_line;
typedef nn_model *hash_network(nn_context *context, const struct hash_line *line);
typedef uint64_t hash_run(nn_context *context, const struct hash_line *line);
typedef void hash_schedule(nn_trainer *trainer);

/* What is left out is as in brackets. */
struct hash_line {
    const char *name;
    hash_run *run;         /* (hash_training) */
    hash_network *network; /* (hash_graph) */
    int32_t activation;    /* of the networks that heed it */
    const char *loss;      /* (softmax_cross_entropy) */
    struct hash_option loss_options[2];
    int32_t targets;
    int32_t class_weights;  /* the number of them */
    int32_t sample_weights; /* whether samples are weighted */
    const char *optimizer;  /* (sgd) */
    struct hash_option optimizer_options[HASH_OPTIONS];
    int32_t rows, steps;     /* of a training; (24, 9) */
    hash_schedule *schedule; /* of a fit */
};

/* The line at an index from 0, or NULL past the last one. */
const struct hash_line *hash_line_at(int32_t index);

/* The hash of one line, computed with this context. */
uint64_t hash_of_line(nn_context *context, const struct hash_line *line);

/* The line's network, built. */
nn_model *hash_model(nn_context *context, const struct hash_line *line);

/* `rows` samples for one input of a model. */
nn_tensor *hash_input(nn_context *context, const nn_model *model, int32_t input,
                      int64_t rows);

/* Ends the program with the library's words where it fails. */
void hash_ok(nn_status status);

/* A hash (FNV-1a by words) that begins with HASH_BEGIN and takes in more bytes. */
#define HASH_BEGIN UINT64_C(14695981039346656037)
uint64_t hash_more(uint64_t hash, const void *bytes, size_t size);
uint64_t hash_values(uint64_t hash, const nn_tensor *tensor);

/* ---- runs ---- */

hash_run hash_training; /* steps on one batch, the last samples left out at times */
hash_run hash_fit;      /* epochs over a data set */
hash_run hash_tensors;  /* the arithmetic of tensors */

/* ---- networks ---- */

hash_network hash_graph, hash_stack, hash_activations, hash_initializers, hash_images,
    hash_narrow, hash_wide, hash_tall, hash_composed;

#endif
