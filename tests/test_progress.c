/* Progress: which lines reach the logger, and what they say. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "train/progress.h"

#include <nn/trainer.h>

#include <math.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

/* ---- helpers ---- */

/* A logger that remembers its last line. */
struct collected {
    int lines;
    int32_t level;
    char text[1024];
};

static void collect(void *user, int32_t level, const char *text)
{
    struct collected *collected = user;
    collected->lines++;
    collected->level = level;
    snprintf(collected->text, sizeof collected->text, "%s", text);
}

struct scene {
    struct collected collected;
    nn_context *context;
    struct nni_progress progress;
    struct nni_history history;
};

/* The third of twenty epochs of 2000 samples has begun. */
static int begin(void **state)
{
    static struct scene scene;
    memset(&scene, 0, sizeof scene);
    scene.context = nn_context_create(NULL);
    const nn_logger logger = {sizeof logger, collect, &scene.collected};
    assert_int_equal(nn_context_set_logger(scene.context, &logger), NN_OK);
    scene.progress.context = scene.context;
    scene.progress.level = NN_PROGRESS_BAR;
    nni_progress_epoch(&scene.progress, 2, 20, 2000);
    nni_history_init(&scene.history, scene.context);
    *state = &scene;
    return 0;
}

static int end(void **state)
{
    struct scene *scene = *state;
    nni_history_release(&scene->history);
    nn_context_destroy(scene->context);
    return 0;
}

/* As if the epoch had begun so many seconds earlier. */
static void let_pass(struct scene *scene, double seconds)
{
    scene->progress.epoch_started -= seconds;
    scene->progress.last_shown -= seconds;
}

static void add(struct scene *scene, const char *name)
{
    assert_int_equal(nni_history_add_series(&scene->history, name), NN_OK);
}

static void append(struct scene *scene, const double *values)
{
    assert_int_equal(nni_history_reserve(&scene->history, 1), NN_OK);
    nni_history_append(&scene->history, values);
}

static void assert_line(const struct scene *scene, int32_t level, const char *pattern)
{
    regex_t compiled;
    assert_int_equal(regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB), 0);
    const int mismatch = regexec(&compiled, scene->collected.text, 0, NULL, 0);
    regfree(&compiled);
    assert_int_equal(scene->collected.lines, 1);
    assert_int_equal(scene->collected.level, level);
    if (mismatch) {
        fail_msg("\"%s\" does not match %s", scene->collected.text, pattern);
    }
}

/* ---- the line of an epoch ---- */

static void an_epoch_ends_with_a_line_of_its_last_numbers(void **state)
{
    struct scene *scene = *state;
    add(scene, "loss");
    add(scene, "accuracy");
    add(scene, "val_loss");
    add(scene, "rate");
    append(scene, (const double[]){9, 9, 9, 9});
    append(scene, (const double[]){0.341249, 0.89111, 0.35014, 0.001});
    let_pass(scene, 4.2);
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_line(scene, NN_LOG_INFO,
                "^epoch 3/20: loss 0\\.3412, accuracy 0\\.8911, val_loss 0\\.3501, rate "
                "0\\.001, 4\\.[23] s$");
}

static void a_validation_that_did_not_happen_is_left_out(void **state)
{
    struct scene *scene = *state;
    add(scene, "loss");
    add(scene, "val_loss");
    append(scene, (const double[]){NAN, NAN});
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_line(scene, NN_LOG_INFO, "^epoch 3/20: loss nan, 0\\.[0-9] s$");
}

static void very_large_and_small_numbers_are_short(void **state)
{
    struct scene *scene = *state;
    add(scene, "loss");
    add(scene, "rate");
    append(scene, (const double[]){1.23456e20, 3.21098e-9});
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_line(scene, NN_LOG_INFO,
                "^epoch 3/20: loss 1\\.235e\\+20, rate 3\\.211e-09, 0\\.[0-9] s$");
}

static void a_line_that_is_too_long_is_cut(void **state)
{
    struct scene *scene = *state;
    double values[60];
    for (int i = 0; i < 60; i++) {
        char name[NNI_SERIES_NAME_SIZE];
        snprintf(name, sizeof name, "accuracy_of_output_%d", i);
        add(scene, name);
        values[i] = 0.5;
    }
    append(scene, values);
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_line(scene, NN_LOG_INFO, "^epoch 3/20: accuracy_of_output_0 0\\.5, ");
    assert_int_equal(strlen(scene->collected.text), 511);
}

static void there_is_no_line_without_epochs_in_the_history(void **state)
{
    struct scene *scene = *state;
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_int_equal(scene->collected.lines, 0);
}

/* ---- the bar ---- */

static void a_step_shows_a_bar(void **state)
{
    struct scene *scene = *state;
    let_pass(scene, 10);
    nni_progress_step(&scene->progress, 900, 0.341249);
    assert_line(
        scene, NN_LOG_PROGRESS,
        "^epoch 3/20 \\[=========>          \\]  45%  (90|89\\.9) samples/s  0:12 "
        "left  loss 0\\.3412$");
}

static void a_full_bar_has_no_head(void **state)
{
    struct scene *scene = *state;
    let_pass(scene, 1);
    nni_progress_step(&scene->progress, 2000, 1);
    assert_line(
        scene, NN_LOG_PROGRESS,
        "^epoch 3/20 \\[={20}\\] 100%  (2k|1\\.99k) samples/s  0:00 left  loss 1$");
}

static void many_samples_a_second_are_counted_in_thousands(void **state)
{
    struct scene *scene = *state;
    scene->progress.samples = 1000000;
    let_pass(scene, 10);
    nni_progress_step(&scene->progress, 123456, 1);
    assert_line(
        scene, NN_LOG_PROGRESS,
        "^epoch 3/20 \\[==>                 \\]  12%  12\\.3k samples/s  1:11 left  "
        "loss 1$");
}

static void a_long_wait_is_told_in_hours(void **state)
{
    struct scene *scene = *state;
    scene->progress.samples = 1000;
    let_pass(scene, 10);
    nni_progress_step(&scene->progress, 1, 1);
    assert_line(scene, NN_LOG_PROGRESS,
                "%  0\\.1 samples/s  2:46:[34][0-9] left  loss 1$");
}

static void a_wait_without_end_is_cut(void **state)
{
    struct scene *scene = *state;
    scene->progress.samples = INT64_MAX;
    let_pass(scene, 10);
    nni_progress_step(&scene->progress, 1, 1);
    assert_line(scene, NN_LOG_PROGRESS,
                "\\[>                   \\]   0%  .*  99:59:59 left");
}

static void bars_come_at_most_ten_times_a_second(void **state)
{
    struct scene *scene = *state;
    let_pass(scene, 1);
    nni_progress_step(&scene->progress, 100, 1);
    nni_progress_step(&scene->progress, 200, 1);
    nni_progress_step(&scene->progress, 2000, 1);
    assert_int_equal(scene->collected.lines, 1);
    let_pass(scene, 0.11);
    nni_progress_step(&scene->progress, 300, 1);
    assert_int_equal(scene->collected.lines, 2);
}

static void short_epochs_show_no_bar(void **state)
{
    struct scene *scene = *state;
    for (int64_t epoch = 0; epoch < 5; epoch++) {
        nni_progress_epoch(&scene->progress, epoch, 5, 10);
        nni_progress_step(&scene->progress, 10, 1);
    }
    assert_int_equal(scene->collected.lines, 0);
}

static void steps_without_a_share_of_the_epoch_show_no_bar(void **state)
{
    struct scene *scene = *state;
    let_pass(scene, 1);
    nni_progress_step(&scene->progress, 0, 1);
    nni_progress_step(&scene->progress, 2001, 1);
    scene->progress.samples = 0;
    nni_progress_step(&scene->progress, 0, 1);
    assert_int_equal(scene->collected.lines, 0);
}

/* ---- only where asked ---- */

static void epoch_lines_alone_may_be_asked_for(void **state)
{
    struct scene *scene = *state;
    scene->progress.level = NN_PROGRESS_EPOCH;
    add(scene, "loss");
    append(scene, (const double[]){1});
    let_pass(scene, 1);
    nni_progress_step(&scene->progress, 100, 1);
    assert_int_equal(scene->collected.lines, 0);
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_line(scene, NN_LOG_INFO, "^epoch 3/20: loss 1, 1\\.[0-9] s$");
}

static void nothing_is_said_where_not_asked(void **state)
{
    struct scene *scene = *state;
    scene->progress.level = NN_PROGRESS_NONE;
    add(scene, "loss");
    append(scene, (const double[]){1});
    let_pass(scene, 1);
    nni_progress_step(&scene->progress, 100, 1);
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_int_equal(scene->collected.lines, 0);
}

static void without_a_logger_nothing_happens(void **state)
{
    struct scene *scene = *state;
    nn_context *silent = nn_context_create(NULL);
    scene->progress.context = silent;
    add(scene, "loss");
    append(scene, (const double[]){1});
    nni_progress_epoch(&scene->progress, 0, 1, 10);
    nni_progress_step(&scene->progress, 10, 1);
    nni_progress_epoch_done(&scene->progress, &scene->history);
    assert_int_equal(scene->collected.lines, 0);
    nn_context_destroy(silent);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_epoch_ends_with_a_line_of_its_last_numbers,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_validation_that_did_not_happen_is_left_out,
                                        begin, end),
        cmocka_unit_test_setup_teardown(very_large_and_small_numbers_are_short, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_line_that_is_too_long_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(there_is_no_line_without_epochs_in_the_history,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_step_shows_a_bar, begin, end),
        cmocka_unit_test_setup_teardown(a_full_bar_has_no_head, begin, end),
        cmocka_unit_test_setup_teardown(many_samples_a_second_are_counted_in_thousands,
                                        begin, end),
        cmocka_unit_test_setup_teardown(a_long_wait_is_told_in_hours, begin, end),
        cmocka_unit_test_setup_teardown(a_wait_without_end_is_cut, begin, end),
        cmocka_unit_test_setup_teardown(bars_come_at_most_ten_times_a_second, begin, end),
        cmocka_unit_test_setup_teardown(short_epochs_show_no_bar, begin, end),
        cmocka_unit_test_setup_teardown(steps_without_a_share_of_the_epoch_show_no_bar,
                                        begin, end),
        cmocka_unit_test_setup_teardown(epoch_lines_alone_may_be_asked_for, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_said_where_not_asked, begin, end),
        cmocka_unit_test_setup_teardown(without_a_logger_nothing_happens, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
