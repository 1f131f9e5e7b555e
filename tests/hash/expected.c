/* The list of committed hashes, `hash name` on each line that is no comment. */
#include "expected.h"

#include "lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Whether the text is of the line at this index; its hash goes to *value. */
static int expected_line(const char *text, int32_t index, uint64_t *value)
{
    char name[64];
    const struct hash_line *line = hash_line_at(index);
    return line != NULL && sscanf(text, "%" SCNx64 " %63s", value, name) == 2 &&
           strcmp(name, line->name) == 0;
}

int hash_expected(uint64_t *values, int32_t size)
{
    char text[256];
    int32_t count = 0;
    FILE *file = fopen("tests/hash/expected.txt", "r");
    if (file == NULL) {
        return 0;
    }
    int good = 1;
    while (good && fgets(text, sizeof text, file) != NULL) {
        if (text[0] != '#') {
            good = count < size && expected_line(text, count, &values[count]);
            count++;
        }
    }
    fclose(file);
    return good && hash_line_at(count) == NULL;
}
