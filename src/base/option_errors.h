/* How options.c refuses: each function records one failure and returns its status. */
#ifndef NNI_BASE_OPTION_ERRORS_H
#define NNI_BASE_OPTION_ERRORS_H

#include "base/options.h"

/* The index of a value that is not in a list. */
enum { NNI_OPTION_ALONE = -1 };

/* There is no such option; lists those there are. */
nn_status nni_option_refuse_name(const struct nni_options *options, const char *name);

/* The setter is of another type; got says what it brings ("a text"). */
nn_status nni_option_refuse_type(const struct nni_options *options,
                                 const struct nni_option *option, const char *got);

/* The value is out of range; index is its place in a list, or NNI_OPTION_ALONE. */
nn_status nni_option_refuse_number(const struct nni_options *options,
                                   const struct nni_option *option, int64_t index,
                                   double value);
nn_status nni_option_refuse_int(const struct nni_options *options,
                                const struct nni_option *option, int64_t index,
                                int64_t value);

/* The text is no choice's name. */
nn_status nni_option_refuse_text(const struct nni_options *options,
                                 const struct nni_option *option, const char *value);

#endif
