/* Matching a file's tensors with a model's parameters. Both are sorted by name; a tensor's
 * name is looked up among the parameters, after the dots within PyTorch's module names were
 * made to what names of layers may hold. */
#include "io/weights_match.h"

#include "base/memory.h"
#include "io/order.h"
#include "train/line.h"

#include <stdio.h>
#include <string.h>

/* What does not fit: the counts, and words for as much as there is room for. */
struct weights_report {
    int32_t missing, unexpected, different;
    int32_t unnamed; /* of them, without words */
    nn_status status;
    struct nni_line line;
};

enum { WEIGHTS_LINE_MAX = 300, WEIGHTS_NAME_MAX = 60 };

static void weights_report(struct weights_report *report, nn_status status,
                           const char *what, const char *name, const char *more)
{
    if (report->status == NN_OK) {
        report->status = status;
    }
    if (report->line.length > WEIGHTS_LINE_MAX) {
        report->unnamed++;
        return;
    }
    nni_line_add(&report->line, "%s%s '%.*s'%s", report->line.length > 0 ? ", " : "",
                 what, WEIGHTS_NAME_MAX, name, more);
}

static nn_status weights_verdict(const struct weights_report *report, const char *who)
{
    char rest[32] = "";
    if (report->status == NN_OK) {
        return NN_OK;
    }
    if (report->unnamed > 0) {
        snprintf(rest, sizeof rest, ", and %d more", (int)report->unnamed);
    }
    return nni_fail(report->status,
                    "%s: the weights do not fit (%d missing, %d unexpected, %d "
                    "different): %s%s",
                    who, (int)report->missing, (int)report->unexpected,
                    (int)report->different, report->line.text, rest);
}

int nni_weights_transposed(const struct nni_parameter *parameter, int32_t options)
{
    return (options & NN_WEIGHTS_PYTORCH) != 0 &&
           parameter->layer->type == &nni_layer_dense && parameter->spec.shape.rank == 2;
}

static int weights_compare(const void *things, int32_t a, int32_t b)
{
    const nn_model *model = things;
    return strcmp(model->parameters[a].name, model->parameters[b].name);
}

/* The parameter of that name, or -1. */
static int32_t weights_find(const nn_model *model, const int32_t *order, const char *name)
{
    int32_t first = 0;
    int32_t end = model->parameter_count;
    while (first < end) {
        int32_t middle = first + (end - first) / 2;
        int compared = strcmp(model->parameters[order[middle]].name, name);
        if (compared == 0) {
            return order[middle];
        }
        if (compared < 0) {
            first = middle + 1;
        } else {
            end = middle;
        }
    }
    return -1;
}

/* The name of the parameter that a tensor stands for: "encoder.0.weight" is a parameter of
 * the layer "encoder_0". 0 where no parameter's name is so long. */
static int weights_name(const char *stored, int32_t options,
                        char name[NNI_PARAMETER_NAME_SIZE])
{
    size_t length = strlen(stored);
    if (length >= NNI_PARAMETER_NAME_SIZE) {
        return 0;
    }
    memcpy(name, stored, length + 1);
    char *last = strrchr(name, '.');
    for (char *at = name; (options & NN_WEIGHTS_PYTORCH) != 0 && at < last; at++) {
        *at = *at == '.' ? '_' : *at;
    }
    return 1;
}

/* 1 where a tensor is no parameter but an option of a layer (a list of floats), or part of
 * the state of a run. */
static int weights_passed_over(const nn_model *model, const char *name)
{
    if (strchr(name, '/') != NULL) {
        return 1;
    }
    for (const nn_layer *layer = model->first_layer; layer != NULL; layer = layer->next) {
        size_t length = strlen(layer->name);
        if (strncmp(name, layer->name, length) != 0 || name[length] != '.') {
            continue;
        }
        for (int32_t i = 0; i < layer->type->option_count; i++) {
            const struct nni_option *option = &layer->type->options[i];
            if (option->type == NNI_OPTION_FLOATS &&
                strcmp(option->name, name + length + 1) == 0) {
                return 1;
            }
        }
    }
    return 0;
}

static void weights_check_shape(struct weights_report *report,
                                const struct nni_parameter *parameter, int32_t options,
                                const struct nni_stored_tensor *tensor)
{
    struct nni_shape shape = parameter->spec.shape;
    char more[2 * NNI_SHAPE_TEXT_SIZE + 16];
    int is_float = tensor->type <= NNI_STORED_BF16;
    if (nni_weights_transposed(parameter, options)) {
        shape.dim[0] = parameter->spec.shape.dim[1];
        shape.dim[1] = parameter->spec.shape.dim[0];
    }
    if (is_float && nni_stored_has_shape(tensor, shape.dim, shape.rank)) {
        return;
    }
    snprintf(more, sizeof more, " %s, expected %s", nni_stored_text(tensor).text,
             nni_shape_text(&shape).text);
    report->different++;
    weights_report(report, is_float ? NN_ERROR_SHAPE : NN_ERROR_DTYPE, "different",
                   parameter->name, more);
}

static void weights_match_tensor(const nn_model *model, int32_t options,
                                 const struct nni_stored_tensor *tensor,
                                 struct nni_weights_match *match,
                                 struct weights_report *report)
{
    char name[NNI_PARAMETER_NAME_SIZE];
    int32_t found = -1;
    if (weights_name(tensor->name, options, name)) {
        found = weights_find(model, match->order, name);
    }
    if (found >= 0 && match->tensors[found] == NULL) {
        match->tensors[found] = tensor;
        weights_check_shape(report, &model->parameters[found], options, tensor);
    } else if ((options & NN_WEIGHTS_PARTIAL) == 0 &&
               !weights_passed_over(model, tensor->name)) {
        report->unexpected++;
        weights_report(report, NN_ERROR_NAME, "unexpected", tensor->name, "");
    }
}

nn_status nni_weights_match(const nn_model *model, const struct nni_safetensors *file,
                            int32_t options, const char *who,
                            struct nni_weights_match *match)
{
    const nn_context *context = model->handle.context;
    int32_t count = model->parameter_count;
    struct weights_report report = {0};
    match->tensors = nni_alloc(context, (size_t)count, sizeof *match->tensors);
    match->order = nni_alloc(context, (size_t)count, sizeof *match->order);
    if (match->tensors == NULL || match->order == NULL) {
        return nn_last_status();
    }
    for (int32_t i = 0; i < count; i++) {
        match->order[i] = i;
    }
    nni_order_sort(match->order, count, weights_compare, model);
    for (int32_t i = 0; i < file->count; i++) {
        weights_match_tensor(model, options, &file->tensors[i], match, &report);
    }
    for (int32_t i = 0; (options & NN_WEIGHTS_PARTIAL) == 0 && i < count; i++) {
        if (match->tensors[i] == NULL) {
            report.missing++;
            weights_report(&report, NN_ERROR_NAME, "missing", model->parameters[i].name,
                           "");
        }
    }
    return weights_verdict(&report, who);
}

void nni_weights_match_release(const nn_context *context, struct nni_weights_match *match)
{
    nni_free(context, (void *)match->tensors);
    nni_free(context, match->order);
}
