/* The text of a decimal number taken apart, before it is rounded to binary. */
#ifndef NNI_BASE_NUMBER_SCAN_H
#define NNI_BASE_NUMBER_SCAN_H

#include "base/compiler.h"

/* A number as text: leading * 10^exponent, and more digits where it is not exact. */
struct nni_number_scan {
    const char *digits, *digits_end; /* the digits and at most one point */
    uint64_t leading;                /* the first 19 digits but zeros */
    int32_t kept;                    /* how many leading has */
    int64_t exponent;
    int exact; /* the digits after those in leading are all zero */
    int negative;
};

/* Takes the whole of text[0 ... length - 1] apart. Of a word (inf, infinity, nan) the
 * magnitude is in *special; of a number *special is 0. Returns 0 where it is neither. */
int nni_number_scan(const char *text, size_t length, struct nni_number_scan *scan,
                    double *special);

#endif
