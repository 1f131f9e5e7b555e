#include "base/compiler.h" /* asks the system for POSIX */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "locale.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

/* ASCII, so that localedef needs none of the files that a distribution may leave out. */
static void write_charmap(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "<code_set_name> ASCII\n<mb_cur_max> 1\n<escape_char> /\nCHARMAP\n");
    for (int c = 0; c < 128; c++)
        fprintf(file, "<U%04X> /x%02x\n", c, c);
    fprintf(file, "END CHARMAP\n");
    assert_int_equal(fclose(file), 0);
}

static void write_source(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\n"
                  "grouping 3;3\nEND LC_NUMERIC\n");
    assert_int_equal(fclose(file), 0);
}

/* localedef is part of glibc. That categories other than the numbers' are not defined is
 * only a warning: the compiled locale is there. */
void use_comma_locale(void)
{
    char path[300], command[1200];
    const char *folder = getenv("TMPDIR");
    if (folder == NULL)
        folder = "/tmp";
    snprintf(path, sizeof path, "%s/comma.charmap", folder);
    write_charmap(path);
    snprintf(path, sizeof path, "%s/comma.source", folder);
    write_source(path);
    snprintf(command, sizeof command,
             "cd '%s' && localedef --no-archive -c -i ./comma.source -f ./comma.charmap "
             "./comma 2>/dev/null",
             folder);
    int status = system(command);
    assert_int_equal(setenv("LOCPATH", folder, 1), 0);
    if (setlocale(LC_NUMERIC, "comma") == NULL)
        fail_msg("no locale could be made: localedef ended with %d", status);
    assert_string_equal(localeconv()->decimal_point, ",");
}
