/* A run with checkpoints in a process that is killed again and again, at random moments. */
#ifndef TESTS_SUPPORT_KILLED_RUN_H
#define TESTS_SUPPORT_KILLED_RUN_H

#include <stdint.h>

struct killed_run {
    int32_t kills, saves; /* wanted: kills in all, kills while a file was being saved */
    int32_t killed, killed_in_save; /* what came of it */
};

/* Runs until so many processes have been killed, then lets the run end; stops the test
 * where it does not end with the bits of a run that nobody disturbed. */
void run_and_kill(struct killed_run *run);

#endif
