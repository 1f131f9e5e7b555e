/* thread_host.c with many rounds. */
#define HOST_ROUNDS 300
#include "thread_host.c"
