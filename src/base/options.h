/* Options by name: a layer, loss or optimizer describes its options in one table, and the
 * typed creators, the setters, files and other languages all go through it. */
#ifndef NNI_BASE_OPTIONS_H
#define NNI_BASE_OPTIONS_H

#include "base/context.h"
#include "base/status.h"

enum nni_option_type {
    NNI_OPTION_INT,    /* int64_t */
    NNI_OPTION_FLOAT,  /* double */
    NNI_OPTION_CHOICE, /* int32_t, one of a table of names; set as int or as text */
    NNI_OPTION_INTS,   /* struct nni_int_list */
    NNI_OPTION_FLOATS  /* struct nni_float_list */
};

enum { NNI_OPTION_INTS_MAX = 8 };
struct nni_int_list {
    int32_t count;
    int64_t values[NNI_OPTION_INTS_MAX];
};

struct nni_float_list {
    int64_t count;
    float *values; /* owned; freed by nni_options_release */
};

/* One option of a kind. minimum and maximum bound each number, both included; open_minimum
 * excludes the minimum itself, open_maximum the maximum. NaN is in no range. A choice is
 * bounded by its names (an empty name cannot be chosen) and by minimum. */
struct nni_option {
    const char *name;
    enum nni_option_type type;
    size_t offset; /* of the member in the object */
    double minimum, maximum;
    int32_t open_minimum, open_maximum;
    double standard; /* the default */
    const char *const
        *choices; /* NNI_OPTION_CHOICE: names, ended by NULL; index = value */
};

/* An object with options: what the setters need to know of it. */
struct nni_options {
    const nn_context *context;
    const char *kind; /* "dense": begins every message */
    void *object;
    const struct nni_option *table;
    int32_t count;
};

/* Writes every default; lists become empty. */
void nni_options_reset(const struct nni_options *options);

/* Frees the lists. */
void nni_options_release(const struct nni_options *options);

/* Setters and getters by name. NN_ERROR_NAME lists the names there are; NN_ERROR_ARGUMENT
 * says the range and what was got. A float setter accepts an int option where the value is
 * whole, an int setter a float option. Getting an INT, CHOICE or FLOAT gives its number. */
nn_status nni_options_set_number(const struct nni_options *options, const char *name,
                                 double value);
nn_status nni_options_set_int(const struct nni_options *options, const char *name,
                              int64_t value);
nn_status nni_options_set_text(const struct nni_options *options, const char *name,
                               const char *value);
nn_status nni_options_set_ints(const struct nni_options *options, const char *name,
                               const int64_t *values, int64_t count);
nn_status nni_options_set_floats(const struct nni_options *options, const char *name,
                                 const float *values, int64_t count);
nn_status nni_options_get_number(const struct nni_options *options, const char *name,
                                 double *value);

/* Where an option of the table lies in the object: of the type that its kind says. */
void *nni_options_member(const struct nni_options *options,
                         const struct nni_option *option);

/* Copies all options of one object to another of the same kind (lists too). */
nn_status nni_options_copy(const struct nni_options *from, const struct nni_options *to);

#endif
