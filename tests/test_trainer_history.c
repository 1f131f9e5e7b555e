/* The history of a run, in memory and as a file, and what the logger is told of it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/training.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void the_history_has_a_series_for_every_result(void **state)
{
    (void)state;
    nn_model *model = stack_network(NULL);
    nn_dataset *samples = class_samples(NULL, 20, 3);
    nn_trainer *trainer = class_trainer(model, nn_adam(NULL, 0.01));
    const double *values;
    int64_t epochs;
    assert_int_equal(nn_trainer_history_count(trainer), 0);
    assert_int_equal(nn_trainer_history(trainer, "loss", &values, &epochs),
                     NN_ERROR_NAME);
    assert_failure(NN_ERROR_NAME, "it is empty");
    assert_ok(nn_trainer_add_metric(trainer, NN_ACCURACY, 0));
    assert_ok(nn_trainer_add_top_k(trainer, 2, 0));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 2));
    const char *names[] = {"loss",     "accuracy",     "top_2_accuracy",
                           "val_loss", "val_accuracy", "val_top_2_accuracy",
                           "rate"};
    assert_int_equal(nn_trainer_history_count(trainer), 7);
    for (int32_t i = 0; i < 7; i++)
        assert_string_equal(nn_trainer_history_name(trainer, i), names[i]);
    assert_null(nn_trainer_history_name(trainer, 7));
    assert_null(nn_trainer_history_name(trainer, -1));
    assert_int_equal(nn_trainer_history(trainer, "los", &values, &epochs), NN_ERROR_NAME);
    assert_failure(NN_ERROR_NAME, "loss, accuracy, top_2_accuracy, val_loss");
    assert_null(values);
    assert_int_equal(epochs, 0);
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

static void the_history_is_written_as_csv(void **state)
{
    (void)state;
    char path[256], line[256];
    nn_model *model = one_layer(NULL, 1, 1);
    nn_dataset *samples = numbered_samples(NULL, 10);
    nn_trainer *trainer = squared_trainer(model, nn_sgd(NULL, 0.001));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 2));
    write_file("history.csv", "old", 3, path);
    assert_ok(nn_trainer_write_history(trainer, path));
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "epoch,loss,val_loss,rate\n");
    for (int64_t epoch = 0; epoch < 2; epoch++) {
        assert_non_null(fgets(line, sizeof line, file));
        assert_int_equal(strtol(line, NULL, 10), epoch + 1);
        double loss = strtod(strchr(line, ',') + 1, NULL);
        assert_true(fabs(loss / history_at(trainer, "loss", epoch) - 1) < 1e-8);
        assert_non_null(strstr(line, ",nan,0.001\n"));
    }
    assert_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_int_equal(nn_trainer_write_history(trainer, "/no/such/folder/h.csv"),
                     NN_ERROR_IO);
    assert_failure(NN_ERROR_IO, "/no/such/folder/h.csv");
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
}

/* ---- progress ---- */

struct lines {
    int32_t count, levels[32];
    char text[32][160];
};

static void note_line(void *user, int32_t level, const char *text)
{
    struct lines *lines = user;
    if (lines->count == 32)
        return;
    lines->levels[lines->count] = level;
    strncpy(lines->text[lines->count++], text, 159);
}

static nn_context *logging_context(struct lines *lines)
{
    nn_logger logger = {sizeof logger, note_line, lines};
    nn_context *context = nn_context_create(NULL);
    memset(lines, 0, sizeof *lines);
    assert_ok(nn_context_set_logger(context, &logger));
    return context;
}

/* Runs epochs over few samples, with a patience of 2 where that is not 0. */
static void log_run(struct lines *lines, int32_t progress, int32_t patience,
                    int32_t epochs)
{
    nn_context *context = logging_context(lines);
    nn_model *model = one_layer(context, 1, 1);
    nn_dataset *samples = numbered_samples(context, 10);
    nn_trainer *trainer =
        nn_trainer_create(model, nn_mean_squared_error(context), nn_sgd(context, 0));
    assert_ok(nn_trainer_set_progress(trainer, progress));
    assert_ok(nn_trainer_set_early_stopping(trainer, patience, 0, 1));
    assert_ok(nn_trainer_fit(trainer, samples, samples, epochs));
    assert_ok(nn_trainer_fit(trainer, samples, NULL, 1));
    nn_trainer_destroy(trainer);
    nn_dataset_destroy(samples);
    nn_model_destroy(model);
    nn_context_destroy(context);
}

static void every_epoch_is_a_line(void **state)
{
    (void)state;
    static struct lines lines;
    const char *beginnings[] = {"epoch 1/2: loss ", "epoch 2/2: loss ",
                                "epoch 3/3: loss "};
    log_run(&lines, NN_PROGRESS_EPOCH, 0, 2);
    assert_int_equal(lines.count, 3);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lines.levels[i], NN_LOG_INFO);
        assert_memory_equal(lines.text[i], beginnings[i], strlen(beginnings[i]));
        assert_null(strchr(lines.text[i], '\n'));
    }
    assert_non_null(strstr(lines.text[0], ", val_loss "));
    assert_null(strstr(lines.text[2], "val_loss"));
    assert_non_null(strstr(lines.text[0], ", rate 0, "));
}

static void stopping_early_is_a_line_too(void **state)
{
    (void)state;
    static struct lines lines;
    log_run(&lines, NN_PROGRESS_EPOCH, 2, 10);
    assert_int_equal(lines.count, 3 + 2 + 1 + 1);
    assert_string_equal(lines.text[3],
                        "stopped early: val_loss has not improved for 2 epochs");
    assert_string_equal(lines.text[4], "parameters of the best epoch restored");
    assert_string_equal(lines.text[6], "parameters of the best epoch restored");
}

static void no_progress_is_silence(void **state)
{
    (void)state;
    static struct lines lines;
    log_run(&lines, NN_PROGRESS_NONE, 2, 10);
    assert_int_equal(lines.count, 0);
}

static void a_bar_comes_with_the_lines(void **state)
{
    (void)state;
    static struct lines lines;
    log_run(&lines, NN_PROGRESS_BAR, 0, 2);
    int32_t info = 0;
    for (int32_t i = 0; i < lines.count; i++)
        info += lines.levels[i] == NN_LOG_INFO;
    assert_int_equal(info, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_history_has_a_series_for_every_result),
        cmocka_unit_test(the_history_is_written_as_csv),
        cmocka_unit_test(every_epoch_is_a_line),
        cmocka_unit_test(stopping_early_is_a_line_too),
        cmocka_unit_test(no_progress_is_silence),
        cmocka_unit_test(a_bar_comes_with_the_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
