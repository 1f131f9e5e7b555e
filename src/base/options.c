/* Options by name. Every setter goes the same way: find the option, check type and range,
 * write the member. */
#include "base/options.h"

#include "base/float_env.h"
#include "base/memory.h"
#include "base/option_errors.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* 2^63, the first number above int64_t. */
static const double options_int_end = 9223372036854775808.0;

/* ---- finding ---- */

static const struct nni_option *options_find(const struct nni_options *options,
                                             const char *name)
{
    if (name == NULL) {
        nni_fail(NN_ERROR_NULL, "%s: option is NULL", options->kind);
        return NULL;
    }
    for (int32_t i = 0; i < options->count; i++) {
        if (strcmp(options->table[i].name, name) == 0) {
            return &options->table[i];
        }
    }
    nni_option_refuse_name(options, name);
    return NULL;
}

void *nni_options_member(const struct nni_options *options,
                         const struct nni_option *option)
{
    return (char *)options->object + option->offset;
}

/* ---- ranges ---- */

/* Quiet comparisons: a NaN raises no exception that the host may have trapped. */
static int options_holds(const struct nni_option *option, double value)
{
    int above = option->open_minimum ? isgreater(value, option->minimum)
                                     : isgreaterequal(value, option->minimum);
    int below = option->open_maximum ? isless(value, option->maximum)
                                     : islessequal(value, option->maximum);
    return above && below;
}

/* The whole number in a double that is within int64_t's range, or at its nearer end. */
static int64_t options_saturate(double value)
{
    if (value >= options_int_end) {
        return INT64_MAX;
    }
    return value < -options_int_end ? INT64_MIN : (int64_t)value;
}

/* As options_holds, exact also where int64_t has more digits than double. The bounds are
 * whole numbers. */
static int options_holds_int(const struct nni_option *option, int64_t value)
{
    int64_t minimum = options_saturate(option->minimum);
    int64_t maximum = options_saturate(option->maximum);
    return value >= minimum && value <= maximum &&
           !(option->open_minimum && value == minimum) &&
           !(option->open_maximum && value == maximum);
}

static int options_has_choice(const struct nni_option *option, int64_t value)
{
    int64_t count = 0;
    while (option->choices[count] != NULL) {
        count++;
    }
    return value >= 0 && value < count && (double)value >= option->minimum &&
           option->choices[value][0] != '\0';
}

/* ---- single values ---- */

static nn_status options_set_number(const struct nni_options *options, const char *name,
                                    double value);

static nn_status options_set_int(const struct nni_options *options, const char *name,
                                 int64_t value)
{
    const struct nni_option *option = options_find(options, name);
    if (option == NULL) {
        return nn_last_status();
    }
    void *member = nni_options_member(options, option);
    switch (option->type) {
    case NNI_OPTION_FLOAT:
        return options_set_number(options, name, (double)value);
    case NNI_OPTION_INT:
        if (!options_holds_int(option, value)) {
            return nni_option_refuse_int(options, option, NNI_OPTION_ALONE, value);
        }
        *(int64_t *)member = value;
        return NN_OK;
    case NNI_OPTION_CHOICE:
        if (!options_has_choice(option, value)) {
            return nni_option_refuse_int(options, option, NNI_OPTION_ALONE, value);
        }
        *(int32_t *)member = (int32_t)value;
        return NN_OK;
    default:
        return nni_option_refuse_type(options, option, "one whole number");
    }
}

static nn_status options_set_number(const struct nni_options *options, const char *name,
                                    double value)
{
    const struct nni_option *option = options_find(options, name);
    if (option == NULL) {
        return nn_last_status();
    }
    switch (option->type) {
    case NNI_OPTION_FLOAT:
        if (!options_holds(option, value)) {
            return nni_option_refuse_number(options, option, NNI_OPTION_ALONE, value);
        }
        *(double *)nni_options_member(options, option) = value;
        return NN_OK;
    case NNI_OPTION_INT:
    case NNI_OPTION_CHOICE:
        if (!(isgreaterequal(value, -options_int_end) &&
              isless(value, options_int_end))) {
            return nni_option_refuse_number(options, option, NNI_OPTION_ALONE, value);
        }
        if ((double)(int64_t)value != value) {
            return nni_option_refuse_type(options, option,
                                          nni_number_text(value, 17).text);
        }
        return options_set_int(options, name, (int64_t)value);
    default:
        return nni_option_refuse_type(options, option, "one number");
    }
}

/* Conversions round, so they are made in the library's environment. */
nn_status nni_options_set_int(const struct nni_options *options, const char *name,
                              int64_t value)
{
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = options_set_int(options, name, value);
    nni_float_env_leave(env);
    return status;
}

nn_status nni_options_set_number(const struct nni_options *options, const char *name,
                                 double value)
{
    struct nni_float_env env = nni_float_env_enter();
    nn_status status = options_set_number(options, name, value);
    nni_float_env_leave(env);
    return status;
}

nn_status nni_options_set_text(const struct nni_options *options, const char *name,
                               const char *value)
{
    const struct nni_option *option = options_find(options, name);
    if (option == NULL) {
        return nn_last_status();
    }
    if (value == NULL) {
        return nni_fail(NN_ERROR_NULL, "%s: the value of option '%s' is NULL",
                        options->kind, option->name);
    }
    if (option->type != NNI_OPTION_CHOICE) {
        return nni_option_refuse_type(options, option, "a text");
    }
    for (int32_t i = 0; option->choices[i] != NULL; i++) {
        if (strcmp(option->choices[i], value) == 0 && options_has_choice(option, i)) {
            *(int32_t *)nni_options_member(options, option) = i;
            return NN_OK;
        }
    }
    return nni_option_refuse_text(options, option, value);
}

nn_status nni_options_get_number(const struct nni_options *options, const char *name,
                                 double *value)
{
    NNI_NOT_NULL(options->kind, value);
    *value = 0;
    const struct nni_option *option = options_find(options, name);
    if (option == NULL) {
        return nn_last_status();
    }
    const void *member = nni_options_member(options, option);
    switch (option->type) {
    case NNI_OPTION_INT:
        *value = (double)*(const int64_t *)member;
        return NN_OK;
    case NNI_OPTION_FLOAT:
        *value = *(const double *)member;
        return NN_OK;
    case NNI_OPTION_CHOICE:
        *value = (double)*(const int32_t *)member;
        return NN_OK;
    default:
        return nni_fail(NN_ERROR_ARGUMENT, "%s: option '%s' is a list, not one number",
                        options->kind, option->name);
    }
}

/* ---- lists ---- */

/* What both list setters check first: the option's type, the count and the pointer. NULL
 * with the failure recorded. */
static const struct nni_option *options_check_list(const struct nni_options *options,
                                                   const char *name,
                                                   enum nni_option_type type,
                                                   const char *got, const void *values,
                                                   int64_t count)
{
    const struct nni_option *option = options_find(options, name);
    if (option == NULL) {
        return NULL;
    }
    if (option->type != type) {
        nni_option_refuse_type(options, option, got);
        return NULL;
    }
    if (count < 0) {
        nni_fail(NN_ERROR_SIZE, "%s: option '%s' has no list of %" PRId64 " numbers",
                 options->kind, option->name, count);
        return NULL;
    }
    if (count > 0 && values == NULL) {
        nni_fail(NN_ERROR_NULL, "%s: the values of option '%s' are NULL", options->kind,
                 option->name);
        return NULL;
    }
    return option;
}

nn_status nni_options_set_ints(const struct nni_options *options, const char *name,
                               const int64_t *values, int64_t count)
{
    const struct nni_option *option = options_check_list(
        options, name, NNI_OPTION_INTS, "a list of whole numbers", values, count);
    if (option == NULL) {
        return nn_last_status();
    }
    if (count > NNI_OPTION_INTS_MAX) {
        return nni_fail(NN_ERROR_SIZE,
                        "%s: option '%s' has at most %d numbers, got %" PRId64,
                        options->kind, option->name, NNI_OPTION_INTS_MAX, count);
    }
    struct nni_int_list list = {.count = (int32_t)count};
    for (int64_t i = 0; i < count; i++) {
        if (!options_holds_int(option, values[i])) {
            return nni_option_refuse_int(options, option, i, values[i]);
        }
        list.values[i] = values[i];
    }
    *(struct nni_int_list *)nni_options_member(options, option) = list;
    return NN_OK;
}

/* Puts a copy of the values in the place of a list. */
static nn_status options_replace_floats(const nn_context *context,
                                        struct nni_float_list *list, const float *values,
                                        int64_t count)
{
    float *copy = NULL;
    if (count > 0) {
        if ((uint64_t)count > SIZE_MAX) {
            return nni_fail(NN_ERROR_SIZE, "a list of %" PRId64 " numbers is too long",
                            count);
        }
        copy = nni_alloc(context, (size_t)count, sizeof *copy);
        if (copy == NULL) {
            return nn_last_status();
        }
        memcpy(copy, values, (size_t)count * sizeof *copy);
    }
    nni_free(context, list->values);
    list->values = copy;
    list->count = count;
    return NN_OK;
}

nn_status nni_options_set_floats(const struct nni_options *options, const char *name,
                                 const float *values, int64_t count)
{
    const struct nni_option *option = options_check_list(
        options, name, NNI_OPTION_FLOATS, "a list of numbers", values, count);
    if (option == NULL) {
        return nn_last_status();
    }
    for (int64_t i = 0; i < count; i++) {
        if (!options_holds(option, (double)values[i])) {
            return nni_option_refuse_number(options, option, i, (double)values[i]);
        }
    }
    return options_replace_floats(options->context, nni_options_member(options, option),
                                  values, count);
}

/* ---- whole objects ---- */

static void options_reset_one(const struct nni_options *options,
                              const struct nni_option *option)
{
    void *member = nni_options_member(options, option);
    switch (option->type) {
    case NNI_OPTION_INT:
        *(int64_t *)member = (int64_t)option->standard;
        break;
    case NNI_OPTION_FLOAT:
        *(double *)member = option->standard;
        break;
    case NNI_OPTION_CHOICE:
        *(int32_t *)member = (int32_t)option->standard;
        break;
    case NNI_OPTION_INTS:
        *(struct nni_int_list *)member = (struct nni_int_list){0};
        break;
    case NNI_OPTION_FLOATS:
        options_replace_floats(options->context, member, NULL, 0);
        break;
    }
}

void nni_options_reset(const struct nni_options *options)
{
    for (int32_t i = 0; i < options->count; i++) {
        options_reset_one(options, &options->table[i]);
    }
}

void nni_options_release(const struct nni_options *options)
{
    for (int32_t i = 0; i < options->count; i++) {
        if (options->table[i].type == NNI_OPTION_FLOATS) {
            options_reset_one(options, &options->table[i]);
        }
    }
}

nn_status nni_options_copy(const struct nni_options *from, const struct nni_options *to)
{
    NNI_ASSERT(from->table == to->table);
    static const size_t sizes[] = {
        [NNI_OPTION_INT] = sizeof(int64_t),
        [NNI_OPTION_FLOAT] = sizeof(double),
        [NNI_OPTION_CHOICE] = sizeof(int32_t),
        [NNI_OPTION_INTS] = sizeof(struct nni_int_list),
    };
    for (int32_t i = 0; i < from->count; i++) {
        const struct nni_option *option = &from->table[i];
        const void *source = nni_options_member(from, option);
        void *target = nni_options_member(to, option);
        if (option->type == NNI_OPTION_FLOATS) {
            const struct nni_float_list *list = source;
            NNI_TRY(
                options_replace_floats(to->context, target, list->values, list->count));
        } else {
            memcpy(target, source, sizes[option->type]);
        }
    }
    return NN_OK;
}
