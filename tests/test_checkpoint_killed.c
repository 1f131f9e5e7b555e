/* Runs with checkpoints that are killed some times (torture_checkpoint.c: many times). */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "support/killed_run.h"

static void a_killed_run_ends_with_the_same_bits(void **state)
{
    struct killed_run run = {.kills = 12, .saves = 1};
    (void)state;
    run_and_kill(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_killed_run_ends_with_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
