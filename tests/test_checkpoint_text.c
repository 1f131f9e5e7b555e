/* Checkpoints whose text of the trainer is JSON, but not a trainer's, and counters that no
 * run has come to. */
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
    const char *text = find(file, file->bytes, "nn.trainer") - 1;
    const char *first = find(file, text, from), *rest = find(file, first, end);
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

static void values_that_no_trainer_has_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *from, *end, *to, *message;
    } cases[] = {
        {"version\\\":1", ",\\n\\\"optimizer", "version\\\":2",
         "checkpoints of version 2 are not known here, only of 1"},
        {"steps\\\":", ",\\\"options", "steps\\\":-1", "steps is out of range"},
        {"steps\\\":", ",\\\"options", "steps\\\":9223372036854775807",
         "steps is out of range"},
        {"beta1\\\":", ",\\\"beta2", "beta1\\\":1", "beta1 is out of range"},
        {"beta1\\\":", ",\\\"beta2", "beta1\\\":1e999", "beta1"},
        {"losses\\\":[", "],\\n\\\"metrics", "losses\\\":[7", "a name must be a string"},
        {"history\\\":[", "],\\n\\\"monitor", "history\\\":[7",
         "a name must be a string"},
        {"history\\\":[", "],\\n\\\"monitor", "history\\\":[\\\"loss\\\",\\\"loss\\\"",
         "the name is there twice"},
        {"monitor\\\":", ",\\n\\\"epoch",
         "monitor\\\":\\\"a name that is longer than any in a history, so long that it "
         "has "
         "no place in a trainer, nor in the header of a column, for it goes on and on "
         "and "
         "on\\\"",
         "the name is too long"},
        {"seed\\\":\\\"", "\\\",\\n\\\"shuffle", "seed\\\":\\\"1x",
         "no number of 64 bits"},
        {"schedule.factor\\\":", ",\\n\\\"schedule.minimum", "schedule.factor\\\":3",
         "do not go together"},
        {"schedule.factor\\\":", ",\\n\\\"schedule.minimum", "schedule.factor\\\":0",
         "do not go together"},
        {"epoch\\\":", ",\\n\\\"step\\\"", "epoch\\\":-1", "epoch"},
    };
    struct job job;
    job_begin(&job, "adam");
    job.stop_after = 7;
    job_fit(&job);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(&job, cases[i].from, cases[i].end, cases[i].to, cases[i].message);
    job_end(&job);
}

/* ---- counters ---- */

/* In the second epoch. */
static int32_t saves_and_stops(void *file, nn_trainer *trainer)
{
    if (nn_trainer_step_count(trainer) != 7)
        return 0;
    assert_ok(nn_trainer_save_to(trainer, stream_write, file));
    return 1;
}

static struct stream stopped_job(void)
{
    struct job job;
    struct stream file = {.portion = SIZE_MAX};
    job_begin(&job, "adam");
    assert_ok(nn_trainer_set_step_hook(job.trainer, saves_and_stops, &file));
    job_fit(&job);
    job_end(&job);
    return file;
}

/* Goes on from that with another text in it. */
static void finish_changed(struct job *job, const char *from, const char *end,
                           const char *to)
{
    struct stream file = stopped_job(), text = changed(&file, from, end, to);
    job_begin(job, "adam");
    assert_ok(nn_trainer_resume_from(job->trainer, stream_read, &text));
    job_fit(job);
    stream_release(&file);
    stream_release(&text);
}

static void a_schedule_that_has_waited_for_ever_waits_no_longer(void **state)
{
    (void)state;
    struct job job;
    finish_changed(&job, "schedule.best\\\":", ",\\n\\\"schedule.seen",
                   "schedule.best\\\":-1,\\n\\\"schedule.waited\\\":2147483647");
    assert_true(history_at(job.trainer, "rate", 2) ==
                history_at(job.trainer, "rate", 1) / 2);
    job_end(&job);
}

static void early_stopping_that_has_waited_for_ever_stops(void **state)
{
    (void)state;
    struct job job;
    finish_changed(&job, "stopping.reference\\\":", ",\\n\\\"run.going",
                   "stopping.reference\\\":-1,\\n\\\"stopping.waited\\\":2147483647");
    assert_int_equal(nn_trainer_stop_reason(job.trainer), NN_STOP_EARLY);
    assert_int_equal(nn_trainer_epoch(job.trainer), 2);
    job_end(&job);
}

/* The counters of the metrics in a file. */
static char *counts_in(const struct stream *file)
{
    const char *name = find(file, file->bytes, "\"trainer/counts\"");
    const char *range = find(file, name, "data_offsets");
    const char *offset = strchr(range, '[') + 1;
    uint64_t header;
    memcpy(&header, file->bytes, sizeof header);
    return file->bytes + sizeof header + header + strtoull(offset, NULL, 10);
}

static void counters_out_of_range_are_refused(void **state)
{
    (void)state;
    static const int64_t values[] = {-1, INT64_MIN, INT64_MAX, (INT64_C(1) << 53) + 1};
    struct stream file = stopped_job();
    struct job job;
    job_begin(&job, "adam");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        memcpy(counts_in(&file) + sizeof *values, &values[i], sizeof *values);
        file.at = 0;
        assert_int_equal(nn_trainer_resume_from(job.trainer, stream_read, &file),
                         NN_ERROR_FORMAT);
        assert_non_null(
            strstr(nn_last_error(), "trainer/counts: element 1 is out of range"));
    }
    stream_release(&file);
    job_end(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_that_is_no_object_is_refused),
        cmocka_unit_test(an_optimizer_that_is_no_object_is_refused),
        cmocka_unit_test(values_that_no_trainer_has_are_refused),
        cmocka_unit_test(a_schedule_that_has_waited_for_ever_waits_no_longer),
        cmocka_unit_test(early_stopping_that_has_waited_for_ever_stops),
        cmocka_unit_test(counters_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
