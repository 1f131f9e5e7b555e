/* Checkpoints whose text of the trainer is JSON of the wrong kind. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/files.h"
#include "support/job.h"
#include "support/training.h"

#include <stdlib.h>
#include <string.h>

/* Where a text begins, at or after a place in a file. */
static const char *find(const struct stream *file, const char *place, const char *text)
{
    const char *end = file->bytes + file->size;
    const size_t length = strlen(text);
    while ((size_t)(end - place) >= length && memcmp(place, text, length) != 0)
        place++;
    assert_true((size_t)(end - place) >= length);
    return place;
}

/* The file with other bytes in the place of `from` to before `end`, and a header as much
 * longer or shorter. */
static struct stream changed(const struct stream *file, const char *from, const char *end,
                             const char *to)
{
    const char *first = find(file, file->bytes, from), *rest = find(file, first, end);
    const size_t before = (size_t)(first - file->bytes), length = strlen(to);
    const size_t after = file->size - (size_t)(rest - file->bytes);
    struct stream result = {.size = before + length + after, .portion = SIZE_MAX};
    uint64_t header;
    result.bytes = malloc(result.size);
    assert_non_null(result.bytes);
    memcpy(result.bytes, file->bytes, before);
    memcpy(result.bytes + before, to, length);
    memcpy(result.bytes + before + length, rest, after);
    memcpy(&header, file->bytes, sizeof header);
    header = header + result.size - file->size;
    memcpy(result.bytes, &header, sizeof header);
    return result;
}

static void assert_refused(const struct job *job, const char *from, const char *end,
                           const char *to, const char *message)
{
    struct job other;
    struct stream file = {.portion = SIZE_MAX};
    assert_ok(nn_trainer_save_to(job->trainer, stream_write, &file));
    struct stream bad = changed(&file, from, end, to);
    job_begin(&other, "adam");
    assert_int_equal(nn_trainer_resume_from(other.trainer, stream_read, &bad),
                     NN_ERROR_FORMAT);
    assert_non_null(strstr(nn_last_error(), message));
    job_end(&other);
    stream_release(&file);
    stream_release(&bad);
}

static void a_text_that_is_no_object_is_refused(void **state)
{
    (void)state;
    static const char from[] = "\"nn.trainer\":\"", end[] = "\"},";
    struct job job;
    job_begin(&job, "adam");
    assert_refused(&job, from, end, "\"nn.trainer\":\"5", "a number, expected an object");
    assert_refused(&job, from, end, "\"nn.trainer\":\"[[1],2]", "an array, expected");
    assert_refused(&job, from, end, "\"nn.trainer\":\"null", "expected an object");
    assert_refused(&job, from, end, "\"nn.trainer\":\"\\\"a\\\"", "a string, expected");
    assert_refused(&job, from, end, "\"nn.trainer\":\"{}", "'version' is missing");
    job_end(&job);
}

static void an_optimizer_that_is_no_object_is_refused(void **state)
{
    (void)state;
    static const char from[] = "optimizer\\\":", end[] = ",\\n\\\"losses";
    struct job job;
    job_begin(&job, "adam");
    assert_refused(&job, from, end, "optimizer\\\":5", "a number, expected an object");
    assert_refused(&job, from, end, "optimizer\\\":[]", "an array, expected an object");
    job_end(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_is_no_object_is_refused),
        cmocka_unit_test(an_optimizer_that_is_no_object_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
