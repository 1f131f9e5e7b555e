/* Files of models and of trainers. */
#include "api.h"

#include <string.h>

enum { FILE_SIZE = 1 << 16 };

struct stream {
    unsigned char bytes[FILE_SIZE];
    size_t length, at;
};

static int64_t write_stream(void *user, const void *bytes, size_t size)
{
    struct stream *stream = user;
    size = size < 1000 ? size : 1000;
    if (stream->length + size > FILE_SIZE)
        return -1;
    memcpy(stream->bytes + stream->length, bytes, size);
    stream->length += size;
    return (int64_t)size;
}

static int64_t read_stream(void *user, void *bytes, size_t size)
{
    struct stream *stream = user;
    const size_t left = stream->length - stream->at;
    size = size < left ? size : left;
    memcpy(bytes, stream->bytes + stream->at, size);
    stream->at += size;
    return (int64_t)size;
}

static int took_model(struct world *w, nn_model *model)
{
    for (int32_t i = 0; i < nn_model_parameter_count(model); i++)
        note_tensor(w, nn_model_parameter(model, i));
    nn_model_destroy(model);
    return model != NULL;
}

/* ---- models ---- */

static int save_model(struct world *w)
{
    return nn_model_save(w->model, w->files->model) == NN_OK;
}

static int load_model(struct world *w)
{
    return save_model(w) && took_model(w, nn_model_load(w->context, w->files->model));
}

static int model_in_memory(struct world *w)
{
    static unsigned char bytes[FILE_SIZE];
    size_t length;
    if (nn_model_save_memory(w->model, bytes, sizeof bytes, &length) != NN_OK)
        return 0;
    note_bytes(w, bytes, length);
    return took_model(w, nn_model_load_memory(w->context, bytes, length));
}

static int model_through_callbacks(struct world *w)
{
    static struct stream stream;
    memset(&stream, 0, sizeof stream);
    if (nn_model_save_to(w->model, write_stream, &stream) != NN_OK)
        return 0;
    note_bytes(w, stream.bytes, stream.length);
    return took_model(w, nn_model_load_from(w->context, read_stream, &stream));
}

static int weights_in_a_file(struct world *w)
{
    return nn_model_save_weights(w->model, w->files->model) == NN_OK &&
           nn_model_load_weights(w->model, w->files->model, 0) == NN_OK;
}

static int weights_in_memory(struct world *w)
{
    static unsigned char bytes[FILE_SIZE];
    size_t length;
    return nn_model_save_memory(w->model, bytes, sizeof bytes, &length) == NN_OK &&
           nn_model_load_weights_memory(w->model, bytes, length, 0) == NN_OK;
}

static int name_classes(struct world *w)
{
    static const char *const names[] = {"a", "b", "c", "d"};
    int named = nn_model_set_class_names(w->model, 0, names, 4) == NN_OK;
    note_text(w, named ? nn_model_class_name(w->model, 0, 2) : NULL);
    note_number(w, named ? nn_model_class_count(w->model, 0) : 0);
    return named;
}

/* ---- trainers ---- */

static int checkpoint_in_a_file(struct world *w)
{
    return nn_trainer_save(w->trainer, w->files->model) == NN_OK &&
           nn_trainer_resume(w->trainer, w->files->model) == NN_OK;
}

static int checkpoint_through_callbacks(struct world *w)
{
    static struct stream stream;
    memset(&stream, 0, sizeof stream);
    if (nn_trainer_save_to(w->trainer, write_stream, &stream) != NN_OK)
        return 0;
    note_bytes(w, stream.bytes, stream.length);
    return nn_trainer_resume_from(w->trainer, read_stream, &stream) == NN_OK;
}

static int set_checkpoint(struct world *w)
{
    return nn_trainer_set_checkpoint(w->trainer, w->files->model, 5) == NN_OK;
}

const struct api_row api_file_rows[] = {
    {"nn_model_save", save_model, 1},
    {"nn_model_load", load_model, 1},
    {"nn_model_save_memory nn_model_load_memory", model_in_memory, 1},
    {"nn_model_save_to nn_model_load_from", model_through_callbacks, 1},
    {"nn_model_save_weights nn_model_load_weights", weights_in_a_file, 1},
    {"nn_model_load_weights_memory", weights_in_memory, 1},
    {"nn_model_set_class_names nn_model_class_name nn_model_class_count", name_classes,
     1},
    {"nn_trainer_save nn_trainer_resume", checkpoint_in_a_file, 1},
    {"nn_trainer_save_to nn_trainer_resume_from", checkpoint_through_callbacks, 1},
    {"nn_trainer_set_checkpoint", set_checkpoint, 1},
    {NULL, NULL, 0},
};
