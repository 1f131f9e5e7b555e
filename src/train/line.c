/* A line of bounded length. */
#include "train/line.h"

#include <stdarg.h>
#include <stdio.h>

void nni_line_add(struct nni_line *line, const char *format, ...)
{
    const size_t room = sizeof line->text - line->length;
    va_list arguments;
    va_start(arguments, format);
    const int written = vsnprintf(line->text + line->length, room, format, arguments);
    va_end(arguments);
    line->length += (size_t)nni_min(nni_max(written, 0), (int64_t)room - 1);
}
