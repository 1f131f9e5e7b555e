/* The texts of refused options: names there are, ranges, choices and what was got. They are
 * built here, so that all layers, losses and optimizers complain alike. */
#include "base/option_errors.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { REFUSAL_TEXT_SIZE = 384, REFUSAL_DIGITS = 17 };

struct refusal_text {
    size_t length;
    char text[REFUSAL_TEXT_SIZE];
};

/* Adds "a" or, where there is something before it, between and "a"; cut where full. */
static void refusal_join(struct refusal_text *list, const char *between, const char *a,
                         const char *b)
{
    size_t room = sizeof list->text - list->length;
    int written = snprintf(list->text + list->length, room, "%s%s%s",
                           list->length == 0 ? "" : between, a, b);
    list->length += (size_t)nni_min(written, (int64_t)room - 1);
}

static struct refusal_text refusal_names(const struct nni_options *options)
{
    struct refusal_text list = {0};
    for (int32_t i = 0; i < options->count; i++) {
        refusal_join(&list, ", ", options->table[i].name, "");
    }
    return list;
}

static struct refusal_text refusal_choices(const struct nni_option *option)
{
    struct refusal_text list = {0};
    for (const char *const *choice = option->choices; *choice != NULL; choice++) {
        if (**choice != '\0') {
            refusal_join(&list, ", ", *choice, "");
        }
    }
    return list;
}

/* "in 1 ... 10", "at least 0 and below 1", "finite and above 0". Bounds that every number
 * of the type keeps are not mentioned. */
static struct refusal_text refusal_range(const struct nni_option *option)
{
    struct refusal_text range = {0};
    int whole = option->type == NNI_OPTION_INT || option->type == NNI_OPTION_INTS;
    /* 2^63 is above every int64_t. */
    double infinite = whole ? 9223372036854775808.0 : (double)INFINITY;
    int below = option->minimum > -infinite;
    int above = option->maximum < infinite;
    struct nni_number_text minimum = nni_number_text(option->minimum, REFUSAL_DIGITS);
    struct nni_number_text maximum = nni_number_text(option->maximum, REFUSAL_DIGITS);
    if (below && above && !option->open_minimum && !option->open_maximum) {
        refusal_join(&range, "", "in ", minimum.text);
        refusal_join(&range, " ... ", maximum.text, "");
        return range;
    }
    if (!whole &&
        ((!below && option->open_minimum) || (!above && option->open_maximum))) {
        refusal_join(&range, "", "finite", "");
    }
    if (below) {
        refusal_join(&range, " and ", option->open_minimum ? "above " : "at least ",
                     minimum.text);
    }
    if (above) {
        refusal_join(&range, " and ", option->open_maximum ? "below " : "at most ",
                     maximum.text);
    }
    if (range.length == 0) {
        refusal_join(&range, "", "a number", "");
    }
    return range;
}

nn_status nni_option_refuse_name(const struct nni_options *options, const char *name)
{
    if (options->count == 0) {
        return nni_fail(NN_ERROR_NAME, "%s has no option '%.64s'; it has none",
                        options->kind, name);
    }
    return nni_fail(NN_ERROR_NAME, "%s has no option '%.64s'; it has %s", options->kind,
                    name, refusal_names(options).text);
}

nn_status nni_option_refuse_type(const struct nni_options *options,
                                 const struct nni_option *option, const char *got)
{
    static const char *const takes[] = {
        [NNI_OPTION_INT] = "a whole number",
        [NNI_OPTION_FLOAT] = "a number",
        [NNI_OPTION_CHOICE] = "a choice",
        [NNI_OPTION_INTS] = "a list of whole numbers",
        [NNI_OPTION_FLOATS] = "a list of numbers",
    };
    return nni_fail(NN_ERROR_ARGUMENT, "%s: option '%s' takes %s, got %s", options->kind,
                    option->name, takes[option->type], got);
}

/* value is got's text; index is its place in a list, or NNI_OPTION_ALONE. */
static nn_status refusal_of_value(const struct nni_options *options,
                                  const struct nni_option *option, int64_t index,
                                  const char *got)
{
    char place[32] = "";
    if (index != NNI_OPTION_ALONE) {
        snprintf(place, sizeof place, "[%" PRId64 "]", index);
    }
    if (option->type == NNI_OPTION_CHOICE) {
        return nni_fail(NN_ERROR_ARGUMENT, "%s: option '%s' must be one of %s; got %s",
                        options->kind, option->name, refusal_choices(option).text, got);
    }
    return nni_fail(NN_ERROR_ARGUMENT, "%s: option '%s'%s must be %s, got %s",
                    options->kind, option->name, place, refusal_range(option).text, got);
}

nn_status nni_option_refuse_number(const struct nni_options *options,
                                   const struct nni_option *option, int64_t index,
                                   double value)
{
    return refusal_of_value(options, option, index,
                            nni_number_text(value, REFUSAL_DIGITS).text);
}

nn_status nni_option_refuse_int(const struct nni_options *options,
                                const struct nni_option *option, int64_t index,
                                int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    return refusal_of_value(options, option, index, text);
}

nn_status nni_option_refuse_text(const struct nni_options *options,
                                 const struct nni_option *option, const char *value)
{
    char text[80];
    snprintf(text, sizeof text, "'%.64s'", value);
    return refusal_of_value(options, option, NNI_OPTION_ALONE, text);
}
