/* Subsets: the samples of another dataset in another order. A subset of a subset is made
 * as a subset of the root, so that a sample is found by one look-up however deep the
 * nesting; consecutive samples of a root need no list at all. */
#include "base/contract.h"
#include "train/dataset.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "base/random.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>

int64_t nni_dataset_root_sample(const nn_dataset *dataset, int64_t sample)
{
    return dataset->samples != NULL ? dataset->samples[sample] : dataset->first + sample;
}

/* A subset of `count` samples whose list (where it has one) is still to be written. */
static nn_dataset *select_make(nn_dataset *dataset, int64_t count, int listed)
{
    const nn_context *context = dataset->handle.context;
    int64_t *samples = NULL;
    if (listed) {
        samples = nni_alloc(context, (size_t)count, sizeof *samples);
        if (samples == NULL) {
            return NULL;
        }
    }
    nn_dataset *subset = nni_dataset_make(context, count);
    if (subset == NULL) {
        nni_free(context, samples);
        return NULL;
    }
    nn_dataset *root = dataset->parent != NULL ? dataset->parent : dataset;
    NNI_STORE_RELEASE(&root->shown, 1);
    subset->parent = nni_handle_retain(root);
    subset->samples = samples;
    subset->input_count = root->input_count;
    subset->target_count = root->target_count;
    for (int32_t i = 0; i < NNI_DATASET_PORTS; i++) {
        subset->inputs[i].shape = root->inputs[i].shape;
        subset->targets[i].shape = root->targets[i].shape;
    }
    return subset;
}

nn_dataset *nn_dataset_subset(nn_dataset *dataset, int64_t start, int64_t count)
{
    if (dataset == NULL) {
        nni_null_handle("nn_dataset_subset", "dataset");
        return NULL;
    }
    int64_t samples = nn_dataset_count(dataset);
    if (start < 0 || count < 0 || start > samples || count > samples - start) {
        nni_fail(NN_ERROR_ARGUMENT,
                 "nn_dataset_subset: start is %" PRId64 " and count %" PRId64
                 ", but the dataset has %" PRId64 " samples",
                 start, count, samples);
        return NULL;
    }
    nn_dataset *subset = select_make(dataset, count, dataset->samples != NULL);
    if (subset == NULL) {
        nni_dataset_failed("nn_dataset_subset");
        return NULL;
    }
    subset->first = dataset->first + start;
    for (int64_t i = 0; subset->samples != NULL && i < count; i++) {
        subset->samples[i] = dataset->samples[start + i];
    }
    return subset;
}

nn_dataset *nn_dataset_select(nn_dataset *dataset, const int64_t *samples, int64_t count)
{
    const char *who = "nn_dataset_select";
    if (dataset == NULL) {
        nni_null_handle(who, "dataset");
        return NULL;
    }
    if (samples == NULL && count > 0) {
        nni_fail(NN_ERROR_NULL, "%s: samples is NULL", who);
        return NULL;
    }
    if (count < 0) {
        nni_fail(NN_ERROR_ARGUMENT, "%s: count must be at least 0, got %" PRId64, who,
                 count);
        return NULL;
    }
    int64_t all = nn_dataset_count(dataset);
    for (int64_t i = 0; i < count; i++) {
        if (samples[i] < 0 || samples[i] >= all) {
            nni_fail(NN_ERROR_ARGUMENT,
                     "%s: samples[%" PRId64 "] is %" PRId64
                     ", but the dataset has %" PRId64 " samples",
                     who, i, samples[i], all);
            return NULL;
        }
    }
    nn_dataset *subset = select_make(dataset, count, 1);
    if (subset == NULL) {
        nni_dataset_failed(who);
        return NULL;
    }
    for (int64_t i = 0; i < count; i++) {
        subset->samples[i] = nni_dataset_root_sample(dataset, samples[i]);
    }
    return subset;
}

/* ---- splitting ---- */

/* chosen[i] = 1 for the first `count` of a random order of all samples. */
static nn_status select_draw(const nn_dataset *dataset, uint64_t seed, int64_t count,
                             uint8_t *chosen)
{
    const nn_context *context = dataset->handle.context;
    int64_t all = nn_dataset_count(dataset);
    int64_t *order = nni_alloc(context, (size_t)all, sizeof *order);
    if (order == NULL) {
        return nn_last_status();
    }
    struct nni_random random = nni_random_make(seed, NNI_STREAM_SPLIT, 0, 0);
    nni_random_permutation(&random, order, all);
    for (int64_t i = 0; i < count; i++) {
        chosen[order[i]] = 1;
    }
    nni_free(context, order);
    return NN_OK;
}

/* The dataset's samples of which chosen is `wanted`. */
static nn_dataset *select_chosen(nn_dataset *dataset, const uint8_t *chosen,
                                 uint8_t wanted, int64_t count)
{
    nn_dataset *subset = select_make(dataset, count, 1);
    int64_t written = 0;
    for (int64_t i = 0; subset != NULL && written < count; i++) {
        if (chosen[i] == wanted) {
            subset->samples[written++] = nni_dataset_root_sample(dataset, i);
        }
    }
    return subset;
}

static int64_t select_share(double fraction, int64_t all)
{
    struct nni_float_env env = nni_float_env_enter();
    NNI_SETTLE(fraction);
    double share = fraction * (double)all;
    int64_t count = (int64_t)(share + 0.5);
    NNI_SETTLE(count);
    nni_float_env_leave(env);
    return nni_min(count, all);
}

/* The two halves of a split; both NULL on failure. */
static nn_status select_halves(nn_dataset *dataset, const uint8_t *chosen, int64_t count,
                               nn_dataset **first, nn_dataset **second)
{
    *first = select_chosen(dataset, chosen, 0, nn_dataset_count(dataset) - count);
    if (*first == NULL) {
        return nn_last_status();
    }
    *second = select_chosen(dataset, chosen, 1, count);
    if (*second == NULL) {
        nni_handle_release(*first);
        *first = NULL;
        return nn_last_status();
    }
    return NN_OK;
}

nn_status nn_dataset_split(nn_dataset *dataset, double fraction, uint64_t seed,
                           nn_dataset **first, nn_dataset **second)
{
    const char *who = "nn_dataset_split";
    if (first != NULL) {
        *first = NULL;
    }
    if (second != NULL) {
        *second = NULL;
    }
    NNI_NOT_NULL_HANDLE(who, dataset);
    NNI_NOT_NULL(who, first);
    NNI_NOT_NULL(who, second);
    if (!(isgreaterequal(fraction, 0.0) && islessequal(fraction, 1.0))) {
        struct nni_number_text got = nni_number_text(fraction, 9);
        return nni_fail(NN_ERROR_ARGUMENT, "%s: fraction must be in 0 ... 1, got %s", who,
                        got.text);
    }
    const nn_context *context = dataset->handle.context;
    int64_t all = nn_dataset_count(dataset);
    int64_t count = select_share(fraction, all);
    uint8_t *chosen = nni_alloc(context, (size_t)all, 1);
    if (chosen == NULL) {
        return nni_dataset_failed(who);
    }
    nn_status status = select_draw(dataset, seed, count, chosen);
    if (status == NN_OK) {
        status = select_halves(dataset, chosen, count, first, second);
    }
    nni_free(context, chosen);
    return status == NN_OK ? NN_OK : nni_dataset_failed(who);
}
