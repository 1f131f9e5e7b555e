/* Sessions: a snapshot of the parameters and a plan without backward. Samples run in
 * blocks of the plan's rows. */
#include "base/float_env.h"
#include "base/memory.h"
#include "model/plan.h"

#include <nn/session.h>

#include <string.h>

enum {
    SESSION_ROWS = 256 /* unless the caller says otherwise */
};

/* An input or an output of the model, as each block needs it. */
struct session_port {
    size_t row_bytes;
    const struct nni_call *call; /* of its node: where the plan has its values */
};

struct nn_session {
    struct nni_handle handle;
    nn_model *model; /* retained */
    struct nni_plan *plan;
    float *weights;             /* the snapshot */
    const void **inputs;        /* of the block at hand */
    struct session_port *ports; /* input_count inputs, then output_count outputs */
    int32_t input_count, output_count;
};

static void session_destroy(void *handle)
{
    nn_session *session = handle;
    nni_plan_destroy(session->plan);
    nni_free(session->handle.context, session->weights);
    nni_free(session->handle.context, (void *)session->inputs);
    nni_free(session->handle.context, session->ports);
    nni_handle_release(session->model);
}

static void session_set_port(nn_session *session, int32_t port, nn_node node)
{
    const struct nni_shape *shape = &session->model->nodes[node].infer.output;
    session->ports[port] = (struct session_port){(size_t)nni_shape_count(shape) *
                                                     nn_dtype_size(shape->dtype),
                                                 &session->plan->nodes[node].call};
}

static nn_status session_fill(nn_session *session, nn_model *model, int64_t rows)
{
    const nn_context *context = session->handle.context;
    struct nni_plan_options options = {.rows = rows};
    int32_t inputs = model->input_count, outputs = nn_model_output_count(model);
    session->model = nni_handle_retain(model);
    session->input_count = inputs;
    session->output_count = outputs;
    session->weights = nni_alloc(context, (size_t)model->span, sizeof(float));
    session->inputs = nni_alloc(context, (size_t)inputs, sizeof *session->inputs);
    session->ports =
        nni_alloc(context, (size_t)inputs + (size_t)outputs, sizeof *session->ports);
    if (session->weights == NULL || session->inputs == NULL || session->ports == NULL)
        return nn_last_status();
    memcpy(session->weights, model->weights, (size_t)model->span * sizeof(float));
    NNI_TRY(nni_plan_create(model, &options, &session->plan));
    NNI_TRY(nni_plan_allocate(session->plan, session->weights, NULL));
    for (int32_t i = 0; i < inputs; i++)
        session_set_port(session, i, model->inputs[i]);
    for (int32_t i = 0; i < outputs; i++)
        session_set_port(session, inputs + i, nn_model_output_node(model, i));
    return NN_OK;
}

nn_session *nn_session_create(nn_model *model, int64_t block_rows)
{
    if (nni_model_check(model, "nn_session_create") != NN_OK)
        return NULL;
    if (block_rows < 0) {
        nni_fail(NN_ERROR_SIZE,
                 "nn_session_create: block_rows must be at least 0, got %lld",
                 (long long)block_rows);
        return NULL;
    }
    if (nn_model_build(model) != NN_OK)
        return NULL;
    nn_session *session =
        nni_handle_create(model->handle.context, sizeof *session, session_destroy);
    if (session == NULL)
        return NULL;
    if (session_fill(session, model, block_rows == 0 ? SESSION_ROWS : block_rows) !=
        NN_OK) {
        nn_session_destroy(session);
        return NULL;
    }
    return session;
}

void nn_session_destroy(nn_session *session)
{
    nni_handle_release(session);
}

nn_status nn_session_refresh(nn_session *session)
{
    NNI_NOT_NULL_HANDLE("nn_session_refresh", session);
    memcpy(session->weights, session->model->weights,
           (size_t)session->model->span * sizeof(float));
    return NN_OK;
}

uint64_t nn_session_memory(const nn_session *session)
{
    if (session == NULL)
        return 0;
    return (uint64_t)nni_plan_bytes(session->plan) +
           (uint64_t)session->model->span * sizeof(float);
}

static nn_status session_check(const nn_session *session, const void *const *inputs,
                               int64_t rows, void *const *outputs)
{
    static const char who[] = "nn_session_run";
    NNI_NOT_NULL_HANDLE(who, session);
    NNI_NOT_NULL(who, inputs);
    NNI_NOT_NULL(who, outputs);
    if (rows < 0)
        return nni_fail(NN_ERROR_SIZE, "%s: rows must be at least 0, got %lld", who,
                        (long long)rows);
    for (int32_t i = 0; rows > 0 && i < session->input_count; i++)
        if (inputs[i] == NULL)
            return nni_fail(NN_ERROR_NULL, "%s: inputs[%d] is NULL", who, (int)i);
    for (int32_t i = 0; rows > 0 && i < session->output_count; i++)
        if (outputs[i] == NULL)
            return nni_fail(NN_ERROR_NULL, "%s: outputs[%d] is NULL", who, (int)i);
    return NN_OK;
}

/* Rows first ... first + rows - 1, at most the plan's. */
static nn_status session_block(nn_session *session, const void *const *inputs,
                               int64_t first, int64_t rows, void *const *outputs)
{
    const struct session_port *port = session->ports;
    for (int32_t i = 0; i < session->input_count; i++, port++)
        session->inputs[i] =
            (const unsigned char *)inputs[i] + (size_t)first * port->row_bytes;
    struct nni_run run = {.rows = rows};
    NNI_TRY(nni_plan_forward(session->plan, &run, session->inputs));
    for (int32_t i = 0; i < session->output_count; i++, port++)
        memcpy((unsigned char *)outputs[i] + (size_t)first * port->row_bytes,
               port->call->output, (size_t)rows * port->row_bytes);
    return NN_OK;
}

nn_status nn_session_run(nn_session *session, const void *const *inputs, int64_t rows,
                         void *const *outputs)
{
    NNI_TRY(session_check(session, inputs, rows, outputs));
    int64_t block = session->plan->options.rows;
    nn_status status = NN_OK;
    struct nni_float_env env = nni_float_env_enter();
    for (int64_t first = 0; status == NN_OK && first < rows; first += block)
        status =
            session_block(session, inputs, first, nni_min(block, rows - first), outputs);
    nni_float_env_leave(env);
    return status;
}
