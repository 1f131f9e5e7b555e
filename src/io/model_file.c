/* The public side of model files: checks, a stream from or to where the program says, and
 * the format. */
#include "io/model_file.h"

#include "base/memory.h"

#include <nn/io.h>

#include <inttypes.h>

/* ---- saving ---- */

/* Lays a model's file out, builds the model if need be. To be released also after a
 * failure. */
static nn_status model_file_lay_out(nn_model *model, int with_graph, const char *who,
                                    struct nni_storer *storer)
{
    nni_storer_init(storer, model == NULL ? NULL : model->handle.context);
    NNI_TRY(nni_model_check(model, who));
    NNI_TRY(nn_model_build(model));
    if (with_graph) {
        NNI_TRY(nni_model_store(model, storer));
    } else {
        nni_parameters_store(model, storer);
    }
    return nni_storer_finish(storer);
}

static nn_status model_file_body(struct nni_writer *writer, void *data)
{
    return nni_storer_write(data, writer);
}

static nn_status model_file_save(nn_model *model, int with_graph, const char *who,
                                 const char *path)
{
    struct nni_storer storer;
    NNI_NOT_NULL_HANDLE(who, model);
    NNI_NOT_NULL(who, path);
    nn_status status = model_file_lay_out(model, with_graph, who, &storer);
    if (status == NN_OK) {
        status =
            nni_save_file(model->handle.context, who, path, model_file_body, &storer);
    }
    nni_storer_release(&storer);
    return status;
}

nn_status nn_model_save(nn_model *model, const char *path)
{
    return model_file_save(model, 1, "nn_model_save", path);
}

nn_status nn_model_save_weights(nn_model *model, const char *path)
{
    return model_file_save(model, 0, "nn_model_save_weights", path);
}

nn_status nn_model_save_to(nn_model *model,
                           int64_t (*write)(void *user, const void *bytes, size_t size),
                           void *user)
{
    struct nni_storer storer;
    struct nni_writer writer;
    NNI_NOT_NULL_HANDLE("nn_model_save_to", model);
    NNI_NOT_NULL("nn_model_save_to", write);
    nn_status status = model_file_lay_out(model, 1, "nn_model_save_to", &storer);
    if (status == NN_OK) {
        nni_writer_to_callback(&writer, write, user);
        status = nni_storer_write(&storer, &writer);
    }
    nni_storer_release(&storer);
    return status;
}

/* Writes what has been laid out into the caller's memory, or only says its size. */
static nn_status model_file_deliver(const struct nni_storer *storer, void *buffer,
                                    size_t capacity, size_t *length)
{
    struct nni_writer writer;
    if (storer->size > SIZE_MAX) {
        return nni_fail(NN_ERROR_SIZE, "nn_model_save_memory: too large for memory");
    }
    if (buffer != NULL) {
        if (capacity < storer->size) {
            return nni_fail(NN_ERROR_SIZE,
                            "nn_model_save_memory: %" PRIu64
                            " bytes do not fit into a buffer of %" PRIu64,
                            storer->size, (uint64_t)capacity);
        }
        nni_writer_to_memory(&writer, buffer, capacity);
        NNI_TRY(nni_storer_write(storer, &writer));
    }
    *length = (size_t)storer->size;
    return NN_OK;
}

nn_status nn_model_save_memory(nn_model *model, void *buffer, size_t capacity,
                               size_t *length)
{
    struct nni_storer storer;
    NNI_NOT_NULL("nn_model_save_memory", length);
    *length = 0;
    NNI_NOT_NULL_HANDLE("nn_model_save_memory", model);
    if (buffer == NULL && capacity > 0) {
        return nni_fail(NN_ERROR_NULL, "nn_model_save_memory: buffer is NULL");
    }
    nn_status status = model_file_lay_out(model, 1, "nn_model_save_memory", &storer);
    if (status == NN_OK) {
        status = model_file_deliver(&storer, buffer, capacity, length);
    }
    nni_storer_release(&storer);
    return status;
}

/* ---- loading ---- */

/* Closes the reader. */
static nn_model *model_file_load(nn_context *context, struct nni_reader *reader)
{
    struct nni_safetensors file;
    nn_model *model = NULL;
    if (nni_safetensors_open(&file, reader) == NN_OK) {
        model = nni_model_restore(context, &file);
        nni_safetensors_close(&file);
    }
    nni_reader_close(reader);
    return model;
}

nn_model *nn_model_load(nn_context *context, const char *path)
{
    struct nni_reader reader;
    if (nni_reader_open(&reader, context, "nn_model_load", path) != NN_OK) {
        return NULL;
    }
    return model_file_load(context, &reader);
}

nn_model *nn_model_load_memory(nn_context *context, const void *bytes, size_t size)
{
    struct nni_reader reader;
    if (bytes == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_model_load_memory: bytes is NULL");
        return NULL;
    }
    nni_reader_from_memory(&reader, context, bytes, size);
    return model_file_load(context, &reader);
}

nn_model *nn_model_load_from(nn_context *context,
                             int64_t (*read)(void *user, void *bytes, size_t size),
                             void *user)
{
    struct nni_reader reader;
    if (read == NULL) {
        nni_fail(NN_ERROR_NULL, "nn_model_load_from: read is NULL");
        return NULL;
    }
    nni_reader_from_callback(&reader, context, read, user);
    return model_file_load(context, &reader);
}

/* ---- weights ---- */

static nn_status model_file_check_weights(nn_model *model, int32_t options,
                                          const char *who)
{
    NNI_TRY(nni_model_check(model, who));
    if ((options & ~(NN_WEIGHTS_PYTORCH | NN_WEIGHTS_PARTIAL)) != 0) {
        return nni_fail(NN_ERROR_ARGUMENT,
                        "%s: options is %d, expected a sum of "
                        "NN_WEIGHTS_...",
                        who, (int)options);
    }
    return nn_model_build(model);
}

/* Closes the reader. */
static nn_status model_file_load_weights(nn_model *model, struct nni_reader *reader,
                                         int32_t options)
{
    struct nni_safetensors file;
    nn_status status = nni_safetensors_open(&file, reader);
    if (status == NN_OK) {
        status = nni_weights_load(model, &file, options, reader->name.text);
        nni_safetensors_close(&file);
    }
    nni_reader_close(reader);
    return status;
}

nn_status nn_model_load_weights(nn_model *model, const char *path, int32_t options)
{
    struct nni_reader reader;
    NNI_TRY(model_file_check_weights(model, options, "nn_model_load_weights"));
    NNI_TRY(
        nni_reader_open(&reader, model->handle.context, "nn_model_load_weights", path));
    return model_file_load_weights(model, &reader, options);
}

nn_status nn_model_load_weights_memory(nn_model *model, const void *bytes, size_t size,
                                       int32_t options)
{
    struct nni_reader reader;
    NNI_TRY(model_file_check_weights(model, options, "nn_model_load_weights_memory"));
    NNI_NOT_NULL("nn_model_load_weights_memory", bytes);
    nni_reader_from_memory(&reader, model->handle.context, bytes, size);
    return model_file_load_weights(model, &reader, options);
}
