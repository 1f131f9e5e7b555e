/* What the examples share: a logger that writes to the terminal (with a progress bar where
 * it is one), a clock, and the end of a program whose library call failed. Included first. */
#ifndef EXAMPLES_CONSOLE_H
#define EXAMPLES_CONSOLE_H

#define _POSIX_C_SOURCE 199309L /* clock_gettime */

#include <nn/nn.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A progress line replaces the one before it; other lines stay. */
static inline void console_log(void *user, int32_t level, const char *text)
{
    (void)user;
    fprintf(stderr, "\r\033[K%s%s", text, level == NN_LOG_PROGRESS ? "" : "\n");
    fflush(stderr);
}

static inline void console_log_plain(void *user, int32_t level, const char *text)
{
    (void)user;
    if (level != NN_LOG_PROGRESS)
        fprintf(stderr, "%s\n", text);
}

/* 1 where a person is watching: the examples then show a bar. */
static inline int console_is_terminal(void)
{
    return isatty(2);
}

/* A context that logs to the terminal. */
static inline nn_context *console_context(void)
{
    nn_logger logger = {sizeof logger,
                        console_is_terminal() ? console_log : console_log_plain, NULL};
    nn_context *context = nn_context_create(NULL);
    nn_context_set_logger(context, &logger);
    return context;
}

/* Seconds since some moment. */
static inline double console_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* Ends the program with the library's words where a call failed. */
static inline void console_check(nn_status status)
{
    if (status == NN_OK)
        return;
    fprintf(stderr, "%s: %s\n", nn_status_name(status), nn_last_error());
    exit(1);
}

/* The same for a creator's result. */
static inline void *console_made(void *handle)
{
    if (handle == NULL)
        console_check(nn_last_status());
    return handle;
}

#endif
