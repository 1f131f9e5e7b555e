/* Text under construction: a growing buffer that remembers a failed allocation, so that a
 * writer appends without checking and asks once at the end. Numbers are written without
 * regard to the locale. */
#ifndef NNI_BASE_TEXT_H
#define NNI_BASE_TEXT_H

#include "base/context.h"
#include "base/status.h"

struct nni_text {
    const nn_context *context;
    char *data; /* ends in 0; NULL while empty */
    size_t length, capacity;
    nn_status status; /* the first failure */
};

void nni_text_init(struct nni_text *text, const nn_context *context);
void nni_text_append(struct nni_text *text, const char *bytes, size_t length);
/* printf's format; for whole numbers and strings only (a locale changes %f and %g). */
void nni_text_format(struct nni_text *text, const char *format, ...) NNI_PRINTF(2, 3);
/* The shortest decimal of at most `digits` (1 ... 17) significant digits that reads back as
 * value, or value rounded to `digits` where there is none; laid out as %g would, with a
 * point in every locale; "nan", "inf", "-inf". 17 digits always read back. */
void nni_text_number(struct nni_text *text, double value, int32_t digits);
void nni_text_release(struct nni_text *text);

enum { NNI_NUMBER_TEXT_SIZE = 40 };
struct nni_number_text {
    char text[NNI_NUMBER_TEXT_SIZE];
};
/* The same as a small value, for messages. */
struct nni_number_text nni_number_text(double value, int32_t digits);

/* Reads a decimal floating-point number from the whole of text[0 ... length - 1] (leading
 * and trailing blanks allowed), correctly rounded (so to infinity where it is too large), a
 * point in every locale; also inf, infinity and nan in any case. 0 where it is none;
 * *value is then 0. */
int nni_parse_number(const char *text, size_t length, double *value);

/* The same rounded once, to the nearest float. */
int nni_parse_float(const char *text, size_t length, float *value);

#endif
