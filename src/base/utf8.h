/* UTF-8 as RFC 3629 defines it: the shortest form only, no surrogates, nothing above
 * U+10FFFF. */
#ifndef NNI_BASE_UTF8_H
#define NNI_BASE_UTF8_H

#include "base/compiler.h"

/* The length (1 ... 4) of the character that text[0 ... length - 1] begins with; 0 where
 * there is none. */
size_t nni_utf8_next(const char *text, size_t length);

/* 1 where all of text[0 ... length - 1] is characters. */
int nni_utf8_valid(const char *text, size_t length);

enum { NNI_UTF8_MAX = 4 };

/* Writes a code point that is a character; returns how many bytes it took. */
size_t nni_utf8_write(uint32_t code, char *out);

#endif
