/* What the examples with a picture share: files of numbers for `make pictures`, which lets
 * gnuplot draw them. Without a folder the numbers go nowhere. */
#ifndef EXAMPLES_DRAW_H
#define EXAMPLES_DRAW_H

#include "console.h"

/* The file `name` in the folder, for writing; folder may be NULL. */
static inline FILE *draw_open(const char *folder, const char *name)
{
    char path[4096] = "/dev/null";
    if (folder != NULL)
        snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "cannot write %s\n", path);
        exit(1);
    }
    return file;
}

/* Closes it; a disk that is full ends the program. */
static inline void draw_close(FILE *file)
{
    int failed = ferror(file);
    if (fclose(file) != 0 || failed) {
        fprintf(stderr, "cannot write the numbers of a picture\n");
        exit(1);
    }
}

enum { DRAW_STEPS = 60 };

/* What a network with two inputs and one output says over a rectangle: lines "x1 x2 y", a
 * blank line after each row. range is x1 from, to, x2 from, to. */
static inline void draw_map(const char *folder, const char *name, nn_model *model,
                            const float range[4])
{
    FILE *file = draw_open(folder, name);
    nn_session *session = console_made(nn_session_create(model, 1));
    for (int row = 0; row <= DRAW_STEPS; row++) {
        for (int column = 0; column <= DRAW_STEPS; column++) {
            float x[2] = {range[0] + (range[1] - range[0]) * (float)column / DRAW_STEPS,
                          range[2] + (range[3] - range[2]) * (float)row / DRAW_STEPS};
            float y;
            const void *inputs[1] = {x};
            void *outputs[1] = {&y};
            console_check(nn_session_run(session, inputs, 1, outputs));
            fprintf(file, "%g %g %g\n", x[0], x[1], y);
        }
        fprintf(file, "\n");
    }
    nn_session_destroy(session);
    draw_close(file);
}

#endif
