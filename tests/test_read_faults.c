/* Reading files of every kind while the system's calls are interrupted, give less than was
 * asked for, or fail: what is read is the same, or a status says so and nothing is kept.
 * The calls are replaced here by ones that count and fail when told. */
#include "base/compiler.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "support/datasets.h"
#include "support/job.h"
#include "support/settings.h"
#include "support/training.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- calls that fail ---- */

static struct faults {
    int on;         /* calls are counted and may fail */
    int calls;      /* that were made */
    int fail_at;    /* the number of the call that fails, from 1 */
    int error;      /* with this errno */
    size_t portion; /* that one read gives at most; 0: all */
} faults;

/* 1 where this call fails; errno is set. */
static int fails(void)
{
    if (!faults.on || ++faults.calls != faults.fail_at)
        return 0;
    errno = faults.error;
    return 1;
}

/* Without a mode: nothing here makes a file by it. */
int open(const char *path, int flags, ...)
{
    return fails() ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);
}

ssize_t pread(int descriptor, void *bytes, size_t size, off_t offset)
{
    if (fails())
        return -1;
    if (faults.on && faults.portion > 0 && faults.portion < size)
        size = faults.portion;
    return syscall(SYS_pread64, descriptor, bytes, size, offset);
}

/* ---- what is read ---- */

/* Each reads the file, adds what it holds to the hash, and returns the status. */

static nn_status read_model(nn_context *context, const char *path, uint64_t *hash)
{
    nn_model *model = nn_model_load(context, path);
    const nn_status status = model == NULL ? nn_last_status() : NN_OK;
    *hash = model == NULL ? 0 : parameter_hash(model);
    nn_model_destroy(model);
    return status;
}

static nn_status read_weights(nn_context *context, const char *path, uint64_t *hash)
{
    nn_model *model = stack_network(context);
    assert_ok(nn_model_build(model));
    const uint64_t before = parameter_hash(model);
    const nn_status status = nn_model_load_weights(model, path, 0);
    *hash = parameter_hash(model);
    assert_true(status == NN_OK || *hash == before);
    nn_model_destroy(model);
    return status;
}

static nn_status read_checkpoint(nn_context *context, const char *path, uint64_t *hash)
{
    struct job job;
    (void)context; /* a job has its own */
    job_begin(&job, "adam");
    const nn_status status = nn_trainer_resume(job.trainer, path);
    const int64_t steps = nn_trainer_step_count(job.trainer);
    *hash = hash_bytes(parameter_hash(job.model), &steps, sizeof steps);
    assert_int_equal(steps, status == NN_OK ? JOB_GOLDEN_STEP : 0);
    job_end(&job);
    return status;
}

static nn_status read_csv(nn_context *context, const char *path, uint64_t *hash)
{
    const int64_t shape[] = {2, 2};
    nn_csv *csv = nn_csv_create(context);
    nn_tensor *inputs = nn_tensor_create(context, NN_FLOAT32, shape, 2);
    nn_dataset *samples = nn_csv_read(csv, path);
    const nn_status status = samples == NULL ? nn_last_status() : NN_OK;
    if (samples != NULL)
        assert_ok(nn_dataset_read_input(samples, 0, 0, inputs));
    *hash = hash_tensor(HASH_START, inputs);
    nn_dataset_destroy(samples);
    nn_tensor_destroy(inputs);
    nn_csv_destroy(csv);
    return status;
}

static nn_status hash_read(nn_tensor *tensor, uint64_t *hash)
{
    const nn_status status = tensor == NULL ? nn_last_status() : NN_OK;
    *hash = tensor == NULL ? 0 : hash_tensor(HASH_START, tensor);
    nn_tensor_destroy(tensor);
    return status;
}

static nn_status read_idx(nn_context *context, const char *path, uint64_t *hash)
{
    return hash_read(nn_read_idx(context, path), hash);
}

static nn_status read_npy(nn_context *context, const char *path, uint64_t *hash)
{
    return hash_read(nn_read_npy(context, path), hash);
}

/* ---- reading with faults ---- */

static const char csv_text[] = "a,b,label\n0.5,1e3,0\n-2,4,1\n";
static const char idx_bytes[] = "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
                                "abcdef";
static const char npy_bytes[] =
    "\x93NUMPY\1\0\x76\0{'descr': '<f4', 'fortran_order': True, "
    "'shape': (1, 2), }                                                           \n"
    "\0\0\x80\x3f\0\0\0\x40";

static const struct subject {
    const char *path; /* NULL: of these bytes */
    const char *bytes;
    size_t size;
    nn_status (*read)(nn_context *context, const char *path, uint64_t *hash);
} subjects[] = {
    {"tests/golden/run.safetensors", NULL, 0, read_model},
    {"tests/golden/run.safetensors", NULL, 0, read_weights},
    {"tests/golden/run.safetensors", NULL, 0, read_checkpoint},
    {NULL, csv_text, sizeof csv_text - 1, read_csv},
    {NULL, idx_bytes, sizeof idx_bytes - 1, read_idx},
    {NULL, npy_bytes, sizeof npy_bytes - 1, read_npy},
};

/* Reads with faults, in memory that is counted: all of it comes back. */
static nn_status read_with(const struct subject *subject, const char *path,
                           struct faults wanted, uint64_t *hash)
{
    struct scarce_memory memory;
    nn_context *context = scarce_context(&memory);
    faults = wanted;
    const nn_status status = subject->read(context, path, hash);
    faults.on = 0;
    nn_context_destroy(context);
    assert_int_equal(memory.blocks, 0);
    return status;
}

static void for_every_subject(void (*body)(const struct subject *subject,
                                           const char *path, uint64_t expected))
{
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        char path[256];
        uint64_t expected;
        if (subjects[i].path == NULL)
            write_file("subject", subjects[i].bytes, subjects[i].size, path);
        else
            snprintf(path, sizeof path, "%s", subjects[i].path);
        assert_ok(read_with(&subjects[i], path, (struct faults){.on = 0}, &expected));
        body(&subjects[i], path, expected);
        if (subjects[i].path == NULL)
            remove(path);
    }
}

static void check_short(const struct subject *subject, const char *path,
                        uint64_t expected)
{
    uint64_t hash;
    for (size_t portion = 1; portion <= 7; portion += 3) {
        assert_ok(read_with(subject, path, (struct faults){.on = 1, .portion = portion},
                            &hash));
        assert_true(hash == expected);
        assert_true(faults.calls > 2);
    }
}

static void short_reads_go_on(void **state)
{
    (void)state;
    for_every_subject(check_short);
}

static void check_interrupted(const struct subject *subject, const char *path,
                              uint64_t expected)
{
    uint64_t hash;
    int n = 0;
    do {
        n++;
        assert_ok(read_with(
            subject, path,
            (struct faults){.on = 1, .fail_at = n, .error = EINTR, .portion = 300},
            &hash));
        assert_true(hash == expected);
    } while (faults.calls >= n);
    assert_true(n > 2);
}

static void interrupted_calls_are_repeated(void **state)
{
    (void)state;
    for_every_subject(check_interrupted);
}

static void check_failing(const struct subject *subject, const char *path,
                          uint64_t expected)
{
    uint64_t hash;
    nn_status status;
    int n = 0;
    do {
        n++;
        status = read_with(
            subject, path,
            (struct faults){.on = 1, .fail_at = n, .error = EIO, .portion = 300}, &hash);
        assert_int_equal(status, faults.calls >= n ? NN_ERROR_IO : NN_OK);
        if (status != NN_OK)
            assert_failure(NN_ERROR_IO, "an input/output error");
        else
            assert_true(hash == expected);
    } while (status != NN_OK);
    assert_true(n > 2);
}

static void failing_calls_are_told(void **state)
{
    (void)state;
    for_every_subject(check_failing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_reads_go_on),
        cmocka_unit_test(interrupted_calls_are_repeated),
        cmocka_unit_test(failing_calls_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
