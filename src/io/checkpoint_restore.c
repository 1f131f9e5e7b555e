/* A trainer's state out of a file. Everything is read and checked into memory beside the
 * trainer; once nothing can fail any more, the trainer takes it. */
#include "io/checkpoint.h"

#include "base/memory.h"

#include <inttypes.h>
#include <string.h>

struct checkpoint_reading {
    nn_trainer *trainer;
    const struct nni_safetensors *file;
    const char *who;
    struct nni_json json;
    nn_trainer *numbers;     /* only its fields (checkpoint_fields.c) and run */
    nn_optimizer *optimizer; /* with its state; NULL where there is none */
    float *weights, *best;   /* (span); best may be NULL */
    struct nni_history history;
    char monitor[NNI_SERIES_NAME_SIZE];
};

enum { READING_OBJECT = 0 /* the node of the whole text */ };

/* ---- tensors ---- */

static nn_status reading_read(const struct checkpoint_reading *reading, const char *name,
                              enum nni_stored type, const int64_t *dim, int32_t rank,
                              void *out)
{
    const struct nni_stored_tensor *tensor = nni_safetensors_find(reading->file, name);
    if (tensor == NULL) {
        return nni_json_fail(&reading->file->json, 0, "there is no tensor '%s'", name);
    }
    if (tensor->type != type || !nni_stored_has_shape(tensor, dim, rank)) {
        struct nni_shape wanted = {.rank = rank};
        memcpy(wanted.dim, dim, (size_t)rank * sizeof *dim);
        return nni_json_fail(&reading->file->json, tensor->node,
                             "'%s' is %s, the trainer has %s %s", name,
                             nni_stored_text(tensor).text, nni_stored_name(type),
                             nni_shape_text(&wanted).text);
    }
    return nni_safetensors_copy(reading->file, tensor, out);
}

static nn_status reading_list(const struct checkpoint_reading *reading, const char *what,
                              const char *item, enum nni_stored type, int64_t count,
                              void *out)
{
    return reading_read(reading, nni_checkpoint_name(what, item).text, type, &count, 1,
                        out);
}

/* A list whose length only the file knows; *out is NULL where there is none. */
static nn_status reading_found_list(const struct checkpoint_reading *reading,
                                    const char *what, enum nni_stored type, void **out,
                                    int64_t *count)
{
    const struct nni_checkpoint_name name = nni_checkpoint_name(what, "");
    const struct nni_stored_tensor *tensor =
        nni_safetensors_find(reading->file, name.text);
    *out = NULL;
    *count = tensor == NULL ? 0 : tensor->count;
    if (*count == 0) {
        return NN_OK;
    }
    *out = nni_alloc(reading->trainer->handle.context, (size_t)*count,
                     nni_stored_size(type));
    if (*out == NULL) {
        return nn_last_status();
    }
    return reading_list(reading, what, "", type, *count, *out);
}

/* ---- parts ---- */

/* The names in a list of the text are those of the program. */
static nn_status reading_check_names(const struct checkpoint_reading *reading,
                                     const char *key,
                                     const char *(*name)(const nn_trainer *, int32_t),
                                     int32_t count)
{
    const struct nni_json *json = &reading->json;
    int32_t list, i = 0;
    NNI_TRY(nni_json_require(json, READING_OBJECT, key, NNI_JSON_ARRAY, &list));
    if (json->nodes[list].count != count) {
        return nni_fail(NN_ERROR_STATE, "%s: the checkpoint has %d %s, the trainer %d",
                        reading->who, (int)json->nodes[list].count, key, (int)count);
    }
    for (int32_t node = json->nodes[list].first; node != 0;
         node = json->nodes[node].next, i++) {
        if (json->nodes[node].kind != NNI_JSON_STRING) {
            return nni_json_fail(json, node, "a name must be a string");
        }
        const char *wanted = name(reading->trainer, i);
        if (strcmp(nni_json_string(json, node), wanted) != 0) {
            return nni_fail(NN_ERROR_STATE,
                            "%s: %s %d are '%s' in the checkpoint, '%s' in the trainer",
                            reading->who, key, (int)i, nni_json_string(json, node),
                            wanted);
        }
    }
    return NN_OK;
}

static const char *reading_loss_name(const nn_trainer *trainer, int32_t index)
{
    return trainer->heads[index].loss->type->name;
}

static const char *reading_metric_name(const nn_trainer *trainer, int32_t index)
{
    return trainer->metrics[index].name;
}

static nn_status reading_numbers(struct checkpoint_reading *reading)
{
    const struct nni_json *json = &reading->json;
    int32_t node;
    int64_t version;
    NNI_TRY(nni_json_require(json, READING_OBJECT, "version", NNI_JSON_NUMBER, &node));
    NNI_TRY(nni_json_int(json, node, &version));
    if (version != NNI_CHECKPOINT_VERSION) {
        return nni_json_fail(json, node,
                             "checkpoints of version %" PRId64
                             " are not known here, only of %d",
                             version, NNI_CHECKPOINT_VERSION);
    }
    NNI_TRY(nni_fields_restore(json, READING_OBJECT, reading->numbers));
    if (reading->numbers->schedule.kind == NNI_RATE_CALLBACK &&
        reading->trainer->schedule.callback == NULL) {
        return nni_fail(NN_ERROR_STATE,
                        "%s: the checkpoint's rates come from a callback: set it before",
                        reading->who);
    }
    NNI_TRY(nni_json_require(json, READING_OBJECT, "monitor", NNI_JSON_STRING, &node));
    if (json->nodes[node].length >= sizeof reading->monitor) {
        return nni_json_fail(json, node, "the name is too long");
    }
    memcpy(reading->monitor, nni_json_string(json, node), json->nodes[node].length + 1);
    return NN_OK;
}

static nn_status reading_options(const struct checkpoint_reading *reading, int32_t object)
{
    const struct nni_json *json = &reading->json;
    const struct nni_options options = nni_optimizer_options(reading->optimizer);
    for (int32_t i = 0; i < options.count; i++) {
        int32_t node;
        double value;
        NNI_TRY(nni_json_require(json, object, options.table[i].name, NNI_JSON_NUMBER,
                                 &node));
        NNI_TRY(nni_json_number(json, node, &value));
        if (nni_options_set_number(&options, options.table[i].name, value) != NN_OK) {
            return nni_json_fail(json, node, "%s is out of range", options.table[i].name);
        }
    }
    const nn_optimizer *optimizer = reading->optimizer;
    if (optimizer->type->check != NULL && optimizer->type->check(optimizer) != NN_OK) {
        return nni_json_fail(json, object, "the options do not go together");
    }
    return NN_OK;
}

static nn_status reading_slots(const struct checkpoint_reading *reading)
{
    const nn_optimizer *optimizer = reading->optimizer;
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        if (optimizer->slots[s] != NULL) {
            const char item[2] = {(char)('0' + s), '\0'};
            NNI_TRY(reading_list(reading, "slot", item, NNI_STORED_F32, optimizer->total,
                                 optimizer->slots[s]));
        }
    }
    return NN_OK;
}

/* An optimizer beside the trainer's, with its parameters and the file's options and
 * state. */
static nn_status reading_optimizer(struct checkpoint_reading *reading)
{
    const struct nni_json *json = &reading->json;
    const nn_optimizer *own = reading->trainer->optimizer;
    const int32_t object = nni_json_member(json, READING_OBJECT, "optimizer");
    int32_t kind, options, node;
    int64_t steps;
    if (own == NULL || object == 0) {
        return own == NULL && object == 0
                   ? NN_OK
                   : nni_fail(NN_ERROR_STATE,
                              "%s: only one of checkpoint and trainer "
                              "has an optimizer",
                              reading->who);
    }
    NNI_TRY(nni_json_require(json, object, "kind", NNI_JSON_STRING, &kind));
    if (strcmp(nni_json_string(json, kind), own->type->name) != 0) {
        return nni_fail(NN_ERROR_STATE,
                        "%s: the checkpoint's optimizer is '%s', the trainer's '%s'",
                        reading->who, nni_json_string(json, kind), own->type->name);
    }
    reading->optimizer = nni_optimizer_new((nn_context *)own->handle.context, own->type);
    if (reading->optimizer == NULL) {
        return nn_last_status();
    }
    NNI_TRY(nni_json_require(json, object, "options", NNI_JSON_OBJECT, &options));
    NNI_TRY(reading_options(reading, options));
    NNI_TRY(nni_json_require(json, object, "steps", NNI_JSON_NUMBER, &node));
    NNI_TRY(nni_json_int(json, node, &steps));
    if (steps < 0 || steps > NNI_CHECKPOINT_MOST) {
        return nni_json_fail(json, node, "steps is out of range");
    }
    reading->optimizer->gap = own->gap;
    NNI_TRY(nni_optimizer_bind(reading->optimizer, own->pieces, own->piece_count));
    reading->optimizer->steps = (uint64_t)steps;
    return reading_slots(reading);
}

/* All parameters from tensors of their names, or of those names in "trainer/best". */
static nn_status reading_parameters(const struct checkpoint_reading *reading,
                                    const char *what, float **out)
{
    const nn_model *model = reading->trainer->model;
    *out = nni_alloc(reading->trainer->handle.context, (size_t)model->span, sizeof **out);
    if (*out == NULL) {
        return nn_last_status();
    }
    for (int32_t i = 0; i < model->parameter_count; i++) {
        const struct nni_parameter *parameter = &model->parameters[i];
        float *place = *out + parameter->offset;
        if (what == NULL) {
            NNI_TRY(reading_read(reading, parameter->name, NNI_STORED_F32,
                                 parameter->spec.shape.dim, parameter->spec.shape.rank,
                                 place));
        } else {
            NNI_TRY(reading_list(reading, what, parameter->name, NNI_STORED_F32,
                                 parameter->count, place));
        }
    }
    return NN_OK;
}

static nn_status reading_series(struct checkpoint_reading *reading, const char *name)
{
    struct nni_history *history = &reading->history;
    NNI_TRY(nni_history_add_series(history, name));
    double *values = history->values[history->series_count - 1];
    return reading_list(reading, "history", name, NNI_STORED_F64, history->epochs,
                        values);
}

/* The series of the file, all with as many epochs as the first one. */
static nn_status reading_history(struct checkpoint_reading *reading)
{
    const struct nni_json *json = &reading->json;
    int32_t list;
    NNI_TRY(nni_json_require(json, READING_OBJECT, "history", NNI_JSON_ARRAY, &list));
    for (int32_t node = json->nodes[list].first; node != 0;
         node = json->nodes[node].next) {
        if (json->nodes[node].kind != NNI_JSON_STRING) {
            return nni_json_fail(json, node, "a name must be a string");
        }
        const char *name = nni_json_string(json, node);
        if (reading->history.series_count == 0) {
            const struct nni_checkpoint_name full = nni_checkpoint_name("history", name);
            const struct nni_stored_tensor *tensor =
                nni_safetensors_find(reading->file, full.text);
            const int64_t epochs = tensor == NULL ? 0 : tensor->count;
            NNI_TRY(nni_history_reserve(&reading->history, epochs));
            reading->history.epochs = epochs;
        }
        if (nni_history_find(&reading->history, name) >= 0) {
            return nni_json_fail(json, node, "the name is there twice");
        }
        NNI_TRY(reading_series(reading, name));
    }
    return NN_OK;
}

/* Metrics add to their counters. */
static nn_status reading_check_counts(const struct nni_meter_state *meters)
{
    for (int64_t i = 0; i < meters->count_size; i++) {
        if (meters->counts[i] < 0 || meters->counts[i] > NNI_CHECKPOINT_MOST) {
            return nni_fail(NN_ERROR_FORMAT,
                            "trainer/counts: element %" PRId64 " is out of range", i);
        }
    }
    return NN_OK;
}

/* What the epoch at hand has counted. */
static nn_status reading_epoch(struct checkpoint_reading *reading)
{
    struct nni_run_state *run = &reading->numbers->run;
    const int32_t heads = reading->trainer->head_count;
    void *counts, *sums;
    if (run->done == 0) {
        return NN_OK;
    }
    NNI_TRY(reading_list(reading, "totals", "", NNI_STORED_F64, heads, run->totals));
    NNI_TRY(reading_list(reading, "denominators", "", NNI_STORED_F64, heads,
                         run->denominators));
    nn_status status = reading_found_list(reading, "counts", NNI_STORED_I64, &counts,
                                          &run->meters.count_size);
    run->meters.counts = counts;
    NNI_TRY(status);
    NNI_TRY(reading_check_counts(&run->meters));
    status =
        reading_found_list(reading, "sums", NNI_STORED_F64, &sums, &run->meters.sum_size);
    run->meters.sums = sums;
    return status;
}

/* The best parameters are there where early stopping keeps them, and where it did before
 * its options were changed. */
static nn_status reading_best(struct checkpoint_reading *reading)
{
    const nn_model *model = reading->trainer->model;
    const struct nni_early_stopping *stopping = &reading->numbers->stopping;
    int there = stopping->patience > 0 && stopping->restore_best;
    if (!there && model->parameter_count > 0) {
        const struct nni_checkpoint_name first =
            nni_checkpoint_name("best", model->parameters[0].name);
        there = nni_safetensors_find(reading->file, first.text) != NULL;
    }
    return stopping->seen && there ? reading_parameters(reading, "best", &reading->best)
                                   : NN_OK;
}

static nn_status reading_all(struct checkpoint_reading *reading)
{
    const nn_trainer *trainer = reading->trainer;
    NNI_TRY(reading_numbers(reading));
    NNI_TRY(
        reading_check_names(reading, "losses", reading_loss_name, trainer->head_count));
    NNI_TRY(reading_check_names(reading, "metrics", reading_metric_name,
                                trainer->metric_count));
    NNI_TRY(reading_optimizer(reading));
    NNI_TRY(reading_parameters(reading, NULL, &reading->weights));
    NNI_TRY(reading_best(reading));
    NNI_TRY(reading_history(reading));
    return reading_epoch(reading);
}

/* ---- the trainer takes it ---- */

static void reading_take(struct checkpoint_reading *reading)
{
    nn_trainer *trainer = reading->trainer;
    const nn_model *model = trainer->model;
    const nn_context *context = trainer->handle.context;
    nni_fields_copy(reading->numbers, trainer);
    memcpy(trainer->monitor, reading->monitor, sizeof trainer->monitor);
    memcpy(model->weights, reading->weights, (size_t)model->span * sizeof(float));
    if (reading->optimizer != NULL) {
        nni_optimizer_take_state(trainer->optimizer, reading->optimizer);
    }
    nni_early_stopping_release(&trainer->stopping);
    if (reading->best != NULL) {
        trainer->stopping.best_weights = reading->best;
        trainer->stopping.span = model->span;
        reading->best = NULL;
    }
    nni_history_release(&trainer->history);
    trainer->history = reading->history;
    nni_history_init(&reading->history, context);

    nni_meter_state_release(context, &trainer->run.meters);
    trainer->run = reading->numbers->run;
    trainer->run.resumed = trainer->run.going;
    trainer->run.going = 0;
    memset(&reading->numbers->run.meters, 0, sizeof reading->numbers->run.meters);
    trainer->stop_reason = NN_STOP_NONE;
    nni_trainer_drop_training(trainer);
}

static void reading_release(struct checkpoint_reading *reading)
{
    const nn_context *context = reading->trainer->handle.context;
    nni_meter_state_release(context, &reading->numbers->run.meters);
    nni_free(context, reading->numbers);
    nni_handle_release(reading->optimizer);
    nni_free(context, reading->weights);
    nni_free(context, reading->best);
    nni_history_release(&reading->history);
    nni_json_release(&reading->json);
}

nn_status nni_checkpoint_restore(nn_trainer *trainer, const struct nni_safetensors *file,
                                 const char *who)
{
    const nn_context *context = trainer->handle.context;
    struct checkpoint_reading reading = {.trainer = trainer, .file = file, .who = who};
    size_t length;
    char *text = nni_safetensors_text(file, NNI_KEY_TRAINER, &length);
    if (text == NULL) {
        return nni_json_fail(&file->json, 0, "it holds no state of a trainer");
    }
    NNI_TRY(nni_step_prepare(trainer, 1));
    NNI_TRY(
        nni_json_read(&reading.json, context, file->reader->name.text, 0, text, length));
    nni_history_init(&reading.history, context);
    reading.numbers = nni_alloc(context, 1, sizeof *reading.numbers);
    if (reading.numbers == NULL) {
        nni_json_release(&reading.json);
        return nn_last_status();
    }
    nn_status status = reading_all(&reading);
    if (status == NN_OK) {
        reading_take(&reading);
    }
    reading_release(&reading);
    return status;
}
