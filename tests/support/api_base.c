/* Version, status, context, tensors. */
#include "api.h"

#include <string.h>

/* ---- the library and its contexts ---- */

static int look_at_library(struct world *w)
{
    note_number(w, nn_version_number());
    note_text(w, nn_version_text());
    note_text(w, nn_build_text());
    note_text(w, nn_isa_name(NN_ISA_AVX2));
    note_text(w, nn_status_name(NN_ERROR_SHAPE));
    note_text(w, nn_status_text(NN_ERROR_SHAPE));
    note_text(w, nn_activation_name(NN_RELU));
    note_text(w, nn_initializer_name(NN_INIT_HE_NORMAL));
    note_number(w, (double)nn_dtype_size(NN_INT64));
    return nn_last_error() != NULL && nn_last_status() >= 0;
}

static int create_context(struct world *w)
{
    nn_context *context = nn_context_create(w->allocator);
    int made = context != NULL;
    nn_context_destroy(context);
    return made;
}

static int destroy_context(struct world *w)
{
    nn_context_destroy(w->spare);
    w->spare = NULL;
    return 1;
}

static void log_nothing(void *user, int32_t level, const char *text)
{
    (void)user, (void)level, (void)text;
}

static void run_in_order(void *user, void (*task)(void *data, int32_t index), void *data,
                         int32_t count)
{
    (void)user;
    for (int32_t i = 0; i < count; i++)
        task(data, i);
}

static int set_up_context(struct world *w)
{
    const nn_logger logger = {sizeof logger, log_nothing, NULL};
    const nn_executor executor = {sizeof executor, 2, run_in_order, NULL};
    return nn_context_set_logger(w->spare, &logger) == NN_OK &&
           nn_context_set_executor(w->spare, &executor) == NN_OK &&
           nn_context_set_max_isa(w->spare, NN_ISA_AVX2) == NN_OK &&
           nn_context_set_memory_limit(w->spare, 1 << 20) == NN_OK &&
           nn_context_set_seed(w->spare, 7) == NN_OK;
}

static int set_threads(struct world *w)
{
    return nn_context_set_threads(w->spare, 3) == NN_OK;
}

static int look_at_context(struct world *w)
{
    note_number(w, (double)nn_context_seed(w->context));
    return nn_context_isa(w->context) >= 0 && nn_context_threads(w->context) >= 1 &&
           nn_context_memory_used(w->context) > 0;
}

/* ---- tensors ---- */

static const int64_t shape_3_2[] = {3, 2}, shape_2_3[] = {2, 3};

static int create_tensor(struct world *w)
{
    return took_tensor(w, nn_tensor_create(w->context, NN_INT32, shape_3_2, 2));
}

static int wrap_tensor(struct world *w)
{
    float numbers[] = {1, 2, 3, 4, 5, 6};
    return took_tensor(
        w, nn_tensor_wrap(w->context, NN_FLOAT32, shape_2_3, 2, numbers, NULL, NULL));
}

static int clone_tensor(struct world *w)
{
    return took_tensor(w, nn_tensor_clone(w->matrix));
}

static int slice_tensor(struct world *w)
{
    return took_tensor(w, nn_tensor_slice(w->matrix, 3, 4));
}

static int reshape_tensor(struct world *w)
{
    const int64_t shape[] = {2, WORLD_SAMPLES / 2, WORLD_INPUTS};
    return took_tensor(w, nn_tensor_reshape(w->matrix, shape, 3));
}

static int destroy_tensor(struct world *w)
{
    nn_tensor_destroy(w->square_out);
    w->square_out = NULL;
    return 1;
}

static int look_at_tensor(struct world *w)
{
    note_number(w, nn_tensor_dtype(w->matrix));
    note_number(w, nn_tensor_rank(w->matrix));
    note_number(w, (double)nn_tensor_dim(w->matrix, 1));
    note_number(w, (double)nn_tensor_shape(w->matrix)[0]);
    note_number(w, (double)nn_tensor_count(w->matrix));
    return nn_tensor_data(w->matrix) == nn_tensor_data_const(w->matrix) &&
           nn_tensor_floats(w->matrix) != NULL;
}

static int fill_tensor(struct world *w)
{
    int filled = nn_tensor_fill(w->square, 1.0 / 3) == NN_OK;
    note_tensor(w, w->square);
    return filled && nn_tensor_random_normal(w->square, 0.1f, 1.7f, 5) == NN_OK &&
           nn_tensor_random_uniform(w->square_out, -1e-20f, 1.1f, 6) == NN_OK;
}

/* Integers too large for a float are rounded. */
static int copy_tensor(struct world *w)
{
    int32_t *labels = nn_tensor_data(w->labels);
    for (int32_t i = 0; i < WORLD_SAMPLES; i++)
        labels[i] = (1 << 24) + 1 + 3 * i;
    return nn_tensor_copy(w->labels, w->weights) == NN_OK;
}

static int multiply_matrices(struct world *w)
{
    return nn_tensor_matmul(w->square, 0, w->square, 1, w->square_out) == NN_OK;
}

static int compute_elements(struct world *w)
{
    return nn_tensor_add(w->square, w->square_out, w->square_out) == NN_OK &&
           nn_tensor_multiply(w->square, w->square_out, w->square_out) == NN_OK &&
           nn_tensor_scale(w->square_out, 0.3f, w->square_out) == NN_OK;
}

static int reduce(struct world *w, int mean)
{
    nn_tensor *row = w->weights; /* of the right length */
    return (mean ? nn_tensor_mean : nn_tensor_sum)(w->matrix, 1, row) == NN_OK;
}

static int sum_tensor(struct world *w)
{
    return reduce(w, 0);
}

static int mean_tensor(struct world *w)
{
    return reduce(w, 1);
}

static int find_largest(struct world *w)
{
    return nn_tensor_argmax(w->matrix, 1, w->labels) == NN_OK;
}

const struct api_row api_base_rows[] = {
    {"nn_version_number nn_version_text nn_build_text nn_isa_name nn_status_name "
     "nn_status_text nn_last_error nn_last_status nn_activation_name "
     "nn_initializer_name nn_dtype_size",
     look_at_library, 0},
    {"nn_context_create", create_context, 1},
    {"nn_context_destroy", destroy_context, 0},
    {"nn_context_set_logger nn_context_set_executor nn_context_set_max_isa "
     "nn_context_set_memory_limit nn_context_set_seed",
     set_up_context, 0},
    {"nn_context_set_threads", set_threads, 1},
    {"nn_context_isa nn_context_threads nn_context_seed nn_context_memory_used",
     look_at_context, 0},
    {"nn_tensor_create", create_tensor, 1},
    {"nn_tensor_wrap", wrap_tensor, 1},
    {"nn_tensor_clone", clone_tensor, 1},
    {"nn_tensor_slice", slice_tensor, 1},
    {"nn_tensor_reshape", reshape_tensor, 1},
    {"nn_tensor_destroy", destroy_tensor, 0},
    {"nn_tensor_dtype nn_tensor_rank nn_tensor_dim nn_tensor_shape nn_tensor_count "
     "nn_tensor_data nn_tensor_data_const nn_tensor_floats",
     look_at_tensor, 0},
    {"nn_tensor_fill nn_tensor_random_normal nn_tensor_random_uniform", fill_tensor, 0},
    {"nn_tensor_copy", copy_tensor, 0},
    {"nn_tensor_matmul", multiply_matrices, 1},
    {"nn_tensor_add nn_tensor_multiply nn_tensor_scale", compute_elements, 0},
    {"nn_tensor_sum", sum_tensor, 0},
    {"nn_tensor_mean", mean_tensor, 0},
    {"nn_tensor_argmax", find_largest, 0},
    {NULL, NULL, 0},
};
