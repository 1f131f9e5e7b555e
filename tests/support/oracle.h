/* Tensors and options as the headers of tests/oracle hold them: numbers in double
 * precision from another program; and how near to them ours must come. */
#ifndef TESTS_SUPPORT_ORACLE_H
#define TESTS_SUPPORT_ORACLE_H

#include <nn/nn.h>

enum { ORACLE_RANK_MAX = 5, ORACLE_TENSORS_MAX = 64 };

/* A list of these ends with a NULL name. gradient is NULL where none flows. */
struct oracle_tensor {
    const char *name;
    int32_t dtype, rank;
    int64_t shape[ORACLE_RANK_MAX];
    const double *values, *gradient;
};

enum { ORACLE_NUMBER, ORACLE_TEXT, ORACLE_INTS, ORACLE_FLOATS };

/* An option by name, likewise. */
struct oracle_setting {
    const char *name;
    int32_t kind;
    double number;
    const char *text;
    int64_t count;
    const double *list;
};

/* The number of tensors in a list. */
int32_t oracle_count(const struct oracle_tensor *tensors);

/* Tensors of the listed values, at most ORACLE_TENSORS_MAX; and their end. */
void oracle_make(const struct oracle_tensor *tensors, nn_tensor **made);
void oracle_destroy(const struct oracle_tensor *tensors, nn_tensor **made);

/* The options of a layer. */
void oracle_set_layer(nn_layer *layer, const struct oracle_setting *settings);

/* Every element of a float32 tensor is within 1e-5 of what is expected, measured by the
 * largest magnitude expected in the tensor. who and what begin the message. */
void assert_near_oracle(const char *who, const char *what, nn_tensor *got,
                        const double *expected);

/* The same; the tensor, which may not be NULL, is destroyed. */
void assert_new_near_oracle(const char *who, const char *what, nn_tensor *got,
                            const double *expected);

/* The same for one number. */
void assert_number_near_oracle(const char *who, const char *what, double got,
                               double expected);

#endif
