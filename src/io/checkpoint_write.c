/* A trainer's state on its way into a file. Tensors point into the trainer and model; the
 * rest is one JSON object. */
#include "io/checkpoint.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct nni_checkpoint_name nni_checkpoint_name(const char *what, const char *item)
{
    struct nni_checkpoint_name name;
    snprintf(name.text, sizeof name.text, NNI_CHECKPOINT_PREFIX "%s%s%s", what,
             item[0] == '\0' ? "" : "/", item);
    return name;
}

static void write_tensor(struct nni_storer *storer, const char *what, const char *item,
                         enum nni_stored type, int64_t count, const void *data)
{
    const struct nni_checkpoint_name name = nni_checkpoint_name(what, item);
    nni_storer_tensor(storer, name.text, type, &count, 1, data);
}

/* ---- texts ---- */

static void write_optimizer(const nn_optimizer *optimizer, struct nni_text *out)
{
    const struct nni_options options = nni_optimizer_options(optimizer);
    nni_text_format(out, ",\n\"optimizer\":{\"kind\":\"%s\",\"steps\":%" PRIu64,
                    optimizer->type->name, optimizer->steps);
    nni_text_format(out, ",\"options\":{");
    for (int32_t i = 0; i < options.count; i++) {
        double value = 0;
        (void)nni_options_get_number(&options, options.table[i].name, &value);
        nni_text_format(out, "%s\"%s\":", i > 0 ? "," : "", options.table[i].name);
        nni_json_put_number(out, value);
    }
    nni_text_append(out, "}}", 2);
}

static void write_names(const nn_trainer *trainer, struct nni_text *out)
{
    nni_text_format(out, ",\n\"losses\":[");
    for (int32_t h = 0; h < trainer->head_count; h++) {
        nni_text_format(out, "%s\"%s\"", h > 0 ? "," : "",
                        trainer->heads[h].loss->type->name);
    }
    nni_text_format(out, "],\n\"metrics\":[");
    for (int32_t m = 0; m < trainer->metric_count; m++) {
        nni_text_format(out, "%s\"%s\"", m > 0 ? "," : "", trainer->metrics[m].name);
    }
    nni_text_format(out, "],\n\"history\":[");
    for (int32_t i = 0; i < trainer->history.series_count; i++) {
        nni_text_format(out, "%s\"%s\"", i > 0 ? "," : "", trainer->history.names[i]);
    }
    nni_text_format(out, "],\n\"monitor\":");
    nni_json_put_string(out, trainer->monitor, strlen(trainer->monitor));
}

static void write_text(const nn_trainer *trainer, struct nni_storer *storer)
{
    struct nni_text text;
    nni_text_init(&text, storer->context);
    nni_text_format(&text, "{\"version\":%d", NNI_CHECKPOINT_VERSION);
    if (trainer->optimizer != NULL) {
        write_optimizer(trainer->optimizer, &text);
    }
    write_names(trainer, &text);
    nni_fields_store(trainer, &text);
    nni_text_append(&text, "}", 1);
    if (text.status == NN_OK) {
        nni_storer_text(storer, NNI_KEY_TRAINER, text.data, text.length);
    } else if (storer->status == NN_OK) {
        storer->status = text.status;
    }
    nni_text_release(&text);
}

/* ---- tensors ---- */

static void write_slots(const nn_optimizer *optimizer, struct nni_storer *storer)
{
    for (int32_t s = 0; s < NNI_SLOTS_MAX; s++) {
        if (optimizer->slots[s] != NULL) {
            const char item[2] = {(char)('0' + s), '\0'};
            write_tensor(storer, "slot", item, NNI_STORED_F32, optimizer->total,
                         optimizer->slots[s]);
        }
    }
}

/* Before the first epoch has ended there is room for the best parameters, but nothing in
 * it. */
static void write_best(const nn_trainer *trainer, struct nni_storer *storer)
{
    const nn_model *model = trainer->model;
    const struct nni_early_stopping *stopping = &trainer->stopping;
    const float *best = stopping->seen ? stopping->best_weights : NULL;
    for (int32_t i = 0; best != NULL && i < model->parameter_count; i++) {
        const struct nni_parameter *parameter = &model->parameters[i];
        write_tensor(storer, "best", parameter->name, NNI_STORED_F32, parameter->count,
                     best + parameter->offset);
    }
}

static void write_history(const struct nni_history *history, struct nni_storer *storer)
{
    for (int32_t i = 0; i < history->series_count; i++) {
        write_tensor(storer, "history", history->names[i], NNI_STORED_F64,
                     history->epochs, history->values[i]);
    }
}

/* What an epoch in its middle has counted. */
static void write_epoch(const nn_trainer *trainer, const struct nni_meter_state *meters,
                        struct nni_storer *storer)
{
    const struct nni_run_state *run = &trainer->run;
    write_tensor(storer, "totals", "", NNI_STORED_F64, trainer->head_count, run->totals);
    write_tensor(storer, "denominators", "", NNI_STORED_F64, trainer->head_count,
                 run->denominators);
    if (meters->count_size > 0) {
        write_tensor(storer, "counts", "", NNI_STORED_I64, meters->count_size,
                     meters->counts);
        write_tensor(storer, "sums", "", NNI_STORED_F64, meters->sum_size, meters->sums);
    }
}

/* ---- all of it ---- */

static int write_has_code(const nn_model *model)
{
    for (int32_t i = 0; i < model->node_count; i++) {
        if (model->nodes[i].layer->type == &nni_layer_custom) {
            return 1;
        }
    }
    return 0;
}

static nn_status write_fill(nn_trainer *trainer, const struct nni_meter_state *meters,
                            struct nni_storer *storer)
{
    if (write_has_code(trainer->model)) {
        nni_parameters_store(trainer->model, storer);
    } else {
        NNI_TRY(nni_model_store(trainer->model, storer));
    }
    if (trainer->optimizer != NULL) {
        write_slots(trainer->optimizer, storer);
    }
    write_best(trainer, storer);
    write_history(&trainer->history, storer);
    if (trainer->run.done > 0) {
        write_epoch(trainer, meters, storer);
    }
    write_text(trainer, storer);
    return nni_storer_finish(storer);
}

nn_status nni_checkpoint_write(nn_trainer *trainer,
                               nn_status (*put)(const struct nni_storer *storer,
                                                void *data),
                               void *data)
{
    const nn_context *context = trainer->handle.context;
    struct nni_meter_state meters = {0};
    struct nni_storer storer;
    NNI_TRY(nni_step_prepare(trainer, 1));
    if (trainer->run.done > 0) {
        NNI_TRY(nni_meters_save(trainer, &meters));
    }
    nni_storer_init(&storer, context);
    nn_status status = write_fill(trainer, &meters, &storer);
    if (status == NN_OK) {
        status = put(&storer, data);
    }
    nni_storer_release(&storer);
    nni_meter_state_release(context, &meters);
    return status;
}
