/* Runs with checkpoints that are killed hundreds of times, many of them while a file is
 * being saved. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/killed_run.h"

static void a_run_killed_hundreds_of_times_ends_with_the_same_bits(void **state)
{
    struct killed_run run = {.kills = 300, .saves = 100};
    (void)state;
    run_and_kill(&run);
    print_message("killed %d times, %d of them in a save\n", run.killed,
                  run.killed_in_save);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_killed_hundreds_of_times_ends_with_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
