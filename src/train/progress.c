/* Progress lines. The clock is only read where there is a logger to tell. */
#include "base/text.h"
#include "train/line.h"
#include "train/progress.h"

#include <nn/trainer.h>

#include <inttypes.h>
#include <string.h>
#include <time.h>

enum { PROGRESS_BAR_WIDTH = 20, PROGRESS_DIGITS = 4, PROGRESS_RATE_DIGITS = 3 };

static const double progress_interval = 0.1; /* seconds between two bars */

static double progress_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static int progress_wanted(const struct nni_progress *progress, int32_t level)
{
    return progress->level >= level && progress->context->logger.log != NULL;
}

void nni_progress_epoch(struct nni_progress *progress, int64_t epoch, int64_t epochs,
                        int64_t samples)
{
    progress->epoch = epoch;
    progress->epochs = epochs;
    progress->samples = samples;
    if (progress_wanted(progress, NN_PROGRESS_EPOCH)) {
        progress->epoch_started = progress_now();
    }
}

/* ---- the bar ---- */

/* "[=========>          ]  45%" */
static void progress_add_bar(struct nni_line *line, double share)
{
    char bar[PROGRESS_BAR_WIDTH + 1];
    const int32_t full = (int32_t)(share * PROGRESS_BAR_WIDTH);
    memset(bar, ' ', PROGRESS_BAR_WIDTH);
    memset(bar, '=', (size_t)full);
    if (full < PROGRESS_BAR_WIDTH) {
        bar[full] = '>';
    }
    bar[PROGRESS_BAR_WIDTH] = '\0';
    nni_line_add(line, "[%s] %3d%%", bar, (int32_t)(share * 100));
}

/* "12.3k samples/s" */
static void progress_add_rate(struct nni_line *line, double rate)
{
    static const char *const units[] = {"", "k", "M", "G"};
    int32_t unit = 0;
    while (rate >= 999.5 && unit + 1 < NNI_COUNT(units)) {
        rate /= 1000;
        unit++;
    }
    nni_line_add(line, "%s%s samples/s", nni_number_text(rate, PROGRESS_RATE_DIGITS).text,
                 units[unit]);
}

/* "0:07 left", "1:02:45 left" */
static void progress_add_left(struct nni_line *line, double seconds)
{
    const double longest = 359999; /* 99:59:59 */
    const int32_t left = (int32_t)(seconds < longest ? seconds + 0.5 : longest);
    const int32_t hours = left / 3600;
    if (hours > 0) {
        nni_line_add(line, "%d:%02d:%02d left", hours, left / 60 % 60, left % 60);
    } else {
        nni_line_add(line, "%d:%02d left", left / 60, left % 60);
    }
}

void nni_progress_step(struct nni_progress *progress, int64_t done, double loss)
{
    if (!progress_wanted(progress, NN_PROGRESS_BAR) || done <= 0 ||
        done > progress->samples) {
        return;
    }
    const double now = progress_now();
    const double elapsed = now - progress->epoch_started;
    if (elapsed < progress_interval || now - progress->last_shown < progress_interval) {
        return;
    }
    progress->last_shown = now;
    const double rate = (double)done / elapsed;
    struct nni_line line = {0};
    nni_line_add(&line, "epoch %" PRId64 "/%" PRId64 " ", progress->epoch + 1,
                 progress->epochs);
    progress_add_bar(&line, (double)done / (double)progress->samples);
    nni_line_add(&line, "  ");
    progress_add_rate(&line, rate);
    nni_line_add(&line, "  ");
    progress_add_left(&line, (double)(progress->samples - done) / rate);
    nni_line_add(&line, "  loss %s", nni_number_text(loss, PROGRESS_DIGITS).text);
    nni_log(progress->context, NN_LOG_PROGRESS, "%s", line.text);
}

/* ---- the line of an epoch ---- */

/* The last number of each series; those of a validation that did not happen are left
 * out. */
static void progress_add_series(struct nni_line *line, const struct nni_history *history)
{
    for (int32_t i = 0; i < history->series_count; i++) {
        const double value = history->values[i][history->epochs - 1];
        if (value != value && strncmp(history->names[i], "val_", 4) == 0) {
            continue;
        }
        nni_line_add(line, "%s %s, ", history->names[i],
                     nni_number_text(value, PROGRESS_DIGITS).text);
    }
}

void nni_progress_epoch_done(struct nni_progress *progress,
                             const struct nni_history *history)
{
    if (!progress_wanted(progress, NN_PROGRESS_EPOCH) || history->epochs == 0) {
        return;
    }
    const double seconds = progress_now() - progress->epoch_started;
    const int64_t tenths = (int64_t)(seconds * 10 + 0.5);
    struct nni_line line = {0};
    nni_line_add(&line, "epoch %" PRId64 "/%" PRId64 ": ", progress->epoch + 1,
                 progress->epochs);
    progress_add_series(&line, history);
    nni_line_add(&line, "%" PRId64 ".%" PRId64 " s", tenths / 10, tenths % 10);
    nni_log(progress->context, NN_LOG_INFO, "%s", line.text);
}
