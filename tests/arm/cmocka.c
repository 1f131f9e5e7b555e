/* Runs tests one after the other; a failed or skipped one is left by longjmp. */
#include "cmocka.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { PLAIN_PASSED, PLAIN_FAILED, PLAIN_SKIPPED, PLAIN_OUTCOMES };

static jmp_buf plain_return;

void print_message(const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    vprintf(text, arguments);
    va_end(arguments);
}

void plain_fail(const char *file, int line, const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    printf("[  ERROR   ] %s:%d: ", file, line);
    vprintf(text, arguments);
    printf("\n");
    va_end(arguments);
    longjmp(plain_return, PLAIN_FAILED);
}

void plain_skip(void)
{
    longjmp(plain_return, PLAIN_SKIPPED);
}

void plain_compare_ints(const char *file, int line, uintmax_t a, uintmax_t b,
                        int different)
{
    if ((a != b) != different) {
        plain_fail(file, line, "%#" PRIxMAX " %s %#" PRIxMAX, a,
                   different ? "==" : "!=", b);
    }
}

void plain_compare_bytes(const char *file, int line, const void *a, const void *b,
                         size_t size, int different)
{
    if ((memcmp(a, b, size) != 0) != different) {
        plain_fail(file, line, "%zu bytes %s", size, different ? "agree" : "differ");
    }
}

void plain_compare_texts(const char *file, int line, const char *a, const char *b)
{
    if (strcmp(a, b) != 0) {
        plain_fail(file, line, "\"%s\" != \"%s\"", a, b);
    }
}

static int plain_run_one(const struct CMUnitTest *test)
{
    static const char *const words[PLAIN_OUTCOMES] = {"      OK", "  FAILED", " SKIPPED"};
    void *state = NULL;
    printf("[ RUN      ] %s\n", test->name);
    fflush(stdout);
    const int outcome = setjmp(plain_return);
    if (outcome == PLAIN_PASSED) {
        test->test(&state);
    }
    printf("[ %s ] %s\n", words[outcome], test->name);
    return outcome;
}

int plain_run_tests(const struct CMUnitTest *tests, size_t count, int (*setup)(void **),
                    int (*teardown)(void **))
{
    int counts[PLAIN_OUTCOMES] = {0};
    void *state = NULL;
    printf("[==========] Running %zu test(s).\n", count);
    if (setup != NULL && (setjmp(plain_return) != 0 || setup(&state) != 0)) {
        return 1;
    }
    for (size_t i = 0; i < count; i++) {
        counts[plain_run_one(&tests[i])]++;
    }
    if (teardown != NULL && (setjmp(plain_return) != 0 || teardown(&state) != 0)) {
        counts[PLAIN_FAILED]++;
    }
    printf("[==========] %zu test(s) run.\n", count);
    printf("[  PASSED  ] %d test(s).\n", counts[PLAIN_PASSED]);
    printf("[  SKIPPED ] %d test(s).\n", counts[PLAIN_SKIPPED]);
    printf("[  FAILED  ] %d test(s).\n", counts[PLAIN_FAILED]);
    return counts[PLAIN_FAILED];
}
