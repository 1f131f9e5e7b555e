#!/bin/sh
# Every header stands alone and can be included twice: public ones in C99 and in C++,
# internal ones in C99. Kernel bodies, which have no include guard, are no headers.
# Needs: $CC $CXX
set -u
flags='-Iinclude -Isrc -Wall -Wextra -Wpedantic -Werror -fsyntax-only'
failed=0

alone() { # alone PATH HEADER COMPILER
    # shellcheck disable=SC2086 # commands and flags are words
    printf '#include "%s"\n#include "%s"\ntypedef int nni_lint_unit;\n' "$2" "$2" |
        $3 $flags - || { echo "$1:1: does not stand alone ($3)"; failed=1; }
}

for path in include/nn/*.h; do
    [ -e "$path" ] || continue
    alone "$path" "${path#include/}" "$CC -std=c99 -x c"
    alone "$path" "${path#include/}" "$CXX -std=c++11 -x c++"
done
for path in src/*/*.h; do
    [ -e "$path" ] || continue
    if grep -q '^#ifndef [A-Z0-9_]*_H$' "$path"; then
        alone "$path" "${path#src/}" "$CC -std=c99 -x c"
    fi
done
exit $failed
