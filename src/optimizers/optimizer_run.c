/* One step over the bound parameters.
 *
 * 1. Clipping by the joint norm (Pascanu, Mikolov, Bengio, "On the difficulty of training
 *    recurrent neural networks", 2013): all gradients are multiplied by
 *    min(1, clip_norm / (|g| + 1e-6)), |g| being the root of the sum of all squares.
 * 2. The update, one pass of the kind's kernel over every run of parameters that lie side
 *    by side; the kernel also clips by value and adds the penalties.
 * 3. The max-norm constraint (Srivastava et al., "Dropout", 2014): a column of a weight
 *    matrix (I, O), the weights into one unit, longer than max_norm is scaled back to it.
 *
 * Elements (and columns) are independent in 2 and 3, so threads share them in any way. */
#include "base/compiler.h"
#include "base/contract.h"
#include "base/parallel.h"
#include "optimizers/optimizer.h"

#include <math.h>

enum {
    OPTIMIZER_BLOCK = 16,            /* ranges of an update begin at multiples of this */
    OPTIMIZER_TASK = 16384,          /* fewer elements are not worth a task */
    OPTIMIZER_COLUMNS = 64,          /* of max-norm: fewer are not worth a task, */
    OPTIMIZER_COLUMNS_AT_ONCE = 1024 /* and more than this go one after the other */
};

/* ---- clipping by the joint norm ---- */

/* The sum of all squares where the kernels' floats overflow: one chain in double. */
static double optimizer_large_squares(const nn_optimizer *optimizer)
{
    double sum = 0;
    for (int32_t i = 0; i < optimizer->piece_count; i++) {
        const struct nni_piece *piece = &optimizer->pieces[i];
        for (int64_t k = 0; k < piece->count; k++) {
            sum += (double)piece->gradient[k] * (double)piece->gradient[k];
        }
    }
    return sum;
}

static double optimizer_gradient_norm(const nn_optimizer *optimizer,
                                      const struct nni_kernels *kernels)
{
    double sum = 0;
    for (int32_t i = 0; i < optimizer->piece_count; i++) {
        const struct nni_piece *piece = &optimizer->pieces[i];
        sum += nni_sum_squares_long(kernels, piece->gradient, piece->count);
    }
    return sqrt(isfinite(sum) ? sum : optimizer_large_squares(optimizer));
}

static float optimizer_gradient_scale(const nn_optimizer *optimizer,
                                      const struct nni_kernels *kernels)
{
    if (!(optimizer->clip_norm > 0)) {
        return 1.0f;
    }
    const double scale =
        optimizer->clip_norm / (optimizer_gradient_norm(optimizer, kernels) + 1e-6);
    return scale < 1 ? (float)scale : 1.0f;
}

/* ---- the update ---- */

struct optimizer_pass {
    nni_update_function *kernel;
    struct nni_update update;
};

/* Blocks first ... end - 1 of a run. */
static void optimizer_pass_range(void *data, int32_t index, int64_t first, int64_t end)
{
    (void)index;
    const struct optimizer_pass *pass = data;
    const int64_t start = first * OPTIMIZER_BLOCK;
    struct nni_update update = pass->update;
    update.count = nni_min(end * OPTIMIZER_BLOCK, pass->update.count) - start;
    update.parameter += start;
    update.gradient += start;
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        if (update.slot[s] != NULL) {
            update.slot[s] += start;
        }
    }
    pass->kernel(&update);
}

static void optimizer_update_run(const nn_optimizer *optimizer,
                                 struct optimizer_pass *pass,
                                 const struct nni_piece *first, int64_t start,
                                 int64_t count)
{
    struct nni_update *update = &pass->update;
    update->count = count;
    update->gradient = first->gradient;
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        update->slot[s] =
            optimizer->slots[s] == NULL ? NULL : optimizer->slots[s] + start;
    }
    if (count < 2 * OPTIMIZER_TASK) {
        pass->kernel(update);
        return;
    }
    nni_parallel_ranges(optimizer->handle.context,
                        (count + OPTIMIZER_BLOCK - 1) / OPTIMIZER_BLOCK,
                        OPTIMIZER_TASK / OPTIMIZER_BLOCK, optimizer_pass_range, pass);
}

static void optimizer_set_piece(const nn_optimizer *optimizer, struct nni_update *update,
                                const struct nni_piece *piece, double rate)
{
    const double piece_rate = rate * (double)piece->rate_multiplier;
    update->parameter = piece->parameter;
    update->rate = (float)piece_rate;
    update->decay = (float)(1 - piece_rate * optimizer->decoupled_decay);
}

static void optimizer_update(const nn_optimizer *optimizer, struct optimizer_pass *pass,
                             double rate)
{
    for (int32_t i = 0; i < optimizer->run_count; i++) {
        const struct nni_piece_run *run = &optimizer->runs[i];
        const struct nni_piece *first = &optimizer->pieces[run->first];
        optimizer_set_piece(optimizer, &pass->update, first, rate);
        optimizer_update_run(optimizer, pass, first, run->start, run->count);
    }
}

/* From the last piece to the first: backward, which came the same way, has left the weights
 * that it read last in the caches, and forward begins with the first. There is no state. */
static void optimizer_update_elsewhere(const nn_optimizer *optimizer,
                                       struct optimizer_pass *pass, double rate,
                                       const struct nni_elsewhere *elsewhere)
{
    for (int32_t i = optimizer->piece_count - 1; i >= 0; i--) {
        const struct nni_piece *piece = &optimizer->pieces[i];
        optimizer_set_piece(optimizer, &pass->update, piece, rate);
        if (elsewhere->at[i] >= 0) {
            elsewhere->update(elsewhere->data, elsewhere->at[i], &pass->update);
        } else {
            optimizer_update_run(optimizer, pass, piece, 0, piece->count);
        }
    }
}

/* ---- max-norm ---- */

struct optimizer_matrix {
    float *weight; /* (rows, columns) */
    int64_t rows, columns;
    float max_norm;
};

/* Columns first ... end - 1, of which there are at most OPTIMIZER_COLUMNS_AT_ONCE: the
 * sum of squares of each is one chain down the rows. */
static void optimizer_limit_columns(const struct optimizer_matrix *matrix, int64_t first,
                                    int64_t end)
{
    float factor[OPTIMIZER_COLUMNS_AT_ONCE] = {0};
    for (int64_t i = 0; i < matrix->rows; i++) {
        const float *w = matrix->weight + i * matrix->columns;
        for (int64_t j = first; j < end; j++) {
            factor[j - first] += w[j] * w[j];
        }
    }
    int any = 0;
    for (int64_t j = 0; j < end - first; j++) {
        const float norm = sqrtf(factor[j]);
        const int longer = norm > matrix->max_norm;
        factor[j] = longer ? matrix->max_norm / norm : 1.0f;
        any |= longer;
    }
    for (int64_t i = 0; any && i < matrix->rows; i++) {
        float *w = matrix->weight + i * matrix->columns;
        for (int64_t j = first; j < end; j++) {
            w[j] *= factor[j - first];
        }
    }
}

static void optimizer_limit_range(void *data, int32_t index, int64_t first, int64_t end)
{
    (void)index;
    for (int64_t j = first; j < end; j += OPTIMIZER_COLUMNS_AT_ONCE) {
        optimizer_limit_columns(data, j, nni_min(end, j + OPTIMIZER_COLUMNS_AT_ONCE));
    }
}

static void optimizer_limit_norms(const nn_optimizer *optimizer)
{
    for (int32_t i = 0; i < optimizer->piece_count; i++) {
        const struct nni_piece *piece = &optimizer->pieces[i];
        if (piece->columns == 0 || piece->count == 0) {
            continue;
        }
        struct optimizer_matrix matrix = {
            .weight = piece->parameter,
            .rows = piece->count / piece->columns,
            .columns = piece->columns,
            .max_norm = (float)optimizer->max_norm,
        };
        const int64_t grain = nni_max(OPTIMIZER_COLUMNS, OPTIMIZER_TASK / matrix.rows);
        nni_parallel_ranges(optimizer->handle.context, matrix.columns, grain,
                            optimizer_limit_range, &matrix);
    }
}

int nni_optimizer_updates_in_products(const nn_optimizer *optimizer)
{
    return optimizer->type->updates_in_products && !(optimizer->clip_norm > 0) &&
           !(optimizer->max_norm > 0);
}

void nni_optimizer_run(nn_optimizer *optimizer, double rate,
                       const struct nni_elsewhere *elsewhere)
{
    const struct nni_kernels *kernels = optimizer->kernels;
    optimizer->steps++;
    struct optimizer_pass pass;
    struct nni_update *update = &pass.update;
    update->gradient_scale = optimizer_gradient_scale(optimizer, kernels);
    update->clip_value =
        optimizer->clip_value > 0 ? (float)optimizer->clip_value : INFINITY;
    update->l1 = (float)optimizer->l1;
    update->l2 = (float)optimizer->l2;
    pass.kernel = optimizer->type->prepare(optimizer, kernels, optimizer->steps,
                                           update->coefficient);
    if (elsewhere != NULL) {
        optimizer_update_elsewhere(optimizer, &pass, rate, elsewhere);
    } else {
        optimizer_update(optimizer, &pass, rate);
    }
    if (optimizer->max_norm > 0) {
        optimizer_limit_norms(optimizer);
    }
}
