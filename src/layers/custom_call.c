/* What a custom layer's callbacks may ask and say: the functions nn_call_... . In
 * infer they record the answer, after checking it; in forward and backward they hand
 * out memory, and of that only what the layer has declared to read. */
#include "layers/custom_call.h"

#include <string.h>

/* Remembers the first failure, so that one the callback overlooks ends infer too. */
static nn_status custom_call_note(nn_call *call, nn_status status)
{
    if (call->status == NN_OK) {
        call->status = status;
    }
    return status;
}

static nn_status custom_call_check(const char *function, const nn_call *call)
{
    NNI_NOT_NULL(function, call);
    if (call->phase != NNI_CUSTOM_INFER) {
        return nni_layer_fail(call->layer, NN_ERROR_STATE, "%s works in infer only",
                              function);
    }
    return NN_OK;
}

int32_t nn_call_input_count(const nn_call *call)
{
    return call != NULL ? call->infer->input_count : 0;
}

const int64_t *nn_call_input_shape(const nn_call *call, int32_t input, int32_t *rank)
{
    if (rank != NULL) {
        *rank = 0;
    }
    if (call == NULL || input < 0 || input >= call->infer->input_count) {
        return NULL;
    }
    if (rank != NULL) {
        *rank = call->infer->inputs[input].rank;
    }
    return call->infer->inputs[input].dim;
}

nn_status nn_call_set_output(nn_call *call, const int64_t *shape, int32_t rank)
{
    NNI_TRY(custom_call_check("nn_call_set_output", call));
    const nn_status status =
        nni_layer_shape(call->layer, shape, rank, &call->asked->output);
    call->output_set = status == NN_OK;
    return custom_call_note(call, status);
}

static nn_status custom_add_parameter(nn_call *call, const char *name,
                                      struct nni_parameter_spec *spec)
{
    const struct nni_infer *infer = call->infer;
    if (infer->parameter_count >= NNI_PARAMETERS_MAX) {
        return nni_layer_fail(call->layer, NN_ERROR_SIZE, "more than %d parameters",
                              NNI_PARAMETERS_MAX);
    }
    NNI_NOT_NULL("nn_call_add_parameter", name);
    NNI_TRY(nni_layer_check_name("nn_call_add_parameter", name));
    for (int32_t i = 0; i < infer->parameter_count; i++) {
        if (strcmp(infer->parameters[i].name, name) == 0) {
            return nni_layer_fail(call->layer, NN_ERROR_NAME, "two parameters named '%s'",
                                  name);
        }
    }
    if (spec->fan_in < 1 || spec->fan_out < 1) {
        return nni_layer_fail(call->layer, NN_ERROR_ARGUMENT,
                              "parameter '%s': fans %lld and %lld, expected at least 1",
                              name, (long long)spec->fan_in, (long long)spec->fan_out);
    }
    memcpy(spec->name, name, strlen(name) + 1);
    return nni_initializer_check("nn_call_add_parameter", spec->initializer.kind,
                                 spec->initializer.value);
}

nn_status nn_call_add_parameter(nn_call *call, const char *name, const int64_t *shape,
                                int32_t rank, int64_t fan_in, int64_t fan_out,
                                int32_t initializer, double value)
{
    NNI_TRY(custom_call_check("nn_call_add_parameter", call));
    struct nni_parameter_spec spec = {
        .fan_in = fan_in, .fan_out = fan_out, .initializer = {initializer, value}};
    nn_status status = custom_add_parameter(call, name, &spec);
    if (status == NN_OK) {
        status = nni_layer_shape(call->layer, shape, rank, &spec.shape);
    }
    if (status == NN_OK) {
        spec.initializer = nni_initializer_for(spec.initializer, NN_LINEAR);
        call->asked->parameters[call->asked->parameter_count++] = spec;
    }
    return custom_call_note(call, status);
}

nn_status nn_call_set_needs(nn_call *call, int32_t needs)
{
    NNI_TRY(custom_call_check("nn_call_set_needs", call));
    const int32_t all = NN_CUSTOM_NEEDS_INPUT | NN_CUSTOM_NEEDS_OUTPUT;
    if ((needs & ~all) != 0) {
        return custom_call_note(
            call, nni_layer_fail(call->layer, NN_ERROR_ARGUMENT,
                                 "nn_call_set_needs: needs is %d, expected 0 ... %d",
                                 needs, all));
    }
    call->asked->needs =
        ((needs & NN_CUSTOM_NEEDS_INPUT) != 0 ? (uint32_t)NNI_NEEDS_INPUT : 0u) |
        ((needs & NN_CUSTOM_NEEDS_OUTPUT) != 0 ? (uint32_t)NNI_NEEDS_OUTPUT : 0u);
    return NN_OK;
}

/* 1 in forward, and in backward where the layer has declared a need. */
static int custom_call_reads(const nn_call *call, uint32_t need)
{
    if (call == NULL || call->call == NULL) {
        return 0;
    }
    return call->phase == NNI_CUSTOM_FORWARD || (call->infer->needs & need) != 0;
}

static int custom_call_has_parameter(const nn_call *call, int32_t parameter)
{
    return call != NULL && call->call != NULL && parameter >= 0 &&
           parameter < call->infer->parameter_count;
}

int64_t nn_call_rows(const nn_call *call)
{
    return call != NULL && call->call != NULL ? call->call->rows : 0;
}

int32_t nn_call_training(const nn_call *call)
{
    return call != NULL && call->call != NULL && call->call->training;
}

const float *nn_call_input(const nn_call *call, int32_t input)
{
    if (!custom_call_reads(call, NNI_NEEDS_INPUT) || input < 0 ||
        input >= call->call->input_count) {
        return NULL;
    }
    return call->call->inputs[input];
}

float *nn_call_output(nn_call *call)
{
    return custom_call_reads(call, NNI_NEEDS_OUTPUT) ? call->call->output : NULL;
}

const float *nn_call_parameter(const nn_call *call, int32_t parameter)
{
    return custom_call_has_parameter(call, parameter) ? call->call->parameters[parameter]
                                                      : NULL;
}

const float *nn_call_output_gradient(const nn_call *call)
{
    if (call == NULL || call->phase != NNI_CUSTOM_BACKWARD) {
        return NULL;
    }
    return call->call->output_gradient;
}

float *nn_call_input_gradient(nn_call *call, int32_t input)
{
    if (call == NULL || call->phase != NNI_CUSTOM_BACKWARD || input < 0 ||
        input >= call->call->input_count) {
        return NULL;
    }
    return call->call->input_gradients[input];
}

float *nn_call_parameter_gradient(nn_call *call, int32_t parameter)
{
    if (!custom_call_has_parameter(call, parameter) ||
        call->phase != NNI_CUSTOM_BACKWARD) {
        return NULL;
    }
    return call->call->parameter_gradients[parameter];
}
