/* Checkpoints as users meet them: saving and resuming by path, and the keeper that saves
 * every so many steps of a run. */
#include "io/checkpoint.h"

#include "base/float_env.h"
#include "base/memory.h"

#include <string.h>

/* ---- saving ---- */

struct checkpoint_target {
    const nn_context *context;
    const char *who, *path;
};

static nn_status checkpoint_body(struct nni_writer *writer, void *data)
{
    return nni_storer_write(data, writer);
}

static nn_status checkpoint_put(const struct nni_storer *storer, void *data)
{
    const struct checkpoint_target *target = data;
    return nni_save_file(target->context, target->who, target->path, checkpoint_body,
                         (void *)(uintptr_t)storer);
}

static nn_status checkpoint_send(const struct nni_storer *storer, void *writer)
{
    return nni_storer_write(storer, writer);
}

static nn_status checkpoint_save(nn_trainer *trainer, const char *who, const char *path)
{
    struct checkpoint_target target = {trainer->handle.context, who, path};
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = nni_checkpoint_write(trainer, checkpoint_put, &target);
    nni_float_env_leave(env);
    return status;
}

static nn_status checkpoint_may_save(const nn_trainer *trainer, const char *who)
{
    NNI_NOT_NULL_HANDLE(who, trainer);
    if (trainer->running && trainer->phase == NNI_PHASE_BACKWARD) {
        return nni_fail(NN_ERROR_STATE,
                        "%s: not from a gradient hook, in the middle of a step", who);
    }
    return NN_OK;
}

nn_status nn_trainer_save(nn_trainer *trainer, const char *path)
{
    static const char who[] = "nn_trainer_save";
    NNI_TRY(checkpoint_may_save(trainer, who));
    NNI_NOT_NULL(who, path);
    return checkpoint_save(trainer, who, path);
}

nn_status nn_trainer_save_to(nn_trainer *trainer,
                             int64_t (*write)(void *user, const void *bytes, size_t size),
                             void *user)
{
    static const char who[] = "nn_trainer_save_to";
    struct nni_writer writer;
    NNI_TRY(checkpoint_may_save(trainer, who));
    NNI_NOT_NULL(who, write);
    nni_writer_to_callback(&writer, write, user);
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = nni_checkpoint_write(trainer, checkpoint_send, &writer);
    nni_float_env_leave(env);
    return status;
}

/* ---- resuming ---- */

/* Reads a checkpoint and closes the reader. */
static nn_status checkpoint_resume(nn_trainer *trainer, struct nni_reader *reader,
                                   const char *who)
{
    struct nni_safetensors file;
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = nni_safetensors_open(&file, reader);
    if (status == NN_OK) {
        status = nni_checkpoint_restore(trainer, &file, who);
        nni_safetensors_close(&file);
    }
    nni_float_env_leave(env);
    nni_reader_close(reader);
    return status;
}

nn_status nn_trainer_resume(nn_trainer *trainer, const char *path)
{
    static const char who[] = "nn_trainer_resume";
    struct nni_reader reader;
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_TRY(nni_reader_open(&reader, trainer->handle.context, who, path));
    return checkpoint_resume(trainer, &reader, who);
}

nn_status nn_trainer_resume_from(nn_trainer *trainer,
                                 int64_t (*read)(void *user, void *bytes, size_t size),
                                 void *user)
{
    static const char who[] = "nn_trainer_resume_from";
    struct nni_reader reader;
    NNI_TRY(nni_trainer_check(trainer, who));
    NNI_NOT_NULL(who, read);
    nni_reader_from_callback(&reader, trainer->handle.context, read, user);
    return checkpoint_resume(trainer, &reader, who);
}

/* ---- every so many steps ---- */

static nn_status checkpoint_keep(void *path, nn_trainer *trainer)
{
    return checkpoint_save(trainer, "nn_trainer_fit", path);
}

static void checkpoint_release(const nn_context *context, void *path)
{
    nni_free(context, path);
}

nn_status nn_trainer_set_checkpoint(nn_trainer *trainer, const char *path, int64_t every)
{
    static const char who[] = "nn_trainer_set_checkpoint";
    NNI_TRY(nni_trainer_check(trainer, who));
    if (every < 0) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: every must be at least 0, got %lld", who,
                        (long long)every);
    }
    const nn_context *context = trainer->handle.context;
    struct nni_keeper keeper = {0};
    if (every > 0) {
        NNI_NOT_NULL(who, path);
        size_t size = strlen(path) + 1;
        char *copy = nni_alloc(context, size, 1);
        if (copy == NULL) {
            return nn_last_status();
        }
        memcpy(copy, path, size);
        keeper = (struct nni_keeper){checkpoint_keep, checkpoint_release, copy, every};
    }
    if (trainer->keeper.release != NULL) {
        trainer->keeper.release(context, trainer->keeper.user);
    }
    trainer->keeper = keeper;
    return NN_OK;
}
