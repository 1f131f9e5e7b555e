#define _POSIX_C_SOURCE 200809L /* mkdtemp */

/* The parent forks a process that trains, saving after every step, kills it after a random
 * time, and forks the next one, which goes on from the file. A process that was killed in
 * the middle of a save leaves the file that it was writing beside the path. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "killed_run.h"

#include "bits.h"
#include "training.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    SAMPLES = 60,
    BATCH = 4,
    STEPS_PER_EPOCH = SAMPLES / BATCH,
    KILL_WITHIN = 30000, /* microseconds */
    STEPS_PER_KILL = 8
};

struct paths {
    char folder[256], file[300], beside[320];
};

static void make_paths(struct paths *paths)
{
    const char *folder = getenv("TMPDIR");
    snprintf(paths->folder, sizeof paths->folder, "%s/nn_killed_XXXXXX",
             folder == NULL ? "/tmp" : folder);
    assert_non_null(mkdtemp(paths->folder));
    snprintf(paths->file, sizeof paths->file, "%s/run", paths->folder);
    snprintf(paths->beside, sizeof paths->beside, "%s.tmp", paths->file);
}

static int exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The hash of the parameters at the end of the run; path: NULL for no checkpoints. 0 where
 * anything fails: no assertion, as this also runs in a forked process. */
static uint64_t train(const char *path, int32_t epochs)
{
    uint64_t hash = 0;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, SAMPLES, 5);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_softmax_cross_entropy(NULL), nn_adam(NULL, 0.01f));
    nn_status status = nn_trainer_set_batch_size(trainer, BATCH);
    if (status == NN_OK && path != NULL)
        status = nn_trainer_set_checkpoint(trainer, path, 1);
    if (status == NN_OK && path != NULL && exists(path))
        status = nn_trainer_resume(trainer, path);
    if (status == NN_OK)
        status = nn_trainer_fit(trainer, samples, NULL, epochs);
    if (status == NN_OK)
        hash = parameter_hash(model);
    else
        fprintf(stderr, "%s\n", nn_last_error());
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
    return hash;
}

/* Starts a process that trains; what it computes can be read from *result. */
static pid_t start(const struct paths *paths, int32_t epochs, int *result)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t process = fork();
    assert_true(process >= 0);
    if (process == 0) {
        uint64_t hash = train(paths->file, epochs);
        _exit(write(ends[1], &hash, sizeof hash) == (ssize_t)sizeof hash && hash != 0
                  ? 0
                  : 1);
    }
    close(ends[1]);
    *result = ends[0];
    return process;
}

static void wait_for(uint32_t microseconds)
{
    struct timespec time = {microseconds / 1000000,
                            (long)(microseconds % 1000000) * 1000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        continue;
}

/* Lets a process run, for ever or until it is killed. 1 where it came to its end. */
static int let_run(const struct paths *paths, int32_t epochs, uint32_t microseconds,
                   uint64_t *hash)
{
    int result, status;
    pid_t process = start(paths, epochs, &result);
    if (microseconds > 0) {
        wait_for(microseconds);
        kill(process, SIGKILL);
    }
    assert_int_equal(waitpid(process, &status, 0), process);
    int ended = WIFEXITED(status);
    if (ended) {
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(read(result, hash, sizeof *hash), sizeof *hash);
    }
    close(result);
    return ended;
}

void run_and_kill(struct killed_run *run)
{
    struct paths paths;
    uint32_t state = 2463534242u;
    uint64_t hash = 0;
    int32_t epochs = run->kills * STEPS_PER_KILL / STEPS_PER_EPOCH + 1;
    make_paths(&paths);
    run->killed = run->killed_in_save = 0;
    while (run->killed < run->kills || run->killed_in_save < run->saves) {
        if (let_run(&paths, epochs, 1 + next_word(&state) % KILL_WITHIN, &hash)) {
            remove(paths.file); /* it was over before its time: once more */
            continue;
        }
        run->killed++;
        run->killed_in_save += exists(paths.beside);
    }
    assert_true(let_run(&paths, epochs, 0, &hash));
    assert_int_equal(hash, train(NULL, epochs));
    assert_false(exists(paths.beside));
    remove(paths.file);
    rmdir(paths.folder);
}
