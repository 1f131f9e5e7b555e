/* What a golden file is known by: the line that stands for a model in
 * tests/golden/expected.txt. */
#ifndef TESTS_SUPPORT_GOLDEN_H
#define TESTS_SUPPORT_GOLDEN_H

#include <nn/nn.h>

enum { GOLDEN_LINE_SIZE = 256 };

/* "<parameters> <outputs> <names>", three hashes: of the names, shapes and bits of all
 * parameters, of what the model predicts for three samples, of the names of nodes' layers
 * and of classes. */
void golden_line(nn_model *model, char line[GOLDEN_LINE_SIZE]);

#endif
