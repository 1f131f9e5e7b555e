/* A model as text: a table of its nodes, and its graph in Graphviz's dot language. */
#include "base/memory.h"
#include "base/text.h"
#include "model/plan.h"

#include <string.h>

/* Copies a finished text to the caller: at most capacity bytes, always ended by 0. */
static nn_status summary_deliver(struct nni_text *text, char *buffer, size_t capacity,
                                 size_t *length)
{
    nn_status status = text->status;
    if (status == NN_OK) {
        if (length != NULL)
            *length = text->length;
        if (buffer != NULL && capacity > 0) {
            size_t copied = text->length < capacity ? text->length : capacity - 1;
            memcpy(buffer, text->data, copied);
            buffer[copied] = 0;
        }
    }
    nni_text_release(text);
    return status;
}

static nn_status summary_start(nn_model *model, const char *who, char *buffer,
                               size_t capacity, size_t *length)
{
    if (length != NULL)
        *length = 0;
    if (buffer != NULL && capacity > 0)
        buffer[0] = 0;
    if (buffer == NULL && capacity > 0)
        return nni_fail(NN_ERROR_NULL, "%s: buffer is NULL", who);
    NNI_TRY(nni_model_check(model, who));
    return nn_model_build(model);
}

/* "dense relu": the kind, and the activation of a layer that has one. */
static void summary_kind(struct nni_text *text, const nn_layer *layer)
{
    double activation = 0;
    const char *kind = nn_layer_kind(layer);
    nni_text_append(text, kind, strlen(kind));
    const struct nni_layer_type *type = layer->type;
    for (int32_t i = 0; i < type->option_count; i++)
        if (strcmp(type->options[i].name, "activation") == 0 &&
            nn_layer_option(layer, "activation", &activation) == NN_OK)
            nni_text_format(text, " %s", nn_activation_name((int32_t)activation));
}

/* Pads a column that began at `start` to `width` characters, and one space. */
static void summary_pad(struct nni_text *text, size_t start, size_t width)
{
    do
        nni_text_append(text, " ", 1);
    while (text->status == NN_OK && text->length - start <= width);
}

static int64_t summary_parameters(const nn_model *model, const struct nni_node *node)
{
    int64_t count = 0;
    for (int32_t p = 0; p < node->infer.parameter_count; p++)
        count += model->parameters[node->first_parameter + p].count;
    return count;
}

static void summary_node(struct nni_text *text, const nn_model *model, int32_t i)
{
    const struct nni_node *node = &model->nodes[i];
    size_t start = text->length;
    nni_text_format(text, "%d", (int)i);
    summary_pad(text, start, 4);
    start = text->length;
    nni_text_format(text, "%s", node->layer->name);
    summary_pad(text, start, 18);
    start = text->length;
    summary_kind(text, node->layer);
    summary_pad(text, start, 20);
    start = text->length;
    nni_text_format(text, "%s", nni_shape_text(&node->infer.output).text);
    summary_pad(text, start, 16);
    start = text->length;
    nni_text_format(text, "%lld", (long long)summary_parameters(model, node));
    summary_pad(text, start, 12);
    for (int32_t k = 0; k < node->input_count; k++)
        nni_text_format(text, "%s%d", k == 0 ? "" : ", ", (int)node->inputs[k]);
    nni_text_format(text, "%s\n", node->layer->frozen ? " (frozen)" : "");
}

/* What a training pass of one sample takes. */
static nn_status summary_memory(struct nni_text *text, const nn_model *model)
{
    struct nni_plan *plan;
    struct nni_plan_options options = {.rows = 1, .training = 1};
    NNI_TRY(nni_plan_create(model, &options, &plan));
    nni_text_format(
        text,
        "%lld parameters in %d tensors, %lld bytes; training with a batch of one "
        "takes %lld bytes beside gradients and optimizer\n",
        (long long)model->weight_count, (int)model->parameter_count,
        (long long)model->span * (long long)sizeof(float),
        (long long)nni_plan_bytes(plan));
    nni_plan_destroy(plan);
    return NN_OK;
}

nn_status nn_model_summary(nn_model *model, char *buffer, size_t capacity, size_t *length)
{
    NNI_TRY(summary_start(model, "nn_model_summary", buffer, capacity, length));
    struct nni_text text;
    nni_text_init(&text, model->handle.context);
    nni_text_format(&text, "%-5s%-19s%-21s%-17s%-13s%s\n", "node", "name", "layer",
                    "output", "parameters", "inputs");
    for (int32_t i = 0; i < model->node_count; i++)
        summary_node(&text, model, i);
    nn_status status = summary_memory(&text, model);
    if (status != NN_OK) {
        nni_text_release(&text);
        return status;
    }
    return summary_deliver(&text, buffer, capacity, length);
}

nn_status nn_model_dot(nn_model *model, char *buffer, size_t capacity, size_t *length)
{
    NNI_TRY(summary_start(model, "nn_model_dot", buffer, capacity, length));
    struct nni_text text;
    nni_text_init(&text, model->handle.context);
    nni_text_format(&text, "digraph model {\n    node [shape=box];\n");
    for (int32_t i = 0; i < model->node_count; i++) {
        const struct nni_node *node = &model->nodes[i];
        nni_text_format(&text, "    n%d [label=\"%s\\n", (int)i, node->layer->name);
        summary_kind(&text, node->layer);
        nni_text_format(&text, "\\n%s\"];\n", nni_shape_text(&node->infer.output).text);
        for (int32_t k = 0; k < node->input_count; k++)
            nni_text_format(&text, "    n%d -> n%d;\n", (int)node->inputs[k], (int)i);
    }
    for (int32_t i = 0; i < nn_model_output_count(model); i++)
        nni_text_format(&text, "    n%d [peripheries=2];\n",
                        (int)nn_model_output_node(model, i));
    nni_text_format(&text, "}\n");
    return summary_deliver(&text, buffer, capacity, length);
}
