/* hash [THREADS]
 * Makes the runs with every instruction set of this machine, no newer than NN_MAX_ISA,
 * and prints the hash and the name of each, as in expected.txt. Ends with 1, after words
 * on the standard error output, where instruction sets differ. */
#include "lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static nn_context *context_for(int32_t isa, int32_t threads)
{
    nn_context *context = nn_context_create(NULL);
    hash_ok(context == NULL ? nn_last_status() : NN_OK);
    hash_ok(nn_context_set_max_isa(context, isa));
    hash_ok(nn_context_set_threads(context, threads));
    return context;
}

static uint64_t value_with(const struct hash_line *line, int32_t isa, int32_t threads)
{
    nn_context *context = context_for(isa, threads);
    const uint64_t value = hash_of_line(context, line);
    nn_context_destroy(context);
    return value;
}

static int has_isa(int32_t isa)
{
    nn_context *context = context_for(isa, 1);
    const int32_t used = nn_context_isa(context);
    nn_context_destroy(context);
    return used == isa;
}

int main(int count, char **arguments)
{
    const int32_t threads = count > 1 ? atoi(arguments[1]) : 1;
    int32_t different = 0;
    fprintf(stderr, "built with %s; tries", nn_build_text());
    for (int32_t isa = NN_ISA_PORTABLE; nn_isa_name(isa) != NULL; isa++) {
        if (has_isa(isa)) {
            fprintf(stderr, " %s", nn_isa_name(isa));
        }
    }
    fprintf(stderr, "\n");
    for (int32_t i = 0; hash_line_at(i) != NULL; i++) {
        const struct hash_line *line = hash_line_at(i);
        const uint64_t value = value_with(line, NN_ISA_PORTABLE, threads);
        printf("%016" PRIx64 " %s\n", value, line->name);
        for (int32_t isa = NN_ISA_PORTABLE + 1; nn_isa_name(isa) != NULL; isa++) {
            if (has_isa(isa) && value_with(line, isa, threads) != value) {
                fprintf(stderr, "%s: other bits with %s\n", line->name, nn_isa_name(isa));
                different++;
            }
        }
    }
    return different == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
